/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Games between programs that speak GTP, under a referee who knows the rules: docs/match.md. */
#ifndef MIAI_MATCH_REFEREE_H
#define MIAI_MATCH_REFEREE_H

#include "base/bytes.h"
#include "games/game.h"
#include "match/program.h"

#include <stdatomic.h>
#include <stdint.h>

struct match_terms {
	struct game_rules rules;
	const int16_t *first;    /* moves with which every game begins, Black's first */
	int firsts;
	int opening_plies;       /* after those: drawn evenly from the legal moves but the pass, the same for games 2i and 2i + 1 */
	uint64_t seed;
	int patience;            /* seconds for one reply */
	int setup_commands;      /* sent to both after clear_board, such as "time_settings 0 1 1" */
	const char *const *setup;
	const char *command[2];  /* A's and B's; A is Black in even games */
	const char *name[2];     /* what they are called in game files */
};

enum match_end { MATCH_COUNTED, MATCH_RESIGNED, MATCH_ILLEGAL, MATCH_REFUSED };

struct match_game {
	int black;               /* Black's half points: 0, 1, 2 */
	int score_half;          /* by the board, where counted */
	enum match_end end;
	int culprit;             /* 0 A, 1 B: who resigned, played or refused wrongly */
	int moves;               /* opening included */
	int16_t action[GAME_MOVES_MAX];
	int slowest[2];          /* milliseconds of A's and B's slowest reply to genmove */
};

/* Plays games 0 .. games - 1 on `at_once` threads, each with two programs of its own.  Finished games come to sink in
 * order of index, one at a time; if it returns false the match ends there.  stop may be NULL: ERR_STOPPED.  ERR_IO,
 * ERR_FORMAT: a program died, was silent or does not speak GTP; ERR_MEMORY. */
typedef bool match_sink(void *ctx, uint32_t index, const struct match_game *g);
int match_play(const struct match_terms *t, uint32_t games, int at_once, match_sink *sink, void *ctx,
               const atomic_bool *stop, struct err *e);

/* The game as SGF, for people to look at; out->failed where memory was short. */
void match_game_sgf(const struct match_terms *t, uint32_t index, const struct match_game *g, struct buf *out);

#endif
