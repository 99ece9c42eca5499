/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums compared with what they should be: whoever differs is named, with the place.  After test.h and nn/kernels.h. */
#ifndef MIAI_TESTS_SAME_H
#define MIAI_TESTS_SAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The names of flags. */
struct flags_text {
	char s[64];
};

static inline struct flags_text flags_text(unsigned flags)
{
	struct flags_text t;
	nn_cpu_flags_text(t.s, sizeof t.s, flags);
	return t;
}

static inline void check_same(const char *what, const int32_t *got, const int32_t *want, size_t n)
{
	size_t at = 0;
	test_checks++;
	while (at < n && got[at] == want[at])
		at++;
	if (at == n)
		return;
	test_failures++;
	fprintf(stderr, "%s: first difference at %zu of %zu: %" PRId32 ", want %" PRId32 "\n", what, at, n, got[at], want[at]);
}

/* Tells what failed, too. */
static inline bool named(const char *what, bool ok)
{
	if (!ok)
		fprintf(stderr, "%s:\n", what);
	return ok;
}

#endif
