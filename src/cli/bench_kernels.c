/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Twelve kernels of the table on fixed random data, extremes included: 16 positions of 9x9, 64 channels.  wino_in_s8, wgrad3,
 * pool, mask_rows, mask_add, add_sums, logits_back and sum_points are not among them: in the signature they are only where its
 * games, training and nets use them. */
#include "cli/bench_int.h"

#include "base/arena.h"
#include "base/rng.h"

#include <stdio.h>
#include <string.h>

enum {
	SIZE = 9,
	POINTS = SIZE * SIZE,
	BATCH = 16,
	CHANNELS = 64,
	TAPS = 9,
	QUADS = 8,
	ROWS = BATCH * POINTS,
	PADDED = (SIZE + 2) * (SIZE + 1) + 1,
	WGRAD = 32,                            /* channels of the weight gradient */
	CELLS = 4 * QUADS * PADDED * CHANNELS, /* bytes of the largest input */
	SUMS = ROWS * CHANNELS,
};

struct data {
	struct arena arena;
	uint8_t *x, *out8;
	int8_t *w, *packed, *g8;
	int16_t *trunk;
	int32_t *acc, *wide, *bias, *extra, *dw;
	int32_t row[ROWS], tap[TAPS], point[POINTS];
	const struct bench *bench;
	const struct nn_kernels *k;
	int repeat;
	struct sha256 hash;
};

/* Values 0..127, every eighth the largest. */
static void fill_activations(uint8_t *p, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t r = rng_at(key, i);
		p[i] = r % 8 ? (uint8_t)(r >> 57) : 127;
	}
}

/* Values -127..127, every eighth at an end. */
static void fill_weights(int8_t *p, size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t r = rng_at(key, i);
		p[i] = (int8_t)(r % 8 ? (int)((r >> 32) % 255) - 127 : r % 16 ? 127 : -127);
	}
}

/* |values| < 2^bits. */
static void fill_wide(int32_t *p, size_t n, int bits, uint64_t key)
{
	uint32_t mask = (UINT32_C(1) << bits) - 1;
	for (size_t i = 0; i < n; i++) {
		uint64_t r = rng_at(key, i);
		int32_t v = (int32_t)((uint32_t)(r >> 32) & mask);
		p[i] = r & 1 ? v : -v;
	}
}

static int make_data(struct data *d)
{
	size_t weights = (size_t)CHANNELS * TAPS * CHANNELS;
	if (arena_init(&d->arena, (size_t)3 * CELLS + 2 * weights + SUMS * 16 + WGRAD * WGRAD * TAPS * 4 + 65536))
		return ERR_MEMORY;
	d->x = arena_alloc(&d->arena, CELLS);
	d->out8 = arena_alloc(&d->arena, CELLS);
	d->g8 = arena_alloc(&d->arena, CELLS);
	d->w = arena_alloc(&d->arena, weights);
	d->packed = arena_alloc(&d->arena, nn_packed_bytes(CHANNELS, TAPS * CHANNELS));
	d->acc = arena_alloc(&d->arena, SUMS * sizeof *d->acc);
	d->wide = arena_alloc(&d->arena, SUMS * sizeof *d->wide);
	d->trunk = arena_alloc(&d->arena, SUMS * sizeof *d->trunk);
	d->bias = arena_alloc(&d->arena, CHANNELS * sizeof *d->bias);
	d->extra = arena_alloc(&d->arena, CHANNELS * sizeof *d->extra);
	d->dw = arena_alloc(&d->arena, (size_t)WGRAD * WGRAD * TAPS * sizeof *d->dw);
	if (!d->dw)
		return ERR_MEMORY;
	uint64_t key = rng_key(BENCH_SEED, RNG_TEST);
	fill_activations(d->x, CELLS, rng_key(key, 1));
	fill_weights(d->g8, CELLS, rng_key(key, 2));
	fill_weights(d->w, weights, rng_key(key, 3));
	fill_wide(d->wide, SUMS, 29, rng_key(key, 4));
	fill_wide(d->bias, CHANNELS, 27, rng_key(key, 5));
	fill_wide(d->extra, CHANNELS, 24, rng_key(key, 6));
	nn_pack(d->packed, d->w, CHANNELS, TAPS * CHANNELS);
	for (int i = 0; i < POINTS; i++)
		d->point[i] = nn_padded_index(SIZE, i / SIZE, i % SIZE);
	return 0;
}

