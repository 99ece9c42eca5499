/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fixed.h"
#include "nn/leela_int.h"

void nn_leela_act_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const struct nn_leela_conv *l, int first,
                       int c)
{
	const int32_t *bias = l->bias + first, *mult = l->mult + first;
	const int64_t half = INT64_C(1) << (NN_LEELA_ACT_SHIFT - 1);
	for (int r = 0; r < rows; r++, acc += c)
		for (int i = 0; i < c; i++) {
			int64_t v = (int64_t)(acc[i] + bias[i]) * mult[i] + half; /* below 2^57 */
			v = v < 0 ? 0 : v >> NN_LEELA_ACT_SHIFT;
			out[row[r] + i] = (uint8_t)(v > 127 ? 127 : v);
		}
}

void nn_leela_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const struct nn_leela_conv *l, int first,
                         int c)
{
	const int32_t *bias = l->bias + first, *mult = l->mult + first, *keep = l->keep + first;
	const int64_t half = INT64_C(1) << (NN_LEELA_TRUNK_SHIFT - 1);
	for (int r = 0; r < rows; r++, acc += c)
		for (int i = 0; i < c; i++) {
			int16_t *at = t + row[r] + i;
			int64_t v = (int64_t)(acc[i] + bias[i]) * mult[i] + (int64_t)*at * keep[i] + half;
			v = v < 0 ? 0 : v >> NN_LEELA_TRUNK_SHIFT;
			*at = (int16_t)(v > NN_LEELA_TRUNK_MAX ? NN_LEELA_TRUNK_MAX : v);
		}
}

int32_t nn_leela_dense_sum(const struct nn_leela_dense *d, int output, const int16_t *x)
{
	const int16_t *w = d->weight + (size_t)output * (size_t)d->in;
	int64_t sum = d->bias[output];
	for (int i = 0; i < d->in; i++)
		sum += (int32_t)w[i] * x[i];
	return (int32_t)fx_rshift64(sum, NN_LEELA_SUM_SHIFT);
}
