/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fixed-point helpers.  "Qk" is an integer that stands for itself times 2^-k.  The rounding of the whole
 * program is fx_rshift: half up.  Definitions in words: docs/arithmetic.md. */
#ifndef MIAI_BASE_FIXED_H
#define MIAI_BASE_FIXED_H

#include <stdint.h>

/* x * 2^-s rounded down, s in 0..63.  Written so that C defines it for negative x too, and without a branch: signs are chance. */
static inline int64_t fx_asr64(int64_t x, int s)
{
	uint64_t sign = 0 - (uint64_t)(x < 0);
	return (int64_t)((((uint64_t)x ^ sign) >> s) ^ sign);
}

static inline int32_t fx_asr32(int32_t x, int s)
{
	uint32_t sign = 0 - (uint32_t)(x < 0);
	return (int32_t)((((uint32_t)x ^ sign) >> s) ^ sign);
}

/* x * 2^-s, half up, s in -62..62; the caller proves that neither x + 2^(s-1) nor x * 2^-s overflows.
 * Negative s multiplies. */
static inline int64_t fx_rshift64(int64_t x, int s)
{
	return s > 0 ? fx_asr64(x + (INT64_C(1) << (s - 1)), s) : x * (INT64_C(1) << -s);
}

/* The same in 32 bits, s in -30..30. */
static inline int32_t fx_rshift32(int32_t x, int s)
{
	return s > 0 ? fx_asr32(x + (INT32_C(1) << (s - 1)), s) : x * (INT32_C(1) << -s);
}

static inline int32_t fx_clamp32(int32_t x, int32_t lo, int32_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

static inline int64_t fx_clamp64(int64_t x, int64_t lo, int64_t hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

/* int64 to int32, saturating at +-(2^31 - 1). */
static inline int32_t fx_sat32(int64_t x)
{
	return (int32_t)fx_clamp64(x, -INT32_MAX, INT32_MAX);
}

/* a * b / c, each factor an int64, c > 0, truncated toward zero; exact through a 128-bit product made of
 * 64-bit halves where it is needed; the caller proves that the result fits. */
int64_t fx_muldiv(int64_t a, int64_t b, int64_t c);

/* floor(sqrt(x)). */
uint32_t fx_isqrt64(uint64_t x);

/* Position of the highest set bit, x > 0. */
static inline int fx_log2_floor(uint64_t x)
{
	int n = 0;
	for (int s = 32; s; s >>= 1)
		if (x >> s) {
			x >>= s;
			n += s;
		}
	return n;
}

/* 2^x in Q30 for x <= 0 in Q16, by a degree-6 polynomial; |relative error| < 2^-28 before the result is rounded,
 * 0 below x = -30; x > 0 counts as 0. */
uint32_t fx_exp2_q30(int32_t x_q16);

/* e^x in Q30 for x <= 0 in Q16; 0 below 2^-30, and x > 0 counts as 0. */
uint32_t fx_exp_q30(int32_t x_q16);

/* log2(x / 2^32) in Q16 for x in 1..2^32-1: from -32*65536 to 0. */
int32_t fx_log2_q16(uint32_t x);

/* p[i] = e^(logit[i]) / sum in Q28, logits in Q16, |logit| < 2^30, 1 <= n <= 1024.  Where mask is not NULL,
 * entries with mask[i] == 0 get 0 and take no part (at least one must).  Rounded down; sums to at most 2^28.
 * p may be logit itself. */
void fx_softmax(const int32_t *logit, const uint8_t *mask, int n, int32_t *p);

/* 1 / (1 + e^-x) in Q28, x in Q16, |x| < 2^30. */
int32_t fx_sigmoid_q28(int32_t x_q16);

/* -log(-log(u)), u = (bits + 1/2) / 2^32: a standard Gumbel variate in Q16. */
int32_t fx_gumbel_q16(uint32_t bits);

/* A standard normal variate in Q16 as the sum of 12 uniform 32-bit words less 6 (Irwin-Hall), |x| <= 6. */
int32_t fx_normal_q16(const uint32_t bits[12]);

#endif
