/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Floats into integers: docs/arithmetic-leela.md, "How the integers are made". */
#include "weights/weights_int.h"

#include <math.h>
#include <stdlib.h>

/* Units of one filter each: a stored 1 stands for so much. */
struct units {
	double trunk[NN_LEELA_FILTERS_MAX], b[NN_LEELA_FILTERS_MAX], a[NN_LEELA_FILTERS_MAX];
	bool finite; /* until a number was not */
};

/* The range to make room for. */
static double room(const struct weights_range *r)
{
	double hi = r->hi, lo = -(double)r->lo / 8;
	hi = hi > lo ? hi : lo;
	return hi > 0 ? hi * 1.25 : 1;
}

static double larger(double a, double b)
{
	return a > b ? a : b;
}

static int64_t rounded(struct units *u, double v, int64_t most)
{
	u->finite &= isfinite(v) != 0;
	if (!(v < (double)most))
		return most;
	return v < -(double)most ? -most : (int64_t)floor(v + 0.5);
}

/* One output's row of weights w[i * step], i < n, times the units of its inputs, and its bias: what one is to stand for. */
static double scale_of(const float *w, int n, int step, const double *unit, int units, double bias, double most, double bias_most)
{
	double peak = 0;
	for (int i = 0; i < n; i++)
		peak = larger(peak, fabs((double)w[(size_t)i * (size_t)step]) * (unit ? unit[i % units] : 1));
	double scale = larger(peak / most, fabs(bias) / bias_most);
	return scale > 1e-300 ? scale : 1;
}

/* From input units in to output units out (raised where multipliers would not fit); old: the trunk's before. */
static void convert_conv(const struct weights_conv *c, struct nn_leela_conv *to, const double *in, double *out,
                         const double *old, struct units *u)
{
	double one = to->keep ? ldexp(1, NN_LEELA_TRUNK_SHIFT) : ldexp(1, NN_LEELA_ACT_SHIFT);
	for (int o = 0; o < c->co; o++) {
		double scale = scale_of(c->w + o, 9 * c->ci, c->co, in, c->ci, c->bias[o], 127, NN_LEELA_BIAS_MAX);
		out[o] = larger(out[o], scale * one / NN_LEELA_MULT_MAX);
		if (old)
			out[o] = larger(out[o], old[o] * one / NN_LEELA_MULT_MAX);
		for (int t = 0; t < 9; t++)
			for (int i = 0; i < c->ci; i++) {
				double w = (double)c->w[(size_t)(t * c->ci + i) * (size_t)c->co + (size_t)o] * (in ? in[i] : 1);
				to->weight[(o * 9 + t) * c->ci + i] = (int8_t)rounded(u, w / scale, 127);
			}
		to->bias[o] = (int32_t)rounded(u, c->bias[o] / scale, NN_LEELA_BIAS_MAX);
		to->mult[o] = (int32_t)rounded(u, scale / out[o] * one, NN_LEELA_MULT_MAX);
		if (old)
			to->keep[o] = (int32_t)rounded(u, old[o] / out[o] * one, NN_LEELA_MULT_MAX);
	}
}

/* out: units of the outputs, NULL where they are logits in Q16.  in: one unit for each `group` inputs. */
static void convert_dense(const struct weights_dense *d, struct nn_leela_dense *to, const double *in, int group, double *out,
                          struct units *u)
{
	double one = ldexp(1, NN_LEELA_SUM_SHIFT + (out ? NN_LEELA_TRUNK_SHIFT : 16 + NN_LEELA_LOGIT_SHIFT));
	for (int o = 0; o < d->out; o++) {
		double peak = fabs((double)d->bias[o]) / (double)NN_LEELA_DENSE_BIAS_MAX;
		for (int i = 0; i < d->in; i++)
			peak = larger(peak, fabs((double)d->w[i * d->out + o]) * in[i / group] / NN_LEELA_TRUNK_MAX);
		double scale = peak > 1e-300 ? peak : 1;
		if (out)
			out[o] = larger(out[o], scale * one / NN_LEELA_MULT_MAX);
		for (int i = 0; i < d->in; i++)
			to->weight[o * d->in + i] =
			    (int16_t)rounded(u, (double)d->w[i * d->out + o] * in[i / group] / scale, NN_LEELA_TRUNK_MAX);
		to->bias[o] = rounded(u, d->bias[o] / scale, NN_LEELA_DENSE_BIAS_MAX);
		to->mult[o] = (int32_t)rounded(u, scale * one / (out ? out[o] : 1), NN_LEELA_MULT_MAX);
	}
}

