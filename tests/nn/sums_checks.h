/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums over boards, and of gradients, against what kernels.h says.  For test_kernels.c, whose bed and subject they use. */
#ifndef MIAI_TESTS_SUMS_CHECKS_H
#define MIAI_TESTS_SUMS_CHECKS_H

/* Outputs: sums, maxima, places. */
static void pool_want(uint32_t *sum, uint8_t *max, uint16_t *at, const uint8_t *x, int size, int c)
{
	for (int ch = 0; ch < c; ch++) {
		sum[ch] = max[ch] = 0;
		for (int p = size * size - 1; p >= 0; p--) {
			const int index = nn_padded_index(size, p / size, p % size);
			const uint8_t v = x[index * c + ch];
			sum[ch] += v;
			max[ch] = v > max[ch] ? v : max[ch];
			if (at && v == max[ch])
				at[ch] = (uint16_t)index;
		}
	}
}

/* Random: one channel of zeros, whose first point counts, and one with many points of the maximum.  Top: the largest sums. */
static void pool_case(struct subject *u, int size, int c, bool with_at, enum fill fill)
{
	const uint64_t key = begin(u, fill_names[fill], "board %d, c %d, places %d", size, c, with_at);
	const size_t n = (size_t)c, cells = (size_t)nn_padded(size) * n;
	/* what lies on the padding is no part of it, so put something there */
	uint8_t *x = fill == FILL_RANDOM ? random_acts(BED_X, cells, key) : bed_in(&bed, BED_X, cells);
	for (size_t i = 0; i < cells; i++)
		if (fill != FILL_RANDOM)
			x[i] = (uint8_t)fill_value(fill, 0, 127, both_ways(i, n), key);
		else
			x[i] = i % n == 3 ? 0 : i % n == 5 ? x[i] % 3 : x[i];
	uint32_t *sum = bed_out(&bed, BED_GOT, n * sizeof *sum), want_sum[256];
	uint16_t *at = bed_out(&bed, BED_SCRATCH, n * sizeof *at), want_at[256];
	uint8_t *max = bed_out(&bed, BED_EXTRA, n), want_max[256];
	memset(want_at, BED_CANARY, sizeof want_at);
	u->k.pool(sum, max, with_at ? at : NULL, x, size, c);
	pool_want(want_sum, want_max, with_at ? want_at : NULL, x, size, c);
	compare_at(u, BED_GOT, sum, want_sum, n * sizeof *sum, sizeof *sum);
	compare_at(u, BED_SCRATCH, at, want_at, n * sizeof *at, sizeof *at);
	compare_at(u, BED_EXTRA, max, want_max, n, 1);
}

/* Random everywhere, and one other filling in turn; of full boards all that there are. */
static void check_pool(struct subject *u)
{
	int turn = 0;
	for (int size = 2; size <= 19; size++)
		for (int c = 16; c <= 256; c += 16) {
			pool_case(u, size, c, c & 16 || size < 5, FILL_RANDOM);
			pool_case(u, size, c, turn & 1, (enum fill)(1 + turn % (FILLS - 1)));
			turn++;
		}
	for (int f = 1; f < FILLS; f++)
		pool_case(u, 19, 16 * (1 + f), true, (enum fill)f);
}

static void add_sums_case(struct subject *u, size_t n, int s, int pattern)
{
	const uint64_t key = begin(u, sum_name(pattern), "n %zu, s %d", n, s), first = 2 * (key % 1000) + 1;
	int32_t *v = bed_in(&bed, BED_X, n * sizeof *v);
	fill_sums(v, n, n + 1, pattern, (1 << 28) - 1, s, key);
	int64_t *got = bed_out(&bed, BED_GOT, n * sizeof *got), *want = bed_out(&bed, BED_WANT, n * sizeof *want);
	uint64_t print = 0;
	for (size_t i = 0; i < n; i++) {
		got[i] = want[i] = (int64_t)(rng_at(key, i) >> 6) - (INT64_C(1) << 57);
		const int64_t add = fx_rshift64(v[i], s);
		want[i] += add;
		print += (first + 2 * i) * (uint64_t)add;
	}
	compare_number(u, "print, without sums", u->k.add_sums(NULL, v, n, s, first), print);
	compare_number(u, "print", u->k.add_sums(got, v, n, s, first), print);
	compare(u, got, want, n * sizeof *got, sizeof *got);
}

