/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be played, superko included, and playing it. */
#include "games/go/go_int.h"

#include <string.h>

static uint64_t *history(struct go_state *s)
{
	return (uint64_t *)(void *)((char *)s + s->history_at);
}

static const uint64_t *history_const(const struct go_state *s)
{
	return (const uint64_t *)(const void *)((const char *)s + s->history_at);
}

void go_remember(struct go_state *s)
{
	uint64_t *filter = (uint64_t *)(void *)((char *)s + s->filter_at);
	uint32_t bit = (uint32_t)s->hash & s->filter_mask;
	history(s)[s->positions++] = s->hash;
	filter[bit / 64] |= UINT64_C(1) << bit % 64;
}

/* Was there a position of this hash?  The present one counts. */
static bool seen(const struct go_state *s, uint64_t hash)
{
	const uint64_t *filter = (const uint64_t *)(const void *)((const char *)s + s->filter_at);
	uint32_t bit = (uint32_t)hash & s->filter_mask;
	if (!(filter[bit / 64] >> bit % 64 & 1))
		return false;
	for (int i = s->positions - 1; i >= 0; i--)
		if (history_const(s)[i] == hash)
			return true;
	return false;
}

static uint64_t group_hash(const struct go_state *s, int group)
{
	uint64_t hash = 0;
	int p = group;
	do {
		hash ^= go_zobrist(p, s->cell[p].color);
		p = s->cell[p].next;
	} while (p != group);
	return hash;
}

/* Hash of the groups beside p that have the colour and at most `libs` liberties. */
static uint64_t near_hash(const struct go_state *s, int p, int color, int libs)
{
	uint16_t near[4];
	uint64_t hash = 0;
	int n = go_groups_near(s, p, near);
	for (int i = 0; i < n; i++)
		if (s->cell[near[i]].color == color && s->cell[near[i]].libs <= libs)
			hash ^= group_hash(s, near[i]);
	return hash;
}

/* Superko needs no search of the history for most moves.  Let the mover play colour c on the empty cell p.
 *
 * 1. The move is no suicide, so the new position has c on p.  If an earlier position equals it, that one had c
 *    on p as well; p is empty now, and stones leave the board in no way but by go_take, which marks them in
 *    `gone`.  So where no c stone was ever taken off p, nothing can repeat, captures or not.
 * 2. Otherwise the new hash is made without playing: the stone comes, captured groups go; and is looked up.
 * 3. Suicide removes the new stone with the mover's groups beside it.  With none beside it the position is the
 *    present one, which is in the history: always forbidden.
 *
 * A note on what would not do: "a move that captures nothing repeats nothing" is false.  It has more stones
 * than any position since the last capture, but positions before that capture may be its equal (send two,
 * return one, send two again). */
enum go_verdict go_judge_cell(const struct go_state *s, int p)
{
	int c = go_color_of(s->to_move), near[4];
	bool lives = false;
	if (s->cell[p].color != GO_EMPTY)
		return GO_OCCUPIED;
	go_neighbours(s, p, near);
	for (int i = 0; i < 4 && !lives; i++) {
		const struct go_cell *cell = &s->cell[near[i]];
		int libs = s->cell[cell->group].libs;
		if (cell->color == GO_EMPTY)
			lives = true;
		else if (cell->color != GO_BORDER)
			lives = cell->color == c ? libs >= 2 : libs == 1;
	}
	if (!lives) {
		if (!s->rules.suicide)
			return GO_SUICIDE;
		return seen(s, s->hash ^ near_hash(s, p, c, 1)) ? GO_SUPERKO : GO_LEGAL;
	}
	if (!(s->cell[p].gone & c))
		return GO_LEGAL;
	return seen(s, s->hash ^ go_zobrist(p, c) ^ near_hash(s, p, go_other(c), 1)) ? GO_SUPERKO : GO_LEGAL;
}

enum go_verdict go_judge(const void *state, int point)
{
	const struct go_state *s = state;
	if (point < 0 || point >= game_points(&s->rules))
		return GO_OCCUPIED;
	return go_judge_cell(s, go_cell_of(s, point));
}

int go_legal(const void *state, uint8_t *mask)
{
	const struct go_state *s = state;
	int n = 1, point = 0;
	for (int row = 1; row <= s->rules.size; row++)
		for (int col = 1; col <= s->rules.size; col++) {
			mask[point] = go_judge_cell(s, row * s->stride + col) == GO_LEGAL;
			n += mask[point++];
		}
	mask[point] = 1;
	return n;
}

/* Puts the mover's stone down, then takes first the opponent's groups without liberties, then his own. */
static void put_and_take(struct go_state *s, int p)
{
	int c = go_color_of(s->to_move), group = go_put(s, p, c);
	uint16_t near[4];
	int n = go_groups_near(s, p, near);
	for (int i = 0; i < n; i++)
		if (s->cell[near[i]].color != c && s->cell[near[i]].libs == 0)
			s->taken[s->to_move] = (uint16_t)(s->taken[s->to_move] + go_take(s, near[i]));
	if (s->cell[group].libs == 0)
		s->taken[!s->to_move] = (uint16_t)(s->taken[!s->to_move] + go_take(s, group));
	go_remember(s);
}

bool go_play(void *state, int action)
{
	struct go_state *s = state;
	int pass = game_points(&s->rules);
	if (go_over(s) || action < 0 || action > pass)
		return false;
	if (action == pass) {
		s->passes++;
	} else {
		int p = go_cell_of(s, action);
		if (go_judge_cell(s, p) != GO_LEGAL)
			return false;
		put_and_take(s, p);
		s->passes = 0;
	}
	memmove(s->last + 1, s->last, sizeof s->last - sizeof s->last[0]);
	s->last[0] = (uint16_t)action;
	s->moves++;
	s->to_move = !s->to_move;
	return true;
}
