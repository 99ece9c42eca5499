/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward pass, layer by layer over the batch.  Sums of some rows go to w->conv.acc, which stays in cache, and from there
 * through the layer's epilogue to its tensor. */
#include "nn/forward.h"

#include "base/fixed.h"
#include "base/profile.h"
#include "nn/watch_int.h"

#include <stdlib.h>
#include <string.h>

/* One layer about to be applied. */
struct op {
	const struct nn_kernels *k;
	const struct nn_net *net;
	const struct nn_layer *l;
	struct nn_work *w;
	const uint8_t *x;               /* what it reads */
	int layer;
	int scale;                      /* exponent of its sums */
	int32_t bias[NN_CHANNELS_MAX];  /* at that scale */
	int32_t tap[9];                 /* byte offsets */
};

static size_t act_bytes(const struct nn_work *w, int channels)
{
	return (size_t)w->batch * (size_t)w->padded * (size_t)channels;
}

/* The widest tensor that a 3x3 layer reads or writes. */
static int conv_channels(const struct nn_shape *s)
{
	return s->channels > s->planes ? s->channels : s->planes;
}

/* Bytes of all tensors, with room for alignment. */
static size_t work_bytes(const struct nn_work *w)
{
	size_t c = (size_t)w->shape.channels, b = (size_t)w->batch, n = act_bytes(w, w->shape.planes);
	int boards = w->keep ? 2 * w->shape.blocks + 1 : 3;

	n += (size_t)boards * act_bytes(w, w->shape.channels) + act_bytes(w, w->shape.head);
	n += b * (size_t)w->shape.head + 2 * act_bytes(w, w->shape.channels);
	n += (size_t)(w->shape.blocks + 1) * b * 2 * NN_CHANNELS_MAX * (1 + sizeof(uint16_t));
	n += nn_conv_bytes(w->size, conv_channels(&w->shape)) + b * c * sizeof(int32_t);
	n += b * (size_t)w->points * (1 + NN_POINT_OUT) * sizeof(int32_t) + b * NN_GLOBAL_OUT * sizeof(int32_t);
	n += b * sizeof(uint64_t);
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

void nn_work_rows(struct nn_work *w)
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
	nn_conv_place(&w->conv, a, size, conv_channels(s));
	w->extra = arena_alloc(a, b * (size_t)s->channels * sizeof(int32_t));
	w->row = arena_alloc(a, n * sizeof(int32_t));
	w->point_out = arena_alloc(a, n * NN_POINT_OUT * sizeof(int32_t));
	w->global_out = arena_alloc(a, b * NN_GLOBAL_OUT * sizeof(int32_t));
	w->in_words = arena_alloc(a, b * sizeof(uint64_t));
	if (!w->in_words) {
		nn_work_free(w);
		return NULL;
	}
	nn_work_rows(w);
	return w;
}

void nn_work_free(struct nn_work *w)
{
	if (!w)
		return;
	if (w->watch)
		free(w->watch->echo);
	free(w->watch);
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
	w->in_words[i] = nn_words(planes, (size_t)w->size * line);
}

/* Prepares layer number `layer` to read x. */
static struct op op_make(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int layer, const uint8_t *x)
{
	struct op o = {.k = k, .net = net, .l = &net->layer[layer], .w = w, .x = x, .layer = layer};
	const struct nn_layer_info *f = &o.l->info;
	int in = f->in_act < 0 ? net->shape.plane_exp : net->act_exp[f->in_act] + 2 * f->pooled;

	o.scale = o.l->exp + in; /* <= 14 + 8 + 2 = 24, so biases are never shifted left */
	for (int c = 0; c < f->co; c++)
		o.bias[c] = fx_rshift32(o.l->bias[c], 24 - o.scale);
	for (int t = 0; t < f->taps && f->taps == 9; t++)
		o.tap[t] = ((t / 3 - 1) * (w->size + 1) + t % 3 - 1) * f->ci;
	return o;
}

/* Rows of sums, and where they go: row r of them, channels first .. first + channels - 1, belongs at element to[r] of a
 * tensor.  From where it came is from[r], a byte offset; only checks ask. */
struct tile {
	const int32_t *acc;
	int rows, first, channels;
	const int32_t *from, *to;
	const int32_t *extra; /* the pooled branch of the position, or NULL */
};

