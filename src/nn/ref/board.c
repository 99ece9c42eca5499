/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations over a board and the masks of the backward pass, by definition (kernels.h). */
#include "base/fixed.h"
#include "nn/kernels_int.h"
#include "nn/net.h"

#include <string.h>

void nn_pool_c(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	memset(sum, 0, (size_t)c * sizeof *sum);
	memset(max, 0, (size_t)c);
	for (int row = 0; row < size; row++) {
		const uint8_t *p = x + ((row + 1) * (size + 1) + 1) * c;
		for (int col = 0; col < size; col++, p += c)
			for (int ch = 0; ch < c; ch++) {
				sum[ch] += p[ch];
				max[ch] = p[ch] > max[ch] ? p[ch] : max[ch];
			}
	}
	for (int ch = 0; at && ch < c; ch++) {
		int i = 0;
		while (i < size * size - 1 && x[nn_padded_index(size, i / size, i % size) * c + ch] != max[ch])
			i++; /* a flipped bit may have taken the maximum away: docs/faults-hardware.md */
		at[ch] = (uint16_t)nn_padded_index(size, i / size, i % size);
	}
}

static inline int32_t sat30(int64_t x)
{
	return (int32_t)fx_clamp64(x, -(1 << 30), 1 << 30);
}

/* v, or 0 where its activation is at either end of the range. */
static inline int32_t masked(int32_t v, uint8_t act)
{
	return v & -(int32_t)((act != 0) & (act != 127));
}

/* sat30(a + b) in 32 bits, |a|, |b| <= 2^30: a is brought to where the sum stays within, and that is at most 2^30 either way. */
static inline int32_t add30(int32_t a, int32_t b)
{
	const int32_t top = (1 << 30) - (b > 0 ? b : 0), bottom = -(1 << 30) - (b < 0 ? b : 0);
	return (a > top ? top : a < bottom ? bottom : a) + b;
}

/* |v| <= 2^30. */
static inline int32_t larger(int32_t most, int32_t v)
{
	v = v < 0 ? -v : v;
	return v > most ? v : most;
}

/* A row of c gradients, as they are, or joined by what comes back through pooling. */
static int32_t mask_row(int32_t *g, const int32_t *acc, const uint8_t *restrict act, int c)
{
	int32_t most = 0;

	for (int ch = 0; ch < c; ch++) {
		g[ch] = masked(acc[ch], act[ch]);
		most = larger(most, g[ch]);
	}
	return most;
}

static int32_t pool_row(int32_t *g, const int32_t *acc, const uint8_t *restrict act, const struct nn_mask_rows *m, int32_t place)
{
	const int32_t *restrict mean = m->mean, *restrict max = m->max;
	const uint16_t *restrict at = m->at;
	const int c = m->c;
	int32_t most = 0;

	for (int ch = 0; ch < c; ch++) {
		const int32_t v = add30(acc[ch], mean[ch]);
		g[ch] = masked(add30(v, max[ch] & -(int32_t)(at[ch] == place)), act[ch]);
		most = larger(most, g[ch]);
	}
	return most;
}

uint32_t nn_mask_rows_c(int32_t *g, const struct nn_mask_rows *m)
{
	int32_t most = 0;

	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		const uint8_t *act = m->act + m->from[r];
		int32_t *to = g + m->to[r];
		most = larger(most, m->mean ? pool_row(to, acc, act, m, m->place[r]) : mask_row(to, acc, act, m->c));
	}
	return (uint32_t)most;
}

/* Where 1 <= s <= 29, |acc| + 2^(s-1) stays below 2^31. */
static int32_t add_row(int32_t *t, const int32_t *acc, const uint8_t *act, int c, int s)
{
	const int32_t half = INT32_C(1) << (s - 1);
	int32_t most = 0;

	for (int ch = 0; ch < c; ch++) {
		t[ch] = add30(t[ch], fx_asr32(masked(acc[ch], act[ch]) + half, s));
		most = larger(most, t[ch]);
	}
	return most;
}

/* 2^32 saturates whatever is not 0, from whatever t: a longer shift changes nothing, and 2^30 * 2^32 fits. */
static int32_t add_row_wide(int32_t *t, const int32_t *acc, const uint8_t *act, int c, int s)
{
	int32_t most = 0;

	s = s < -32 ? -32 : s;
	for (int ch = 0; ch < c; ch++) {
		t[ch] = sat30(t[ch] + fx_rshift64(masked(acc[ch], act[ch]), s));
		most = larger(most, t[ch]);
	}
	return most;
}

uint32_t nn_mask_add_c(int32_t *t, const struct nn_mask_rows *m, int s)
{
	int32_t most = 0;

	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		const uint8_t *act = m->act + m->from[r];
		int32_t *to = t + m->to[r];
		most = larger(most, s >= 1 && s <= 29 ? add_row(to, acc, act, m->c, s) : add_row_wide(to, acc, act, m->c, s));
	}
	return (uint32_t)most;
}

/* |v| + 2^(s-1) < 2^61, |v| * 2^22 < 2^50. */
uint64_t nn_add_sums_c(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first)
{
	uint64_t print = 0;

	for (size_t i = 0; i < n; i++) {
		const int64_t add = fx_rshift64(v[i], s);
		print += (first + 2 * i) * (uint64_t)add;
		if (sum)
			sum[i] += add;
	}
	return print;
}

/* Six products of 2^22 * 127 are below 2^32. */
void nn_logits_back_c(const struct nn_logits_back *m)
{
	for (int r = 0; r < m->rows; r++) {
		const int32_t *g = m->g + (ptrdiff_t)r * m->co;
		const uint8_t *x = m->x + m->row[r];
		int32_t *out = m->out + (ptrdiff_t)r * m->ci;
		for (int j = 0; j < m->ci; j++) {
			int64_t sum = 0;
			for (int o = 0; o < m->co; o++) {
				sum += (int64_t)g[o] * m->w[o * m->ci + j];
				m->dw[o * m->ci + j] += (int64_t)g[o] * x[j];
			}
			out[j] = sat30(sum);
		}
	}
}

void nn_sum_points_c(int32_t *sum, const int8_t *g, int size, int c)
{
	for (int row = 0; row < size; row++) {
		const int8_t *p = g + ((row + 1) * (size + 1) + 1) * c;
		for (int col = 0; col < size; col++, p += c)
			for (int ch = 0; ch < c; ch++)
				sum[ch] += p[ch];
	}
}
