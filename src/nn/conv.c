/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3x3 convolutions: by direct products, or by exact Winograd.
 *
 * Winograd takes some boards at a time, a chunk, cut into tiles of 4 and 3 outputs a side that fill the board exactly.  All
 * tiles' inputs go to v[point][tile][channel]; then, for some outputs at a time, point by point one matrix product over the
 * tiles that have the point, into m[point][tile][output], and tile by tile the way back to sums.  The tiles are in the order
 * 4x3, 4x4, 3x4, 3x3 (rows x columns), so that those that have a point follow one another. */
#include "nn/conv.h"

#include "nn/net.h"

enum {
	SKEW = 32,               /* elements between planes, so that not all points fall into one set of the cache */
	TILES = 36,              /* in a chunk: with 256 channels, V and M of a block take 2/3 of a megabyte */
	BLOCK = 64,              /* outputs at a time */
};

/* The tiles of one form: down x right of them on each board, from (top, left) on. */
struct form {
	int rows, cols, down, right, top, left;
};

/* A side of `size` as fours and threes, as many fours as can be; false where it cannot (1, 2, 5). */
static bool cut_side(int size, int *fours, int *threes)
{
	*threes = -size & 3;
	*fours = (size - 3 * *threes) / 4;
	return size >= 3 * *threes && size > 0;
}

static int tiles_of(int size, int boards)
{
	int fours, threes;
	return cut_side(size, &fours, &threes) ? boards * (fours + threes) * (fours + threes) : 0;
}

/* Boards in a chunk: as many as have no more than TILES tiles, and one at least. */
static int chunk_boards(int size)
{
	const int a_board = tiles_of(size, 1);
	return a_board ? TILES / a_board : 0;
}

static size_t plane(int size, int channels)
{
	return (size_t)tiles_of(size, chunk_boards(size)) * (size_t)channels + SKEW;
}

size_t nn_conv_bytes(int size, int channels)
{
	const size_t points = NN_WINO_POINTS * plane(size, channels);
	const size_t sums = NN_WINO_POINTS * NN_WINO_TILES + NN_CONV_ROWS * NN_CHANNELS_MAX;
	return points * (sizeof(int16_t) + sizeof(int32_t)) + sums * sizeof(int32_t) + 4 * 64;
}

void nn_conv_place(struct nn_conv_work *w, struct arena *a, int size, int channels)
{
	const size_t points = NN_WINO_POINTS * plane(size, channels);
	w->v = arena_alloc(a, points * sizeof *w->v);
	w->m = arena_alloc(a, points * sizeof *w->m);
	w->term = arena_alloc(a, sizeof *w->term * NN_WINO_POINTS * NN_WINO_TILES);
	w->acc = arena_alloc(a, sizeof *w->acc * NN_CONV_ROWS * NN_CHANNELS_MAX);
}

/* ---- direct ---- */

void nn_conv_direct(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n, nn_conv_done *done,
                    void *arg)
{
	const int points = c->size * c->size, chunks = (points + NN_CONV_ROWS - 1) / NN_CONV_ROWS;
	const int step = (points + chunks - 1) / chunks;
	int32_t row[NN_CONV_ROWS], tap[9];
	int16_t point[NN_CONV_ROWS];
	for (int t = 0; t < 9; t++)
		tap[t] = ((t / 3 - 1) * (c->size + 1) + t % 3 - 1) * c->ci;
	for (int i = 0; i < n; i++)
		for (int first = 0; first < points; first += step) {
			const int rows = points - first < step ? points - first : step;
			for (int r = 0; r < rows; r++) {
				const int p = first + r, at = nn_padded_index(c->size, p / c->size, p % c->size);
				row[r] = (i * nn_padded(c->size) + at) * c->ci;
				point[r] = (int16_t)p;
			}
			const struct nn_mm m = {
			    .x = c->x, .row = row, .rows = rows, .tap = tap, .taps = 9,
			    .ci = c->ci, .co = c->co, .w = c->packed, .acc = w->acc,
			};
			(c->is_signed ? k->mm_s8 : k->mm_u8)(&m);
			done(arg, &(struct nn_conv_rows){.acc = w->acc, .board = i, .point = point, .rows = rows, .channels = c->co});
		}
}

/* ---- Winograd ---- */

struct tile {
	int board, rows, cols, top, left;
};

/* Some boards from `board` on. */
struct chunk {
	const struct nn_kernels *k;
	const struct nn_conv_work *w;
	const struct nn_conv *c;
	struct tile tile[NN_WINO_TILES]; /* tile[].board counts from the chunk's first */
	int board, tiles;
	struct nn_wino_mm mm;
};

static void list_tiles(struct chunk *h, int boards)
{
	int fours, threes, t = 0;
	cut_side(h->c->size, &fours, &threes);
	const struct form form[NN_WINO_FORMS] = {
	    {4, 3, fours, threes, 0, 4 * fours},
	    {4, 4, fours, fours, 0, 0},
	    {3, 4, threes, fours, 4 * fours, 0},
	    {3, 3, threes, threes, 4 * fours, 4 * fours},
	};
	for (int i = 0; i < NN_WINO_FORMS; i++) {
		const struct form *f = &form[i];
		h->mm.first[i] = t;
		for (int board = 0; board < boards; board++)
			for (int down = 0; down < f->down; down++)
				for (int right = 0; right < f->right; right++)
					h->tile[t++] = (struct tile){
					    board, f->rows, f->cols, f->top + down * f->rows, f->left + right * f->cols};
	}
	h->mm.first[NN_WINO_FORMS] = h->tiles = t;
}

