/* SPDX-License-Identifier: GPL-3.0-or-later */
/* For tests in which every allocation fails once.  To be linked with --wrap for each of the four (tests/meson.build). */
#ifndef MIAI_TESTS_NO_MEMORY_H
#define MIAI_TESTS_NO_MEMORY_H

#include "test.h"

#include "base/bytes.h"
#include "base/err.h"

static int allocations_left = -1; /* until one fails; -1: none does */

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);

static int now_fails(void)
{
	return allocations_left >= 0 && allocations_left-- == 0;
}

void *__wrap_malloc(size_t n)
{
	return now_fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return now_fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return now_fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
	return now_fails() ? NULL : __real_aligned_alloc(align, n);
}

/* The first allocation fails, then the second, ... until all that are made succeed: more than `least` of them. */
static void fail_each(int (*what)(const struct buf *), const struct buf *file, int least)
{
	int failures = 0, rc = ERR_MEMORY;
	for (; rc < 0 && failures < 5000; failures++) {
		allocations_left = failures;
		rc = what(file);
		CHECK(rc == 0 || rc == ERR_MEMORY);
	}
	allocations_left = -1;
	CHECK_INT(rc, 0);
	CHECK(failures > least);
}

#endif
