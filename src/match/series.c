/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many games at many tables, told in order. */
#include "match/referee_int.h"
#include "sgf/sgf.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct series {
	const struct match_terms *terms;
	uint32_t games, next, told; /* next to begin, next to tell */
	struct match_game **done;   /* by index; NULL: not yet */
	match_sink *sink;
	void *ctx;
	const atomic_bool *stop;
	atomic_bool quit;           /* enough, or an error */
	int rc;
	struct err error;
	pthread_mutex_t mutex;
};

static void fail(struct series *s, int rc, const struct err *e)
{
	pthread_mutex_lock(&s->mutex);
	if (s->rc == 0 && !atomic_load(&s->quit)) {
		s->rc = rc;
		s->error = *e;
	}
	atomic_store(&s->quit, true);
	pthread_mutex_unlock(&s->mutex);
}

/* Files a finished game and tells all whose turn it is. */
static void file_game(struct series *s, uint32_t index, struct match_game *g)
{
	pthread_mutex_lock(&s->mutex);
	s->done[index] = g;
	while (s->told < s->games && s->done[s->told] && !atomic_load(&s->quit)) {
		if (!s->sink(s->ctx, s->told, s->done[s->told]))
			atomic_store(&s->quit, true);
		free(s->done[s->told]);
		s->done[s->told++] = NULL;
	}
	pthread_mutex_unlock(&s->mutex);
}

/* The next game's index, or games. */
static uint32_t draw(struct series *s)
{
	pthread_mutex_lock(&s->mutex);
	bool asked = s->stop && atomic_load(s->stop);
	uint32_t i = atomic_load(&s->quit) || asked || s->next == s->games ? s->games : s->next++;
	pthread_mutex_unlock(&s->mutex);
	return i;
}

static int start(struct series *s, struct match_table *m, struct err *e)
{
	m->terms = s->terms;
	m->stop = s->stop;
	m->state = malloc(game_go.state_bytes(&s->terms->rules));
	int rc = m->state ? 0 : err_set(e, ERR_MEMORY, "out of memory");
	for (int i = 0; i < 2 && rc == 0; i++)
		rc = match_program_start(&m->program[i], s->terms->command[i], s->terms->patience, e);
	return rc;
}

static void *table_main(void *arg)
{
	struct series *s = arg;
	struct match_table *m = calloc(1, sizeof *m);
	struct err e = {.text = "out of memory"};
	int rc = m ? start(s, m, &e) : ERR_MEMORY;
	for (uint32_t i; rc == 0 && (i = draw(s)) < s->games;) {
		struct match_game *g = malloc(sizeof *g);
		rc = g ? match_table_game(m, i, g, &e) : err_set(&e, ERR_MEMORY, "out of memory");
		if (rc == 0)
			file_game(s, i, g);
		else
			free(g);
	}
	if (rc)
		fail(s, rc, &e);
	if (m) {
		match_program_end(&m->program[0]);
		match_program_end(&m->program[1]);
		free(m->state);
	}
	free(m);
	return NULL;
}

static int run(struct series *s, int at_once, pthread_t *thread, struct err *e)
{
	int n = 0;
	while (n < at_once && pthread_create(&thread[n], NULL, table_main, s) == 0)
		n++;
	for (int i = 0; i < n; i++)
		pthread_join(thread[i], NULL);
	return n ? 0 : err_set(e, ERR_MEMORY, "cannot start a thread");
}

int match_play(const struct match_terms *t, uint32_t games, int at_once, match_sink *sink, void *ctx,
	       const atomic_bool *stop, struct err *e)
{
	struct series s = {.terms = t, .games = games, .sink = sink, .ctx = ctx, .stop = stop};
	pthread_t *thread = calloc((size_t)at_once, sizeof *thread);
	s.done = calloc(games, sizeof(struct match_game *));
	pthread_mutex_init(&s.mutex, NULL);
	int rc = thread && s.done ? run(&s, at_once, thread, e) : err_set(e, ERR_MEMORY, "out of memory");
	if (rc == 0 && s.rc) {
		rc = s.rc;
		*e = s.error;
	}
	if (rc == 0 && s.told < games && stop && atomic_load(stop))
		rc = err_set(e, ERR_STOPPED, "stopped after %u games", (unsigned)s.told);
	for (uint32_t i = 0; s.done && i < games; i++)
		free(s.done[i]);
	free(s.done);
	free(thread);
	pthread_mutex_destroy(&s.mutex);
	return rc;
}

static void result(const struct match_game *g, char *out, size_t n)
{
	char winner = "W?B"[g->black];
	if (g->end == MATCH_COUNTED && g->black == 1)
		snprintf(out, n, "0");
	else if (g->end == MATCH_COUNTED)
		snprintf(out, n, "%c+%g", winner, abs(g->score_half) / 2.0);
	else
		snprintf(out, n, "%c+%s", winner, g->end == MATCH_RESIGNED ? "R" : "F");
}

static uint32_t put_game(struct sgf *t, const struct match_terms *terms, const struct match_game *g)
{
	struct sgf_game *game = calloc(1, sizeof *game);
	if (!game)
		return 0;
	game->size = terms->rules.size;
	game->komi_half = terms->rules.komi_half;
	game->moves = g->moves;
	for (int i = 0; i < g->moves; i++)
		game->move[i] = (struct sgf_move){.action = (uint16_t)g->action[i], .player = i & 1};
	uint32_t root = sgf_game_write(t, game, "miai");
	free(game);
	return root;
}

void match_game_sgf(const struct match_terms *t, uint32_t index, const struct match_game *g, struct buf *out)
{
	static const char *const name[] = {"PB", "PW"};
	char re[16];
	struct sgf *tree = sgf_new();
	uint32_t root = tree ? put_game(tree, t, g) : 0;
	out->failed |= !root;
	if (root) {
		result(g, re, sizeof re);
		sgf_put(tree, root, "RU", "Chinese");
		sgf_put(tree, root, "RE", re);
		for (int player = 0; player < 2; player++)
			sgf_put(tree, root, name[player], t->name[(int)(index & 1) ^ player]);
		sgf_write(tree, out);
	}
	sgf_free(tree);
}
