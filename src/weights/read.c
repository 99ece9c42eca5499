/* SPDX-License-Identifier: GPL-3.0-or-later */
/* leela-zero's text: numbers by line, then layers. */
#include "weights/weights_int.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	LINES_MAX = 19 + 8 * NN_LEELA_BLOCKS_MAX,
	CONV_LINES = 4, /* weights, biases, means, variances */
};

/* The numbers of all lines but the first, one after another. */
struct text {
	float *v;
	size_t n, cap;
	size_t start[LINES_MAX + 1]; /* of each line in v, and the end of the last */
	int lines, version;
	const uint8_t *p, *end;
};

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* m * 10^e, within a few units in the last place of a double: more than a float asks for. */
static double scaled(double m, int e)
{
	static const double power[] = {1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256};
	unsigned n = e < 0 ? 0u - (unsigned)e : (unsigned)e;
	for (int i = 0; i < 9; i++)
		if (n >> i & 1)
			m = e < 0 ? m / power[i] : m * power[i];
	return m;
}

static int read_exponent(const uint8_t **at, const uint8_t *end)
{
	const uint8_t *p = *at;
	int v = 0;
	bool minus = p < end && *p == '-';
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	if (p == end || !digit(*p))
		return 0; /* the "e" is then left to be complained about */
	for (; p < end && digit(*p); p++)
		v = v < 10000 ? v * 10 + (*p - '0') : v;
	*at = p;
	return minus ? -v : v;
}

/* One decimal number; false where there is none.  Digits beyond the 18th only count by their place. */
static bool read_number(const uint8_t **at, const uint8_t *end, double *out)
{
	const uint8_t *p = *at;
	bool minus = p < end && *p == '-', point = false, some = false;
	uint64_t m = 0;
	int e = 0, digits = 0;
	if (p < end && (*p == '-' || *p == '+'))
		p++;
	for (; p < end && (digit(*p) || (*p == '.' && !point)); p++) {
		if (*p == '.') {
			point = true;
			continue;
		}
		some = true;
		bool counts = digits < 18;
		if (counts)
			m = m * 10 + (uint64_t)(*p - '0');
		digits += m > 0;
		e += (int)!counts - (int)point;
	}
	if (some && end - p >= 2 && (*p == 'e' || *p == 'E')) {
		const uint8_t *q = p + 1;
		e += read_exponent(&q, end);
		p = q > p + 1 ? q : p;
	}
	e = e > 500 ? 500 : e < -500 ? -500 : e;
	*out = (minus ? -1 : 1) * scaled((double)m, m ? e : 0);
	*at = p;
	return some;
}

static bool blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static int shown(const struct text *t)
{
	ptrdiff_t n = 0;
	while (n < t->end - t->p && n < 20 && t->p[n] > ' ' && t->p[n] < 127)
		n++;
	return (int)n;
}

static int keep(struct text *t, double v, struct err *e)
{
	if (t->n == WEIGHTS_NUMBERS_MAX)
		return err_set(e, ERR_FORMAT, "weights: line %d: more than %d numbers, which no net has", t->lines + 2,
		               WEIGHTS_NUMBERS_MAX);
	if (t->n == t->cap) {
		size_t cap = t->cap ? 2 * t->cap : 1 << 16;
		float *more = realloc(t->v, cap * sizeof *more);
		if (!more)
			return err_set(e, ERR_MEMORY, "weights: no memory for the numbers");
		t->v = more;
		t->cap = cap;
	}
	t->v[t->n++] = (float)v;
	return 0;
}

/* The numbers of one line. */
static int read_line(struct text *t, struct err *e)
{
	size_t first = t->n;
	for (; t->p < t->end && *t->p != '\n';) {
		double v;
		if (blank(*t->p)) {
			t->p++;
			continue;
		}
		const uint8_t *from = t->p;
		bool number = read_number(&t->p, t->end, &v) && (t->p == t->end || blank(*t->p) || *t->p == '\n');
		if (!number) {
			t->p = from;
			return err_set(e, ERR_FORMAT, "weights: line %d: number %zu is \"%.*s\", not a decimal number", t->lines + 2,
			               t->n - first + 1, shown(t), (const char *)from);
		}
		if (!(fabs(v) <= 3e38)) {
			t->p = from;
			return err_set(e, ERR_FORMAT, "weights: line %d: number %zu, %.*s, is beyond what a float holds",
			               t->lines + 2, t->n - first + 1, shown(t), (const char *)from);
		}
		int rc = keep(t, v, e);
		if (rc)
			return rc;
	}
	return 0;
}

