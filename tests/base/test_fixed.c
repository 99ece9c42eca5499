/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact properties; the distance to the real functions is measured by arithmetic_check.py. */
#include "base/fixed.h"
#include "base/rng.h"
#include "test.h"

enum { ONE_Q28 = 1 << 28, ONE_Q30 = 1 << 30 };

static int64_t floor_div(int64_t x, int64_t d)
{
	int64_t q = x / d;
	return x % d < 0 ? q - 1 : q;
}

static void test_shift(void)
{
	for (int32_t x = -300; x <= 300; x++)
		for (int s = 0; s <= 12; s++) {
			int32_t d = 1 << s;
			CHECK_INT(fx_asr64(x, s), floor_div(x, d));
			CHECK_INT(fx_asr32(x, s), floor_div(x, d));
			CHECK_INT(fx_rshift64(x, s), floor_div(2 * x + d, 2 * d));
			CHECK_INT(fx_rshift32(x, s), floor_div(2 * x + d, 2 * d));
			CHECK_INT(fx_rshift64(x, -s), x * d);
			CHECK_INT(fx_rshift32(x, -s), x * d);
		}
	CHECK_INT(fx_asr64(INT64_MIN, 63), -1);
	CHECK_INT(fx_asr64(INT64_MAX, 62), 1);
	CHECK_INT(fx_asr32(INT32_MIN, 31), -1);
	CHECK_INT(fx_rshift64(INT64_MIN, 62), -2);
	CHECK_INT(fx_rshift32(INT32_MIN, 30), -2);
	CHECK_INT(fx_rshift64(-2, -62), INT64_MIN);
	CHECK_INT(fx_sat32(INT64_MIN), -INT32_MAX);
	CHECK_INT(fx_sat32(INT64_MAX), INT32_MAX);
	CHECK_INT(fx_sat32(-5), -5);
	CHECK_INT(fx_clamp32(-9, -8, 7), -8);
	CHECK_INT(fx_clamp64(9, -8, 7), 7);
}

static void test_log2_floor(void)
{
	for (int i = 0; i < 64; i++) {
		uint64_t x = UINT64_C(1) << i;
		CHECK_INT(fx_log2_floor(x), i);
		CHECK_INT(fx_log2_floor(x | (x - 1)), i);
	}
}

static void test_isqrt(void)
{
	for (uint64_t i = 0; i < 40000; i++) {
		uint64_t x = i < 10000 ? i : rng_at(3, i) >> (i % 64);
		uint64_t r = fx_isqrt64(x);
		CHECK(r * r <= x && x - r * r <= 2 * r); /* (r + 1)^2 > x */
	}
	for (uint64_t r = UINT32_MAX; r > UINT32_MAX - 1000; r--) {
		CHECK_INT(fx_isqrt64(r * r), r);
		CHECK_INT(fx_isqrt64(r * r - 1), r - 1);
	}
	CHECK_INT(fx_isqrt64(UINT64_MAX), UINT32_MAX);
}

static void test_muldiv_cases(void)
{
	CHECK_INT(fx_muldiv(7, 3, 2), 10);
	CHECK_INT(fx_muldiv(-7, 3, 2), -10);
	CHECK_INT(fx_muldiv(7, -3, 2), -10);
	CHECK_INT(fx_muldiv(-7, -3, 2), 10);
	CHECK_INT(fx_muldiv(0, INT64_MIN, 5), 0);
	CHECK_INT(fx_muldiv(-1, 1, 2), 0);
	CHECK_INT(fx_muldiv(INT64_MAX, INT64_MAX, INT64_MAX), INT64_MAX);
	CHECK_INT(fx_muldiv(INT64_MIN, INT64_MAX, INT64_MAX), INT64_MIN);
	CHECK_INT(fx_muldiv(INT64_MIN, 1, 1), INT64_MIN);
	CHECK_INT(fx_muldiv(INT64_MIN, -1, 2), INT64_C(1) << 62);
	CHECK_INT(fx_muldiv(INT64_C(1) << 40, INT64_C(3) << 40, INT64_C(1) << 41), INT64_C(3) << 39);
}

#ifdef __SIZEOF_INT128__
__extension__ typedef __int128 wide;

