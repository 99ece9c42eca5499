/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learning: samples -> gradient steps -> checkpoint, in integers (docs/arithmetic.md).  Knows no game, only bytes. */
#ifndef MIAI_TRAIN_TRAIN_H
#define MIAI_TRAIN_TRAIN_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/pool.h"
#include "nn/kernels.h"
#include "nn/net.h"
#include "record/shard.h"

#include <stdatomic.h>
#include <stdint.h>

struct train_config {
	uint64_t seed;
	int batch;                 /* power of two, 32..4096: batch / 32 slices */
	uint64_t total_steps;      /* of the run: the end of the learning-rate schedule */
	int lr, lr_end;            /* millionths */
	uint64_t warmup;
	int momentum;              /* 1/256ths */
	int weight_decay;          /* millionths */
	int max_step;              /* times 2^-24 */
	int value_weight, owner_weight, score_weight, reply_weight; /* 1/256ths */
	int adapt_interval;
	uint64_t adapt_until;
};

struct train_state;            /* master weights, momentum, activation exponents, step number */

/* The initial state, a function of shape and seed.  NULL: see e. */
struct train_state *train_new(const struct nn_shape *shape, uint64_t seed, struct err *e);
void train_free(struct train_state *t);
uint64_t train_step_number(const struct train_state *t); /* steps made so far in the run */
/* Another run begins with this state: no step of it is made yet. */
void train_restart(struct train_state *t);
const struct nn_shape *train_shape(const struct train_state *t);

/* The checkpoint file, docs/formats/checkpoint.md.  Read checks every range; write then read is the identity. */
void train_write(const struct train_state *t, struct buf *out);
struct train_state *train_read(const void *p, size_t n, struct err *e);
/* The net that these weights play as.  NULL: see e. */
struct nn_net *train_export(const struct train_state *t, struct err *e);

/* The mean of several states of one shape: weights, gains, biases and momenta averaged, half up; step number and activation
 * exponents of the last one added. */
struct train_mean;
struct train_mean *train_mean_new(const struct nn_shape *shape, struct err *e); /* NULL: see e */
void train_mean_free(struct train_mean *m);
void train_mean_add(struct train_mean *m, const struct train_state *t);
const struct train_state *train_mean_state(struct train_mean *m); /* after one was added; borrowed */

/* Where samples come from: sample number i (0..count-1) as shard_sample_bytes(shape) packed bytes, borrowed.
 * Called from several threads. */
struct train_source {
	struct shard_shape shape;
	uint32_t count;
	const uint8_t *(*get)(void *ctx, uint32_t i);
	void *ctx;
};

/* Losses summed over samples, each in Q16 a sample (natural logarithms). */
struct train_stats {
	uint64_t samples;
	uint64_t policy, value, owner, score, reply;
};

/* A trainer: memory and threads for steps of one configuration.  Borrows config's values (copied), pool and k. */
struct trainer;
struct trainer *trainer_new(const struct train_config *c, const struct nn_shape *shape, int board_size, const struct nn_kernels *k,
                            struct pool *pool, struct err *e);
void trainer_free(struct trainer *t);

/* Makes `steps` steps on the samples.  Step number n of the run draws its batch from (seed, generation, n) alone.
 * first_step: the run's step at which this generation began (samples are dealt without repetition from there).
 * Stops between steps where *stop is set: ERR_STOPPED.  stats are added to.
 * ERR_FAULT: the machine computed or remembered something wrong, and neither s nor the trainer's sums are to be used. */
int trainer_run(struct trainer *t, struct train_state *s, const struct train_source *src, uint32_t generation,
                uint64_t first_step, uint64_t steps, const atomic_bool *stop, struct train_stats *stats, struct err *e);

/* Largest |difference| of any weight between two states of one shape, times 2^-24 rounded up: at most max_step a step
 * of the steps between them in an honest run.  ERR_MISMATCH for different shapes. */
int train_distance(const struct train_state *a, const struct train_state *b, uint64_t *out, struct err *e);

#endif
