/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of a game of Go, and what the files of this folder tell each other.
 *
 * A state is one block:
 *
 *     struct go_state | cells | filter | history
 *
 * The board has a border.  With stride = size + 1, the point in row r and column c is cell (r + 1) * stride +
 * c + 1; the cell left of a row is also the one right of the row above, so (size + 2) * stride cells do and the
 * four neighbours of a point are always inside.  Cell 0 is border: group number 0 means "no group".
 *
 * Stones of a group form a ring through `next`.  `group` of each of them is the cell of one of its stones, the
 * head, and only the head's `libs` (exact number of liberties) and `size` count.
 *
 * History holds the hash of every position of the game in order, the first one (after setup) included; a pass
 * adds none.  It comes last, so that what is not used yet need not be copied.  Filter is a bit set in which two bits
 * that follow from the hash are set for each of them.
 *
 * Sets of cells are bit sets: cell p is bit p % 64 of word p / 64. */
#ifndef MIAI_GAMES_GO_GO_INT_H
#define MIAI_GAMES_GO_GO_INT_H

#include "base/rng.h"
#include "games/go/go.h"

enum { GO_EMPTY = 0, GO_BLACK = 1, GO_WHITE = 2, GO_BORDER = 3 };

enum {
	GO_CELLS_MAX = (GAME_SIZE_MAX + 2) * (GAME_SIZE_MAX + 1),
	GO_WORDS_MAX = (GO_CELLS_MAX + 63) / 64,
	GO_NO_MOVE = 0xffff, /* in last[] */
};

struct go_cell {
	uint16_t next, group, libs, size;
	uint8_t color;
};

struct go_state {
	struct game_rules rules;
	uint64_t hash;       /* of the position; 0 for the empty board */
	uint32_t history_at; /* offset in bytes from the start of the state */
	uint32_t filter_at;
	uint32_t filter_mask;         /* bits of the filter less one */
	uint16_t positions;           /* used entries of history: 1..max_moves + 1 <= 4097 */
	uint16_t moves;               /* <= GAME_MOVES_MAX */
	uint16_t last[GO_LAST_MOVES]; /* actions, the latest first */
	uint16_t taken[2];            /* stones taken from the opponent: < 361 + GAME_MOVES_MAX */
	uint16_t stride, cells;
	uint8_t to_move, passes; /* player; consecutive passes 0..2 */
	uint8_t words;           /* of a set */
	uint64_t empty[GO_WORDS_MAX];
	uint64_t gone[2][GO_WORDS_MAX]; /* by player: where stones of his were taken off the board in this game */
	struct go_cell cell[];
};

static inline int go_color_of(int player)
{
	return player + GO_BLACK;
}

static inline int go_other(int color)
{
	return GO_BLACK + GO_WHITE - color;
}

static inline int go_cell_of(const struct go_state *s, int point)
{
	return (point / s->rules.size + 1) * s->stride + point % s->rules.size + 1;
}

static inline void go_neighbours(const struct go_state *s, int p, int near[4])
{
	near[0] = p - s->stride;
	near[1] = p - 1;
	near[2] = p + 1;
	near[3] = p + s->stride;
}

static inline void go_set_add(uint64_t *set, int p)
{
	set[p / 64] |= UINT64_C(1) << p % 64;
}

static inline void go_set_remove(uint64_t *set, int p)
{
	set[p / 64] &= ~(UINT64_C(1) << p % 64);
}

/* Number of the lowest bit of x, which is not 0: the product's highest six bits tell all powers of two apart. */
static inline int go_lowest(uint64_t x)
{
	static const uint8_t bit[64] = {
		0,  1,  2,  53, 3,  7,  54, 27, 4,  38, 41, 8,  34, 55, 48, 28, 62, 5,  39, 46, 44, 42,
		22, 9,  24, 35, 59, 56, 49, 18, 29, 11, 63, 52, 6,  26, 37, 40, 33, 47, 61, 45, 43, 21,
		23, 58, 17, 10, 51, 25, 36, 32, 60, 20, 57, 16, 50, 31, 19, 15, 30, 14, 13, 12};
	return bit[(x & (0 - x)) * UINT64_C(0x022fdd63cc95386d) >> 58];
}

/* The word of one stone in the position hash, the same on every size of the same stride. */
static inline uint64_t go_zobrist(int cell, int color)
{
	return rng_at(rng_key(0, RNG_ZOBRIST), (uint64_t)cell * 2 + (uint64_t)(color == GO_WHITE));
}

static inline bool go_over(const struct go_state *s)
{
	return s->passes >= 2 || s->moves >= s->rules.max_moves;
}

/* board.c: stones and groups. */
int go_groups_near(const struct go_state *s, int p, uint16_t group[4]); /* different groups beside p: 0..4 */
int go_put(struct go_state *s, int p, int color); /* a stone on an empty cell, no capture yet; its group */
int go_take(struct go_state *s, int group);       /* removes the group; how many stones it had */

/* rules.c: what may be played. */
void go_remember(struct go_state *s);                           /* appends the position to the history */
enum go_verdict go_judge_cell(const struct go_state *s, int p); /* p inside the border */
uint64_t go_superko_word(const struct go_state *s, int i);      /* word i of the cells that superko forbids */
int go_legal(const void *state, uint8_t *mask);
bool go_play(void *state, int action);

/* area.c and features.c */
void go_ownership(const void *state, int8_t *owner);
int go_score_half(const void *state);
void go_features(const void *state, uint8_t *out);
uint64_t go_key(const void *state);

#endif
