/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward pass, layer by layer over the batch.  Sums of one chunk of a position's points go to w->acc, which
 * stays in cache, and from there through the layer's epilogue to its tensor. */
#include "nn/forward.h"

#include "base/fixed.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK = 96 }; /* most points a tile */

/* One layer about to be applied. */
struct op {
	const struct nn_kernels *k;
	const struct nn_net *net;
	const struct nn_layer *l;
	struct nn_work *w;
	const uint8_t *x;               /* what it reads */
	int scale;                      /* exponent of its sums */
	int32_t bias[NN_CHANNELS_MAX];  /* at that scale */
	int32_t tap[9];                 /* byte offsets */
};

static size_t act_bytes(const struct nn_work *w, int channels)
{
	return (size_t)w->batch * (size_t)w->padded * (size_t)channels;
}

/* Bytes of all tensors, with room for alignment. */
static size_t work_bytes(const struct nn_work *w)
{
	size_t c = (size_t)w->shape.channels, b = (size_t)w->batch, n = act_bytes(w, w->shape.planes);
	int boards = w->keep ? 2 * w->shape.blocks + 1 : 3;

	n += (size_t)boards * act_bytes(w, w->shape.channels) + act_bytes(w, w->shape.head);
	n += b * (size_t)w->shape.head + 2 * act_bytes(w, w->shape.channels);
	n += (size_t)(w->shape.blocks + 1) * b * 2 * NN_CHANNELS_MAX * (1 + sizeof(uint16_t));
	n += (size_t)CHUNK * NN_CHANNELS_MAX * sizeof(int32_t) + b * c * sizeof(int32_t);
	n += b * (size_t)w->points * (1 + NN_POINT_OUT) * sizeof(int32_t) + b * NN_GLOBAL_OUT * sizeof(int32_t);
	return n + 64 * 1024;
}

static void place_acts(struct nn_work *w)
{
	struct arena *a = &w->arena;
	int last = 2 * w->shape.blocks; /* the head's a; h and v follow */

	for (int i = 0; i <= last; i++)
		w->act[i] = w->keep || i < 2 ? arena_alloc(a, act_bytes(w, w->shape.channels)) : w->act[i & 1];
	w->act[last + 1] = arena_alloc(a, act_bytes(w, w->shape.head));
	w->act[last + 2] = arena_alloc(a, (size_t)w->batch * (size_t)w->shape.head);
	for (int i = 0; i <= w->shape.blocks; i++) {
		size_t c = (size_t)(i < w->shape.blocks ? w->shape.channels : w->shape.head) * (size_t)w->batch;
		w->pool[i] = w->keep || i == 0 ? arena_alloc(a, (size_t)w->batch * 2 * NN_CHANNELS_MAX) : w->pool[0];
		w->argmax[i] = w->keep ? arena_alloc(a, c * sizeof(uint16_t)) : NULL;
	}
}

static void place_rows(struct nn_work *w)
{
	int32_t *r = w->row;

	for (int i = 0; i < w->batch; i++)
		for (int row = 0; row < w->size; row++)
			for (int col = 0; col < w->size; col++)
				*r++ = i * w->padded + nn_padded_index(w->size, row, col);
}

struct nn_work *nn_work_new(const struct nn_shape *s, int size, int batch, bool keep)
{
	struct nn_work *w = calloc(1, sizeof *w);
	if (!w)
		return NULL;
	w->shape = *s;
	w->size = size;
	w->points = size * size;
	w->padded = nn_padded(size);
	w->batch = batch;
	w->keep = keep;
	if (arena_init(&w->arena, work_bytes(w))) {
		free(w);
		return NULL;
	}
	struct arena *a = &w->arena;
	size_t b = (size_t)batch, n = b * (size_t)w->points;
	w->in = arena_alloc(a, act_bytes(w, s->planes));
	place_acts(w);
	w->trunk = arena_alloc(a, 2 * act_bytes(w, s->channels));
	w->acc = arena_alloc(a, (size_t)CHUNK * NN_CHANNELS_MAX * sizeof(int32_t));
	w->extra = arena_alloc(a, b * (size_t)s->channels * sizeof(int32_t));
	w->row = arena_alloc(a, n * sizeof(int32_t));
	w->point_out = arena_alloc(a, n * NN_POINT_OUT * sizeof(int32_t));
	w->global_out = arena_alloc(a, b * NN_GLOBAL_OUT * sizeof(int32_t));
	if (!w->global_out) {
		nn_work_free(w);
		return NULL;
	}
	place_rows(w);
	return w;
}

void nn_work_free(struct nn_work *w)
{
	if (!w)
		return;
	arena_release(&w->arena);
	free(w);
}

void nn_work_input(struct nn_work *w, int i, const uint8_t *planes)
{
	size_t c = (size_t)w->shape.planes, line = (size_t)w->size * c;

	for (int row = 0; row < w->size; row++) {
		size_t at = (size_t)(i * w->padded + nn_padded_index(w->size, row, 0)) * c;
		memcpy(w->in + at, planes + (size_t)row * line, line);
	}
}

