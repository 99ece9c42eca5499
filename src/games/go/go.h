/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Go by area, beyond what game.h offers: setting up a position, and looking at one.
 *
 * `state` is always a state of game_go.  Points and players are those of game.h; a point outside the board is
 * nobody's fault but the caller's, except where a function says that it checks.  Rules: docs/go.md. */
#ifndef MIAI_GAMES_GO_GO_H
#define MIAI_GAMES_GO_GO_H

#include "games/game.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	GO_PLANES = 16,
	GO_PLANE_EXP = 4,  /* a binary plane holds 0 or 16, which stands for 1 */
	GO_LAST_MOVES = 5, /* how many of the latest moves a state remembers */
	GO_HANDICAP_MAX = 9,
	GO_HISTORY_PLANES = 18,
	GO_HISTORY_BLACK = 16, /* the first of the two planes that say whose turn it is */
	GO_VERTEX_TEXT = 8,    /* bytes for any vertex */
};

/* Go for nets that see the last eight positions: a state is one of game_go with earlier boards behind it, so all of this
 * header applies to it.  Planes hold 0 or 1: 0..7 the mover's stones now and 1 to 7 positions ago, 8..15 the opponent's,
 * 16 all ones where Black moves, 17 where White does.  Positions before the first one are empty. */
extern const struct game game_go_history;

enum go_plane {
	GO_PLANE_BOARD = 0, /* all ones: tells the net where the board ends */
	GO_PLANE_OWN = 1,
	GO_PLANE_OPPONENT = 2,
	GO_PLANE_LIBERTIES = 3,  /* 3, 4, 5: stones of groups with exactly 1, 2, 3 liberties */
	GO_PLANE_SUPERKO = 6,    /* points the mover may not take because the position would repeat */
	GO_PLANE_LAST = 7,       /* 7..11: the last move, the one before, ...; empty for a pass or none */
	GO_PLANE_PASSED = 12,    /* all ones where the previous move was a pass */
	GO_PLANE_SUICIDE = 13,   /* all ones where suicide is legal */
	GO_PLANE_KOMI_PLUS = 14, /* min(127, komi in half points) where komi favours the mover */
	GO_PLANE_KOMI_MINUS = 15 /* the same where it favours the opponent */
};

/* What the rules say of a stone on a point. */
enum go_verdict {
	GO_LEGAL,
	GO_OCCUPIED,
	GO_SUICIDE, /* it would leave its own group without liberties, and the rules forbid that */
	GO_SUPERKO, /* it would recreate an earlier position */
};

/* Adds a setup stone and makes the result the first position of the game.  False and unchanged where a move
 * was made already, the point is off the board or taken, or a group would be left without liberties. */
bool go_place(void *state, int player, int point);

/* Gives the turn to player.  Nothing else changes; the order of turns is no part of a position. */
void go_set_to_move(void *state, int player);

/* Forgets that the latest moves were passes, so that a game ended by two of them goes on. */
void go_resume(void *state);

/* The fixed handicap points of the Go Text Protocol, version 2, in its order: at most 4 on size 7 and on even
 * sizes, at most 9 on other sizes from 9.  Writes n points and returns n, or returns 0 where this size has no
 * such handicap. */
int go_handicap_points(int size, int n, int point[GO_HANDICAP_MAX]);

int go_color(const void *state, int point);      /* the player whose stone stands there, -1 if none */
int go_liberties(const void *state, int point);  /* of the group there; 0 on an empty point */
int go_group_size(const void *state, int point); /* stones of the group there; 0 on an empty point */
int go_captures(const void *state, int player);  /* stones the opponent of player has lost so far */
int go_last_move(const void *state, int back);   /* action, back in 0..GO_LAST_MOVES-1; -1 where none */
int go_passes(const void *state);                /* passes made just now, one after another: 0..2 */
uint64_t go_position_hash(const void *state);    /* the stones alone: what superko compares */

/* For the player to move; checks that the point is on the board (off it: GO_OCCUPIED). */
enum go_verdict go_judge(const void *state, int point);

/* Vertices, as people and the Go Text Protocol write them: a column from A to T without I, then a row from below ("D4"); or
 * the pass.  Reading takes letters of either case; false where text is neither a point of this board nor the pass. */
bool go_vertex_read(const char *text, int size, int *action);
void go_vertex_write(char out[GO_VERTEX_TEXT], int size, int action); /* "D4", "PASS" */

#endif
