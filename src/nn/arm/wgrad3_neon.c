/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters by way of wgrad: both tensors interleaved by fours of positions. */
#include "nn/kernels_int.h"
#include "nn/net.h"

enum { POINTS_MAX = 361 };

static void by_quads(const struct nn_wgrad3 *m, nn_fn_wgrad *wgrad)
{
	const int padded = nn_padded(m->size), points = m->size * m->size;
	const size_t gn = (size_t)padded * (size_t)m->co, xn = (size_t)padded * (size_t)m->ci;
	uint8_t *g4 = m->scratch, *x4 = g4 + (size_t)m->boards * gn;
	int32_t point[POINTS_MAX], tap[9];

	for (int p = 0; p < points; p++)
		point[p] = nn_padded_index(m->size, p / m->size, p % m->size);
	for (int t = 0; t < 9; t++)
		tap[t] = (t / 3 - 1) * (m->size + 1) + t % 3 - 1;
	for (size_t i = 0; i < (size_t)m->boards; i += 4) {
		nn_interleave4_c(g4 + i * gn, (const uint8_t *)m->g + i * gn, gn);
		nn_interleave4_c(x4 + i * xn, m->x + i * xn, xn);
	}
	wgrad(&(struct nn_wgrad){.g = (const int8_t *)g4, .x = x4, .quads = m->boards / 4, .padded = padded, .point = point,
				 .points = points, .tap = tap, .taps = 9, .ci = m->ci, .co = m->co, .dw = m->dw});
}

void nn_wgrad3_neon(const struct nn_wgrad3 *m)
{
	by_quads(m, nn_wgrad_neon);
}

void nn_wgrad3_neondot(const struct nn_wgrad3 *m)
{
	by_quads(m, nn_wgrad_neondot);
}
