/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counter-based random numbers: every number is a function of (seed, stream, index), with no state, so any
 * of them can be made alone, in any order, on any machine.  docs/arithmetic.md gives the functions in words. */
#ifndef MIAI_BASE_RNG_H
#define MIAI_BASE_RNG_H

#include <stdint.h>

/* Who draws.  A stream is never used for two purposes.  Numbers are part of the numerics version. */
enum rng_stream {
	RNG_INIT = 1,      /* initial weights */
	RNG_SELFPLAY = 2,  /* one game's key */
	RNG_MATCH = 3,     /* one match pair's key */
	RNG_SAMPLE = 4,    /* which sample a training step sees */
	RNG_SYMMETRY = 5,  /* its symmetry */
	RNG_ROUND = 6,     /* stochastic rounding of gradients */
	RNG_GUMBEL = 7,    /* root exploration */
	RNG_OPENING = 8,   /* opening plies */
	RNG_EVAL = 9,      /* symmetry of an evaluation */
	RNG_ZOBRIST = 10,  /* position keys */
	RNG_VISITS = 11,   /* full or cheap search */
	RNG_RANDOM = 12,   /* the uniform-random player */
	RNG_KOMI = 13,     /* komi of a self-play game */
	RNG_DECIDED = 14,  /* which games are played on though decided */
	RNG_PLIES = 15,    /* how many plies of a self-play game are drawn evenly */
	RNG_TEST = 99,
};

/* The splitmix64 finaliser, a bijection of 64-bit words. */
static inline uint64_t rng_mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
	return x ^ (x >> 31);
}

/* The key of a stream under a seed; a key can itself serve as seed of a deeper stream. */
static inline uint64_t rng_key(uint64_t seed, uint64_t stream)
{
	return rng_mix(rng_mix(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ (stream * UINT64_C(0xd1342543de82ef95)));
}

/* Word number index of a key: 64 uniform bits. */
static inline uint64_t rng_at(uint64_t key, uint64_t index)
{
	return rng_mix(rng_mix(key + index * UINT64_C(0x9e3779b97f4a7c15)) + key);
}

/* Uniform in 0..n-1 (n >= 1) by the high half of a product; bias below n/2^32. */
static inline uint32_t rng_below(uint64_t key, uint64_t index, uint32_t n)
{
	return (uint32_t)(((rng_at(key, index) >> 32) * n) >> 32);
}

/* 32 bits for stochastic rounding: cheap, and the same in every vector lane.  index is the element's number
 * in its tensor; key comes from rng_key over (seed, step, slice, tensor). */
static inline uint32_t rng_round_bits(uint64_t key, uint32_t index)
{
	uint32_t x = index + (uint32_t)key;
	x = (x ^ (x >> 16)) * UINT32_C(0x7feb352d);
	x = (x ^ (x >> 15)) ^ (uint32_t)(key >> 32);
	x *= UINT32_C(0x846ca68b);
	return x ^ (x >> 16);
}

/* Image of i under a keyed permutation of 0..n-1 (n < 2^32): a four-round Feistel network on the smallest
 * even number of bits that holds n, walked until it falls below n.  Any i >= n is its own image. */
uint32_t rng_permute(uint64_t key, uint32_t n, uint32_t i);

#endif
