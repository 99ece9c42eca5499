/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The result of a match and what it is worth: docs/match.md has the formulas and their sources. */
#ifndef MIAI_MATCH_SCORE_H
#define MIAI_MATCH_SCORE_H

#include <stdint.h>
#include <stdio.h>

enum { MATCH_LOSS, MATCH_DRAW, MATCH_WIN };

/* Games come in pairs of one opening, A being Black in the first. */
struct match_score {
	uint32_t n[2][3]; /* A's losses, draws, wins as Black [0] and White [1] */
	uint32_t pair[5]; /* pairs in which A made 0, 1, 2, 3, 4 half points */
	int first;        /* A's half points in the pair under way */
};

/* as_white: A's colour; points: A's half points, 0..2. */
void match_score_add(struct match_score *s, int as_white, int points);
uint32_t match_score_total(const struct match_score *s, int what);

/* 95% interval of a share of p (0..1) seen in n trials (Wilson 1927). */
void match_score_wilson(double p, double n, double *low, double *high);

/* Elo of A over B and 95% bounds, from the pairs: mean and variance of a pair's points, which counts games of one
 * opening as the dependent things that they are.  0 where the pairs allow no estimate (none, or all alike at an end).
 */
int match_score_elo(const struct match_score *s, double *elo, double *low, double *high);

/* The share of points (0..1) that elo stands for. */
double match_share(double elo);

void match_score_print(const struct match_score *s, FILE *to);

/* The sequential probability ratio test (Wald 1945) of "A is elo1 stronger" against "A is elo0 stronger", both errors
 * 5%, over the five results of a pair. */
struct match_sprt {
	double elo0, elo1; /* elo0 < elo1 */
};

/* The logarithm of the likelihood ratio; 0 without pairs. */
double match_sprt_llr(const struct match_sprt *t, const struct match_score *s);
/* -1: elo0 is accepted, 1: elo1 is, 0: more games are needed. */
int match_sprt_verdict(double llr);

#endif
