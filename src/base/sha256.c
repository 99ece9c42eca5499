/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sha256.h"

#include <string.h>

/* FIPS 180-4, 4.2.2: the first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t sha256_k[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
	0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
	0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
	0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t ror(uint32_t x, int n)
{
	return x >> n | x << (32 - n);
}

static inline uint32_t get_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static inline void put_be32(uint8_t *p, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i) & 0xff);
}

/* One round.  The caller renames the variables instead of moving eight words. */
#define ROUND(a, b, c, d, e, f, g, h, i)                                                                               \
	do {                                                                                                           \
		uint32_t t_ = h + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & f) ^ (~e & g)) + sha256_k[i] + w[i];   \
		d += t_;                                                                                               \
		h = t_ + (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));                        \
	} while (0)

static void sha256_block(uint32_t s[8], const uint8_t *p)
{
	uint32_t w[64];
	for (int i = 0; i < 16; i++)
		w[i] = get_be32(p + 4 * i);
	for (int i = 16; i < 64; i++) {
		uint32_t s0 = ror(w[i - 15], 7) ^ ror(w[i - 15], 18) ^ w[i - 15] >> 3;
		uint32_t s1 = ror(w[i - 2], 17) ^ ror(w[i - 2], 19) ^ w[i - 2] >> 10;
		w[i] = w[i - 16] + s0 + w[i - 7] + s1;
	}
	uint32_t a = s[0], b = s[1], c = s[2], d = s[3], e = s[4], f = s[5], g = s[6], h = s[7];
	for (int i = 0; i < 64; i += 8) {
		ROUND(a, b, c, d, e, f, g, h, i);
		ROUND(h, a, b, c, d, e, f, g, i + 1);
		ROUND(g, h, a, b, c, d, e, f, i + 2);
		ROUND(f, g, h, a, b, c, d, e, i + 3);
		ROUND(e, f, g, h, a, b, c, d, i + 4);
		ROUND(d, e, f, g, h, a, b, c, i + 5);
		ROUND(c, d, e, f, g, h, a, b, i + 6);
		ROUND(b, c, d, e, f, g, h, a, i + 7);
	}
	s[0] += a;
	s[1] += b;
	s[2] += c;
	s[3] += d;
	s[4] += e;
	s[5] += f;
	s[6] += g;
	s[7] += h;
}

void sha256_init(struct sha256 *s)
{
	*s = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c,
	                               0x1f83d9ab, 0x5be0cd19}};
}

void sha256_update(struct sha256 *s, const void *data, size_t n)
{
	const uint8_t *p = data;
	size_t have = (size_t)(s->bytes % 64);
	s->bytes += n;
	if (have) {
		size_t take = n < 64 - have ? n : 64 - have;
		if (take)
			memcpy(s->block + have, p, take);
		if (have + take < 64)
			return;
		sha256_block(s->state, s->block);
		p += take;
		n -= take;
	}
	for (; n >= 64; p += 64, n -= 64)
		sha256_block(s->state, p);
	if (n)
		memcpy(s->block, p, n);
}

struct hash sha256_final(struct sha256 *s)
{
	static const uint8_t pad[64] = {0x80};
	uint64_t bits = s->bytes * 8;
	uint8_t len[8];
	put_be32(len, (uint32_t)(bits >> 32));
	put_be32(len + 4, (uint32_t)(bits & 0xffffffff));
	size_t have = (size_t)(s->bytes % 64);
	sha256_update(s, pad, have < 56 ? 56 - have : 120 - have);
	sha256_update(s, len, sizeof len);
	struct hash h;
	for (int i = 0; i < 8; i++)
		put_be32(h.b + 4 * i, s->state[i]);
	return h;
}

struct hash sha256_of(const void *p, size_t n)
{
	struct sha256 s;
	sha256_init(&s);
	sha256_update(&s, p, n);
	return sha256_final(&s);
}

bool hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, sizeof a->b) == 0;
}

void hash_hex(const struct hash *h, char out[65])
{
	static const char digit[] = "0123456789abcdef";
	for (int i = 0; i < 32; i++) {
		out[2 * i] = digit[h->b[i] >> 4];
		out[2 * i + 1] = digit[h->b[i] & 15];
	}
	out[64] = '\0';
}

/* The value of a hex digit of either case; -1 for anything else, the NUL included. */
static int hex_value(char c)
{
	static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
	for (int v = 0; v < 16; v++)
		if (c == lower[v] || c == upper[v])
			return v;
	return -1;
}

bool hash_parse(struct hash *h, const char *hex)
{
	struct hash got;
	for (int i = 0; i < 32; i++) {
		int hi = hex_value(hex[2 * i]);
		int lo = hi < 0 ? -1 : hex_value(hex[2 * i + 1]); /* never looks behind the NUL */
		if (lo < 0)
			return false;
		got.b[i] = (uint8_t)(hi << 4 | lo);
	}
	*h = got;
	return true;
}

static struct hash merkle_leaf(const struct hash *leaf)
{
	uint8_t m[33] = {0x00};
	memcpy(m + 1, leaf->b, 32);
	return sha256_of(m, sizeof m);
}

static struct hash merkle_inner(const struct hash *left, const struct hash *right)
{
	uint8_t m[65] = {0x01};
	memcpy(m + 1, left->b, 32);
	memcpy(m + 33, right->b, 32);
	return sha256_of(m, sizeof m);
}

/* After leaf number i (from 0) the stack holds the roots of the full subtrees that make up i + 1 leaves, the
 * largest first: one for each set bit of i + 1, so at most 64.  A new leaf merges as often as i has trailing
 * ones.  Joining what is left from the right is the split at the largest power of two below n. */
struct hash merkle_root(const struct hash *leaf, size_t n)
{
	struct hash stack[65];
	int depth = 0;
	if (n == 0)
		return sha256_of(NULL, 0);
	for (size_t i = 0; i < n; i++) {
		stack[depth++] = merkle_leaf(&leaf[i]);
		for (size_t t = i; t & 1; t >>= 1, depth--)
			stack[depth - 2] = merkle_inner(&stack[depth - 2], &stack[depth - 1]);
	}
	for (; depth > 1; depth--)
		stack[depth - 2] = merkle_inner(&stack[depth - 2], &stack[depth - 1]);
	return stack[0];
}
