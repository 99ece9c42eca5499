/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a match is worth: intervals and Elo against values worked out by hand. */
#include "../test.h"

#include "match/score.h"

#include <math.h>

static int near(double got, double want)
{
	int yes = fabs(got - want) < 0.0005 * (1 + fabs(want));
	if (!yes)
		fprintf(stderr, "%f, want %f\n", got, want);
	return yes;
}

static void add_pair(struct match_score *s, int as_black, int as_white, int times)
{
	for (int i = 0; i < times; i++) {
		match_score_add(s, 0, as_black);
		match_score_add(s, 1, as_white);
	}
}

static void test_wilson(void)
{
	double low, high;
	match_score_wilson(0.5, 100, &low, &high);
	CHECK(near(low, 0.40383) && near(high, 0.59617));
	match_score_wilson(0, 10, &low, &high);
	CHECK(near(low, 0) && near(high, 0.27753));
	match_score_wilson(1, 10, &low, &high);
	CHECK(near(low, 0.72247) && near(high, 1));
}

static void test_counts(void)
{
	struct match_score s = {.first = 0};
	add_pair(&s, 2, 0, 3);
	add_pair(&s, 1, 2, 1);
	match_score_add(&s, 0, 2); /* a pair of which the second game is not yet played */
	CHECK_INT(s.n[0][MATCH_WIN], 4);
	CHECK_INT(s.n[0][MATCH_DRAW], 1);
	CHECK_INT(s.n[1][MATCH_LOSS], 3);
	CHECK_INT(s.n[1][MATCH_WIN], 1);
	CHECK_INT(match_score_total(&s, MATCH_WIN), 5);
	CHECK_INT(s.pair[2], 3);
	CHECK_INT(s.pair[3], 1);
}

static void test_elo(void)
{
	struct match_score s = {.first = 0};
	double elo, low, high;
	CHECK(!match_score_elo(&s, &elo, &low, &high));
	/* All pairs shared: even, and no doubt about it, though single games look random. */
	add_pair(&s, 2, 0, 50);
	CHECK(match_score_elo(&s, &elo, &low, &high));
	CHECK(near(elo, 0) && near(low, 0) && near(high, 0));
	/* 50 shared and 50 won pairs: mean 0.75, sample variance 0.0625 * 100 / 99, error 1.95996 * 0.0251259. */
	add_pair(&s, 2, 2, 50);
	CHECK(match_score_elo(&s, &elo, &low, &high));
	CHECK(near(elo, 190.849) && near(low, 147.815) && near(high, 240.006));
	struct match_score all = {.first = 0};
	add_pair(&all, 2, 2, 20);
	CHECK(!match_score_elo(&all, &elo, &low, &high));
}

int main(void)
{
	test_wilson();
	test_counts();
	test_elo();
	return test_done();
}
