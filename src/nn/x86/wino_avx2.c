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
		__m256i t[SIDE * SIDE], to[SIDE];
		for (int c = 0; c < cols + 2; c++) {
			__m256i d[SIDE];
			NN_UNROLL
			for (int r = 0; r < rows + 2; r++) {
				const __m128i b = nn_load16(x + r * line + c * ci + k);
				d[r] = is_signed ? _mm256_cvtepi8_epi16(b) : _mm256_cvtepu8_epi16(b);
			}
			input_line(t + c, SIDE, d, 1, rows);
		}
		for (int i = 0; i < rows + 2; i++) {
			int16_t *at = v + (ptrdiff_t)(i * SIDE) * plane + k;
			input_line(to, 1, t + i * SIDE, 1, cols);
			NN_UNROLL
			for (int j = 0; j < cols + 2; j++)
				nn_store32(at + j * plane, to[j]);
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

enum { BLOCK = 16, ROWS = 6 };

/* rows x 16 sums: two registers a row, all held through all channels. */
NN_INLINE void tile(const struct nn_wino_mm *m, int first, int o, int rows)
{
	const int16_t *v[ROWS];
	__m256i sum[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		v[r] = m->v + (ptrdiff_t)(first + r) * m->ci;
		sum[r][0] = sum[r][1] = _mm256_setzero_si256();
	}
	const int16_t *u = m->u + (ptrdiff_t)o * m->ci;
	for (ptrdiff_t k = 0; k < m->ci; k += 2, u += 2 * BLOCK) {
		const __m256i u0 = nn_load32(u), u1 = nn_load32(u + BLOCK);
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			const __m256i x = _mm256_set1_epi32(nn_load4(v[r] + k));
			sum[r][0] = _mm256_add_epi32(sum[r][0], _mm256_madd_epi16(x, u0));
			sum[r][1] = _mm256_add_epi32(sum[r][1], _mm256_madd_epi16(x, u1));
		}
	}
	NN_UNROLL
	for (int r = 0; r < rows; r++) {
		int32_t *to = m->m + (ptrdiff_t)(first + r) * m->co + o;
		nn_store32(to, sum[r][0]);
		nn_store32(to + 8, sum[r][1]);
	}
}

/* A block of weights stays in the cache while all rows pass it, in groups as even as can be. */
void nn_wino_mm_avx2(const struct nn_wino_mm *m)
{
	for (int o = 0; o < m->co; o += BLOCK)
		for (int r = 0, left = (m->rows + ROWS - 1) / ROWS; left > 0; left--) {
			const int n = (m->rows - r + left - 1) / left;
			switch (n) {
			case 1:
				tile(m, r, o, 1);
				break;
			case 2:
				tile(m, r, o, 2);
				break;
			case 3:
				tile(m, r, o, 3);
				break;
			case 4:
				tile(m, r, o, 4);
				break;
			case 5:
				tile(m, r, o, 5);
				break;
			default:
				tile(m, r, o, ROWS);
			}
			r += n;
		}
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

NN_INLINE void output_tile(int32_t *acc, const int32_t *m, ptrdiff_t plane, ptrdiff_t co, int rows, int cols)
{
	for (ptrdiff_t o = 0; o < co; o += 8) {
		__m256i t[4 * SIDE];
		for (int j = 0; j < cols + 2; j++) {
			__m256i p[SIDE], y[4];
			NN_UNROLL
			for (int i = 0; i < rows + 2; i++)
				p[i] = nn_load32(m + (ptrdiff_t)(i * SIDE + j) * plane + o);
			output_line(y, p, 1, rows);
			NN_UNROLL
			for (int r = 0; r < rows; r++)
				t[r * SIDE + j] = y[r];
		}
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			__m256i y[4];
			output_line(y, t + r * SIDE, 1, cols);
			NN_UNROLL
			for (int c = 0; c < cols; c++)
				nn_store32(acc + (ptrdiff_t)(r * cols + c) * co + o,
					   exact_quotient(y[c], shift_of(r, rows) + shift_of(c, cols)));
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
