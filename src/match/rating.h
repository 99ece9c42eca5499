/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings from many matches: the model of Bradley and Terry (1952), fitted by Hunter's MM algorithm (2004). */
#ifndef MIAI_MATCH_RATING_H
#define MIAI_MATCH_RATING_H

#include "base/err.h"

#include <stdint.h>

/* What a and b (players by number) did: pairs of games in which a made 0..4 half points, in both of them. */
struct match_result {
	int a, b;
	uint32_t pair[5];
};

struct match_rating {
	double elo, low, high; /* 95%; player 0 has 0, 0, 0 */
	uint32_t games;
	double points;
};

enum { MATCH_RESAMPLES = 400 };

/* rating[0 .. players-1].  A draw counts as half a win; one more drawn pair is put between every two players who met,
 * so that a player who won or lost all has a rating.  The intervals are the bootstrap's (Efron 1979): each
 * match's pairs are drawn again MATCH_RESAMPLES times from themselves, by numbers that follow from seed.  Players who are
 * not joined to player 0 by matches are rated from 0 among themselves.  0 or ERR_MEMORY. */
int match_rate(const struct match_result *r, int results, int players, uint64_t seed, struct match_rating *rating,
               struct err *e);

#endif
