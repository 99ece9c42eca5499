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
	__m128i a = far_products(v0), b = far_products(v1), c = far_products(v2), d = far_products(v3);
	for (ptrdiff_t k = 16; k < ci; k += 16) {
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

/* What lies at v, for a compiler to know that it is read: rows of as many channels as a net may have. */
struct rows {
	int16_t v[ROWS * 256];
};

/* Four channels of a row, times p and r, in its two sums.  The channels stand `at` bytes behind v, and `row` (an index for an
 * address) further.  All 16 registers are in use, and of intrinsics that stand four times in a loop compilers make one that
 * keeps its sums in memory. */
#define ADD_FOUR(sum, at, row)                                                                                         \
	__asm__("vpbroadcastd " at "(%[v]" row "), %[x0]\n\t"                                                          \
		"vpbroadcastd 16+" at "(%[v]" row "), %[y0]\n\t"                                                       \
		"vpaddw %[x0], %[r0], %[x1]\n\tvpaddw %[y0], %[p0], %[y1]\n\t"                                         \
		"vpmaddwd %[x1], %[y1], %[x1]\n\tvpaddd %[x1], %[s0], %[s0]\n\t"                                       \
		"vpaddw %[x0], %[r1], %[x0]\n\tvpaddw %[y0], %[p1], %[y0]\n\t"                                         \
		"vpmaddwd %[x0], %[y0], %[x0]\n\tvpaddd %[x0], %[s1], %[s1]"                                           \
		: [s0] "+x"((sum)[0]), [s1] "+x"((sum)[1]),                                                            \
		  [x0] "=&x"(x0), [x1] "=&x"(x1), [y0] "=&x"(y0), [y1] "=&x"(y1)                                       \
		: [v] "r"(v), [ci] "r"(ci), [ci3] "r"(3 * ci), "m"(*(const struct rows *)v),                               \
		  [p0] "x"(p0), [p1] "x"(p1), [r0] "x"(r0), [r1] "x"(r1))

/* The same of all rows; `at` is 0, 4, 8, 12. */
#define ADD_FOURS(at)                                                                                                  \
	{                                                                                                              \
		const __m256i p0 = nn_load32(u + 8 * at), p1 = nn_load32(u + 8 * at + BLOCK);                          \
		const __m256i r0 = nn_load32(u + 8 * at + FAR * BLOCK), r1 = nn_load32(u + 8 * at + (FAR + 1) * BLOCK); \
		__m256i x0, x1, y0, y1;                                                                                \
		ADD_FOUR(sum[0], #at, "");                                                                             \
		if (rows > 1)                                                                                          \
			ADD_FOUR(sum[1], #at, ",%[ci],2");                                                             \
		if (rows > 2)                                                                                          \
			ADD_FOUR(sum[2], #at, ",%[ci],4");                                                             \
		if (rows > 3)                                                                                          \
			ADD_FOUR(sum[3], #at, ",%[ci3],2");                                                            \
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
		ADD_FOURS(0)
		ADD_FOURS(4)
		ADD_FOURS(8)
		ADD_FOURS(12)
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
	const int groups = (rows + ROWS - 1) / ROWS;
	for (int fours = rows - 3 * groups; fours > 0; fours--, rows -= 4, to += 4 * co, v += 4 * ci, term += 4, ahead += each)
		tile(to, co, v, u, ci, term, ahead, lines, 4);
	for (; rows > 2; rows -= 3, to += 3 * co, v += 3 * ci, term += 3, ahead += each)
		tile(to, co, v, u, ci, term, ahead, lines, 3);
	if (rows == 2)
		tile(to, co, v, u, ci, term, ahead, lines, 2);
	else if (rows == 1)
		tile(to, co, v, u, ci, term, ahead, lines, 1);
}

/* All points, each with all its blocks; `lines` of the block that comes next are fetched for every 16 channels of a group of rows.
 * (After the last there is none; to fetch from nowhere does nothing.) */
NN_INLINE void all_points(const struct nn_wino_mm *m, int lines)
{
	const ptrdiff_t ci = m->ci, co = m->co, block = BLOCK * (ci + NN_WINO_TERM);
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		const int16_t *u = t.u;
		if (!m->again)
			rows_terms(&t, ci);
		for (ptrdiff_t o = 0; o < co; o += BLOCK, u += block)
			all_rows(t.m + o, co, t.v, u, ci, t.term, t.rows, o + BLOCK < co ? u + block : t.u + m->u_plane, lines);
	}
}

/* Copies that a compiler does not mix, for each to have all registers.  With many channels weights come from far away; groups of
 * rows times lines are about eight, which is all of a block. */
static __attribute__((noinline)) void near_points(const struct nn_wino_mm *m)
{
	all_points(m, 0);
}

static __attribute__((noinline)) void many_tiles(const struct nn_wino_mm *m)
{
	all_points(m, 1);
}

static __attribute__((noinline)) void some_tiles(const struct nn_wino_mm *m)
{
	all_points(m, 3);
}

static __attribute__((noinline)) void few_tiles(const struct nn_wino_mm *m)
{
	all_points(m, 8);
}

void nn_wino_mm_avx2(const struct nn_wino_mm *m)
{
	const int tiles = m->first[NN_WINO_FORMS];
	if (m->ci < 64)
		near_points(m);
	else if (tiles < 8)
		few_tiles(m);
	else if (tiles < 24)
		some_tiles(m);
	else
		many_tiles(m);
}
