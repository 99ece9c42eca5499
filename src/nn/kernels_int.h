/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to nn: the prototype of every kernel in kernels.inc. */
#ifndef MIAI_NN_KERNELS_INT_H
#define MIAI_NN_KERNELS_INT_H

#include "nn/kernels.h"

/* Pairs of tiles that are transformed before they are multiplied (x86/wgrad3_int.h). */
enum { NN_WGRAD3_PAIRS = 48 };

/* What struct nn_wino_mm has at one point: `rows` tiles, one after the other. */
struct nn_wino_point {
	const int16_t *v, *u;
	int32_t *m, *term;
	int rows;
};

static inline struct nn_wino_point nn_wino_point(const struct nn_wino_mm *m, int p)
{
	const int row4 = p / NN_WINO_SIDE == NN_WINO_SIDE - 1, col4 = p % NN_WINO_SIDE == NN_WINO_SIDE - 1;
	const int from = col4 ? m->first[1] : 0, to = m->first[row4 ? 2 : col4 ? 3 : NN_WINO_FORMS];
	return (struct nn_wino_point){
	    .v = m->v + (size_t)p * m->v_plane + from * m->ci, .u = m->u + (size_t)p * m->u_plane,
	    .m = m->m + (size_t)p * m->m_plane + from * m->co, .term = m->term + p * NN_WINO_TILES, .rows = to - from,
	};
}

typedef void nn_fn_mm_u8(const struct nn_mm *m);
typedef void nn_fn_mm_s8(const struct nn_mm *m);
typedef void nn_fn_wgrad(const struct nn_wgrad *g);
typedef void nn_fn_wino_in_u8(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols);
typedef void nn_fn_wino_in_s8(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols);
typedef void nn_fn_wino_mm(const struct nn_wino_mm *m);
typedef void nn_fn_wino_out(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols);
typedef void nn_fn_wgrad3(const struct nn_wgrad3 *g);
typedef void nn_fn_interleave4(uint8_t *out, const uint8_t *in, size_t n);
typedef void nn_fn_relu_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c,
			     int s);
typedef void nn_fn_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
			      const int32_t *extra, int c, int s);
typedef void nn_fn_relu_trunk(uint8_t *out, const int16_t *t, size_t n, int s);
typedef uint32_t nn_fn_max_abs(const int32_t *g, size_t n);
typedef void nn_fn_round_sr(int8_t *out, const int32_t *g, size_t n, int s, uint64_t key, uint32_t first);
typedef void nn_fn_pool(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c);
typedef uint32_t nn_fn_mask_rows(int32_t *g, const struct nn_mask_rows *m);
typedef uint32_t nn_fn_mask_add(int32_t *t, const struct nn_mask_rows *m, int s);
typedef uint64_t nn_fn_add_sums(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first);
typedef void nn_fn_logits_back(const struct nn_logits_back *m);
typedef void nn_fn_sum_points(int32_t *sum, const int8_t *g, int size, int c);

#define NN_KERNEL(op, isa, flags) nn_fn_##op nn_##op##_##isa;
#include "nn/kernels.inc"
#undef NN_KERNEL

#endif
