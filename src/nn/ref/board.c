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
		while (x[nn_padded_index(size, i / size, i % size) * c + ch] != max[ch])
			i++;
		at[ch] = (uint16_t)nn_padded_index(size, i / size, i % size);
	}
}

static inline int32_t sat30(int64_t x)
{
	return (int32_t)fx_clamp64(x, -(1 << 30), 1 << 30);
}

static inline uint32_t larger(uint32_t most, int32_t v)
{
	const uint32_t u = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
	return u > most ? u : most;
}

static inline int passes(uint8_t act)
{
	return act != 0 && act != 127;
}

uint32_t nn_mask_rows_c(int32_t *g, const struct nn_mask_rows *m)
{
	uint32_t most = 0;

	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		const uint8_t *act = m->act + m->from[r];
		for (int ch = 0; ch < m->c; ch++) {
			int32_t v = acc[ch];
			if (m->mean)
				v = sat30((int64_t)sat30((int64_t)v + m->mean[ch]) + (m->place[r] == m->at[ch] ? m->max[ch] : 0));
			v = passes(act[ch]) ? v : 0;
			most = larger(most, v);
			g[m->to[r] + ch] = v;
		}
	}
	return most;
}

/* 2^32 saturates whatever is not 0, from whatever t: a longer shift changes nothing, and 2^30 * 2^32 fits. */
uint32_t nn_mask_add_c(int32_t *t, const struct nn_mask_rows *m, int s)
{
	uint32_t most = 0;

	s = s < -32 ? -32 : s;
	for (int r = 0; r < m->rows; r++) {
		const int32_t *acc = m->acc + (ptrdiff_t)r * m->c;
		const uint8_t *act = m->act + m->from[r];
		int32_t *to = t + m->to[r];
		for (int ch = 0; ch < m->c; ch++) {
			to[ch] = sat30(to[ch] + fx_rshift64(passes(act[ch]) ? acc[ch] : 0, s));
			most = larger(most, to[ch]);
		}
	}
	return most;
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
