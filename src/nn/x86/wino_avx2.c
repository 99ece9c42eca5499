/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Winograd by AVX2: transforms of 16 channels (in) and 8 outputs (out) a vector, products by vpmaddwd. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

#define NN_WINO_VECTOR 32
#define NN_WINO_U8(p) _mm256_cvtepu8_epi16(nn_load16(p))
#define NN_WINO_S8(p) _mm256_cvtepi8_epi16(nn_load16(p))
#include "nn/wino_int.h"

void nn_wino_in_u8_avx2(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols)
{
	wino_input(v, plane, x, line, ci, rows, cols, 0);
}

void nn_wino_in_s8_avx2(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	wino_input(v, plane, x, line, ci, rows, cols, 1);
}

void nn_wino_out_avx2(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	wino_output(acc, m, plane, co, rows, cols);
}

/* Two products for one: with the channels in fours, v = (a, b, c, d) and u = (p, q, r, s),
 *   ap + bq + cr + ds = (a + r)(c + p) + (b + s)(d + q) - (ac + bd) - (pr + qs)
 * (Winograd, 1968).  vpmaddwd then has half the work and vpaddw the other half, for which there are twice as many units.  The
 * two last terms belong to a row and to an output; those of outputs are packed with the weights.
 * |a + r| <= 12700 + 6223 < 2^15. */
enum { BLOCK = 16, ROWS = 4 };

/* ac + bd of each four, twice, added up over all of them. */
NN_INLINE __m256i row_terms(const int16_t *v, ptrdiff_t ci)
{
	__m256i sum = _mm256_setzero_si256();
	for (ptrdiff_t k = 0; k < ci; k += 16) {
		const __m256i x = nn_load32(v + k);
		sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, _mm256_shuffle_epi32(x, 0xb1)));
	}
	return sum;
}

/* Those of four rows; what lies in twos of lanes is the same, one of them is taken. */
NN_INLINE __m128i four_rows_terms(const int16_t *v0, const int16_t *v1, const int16_t *v2, const int16_t *v3, ptrdiff_t ci)
{
	const __m256i a = _mm256_blend_epi32(row_terms(v0, ci), row_terms(v1, ci), 0xaa);
	const __m256i b = _mm256_blend_epi32(row_terms(v2, ci), row_terms(v3, ci), 0xaa);
	const __m256i sum = _mm256_add_epi32(_mm256_unpacklo_epi64(a, b), _mm256_unpackhi_epi64(a, b));
	return _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
}

/* rows x 16 sums: two registers a row, all held through all channels.  Rows of v are ci apart, rows of sums co. */
NN_INLINE void tile(int32_t *restrict to, ptrdiff_t co, const int16_t *restrict v, const int16_t *restrict u, ptrdiff_t ci,
                    const int32_t *restrict term, int rows)
{
	const __m256i t0 = nn_load32(u), t1 = nn_load32(u + BLOCK);
	const int16_t *const end = v + ci;
	__m256i sum[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		const __m256i t = _mm256_set1_epi32(term[r]);
		sum[r][0] = _mm256_sub_epi32(t0, t);
		sum[r][1] = _mm256_sub_epi32(t1, t);
	}
	for (u += 2 * BLOCK; v < end; v += 4, u += 4 * BLOCK) {
		const __m256i p0 = nn_load32(u), p1 = nn_load32(u + BLOCK);
		const __m256i r0 = nn_load32(u + 2 * BLOCK), r1 = nn_load32(u + 3 * BLOCK);
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			const __m256i a = _mm256_set1_epi32(nn_load4(v + r * ci)), c = _mm256_set1_epi32(nn_load4(v + r * ci + 2));
			const __m256i x0 = _mm256_add_epi16(a, r0), y0 = _mm256_add_epi16(c, p0);
			const __m256i x1 = _mm256_add_epi16(a, r1), y1 = _mm256_add_epi16(c, p1);
			sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(x0, y0));
			sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(x1, y1));
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++, to += co) {
		nn_store32(to, sum[r][0]);
		nn_store32(to + 8, sum[r][1]);
	}
}

/* All rows past a block of weights, in groups as even as can be. */
NN_INLINE void all_rows(int32_t *to, ptrdiff_t co, const int16_t *v, const int16_t *u, ptrdiff_t ci, const int32_t *term, int rows)
{
	for (int left = (rows + ROWS - 1) / ROWS; left > 0; left--) {
		const int n = (rows + left - 1) / left;
		if (n == 4)
			tile(to, co, v, u, ci, term, 4);
		else if (n == 3)
			tile(to, co, v, u, ci, term, 3);
		else if (n == 2)
			tile(to, co, v, u, ci, term, 2);
		else
			tile(to, co, v, u, ci, term, 1);
		rows -= n;
		term += n;
		to += n * co;
		v += n * ci;
	}
}

/* term[r] of all rows. */
static void rows_terms(const struct nn_wino_mm *m)
{
	const ptrdiff_t ci = m->ci;
	for (int r = 0; r < m->rows; r += 4) {
		const int16_t *v = m->v + r * ci;
		const ptrdiff_t more = m->rows - 1 - r;
		nn_store16(m->term + r, four_rows_terms(v, v + (more > 0) * ci, v + (more > 1) * 2 * ci, v + (more > 2) * 3 * ci, ci));
	}
}

void nn_wino_mm_avx2(const struct nn_wino_mm *m)
{
	if (!m->again)
		rows_terms(m);
	for (int o = 0; o < m->co; o += BLOCK)
		all_rows(m->m + o, m->co, m->v, m->u + (ptrdiff_t)o * (m->ci + NN_WINO_TERM), m->ci, m->term, m->rows);
}
