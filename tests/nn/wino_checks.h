/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Exact Winograd: the transforms against plain C, the products by definition.  For test_kernels.c, whose bed and subject they
 * use. */
#ifndef MIAI_TESTS_WINO_CHECKS_H
#define MIAI_TESTS_WINO_CHECKS_H

enum { WINO_V = 12700, WINO_U = 6223, WINO_LINE = 6 };

/* What point p of a tile takes of its inputs, by the plain C kernel: coef[r * WINO_LINE + c]. */
static void wino_coefficients(int rows, int cols, int p, int coef[WINO_LINE * WINO_LINE])
{
	int16_t v[NN_WINO_POINTS * 16];
	for (int i = 0; i < (rows + 2) * WINO_LINE; i++) {
		int8_t x[WINO_LINE * WINO_LINE * 16] = {0};
		x[16 * i] = 1;
		if (i % WINO_LINE < cols + 2)
			nn_wino_in_s8_c(v, 16, x, WINO_LINE * 16, 16, rows, cols);
		coef[i] = i % WINO_LINE < cols + 2 ? v[p * 16] : 0;
	}
}

struct wino_tile {
	int rows, cols, ci, line;
	size_t plane;
};

static void wino_in_compare(struct subject *u, const struct wino_tile *z, const void *x, bool is_signed)
{
	const size_t last = (size_t)((z->rows + 1) * NN_WINO_SIDE + z->cols + 1);
	const size_t n = (last * z->plane + (size_t)z->ci) * sizeof(int16_t);
	int16_t *got = bed_out(&bed, BED_GOT, n), *want = bed_out(&bed, BED_WANT, n);
	if (is_signed) {
		u->k.wino_in_s8(got, z->plane, x, z->line, z->ci, z->rows, z->cols);
		nn_wino_in_s8_c(want, z->plane, x, z->line, z->ci, z->rows, z->cols);
	} else {
		u->k.wino_in_u8(got, z->plane, x, z->line, z->ci, z->rows, z->cols);
		nn_wino_in_u8_c(want, z->plane, x, z->line, z->ci, z->rows, z->cols);
	}
	compare(u, got, want, n, sizeof *got);
}

/* The input that makes the value at point p as large (or as small) as it can be. */
static void wino_in_worst(struct subject *u, const struct wino_tile *z, int p, bool is_signed)
{
	int coef[WINO_LINE * WINO_LINE], sign = p & 1 ? -1 : 1, lo = is_signed ? -127 : 0;
	begin(u, "worst of a point", "point %d, tile %dx%d, ci %d", p, z->rows, z->cols, z->ci);
	int8_t *x = bed_in(&bed, BED_X, (size_t)((z->rows + 1) * z->line + (z->cols + 2) * z->ci));
	wino_coefficients(z->rows, z->cols, p, coef);
	for (int r = 0; r < z->rows + 2; r++)
		for (int c = 0; c < z->cols + 2; c++)
			memset(x + r * z->line + c * z->ci, coef[r * WINO_LINE + c] * sign > 0 ? 127 : lo, (size_t)z->ci);
	wino_in_compare(u, z, x, is_signed);
}

static void wino_in_all(struct subject *u, bool is_signed)
{
	for (int i = 0; i < 4 * 16; i++) {
		struct wino_tile z = {.rows = 3 + i % 2, .cols = 3 + i / 2 % 2, .ci = 16 * (1 + i / 4)};
		z.line = (z.cols + 2 + i % 5) * z.ci;
		z.plane = (size_t)z.ci * (size_t)(1 + i % 3);
		for (int f = 0; f < FILLS; f++) {
			const uint64_t key = begin(u, fill_names[f], "tile %dx%d, ci %d, line %d", z.rows, z.cols, z.ci, z.line);
			const size_t n = (size_t)((z.rows + 1) * z.line + (z.cols + 2) * z.ci);
			int8_t *x = bed_in(&bed, BED_X, n);
			fill_bytes(x, n, (enum fill)f, is_signed ? -127 : 0, key);
			wino_in_compare(u, &z, x, is_signed);
		}
		for (int p = 0; p < NN_WINO_POINTS && i < 8; p++)
			if (p / NN_WINO_SIDE < z.rows + 2 && p % NN_WINO_SIDE < z.cols + 2)
				wino_in_worst(u, &z, p, is_signed);
	}
}

static void check_wino_in_u8(struct subject *u)
{
	wino_in_all(u, false);
}

static void check_wino_in_s8(struct subject *u)
{
	wino_in_all(u, true);
}

