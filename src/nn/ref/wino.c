/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Winograd, by definition (kernels.h, docs/arithmetic-winograd.md): one direction is a small matrix, and both are
 * that matrix applied to lines and then to columns. */
#include "base/fixed.h"
#include "nn/conv.h"
#include "nn/kernels_int.h"

#include <string.h>

enum { SIDE = NN_WINO_SIDE };

/* What a line of R + 2 inputs is at each point: polynomials that vanish at all the others.  Sums of magnitudes are at
 * most 6 (R = 3) and 10 (R = 4). */
static const int8_t from_input[2][SIDE][SIDE] = {
    {{2, -1, -2, 1}, {0, -2, -1, 1}, {0, 2, -3, 1}, {0, -1, 0, 1}, {0, 2, -1, -2, 1}},
    {{4, 0, -5, 0, 1}, {0, -4, -4, 1, 1}, {0, 4, -4, -1, 1}, {0, -2, -1, 2, 1}, {0, 4, 0, -5, 0, 1}, {0, 2, -1, -2, 1}},
};

/* What a line of 3 weights is there: its values, times 3 at 0 and 6 at infinity.  Sums of magnitudes are at most 7. */
static const int8_t from_weights[SIDE][3] = {{3, 0, 0}, {1, 1, 1}, {1, -1, 1}, {1, 2, 4}, {0, 0, 6}, {1, -2, 4}};

/* What the products at the points are in each of R outputs, times 3 * 2^to_shift. */
static const int8_t to_output[2][4][SIDE] = {
    {{1, -3, -1, 1, 0}, {0, -3, 1, 2, 0}, {0, -3, -1, 4, 1}},
    {{2, -4, -4, 1, 0, 1}, {0, -2, 2, 1, 0, -1}, {0, -1, -1, 1, 0, 1}, {0, -1, 1, 2, 1, -2}},
};
static const int8_t to_shift[2][4] = {{1, 1, 1}, {3, 2, 1, 1}};

/* 1 / 9 modulo 2^32. */
#define NINTH UINT32_C(0x38e38e39)

static void input_channel(int16_t *v, size_t plane, int16_t x[SIDE][SIDE], int rows, int cols)
{
	int16_t t[SIDE][SIDE] = {{0}};
	for (int i = 0; i < rows + 2; i++)
		for (int c = 0; c < cols + 2; c++)
			for (int r = 0; r < rows + 2; r++)
				t[i][c] = (int16_t)(t[i][c] + from_input[rows - 3][i][r] * x[r][c]);
	for (int i = 0; i < rows + 2; i++)
		for (int j = 0; j < cols + 2; j++) {
			int sum = 0;
			for (int c = 0; c < cols + 2; c++)
				sum += from_input[cols - 3][j][c] * t[i][c];
			v[(size_t)(i * SIDE + j) * plane] = (int16_t)sum;
		}
}

#define INPUT(name, type)                                                                                              \
	void name(int16_t *v, size_t plane, const type *x, int line, int ci, int rows, int cols)                       \
	{                                                                                                              \
		for (int k = 0; k < ci; k++) {                                                                         \
			int16_t in[SIDE][SIDE] = {{0}};                                                                \
			for (int r = 0; r < rows + 2; r++)                                                             \
				for (int c = 0; c < cols + 2; c++)                                                     \
					in[r][c] = x[r * line + c * ci + k];                                           \
			input_channel(v + k, plane, in, rows, cols);                                                   \
		}                                                                                                      \
	}
INPUT(nn_wino_in_u8_c, uint8_t)
INPUT(nn_wino_in_s8_c, int8_t)

static void point_products(const struct nn_wino_point *t, int ci, int co)
{
	for (int r = 0; r < t->rows; r++)
		for (int o = 0; o < co; o++) {
			const int16_t *v = t->v + (ptrdiff_t)r * ci;
			const int16_t *u = t->u + (ptrdiff_t)(o / 16) * (ci + NN_WINO_TERM) * 16 + 16 * NN_WINO_TERM + o % 16 * 2;
			uint32_t sum = 0;
			for (int k = 0; k < ci; k += 2, u += 32)
				sum += (uint32_t)(v[k] * u[0] + v[k + 1] * u[1]);
			t->m[(ptrdiff_t)r * co + o] = (int32_t)sum;
		}
}

