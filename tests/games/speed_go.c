/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast the board of src/games is beside the plain one: `speed_go [ROUNDS [SIZE]]`.
 *
 * Both play the same random games the same way: list the legal moves, draw one evenly (the pass only where nothing else
 * is legal), play it, until two passes or 3 * points moves; the score ends the game.  The plain board goes first, then
 * the fast one for 0.2 s, ROUNDS times in turn (7); medians.  One line for each of the sizes 9 and 19, or for SIZE:
 *
 *     SIZE FAST_GAMES_PER_S PLAIN_GAMES_PER_S RATIO
 *
 * Exits 1 where the two disagree about a game. */
#include "base/rng.h"
#include "games/go/go.h"
#include "slow_go.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS_MAX = 99 };

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static struct game_rules rules_of(int size)
{
	return (struct game_rules){.size = size, .komi_half = 15, .max_moves = 3 * size * size};
}

/* Number `draw` below `legal` of those set. */
static int nth(const uint8_t *mask, int points, uint32_t legal, uint64_t key, int move)
{
	if (legal == 0)
		return points;
	uint32_t left = rng_below(key, (uint64_t)move, legal);
	int p = 0;
	while (!mask[p] || left-- > 0)
		p++;
	return p;
}

/* A game's moves and score folded into one word. */
static uint64_t fast_game(void *state, int size, uint64_t key)
{
	struct game_rules r = rules_of(size);
	uint8_t mask[GAME_ACTIONS_MAX];
	int points = game_points(&r), move = 0;
	uint64_t sum = 0;
	game_go.init(state, &r);
	for (; !game_go.over(state); move++) {
		int legal = game_go.legal(state, mask), action = nth(mask, points, (uint32_t)legal - 1, key, move);
		game_go.play(state, action);
		sum = rng_mix(sum + (uint64_t)action);
	}
	return sum + (uint64_t)game_go.score_half(state);
}

static uint64_t slow_game(struct slow_go *g, int size, uint64_t key)
{
	struct game_rules r = rules_of(size);
	uint8_t mask[GAME_ACTIONS_MAX];
	int points = game_points(&r), move = 0;
	uint64_t sum = 0;
	slow_init(g, &r);
	for (; !slow_over(g); move++) {
		uint32_t legal = 0;
		for (int p = 0; p < points; p++) {
			mask[p] = slow_judge(g, p) == SLOW_LEGAL;
			legal += mask[p];
		}
		int action = nth(mask, points, legal, key, move);
		slow_play(g, action);
		sum = rng_mix(sum + (uint64_t)action);
	}
	sum += (uint64_t)slow_score_half(g);
	slow_release(g);
	return sum;
}

static double median(double *x, int n)
{
	for (int i = 1; i < n; i++)
		for (int k = i; k > 0 && x[k] < x[k - 1]; k--) {
			double swap = x[k];
			x[k] = x[k - 1];
			x[k - 1] = swap;
		}
	return x[n / 2];
}

/* Seconds for `games` games of the fast board from number `first` on; checks the first against `want`. */
static double fast_time(void *state, int size, uint64_t first, int games, uint64_t want, bool *same)
{
	double t = seconds();
	for (int i = 0; i < games; i++) {
		uint64_t sum = fast_game(state, size, rng_key(first + (uint64_t)i, RNG_TEST));
		*same &= i > 0 || sum == want;
	}
	return seconds() - t;
}

static bool compare(int size, int rounds)
{
	struct game_rules r = rules_of(size);
	double fast[ROUNDS_MAX], slow[ROUNDS_MAX];
	struct slow_go g;
	void *state = malloc(game_go.state_bytes(&r));
	bool same = state != NULL;
	for (int i = 0; i < rounds && state; i++) {
		uint64_t want, first = (uint64_t)i * 1000000;
		double t = seconds();
		want = slow_game(&g, size, rng_key(first, RNG_TEST));
		slow[i] = 1 / (seconds() - t);
		int games = 1 + (int)(0.2 / fast_time(state, size, first, 1, want, &same));
		fast[i] = games / fast_time(state, size, first, games, want, &same);
	}
	if (same) {
		double f = median(fast, rounds), s = median(slow, rounds);
		printf("%d %.1f %.3f %.1f\n", size, f, s, f / s);
	} else {
		fprintf(stderr, "speed_go: the boards disagree on %dx%d\n", size, size);
	}
	free(state);
	return same;
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 7;
	int size = argc > 2 ? atoi(argv[2]) : 9;
	if (rounds < 1 || rounds > ROUNDS_MAX || size < GAME_SIZE_MIN || size > GAME_SIZE_MAX) {
		fprintf(stderr, "usage: speed_go [ROUNDS [SIZE]], 1 to %d rounds\n", ROUNDS_MAX);
		return 2;
	}
	return compare(size, rounds) && (argc > 2 || compare(19, rounds)) ? 0 : 1;
}
