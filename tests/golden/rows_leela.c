/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Imported nets: the file, and one forward pass; of the tensors, what the last block leaves. */
#include "golden.h"

#include "nn/leela.h"
#include "search/evaluator.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* What a number of the file is drawn from: uniform in lo..hi, or one of the two where the case is one of limits. */
struct range {
	int64_t lo, hi, limit_lo, limit_hi;
};
static const struct range conv_weight = {-127, 127, -127, 127}, conv_bias = {-4000, 4000, -NN_LEELA_BIAS_MAX, NN_LEELA_BIAS_MAX},
			  stem_mult = {0, NN_LEELA_MULT_MAX, 0, NN_LEELA_MULT_MAX}, conv1_mult = {0, 1 << 21, 0, NN_LEELA_MULT_MAX},
			  conv2_mult = {0, 1 << 24, 0, NN_LEELA_MULT_MAX}, keep = {0, 1 << 25, 0, NN_LEELA_MULT_MAX},
			  dense_weight = {-32767, 32767, -32767, 32767},
			  dense_bias = {-(1 << 30), 1 << 30, -NN_LEELA_DENSE_BIAS_MAX, NN_LEELA_DENSE_BIAS_MAX},
			  dense_mult = {0, 1 << 21, 0, NN_LEELA_MULT_MAX};

static const struct leela_case {
	const char *name;
	struct nn_leela_shape shape;
	int positions;
	bool limits;
} cases[] = {
    {"3x3", {3, 2, 5, 4, 1}, 3, false},
    {"7x7-wide", {7, 1, 32, 20, 0}, 2, false},
    {"2x2-limits", {2, 1, 256, 1024, 0}, 2, true},
    {"19x19", {19, 1, 3, 8, 1}, 1, false},
};
enum { CASES = sizeof cases / sizeof cases[0] };

/* The numbers of a net in the order of the file; number j comes from word j of the key. */
struct draws {
	uint64_t key, j;
	bool limits;
};

static int64_t draw(struct draws *d, const struct range *r)
{
	if (d->limits)
		return rng_below(d->key, d->j++, 2) ? r->limit_hi : r->limit_lo;
	return r->lo + rng_below(d->key, d->j++, (uint32_t)(r->hi - r->lo + 1));
}

static void draw_i32(struct draws *d, const struct range *r, int32_t *v, int n)
{
	for (int i = 0; i < n; i++)
		v[i] = (int32_t)draw(d, r);
}

static void draw_conv(struct draws *d, struct nn_leela_conv *c, int number)
{
	for (int i = 0; i < c->co * 9 * c->ci; i++)
		c->weight[i] = (int8_t)draw(d, &conv_weight);
	draw_i32(d, &conv_bias, c->bias, c->co);
	draw_i32(d, number == 0 ? &stem_mult : c->keep ? &conv2_mult : &conv1_mult, c->mult, c->co);
	if (number && c->keep)
		draw_i32(d, &keep, c->keep, c->co);
}

static void draw_dense(struct draws *d, struct nn_leela_dense *l)
{
	for (int i = 0; i < l->out * l->in; i++)
		l->weight[i] = (int16_t)draw(d, &dense_weight);
	for (int i = 0; i < l->out; i++)
		l->bias[i] = draw(d, &dense_bias);
	draw_i32(d, &dense_mult, l->mult, l->out);
}

static struct nn_leela *draw_net(const struct leela_case *c, int number)
{
	struct draws d = {golden_key(600 + (uint64_t)number), 0, c->limits};
	struct nn_leela *net = nn_leela_new(&c->shape, NULL);
	if (!net)
		golden_short();
	for (int i = 0; i < net->convs; i++)
		draw_conv(&d, &net->conv[i], i);
	for (int i = 0; i < NN_LEELA_DENSE; i++)
		draw_dense(&d, &net->dense[i]);
	if (nn_leela_pack(net))
		golden_short();
	return net;
}

/* Compact: no padding of boards nor of channels. */
static void tensor_row(struct buf *out, const struct leela_case *c, const struct nn_leela_work *w, enum golden_type type,
		       const void *from, const char *name)
{
	size_t size = type == T_I16 ? 2 : 1, filters = (size_t)c->shape.filters * size;
	uint8_t *to = golden_memory((size_t)(c->positions * w->points) * filters);
	for (int i = 0; i < c->positions * w->points; i++) {
		size_t point = (size_t)(i / w->points * w->padded + w->row[i % w->points]);
		memcpy(to + (size_t)i * filters, (const uint8_t *)from + point * (size_t)w->channels * size, filters);
	}
	golden_row(out, type, DIMS(c->positions, w->points, c->shape.filters), to, "leela/%s/%s", c->name, name);
	free(to);
}

/* What a search is told: the chance of the side to move. */
static void win_row(struct buf *out, const struct leela_case *c, const struct nn_leela *net, const struct nn_kernels *k,
		    const uint8_t *planes)
{
	enum { POSITIONS_MAX = 3 };
	struct evaluator *e = evaluator_leela_new(net, k, c->shape.size, 1, NULL);
	struct eval_job *job = golden_memory(sizeof *job);
	size_t n = (size_t)(c->shape.size * c->shape.size * NN_LEELA_PLANES);
	int32_t win[POSITIONS_MAX];

	if (!e)
		golden_short();
	memset(job, 0, sizeof *job);
	for (int i = 0; i < c->positions; i++) {
		memcpy(job->planes, planes + (size_t)i * n, n);
		e->evaluate(e, &job, 1);
		win[i] = job->out.wdl[0];
	}
	golden_row(out, T_I32, DIMS(c->positions), win, "leela/%s/win", c->name);
	evaluator_leela_free(e);
	free(job);
}

static void forward_rows(struct buf *out, const struct leela_case *c, int number, const struct nn_leela *net)
{
	struct nn_leela_work *w = nn_leela_work_new(&c->shape, c->positions);
	int n = w ? w->points * NN_LEELA_PLANES : 1;
	uint8_t *planes = golden_memory((size_t)(c->positions * n));
	struct nn_kernels k;

	if (!w)
		golden_short();
	nn_kernels_init(&k, golden_cpu_flags);
	for (int i = 0; i < c->positions * n; i++)
		planes[i] = (uint8_t)rng_below(golden_key(620 + (uint64_t)number), (uint64_t)i, 2);
	for (int i = 0; i < c->positions; i++)
		nn_leela_input(w, i, planes + i * n);
	nn_leela_forward(&k, net, w, c->positions);
	tensor_row(out, c, w, T_U8, w->a, "a");
	tensor_row(out, c, w, T_U8, w->b, "b");
	tensor_row(out, c, w, T_I16, w->trunk, "trunk");
	golden_row(out, T_I32, DIMS(c->positions, w->points + 1), w->policy, "leela/%s/policy", c->name);
	golden_row(out, T_I32, DIMS(c->positions), w->value, "leela/%s/value", c->name);
	win_row(out, c, net, &k, planes);
	free(planes);
	nn_leela_work_free(w);
}

void golden_leela(struct buf *out)
{
	for (int i = 0; i < CASES; i++) {
		struct nn_leela *net = draw_net(&cases[i], i);
		struct buf file = {0};
		nn_leela_write(net, &file);
		golden_row(out, T_U8, DIMS((int)file.len), file.data, "leela/%s/file", cases[i].name);
		buf_release(&file);
		forward_rows(out, &cases[i], i, net);
		nn_leela_free(net);
	}
}