static void take_units(double *unit, const struct weights_range *r, int n, double most, struct units *u)
{
	for (int i = 0; i < n; i++) {
		unit[i] = room(&r[i]) / most;
		u->finite &= isfinite(unit[i]) != 0;
	}
}

static void convert_tower(const struct weights *w, const struct weights_work *k, struct nn_leela *n, struct units *u)
{
	int f = w->shape.filters;
	take_units(u->trunk, weights_conv_range(k, 0), f, NN_LEELA_TRUNK_MAX, u);
	convert_conv(&w->conv[0], &n->conv[0], NULL, u->trunk, NULL, u);
	for (int c = 1; c < w->convs; c += 2) {
		double old[NN_LEELA_FILTERS_MAX];
		for (int i = 0; i < f; i++) {
			old[i] = u->trunk[i];
			u->a[i] = 256 * old[i];
		}
		take_units(u->b, weights_conv_range(k, c), f, 127, u);
		convert_conv(&w->conv[c], &n->conv[c], u->a, u->b, NULL, u);
		take_units(u->trunk, weights_conv_range(k, c + 1), f, NN_LEELA_TRUNK_MAX, u);
		convert_conv(&w->conv[c + 1], &n->conv[c + 1], u->b, u->trunk, old, u);
	}
}

static void convert_heads(const struct weights *w, const struct weights_work *k, struct nn_leela *n, struct units *u)
{
	double head[3], hidden[NN_LEELA_HIDDEN_MAX];
	int points = w->shape.size * w->shape.size;
	take_units(head, weights_dense_range(k, NN_LEELA_HEAD), 3, NN_LEELA_TRUNK_MAX, u);
	take_units(hidden, weights_dense_range(k, NN_LEELA_VALUE1), w->shape.hidden, NN_LEELA_TRUNK_MAX, u);
	convert_dense(&w->dense[NN_LEELA_HEAD], &n->dense[NN_LEELA_HEAD], u->trunk, 1, head, u);
	convert_dense(&w->dense[NN_LEELA_POLICY], &n->dense[NN_LEELA_POLICY], head, points, NULL, u);
	convert_dense(&w->dense[NN_LEELA_VALUE1], &n->dense[NN_LEELA_VALUE1], head + 2, points, hidden, u);
	convert_dense(&w->dense[NN_LEELA_VALUE2], &n->dense[NN_LEELA_VALUE2], hidden, 1, NULL, u);
}

struct nn_leela *weights_convert(const struct weights *w, const struct weights_work *ranges, struct err *e)
{
	struct units u = {.finite = true};
	struct nn_leela *n = nn_leela_new(&w->shape, e);
	if (!n)
		return NULL;
	convert_tower(w, ranges, n, &u);
	convert_heads(w, ranges, n, &u);
	if (!u.finite) {
		nn_leela_free(n);
		err_set(e, ERR_FORMAT, "weights: the net's activations or weights grow beyond what a float holds: no net to play with");
		return NULL;
	}
	n->source = w->source;
	if (nn_leela_pack(n) == 0)
		return n;
	nn_leela_free(n);
	err_set(e, ERR_MEMORY, "out of memory for a net of %d blocks, %d filters", w->shape.blocks, w->shape.filters);
	return NULL;
}
