/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward pass of an imported net, layer by layer over the batch. */
#include "nn/leela_int.h"

#include "base/fixed.h"
#include "nn/net.h"

#include <stdlib.h>
#include <string.h>

static int conv_alloc(struct nn_leela_conv *c, int ci, int co, bool keeps)
{
	size_t n = (size_t)nn_pad16(co);
	c->ci = ci;
	c->co = co;
	c->weight = calloc((size_t)co * 9 * (size_t)ci, 1);
	c->bias = calloc(n, sizeof *c->bias);
	c->mult = calloc(n, sizeof *c->mult);
	c->keep = keeps ? calloc(n, sizeof *c->keep) : NULL;
	c->packed = aligned_alloc(64, (nn_packed_bytes(co, 9 * nn_pad16(ci)) + 63) / 64 * 64);
	return c->weight && c->bias && c->mult && (c->keep || !keeps) && c->packed ? 0 : ERR_MEMORY;
}

static int dense_alloc(struct nn_leela_dense *d, int in, int out)
{
	d->in = in;
	d->out = out;
	d->weight = calloc((size_t)in * (size_t)out, sizeof *d->weight);
	d->bias = calloc((size_t)out, sizeof *d->bias);
	d->mult = calloc((size_t)out, sizeof *d->mult);
	return d->weight && d->bias && d->mult ? 0 : ERR_MEMORY;
}

static int net_alloc(struct nn_leela *n)
{
	const struct nn_leela_shape *s = &n->shape;
	int p = s->size * s->size, rc = 0;
	n->conv = calloc((size_t)n->convs, sizeof *n->conv);
	if (!n->conv)
		return ERR_MEMORY;
	for (int i = 0; i < n->convs && !rc; i++)
		rc = conv_alloc(&n->conv[i], i ? s->filters : NN_LEELA_PLANES, s->filters, i % 2 == 0);
	if (!rc)
		rc = dense_alloc(&n->dense[NN_LEELA_HEAD], s->filters, 3);
	if (!rc)
		rc = dense_alloc(&n->dense[NN_LEELA_POLICY], 2 * p, p + 1);
	if (!rc)
		rc = dense_alloc(&n->dense[NN_LEELA_VALUE1], p, s->hidden);
	return rc ? rc : dense_alloc(&n->dense[NN_LEELA_VALUE2], s->hidden, 1);
}

static int shape_check(const struct nn_leela_shape *s, struct err *e)
{
	const struct {
		const char *what;
		int v, lo, hi;
	} field[] = {
	    {"board size", s->size, 2, NN_LEELA_SIZE_MAX},
	    {"number of blocks", s->blocks, 1, NN_LEELA_BLOCKS_MAX},
	    {"number of filters", s->filters, 1, NN_LEELA_FILTERS_MAX},
	    {"number of hidden units", s->hidden, 1, NN_LEELA_HIDDEN_MAX},
	    {"mark of whose value it is", s->black_value, 0, 1},
	};
	for (size_t i = 0; i < sizeof field / sizeof *field; i++)
		if (field[i].v < field[i].lo || field[i].v > field[i].hi)
			return err_set(e, ERR_ARG, "imported net: its %s is %d, which is not in %d..%d", field[i].what, field[i].v,
			               field[i].lo, field[i].hi);
	return 0;
}

struct nn_leela *nn_leela_new(const struct nn_leela_shape *s, struct err *e)
{
	if (shape_check(s, e))
		return NULL;
	struct nn_leela *n = calloc(1, sizeof *n);
	if (n) {
		n->shape = *s;
		n->convs = 1 + 2 * s->blocks;
		if (net_alloc(n) == 0 && nn_leela_pack(n) == 0)
			return n;
	}
	nn_leela_free(n);
	err_set(e, ERR_MEMORY, "out of memory for a net of %d blocks, %d filters", s->blocks, s->filters);
	return NULL;
}

