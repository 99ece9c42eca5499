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
NN_INLINE __m256i masked(__m256i g, const uint8_t *act)
{
	const __m128i a = _mm_loadl_epi64((const __m128i_u *)act);
	const __m128i ends =
	    _mm_or_si128(_mm_cmpeq_epi8(a, _mm_setzero_si128()), _mm_cmpeq_epi8(a, _mm_set1_epi8(127)));
	return _mm256_andnot_si256(_mm256_cvtepi8_epi32(ends), g);
}

NN_INLINE __m256i sat30(__m256i x)
{
	return _mm256_min_epi32(_mm256_max_epi32(x, _mm256_set1_epi32(-(1 << 30))), _mm256_set1_epi32(1 << 30));
}

/* sat30(a + b), |a|, |b| <= 2^30: the sum stays in -2^31..2^31, of which only 2^31 wraps, and then shows a sign that neither
 * term has. */
NN_INLINE __m256i add30(__m256i a, __m256i b)
{
	const __m256i sum = _mm256_add_epi32(a, b), wrapped = _mm256_andnot_si256(_mm256_or_si256(a, b), sum);
	return _mm256_blendv_epi8(sat30(sum), _mm256_set1_epi32(1 << 30), _mm256_srai_epi32(wrapped, 31));
}

/* The largest is seldom here: eight channels' maxima lie on one point in as many as the board has. */
NN_INLINE __m256i pooled(const struct nn_mask_rows *m, int r, int ch, __m256i v)
{
	const __m256i at = _mm256_cvtepu16_epi32(nn_load16(m->at + ch));
	const __m256i here = _mm256_cmpeq_epi32(at, _mm256_set1_epi32(m->place[r]));
	v = add30(v, nn_load32(m->mean + ch));
	if (!_mm256_testz_si256(here, here))
		v = add30(v, _mm256_and_si256(here, nn_load32(m->max + ch)));
	return v;
}

NN_INLINE uint32_t mask_rows(int32_t *g, const struct nn_mask_rows *m, int with_pool)
{
	__m256i most = _mm256_setzero_si256();
	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		for (int ch = 0; ch < m->c; ch += 8) {
			__m256i v = nn_load32(acc + ch);
			if (with_pool)
				v = pooled(m, r, ch, v);
			v = masked(v, m->act + m->from[r] + ch);
			nn_store32(g + m->to[r] + ch, v);
			most = _mm256_max_epi32(most, _mm256_abs_epi32(v));
		}
	}
	return nn_largest(most);
}

uint32_t nn_mask_rows_avx2(int32_t *g, const struct nn_mask_rows *m)
{
	return m->mean ? mask_rows(g, m, 1) : mask_rows(g, m, 0);
}

/* sat30(t + rshift(v, s)), 1 <= s <= 30: |v| + 2^(s-1) <= 2^30 + 2^29, and |t| + |v| / 2 + 1 <= 2^30 + 2^29 + 1. */
NN_INLINE __m256i add_right(__m256i t, __m256i v, int s)
{
	const __m256i half = _mm256_set1_epi32(INT32_C(1) << (s - 1));
	return sat30(_mm256_add_epi32(t, _mm256_sra_epi32(_mm256_add_epi32(v, half), _mm_cvtsi32_si128(s))));
}

/* What fits between t and the end at +2^30 (or -2^30) in steps of 2^k: floor((2^30 - t) / 2^k).  The distance is at most
 * 2^31, for which 2^31 - 1 stands: one step less then saturates, as it should. */
NN_INLINE __m256i steps(__m256i distance, int k)
{
	return _mm256_srl_epi32(_mm256_min_epu32(distance, _mm256_set1_epi32(INT32_MAX)), _mm_cvtsi32_si128(k));
}

/* sat30(t + v * 2^k), 0 <= k: beyond so many steps to either side the result is the end; within them nothing wraps. */
NN_INLINE __m256i add_left(__m256i t, __m256i v, int k)
{
	const __m256i top = _mm256_set1_epi32(1 << 30), bottom = _mm256_set1_epi32(-(1 << 30));
	const __m256i up = steps(_mm256_sub_epi32(top, t), k), down = steps(_mm256_add_epi32(top, t), k);
	__m256i y = _mm256_add_epi32(t, _mm256_sll_epi32(v, _mm_cvtsi32_si128(k)));
	y = _mm256_blendv_epi8(y, top, _mm256_cmpgt_epi32(v, up));
	return _mm256_blendv_epi8(y, bottom, _mm256_cmpgt_epi32(_mm256_sub_epi32(_mm256_setzero_si256(), v), down));
}

NN_INLINE uint32_t mask_add(int32_t *t, const struct nn_mask_rows *m, int s, int right)
{
	__m256i most = _mm256_setzero_si256();
	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		int32_t *to = t + m->to[r];
		for (int ch = 0; ch < m->c; ch += 8) {
			const __m256i v = masked(nn_load32(acc + ch), m->act + m->from[r] + ch), old = nn_load32(to + ch);
			const __m256i y = right ? add_right(old, v, s) : add_left(old, v, -s);
			nn_store32(to + ch, y);
			most = _mm256_max_epi32(most, _mm256_abs_epi32(y));
		}
	}
	return nn_largest(most);
}

/* Longer shifts to the right, which leave 0 or 1, do not happen and are left to C. */
uint32_t nn_mask_add_avx2(int32_t *t, const struct nn_mask_rows *m, int s)
{
	if (s > 30)
		return nn_mask_add_c(t, m, s);
	return s >= 1 ? mask_add(t, m, s, 1) : mask_add(t, m, s, 0);
}
