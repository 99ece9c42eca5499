/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to nn: exact checks of the forward pass.  What makes a tensor is done twice, the second time into `echo`, and the
 * words of that are added up; when all readers are done, the words of the tensor in memory must have that sum. */
#ifndef MIAI_NN_WATCH_INT_H
#define MIAI_NN_WATCH_INT_H

#include "nn/forward.h"
#include "nn/guard.h"

/* Tensors that are watched; an activation's number follows. */
enum nn_watched { NN_WATCH_TRUNK, NN_WATCH_EXTRA, NN_WATCH_POINTS, NN_WATCH_GLOBALS, NN_WATCH_POOL, NN_WATCH_ACT };

struct nn_watch {
	uint64_t words[NN_WATCH_ACT + NN_ACTS_MAX]; /* what each tensor must have */
	uint8_t *echo;                              /* NN_ECHO_BYTES */
	int32_t row[NN_CONV_ROWS];                      /* where rows go in there */
};
enum { NN_ECHO_BYTES = NN_CONV_ROWS * NN_CHANNELS_MAX * 4 };

/* Reports unless the n bytes of a tensor have the words that they should. */
void nn_watch_tensor(const struct nn_kernels *k, const struct nn_work *w, const char *what, int which, const void *p, size_t n,
                     uint64_t words);
/* Reports unless the sums of a layer's tile are right. */
void nn_watch_sums(const struct nn_kernels *k, const struct nn_work *w, int layer, const struct nn_layer *l, const struct nn_mm *m);

#endif
