/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient, by definition: for each tap, the product of the gradients at the points with the activations
 * one tap away, summed over points and positions. */
#include "nn/kernels_int.h"

#include <string.h>

/* d[j] += sum over b < 4 of g[b] * x[j][b].  |d| <= 32 * 361 * 127 * 127 < 2^28, after every addition. */
static void add_quad(int32_t *restrict d, const int8_t *g, const uint8_t *x, int ci)
{
	const int g0 = g[0], g1 = g[1], g2 = g[2], g3 = g[3];
	for (int j = 0; j < ci; j++)
		d[j] += g0 * x[4 * j] + g1 * x[4 * j + 1] + g2 * x[4 * j + 2] + g3 * x[4 * j + 3];
}

void nn_wgrad_c(const struct nn_wgrad *m)
{
	memset(m->dw, 0, sizeof *m->dw * (size_t)m->taps * (size_t)m->co * (size_t)m->ci);
	for (int t = 0; t < m->taps; t++)
		for (int q = 0; q < m->quads; q++)
			for (int i = 0; i < m->points; i++) {
				const ptrdiff_t at = (ptrdiff_t)q * m->padded + m->point[i];
				const int8_t *g = m->g + at * m->co * 4;
				const uint8_t *x = m->x + (at + m->tap[t]) * m->ci * 4;
				for (int o = 0; o < m->co; o++)
					add_quad(m->dw + ((ptrdiff_t)t * m->co + o) * m->ci, g + 4 * o, x, m->ci);
			}
}
