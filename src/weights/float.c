/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The float net: memory, evaluation, ranges.  Sums are added in one order, so every machine with IEEE floats that does
 * not fuse multiplication and addition finds the same ranges. */
#include "weights/weights_int.h"

#include "nn/net.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int conv_alloc(struct weights_conv *c, int ci, int co)
{
	*c = (struct weights_conv){.ci = ci, .co = co, .taps = 9};
	c->w = malloc((size_t)(9 * ci) * (size_t)co * sizeof *c->w);
	c->bias = malloc((size_t)co * sizeof *c->bias);
	return c->w && c->bias ? 0 : ERR_MEMORY;
}

static int dense_alloc(struct weights_dense *d, int in, int out)
{
	*d = (struct weights_dense){.in = in, .out = out};
	d->w = malloc((size_t)in * (size_t)out * sizeof *d->w);
	d->bias = malloc((size_t)out * sizeof *d->bias);
	return d->w && d->bias ? 0 : ERR_MEMORY;
}

struct weights *weights_new(const struct nn_leela_shape *s, struct err *e)
{
	struct weights *w = calloc(1, sizeof *w);
	int p = s->size * s->size, rc = ERR_MEMORY;
	if (w) {
		w->shape = *s;
		w->convs = 1 + 2 * s->blocks;
		w->conv = calloc((size_t)w->convs, sizeof *w->conv);
		rc = w->conv ? 0 : ERR_MEMORY;
	}
	for (int i = 0; !rc && i < w->convs; i++)
		rc = conv_alloc(&w->conv[i], i ? s->filters : NN_LEELA_PLANES, s->filters);
	const int size[NN_LEELA_DENSE][2] = {{s->filters, 3}, {2 * p, p + 1}, {p, s->hidden}, {s->hidden, 1}};
	for (int i = 0; !rc && i < NN_LEELA_DENSE; i++)
		rc = dense_alloc(&w->dense[i], size[i][0], size[i][1]);
	if (rc == 0)
		return w;
	weights_free(w);
	err_set(e, ERR_MEMORY, "weights: no memory for a net of %d blocks, %d filters", s->blocks, s->filters);
	return NULL;
}

void weights_free(struct weights *w)
{
	if (!w)
		return;
	for (int i = 0; w->conv && i < w->convs; i++) {
		free(w->conv[i].w);
		free(w->conv[i].bias);
	}
	for (int i = 0; i < NN_LEELA_DENSE; i++) {
		free(w->dense[i].w);
		free(w->dense[i].bias);
	}
	free(w->conv);
	free(w);
}

struct weights_work {
	const struct weights *w;
	int points, padded;
	float *trunk, *b, *line;     /* padded boards of filters (the input's planes fit, too); sums of a row of points */
	float *plane, *hidden;
	struct weights_range *range; /* of each convolution, then of the head and the value's first layer */
};

struct weights_work *weights_work_new(const struct weights *w)
{
	struct weights_work *k = calloc(1, sizeof *k);
	if (!k)
		return NULL;
	size_t f = (size_t)(w->shape.filters < NN_LEELA_PLANES ? NN_LEELA_PLANES : w->shape.filters);
	size_t ranges = (size_t)w->convs * (size_t)w->shape.filters + 3 + (size_t)w->shape.hidden;
	k->w = w;
	k->points = w->shape.size * w->shape.size;
	k->padded = nn_padded(w->shape.size);
	k->trunk = malloc((size_t)k->padded * f * sizeof(float));
	k->b = malloc((size_t)k->padded * f * sizeof(float));
	k->line = malloc((size_t)w->shape.size * f * sizeof(float));
	k->plane = malloc(3 * (size_t)k->points * sizeof(float));
	k->hidden = malloc((size_t)w->shape.hidden * sizeof(float));
	k->range = malloc(ranges * sizeof *k->range);
	if (!k->trunk || !k->b || !k->line || !k->plane || !k->hidden || !k->range) {
		weights_work_free(k);
		return NULL;
	}
	for (size_t i = 0; i < ranges; i++)
		k->range[i] = (struct weights_range){0, 0};
	return k;
}

void weights_work_free(struct weights_work *k)
{
	if (!k)
		return;
	free(k->trunk);
	free(k->b);
	free(k->line);
	free(k->plane);
	free(k->hidden);
	free(k->range);
	free(k);
}

const struct weights_range *weights_conv_range(const struct weights_work *k, int conv)
{
	return k->range + (size_t)conv * (size_t)k->w->shape.filters;
}