static int read_version(struct text *t, struct err *e)
{
	double v = 0;
	while (t->p < t->end && blank(*t->p))
		t->p++;
	const uint8_t *from = t->p;
	bool ok = read_number(&t->p, t->end, &v) && (v == 1 || v == 2);
	while (ok && t->p < t->end && blank(*t->p))
		t->p++;
	t->version = ok ? (int)v : 0;
	if (ok && t->p < t->end && *t->p == '\n')
		return 0;
	t->p = from;
	return err_set(e, ERR_FORMAT, "weights: line 1 is \"%.*s\", not the version 1 or 2: not a weights file of leela-zero",
	               shown(t), (const char *)from);
}

static int read_text(struct text *t, struct err *e)
{
	int rc = read_version(t, e);
	while (rc == 0 && t->p < t->end) {
		t->p++; /* the line's end */
		size_t before = t->n;
		rc = read_line(t, e);
		if (rc == 0 && t->n == before) { /* empty lines at the end do no harm; others make the count wrong */
			while (t->p < t->end && (blank(*t->p) || *t->p == '\n'))
				t->p++;
			if (t->p < t->end)
				return err_set(e, ERR_FORMAT, "weights: line %d is empty", t->lines + 2);
			break;
		}
		if (rc == 0 && t->lines == LINES_MAX - 1)
			return err_set(e, ERR_FORMAT, "weights: more than %d lines: no net that is known has so many blocks", LINES_MAX);
		if (rc == 0)
			t->start[++t->lines] = t->n;
	}
	return rc;
}

static size_t count(const struct text *t, int line)
{
	return t->start[line + 1] - t->start[line];
}

static int expect(const struct text *t, int line, size_t want, const char *what, struct err *e)
{
	if (count(t, line) == want)
		return 0;
	return err_set(e, ERR_FORMAT, "weights: line %d, %s, has %zu numbers, and %zu were expected", line + 2, what,
	               count(t, line), want);
}

static int expect_conv(const struct text *t, int line, size_t weights, size_t out, struct err *e)
{
	int rc = expect(t, line, weights, "the weights of a convolution", e);
	if (!rc)
		rc = expect(t, line + 1, out, "its biases", e);
	if (!rc)
		rc = expect(t, line + 2, out, "its means", e);
	return rc ? rc : expect(t, line + 3, out, "its variances", e);
}

/* Everything must fit what lines 3 and the heads' biases say of filters, points and hidden units. */
static int find_shape(const struct text *t, struct nn_leela_shape *s, struct err *e)
{
	int blocks = (t->lines + 1 - 19) / 8, heads = CONV_LINES * (1 + 2 * blocks);
	if (t->lines + 1 < 27 || (t->lines + 1 - 19) % 8)
		return err_set(e, ERR_FORMAT, "weights: %d lines; a net of B blocks has 19 + 8 B (a file cut short?)", t->lines + 1);
	size_t f = count(t, 1), actions = count(t, heads + 5), h = count(t, heads + 11);
	int size = 1;
	while (size <= NN_LEELA_SIZE_MAX && (size_t)(size * size + 1) != actions)
		size++;
	size_t p = (size_t)(size * size);
	if (f < 1 || f > NN_LEELA_FILTERS_MAX || h < 1 || h > NN_LEELA_HIDDEN_MAX || size < 2 || size > NN_LEELA_SIZE_MAX)
		return err_set(e, ERR_FORMAT,
		               "weights: %zu filters, %zu moves and %zu hidden units; up to %d, the points of a square board of 2 "
		               "to 19 and the pass, and up to %d can be imported",
		               f, actions, h, NN_LEELA_FILTERS_MAX, NN_LEELA_HIDDEN_MAX);
	*s = (struct nn_leela_shape){size, blocks, (int)f, (int)h, t->version == 2};
	int rc = expect_conv(t, 0, f * NN_LEELA_PLANES * 9, f, e);
	for (int i = 0; i < 2 * blocks && !rc; i++)
		rc = expect_conv(t, CONV_LINES * (1 + i), f * f * 9, f, e);
	if (!rc)
		rc = expect_conv(t, heads, 2 * f, 2, e);
	if (!rc)
		rc = expect(t, heads + 4, 2 * p * (p + 1), "the policy's dense weights", e);
	if (!rc)
		rc = expect_conv(t, heads + 6, f, 1, e);
	if (!rc)
		rc = expect(t, heads + 10, h * p, "the value's first dense weights", e);
	if (!rc)
		rc = expect(t, heads + 12, h, "the value's second dense weights", e);
	return rc ? rc : expect(t, heads + 13, 1, "the value's last bias", e);
}