static void check_add_sums(struct subject *u)
{
	for (int s = -22; s <= 61; s++)
		for (size_t n = 0; n < 40; n++)
			add_sums_case(u, n < 36 ? n : 16 * n, s, (int)(n + (size_t)(s + 22)) % SUM_PATTERNS);
}

struct logits_shape {
	int rows, ci, co;
};

/* The activations are random where the weights are, else at the top. */
static void logits_make(struct nn_logits_back *m, const struct logits_shape *z, const struct pattern *p, uint64_t key)
{
	const size_t rows = (size_t)z->rows, ci = (size_t)z->ci, co = (size_t)z->co;
	int32_t *g = bed_in(&bed, BED_BIAS, rows * co * sizeof *g), *row = bed_in(&bed, BED_ROW, rows * sizeof *row);
	int8_t *w = bed_in(&bed, BED_W, co * ci);
	uint8_t *x = bed_in(&bed, BED_X, rows * ci);
	for (size_t i = 0; i < rows * co; i++)
		g[i] = fill_value(p->x, -(1 << 22), 1 << 22, i, key);
	fill_bytes(w, co * ci, p->w, -127, key + 1);
	fill_bytes(x, rows * ci, p->w == FILL_RANDOM ? FILL_RANDOM : FILL_TOP, 0, key + 2);
	for (int r = 0; r < z->rows; r++)
		row[r] = (z->rows - 1 - r) * z->ci;
	*m = (struct nn_logits_back){.g = g, .w = w, .x = x, .row = row, .rows = z->rows, .ci = z->ci, .co = z->co};
}

static void logits_want(const struct nn_logits_back *m, int32_t *out, int64_t *dw)
{
	for (int r = 0; r < m->rows; r++)
		for (int j = 0; j < m->ci; j++) {
			int64_t sum = 0;
			for (int o = 0; o < m->co; o++) {
				sum += (int64_t)m->g[r * m->co + o] * m->w[o * m->ci + j];
				dw[o * m->ci + j] += (int64_t)m->g[r * m->co + o] * m->x[m->row[r] + j];
			}
			out[r * m->ci + j] = (int32_t)fx_clamp64(sum, -(1 << 30), 1 << 30);
		}
}

static void logits_back_case(struct subject *u, const struct logits_shape *z, const struct pattern *p)
{
	const uint64_t key = begin(u, p->name, "%d rows, ci %d, co %d", z->rows, z->ci, z->co);
	const size_t weights = (size_t)z->co * (size_t)z->ci, sums = (size_t)z->rows * (size_t)z->ci;
	struct nn_logits_back m;
	logits_make(&m, z, p, key);
	m.dw = bed_out(&bed, BED_GOT, weights * sizeof *m.dw);
	m.out = bed_out(&bed, BED_SCRATCH, sums * sizeof *m.out);
	int64_t *want = bed_out(&bed, BED_WANT, weights * sizeof *want + sums * sizeof *m.out);
	int32_t *want_out = (int32_t *)(void *)(want + weights);
	for (size_t i = 0; i < weights; i++)
		m.dw[i] = want[i] = (int64_t)(rng_at(key, i) >> 20) - (INT64_C(1) << 43);
	u->k.logits_back(&m);
	logits_want(&m, want_out, want);
	compare(u, m.dw, want, weights * sizeof *want, sizeof *want);
	compare_at(u, BED_SCRATCH, m.out, want_out, sums * sizeof *want_out, sizeof *want_out);
}

static void check_logits_back(struct subject *u)
{
	for (int i = 0; i < 360; i++)
		logits_back_case(u, &(struct logits_shape){.rows = 1 + i % 37, .ci = 16 * (1 + i % 4), .co = 1 + i % 6},
		                 &patterns[i / 6 % PATTERNS]);
	logits_back_case(u, &(struct logits_shape){.rows = 32 * 361, .ci = 64, .co = 3}, &patterns[PATTERN_TOP]);
}

#endif