void nn_leela_free(struct nn_leela *n)
{
	if (!n)
		return;
	for (int i = 0; n->conv && i < n->convs; i++) {
		free(n->conv[i].weight);
		free(n->conv[i].bias);
		free(n->conv[i].mult);
		free(n->conv[i].keep);
		free(n->conv[i].packed);
		free(n->conv[i].wino);
	}
	for (int i = 0; i < NN_LEELA_DENSE; i++) {
		free(n->dense[i].weight);
		free(n->dense[i].bias);
		free(n->dense[i].mult);
	}
	free(n->conv);
	free(n);
}

static int conv_pack(struct nn_leela_conv *c)
{
	int ci = nn_pad16(c->ci), co = nn_pad16(c->co);
	int8_t *w = calloc((size_t)(co * 9) * (size_t)ci, 1);
	if (!w)
		return ERR_MEMORY;
	for (int k = 0; k < c->co * 9; k++)
		memcpy(w + (size_t)k * (size_t)ci, c->weight + (size_t)k * (size_t)c->ci, (size_t)c->ci);
	nn_pack(c->packed, w, co, 9 * ci);
	free(c->wino);
	c->wino = NULL;
	int rc = 0;
	if (nn_wino_fits(w, co, ci)) {
		c->wino = aligned_alloc(64, (nn_wino_count(co, ci) * sizeof *c->wino + 63) / 64 * 64);
		rc = c->wino ? 0 : ERR_MEMORY;
		if (c->wino)
			nn_wino_pack(c->wino, w, co, ci);
	}
	free(w);
	return rc;
}

int nn_leela_pack(struct nn_leela *n)
{
	int rc = 0;
	for (int i = 0; i < n->convs && !rc; i++)
		rc = conv_pack(&n->conv[i]);
	return rc;
}

struct nn_leela_work *nn_leela_work_new(const struct nn_leela_shape *s, int batch)
{
	struct nn_leela_work *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->shape = *s;
	w->points = s->size * s->size;
	w->padded = nn_padded(s->size);
	w->batch = batch;
	w->planes = nn_pad16(NN_LEELA_PLANES);
	w->channels = nn_pad16(s->filters);
	size_t b = (size_t)batch, board = b * (size_t)w->padded, c = (size_t)w->channels, p = (size_t)w->points;
	int most = w->channels > w->planes ? w->channels : w->planes;
	size_t vector = 3 * p + NN_LEELA_HIDDEN_MAX, rows = p * sizeof(int32_t), results = b * (p + 2) * sizeof(int32_t);
	struct arena *a = &w->arena;
	if (arena_init(a, board * ((size_t)w->planes + 4 * c) + 2 * vector + nn_conv_bytes(s->size, most) + rows + results + 4096)) {
		free(w);
		return NULL;
	}
	w->in = arena_alloc(a, board * (size_t)w->planes);
	w->a = arena_alloc(a, board * c);
	w->b = arena_alloc(a, board * c);
	w->trunk = arena_alloc(a, board * c * 2);
	w->vector = arena_alloc(a, vector * 2);
	nn_conv_place(&w->conv, a, s->size, most);
	w->row = arena_alloc(a, rows);
	w->policy = arena_alloc(a, b * (p + 1) * sizeof(int32_t));
	w->value = arena_alloc(a, b * sizeof(int32_t));
	for (int i = 0; i < w->points; i++)
		w->row[i] = nn_padded_index(s->size, i / s->size, i % s->size);
	return w;
}

void nn_leela_work_free(struct nn_leela_work *w)
{
	if (!w)
		return;
	arena_release(&w->arena);
	free(w);
}

void nn_leela_input(struct nn_leela_work *w, int i, const uint8_t *planes)
{
	for (int p = 0; p < w->points; p++)
		memcpy(w->in + (size_t)(i * w->padded + w->row[p]) * (size_t)w->planes, planes + p * NN_LEELA_PLANES,
		       NN_LEELA_PLANES);
}