/* Four lines as outputs at..at+n-1 of a convolution of kernels of `side` by `side`: batch norm folded in, and turned over,
 * for row 0 of their kernels is below. */
static int fold(const struct text *t, int line, struct weights_conv *c, int at, int n, int side, struct err *e)
{
	const float *w = t->v + t->start[line], *bias = t->v + t->start[line + 1], *mean = t->v + t->start[line + 2],
		    *var = t->v + t->start[line + 3];
	int taps = side * side;
	for (int o = 0; o < n; o++) {
		if (var[o] < 0)
			return err_set(e, ERR_FORMAT, "weights: line %d: variance %d is negative", line + 5, o + 1);
		double sd = sqrt((double)var[o] + 1e-5);
		c->bias[at + o] = (float)(((double)bias[o] - (double)mean[o]) / sd);
		for (int i = 0; i < c->ci; i++)
			for (int k = 0; k < taps; k++) {
				int tap = (side - 1 - k / side) * side + k % side;
				c->w[(tap * c->ci + i) * c->co + at + o] = (float)((double)w[(o * c->ci + i) * taps + k] / sd);
			}
	}
	return 0;
}

/* A dense layer of `planes` boards in and, where `board`, one and a pass out. */
static void turn(const struct text *t, int line, struct weights_dense *d, int size, int planes, bool board)
{
	const float *w = t->v + t->start[line];
	int p = size * size;
	memcpy(d->bias, t->v + t->start[line + 1], (size_t)d->out * sizeof(float));
	for (int o = 0; o < d->out; o++)
		for (int i = 0; i < d->in; i++) {
			int to = i, out = o;
			if (planes)
				to = i / p * p + (size - 1 - i % p / size) * size + i % size;
			if (board && o < p)
				out = (size - 1 - o / size) * size + o % size;
			d->w[to * d->out + out] = w[o * d->in + i];
		}
	for (int o = 0; board && o < p; o++)
		d->bias[(size - 1 - o / size) * size + o % size] = t->v[t->start[line + 1] + (size_t)o];
}

static int fill(const struct text *t, struct weights *w, struct err *e)
{
	const struct nn_leela_shape *s = &w->shape;
	int heads = CONV_LINES * w->convs, rc = 0;
	for (int i = 0; i < w->convs && !rc; i++)
		rc = fold(t, CONV_LINES * i, &w->conv[i], 0, s->filters, 3, e);
	/* The head's two convolutions are one dense layer at every point. */
	struct weights_dense *head = &w->dense[NN_LEELA_HEAD];
	struct weights_conv both = {.ci = head->in, .co = head->out, .taps = 1, .w = head->w, .bias = head->bias};
	if (!rc)
		rc = fold(t, heads, &both, 0, 2, 1, e);
	if (!rc)
		rc = fold(t, heads + 6, &both, 2, 1, 1, e);
	if (rc)
		return rc;
	turn(t, heads + 4, &w->dense[NN_LEELA_POLICY], s->size, 2, true);
	turn(t, heads + 10, &w->dense[NN_LEELA_VALUE1], s->size, 1, false);
	turn(t, heads + 12, &w->dense[NN_LEELA_VALUE2], s->size, 0, false);
	return 0;
}

struct weights *weights_read(const void *p, size_t n, struct err *e)
{
	struct text t = {.p = p, .end = (const uint8_t *)p + n};
	struct nn_leela_shape s;
	struct weights *w = NULL;
	int rc = read_text(&t, e);
	if (rc == 0)
		rc = find_shape(&t, &s, e);
	if (rc == 0) {
		w = weights_new(&s, e);
		rc = w ? fill(&t, w, e) : ERR_MEMORY;
	}
	free(t.v);
	if (rc) {
		weights_free(w);
		return NULL;
	}
	w->source = sha256_of(p, n);
	return w;
}
