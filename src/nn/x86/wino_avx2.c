/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Winograd by AVX2: transforms of 16 channels (in) and 8 outputs (out) a vector, products by vpmaddwd.  The
 * matrices are those of ref/wino.c, written out with what their rows share. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { SIDE = NN_WINO_SIDE };

/* ---- input: 16 channels of 16 bits ---- */

NN_INLINE __m256i twice16(__m256i x)
{
	return _mm256_add_epi16(x, x);
}

#define ADD _mm256_add_epi16
#define SUB _mm256_sub_epi16

/* A line of 5 inputs at the points 0, 1, -1, 2, infinity. */
NN_INLINE void input_line3(__m256i *to, int step, const __m256i *d, int from)
{
	const __m256i d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from];
	const __m256i a = SUB(d3, d1), b = SUB(d3, d2);
	to[0] = ADD(twice16(SUB(d0, d2)), a);
	to[step] = SUB(b, twice16(d1));
	to[2 * step] = ADD(b, twice16(SUB(d1, d2)));
	to[3 * step] = a;
	to[4 * step] = SUB(SUB(d4, d2), twice16(a));
}

/* A line of 6 inputs at those and at -2. */
NN_INLINE void input_line4(__m256i *to, int step, const __m256i *d, int from)
{
	const __m256i d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from], d5 = d[5 * from];
	const __m256i a = SUB(d4, _mm256_slli_epi16(d2, 2)), b = SUB(d3, _mm256_slli_epi16(d1, 2));
	const __m256i c = SUB(d4, d2), e = twice16(SUB(d3, d1));
	to[0] = ADD(_mm256_slli_epi16(SUB(d0, d2), 2), c);
	to[step] = ADD(a, b);
	to[2 * step] = SUB(a, b);
	to[3 * step] = ADD(c, e);
	to[4 * step] = SUB(SUB(d5, d3), twice16(e));
	to[5 * step] = SUB(c, e);
}

#undef ADD
#undef SUB

NN_INLINE void input_line(__m256i *to, int step, const __m256i *d, int from, int n)
{
	if (n == 3)
		input_line3(to, step, d, from);
	else
		input_line4(to, step, d, from);
}

NN_INLINE void input_tile(int16_t *v, ptrdiff_t plane, const uint8_t *x, ptrdiff_t line, ptrdiff_t ci, int rows, int cols,
                          int is_signed)
{
	for (ptrdiff_t k = 0; k < ci; k += 16) {
		__m256i t[SIDE * SIDE];
		const uint8_t *from = x + k;
		int16_t *to = v + k;
		NN_NO_UNROLL
		for (int c = 0; c < cols + 2; c++, from += ci) {
			__m256i d[SIDE];
			NN_UNROLL
			for (int r = 0; r < rows + 2; r++) {
				const __m128i b = nn_load16(from + r * line);
				d[r] = is_signed ? _mm256_cvtepi8_epi16(b) : _mm256_cvtepu8_epi16(b);
			}
			input_line(t + c, SIDE, d, 1, rows);
		}
		NN_NO_UNROLL
		for (int i = 0; i < rows + 2; i++, to += SIDE * plane) {
			__m256i y[SIDE];
			input_line(y, 1, t + i * SIDE, 1, cols);
			NN_UNROLL
			for (int j = 0; j < cols + 2; j++)
				nn_store32(to + j * plane, y[j]);
		}
	}
}

NN_INLINE void input(int16_t *v, size_t plane, const void *x, int line, int ci, int rows, int cols, int is_signed)
{
	const ptrdiff_t p = (ptrdiff_t)plane;
	if (rows == 3 && cols == 3)
		input_tile(v, p, x, line, ci, 3, 3, is_signed);
	else if (rows == 3)
		input_tile(v, p, x, line, ci, 3, 4, is_signed);
	else if (cols == 3)
		input_tile(v, p, x, line, ci, 4, 3, is_signed);
	else
		input_tile(v, p, x, line, ci, 4, 4, is_signed);
}

void nn_wino_in_u8_avx2(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols)
{
	input(v, plane, x, line, ci, rows, cols, 0);
}

void nn_wino_in_s8_avx2(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	input(v, plane, x, line, ci, rows, cols, 1);
}

/* ---- products ---- */

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

