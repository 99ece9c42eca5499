/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Prints samples of base's arithmetic, one a line: the function's name, its arguments, its result.
 * arithmetic_check.py computes them again from docs/arithmetic.md. */
#include "base/fixed.h"
#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>

#define SHOW_U "%" PRIu64
#define SHOW_I "%" PRId64

enum { KEY = 2024 };

static void show_rng(void)
{
	for (uint64_t i = 0; i < 500; i++) {
		uint64_t a = rng_at(KEY, i), b = rng_at(KEY + 1, i);
		uint32_t n = (uint32_t)(b >> (32 + i % 32)) | 1, x = (uint32_t)(a % n);
		printf("mix " SHOW_U " " SHOW_U "\n", a, rng_mix(a));
		printf("key " SHOW_U " " SHOW_U " " SHOW_U "\n", a, i % 100, rng_key(a, i % 100));
		printf("at " SHOW_U " " SHOW_U " " SHOW_U "\n", a, b, rng_at(a, b));
		printf("below " SHOW_U " " SHOW_U " %" PRIu32 " %" PRIu32 "\n", a, i, n, rng_below(a, i, n));
		printf("round " SHOW_U " %" PRIu32 " %" PRIu32 "\n", a, n, rng_round_bits(a, n));
		printf("permute " SHOW_U " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", b, n, x, rng_permute(b, n, x));
	}
}

static void show_exact(void)
{
	for (uint64_t i = 0; i < 500; i++) {
		int64_t a = (int64_t)(rng_at(KEY, 3 * i) >> 1) - INT64_MAX / 2;
		int64_t b = (int64_t)(rng_at(KEY, 3 * i + 1) >> 1) - INT64_MAX / 2;
		int64_t c = (int64_t)(rng_at(KEY, 3 * i + 2) >> 2) + INT64_MAX / 2;
		int s = (int)(i % 62) + 1;
		uint64_t x = rng_at(KEY, i) >> (i % 64);
		printf("asr " SHOW_I " %d " SHOW_I "\n", a, s, fx_asr64(a, s));
		printf("rshift " SHOW_I " %d " SHOW_I "\n", a, s, fx_rshift64(a, s));
		printf("muldiv " SHOW_I " " SHOW_I " " SHOW_I " " SHOW_I "\n", a, b, c, fx_muldiv(a, b, c));
		printf("isqrt " SHOW_U " %" PRIu32 "\n", x, fx_isqrt64(x));
	}
}

static void show_exp(void)
{
	for (int32_t x = -31 * 65536; x <= 0; x += 293)
		printf("exp2 %" PRId32 " %" PRIu32 "\n", x, fx_exp2_q30(x));
	for (int32_t x = -22 * 65536; x <= 0; x += 211)
		printf("exp %" PRId32 " %" PRIu32 "\n", x, fx_exp_q30(x));
	for (int32_t x = -22 * 65536; x <= 22 * 65536; x += 421)
		printf("sigmoid %" PRId32 " %" PRId32 "\n", x, fx_sigmoid_q28(x));
}

static void show_log(void)
{
	for (uint64_t x = 1; x <= UINT32_MAX; x += 1 + x / 256)
		printf("log2 %" PRIu64 " %" PRId32 "\n", x, fx_log2_q16((uint32_t)x));
	for (uint64_t i = 0; i < 5000; i++) {
		uint32_t r = (uint32_t)rng_at(KEY, i), y = r >> (i % 32);
		printf("gumbel %" PRIu32 " %" PRId32 "\n", y, fx_gumbel_q16(y));
		printf("gumbel %" PRIu32 " %" PRId32 "\n", ~y, fx_gumbel_q16(~y));
	}
	for (uint32_t i = 0; i < 4000; i++) { /* 1 - u a little above 2^-10, where the error is largest */
		uint32_t y = UINT32_MAX - (1 << 22) + 1000 - i * 37;
		printf("gumbel %" PRIu32 " %" PRId32 "\n", y, fx_gumbel_q16(y));
	}
}

static void show_normal(void)
{
	for (uint64_t k = 0; k < 300; k++) {
		uint32_t bits[12];
		printf("normal");
		for (uint64_t i = 0; i < 12; i++) {
			bits[i] = (uint32_t)rng_at(KEY + k, i);
			printf(" %" PRIu32, bits[i]);
		}
		printf(" %" PRId32 "\n", fx_normal_q16(bits));
	}
}

/* softmax n logits... mask... p... */
static void softmax_line(const int32_t *logit, const uint8_t *mask, int n)
{
	int32_t p[362];
	fx_softmax(logit, mask, n, p);
	printf("softmax %d", n);
	for (int i = 0; i < n; i++)
		printf(" %" PRId32, logit[i]);
	for (int i = 0; i < n; i++)
		printf(" %d", mask[i]);
	for (int i = 0; i < n; i++)
		printf(" %" PRId32, p[i]);
	printf("\n");
}

/* The spread of the logits grows from 2^-4 to 2^14.  In the last line all but one are just small enough to
 * count as nothing: together they are what softmax can lose. */
static void show_softmax(void)
{
	int32_t logit[362];
	uint8_t mask[362];
	for (uint32_t k = 0; k < 38; k++) {
		int n = k % 2 ? 362 : 82;
		for (int i = 0; i < n; i++) {
			uint32_t r = (uint32_t)rng_at(KEY + k, (uint64_t)i);
			logit[i] = fx_asr32((int32_t)(r % 0x7fffff00) - 0x3fffff80, (int)(18 - k / 2));
			mask[i] = r % 5 != 0;
		}
		softmax_line(logit, mask, n);
	}
	for (int i = 0; i < 362; i++) {
		logit[i] = i == 100 ? 0 : -1362784; /* e^(-1362784 / 65536) * 2^30 is 0.99998 */
		mask[i] = 1;
	}
	softmax_line(logit, mask, 362);
}

int main(void)
{
	show_rng();
	show_exact();
	show_exp();
	show_log();
	show_normal();
	show_softmax();
	return 0;
}
