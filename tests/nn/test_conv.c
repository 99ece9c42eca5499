/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 3x3 convolutions over boards: direct and by exact Winograd, every size, against sums written down from conv.h. */
#include "nn/conv.h"

#include "base/rng.h"
#include "nn/net.h"
#include "test.h"

#include "fills.h"
#include "same.h"

enum { BOARDS = 11, MOST = 256, X_MOST = 1 << 19, W_MOST = MOST * MOST * 9 };

/* What is computed, and what comes of it. */
struct job {
	struct nn_conv c;
	struct nn_conv_work work;
	struct arena arena;
	int boards;
	enum fill xf, wf;
	uint64_t key;  /* of its data */
	int32_t *got;  /* boards * points * co, canaries around; and how often each was handed over */
	uint8_t *seen;
	size_t sums;
};

static uint8_t x[X_MOST];
static int8_t w[W_MOST], packed[W_MOST];
static _Alignas(64) int16_t u[NN_WINO_POINTS * MOST * MOST];

static void done(void *arg, const struct nn_conv_rows *r)
{
	struct job *j = arg;
	const int points = j->c.size * j->c.size, co = j->c.co;
	CHECK(r->rows >= 1 && r->rows <= NN_CONV_ROWS && r->board >= 0 && r->board < j->boards);
	CHECK(r->first >= 0 && r->first + r->channels <= co && (!j->c.whole || r->channels == co));
	CHECK((uintptr_t)r->acc % 64 == 0);
	for (int i = 0; i < r->rows; i++) {
		const size_t at = ((size_t)r->board * (size_t)points + (size_t)r->point[i]) * (size_t)co + (size_t)r->first;
		CHECK(r->point[i] >= 0 && r->point[i] < points);
		memcpy(j->got + at, r->acc + i * r->channels, sizeof *j->got * (size_t)r->channels);
		for (int o = 0; o < r->channels; o++)
			j->seen[at + (size_t)o]++;
	}
}

static int64_t definition(const struct nn_conv *c, int board, int point, int o)
{
	const int row = point / c->size, col = point % c->size;
	int64_t sum = 0;
	for (int t = 0; t < 9; t++) {
		const ptrdiff_t at = board * nn_padded(c->size) + nn_padded_index(c->size, row + t / 3 - 1, col + t % 3 - 1);
		for (int k = 0; k < c->ci; k++) {
			const int v = c->is_signed ? ((const int8_t *)c->x)[at * c->ci + k] : ((const uint8_t *)c->x)[at * c->ci + k];
			sum += v * w[(o * 9 + t) * c->ci + k];
		}
	}
	return sum;
}

static void make(struct job *j)
{
	const struct nn_conv *c = &j->c;
	const int points = c->size * c->size, padded = nn_padded(c->size);
	memset(x, 0, (size_t)(j->boards * padded * c->ci));
	for (int i = 0; i < j->boards * points; i++) {
		const int p = i % points, at = i / points * padded + nn_padded_index(c->size, p / c->size, p % c->size);
		for (int k = at * c->ci; k < (at + 1) * c->ci; k++)
			x[k] = (uint8_t)fill_value(j->xf, c->is_signed ? -127 : 0, 127, (size_t)k, j->key);
	}
	fill_bytes(w, (size_t)(c->co * 9 * c->ci), j->wf, -127, j->key + 1);
	nn_pack(packed, w, c->co, 9 * c->ci);
	nn_wino_pack(u, w, c->co, c->ci);
	j->sums = (size_t)(j->boards * points) * (size_t)c->co;
}

/* Sums here and there by definition. */
static void compare_definition(const struct job *j)
{
	const int points = j->c.size * j->c.size;
	for (size_t i = 0; i < j->sums; i += 1 + j->sums / 300) {
		const int o = (int)(i % (size_t)j->c.co), p = (int)(i / (size_t)j->c.co);
		CHECK_INT(j->got[i], definition(&j->c, p / points, p % points, o));
	}
}

