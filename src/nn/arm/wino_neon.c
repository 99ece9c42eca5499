/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Winograd by NEON: transforms of 8 channels and 4 outputs a vector, products by smlal, which takes one channel of a row
 * from a lane. */
#include "nn/arm/arm_int.h"
#include "nn/kernels_int.h"

#define NN_WINO_VECTOR 16
#define NN_WINO_U8(p) vmovl_u8(vld1_u8(p))
#define NN_WINO_S8(p) vmovl_s8(vld1_s8((const int8_t *)(p)))
#include "nn/wino_int.h"

void nn_wino_in_u8_neon(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols)
{
	wino_input(v, plane, x, line, ci, rows, cols, 0);
}

void nn_wino_in_s8_neon(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	wino_input(v, plane, x, line, ci, rows, cols, 1);
}

void nn_wino_out_neon(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	wino_output(acc, m, plane, co, rows, cols);
}

enum { BLOCK = 16, ROWS = 4, QUARTERS = 4 };

/* Channels 2 p and 2 p + 1 of the eight in each x, with their weights at u. */
#define ADD_PAIR(p)                                                                                                    \
	{                                                                                                              \
		const int16x8x2_t a = vld2q_s16(u + 2 * BLOCK * (p)), b = vld2q_s16(u + 2 * BLOCK * (p) + BLOCK);      \
		NN_UNROLL                                                                                              \
		for (int r = 0; r < rows; r++) {                                                                       \
			sum[r][0] = vmlal_laneq_s16(sum[r][0], vget_low_s16(a.val[0]), x[r], 2 * (p));                 \
			sum[r][1] = vmlal_high_laneq_s16(sum[r][1], a.val[0], x[r], 2 * (p));                          \
			sum[r][2] = vmlal_laneq_s16(sum[r][2], vget_low_s16(b.val[0]), x[r], 2 * (p));                 \
			sum[r][3] = vmlal_high_laneq_s16(sum[r][3], b.val[0], x[r], 2 * (p));                          \
			sum[r][0] = vmlal_laneq_s16(sum[r][0], vget_low_s16(a.val[1]), x[r], 2 * (p) + 1);             \
			sum[r][1] = vmlal_high_laneq_s16(sum[r][1], a.val[1], x[r], 2 * (p) + 1);                      \
			sum[r][2] = vmlal_laneq_s16(sum[r][2], vget_low_s16(b.val[1]), x[r], 2 * (p) + 1);             \
			sum[r][3] = vmlal_high_laneq_s16(sum[r][3], b.val[1], x[r], 2 * (p) + 1);                      \
		}                                                                                                      \
	}

/* rows x 16 sums: four registers a row, all held through all channels.  Rows of v are ci apart, rows of sums co. */
NN_INLINE void tile(int32_t *to, ptrdiff_t co, const int16_t *v, const int16_t *u, ptrdiff_t ci, int rows)
{
	int32x4_t sum[ROWS][QUARTERS];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		NN_UNROLL
		for (int q = 0; q < QUARTERS; q++)
			sum[r][q] = vdupq_n_s32(0);
	}
	u += NN_WINO_TERM * BLOCK;
	for (ptrdiff_t k = 0; k < ci; k += 8, u += 8 * BLOCK) {
		int16x8_t x[ROWS];
		NN_UNROLL
		for (int r = 0; r < rows; r++)
			x[r] = vld1q_s16(v + r * ci + k);
		ADD_PAIR(0)
		ADD_PAIR(1)
		ADD_PAIR(2)
		ADD_PAIR(3)
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++, to += co) {
		NN_UNROLL
		for (int q = 0; q < QUARTERS; q++)
			vst1q_s32(to + 4 * q, sum[r][q]);
	}
}

/* All rows past a block of weights, in groups as even as can be. */
NN_INLINE void all_rows(int32_t *to, ptrdiff_t co, const int16_t *v, const int16_t *u, ptrdiff_t ci, int rows)
{
	for (int left = (rows + ROWS - 1) / ROWS; left > 0; left--) {
		const int n = (rows + left - 1) / left;
		if (n == 4)
			tile(to, co, v, u, ci, 4);
		else if (n == 3)
			tile(to, co, v, u, ci, 3);
		else if (n == 2)
			tile(to, co, v, u, ci, 2);
		else
			tile(to, co, v, u, ci, 1);
		rows -= n;
		to += n * co;
		v += n * ci;
	}
}

void nn_wino_mm_neon(const struct nn_wino_mm *m)
{
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		for (int o = 0; o < m->co; o += BLOCK)
			all_rows(t.m + o, m->co, t.v, t.u + (ptrdiff_t)o * (m->ci + NN_WINO_TERM), m->ci, t.rows);
	}
}
