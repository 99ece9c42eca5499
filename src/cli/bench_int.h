/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of miai bench.  Each does a fixed piece of work and hashes all that comes of it: the hash depends on
 * the program's arithmetic alone.  Speeds go to standard error. */
#ifndef MIAI_CLI_BENCH_INT_H
#define MIAI_CLI_BENCH_INT_H

#include "base/pool.h"
#include "cli/cli_int.h"
#include "record/shard.h"
#include "train/train.h"

enum { BENCH_SEED = 20260101 };

struct bench {
	struct pool *pool; /* owned */
	struct nn_kernels kernels;
	bool quick;
	double peak; /* of registers, multiply-adds/s; 0 where not known */
	/* Made by one part, used by later ones; owned. */
	struct train_state *state;
	struct nn_net *first, *trained;
	struct buf samples;
	uint32_t sample_count;
};

/* Hashes into *out; 0 or an error code. */
typedef int bench_part(struct bench *b, struct hash *out, struct err *e);

bench_part bench_rules, bench_kernels, bench_selfplay, bench_train, bench_forward, bench_search, bench_match;

/* Where the time of self-play and training goes, to standard output; the pool has one thread. */
int bench_profile(struct bench *b, struct err *e);

/* The board that self-play, training, search and match of the bench use. */
int bench_size(const struct bench *b);

/* Plays `moves` random legal moves (fewer where the game ends) from the start of state, as drawn from key. */
void bench_random_moves(void *state, uint64_t key, int moves);

/* Arrays as little-endian words, so that the hash is the same on every machine. */
void bench_hash_i32(struct sha256 *s, const int32_t *p, size_t n);
void bench_hash_u64(struct sha256 *s, uint64_t v);

/* "  what: N unit" where N is amount / seconds. */
void bench_speed(const char *what, double amount, double seconds, const char *unit);
/* The same for multiply-adds, with what part of the peak that is. */
void bench_macs(const struct bench *b, const char *what, double amount, double seconds);

#endif
