/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way back through one slice.  Every gradient that enters a product is int8 with one power-of-two scale for the
 * slice's tensor, rounded stochastically; the rest is int32 or int64.  A gradient "of exponent e" stands for g * 2^-e.
 * Bounds: docs/arithmetic.md, "Backward". */
#include "base/fixed.h"
#include "base/profile.h"
#include "base/rng.h"
#include "nn/conv.h"
#include "train/train_int.h"

#include <string.h>

static int32_t sat30(int64_t x)
{
	return (int32_t)fx_clamp64(x, -GRAD_MAX, GRAD_MAX);
}

/* v of exponent `from` at exponent `to`, saturating at 2^30.  |v| < 2^62. */
static int32_t rescale(int64_t v, int from, int to)
{
	int s = from - to;

	if (s >= 62)
		return 0;
	if (s >= 0)
		return sat30(fx_rshift64(v, s));
	/* Left: what exceeds 2^30 saturates whatever its size. */
	v = fx_clamp64(v, -GRAD_MAX, GRAD_MAX);
	return sat30(s <= -31 ? (v > 0) * (int64_t)GRAD_MAX - (v < 0) * (int64_t)GRAD_MAX : v * (INT64_C(1) << -s));
}

/* The smallest shift that brings `most` to at most 127. */
static int shift_for(uint32_t most)
{
	int s = 0;

	while ((most >> s) > 127)
		s++;
	return s;
}

static uint64_t next_key(struct slice *s)
{
	return rng_key(s->key, s->tensor++);
}

/* ---- int8 tensors ---- */

/* Rounds the compact tensor g (SLICE * points rows of c) into the padded s->g8; returns the exponent of the result.  The padding
 * stays zero from one tensor to the next of as many channels. */
static int round_board(struct slice *s, const int32_t *g, int c, uint32_t most, int exp)
{
	const struct nn_work *w = s->w;
	int shift = shift_for(most), line = w->size * c;
	uint64_t key = next_key(s);

	if (s->g8_channels != c)
		memset(s->g8, 0, (size_t)SLICE * (size_t)w->padded * (size_t)c);
	s->g8_channels = c;
	for (int r = 0; r < SLICE * w->size; r++) {
		int at = (r / w->size) * w->padded + nn_padded_index(w->size, r % w->size, 0);
		s->k->round_sr(s->g8 + (size_t)at * (size_t)c, g + (size_t)r * (size_t)line, (size_t)line, shift, key,
		               (uint32_t)(r * line));
	}
	return exp - shift;
}

/* Rounds n values of g into s->vec8. */
static int round_vectors(struct slice *s, const int32_t *g, int n, int exp)
{
	int shift = shift_for(s->k->max_abs(g, (size_t)n));

	s->k->round_sr(s->vec8, g, (size_t)n, shift, next_key(s), 0);
	return exp - shift;
}

/* ---- weight gradients ---- */

/* v of exponent exp in Q34, at most 2^50 (a gradient of 65536): the 128 slices of the largest batch stay below 2^58.
 * |v| < 2^50. */
static int64_t in_sums(int64_t v, int exp)
{
	const int64_t most = INT64_C(1) << 50;
	int s = exp - GRAD_Q;

	if (s >= 62)
		return 0;
	if (s >= 0)
		return fx_rshift64(v, s);
	int64_t limit = s < -50 ? 0 : fx_asr64(most, -s);
	if (v > limit || v < -limit)
		return v > 0 ? most : -most;
	return v * (INT64_C(1) << (s < -50 ? 0 : -s));
}

/* What a sum's place stands for in the print of all. */
static uint64_t place_of(const struct slice *s, const int64_t *sum)
{
	return 2 * (uint64_t)(sum - (const int64_t *)(const void *)s->grads.arena.base) + 1;
}

/* Adds v of exponent exp to a sum, and to the print of all. */
static void add_sum(struct slice *s, int64_t *sum, int64_t v, int exp)
{
	int64_t add = in_sums(v, exp);

	s->print += place_of(s, sum) * (uint64_t)add;
	if (!s->dry)
		*sum += add;
}