/* Byte offsets of a 3x3 filter's taps (taps 9) or none (taps 1), and of all points, for tensors of c channels. */
static void make_rows(struct data *d, int taps, int c)
{
	for (int t = 0; t < taps; t++)
		d->tap[t] = taps == 1 ? 0 : ((t / 3 - 1) * (SIZE + 1) + t % 3 - 1) * c;
	for (int i = 0; i < ROWS; i++)
		d->row[i] = (i / POINTS * PADDED + d->point[i % POINTS]) * c;
}

static void multiply(struct data *d, const char *what, bool is_signed, int taps)
{
	char text[64];
	struct nn_mm m = {.x = is_signed ? (const void *)d->g8 : d->x,
			  .row = d->row,
			  .rows = ROWS,
			  .tap = d->tap,
			  .taps = taps,
			  .ci = CHANNELS,
			  .co = CHANNELS,
			  .w = d->packed,
			  .acc = d->acc};
	make_rows(d, taps, CHANNELS);
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		(is_signed ? d->k->mm_s8 : d->k->mm_u8)(&m);
	t = cli_seconds() - t;
	bench_hash_i32(&d->hash, d->acc, SUMS);
	snprintf(text, sizeof text, "%s %s", what, taps == 1 ? "1x1" : "3x3");
	bench_macs(d->bench, text, (double)d->repeat * SUMS * taps * CHANNELS, t);
}

static void weight_gradient(struct data *d)
{
	struct nn_wgrad g = {.g = d->g8,
			     .x = d->x,
			     .quads = QUADS,
			     .padded = PADDED,
			     .point = d->point,
			     .points = POINTS,
			     .tap = d->tap,
			     .taps = TAPS,
			     .ci = WGRAD,
			     .co = WGRAD,
			     .dw = d->dw};
	make_rows(d, TAPS, 1);
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->wgrad(&g);
	t = cli_seconds() - t;
	bench_hash_i32(&d->hash, d->dw, (size_t)WGRAD * WGRAD * TAPS);
	bench_macs(d->bench, "wgrad 3x3", (double)d->repeat * 4 * QUADS * POINTS * TAPS * WGRAD * WGRAD, t);
}

/* Exact Winograd: what it computes is the 3x3 product above, so only its speed is of interest.  TILES of 4x4 outputs; the
 * transforms are counted by what they read and what they write. */
static void winograd(struct data *d)
{
	enum { TILES = SUMS / CHANNELS / NN_WINO_POINTS, PLANE = TILES * CHANNELS };
	int16_t *v = (int16_t *)(void *)d->x, *u = (int16_t *)(void *)d->wide;
	const struct nn_wino_mm m = {
	    .v = v, .u = u, .m = d->acc, .v_plane = PLANE, .u_plane = CHANNELS * CHANNELS, .m_plane = PLANE,
	    .points = NN_WINO_POINTS, .first = {0, 0, TILES, TILES, TILES}, .ci = CHANNELS, .co = CHANNELS, .term = d->dw,
	};
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->wino_mm(&m);
	t = cli_seconds() - t;
	bench_speed("wino_mm", (double)d->repeat * NN_WINO_POINTS * PLANE * CHANNELS, t, " products/s");
	t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		for (int tile = 0; tile < TILES; tile++)
			d->k->wino_in_u8(v + tile * CHANNELS, PLANE, d->out8 + tile * CHANNELS, SIZE * CHANNELS, CHANNELS, 4, 4);
	bench_speed("wino_in", (double)d->repeat * NN_WINO_POINTS * PLANE, cli_seconds() - t, " elements/s");
	t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		for (int tile = 0; tile < TILES; tile++)
			d->k->wino_out(d->wide, d->acc + tile * CHANNELS, PLANE, CHANNELS, 4, 4);
	bench_speed("wino_out", (double)d->repeat * NN_WINO_POINTS * PLANE, cli_seconds() - t, " elements/s");
}

