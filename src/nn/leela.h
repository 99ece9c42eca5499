/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Nets of leela-zero's architecture in integers: a tower of post-activation residual blocks, and heads of dense layers.
 * docs/formats/leela-net.md has the file, docs/arithmetic-leela.md every number. */
#ifndef MIAI_NN_LEELA_H
#define MIAI_NN_LEELA_H

#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"
#include "nn/conv.h"
#include "nn/kernels.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NN_LEELA_NUMERICS = 1,
	NN_LEELA_PLANES = 18,
	NN_LEELA_SIZE_MAX = 19,
	NN_LEELA_BLOCKS_MAX = 80,
	NN_LEELA_FILTERS_MAX = 256,
	NN_LEELA_HIDDEN_MAX = 1024,
	NN_LEELA_TRUNK_MAX = 32767, /* of the trunk, and of what enters a dense layer */
	NN_LEELA_TRUNK_SHIFT = 24,
	NN_LEELA_ACT_SHIFT = 28,
	NN_LEELA_SUM_SHIFT = 11,    /* of a dense layer's sum */
	NN_LEELA_LOGIT_SHIFT = 20,
	NN_LEELA_MULT_MAX = (1 << 30) - 1,
	NN_LEELA_BIAS_MAX = 1 << 24, /* of a convolution */
	NN_LEELA_LOGIT_MAX = 1 << 24, /* Q16 */
	NN_LEELA_FILE_MAX = 1 << 29,
};
#define NN_LEELA_DENSE_BIAS_MAX (INT64_C(1) << 38)

struct nn_leela_shape {
	int size, blocks, filters, hidden;
	int black_value; /* 1: the value is Black's chance, 0: the mover's */
};

struct nn_leela_conv {
	int ci, co;
	int8_t *weight;  /* [co][9][ci], -127..127 */
	int32_t *bias;   /* pad16(co), |bias| <= NN_LEELA_BIAS_MAX */
	int32_t *mult;   /* pad16(co), 0..NN_LEELA_MULT_MAX */
	int32_t *keep;   /* of stem and conv2: pad16(co), 0..NN_LEELA_MULT_MAX; else NULL */
	int8_t *packed;  /* for the kernels, and ... */
	int16_t *wino;   /* ... for exact Winograd; NULL where sums do not fit (nn/conv.h) */
};

struct nn_leela_dense {
	int in, out;
	int16_t *weight; /* [out][in], -32767..32767 */
	int64_t *bias;   /* |bias| <= NN_LEELA_DENSE_BIAS_MAX */
	int32_t *mult;   /* 0..NN_LEELA_MULT_MAX */
};

enum nn_leela_head { NN_LEELA_HEAD, NN_LEELA_POLICY, NN_LEELA_VALUE1, NN_LEELA_VALUE2, NN_LEELA_DENSE };

struct nn_leela {
	struct nn_leela_shape shape;
	struct hash source;          /* of the text it was imported from */
	int convs;                   /* 1 + 2 * blocks */
	struct nn_leela_conv *conv;
	struct nn_leela_dense dense[NN_LEELA_DENSE];
};

/* A net of this shape, all zero; NULL on ERR_ARG or ERR_MEMORY (see e). */
struct nn_leela *nn_leela_new(const struct nn_leela_shape *s, struct err *e);
void nn_leela_free(struct nn_leela *n);
int nn_leela_pack(struct nn_leela *n); /* to be called after weights were written; 0 or ERR_MEMORY */

/* The file.  Reading checks every range and the exact length; writing then reading gives the same bytes. */
void nn_leela_write(const struct nn_leela *n, struct buf *out);
struct nn_leela *nn_leela_read(const void *p, size_t len, struct err *e);
/* Whether these bytes claim to be one. */
bool nn_leela_is(const void *p, size_t len);

/* Working memory of one thread, for up to batch positions. */
struct nn_leela_work {
	struct nn_leela_shape shape;
	int points, padded, batch;
	int planes, channels;  /* channels of tensors: multiples of 16 */
	uint8_t *in, *a, *b;   /* padded boards */
	int16_t *trunk;        /* padded boards; 0..NN_LEELA_TRUNK_MAX */
	int16_t *vector;       /* what enters a dense layer */
	int32_t *row;          /* padded index of each point */
	struct nn_conv_work conv;
	int32_t *policy;       /* results: batch * (points + 1), Q16 */
	int32_t *value;        /* batch, before tanh, Q16, as shape.black_value says */
	struct arena arena;
};

struct nn_leela_work *nn_leela_work_new(const struct nn_leela_shape *s, int batch); /* NULL: memory is short */
void nn_leela_work_free(struct nn_leela_work *w);

/* Puts position i in place: points * NN_LEELA_PLANES bytes, each 0 or 1. */
void nn_leela_input(struct nn_leela_work *w, int i, const uint8_t *planes);

/* Evaluates positions 0..n-1: results in policy and value. */
void nn_leela_forward(const struct nn_kernels *k, const struct nn_leela *net, struct nn_leela_work *w, int n);

#endif