/* What becomes of a tile's sums. */
struct output;
typedef void epilogue(const struct op *o, const struct output *out, void *to, const int32_t *row, const struct tile *t);

/* Where a layer writes to. */
struct output {
	epilogue *fn;
	void *to;
	int bytes;              /* an element */
	int exp;                /* of an activation */
	const int32_t *extra;   /* the pooled branch, positions * co; or NULL */
	enum nn_watched watch;  /* its name for checks */
	bool adds;              /* to what stands there */
};

static void relu_epilogue(const struct op *o, const struct output *out, void *to, const int32_t *row, const struct tile *t)
{
	o->k->relu_rows(to, row, t->rows, t->acc, o->bias + t->first, t->channels, o->scale - out->exp);
}

static void trunk_epilogue(const struct op *o, const struct output *out, void *to, const int32_t *row, const struct tile *t)
{
	const int32_t *extra = t->extra ? t->extra + t->first : NULL;

	(void)out;
	o->k->trunk_rows(to, row, t->rows, t->acc, o->bias + t->first, extra, t->channels, o->scale - NN_TRUNK_EXP);
}

/* Sums as output logits: Q16, within +-256.  |acc + bias| < 2^30 and a shift of at most 14 to the left. */
static void logit_epilogue(const struct op *o, const struct output *out, void *to, const int32_t *row, const struct tile *t)
{
	int co = o->l->info.co;
	(void)out;
	for (int r = 0; r < t->rows; r++)
		for (int c = 0; c < co; c++) {
			int64_t sum = (int64_t)t->acc[r * nn_pad16(co) + c] + o->bias[c];
			int64_t v = fx_clamp64(fx_rshift64(sum, o->scale - NN_LOGIT_Q), -(1 << 24), 1 << 24);
			((int32_t *)to)[row[r] + c] = (int32_t)v;
		}
}

/* The pooled branch at trunk scale; clamped to 2^17, four times what a trunk of int16 can hold. */
static void extra_epilogue(const struct op *o, const struct output *out, void *to, const int32_t *row, const struct tile *t)
{
	int co = o->l->info.co;
	(void)out;
	for (int r = 0; r < t->rows; r++)
		for (int c = 0; c < co; c++) {
			int64_t sum = (int64_t)t->acc[r * co + c] + o->bias[c];
			int64_t v = fx_clamp64(fx_rshift64(sum, o->scale - NN_TRUNK_EXP), -(1 << 17), 1 << 17);
			((int32_t *)to)[row[r] + c] = (int32_t)v;
		}
}

/* The tile's output again, into the echo: its words are what the tensor's rows must have.  Where the layer adds, *before is
 * increased by the words that stood there. */
static void echo_before(const struct op *o, const struct output *out, const struct tile *t, uint64_t *before)
{
	struct nn_watch *v = o->w->watch;
	size_t line = (size_t)(o->l->info.co * out->bytes);

	for (int r = 0; r < t->rows; r++) {
		v->row[r] = r * o->l->info.co;
		if (out->adds)
			memcpy(v->echo + (size_t)r * line, (const uint8_t *)out->to + (size_t)t->to[r] * (size_t)out->bytes, line);
	}
	if (out->adds)
		*before += nn_words(v->echo, (size_t)t->rows * line);
}

static void echo_after(const struct op *o, const struct output *out, const struct tile *t)
{
	struct nn_watch *v = o->w->watch;
	const struct nn_layer_info *f = &o->l->info;
	const struct nn_mm m = {
	    .x = o->x, .row = t->from, .rows = t->rows, .tap = o->tap, .taps = f->taps,
	    .ci = f->ci, .co = nn_pad16(f->co), .w = o->l->packed, .acc = (int32_t *)(uintptr_t)t->acc,
	};

	out->fn(o, out, v->echo, v->row, t);
	v->words[out->watch] += nn_words(v->echo, (size_t)(t->rows * f->co * out->bytes));
	nn_watch_sums(o->k, o->w, o->layer, o->l, &m);
}

static void tile_done(const struct op *o, const struct output *out, const struct tile *t, uint64_t *before)
{
	if (o->w->watch)
		echo_before(o, out, t, before);
	out->fn(o, out, out->to, t->to, t);
	if (o->w->watch)
		echo_after(o, out, t);
}

