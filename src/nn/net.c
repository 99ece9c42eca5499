/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/leela.h"
#include "nn/net.h"

#include "nn/conv.h"
#include "nn/guard.h"

#include <stdlib.h>
#include <string.h>

int nn_layer_count(const struct nn_shape *s)
{
	return 1 + 3 * s->blocks + 4;
}

int nn_act_count(const struct nn_shape *s)
{
	return 2 * s->blocks + 3;
}

static struct nn_layer_info block_layer(const struct nn_shape *s, int block, int which)
{
	int c = s->channels, a = 2 * block;

	switch (which) {
	case 0:
		return (struct nn_layer_info){NN_CONV_WS, c, c, 9, a, 0, 0, "conv1"};
	case 1:
		return (struct nn_layer_info){NN_CONV_WS, c, c, 9, a + 1, 0, 1, "conv2"};
	default:
		return (struct nn_layer_info){NN_DENSE, 2 * c, c, 1, a + 1, 1, 0, "pool"};
	}
}

static struct nn_layer_info head_layer(const struct nn_shape *s, int which)
{
	int h = s->head, a = 2 * s->blocks;

	switch (which) {
	case 0:
		return (struct nn_layer_info){NN_DENSE, s->channels, h, 1, a, 0, 0, "head"};
	case 1:
		return (struct nn_layer_info){NN_DENSE, h, NN_POINT_OUT, 1, a + 1, 0, 0, "points"};
	case 2:
		return (struct nn_layer_info){NN_DENSE, 2 * h, h, 1, a + 1, 1, 0, "fc1"};
	default:
		return (struct nn_layer_info){NN_DENSE, h, NN_GLOBAL_OUT, 1, a + 2, 0, 0, "fc2"};
	}
}

struct nn_layer_info nn_layer_info(const struct nn_shape *s, int layer)
{
	if (layer == NN_STEM)
		return (struct nn_layer_info){NN_CONV_WS, s->planes, s->channels, 9, -1, 0, 0, "stem"};
	if (layer < 1 + 3 * s->blocks)
		return block_layer(s, (layer - 1) / 3, (layer - 1) % 3);
	return head_layer(s, layer - 1 - 3 * s->blocks);
}

int nn_shape_check(const struct nn_shape *s, struct err *e)
{
	if (s->planes != 16 && s->planes != 32)
		return err_set(e, ERR_ARG, "net: %d input planes; 16 or 32 are possible", s->planes);
	if (s->plane_exp < 0 || s->plane_exp > 6)
		return err_set(e, ERR_ARG, "net: input exponent %d is not in 0..6", s->plane_exp);
	if (s->blocks < 1 || s->blocks > NN_BLOCKS_MAX)
		return err_set(e, ERR_ARG, "net: %d blocks; 1..%d are possible", s->blocks, NN_BLOCKS_MAX);
	if (s->channels < 16 || s->channels > NN_CHANNELS_MAX || s->channels % 16)
		return err_set(e, ERR_ARG, "net: %d channels; a multiple of 16 in 16..%d is possible", s->channels, NN_CHANNELS_MAX);
	if (s->head < 16 || s->head > NN_HEAD_MAX || s->head % 16)
		return err_set(e, ERR_ARG, "net: %d head channels; a multiple of 16 in 16..%d is possible", s->head, NN_HEAD_MAX);
	return 0;
}

size_t nn_packed_bytes(int co, int k)
{
	return (size_t)nn_pad16(co) * (size_t)nn_pad4(k);
}

void nn_pack(int8_t *out, const int8_t *w, int co, int k)
{
	size_t quads = (size_t)nn_pad4(k) / 4;

	memset(out, 0, nn_packed_bytes(co, k));
	for (int o = 0; o < co; o++)
		for (int j = 0; j < k; j++) {
			size_t quad = (size_t)(o / 16) * quads + (size_t)j / 4;
			out[(quad * 16 + (size_t)(o % 16)) * 4 + (size_t)(j % 4)] = w[(size_t)o * (size_t)k + (size_t)j];
		}
}

size_t nn_layer_wino_bytes(const struct nn_layer_info *f)
{
	return f->taps == 9 ? nn_wino_count(f->co, f->ci) * sizeof(int16_t) : 0;
}

