/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Matrix products and weight gradients against plain C, and plain C against sums by definition.  For test_kernels.c, whose bed
 * and subject they use. */
#ifndef MIAI_TESTS_PRODUCT_CHECKS_H
#define MIAI_TESTS_PRODUCT_CHECKS_H

/* ---- products ---- */

struct mm_shape {
	int size, ci, co, rows, taps;
};

/* Byte offsets of `rows` points, one position after the other (taps 9), or of `rows` plain rows from last to
 * first (taps 1).  Returns the bytes that they and the taps reach. */
static size_t mm_offsets(const struct mm_shape *z, int32_t *row, int32_t *tap)
{
	if (z->taps == 1) {
		tap[0] = 0;
		for (int i = 0; i < z->rows; i++)
			row[i] = z->ci * (z->rows - 1 - i);
		return (size_t)z->ci * (size_t)z->rows;
	}
	const int points = z->size * z->size, line = z->size + 1;
	int32_t last = 0;
	for (int i = 0; i < z->rows; i++) {
		const int p = i % points;
		last = i / points * nn_padded(z->size) + nn_padded_index(z->size, p / z->size, p % z->size);
		row[i] = last * z->ci;
	}
	for (int t = 0; t < 9; t++)
		tap[t] = ((t / 3 - 1) * line + t % 3 - 1) * z->ci;
	return (size_t)(last + line + 2) * (size_t)z->ci;
}

static void mm_make(struct nn_mm *m, const struct mm_shape *z, const struct pattern *p, int lo, uint64_t key)
{
	const size_t wn = (size_t)z->co * (size_t)z->taps * (size_t)z->ci;
	int32_t *row = bed_in(&bed, BED_ROW, sizeof *row * (size_t)z->rows);
	int32_t *tap = bed_in(&bed, BED_TAP, sizeof *tap * (size_t)z->taps);
	const size_t xn = mm_offsets(z, row, tap);
	int8_t *x = bed_in(&bed, BED_X, xn), *w = bed_in(&bed, BED_W, wn);
	fill_bytes(x, xn, p->x, lo, key);
	fill_bytes(w, wn, p->w, -127, key + 1);
	*m = (struct nn_mm){
	    .x = x, .row = row, .rows = z->rows, .tap = tap, .taps = z->taps, .ci = z->ci, .co = z->co, .w = w};
}

static void mm_case(struct subject *u, const struct mm_shape *z, const struct pattern *p, bool is_signed)
{
	const uint64_t key =
	    begin(u, p->name, "%d rows, %d taps, ci %d, co %d, board %d", z->rows, z->taps, z->ci, z->co, z->size);
	const size_t n = sizeof(int32_t) * (size_t)z->rows * (size_t)z->co;
	struct nn_mm got, want;
	mm_make(&got, z, p, is_signed ? -127 : 0, key);
	want = got;
	got.acc = bed_out(&bed, BED_GOT, n);
	want.acc = bed_out(&bed, BED_WANT, n);
	if (is_signed) {
		u->k.mm_s8(&got);
		nn_mm_s8_c(&want);
	} else {
		u->k.mm_u8(&got);
		nn_mm_u8_c(&want);
	}
	compare(u, got.acc, want.acc, n, sizeof(int32_t));
}

/* All shapes; of the patterns the worst and one other in turn, all of them where the product is small. */
static void mm_all(struct subject *u, bool is_signed)
{
	static const int cis[] = {4, 16, 20, 32, 64}, cos[] = {16, 32, 48, 64}, sizes[] = {2, 3, 4, 5, 6, 7, 8, 9, 19};
	int turn = 0;
	for (int n = 1; n <= 21; n++)
		for (int c = 0; c < 5 * 4 * 2; c++) {
			const struct mm_shape z = {
			    .size = sizes[turn % 9],
			    .ci = cis[c % 5],
			    .co = cos[c / 5 % 4],
			    .taps = c < 20 ? 1 : 9,
			    .rows = n < 20    ? n
				    : n == 20 ? 49
					      : 243,
			};
			const bool small = z.rows * z.ci * z.co * z.taps < 60000;
			turn++;
			for (int p = 0; p < PATTERNS; p++)
				if (p == PATTERN_WORST || small || p == turn % PATTERNS)
					mm_case(u, &z, &patterns[p], is_signed);
			if (u->quiet && u->failures)
				return;
		}
}

