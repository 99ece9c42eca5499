/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random numbers and the functions of fixed.h, 256 values of each.  Arguments are the words rng_at(golden_key(k), i),
 * k counting the rows from 0; a word's upper bits serve where fewer are needed. */
#include "golden.h"

#include "base/fixed.h"
#include "base/symmetry.h"

#include <stdio.h>

enum { COUNT = 256, LOGITS = 20, TAIL = 4096 };

static uint64_t word(int row, int i)
{
	return rng_at(golden_key((uint64_t)row), (uint64_t)i);
}

/* The upper `bits` bits of a word as a two's complement number. */
static int64_t number(int row, int i, int bits)
{
	uint64_t w = word(row, i) >> (64 - bits);
	return (int64_t)w - ((w >> (bits - 1)) ? INT64_C(1) << bits : 0);
}

static uint64_t random_number(int row, int i)
{
	uint64_t w = word(row, i), k = golden_key((uint64_t)row);
	switch (row) {
	case 0:
		return rng_mix(w);
	case 1:
		return rng_key(w, (uint64_t)i);
	case 2:
		return rng_at(w, (uint64_t)i);
	case 3:
		return rng_below(w, (uint64_t)i, 1 + (uint32_t)(w >> 40));
	case 4:
		return rng_round_bits(w, (uint32_t)w);
	case 5:
		return rng_permute(k, COUNT, (uint32_t)i);
	case 6:
		return rng_permute(k, 77777, (uint32_t)i);
	}
	return rng_permute(w, 1 + (uint32_t)i / 16, (uint32_t)i % 8);
}

static int64_t fixed_number(int row, int i)
{
	int64_t a = number(row, i, 40);
	uint32_t bits[12];
	switch (row) {
	case 8:
		return fx_rshift64(a, i % 50 - 20);
	case 9:
		return fx_rshift32((int32_t)fx_asr64(a, 20), i % 25 - 8);
	case 10:
		return fx_muldiv(number(row, i, 60), (int32_t)fx_asr64(a, 8), INT64_C(1) + ((int64_t)1 << 40) + a);
	case 11:
		return fx_isqrt64(word(row, i) >> i % 64);
	case 12:
		return fx_exp2_q30((int32_t) - (int64_t)(word(row, i) >> 43));
	case 13:
		return fx_exp_q30((int32_t) - (int64_t)(word(row, i) >> 43));
	case 14:
		return fx_log2_q16(1 | (uint32_t)(word(row, i) >> (32 + i % 32)));
	case 15:
		return fx_sigmoid_q28((int32_t)number(row, i, 22));
	case 16:
		return fx_gumbel_q16((uint32_t)(word(row, i) >> 32));
	}
	for (int b = 0; b < 12; b++)
		bits[b] = (uint32_t)(word(row, 12 * i + b) >> 32);
	return fx_normal_q16(bits);
}

/* Where u is so near to 1 that a series serves. */
static void tail_rows(struct buf *out)
{
	int32_t v[TAIL];
	for (int i = 0; i < TAIL; i++)
		v[i] = fx_gumbel_q16(UINT32_MAX - (uint32_t)(word(19, i) >> 42));
	golden_row(out, T_I32, DIMS(TAIL), v, "base/fx_gumbel_q16/tail");
}

static void softmax_rows(struct buf *out)
{
	int32_t x[LOGITS];
	uint8_t mask[LOGITS];
	for (int spread = 12; spread <= 24; spread += 4) {
		for (int i = 0; i < LOGITS; i++) {
			x[i] = (int32_t)number(18, i, spread);
			mask[i] = i % 5 != 0;
		}
		fx_softmax(x, spread == 16 ? mask : NULL, LOGITS, x);
		golden_row(out, T_I32, DIMS(LOGITS), x, "base/fx_softmax/%d", spread);
	}
}

static void symmetry_rows(struct buf *out)
{
	uint16_t map[9];
	for (int s = 0; s < SYMMETRIES; s++) {
		symmetry_map(map, 3, s);
		golden_row(out, T_U16, DIMS(9), map, "base/symmetry/%d", s);
	}
}

void golden_base(struct buf *out)
{
	static const char *const name[] = {"rng_mix",           "rng_key",           "rng_at",
					   "rng_below",         "rng_round_bits",    "rng_permute/256",
					   "rng_permute/77777", "rng_permute/small", "fx_rshift64",
					   "fx_rshift32",       "fx_muldiv",         "fx_isqrt64",
					   "fx_exp2_q30",       "fx_exp_q30",        "fx_log2_q16",
					   "fx_sigmoid_q28",    "fx_gumbel_q16",     "fx_normal_q16"};
	uint64_t u[COUNT];
	int64_t v[COUNT];
	for (int row = 0; row < (int)(sizeof name / sizeof name[0]); row++) {
		for (int i = 0; i < COUNT; i++) {
			u[i] = row < 8 ? random_number(row, i) : 0;
			v[i] = row < 8 ? 0 : fixed_number(row, i);
		}
		if (row < 8)
			golden_row(out, T_U64, DIMS(COUNT), u, "base/%s", name[row]);
		else
			golden_row(out, T_I64, DIMS(COUNT), v, "base/%s", name[row]);
	}
	tail_rows(out);
	softmax_rows(out);
	symmetry_rows(out);
}