void nn_wino_mm_avx2(const struct nn_wino_mm *m)
{
	const ptrdiff_t ci = m->ci;
	int32_t term[NN_WINO_ROWS + 3];
	for (int r = 0; r < m->rows; r += 4) {
		const int16_t *v = m->v + r * ci;
		const ptrdiff_t more = m->rows - 1 - r;
		nn_store16(term + r, four_rows_terms(v, v + (more > 0) * ci, v + (more > 1) * 2 * ci, v + (more > 2) * 3 * ci, ci));
	}
	for (int o = 0; o < m->co; o += BLOCK)
		all_rows(m->m + o, m->co, m->v, m->u + (ptrdiff_t)o * (ci + NN_WINO_TERM), ci, term, m->rows);
}

/* ---- output: 8 sums of 32 bits ---- */

#define ADD _mm256_add_epi32
#define SUB _mm256_sub_epi32

/* The products at 5 points in 3 outputs, all times 6. */
NN_INLINE void output_line3(__m256i *y, const __m256i *m, int from)
{
	const __m256i m0 = m[0], m1 = m[from], m2 = m[2 * from], m3 = m[3 * from], m4 = m[4 * from];
	const __m256i a = SUB(m3, ADD(ADD(m1, m1), m1));
	y[0] = ADD(a, SUB(m0, m2));
	y[1] = ADD(a, ADD(m3, m2));
	y[2] = ADD(ADD(a, SUB(m4, m2)), ADD(ADD(m3, m3), m3));
}

/* The products at 6 points in 4 outputs, times 24, 12, 6, 6. */
NN_INLINE void output_line4(__m256i *y, const __m256i *m, int from)
{
	const __m256i m0 = m[0], m1 = m[from], m2 = m[2 * from], m3 = m[3 * from], m4 = m[4 * from], m5 = m[5 * from];
	const __m256i s1 = ADD(m1, m2), d1 = SUB(m1, m2), s2 = ADD(m3, m5), d2 = SUB(m3, m5);
	const __m256i a = SUB(m0, ADD(s1, s1));
	y[0] = ADD(ADD(a, a), s2);
	y[1] = SUB(d2, ADD(d1, d1));
	y[2] = SUB(s2, s1);
	y[3] = ADD(ADD(d2, d2), SUB(m4, d1));
}

#undef ADD
#undef SUB

NN_INLINE void output_line(__m256i *y, const __m256i *m, int from, int n)
{
	if (n == 3)
		output_line3(y, m, from);
	else
		output_line4(y, m, from);
}

/* log2 of what output r of n is multiplied by, besides 3. */
NN_INLINE int shift_of(int r, int n)
{
	return n == 4 && r < 2 ? 3 - r : 1;
}

/* See ref/wino.c: 9 * 2^s times the result, modulo 2^32. */
NN_INLINE __m256i exact_quotient(__m256i x, int s)
{
	return _mm256_srai_epi32(_mm256_mullo_epi32(x, _mm256_set1_epi32(INT32_C(0x38e38e39))), s);
}

/* What column j of the points gives to each row of outputs. */
NN_INLINE void output_column(__m256i *t, const int32_t *m, ptrdiff_t plane, int j, int rows)
{
	__m256i p[SIDE], y[4];
	NN_UNROLL
	for (int i = 0; i < rows + 2; i++)
		p[i] = nn_load32(m + (i * SIDE + j) * plane);
	output_line(y, p, 1, rows);
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		t[r * SIDE + j] = y[r];
}

NN_INLINE void output_tile(int32_t *acc, const int32_t *m, ptrdiff_t plane, ptrdiff_t co, int rows, int cols)
{
	for (ptrdiff_t o = 0; o < co; o += 8) {
		__m256i t[4 * SIDE];
		int32_t *to = acc + o;
		if (rows + cols == 6) { /* most of t stays in registers */
			NN_UNROLL
			for (int j = 0; j < cols + 2; j++)
				output_column(t, m + o, plane, j, rows);
		} else {
			NN_NO_UNROLL
			for (int j = 0; j < cols + 2; j++)
				output_column(t, m + o, plane, j, rows);
		}
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			__m256i y[4];
			output_line(y, t + r * SIDE, 1, cols);
			NN_UNROLL
			for (int c = 0; c < cols; c++, to += co)
				nn_store32(to, exact_quotient(y[c], shift_of(r, rows) + shift_of(c, cols)));
		}
	}
}

void nn_wino_out_avx2(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	const ptrdiff_t p = (ptrdiff_t)plane;
	if (rows == 3 && cols == 3)
		output_tile(acc, m, p, co, 3, 3);
	else if (rows == 3)
		output_tile(acc, m, p, co, 3, 4);
	else if (cols == 3)
		output_tile(acc, m, p, co, 4, 3);
	else
		output_tile(acc, m, p, co, 4, 4);
}
