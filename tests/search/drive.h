/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the search's tests share: evaluators made by hand, and running a search to its end. */
#ifndef MIAI_TESTS_SEARCH_DRIVE_H
#define MIAI_TESTS_SEARCH_DRIVE_H

#include "base/rng.h"
#include "games/go/go.h"
#include "search/search.h"
#include "test.h"

/* An answer that is chance, but a function of the planes alone.  spread: logits within -spread..spread (Q16). */
static void hash_answer(const uint8_t *planes, int size, int32_t spread, struct eval *out)
{
	uint64_t key = RNG_TEST;
	for (int i = 0; i < size * size * GO_PLANES; i++)
		key = rng_key(key, planes[i]);
	for (int a = 0; a <= size * size; a++)
		out->logit[a] = (int32_t)rng_below(key, (uint64_t)a, 2 * (uint32_t)spread + 1) - spread;
	uint32_t win = rng_below(key, 1000, EVAL_ONE + 1), draw = rng_below(key, 1001, EVAL_ONE + 1 - win);
	out->wdl[0] = (int32_t)win;
	out->wdl[1] = (int32_t)draw;
	out->wdl[2] = EVAL_ONE - (int32_t)win - (int32_t)draw;
	out->value = out->wdl[0] - out->wdl[2];
	out->score = (int32_t)rng_below(key, 1002, 4096) - 2048;
}

static const struct search_settings search_plain = {
	.visits = 100, .c_visit = 50, .c_scale = 1000, .cpuct = 1100, .fpu = 200};

/* Runs a search on answers by hash_answer; returns how many were asked for. */
static inline int run_hash(struct search *s, const void *state, int visits, uint64_t key, int32_t spread)
{
	struct eval_job *job;
	int asked = 0;
	search_begin(s, state, visits, key);
	for (; search_step(s, &job); asked++)
		hash_answer(job->planes, game_go.rules(state)->size, spread, &job->out);
	return asked;
}

static inline int run_uniform(struct search *s, const void *state, int visits, uint64_t key)
{
	struct evaluator *e = evaluator_uniform_new(game_go.rules(state)->size, 1);
	struct eval_job *job;
	int asked = 0;
	search_begin(s, state, visits, key);
	for (; search_step(s, &job); asked++)
		e->evaluate(e, &job, 1);
	evaluator_uniform_free(e);
	return asked;
}

/* A state after `moves` moves drawn evenly from the legal ones; fewer where the game ends. */
static inline void *random_state(const struct game_rules *r, int moves, uint64_t key)
{
	void *state = malloc(game_go.state_bytes(r));
	uint8_t mask[GAME_ACTIONS_MAX];
	game_go.init(state, r);
	for (int i = 0; i < moves; i++) {
		uint32_t n = (uint32_t)game_go.legal(state, mask), pick = rng_below(key, (uint64_t)i, n);
		int a = 0;
		while (!mask[a] || pick-- > 0)
			a++;
		void *before = malloc(game_go.state_bytes(r));
		memcpy(before, state, game_go.state_bytes(r));
		game_go.play(state, a);
		if (game_go.over(state))
			memcpy(state, before, game_go.state_bytes(r));
		free(before);
	}
	return state;
}

#endif
