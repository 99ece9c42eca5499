/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of sums through the mask of a tensor, against what kernels.h says in 64 bits.  For test_kernels.c, whose bed and subject
 * they use. */
#ifndef MIAI_TESTS_MASK_CHECKS_H
#define MIAI_TESTS_MASK_CHECKS_H

struct mask_shape {
	int rows, c;
	bool pooled, in_place;
};

/* Rows of activations and gradients in opposite orders; gradients up to 2^30 itself, and where they are at the ends, what
 * comes through pooling too. */
static void mask_make(struct nn_mask_rows *m, const struct mask_shape *z, int pattern, int s, uint64_t key)
{
	const size_t n = (size_t)z->rows * (size_t)z->c, rows = (size_t)z->rows, c = (size_t)z->c;
	int32_t *acc = bed_in(&bed, BED_W, n * sizeof *acc), *place = bed_in(&bed, BED_ROW, 3 * rows * sizeof *place);
	int32_t *mean = bed_in(&bed, BED_BIAS, 2 * c * sizeof *mean);
	uint16_t *at = bed_in(&bed, BED_TAP, c * sizeof *at);

	*m = (struct nn_mask_rows){
	    .acc = acc, .rows = z->rows, .c = z->c, .act = random_acts(BED_X, n, key), .place = place,
	    .from = place + z->rows, .to = place + 2 * z->rows, .mean = z->pooled ? mean : NULL, .max = mean + c, .at = at,
	};
	for (int r = 0; r < z->rows; r++) {
		place[r] = 3 * r + 1;
		place[z->rows + r] = r * z->c;
		place[2 * z->rows + r] = (z->rows - 1 - r) * z->c;
	}
	fill_sums(acc, n, c, pattern, 1 << 30, s, key);
	fill_sums(mean, 2 * c, c, pattern < SUMS_NEAR ? SUMS_WIDE : pattern, 1 << 30, s, key + 2);
	for (size_t ch = 0; ch < c; ch++)
		at[ch] = (uint16_t)(3 * rng_below(key, ch, (uint32_t)z->rows) + 1);
}

static int64_t mask_clamp(int64_t x)
{
	return fx_clamp64(x, -(1 << 30), 1 << 30);
}

/* Gradient number i after pooling and mask. */
static int64_t mask_value(const struct nn_mask_rows *m, int i)
{
	const int r = i / m->c, ch = i % m->c, act = m->act[m->from[r] + ch];
	int64_t v = m->acc[i];
	if (m->mean)
		v = mask_clamp(v + m->mean[ch]);
	if (m->mean && m->at[ch] == m->place[r])
		v = mask_clamp(v + m->max[ch]);
	return act == 0 || act == 127 ? 0 : v;
}

static void mask_rows_case(struct subject *u, const struct mask_shape *z, int pattern)
{
	const uint64_t key = begin(u, sum_name(pattern), "%d rows of %d, pooled %d, in place %d", z->rows, z->c, z->pooled,
	                           z->in_place);
	const size_t n = (size_t)z->rows * (size_t)z->c * sizeof(int32_t);
	struct nn_mask_rows m;
	uint32_t most = 0;
	mask_make(&m, z, pattern, 5, key);
	int32_t *got = bed_out(&bed, BED_GOT, n), *want = bed_out(&bed, BED_WANT, n);
	if (z->in_place)
		m.to = m.from;
	for (int i = 0; i < z->rows * z->c; i++) {
		const int32_t v = (int32_t)mask_value(&m, i);
		want[m.to[i / z->c] + i % z->c] = v;
		most = (uint32_t)abs(v) > most ? (uint32_t)abs(v) : most;
	}
	if (z->in_place)
		m.acc = memcpy(got, m.acc, n);
	compare_number(u, "maximum", u->k.mask_rows(got, &m), most);
	compare(u, got, want, n, sizeof *got);
}

static void mask_add_case(struct subject *u, const struct mask_shape *z, int pattern, int s)
{
	const uint64_t key = begin(u, sum_name(pattern), "%d rows of %d, s %d", z->rows, z->c, s);
	const size_t n = (size_t)z->rows * (size_t)z->c;
	struct nn_mask_rows m;
	uint32_t most = 0;
	mask_make(&m, z, pattern, s, key);
	int32_t *got = bed_out(&bed, BED_GOT, n * sizeof *got), *want = bed_out(&bed, BED_WANT, n * sizeof *want);
	fill_sums(got, n, (size_t)z->c, SUM_PATTERNS - 1 - pattern, 1 << 30, s, key + 1);
	for (int i = 0; i < z->rows * z->c; i++) {
		const int at = m.to[i / z->c] + i % z->c;
		const int64_t v = mask_value(&m, i);
		/* one unit times 2^32 is already beyond what any t could bring back */
		const int64_t x = s >= -31 ? fx_rshift64(v, s) : ((v > 0) - (v < 0)) * (INT64_C(1) << 32);
		want[at] = (int32_t)mask_clamp(got[at] + x);
		most = (uint32_t)abs(want[at]) > most ? (uint32_t)abs(want[at]) : most;
	}
	compare_number(u, "maximum", u->k.mask_add(got, &m, s), most);
	compare(u, got, want, n * sizeof *got, sizeof *got);
}

static void check_mask_rows(struct subject *u)
{
	for (int p = 0; p < SUM_PATTERNS; p++)
		for (int i = 0; i < 60; i++) {
			const struct mask_shape z = {
			    .rows = 1 + (i + p) % 30, .c = 16 * (1 + i % 5), .pooled = i % 3, .in_place = i >= 30};
			mask_rows_case(u, &z, p);
		}
}

static void check_mask_add(struct subject *u)
{
	for (int s = -40; s <= 40; s++)
		for (int i = 0; i < 2 * SUM_PATTERNS; i++) {
			const struct mask_shape z = {.rows = 1 + (i + s + 40) % 24, .c = 16 * (1 + (i / SUM_PATTERNS + s + 40) % 4)};
			mask_add_case(u, &z, i % SUM_PATTERNS, s);
		}
}

#endif
