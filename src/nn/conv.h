/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3x3 convolutions over a batch of boards, forward (of activations) and on the way back (of gradients).  A table in
 * conv.c chooses between direct products and exact Winograd by shape and instruction set; the sums are the same. */
#ifndef MIAI_NN_CONV_H
#define MIAI_NN_CONV_H

#include "base/arena.h"
#include "nn/kernels.h"

#include <stdbool.h>

enum { NN_CONV_ROWS = 96 }; /* most rows handed over at a time */

/* The sum of a row (board, row, col) is
 *   acc[o] = sum over t < 9, j < ci of x[board][row + t / 3 - 1][col + t % 3 - 1][j] * w[o][t][j]. */
struct nn_conv {
	const void *x;         /* boards in padded layout, ci channels: uint8_t 0..127, or int8_t -127..127 if is_signed */
	bool is_signed;
	bool whole;            /* hand over all channels of a row at once */
	int size, ci, co;      /* size 2..19; ci and co multiples of 16 up to NN_CHANNELS_MAX */
	const int8_t *packed;  /* nn_pack(w, co, 9 * ci) */
	const int16_t *wino;   /* nn_wino_pack(w, co, ci), or NULL: see nn_wino_fits */
};

/* Some rows of one board, done: channels first .. first + channels - 1 of each. */
struct nn_conv_rows {
	const int32_t *acc;    /* rows * channels, 64-byte aligned */
	int board;
	const int16_t *point;  /* of each row: row * size + col */
	int rows, first, channels;
};
typedef void nn_conv_done(void *arg, const struct nn_conv_rows *rows);

/* Working memory of one thread, for all its convolutions on boards of one size, one after the other. */
struct nn_conv_work {
	int16_t *v;   /* Winograd: inputs */
	int32_t *m;   /* Winograd: products */
	int32_t *term; /* Winograd: NN_WINO_TILES for each point, see nn_wino_mm */
	int32_t *acc; /* NN_CONV_ROWS * NN_CHANNELS_MAX sums; also anyone's between convolutions */
};
/* Bytes that it takes from an arena, and the taking; channels: the most that ci or co will be. */
size_t nn_conv_bytes(int size, int channels);
void nn_conv_place(struct nn_conv_work *w, struct arena *a, int size, int channels);

/* Every row of n boards exactly once, in pieces: calls done(arg, ...) for each. */
void nn_conv(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n, nn_conv_done *done,
	     void *arg);

/* The two ways, where one is asked for by name; the second only where nn_conv_has_wino. */
void nn_conv_direct(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n,
                    nn_conv_done *done, void *arg);
void nn_conv_wino(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n,
                  nn_conv_done *done, void *arg);
bool nn_conv_has_wino(const struct nn_conv *c);

/* Elements of the transformed weights, a packed matrix (struct nn_wino_mm) for each of NN_WINO_POINTS; w[co][9][ci], ci and co
 * multiples of 16. */
size_t nn_wino_count(int co, int ci);
void nn_wino_pack(int16_t *u, const int8_t *w, int co, int ci);
/* Whether no sum can reach NN_WINO_LIMIT: 127 times the sum of |w[o]| is below it for every o.  True of all w where ci <= 224;
 * where false, nn_conv must not be given transformed weights. */
bool nn_wino_fits(const int8_t *w, int co, int ci);

#endif
