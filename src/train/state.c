/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state of training: allocation, initial weights, distance. */
#include "base/fixed.h"
#include "base/rng.h"
#include "train/train_int.h"

#include <stdlib.h>
#include <string.h>

/* floor(log2(127 / (4 * sqrt(2 / n)))): the largest e with 2^(2e) * 32 <= 127^2 * n. */
static int start_exp(int n)
{
	int e = 0;

	while ((INT64_C(32) << (2 * (e + 1))) <= INT64_C(16129) * n)
		e++;
	return e;
}

/* Fan-in sets the exponent; t^2 = 2 / (fan-in * blocks), so t in Q24 is sqrt(2^49 / ...). */
static int layer_alloc(struct train_layer *l, const struct nn_shape *s, int i)
{
	l->info = nn_layer_info(s, i);
	l->k = l->info.taps * l->info.ci;
	l->weights = l->k * l->info.co;
	l->m_exp = start_exp(l->k) + 16;
	l->t = (int32_t)fx_isqrt64((UINT64_C(1) << 49) / (uint64_t)(l->k * (l->info.second ? s->blocks : 1)));
	size_t w = (size_t)l->weights, c = (size_t)l->info.co;
	l->m = calloc(w, sizeof *l->m);
	l->vm = calloc(w, sizeof *l->vm);
	l->bias = calloc(c, sizeof *l->bias);
	l->vbias = calloc(c, sizeof *l->vbias);
	if (!l->m || !l->vm || !l->bias || !l->vbias)
		return ERR_MEMORY;
	if (l->info.kind != NN_CONV_WS)
		return 0;
	l->gain = calloc(c, sizeof *l->gain);
	l->vgain = calloc(c, sizeof *l->vgain);
	return l->gain && l->vgain ? 0 : ERR_MEMORY;
}

struct train_state *train_state_alloc(const struct nn_shape *shape, struct err *e)
{
	if (nn_shape_check(shape, e))
		return NULL;
	struct train_state *t = calloc(1, sizeof *t);
	if (!t) {
		err_set(e, ERR_MEMORY, "out of memory for training");
		return NULL;
	}
	t->shape = *shape;
	t->layers = nn_layer_count(shape);
	t->acts = nn_act_count(shape);
	for (int i = 0; i < t->acts; i++)
		t->act_exp[i] = NN_ACT_EXP_INIT;
	for (int i = 0; i < t->layers; i++)
		if (layer_alloc(&t->layer[i], shape, i)) {
			train_free(t);
			err_set(e, ERR_MEMORY, "out of memory for training");
			return NULL;
		}
	return t;
}

void train_free(struct train_state *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->layers; i++) {
		struct train_layer *l = &t->layer[i];
		free(l->m);
		free(l->vm);
		free(l->bias);
		free(l->vbias);
		free(l->gain);
		free(l->vgain);
	}
	free(t);
}

/* Normal weights of deviation sqrt(2 / fan-in), clamped to what a master holds. */
static void draw_weights(struct train_layer *l, uint64_t key)
{
	int32_t sd = (int32_t)fx_isqrt64((UINT64_C(1) << 49) / (uint64_t)l->k); /* Q24 */
	uint32_t bits[12];

	for (int i = 0; i < l->weights; i++) {
		for (int b = 0; b < 12; b++)
			bits[b] = (uint32_t)(rng_at(key, (uint64_t)i * 12 + (uint64_t)b) >> 32);
		int64_t m = fx_rshift64((int64_t)fx_normal_q16(bits) * sd, 16 + PARAM_Q - l->m_exp);
		l->m[i] = (int32_t)fx_clamp64(m, -MASTER_MAX, MASTER_MAX);
	}
}

/* Layers whose output is the trunk's pooled branch or a logit start at zero: the first net plays an even policy
 * and calls every position even. */
static bool starts_at_zero(const struct train_state *t, int i)
{
	return (t->layer[i].info.pooled && i < 1 + 3 * t->shape.blocks) || i == nn_head_layer(&t->shape, 1) ||
	       i == nn_head_layer(&t->shape, 3);
}

struct train_state *train_new(const struct nn_shape *shape, uint64_t seed, struct err *e)
{
	struct train_state *t = train_state_alloc(shape, e);
	if (!t)
		return NULL;
	uint64_t key = rng_key(seed, RNG_INIT);
	for (int i = 0; i < t->layers; i++) {
		struct train_layer *l = &t->layer[i];
		if (!starts_at_zero(t, i))
			draw_weights(l, rng_key(key, (uint64_t)i));
		for (int c = 0; l->gain && c < l->info.co; c++)
			l->gain[c] = 1 << PARAM_Q;
	}
	return t;
}

