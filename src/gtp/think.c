/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing a move. */
#include "gtp/gtp_int.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

static const struct game *const go = &game_go;

void gtp_think_release(struct gtp *g)
{
	if (g->search)
		search_free(g->search);
	if (g->eval)
		evaluator_net_free(g->eval);
	g->search = NULL;
	g->eval = NULL;
}

int gtp_think_ready(struct gtp *g, struct err *e)
{
	if (!g->set.net)
		return 0;
	if (!g->job)
		g->job = malloc(sizeof *g->job);
	if (!g->job)
		return err_set(e, ERR_MEMORY, "out of memory");
	if (!g->eval)
		g->eval = evaluator_net_new(g->set.net, g->set.kernels, g->rules.size, 1, e);
	if (g->eval && !g->search)
		g->search = search_new(go, &g->rules, &g->set.search, e);
	return g->eval && g->search ? 0 : ERR_MEMORY;
}

/* Randomness of the move to come: of the seed, the game's number in the session and the move's in the game. */
static uint64_t move_key(const struct gtp *g, uint64_t stream)
{
	return rng_key(rng_key(rng_key(g->set.seed, stream), g->games), (uint64_t)g->moves);
}

static int draw(const struct gtp *g)
{
	uint8_t legal[GAME_ACTIONS_MAX];
	int pass = game_points(&g->rules), n = go->legal(g->scratch, legal) - 1;
	if (n < 1)
		return pass;
	int k = (int)rng_below(move_key(g, RNG_RANDOM), 0, (uint32_t)n), action = 0;
	for (; action < pass; action++)
		if (legal[action] && k-- == 0)
			break;
	return action;
}

static int search(struct gtp *g)
{
	struct search_result r;
	struct eval_job *job;
	search_begin(g->search, g->scratch, g->set.search.visits, move_key(g, RNG_GUMBEL));
	while (search_step(g->search, &job))
		g->eval->evaluate(g->eval, &job, 1);
	search_result(g->search, &r);
	/* The chance to win is (value + 1) / 2: all of this is below 2^18 * 100. */
	bool hopeless = (r.value + EVAL_ONE) * 100 < 2 * EVAL_ONE * g->set.resign;
	return hopeless ? GTP_RESIGN : r.action;
}

/* The move that player would make now, in *action; the board is as before. */
static bool think(struct gtp *g, struct gtp_call *c, int player, int *action)
{
	struct err e;
	if (g->moves >= GAME_MOVES_MAX)
		return gtp_fail(c, "the game is too long");
	if (gtp_think_ready(g, &e))
		return gtp_fail(c, e.text);
	memcpy(g->scratch, g->state, go->state_bytes(&g->rules));
	if (go_passes(g->scratch) >= 2)
		go_resume(g->scratch);
	go_set_to_move(g->scratch, player);
	*action = g->set.net ? search(g) : draw(g);
	return true;
}

static bool generate(struct gtp *g, struct gtp_call *c, bool make_it)
{
	int player, action;
	char text[GTP_VERTEX_TEXT];
	if (!gtp_color(c->argv[0], &player))
		return gtp_fail(c, "syntax error");
	if (!think(g, c, player, &action))
		return false;
	if (make_it && action != GTP_RESIGN && !gtp_board_play(g, player, action))
		return gtp_fail(c, "the search chose an illegal move: this is a fault of the program");
	gtp_vertex_text(text, g->rules.size, action);
	buf_printf(c->text, "%s", text);
	return true;
}

bool gtp_genmove(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, true);
}

bool gtp_reg_genmove(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, false);
}
