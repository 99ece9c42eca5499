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

/* Two products for one: of each 16 channels four are taken at a time, v = (a, b, c, d) and u = (p, q, r, s), two of the first
 * eight and the two that stand eight further,
 *   ap + bq + cr + ds = (a + r)(c + p) + (b + s)(d + q) - (ac + bd) - (pr + qs)
 * (Winograd, 1968).  vpmaddwd then has half the work and vpaddw the other half, for which there are twice as many units.  The
 * two last terms belong to a row and to an output; those of outputs are packed with the weights.
 * |a + r| <= 12700 + 6223 < 2^15. */
enum { BLOCK = 16, ROWS = 4, FAR = 8, LINE = 32 };

/* ac + bd of four fours. */
NN_INLINE __m128i far_products(const int16_t *v)
{
	return _mm_madd_epi16(nn_load16(v), nn_load16(v + FAR));
}

NN_INLINE __m128i two_sums(__m128i a, __m128i b)
{
	return _mm_add_epi32(_mm_unpacklo_epi32(a, b), _mm_unpackhi_epi32(a, b));
}

NN_INLINE void four_terms(int32_t *term, const int16_t *v0, const int16_t *v1, const int16_t *v2, const int16_t *v3, ptrdiff_t ci)
{
	__m128i a = _mm_setzero_si128(), b = a, c = a, d = a;
	for (ptrdiff_t k = 0; k < ci; k += 16) {
		a = _mm_add_epi32(a, far_products(v0 + k));
		b = _mm_add_epi32(b, far_products(v1 + k));
		c = _mm_add_epi32(c, far_products(v2 + k));
		d = _mm_add_epi32(d, far_products(v3 + k));
	}
	const __m128i ab = two_sums(a, b), cd = two_sums(c, d);
	nn_store16(term, _mm_add_epi32(_mm_unpacklo_epi64(ab, cd), _mm_unpackhi_epi64(ab, cd)));
}

/* term[r] of all rows; where the last are fewer than four, the first of them stands for the others. */
NN_INLINE void rows_terms(const struct nn_wino_point *t, ptrdiff_t ci)
{
	const int16_t *v = t->v;
	int32_t *term = t->term;
	int left = t->rows;
	for (; left >= 4; left -= 4, v += 4 * ci, term += 4)
		four_terms(term, v, v + ci, v + 2 * ci, v + 3 * ci, ci);
	if (left > 0)
		four_terms(term, v, v + (left > 1) * ci, v + (left > 2) * 2 * ci, v, ci);
}

/* A row's four channels at v, times p and r, in its two sums.  All 16 registers are in use, and what a compiler makes of
 * intrinsics where this stands four times in a loop keeps sums in memory. */
#define ADD_FOUR(sum, v)                                                                                               \
	__asm__("vpbroadcastd %[ab], %[x0]\n\tvpbroadcastd %[cd], %[y0]\n\t"                                           \
		"vpaddw %[x0], %[r0], %[x1]\n\tvpaddw %[y0], %[p0], %[y1]\n\t"                                           \
		"vpmaddwd %[x1], %[y1], %[x1]\n\tvpaddd %[x1], %[s0], %[s0]\n\t"                                         \
		"vpaddw %[x0], %[r1], %[x0]\n\tvpaddw %[y0], %[p1], %[y0]\n\t"                                           \
		"vpmaddwd %[x0], %[y0], %[x0]\n\tvpaddd %[x0], %[s1], %[s1]"                                             \
		: [s0] "+x"((sum)[0]), [s1] "+x"((sum)[1]), [x0] "=&x"(x0), [x1] "=&x"(x1), [y0] "=&x"(y0), [y1] "=&x"(y1) \
		: [ab] "m"(*(const pair *)(v)), [cd] "m"(*(const pair *)((v) + FAR)), [p0] "x"(p0), [p1] "x"(p1),        \
		  [r0] "x"(r0), [r1] "x"(r1))
