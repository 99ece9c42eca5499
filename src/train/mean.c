/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean of several states: stochastic weight averaging (P. Izmailov et al., Averaging weights leads to wider optima and
 * better generalization, UAI 2018). */
#include "train/train_int.h"

#include <stdlib.h>

struct train_mean {
	struct train_state *state; /* shape, and what of the last state is taken as it is */
	int64_t *sum;              /* of every array, in checkpoint order */
	int64_t count;
};

static void count_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	(void)v;
	(void)limit;
	*(size_t *)ctx += (size_t)n;
}

struct train_mean *train_mean_new(const struct nn_shape *shape, struct err *e)
{
	struct train_mean *m = calloc(1, sizeof *m);
	size_t n = 0;

	if (m)
		m->state = train_state_alloc(shape, e);
	if (m && m->state) {
		train_state_arrays(m->state, count_array, &n);
		m->sum = calloc(n, sizeof *m->sum);
	}
	if (!m || !m->state || !m->sum) {
		train_mean_free(m);
		err_set(e, ERR_MEMORY, "out of memory for a mean of checkpoints");
		return NULL;
	}
	return m;
}

void train_mean_free(struct train_mean *m)
{
	if (!m)
		return;
	train_free(m->state);
	free(m->sum);
	free(m);
}

struct cursor {
	int64_t *sum, count;
};

static void add_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	struct cursor *c = ctx;

	(void)limit;
	for (int i = 0; i < n; i++)
		*c->sum++ += v[i];
}

void train_mean_add(struct train_mean *m, const struct train_state *t)
{
	struct cursor c = {.sum = m->sum};

	train_state_copy(m->state, t);
	train_state_arrays(m->state, add_array, &c);
	m->count++;
}

/* floor(sum / count + 1/2).  |sum| < 2^31 count. */
static void mean_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	struct cursor *c = ctx;

	(void)limit;
	for (int i = 0; i < n; i++) {
		int64_t twice = 2 * *c->sum++ + c->count, d = 2 * c->count, q = twice / d;
		v[i] = (int32_t)(q - (twice % d < 0));
	}
}

const struct train_state *train_mean_state(struct train_mean *m)
{
	struct cursor c = {.sum = m->sum, .count = m->count};

	train_state_arrays(m->state, mean_array, &c);
	return m->state;
}