/* The same for n of them.  |v| < 2^28: a shift by at most 22 to the left stays within 2^50, one by 62 to the right leaves 0. */
static void add_sums(struct slice *s, int64_t *sum, const int32_t *v, int n, int exp)
{
	int right = exp - GRAD_Q;

	if (right < -22)
		for (int i = 0; i < n; i++)
			add_sum(s, &sum[i], v[i], exp);
	else if (right < 62)
		s->print += s->k->add_sums(s->dry ? NULL : sum, v, (size_t)n, right, place_of(s, sum));
}

/* ---- products, and their checks ---- */

static void report(struct slice *s, int layer, const char *what, int at)
{
	nn_guard_report(s->k->guard, "checks: thread %d, training: the %s of layer %d (%s), number %d, do not add up", s->thread, what,
	                layer, s->net->layer[layer].info.what, at);
}

static void check_mm(struct slice *s, int layer, const struct nn_mm *m)
{
	int bad = nn_check_mm_s8(m, train_back_sums(&s->net->layer[layer].info, s->back[layer]));
	atomic_fetch_add_explicit(&s->k->guard->checked, 1, memory_order_relaxed);
	if (bad >= 0)
		report(s, layer, "input gradients", bad);
}

static void run_mm(struct slice *s, int layer, const struct nn_mm *m)
{
	s->k->mm_s8(m);
	if (nn_guard_checks(s->k->guard))
		check_mm(s, layer, m);
}

/* bad: what nn_check_wgrad or nn_check_wgrad3 says. */
static void check_wgrad(struct slice *s, int layer, int bad)
{
	atomic_fetch_add_explicit(&s->k->guard->checked, 1, memory_order_relaxed);
	if (bad >= 0)
		report(s, layer, "weight gradients", bad);
}

static void run_wgrad(struct slice *s, int layer, const struct nn_wgrad *g)
{
	s->k->wgrad(g);
	if (nn_guard_checks(s->k->guard))
		check_wgrad(s, layer, nn_check_wgrad(g));
}

static void run_wgrad3(struct slice *s, int layer, const struct nn_wgrad3 *g)
{
	s->k->wgrad3(g);
	if (nn_guard_checks(s->k->guard))
		check_wgrad(s, layer, nn_check_wgrad3(g));
}

/* s->dw (co_padded outputs) -> the worker's sums. */
static void add_dw(struct slice *s, int layer, int exp)
{
	const struct nn_layer_info *f = &s->net->layer[layer].info;
	int co = nn_pad16(f->co);
	int64_t *sum = s->grads.layer[layer].w;

	for (int o = 0; o < f->co; o++)
		for (int t = 0; t < f->taps; t++) {
			add_sums(s, sum, s->dw + ((size_t)t * (size_t)co + (size_t)o) * (size_t)f->ci, f->ci, exp);
			sum += f->ci;
		}
}

static void add_bias(struct slice *s, int layer, const int32_t *sum, int exp)
{
	for (int o = 0; o < s->net->layer[layer].info.co; o++)
		add_sum(s, &s->grads.layer[layer].bias[o], sum[o], exp);
}

static int in_exp(const struct slice *s, const struct nn_layer_info *f)
{
	return f->in_act < 0 ? s->net->shape.plane_exp : s->net->act_exp[f->in_act] + 2 * f->pooled;
}

/* A matrix that is the same at every point: s->dw from s->g8 and x (padded). */
static void points_wgrad(struct slice *s, int layer, const uint8_t *x)
{
	const struct nn_work *w = s->w;
	const struct nn_layer_info *f = &s->net->layer[layer].info;
	static const int32_t zero[1] = {0};
	size_t gn = (size_t)(w->padded * f->co), xn = (size_t)(w->padded * f->ci);

	for (int q = 0; q < QUADS; q++) {
		s->k->interleave4(s->g4 + (size_t)q * 4 * gn, (const uint8_t *)s->g8 + (size_t)q * 4 * gn, gn);
		s->k->interleave4(s->x4 + (size_t)q * 4 * xn, x + (size_t)q * 4 * xn, xn);
	}
	struct nn_wgrad job = {
	    .g = (const int8_t *)s->g4, .x = s->x4, .quads = QUADS, .padded = w->padded, .point = s->board_point,
	    .points = w->points, .tap = zero, .taps = 1, .ci = f->ci, .co = f->co, .dw = s->dw,
	};
	run_wgrad(s, layer, &job);
}