typedef int32_t pair __attribute__((may_alias, aligned(2)));

NN_INLINE void add_fours(__m256i sum[ROWS][2], const int16_t *v, const int16_t *u, ptrdiff_t ci, int rows)
{
	const __m256i p0 = nn_load32(u), p1 = nn_load32(u + BLOCK);
	const __m256i r0 = nn_load32(u + FAR * BLOCK), r1 = nn_load32(u + (FAR + 1) * BLOCK);
	__m256i x0, x1, y0, y1;
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		ADD_FOUR(sum[r], v + r * ci);
}

/* rows x 16 sums: two registers a row, all held through all channels.  Rows of v are ci apart, rows of sums co.  For every 16
 * channels, so many lines of what lies ahead are fetched. */
NN_INLINE void tile(int32_t *restrict to, ptrdiff_t co, const int16_t *restrict v, const int16_t *restrict u, ptrdiff_t ci,
                    const int32_t *restrict term, const int16_t *ahead, int lines, int rows)
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
	for (u += 2 * BLOCK; v < end; v += 16, u += 16 * BLOCK) {
		NN_UNROLL
		for (int i = 0; i < lines; i++, ahead += LINE)
			_mm_prefetch((const char *)ahead, _MM_HINT_T0);
		add_fours(sum, v, u, ci, rows);
		add_fours(sum, v + 2, u + 2 * BLOCK, ci, rows);
		add_fours(sum, v + 4, u + 4 * BLOCK, ci, rows);
		add_fours(sum, v + 6, u + 6 * BLOCK, ci, rows);
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++, to += co) {
		nn_store32(to, sum[r][0]);
		nn_store32(to + 8, sum[r][1]);
	}
}

/* All rows past a block of weights, in groups as even as can be: fours and threes, but for 1, 2 and 5. */
NN_INLINE void all_rows(int32_t *to, ptrdiff_t co, const int16_t *v, const int16_t *u, ptrdiff_t ci, const int32_t *term,
                        int rows, const int16_t *ahead, int lines)
{
	const ptrdiff_t each = ci / 16 * lines * LINE;
	for (; rows > 9 || rows == 8 || rows == 7 || rows == 4; rows -= 4, to += 4 * co, v += 4 * ci, term += 4, ahead += each)
		tile(to, co, v, u, ci, term, ahead, lines, 4);
	for (; rows > 2; rows -= 3, to += 3 * co, v += 3 * ci, term += 3, ahead += each)
		tile(to, co, v, u, ci, term, ahead, lines, 3);
	if (rows == 2)
		tile(to, co, v, u, ci, term, ahead, lines, 2);
	else if (rows == 1)
		tile(to, co, v, u, ci, term, ahead, lines, 1);
}

/* With many channels weights come from far away, so the next block of them is fetched meanwhile: groups of rows times lines are
 * about eight, which is all of it.  (After the last there is none; to fetch from nowhere does nothing.) */
void nn_wino_mm_avx2(const struct nn_wino_mm *m)
{
	const ptrdiff_t ci = m->ci, co = m->co, block = BLOCK * (ci + NN_WINO_TERM);
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		const int16_t *u = t.u;
		if (!m->again)
			rows_terms(&t, ci);
		for (ptrdiff_t o = 0; o < co; o += BLOCK, u += block) {
			const int16_t *next = o + BLOCK < co ? u + block : t.u + m->u_plane;
			if (ci < 128)
				all_rows(t.m + o, co, t.v, u, ci, t.term, t.rows, next, 0);
			else if (t.rows < 8)
				all_rows(t.m + o, co, t.v, u, ci, t.term, t.rows, next, 8);
			else if (t.rows < 24)
				all_rows(t.m + o, co, t.v, u, ci, t.term, t.rows, next, 3);
			else
				all_rows(t.m + o, co, t.v, u, ci, t.term, t.rows, next, 1);
		}
	}
}