uint64_t train_step_number(const struct train_state *t)
{
	return t->step;
}

void train_restart(struct train_state *t)
{
	t->step = 0;
}

const struct nn_shape *train_shape(const struct train_state *t)
{
	return &t->shape;
}

void train_state_arrays(struct train_state *t, state_array_fn *fn, void *ctx)
{
	for (int i = 0; i < t->layers; i++) {
		struct train_layer *l = &t->layer[i];
		fn(ctx, l->m, l->weights, MASTER_MAX);
		fn(ctx, l->vm, l->weights, MOMENTUM_MAX);
		fn(ctx, l->bias, l->info.co, BIAS_MAX);
		fn(ctx, l->vbias, l->info.co, MOMENTUM_MAX);
		if (!l->gain)
			continue;
		fn(ctx, l->gain, l->info.co, GAIN_MAX);
		fn(ctx, l->vgain, l->info.co, MOMENTUM_MAX);
	}
}

/* The arrays of a layer, and how many bytes each has. */
enum { LAYER_ARRAYS = 6 };
static void layer_arrays(const struct train_layer *l, int32_t *v[LAYER_ARRAYS], size_t n[LAYER_ARRAYS])
{
	size_t w = (size_t)l->weights * sizeof *l->m, c = (size_t)l->info.co * sizeof *l->bias, g = l->gain ? c : 0;

	memcpy(v, (int32_t *[LAYER_ARRAYS]){l->m, l->vm, l->bias, l->vbias, l->gain, l->vgain}, LAYER_ARRAYS * sizeof *v);
	memcpy(n, (size_t[LAYER_ARRAYS]){w, w, c, c, g, g}, LAYER_ARRAYS * sizeof *n);
}

void train_state_copy(struct train_state *to, const struct train_state *from)
{
	int32_t *a[LAYER_ARRAYS], *b[LAYER_ARRAYS];
	size_t n[LAYER_ARRAYS];

	to->step = from->step;
	memcpy(to->act_exp, from->act_exp, sizeof to->act_exp);
	for (int i = 0; i < to->layers; i++) {
		layer_arrays(&to->layer[i], a, n);
		layer_arrays(&from->layer[i], b, n);
		for (int k = 0; k < LAYER_ARRAYS; k++)
			if (n[k])
				memcpy(a[k], b[k], n[k]);
	}
}

bool train_state_same(const struct train_state *x, const struct train_state *y)
{
	int32_t *a[LAYER_ARRAYS], *b[LAYER_ARRAYS];
	size_t n[LAYER_ARRAYS];
	bool same = x->step == y->step && memcmp(x->act_exp, y->act_exp, sizeof x->act_exp) == 0;

	for (int i = 0; i < x->layers; i++) {
		layer_arrays(&x->layer[i], a, n);
		layer_arrays(&y->layer[i], b, n);
		for (int k = 0; k < LAYER_ARRAYS; k++)
			same = same && (!n[k] || memcmp(a[k], b[k], n[k]) == 0);
	}
	return same;
}

/* Largest difference of two arrays of exponent exp, times 2^-24 and rounded up. */
static uint64_t array_distance(const int32_t *a, const int32_t *b, int n, int exp)
{
	uint64_t most = 0;

	for (int i = 0; i < n; i++) {
		int64_t d = (int64_t)a[i] - b[i];
		uint64_t u = (uint64_t)(d < 0 ? -d : d);
		most = u > most ? u : most;
	}
	return exp > PARAM_Q ? (most + (UINT64_C(1) << (exp - PARAM_Q)) - 1) >> (exp - PARAM_Q) : most << (PARAM_Q - exp);
}

int train_distance(const struct train_state *a, const struct train_state *b, uint64_t *out, struct err *e)
{
	if (a->shape.planes != b->shape.planes || a->shape.blocks != b->shape.blocks || a->shape.channels != b->shape.channels ||
	    a->shape.head != b->shape.head)
		return err_set(e, ERR_MISMATCH, "checkpoints of different shapes cannot be compared");
	uint64_t most = 0, d;
	for (int i = 0; i < a->layers; i++) {
		const struct train_layer *x = &a->layer[i], *y = &b->layer[i];
		d = array_distance(x->m, y->m, x->weights, x->m_exp);
		most = d > most ? d : most;
		d = array_distance(x->bias, y->bias, x->info.co, PARAM_Q);
		most = d > most ? d : most;
		d = x->gain ? array_distance(x->gain, y->gain, x->info.co, PARAM_Q) : 0;
		most = d > most ? d : most;
	}
	*out = most;
	return 0;
}
