/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient by vpdpbusd: the four positions of a quad in one instruction, added in 32 bits. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { OUT = 8, IN = 16 };

/* The rows o..o+7 and columns j..j+16*blocks-1 of one tap's matrix: adds what quad q has to say. */
NN_INLINE void tile(const struct nn_wgrad *m, int q, int t, int o, int j, int blocks)
{
	const ptrdiff_t gs = (ptrdiff_t)m->co * 4, xs = (ptrdiff_t)m->ci * 4, base = (ptrdiff_t)q * m->padded;
	const int8_t *g = m->g + base * gs + o * 4;
	const uint8_t *x = m->x + (base + m->tap[t]) * xs + j * 4;
	int32_t *dw = m->dw + ((ptrdiff_t)t * m->co + o) * m->ci + j;
	__m512i sum[OUT][2];
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		sum[r][0] = _mm512_loadu_si512(dw + r * m->ci);
		sum[r][1] = blocks > 1 ? _mm512_loadu_si512(dw + r * m->ci + IN) : sum[r][0];
	}
	for (int i = 0; i < m->points; i++) {
		const int8_t *gp = g + m->point[i] * gs;
		const uint8_t *xp = x + m->point[i] * xs;
		const __m512i x0 = _mm512_loadu_si512(xp);
		const __m512i x1 = blocks > 1 ? _mm512_loadu_si512(xp + 4 * IN) : x0;
		NN_UNROLL
		for (int r = 0; r < OUT; r++) {
			const __m512i v = _mm512_set1_epi32(nn_load4(gp + 4 * r));
			sum[r][0] = _mm512_dpbusd_epi32(sum[r][0], x0, v);
			if (blocks > 1)
				sum[r][1] = _mm512_dpbusd_epi32(sum[r][1], x1, v);
		}
	}
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		_mm512_storeu_si512(dw + r * m->ci, sum[r][0]);
		if (blocks > 1)
			_mm512_storeu_si512(dw + r * m->ci + IN, sum[r][1]);
	}
}

/* All taps of the columns j..j+16*blocks-1. */
NN_INLINE void columns(const struct nn_wgrad *m, int q, int j, int blocks)
{
	for (int o = 0; o < m->co; o += OUT)
		for (int t = 0; t < m->taps; t++)
			tile(m, q, t, o, j, blocks);
}

/* Quad by quad, so that its two tensors stay in the cache for all tiles and taps. */
void nn_wgrad_avx512vnni(const struct nn_wgrad *m)
{
	memset(m->dw, 0, sizeof *m->dw * (size_t)m->taps * (size_t)m->co * (size_t)m->ci);
	for (int q = 0; q < m->quads; q++) {
		int j = 0;
		for (; j + 2 * IN <= m->ci; j += 2 * IN)
			columns(m, q, j, 2);
		if (j < m->ci)
			columns(m, q, j, 1);
	}
}
