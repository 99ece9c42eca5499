/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What search and self-play ask of a game of two players on a square board.
 *
 * A state is a flat block of state_bytes(rules) bytes without pointers: the caller owns it, memcpy copies it.
 * Players are 0 (first to move, Black) and 1.  Points are counted row by row from the top left: point =
 * row * size + col.  Actions are points, then the pass: action size * size.  Results are seen from player 0
 * unless said otherwise. */
#ifndef MIAI_GAMES_GAME_H
#define MIAI_GAMES_GAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GAME_SIZE_MIN = 2,
	GAME_SIZE_MAX = 19,
	GAME_POINTS_MAX = GAME_SIZE_MAX * GAME_SIZE_MAX,
	GAME_ACTIONS_MAX = GAME_POINTS_MAX + 1,
	GAME_PLANES_MAX = 32,
	GAME_MOVES_MAX = 4096, /* no game is longer: at the limit it is over and counted as it stands */
};

struct game_rules {
	int size;      /* GAME_SIZE_MIN..GAME_SIZE_MAX */
	int komi_half; /* White's compensation in half points, -2 * 361 .. 2 * 361 */
	int suicide;   /* 1: moves that leave the mover's own group without liberties are legal and remove it */
	int max_moves; /* 1..GAME_MOVES_MAX */
};

struct game {
	const char *name;
	int planes;    /* input planes */
	int plane_exp; /* a plane value v stands for v * 2^-plane_exp */

	size_t (*state_bytes)(const struct game_rules *r);
	size_t (*used_bytes)(const void *state);  /* the first so many bytes hold the state: a copy of them is one */
	void (*init)(void *state, const struct game_rules *r);
	const struct game_rules *(*rules)(const void *state);
	int (*to_move)(const void *state);        /* 0 or 1 */
	int (*moves)(const void *state);          /* moves made so far, setup stones not counted */
	bool (*over)(const void *state);          /* two passes in a row, or max_moves made */
	/* mask[a] = 1 for each legal action else 0, size * size + 1 bytes; returns how many.  The game must not
	 * be over. */
	int (*legal)(const void *state, uint8_t *mask);
	bool (*play)(void *state, int action);    /* false and unchanged where illegal or over */
	int (*score_half)(const void *state);     /* Black - White - komi in half points, as the board stands */
	/* owner[p] = 1 player 0's, -1 player 1's, 0 nobody's, as the board stands (area). */
	void (*ownership)(const void *state, int8_t *owner);
	/* Input of the net as the player to move sees it: out[p * planes + plane], values 0..127.  In each plane
	 * all nonzero values are equal. */
	void (*features)(const void *state, uint8_t *out);
	/* A key of what features() and legal() depend on (up to recent moves' order beyond the planes). */
	uint64_t (*key)(const void *state);
};

static inline int game_points(const struct game_rules *r)
{
	return r->size * r->size;
}

static inline int game_actions(const struct game_rules *r)
{
	return r->size * r->size + 1;
}

extern const struct game game_go;

#endif
