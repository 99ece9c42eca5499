/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters against plain C, and that by definition.  For test_kernels.c, whose bed and subject they
 * use. */
#ifndef MIAI_TESTS_WGRAD3_CHECKS_H
#define MIAI_TESTS_WGRAD3_CHECKS_H

/* Whether element i of padded boards in lines of c channels is on a board, and on which row and column. */
static bool wgrad3_place(size_t i, int size, int c, int *row, int *col)
{
	const int at = (int)(i / (size_t)c % (size_t)nn_padded(size));
	*row = at / (size + 1) - 1;
	*col = at % (size + 1) - 1;
	return *row >= 0 && *row < size && *col >= 0;
}

static void wgrad3_make(struct nn_wgrad3 *m, const struct wgrad_shape *z, const struct pattern *p, uint64_t key)
{
	const size_t all = (size_t)z->quads * 4 * (size_t)nn_padded(z->size);
	const size_t xn = all * (size_t)z->ci, gn = all * (size_t)z->co;
	uint8_t *x = bed_in(&bed, BED_X, xn);
	int8_t *g = bed_in(&bed, BED_W, gn);
	int row, col;
	for (size_t i = 0; i < xn; i++)
		x[i] = (uint8_t)(wgrad3_place(i, z->size, z->ci, &row, &col) ? fill_value(p->x, 0, 127, i, key) : 0);
	for (size_t i = 0; i < gn; i++)
		g[i] = (int8_t)(wgrad3_place(i, z->size, z->co, &row, &col) ? fill_value(p->w, -127, 127, i, key + 1) : 0);
	*m = (struct nn_wgrad3){.g = g, .x = x, .boards = 4 * z->quads, .size = z->size, .ci = z->ci, .co = z->co};
	m->scratch = bed_out(&bed, BED_SCRATCH, nn_wgrad3_scratch(z->size, z->ci, z->co));
}

static void wgrad3_compare(struct subject *u, const struct nn_wgrad3 *m)
{
	const size_t n = sizeof(int32_t) * 9 * (size_t)m->co * (size_t)m->ci;
	struct nn_wgrad3 got = *m, want = *m;
	got.dw = bed_out(&bed, BED_GOT, n);
	want.dw = bed_out(&bed, BED_WANT, n);
	u->k.wgrad3(&got);
	if (!bed_intact(&bed, BED_SCRATCH, nn_wgrad3_scratch(m->size, m->ci, m->co)))
		fail(u, "wrote outside its scratch");
	nn_wgrad3_c(&want);
	compare(u, got.dw, want.dw, n, sizeof(int32_t));
}

static void wgrad3_case(struct subject *u, const struct wgrad_shape *z, const struct pattern *p)
{
	const uint64_t key = begin(u, p->name, "%d boards of %d, ci %d, co %d", 4 * z->quads, z->size, z->ci, z->co);
	struct nn_wgrad3 m;
	wgrad3_make(&m, z, p, key);
	wgrad3_compare(u, &m);
}

static int64_t wgrad3_sum(const struct nn_wgrad3 *m, int t, int o, int j)
{
	const int points = m->size * m->size;
	int64_t sum = 0;
	for (int i = 0; i < m->boards * points; i++) {
		const int row = i % points / m->size, col = i % m->size, down = row + t / 3 - 1, right = col + t % 3 - 1;
		const int board = i / points * nn_padded(m->size);
		if (down >= 0 && down < m->size && right >= 0 && right < m->size)
			sum += m->g[(board + nn_padded_index(m->size, row, col)) * m->co + o] *
			       m->x[(board + nn_padded_index(m->size, down, right)) * m->ci + j];
	}
	return sum;
}

static void test_wgrad3_definition(int size)
{
	enum { CI = 16, CO = 32, N = 9 * CI * CO };
	struct nn_wgrad3 m;
	wgrad3_make(&m, &(struct wgrad_shape){.size = size, .quads = 2, .ci = CI, .co = CO}, &patterns[0], 9);
	m.dw = bed_out(&bed, BED_GOT, N * sizeof *m.dw);
	nn_wgrad3_c(&m);
	for (int i = 0; i < N; i++)
		CHECK_INT(m.dw[i], wgrad3_sum(&m, i / CI / CO, i / CI % CO, i % CI));
}

/* ---- the worst of its transforms ---- */

/* What point i of tiles of m x m takes of a line of activations and of one of gradients (nn/x86/wgrad3_int.h): the coefficients
 * of the product over the other points p:q of (q X - p), where infinity, 1:0, counts as 1; and q^(m-1-k) p^k. */
struct wgrad3_line {
	int x[6], g[4];
};

