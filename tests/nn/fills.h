/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What test data are made of: chance, and the ends of a range in several orders.  Checks go over one of these lists, and
 * name what they took from it. */
#ifndef MIAI_TESTS_FILLS_H
#define MIAI_TESTS_FILLS_H

#include "base/rng.h"

#include <stddef.h>
#include <stdint.h>

enum fill { FILL_RANDOM, FILL_TOP, FILL_BOTTOM, FILL_TURNS, FILL_PAIRS, FILL_ENDS, FILL_SPARSE, FILL_PRIME, FILLS };
static const char *const fill_names[FILLS] = {
    "random", "all at the top", "all at the bottom", "in turns", "pairs in turns", "ends by chance", "sparse", "period 251",
};

/* Element i of an operand in lo..hi, lo <= 0 <= hi. */
static inline int32_t fill_value(enum fill f, int32_t lo, int32_t hi, size_t i, uint64_t key)
{
	const uint32_t range = (uint32_t)hi - (uint32_t)lo + 1; /* 0: all 32 bits */
	const uint32_t bits = rng_round_bits(key, (uint32_t)i);
	switch (f) {
	case FILL_RANDOM:
		return (int32_t)((uint32_t)lo + (range ? bits % range : bits));
	case FILL_TOP:
		return hi;
	case FILL_BOTTOM:
		return lo;
	case FILL_TURNS:
		return i & 1 ? lo : hi;
	case FILL_PAIRS:
		return i & 2 ? lo : hi;
	case FILL_ENDS:
		return bits & 1 ? lo : hi;
	case FILL_SPARSE:
		return bits % 16 ? 0 : bits & 256 ? lo : hi;
	default: /* a prime period, so that swapped blocks cannot hide */
		return (int32_t)((uint32_t)lo + (range ? (uint32_t)i % 251 % range : (uint32_t)i % 251));
	}
}

/* The number of element i in lines of c, an even number, such that what comes in turns does so along the lines and across. */
static inline size_t both_ways(size_t i, size_t c)
{
	return i + i / c;
}

/* n bytes in lo..127. */
static inline void fill_bytes(void *to, size_t n, enum fill f, int lo, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		((uint8_t *)to)[i] = (uint8_t)fill_value(f, lo, 127, i, key);
}

/* A pattern is a filling of both operands of a product.  Their number is a prime, so that in turn they meet all shapes. */
struct pattern {
	const char *name;
	enum fill x, w;
};
enum { PATTERN_RANDOM, PATTERN_WORST, PATTERN_TOP, PATTERN_LEAST, PATTERNS = 11 };
static const struct pattern patterns[PATTERNS] = {
    [PATTERN_RANDOM] = {"random", FILL_RANDOM, FILL_RANDOM},
    [PATTERN_WORST] = {"worst: every pair sum is 32258 or -32258", FILL_TOP, FILL_PAIRS},
    [PATTERN_TOP] = {"all at the top", FILL_TOP, FILL_TOP},
    [PATTERN_LEAST] = {"x at the top, w at the bottom", FILL_TOP, FILL_BOTTOM},
    {"both at the bottom", FILL_BOTTOM, FILL_BOTTOM},
    {"x at the top, w in turns", FILL_TOP, FILL_TURNS},
    {"both in turns", FILL_TURNS, FILL_TURNS},
    {"x in turns, w at the top", FILL_TURNS, FILL_TOP},
    {"both at ends by chance", FILL_ENDS, FILL_ENDS},
    {"x sparse, w at ends by chance", FILL_SPARSE, FILL_ENDS},
    {"x with period 251", FILL_PRIME, FILL_RANDOM},
};

/* What fills int32 that are about to be shifted right by s: a few of their own, then the fillings. */
enum { SUMS_SMALL, SUMS_WIDE, SUMS_TIES, SUMS_NEAR, SUMS_FILLS, SUM_PATTERNS = SUMS_FILLS + FILLS };

static inline const char *sum_name(int pattern)
{
	static const char *const own[SUMS_FILLS] = {"small", "all widths", "ties", "near the ends"};
	return pattern < SUMS_FILLS ? own[pattern] : fill_names[pattern - SUMS_FILLS];
}

/* (k + 1/2) * 2^s, and one to either side, where that is at most `most`; else small. */
static inline int32_t tie_value(int32_t most, int s, uint32_t bits, uint32_t more)
{
	const int32_t half = s >= 1 && s <= 31 ? INT32_C(1) << (s - 1) : 0;
	if (!half || half > most)
		return (int32_t)(bits % 64);
	const int32_t k = (int32_t)(bits % 128 % ((uint32_t)(most - half) / 2 / (uint32_t)half + 1));
	const int32_t v = k * 2 * half + half + (int32_t)(more % 3) - 1;
	return v < most ? v : most;
}

/* |value| <= most, 2^12 <= most <= 2^30. */
static inline int32_t sum_value(int pattern, int32_t most, int s, size_t i, uint64_t key)
{
	const uint32_t bits = rng_round_bits(key, (uint32_t)i), more = rng_round_bits(key ^ 1, (uint32_t)i);
	const int32_t sign = more & 1 ? -1 : 1;
	switch (pattern) {
	case SUMS_SMALL:
		return sign * (int32_t)(bits % 4096);
	case SUMS_WIDE:
		return sign * (int32_t)(bits % ((uint32_t)most + 1) >> (more >> 1) % 30);
	case SUMS_TIES:
		return sign * tie_value(most, s, bits, more >> 1);
	case SUMS_NEAR:
		return sign * (most - (int32_t)(bits >> 8) % 3);
	default:
		return fill_value((enum fill)(pattern - SUMS_FILLS), -most, most, i, key);
	}
}

/* n of them, in lines of c. */
static inline void fill_sums(int32_t *to, size_t n, size_t c, int pattern, int32_t most, int s, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		to[i] = sum_value(pattern, most, s, both_ways(i, c), key);
}

#endif
