/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* The first sample comes early, so that short runs have one too. */
enum { FIRST_SAMPLE = 64 };

void nn_guard_init(struct nn_guard *g, bool check)
{
	g->check = check;
	atomic_init(&g->positions, 0);
	atomic_init(&g->sampled, 0);
	atomic_init(&g->checked, 0);
	nn_guard_clear(g);
}

void nn_guard_clear(struct nn_guard *g)
{
	atomic_init(&g->state, 0);
	g->first.text[0] = '\0';
}

void nn_guard_report(struct nn_guard *g, const char *fmt, ...)
{
	int none = 0;
	va_list ap;

	if (!atomic_compare_exchange_strong(&g->state, &none, 1))
		return;
	va_start(ap, fmt);
	vsnprintf(g->first.text, sizeof g->first.text, fmt, ap);
	va_end(ap);
	atomic_store(&g->state, 2);
}

bool nn_guard_sample(struct nn_guard *g, int n, int *which)
{
	uint64_t at = atomic_fetch_add(&g->positions, (uint64_t)n) + NN_SAMPLE_POSITIONS - FIRST_SAMPLE;
	uint64_t left = NN_SAMPLE_POSITIONS - 1 - at % NN_SAMPLE_POSITIONS;

	if (left >= (uint64_t)n)
		return false;
	*which = (int)left;
	atomic_fetch_add(&g->sampled, 1);
	return true;
}

size_t nn_sum_count(int co, int k)
{
	return (size_t)((co + NN_SUM_OUTPUTS - 1) / NN_SUM_OUTPUTS) * (size_t)k;
}

void nn_sums(int16_t *sum, const int8_t *w, int co, int k)
{
	memset(sum, 0, nn_sum_count(co, k) * sizeof *sum);
	for (int o = 0; o < co; o++) {
		int16_t *to = sum + (size_t)(o / NN_SUM_OUTPUTS) * (size_t)k;
		const int8_t *from = w + (size_t)o * (size_t)k;
		for (int j = 0; j < k; j++)
			to[j] = (int16_t)(to[j] + from[j]);
	}
}
