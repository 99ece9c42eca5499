/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fixed.h"

/* The two constants that join base 2 to base e, rounded to nearest. */
#define LOG2_E_Q30 INT64_C(1549082005) /* 1.442695041 */
#define LN_2_Q30 INT64_C(744261118)    /* 0.693147181 */
#define LN_2_Q26 UINT64_C(46516320)

static uint64_t magnitude(int64_t x)
{
	return x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
}

/* hi:lo = a * b. */
static void mul_wide(uint64_t a, uint64_t b, uint64_t *hi, uint64_t *lo)
{
	const uint64_t low = UINT32_MAX;
	uint64_t ll = (a & low) * (b & low), lh = (a & low) * (b >> 32);
	uint64_t hl = (a >> 32) * (b & low), hh = (a >> 32) * (b >> 32);
	uint64_t mid = (ll >> 32) + (lh & low) + (hl & low); /* < 3 * 2^32 */
	*lo = mid << 32 | (ll & low);
	*hi = hh + (lh >> 32) + (hl >> 32) + (mid >> 32);
}

/* hi:lo / c rounded down, c < 2^63, hi < c: then the quotient fits, and rem < c < 2^63 can be doubled. */
static uint64_t div_wide(uint64_t hi, uint64_t lo, uint64_t c)
{
	uint64_t rem = hi, quot = 0;
	for (int i = 63; i >= 0; i--) {
		rem = rem << 1 | (lo >> i & 1);
		quot <<= 1;
		if (rem >= c) {
			rem -= c;
			quot |= 1;
		}
	}
	return quot;
}

int64_t fx_muldiv(int64_t a, int64_t b, int64_t c)
{
	uint64_t hi, lo, div = (uint64_t)c;
	mul_wide(magnitude(a), magnitude(b), &hi, &lo);
	uint64_t quot = hi ? div_wide(hi, lo, div) : lo / div;
	if ((a < 0) == (b < 0) || quot == 0)
		return (int64_t)quot;
	return -(int64_t)(quot - 1) - 1; /* reaches -2^63 */
}

/* One bit of the root at a time, the highest first; root is always the largest multiple of bit with
 * root^2 <= x. */
uint32_t fx_isqrt64(uint64_t x)
{
	uint64_t root = 0;
	for (uint64_t bit = UINT64_C(1) << 31; bit; bit >>= 1) {
		uint64_t next = root | bit; /* < 2^32, so its square fits */
		if (next * next <= x)
			root = next;
	}
	return (uint32_t)root;
}

/* 2^y in Q30, y <= 0 in Q30, |y| < 2^47.  y = n + f with 0 <= f < 1.  2^f comes from the polynomial with value
 * 1 at 0 and 2 at 1 whose largest relative error is least (2^-28.7; with the rounding here 2^-28.2).
 * f < 2^30 and p <= 2^31 at every step, so p * f < 2^61. */
static uint32_t exp2_q30(int64_t y)
{
	static const uint32_t coef[7] = {1073741824, 744260959, 257944476, 59575655, 10391742, 1335829, 233163};
	if (y < -(INT64_C(30) << 30))
		return 0;
	int n = (int)fx_asr64(y, 30);
	uint64_t f = (uint64_t)(y - n * (INT64_C(1) << 30)), p = coef[6];
	for (int k = 5; k >= 0; k--)
		p = coef[k] + ((p * f + (1 << 29)) >> 30);
	return (uint32_t)((p + ((UINT64_C(1) << -n) >> 1)) >> -n);
}

uint32_t fx_exp2_q30(int32_t x_q16)
{
	return exp2_q30(x_q16 < 0 ? (int64_t)x_q16 * (1 << 14) : 0);
}

/* |x| <= 2^31, so the product is below 2^62. */
uint32_t fx_exp_q30(int32_t x_q16)
{
	return exp2_q30(x_q16 < 0 ? fx_rshift64(x_q16 * LOG2_E_Q30, 16) : 0);
}

