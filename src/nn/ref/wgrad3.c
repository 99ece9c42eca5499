/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters, by definition. */
#include "nn/kernels_int.h"
#include "nn/net.h"

#include <string.h>

/* Products a board, (m + 2)^2 for each tile of m x m; equal sizes go to the smaller tile, whose transforms are cheaper. */
static int products(int size, int m)
{
	const int tiles = (size + m - 1) / m;
	return tiles * tiles * (m + 2) * (m + 2);
}

int nn_wgrad3_tile(int size)
{
	return products(size, 4) < products(size, 3) ? 4 : 3;
}

/* Of two ways: transforms of one round and the sums of all, per frequency with a cache line to spare; or both tensors
 * interleaved. */
size_t nn_wgrad3_scratch(int size, int ci, int co)
{
	const size_t n = (size_t)nn_wgrad3_tile(size) + 2, both = (size_t)(ci + co);
	const size_t tiles = n * n * (4 * NN_WGRAD3_PAIRS * both + 4 * (size_t)ci * (size_t)co + 3 * 64);
	const size_t quads = 32 * (size_t)nn_padded(size) * both;
	return ((tiles > quads ? tiles : quads) + 63) / 64 * 64;
}

/* d[j] += sum over four boards, n bytes apart, of g[0] * x[j].  |d| < 2^28 after every addition. */
static void add_boards(int32_t *restrict d, const int8_t *g, size_t gn, const uint8_t *x, size_t xn, int ci)
{
	const int g0 = g[0], g1 = g[gn], g2 = g[2 * gn], g3 = g[3 * gn];
	for (int j = 0; j < ci; j++)
		d[j] += g0 * x[j] + g1 * x[xn + (size_t)j] + g2 * x[2 * xn + (size_t)j] + g3 * x[3 * xn + (size_t)j];
}

/* What four boards say of one tap. */
static void add_tap(const struct nn_wgrad3 *m, int tap, const int8_t *g, const uint8_t *x, int32_t *dw)
{
	const size_t padded = (size_t)nn_padded(m->size), ci = (size_t)m->ci, co = (size_t)m->co;
	const ptrdiff_t by = (tap / 3 - 1) * (m->size + 1) + tap % 3 - 1;

	for (int p = 0; p < m->size * m->size; p++) {
		const ptrdiff_t at = nn_padded_index(m->size, p / m->size, p % m->size);
		for (ptrdiff_t o = 0; o < m->co; o++)
			add_boards(dw + o * m->ci, g + at * m->co + o, padded * co, x + (at + by) * m->ci, padded * ci, m->ci);
	}
}

void nn_wgrad3_c(const struct nn_wgrad3 *m)
{
	const size_t padded = (size_t)nn_padded(m->size), ci = (size_t)m->ci, co = (size_t)m->co;

	memset(m->dw, 0, 9 * co * ci * sizeof *m->dw);
	for (int t = 0; t < 9; t++)
		for (size_t i = 0; i < (size_t)m->boards; i += 4)
			add_tap(m, t, m->g + i * padded * co, m->x + i * padded * ci, m->dw + (size_t)t * co * ci);
}