/* Weight and bias gradients of a convolution from s->g8 (exponent exp) and its input x (padded). */
static void board_wgrad(struct slice *s, int layer, const uint8_t *x, int exp)
{
	const struct nn_work *w = s->w;
	const struct nn_layer_info *f = &s->net->layer[layer].info;
	int32_t sum[NN_CHANNELS_MAX] = {0};
	size_t gn = (size_t)(w->padded * f->co);
	struct nn_wgrad3 job = {
	    .g = s->g8, .x = x, .boards = SLICE, .size = w->size, .ci = f->ci, .co = f->co, .dw = s->dw, .scratch = s->scratch,
	};
	enum profile_phase was = profile_enter(s->k->profile, PROFILE_WGRAD);

	if (f->taps == 9)
		run_wgrad3(s, layer, &job);
	else
		points_wgrad(s, layer, x);
	add_dw(s, layer, exp + in_exp(s, f));
	for (int i = 0; i < SLICE; i++)
		s->k->sum_points(sum, s->g8 + (size_t)i * gn, w->size, f->co);
	add_bias(s, layer, sum, exp);
	profile_enter(s->k->profile, was);
}

/* The same for a layer of vectors: s->vec8 holds SLICE rows of co. */
static void vector_wgrad(struct slice *s, int layer, const uint8_t *x, int exp)
{
	const struct nn_layer_info *f = &s->net->layer[layer].info;
	static const int32_t zero[1] = {0};
	int32_t sum[NN_CHANNELS_MAX] = {0};
	size_t co = (size_t)f->co, ci = (size_t)f->ci;

	for (size_t q = 0; q < QUADS; q++) {
		s->k->interleave4(s->g4 + q * 4 * co, (const uint8_t *)s->vec8 + q * 4 * co, co);
		s->k->interleave4(s->x4 + q * 4 * ci, x + q * 4 * ci, ci);
	}
	struct nn_wgrad job = {
	    .g = (const int8_t *)s->g4, .x = s->x4, .quads = QUADS, .padded = 1, .point = zero, .points = 1,
	    .tap = zero, .taps = 1, .ci = f->ci, .co = f->co, .dw = s->dw,
	};
	run_wgrad(s, layer, &job);
	add_dw(s, layer, exp + in_exp(s, f));
	for (int i = 0; i < SLICE * f->co; i++)
		sum[i % f->co] += s->vec8[i];
	add_bias(s, layer, sum, exp);
}

/* ---- input gradients ---- */

/* A layer on its way back to the activations it read, which lie in padded boards of c channels: each piece of its sums goes
 * through their mask while it is in the cache. */
struct back {
	struct slice *s;
	int layer, c;
	const uint8_t *act;
	int32_t *to;                     /* compact: SLICE * points rows of c */
	int pool;                        /* s->vec_sums holds what comes back through that pooled tensor; or -1 */
	bool adds;                       /* to the trunk's gradient, after a shift */
	int shift;
	uint32_t most;                   /* so far, of what was written */
};

/* Rows of one board: channels first .. first + channels - 1 of each, at these points. */
static void mask_piece(struct back *b, const struct nn_conv_rows *p)
{
	const struct nn_work *w = b->s->w;
	int32_t from[NN_CONV_ROWS], to[NN_CONV_ROWS], place[NN_CONV_ROWS];
	struct nn_mask_rows m = {
	    .acc = p->acc, .rows = p->rows, .c = p->channels, .act = b->act, .from = from, .to = to, .place = place,
	};

	for (int r = 0; r < p->rows; r++) {
		place[r] = b->s->board_point[p->point[r]];
		from[r] = (p->board * w->padded + place[r]) * b->c + p->first;
		to[r] = (p->board * w->points + p->point[r]) * b->c + p->first;
	}
	if (b->pool >= 0) {
		m.mean = b->s->vec_sums + p->board * 2 * b->c + p->first;
		m.max = m.mean + b->c;
		m.at = w->argmax[b->pool] + p->board * b->c + p->first;
	}
	uint32_t most = b->adds ? b->s->k->mask_add(b->to, &m, b->shift) : b->s->k->mask_rows(b->to, &m);
	b->most = most > b->most ? most : b->most;
}