/* floor(L * 2^bits) for an L in log2(x) - 2^-29.4 .. log2(x); x >= 1, bits <= 32.  m is x * 2^-floor(log2 x) in
 * Q31, in [1, 2); squaring doubles its logarithm, and the next bit says whether the square reached 2.  m < 2^32,
 * so the square fits.  The first m and each square are rounded down by less than 2^-31 of themselves, which is
 * less than 1.443 * 2^-31 of their logarithm and halves with every squaring before it: 2.886 * 2^-31 in all. */
static uint64_t log2_bits(uint64_t x, int bits)
{
	int n = fx_log2_floor(x);
	uint64_t m = n > 31 ? x >> (n - 31) : x << (31 - n);
	uint64_t r = (uint64_t)n;
	for (int i = 0; i < bits; i++) {
		m = (m * m) >> 31;
		uint64_t bit = m >> 32;
		m >>= bit;
		r = r << 1 | bit;
	}
	return r;
}

/* One bit more than wanted, to round half up. */
int32_t fx_log2_q16(uint32_t x)
{
	int32_t r = (int32_t)log2_bits(x, 17); /* < 32 * 2^17 */
	return ((r + 1) >> 1) - 32 * 65536;
}

void fx_softmax(const int32_t *logit, const uint8_t *mask, int n, int32_t *p)
{
	int64_t max = INT64_MIN;
	for (int i = 0; i < n; i++)
		if ((!mask || mask[i]) && logit[i] > max)
			max = logit[i];
	int64_t sum = 0; /* at most 1024 * 2^30 */
	for (int i = 0; i < n; i++) {
		uint32_t e = 0;
		if (!mask || mask[i])
			e = fx_exp_q30((int32_t)fx_clamp64(logit[i] - max, -INT32_MAX, 0));
		p[i] = (int32_t)e;
		sum += e;
	}
	for (int i = 0; i < n && sum; i++)
		p[i] = (int32_t)(((int64_t)p[i] << 28) / sum); /* < 2^59 before the division */
}

/* With E = e^-|x| the smaller side is E / (1 + E), half up; the larger is 1 less that, so that the two sides
 * of zero add up to 1 exactly.  E <= 2^30: the dividend stays below 2^59. */
int32_t fx_sigmoid_q28(int32_t x_q16)
{
	uint64_t e = fx_exp_q30(x_q16 > 0 ? -x_q16 : x_q16);
	uint64_t div = (UINT64_C(1) << 30) + e;
	int32_t small = (int32_t)(((e << 28) + div / 2) / div);
	return x_q16 > 0 ? (1 << 28) - small : small;
}

/* -log(v / 2^33) in Q56, v odd in 1..2^33 - 1.  Near 1 the logarithm is small and wants relative precision:
 * with w = 1 - v / 2^33 below 2^-10 three terms of w + w^2/2 + w^3/3 + ... leave less than 2^-31 of it. */
static uint64_t neg_log_q56(uint64_t v)
{
	uint64_t w = (UINT64_C(1) << 33) - v; /* Q33 */
	if (w < UINT64_C(1) << 23) {
		uint64_t w2 = w * w;          /* Q66, < 2^46 */
		uint64_t w3 = (w2 >> 20) * w; /* Q79, < 2^49 */
		return (w << 23) + (w2 >> 11) + (w3 >> 23) / 3;
	}
	uint64_t log2_q30 = (UINT64_C(33) << 30) - log2_bits(v, 30); /* <= 33 * 2^30 */
	return log2_q30 * LN_2_Q26;                                  /* < 2^61 */
}

int32_t fx_gumbel_q16(uint32_t bits)
{
	uint64_t e = neg_log_q56(2 * (uint64_t)bits + 1); /* in 2^23..2^61 */
	int64_t log2_q24 = (int64_t)log2_bits(e, 24) - (INT64_C(56) << 24);
	return (int32_t)fx_rshift64(-log2_q24 * LN_2_Q30, 38); /* |log2_q24| < 2^30, so < 2^60 */
}

/* Each word stands for the middle of its interval, (bits + 1/2) / 2^32; 12 halves make the + 6. */
int32_t fx_normal_q16(const uint32_t bits[12])
{
	int64_t sum = 6 - 6 * (INT64_C(1) << 32);
	for (int i = 0; i < 12; i++)
		sum += bits[i];
	return (int32_t)fx_rshift64(sum, 16);
}
