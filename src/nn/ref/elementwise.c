/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The operations that touch each element once, by definition.  rshift(x, s) is (x + 2^(s-1)) * 2^-s rounded down for
 * s > 0, x * 2^-s otherwise; asr(x, s) is x * 2^-s rounded down. */
#include "base/fixed.h"
#include "base/rng.h"
#include "nn/kernels_int.h"

/* Four positions side by side: byte i of position b goes to out[4 i + b]. */
void nn_interleave4_c(uint8_t *restrict out, const uint8_t *restrict in, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		out[4 * i] = in[i];
		out[4 * i + 1] = in[n + i];
		out[4 * i + 2] = in[2 * n + i];
		out[4 * i + 3] = in[3 * n + i];
	}
}

/* clamp(rshift(v, s), 0, 127), |v| < 2^30.  The rounding adds at most 2^29; a left shift sees at most 127 * 2^8. */
static inline int32_t relu(int32_t v, int s)
{
	return fx_clamp32(fx_rshift32(s > 0 ? v : fx_clamp32(v, 0, 127), s), 0, 127);
}

void nn_relu_rows_c(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s)
{
	for (int r = 0; r < rows; r++) {
		uint8_t *restrict to = out + row[r];
		const int32_t *a = acc + (ptrdiff_t)r * c;
		for (int i = 0; i < c; i++)
			to[i] = (uint8_t)relu(a[i] + bias[i], s);
	}
}

/* In 64 bits, as 2^30 * 2^10 needs them. */
void nn_trunk_rows_c(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
		     const int32_t *extra, int c, int s)
{
	for (int r = 0; r < rows; r++) {
		int16_t *restrict to = t + row[r];
		const int32_t *a = acc + (ptrdiff_t)r * c;
		for (int i = 0; i < c; i++) {
			const int64_t sum = to[i] + fx_rshift64(a[i] + bias[i], s) + (extra ? extra[i] : 0);
			to[i] = (int16_t)fx_clamp64(sum, -32767, 32767);
		}
	}
}

void nn_relu_trunk_c(uint8_t *restrict out, const int16_t *restrict t, size_t n, int s)
{
	for (size_t i = 0; i < n; i++)
		out[i] = (uint8_t)fx_clamp32(fx_rshift32(t[i], s), 0, 127);
}

uint32_t nn_max_abs_c(const int32_t *g, size_t n)
{
	int32_t most = 0; /* |g| <= 2^30 */
	for (size_t i = 0; i < n; i++) {
		const int32_t a = g[i] < 0 ? -g[i] : g[i];
		most = a > most ? a : most;
	}
	return (uint32_t)most;
}

/* g + bits < 2^30 + 2^24: no wrap. */
void nn_round_sr_c(int8_t *restrict out, const int32_t *restrict g, size_t n, int s, uint64_t key, uint32_t first)
{
	const uint32_t mask = (UINT32_C(1) << s) - 1;
	for (size_t i = 0; i < n; i++) {
		const uint32_t bits = rng_round_bits(key, first + (uint32_t)i) & mask;
		out[i] = (int8_t)fx_clamp32(fx_asr32(g[i] + (int32_t)bits, s), -127, 127);
	}
}
