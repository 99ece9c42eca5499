/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random legal games on boards of several sizes. */
#include "cli/bench_int.h"

#include "base/rng.h"
#include "games/go/go.h"

#include <stdlib.h>

struct work {
	uint32_t games;
	struct hash *hash; /* one a game */
	_Atomic uint64_t moves;
	atomic_bool failed;
};

/* A legal action drawn evenly, the pass with the rest. */
static int draw(const void *state, uint64_t key)
{
	uint8_t legal[GAME_ACTIONS_MAX];
	int n = game_go.legal(state, legal), action = 0;
	int k = (int)rng_below(key, (uint64_t)game_go.moves(state), (uint32_t)n);
	while (!legal[action] || k--)
		action++;
	return action;
}

void bench_random_moves(void *state, uint64_t key, int moves)
{
	for (int i = 0; i < moves && !game_go.over(state); i++)
		game_go.play(state, draw(state, key));
}

static struct game_rules rules_of(uint32_t i)
{
	static const int size[4] = {9, 19, 5, 13};
	int n = size[i % 4];
	return (struct game_rules){.size = n, .komi_half = 15, .suicide = (int)(i / 4 % 2), .max_moves = 2 * n * n};
}

static struct hash play(void *state, uint32_t index, uint64_t *moves)
{
	struct sha256 s;
	uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	uint64_t key = rng_key(rng_key(BENCH_SEED, RNG_RANDOM), index);
	sha256_init(&s);
	while (!game_go.over(state)) {
		int action = draw(state, key);
		game_go.play(state, action);
		bench_hash_u64(&s, (uint64_t)action);
		bench_hash_u64(&s, game_go.key(state));
		if (game_go.moves(state) % 16 != 0)
			continue;
		game_go.features(state, planes);
		sha256_update(&s, planes, (size_t)game_points(game_go.rules(state)) * GO_PLANES);
	}
	bench_hash_u64(&s, (uint64_t)(int64_t)game_go.score_half(state));
	bench_hash_u64(&s, go_position_hash(state));
	*moves = (uint64_t)game_go.moves(state);
	return sha256_final(&s);
}

static void task(void *ctx, int i, int worker)
{
	struct work *w = ctx;
	struct game_rules rules = rules_of((uint32_t)i);
	uint64_t moves = 0;
	void *state = malloc(game_go.state_bytes(&rules));
	(void)worker;
	if (state) {
		game_go.init(state, &rules);
		w->hash[i] = play(state, (uint32_t)i, &moves);
		atomic_fetch_add(&w->moves, moves);
	} else {
		atomic_store(&w->failed, true);
	}
	free(state);
}

int bench_rules(struct bench *b, struct hash *out, struct err *e)
{
	struct work w = {.games = b->quick ? 192 : 1536};
	w.hash = calloc(w.games, sizeof *w.hash);
	if (!w.hash)
		return err_set(e, ERR_MEMORY, "out of memory");
	double t = cli_seconds();
	pool_run(b->pool, (int)w.games, task, &w);
	t = cli_seconds() - t;
	*out = merkle_root(w.hash, w.games);
	free(w.hash);
	if (atomic_load(&w.failed))
		return err_set(e, ERR_MEMORY, "out of memory");
	bench_speed("random games, 5 to 19", w.games, t, " games/s");
	bench_speed("their moves", (double)atomic_load(&w.moves), t, " moves/s");
	return 0;
}