/* The longest sums there may be, and the widest matrix. */
static void mm_widest(struct subject *u, bool is_signed)
{
	for (int p = 0; p < 6; p++) {
		const struct mm_shape wide = {.size = 3, .ci = 256, .co = 256, .taps = 9, .rows = 2 + p};
		mm_case(u, &wide, &patterns[p], is_signed);
		for (int rows = 1; rows < 6; rows++)
			mm_case(u, &(struct mm_shape){.size = 2, .ci = 1024, .co = 16, .taps = 9, .rows = rows}, &patterns[p], is_signed);
	}
}

static void check_mm_u8(struct subject *u)
{
	mm_all(u, false);
	mm_widest(u, false);
}

static void check_mm_s8(struct subject *u)
{
	mm_all(u, true);
	mm_widest(u, true);
}

/* ---- weight gradient ---- */

struct wgrad_shape {
	int size, quads, ci, co, taps;
};

static void wgrad_make(struct nn_wgrad *m, const struct wgrad_shape *z, const struct pattern *p, uint64_t key)
{
	const int points = z->size * z->size, padded = nn_padded(z->size), line = z->size + 1;
	const size_t all = (size_t)z->quads * (size_t)padded * 4, xn = all * (size_t)z->ci, gn = all * (size_t)z->co;
	int32_t *point = bed_in(&bed, BED_ROW, sizeof *point * (size_t)points);
	int32_t *tap = bed_in(&bed, BED_TAP, sizeof *tap * (size_t)z->taps);
	uint8_t *x = bed_in(&bed, BED_X, xn);
	int8_t *g = bed_in(&bed, BED_W, gn);
	for (int i = 0; i < points; i++)
		point[i] = nn_padded_index(z->size, i / z->size, i % z->size);
	for (int t = 0; t < z->taps; t++)
		tap[t] = z->taps == 1 ? 0 : (t / 3 - 1) * line + t % 3 - 1;
	fill_bytes(x, xn, p->x, 0, key);
	fill_bytes(g, gn, p->w, -127, key + 1);
	*m = (struct nn_wgrad){.g = g,
			       .x = x,
			       .quads = z->quads,
			       .padded = padded,
			       .point = point,
			       .points = points,
			       .tap = tap,
			       .taps = z->taps,
			       .ci = z->ci,
			       .co = z->co};
}

static void wgrad_case(struct subject *u, const struct wgrad_shape *z, const struct pattern *p)
{
	const uint64_t key =
	    begin(u, p->name, "%d quads, %d taps, ci %d, co %d, board %d", z->quads, z->taps, z->ci, z->co, z->size);
	const size_t n = sizeof(int32_t) * (size_t)z->taps * (size_t)z->co * (size_t)z->ci;
	struct nn_wgrad got, want;
	wgrad_make(&got, z, p, key);
	want = got;
	got.dw = bed_out(&bed, BED_GOT, n);
	want.dw = bed_out(&bed, BED_WANT, n);
	u->k.wgrad(&got);
	nn_wgrad_c(&want);
	compare(u, got.dw, want.dw, n, sizeof(int32_t));
}

