/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to nn's vector kernels: the transforms of exact Winograd for vectors of NN_WINO_VECTOR bytes.  Whoever includes this
 * defines that, NN_WINO_U8(p) and NN_WINO_S8(p), which load bytes as lanes of 16 bits, NN_INLINE and the words about loops.  The matrices are those of ref/wino.c, written out with what their rows
 * share; lanes are unsigned, so everything is modulo 2^16 or 2^32. */
#ifndef MIAI_NN_WINO_INT_H
#define MIAI_NN_WINO_INT_H

#include "nn/kernels.h"

#include <string.h>

enum { WINO_SIDE = NN_WINO_SIDE, WINO_LANES16 = NN_WINO_VECTOR / 2, WINO_LANES32 = NN_WINO_VECTOR / 4 };
typedef uint16_t wino16 __attribute__((vector_size(NN_WINO_VECTOR)));
typedef uint32_t wino32 __attribute__((vector_size(NN_WINO_VECTOR)));
typedef int32_t wino_signed32 __attribute__((vector_size(NN_WINO_VECTOR)));

/* ---- inputs ---- */

/* A line of 5 inputs at the points 0, 1, -1, 2, infinity. */
NN_INLINE void wino_input_line3(wino16 *to, int step, const wino16 *d)
{
	const wino16 a = d[3] - d[1], b = d[3] - d[2], c = d[0] - d[2], e = d[1] - d[2];
	to[0] = c + c + a;
	to[step] = b - (d[1] + d[1]);
	to[2 * step] = b + (e + e);
	to[3 * step] = a;
	to[4 * step] = d[4] - d[2] - (a + a);
}

/* A line of 6 inputs at those and at -2. */
NN_INLINE void wino_input_line4(wino16 *to, int step, const wino16 *d)
{
	const wino16 a = d[4] - (d[2] << 2), b = d[3] - (d[1] << 2), c = d[4] - d[2], half = d[3] - d[1], e = half + half;
	to[0] = ((d[0] - d[2]) << 2) + c;
	to[step] = a + b;
	to[2 * step] = a - b;
	to[3 * step] = c + e;
	to[4 * step] = d[5] - d[3] - (e + e);
	to[5 * step] = c - e;
}

NN_INLINE void wino_input_line(wino16 *to, int step, const wino16 *d, int n)
{
	if (n == 3)
		wino_input_line3(to, step, d);
	else
		wino_input_line4(to, step, d);
}

NN_INLINE void wino_input_tile(int16_t *v, ptrdiff_t plane, const uint8_t *x, ptrdiff_t line, ptrdiff_t ci, int rows, int cols,
                               int is_signed)
{
	for (ptrdiff_t k = 0; k < ci; k += WINO_LANES16) {
		wino16 t[WINO_SIDE * WINO_SIDE];
		const uint8_t *from = x + k;
		int16_t *to = v + k;
		NN_NO_UNROLL
		for (int c = 0; c < cols + 2; c++, from += ci) {
			wino16 d[WINO_SIDE];
			NN_UNROLL
			for (int r = 0; r < rows + 2; r++)
				d[r] = is_signed ? (wino16)NN_WINO_S8(from + r * line) : (wino16)NN_WINO_U8(from + r * line);
			wino_input_line(t + c, WINO_SIDE, d, rows);
		}
		NN_NO_UNROLL
		for (int i = 0; i < rows + 2; i++, to += WINO_SIDE * plane) {
			wino16 y[WINO_SIDE];
			wino_input_line(y, 1, t + i * WINO_SIDE, cols);
			NN_UNROLL
			for (int j = 0; j < cols + 2; j++)
				memcpy(to + j * plane, &y[j], sizeof y[j]);
		}
	}
}

