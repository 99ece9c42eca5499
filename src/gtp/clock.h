/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A player's clock: how much time is left, and how much of it a move should take.  Times are microseconds. */
#ifndef MIAI_GTP_CLOCK_H
#define MIAI_GTP_CLOCK_H

#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum engine_clock_system {
	CLOCK_NONE,
	CLOCK_ABSOLUTE,  /* main */
	CLOCK_CANADIAN,  /* then period for each stones moves */
	CLOCK_BYOYOMI,   /* Japanese: then periods times period, a period is used up where a move takes longer */
	CLOCK_FISCHER,   /* main, and period more after each move, never more than limit; move_limit a move */
};

struct engine_clock {
	enum engine_clock_system system;
	int64_t main, period;      /* as set */
	int stones, periods;       /* as set */
	int64_t limit, move_limit; /* Fischer; 0: none */
	/* As the game stands: */
	int64_t left;              /* in the present phase: main time, or of the period */
	bool overtime;             /* main time is used up */
	int stones_left, periods_left;
	/* What a move costs beside thinking, learnt from what controllers say is left. */
	int64_t lag;
	bool counted;              /* left was counted for a move here, and nobody has told since what it is */
};

/* A full clock of a system (main, period, ... set, the rest not). */
void engine_clock_start(struct engine_clock *c, int64_t lag);
/* c becomes a full clock set as `set` is, with this lag; some controllers say so again before each move, and then what is
 * left: what was learnt of the lag outlasts the same settings. */
void engine_clock_set(struct engine_clock *c, const struct engine_clock *set, int64_t lag);
/* A move that took `used` was made. */
void engine_clock_move(struct engine_clock *c, int64_t used);
/* The move took `late` longer than it was given (less where negative): it happens on a busy machine, and is allowed for. */
void engine_clock_late(struct engine_clock *c, int64_t late);
/* What the controller says: left of the phase, and stones (Canadian) or periods (Japanese) left, 0 in main time.
 * resolution: of the time it tells. */
void engine_clock_told(struct engine_clock *c, int64_t left, int count, int64_t resolution);

struct engine_budget {
	int64_t plan; /* think so long */
	int64_t most; /* where the choice is open, so long; never longer */
};
/* For the next move of a game of `moves` moves so far on a board of `points`. CLOCK_NONE: both are INT64_MAX. */
struct engine_budget engine_clock_budget(const struct engine_clock *c, int moves, int points);

#endif
