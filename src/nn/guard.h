/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hardware that lies: exact checks of what the kernels compute, and the place where a fault is told
 * (docs/faults-hardware.md).  Checks read; no result depends on them. */
#ifndef MIAI_NN_GUARD_H
#define MIAI_NN_GUARD_H

#include "base/err.h"
#include "nn/kernels.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	NN_SAMPLE_POSITIONS = 8192, /* one evaluated position in so many is made again in plain C */
	NN_SAMPLE_STEPS = 4096,     /* and so is one training step in so many */
	NN_SUM_OUTPUTS = 256,       /* outputs that share a check sum: |sum of weights| <= 256 * 127 < 2^15 */
};

/* Shared by all threads that take its address in struct nn_kernels. */
struct nn_guard {
	bool check;                 /* exact checks of everything; else sampling alone */
	_Atomic uint64_t positions; /* evaluated so far: which ones are sampled */
	_Atomic uint64_t sampled;   /* positions and slices made again in plain C */
	_Atomic uint64_t checked;   /* products checked */
	atomic_int state;           /* 0; 1: a fault is being written down; 2: `first` may be read */
	struct err first;           /* the first fault */
};

void nn_guard_init(struct nn_guard *g, bool check);
/* Forgets the fault.  Not while others use the guard. */
void nn_guard_clear(struct nn_guard *g);
/* Writes a fault down, if it is the first. */
__attribute__((format(printf, 2, 3)))
void nn_guard_report(struct nn_guard *g, const char *fmt, ...);

/* g may be NULL. */
static inline bool nn_guard_checks(const struct nn_guard *g)
{
	return g && g->check;
}

static inline bool nn_guard_faulty(const struct nn_guard *g)
{
	return g && atomic_load(&g->state) == 2;
}

/* Whether one of the next n positions is to be made again, and which. */
bool nn_guard_sample(struct nn_guard *g, int n, int *which);

/* Check sums of a packed matrix: [group of NN_SUM_OUTPUTS outputs][k], each the sum of w[output][k] over the group. */
size_t nn_sum_count(int co, int k);
void nn_sums(int16_t *sum, const int8_t *w, int co, int k);

/* Whether the sums that a product left are those of its inputs; returns the first row that is wrong, or -1.  sum: of the
 * packed matrix. */
int nn_check_mm_u8(const struct nn_mm *m, const int16_t *sum);
int nn_check_mm_s8(const struct nn_mm *m, const int16_t *sum);
/* The same for weight gradients; returns the first wrong (tap * ci + channel), or -1. */
int nn_check_wgrad(const struct nn_wgrad *g);
int nn_check_wgrad3(const struct nn_wgrad3 *g);

/* Sum of the 32-bit words of n bytes, the last one filled with zeros: any one changed bit changes it. */
uint64_t nn_words(const void *p, size_t n);

#endif