static void to_activations(struct data *d)
{
	make_rows(d, 1, CHANNELS);
	memset(d->out8, 0, CELLS);
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->relu_rows(d->out8, d->row, ROWS, d->wide, d->bias, CHANNELS, 22);
	bench_speed("relu_rows", (double)d->repeat * SUMS, cli_seconds() - t, " elements/s");
	sha256_update(&d->hash, d->out8, (size_t)BATCH * PADDED * CHANNELS);
	t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->interleave4(d->out8, d->x, (size_t)PADDED * CHANNELS);
	bench_speed("interleave4", (double)d->repeat * 4 * PADDED * CHANNELS, cli_seconds() - t, " elements/s");
	sha256_update(&d->hash, d->out8, (size_t)4 * PADDED * CHANNELS);
}

static void trunk(struct data *d)
{
	/* The rows of one tensor without padding: row counts elements here. */
	for (int i = 0; i < ROWS; i++)
		d->row[i] = i * CHANNELS;
	memset(d->trunk, 0, SUMS * sizeof *d->trunk);
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->trunk_rows(d->trunk, d->row, ROWS, d->wide, d->bias, i % 2 ? d->extra : NULL, CHANNELS,
				 16 + i % 4);
	bench_speed("trunk_rows", (double)d->repeat * SUMS, cli_seconds() - t, " elements/s");
	for (size_t i = 0; i < SUMS; i++)
		bench_hash_i32(&d->hash, &(int32_t){d->trunk[i]}, 1);
	t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->relu_trunk(d->out8, d->trunk, SUMS, 5);
	bench_speed("relu_trunk", (double)d->repeat * SUMS, cli_seconds() - t, " elements/s");
	sha256_update(&d->hash, d->out8, SUMS);
}

static void gradients(struct data *d)
{
	uint32_t most = 0;
	double t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		most = d->k->max_abs(d->wide, SUMS);
	bench_speed("max_abs", (double)d->repeat * SUMS, cli_seconds() - t, " elements/s");
	bench_hash_u64(&d->hash, most);
	int8_t *out = (int8_t *)d->out8;
	t = cli_seconds();
	for (int i = 0; i < d->repeat; i++)
		d->k->round_sr(out, d->wide, SUMS, 22, rng_key(BENCH_SEED, RNG_ROUND), 12345);
	bench_speed("round_sr", (double)d->repeat * SUMS, cli_seconds() - t, " elements/s");
	sha256_update(&d->hash, out, SUMS);
}

int bench_kernels(struct bench *b, struct hash *out, struct err *e)
{
	struct data d = {.bench = b, .k = &b->kernels, .repeat = b->quick ? 1 : 24};
	if (make_data(&d)) {
		arena_release(&d.arena);
		return err_set(e, ERR_MEMORY, "out of memory");
	}
	sha256_init(&d.hash);
	multiply(&d, "mm_u8", false, TAPS);
	multiply(&d, "mm_u8", false, 1);
	multiply(&d, "mm_s8", true, TAPS);
	multiply(&d, "mm_s8", true, 1);
	weight_gradient(&d);
	to_activations(&d);
	trunk(&d);
	gradients(&d);
	winograd(&d); /* last: it writes over what the others use */
	*out = sha256_final(&d.hash);
	arena_release(&d.arena);
	return 0;
}
