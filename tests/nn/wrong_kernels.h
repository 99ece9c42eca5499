/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels that are wrong, each in a way somebody once was.  A harness that accepts one of them is no harness. */
#ifndef MIAI_TESTS_WRONG_KERNELS_H
#define MIAI_TESTS_WRONG_KERNELS_H

#include "base/fixed.h"
#include "base/rng.h"
#include "nn/kernels_int.h"

static int32_t wrong_sat16(int32_t x)
{
	return fx_clamp32(x, -32768, 32767);
}

/* mm_u8 with its fours summed in 16 bits. */
static void wrong_fours_mm_u8(const struct nn_mm *m)
{
	const int k = m->taps * m->ci;
	for (int i = 0; i < m->rows; i++)
		for (int o = 0; o < m->co; o++) {
			int32_t sum = 0;
			for (int j = 0; j < k; j += 4) {
				const uint8_t *x = (const uint8_t *)m->x + m->row[i] + m->tap[j / m->ci] + j % m->ci;
				const int8_t *w = m->w + ((o / 16) * (k / 4) + j / 4) * 64 + o % 16 * 4;
				sum += wrong_sat16(wrong_sat16(x[0] * w[0] + x[1] * w[1]) +
						   wrong_sat16(x[2] * w[2] + x[3] * w[3]));
			}
			m->acc[i * m->co + o] = sum;
		}
}

/* mm_s8 as x + 128 times w, like VNNI's, by an instruction that saturates its pairs. */
static void wrong_offset_mm_s8(const struct nn_mm *m)
{
	const int k = m->taps * m->ci;
	for (int i = 0; i < m->rows; i++)
		for (int o = 0; o < m->co; o++) {
			int32_t sum = 0;
			for (int j = 0; j < k; j += 2) {
				const int8_t *x = (const int8_t *)m->x + m->row[i] + m->tap[j / m->ci] + j % m->ci;
				const int8_t *w = m->w + ((o / 16) * (k / 4) + j / 4) * 64 + o % 16 * 4 + j % 4;
				sum += wrong_sat16((x[0] + 128) * w[0] + (x[1] + 128) * w[1]);
				sum -= 128 * (w[0] + w[1]);
			}
			m->acc[i * m->co + o] = sum;
		}
}

/* Sums of 28 bits, which all but the longest fit. */
static void wrong_bits_mm_u8(const struct nn_mm *m)
{
	nn_mm_u8_c(m);
	for (int i = 0; i < m->rows * m->co; i++)
		m->acc[i] = fx_asr32((int32_t)((uint32_t)m->acc[i] << 4), 4);
}

/* Makes x + 128 where x stands. */
static void wrong_input_mm_s8(const struct nn_mm *m)
{
	nn_mm_s8_c(m);
	((uint8_t *)(uintptr_t)m->x)[m->row[0]] ^= 128;
}

static void wrong_row_mm_u8(const struct nn_mm *m)
{
	struct nn_mm n = *m;
	n.rows--;
	nn_mm_u8_c(&n);
}

static void wrong_end_mm_u8(const struct nn_mm *m)
{
	nn_mm_u8_c(m);
	m->acc[m->rows * m->co] = 0;
}

static void wrong_begin_mm_s8(const struct nn_mm *m)
{
	nn_mm_s8_c(m);
	m->acc[-1] = 0;
}

static void wrong_tap_mm_u8(const struct nn_mm *m)
{
	int32_t tap[9];
	struct nn_mm n = *m;
	for (int t = 0; t < m->taps; t++)
		tap[t] = m->tap[t];
	if (m->taps == 9)
		tap[4] = tap[3];
	n.tap = tap;
	nn_mm_u8_c(&n);
}

static void wrong_quad_wgrad(const struct nn_wgrad *m)
{
	struct nn_wgrad n = *m;
	n.quads--;
	nn_wgrad_c(&n);
}

static void wrong_tap_wgrad(const struct nn_wgrad *m)
{
	nn_wgrad_c(m);
	if (m->taps == 9)
		memset(m->dw + 8 * m->co * m->ci, 0, sizeof *m->dw * (size_t)m->co * (size_t)m->ci);
}

/* Counts elements in 16 bits. */
static void wrong_index_wgrad(const struct nn_wgrad *m)
{
	nn_wgrad_c(m);
	for (int i = 1 << 16; i < m->taps * m->co * m->ci; i++)
		m->dw[i & 0xffff] = m->dw[i];
}

