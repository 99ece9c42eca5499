/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to train.  Units: a master weight m of layer l stands for m * 2^-m_exp (m_exp = e0 + 16); gains, biases,
 * momenta and averaged gradients are Q24; gradient sums are int64 Q34. */
#ifndef MIAI_TRAIN_TRAIN_INT_H
#define MIAI_TRAIN_TRAIN_INT_H

#include "nn/forward.h"
#include "nn/guard.h"
#include "train/train.h"

#include <stdbool.h>

enum {
	SLICE = 32,                      /* positions that share their gradients' scales */
	QUADS = SLICE / 4,
	GRAD_Q = 34,                     /* of gradient sums */
	PARAM_Q = 24,
	OUT_Q = 20,                      /* of loss gradients at the outputs */
	TRUNK_GRAD_Q = 26,
	GRAD_MAX = 1 << 30,              /* int32 gradients saturate here */
	MASTER_MAX = 8355839,            /* 127.5 * 2^16 - 1: rounds to at most 127 */
	GAIN_MAX = 1 << 27,              /* +-8 */
	BIAS_MAX = (1 << 28) - 1,        /* +-16 */
	MOMENTUM_MAX = 1 << 30,
};

struct train_layer {
	struct nn_layer_info info;
	int k, weights;                  /* taps * ci; co * k */
	int m_exp;
	int32_t t;                       /* Q24: sqrt(2 / fan-in), and / sqrt(blocks) for a block's second convolution */
	int32_t *m, *vm;                 /* master weights and their momentum, [co][tap][ci] */
	int32_t *bias, *vbias;           /* co */
	int32_t *gain, *vgain;           /* co; NN_CONV_WS only, else NULL */
};

struct train_state {
	struct nn_shape shape;
	int layers, acts;
	uint64_t step;
	uint8_t act_exp[NN_ACTS_MAX];
	struct train_layer layer[NN_LAYERS_MAX];
};

/* An all-zero state of this shape (exponents and constants set); NULL: see e. */
struct train_state *train_state_alloc(const struct nn_shape *shape, struct err *e);
/* Calls fn for each array of the state, in checkpoint order; limit: largest magnitude it may hold. */
typedef void state_array_fn(void *ctx, int32_t *v, int n, int32_t limit);
void train_state_arrays(struct train_state *t, state_array_fn *fn, void *ctx);
/* Two states of one shape: to = from; whether all that a checkpoint holds of them is the same. */
void train_state_copy(struct train_state *to, const struct train_state *from);
bool train_state_same(const struct train_state *a, const struct train_state *b);

/* Standardised filter o of layer l: mean, deviation and the factor gain * t (Q24) of
 * q = round((m - mu) * factor * 2^exp / (sd * 2^24)). */
struct filter {
	int32_t mu, sd, factor;
};
struct filter train_filter_of(const struct train_layer *l, int o);
/* Weights and exponents of every layer as they are played.  net has the state's shape. */
void train_quantise(const struct train_state *t, struct nn_net *net);
void train_quantise_layer(const struct train_state *t, struct nn_net *net, int layer); /* all but the activations' exponents */

/* Gradient sums of a whole net, Q34. */
struct grads {
	struct {
		int64_t *w, *bias;       /* weights as [co][tap][ci]; co */
	} layer[NN_LAYERS_MAX];
	struct arena arena;
};
int train_grads_init(struct grads *g, const struct train_state *t);
void train_grads_release(struct grads *g);
/* The sum of 2 i + 1 times sum number i of the arena, modulo 2^64, over a layer: of two gradients together it is the sum of
 * theirs. */
uint64_t train_grads_print(const struct grads *g, const struct train_state *t, int layer);