/* Prepares layer number `layer` to read x. */
static struct op op_make(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int layer, const uint8_t *x)
{
	struct op o = {.k = k, .net = net, .l = &net->layer[layer], .w = w, .x = x};
	const struct nn_layer_info *f = &o.l->info;
	int in = f->in_act < 0 ? net->shape.plane_exp : net->act_exp[f->in_act] + 2 * f->pooled;

	o.scale = o.l->exp + in; /* <= 14 + 8 + 2 = 24, so biases are never shifted left */
	for (int c = 0; c < f->co; c++)
		o.bias[c] = fx_rshift32(o.l->bias[c], 24 - o.scale);
	for (int t = 0; t < f->taps && f->taps == 9; t++)
		o.tap[t] = ((t / 3 - 1) * (w->size + 1) + t % 3 - 1) * f->ci;
	return o;
}

/* w->acc = sums of `rows` rows at the given byte offsets. */
static void op_sums(const struct op *o, const int32_t *row, int rows)
{
	const struct nn_layer_info *f = &o->l->info;
	struct nn_mm m = {
	    .x = o->x, .row = row, .rows = rows, .tap = o->tap, .taps = f->taps,
	    .ci = f->ci, .co = nn_pad16(f->co), .w = o->l->packed, .acc = o->w->acc,
	};
	o->k->mm_u8(&m);
}

/* What becomes of a tile's sums: position i, points first .. first + rows - 1. */
typedef void epilogue(const struct op *o, int i, int first, int rows, void *out);

/* Runs a layer that reads a board tensor over n positions, tile by tile. */
static void op_board(const struct op *o, int n, epilogue *fn, void *out)
{
	struct nn_work *w = o->w;
	int chunks = (w->points + CHUNK - 1) / CHUNK, step = (w->points + chunks - 1) / chunks;
	int32_t row[CHUNK];

	for (int i = 0; i < n; i++)
		for (int first = 0; first < w->points; first += step) {
			int rows = w->points - first < step ? w->points - first : step;
			for (int r = 0; r < rows; r++)
				row[r] = w->row[i * w->points + first + r] * o->l->info.ci;
			op_sums(o, row, rows);
			fn(o, i, first, rows, out);
		}
}

/* Element offsets of the tile's points in a tensor of the layer's output channels. */
static void tile_rows(const struct op *o, int i, int first, int rows, int32_t *row)
{
	const int32_t *at = o->w->row + i * o->w->points + first;

	for (int r = 0; r < rows; r++)
		row[r] = at[r] * o->l->info.co;
}

struct relu_out {
	uint8_t *act;
	int exp; /* of the output */
};

static void relu_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	const struct relu_out *r = out;
	int32_t row[CHUNK];

	tile_rows(o, i, first, rows, row);
	o->k->relu_rows(r->act, row, rows, o->w->acc, o->bias, o->l->info.co, o->scale - r->exp);
}

static void trunk_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	const int32_t *extra = out ? (const int32_t *)out + i * o->l->info.co : NULL;
	int32_t row[CHUNK];

	tile_rows(o, i, first, rows, row);
	o->k->trunk_rows(o->w->trunk, row, rows, o->w->acc, o->bias, extra, o->l->info.co, o->scale - NN_TRUNK_EXP);
}

/* A sum as an output logit: Q16, within +-256.  |acc + bias| < 2^30 and a shift of at most 14 to the left. */
static int32_t logit(int64_t sum, int scale)
{
	return (int32_t)fx_clamp64(fx_rshift64(sum, scale - NN_LOGIT_Q), -(1 << 24), 1 << 24);
}

static void points_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	int32_t *to = (int32_t *)out + (i * o->w->points + first) * NN_POINT_OUT;

	for (int r = 0; r < rows; r++)
		for (int c = 0; c < NN_POINT_OUT; c++)
			*to++ = logit((int64_t)o->w->acc[r * 16 + c] + o->bias[c], o->scale);
}

/* Runs a layer that reads one row a position, `each` at a time: positions i .. i + rows - 1 go to fn(first = i). */
static void op_vectors(const struct op *o, int n, int stride, epilogue *fn, void *out)
{
	int32_t row[CHUNK];

	for (int i = 0; i < n; i += CHUNK) {
		int rows = n - i < CHUNK ? n - i : CHUNK;
		for (int r = 0; r < rows; r++)
			row[r] = (i + r) * stride;
		op_sums(o, row, rows);
		fn(o, 0, i, rows, out);
	}
}

/* The pooled branch at trunk scale; clamped to 2^17, four times what a trunk of int16 can hold. */
static void extra_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	int c = o->l->info.co;
	int32_t *to = (int32_t *)out + first * c;
	(void)i;
	for (int r = 0; r < rows * c; r++) {
		int64_t sum = (int64_t)o->w->acc[r] + o->bias[r % c];
		to[r] = (int32_t)fx_clamp64(fx_rshift64(sum, o->scale - NN_TRUNK_EXP), -(1 << 17), 1 << 17);
	}
}