/* Do the sums of a 3x3 filter add up? */
static void check_piece(const struct back *b, const struct nn_conv_rows *p)
{
	struct slice *s = b->s;
	int32_t row[NN_CONV_ROWS], tap[9];
	int co = nn_pad16(s->net->layer[b->layer].info.co);
	struct nn_mm m = {
	    .x = s->g8, .row = row, .rows = p->rows, .tap = tap, .taps = 9, .ci = co, .co = b->c,
	    .acc = (int32_t *)(uintptr_t)p->acc,
	};

	for (int r = 0; r < p->rows; r++)
		row[r] = (p->board * s->w->padded + s->board_point[p->point[r]]) * co;
	for (int t = 0; t < 9; t++)
		tap[t] = ((t / 3 - 1) * (s->w->size + 1) + t % 3 - 1) * co;
	check_mm(s, b->layer, &m);
}

static void conv_piece(void *arg, const struct nn_conv_rows *p)
{
	struct back *b = arg;

	if (nn_guard_checks(b->s->k->guard))
		check_piece(b, p);
	mask_piece(b, p);
}

/* A convolution with the transposed filters, turned around: an output at p read its input at p + tap. */
static void conv_back(struct back *b)
{
	struct slice *s = b->s;
	const struct nn_layer_info *f = &s->net->layer[b->layer].info;
	const struct nn_conv c = {
	    .x = s->g8, .is_signed = true, .whole = nn_guard_checks(s->k->guard), .size = s->w->size, .ci = f->co, .co = f->ci,
	    .packed = s->back[b->layer], .wino = train_back_wino(f, s->back[b->layer]),
	};

	nn_conv(s->k, &s->w->conv, &c, SLICE, conv_piece, b);
}

/* A matrix that is the same at every point. */
static void points_back(struct back *b)
{
	struct slice *s = b->s;
	const struct nn_work *w = s->w;
	static const int32_t zero[1] = {0};
	int co = nn_pad16(s->net->layer[b->layer].info.co);
	int32_t row[NN_CONV_ROWS];
	int16_t point[NN_CONV_ROWS];

	for (int i = 0; i < SLICE; i++)
		for (int first = 0; first < w->points; first += NN_CONV_ROWS) {
			int rows = w->points - first < NN_CONV_ROWS ? w->points - first : NN_CONV_ROWS;
			for (int r = 0; r < rows; r++) {
				point[r] = (int16_t)(first + r);
				row[r] = w->row[i * w->points + first + r] * co;
			}
			struct nn_mm m = {
			    .x = s->g8, .row = row, .rows = rows, .tap = zero, .taps = 1,
			    .ci = co, .co = b->c, .w = s->back[b->layer], .acc = w->conv.acc,
			};
			run_mm(s, b->layer, &m);
			mask_piece(b, &(struct nn_conv_rows){.acc = m.acc, .board = i, .point = point, .rows = rows, .channels = b->c});
		}
}

/* Gradient of a layer's input from s->g8 (exponent exp), masked by what it read, tensor number act; to == trunk_grad: added to
 * that, else written.  Returns its exponent, and the largest magnitude that `to` now holds. */
static int board_dgrad(struct slice *s, int layer, int act, int pool, int32_t *to, int exp, uint32_t *most)
{
	const struct nn_layer *l = &s->net->layer[layer];
	struct back b = {
	    .s = s, .layer = layer, .c = l->info.ci, .act = s->w->act[act], .to = to, .pool = pool,
	    .adds = to == s->trunk_grad, .shift = exp + l->exp - TRUNK_GRAD_Q,
	};
	enum profile_phase was = profile_enter(s->k->profile, PROFILE_DGRAD);

	if (l->info.taps == 9)
		conv_back(&b);
	else
		points_back(&b);
	profile_enter(s->k->profile, was);
	*most = b.most;
	return exp + l->exp;
}

