/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations over a board and the masks of the backward pass, by AVX2. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

/* Sums of 16 channels fit 16 bits unsigned: 19 * 19 * 127 = 45847.  at: of the first point beyond the largest so far; the first
 * of all where every one is 0. */
NN_INLINE void pool(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c, int with_at)
{
	for (int ch = 0; ch < c; ch += 16) {
		__m128i most = _mm_setzero_si128();
		__m256i total = _mm256_setzero_si256(), where = _mm256_set1_epi16((int16_t)(size + 2));
		for (int row = 1; row <= size; row++) {
			const int first = row * (size + 1) + 1;
			const uint8_t *p = x + (ptrdiff_t)first * c + ch;
			for (int col = 0; col < size; col++, p += c) {
				const __m128i v = nn_load16(p);
				const __m256i here = _mm256_set1_epi16((int16_t)(first + col));
				if (with_at) /* both below 128, so signed */
					where = _mm256_blendv_epi8(where, here, _mm256_cvtepi8_epi16(_mm_cmpgt_epi8(v, most)));
				most = _mm_max_epu8(most, v);
				total = _mm256_add_epi16(total, _mm256_cvtepu8_epi16(v));
			}
		}
		nn_store16(max + ch, most);
		nn_store32(sum + ch, _mm256_cvtepu16_epi32(_mm256_castsi256_si128(total)));
		nn_store32(sum + ch + 8, _mm256_cvtepu16_epi32(_mm256_extracti128_si256(total, 1)));
		if (with_at)
			nn_store32(at + ch, where);
	}
}

void nn_pool_avx2(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	if (at)
		pool(sum, max, at, x, size, c, 1);
	else
		pool(sum, max, at, x, size, c, 0);
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

/* rshift(v, s) in 32 bits where s <= 30: |v| + 2^29 < 2^30; beyond it is 0. */
NN_INLINE __m256i scaled(__m128i v, int s)
{
	if (s <= 0)
		return _mm256_sll_epi64(_mm256_cvtepi32_epi64(v), _mm_cvtsi32_si128(-s));
	v = _mm_add_epi32(v, _mm_set1_epi32(INT32_C(1) << (s - 1)));
	return _mm256_cvtepi32_epi64(_mm_sra_epi32(v, _mm_cvtsi32_si128(s)));
}

/* Four lanes, k of them each: lane l adds up a = v[l] + v[4 + l] + ..., and b, the sum of all its a's so far, which is the
 * sum of (k - step) * v[4 step + l].  So the sum of i v[i] is that of 4 (k a - b) + l a over the lanes. */
NN_INLINE uint64_t print_of(__m256i a, __m256i b, uint64_t k, uint64_t first)
{
	uint64_t lane[4], sums[4], print = 0;
	nn_store32(lane, a);
	nn_store32(sums, b);
	for (uint64_t l = 0; l < 4; l++)
		print += (first + 2 * l + 8 * k) * lane[l] - 8 * sums[l];
	return print;
}

uint64_t nn_add_sums_avx2(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first)
{
	__m256i a = _mm256_setzero_si256(), b = a;
	size_t i = 0;
	if (s > 30)
		return 0;
	for (; i + 4 <= n; i += 4) {
		const __m256i add = scaled(nn_load16(v + i), s);
		a = _mm256_add_epi64(a, add);
		b = _mm256_add_epi64(b, a);
		if (sum)
			nn_store32(sum + i, _mm256_add_epi64(nn_load32(sum + i), add));
	}
	return print_of(a, b, i / 4, first) + nn_add_sums_c(sum ? sum + i : NULL, v + i, n - i, s, first + 2 * i);
}

enum { LOGITS = 3 };

/* Eight inputs of three outputs: |sum of g w| <= 3 * 2^22 * 127 < 2^31.  dw has the even inputs and the odd ones. */
NN_INLINE void logits_rows(const struct nn_logits_back *m, int j)
{
	__m256i w[LOGITS], dw[LOGITS][2];
	NN_UNROLL
	for (int o = 0; o < LOGITS; o++) {
		w[o] = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i_u *)(m->w + o * m->ci + j)));
		dw[o][0] = dw[o][1] = _mm256_setzero_si256();
	}
	const int32_t *g = m->g;
	for (int r = 0; r < m->rows; r++, g += LOGITS) {
		const __m256i x = _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i_u *)(m->x + m->row[r] + j)));
		const __m256i odd = _mm256_srli_epi64(x, 32);
		__m256i sum = _mm256_setzero_si256();
		NN_UNROLL
		for (int o = 0; o < LOGITS; o++) {
			const __m256i v = _mm256_set1_epi32(g[o]);
			sum = _mm256_add_epi32(sum, _mm256_mullo_epi32(v, w[o]));
			dw[o][0] = _mm256_add_epi64(dw[o][0], _mm256_mul_epi32(v, x));
			dw[o][1] = _mm256_add_epi64(dw[o][1], _mm256_mul_epi32(v, odd));
		}
		nn_store32(m->out + (ptrdiff_t)r * m->ci + j, sat30(sum));
	}
	NN_UNROLL
	for (int o = 0; o < LOGITS; o++) {
		int64_t *to = m->dw + o * m->ci + j;
		const __m256i low = _mm256_unpacklo_epi64(dw[o][0], dw[o][1]), high = _mm256_unpackhi_epi64(dw[o][0], dw[o][1]);
		const __m256i first = _mm256_permute2x128_si256(low, high, 0x20), second = _mm256_permute2x128_si256(low, high, 0x31);
		nn_store32(to, _mm256_add_epi64(nn_load32(to), first));
		nn_store32(to + 4, _mm256_add_epi64(nn_load32(to + 4), second));
	}
}

/* The points' layer has three outputs; the global one has a row a position only, and is left to C. */
void nn_logits_back_avx2(const struct nn_logits_back *m)
{
	if (m->co != LOGITS) {
		nn_logits_back_c(m);
		return;
	}
	for (int j = 0; j < m->ci; j += 8)
		logits_rows(m, j);
}
