/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix products, by definition.  A quad is four consecutive k of one output channel; packed weights hold, for
 * each block of 16 output channels and each quad, 16 * 4 bytes. */
#include "nn/kernels_int.h"

enum { BLOCK = 16 };

/* acc[o] = sum over t, j of x[tap[t] + j] * w(o, t * ci + j), for the 16 channels of one block, w its first quad.
 * |acc| <= 9 * 1024 * 127 * 127 < 2^28, after every addition. */
static void row_u8(int32_t *restrict acc, const uint8_t *x, const struct nn_mm *m, const int8_t *w)
{
	int32_t sum[BLOCK] = {0};
	for (int t = 0; t < m->taps; t++)
		for (int j = 0; j < m->ci; j += 4, w += BLOCK * 4) {
			const uint8_t *v = x + m->tap[t] + j;
			for (int o = 0; o < BLOCK; o++)
				sum[o] +=
				    v[0] * w[4 * o] + v[1] * w[4 * o + 1] + v[2] * w[4 * o + 2] + v[3] * w[4 * o + 3];
		}
	for (int o = 0; o < BLOCK; o++)
		acc[o] = sum[o];
}

static void row_s8(int32_t *restrict acc, const int8_t *x, const struct nn_mm *m, const int8_t *w)
{
	int32_t sum[BLOCK] = {0};
	for (int t = 0; t < m->taps; t++)
		for (int j = 0; j < m->ci; j += 4, w += BLOCK * 4) {
			const int8_t *v = x + m->tap[t] + j;
			for (int o = 0; o < BLOCK; o++)
				sum[o] +=
				    v[0] * w[4 * o] + v[1] * w[4 * o + 1] + v[2] * w[4 * o + 2] + v[3] * w[4 * o + 3];
		}
	for (int o = 0; o < BLOCK; o++)
		acc[o] = sum[o];
}

void nn_mm_u8_c(const struct nn_mm *m)
{
	const uint8_t *x = m->x;
	for (int i = 0; i < m->rows; i++)
		for (int o = 0; o < m->co; o += BLOCK)
			row_u8(m->acc + (size_t)i * m->co + o, x + m->row[i], m, m->w + (size_t)o * m->taps * m->ci);
}

void nn_mm_s8_c(const struct nn_mm *m)
{
	const int8_t *x = m->x;
	for (int i = 0; i < m->rows; i++)
		for (int o = 0; o < m->co; o += BLOCK)
			row_s8(m->acc + (size_t)i * m->co + o, x + m->row[i], m, m->w + (size_t)o * m->taps * m->ci);
}