/* Memory of a layer; what kernels read is aligned for them. */
static int layer_alloc(struct nn_layer *l)
{
	int k = l->info.taps * l->info.ci;
	size_t wino = nn_layer_wino_bytes(&l->info);

	l->weight = calloc((size_t)l->info.co * (size_t)k, 1);
	l->bias = calloc((size_t)l->info.co, sizeof *l->bias);
	l->packed = aligned_alloc(64, (nn_packed_bytes(l->info.co, k) + 63) / 64 * 64);
	l->wino = wino ? aligned_alloc(64, wino) : NULL; /* a multiple of 64 by its 36 * 16 * 16 */
	l->sum = calloc(nn_sum_count(l->info.co, k), sizeof *l->sum);
	return l->weight && l->bias && l->packed && l->sum && (l->wino || !wino) ? 0 : ERR_MEMORY;
}

struct nn_net *nn_net_new(const struct nn_shape *s, struct err *e)
{
	if (nn_shape_check(s, e))
		return NULL;
	struct nn_net *n = calloc(1, sizeof *n);
	if (!n) {
		err_set(e, ERR_MEMORY, "out of memory for a net");
		return NULL;
	}
	n->shape = *s;
	n->layers = nn_layer_count(s);
	n->acts = nn_act_count(s);
	memset(n->act_exp, NN_ACT_EXP_INIT, sizeof n->act_exp);
	for (int i = 0; i < n->layers; i++) {
		n->layer[i].info = nn_layer_info(s, i);
		if (layer_alloc(&n->layer[i])) {
			nn_net_free(n);
			err_set(e, ERR_MEMORY, "out of memory for a net");
			return NULL;
		}
	}
	nn_net_pack(n);
	return n;
}

void nn_net_free(struct nn_net *n)
{
	if (!n)
		return;
	nn_leela_free(n->leela);
	for (int i = 0; i < n->layers; i++) {
		free(n->layer[i].weight);
		free(n->layer[i].bias);
		free(n->layer[i].packed);
		free(n->layer[i].wino);
		free(n->layer[i].sum);
	}
	free(n);
}

void nn_layer_pack(struct nn_layer *l)
{
	const struct nn_layer_info *f = &l->info;

	nn_pack(l->packed, l->weight, f->co, f->taps * f->ci);
	nn_sums(l->sum, l->weight, f->co, f->taps * f->ci);
	l->fits = l->wino && nn_wino_fits(l->weight, f->co, f->ci);
	if (l->wino)
		nn_wino_pack(l->wino, l->weight, f->co, f->ci);
}

void nn_net_pack(struct nn_net *n)
{
	for (int i = 0; i < n->layers; i++)
		nn_layer_pack(&n->layer[i]);
}

/* Packs a layer again, into memory of its own, and compares. */
static int layer_check(const struct nn_layer *l, bool *same)
{
	const struct nn_layer_info *f = &l->info;
	int k = f->taps * f->ci;
	size_t bytes = nn_packed_bytes(f->co, k), sums = nn_sum_count(f->co, k) * sizeof *l->sum, wino = nn_layer_wino_bytes(f);
	int8_t *packed = malloc(bytes);
	int16_t *sum = malloc(sums), *u = malloc(wino + 1);
	bool enough = packed && sum && u;

	if (enough) {
		nn_pack(packed, l->weight, f->co, k);
		nn_sums(sum, l->weight, f->co, k);
		*same = memcmp(packed, l->packed, bytes) == 0 && memcmp(sum, l->sum, sums) == 0;
		if (wino) {
			nn_wino_pack(u, l->weight, f->co, f->ci);
			*same = *same && memcmp(u, l->wino, wino) == 0 && l->fits == nn_wino_fits(l->weight, f->co, f->ci);
		}
	}
	free(packed);
	free(sum);
	free(u);
	return enough ? 0 : ERR_MEMORY;
}

int nn_net_check(const struct nn_net *n, struct err *e)
{
	for (int i = 0; i < n->layers; i++) {
		bool same = false;
		if (layer_check(&n->layer[i], &same))
			return err_set(e, ERR_MEMORY, "out of memory to check a net");
		if (!same)
			return err_set(e, ERR_FAULT, "packed weights of layer %d (%s) are not those of its weights", i,
				       n->layer[i].info.what);
	}
	return 0;
}
