/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix products by sdot: s8 times s8, four products added to a 32-bit sum, modulo 2^32.  x in 0..127 is as good
 * a signed byte as x in -127..127, so both products are one. */
#include "nn/arm/arm_int.h"
#include "nn/kernels_int.h"

enum { BLOCK = 16, ROWS = 4, QUARTERS = 4 };

/* Quad `lane` of the four in each x, with its weights at w. */
#define ADD_QUAD(lane)                                                                                                 \
	NN_UNROLL                                                                                                      \
	for (int v = 0; v < QUARTERS; v++) {                                                                           \
		const int8x16_t wv = vld1q_s8(w + 4 * BLOCK * (lane) + 16 * v);                                        \
		NN_UNROLL                                                                                              \
		for (int r = 0; r < rows; r++)                                                                         \
			sum[r][v] = vdotq_laneq_s32(sum[r][v], wv, xv[r], lane);                                       \
	}

NN_INLINE void add_four_quads(int32x4_t (*sum)[QUARTERS], const int8_t *const *x, ptrdiff_t k, const int8_t *w,
			      int rows)
{
	int8x16_t xv[ROWS];
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		xv[r] = vld1q_s8(x[r] + k);
	ADD_QUAD(0)
	ADD_QUAD(1)
	ADD_QUAD(2)
	ADD_QUAD(3)
}

NN_INLINE void add_quad(int32x4_t (*sum)[QUARTERS], const int8_t *const *x, ptrdiff_t k, const int8_t *w, int rows)
{
	int8x16_t xv[ROWS];
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		xv[r] = nn_quads(x[r] + k);
	ADD_QUAD(0)
}

/* rows x 16 sums: four registers a row, all held through all taps. */
NN_INLINE void tile(const struct nn_mm *m, int first, int o, int rows)
{
	const int8_t *x[ROWS];
	int32x4_t sum[ROWS][QUARTERS];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		x[r] = (const int8_t *)m->x + m->row[first + r];
		NN_UNROLL
		for (int v = 0; v < QUARTERS; v++)
			sum[r][v] = vdupq_n_s32(0);
	}
	const int8_t *w = m->w + (ptrdiff_t)o * m->taps * m->ci;
	for (int t = 0; t < m->taps; t++) {
		ptrdiff_t k = m->tap[t];
		const ptrdiff_t end = k + m->ci;
		for (; k + 16 <= end; k += 16, w += 16 * BLOCK)
			add_four_quads(sum, x, k, w, rows);
		for (; k < end; k += 4, w += 4 * BLOCK)
			add_quad(sum, x, k, w, rows);
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		int32_t *acc = m->acc + (ptrdiff_t)(first + r) * m->co + o;
		NN_UNROLL
		for (int v = 0; v < QUARTERS; v++)
			vst1q_s32(acc + 4 * v, sum[r][v]);
	}
}

/* A block of weights stays in the cache while all rows pass it. */
static void product(const struct nn_mm *m)
{
	for (int o = 0; o < m->co; o += BLOCK) {
		int r = 0;
		for (; r + ROWS <= m->rows; r += ROWS)
			tile(m, r, o, ROWS);
		for (; r < m->rows; r++)
			tile(m, r, o, 1);
	}
}

void nn_mm_u8_neondot(const struct nn_mm *m)
{
	product(m);
}

void nn_mm_s8_neondot(const struct nn_mm *m)
{
	product(m);
}