/* Everything a worker needs for one slice. */
struct slice {
	const struct nn_kernels *k;
	const struct nn_net *net;
	const struct train_config *config;
	int8_t *const *back;             /* per layer: weights packed for the way back, see train_pack_back() */
	struct nn_work *w;
	struct grads grads;              /* of this worker, summed over its slices */
	uint64_t print;                  /* train_grads_print of all that was added, and of the activations' counts */
	bool dry;                        /* add to the print alone */
	int thread;
	uint64_t key;                    /* stochastic rounding: of this step and slice */
	uint32_t tensor;                 /* number of the next tensor to be rounded */
	struct shard_sample sample;      /* scratch */
	uint8_t *planes;                 /* scratch: one position */
	/* targets, position after position */
	uint16_t *policy;                /* SLICE * (points + 1) */
	uint16_t *reply;                 /* SLICE */
	int8_t *owner;                   /* SLICE * points */
	uint16_t *wdl;                   /* SLICE * 3 */
	int16_t *score_half;             /* SLICE */
	/* gradients */
	int32_t *point_grad;             /* SLICE * points * NN_POINT_OUT, Q20 */
	int32_t *global_grad;            /* SLICE * NN_GLOBAL_OUT, Q20 */
	int32_t *trunk_grad;             /* SLICE * points * channels, Q26 */
	int32_t *sums;                   /* SLICE * points * widest */
	int8_t *g8;                      /* SLICE * padded * widest, zero in the padding */
	int g8_channels;                 /* of what it holds; 0: nothing yet */
	uint8_t *g4, *x4;                /* interleaved by fours: what the layers without 3x3 filters read */
	void *scratch;                   /* of wgrad3, for the widest layer */
	int32_t *vec, *vec_sums;         /* SLICE * 2 * widest */
	int8_t *vec8;                    /* SLICE * 2 * widest */
	int32_t *dw;                     /* the largest layer's weight gradient of one slice */
	int32_t *back_row, *head_row;    /* scratch for row offsets: SLICE, SLICE * points */
	int32_t *board_point;            /* padded index of each point of one board */
	uint64_t saturated[NN_ACTS_MAX], high[NN_ACTS_MAX]; /* activations equal to 127, at least 64 */
	struct train_stats stats;
	struct arena arena;
};

int train_slice_init(struct slice *s, const struct train_state *t, const struct train_config *c, const struct nn_kernels *k,
               const struct nn_net *net, int8_t *const *back, int board_size);
void train_slice_release(struct slice *s);
/* Writes the indices of points, which are otherwise written once and for all. */
void train_slice_points(struct slice *s);

/* Takes sample bytes as position i of the slice, seen through a symmetry. */
void train_slice_load(struct slice *s, const struct shard_shape *shape, const uint8_t *bytes, int i, int symmetry);
/* Outputs -> point_grad, global_grad and stats. */
void train_loss_gradients(struct slice *s);
/* Gradients of outputs -> s->grads. */
void train_backward(struct slice *s);
/* Weights of a layer on the way back, transposed and turned around: row ci, k = taps * pad16(co). */
size_t train_back_bytes(const struct nn_layer_info *f);
int train_pack_back(const struct nn_layer *l, int8_t *out); /* 0 or ERR_MEMORY */
/* The check sums (nn/guard.h) that stand behind the packed weights. */
const int16_t *train_back_sums(const struct nn_layer_info *f, const int8_t *back);
/* The same weights for exact Winograd (nn/conv.h), or NULL. */
const int16_t *train_back_wino(const struct nn_layer_info *f, const int8_t *back);

/* Exact checks of a step, beside those of the products (docs/faults-hardware.md). */
struct train_watch;
struct train_watch *train_watch_new(const struct nn_shape *shape, struct err *e); /* NULL: see e */
void train_watch_free(struct train_watch *w);
/* A step of s begins: the second state follows it. */
void train_watch_step(struct train_watch *w, const struct train_state *s);
/* All slices are done: are the weights still those of the second state?  0, ERR_FAULT, ERR_MEMORY. */
int train_watch_weights(struct train_watch *w, const struct nn_net *net, int8_t *const *back, struct err *e);
/* A layer of s has been updated: the same to the second state. */
void train_watch_update(struct train_watch *w, int layer, const struct grads *g, const struct train_config *c);
/* All of them have: ERR_FAULT where the two differ. */
int train_watch_updated(struct train_watch *w, const struct train_state *s, struct err *e);
/* The activation exponents, which a step changes last. */
void train_watch_exponents(struct train_watch *w, const struct train_state *s);

/* One step of the optimiser from gradient sums over the batch. */
void train_update(struct train_state *t, const struct grads *g, const struct train_config *c);
void train_update_layer(struct train_state *t, int layer, const struct grads *g, const struct train_config *c);
/* Learning rate of a step, Q20. */
int32_t train_learning_rate(const struct train_config *c, uint64_t step);

#endif