/* Rows of x at byte offsets from[], through a layer of one tap. */
static void op_tile(const struct op *o, const struct output *out, const struct tile *t, uint64_t *before)
{
	const struct nn_layer_info *f = &o->l->info;
	const struct nn_mm m = {
	    .x = o->x, .row = t->from, .rows = t->rows, .tap = o->tap, .taps = f->taps,
	    .ci = f->ci, .co = nn_pad16(f->co), .w = o->l->packed, .acc = o->w->conv.acc,
	};

	o->k->mm_u8(&m);
	tile_done(o, out, t, before);
}

/* What stood where the layer added must be what was computed before. */
static void watch_start(const struct op *o, const struct output *out, uint64_t *was)
{
	struct nn_watch *v = o->w->watch;

	if (v) {
		*was = v->words[out->watch];
		v->words[out->watch] = 0;
	}
}

static void watch_end(const struct op *o, const struct output *out, uint64_t was, uint64_t before)
{
	if (o->w->watch && out->adds && was != before)
		nn_guard_report(o->k->guard, "checks: thread %d, forward pass: the trunk before layer %d was not in memory what was computed",
		                o->w->thread, o->layer);
}

/* A 3x3 layer under way. */
struct conv_job {
	const struct op *o;
	const struct output *out;
	uint64_t before;
};

static void conv_done(void *arg, const struct nn_conv_rows *rows)
{
	struct conv_job *j = arg;
	const struct nn_layer_info *f = &j->o->l->info;
	const int32_t *padded = j->o->w->row + rows->board * j->o->w->points;
	int32_t from[NN_CONV_ROWS], to[NN_CONV_ROWS];
	const struct tile t = {
	    .acc = rows->acc, .rows = rows->rows, .first = rows->first, .channels = rows->channels, .from = from, .to = to,
	    .extra = j->out->extra ? j->out->extra + rows->board * f->co : NULL,
	};

	for (int r = 0; r < rows->rows; r++) {
		int at = padded[rows->point[r]];
		from[r] = at * f->ci;
		to[r] = at * f->co + rows->first;
	}
	tile_done(j->o, j->out, &t, &j->before);
}

/* Runs a 3x3 layer over n positions. */
static void op_conv(const struct op *o, int n, const struct output *out)
{
	const struct nn_layer *l = o->l;
	struct conv_job j = {.o = o, .out = out};
	const struct nn_conv c = {
	    .x = o->x, .whole = o->w->watch != NULL, .size = o->w->size, .ci = l->info.ci, .co = l->info.co,
	    .packed = l->packed, .wino = l->fits ? l->wino : NULL,
	};
	uint64_t was = 0;

	watch_start(o, out, &was);
	nn_conv(o->k, &o->w->conv, &c, n, conv_done, &j);
	watch_end(o, out, was, j.before);
}

/* Runs a 1x1 layer that reads a board tensor over n positions, tile by tile, to a board tensor. */
static void op_board(const struct op *o, int n, const struct output *out, bool padded)
{
	struct nn_work *w = o->w;
	int rows_all = n * w->points;
	int32_t from[NN_CONV_ROWS], to[NN_CONV_ROWS];
	uint64_t was = 0, before = 0;

	watch_start(o, out, &was);
	for (int first = 0; first < rows_all; first += NN_CONV_ROWS) {
		int rows = rows_all - first < NN_CONV_ROWS ? rows_all - first : NN_CONV_ROWS;
		for (int r = 0; r < rows; r++) {
			from[r] = w->row[first + r] * o->l->info.ci;
			to[r] = (padded ? w->row[first + r] : first + r) * o->l->info.co;
		}
		op_tile(o, out, &(struct tile){w->conv.acc, rows, 0, o->l->info.co, from, to, NULL}, &before);
	}
	watch_end(o, out, was, before);
}

/* Runs a layer that reads one row of `stride` bytes a position, many positions at a time. */
static void op_vectors(const struct op *o, int n, int stride, const struct output *out)
{
	int32_t from[NN_CONV_ROWS], to[NN_CONV_ROWS];
	uint64_t was = 0, before = 0;

	watch_start(o, out, &was);
	for (int i = 0; i < n; i += NN_CONV_ROWS) {
		int rows = n - i < NN_CONV_ROWS ? n - i : NN_CONV_ROWS;
		for (int r = 0; r < rows; r++) {
			from[r] = (i + r) * stride;
			to[r] = (i + r) * o->l->info.co;
		}
		op_tile(o, out, &(struct tile){o->w->conv.acc, rows, 0, o->l->info.co, from, to, NULL}, &before);
	}
}

