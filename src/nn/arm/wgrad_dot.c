/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient by sdot: the four positions of a quad in one instruction, added in 32 bits; x in 0..127 is as
 * good a signed byte.  One register holds the gradients of four outputs, sdot takes them lane by lane. */
#include "nn/arm/arm_int.h"
#include "nn/kernels_int.h"

enum { OUT = 4, IN = 16, QUARTERS = 4 };

/* The rows o..o+3 and columns j..j+15 of one tap's matrix: adds what quad q has to say. */
NN_INLINE void tile(const struct nn_wgrad *m, int q, int t, int o, int j)
{
	const ptrdiff_t gs = (ptrdiff_t)m->co * 4, xs = (ptrdiff_t)m->ci * 4, base = (ptrdiff_t)q * m->padded;
	const int8_t *g = m->g + base * gs + o * 4;
	const int8_t *x = (const int8_t *)m->x + (base + m->tap[t]) * xs + j * 4;
	int32_t *dw = m->dw + ((ptrdiff_t)t * m->co + o) * m->ci + j;
	int32x4_t sum[OUT][QUARTERS];
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		NN_UNROLL
		for (int v = 0; v < QUARTERS; v++)
			sum[r][v] = vld1q_s32(dw + r * m->ci + 4 * v);
	}
	for (int i = 0; i < m->points; i++) {
		const int8x16_t gv = vld1q_s8(g + m->point[i] * gs);
		const int8_t *xp = x + m->point[i] * xs;
		NN_UNROLL
		for (int v = 0; v < QUARTERS; v++) {
			const int8x16_t xv = vld1q_s8(xp + 16 * v);
			sum[0][v] = vdotq_laneq_s32(sum[0][v], xv, gv, 0);
			sum[1][v] = vdotq_laneq_s32(sum[1][v], xv, gv, 1);
			sum[2][v] = vdotq_laneq_s32(sum[2][v], xv, gv, 2);
			sum[3][v] = vdotq_laneq_s32(sum[3][v], xv, gv, 3);
		}
	}
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		NN_UNROLL
		for (int v = 0; v < QUARTERS; v++)
			vst1q_s32(dw + r * m->ci + 4 * v, sum[r][v]);
	}
}

/* Quad by quad, so that its two tensors stay in the cache for all tiles and taps. */
void nn_wgrad_neondot(const struct nn_wgrad *m)
{
	memset(m->dw, 0, sizeof *m->dw * (size_t)m->taps * (size_t)m->co * (size_t)m->ci);
	for (int q = 0; q < m->quads; q++)
		for (int j = 0; j < m->ci; j += IN)
			for (int o = 0; o < m->co; o += OUT)
				for (int t = 0; t < m->taps; t++)
					tile(m, q, t, o, j);
}