static void wgrad3_coefficients(struct wgrad3_line *z, int m, int i)
{
	static const int points[2][6][2] = {
	    {{0, 1}, {1, 1}, {-1, 1}, {2, 1}, {1, 0}}, {{0, 1}, {1, 1}, {-1, 1}, {2, 1}, {-1, 2}, {1, 0}}};
	const int(*at)[2] = points[m - 3], p = at[i][0], q = at[i][1];
	*z = (struct wgrad3_line){.x = {1}, .g = {1, 1, 1, 1}};
	for (int j = 0; j < m + 2; j++)
		for (int k = 5; k >= 0 && j != i && at[j][1]; k--)
			z->x[k] = (k ? at[j][1] * z->x[k - 1] : 0) - at[j][0] * z->x[k];
	for (int k = 0; k < m; k++)
		for (int n = 0; n < m - 1; n++)
			z->g[k] *= n < k ? p : q;
}

/* All tiles' gradients, and the activations of every other tile each way, such that what point (i, j) takes of them goes as far
 * up, or down, as it can.  Gradients are -127..127, activations 0..127. */
static void wgrad3_worst(struct subject *u, int size, int i, int j, int sign)
{
	const int m = nn_wgrad3_tile(size);
	const uint64_t key = begin(u, "worst of a point", "boards of %d, point %d, %d, sign %d", size, i, j, sign);
	struct wgrad3_line down, right;
	struct nn_wgrad3 z;
	int row, col;
	wgrad3_coefficients(&down, m, i);
	wgrad3_coefficients(&right, m, j);
	wgrad3_make(&z, &(struct wgrad_shape){.size = size, .quads = 1, .ci = 16, .co = 16}, &patterns[PATTERN_RANDOM], key);
	uint8_t *x = bed_at(&bed, BED_X, bed.inputs[BED_X]);
	int8_t *g = (int8_t *)bed_at(&bed, BED_W, bed.inputs[BED_W]);
	for (size_t k = 0; k < bed.inputs[BED_X]; k++) {
		if (!wgrad3_place(k, size, 16, &row, &col))
			continue;
		/* the tile from m on sees m - 1 .. 2 m, and so does every other one */
		const int a = (row + m + 1) % (2 * m), b = (col + m + 1) % (2 * m);
		if (a < m + 2 && b < m + 2)
			x[k] = down.x[a] * right.x[b] * sign > 0 ? 127 : 0;
		g[k] = down.g[row % m] * right.g[col % m] * sign > 0 ? 127 : -127;
	}
	wgrad3_compare(u, &z);
}

/* Those inputs reach the bounds on D and G: sums are 127 times the coefficients of one sign, or of both. */
static void test_wgrad3_worst(int m, int data, int gradient)
{
	struct wgrad3_line z;
	int x = 0, g = 0;
	for (int i = 0; i < m + 2; i++) {
		int up = 0, down = 0, all = 0;
		wgrad3_coefficients(&z, m, i);
		for (int k = 0; k < m + 2; k++)
			*(z.x[k] > 0 ? &up : &down) += abs(z.x[k]);
		for (int k = 0; k < m; k++)
			all += abs(z.g[k]);
		x = up * up + down * down > x ? up * up + down * down : x;
		x = 2 * up * down > x ? 2 * up * down : x;
		g = all * all > g ? all * all : g;
	}
	CHECK_INT(x, data);
	CHECK_INT(g, gradient);
}

static void check_wgrad3_worst(struct subject *u)
{
	for (int size = 9; size <= 10; size++)
		for (int i = 0; i < nn_wgrad3_tile(size) + 2; i++)
			for (int j = 0; j < nn_wgrad3_tile(size) + 2; j++)
				for (int sign = -1; sign <= 1; sign += 2)
					wgrad3_worst(u, size, i, j, sign);
}

/* Every size, so both tiles and all that reaches past a board's edge; the most channels; a full slice of full boards of
 * extremes; and the worst of the transforms. */
static void check_wgrad3(struct subject *u)
{
	static const int channels[] = {16, 32, 48, 64};
	int turn = 0;
	for (int size = 2; size <= 19; size++)
		for (int p = 0; p < PATTERNS; p++, turn++) {
			struct wgrad_shape z = {
			    .size = size,
			    .quads = turn % 7 == 0 ? 8 : 1 + turn % 2,
			    .ci = channels[turn % 4],
			    .co = channels[turn / 4 % 4],
			};
			if (size > 9 && p != PATTERN_WORST && (p + size) % 2)
				continue;
			if (size > 9)
				z.ci = z.co = 16;
			wgrad3_case(u, &z, &patterns[p]);
			if (u->quiet && u->failures)
				return;
		}
	for (int p = 0; p < 2; p++) {
		wgrad3_case(u, &(struct wgrad_shape){.size = 3 + p, .quads = 1, .ci = 256, .co = 256}, &patterns[p]);
		wgrad3_case(u, &(struct wgrad_shape){.size = 13, .quads = 1, .ci = 48, .co = 64}, &patterns[p]);
		wgrad3_case(u, &(struct wgrad_shape){.size = 19, .quads = 1, .ci = 64, .co = 32}, &patterns[p]);
	}
	for (int p = 1; p < 6; p++)
		wgrad3_case(u, &(struct wgrad_shape){.size = 19, .quads = 8, .ci = 16, .co = 16}, &patterns[p]);
	check_wgrad3_worst(u);
}

#endif
