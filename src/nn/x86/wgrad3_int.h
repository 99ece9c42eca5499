/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the x86 kernels: the weight gradient of 3x3 filters by exact Winograd (Toom-Cook) transforms.
 *
 * A tile is m x m gradients and the n x n activations around them, n = m + 2; its part of the nine sums is a correlation
 * that n * n products give instead of 9 * m * m.  In one dimension, with the points p:q of a projective line,
 *
 *   sum over k < m of g[k] x[t + k] = sum over i of q_i^(2-t) p_i^t / N_i * G_i * D_i,
 *   G_i = sum over k of q_i^(m-1-k) p_i^k g[k],     D_i = sum over k of x[k] * (coefficient k of M_i),
 *   M_i = product over j != i of (q_j X - p_j),     N_i = M_i at p_i:q_i     (Lagrange's formula for X^(t+k)),
 *
 * where the factor of infinity, 1:0, counts as 1; in two dimensions, rows and then columns.  D and G fit 16 bits, the products
 * are summed over all tiles in 32 bits, modulo 2^32, and the factors 1/N come once, at the end:
 *
 *   m   points                     N                      |D|           |G|           result
 *   3   0, 1, -1, 2, inf           2, -2, -6, 6, 1        <= 18 * 127   <= 49 * 127   36 dw = 2^2 * 9 dw
 *   4   0, 1, -1, 2, -1/2, inf     2, -6, 6, 30, -30, 2   <= 98 * 127   <= 225 * 127  900 dw = 2^2 * 225 dw
 *
 * 9 and 225 have inverses modulo 2^32, so 4 dw is known modulo 2^32: exact, as |dw| < 2^28 (kernels.h).  225 * 127 = 28575
 * and twice the largest product, 2 * 12446 * 28575, stay within 16 and 32 bits.
 *
 * Tiles at the right and lower edge may reach past the board: what lies there is taken from the padding, which is zero, so
 * its gradients add nothing.  Two tiles stand side by side in each pair of 16-bit lanes, for vpmaddwd. */
#ifndef MIAI_NN_WGRAD3_INT_H
#define MIAI_NN_WGRAD3_INT_H

#include "nn/kernels_int.h"
#include "nn/net.h"
#include "nn/x86/x86_int.h"

#include <stdbool.h>

enum {
	W3_MOST = 6,   /* n of the larger tile */
	W3_IN = 16,    /* input channels side by side */
	W3_OUT = 8,    /* output channels side by side */
};

/* One round: pairs of tiles transformed to x[f][channel / 16][pair][16][2] and g[f][channel / 8][pair][8][2], and the sums
 * over all rounds, sum[f][ci / 16][co][16].  The strides between f's, in bytes, are odd multiples of 64, so that the
 * streams do not meet in one set of the cache. */
struct w3 {
	const struct nn_wgrad3 *job;
	int m, n, tiles; /* tiles: in a line */
	int pairs;       /* in this round */
	bool add;        /* not the first round */
	uint8_t *x, *g, *sum;
	ptrdiff_t xs, gs, ss;
};

/* Where the points of a tile are: from + row[r] + col[c], in points. */
struct w3_tile {
	ptrdiff_t from;
	int row[W3_MOST], col[W3_MOST];
};

NN_INLINE __m256i w3_add(__m256i a, __m256i b)
{
	return _mm256_add_epi16(a, b);
}

NN_INLINE __m256i w3_sub(__m256i a, __m256i b)
{
	return _mm256_sub_epi16(a, b);
}

NN_INLINE __m256i w3_twice(__m256i a)
{
	return _mm256_add_epi16(a, a);
}

/* D of one line: e = (X^2 - 1) d, h = (X - 2) d for m = 3 and (2 X^2 - 3 X - 2) d = 2 e - 3 X d for m = 4. */
NN_INLINE void w3_data(__m256i *out, const __m256i *d, int m)
{
	const __m256i e0 = w3_sub(d[2], d[0]), e1 = w3_sub(d[3], d[1]), e2 = w3_sub(d[4], d[2]);
	if (m == 3) {
		const __m256i h1 = w3_sub(d[2], w3_twice(d[1])), h2 = w3_sub(d[3], w3_twice(d[2]));
		out[0] = w3_sub(e1, w3_twice(e0));
		out[1] = w3_add(h1, h2);
		out[2] = w3_sub(h2, h1);
		out[3] = e1;
		out[4] = w3_sub(e2, w3_twice(e1));
		return;
	}
	const __m256i e3 = w3_sub(d[5], d[3]);
	__m256i h[4] = {w3_twice(e0), w3_twice(e1), w3_twice(e2), w3_twice(e3)};
	NN_UNROLL
	for (int k = 0; k < 4; k++)
		h[k] = w3_sub(h[k], w3_add(d[k + 1], w3_twice(d[k + 1])));
	out[0] = w3_sub(h[2], h[0]);
	out[1] = w3_add(h[1], h[2]);
	out[2] = w3_sub(h[2], h[1]);
	out[3] = w3_add(w3_twice(e2), e1);
	out[4] = w3_sub(e2, w3_twice(e1));
	out[5] = w3_sub(h[3], h[1]);
}

/* G of one line. */
NN_INLINE void w3_gradient(__m256i *out, const __m256i *g, int m)
{
	const __m256i even = w3_add(g[0], g[2]), twice = w3_twice(g[1]);
	if (m == 3) {
		out[0] = g[0];
		out[1] = w3_add(even, g[1]);
		out[2] = w3_sub(even, g[1]);
		out[3] = w3_add(w3_add(g[0], twice), _mm256_slli_epi16(g[2], 2));
		out[4] = g[2];
		return;
	}
	const __m256i odd = w3_add(g[1], g[3]), third = w3_twice(g[2]);
	out[0] = g[0];
	out[1] = w3_add(even, odd);
	out[2] = w3_sub(even, odd);
	out[3] = w3_add(w3_add(g[0], twice), _mm256_slli_epi16(w3_add(third, _mm256_slli_epi16(g[3], 2)), 1));
	out[4] = w3_sub(w3_add(_mm256_slli_epi16(w3_sub(w3_twice(g[0]), g[1]), 2), third), g[3]);
	out[5] = g[3];
}

/* Eight channels of two tiles, side by side in 16 bits. */
NN_INLINE __m256i w3_load(const uint8_t *a, const uint8_t *b, bool is_signed)
{
	const __m128i v = _mm_unpacklo_epi8(_mm_loadl_epi64((const __m128i_u *)a), _mm_loadl_epi64((const __m128i_u *)b));
	return is_signed ? _mm256_cvtepi8_epi16(v) : _mm256_cvtepu8_epi16(v);
}

/* Eight channels of a pair of tiles -> n * n vectors, `stride` bytes apart; activations, or gradients. */
NN_INLINE void w3_pair(uint8_t *out, ptrdiff_t stride, const uint8_t *t, int c, const struct w3_tile pair[2], int m, bool grads)
{
	const int n = m + 2, size = grads ? m : n;
	__m256i half[W3_MOST][W3_MOST], in[W3_MOST], line[W3_MOST];
	NN_UNROLL
	for (int col = 0; col < size; col++) {
		const uint8_t *a = t + (pair[0].from + pair[0].col[col]) * c, *b = t + (pair[1].from + pair[1].col[col]) * c;
		NN_UNROLL
		for (int row = 0; row < size; row++)
			in[row] = w3_load(a + (ptrdiff_t)pair[0].row[row] * c, b + (ptrdiff_t)pair[1].row[row] * c, grads);
		if (grads)
			w3_gradient(line, in, m);
		else
			w3_data(line, in, m);
		NN_UNROLL
		for (int row = 0; row < n; row++)
			half[row][col] = line[row];
	}
	NN_UNROLL
	for (int row = 0; row < n; row++) {
		if (grads)
			w3_gradient(line, half[row], m);
		else
			w3_data(line, half[row], m);
		NN_UNROLL
		for (int col = 0; col < n; col++)
			nn_store32(out + (row * n + col) * stride, line[col]);
	}
}

/* Tile number `at` of the slice, its first row and column `before` points before the tile's; past the last one, padding. */
static inline void w3_place(struct w3_tile *t, const struct w3 *w, int at, int before)
{
	const int size = w->job->size, each = w->tiles * w->tiles, board = at / each;
	const int top = at % each / w->tiles * w->m - before, left = at % w->tiles * w->m - before;
	const bool real = board < w->job->boards;

	t->from = real ? (ptrdiff_t)board * nn_padded(size) : 0;
	for (int i = 0; i < w->n; i++) {
		const int row = top + i < size ? top + i : size, col = left + i < size ? left + i : size;
		t->row[i] = real ? (row + 1) * (size + 1) : 0;
		t->col[i] = real ? col + 1 : 0;
	}
}

/* The transforms of `pairs` pairs of tiles, the first of which is tile `first`. */
NN_INLINE void w3_transform(const struct w3 *w, int first, int m)
{
	const struct nn_wgrad3 *j = w->job;
	struct w3_tile pair[2];

	for (int p = 0; p < w->pairs; p++) {
		w3_place(&pair[0], w, first + 2 * p, 1);
		w3_place(&pair[1], w, first + 2 * p + 1, 1);
		for (int c = 0; c < j->ci; c += 8)
			w3_pair(w->x + ((ptrdiff_t)(c / W3_IN) * w->pairs + p) * 64 + c % W3_IN * 4, w->xs, j->x + c, j->ci, pair, m, false);
		w3_place(&pair[0], w, first + 2 * p, 0);
		w3_place(&pair[1], w, first + 2 * p + 1, 0);
		for (int c = 0; c < j->co; c += W3_OUT)
			w3_pair(w->g + ((ptrdiff_t)(c / W3_OUT) * w->pairs + p) * 32, w->gs, (const uint8_t *)j->g + c, j->co, pair, m, true);
	}
}

NN_INLINE __m256i w3_times(__m256i a, int factor)
{
	return _mm256_mullo_epi32(a, _mm256_set1_epi32(factor));
}

/* The three taps of one line from its sums: 6 or 30 times them. */
NN_INLINE void w3_taps(__m256i *out, const __m256i *s, int m)
{
	if (m == 3) {
		const __m256i a = w3_times(s[1], 3), b = _mm256_sub_epi32(s[3], a), twice = _mm256_add_epi32(s[3], s[3]);
		out[0] = _mm256_sub_epi32(_mm256_add_epi32(b, w3_times(s[0], 3)), s[2]);
		out[1] = _mm256_sub_epi32(_mm256_add_epi32(twice, s[2]), a);
		out[2] = _mm256_add_epi32(_mm256_sub_epi32(_mm256_slli_epi32(s[3], 2), _mm256_add_epi32(a, s[2])), w3_times(s[4], 6));
		return;
	}
	const __m256i even = w3_times(_mm256_sub_epi32(s[2], s[1]), 5), odd = w3_times(_mm256_add_epi32(s[2], s[1]), -5);
	out[0] = _mm256_add_epi32(even, _mm256_sub_epi32(_mm256_add_epi32(w3_times(s[0], 15), s[3]), _mm256_slli_epi32(s[4], 2)));
	out[1] = _mm256_add_epi32(odd, _mm256_slli_epi32(_mm256_add_epi32(s[3], s[4]), 1));
	out[2] = _mm256_add_epi32(even, _mm256_sub_epi32(_mm256_add_epi32(w3_times(s[5], 15), _mm256_slli_epi32(s[3], 2)), s[4]));
}

/* Eight weights' sums, `stride` bytes apart -> their nine gradients, `step` bytes apart. */
NN_INLINE void w3_back(int32_t *dw, ptrdiff_t step, const uint8_t *sum, ptrdiff_t stride, int m)
{
	const __m256i inverse = _mm256_set1_epi32(m == 3 ? 954437177 : (int32_t)UINT32_C(2271560481)); /* of 9, of 225 */
	const int n = m + 2;
	__m256i half[3][W3_MOST], in[W3_MOST], line[3];
	NN_UNROLL
	for (int col = 0; col < n; col++) {
		NN_UNROLL
		for (int row = 0; row < n; row++)
			in[row] = nn_load32(sum + (row * n + col) * stride);
		w3_taps(line, in, m);
		NN_UNROLL
		for (int row = 0; row < 3; row++)
			half[row][col] = line[row];
	}
	NN_UNROLL
	for (int row = 0; row < 3; row++) {
		w3_taps(line, half[row], m);
		NN_UNROLL
		for (int col = 0; col < 3; col++)
			nn_store32((uint8_t *)dw + (row * 3 + col) * step, _mm256_srai_epi32(_mm256_mullo_epi32(line[col], inverse), 2));
	}
}

NN_INLINE void w3_finish(const struct w3 *w, int m)
{
	const struct nn_wgrad3 *j = w->job;
	const ptrdiff_t step = (ptrdiff_t)j->co * j->ci * (ptrdiff_t)sizeof *j->dw;

	for (int o = 0; o < j->co; o++)
		for (int c = 0; c < j->ci; c += 8)
			w3_back(j->dw + (ptrdiff_t)o * j->ci + c, step, w->sum + ((ptrdiff_t)(c / W3_IN) * j->co + o) * 64 + c % W3_IN * 4, w->ss, m);
}

/* An odd number of cache lines. */
static inline ptrdiff_t w3_stride(ptrdiff_t bytes)
{
	return (bytes / 64 | 1) * 64;
}

static inline void w3_start(struct w3 *w, const struct nn_wgrad3 *job)
{
	const int m = nn_wgrad3_tile(job->size), n = m + 2;

	*w = (struct w3){.job = job, .m = m, .n = n, .tiles = (job->size + m - 1) / m};
	w->xs = w3_stride((ptrdiff_t)NN_WGRAD3_PAIRS * job->ci * 4);
	w->gs = w3_stride((ptrdiff_t)NN_WGRAD3_PAIRS * job->co * 4);
	w->ss = w3_stride((ptrdiff_t)job->ci * job->co * 4);
	w->x = job->scratch;
	w->g = w->x + n * n * w->xs;
	w->sum = w->g + n * n * w->gs;
}

typedef void w3_products(const struct w3 *w);

/* A tile past the last, in an odd pair, is padding. */
NN_INLINE void w3_rounds(struct w3 *w, int m, w3_products *products)
{
	const int tiles = w->job->boards * w->tiles * w->tiles, all = (tiles + 1) / 2;

	for (int p = 0; p < all; p += w->pairs) {
		w->pairs = all - p < NN_WGRAD3_PAIRS ? all - p : NN_WGRAD3_PAIRS;
		w3_transform(w, 2 * p, m);
		products(w);
		w->add = true;
	}
	w3_finish(w, m);
}

NN_INLINE void w3_run(const struct nn_wgrad3 *job, w3_products *products)
{
	struct w3 w;

	w3_start(&w, job);
	if (w.m == 3)
		w3_rounds(&w, 3, products);
	else
		w3_rounds(&w, 4, products);
}

#endif
