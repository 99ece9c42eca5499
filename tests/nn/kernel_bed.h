/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bed that kernels are tested on.  Everything lies against an unreadable page, now at its front and now at its back, and
 * outputs have canaries on the other side.  A case lays out its inputs, then its outputs: from then on inputs stay as they
 * are. */
#ifndef MIAI_TESTS_KERNEL_BED_H
#define MIAI_TESTS_KERNEL_BED_H

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

#endif
