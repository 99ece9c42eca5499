/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/score.h"

#include <math.h>

void match_score_add(struct match_score *s, int as_white, int points)
{
	s->n[as_white][points]++;
	if (as_white)
		s->pair[s->first + points]++;
	else
		s->first = points;
}

uint32_t match_score_total(const struct match_score *s, int what)
{
	return s->n[0][what] + s->n[1][what];
}

static const double z95 = 1.959964;

void match_score_wilson(double p, double n, double *low, double *high)
{
	double z2 = z95 * z95;
	double mid = (p + z2 / (2 * n)) / (1 + z2 / n);
	double half = z95 / (1 + z2 / n) * sqrt(p * (1 - p) / n + z2 / (4 * n * n));
	*low = mid - half;
	*high = mid + half;
}

static double elo_of(double share)
{
	return share <= 0 ? -INFINITY : share >= 1 ? INFINITY : -400 * log10(1 / share - 1);
}

double match_share(double elo)
{
	return 1 / (1 + pow(10, -elo / 400));
}

int match_score_elo(const struct match_score *s, double *elo, double *low, double *high)
{
	double pairs = 0, sum = 0, squares = 0;
	for (int i = 0; i < 5; i++) {
		pairs += s->pair[i];
		sum += s->pair[i] * (i / 4.0);
		squares += s->pair[i] * (i / 4.0) * (i / 4.0);
	}
	if (pairs < 2 || sum == 0 || sum == pairs)
		return 0;
	double mean = sum / pairs;
	double variance = (squares / pairs - mean * mean) * pairs / (pairs - 1);
	double error = z95 * sqrt(variance > 0 ? variance / pairs : 0);
	*elo = elo_of(mean);
	*low = elo_of(mean - error);
	*high = elo_of(mean + error);
	return 1;
}

static void line(FILE *to, const char *what, const uint32_t n[3])
{
	fprintf(to, "  %-9s %6u won  %6u drawn  %6u lost\n", what, n[MATCH_WIN], n[MATCH_DRAW], n[MATCH_LOSS]);
}

void match_score_print(const struct match_score *s, FILE *to)
{
	uint32_t all[3], games = 0;
	double low, high, elo;
	for (int i = 0; i < 3; i++)
		games += all[i] = match_score_total(s, i);
	fprintf(to, "A against B, %u games\n", games);
	if (!games)
		return;
	line(to, "in all", all);
	line(to, "as Black", s->n[0]);
	line(to, "as White", s->n[1]);
	double p = (all[MATCH_WIN] + all[MATCH_DRAW] / 2.0) / games;
	match_score_wilson(p, games, &low, &high);
	fprintf(to, "  score     %.1f%% (95%%: %.1f%% to %.1f%%)\n", 100 * p, 100 * low, 100 * high);
	fprintf(to, "  pairs     %u %u %u %u %u (by A's points: 0, 0.5, 1, 1.5, 2)\n", s->pair[0], s->pair[1],
		s->pair[2], s->pair[3], s->pair[4]);
	if (match_score_elo(s, &elo, &low, &high))
		fprintf(to, "  Elo       %+.0f (95%%: %+.0f to %+.0f)\n", elo, low, high);
	else
		fprintf(to, "  Elo       no estimate from these pairs\n");
}

/* The normal approximation of the generalised test that fishtest uses: with mean m and variance v of a pair's share
 * (0..1), n pairs and expected shares s0, s1, it is n (s1 - s0) (2 m - s0 - s1) / (2 v).  A result that was not seen yet
 * counts as a thousandth, so that the variance is never 0. */
double match_sprt_llr(const struct match_sprt *t, const struct match_score *s)
{
	double pairs = 0, sum = 0, squares = 0, seen = 0;
	for (int i = 0; i < 5; i++) {
		double n = s->pair[i] ? s->pair[i] : 1e-3;
		seen += s->pair[i];
		pairs += n;
		sum += n * (i / 4.0);
		squares += n * (i / 4.0) * (i / 4.0);
	}
	if (seen == 0)
		return 0;
	double mean = sum / pairs, variance = squares / pairs - mean * mean;
	double s0 = match_share(t->elo0), s1 = match_share(t->elo1);
	return pairs * (s1 - s0) * (2 * mean - s0 - s1) / (2 * variance);
}

int match_sprt_verdict(double llr)
{
	static const double bound = 2.944439; /* ln(0.95 / 0.05) */
	return llr >= bound ? 1 : llr <= -bound ? -1 : 0;
}
