/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matrix products by vpmaddubsw: u8 times s8, pairs summed in 16 bits.  With x in 0..127 and w in -127..127 a pair
 * is at most 2 * 127 * 127 = 32258, so the saturation of that instruction never acts; vpmaddwd by ones then adds pairs
 * of pairs in 32 bits. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { BLOCK = 16, ROWS = 4 };

/* The sums of four products each; is_signed: x in -127..127, so that |x| in 0..127 times (w with x's sign). */
NN_INLINE __m256i dot4(__m256i x, __m256i w, int is_signed)
{
	const __m256i ones = _mm256_set1_epi16(1);
	const __m256i pairs =
	    is_signed ? _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x)) : _mm256_maddubs_epi16(x, w);
	return _mm256_madd_epi16(pairs, ones);
}

/* rows x 16 sums: two registers a row, all held through all taps. */
NN_INLINE void tile(const struct nn_mm *m, int first, int o, int rows, int is_signed)
{
	const uint8_t *x[ROWS];
	__m256i sum[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		x[r] = (const uint8_t *)m->x + m->row[first + r];
		sum[r][0] = sum[r][1] = _mm256_setzero_si256();
	}
	const int8_t *w = m->w + (ptrdiff_t)o * m->taps * m->ci;
	for (int t = 0; t < m->taps; t++) {
		const ptrdiff_t end = (ptrdiff_t)m->tap[t] + m->ci;
		for (ptrdiff_t k = m->tap[t]; k < end; k += 4, w += 4 * BLOCK) {
			const __m256i w0 = nn_load32(w), w1 = nn_load32(w + 32);
			NN_UNROLL
			for (int r = 0; r < rows; r++) {
				const __m256i v = _mm256_set1_epi32(nn_load4(x[r] + k));
				sum[r][0] = _mm256_add_epi32(sum[r][0], dot4(v, w0, is_signed));
				sum[r][1] = _mm256_add_epi32(sum[r][1], dot4(v, w1, is_signed));
			}
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		int32_t *acc = m->acc + (ptrdiff_t)(first + r) * m->co + o;
		nn_store32(acc, sum[r][0]);
		nn_store32(acc + 8, sum[r][1]);
	}
}

/* A block of weights stays in the cache while all rows pass it. */
NN_INLINE void product(const struct nn_mm *m, int is_signed)
{
	for (int o = 0; o < m->co; o += BLOCK) {
		int r = 0;
		for (; r + ROWS <= m->rows; r += ROWS)
			tile(m, r, o, ROWS, is_signed);
		for (; r < m->rows; r++)
			tile(m, r, o, 1, is_signed);
	}
}

void nn_mm_u8_avx2(const struct nn_mm *m)
{
	product(m, 0);
}

void nn_mm_s8_avx2(const struct nn_mm *m)
{
	product(m, 1);
}