static void test_muldiv_wide(void)
{
	int done = 0;
	for (uint64_t i = 0; i < 100000; i++) {
		int64_t a = fx_asr64((int64_t)(rng_at(4, 3 * i) >> 1) - INT64_MAX / 2, (int)(i % 61));
		int64_t b = fx_asr64((int64_t)(rng_at(4, 3 * i + 1) >> 1) - INT64_MAX / 2, (int)(i % 59));
		int64_t c = (int64_t)(rng_at(4, 3 * i + 2) >> (1 + i % 53)) + 1;
		wide want = (wide)a * b / c;
		if (want < INT64_MIN || want > INT64_MAX)
			continue;
		done++;
		CHECK_INT(fx_muldiv(a, b, c), (int64_t)want);
	}
	CHECK(done > 50000);
}
#else
static void test_muldiv_wide(void)
{
}
#endif

/* Every argument that does not give 0: never falling, and in 0..2^30. */
static void test_exp(void)
{
	int falls = 0;
	uint32_t last2 = 0, last = 0;
	for (int32_t x = -31 * 65536; x <= 0; x++) {
		uint32_t y2 = fx_exp2_q30(x), y = fx_exp_q30(x);
		falls += y2 < last2 || y < last;
		last2 = y2;
		last = y;
	}
	CHECK_INT(falls, 0);
	for (int n = 0; n <= 30; n++)
		CHECK_INT(fx_exp2_q30(-n * 65536), ONE_Q30 >> n);
	CHECK_INT(fx_exp2_q30(-30 * 65536 - 1), 0);
	CHECK_INT(fx_exp2_q30(INT32_MIN), 0);
	CHECK_INT(fx_exp2_q30(-32768), 759250126); /* 2^30 / sqrt 2 is 759250125.0 */
	CHECK_INT(fx_exp2_q30(1), ONE_Q30);        /* outside its domain: as 0 */
	CHECK_INT(fx_exp_q30(0), ONE_Q30);
	CHECK_INT(fx_exp_q30(INT32_MIN), 0);
	CHECK_INT(fx_exp_q30(-21 * 65536), 0);
	CHECK_INT(fx_exp_q30(-20 * 65536), 2);
	CHECK_INT(fx_exp_q30(INT32_MAX), ONE_Q30);
}

static void test_log2(void)
{
	for (int i = 0; i < 32; i++)
		CHECK_INT(fx_log2_q16(UINT32_C(1) << i), (i - 32) * 65536);
	CHECK_INT(fx_log2_q16(UINT32_MAX), 0);
	int falls = 0;
	int32_t last = INT32_MIN;
	for (uint64_t x = 1; x <= UINT32_MAX; x += 1 + x / 8192) {
		int32_t y = fx_log2_q16((uint32_t)x);
		falls += y < last;
		last = y;
	}
	CHECK_INT(falls, 0);
}

static void test_sigmoid(void)
{
	int bad = 0;
	int32_t last = 0;
	for (int32_t x = -25 * 65536; x <= 25 * 65536; x += 3) {
		int32_t y = fx_sigmoid_q28(x);
		bad += y < last || y > ONE_Q28 || y + fx_sigmoid_q28(-x) != ONE_Q28;
		last = y;
	}
	CHECK_INT(bad, 0);
	CHECK_INT(fx_sigmoid_q28(0), ONE_Q28 / 2);
	CHECK_INT(fx_sigmoid_q28(ONE_Q30), ONE_Q28);
	CHECK_INT(fx_sigmoid_q28(-ONE_Q30), 0);
}

static void check_softmax(const int32_t *logit, const uint8_t *mask, int n)
{
	int32_t p[1024], shifted[1024];
	int64_t sum = 0;
	int bad = 0;
	fx_softmax(logit, mask, n, p);
	for (int i = 0; i < n; i++) {
		sum += p[i];
		bad += p[i] < 0 || (mask && !mask[i] && p[i]);
		for (int j = 0; j < i; j++) /* order is kept */
			if (!mask || (mask[i] && mask[j]))
				bad += (logit[i] <= logit[j] && p[i] > p[j]) || (logit[i] >= logit[j] && p[i] < p[j]);
		shifted[i] = logit[i] + 12345;
	}
	CHECK_INT(bad, 0);
	CHECK(sum <= ONE_Q28 && sum > ONE_Q28 - n);
	fx_softmax(shifted, mask, n, shifted); /* in place; only differences count */
	CHECK(memcmp(p, shifted, (size_t)n * sizeof *p) == 0);
}

