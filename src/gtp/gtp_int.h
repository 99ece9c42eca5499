/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_GTP_GTP_INT_H
#define MIAI_GTP_GTP_INT_H

#include "games/go/go.h"
#include "gtp/gtp.h"

enum {
	GTP_ARGS_MAX = 512, /* set_free_handicap may name every point */
	GTP_VERTEX_TEXT = 8,
	GTP_RESIGN = -1, /* an action beside the game's: give up */
};

struct gtp_move {
	uint16_t action;
	uint8_t player;
};

/* The state is always what setup and moves make of an empty board: undo takes the last of them away and makes
 * the state again. */
struct gtp {
	struct gtp_settings set;
	struct game_rules rules;
	void *state, *scratch; /* owned; state_bytes of the rules each */
	int moves, handicap;
	struct gtp_move move[GAME_MOVES_MAX];
	uint16_t stone[GAME_POINTS_MAX]; /* handicap points */
	uint64_t games;                  /* boards begun so far: no two of a session draw the same moves */
	struct search *search;           /* made for rules.size when first wanted; NULL without a net */
	struct evaluator *eval;
	struct eval_job *job; /* owned */
};

/* A command under way.  Arguments are without the command's name. */
struct gtp_call {
	int argc;
	const char *argv[GTP_ARGS_MAX];
	struct buf *text; /* what is to be said: the answer, or what is wrong */
	bool quit;
};

/* Answers; false: text says what is wrong. */
typedef bool gtp_handler(struct gtp *g, struct gtp_call *c);

/* text.c: the protocol's words. */
bool gtp_fail(struct gtp_call *c, const char *what); /* writes what, returns false */
bool gtp_int(const char *text, int *out);            /* a whole number, saturated at +-10^9 */
bool gtp_color(const char *text, int *player);
bool gtp_vertex(const char *text, int size, int *action); /* a point or "pass" */
void gtp_vertex_text(char out[GTP_VERTEX_TEXT], int size, int action);
void gtp_half_text(char *out, size_t n, int half);  /* "7.5" */
void gtp_score_text(char *out, size_t n, int half); /* "B+7.5", "W+1", "0" */

/* board.c */
int gtp_board_new(struct gtp *g, int size, int komi_half, struct err *e); /* an empty board; unchanged on error */
void gtp_board_rebuild(struct gtp *g);
bool gtp_board_play(struct gtp *g, int player, int action);
gtp_handler gtp_boardsize, gtp_clear_board, gtp_komi, gtp_play, gtp_undo, gtp_showboard, gtp_fixed_handicap,
    gtp_place_free_handicap, gtp_set_free_handicap;

/* think.c */
gtp_handler gtp_genmove, gtp_reg_genmove;
void gtp_think_release(struct gtp *g); /* forgets search and evaluator: the board's size has changed */
int gtp_think_ready(struct gtp *g, struct err *e);

/* status.c */
gtp_handler gtp_final_score, gtp_final_status_list;

#endif
