/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters against plain C, and that by definition.  For test_kernels.c, whose bed and subject they
 * use. */
#ifndef MIAI_TESTS_WGRAD3_CHECKS_H
#define MIAI_TESTS_WGRAD3_CHECKS_H

static void wgrad3_make(struct nn_wgrad3 *m, const struct wgrad_shape *z, const struct pattern *p, uint64_t key)
{
	const int line = z->size + 1, padded = nn_padded(z->size);
	const size_t all = (size_t)z->quads * 4 * (size_t)padded, xn = all * (size_t)z->ci, gn = all * (size_t)z->co;
	uint8_t *x = bed_in(&bed, BED_X, xn);
	int8_t *g = bed_in(&bed, BED_W, gn);
	memset(x, 0, xn);
	memset(g, 0, gn);
	for (size_t at = 0; at < all; at++) {
		const int row = (int)(at % (size_t)padded) / line - 1, col = (int)(at % (size_t)padded) % line - 1;
		if (row < 0 || row >= z->size || col < 0)
			continue;
		for (size_t i = at * (size_t)z->ci; i < (at + 1) * (size_t)z->ci; i++)
			x[i] = (uint8_t)fill_value(p->x, 0, i, key);
		for (size_t i = at * (size_t)z->co; i < (at + 1) * (size_t)z->co; i++)
			g[i] = (int8_t)fill_value(p->w, -127, i, key + 1);
	}
	*m = (struct nn_wgrad3){.g = g, .x = x, .boards = 4 * z->quads, .size = z->size, .ci = z->ci, .co = z->co};
	m->scratch = bed_out(&bed, BED_SCRATCH, nn_wgrad3_scratch(z->size, z->ci, z->co));
}

static void wgrad3_case(struct subject *u, const struct wgrad_shape *z, const struct pattern *p)
{
	const uint64_t key = begin(u, p->name, "%d boards of %d, ci %d, co %d", 4 * z->quads, z->size, z->ci, z->co);
	const size_t n = sizeof(int32_t) * 9 * (size_t)z->co * (size_t)z->ci;
	struct nn_wgrad3 got, want;
	wgrad3_make(&got, z, p, key);
	want = got;
	got.dw = bed_out(&bed, BED_GOT, n);
	want.dw = bed_out(&bed, BED_WANT, n);
	u->k.wgrad3(&got);
	if (!bed_intact(&bed, BED_SCRATCH, nn_wgrad3_scratch(z->size, z->ci, z->co)))
		fail(u, "wrote outside its scratch");
	nn_wgrad3_c(&want);
	compare(u, got.dw, want.dw, n, sizeof(int32_t));
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

/* Every size, so both tiles and all that reaches past a board's edge; the most channels; and a full slice of full boards of
 * extremes. */
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
}

#endif