/* The terms that stand before a block of packed weights, from kernels.h. */
static void wino_terms(int16_t *block, int ci)
{
	int32_t term[16];
	for (int o = 0; o < 16; o++) {
		int64_t sum = 0;
		for (int k = 0; k < ci; k++)
			if (k % 16 < 8)
				sum += block[32 + k / 2 * 32 + o * 2 + k % 2] * block[32 + (k / 2 + 4) * 32 + o * 2 + k % 2];
		term[o] = (int32_t)(uint32_t)(uint64_t)-sum;
	}
	memcpy(block, term, sizeof term);
}

/* Product (r, o) at point p by definition, from kernels.h. */
static int32_t wino_sum(const struct nn_wino_mm *m, int p, int r, int o)
{
	const int16_t *v = m->v + (size_t)p * m->v_plane + (size_t)(r * m->ci);
	const int16_t *u = m->u + (size_t)p * m->u_plane + (size_t)(o / 16 * 16 * (m->ci + NN_WINO_TERM) + 32 + o % 16 * 2);
	uint32_t sum = 0;
	for (int k = 0; k < m->ci; k++)
		sum += (uint32_t)(v[k] * u[k / 2 * 32 + k % 2]);
	return (int32_t)sum;
}

static void wino_mm_want(const struct nn_wino_mm *m)
{
	static const int rows[NN_WINO_FORMS] = {4, 4, 3, 3}, cols[NN_WINO_FORMS] = {3, 4, 4, 3};
	for (int p = 0; p < m->points; p++)
		for (int r = 0, form = 0; r < m->first[NN_WINO_FORMS]; r++) {
			while (r >= m->first[form + 1])
				form++;
			if (p / NN_WINO_SIDE < rows[form] + 2 && p % NN_WINO_SIDE < cols[form] + 2)
				for (int o = 0; o < m->co; o++)
					m->m[(size_t)p * m->m_plane + (size_t)(r * m->co + o)] = wino_sum(m, p, r, o);
		}
}

/* The products of m's shape at its points, planes as close together as they can be. */
static void wino_mm_case(struct subject *u, struct nn_wino_mm m, const struct pattern *p)
{
	const int tiles = m.first[NN_WINO_FORMS], each = m.ci + NN_WINO_TERM;
	const uint64_t key = begin(u, p->name, "%d points, %d tiles, ci %d, co %d", m.points, tiles, m.ci, m.co);
	m.v_plane = (size_t)(tiles * m.ci);
	m.u_plane = (size_t)(m.co * each);
	m.m_plane = (size_t)(tiles * m.co);
	const size_t points = (size_t)m.points, n = points * m.m_plane * sizeof *m.m;
	int16_t *v = bed_in(&bed, BED_X, points * m.v_plane * sizeof *v), *w = bed_in(&bed, BED_W, points * m.u_plane * sizeof *w);
	for (size_t i = 0; i < points * m.v_plane; i++)
		v[i] = (int16_t)fill_value(p->x, -WINO_V, WINO_V, i, key);
	for (size_t i = 0; i < points * m.u_plane; i++)
		w[i] = (int16_t)fill_value(p->w, -WINO_U, WINO_U, i, key + 1);
	for (int o = 0; o < m.points * m.co; o += 16)
		wino_terms(w + o * each, m.ci);
	m.v = v;
	m.u = w;
	m.term = bed_out(&bed, BED_SCRATCH, points * NN_WINO_TILES * sizeof *m.term);
	struct nn_wino_mm got = m, want = m;
	got.m = bed_out(&bed, BED_GOT, n);
	want.m = bed_out(&bed, BED_WANT, n);
	u->k.wino_mm(&got);
	if (p == &patterns[PATTERN_RANDOM] && m.points == 1) { /* once more, with what the first one left */
		memset(got.m, 0, n);
		got.again = 1;
		u->k.wino_mm(&got);
	}
	if (!bed_intact(&bed, BED_SCRATCH, points * NN_WINO_TILES * sizeof *m.term))
		fail(u, "wrote outside its scratch");
	wino_mm_want(&want);
	compare(u, got.m, want.m, n, sizeof(int32_t));
}

/* One point of many tiles; as many outputs at once as --check has; then all points, of tiles of all forms. */
static void check_wino_mm(struct subject *u)
{
	static const int cis[] = {16, 32, 48, 64, 256}, cos[] = {16, 32, 48, 64, 80};
	int turn = 0;
	for (int n = 1; n <= 40; n++)
		for (int i = 0; i < 25; i++)
			if (n < 20 || i % 7 == n % 7)
				wino_mm_case(u, (struct nn_wino_mm){.points = 1, .first = {0, 0, n, n, n}, .ci = cis[i % 5], .co = cos[i / 5]},
				             &patterns[turn++ % PATTERNS]);
	for (int co = 96; co <= 256; co += 16)
		for (int i = 0; i < 4; i++, turn++) {
			const int n = i == 3 ? 36 : 1 + turn % 9;
			wino_mm_case(u, (struct nn_wino_mm){.points = 1, .first = {0, 0, n, n, n}, .ci = cis[turn % 5], .co = co},
			             &patterns[turn % PATTERNS]);
		}
	for (int i = 0; i < 2 * PATTERNS; i++) {
		const int a = i % 3, b = a + i % 4, c = b + i % 5, d = c + 1 + i / 4;
		wino_mm_case(u, (struct nn_wino_mm){.points = NN_WINO_POINTS, .first = {0, a, b, c, d}, .ci = cis[i % 3], .co = cos[i % 2]},
		             &patterns[i % PATTERNS]);
	}
}

