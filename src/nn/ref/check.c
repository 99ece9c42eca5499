/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact checks of the products, modulo 2^32, and of bytes that lie in memory. */
#include "nn/guard.h"
#include "nn/net.h"

#include <string.h>

enum { POINTS_MAX = 361, QUAD = 4, INPUTS_MAX = 1024 };

/* Sum of n <= 1024 products of |x| <= 127 with |s| <= 32512, in pieces of 256 that stay below 2^30.1. */
#define DOT(name, type)                                                                                                \
	static uint32_t name(const type *x, const int16_t *s, int n)                                                   \
	{                                                                                                              \
		uint32_t all = 0;                                                                                      \
		for (int from = 0; from < n; from += 256) {                                                            \
			const int to = n - from < 256 ? n : from + 256;                                                \
			int32_t sum = 0;                                                                               \
			for (int j = from; j < to; j++)                                                                \
				sum += (int16_t)x[j] * s[j];                                                           \
			all += (uint32_t)sum;                                                                          \
		}                                                                                                      \
		return all;                                                                                            \
	}
DOT(dot_u8, uint8_t)
DOT(dot_s8, int8_t)

static uint32_t sum_of(const int32_t *acc, int n)
{
	uint32_t sum = 0;
	for (int o = 0; o < n; o++)
		sum += (uint32_t)acc[o];
	return sum;
}

/* Outputs first .. first + NN_SUM_OUTPUTS - 1 of all rows. */
#define CHECK_GROUP(name, type, dot)                                                                                   \
	static int name(const struct nn_mm *m, const int16_t *sum, int first)                                          \
	{                                                                                                              \
		const int n = m->co - first < NN_SUM_OUTPUTS ? m->co - first : NN_SUM_OUTPUTS;                         \
		for (int r = 0; r < m->rows; r++) {                                                                    \
			const type *x = (const type *)m->x + m->row[r];                                                \
			uint32_t want = 0;                                                                             \
			for (int t = 0; t < m->taps; t++)                                                              \
				want += dot(x + m->tap[t], sum + (ptrdiff_t)t * m->ci, m->ci);                         \
			if (want != sum_of(m->acc + (ptrdiff_t)r * m->co + first, n))                                  \
				return r;                                                                              \
		}                                                                                                      \
		return -1;                                                                                             \
	}
CHECK_GROUP(group_u8, uint8_t, dot_u8)
CHECK_GROUP(group_s8, int8_t, dot_s8)

int nn_check_mm_u8(const struct nn_mm *m, const int16_t *sum)
{
	int bad = -1;
	for (int o = 0; o < m->co && bad < 0; o += NN_SUM_OUTPUTS, sum += m->taps * m->ci)
		bad = group_u8(m, sum, o);
	return bad;
}

int nn_check_mm_s8(const struct nn_mm *m, const int16_t *sum)
{
	int bad = -1;
	for (int o = 0; o < m->co && bad < 0; o += NN_SUM_OUTPUTS, sum += m->taps * m->ci)
		bad = group_s8(m, sum, o);
	return bad;
}

/* sum[i][b] = sum of g over the outputs, |sum| <= 256 * 127, at each point of one four of positions. */
static void output_sums(const struct nn_wgrad *g, int q, int16_t (*sum)[QUAD])
{
	for (int i = 0; i < g->points; i++) {
		const int8_t *at = g->g + ((ptrdiff_t)q * g->padded + g->point[i]) * g->co * QUAD;
		int32_t s[QUAD] = {0};
		for (int o = 0; o < g->co; o++)
			for (int b = 0; b < QUAD; b++)
				s[b] += at[o * QUAD + b];
		for (int b = 0; b < QUAD; b++)
			sum[i][b] = (int16_t)s[b];
	}
}

/* want[j] += sum over b of s[b] * x[j][b]: four products below 2^24. */
static void add_point(uint32_t *restrict want, const int16_t *s, const uint8_t *x, int ci)
{
	const int s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3];
	for (int j = 0; j < ci; j++)
		want[j] += (uint32_t)(s0 * x[4 * j] + s1 * x[4 * j + 1] + s2 * x[4 * j + 2] + s3 * x[4 * j + 3]);
}

/* Takes the sums over outputs off what they should be; returns the first that was not, or -1. */
static int check_columns(uint32_t *want, const int32_t *dw, int taps, int co, int ci)
{
	for (int t = 0; t < taps; t++)
		for (int o = 0; o < co; o++)
			for (int j = 0; j < ci; j++)
				want[t * ci + j] -= (uint32_t)dw[((ptrdiff_t)t * co + o) * ci + j];
	for (int j = 0; j < taps * ci; j++)
		if (want[j])
			return j;
	return -1;
}

int nn_check_wgrad(const struct nn_wgrad *g)
{
	int16_t sum[POINTS_MAX][QUAD];
	uint32_t want[9 * INPUTS_MAX] = {0};

	for (int q = 0; q < g->quads; q++) {
		output_sums(g, q, sum);
		for (int t = 0; t < g->taps; t++)
			for (int i = 0; i < g->points; i++) {
				ptrdiff_t at = (ptrdiff_t)q * g->padded + g->point[i] + g->tap[t];
				add_point(want + t * g->ci, sum[i], g->x + at * g->ci * QUAD, g->ci);
			}
	}
	return check_columns(want, g->dw, g->taps, g->co, g->ci);
}

/* Sum of g over the outputs at each point of the boards: board after board, points in order. */
static int16_t point_sum(const struct nn_wgrad3 *g, ptrdiff_t at)
{
	int32_t s = 0;
	for (int o = 0; o < g->co; o++)
		s += g->g[at * g->co + o];
	return (int16_t)s;
}

/* want[j] += s * x[j]: products below 2^22. */
static void add_taps(uint32_t *restrict want, int s, const uint8_t *x, int line, int ci)
{
	for (int t = 0; t < 9; t++) {
		const uint8_t *at = x + (ptrdiff_t)((t / 3 - 1) * line + t % 3 - 1) * ci;
		for (int j = 0; j < ci; j++)
			want[t * ci + j] += (uint32_t)(s * at[j]);
	}
}

int nn_check_wgrad3(const struct nn_wgrad3 *g)
{
	uint32_t want[9 * INPUTS_MAX] = {0};
	const int size = g->size;

	for (int i = 0; i < g->boards; i++)
		for (int p = 0; p < size * size; p++) {
			ptrdiff_t at = (ptrdiff_t)i * nn_padded(size) + nn_padded_index(size, p / size, p % size);
			add_taps(want, point_sum(g, at), g->x + at * g->ci, size + 1, g->ci);
		}
	return check_columns(want, g->dw, 9, g->co, g->ci);
}

uint64_t nn_words(const void *p, size_t n)
{
	const uint8_t *b = p;
	const size_t whole = n / 4 * 4;
	uint64_t sum = 0;
	uint32_t w;
	for (size_t i = 0; i < whole; i += 4) {
		memcpy(&w, b + i, sizeof w);
		sum += w;
	}
	w = 0;
	memcpy(&w, b + whole, n - whole);
	return sum + w;
}
