/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations over a board and the masks of the backward pass, by definition (kernels.h). */
#include "base/fixed.h"
#include "nn/kernels_int.h"

#include <string.h>

void nn_pool_c(uint32_t *sum, uint8_t *max, const uint8_t *x, int size, int c)
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
}

uint32_t nn_mask_max_c(int32_t *g, const uint8_t *act, size_t n)
{
	uint32_t most = 0;

	for (size_t i = 0; i < n; i++) {
		int32_t v = act[i] != 0 && act[i] != 127 ? g[i] : 0;
		uint32_t u = v < 0 ? 0u - (uint32_t)v : (uint32_t)v;
		g[i] = v;
		most = u > most ? u : most;
	}
	return most;
}

/* |t|, |g| <= 2^30: with 1 <= s <= 29 neither g + 2^(s-1) nor the sum of both leaves 32 bits. */
static void mask_add_right(int32_t *t, const int32_t *g, const uint8_t *act, size_t n, int s)
{
	const int32_t half = INT32_C(1) << (s - 1), most = 1 << 30;

	for (size_t i = 0; i < n; i++) {
		int32_t v = act[i] != 0 && act[i] != 127 ? g[i] : 0;
		int32_t y = t[i] + fx_asr32(v + half, s);
		t[i] = y > most ? most : y < -most ? -most : y;
	}
}

void nn_mask_add_c(int32_t *t, const int32_t *g, const uint8_t *act, size_t n, int s)
{
	const int64_t most = 1 << 30;

	if (s >= 1 && s <= 29) {
		mask_add_right(t, g, act, n, s);
		return;
	}
	/* 2^32 saturates whatever is not 0, from whatever t: a longer shift changes nothing, and 2^30 * 2^32 fits. */
	s = s < -32 ? -32 : s;
	for (size_t i = 0; i < n; i++) {
		int64_t v = act[i] != 0 && act[i] != 127 ? g[i] : 0;
		int64_t y = t[i] + fx_rshift64(v, s);
		t[i] = (int32_t)(y > most ? most : y < -most ? -most : y);
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
