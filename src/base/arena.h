/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One zeroed block of memory, handed out piece by piece at 64-byte alignment and freed at once. */
#ifndef MIAI_BASE_ARENA_H
#define MIAI_BASE_ARENA_H

#include <stddef.h>
#include <stdint.h>

struct arena {
	uint8_t *base; /* owned; 64-byte aligned */
	size_t used, size;
};

int arena_init(struct arena *a, size_t size); /* 0 or ERR_MEMORY */
void arena_release(struct arena *a);
void arena_clear(struct arena *a);            /* forget everything, keep the block (not zeroed again) */
void *arena_alloc(struct arena *a, size_t n); /* NULL where the block is full */

#endif