/* Gradient of a vector layer's input: s->vec_sums = SLICE rows of ci. */
static int vector_dgrad(struct slice *s, int layer, int exp)
{
	const struct nn_layer *l = &s->net->layer[layer];
	static const int32_t zero[1] = {0};
	int co = nn_pad16(l->info.co);

	for (int r = 0; r < SLICE; r++)
		s->back_row[r] = r * co;
	struct nn_mm m = {
	    .x = s->vec8, .row = s->back_row, .rows = SLICE, .tap = zero, .taps = 1,
	    .ci = co, .co = l->info.ci, .w = s->back[layer], .acc = s->vec_sums,
	};
	run_mm(s, layer, &m);
	return exp + l->exp;
}

/* s->vec_sums holds the gradient of [4 * mean, max] of c channels as real values mean and max / 4: brings both to exponent exp,
 * the mean's as each point's share; a mean of 127 was clamped and passes nothing. */
static void share_pool(struct slice *s, int which, int c, int from, int exp)
{
	int64_t share = (1 << 16) / s->w->points;

	for (int i = 0; i < SLICE; i++) {
		int32_t *mean = s->vec_sums + i * 2 * c, *max = mean + c;
		const uint8_t *pooled = s->w->pool[which] + i * 2 * c;
		for (int ch = 0; ch < c; ch++) {
			mean[ch] = pooled[ch] == 127 ? 0 : rescale(mean[ch] * share, from + 16, exp);
			max[ch] = rescale(max[ch], from + 2, exp);
		}
	}
}

/* The gradient of h, in s->sums, joined by what comes back through pooling, masked: the largest magnitude left. */
static uint32_t mask_head(struct slice *s)
{
	const struct nn_work *w = s->w;
	int c = w->shape.head, pool = w->shape.blocks;
	struct back b = {.s = s, .c = c, .act = w->act[2 * pool + 1], .to = s->sums, .pool = pool};
	int16_t point[NN_CONV_ROWS];

	for (int r = 0; r < SLICE * w->size; r++) {
		for (int i = 0; i < w->size; i++)
			point[i] = (int16_t)(r % w->size * w->size + i);
		const int32_t *acc = s->sums + (size_t)r * (size_t)(w->size * c);
		mask_piece(&b, &(struct nn_conv_rows){.acc = acc, .board = r / w->size, .point = point, .rows = w->size, .channels = c});
	}
	return b.most;
}

/* ---- layers ---- */

/* The layers that give logits see their gradients unrounded (Q20).  row: where in x the rows of ci are that it read; out: rows
 * of ci, gradient of x at exponent OUT_Q + the layer's. */
static void logits_back(struct slice *s, int layer, const int32_t *g, const uint8_t *x, const int32_t *row, int rows, int32_t *out)
{
	const struct nn_layer *l = &s->net->layer[layer];
	int ci = l->info.ci, co = l->info.co, exp = OUT_Q + in_exp(s, &l->info);
	int64_t dw[NN_GLOBAL_OUT * NN_HEAD_MAX] = {0}, db[NN_GLOBAL_OUT] = {0};

	s->k->logits_back(&(struct nn_logits_back){
	    .g = g, .w = l->weight, .x = x, .row = row, .rows = rows, .ci = ci, .co = co, .out = out, .dw = dw,
	});
	for (int r = 0; r < rows; r++)
		for (int o = 0; o < co; o++)
			db[o] += g[r * co + o];
	for (int i = 0; i < co * ci; i++)
		add_sum(s, &s->grads.layer[layer].w[i], dw[i], exp);
	for (int o = 0; o < co; o++)
		add_sum(s, &s->grads.layer[layer].bias[o], db[o], OUT_Q);
}

