/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels: the few loops in which a run spends its time.  ref/ defines what each computes; every other
 * version must give the same bytes (tests/nn).  nn/kernels.inc lists them, one line each.
 *
 * Ranges are contracts (docs/arithmetic.md, "Ranges"): activations x are 0..127, weights and gradients g are
 * -127..127.  Sums are int32 and never exceed 2^31 in the end; on the way they may wrap.
 *
 * Layouts
 *  - A padded board tensor of `size` holds nn_padded(size) points of c channels each, channels contiguous:
 *    point (row, col) is at index (row + 1) * (size + 1) + col + 1; every other index is padding and zero.
 *    One shared column of padding serves both sides.  Batches follow one another.
 *  - Packed weights (nn_pack): [co / 16][k / 4][16][4] bytes, k = tap * ci + channel, both padded with zeros
 *    to multiples of 16 and 4. */
#ifndef MIAI_NN_KERNELS_H
#define MIAI_NN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

struct nn_guard;
struct profile;

enum nn_cpu_flag {
	NN_CPU_AVX2 = 1u << 0,
	NN_CPU_AVX512VNNI = 1u << 1, /* with AVX512F, BW and VL */
	NN_CPU_NEON = 1u << 2,       /* of 64-bit arm */
	NN_CPU_NEONDOT = 1u << 3,    /* with sdot */
};

/* Matrix product of a list of rows with packed weights:
 *   acc[i * co + o] = sum over t < taps, j < ci of x[row[i] + tap[t] + j] * w(o, t * ci + j)
 * row[] and tap[] are byte offsets from x (tap may be negative).  ci is a multiple of 4 and co of 16;
 * 1 <= taps <= 9, taps * ci <= 9 * 1024.  |acc| <= 9 * 1024 * 127 * 127 < 2^28. */
struct nn_mm {
	const void *x;       /* uint8_t 0..127 for mm_u8, int8_t -127..127 for mm_s8 */
	const int32_t *row;  /* rows offsets */
	int rows;
	const int32_t *tap;  /* taps offsets */
	int taps;
	int ci, co;
	const int8_t *w;     /* packed */
	int32_t *acc;        /* rows * co, 64-byte aligned */
};

/* Weight gradient of one slice of 4 * quads positions, both tensors interleaved by fours of positions
 * (element [q][index][channel][4]):
 *   dw[(t * co + o) * ci + j] = sum over q < quads, i < points, b < 4 of
 *                               g[q][point[i]][o][b] * x[q][point[i] + tap[t]][j][b]
 * point[] and tap[] count padded points.  ci and co are multiples of 16.  quads <= 8, points <= 361:
 * |dw| <= 32 * 361 * 127 * 127 < 2^28. */
struct nn_wgrad {
	const int8_t *g;
	const uint8_t *x;
	int quads, padded;   /* padded: points of one position's tensor */
	const int32_t *point;
	int points;
	const int32_t *tap;
	int taps;
	int ci, co;
	int32_t *dw;         /* overwritten */
};

/* Exact Winograd: a 3x3 convolution by tiles of R x C outputs, R and C in {3, 4}, from R + 2 by C + 2 inputs.  Each of
 * the two directions has its points in the order 0, 1, -1, 2, infinity, -2, of which tiles of 3 leave out the last;
 * point (i, j) of a tile has the number i * NN_WINO_SIDE + j.  docs/arithmetic-winograd.md has the matrices, and proves
 * that 16 bits hold V and U and that the sums, right modulo 2^32, give the convolution's exactly where that is below
 * NN_WINO_LIMIT. */
enum {
	NN_WINO_SIDE = 6,
	NN_WINO_POINTS = NN_WINO_SIDE * NN_WINO_SIDE,
	NN_WINO_LIMIT = 1 << 25,
	NN_WINO_FORMS = 4, /* of tiles: 4x3, 4x4, 3x4, 3x3 (rows x columns), in which order those with a point are neighbours */
	NN_WINO_TILES = 64, /* most tiles in a product */
	NN_WINO_TERM = 2,  /* elements before the weights of each output: see nn_wino_mm */
};