/* Any 32 bits: the way back is arithmetic modulo 2^32 throughout. */
static void check_wino_out(struct subject *u)
{
	for (int i = 0; i < 4 * 16 * FILLS; i++) {
		const int rows = 3 + i % 2, cols = 3 + i / 2 % 2, co = 16 * (1 + i / 4 % 16), f = i / 64;
		const uint64_t key = begin(u, fill_names[f], "tile %dx%d, co %d", rows, cols, co);
		const size_t plane = (size_t)co * (size_t)(1 + i % 3), last = (size_t)((rows + 1) * NN_WINO_SIDE + cols + 1);
		const size_t mn = last * plane + (size_t)co, n = (size_t)(rows * cols * co) * sizeof(int32_t);
		int32_t *m = bed_in(&bed, BED_X, mn * sizeof *m);
		for (size_t k = 0; k < mn; k++)
			m[k] = fill_value((enum fill)f, INT32_MIN, INT32_MAX, both_ways(k, (size_t)co), key);
		int32_t *got = bed_out(&bed, BED_GOT, n), *want = bed_out(&bed, BED_WANT, n);
		u->k.wino_out(got, m, plane, co, rows, cols);
		nn_wino_out_c(want, m, plane, co, rows, cols);
		compare(u, got, want, n, sizeof *got);
	}
}

/* ---- wrong ones ---- */

/* Sums that saturate, as vpdpwssds has them. */
static void wrong_sat_wino_mm(const struct nn_wino_mm *m)
{
	for (int p = 0; p < m->points; p++) {
		const struct nn_wino_point t = nn_wino_point(m, p);
		for (int i = 0; i < t.rows * m->co; i++) {
			const int r = i / m->co, o = i % m->co;
			int64_t sum = 0;
			for (int k = 0; k < m->ci; k++)
				sum = fx_clamp64(sum + t.v[r * m->ci + k] * t.u[o / 16 * (m->ci + 2) * 16 + 32 + k / 2 * 32 + o % 16 * 2 + k % 2],
				                 INT32_MIN, INT32_MAX);
			t.m[i] = (int32_t)sum;
		}
	}
}

/* Every tile has the last point of its lines, also those of 3. */
static void wrong_point_wino_mm(const struct nn_wino_mm *m)
{
	struct nn_wino_mm all = *m;
	all.first[1] = 0;
	all.first[2] = all.first[3] = all.first[NN_WINO_FORMS];
	nn_wino_mm_c(&all);
}

/* Inputs that saturate in 13 bits and a sign: enough for tiles of 3, not for tiles of 4. */
static void wrong_narrow_wino_in_s8(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	nn_wino_in_s8_c(v, plane, x, line, ci, rows, cols);
	for (int p = 0; p < NN_WINO_POINTS; p++)
		if (p / NN_WINO_SIDE < rows + 2 && p % NN_WINO_SIDE < cols + 2)
			for (int k = 0; k < ci; k++)
				v[(size_t)p * plane + (size_t)k] = (int16_t)fx_clamp32(v[(size_t)p * plane + (size_t)k], -8191, 8191);
}

/* Takes a byte of 0..127 for a signed one and forgets that gradients are below zero. */
static void wrong_sign_wino_in_s8(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	nn_wino_in_u8_c(v, plane, (const uint8_t *)x, line, ci, rows, cols);
}

/* All tiles are of 4. */
static void wrong_size_wino_in_u8(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols)
{
	nn_wino_in_u8_c(v, plane, x, line, ci, rows, cols);
	if (rows == 3)
		memset(v + (NN_WINO_SIDE - 1) * NN_WINO_SIDE * plane, 0, sizeof *v);
}

/* Without the inverse of 9. */
static void wrong_inverse_wino_out(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	nn_wino_out_c(acc, m, plane, co, rows, cols);
	for (int i = 0; i < rows * cols * co; i++)
		acc[i] = (int32_t)(9u * (uint32_t)acc[i]);
}

/* One line too many: it would lie in the padding, or on the next tile. */
static void wrong_edge_wino_out(int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols)
{
	nn_wino_out_c(acc, m, plane, co, rows, cols);
	memset(acc + rows * cols * co, 0, sizeof *acc * (size_t)co);
}

#endif
