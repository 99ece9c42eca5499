/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A strict reader of text that has one spelling only: whatever it accepts is written again byte for byte.
 * The first thing that does not fit sets `bad` and stops the reader where it stands; `want` then says what
 * was looked for.  Private to record. */
#ifndef MIAI_RECORD_TEXT_INT_H
#define MIAI_RECORD_TEXT_INT_H

#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
	const uint8_t *p, *end; /* borrowed */
	bool bad;
	bool cut;               /* bad, and all that is left is the beginning of what was looked for */
	const char *want;       /* NULL until bad; a literal as it should stand, or a few words; borrowed */
};

struct text record_text_make(const void *p, size_t n);
bool record_text_at(const struct text *t, const char *word);   /* does word stand here? */
bool record_text_cut(const struct text *t, const char *word);  /* does the text end here, within word or before it? */
void record_text_skip(struct text *t, const char *word);       /* word has to stand here */
uint64_t record_text_u64(struct text *t, uint64_t most);       /* "0", or digits without leading zero, <= most */
int32_t record_text_i32(struct text *t, int32_t most);         /* the same with a sign, |x| <= most, no "-0" */
struct hash record_text_hash(struct text *t);                  /* 64 hex digits, lower case */

enum { RECORD_SHOW = 48 };
/* What stands at p, up to the end of its line, fit to be printed: for error messages. */
void record_text_show(char out[RECORD_SHOW], const void *p, size_t n);

#endif
