/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tests' few words.  A test program is one main() that calls its cases and returns test_done(); each CHECK
 * that fails prints file, line and the values, and the program exits 1. */
#ifndef MIAI_TESTS_TEST_H
#define MIAI_TESTS_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int test_failures;
static int test_checks;

#define CHECK(cond)                                                                           \
	do {                                                                                  \
		test_checks++;                                                                \
		if (!(cond)) {                                                                \
			test_failures++;                                                      \
			fprintf(stderr, "%s:%d: CHECK(%s) failed\n", __FILE__, __LINE__, #cond); \
		}                                                                             \
	} while (0)

#define CHECK_INT(got, want)                                                                  \
	do {                                                                                  \
		intmax_t g_ = (intmax_t)(got), w_ = (intmax_t)(want);                         \
		test_checks++;                                                                \
		if (g_ != w_) {                                                               \
			test_failures++;                                                      \
			fprintf(stderr, "%s:%d: %s is %" PRIdMAX ", want %" PRIdMAX "\n",     \
			        __FILE__, __LINE__, #got, g_, w_);                            \
		}                                                                             \
	} while (0)

#define CHECK_STR(got, want)                                                                  \
	do {                                                                                  \
		const char *g_ = (got), *w_ = (want);                                         \
		test_checks++;                                                                \
		if (strcmp(g_, w_) != 0) {                                                    \
			test_failures++;                                                      \
			fprintf(stderr, "%s:%d: %s is \"%s\", want \"%s\"\n",                 \
			        __FILE__, __LINE__, #got, g_, w_);                            \
		}                                                                             \
	} while (0)

static inline int test_done(void)
{
	if (test_checks == 0) {
		fprintf(stderr, "no check was made\n");
		return 1;
	}
	printf("%d checks, %d failed\n", test_checks, test_failures);
	return test_failures ? 1 : 0;
}

#endif