static void test_softmax(void)
{
	static const int sizes[] = {1, 2, 82, 362, 1024};
	int32_t logit[1024];
	uint8_t mask[1024];
	for (uint32_t k = 0; k < 40; k++) {
		int n = sizes[k % 5];
		for (int i = 0; i < n; i++) {
			uint64_t r = rng_at(6 + k, (uint64_t)i);
			logit[i] = fx_asr32((int32_t)(r % 0x7fffff00) - 0x3fffff80, (int)(k / 2));
			mask[i] = i == 0 || r >> 60 != 0;
		}
		check_softmax(logit, NULL, n);
		check_softmax(logit, mask, n);
	}
}

static void test_softmax_edges(void)
{
	int32_t logit[1024] = {0}, p[1024];
	uint8_t mask[1024] = {0};
	for (int n = 1; n <= 1024; n++) {
		fx_softmax(logit, NULL, n, p);
		CHECK_INT(p[n - 1], ONE_Q28 / n);
	}
	fx_softmax(logit, mask, 1024, p); /* nothing takes part: all zero, no division */
	CHECK_INT(p[0] | p[1023], 0);
	logit[0] = -(ONE_Q30 - 1);
	logit[1] = ONE_Q30 - 1;
	fx_softmax(logit, NULL, 2, p);
	CHECK(p[0] == 0 && p[1] == ONE_Q28);
	mask[0] = 1;
	fx_softmax(logit, mask, 2, p);
	CHECK(p[0] == ONE_Q28 && p[1] == 0);
}

static void test_gumbel(void)
{
	CHECK_INT(fx_gumbel_q16(0), -205127);               /* -log(33 log 2) is -3.129995 */
	CHECK_INT(fx_gumbel_q16(UINT32_MAX), 1499061);      /* 33 log 2 is 22.873857 */
	CHECK_INT(fx_gumbel_q16(UINT32_C(1) << 31), 24020); /* -log(log 2) is 0.366513 */
	int falls = 0;
	int32_t last = INT32_MIN;
	for (uint64_t i = 0; i <= UINT32_MAX; i += 4001) {
		int32_t y = fx_gumbel_q16((uint32_t)i);
		falls += y < last;
		last = y;
	}
	last = INT32_MIN; /* across the seam of the two ways, where 1 - u = 2^-10 */
	for (uint64_t i = UINT32_MAX - (1 << 22) - 40000; i < UINT32_MAX - (1 << 22) + 40000; i++) {
		int32_t y = fx_gumbel_q16((uint32_t)i);
		falls += y < last;
		last = y;
	}
	CHECK_INT(falls, 0);
}

static void test_normal(void)
{
	uint32_t bits[12] = {0}, flipped[12];
	CHECK_INT(fx_normal_q16(bits), -6 * 65536);
	memset(bits, 0xff, sizeof bits);
	CHECK_INT(fx_normal_q16(bits), 6 * 65536);
	int64_t sum = 0, squares = 0;
	for (uint64_t k = 0; k < 20000; k++) {
		for (uint64_t i = 0; i < 12; i++) {
			bits[i] = (uint32_t)(rng_at(8, 12 * k + i) >> 32);
			flipped[i] = ~bits[i];
		}
		int32_t x = fx_normal_q16(bits), y = fx_normal_q16(flipped);
		CHECK(x + y == 0 || x + y == 1); /* a tie goes up on both sides */
		sum += x;
		squares += (int64_t)x * x;
	}
	CHECK(llabs(sum / 20000) < 65536 / 20);
	int64_t var = squares / 20000 - (INT64_C(1) << 32);
	CHECK(llabs(var) < (INT64_C(1) << 32) / 20);
}

int main(void)
{
	test_shift();
	test_log2_floor();
	test_isqrt();
	test_muldiv_cases();
	test_muldiv_wide();
	test_exp();
	test_log2();
	test_sigmoid();
	test_softmax();
	test_softmax_edges();
	test_gumbel();
	test_normal();
	return test_done();
}