static void vector_relu_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	const struct relu_out *r = out;
	int32_t row[CHUNK];
	(void)i;
	for (int k = 0; k < rows; k++)
		row[k] = (first + k) * o->l->info.co;
	o->k->relu_rows(r->act, row, rows, o->w->acc, o->bias, o->l->info.co, o->scale - r->exp);
}

static void global_epilogue(const struct op *o, int i, int first, int rows, void *out)
{
	int32_t *to = (int32_t *)out + first * NN_GLOBAL_OUT;
	(void)i;
	for (int r = 0; r < rows; r++)
		for (int c = 0; c < NN_GLOBAL_OUT; c++)
			*to++ = logit((int64_t)o->w->acc[r * 16 + c] + o->bias[c], o->scale);
}

/* Padded index of the first point (in board order) that holds each channel's maximum. */
static void find_argmax(const struct nn_work *w, const uint8_t *x, const uint8_t *max, int c, uint16_t *at)
{
	for (int ch = 0; ch < c; ch++)
		for (int p = 0; p < w->points; p++)
			if (x[w->row[p] * c + ch] == max[ch]) {
				at[ch] = (uint16_t)w->row[p];
				break;
			}
}

/* pooled = [4 * mean, max] of c channels, both at two bits more than x's exponent, clamped to 127.
 * sum <= 361 * 127 and factor = floor(2^18 / points), so sum * factor <= 2^18 * 127 < 2^31. */
static void pool_board(const struct nn_kernels *k, struct nn_work *w, const uint8_t *x, int c, int n, int which)
{
	uint32_t sum[NN_CHANNELS_MAX], factor = (1u << 18) / (uint32_t)w->points;

	for (int i = 0; i < n; i++) {
		const uint8_t *board = x + (size_t)i * (size_t)(w->padded * c);
		uint8_t *out = w->pool[which] + (size_t)i * 2 * (size_t)c;
		k->pool(sum, out + c, board, w->size, c);
		for (int ch = 0; ch < c; ch++) {
			uint32_t mean = (sum[ch] * factor + (1u << 15)) >> 16;
			out[ch] = (uint8_t)(mean > 127 ? 127 : mean);
		}
		if (w->keep)
			find_argmax(w, board, out + c, c, w->argmax[which] + i * c);
	}
}

static void trunk_relu(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int act, int n)
{
	size_t count = (size_t)n * (size_t)(w->padded * w->shape.channels);
	k->relu_trunk(w->act[act], w->trunk, count, NN_TRUNK_EXP - net->act_exp[act]);
}

static void block_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int block, int n)
{
	int a = 2 * block, b = a + 1, c = w->shape.channels;

	trunk_relu(k, net, w, a, n);
	struct op conv1 = op_make(k, net, w, nn_block_layer(block, 0), w->act[a]);
	op_board(&conv1, n, relu_epilogue, &(struct relu_out){w->act[b], net->act_exp[b]});
	pool_board(k, w, w->act[b], c, n, block);
	struct op pool = op_make(k, net, w, nn_block_layer(block, 2), w->pool[block]);
	op_vectors(&pool, n, 2 * c, extra_epilogue, w->extra);
	struct op conv2 = op_make(k, net, w, nn_block_layer(block, 1), w->act[b]);
	op_board(&conv2, n, trunk_epilogue, w->extra);
}

static void head_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int n)
{
	const struct nn_shape *s = &w->shape;
	int a = 2 * s->blocks, h = a + 1, v = a + 2;

	trunk_relu(k, net, w, a, n);
	struct op head = op_make(k, net, w, nn_head_layer(s, 0), w->act[a]);
	op_board(&head, n, relu_epilogue, &(struct relu_out){w->act[h], net->act_exp[h]});
	struct op points = op_make(k, net, w, nn_head_layer(s, 1), w->act[h]);
	op_board(&points, n, points_epilogue, w->point_out);
	pool_board(k, w, w->act[h], s->head, n, s->blocks);
	struct op fc1 = op_make(k, net, w, nn_head_layer(s, 2), w->pool[s->blocks]);
	op_vectors(&fc1, n, 2 * s->head, vector_relu_epilogue, &(struct relu_out){w->act[v], net->act_exp[v]});
	struct op fc2 = op_make(k, net, w, nn_head_layer(s, 3), w->act[v]);
	op_vectors(&fc2, n, s->head, global_epilogue, w->global_out);
}

void nn_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int n)
{
	memset(w->trunk, 0, (size_t)n * (size_t)(w->padded * w->shape.channels) * sizeof *w->trunk);
	struct op stem = op_make(k, net, w, NN_STEM, w->in);
	op_board(&stem, n, trunk_epilogue, NULL);
	for (int block = 0; block < w->shape.blocks; block++)
		block_forward(k, net, w, block, n);
	head_forward(k, net, w, n);
}
