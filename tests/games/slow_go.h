/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Go written straight from the rules, to check the fast board: no groups, no hashes, no shortcuts.  Every past
 * position is kept whole and compared point by point. */
#ifndef MIAI_TESTS_GAMES_SLOW_GO_H
#define MIAI_TESTS_GAMES_SLOW_GO_H

#include "games/game.h"

enum { SLOW_PLANES = 16, SLOW_LAST = 5 };

struct slow_board {
	char at[GAME_POINTS_MAX]; /* '.', 'X' Black, 'O' White */
};

struct slow_go {
	struct game_rules rules;
	struct slow_board board;
	struct slow_board *history; /* every position so far, the first and the present one included; owned */
	int positions, moves, passes, to_move;
	int last[SLOW_LAST]; /* actions, the latest first; -1 where none */
	int taken[2];        /* stones each player took, the other's suicides included */
};

enum slow_verdict { SLOW_LEGAL, SLOW_OCCUPIED, SLOW_SUICIDE, SLOW_SUPERKO };

void slow_init(struct slow_go *g, const struct game_rules *r);
void slow_release(struct slow_go *g);
bool slow_place(struct slow_go *g, int player, int point); /* false where a stone would lack liberties */
bool slow_over(const struct slow_go *g);
enum slow_verdict slow_judge(const struct slow_go *g, int point);
bool slow_play(struct slow_go *g, int action);
int slow_liberties(const struct slow_go *g, int point); /* of the stones connected to point */
int slow_group_size(const struct slow_go *g, int point);
bool slow_is_position(const struct slow_board *b, int size); /* every stone reaches an empty point */
void slow_ownership(const struct slow_go *g, int8_t *owner);
int slow_score_half(const struct slow_go *g);
void slow_features(const struct slow_go *g, uint8_t *out);

#endif
