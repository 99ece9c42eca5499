/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The exact checks of products: silent on right sums, and loud at any one changed bit. */
#include "nn/guard.h"

#include "base/rng.h"
#include "nn/net.h"
#include "test.h"

enum { ROWS = 5, POINTS = 9, POSITIONS = 8 };

static uint8_t x[1 << 16];
static int8_t g[1 << 16], w[9 * 512 * 512], packed[9 * 512 * 512];
static int32_t acc[ROWS * 512], dw[9 * 32 * 32];
static int16_t sum[3 * 9 * 512];
static const uint64_t key = 77;

static int8_t weight(uint64_t i, int extreme)
{
	int v = (int)rng_below(key, i, 255) - 127;
	return (int8_t)(extreme ? (extreme > 1 || v > 0 ? 127 : -127) : v);
}

static void check_mm(int co, int ci, int taps, int is_signed, int extreme)
{
	struct nn_kernels k;
	int32_t row[ROWS], tap[9];
	int n = taps * ci;
	for (int i = 0; i < co * n; i++)
		w[i] = weight((uint64_t)i, extreme);
	for (int i = 0; i < 1 << 16; i++)
		x[i] = (uint8_t)(is_signed ? weight((uint64_t)i + 9, extreme) : extreme ? 127 : (int)rng_below(key, (uint64_t)i, 128));
	for (int i = 0; i < ROWS; i++)
		row[i] = 16384 + i * ci;
	for (int t = 0; t < taps; t++)
		tap[t] = (t - taps / 2) * ci;
	nn_pack(packed, w, co, n);
	nn_sums(sum, w, co, n);
	nn_kernels_init(&k, nn_cpu_flags());
	struct nn_mm m = {.x = x, .row = row, .rows = ROWS, .tap = tap, .taps = taps, .ci = ci, .co = nn_pad16(co), .w = packed, .acc = acc};
	int (*check)(const struct nn_mm *, const int16_t *) = is_signed ? nn_check_mm_s8 : nn_check_mm_u8;
	(is_signed ? k.mm_s8 : k.mm_u8)(&m);
	CHECK_INT(check(&m, sum), -1);
	for (int i = 0; i < ROWS * m.co; i += 7)
		for (int bit = 0; bit < 32; bit++) {
			acc[i] = (int32_t)((uint32_t)acc[i] ^ (UINT32_C(1) << bit));
			CHECK_INT(check(&m, sum), i / m.co);
			acc[i] = (int32_t)((uint32_t)acc[i] ^ (UINT32_C(1) << bit));
		}
	for (int i = 0; i < co * n && !extreme; i += co * n / 50 + 1) { /* a weight that changed after its sums were made */
		packed[i] = (int8_t)((uint8_t)packed[i] ^ (1u << (i % 7)));
		(is_signed ? k.mm_s8 : k.mm_u8)(&m);
		CHECK(check(&m, sum) >= 0);
		packed[i] = (int8_t)((uint8_t)packed[i] ^ (1u << (i % 7)));
	}
}

static void check_wgrad(int co, int ci, int taps, int extreme)
{
	struct nn_kernels k;
	int32_t point[POINTS], tap[9];
	for (int i = 0; i < POINTS; i++)
		point[i] = nn_padded_index(3, i / 3, i % 3);
	for (int t = 0; t < taps; t++)
		tap[t] = taps == 9 ? (t / 3 - 1) * 4 + t % 3 - 1 : 0;
	for (int i = 0; i < 1 << 16; i++) {
		g[i] = weight((uint64_t)i, extreme);
		x[i] = (uint8_t)(extreme ? 127 : (int)rng_below(key, (uint64_t)i + 5, 128));
	}
	struct nn_wgrad job = {.g = g, .x = x, .quads = POSITIONS / 4, .padded = nn_padded(3), .point = point, .points = POINTS,
	                       .tap = tap, .taps = taps, .ci = ci, .co = co, .dw = dw};
	nn_kernels_init(&k, nn_cpu_flags());
	k.wgrad(&job);
	CHECK_INT(nn_check_wgrad(&job), -1);
	for (int i = 0; i < taps * co * ci; i += 13)
		for (int bit = 0; bit < 32; bit += 3) {
			dw[i] = (int32_t)((uint32_t)dw[i] ^ (UINT32_C(1) << bit));
			CHECK_INT(nn_check_wgrad(&job), i / (co * ci) * ci + i % ci);
			dw[i] = (int32_t)((uint32_t)dw[i] ^ (UINT32_C(1) << bit));
		}
}

