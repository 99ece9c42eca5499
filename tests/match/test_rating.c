/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Ratings and plots against values worked out by hand. */
#include "../test.h"

#include "match/plot.h"
#include "match/rating.h"
#include "match/score.h"

#include <math.h>

static int near(double got, double want, double by)
{
	int yes = fabs(got - want) <= by;
	if (!yes)
		fprintf(stderr, "%f, want %f\n", got, want);
	return yes;
}

/* Two players: with the drawn pair added, the rating is that of the score. */
static void test_two(void)
{
	struct match_result r = {.a = 0, .b = 1, .pair = {99, 0, 0, 0, 0}};
	struct match_rating rating[2];
	CHECK(match_rate(&r, 1, 2, 1, rating, NULL) == 0);
	CHECK(near(rating[1].elo, 400 * log10(199.0 / 1), 0.01));
	CHECK(rating[0].elo == 0 && rating[0].low == 0 && rating[0].high == 0);
	CHECK_INT(rating[0].games, 198);
	CHECK(rating[0].points == 0 && rating[1].points == 198);
	/* All pairs alike: the bootstrap sees no spread. */
	CHECK(near(rating[1].low, rating[1].high, 0.01));
}

/* Strengths 1, 3, 9 and 1000 pairs each: the expected results give the strengths back. */
static void test_chain(void)
{
	struct match_result r[2] = {{.a = 0, .b = 1}, {.a = 2, .b = 1}};
	struct match_rating rating[3];
	r[0].pair[0] = 2400 / 3 * 3; /* b wins 3 of 4 games: in pairs of 2-0 and 1-1 */
	r[0].pair[2] = 2400;
	r[1].pair[4] = 2400;
	r[1].pair[2] = 2400;
	CHECK(match_rate(r, 2, 3, 1, rating, NULL) == 0);
	double step = 400 * log10(3);
	CHECK(near(rating[1].elo, step, 0.2) && near(rating[2].elo, 2 * step, 0.4));
	/* A pair's points are 1 or 2 of 2 with even chance: a share of 0.75 with error 0.25 / sqrt(4800). */
	double error = 1.96 * 0.25 / sqrt(4800) * 400 / log(10) / (0.75 * 0.25);
	CHECK(near(rating[1].high - rating[1].low, 2 * error, 0.15 * 2 * error));
	CHECK(rating[1].low < rating[1].elo && rating[1].elo < rating[1].high);
}

static void test_sprt(void)
{
	struct match_sprt t = {.elo0 = 0, .elo1 = 400 * log10(3)}; /* shares 0.5 and 0.75 */
	struct match_score s = {.first = 0};
	CHECK(match_sprt_llr(&t, &s) == 0);
	/* 10 pairs of one point, 10 of two: mean 0.75, variance 0.0625; 20 * 0.25 * 0.25 / 0.125 = 10. */
	s.pair[2] = s.pair[4] = 10;
	CHECK(near(match_sprt_llr(&t, &s), 10, 0.02));
	CHECK_INT(match_sprt_verdict(match_sprt_llr(&t, &s)), 1);
	/* As many lost as won ones: the same away from elo1, with variance 0.125: -20 * 0.25 * 0.25 / 0.25 = -5. */
	s.pair[0] = s.pair[4] = 5;
	CHECK(near(match_sprt_llr(&t, &s), -5, 0.02));
	CHECK_INT(match_sprt_verdict(match_sprt_llr(&t, &s)), -1);
	CHECK_INT(match_sprt_verdict(2.9), 0);
}

static void test_plot(void)
{
	struct match_point p[2] = {{0, 0, 0, 0, "first <&>"}, {1, 250, 200, 300, "second"}};
	struct buf b = {.data = NULL};
	match_plot_svg(p, 2, "title", "x", "y", &b);
	buf_u8(&b, 0);
	const char *text = (const char *)b.data;
	CHECK(strstr(text, "first &lt;&amp;>") != NULL);
	CHECK(strncmp(text, "<svg ", 5) == 0 && strstr(text, "</svg>") != NULL);
	CHECK(strstr(text, "nan") == NULL && strstr(text, "inf") == NULL);
	/* The second point lies at the right end, 250 of 300 up. */
	CHECK(strstr(text, "cx=\"880.0\" cy=\"110.8\"") != NULL);
	buf_clear(&b);
	match_plot_svg(p, 1, "one point", "x", "y", &b);
	buf_u8(&b, 0);
	CHECK(strstr((const char *)b.data, "nan") == NULL);
	buf_release(&b);
}

int main(void)
{
	test_two();
	test_chain();
	test_sprt();
	test_plot();
	return test_done();
}
