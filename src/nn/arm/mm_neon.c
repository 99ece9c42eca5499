/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix products by smull and smlal: s8 times s8, in 16 bits.  x in 0..127 is as good a signed byte as x in
 * -127..127, so both products are one.  Two products, of k and of k + 4, meet in a lane: at most 2 * 127 * 127 = 32258
 * in magnitude.  sadalp then adds pairs of lanes to 32 bits: a sum is kept in two halves, |half| < 2^28, which are
 * added at the end. */
#include "nn/arm/arm_int.h"
#include "nn/kernels_int.h"

enum { BLOCK = 16, ROWS = 2, HALVES = 8 };

/* One quad, or two with `two`, of all rows. */
NN_INLINE void add_quads(int32x4_t (*sum)[HALVES], const int8_t *const *x, ptrdiff_t k, const int8_t *w, int rows,
			 int two)
{
	int8x16_t x0[ROWS], x1[ROWS];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		x0[r] = nn_quads(x[r] + k);
		x1[r] = two ? nn_quads(x[r] + k + 4) : x0[r];
	}
	NN_UNROLL
	for (int v = 0; v < HALVES / 2; v++) {
		const int8x16_t w0 = vld1q_s8(w + 16 * v), w1 = two ? vld1q_s8(w + 4 * BLOCK + 16 * v) : w0;
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			int16x8_t low = vmull_s8(vget_low_s8(w0), vget_low_s8(x0[r]));
			int16x8_t high = vmull_high_s8(w0, x0[r]);
			if (two) {
				low = vmlal_s8(low, vget_low_s8(w1), vget_low_s8(x1[r]));
				high = vmlal_high_s8(high, w1, x1[r]);
			}
			sum[r][2 * v] = vpadalq_s16(sum[r][2 * v], low);
			sum[r][2 * v + 1] = vpadalq_s16(sum[r][2 * v + 1], high);
		}
	}
}

/* rows x 16 sums: eight registers a row, all held through all taps. */
NN_INLINE void tile(const struct nn_mm *m, int first, int o, int rows)
{
	const int8_t *x[ROWS];
	int32x4_t sum[ROWS][HALVES];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		x[r] = (const int8_t *)m->x + m->row[first + r];
		NN_UNROLL
		for (int v = 0; v < HALVES; v++)
			sum[r][v] = vdupq_n_s32(0);
	}
	const int8_t *w = m->w + (ptrdiff_t)o * m->taps * m->ci;
	for (int t = 0; t < m->taps; t++) {
		ptrdiff_t k = m->tap[t];
		const ptrdiff_t end = k + m->ci;
		for (; k + 8 <= end; k += 8, w += 8 * BLOCK)
			add_quads(sum, x, k, w, rows, 1);
		if (k < end) {
			add_quads(sum, x, k, w, rows, 0);
			w += 4 * BLOCK;
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		int32_t *acc = m->acc + (ptrdiff_t)(first + r) * m->co + o;
		NN_UNROLL
		for (int v = 0; v < HALVES / 2; v++)
			vst1q_s32(acc + 4 * v, vpaddq_s32(sum[r][2 * v], sum[r][2 * v + 1]));
	}
}

/* A block of weights stays in the cache while all rows pass it. */
static void product(const struct nn_mm *m)
{
	for (int o = 0; o < m->co; o += BLOCK) {
		int r = 0;
		for (; r + ROWS <= m->rows; r += ROWS)
			tile(m, r, o, ROWS);
		if (r < m->rows)
			tile(m, r, o, 1);
	}
}

void nn_mm_u8_neon(const struct nn_mm *m)
{
	product(m);
}

void nn_mm_s8_neon(const struct nn_mm *m)
{
	product(m);
}
