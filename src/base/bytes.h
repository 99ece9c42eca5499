/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes in and out, little-endian, one at a time: the same on every machine.
 *
 * struct buf grows as it is written; running out of memory sets `failed` and later writes do nothing, so a
 * writer checks once, at the end.  struct rd never reads past its end: a read too far returns zeros and sets
 * `bad`, so a parser too checks once per part. */
#ifndef MIAI_BASE_BYTES_H
#define MIAI_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *data;   /* NULL while empty; owned */
	size_t len, cap;
	bool failed;
};

void buf_release(struct buf *b);              /* frees; b is empty again */
void buf_clear(struct buf *b);                /* len = 0, failed = false, keeps memory */
uint8_t *buf_extend(struct buf *b, size_t n); /* n bytes longer; returns them, not initialised; NULL on failure */
void buf_u8(struct buf *b, uint8_t v);
void buf_u16(struct buf *b, uint16_t v);
void buf_u32(struct buf *b, uint32_t v);
void buf_u64(struct buf *b, uint64_t v);
void buf_i32(struct buf *b, int32_t v);
void buf_bytes(struct buf *b, const void *p, size_t n);
/* No %f, %g or the like: compiled without floating point, it would print what happens to lie in memory. */
__attribute__((format(printf, 2, 3)))
void buf_printf(struct buf *b, const char *fmt, ...);

struct rd {
	const uint8_t *p; /* next byte; borrowed */
	size_t left;
	bool bad;
};

struct rd rd_make(const void *p, size_t n);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
int32_t rd_i32(struct rd *r);
/* Pointer to the next n bytes, which are skipped; NULL (and bad) where fewer are left. */
const uint8_t *rd_bytes(struct rd *r, size_t n);

/* Fixed-place stores and loads. */
void bytes_put_u32(uint8_t *p, uint32_t v);
void bytes_put_u64(uint8_t *p, uint64_t v);
uint32_t bytes_get_u32(const uint8_t *p);
uint64_t bytes_get_u64(const uint8_t *p);

#endif
