/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of a match and its uncertainty. */
#ifndef MIAI_CLI_SCORE_INT_H
#define MIAI_CLI_SCORE_INT_H

#include <stdint.h>
#include <stdio.h>

enum { CLI_LOSS, CLI_DRAW, CLI_WIN };

/* Games come in pairs of one opening, A being Black in the first. */
struct cli_score {
	uint32_t n[2][3]; /* A's losses, draws, wins as Black [0] and White [1] */
	uint32_t pair[5]; /* pairs in which A made 0, 1, 2, 3, 4 half points */
	int first;        /* A's half points in the pair under way */
};

/* as_white: A's colour; points: A's half points, 0..2. */
void cli_score_add(struct cli_score *s, int as_white, int points);
uint32_t cli_score_total(const struct cli_score *s, int what);

/* 95% interval of a share of p (0..1) seen in n trials (Wilson 1927). */
void cli_score_wilson(double p, double n, double *low, double *high);

/* Elo of A over B and 95% bounds, from the pairs: mean and variance of a pair's points, which counts games of one
 * opening as the dependent things that they are.  0 where the pairs allow no estimate (none, or all alike at an end).
 */
int cli_score_elo(const struct cli_score *s, double *elo, double *low, double *high);

void cli_score_print(const struct cli_score *s, FILE *to);

#endif