static void check_wgrad3(int co, int ci, int extreme)
{
	static uint8_t boards[POSITIONS * 21 * 32];
	static int8_t grads[POSITIONS * 21 * 32];
	struct nn_kernels k;
	for (int i = 0; i < POSITIONS * 9; i++) {
		int at = i / 9 * nn_padded(3) + nn_padded_index(3, i % 9 / 3, i % 3);
		for (int j = 0; j < ci; j++)
			boards[at * ci + j] = (uint8_t)(extreme ? 127 : (int)rng_below(key, (uint64_t)(i * ci + j), 128));
		for (int j = 0; j < co; j++)
			grads[at * co + j] = weight((uint64_t)(i * co + j), extreme);
	}
	struct nn_wgrad3 job = {.g = grads, .x = boards, .boards = POSITIONS, .size = 3, .ci = ci, .co = co, .dw = dw};
	job.scratch = aligned_alloc(64, nn_wgrad3_scratch(3, ci, co));
	nn_kernels_init(&k, nn_cpu_flags());
	k.wgrad3(&job);
	free(job.scratch);
	CHECK_INT(nn_check_wgrad3(&job), -1);
	for (int i = 0; i < 9 * co * ci; i += 13)
		for (int bit = 0; bit < 32; bit += 3) {
			dw[i] = (int32_t)((uint32_t)dw[i] ^ (UINT32_C(1) << bit));
			CHECK_INT(nn_check_wgrad3(&job), i / (co * ci) * ci + i % ci);
			dw[i] = (int32_t)((uint32_t)dw[i] ^ (UINT32_C(1) << bit));
		}
	memset(boards, 0, sizeof boards);
	memset(grads, 0, sizeof grads);
}

static void check_words(void)
{
	for (size_t n = 0; n < 40; n++) {
		uint64_t words = nn_words(x, n);
		for (size_t bit = 0; bit < 8 * n; bit++) {
			x[bit / 8] = (uint8_t)(x[bit / 8] ^ (1u << (bit % 8)));
			CHECK(nn_words(x, n) != words);
			x[bit / 8] = (uint8_t)(x[bit / 8] ^ (1u << (bit % 8)));
		}
	}
}

/* One position in NN_SAMPLE_POSITIONS, however they are cut into batches. */
static void check_sampling(void)
{
	struct nn_guard a;
	uint64_t at = 0, n = 0, last = 0;
	nn_guard_init(&a, false);
	for (uint64_t i = 0; at < 5 * NN_SAMPLE_POSITIONS; i++) {
		int batch = 1 + (int)rng_below(key, i, 40), which;
		if (nn_guard_sample(&a, batch, &which)) {
			CHECK(which >= 0 && which < batch);
			CHECK(n == 0 || at + (uint64_t)which == last + NN_SAMPLE_POSITIONS);
			last = at + (uint64_t)which;
			n++;
		}
		at += (uint64_t)batch;
	}
	CHECK_INT(n, 5);
	CHECK(!nn_guard_faulty(&a));
	nn_guard_report(&a, "first %d", 1);
	nn_guard_report(&a, "second");
	CHECK(nn_guard_faulty(&a));
	CHECK_STR(a.first.text, "first 1");
	nn_guard_clear(&a);
	CHECK(!nn_guard_faulty(&a) && !nn_guard_faulty(NULL) && !nn_guard_checks(NULL));
}

int main(void)
{
	for (int extreme = 0; extreme < 3; extreme++)
		for (int is_signed = 0; is_signed < 2; is_signed++) {
			check_mm(16, 16, 9, is_signed, extreme);
			check_mm(3, 64, 1, is_signed, extreme);
			check_mm(256, 256, 9, is_signed, extreme);
			check_mm(512, 512, 1, is_signed, extreme); /* two groups of outputs */
		}
	for (int extreme = 0; extreme < 3; extreme++) {
		check_wgrad(16, 32, 9, extreme);
		check_wgrad(32, 16, 1, extreme);
		check_wgrad3(16, 32, extreme);
		check_wgrad3(32, 16, extreme);
	}
	check_words();
	check_sampling();
	return test_done();
}
