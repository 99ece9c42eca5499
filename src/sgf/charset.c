/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes of any origin into clean UTF-8: no NULs, LF at line ends. */
#include "sgf/sgf_int.h"

#include <string.h>

enum charset { UTF8, WINDOWS, SHIFT_JIS, TWO_BYTES };

uint32_t sgf_utf8(const uint8_t *p, size_t n)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	if (n == 0)
		return 0;
	uint32_t len = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (len == 1)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4 || n < len)
		return 0;
	uint32_t code = p[0] & (0x7fu >> len);
	for (uint32_t i = 1; i < len; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (p[i] & 0x3f);
	}
	return code < least[len] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : len;
}

static bool all_utf8(const uint8_t *p, size_t n)
{
	while (n) {
		uint32_t k = sgf_utf8(p, n);
		if (!k)
			return false;
		p += k;
		n -= k;
	}
	return true;
}

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

/* Whether the n bytes at p begin so, in any case. */
static bool begins(const uint8_t *p, size_t n, const char *word)
{
	size_t i = 0;
	while (word[i] && i < n && lower(p[i]) == (uint8_t)word[i])
		i++;
	return !word[i];
}

/* What the first CA[...] names: WINDOWS where there is none that we know. */
static enum charset declared(const uint8_t *p, size_t n)
{
	static const char two[][6] = {"gb", "euc", "big5", "cp936", "cp950", "cp949", "hz-gb"};
	for (size_t i = 0; i + 3 < n; i++) {
		if (p[i] != 'C' || p[i + 1] != 'A' || p[i + 2] != '[' || (i && p[i - 1] >= 'A' && p[i - 1] <= 'Z'))
			continue;
		const uint8_t *q = p + i + 3;
		size_t left = n - i - 3;
		while (left && *q == ' ') {
			q++;
			left--;
		}
		if (begins(q, left, "shift") || begins(q, left, "sjis") || begins(q, left, "cp932") ||
		    begins(q, left, "windows-31j"))
			return SHIFT_JIS;
		for (size_t k = 0; k < sizeof two / sizeof *two; k++)
			if (begins(q, left, two[k]))
				return TWO_BYTES;
		return begins(q, left, "utf") ? UTF8 : WINDOWS;
	}
	return WINDOWS;
}

static void put_code(struct buf *b, uint32_t code)
{
	if (code < 0x800) {
		buf_u8(b, (uint8_t)(0xc0 | code >> 6));
	} else {
		buf_u8(b, (uint8_t)(0xe0 | code >> 12));
		buf_u8(b, (uint8_t)(0x80 | (code >> 6 & 0x3f)));
	}
	buf_u8(b, (uint8_t)(0x80 | (code & 0x3f)));
}

static void put_windows(struct buf *b, uint8_t c)
{
	/* Windows-1252 from 0x80; what it leaves undefined stays a control character of Latin-1. */
	static const uint16_t high[32] = {
	    0x20ac, 0x81,   0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
	    0x2039, 0x0152, 0x8d,   0x017d, 0x8f,   0x90,   0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
	    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d,   0x017e, 0x0178};
	put_code(b, c < 0xa0 ? high[c - 0x80] : c);
}

/* Bytes of the character at p, which is not ASCII, in a charset of two bytes. */
static size_t two_bytes(enum charset set, const uint8_t *p, size_t n)
{
	bool single = p[0] == 0x80 || p[0] == 0xff || (set == SHIFT_JIS && p[0] >= 0xa0 && p[0] < 0xe0);
	return single || n < 2 || p[1] < 0x30 ? 1 : 2;
}

/* Appends the character at p that is not ASCII; how many bytes it had. */
static size_t put_high(struct sgf *t, enum charset set, const uint8_t *p, size_t n)
{
	uint32_t k = set == UTF8 ? sgf_utf8(p, n) : 0;
	if (k) {
		buf_bytes(&t->text, p, k);
		return k;
	}
	if (set == WINDOWS || set == UTF8) {
		put_windows(&t->text, *p);
		return 1;
	}
	sgf_repaired(t, SGF_LOST_TEXT, (uint32_t)t->text.len);
	put_code(&t->text, 0xfffd);
	return two_bytes(set, p, n);
}

/* Appends the ASCII character at p; how many bytes it had. */
static size_t put_low(struct sgf *t, const uint8_t *p, size_t n)
{
	bool line = *p == '\r' || *p == '\n';
	if (*p == 0)
		sgf_repaired(t, SGF_NUL, (uint32_t)t->text.len);
	else
		buf_u8(&t->text, line ? '\n' : *p);
	return line && n > 1 && p[0] + p[1] == '\r' + '\n' ? 2 : 1;
}

int sgf_clean(struct sgf *t, const uint8_t *p, size_t n, struct err *e)
{
	if (n > SGF_BYTES_MAX)
		return err_set(e, ERR_FORMAT, "SGF: %zu bytes are more than the %d that are read: split the collection", n,
		               SGF_BYTES_MAX);
	if (n >= 2 && ((p[0] == 0xff && p[1] == 0xfe) || (p[0] == 0xfe && p[1] == 0xff)))
		return err_set(e, ERR_FORMAT, "SGF: the text is UTF-16: save it as UTF-8");
	if (n >= 3 && memcmp(p, "\xef\xbb\xbf", 3) == 0) {
		p += 3;
		n -= 3;
	}
	bool utf8 = all_utf8(p, n);
	enum charset said = declared(p, n), set = utf8 ? UTF8 : said;
	if (!utf8 && said == UTF8)
		sgf_repaired(t, SGF_WRONG_CHARSET, 0);
	while (n) {
		size_t k = *p < 0x80 ? put_low(t, p, n) : put_high(t, set, p, n);
		p += k;
		n -= k;
	}
	return t->text.failed ? err_set(e, ERR_MEMORY, "SGF: no memory for its text") : 0;
}
