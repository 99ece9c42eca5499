/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One game on the fast board and on the slow one: whatever either can be asked, both answer alike.  Shared by the
 * random games of test_go_model and by the fuzzer. */
#ifndef MIAI_TESTS_GAMES_MODEL_H
#define MIAI_TESTS_GAMES_MODEL_H

#include "base/bytes.h"
#include "base/rng.h"
#include "games/go/go.h"
#include "games/slow_go.h"
#include "test.h"

struct pair {
	void *fast, *spare; /* two blocks: the game moves from one to the other by memcpy */
	size_t bytes;
	struct slow_go slow;
	int points;
	int superko;         /* moves refused by superko so far */
	uint64_t key, drawn; /* the random stream */
	struct rd *from;     /* where not NULL it is drawn from these instead, until they are used up */
};

static uint32_t draw(struct pair *g, uint32_t n)
{
	return g->from ? (uint32_t)(rd_u16(g->from) % n) : rng_below(g->key, g->drawn++, n);
}

static void pair_init(struct pair *g, const struct game_rules *r, uint64_t seed)
{
	memset(g, 0, sizeof *g);
	g->bytes = game_go.state_bytes(r);
	g->fast = malloc(g->bytes);
	g->spare = malloc(g->bytes);
	if (!g->fast || !g->spare)
		abort();
	memset(g->fast, 0xaa, g->bytes);
	game_go.init(g->fast, r);
	slow_init(&g->slow, r);
	g->points = game_points(r);
	g->key = rng_key(seed, RNG_TEST);
}

static void pair_release(struct pair *g)
{
	free(g->fast);
	free(g->spare);
	slow_release(&g->slow);
}

/* A handful of setup stones, some refused. */
static void place_some(struct pair *g)
{
	int n = (int)draw(g, (uint32_t)g->points);
	for (int i = 0; i < n; i++) {
		int player = (int)draw(g, 2), point = (int)draw(g, (uint32_t)g->points);
		CHECK_INT(go_place(g->fast, player, point), slow_place(&g->slow, player, point));
	}
}

static void check_stones(const struct pair *g)
{
	int8_t fast[GAME_POINTS_MAX], slow[GAME_POINTS_MAX];
	for (int p = 0; p < g->points; p++) {
		char c = g->slow.board.at[p];
		CHECK_INT(go_color(g->fast, p), c == 'X' ? 0 : c == 'O' ? 1 : -1);
		CHECK_INT(go_liberties(g->fast, p), c == '.' ? 0 : slow_liberties(&g->slow, p));
		CHECK_INT(go_group_size(g->fast, p), c == '.' ? 0 : slow_group_size(&g->slow, p));
	}
	game_go.ownership(g->fast, fast);
	slow_ownership(&g->slow, slow);
	CHECK(memcmp(fast, slow, (size_t)g->points) == 0);
	CHECK_INT(game_go.score_half(g->fast), slow_score_half(&g->slow));
	CHECK_INT(go_captures(g->fast, 0), g->slow.taken[0]);
	CHECK_INT(go_captures(g->fast, 1), g->slow.taken[1]);
}

static void check_turn(const struct pair *g)
{
	static uint8_t fast[GAME_POINTS_MAX * GO_PLANES], slow[GAME_POINTS_MAX * GO_PLANES];
	CHECK_INT(game_go.to_move(g->fast), g->slow.to_move);
	CHECK_INT(game_go.moves(g->fast), g->slow.moves);
	CHECK_INT(game_go.over(g->fast), slow_over(&g->slow));
	CHECK_INT(go_passes(g->fast), g->slow.passes);
	for (int i = 0; i < GO_LAST_MOVES; i++)
		CHECK_INT(go_last_move(g->fast, i), g->slow.last[i]);
	game_go.features(g->fast, fast);
	slow_features(&g->slow, slow);
	CHECK(memcmp(fast, slow, (size_t)g->points * GO_PLANES) == 0);
}

/* Compares the legal moves; returns one of them, now and then the pass. */
static int check_moves(struct pair *g)
{
	uint8_t mask[GAME_ACTIONS_MAX];
	int legal = 1, choice[GAME_ACTIONS_MAX], n = game_go.legal(g->fast, mask);
	choice[0] = g->points;
	CHECK_INT(mask[g->points], 1);
	for (int p = 0; p < g->points; p++) {
		enum slow_verdict slow = slow_judge(&g->slow, p);
		CHECK_INT(mask[p], slow == SLOW_LEGAL);
		CHECK_INT(go_judge(g->fast, p), slow); /* the two enums list the same verdicts in one order */
		if (slow == SLOW_LEGAL)
			choice[legal++] = p;
		g->superko += slow == SLOW_SUPERKO;
	}
	CHECK_INT(n, legal);
	if (legal == 1 || draw(g, 24) == 0)
		return g->points;
	return choice[1 + draw(g, (uint32_t)legal - 1)];
}

static void check_refusals(struct pair *g)
{
	int tries[4] = {-1, g->points + 1, 1 << 20, (int)draw(g, (uint32_t)g->points)};
	size_t used = game_go.used_bytes(g->fast);
	memcpy(g->spare, g->fast, used);
	for (int i = 0; i < 4; i++) {
		bool legal = i == 3 && !slow_over(&g->slow) && slow_judge(&g->slow, tries[i]) == SLOW_LEGAL;
		if (legal)
			continue;
		CHECK(!game_go.play(g->fast, tries[i]));
		CHECK(game_go.used_bytes(g->fast) == used && memcmp(g->fast, g->spare, used) == 0);
	}
}

/* The move is made in both blocks, the second a copy of what the first one uses; they stay equal byte for byte, and the
 * game goes on in the copy. */
static void step(struct pair *g, int action)
{
	void *swap = g->fast;
	memset(g->spare, 0xaa, g->bytes);
	memcpy(g->spare, g->fast, game_go.used_bytes(g->fast));
	CHECK(game_go.play(g->fast, action));
	CHECK(game_go.play(g->spare, action));
	CHECK(game_go.used_bytes(g->fast) <= g->bytes);
	CHECK(memcmp(g->fast, g->spare, game_go.used_bytes(g->fast)) == 0);
	CHECK(game_go.key(g->fast) == game_go.key(g->spare));
	CHECK(slow_play(&g->slow, action));
	memset(g->fast, 0x55, g->bytes);
	g->fast = g->spare;
	g->spare = swap;
}

/* Plays until the game is over or the bytes are used up; returns how many moves superko refused. */
static int one_game(const struct game_rules *r, uint64_t seed, struct rd *from)
{
	struct pair g;
	pair_init(&g, r, seed);
	g.from = from;
	if (seed % 3 == 0)
		place_some(&g);
	while (!slow_over(&g.slow) && !(from && from->left == 0)) {
		check_stones(&g);
		check_turn(&g);
		check_refusals(&g);
		step(&g, check_moves(&g));
	}
	check_stones(&g);
	check_turn(&g);
	check_refusals(&g);
	CHECK(game_go.moves(g.fast) == 0 || !go_place(g.fast, 0, 0));
	pair_release(&g);
	return g.superko;
}

#endif
