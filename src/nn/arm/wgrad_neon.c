/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient by smull and smlal, two points at a time, the four positions of a quad being the inner sum.  x in
 * 0..127 is as good a signed byte; two products meet in a 16-bit lane, at most 2 * 127 * 127 = 32258 in magnitude.
 * sadalp then adds pairs of lanes to 32 bits: a sum is kept in two halves, |half| < 2^28, which meet at the end. */
#include "nn/arm/arm_int.h"
#include "nn/kernels_int.h"

enum { OUT = 2, IN = 16, HALVES = 8 };

/* What one point says (g0, x0), or two points. */
NN_INLINE void add_points(int32x4_t (*sum)[HALVES], const int8_t *g0, const int8_t *g1, const int8_t *x0,
			  const int8_t *x1, int two)
{
	int8x16_t a[OUT], b[OUT];
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		a[r] = nn_quads(g0 + 4 * r);
		b[r] = two ? nn_quads(g1 + 4 * r) : a[r];
	}
	NN_UNROLL
	for (int v = 0; v < HALVES / 2; v++) {
		const int8x16_t xa = vld1q_s8(x0 + 16 * v), xb = two ? vld1q_s8(x1 + 16 * v) : xa;
		NN_UNROLL
		for (int r = 0; r < OUT; r++) {
			int16x8_t low = vmull_s8(vget_low_s8(xa), vget_low_s8(a[r]));
			int16x8_t high = vmull_high_s8(xa, a[r]);
			if (two) {
				low = vmlal_s8(low, vget_low_s8(xb), vget_low_s8(b[r]));
				high = vmlal_high_s8(high, xb, b[r]);
			}
			sum[r][2 * v] = vpadalq_s16(sum[r][2 * v], low);
			sum[r][2 * v + 1] = vpadalq_s16(sum[r][2 * v + 1], high);
		}
	}
}

/* The rows o, o+1 and columns j..j+15 of one tap's matrix: adds what quad q has to say. */
NN_INLINE void tile(const struct nn_wgrad *m, int q, int t, int o, int j)
{
	const ptrdiff_t gs = (ptrdiff_t)m->co * 4, xs = (ptrdiff_t)m->ci * 4, base = (ptrdiff_t)q * m->padded;
	const int8_t *g = m->g + base * gs + o * 4;
	const int8_t *x = (const int8_t *)m->x + (base + m->tap[t]) * xs + j * 4;
	int32_t *dw = m->dw + ((ptrdiff_t)t * m->co + o) * m->ci + j;
	int32x4_t sum[OUT][HALVES];
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		NN_UNROLL
		for (int v = 0; v < HALVES; v++)
			sum[r][v] = vdupq_n_s32(0);
	}
	int i = 0;
	for (; i + 2 <= m->points; i += 2) {
		const int p0 = m->point[i], p1 = m->point[i + 1];
		add_points(sum, g + p0 * gs, g + p1 * gs, x + p0 * xs, x + p1 * xs, 1);
	}
	if (i < m->points)
		add_points(sum, g + m->point[i] * gs, NULL, x + m->point[i] * xs, NULL, 0);
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		NN_UNROLL
		for (int v = 0; v < HALVES / 2; v++) {
			int32_t *d = dw + r * m->ci + 4 * v;
			vst1q_s32(d, vaddq_s32(vld1q_s32(d), vpaddq_s32(sum[r][2 * v], sum[r][2 * v + 1])));
		}
	}
}

/* Quad by quad, so that its two tensors stay in the cache for all tiles and taps. */
void nn_wgrad_neon(const struct nn_wgrad *m)
{
	memset(m->dw, 0, sizeof *m->dw * (size_t)m->taps * (size_t)m->co * (size_t)m->ci);
	for (int q = 0; q < m->quads; q++)
		for (int j = 0; j < m->ci; j += IN)
			for (int o = 0; o < m->co; o += OUT)
				for (int t = 0; t < m->taps; t++)
					tile(m, q, t, o, j);
}
