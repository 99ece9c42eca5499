/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The golden tables: what the C reference computes, as rows of text.  tools/model writes the same rows from the pages
 * of docs/ alone; tests/golden/NAME.txt is what both must give.
 *
 * A row is "NAME TYPE[DIMENSIONS] HASH", and for at most eight values " = VALUES".  HASH is the first 16 hex digits of
 * SHA-256 over all values in order, the last dimension fastest, each as the little-endian two's complement of its type.
 * Tensors are compact: no padding, points in board order. */
#ifndef MIAI_TESTS_GOLDEN_H
#define MIAI_TESTS_GOLDEN_H

#include "base/bytes.h"
#include "base/rng.h"
#include "nn/kernels.h"
#include "nn/net.h"
#include "train/train_int.h"

#include <stdint.h>

enum golden_type { T_I8, T_U8, T_I16, T_U16, T_I32, T_U32, T_I64, T_U64 };

/* Up to three dimensions; those after the first 0 are not there. */
struct dims {
	int d[3];
};
#define DIMS(...) ((struct dims){{__VA_ARGS__}})

__attribute__((format(printf, 5, 6))) void golden_row(struct buf *out, enum golden_type type, struct dims d,
						      const void *values, const char *name, ...);
/* The kernels that compute the rows; 0, plain C, unless the program is told. */
extern unsigned golden_cpu_flags;
/* All programs of a failed allocation end here: a test may. */
_Noreturn void golden_short(void);
void *golden_memory(size_t n);

/* The key of a test's own numbers. */
static inline uint64_t golden_key(uint64_t number)
{
	return rng_key(number, RNG_TEST);
}

/* "stem", "block0.conv1", ...; "block0.a", ..., "head.v". */
void golden_layer_name(char out[32], const struct nn_shape *s, int layer);
void golden_act_name(char out[32], const struct nn_shape *s, int act);
/* Adds to everything in a state numbers from key up to 2^-shift of its range; shift 0 puts everything at its limits. */
void golden_stir(struct train_state *s, uint64_t key, int shift);

/* The nets of the tables "net" and "train".  A case's state is train_new(shape, number), stirred with golden_key(100 +
 * number), its step set; its batch is samples of random bytes (golden_samples, seed 200 + number), sample i of the table
 * "train" seen through symmetry i mod 8.  Only a case of 32 positions is trained. */
struct golden_case {
	const char *name;
	int size;
	struct nn_shape shape;
	int shift; /* of golden_stir */
	uint64_t step;
	int max_step;
	int positions;
};
enum { GOLDEN_CASES = 6 };
extern const struct golden_case golden_cases[GOLDEN_CASES];
struct train_state *golden_case_state(int number);
/* count * shard_sample_bytes bytes: byte j of all is the low byte of rng_at(golden_key(seed), j). */
uint8_t *golden_samples(const struct shard_shape *shape, uint32_t count, uint64_t seed);
extern const struct train_config golden_config;
/* Weights as played, of every layer. */
void golden_weight_rows(struct buf *out, const char *prefix, const struct nn_net *net);

/* The nets of the tables "search" and "play": train_new(shape, 400 + number), stirred with golden_key(400 + number). */
struct nn_net *golden_player(int number);

void golden_base(struct buf *out);
void golden_net(struct buf *out);
void golden_train(struct buf *out);
void golden_search(struct buf *out);
void golden_play(struct buf *out);
void golden_leela(struct buf *out);
/* The ledger of the run of FOLDER/NAME.recipe, which goes on from the last checkpoint of BEFORE's, if that is not NULL.
 * 0, or -1 after a message. */
int golden_run(struct buf *out, const char *folder, const char *name, const char *before);

#endif