/* One position's pooled = [4 * mean, max] of c channels, both at two bits more than x's exponent, clamped to 127.
 * sum <= 361 * 127 and factor = floor(2^18 / points), so sum * factor <= 2^18 * 127 < 2^31. */
static void pool_one(const struct nn_kernels *k, const struct nn_work *w, const uint8_t *board, int c, uint8_t *out, uint16_t *at)
{
	uint32_t sum[NN_CHANNELS_MAX], factor = (1u << 18) / (uint32_t)w->points;

	k->pool(sum, out + c, at, board, w->size, c);
	for (int ch = 0; ch < c; ch++) {
		uint32_t mean = (sum[ch] * factor + (1u << 15)) >> 16;
		out[ch] = (uint8_t)(mean > 127 ? 127 : mean);
	}
}

static void pool_board(const struct nn_kernels *k, struct nn_work *w, const uint8_t *x, int c, int n, int which)
{
	if (w->watch)
		w->watch->words[NN_WATCH_POOL] = 0;
	for (int i = 0; i < n; i++) {
		const uint8_t *board = x + (size_t)i * (size_t)(w->padded * c);
		uint8_t *out = w->pool[which] + (size_t)i * 2 * (size_t)c;
		pool_one(k, w, board, c, out, w->keep ? w->argmax[which] + i * c : NULL);
		if (!w->watch)
			continue;
		pool_one(k, w, board, c, w->watch->echo, NULL);
		w->watch->words[NN_WATCH_POOL] += nn_words(w->watch->echo, 2 * (size_t)c);
	}
}

/* ---- checks of tensors that have been read ---- */

static void watch_act(const struct nn_kernels *k, const struct nn_work *w, int act, int n)
{
	int last = 2 * w->shape.blocks + 2, c = act >= last - 1 ? w->shape.head : w->shape.channels;

	if (w->watch)
		nn_watch_tensor(k, w, "activation tensor", act, w->act[act],
		                (size_t)n * (size_t)((act == last ? 1 : w->padded) * c), w->watch->words[NN_WATCH_ACT + act]);
}

static void watch_pool(const struct nn_kernels *k, const struct nn_work *w, int which, int c, int n)
{
	if (w->watch)
		nn_watch_tensor(k, w, "pooled tensor", which, w->pool[which], (size_t)n * 2 * (size_t)c, w->watch->words[NN_WATCH_POOL]);
}

/* An array of int32. */
static void watch_sums(const struct nn_kernels *k, const struct nn_work *w, const char *what, int which, const int32_t *p, int n,
                       enum nn_watched name)
{
	if (w->watch)
		nn_watch_tensor(k, w, what, which, p, (size_t)n * sizeof *p, w->watch->words[name]);
}

static void watch_input(const struct nn_kernels *k, const struct nn_work *w, int n)
{
	uint64_t words = 0;

	if (!w->watch)
		return;
	for (int i = 0; i < n; i++)
		words += w->in_words[i];
	nn_watch_tensor(k, w, "input of positions below", n, w->in, (size_t)n * (size_t)(w->padded * w->shape.planes), words);
}

/* ---- the net ---- */

static void trunk_relu(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int act, int n)
{
	size_t count = (size_t)n * (size_t)(w->padded * w->shape.channels);
	int shift = NN_TRUNK_EXP - net->act_exp[act];

	k->relu_trunk(w->act[act], w->trunk, count, shift);
	if (!w->watch)
		return;
	uint64_t *words = &w->watch->words[NN_WATCH_ACT + act];
	*words = 0;
	for (size_t i = 0; i < count; i += NN_ECHO_BYTES) {
		size_t m = count - i < NN_ECHO_BYTES ? count - i : NN_ECHO_BYTES;
		k->relu_trunk(w->watch->echo, w->trunk + i, m, shift);
		*words += nn_words(w->watch->echo, m);
	}
	nn_watch_tensor(k, w, "trunk before activation tensor", act, w->trunk, 2 * count, w->watch->words[NN_WATCH_TRUNK]);
}

static struct output act_output(const struct nn_net *net, const struct nn_work *w, int act)
{
	return (struct output){
	    .fn = relu_epilogue, .to = w->act[act], .bytes = 1, .exp = net->act_exp[act], .watch = (enum nn_watched)(NN_WATCH_ACT + act),
	};
}

