/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the fuzzers share.  Each file fuzz_NAME.c has the entry that libFuzzer calls; replay.c calls it too. */
#ifndef MIAI_TESTS_FUZZ_FUZZ_H
#define MIAI_TESTS_FUZZ_FUZZ_H

#include "base/bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* What has to hold; a fuzzer finds inputs for which this ends the program. */
#define MUST(cond)                                                                              \
	do {                                                                                    \
		if (!(cond)) {                                                                  \
			fprintf(stderr, "%s:%d: MUST(%s) failed\n", __FILE__, __LINE__, #cond); \
			abort();                                                                \
		}                                                                               \
	} while (0)

/* The rest of the input as changes of p: place (3 bytes, modulo n), new value.  A whole file of its format would hide
 * the few bytes that matter. */
static inline void fuzz_patch(uint8_t *p, size_t n, struct rd *in)
{
	while (in->left >= 4 && n) {
		size_t at = rd_u16(in);
		at |= (size_t)rd_u8(in) << 16;
		p[at % n] = rd_u8(in);
	}
}

static inline void fuzz_same(const struct buf *a, const struct buf *b)
{
	MUST(!a->failed && !b->failed && a->len == b->len && memcmp(a->data, b->data, a->len) == 0);
}

#endif
