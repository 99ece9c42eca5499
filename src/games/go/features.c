/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The position as the net sees it (go.h lists the planes), and the key that stands for it. */
#include "games/go/go_int.h"

#include <string.h>

enum { ONE = 1 << GO_PLANE_EXP };

/* What is the same on every point. */
static void constant_planes(const struct go_state *s, uint8_t *out)
{
	int komi = s->to_move == 0 ? -s->rules.komi_half : s->rules.komi_half;
	memset(out, 0, GO_PLANES);
	out[GO_PLANE_BOARD] = ONE;
	if (s->last[0] == game_points(&s->rules))
		out[GO_PLANE_PASSED] = ONE;
	if (s->rules.suicide)
		out[GO_PLANE_SUICIDE] = ONE;
	if (komi > 0)
		out[GO_PLANE_KOMI_PLUS] = (uint8_t)(komi < 127 ? komi : 127);
	else
		out[GO_PLANE_KOMI_MINUS] = (uint8_t)(-komi < 127 ? -komi : 127);
}

/* Planes of a stone, by whether it is the opponent's and by its group's liberties, four of which stand for more. */
static void stone_planes(uint8_t stone[2][5][GO_PLANES], const uint8_t *constant)
{
	for (int opponent = 0; opponent < 2; opponent++)
		for (int libs = 0; libs < 5; libs++) {
			uint8_t *at = stone[opponent][libs];
			memcpy(at, constant, GO_PLANES);
			at[opponent ? GO_PLANE_OPPONENT : GO_PLANE_OWN] = ONE;
			if (libs >= 1 && libs <= 3) /* a stone on the board has at least one */
				at[GO_PLANE_LIBERTIES + libs - 1] = ONE;
		}
}

static void superko_plane(const struct go_state *s, uint8_t *out)
{
	for (int i = 0; i < s->words; i++)
		for (uint64_t word = go_superko_word(s, i); word; word &= word - 1) {
			int p = 64 * i + go_lowest(word), row = p / s->stride - 1, col = p % s->stride - 1;
			out[(row * s->rules.size + col) * GO_PLANES + GO_PLANE_SUPERKO] = ONE;
		}
}

void go_features(const void *state, uint8_t *out)
{
	const struct go_state *s = state;
	uint8_t constant[GO_PLANES], stone[2][5][GO_PLANES], *at = out;
	int points = game_points(&s->rules), own = go_color_of(s->to_move);
	constant_planes(s, constant);
	stone_planes(stone, constant);
	for (int row = 1; row <= s->rules.size; row++)
		for (int col = 1; col <= s->rules.size; col++, at += GO_PLANES) {
			const struct go_cell *cell = &s->cell[row * s->stride + col];
			int libs = s->cell[cell->group].libs;
			const uint8_t *planes = stone[cell->color != own][libs < 4 ? libs : 4];
			memcpy(at, cell->color == GO_EMPTY ? constant : planes, GO_PLANES);
		}
	superko_plane(s, out);
	for (int i = 0; i < GO_LAST_MOVES; i++)
		if (s->last[i] < points)
			out[s->last[i] * GO_PLANES + GO_PLANE_LAST + i] = ONE;
}

/* Everything that features() and legal() read: the stones, whose turn it is, the latest moves, the rules that
 * show, and the points that superko forbids.  Each word is folded in by rng_key, a bijection in either
 * argument, so two states that differ in one of these words only never share a key. */
uint64_t go_key(const void *state)
{
	const struct go_state *s = state;
	uint64_t turn = (uint64_t)s->to_move | (uint64_t)s->passes << 1 | (uint64_t)(s->rules.suicide != 0) << 3;
	uint64_t key = rng_key(s->hash, turn | (uint64_t)s->rules.size << 8);
	key = rng_key(key, (uint32_t)s->rules.komi_half);
	for (int i = 0; i < GO_LAST_MOVES; i++)
		key = rng_key(key, s->last[i]);
	for (int i = 0; i < s->words; i++)
		for (uint64_t word = go_superko_word(s, i); word; word &= word - 1)
			key = rng_key(key, (uint64_t)(64 * i + go_lowest(word)));
	return key;
}