const struct weights_range *weights_dense_range(const struct weights_work *k, enum nn_leela_head which)
{
	return weights_conv_range(k, k->w->convs) + (which == NN_LEELA_HEAD ? 0 : 3);
}

static struct weights_range *range_of(struct weights_work *k, const struct weights_range *r)
{
	return k->range + (r - k->range);
}

/* ReLU that remembers; NaN is remembered as infinity. */
static float meet(struct weights_range *r, float v)
{
	if (!(v <= r->hi))
		r->hi = v > r->hi ? v : INFINITY;
	if (v < r->lo)
		r->lo = v;
	return v > 0 ? v : 0;
}

static void add_rows(float *sum, const float *x, int points, int ci, int stride, const float *w, int co)
{
	for (int i = 0; i < ci; i++, w += co)
		for (int p = 0; p < points; p++) {
			float v = x[p * stride + i];
			if (v == 0)
				continue;
			float *to = sum + p * co;
			for (int o = 0; o < co; o++)
				to[o] += v * w[o];
		}
}

/* out = relu(conv(in) + what stands in out, where adds), row by row of the board. */
static void convolve(struct weights_work *k, int number, const float *in, float *out, bool adds)
{
	const struct weights_conv *c = &k->w->conv[number];
	int n = k->w->shape.size, co = c->co;
	struct weights_range *r = range_of(k, weights_conv_range(k, number));
	for (int row = 0; row < n; row++) {
		for (int i = 0; i < n * co; i++)
			k->line[i] = c->bias[i % co];
		for (int t = 0; t < 9; t++)
			add_rows(k->line, in + (size_t)(nn_padded_index(n, row + t / 3 - 1, t % 3 - 1) * c->ci), n, c->ci, c->ci,
			         c->w + (size_t)(t * c->ci) * (size_t)co, co);
		float *to = out + (size_t)(nn_padded_index(n, row, 0) * co);
		for (int i = 0; i < n * co; i++)
			to[i] = meet(&r[i % co], k->line[i] + (adds ? to[i] : 0));
	}
}

static void dense(const struct weights_dense *d, const float *in, float *out)
{
	memcpy(out, d->bias, (size_t)d->out * sizeof *out);
	add_rows(out, in, 1, d->in, d->in, d->w, d->out);
}

static void clear(const struct weights_work *k, float *board, int channels)
{
	for (int i = 0; i < k->padded * channels; i++)
		board[i] = 0;
}

static void tower(struct weights_work *k, const uint8_t *planes)
{
	int n = k->w->shape.size, f = k->w->shape.filters;
	clear(k, k->b, NN_LEELA_PLANES);
	for (int p = 0; p < k->points; p++)
		for (int i = 0; i < NN_LEELA_PLANES; i++)
			k->b[nn_padded_index(n, p / n, p % n) * NN_LEELA_PLANES + i] = planes[p * NN_LEELA_PLANES + i];
	clear(k, k->trunk, f);
	convolve(k, 0, k->b, k->trunk, false);
	clear(k, k->b, f);
	for (int block = 0; block < k->w->shape.blocks; block++) {
		convolve(k, 1 + 2 * block, k->trunk, k->b, false);
		convolve(k, 2 + 2 * block, k->b, k->trunk, true);
	}
}

void weights_evaluate(struct weights_work *k, const uint8_t *planes, float *policy, float *value)
{
	const struct weights_dense *d = k->w->dense;
	struct weights_range *head = range_of(k, weights_dense_range(k, NN_LEELA_HEAD)),
			     *first = range_of(k, weights_dense_range(k, NN_LEELA_VALUE1));
	int n = k->w->shape.size, f = k->w->shape.filters;
	tower(k, planes);
	for (int p = 0; p < k->points; p++) {
		float out[3];
		dense(&d[NN_LEELA_HEAD], k->trunk + (size_t)(nn_padded_index(n, p / n, p % n) * f), out);
		for (int i = 0; i < 3; i++)
			k->plane[i * k->points + p] = meet(&head[i], out[i]);
	}
	dense(&d[NN_LEELA_POLICY], k->plane, policy);
	dense(&d[NN_LEELA_VALUE1], k->plane + 2 * k->points, k->hidden);
	for (int h = 0; h < k->w->shape.hidden; h++)
		k->hidden[h] = meet(&first[h], k->hidden[h]);
	dense(&d[NN_LEELA_VALUE2], k->hidden, value);
}
