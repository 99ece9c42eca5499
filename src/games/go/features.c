/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The position as the net sees it (go.h lists the planes), and the key that stands for it. */
#include "games/go/go_int.h"

#include <string.h>

enum { ONE = 1 << GO_PLANE_EXP };

static void stone_planes(const struct go_state *s, const struct go_cell *cell, uint8_t *out)
{
	int libs = s->cell[cell->group].libs;
	out[cell->color == go_color_of(s->to_move) ? GO_PLANE_OWN : GO_PLANE_OPPONENT] = ONE;
	if (libs <= 3) /* a stone on the board has at least one */
		out[GO_PLANE_LIBERTIES + libs - 1] = ONE;
}

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

void go_features(const void *state, uint8_t *out)
{
	const struct go_state *s = state;
	uint8_t constant[GO_PLANES];
	int points = game_points(&s->rules), point = 0;
	constant_planes(s, constant);
	for (int row = 1; row <= s->rules.size; row++)
		for (int col = 1; col <= s->rules.size; col++, point++) {
			int p = row * s->stride + col;
			uint8_t *at = out + (size_t)point * GO_PLANES;
			memcpy(at, constant, GO_PLANES);
			if (s->cell[p].color != GO_EMPTY)
				stone_planes(s, &s->cell[p], at);
			else if (go_judge_cell(s, p) == GO_SUPERKO)
				at[GO_PLANE_SUPERKO] = ONE;
		}
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
	for (int p = s->stride + 1; p < s->cells - s->stride; p++)
		if (s->cell[p].color == GO_EMPTY && go_judge_cell(s, p) == GO_SUPERKO)
			key = rng_key(key, (uint64_t)p);
	return key;
}
