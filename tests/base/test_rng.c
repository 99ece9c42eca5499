/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"
#include "test.h"

/* These pin the definitions: a change here is a change of the numerics version. */
static void test_golden(void)
{
	CHECK(rng_mix(0) == 0);
	CHECK(rng_mix(1) == UINT64_C(0x5692161d100b05e5));
	CHECK(rng_mix(UINT64_MAX) == UINT64_C(0xb4d055fcf2cbbd7b));
	CHECK(rng_key(0, RNG_INIT) == UINT64_C(0x47a64b6263c34241));
	CHECK(rng_key(20240101, RNG_SELFPLAY) == UINT64_C(0xd41439e17acfd776));
	uint64_t key = rng_key(1, RNG_TEST);
	CHECK(key == UINT64_C(0x330d51e385b9b9fd));
	CHECK(rng_at(key, 0) == UINT64_C(0x3f5beabb77dfc9e6));
	CHECK(rng_at(key, 1) == UINT64_C(0x39e23f26f667fff4));
	CHECK(rng_at(key, UINT64_MAX) == UINT64_C(0xc9f56788f811abd4));
	CHECK_INT(rng_below(key, 0, 361), 89);
	CHECK_INT(rng_below(key, 1, 361), 81);
	CHECK_INT(rng_below(key, 1, 1), 0);
	CHECK_INT(rng_round_bits(key, 0), UINT32_C(0x6aacc278));
	CHECK_INT(rng_round_bits(key, 1), UINT32_C(0xbc021d90));
	CHECK_INT(rng_round_bits(key, UINT32_MAX), UINT32_C(0xec36c597));
	static const uint32_t of_ten[10] = {8, 9, 5, 0, 6, 2, 4, 1, 3, 7};
	for (uint32_t i = 0; i < 10; i++)
		CHECK_INT(rng_permute(key, 10, i), of_ten[i]);
	CHECK_INT(rng_permute(key, 1000000, 7), 679339);
	CHECK_INT(rng_permute(key, UINT32_MAX, 7), UINT32_C(1817549718));
}

static void check_bijection(uint64_t key, uint32_t n)
{
	uint8_t *hit = calloc(n, 1);
	uint32_t wrong = 0;
	for (uint32_t i = 0; hit && i < n; i++) {
		uint32_t to = rng_permute(key, n, i);
		wrong += to >= n || hit[to]++;
	}
	CHECK(hit && wrong == 0);
	free(hit);
}

static void test_permute(void)
{
	for (uint32_t n = 1; n <= 300; n++)
		for (uint64_t k = 0; k < 5; k++)
			check_bijection(rng_key(k, RNG_TEST), n);
	check_bijection(5, 65536);
	check_bijection(5, 65537);
	check_bijection(5, 1000003);
	for (uint32_t i = UINT32_MAX; i > UINT32_MAX - 1000; i--) {
		CHECK(rng_permute(5, UINT32_MAX, i - 1) < UINT32_MAX);
		CHECK(rng_permute(5, UINT32_C(1) << 31, i & INT32_MAX) < UINT32_C(1) << 31);
	}
	CHECK_INT(rng_permute(5, 10, 10), 10); /* outside: itself */
	CHECK_INT(rng_permute(5, 0, 0), 0);
}

/* Over keys, element 3 of 12 goes everywhere about equally often: 12000 draws, 1000 each expected, 6 standard
 * deviations are 182. */
static void test_permute_spread(void)
{
	int count[12] = {0};
	for (uint64_t k = 0; k < 12000; k++)
		count[rng_permute(rng_key(k, RNG_TEST), 12, 3)]++;
	for (int i = 0; i < 12; i++)
		CHECK(abs(count[i] - 1000) < 182);
}

static void test_below(void)
{
	static const uint32_t n[] = {1, 2, 3, 361, 362, 65536, UINT32_MAX};
	uint64_t key = rng_key(2, RNG_TEST);
	for (size_t j = 0; j < sizeof n / sizeof *n; j++)
		for (uint64_t i = 0; i < 1000; i++)
			CHECK(rng_below(key, i, n[j]) < n[j]);
	int count[7] = {0};
	for (uint64_t i = 0; i < 70000; i++)
		count[rng_below(key, i, 7)]++;
	for (int i = 0; i < 7; i++)
		CHECK(abs(count[i] - 10000) < 556); /* 6 standard deviations */
}

/* Each bit of 2^16 words is set about half the time: 6 standard deviations are 768. */
static void check_bits(const int *ones, int bits)
{
	for (int b = 0; b < bits; b++)
		CHECK(abs(ones[b] - 32768) < 768);
}

static void test_bits(void)
{
	int at[64] = {0}, key[64] = {0}, round_index[32] = {0}, round_key[32] = {0};
	for (uint32_t i = 0; i < 65536; i++) {
		uint64_t a = rng_at(77, i), k = rng_key(i, RNG_TEST);
		uint32_t ri = rng_round_bits(k ^ i, i), rk = rng_round_bits(k, 5);
		for (int b = 0; b < 64; b++) {
			at[b] += (int)(a >> b & 1);
			key[b] += (int)(k >> b & 1);
		}
		for (int b = 0; b < 32; b++) {
			round_index[b] += (int)(ri >> b & 1);
			round_key[b] += (int)(rk >> b & 1);
		}
	}
	check_bits(at, 64);
	check_bits(key, 64);
	check_bits(round_index, 32);
	check_bits(round_key, 32);
}

int main(void)
{
	test_golden();
	test_permute();
	test_permute_spread();
	test_below();
	test_bits();
	return test_done();
}
