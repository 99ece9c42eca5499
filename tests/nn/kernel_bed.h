/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bed that kernels are tested on.  Everything lies against an unreadable page, now at its front and now at its back, and
 * outputs have canaries on the other side.  A case lays out its inputs, then its outputs: from then on inputs stay as they
 * are.  Values come from patterns: chance, and the extremes of the ranges. */
#ifndef MIAI_TESTS_KERNEL_BED_H
#define MIAI_TESTS_KERNEL_BED_H

#include "base/rng.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { BED_PAGE = 1 << 16, BED_SIZE = 1 << 24, BED_MARGIN = 192, BED_CANARY = 0xa5 };

enum bed_place { BED_X, BED_W, BED_ROW, BED_TAP, BED_BIAS, BED_EXTRA, BED_GOT, BED_WANT, BED_SCRATCH, BED_PLACES };

struct bed {
	uint8_t *base[BED_PLACES]; /* BED_SIZE readable bytes between unreadable pages */
	uint8_t *copy[BED_PLACES]; /* what the inputs were when the outputs were laid out */
	size_t inputs[BED_PLACES]; /* bytes of this case's input there */
	bool front;                /* all begins at the front page, else ends at the back page */
};

static void bed_init(struct bed *b)
{
	*b = (struct bed){.front = false};
	for (int i = 0; i < BED_PLACES; i++) {
		uint8_t *p = mmap(NULL, BED_SIZE + 2 * BED_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (p == MAP_FAILED || mprotect(p + BED_PAGE, BED_SIZE, PROT_READ | PROT_WRITE))
			abort();
		b->base[i] = p + BED_PAGE;
		b->copy[i] = malloc(BED_SIZE);
		if (!b->copy[i])
			abort();
	}
}

/* A new case, without inputs. */
static void bed_clear(struct bed *b, bool front)
{
	memset(b->inputs, 0, sizeof b->inputs);
	b->front = front;
}

static uint8_t *bed_at(const struct bed *b, enum bed_place place, size_t n)
{
	if (n + BED_MARGIN > BED_SIZE)
		abort();
	return b->front ? b->base[place] : b->base[place] + BED_SIZE - n;
}

/* n bytes for an input. */
static void *bed_in(struct bed *b, enum bed_place place, size_t n)
{
	b->inputs[place] = n;
	return bed_at(b, place, n);
}

static void bed_keep_inputs(struct bed *b)
{
	for (int i = 0; i < BED_PLACES; i++)
		memcpy(b->copy[i], bed_at(b, (enum bed_place)i, b->inputs[i]), b->inputs[i]);
}

static bool bed_inputs_kept(const struct bed *b)
{
	for (int i = 0; i < BED_PLACES; i++)
		if (memcmp(b->copy[i], bed_at(b, (enum bed_place)i, b->inputs[i]), b->inputs[i]) != 0)
			return false;
	return true;
}

/* The margin beside n bytes of output, where there is no page. */
static uint8_t *bed_margin(const struct bed *b, enum bed_place place, size_t n)
{
	return b->front ? b->base[place] + n : b->base[place] + BED_SIZE - n - BED_MARGIN;
}

/* n bytes for an output, canaries inside and beside it; 64-byte aligned where n is a multiple of 64. */
static void *bed_out(struct bed *b, enum bed_place place, size_t n)
{
	bed_keep_inputs(b);
	void *out = bed_at(b, place, n);
	memset(out, BED_CANARY, n);
	memset(bed_margin(b, place, n), BED_CANARY, BED_MARGIN);
	return out;
}

/* Whether the margin of an output is as bed_out left it. */
static bool bed_intact(const struct bed *b, enum bed_place place, size_t n)
{
	const uint8_t *p = bed_margin(b, place, n);
	for (size_t i = 0; i < BED_MARGIN; i++)
		if (p[i] != BED_CANARY)
			return false;
	return true;
}

/* What fills one operand of a product. */
enum fill { FILL_RANDOM, FILL_TOP, FILL_BOTTOM, FILL_TURNS, FILL_PAIRS, FILL_SPARSE, FILL_PRIME };

/* Element i of an operand with range lo..127. */
static int fill_value(enum fill f, int lo, size_t i, uint64_t key)
{
	const int range = 127 - lo + 1;
	const uint32_t bits = rng_round_bits(key, (uint32_t)i);
	switch (f) {
	case FILL_RANDOM:
		return lo + (int)(bits % (uint32_t)range);
	case FILL_TOP:
		return 127;
	case FILL_BOTTOM:
		return lo;
	case FILL_TURNS:
		return i & 1 ? lo : 127;
	case FILL_PAIRS:
		return i & 2 ? lo : 127;
	case FILL_SPARSE:
		return bits % 16 ? 0 : bits & 256 ? lo : 127;
	case FILL_PRIME: /* a prime period, so that swapped blocks cannot hide */
		return lo + (int)(i % 251) % range;
	}
	return 0;
}

/* A pattern is a filling of both operands. */
static const struct pattern {
	const char *name;
	enum fill x, w;
} patterns[] = {
    {"random", FILL_RANDOM, FILL_RANDOM},
    {"worst: every pair sum is 32258 or -32258", FILL_TOP, FILL_PAIRS},
    {"all at the top", FILL_TOP, FILL_TOP},
    {"x at the top, w at the bottom", FILL_TOP, FILL_BOTTOM},
    {"both at the bottom", FILL_BOTTOM, FILL_BOTTOM},
    {"x at the top, w in turns", FILL_TOP, FILL_TURNS},
    {"both in turns", FILL_TURNS, FILL_TURNS},
    {"x sparse", FILL_SPARSE, FILL_RANDOM},
    {"both sparse", FILL_SPARSE, FILL_SPARSE},
    {"x with period 251", FILL_PRIME, FILL_RANDOM},
};
enum { PATTERNS = sizeof patterns / sizeof *patterns };

/* What fills int32 sums that are about to be shifted right by s. */
enum { SUMS_SMALL, SUMS_WIDE, SUMS_TIES, SUMS_EXTREME, SUM_PATTERNS };
static const char *const sum_patterns[] = {"small", "all widths", "ties", "extremes"};

/* |value| < 2^30. */
static int32_t sum_value(int pattern, int s, size_t i, uint64_t key)
{
	const uint32_t bits = rng_round_bits(key, (uint32_t)i), more = rng_round_bits(key ^ 1, (uint32_t)i);
	const int32_t sign = more & 1 ? -1 : 1, most = (1 << 30) - 1;
	switch (pattern) {
	case SUMS_SMALL:
		return sign * (int32_t)(bits % 4096);
	case SUMS_WIDE:
		return sign * (int32_t)((bits & (uint32_t)most) >> (more >> 1) % 30);
	case SUMS_TIES: /* k * 2^s + 2^(s-1), and one to either side */
		if (s < 1 || s > 30)
			return sign * (int32_t)(bits % 64);
		if (s > 22)
			return sign * (1 << (s - 1));
		return sign * (((int32_t)(bits % 128) << s) + (1 << (s - 1)) + (int32_t)(more >> 1) % 3 - 1);
	default:
		return sign * (bits & 2 ? most : most - (int32_t)(bits >> 8) % 3);
	}
}

#endif
