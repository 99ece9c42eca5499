/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/rating.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct fit {
	int results, players;
	const struct match_result *r;
	double *points_a, *games; /* a result: what a made, of how many; the drawn pair included */
	double *gamma, *won, *met;/* a player: strength; sums of one round */
};

/* One round of Hunter's algorithm: gamma_i = wins_i / sum over games of 1 / (gamma_i + gamma_j).  Returns the largest
 * change of a logarithm. */
static double improve(struct fit *f)
{
	double most = 0;
	for (int i = 0; i < f->players; i++)
		f->won[i] = f->met[i] = 0;
	for (int k = 0; k < f->results; k++) {
		int a = f->r[k].a, b = f->r[k].b;
		double share = f->games[k] / (f->gamma[a] + f->gamma[b]);
		f->met[a] += share;
		f->met[b] += share;
		f->won[a] += f->points_a[k];
		f->won[b] += f->games[k] - f->points_a[k];
	}
	for (int i = 0; i < f->players; i++) {
		double next = f->met[i] > 0 ? f->won[i] / f->met[i] : f->gamma[i];
		double change = fabs(log(next / f->gamma[i]));
		most = change > most ? change : most;
		f->gamma[i] = next;
	}
	return most;
}

/* Elo of every player from points_a and games, player 0's being 0.  It starts at the strengths last found. */
static void fit(struct fit *f, double *elo)
{
	for (int round = 0; round < 20000 && improve(f) > 1e-6; round++)
		;
	for (int i = 0; i < f->players; i++)
		elo[i] = 400 * log10(f->gamma[i] / f->gamma[0]);
}

/* Sets result k's points from counts of pairs. */
static void count(struct fit *f, int k, const uint32_t pair[5])
{
	f->points_a[k] = 1; /* the drawn pair */
	f->games[k] = 2;
	for (int i = 0; i < 5; i++) {
		f->points_a[k] += pair[i] * (i / 2.0);
		f->games[k] += pair[i] * 2.0;
	}
}

/* As many pairs as there were, each drawn from those there were. */
static void resample(const struct match_result *r, uint64_t key, uint32_t out[5])
{
	uint32_t n = 0;
	memset(out, 0, 5 * sizeof *out);
	for (int i = 0; i < 5; i++)
		n += r->pair[i];
	for (uint32_t k = 0; k < n; k++) {
		uint32_t at = rng_below(key, k, n);
		int i = 0;
		while (at >= r->pair[i])
			at -= r->pair[i++];
		out[i]++;
	}
}

static int ascending(const void *a, const void *b)
{
	const double *x = a, *y = b;
	return (*x > *y) - (*x < *y);
}

/* sample: MATCH_RESAMPLES rows of players. */
static void intervals(struct fit *f, uint64_t seed, double *sample, struct match_rating *rating)
{
	double column[MATCH_RESAMPLES];
	for (int s = 0; s < MATCH_RESAMPLES; s++) {
		uint64_t key = rng_key(seed, (uint64_t)s);
		for (int k = 0; k < f->results; k++) {
			uint32_t pair[5];
			resample(&f->r[k], rng_key(key, (uint64_t)k), pair);
			count(f, k, pair);
		}
		fit(f, sample + (size_t)s * (size_t)f->players);
	}
	for (int i = 0; i < f->players; i++) {
		for (int s = 0; s < MATCH_RESAMPLES; s++)
			column[s] = sample[(size_t)s * (size_t)f->players + (size_t)i];
		qsort(column, MATCH_RESAMPLES, sizeof *column, ascending);
		rating[i].low = column[MATCH_RESAMPLES / 40];
		rating[i].high = column[MATCH_RESAMPLES - 1 - MATCH_RESAMPLES / 40];
	}
}

static void tally(const struct match_result *r, int results, struct match_rating *rating)
{
	for (int k = 0; k < results; k++)
		for (int i = 0; i < 5; i++) {
			rating[r[k].a].games += 2 * r[k].pair[i];
			rating[r[k].b].games += 2 * r[k].pair[i];
			rating[r[k].a].points += r[k].pair[i] * (i / 2.0);
			rating[r[k].b].points += r[k].pair[i] * (2 - i / 2.0);
		}
}

int match_rate(const struct match_result *r, int results, int players, uint64_t seed, struct match_rating *rating,
	       struct err *e)
{
	struct fit f = {.results = results, .players = players, .r = r};
	size_t p = (size_t)players, k = (size_t)results;
	double *memory = calloc(2 * k + 3 * p + (MATCH_RESAMPLES + 1) * p, sizeof *memory);
	if (!memory)
		return err_set(e, ERR_MEMORY, "no memory for the ratings of %d players", players);
	f.points_a = memory;
	f.games = memory + k;
	f.gamma = memory + 2 * k;
	f.won = f.gamma + p;
	f.met = f.won + p;
	double *elo = f.met + p, *sample = elo + p;
	memset(rating, 0, p * sizeof *rating);
	for (size_t i = 0; i < p; i++)
		f.gamma[i] = 1;
	for (int i = 0; i < results; i++)
		count(&f, i, r[i].pair);
	fit(&f, elo);
	for (size_t i = 0; i < p; i++)
		rating[i].elo = elo[i];
	intervals(&f, seed, sample, rating);
	tally(r, results, rating);
	free(memory);
	return 0;
}
