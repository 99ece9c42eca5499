/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From master weights to played weights, and one forward pass, tensor by tensor. */
#include "golden.h"

#include "nn/forward.h"
#include "record/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct golden_case golden_cases[GOLDEN_CASES] = {
    {"2x2", 2, {16, 4, 1, 16, 16}, 3, 0, 335544, 32},
    {"3x3", 3, {16, 4, 1, 16, 32}, 4, 4, 100, 32},
    {"4x4-wide", 4, {32, 6, 1, 32, 16}, 5, 5, 335544, 32},
    {"5x5", 5, {16, 4, 2, 16, 16}, 4, 9, 335544, 32},
    {"3x3-limits", 3, {16, 0, 1, 16, 16}, 0, 2, 16777216, 32},
    {"19x19", 19, {16, 4, 1, 16, 16}, 4, 0, 335544, 3},
};

struct train_state *golden_case_state(int number)
{
	const struct golden_case *c = &golden_cases[number];
	struct err e = {.text = ""};
	struct train_state *t = train_new(&c->shape, (uint64_t)number, &e);
	if (!t) {
		fprintf(stderr, "golden: %s\n", e.text);
		exit(2);
	}
	golden_stir(t, golden_key(100 + (uint64_t)number), c->shift);
	t->step = c->step;
	return t;
}

uint8_t *golden_samples(const struct shard_shape *shape, uint32_t count, uint64_t seed)
{
	size_t n = count * shard_sample_bytes(shape);
	uint8_t *p = golden_memory(n);
	for (size_t j = 0; j < n; j++)
		p[j] = (uint8_t)rng_at(golden_key(seed), j);
	return p;
}

void golden_weight_rows(struct buf *out, const char *prefix, const struct nn_net *net)
{
	char name[32];
	for (int i = 0; i < net->layers; i++) {
		const struct nn_layer *l = &net->layer[i];
		int32_t exp = l->exp;
		golden_layer_name(name, &net->shape, i);
		golden_row(out, T_I32, DIMS(1), &exp, "%s/exponent/%s", prefix, name);
		golden_row(out, T_I8, DIMS(l->info.co, l->info.taps, l->info.ci), l->weight, "%s/weight/%s", prefix,
			   name);
	}
}

static void filter_rows(struct buf *out, const char *prefix, const struct train_state *t)
{
	char name[32];
	for (int i = 0; i < t->layers; i++) {
		const struct train_layer *l = &t->layer[i];
		int32_t v[3 * NN_CHANNELS_MAX];
		for (int o = 0; l->gain && o < l->info.co; o++) {
			struct filter f = train_filter_of(l, o);
			v[3 * o] = f.mu;
			v[3 * o + 1] = f.sd;
			v[3 * o + 2] = f.factor;
		}
		golden_layer_name(name, &t->shape, i);
		if (l->gain)
			golden_row(out, T_I32, DIMS(l->info.co, 3), v, "%s/mean-deviation-factor/%s", prefix, name);
	}
}

static void file_rows(struct buf *out, const struct golden_case *c, const struct train_state *t,
		      const struct nn_net *net)
{
	struct buf b = {0};
	train_write(t, &b);
	golden_row(out, T_U8, DIMS((int)b.len), b.data, "net/%s/checkpoint", c->name);
	buf_clear(&b);
	nn_net_write(net, &b);
	golden_row(out, T_U8, DIMS((int)b.len), b.data, "net/%s/file", c->name);
	buf_release(&b);
}

/* Padded tensor of `bytes` bytes a point to a compact one. */
static void compact(void *to, const void *from, const struct nn_work *w, size_t bytes)
{
	for (int i = 0; i < w->batch; i++)
		for (int p = 0; p < w->points; p++) {
			size_t at =
			    (size_t)i * (size_t)w->padded + (size_t)nn_padded_index(w->size, p / w->size, p % w->size);
			memcpy((uint8_t *)to + ((size_t)i * (size_t)w->points + (size_t)p) * bytes,
			       (const uint8_t *)from + at * bytes, bytes);
		}
}

static void forward_rows(struct buf *out, const struct golden_case *c, const struct nn_work *w)
{
	const struct nn_shape *s = &w->shape;
	int acts = nn_act_count(s), n = w->batch;
	uint8_t *tensor = golden_memory((size_t)n * (size_t)w->points * 2 * NN_CHANNELS_MAX);
	char name[32];

	for (int a = 0; a < acts - 1; a++) {
		int ch = a == acts - 2 ? s->head : s->channels;
		golden_act_name(name, s, a);
		compact(tensor, w->act[a], w, (size_t)ch);
		golden_row(out, T_U8, DIMS(n, w->points, ch), tensor, "net/%s/act/%s", c->name, name);
	}
	for (int i = 0; i < n; i++)
		memcpy(tensor + i * s->head, w->act[acts - 1] + i * nn_pad16(s->head), (size_t)s->head);
	golden_row(out, T_U8, DIMS(n, s->head), tensor, "net/%s/act/head.v", c->name);
	for (int b = 0; b < s->blocks; b++)
		golden_row(out, T_U8, DIMS(n, 2 * s->channels), w->pool[b], "net/%s/pool/block%d", c->name, b);
	golden_row(out, T_U8, DIMS(n, 2 * s->head), w->pool[s->blocks], "net/%s/pool/head", c->name);
	compact(tensor, w->trunk, w, 2 * (size_t)s->channels);
	golden_row(out, T_I16, DIMS(n, w->points, s->channels), tensor, "net/%s/trunk", c->name);
	golden_row(out, T_I32, DIMS(n, w->points, NN_POINT_OUT), w->point_out, "net/%s/points", c->name);
	golden_row(out, T_I32, DIMS(n, NN_GLOBAL_OUT), w->global_out, "net/%s/globals", c->name);
	free(tensor);
}

static void forward_case(struct buf *out, const struct golden_case *c, int number, const struct nn_net *net)
{
	struct shard_shape shape = {c->size, c->shape.planes};
	struct nn_work *w = nn_work_new(&c->shape, c->size, c->positions, true);
	uint8_t *bytes = golden_samples(&shape, (uint32_t)c->positions, 200 + (uint64_t)number);
	struct shard_sample *y = golden_memory(sizeof *y);
	struct nn_kernels k;

	nn_kernels_init(&k, golden_cpu_flags);
	for (int i = 0; i < c->positions; i++) {
		shard_unpack(&shape, bytes + (size_t)i * shard_sample_bytes(&shape), y);
		nn_work_input(w, i, y->planes);
	}
	nn_forward(&k, net, w, c->positions);
	forward_rows(out, c, w);
	free(y);
	free(bytes);
	nn_work_free(w);
}

void golden_net(struct buf *out)
{
	char prefix[64];
	for (int i = 0; i < GOLDEN_CASES; i++) {
		const struct golden_case *c = &golden_cases[i];
		struct train_state *t = golden_case_state(i);
		struct nn_net *net = train_export(t, NULL);
		snprintf(prefix, sizeof prefix, "net/%s", c->name);
		filter_rows(out, prefix, t);
		golden_weight_rows(out, prefix, net);
		file_rows(out, c, t, net);
		forward_case(out, c, i, net);
		nn_net_free(net);
		train_free(t);
	}
}