NN_INLINE void wino_input(int16_t *v, size_t plane, const void *x, int line, int ci, int rows, int cols, int is_signed)
{
	const ptrdiff_t p = (ptrdiff_t)plane;
	if (rows == 3 && cols == 3)
		wino_input_tile(v, p, x, line, ci, 3, 3, is_signed);
	else if (rows == 3)
		wino_input_tile(v, p, x, line, ci, 3, 4, is_signed);
	else if (cols == 3)
		wino_input_tile(v, p, x, line, ci, 4, 3, is_signed);
	else
		wino_input_tile(v, p, x, line, ci, 4, 4, is_signed);
}

/* ---- outputs ---- */

/* The products at 5 points in 3 outputs, all times 6. */
NN_INLINE void wino_output_line3(wino32 *y, const wino32 *m)
{
	const wino32 a = m[1] + m[1] + m[1], b = m[3] - a;
	y[0] = b + (m[0] - m[2]);
	y[1] = b + (m[3] + m[2]);
	y[2] = (m[3] << 2) - a + (m[4] - m[2]);
}

/* The products at 6 points in 4 outputs, times 24, 12, 6, 6. */
NN_INLINE void wino_output_line4(wino32 *y, const wino32 *m)
{
	const wino32 s1 = m[1] + m[2], d1 = m[1] - m[2], s2 = m[3] + m[5], d2 = m[3] - m[5], a = m[0] - (s1 + s1);
	y[0] = a + a + s2;
	y[1] = d2 - (d1 + d1);
	y[2] = s2 - s1;
	y[3] = d2 + d2 + (m[4] - d1);
}

NN_INLINE void wino_output_line(wino32 *y, const wino32 *m, int n)
{
	if (n == 3)
		wino_output_line3(y, m);
	else
		wino_output_line4(y, m);
}

/* log2 of what output r of n is multiplied by, besides 3. */
NN_INLINE int wino_shift(int r, int n)
{
	return n == 4 && r < 2 ? 3 - r : 1;
}

/* What column j of the points gives to each row of outputs. */
NN_INLINE void wino_output_column(wino32 *t, const int32_t *m, ptrdiff_t plane, int j, int rows)
{
	wino32 p[WINO_SIDE], y[4];
	NN_UNROLL
	for (int i = 0; i < rows + 2; i++)
		memcpy(&p[i], m + (i * WINO_SIDE + j) * plane, sizeof p[i]);
	wino_output_line(y, p, rows);
	NN_UNROLL
	for (int r = 0; r < rows; r++)
		t[r * WINO_SIDE + j] = y[r];
}

/* A line is 9 * 2^s times the result, modulo 2^32: see ref/wino.c. */
NN_INLINE void wino_output_tile(int32_t *acc, const int32_t *m, ptrdiff_t plane, ptrdiff_t co, int rows, int cols)
{
	for (ptrdiff_t o = 0; o < co; o += WINO_LANES32) {
		wino32 t[4 * WINO_SIDE];
		int32_t *to = acc + o;
		if (rows + cols == 6) { /* most of t stays in registers */
			NN_UNROLL
			for (int j = 0; j < cols + 2; j++)
				wino_output_column(t, m + o, plane, j, rows);
		} else {
			NN_NO_UNROLL
			for (int j = 0; j < cols + 2; j++)
				wino_output_column(t, m + o, plane, j, rows);
		}
		NN_UNROLL
		for (int r = 0; r < rows; r++) {
			wino32 y[4];
			wino_output_line(y, t + r * WINO_SIDE, cols);
			NN_UNROLL
			for (int c = 0; c < cols; c++, to += co) {
				const wino_signed32 q =
				    (wino_signed32)(y[c] * UINT32_C(0x38e38e39)) >> (wino_shift(r, rows) + wino_shift(c, cols));
				memcpy(to, &q, sizeof q);
			}
		}
	}
}

NN_INLINE void wino_output(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	const ptrdiff_t p = (ptrdiff_t)plane;
	if (rows == 3 && cols == 3)
		wino_output_tile(acc, m, p, co, 3, 3);
	else if (rows == 3)
		wino_output_tile(acc, m, p, co, 3, 4);
	else if (cols == 3)
		wino_output_tile(acc, m, p, co, 4, 3);
	else
		wino_output_tile(acc, m, p, co, 4, 4);
}

#endif
