/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to nn: the loops of an imported net beside its matrix products (docs/arithmetic-leela.md). */
#ifndef MIAI_NN_LEELA_INT_H
#define MIAI_NN_LEELA_INT_H

#include "nn/leela.h"

/* For rows of c sums of the layer's outputs first .. first + c - 1, |acc| < 2^26:
 * out[row[r] + i] = clamp(rshift((acc + bias) * mult, ACT_SHIFT), 0, 127). */
void nn_leela_act_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const struct nn_leela_conv *l, int first,
                       int c);
/* t[row[r] + i] = clamp(rshift((acc + bias) * mult + t * keep, TRUNK_SHIFT), 0, TRUNK_MAX). */
void nn_leela_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const struct nn_leela_conv *l, int first,
                         int c);
/* (sum over inputs of weight * x, plus bias) at NN_LEELA_SUM_SHIFT; x in 0..TRUNK_MAX, in <= 1024: below 2^30. */
int32_t nn_leela_dense_sum(const struct nn_leela_dense *d, int output, const int16_t *x);

#endif
