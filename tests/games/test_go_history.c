/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Go with its last eight boards: the planes against boards remembered one by one, through copies of a state. */
#include "base/rng.h"
#include "games/go/go.h"
#include "test.h"

enum { BOARDS = 8, MOVES = 60 };

static void remember(int8_t board[][GAME_POINTS_MAX], const void *state, int points)
{
	for (int p = 0; p < points; p++)
		board[game_go_history.moves(state)][p] = (int8_t)go_color(state, p);
}

static void check_planes(int8_t board[][GAME_POINTS_MAX], const void *state, int points)
{
	static uint8_t planes[GAME_POINTS_MAX * GO_HISTORY_PLANES];
	int moves = game_go_history.moves(state), turn = game_go_history.to_move(state);
	game_go_history.features(state, planes);
	for (int p = 0; p < points; p++)
		for (int i = 0; i < GO_HISTORY_PLANES; i++) {
			int back = i % BOARDS, player = i < BOARDS ? turn : !turn;
			int want = i >= GO_HISTORY_BLACK ? i - GO_HISTORY_BLACK == turn
			                                 : back <= moves && board[moves - back][p] == player;
			CHECK_INT(planes[p * GO_HISTORY_PLANES + i], want);
		}
}

/* A legal move drawn evenly, the pass among them. */
static int draw(const void *state, uint64_t key)
{
	uint8_t mask[GAME_ACTIONS_MAX];
	uint32_t n = (uint32_t)game_go_history.legal(state, mask);
	uint32_t left = rng_below(key, (uint64_t)game_go_history.moves(state), n);
	int a = 0;
	while (!mask[a] || left-- > 0)
		a++;
	return a;
}

static void one_game(int size, uint64_t key)
{
	static int8_t board[MOVES + 1][GAME_POINTS_MAX];
	struct game_rules r = {.size = size, .komi_half = 15, .suicide = (int)(key % 2), .max_moves = MOVES};
	size_t bytes = game_go_history.state_bytes(&r);
	char *state = malloc(bytes), *copy = malloc(bytes);
	game_go_history.init(state, &r);
	for (remember(board, state, size * size); !game_go_history.over(state); remember(board, state, size * size)) {
		check_planes(board, state, size * size);
		CHECK(game_go_history.play(state, draw(state, rng_key(key, RNG_TEST))));
		size_t used = game_go_history.used_bytes(state);
		CHECK(used <= bytes);
		memset(copy, 0xaa, bytes);
		memcpy(copy, state, used);
		char *swap = state;
		state = copy;
		copy = swap;
	}
	check_planes(board, state, size * size);
	free(state);
	free(copy);
}

int main(void)
{
	static const int size[] = {2, 3, 5, 9, 19};
	for (int i = 0; i < 5; i++)
		for (uint64_t key = 0; key < 4; key++)
			one_game(size[i], key);
	return test_done();
}
