/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random games on the fast board and on the slow one, and what a key stands for. */
#include "games/model.h"

/* Small boards are cheap and repeat positions most, so they get most of the games. */
static void test_random_games(void)
{
	static const int games_of[20] = {0, 0, 500, 300, 100, 80, 24, 12, 6, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	int superko[2] = {0};
	for (int size = GAME_SIZE_MIN; size <= GAME_SIZE_MAX; size++)
		for (int i = 0; i < 2 * games_of[size]; i++) {
			uint64_t seed = (uint64_t)size * 10000 + (uint64_t)i;
			struct game_rules r = {.size = size, .suicide = i % 2};
			int points = size * size;
			int longest = (size <= 4 ? 24 : size <= 9 ? 6 : 1) * points / 2;
			r.max_moves = 1 + (int)rng_below(rng_key(seed, RNG_TEST), 1000000, (uint32_t)longest);
			r.komi_half = (int)rng_below(rng_key(seed, RNG_TEST), 1000001, 321) - 160;
			superko[i % 2] += one_game(&r, seed, NULL);
		}
	printf("moves refused by superko: %d without suicide, %d with it\n", superko[0], superko[1]);
	CHECK(superko[0] > 1000 && superko[1] > 1000); /* else the games test little */
}

/* key() against what it stands for: states of one key agree in features and legal moves, and other states have
 * other keys.  On 2x2 a few thousand states fill the table many times over. */
struct seen {
	uint64_t key;
	uint8_t planes[4 * GO_PLANES], mask[5], used;
};

static void check_key(struct seen *table, uint32_t slots, const void *state, int *again)
{
	uint8_t planes[4 * GO_PLANES], mask[5];
	uint64_t key = game_go.key(state);
	uint32_t at = (uint32_t)key & (slots - 1);
	game_go.features(state, planes);
	game_go.legal(state, mask);
	while (table[at].used && table[at].key != key)
		at = (at + 1) & (slots - 1);
	if (table[at].used) {
		CHECK(memcmp(table[at].planes, planes, sizeof planes) == 0);
		CHECK(memcmp(table[at].mask, mask, sizeof mask) == 0);
		++*again;
		return;
	}
	table[at].key = key;
	table[at].used = 1;
	memcpy(table[at].planes, planes, sizeof planes);
	memcpy(table[at].mask, mask, sizeof mask);
}

static void test_keys(void)
{
	enum { SLOTS = 1 << 17 };
	struct seen *table = calloc(SLOTS, sizeof *table);
	int again = 0;
	for (int i = 0; i < 2000 && table; i++) {
		struct pair g;
		struct game_rules r = {.size = 2, .komi_half = i % 3 - 1, .suicide = i % 2, .max_moves = 24};
		pair_init(&g, &r, (uint64_t)i);
		while (!game_go.over(g.fast)) {
			uint8_t mask[5];
			int action;
			check_key(table, SLOTS, g.fast, &again);
			game_go.legal(g.fast, mask);
			do
				action = (int)draw(&g, 5);
			while (!mask[action]);
			game_go.play(g.fast, action);
		}
		pair_release(&g);
	}
	CHECK(table != NULL);
	CHECK(again > 1000);
	free(table);
}

int main(void)
{
	test_random_games();
	test_keys();
	return test_done();
}
