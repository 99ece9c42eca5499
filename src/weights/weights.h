/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nets of other programs into miai's integers.  Floating point is at home here and nowhere below: what is played is the
 * file of integers that comes out (docs/formats/leela-net.md, docs/arithmetic-leela.md). */
#ifndef MIAI_WEIGHTS_WEIGHTS_H
#define MIAI_WEIGHTS_WEIGHTS_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"
#include "nn/kernels.h"
#include "nn/leela.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	WEIGHTS_FILE_MAX = 1 << 30,    /* bytes of a file, and of the text in it */
	WEIGHTS_NUMBERS_MAX = 1 << 27,
};

/* A layer y = conv(x) + bias, batch norm folded in. */
struct weights_conv {
	int ci, co, taps;
	float *w;    /* [tap][ci][co], taps row by row from the top left */
	float *bias; /* co */
};

struct weights_dense {
	int in, out;
	float *w;    /* [in][out] */
	float *bias;
};

/* A net of leela-zero as its text has it, turned to miai's order of points. */
struct weights {
	struct nn_leela_shape shape;
	struct hash source; /* SHA-256 of the text */
	int convs;          /* 1 + 2 * blocks */
	struct weights_conv *conv;
	struct weights_dense dense[NN_LEELA_DENSE]; /* the head's is the two 1x1 convolutions together */
};

/* Unpacks gzip; anything else is copied.  0, ERR_FORMAT (damaged, or more than WEIGHTS_FILE_MAX bytes), ERR_MEMORY, or
 * ERR_ARG where this program was built without zlib. */
int weights_unpack(struct buf *out, const void *p, size_t n, struct err *e);

/* Reads the text.  NULL: ERR_FORMAT with line and number, or ERR_MEMORY; see e. */
struct weights *weights_read(const void *p, size_t n, struct err *e);
void weights_free(struct weights *w);

/* Evaluation in floating point, to find ranges and to compare with. */
struct weights_work;
struct weights_work *weights_work_new(const struct weights *w); /* NULL: memory is short */
void weights_work_free(struct weights_work *k);
/* planes as nn_leela_input takes them; policy: points + 1 logits; *value: before tanh. */
void weights_evaluate(struct weights_work *k, const uint8_t *planes, float *policy, float *value);

/* The least and greatest values before ReLU that the evaluations so far have met: a filter's over all points. */
struct weights_range {
	float lo, hi;
};
const struct weights_range *weights_conv_range(const struct weights_work *k, int conv);            /* filters of them */
const struct weights_range *weights_dense_range(const struct weights_work *k, enum nn_leela_head); /* outputs of them */

/* The net in integers, its units from the ranges met.  NULL: ERR_FORMAT where numbers are too large, or ERR_MEMORY. */
struct nn_leela *weights_convert(const struct weights *w, const struct weights_work *ranges, struct err *e);

/* Positions of games: `count` of them, points * NN_LEELA_PLANES bytes each.  Moves are drawn from the policy of net, or
 * evenly where net is NULL.  0, or ERR_MEMORY. */
int weights_positions(const struct nn_leela_shape *s, const struct nn_leela *net, const struct nn_kernels *k, uint64_t seed,
                      int count, uint8_t *planes, struct err *e);

/* What became of the net's answers on positions that the units were not made from. */
struct weights_cost {
	int positions, same_best;    /* the policy's best move is the same */
	double kl_mean, kl_most;     /* of the policy, nats */
	double value_mean, value_most; /* of the chance to win, 0..1: magnitudes of the difference */
};

/* All of it: units from `positions` positions, half of random games and half of the net's own; then what it cost, on
 * `tests` others. */
struct nn_leela *weights_import(const struct weights *w, const struct nn_kernels *k, int positions, int tests,
                                struct weights_cost *cost, struct err *e);

#endif
