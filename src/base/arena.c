/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"

#include "base/err.h"

#include <stdlib.h>
#include <string.h>

enum { ARENA_ALIGN = 64 };

int arena_init(struct arena *a, size_t size)
{
	*a = (struct arena){0};
	if (size > SIZE_MAX / 2)
		return ERR_MEMORY;
	size_t whole = (size + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	if (!whole)
		whole = ARENA_ALIGN;
	a->base = aligned_alloc(ARENA_ALIGN, whole);
	if (!a->base)
		return ERR_MEMORY;
	memset(a->base, 0, whole);
	a->size = whole;
	return 0;
}

void arena_release(struct arena *a)
{
	free(a->base);
	*a = (struct arena){0};
}

void arena_clear(struct arena *a)
{
	a->used = 0;
}

/* size and used are multiples of ARENA_ALIGN, so n <= size - used implies that n rounded up fits too. */
void *arena_alloc(struct arena *a, size_t n)
{
	if (!a->base || n > a->size - a->used)
		return NULL;
	void *p = a->base + a->used;
	a->used += (n + ARENA_ALIGN - 1) / ARENA_ALIGN * ARENA_ALIGN;
	return p;
}