/* fc2, fc1: leaves the gradient of the pooled h in s->vec_sums; returns its exponent. */
static int global_back(struct slice *s)
{
	const struct nn_shape *shape = &s->w->shape;
	int fc2 = nn_head_layer(shape, 3), fc1 = nn_head_layer(shape, 2), v = 2 * shape->blocks + 2;

	for (int r = 0; r < SLICE; r++)
		s->back_row[r] = r * shape->head;
	logits_back(s, fc2, s->global_grad, s->w->act[v], s->back_row, SLICE, s->vec);
	s->k->mask_rows(s->vec, &(struct nn_mask_rows){
	    .acc = s->vec, .rows = SLICE, .c = shape->head, .act = s->w->act[v], .from = s->back_row, .to = s->back_row,
	});
	int exp = round_vectors(s, s->vec, SLICE * shape->head, OUT_Q + s->net->layer[fc2].exp);
	vector_wgrad(s, fc1, s->w->pool[shape->blocks], exp);
	return vector_dgrad(s, fc1, exp);
}

/* Leaves the trunk's first gradient; returns its largest magnitude. */
static uint32_t head_back(struct slice *s)
{
	const struct nn_shape *shape = &s->w->shape;
	const struct nn_work *w = s->w;
	int a = 2 * shape->blocks, head = nn_head_layer(shape, 0), points = nn_head_layer(shape, 1);
	int exp = OUT_Q + s->net->layer[points].exp;
	uint32_t most;

	for (int r = 0; r < SLICE * w->points; r++)
		s->head_row[r] = w->row[r] * shape->head;
	logits_back(s, points, s->point_grad, w->act[a + 1], s->head_row, SLICE * w->points, s->sums);
	share_pool(s, shape->blocks, shape->head, global_back(s), exp);
	exp = round_board(s, s->sums, shape->head, mask_head(s), exp);
	board_wgrad(s, head, w->act[a], exp);
	memset(s->trunk_grad, 0, (size_t)(SLICE * w->points * shape->channels) * sizeof *s->trunk_grad);
	board_dgrad(s, head, a, -1, s->trunk_grad, exp, &most);
	return most;
}

/* The pooled branch of a block: s->g8 has the gradient of the trunk it was added to. */
static int pool_back(struct slice *s, int block, int exp)
{
	const struct nn_work *w = s->w;
	int c = w->shape.channels, layer = nn_block_layer(block, 2);
	size_t n = (size_t)(w->padded * c);

	memset(s->vec, 0, (size_t)(SLICE * c) * sizeof *s->vec);
	for (int i = 0; i < SLICE; i++)
		s->k->sum_points(s->vec + i * c, s->g8 + (size_t)i * n, w->size, c);
	exp = round_vectors(s, s->vec, SLICE * c, exp);
	vector_wgrad(s, layer, w->pool[block], exp);
	return vector_dgrad(s, layer, exp);
}

/* most: the largest magnitude of the trunk's gradient; returns the next. */
static uint32_t block_back(struct slice *s, int block, uint32_t most)
{
	const struct nn_work *w = s->w;
	int c = w->shape.channels, a = 2 * block, b = a + 1;
	int conv1 = nn_block_layer(block, 0), conv2 = nn_block_layer(block, 1);

	int exp = round_board(s, s->trunk_grad, c, most, TRUNK_GRAD_Q);
	board_wgrad(s, conv2, w->act[b], exp);
	profile_enter(s->k->profile, PROFILE_POOL_BACK);
	share_pool(s, block, c, pool_back(s, block, exp), exp + s->net->layer[conv2].exp);
	profile_enter(s->k->profile, PROFILE_GRADIENTS);
	exp = board_dgrad(s, conv2, b, block, s->sums, exp, &most);
	exp = round_board(s, s->sums, c, most, exp);
	board_wgrad(s, conv1, w->act[a], exp);
	board_dgrad(s, conv1, a, -1, s->trunk_grad, exp, &most);
	return most;
}

void train_backward(struct slice *s)
{
	const struct nn_work *w = s->w;

	s->g8_channels = 0;
	profile_enter(s->k->profile, PROFILE_HEAD_BACK);
	uint32_t most = head_back(s);
	profile_enter(s->k->profile, PROFILE_GRADIENTS);
	for (int block = w->shape.blocks - 1; block >= 0; block--)
		most = block_back(s, block, most);
	int exp = round_board(s, s->trunk_grad, w->shape.channels, most, TRUNK_GRAD_Q);
	board_wgrad(s, NN_STEM, w->in, exp);
}