static struct output trunk_output(const struct nn_work *w, const int32_t *extra)
{
	return (struct output){
	    .fn = trunk_epilogue, .to = w->trunk, .bytes = 2, .extra = extra, .watch = NN_WATCH_TRUNK, .adds = true,
	};
}

static void block_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int block, int n)
{
	int a = 2 * block, b = a + 1, c = w->shape.channels;
	struct output to_b = act_output(net, w, b), to_trunk = trunk_output(w, w->extra);
	struct output to_extra = {.fn = extra_epilogue, .to = w->extra, .bytes = 4, .watch = NN_WATCH_EXTRA};

	profile_enter(k->profile, PROFILE_RELU);
	trunk_relu(k, net, w, a, n);
	profile_enter(k->profile, PROFILE_CONV1);
	struct op conv1 = op_make(k, net, w, nn_block_layer(block, 0), w->act[a]);
	op_conv(&conv1, n, &to_b);
	watch_act(k, w, a, n);
	profile_enter(k->profile, PROFILE_POOL);
	pool_board(k, w, w->act[b], c, n, block);
	struct op pool = op_make(k, net, w, nn_block_layer(block, 2), w->pool[block]);
	op_vectors(&pool, n, 2 * c, &to_extra);
	watch_pool(k, w, block, c, n);
	profile_enter(k->profile, PROFILE_CONV2);
	struct op conv2 = op_make(k, net, w, nn_block_layer(block, 1), w->act[b]);
	op_conv(&conv2, n, &to_trunk);
	watch_act(k, w, b, n);
	watch_sums(k, w, "pooled branch of block", block, w->extra, n * c, NN_WATCH_EXTRA);
}

static void head_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int n)
{
	const struct nn_shape *s = &w->shape;
	int a = 2 * s->blocks, h = a + 1, v = a + 2;
	struct output to_h = act_output(net, w, h), to_v = act_output(net, w, v);
	struct output to_points = {.fn = logit_epilogue, .to = w->point_out, .bytes = 4, .watch = NN_WATCH_POINTS};
	struct output to_globals = {.fn = logit_epilogue, .to = w->global_out, .bytes = 4, .watch = NN_WATCH_GLOBALS};

	profile_enter(k->profile, PROFILE_RELU);
	trunk_relu(k, net, w, a, n);
	profile_enter(k->profile, PROFILE_HEAD);
	struct op head = op_make(k, net, w, nn_head_layer(s, 0), w->act[a]);
	op_board(&head, n, &to_h, true);
	watch_act(k, w, a, n);
	struct op points = op_make(k, net, w, nn_head_layer(s, 1), w->act[h]);
	op_board(&points, n, &to_points, false);
	pool_board(k, w, w->act[h], s->head, n, s->blocks);
	watch_act(k, w, h, n);
	struct op fc1 = op_make(k, net, w, nn_head_layer(s, 2), w->pool[s->blocks]);
	op_vectors(&fc1, n, 2 * s->head, &to_v);
	watch_pool(k, w, s->blocks, s->head, n);
	struct op fc2 = op_make(k, net, w, nn_head_layer(s, 3), w->act[v]);
	op_vectors(&fc2, n, s->head, &to_globals);
	watch_act(k, w, v, n);
	watch_sums(k, w, "points' logits of layer", points.layer, w->point_out, n * w->points * NN_POINT_OUT, NN_WATCH_POINTS);
	watch_sums(k, w, "logits of layer", fc2.layer, w->global_out, n * NN_GLOBAL_OUT, NN_WATCH_GLOBALS);
}

void nn_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int n)
{
	struct output to_trunk = trunk_output(w, NULL);
	enum profile_phase was = profile_enter(k->profile, PROFILE_STEM);

	memset(w->trunk, 0, (size_t)n * (size_t)(w->padded * w->shape.channels) * sizeof *w->trunk);
	if (w->watch)
		w->watch->words[NN_WATCH_TRUNK] = 0;
	struct op stem = op_make(k, net, w, NN_STEM, w->in);
	op_conv(&stem, n, &to_trunk);
	watch_input(k, w, n);
	for (int block = 0; block < w->shape.blocks; block++)
		block_forward(k, net, w, block, n);
	head_forward(k, net, w, n);
	profile_enter(k->profile, was);
}
