/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels alone, on memory that stays in the caches, and the loop in registers that says what could be reached. */
#include "ours.h"

#include "base/arena.h"
#include "base/rng.h"
#include "cli/bench_peak.h"
#include "nn/kernels.h"
#include "nn/net.h"

#include <stdlib.h>
#include <string.h>

enum { C = 64, ROWS = 96, TILES = 36, SIZE = 9, QUADS = 8, PADDED = (SIZE + 2) * (SIZE + 1) + 1, BYTES = 1 << 20 };

struct kernel {
	struct nn_kernels k;
	const struct bench_loop *loop;
	struct arena arena;
	uint8_t *x;
	int8_t *w;
	int32_t *acc, term[NN_WINO_POINTS * NN_WINO_TILES], row[ROWS], tap[9], point[SIZE * SIZE];
};

enum { ROUNDS = 20000 };

static void peak_once(void *ctx)
{
	((struct kernel *)ctx)->loop->run(ROUNDS);
}

static void mm_once(void *ctx)
{
	struct kernel *k = ctx;
	struct nn_mm m = {.x = k->x, .row = k->row, .rows = ROWS, .tap = k->tap, .taps = 9, .ci = C, .co = C, .w = k->w, .acc = k->acc};
	k->k.mm_u8(&m);
}

static void wgrad_once(void *ctx)
{
	struct kernel *k = ctx;
	struct nn_wgrad g = {.g = k->w, .x = k->x, .quads = QUADS, .padded = PADDED, .point = k->point, .points = SIZE * SIZE,
	                     .tap = k->tap, .taps = 9, .ci = C, .co = C, .dw = k->acc};
	k->k.wgrad(&g);
}

static void wino_once(void *ctx)
{
	struct kernel *k = ctx;
	int16_t *v = (int16_t *)(void *)k->x, *u = (int16_t *)(void *)k->w;
	const struct nn_wino_mm m = {
	    .v = v, .u = u, .m = k->acc, .v_plane = TILES * C, .u_plane = C * C, .m_plane = TILES * C,
	    .points = NN_WINO_POINTS, .first = {0, 0, TILES, TILES, TILES}, .ci = C, .co = C, .term = k->term,
	};
	k->k.wino_mm(&m);
}

static void kernel_close(void *ctx)
{
	struct kernel *k = ctx;
	arena_release(&k->arena);
	free(k);
}

static void fill(struct kernel *k, const char *kind)
{
	int step = strcmp(kind, "wgrad") == 0 ? 1 : C; /* its offsets count points */
	for (int i = 0; i < BYTES; i++) {
		k->x[i] = (uint8_t)(rng_at(1, (uint64_t)i) & 127);
		k->w[i] = (int8_t)((int)(rng_at(2, (uint64_t)i) & 127) - 64);
	}
	for (int t = 0; t < 9; t++)
		k->tap[t] = ((t / 3 - 1) * (SIZE + 1) + t % 3 - 1) * step;
	for (int i = 0; i < SIZE * SIZE; i++)
		k->point[i] = nn_padded_index(SIZE, i / SIZE, i % SIZE);
	for (int r = 0; r < ROWS; r++)
		k->row[r] = (r / (SIZE * SIZE) * PADDED + k->point[r % (SIZE * SIZE)]) * C;
}

static const struct bench_loop *best_loop(unsigned flags)
{
	const struct bench_loop *best = NULL;
	double most = 0;
	for (const struct bench_loop *l = bench_loops; l->name; l++) {
		double rate = l->flag & flags ? bench_loop_rate(l) : 0;
		if (rate > most) {
			most = rate;
			best = l;
		}
	}
	return best;
}

const char *kernel_open(struct work *w, const char *kind, unsigned flags)
{
	const struct {
		const char *name;
		void (*once)(void *ctx);
		double amount;
	} kinds[] = {
		{"mm_u8", mm_once, (double)ROWS * 9 * C * C},
		{"wgrad", wgrad_once, 4.0 * QUADS * SIZE * SIZE * 9 * C * C},
		/* By AVX2, not VNNI, one multiplication makes two products; those are counted that are made. */
		{"wino_mm", wino_once, (double)NN_WINO_POINTS * TILES * C * C / ((flags & (NN_CPU_AVX2 | NN_CPU_AVX512VNNI)) == NN_CPU_AVX2 ? 2 : 1)},
		{"peak", peak_once, 0},
	};
	struct kernel *k = calloc(1, sizeof *k);
	if (!k)
		return "no memory";
	*w = (struct work){.ctx = k, .close = kernel_close};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strcmp(kinds[i].name, kind) == 0) {
			w->once = kinds[i].once;
			w->amount = kinds[i].amount;
		}
	k->loop = best_loop(flags);
	if (!w->once || !k->loop || arena_init(&k->arena, 3 * BYTES))
		return "no such kernel, no loop for this processor, or no memory";
	if (w->amount == 0)
		w->amount = (double)ROUNDS * k->loop->macs;
	nn_kernels_init(&k->k, flags);
	k->x = arena_alloc(&k->arena, BYTES);
	k->w = arena_alloc(&k->arena, BYTES);
	k->acc = arena_alloc(&k->arena, BYTES);
	fill(k, kind);
	return NULL;
}
