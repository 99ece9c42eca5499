/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void buf_release(struct buf *b)
{
	free(b->data);
	*b = (struct buf){0};
}

void buf_clear(struct buf *b)
{
	b->len = 0;
	b->failed = false;
}

/* Makes cap >= len + n, at least doubling it, so that n single bytes cost O(n). */
static bool buf_reserve(struct buf *b, size_t n)
{
	if (b->failed)
		return false;
	if (b->data && n <= b->cap - b->len)
		return true;
	if (n > SIZE_MAX / 2 - b->len) { /* len <= cap <= SIZE_MAX / 2 by this very line */
		b->failed = true;
		return false;
	}
	size_t cap = b->cap < 64 ? 64 : b->cap <= SIZE_MAX / 4 ? b->cap * 2 : SIZE_MAX / 2;
	if (cap < b->len + n)
		cap = b->len + n;
	uint8_t *data = realloc(b->data, cap);
	if (!data) {
		b->failed = true;
		return false;
	}
	b->data = data;
	b->cap = cap;
	return true;
}

uint8_t *buf_extend(struct buf *b, size_t n)
{
	if (!buf_reserve(b, n))
		return NULL;
	uint8_t *p = b->data + b->len;
	b->len += n;
	return p;
}

void buf_u8(struct buf *b, uint8_t v)
{
	uint8_t *p = buf_extend(b, 1);
	if (p)
		*p = v;
}

void buf_u16(struct buf *b, uint16_t v)
{
	uint8_t *p = buf_extend(b, 2);
	if (p) {
		p[0] = (uint8_t)(v & 0xff);
		p[1] = (uint8_t)(v >> 8);
	}
}

void buf_u32(struct buf *b, uint32_t v)
{
	uint8_t *p = buf_extend(b, 4);
	if (p)
		bytes_put_u32(p, v);
}

void buf_u64(struct buf *b, uint64_t v)
{
	uint8_t *p = buf_extend(b, 8);
	if (p)
		bytes_put_u64(p, v);
}

void buf_i32(struct buf *b, int32_t v)
{
	buf_u32(b, (uint32_t)v);
}

void buf_bytes(struct buf *b, const void *p, size_t n)
{
	uint8_t *to = buf_extend(b, n);
	if (to && n)
		memcpy(to, p, n);
}

void buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	if (!buf_reserve(b, (size_t)n + 1)) /* vsnprintf writes a NUL behind the text, which does not count */
		return;
	va_start(ap, fmt);
	vsnprintf((char *)b->data + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

struct rd rd_make(const void *p, size_t n)
{
	static const uint8_t none[1];
	return (struct rd){.p = n ? p : none, .left = n};
}

const uint8_t *rd_bytes(struct rd *r, size_t n)
{
	if (n > r->left) { /* nothing after a bad read can succeed by chance */
		r->bad = true;
		r->left = 0;
		return NULL;
	}
	const uint8_t *p = r->p;
	r->p += n;
	r->left -= n;
	return p;
}

uint8_t rd_u8(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 1);
	return p ? *p : 0;
}

uint16_t rd_u16(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 2);
	return p ? (uint16_t)(p[0] | p[1] << 8) : 0;
}

uint32_t rd_u32(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 4);
	return p ? bytes_get_u32(p) : 0;
}

uint64_t rd_u64(struct rd *r)
{
	const uint8_t *p = rd_bytes(r, 8);
	return p ? bytes_get_u64(p) : 0;
}

/* Two's complement, written so that C defines it. */
int32_t rd_i32(struct rd *r)
{
	uint32_t v = rd_u32(r);
	return v <= INT32_MAX ? (int32_t)v : -(int32_t)~v - 1;
}

void bytes_put_u32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i) & 0xff);
}

void bytes_put_u64(uint8_t *p, uint64_t v)
{
	for (int i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i) & 0xff);
}

uint32_t bytes_get_u32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

uint64_t bytes_get_u64(const uint8_t *p)
{
	return (uint64_t)bytes_get_u32(p) | (uint64_t)bytes_get_u32(p + 4) << 32;
}