struct convolving {
	struct nn_leela_work *w;
	const struct nn_leela_conv *l;
};

static void conv_done(void *arg, const struct nn_conv_rows *r)
{
	const struct convolving *c = arg;
	struct nn_leela_work *w = c->w;
	int32_t to[NN_CONV_ROWS];
	for (int i = 0; i < r->rows; i++)
		to[i] = (r->board * w->padded + w->row[r->point[i]]) * w->channels + r->first;
	if (c->l->keep)
		nn_leela_trunk_rows(w->trunk, to, r->rows, r->acc, c->l, r->first, r->channels);
	else
		nn_leela_act_rows(w->b, to, r->rows, r->acc, c->l, r->first, r->channels);
}

/* One convolution over n positions: from x to the trunk where it keeps some of that, else to w->b. */
static void convolve(const struct nn_kernels *k, const struct nn_leela_conv *l, struct nn_leela_work *w, const uint8_t *x,
                     int ci, int n)
{
	const struct nn_conv conv = {
	    .x = x, .size = w->shape.size, .ci = ci, .co = w->channels, .packed = l->packed, .wino = l->wino,
	};
	struct convolving c = {w, l};
	nn_conv(k, &w->conv, &conv, n, conv_done, &c);
}

static int16_t dense_act(const struct nn_leela_dense *d, int output, const int16_t *x)
{
	int64_t v = fx_rshift64((int64_t)nn_leela_dense_sum(d, output, x) * d->mult[output], NN_LEELA_TRUNK_SHIFT);
	return (int16_t)fx_clamp64(v, 0, NN_LEELA_TRUNK_MAX);
}

static int32_t dense_logit(const struct nn_leela_dense *d, int output, const int16_t *x)
{
	int64_t v = fx_rshift64((int64_t)nn_leela_dense_sum(d, output, x) * d->mult[output], NN_LEELA_LOGIT_SHIFT);
	return (int32_t)fx_clamp64(v, -NN_LEELA_LOGIT_MAX, NN_LEELA_LOGIT_MAX);
}

static void heads(const struct nn_leela *net, struct nn_leela_work *w, int i)
{
	const struct nn_leela_dense *d = net->dense;
	const int16_t *trunk = w->trunk + (size_t)i * (size_t)(w->padded * w->channels);
	int p = w->points;
	int16_t *hidden = w->vector + 3 * p; /* behind the policy's two planes and the value's one */
	for (int q = 0; q < p; q++)
		for (int plane = 0; plane < 3; plane++)
			w->vector[plane * p + q] = dense_act(&d[NN_LEELA_HEAD], plane, trunk + w->row[q] * w->channels);
	for (int o = 0; o <= p; o++)
		w->policy[i * (p + 1) + o] = dense_logit(&d[NN_LEELA_POLICY], o, w->vector);
	for (int h = 0; h < w->shape.hidden; h++)
		hidden[h] = dense_act(&d[NN_LEELA_VALUE1], h, w->vector + 2 * p);
	w->value[i] = dense_logit(&d[NN_LEELA_VALUE2], 0, hidden);
}

void nn_leela_forward(const struct nn_kernels *k, const struct nn_leela *net, struct nn_leela_work *w, int n)
{
	size_t count = (size_t)n * (size_t)(w->padded * w->channels);
	memset(w->trunk, 0, count * sizeof *w->trunk);
	convolve(k, &net->conv[0], w, w->in, w->planes, n);
	for (int block = 0; block < w->shape.blocks; block++) {
		k->relu_trunk(w->a, w->trunk, count, 8);
		convolve(k, &net->conv[1 + 2 * block], w, w->a, w->channels, n);
		convolve(k, &net->conv[2 + 2 * block], w, w->b, w->channels, n);
	}
	for (int i = 0; i < n; i++)
		heads(net, w, i);
}