static void wrong_index_wgrad3(const struct nn_wgrad3 *m)
{
	nn_wgrad3_c(m);
	for (int i = 1 << 16; i < 9 * m->co * m->ci; i++)
		m->dw[i & 0xffff] = m->dw[i];
}

/* Adds what lies past the edge: the last column of points again, as far as their right neighbours. */
static void wrong_edge_wgrad3(const struct nn_wgrad3 *m)
{
	nn_wgrad3_c(m);
	for (int row = 0; row < m->size; row++) {
		const int at = (row + 1) * (m->size + 1) + m->size;
		m->dw[5 * m->co * m->ci] += m->g[at * m->co] * m->x[(at - m->size + 1) * m->ci];
	}
}

/* As if the sums of transformed products had 31 bits, so that the quarter of them had 29. */
static void wrong_narrow_wgrad3(const struct nn_wgrad3 *m)
{
	nn_wgrad3_c(m);
	for (int i = 0; i < 9 * m->co * m->ci; i++)
		m->dw[i] = (int32_t)((uint32_t)(m->dw[i] + (1 << 26)) % (1u << 27)) - (1 << 26);
}

static void wrong_order_interleave4(uint8_t *out, const uint8_t *in, size_t n)
{
	for (size_t i = 0; i < 4 * n; i++)
		out[i ^ 1] = in[i % 4 * n + i / 4];
}

/* Half down: x + 2^(s-1) - 1. */
static void wrong_half_relu_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
				 int c, int s)
{
	if (s < 1) {
		nn_relu_rows_c(out, row, rows, acc, bias, c, s);
		return;
	}
	for (int i = 0; i < rows * c; i++) {
		const int32_t v = fx_asr32(acc[i] + bias[i % c] + (1 << (s - 1)) - 1, s);
		out[row[i / c] + i % c] = (uint8_t)fx_clamp32(v, 0, 127);
	}
}

/* Clears the channel after each row, which is padding or another row's. */
static void wrong_gap_relu_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
				int c, int s)
{
	nn_relu_rows_c(out, row, rows, acc, bias, c, s);
	for (int r = 0; r < rows; r++)
		out[row[r] + c] = 0;
}

/* Saturates as packing instructions do, to -32768. */
static void wrong_floor_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
				   const int32_t *extra, int c, int s)
{
	for (int i = 0; i < rows * c; i++) {
		int16_t *to = t + row[i / c] + i % c;
		const int64_t v = fx_rshift64(acc[i] + bias[i % c], s) + (extra ? extra[i % c] : 0);
		*to = (int16_t)fx_clamp64(*to + v, -32768, 32767);
	}
}

/* Saturates before it adds the third term. */
static void wrong_early_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
				   const int32_t *extra, int c, int s)
{
	for (int i = 0; i < rows * c; i++) {
		int16_t *to = t + row[i / c] + i % c;
		const int64_t v = fx_clamp64(*to + fx_rshift64(acc[i] + bias[i % c], s), -32767, 32767);
		*to = (int16_t)fx_clamp64(v + (extra ? extra[i % c] : 0), -32767, 32767);
	}
}

/* Adds the rounding in 16 bits that saturate. */
static void wrong_sat_relu_trunk(uint8_t *out, const int16_t *t, size_t n, int s)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)fx_clamp32(fx_asr32(wrong_sat16(t[i] + ((1 << s) >> 1)), s), 0, 127);
}

static uint32_t wrong_tail_max_abs(const int32_t *g, size_t n)
{
	return nn_max_abs_c(g, n - n % 8);
}

static uint32_t wrong_sign_max_abs(const int32_t *g, size_t n)
{
	int32_t most = 0;
	for (size_t i = 0; i < n; i++)
		most = g[i] > most ? g[i] : most;
	return (uint32_t)most;
}

/* Looks at one too many. */
static uint32_t wrong_past_max_abs(const int32_t *g, size_t n)
{
	return nn_max_abs_c(g, n + 1) ? nn_max_abs_c(g, n) : 0;
}

static void wrong_first_round_sr(int8_t *out, const int32_t *g, size_t n, int s, uint64_t key, uint32_t first)
{
	(void)first;
	nn_round_sr_c(out, g, n, s, key, 0);
}

static void wrong_floor_round_sr(int8_t *out, const int32_t *g, size_t n, int s, uint64_t key, uint32_t first)
{
	nn_round_sr_c(out, g, n, s, key, first);
	for (size_t i = 0; i < n; i++)
		if (fx_asr32(g[i], s) < -128)
			out[i] = -128;
}

