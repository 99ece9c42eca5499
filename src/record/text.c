/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/text_int.h"

#include <string.h>

struct text record_text_make(const void *p, size_t n)
{
	static const uint8_t none[1];
	const uint8_t *at = n ? p : none;
	return (struct text){.p = at, .end = at + n};
}

static size_t text_left(const struct text *t)
{
	return (size_t)(t->end - t->p);
}

static void text_fail(struct text *t, const char *want, bool cut)
{
	if (!t->bad) {
		t->bad = true;
		t->cut = cut;
		t->want = want;
	}
}

static bool text_digit(const struct text *t)
{
	return t->p < t->end && *t->p >= '0' && *t->p <= '9';
}

bool record_text_at(const struct text *t, const char *word)
{
	size_t n = strlen(word);
	return !t->bad && text_left(t) >= n && memcmp(t->p, word, n) == 0;
}

bool record_text_cut(const struct text *t, const char *word)
{
	size_t n = text_left(t);
	return !t->bad && n < strlen(word) && memcmp(t->p, word, n) == 0;
}

void record_text_skip(struct text *t, const char *word)
{
	if (record_text_at(t, word))
		t->p += strlen(word);
	else
		text_fail(t, word, record_text_cut(t, word));
}

uint64_t record_text_u64(struct text *t, uint64_t most)
{
	const uint8_t *start = t->p;
	uint64_t v = 0;
	if (t->bad || !text_digit(t)) {
		text_fail(t, "a whole number", text_left(t) == 0);
		return 0;
	}
	for (; text_digit(t); t->p++) {
		uint64_t digit = (uint64_t)(*t->p - '0');
		if (v > most / 10 || digit > most - v * 10) { /* v * 10 + digit <= most, without overflow */
			t->p = start;
			text_fail(t, "a number in its range", false);
			return 0;
		}
		v = v * 10 + digit;
	}
	if (*start == '0' && t->p - start > 1) {
		t->p = start;
		text_fail(t, "a number without leading zeros", false);
		return 0;
	}
	return v;
}

int32_t record_text_i32(struct text *t, int32_t most)
{
	bool minus = record_text_at(t, "-");
	if (minus)
		t->p++;
	int32_t v = (int32_t)record_text_u64(t, (uint64_t)most);
	if (minus && v == 0)
		text_fail(t, "no minus before a zero", false);
	return minus ? -v : v;
}

static int text_hex(uint8_t c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

struct hash record_text_hash(struct text *t)
{
	struct hash h = {{0}};
	size_t n = 0;
	while (!t->bad && n < 64 && n < text_left(t) && text_hex(t->p[n]) >= 0)
		n++;
	if (n < 64) {
		text_fail(t, n == text_left(t) ? "64 hex digits" : "64 hex digits in lower case", n == text_left(t));
		return h;
	}
	for (int i = 0; i < 32; i++)
		h.b[i] = (uint8_t)(text_hex(t->p[2 * i]) * 16 + text_hex(t->p[2 * i + 1]));
	t->p += 64;
	return h;
}

void record_text_show(char out[RECORD_SHOW], const void *p, size_t n)
{
	const uint8_t *from = p;
	size_t k = 0;
	while (k < n && k < RECORD_SHOW - 1 && from[k] != '\n' && from[k] != '\0') {
		bool plain = from[k] >= 0x20 && from[k] < 0x7f;
		out[k] = plain ? (char)from[k] : '?';
		k++;
	}
	out[k] = '\0';
}