/* The products at points 0 .. points - 1: at each, for every tile r that has it, and with that point's v, u and m,
 *   m[r * co + o] = sum over k < ci of v[r * ci + k] * u(o, k), modulo 2^32.
 * u is packed (nn_wino_pack): [co / 16] times int32_t [16] and int16_t [ci / 2][16][2], of which the first are
 *   -sum over k < ci with k mod 16 < 8 of u(o, k) * u(o, k + 8), modulo 2^32,
 * for those who make use of it.  ci and co are multiples of 16. */
struct nn_wino_mm {
	const int16_t *v;    /* |v| <= 12700 */
	const int16_t *u;    /* |u| <= 6223 */
	int32_t *m;
	size_t v_plane, u_plane, m_plane; /* elements from a point to the next */
	int points;
	int first[NN_WINO_FORMS + 1]; /* number of each form's first tile; at the end, of all tiles, <= NN_WINO_TILES */
	int ci, co;
	int32_t *term;       /* points * NN_WINO_TILES of scratch, which belong to v: */
	int again;           /* 1: here again with other weights, and nobody has touched it */
};

/* Weight gradient of a 3x3 filter over one slice, both tensors padded boards:
 *   dw[(t * co + o) * ci + j] = sum over i < boards and points p of g[i][p][o] * x[i][p + tap t][j]
 * taps row by row from (-1, -1).  ci and co are multiples of 16, boards is a multiple of 4, at most 32, size at most 19:
 * |dw| <= 32 * 361 * 127 * 127 < 2^28.  The padding of both is zero. */
struct nn_wgrad3 {
	const int8_t *g;
	const uint8_t *x;
	int boards, size;
	int ci, co;
	int32_t *dw;         /* overwritten */
	void *scratch;       /* nn_wgrad3_scratch() bytes, 64-byte aligned */
};
size_t nn_wgrad3_scratch(int size, int ci, int co);
/* The side of the tiles, 3 or 4, of which transforms take the fewest products for a board of this size. */
int nn_wgrad3_tile(int size);

/* Rows of sums on their way to a gradient tensor, through the straight-through mask of an activation tensor: a gradient
 * passes where the activation is neither 0 nor 127.  c is a multiple of 16, |acc| <= 2^30. */
struct nn_mask_rows {
	const int32_t *acc;      /* rows * c */
	int rows, c;
	const uint8_t *act;      /* row r's activations are at act + from[r], */
	const int32_t *from, *to; /* and its gradients go to element to[r] */
	/* What comes back through pooling: mean[ch] into every row, max[ch] into the row with place[r] == at[ch]; all of them
	 * at most 2^30 in magnitude.  NULL: nothing. */
	const int32_t *mean, *max;
	const uint16_t *at;
	const int32_t *place;
};

/* The way back through the few outputs of a layer of logits, whose gradients are not rounded:
 *   out[r * ci + j] = sat30(sum over o < co of g[r * co + o] * w[o * ci + j]),
 *   dw[o * ci + j] += sum over r of g[r * co + o] * x[row[r] + j]
 * |g| <= 2^22, |w| <= 127, x in 0..127, co at most 6, ci a multiple of 16, 32 * 361 rows at most: |dw| < 2^43. */
struct nn_logits_back {
	const int32_t *g;
	const int8_t *w;
	const uint8_t *x;
	const int32_t *row;
	int rows, ci, co;
	int32_t *out;
	int64_t *dw;
};

/* One row of the table is one operation; docs of the elementwise ones stand in nn/ref/elementwise.c. */
struct nn_kernels {
	void (*mm_u8)(const struct nn_mm *m);
	void (*mm_s8)(const struct nn_mm *m);
	void (*wgrad)(const struct nn_wgrad *g);
	/* A tile of rows x cols outputs (3 or 4 each): v[p * plane + k] = its input seen at point p, for channels k < ci (a
	 * multiple of 16).  x is its first input, one above and one left of the first output; lines are `line` bytes apart,
	 * points ci bytes. */
	void (*wino_in_u8)(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols);
	void (*wino_in_s8)(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols);
	void (*wino_mm)(const struct nn_wino_mm *m);
	/* The way back: acc[(r * cols + c) * co + o] = the convolution's sum at output (r, c) of the tile, from the products
	 * m[p * plane + o], for o < co (a multiple of 16). */
	void (*wino_out)(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols);