static void chunk_inputs(const struct chunk *h)
{
	const struct nn_conv *c = h->c;
	const int line = (c->size + 1) * c->ci;
	for (int i = 0; i < h->tiles; i++) {
		const struct tile *t = &h->tile[i];
		const int from = (h->board + t->board) * nn_padded(c->size) + nn_padded_index(c->size, t->top - 1, t->left - 1);
		const ptrdiff_t at = (ptrdiff_t)from * c->ci;
		int16_t *v = h->w->v + (ptrdiff_t)i * c->ci;
		if (c->is_signed)
			h->k->wino_in_s8(v, h->mm.v_plane, (const int8_t *)c->x + at, line, c->ci, t->rows, t->cols);
		else
			h->k->wino_in_u8(v, h->mm.v_plane, (const uint8_t *)c->x + at, line, c->ci, t->rows, t->cols);
	}
}

/* Outputs first .. first + channels - 1 of all tiles. */
static void chunk_products(struct chunk *h, int first, int channels)
{
	h->mm.u = h->c->wino + (ptrdiff_t)first * (h->c->ci + NN_WINO_TERM);
	h->mm.co = channels;
	h->mm.again = first > 0;
	h->k->wino_mm(&h->mm);
}

static void chunk_outputs(const struct chunk *h, int first, int channels, nn_conv_done *done, void *arg)
{
	int16_t point[16];
	for (int i = 0; i < h->tiles; i++) {
		const struct tile *t = &h->tile[i];
		int rows = 0;
		h->k->wino_out(h->w->acc, h->w->m + (ptrdiff_t)i * channels, h->mm.m_plane, channels, t->rows, t->cols);
		for (int r = 0; r < t->rows; r++)
			for (int c = 0; c < t->cols; c++)
				point[rows++] = (int16_t)((t->top + r) * h->c->size + t->left + c);
		done(arg, &(struct nn_conv_rows){
		    .acc = h->w->acc, .board = h->board + t->board, .point = point, .rows = rows, .first = first, .channels = channels,
		});
	}
}

void nn_conv_wino(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n, nn_conv_done *done,
                  void *arg)
{
	const size_t elements = plane(c->size, c->ci > c->co ? c->ci : c->co);
	const int boards = chunk_boards(c->size);
	const int block = c->whole || c->co < BLOCK ? c->co : BLOCK;
	struct chunk h;
	h.k = k;
	h.w = w;
	h.c = c;
	h.mm = (struct nn_wino_mm){
	    .v = w->v, .m = w->m, .v_plane = elements, .u_plane = (size_t)c->co * (size_t)(c->ci + NN_WINO_TERM), .m_plane = elements,
	    .points = NN_WINO_POINTS, .ci = c->ci, .term = w->term,
	};
	for (int i = 0; i < n; i += boards) {
		if (i == 0 || n - i < boards)
			list_tiles(&h, n - i < boards ? n - i : boards);
		h.board = i;
		chunk_inputs(&h);
		for (int first = 0; first < c->co; first += block) {
			const int some = c->co - first < block ? c->co - first : block;
			chunk_products(&h, first, some);
			chunk_outputs(&h, first, some, done, arg);
		}
	}
}

/* ---- the choice ---- */

bool nn_conv_has_wino(const struct nn_conv *c)
{
	int fours, threes;
	return c->wino && cut_side(c->size, &fours, &threes);
}

/* Where Winograd is faster: from so many channels (of ci and co the fewer) and tiles in the batch on.  x86 by measurement; NEON,
 * of which no machine was at hand, by its instructions: three for 16 direct products, four for 16 of Winograd's, of which there
 * are a third as many.  With sdot, one for 16, it has no row. */
static const struct row {
	unsigned flags;
	int channels, tiles;
} faster[] = {
    {NN_CPU_AVX512VNNI, 64, 4}, {NN_CPU_AVX512VNNI, 32, 16}, {NN_CPU_AVX2, 64, 1},
    {NN_CPU_AVX2, 32, 4},       {NN_CPU_AVX2, 16, 8},        {NN_CPU_NEON, 32, 4},
};

static bool wino_is_faster(unsigned flags, const struct nn_conv *c, int n)
{
	static const unsigned ascending[] = {NN_CPU_AVX2, NN_CPU_AVX512VNNI, NN_CPU_NEON, NN_CPU_NEONDOT};
	const int channels = c->ci < c->co ? c->ci : c->co, tiles = tiles_of(c->size, n);
	unsigned best = 0;
	for (size_t i = 0; i < sizeof ascending / sizeof *ascending; i++)
		best = flags & ascending[i] ? ascending[i] : best;
	for (size_t i = 0; i < sizeof faster / sizeof *faster; i++)
		if (faster[i].flags == best && channels >= faster[i].channels && tiles >= faster[i].tiles)
			return true;
	return false;
}

void nn_conv(const struct nn_kernels *k, const struct nn_conv_work *w, const struct nn_conv *c, int n, nn_conv_done *done, void *arg)
{
	if (nn_conv_has_wino(c) && wino_is_faster(k->flags, c, n))
		nn_conv_wino(k, w, c, n, done, arg);
	else
		nn_conv_direct(k, w, c, n, done, arg);
}

/* ---- weights ---- */

size_t nn_wino_count(int co, int ci)
{
	return NN_WINO_POINTS * (size_t)co * (size_t)(ci + NN_WINO_TERM);
}

bool nn_wino_fits(const int8_t *w, int co, int ci)
{
	for (int o = 0; o < co; o++) {
		int32_t sum = 0;
		for (int k = 0; k < 9 * ci; k++, w++)
			sum += *w < 0 ? -*w : *w;
		if (127 * sum >= NN_WINO_LIMIT)
			return false;
	}
	return true;
}
