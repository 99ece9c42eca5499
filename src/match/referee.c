/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One game between two programs. */
#include "match/referee_int.h"

#include "base/rng.h"
#include "games/go/go.h"

#include <stdio.h>
#include <strings.h>

/* Asks what may not be refused. */
static int must(struct match_program *p, const char *line, char *text, size_t n, struct err *e)
{
	bool ok;
	int rc = match_program_ask(p, line, &ok, text, n, e);
	if (rc == 0 && !ok)
		rc = err_set(e, ERR_FORMAT, "\"%s\" refuses \"%s\": %s", p->command, line, text);
	return rc;
}

static int begin(struct match_table *m, struct err *e)
{
	const struct match_terms *t = m->terms;
	char line[64], text[256];
	int rc = 0;
	for (int i = 0; i < 2 && rc == 0; i++) {
		snprintf(line, sizeof line, "boardsize %d", t->rules.size);
		rc = must(&m->program[i], line, text, sizeof text, e);
		if (rc == 0)
			rc = must(&m->program[i], "clear_board", text, sizeof text, e);
		snprintf(line, sizeof line, "komi %g", t->rules.komi_half / 2.0);
		if (rc == 0)
			rc = must(&m->program[i], line, text, sizeof text, e);
		for (int c = 0; c < t->setup_commands && rc == 0; c++)
			rc = must(&m->program[i], t->setup[c], text, sizeof text, e);
	}
	return rc;
}

/* Tells program i of a move; *ok: whether it took it. */
static int tell(struct match_table *m, int i, int player, int action, bool *ok, struct err *e)
{
	char line[32], at[GO_VERTEX_TEXT], text[256];
	go_vertex_write(at, m->terms->rules.size, action);
	snprintf(line, sizeof line, "play %c %s", "bw"[player], at);
	return match_program_ask(&m->program[i], line, ok, text, sizeof text, e);
}

/* A move of the opening, told to both. */
static int open_with(struct match_table *m, struct match_game *g, int action, struct err *e)
{
	int player = game_go.to_move(m->state);
	char at[GO_VERTEX_TEXT];
	go_vertex_write(at, m->terms->rules.size, action);
	if (game_go.over(m->state) || !game_go.play(m->state, action))
		return err_set(e, ERR_ARG, "move %d of the opening, %s, is not legal", g->moves + 1, at);
	g->action[g->moves++] = (int16_t)action;
	for (int i = 0; i < 2; i++) {
		bool ok;
		int rc = tell(m, i, player, action, &ok, e);
		if (rc || !ok)
			return rc ? rc : err_set(e, ERR_FORMAT, "\"%s\" refuses a legal move of the opening", m->program[i].command);
	}
	return 0;
}

/* The first moves, then random ones, functions of the pair. */
static int opening(struct match_table *m, uint32_t index, struct match_game *g, struct err *e)
{
	uint64_t key = rng_key(rng_key(m->terms->seed, index / 2), RNG_OPENING);
	uint8_t legal[GAME_ACTIONS_MAX];
	int rc = 0;
	for (int i = 0; i < m->terms->firsts && rc == 0; i++)
		rc = open_with(m, g, m->terms->first[i], e);
	for (int ply = 0; rc == 0 && ply < m->terms->opening_plies && !game_go.over(m->state); ply++) {
		int n = game_go.legal(m->state, legal) - 1, action = 0;
		if (n <= 0)
			break;
		for (int skip = (int)rng_below(key, (uint64_t)ply, (uint32_t)n); skip > 0 || !legal[action]; action++)
			skip -= legal[action];
		rc = open_with(m, g, action, e);
	}
	return rc;
}

static void end_by(struct match_game *g, enum match_end end, int culprit, int black_player)
{
	g->end = end;
	g->culprit = culprit;
	g->black = culprit == black_player ? 0 : 2;
}

/* Has program i, whose turn it is, move.  The game may be over then by *done. */
static int turn(struct match_table *m, int i, int black, struct match_game *g, bool *done, struct err *e)
{
	int player = i != black;
	char line[16], text[64];
	bool ok;
	int64_t start = match_milliseconds();
	snprintf(line, sizeof line, "genmove %c", "bw"[player]);
	int rc = must(&m->program[i], line, text, sizeof text, e);
	int spent = (int)(match_milliseconds() - start);
	if (rc)
		return rc;
	g->slowest[i] = spent > g->slowest[i] ? spent : g->slowest[i];
	int action;
	*done = true;
	if (strcasecmp(text, "resign") == 0)
		end_by(g, MATCH_RESIGNED, i, black);
	else if (!go_vertex_read(text, m->terms->rules.size, &action) || !game_go.play(m->state, action))
		end_by(g, MATCH_ILLEGAL, i, black);
	else {
		g->action[g->moves++] = (int16_t)action;
		rc = tell(m, !i, player, action, &ok, e);
		if (rc == 0 && !ok)
			end_by(g, MATCH_REFUSED, !i, black);
		else
			*done = false;
	}
	return rc;
}

int match_table_game(struct match_table *m, uint32_t index, struct match_game *g, struct err *e)
{
	int black = (int)(index & 1); /* which program */
	bool done = false;
	*g = (struct match_game){.end = MATCH_COUNTED};
	game_go.init(m->state, &m->terms->rules);
	int rc = begin(m, e);
	if (rc == 0)
		rc = opening(m, index, g, e);
	while (rc == 0 && !done && !game_go.over(m->state)) {
		if (m->stop && atomic_load(m->stop))
			return err_set(e, ERR_STOPPED, "stopped");
		rc = turn(m, game_go.to_move(m->state) ? !black : black, black, g, &done, e);
	}
	if (rc == 0 && !done) {
		g->score_half = game_go.score_half(m->state);
		g->black = g->score_half > 0 ? 2 : g->score_half == 0;
	}
	return rc;
}
