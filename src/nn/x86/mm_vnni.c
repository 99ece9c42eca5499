/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix products by vpdpbusd: u8 times s8, four products added to a 32-bit sum, modulo 2^32.
 *
 * mm_s8 needs s8 times s8.  x + 128 is x with its top bit turned over, in 1..255, and
 *   sum of (x + 128) * w = (sum of x * w) + 128 * (sum of w),
 * so the sums start at -128 * (sum of w).  |sum of (x + 128) * w| <= 9 * 1024 * 255 * 127 < 2^29 besides. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { BLOCK = 16, ROWS = 8 };

/* What the 16 sums of block o start from. */
NN_INLINE __m512i start(const struct nn_mm *m, int o, int is_signed)
{
	__m512i sum = _mm512_setzero_si512();
	if (!is_signed)
		return sum;
	const int8_t *w = m->w + (ptrdiff_t)o * m->taps * m->ci;
	for (int k = 0; k < m->taps * m->ci; k += 4, w += 4 * BLOCK)
		sum = _mm512_dpbusd_epi32(sum, _mm512_set1_epi8(1), _mm512_loadu_si512(w));
	return _mm512_sub_epi32(_mm512_setzero_si512(), _mm512_slli_epi32(sum, 7));
}

/* rows x 16 * blocks sums: rows * blocks registers, held through all taps. */
NN_INLINE void tile(const struct nn_mm *m, int first, int o, const __m512i *from, int rows, int blocks, int is_signed)
{
	const uint8_t *x[ROWS];
	__m512i sum[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		x[r] = (const uint8_t *)m->x + m->row[first + r];
		sum[r][0] = from[0];
		sum[r][1] = from[1];
	}
	const int8_t *w = m->w + (ptrdiff_t)o * m->taps * m->ci;
	const ptrdiff_t next = (ptrdiff_t)BLOCK * m->taps * m->ci;
	for (int t = 0; t < m->taps; t++) {
		const ptrdiff_t end = (ptrdiff_t)m->tap[t] + m->ci;
		for (ptrdiff_t k = m->tap[t]; k < end; k += 4, w += 4 * BLOCK) {
			const __m512i w0 = _mm512_loadu_si512(w);
			const __m512i w1 = blocks > 1 ? _mm512_loadu_si512(w + next) : w0;
			NN_UNROLL
			for (int r = 0; r < rows; r++) {
				__m512i v = _mm512_set1_epi32(nn_load4(x[r] + k));
				if (is_signed)
					v = _mm512_xor_si512(v, _mm512_set1_epi8(-128));
				sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], v, w0);
				if (blocks > 1)
					sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], v, w1);
			}
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		int32_t *acc = m->acc + (ptrdiff_t)(first + r) * m->co + o;
		_mm512_storeu_si512(acc, sum[r][0]);
		if (blocks > 1)
			_mm512_storeu_si512(acc + BLOCK, sum[r][1]);
	}
}

/* All rows past one or two blocks of weights, which stay in the cache meanwhile. */
NN_INLINE void columns(const struct nn_mm *m, int o, int blocks, int is_signed)
{
	const __m512i from[2] = {start(m, o, is_signed),
				 blocks > 1 ? start(m, o + BLOCK, is_signed) : _mm512_setzero_si512()};
	int r = 0;
	for (; r + ROWS <= m->rows; r += ROWS)
		tile(m, r, o, from, ROWS, blocks, is_signed);
	for (; r + 2 <= m->rows; r += 2)
		tile(m, r, o, from, 2, blocks, is_signed);
	if (r < m->rows)
		tile(m, r, o, from, 1, blocks, is_signed);
}

NN_INLINE void product(const struct nn_mm *m, int is_signed)
{
	int o = 0;
	for (; o + 2 * BLOCK <= m->co; o += 2 * BLOCK)
		columns(m, o, 2, is_signed);
	if (o < m->co)
		columns(m, o, 1, is_signed);
}

void nn_mm_u8_avx512vnni(const struct nn_mm *m)
{
	product(m, 0);
}

void nn_mm_s8_avx512vnni(const struct nn_mm *m)
{
	product(m, 1);
}
