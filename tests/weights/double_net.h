/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leela-zero's net in double precision, written from docs/formats/leela-net.md ("What it was made from") alone and sharing
 * nothing with src/weights: it keeps that program's own order of points (from the bottom left), its kernels as they lie
 * in the file, and batch norm as a step of its own. */
#ifndef MIAI_TESTS_WEIGHTS_DOUBLE_NET_H
#define MIAI_TESTS_WEIGHTS_DOUBLE_NET_H

#include "../test.h"

#include <math.h>

enum { DOUBLE_LINES = 400 };

struct double_net {
	int version, lines, filters, blocks, size, hidden;
	double *line[DOUBLE_LINES]; /* from the second line on */
	int count[DOUBLE_LINES];
};

static void double_net_read(struct double_net *d, const char *text)
{
	memset(d, 0, sizeof *d);
	d->version = (int)strtol(text, NULL, 10);
	for (const char *p = strchr(text, '\n'); p && p[1]; p = strchr(p + 1, '\n')) {
		size_t cap = 0, n = 0;
		double *v = NULL;
		for (const char *q = p + 1; *q && *q != '\n'; n++) {
			char *end;
			if (n == cap) {
				cap = cap ? 2 * cap : 64;
				v = realloc(v, cap * sizeof *v);
			}
			v[n] = strtod(q, &end);
			q = end + strspn(end, " ");
		}
		d->line[d->lines] = v;
		d->count[d->lines++] = (int)n;
	}
	d->blocks = (d->lines + 1 - 19) / 8;
	d->filters = d->count[1];
	int heads = 4 + 8 * d->blocks;
	d->size = (int)(sqrt(d->count[heads + 5] - 1) + 0.5);
	d->hidden = d->count[heads + 11];
}

static void double_net_release(struct double_net *d)
{
	for (int i = 0; i < d->lines; i++)
		free(d->line[i]);
}

/* [channel][y][x]; out = batchnorm(conv(in)), kernels of side by side. */
static void double_conv(const struct double_net *d, int line, const double *in, int ci, double *out, int co, int side)
{
	int n = d->size, half = side / 2;
	const double *w = d->line[line], *bias = d->line[line + 1], *mean = d->line[line + 2], *var = d->line[line + 3];
	for (int o = 0; o < co; o++)
		for (int y = 0; y < n; y++)
			for (int x = 0; x < n; x++) {
				double sum = 0;
				for (int i = 0; i < ci; i++)
					for (int ky = 0; ky < side; ky++)
						for (int kx = 0; kx < side; kx++) {
							int yy = y + ky - half, xx = x + kx - half;
							if (yy >= 0 && yy < n && xx >= 0 && xx < n)
								sum += w[((o * ci + i) * side + ky) * side + kx] * in[(i * n + yy) * n + xx];
						}
				out[(o * n + y) * n + x] = (sum - (mean[o] - bias[o])) / sqrt(var[o] + 1e-5);
			}
}

static void double_relu(double *x, int n)
{
	for (int i = 0; i < n; i++)
		x[i] = x[i] > 0 ? x[i] : 0;
}

static void double_dense(const struct double_net *d, int line, const double *in, int ins, double *out, int outs)
{
	for (int o = 0; o < outs; o++) {
		out[o] = d->line[line + 1][o];
		for (int i = 0; i < ins; i++)
			out[o] += d->line[line][o * ins + i] * in[i];
	}
}

/* planes: 18 of them, [plane][y][x] from the bottom left.  policy: logits of the points in that order, and of the pass.
 * Returns the value before tanh. */
static double double_net_evaluate(const struct double_net *d, const double *planes, double *policy)
{
	int p = d->size * d->size, f = d->filters, heads = 4 + 8 * d->blocks;
	double *x = malloc((size_t)(f * p) * sizeof *x), *b = malloc((size_t)(f * p) * sizeof *x),
	       *c = malloc((size_t)(f * p) * sizeof *x), two[2 * 361], one[361], hidden[1024], value;
	double_conv(d, 0, planes, 18, x, f, 3);
	double_relu(x, f * p);
	for (int i = 0; i < d->blocks; i++) {
		double_conv(d, 4 + 8 * i, x, f, b, f, 3);
		double_relu(b, f * p);
		double_conv(d, 8 + 8 * i, b, f, c, f, 3);
		for (int k = 0; k < f * p; k++)
			x[k] += c[k];
		double_relu(x, f * p);
	}
	double_conv(d, heads, x, f, two, 2, 1);
	double_relu(two, 2 * p);
	double_dense(d, heads + 4, two, 2 * p, policy, p + 1);
	double_conv(d, heads + 6, x, f, one, 1, 1);
	double_relu(one, p);
	double_dense(d, heads + 10, one, p, hidden, d->hidden);
	double_relu(hidden, d->hidden);
	double_dense(d, heads + 12, hidden, d->hidden, &value, 1);
	free(x);
	free(b);
	free(c);
	return value;
}

#endif