/* Takes the padding between lines for points. */
static void wrong_padding_pool(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	nn_pool_c(sum, max, at, x, size, c);
	for (int i = 0; i < c; i++)
		max[i] = x[(2 * size + 2) * c + i] > max[i] ? x[(2 * size + 2) * c + i] : max[i];
}

/* Sums of 16 bits that saturate a little early. */
static void wrong_full_pool(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	nn_pool_c(sum, max, at, x, size, c);
	for (int i = 0; i < c; i++)
		sum[i] = sum[i] < 360 * 127 ? sum[i] : 360 * 127;
}

/* The last point of the maximum, not the first. */
static void wrong_last_pool(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	nn_pool_c(sum, max, at, x, size, c);
	for (int p = 0; at && p < size * size * c; p++) {
		const int index = (p / c / size + 1) * (size + 1) + p / c % size + 1;
		if (x[index * c + p % c] == max[p % c])
			at[p % c] = (uint16_t)index;
	}
}

/* Counts places by fours. */
static uint64_t wrong_lane_add_sums(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first)
{
	uint64_t print = 0;
	for (size_t i = 0; i < n; i += 4)
		print += nn_add_sums_c(sum ? sum + i : NULL, v + i, n - i < 4 ? n - i : 4, s, first + 8 * (i / 4 + i / 64));
	return print;
}

/* Loads and stores whole vectors, changing none of what lies past the end. */
static uint64_t wrong_whole_add_sums(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first)
{
	for (size_t i = n; sum && i % 4; i++) {
		volatile int64_t *past = &sum[i];
		*past = *past;
	}
	return nn_add_sums_c(sum, v, n, s, first);
}

/* Sums in 32 bits. */
static void wrong_narrow_logits_back(const struct nn_logits_back *m)
{
	nn_logits_back_c(m);
	for (int i = 0; i < m->co * m->ci; i++)
		m->dw[i] = (int32_t)m->dw[i];
}

/* Lets through what is clamped at the top. */
static uint32_t wrong_top_mask_rows(int32_t *g, const struct nn_mask_rows *m)
{
	uint8_t act[16 * 5 * 30];
	int32_t from[30];
	struct nn_mask_rows n = *m;
	for (int r = 0; r < m->rows; r++) {
		from[r] = r * m->c;
		for (int i = 0; i < m->c; i++)
			act[from[r] + i] = m->act[m->from[r] + i] ? 1 : 0;
	}
	n.act = act;
	n.from = from;
	return nn_mask_rows_c(g, &n);
}

/* Clears where it is to write, which may be where it is to read. */
static uint32_t wrong_clear_mask_rows(int32_t *g, const struct nn_mask_rows *m)
{
	memset(g + m->to[0], 0, sizeof *g * (size_t)m->c);
	return nn_mask_rows_c(g, m);
}

/* The maximum's share into every row whose place is at least the right one. */
static uint32_t wrong_place_mask_rows(int32_t *g, const struct nn_mask_rows *m)
{
	int32_t place[30];
	struct nn_mask_rows n = *m;
	for (int r = 0; r < m->rows; r++)
		place[r] = m->place[r] + 3;
	n.place = place;
	return nn_mask_rows_c(g, &n);
}

/* Half down: x + 2^(s-1) - 1. */
static uint32_t wrong_half_mask_add(int32_t *t, const struct nn_mask_rows *m, int s)
{
	uint32_t most = nn_mask_add_c(t, m, s);
	if (s > 0 && m->acc[0] == INT64_C(1) << (s - 1) && m->act[m->from[0]] % 127)
		t[m->to[0]]--;
	return most;
}

/* Wraps where it should saturate. */
static uint32_t wrong_wrap_mask_add(int32_t *t, const struct nn_mask_rows *m, int s)
{
	if (s > 0 || s < -30)
		return nn_mask_add_c(t, m, s);
	for (int r = 0; r < m->rows; r++)
		for (int i = 0; i < m->c; i++) {
			const int32_t v = m->act[m->from[r] + i] % 127 ? m->acc[r * m->c + i] : 0;
			int32_t *to = &t[m->to[r] + i];
			*to = fx_clamp32((int32_t)((uint32_t)*to + ((uint32_t)v << -s)), -(1 << 30), 1 << 30);
		}
	return 1;
}

/* Forgets the last line. */
static void wrong_line_sum_points(int32_t *sum, const int8_t *g, int size, int c)
{
	for (int p = 0; p < size * (size - 1); p++)
		for (int i = 0; i < c; i++)
			sum[i] += g[((p / size + 1) * (size + 1) + p % size + 1) * c + i];
}

#endif
