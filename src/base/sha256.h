/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SHA-256 (FIPS 180-4) and the Merkle tree built on it (RFC 6962, section 2.1). */
#ifndef MIAI_BASE_SHA256_H
#define MIAI_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hash {
	uint8_t b[32];
};

struct sha256 {
	uint32_t state[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_update(struct sha256 *s, const void *p, size_t n);
struct hash sha256_final(struct sha256 *s);
struct hash sha256_of(const void *p, size_t n);

bool hash_equal(const struct hash *a, const struct hash *b);
void hash_hex(const struct hash *h, char out[65]);             /* lower case, NUL-terminated */
bool hash_parse(struct hash *h, const char *hex);              /* exactly 64 hex digits, then anything */

/* Root over n leaf hashes: leaf node = H(0x00 | leaf), inner = H(0x01 | left | right), split at the largest
 * power of two below n; n = 0 gives H(""). */
struct hash merkle_root(const struct hash *leaf, size_t n);

#endif
