/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/rng.h"

enum { FEISTEL_ROUNDS = 4 };

/* One pass of the network over words of 2 * half bits.  Each round is undone by itself with its inputs
 * swapped, so the pass is a bijection whatever the round function is. */
static uint32_t feistel(uint64_t key, int half, uint32_t x)
{
	uint32_t mask = (UINT32_C(1) << half) - 1;
	uint32_t left = x >> half, right = x & mask;
	for (uint64_t round = 0; round < FEISTEL_ROUNDS; round++) {
		uint32_t f = (uint32_t)(rng_at(key, round << 32 | right) >> 32) & mask;
		uint32_t next = left ^ f;
		left = right;
		right = next;
	}
	return left << half | right;
}

/* A walk along the cycle that i is on reaches a value below n at the latest when it is back at i; the domain
 * is below 4n (or 4), so it takes under four passes on average.  Outside 0..n-1 it is the identity. */
uint32_t rng_permute(uint64_t key, uint32_t n, uint32_t i)
{
	if (i >= n)
		return i;
	int half = 1;
	while (half < 16 && UINT32_C(1) << (2 * half) < n)
		half++;
	do
		i = feistel(key, half, i);
	while (i >= n);
	return i;
}
