/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights files of leela-zero's form with drawn numbers. */
#ifndef MIAI_TESTS_WEIGHTS_RANDOM_WEIGHTS_H
#define MIAI_TESTS_WEIGHTS_RANDOM_WEIGHTS_H

#include "base/bytes.h"
#include "base/rng.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct random_weights {
	int version, size, blocks, filters, hidden;
	uint64_t seed;
	double gain;    /* of every weight: 1 keeps activations near 1 */
	double extreme; /* one weight in 50 is so many times larger: 1 for a tame net */
};

struct drawer {
	struct buf *out;
	uint64_t key, at;
	double extreme;
};

static double drawn_normal(struct drawer *d)
{
	uint32_t bits[12];
	for (int i = 0; i < 12; i++)
		bits[i] = rng_below(d->key, d->at++, UINT32_MAX);
	double sum = -6;
	for (int i = 0; i < 12; i++)
		sum += bits[i] / 4294967296.0;
	return sum;
}

/* A line of n numbers mean + spread * normal; where least > 0, at least that. */
static void drawn_line(struct drawer *d, int n, double mean, double spread, double least)
{
	for (int i = 0; i < n; i++) {
		double v = mean + spread * drawn_normal(d);
		if (d->extreme != 1 && rng_below(d->key, d->at++, 50) == 0)
			v *= d->extreme;
		char text[32]; /* not by buf_printf: below level 5 nothing takes a float */
		snprintf(text, sizeof text, i ? " %.6g" : "%.6g", least > 0 && v < least ? least : v);
		buf_bytes(d->out, text, strlen(text));
	}
	buf_u8(d->out, '\n');
}

static void drawn_conv(struct drawer *d, int ci, int co, int taps, double gain, double bias)
{
	drawn_line(d, co * ci * taps, 0, gain * sqrt(2.0 / (ci * taps)), 0);
	drawn_line(d, co, bias, 0.2, 0);
	drawn_line(d, co, 0, 0.3, 0);
	drawn_line(d, co, 1, 0.3, 0.05);
}

static void random_weights(const struct random_weights *r, struct buf *out)
{
	struct drawer d = {out, rng_key(r->seed, RNG_TEST), 0, r->extreme};
	int p = r->size * r->size;
	buf_printf(out, "%d\n", r->version);
	drawn_conv(&d, 18, r->filters, 9, 3 * r->gain, 0); /* few of the 18 planes are set */
	for (int i = 0; i < 2 * r->blocks; i++)
		drawn_conv(&d, r->filters, r->filters, 9, i % 2 ? 0.5 * r->gain : r->gain, 0);
	drawn_conv(&d, r->filters, 2, 1, r->gain, 1);
	drawn_line(&d, 2 * p * (p + 1), 0, r->gain * sqrt(1.0 / p), 0);
	drawn_line(&d, p + 1, 0, 0.1, 0);
	drawn_conv(&d, r->filters, 1, 1, r->gain, 1);
	drawn_line(&d, r->hidden * p, 0, sqrt(2.0 / p), 0);
	drawn_line(&d, r->hidden, 0, 0.1, 0);
	drawn_line(&d, r->hidden, 0, 0.3 * sqrt(1.0 / r->hidden), 0);
	drawn_line(&d, 1, 0, 0.1, 0);
}

#endif
