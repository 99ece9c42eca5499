/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A net as it is played: int8 weights, int32 biases, power-of-two scales.  docs/formats/net.md has the file,
 * docs/arithmetic.md the meaning of every number.
 *
 *   planes -> stem 3x3 -> trunk (int16, Q10)
 *   block:  a = relu(trunk);  b = relu(conv1(a));  trunk += conv2(b) + pool(b)        (blocks times)
 *   head:   a = relu(trunk);  h = relu(headconv 1x1 (a))
 *           points:  1x1 h -> policy, reply policy, ownership logits a point
 *           global:  v = relu(fc1(pooled h));  fc2 -> win, draw, loss, pass, reply pass, score
 *   pooled x = [4 * mean over points of x, max over points of x], both at two bits more than x's exponent
 */
#ifndef MIAI_NN_NET_H
#define MIAI_NN_NET_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NN_NUMERICS = 1,       /* version of all arithmetic from recipe to weights */
	NN_CHANNELS_MAX = 256, /* multiples of 16 */
	NN_BLOCKS_MAX = 40,
	NN_HEAD_MAX = 64,      /* multiple of 16 */
	NN_PLANES_MAX = 32,    /* multiple of 16 */
	NN_TRUNK_EXP = 10,
	NN_ACT_EXP_MIN = 2,
	NN_ACT_EXP_MAX = 8,
	NN_ACT_EXP_INIT = 5,
	NN_WEIGHT_EXP_MAX = 14,
	NN_POINT_OUT = 3,      /* policy, reply policy, ownership */
	NN_GLOBAL_OUT = 6,     /* win, draw, loss, pass, reply pass, score */
	NN_LAYERS_MAX = 1 + 3 * NN_BLOCKS_MAX + 4,
	NN_ACTS_MAX = 2 * NN_BLOCKS_MAX + 3,
	NN_LOGIT_Q = 16,       /* all outputs are Q16 */
	NN_FILE_MAX = 1 << 28,
};

enum nn_global {
	NN_WIN, NN_DRAW, NN_LOSS, NN_PASS, NN_REPLY_PASS, NN_SCORE, /* score: 1.0 = NN_SCORE_UNIT points */
};
enum { NN_SCORE_UNIT = 16 };
enum nn_point { NN_POLICY, NN_REPLY, NN_OWNER };

struct nn_shape {
	int planes;    /* input planes; 16 or 32 */
	int plane_exp; /* value v of a plane stands for v * 2^-plane_exp */
	int blocks, channels, head;
};

/* What a layer is, which decides how training treats it. */
enum nn_kind {
	NN_CONV_WS, /* 3x3, standardised weights with gains */
	NN_DENSE,   /* 1x1 or fully connected, plain weights, fixed exponent */
};

/* A layer of a shape: sizes as the file has them, and as the kernels see them (padded to 16). */
struct nn_layer_info {
	enum nn_kind kind;
	int ci, co, taps;
	int in_act;     /* activation tensor it reads: index into act_exp, or -1 for the input planes */
	int pooled;     /* 1: it reads the pooled form of in_act (2 * channels of it; 2 bits more) */
	int second;     /* 1: second convolution of a block (gain / sqrt(blocks)) */
	const char *what;
};

/* Layers in file order: stem; then per block conv1, conv2, pool; then head conv, points, fc1, fc2.
 * Activation tensors: per block a, b; then the head's a, h, v. */
int nn_layer_count(const struct nn_shape *s);
int nn_act_count(const struct nn_shape *s);
struct nn_layer_info nn_layer_info(const struct nn_shape *s, int layer);
enum { NN_STEM = 0 };
static inline int nn_block_layer(int block, int which) { return 1 + 3 * block + which; }
static inline int nn_head_layer(const struct nn_shape *s, int which) { return 1 + 3 * s->blocks + which; }
/* 0, or ERR_ARG with the offending field in e. */
int nn_shape_check(const struct nn_shape *s, struct err *e);

struct nn_layer {
	struct nn_layer_info info;
	int exp;          /* weight q stands for q * 2^-exp, 0..NN_WEIGHT_EXP_MAX */
	int8_t *weight;   /* co * taps * ci, [co][tap][ci], -127..127 */
	int32_t *bias;    /* co, Q24, |bias| < 2^28 */
	int8_t *packed;   /* for the kernels, see nn_pack */
	int16_t *wino;    /* of 3x3 layers: for exact Winograd, see nn/conv.h; elsewhere NULL */
	int fits;         /* 1: nn_wino_fits */
	int16_t *sum;     /* check sums of packed, see nn/guard.h */
};

struct nn_leela;

struct nn_net {
	struct nn_leela *leela; /* owned; a net of another architecture, and nothing below is set (nn/leela.h); else NULL */
	struct nn_shape shape;
	int layers, acts;
	struct nn_layer layer[NN_LAYERS_MAX];
	uint8_t act_exp[NN_ACTS_MAX];
	struct hash recipe;   /* hash of the recipe it comes from; zeros where unknown */
	uint32_t generation;
};

/* A net of this shape, all weights zero, owned by the caller; NULL on ERR_ARG or ERR_MEMORY (see e). */
struct nn_net *nn_net_new(const struct nn_shape *s, struct err *e);
void nn_net_free(struct nn_net *n);
/* To be called after weights were written: makes `packed`, `wino`, `fits` and `sum`. */
void nn_net_pack(struct nn_net *n);
void nn_layer_pack(struct nn_layer *l); /* one layer of it */
/* Whether those still are what nn_net_pack made; 0, ERR_FAULT (the layer is in e) or ERR_MEMORY. */
int nn_net_check(const struct nn_net *n, struct err *e);

/* The file.  Reading checks every range and the exact length; writing then reading gives the same bytes. */
void nn_net_write(const struct nn_net *n, struct buf *out);
struct nn_net *nn_net_read(const void *p, size_t len, struct err *e);
struct nn_net *nn_net_load(const char *path, struct hash *name, struct err *e); /* name: SHA-256 of the file */
/* The same for a file of either architecture, for those who ask the net through search/evaluator.h alone. */
struct nn_net *nn_net_load_any(const char *path, struct hash *name, struct err *e);

/* Rounds up to the sizes that kernels take. */
static inline int nn_pad16(int n) { return (n + 15) / 16 * 16; }
static inline int nn_pad4(int n) { return (n + 3) / 4 * 4; }
/* Bytes of a packed matrix, and the packing of w[co][k]: see kernels.h. */
size_t nn_packed_bytes(int co, int k);
void nn_pack(int8_t *out, const int8_t *w, int co, int k);

/* Bytes of wino in such a layer; 0 where it has none. */
size_t nn_layer_wino_bytes(const struct nn_layer_info *f);

/* Padded boards. */
static inline int nn_padded(int size) { return (size + 2) * (size + 1) + 1; }
static inline int nn_padded_index(int size, int row, int col) { return (row + 1) * (size + 1) + col + 1; }

#endif
