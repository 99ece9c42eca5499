/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The forward pass over a batch of positions of one board size.  Play and training run the same code: training
 * asks that every activation tensor be kept. */
#ifndef MIAI_NN_FORWARD_H
#define MIAI_NN_FORWARD_H

#include "base/arena.h"
#include "nn/conv.h"
#include "nn/kernels.h"
#include "nn/net.h"

#include <stdbool.h>

struct nn_watch;

/* Working memory for one thread.  Fields are read by train (backward pass); tensors are in padded layout,
 * position after position, unless they say otherwise. */
struct nn_work {
	struct nn_shape shape;
	int size, points, padded, batch; /* batch: most positions a call */
	bool keep;                       /* each act[] has memory of its own */
	uint8_t *in;                     /* planes: batch * padded * planes */
	uint8_t *act[NN_ACTS_MAX];       /* channels (or head) a point; the last, v, is batch * pad16(head), no board */
	uint8_t *pool[NN_BLOCKS_MAX + 1];/* pooled form of each block's b, then of h: batch * 2 * channels of it */
	uint16_t *argmax[NN_BLOCKS_MAX + 1]; /* where keep: padded index of the first maximum, batch * channels */
	int16_t *trunk;                  /* batch * padded * channels */
	struct nn_conv_work conv;        /* conv.acc: a tile of sums */
	int32_t *extra;                  /* batch * channels: the pooled branch at trunk scale */
	int32_t *row;                    /* padded index of each point of the batch: batch * points */
	int32_t *point_out;              /* batch * points * NN_POINT_OUT, Q16 */
	int32_t *global_out;             /* batch * NN_GLOBAL_OUT, Q16 */
	uint64_t *in_words;              /* batch: nn_words of the planes given, for checks */
	struct nn_watch *watch;          /* what checks remember; NULL where they are off (see watch_int.h) */
	int thread;                      /* whose memory this is, for reports of faults */
	struct arena arena;
};

/* NULL where memory is short. */
struct nn_work *nn_work_new(const struct nn_shape *s, int size, int batch, bool keep);
void nn_work_free(struct nn_work *w);
/* Writes w->row, which is otherwise written once and for all. */
void nn_work_rows(struct nn_work *w);
/* Memory for exact checks, to be asked for where the kernels' guard wants them: 0 or ERR_MEMORY. */
int nn_work_watch(struct nn_work *w);

/* Puts position i of the batch in place: planes are points * shape.planes bytes, values 0..127. */
void nn_work_input(struct nn_work *w, int i, const uint8_t *planes);

/* Evaluates positions 0..n-1; results in point_out and global_out.  The net's shape is the work's. */
void nn_forward(const struct nn_kernels *k, const struct nn_net *net, struct nn_work *w, int n);

#endif