void nn_wino_mm_c(const struct nn_wino_mm *m)
{
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		point_products(&t, m->ci, m->co);
	}
}

/* sum is 9 * 2^s times the result modulo 2^32, |result| < 2^(31 - s): times 1 / 9 it is 2^s times the result, which fits. */
static int32_t exact_quotient(uint32_t sum, int s)
{
	return fx_asr32((int32_t)(sum * NINTH), s);
}

void nn_wino_out_c(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	for (int o = 0; o < co; o++)
		for (int r = 0; r < rows; r++) {
			uint32_t t[SIDE] = {0};
			for (int j = 0; j < cols + 2; j++)
				for (int i = 0; i < rows + 2; i++)
					t[j] += (uint32_t)to_output[rows - 3][r][i] * (uint32_t)m[(size_t)(i * SIDE + j) * plane + (size_t)o];
			for (int c = 0; c < cols; c++) {
				uint32_t sum = 0;
				for (int j = 0; j < cols + 2; j++)
					sum += (uint32_t)to_output[cols - 3][c][j] * t[j];
				acc[(r * cols + c) * co + o] = exact_quotient(sum, to_shift[rows - 3][r] + to_shift[cols - 3][c]);
			}
		}
}

/* Two channels of each of 16 outputs: what one vector of packed weights holds. */
enum { LANES = 32 };

/* The values of a line of three weights, `step` apart, at all points. */
static void weights_line(int16_t *restrict to, const int16_t *restrict w, size_t step)
{
	for (int i = 0; i < SIDE; i++)
		for (size_t k = 0; k < LANES; k++)
			to[(size_t)i * LANES + k] = (int16_t)(from_weights[i][0] * w[k] + from_weights[i][1] * w[step + k] +
			                                      from_weights[i][2] * w[2 * step + k]);
}

/* The columns of a filter, then the lines of what they gave. */
static void weights_block(int16_t *u, size_t plane, const int16_t *w)
{
	int16_t t[3 * SIDE * LANES], all[SIDE * LANES];
	for (int c = 0; c < 3; c++)
		weights_line(t + c * SIDE * LANES, w + c * LANES, 3 * LANES);
	for (int i = 0; i < SIDE; i++) {
		weights_line(all, t + i * LANES, SIDE * LANES);
		for (int j = 0; j < SIDE; j++, u += plane)
			memcpy(u, all + j * LANES, LANES * sizeof *u);
	}
}

/* The terms before a block of 16 outputs: see nn_wino_mm. */
static void weights_terms(int16_t *block, int ci)
{
	const int16_t *u = block + LANES;
	uint32_t sum[LANES] = {0}, term[LANES / 2];
	for (int k = 0; k < ci; k += 16, u += 4 * LANES)
		for (int pair = 0; pair < 4; pair++, u += LANES)
			for (int b = 0; b < LANES; b++)
				sum[b] -= (uint32_t)(u[b] * u[4 * LANES + b]);
	for (int o = 0; o < LANES / 2; o++)
		term[o] = sum[2 * o] + sum[2 * o + 1];
	memcpy(block, term, sizeof term);
}

void nn_wino_pack(int16_t *u, const int8_t *w, int co, int ci)
{
	const size_t plane = (size_t)co * (size_t)(ci + NN_WINO_TERM);
	int16_t in[9 * LANES];
	for (int o = 0; o < co; o += 16) {
		int16_t *block = u + (size_t)o * (size_t)(ci + NN_WINO_TERM);
		for (int k = 0; k < ci; k += 2) {
			for (int t = 0; t < 9; t++)
				for (int b = 0; b < LANES; b++)
					in[t * LANES + b] = w[((ptrdiff_t)(o + b / 2) * 9 + t) * ci + k + b % 2];
			weights_block(block + (ptrdiff_t)(1 + k / 2) * LANES, plane, in);
		}
		for (int p = 0; p < NN_WINO_POINTS; p++)
			weights_terms(block + (size_t)p * plane, ci);
	}
}