/* One way: all sums handed over once.  Compares with want, or with the definition where there is none. */
static void run(struct job *j, unsigned flags, bool wino, const int32_t *want)
{
	const struct nn_conv *c = &j->c;
	const int before = test_failures;
	struct nn_kernels k;
	char now[240];
	snprintf(now, sizeof now, "%s, flags %s, %d boards of %d, ci %d, co %d, signed %d, whole %d, x %s, w %s, key %#" PRIx64,
	         wino ? "winograd" : "direct", flags_text(flags).s, j->boards, c->size, c->ci, c->co, c->is_signed, c->whole,
	         fill_names[j->xf], fill_names[j->wf], j->key);
	nn_kernels_init(&k, flags);
	memset(j->seen, 0, j->sums);
	memset(j->got, 0x5a, j->sums * sizeof *j->got);
	(wino ? nn_conv_wino : nn_conv_direct)(&k, &j->work, c, j->boards, done, j);
	bool once = true;
	for (size_t i = 0; i < j->sums; i++)
		once = once && j->seen[i] == 1;
	CHECK(once);
	if (!want)
		compare_definition(j);
	named(now, test_failures == before);
	if (want)
		check_same(now, j->got, want, j->sums);
}

/* Plain C directly; then every subset of what the machine has, both ways. */
static void test_case(const struct nn_conv *c, int boards, enum fill xf, enum fill wf)
{
	struct job j = {.c = *c, .boards = boards, .xf = xf, .wf = wf};
	const int most = c->ci > c->co ? c->ci : c->co;
	unsigned flags = 0, have = nn_cpu_flags();
	j.c.x = x;
	j.c.packed = packed;
	j.c.wino = u;
	j.key = rng_key(RNG_TEST, (uint64_t)(c->size * 1000 + c->ci + c->co + boards));
	make(&j);
	j.got = malloc(j.sums * sizeof *j.got);
	j.seen = malloc(j.sums);
	int32_t *want = malloc(j.sums * sizeof *want);
	CHECK_INT(arena_init(&j.arena, nn_conv_bytes(c->size, most)), 0);
	nn_conv_place(&j.work, &j.arena, c->size, most);
	CHECK(j.work.acc != NULL);
	run(&j, 0, false, NULL);
	memcpy(want, j.got, j.sums * sizeof *want);
	do {
		run(&j, flags, false, want);
		if (nn_conv_has_wino(&j.c))
			run(&j, flags, true, want);
		flags = (flags - have) & have;
	} while (flags);
	arena_release(&j.arena);
	free(j.got);
	free(j.seen);
	free(want);
}

static void test_sizes(void)
{
	static const int channels[] = {16, 32, 48, 80};
	for (int size = 2; size <= 19; size++)
		for (int i = 0; i < FILLS; i++) {
			const struct nn_conv c = {
			    .is_signed = (i ^ i / 4) & 1, .whole = size & 1, .size = size,
			    .ci = channels[i % 4], .co = channels[(i + size) % 4],
			};
			const int boards = size < 8 ? BOARDS : size < 14 ? 3 : 1 + i % 2;
			test_case(&c, boards, (enum fill)i, (enum fill)((i * 2 + size) % FILLS));
		}
}

/* The largest sums of all. */
static void test_widest(void)
{
	for (int i = 0; i < FILLS; i++) {
		const enum fill x_fill = (enum fill)i, w_fill = i == FILL_RANDOM ? FILL_TOP : x_fill;
		test_case(&(struct nn_conv){.size = 7, .ci = 224, .co = 16, .is_signed = i & 1}, 1, x_fill, w_fill);
	}
	test_case(&(struct nn_conv){.size = 4, .ci = 224, .co = 256}, 1, FILL_TOP, FILL_TOP);
}

/* Sums up to the limit, and no further. */
static void test_limit(void)
{
	const int most = NN_WINO_LIMIT / 127, co = 32, ci = 256;
	CHECK(most * 127 < NN_WINO_LIMIT && (most + 1) * 127 >= NN_WINO_LIMIT);
	for (int o = 0; o < co; o++)
		for (int k = 0, left = o == 20 ? most : 7; k < 9 * ci; k++) {
			const int v = left < 127 ? left : 127;
			w[o * 9 * ci + k] = (int8_t)(k & 1 ? -v : v);
			left -= v;
		}
	CHECK(nn_wino_fits(w, co, ci));
	w[20 * 9 * ci + 9 * ci - 1] = -1;
	CHECK(!nn_wino_fits(w, co, ci));
	memset(w, 127, (size_t)(co * 9 * ci));
	CHECK(!nn_wino_fits(w, co, ci) && !nn_wino_fits(w, 1, 240) && nn_wino_fits(w, co, 224));
}

static void test_sides(void)
{
	for (int size = 2; size <= 19; size++)
		CHECK(nn_conv_has_wino(&(struct nn_conv){.size = size, .wino = u}) == (size != 2 && size != 5));
	CHECK(!nn_conv_has_wino(&(struct nn_conv){.size = 9}));
}

int main(void)
{
	test_sides();
	test_limit();
	test_sizes();
	test_widest();
	return test_done();
}