	void (*wgrad3)(const struct nn_wgrad3 *g);
	/* out[k][c][4] = in[4 positions][k][c], n bytes a position (n = padded points * channels). */
	void (*interleave4)(uint8_t *out, const uint8_t *in, size_t n);
	/* Both of these: c is a multiple of 16, as are channels and head of a shape (nn_shape_check) and with them what nn_conv
	 * hands over.
	 * out[i] = clamp(rshift(acc[i] + bias[i mod c], s), 0, 127) for rows of c; row r is stored at out + row[r].
	 * |acc + bias| < 2^30, s in -8..30; where s <= 0 the exact product is meant: clamp to 0..127 before and after. */
	void (*relu_rows)(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s);
	/* t[row[r] + i] = sat16(t + rshift(acc[r*c+i] + bias[i], s) + extra[i]); extra may be NULL; s in -10..30;
	 * row counts elements.  |acc + bias| < 2^30, |extra| <= 2^17; sat16 clamps to +-32767.  Where s < 0 the exact
	 * product is meant: clamp acc + bias to +-2^19 first, which changes no saturated result. */
	void (*trunk_rows)(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
	                   const int32_t *extra, int c, int s);
	/* out[i] = clamp(rshift(t[i], s), 0, 127), s in 0..14. */
	void (*relu_trunk)(uint8_t *out, const int16_t *t, size_t n, int s);
	/* max over i of |g[i]|, |g| <= 2^30. */
	uint32_t (*max_abs)(const int32_t *g, size_t n);
	/* Stochastic rounding: out[i] = clamp(asr(g[i] + (rng_round_bits(key, first + i) & (2^s - 1)), s), -127, 127);
	 * |g| <= 2^30 and s in 0..24, so nothing wraps; s = 0 only clamps. */
	void (*round_sr)(int8_t *out, const int32_t *g, size_t n, int s, uint64_t key, uint32_t first);
	/* Sum and maximum of each of c channels (a multiple of 16) over the size * size points of one padded board; at, where not
	 * NULL: the padded index of the first point with that maximum. */
	void (*pool)(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c);
	/* g[to[r] + ch] = sat30(sat30(acc + mean) + max), then masked; sat30 clamps to +-2^30.  Returns the largest magnitude.
	 * g may be acc, where to[r] = r * c. */
	uint32_t (*mask_rows)(int32_t *g, const struct nn_mask_rows *m);
	/* t[to[r] + ch] = sat30(t + rshift(acc, s)), acc masked; mean is NULL.  Returns the largest magnitude.  |t| <= 2^30; s in
	 * -40..40; where s < 0 the exact product is meant. */
	uint32_t (*mask_add)(int32_t *t, const struct nn_mask_rows *m, int s);
	/* sum[i] += rshift(v[i], s), unless sum is NULL; returns the sum of (first + 2 i) * rshift(v[i], s), modulo 2^64.
	 * |v| < 2^28, s in -22..61. */
	uint64_t (*add_sums)(int64_t *sum, const int32_t *v, size_t n, int s, uint64_t first);
	void (*logits_back)(const struct nn_logits_back *m);
	/* sum[ch] += g over the size * size points of one padded board of c channels (a multiple of 16). */
	void (*sum_points)(int32_t *sum, const int8_t *g, int size, int c);
	unsigned flags;         /* what the table was made for */
	struct profile *profile; /* who wants to know where time goes (base/profile.h); NULL: nobody */
	struct nn_guard *guard; /* who checks what these compute (nn/guard.h); NULL: nobody */
};

/* What the processor has (and the system lets us use). */
unsigned nn_cpu_flags(void);

/* Parses "avx2,avx512vnni" or "neon", "none" or "all" (what the machine has, also for NULL); a flag the machine lacks is
 * an error.  0 or ERR_ARG. */
struct err;
int nn_cpu_flags_parse(unsigned *flags, const char *list, struct err *e);
/* The names of the set flags, comma-separated, "none" where there are none. */
void nn_cpu_flags_text(char *out, size_t n, unsigned flags);

/* Fills the table: C, then whatever cpu_flags allow, in ascending order; no guard, no profile. */
void nn_kernels_init(struct nn_kernels *k, unsigned cpu_flags);

#endif
