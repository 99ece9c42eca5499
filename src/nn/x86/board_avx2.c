/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations over a board and the masks of the backward pass, by AVX2. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

/* Sums of 16 channels fit 16 bits unsigned: 19 * 19 * 127 = 45847. */
void nn_pool_avx2(uint32_t *sum, uint8_t *max, const uint8_t *x, int size, int c)
{
	for (int ch = 0; ch < c; ch += 16) {
		__m128i most = _mm_setzero_si128();
		__m256i total = _mm256_setzero_si256();
		for (int row = 1; row <= size; row++) {
			const uint8_t *p = x + (ptrdiff_t)(row * (size + 1) + 1) * c + ch;
			for (int col = 0; col < size; col++, p += c) {
				const __m128i v = nn_load16(p);
				most = _mm_max_epu8(most, v);
				total = _mm256_add_epi16(total, _mm256_cvtepu8_epi16(v));
			}
		}
		nn_store16(max + ch, most);
		nn_store32(sum + ch, _mm256_cvtepu16_epi32(_mm256_castsi256_si128(total)));
		nn_store32(sum + ch + 8, _mm256_cvtepu16_epi32(_mm256_extracti128_si256(total, 1)));
	}
}

/* A line's sum fits 16 bits: 19 * 127 = 2413. */
void nn_sum_points_avx2(int32_t *sum, const int8_t *g, int size, int c)
{
	for (int ch = 0; ch < c; ch += 16) {
		__m256i lo = nn_load32(sum + ch), hi = nn_load32(sum + ch + 8);
		for (int row = 1; row <= size; row++) {
			const int8_t *p = g + (ptrdiff_t)(row * (size + 1) + 1) * c + ch;
			__m256i line = _mm256_setzero_si256();
			for (int col = 0; col < size; col++, p += c)
				line = _mm256_add_epi16(line, _mm256_cvtepi8_epi16(nn_load16(p)));
			lo = _mm256_add_epi32(lo, _mm256_cvtepi16_epi32(_mm256_castsi256_si128(line)));
			hi = _mm256_add_epi32(hi, _mm256_cvtepi16_epi32(_mm256_extracti128_si256(line, 1)));
		}
		nn_store32(sum + ch, lo);
		nn_store32(sum + ch + 8, hi);
	}
}

/* Eight gradients, zero where the activation beside it is at either end of its range. */
NN_INLINE __m256i masked(const int32_t *g, const uint8_t *act)
{
	const __m128i a = _mm_loadl_epi64((const __m128i_u *)act);
	const __m128i ends =
	    _mm_or_si128(_mm_cmpeq_epi8(a, _mm_setzero_si128()), _mm_cmpeq_epi8(a, _mm_set1_epi8(127)));
	return _mm256_andnot_si256(_mm256_cvtepi8_epi32(ends), nn_load32(g));
}

uint32_t nn_mask_max_avx2(int32_t *g, const uint8_t *act, size_t n)
{
	__m256i most = _mm256_setzero_si256();
	size_t i = 0;
	for (; i + 8 <= n; i += 8) {
		const __m256i v = masked(g + i, act + i);
		nn_store32(g + i, v);
		most = _mm256_max_epi32(most, _mm256_abs_epi32(v));
	}
	const uint32_t a = nn_largest(most), b = nn_mask_max_c(g + i, act + i, n - i);
	return a > b ? a : b;
}

/* For 1 <= s <= 30 all fits 32 bits: |g| + 2^(s-1) <= 2^30 + 2^29, and |t| + |g| / 2 + 1 <= 2^30 + 2^29 + 1.  Other
 * shifts are rare and left to C. */
void nn_mask_add_avx2(int32_t *t, const int32_t *g, const uint8_t *act, size_t n, int s)
{
	size_t i = 0;
	if (s >= 1 && s <= 30) {
		const __m256i half = _mm256_set1_epi32(INT32_C(1) << (s - 1));
		const __m256i most = _mm256_set1_epi32(1 << 30), least = _mm256_set1_epi32(-(1 << 30));
		const __m128i shift = _mm_cvtsi32_si128(s);
		for (; i + 8 <= n; i += 8) {
			const __m256i v = _mm256_sra_epi32(_mm256_add_epi32(masked(g + i, act + i), half), shift);
			const __m256i y = _mm256_add_epi32(nn_load32(t + i), v);
			nn_store32(t + i, _mm256_min_epi32(_mm256_max_epi32(y, least), most));
		}
	}
	nn_mask_add_c(t + i, g + i, act + i, n - i, s);
}
