/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The products of exact Winograd by vpdpwssd: pairs of 16 bits multiplied and added to a 32-bit sum, modulo 2^32 (the
 * instruction that saturates is another one). */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { BLOCK = 16, ROWS = 6 };

/* rows x 16 * blocks sums: rows * blocks registers, held through all channels.  Rows of v are ci apart, rows of sums co. */
NN_INLINE void tile(int32_t *restrict to, ptrdiff_t co, const int16_t *restrict v, const int16_t *restrict u, ptrdiff_t ci, int rows,
                    int blocks)
{
	const ptrdiff_t next = BLOCK * (ci + NN_WINO_TERM);
	const int16_t *const end = v + ci;
	__m512i sum[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		sum[r][0] = sum[r][1] = _mm512_setzero_si512();
	for (u += NN_WINO_TERM * BLOCK; v < end; v += 2, u += 2 * BLOCK) {
		const __m512i u0 = _mm512_loadu_si512(u), u1 = blocks > 1 ? _mm512_loadu_si512(u + next) : u0;
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			const __m512i x = _mm512_set1_epi32(nn_load4(v + r * ci));
			sum[r][0] = _mm512_dpwssd_epi32(sum[r][0], x, u0);
			if (blocks > 1)
				sum[r][1] = _mm512_dpwssd_epi32(sum[r][1], x, u1);
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++, to += co) {
		_mm512_storeu_si512(to, sum[r][0]);
		if (blocks > 1)
			_mm512_storeu_si512(to + BLOCK, sum[r][1]);
	}
}

/* All rows past one or two blocks of weights, in groups as even as can be. */
NN_INLINE void all_rows(int32_t *to, ptrdiff_t co, const int16_t *v, const int16_t *u, ptrdiff_t ci, int rows, int blocks)
{
	for (int left = (rows + ROWS - 1) / ROWS; left > 0; left--) {
		const int n = (rows + left - 1) / left;
		switch (n) {
		case 1:
			tile(to, co, v, u, ci, 1, blocks);
			break;
		case 2:
			tile(to, co, v, u, ci, 2, blocks);
			break;
		case 3:
			tile(to, co, v, u, ci, 3, blocks);
			break;
		case 4:
			tile(to, co, v, u, ci, 4, blocks);
			break;
		case 5:
			tile(to, co, v, u, ci, 5, blocks);
			break;
		default:
			tile(to, co, v, u, ci, ROWS, blocks);
		}
		rows -= n;
		to += n * co;
		v += n * ci;
	}
}

void nn_wino_mm_avx512vnni(const struct nn_wino_mm *m)
{
	const ptrdiff_t each = m->ci + NN_WINO_TERM;
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		int o = 0;
		for (; o + 2 * BLOCK <= m->co; o += 2 * BLOCK)
			all_rows(t.m + o, m->co, t.v, t.u + o * each, m->ci, t.rows, 2);
		if (o < m->co)
			all_rows(t.m + o, m->co, t.v, t.u + o * each, m->ci, t.rows, 1);
	}
}