static void check_wgrad(struct subject *u)
{
	static const int channels[] = {16, 32, 48, 64}, sizes[] = {2, 3, 4, 5, 6, 7, 8, 9, 19};
	int turn = 0;
	for (int i = 0; i < 9; i++)
		for (int c = 0; c < 4 * 4 * 2; c++) {
			struct wgrad_shape z = {
			    .size = sizes[i],
			    .quads = turn % 3 == 0 ? 8 : turn % 3,
			    .ci = channels[c % 4],
			    .co = channels[c / 4 % 4],
			    .taps = c < 16 ? 1 : 9,
			};
			if (z.size == 19 && z.ci * z.co > 512)
				continue;
			turn++;
			for (int p = 0; p < PATTERNS; p++)
				if (p == turn % PATTERNS || (p == PATTERN_WORST && z.size < 9) || z.size < 4)
					wgrad_case(u, &z, &patterns[p]);
			if (u->quiet && u->failures)
				return;
		}
	for (int p = 0; p < 3; p++) {
		wgrad_case(u, &(struct wgrad_shape){.size = 2, .quads = 1, .ci = 256, .co = 256, .taps = 9}, &patterns[p]);
		wgrad_case(u, &(struct wgrad_shape){.size = 3, .quads = 2, .ci = 256, .co = 256, .taps = 1}, &patterns[p]);
	}
	/* the bound of kernels.h: a full slice of full boards */
	wgrad_case(u, &(struct wgrad_shape){.size = 19, .quads = 8, .ci = 16, .co = 16, .taps = 1}, &patterns[PATTERN_TOP]);
}

/* ---- the definition, checked from kernels.h alone ---- */

/* A product whose weights are also at hand unpacked, w[co][k], and whose sums are 64-bit. */
static void test_mm_definition(bool is_signed)
{
	enum { CI = 20, CO = 32, TAPS = 9, ROWS = 5, K = TAPS * CI, XN = 400 };
	static int8_t w[CO][K], packed[CO * K], x[XN];
	_Alignas(64) static int32_t acc[ROWS * CO];
	const int32_t row[ROWS] = {20, 27, 200, 100, 27}, tap[TAPS] = {-20, 0, 20, 33, 40, 60, 80, 100, 120};
	fill_bytes(x, XN, FILL_RANDOM, is_signed ? -127 : 0, 5);
	for (int o = 0; o < CO; o++)
		for (int k = 0; k < K; k++) {
			w[o][k] = (int8_t)fill_value(FILL_RANDOM, -127, 127, (size_t)(o * K + k), 6);
			packed[((o / 16 * (K / 4) + k / 4) * 16 + o % 16) * 4 + k % 4] = w[o][k];
		}
	const struct nn_mm m = {x, row, ROWS, tap, TAPS, CI, CO, packed, acc};
	(is_signed ? nn_mm_s8_c : nn_mm_u8_c)(&m);
	for (int i = 0; i < ROWS; i++)
		for (int o = 0; o < CO; o++) {
			int64_t sum = 0;
			for (int k = 0; k < K; k++)
				sum += x[row[i] + tap[k / CI] + k % CI] * w[o][k];
			CHECK_INT(acc[i * CO + o], sum);
		}
}

static void test_wgrad_definition(void)
{
	enum { C = 16, SIZE = 3, QUADS = 2, PADDED = 21, POINTS = 9, TAPS = 3, N = QUADS * PADDED * C * 4 };
	static uint8_t x[QUADS][PADDED][C][4];
	static int8_t g[QUADS][PADDED][C][4];
	static int32_t dw[TAPS][C][C];
	const int32_t point[POINTS] = {5, 6, 7, 9, 10, 11, 13, 14, 15}, tap[TAPS] = {-5, 0, 4};
	fill_bytes(x, N, FILL_RANDOM, 0, 7);
	fill_bytes(g, N, FILL_RANDOM, -127, 8);
	const struct nn_wgrad m = {&g[0][0][0][0], &x[0][0][0][0], QUADS, PADDED, point, POINTS, tap, TAPS, C, C,
				   &dw[0][0][0]};
	nn_wgrad_c(&m);
	CHECK_INT(nn_padded(SIZE), PADDED);
	for (int t = 0; t < TAPS; t++)
		for (int o = 0; o < C; o++)
			for (int j = 0; j < C; j++) {
				int64_t sum = 0;
				for (int i = 0; i < QUADS * POINTS * 4; i++) {
					const int q = i / 4 / POINTS, p = point[i / 4 % POINTS], b = i % 4;
					sum += g[q][p][o][b] * x[q][p + tap[t]][j][b];
				}
				CHECK_INT(dw[t][o][j], sum);
			}
}

#endif
