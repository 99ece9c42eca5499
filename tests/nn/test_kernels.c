/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every kernel of nn/kernels.inc, plain C too, against a naive one written from kernels.h; where that would take too long
 * (mm, wgrad, wgrad3) or says little (rounding, Winograd's transforms) against plain C, and that here and there against sums by
 * definition, values by hand or, the transforms, whole convolutions (test_conv.c).  Then the wrong kernels, which must all be
 * found out.  With --bench: how fast each is. */
#include "nn/kernels.h"
#include "base/err.h"
#include "nn/kernels_int.h"
#include "nn/net.h"
#include "test.h"

#include "fills.h"
#include "kernel_bed.h"
#include "wrong_kernels.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <time.h>
#include <unistd.h>

/* What is under test: one operation of table k.  Quiet where a failure is what we hope for. */
struct subject {
	const char *op, *isa;
	struct nn_kernels k;
	bool quiet;
	int failures;
	uint64_t cases;
	char now[200]; /* the case at hand */
};

static struct bed bed;
static struct subject *current;
static sigjmp_buf after_fault; /* for wrong kernels, which may fault */

static void on_fault(int sig)
{
	(void)sig;
	static const char head[] = "read or write outside the bed: ";
	if (current && current->quiet)
		siglongjmp(after_fault, 1);
	if (write(2, head, sizeof head - 1) < 0 || !current || write(2, current->now, strlen(current->now)) < 0 ||
	    write(2, "\n", 1) < 0)
		_exit(3);
	_exit(2);
}

/* Names the case; returns its key, from which all its data come.  By chance they are at the front or at the back, so that
 * neither goes with odd sizes. */
__attribute__((format(printf, 3, 4))) static uint64_t begin(struct subject *u, const char *pattern, const char *fmt,
							    ...)
{
	const uint64_t seed = u->cases++, key = rng_key(RNG_TEST, seed);
	va_list ap;
	int n =
	    snprintf(u->now, sizeof u->now, "%s %s, %s, seed %llu: ", u->op, u->isa, pattern, (unsigned long long)seed);
	va_start(ap, fmt);
	vsnprintf(u->now + n, sizeof u->now - (size_t)n, fmt, ap);
	va_end(ap);
	bed_clear(&bed, key & 1);
	current = u;
	return key;
}

static void fail(struct subject *u, const char *what)
{
	if (u->failures++ < 5 && !u->quiet)
		fprintf(stderr, "%s: %s\n", u->now, what);
}

/* Compares n bytes of the output at `place` with what it should be, as elements of `size` bytes, and looks after the rest. */
static void compare_at(struct subject *u, enum bed_place place, const void *got, const void *want, size_t n, size_t size)
{
	const uint8_t *g = got, *w = want;
	if (memcmp(g, w, n) != 0) {
		char what[100];
		size_t at = 0;
		uint64_t a = 0, b = 0;
		while (memcmp(g + at, w + at, size) == 0)
			at += size;
		memcpy(&a, g + at, size);
		memcpy(&b, w + at, size);
		snprintf(what, sizeof what, "first difference at %zu of %zu: %#" PRIx64 ", want %#" PRIx64, at / size, n / size,
			 a, b);
		fail(u, what);
	}
	if (!bed_intact(&bed, place, n))
		fail(u, "wrote outside its output");
	if (!bed_inputs_kept(&bed))
		fail(u, "changed an input");
}

/* The same of a number that the kernel returns. */
static void compare_number(struct subject *u, const char *name, uint64_t got, uint64_t want)
{
	char what[100];
	snprintf(what, sizeof what, "%s: %#" PRIx64 ", want %#" PRIx64, name, got, want);
	if (got != want)
		fail(u, what);
}

static void compare(struct subject *u, const void *got, const void *want, size_t n, size_t size)
{
	compare_at(u, BED_GOT, got, want, n, size);
}

#include "product_checks.h"

/* ---- elementwise ---- */

static void check_interleave4(struct subject *u)
{
	for (size_t n = 0; n < 300; n++) {
		const size_t bytes = n < 280 ? n / 2 : n / 2 * 97;
		const uint64_t key = begin(u, "random", "n %zu", bytes);
		uint8_t *in = bed_in(&bed, BED_X, 4 * bytes);
		for (size_t i = 0; i < 4 * bytes; i++)
			in[i] = (uint8_t)rng_round_bits(key, (uint32_t)i);
		uint8_t *got = bed_out(&bed, BED_GOT, 4 * bytes), *want = bed_out(&bed, BED_WANT, 4 * bytes);
		u->k.interleave4(got, in, bytes);
		for (size_t i = 0; i < 4 * bytes; i++)
			want[i] = in[i % 4 * bytes + i / 4];
		compare(u, got, want, 4 * bytes, 1);
	}
}

/* Rows of sums, a bias and where each row goes: every other place of 2 * rows - 1, from the last to the first. */
struct rows_case {
	int32_t *row, *acc, *bias;
	int rows, c, s;
	size_t n; /* elements of the output */
};

static void rows_make(struct rows_case *z, int pattern, uint64_t key)
{
	const size_t sums = (size_t)z->rows * (size_t)z->c;
	z->row = bed_in(&bed, BED_ROW, sizeof *z->row * (size_t)z->rows);
	z->acc = bed_in(&bed, BED_X, sizeof *z->acc * sums);
	z->bias = bed_in(&bed, BED_BIAS, sizeof *z->bias * (size_t)z->c);
	z->n = (2 * (size_t)z->rows - 1) * (size_t)z->c;
	for (int r = 0; r < z->rows; r++)
		z->row[r] = z->c * 2 * (z->rows - 1 - r);
	for (int i = 0; i < z->c; i++)
		z->bias[i] = sum_value(SUMS_WIDE, (1 << 28) - 1, z->s, (size_t)i, key + 2);
	fill_sums(z->acc, sums, (size_t)z->c, pattern, (1 << 30) - 1, z->s, key);
	for (size_t i = 0; i < sums; i++)
		z->acc[i] -= z->bias[i % (size_t)z->c];
}

static void relu_rows_case(struct subject *u, struct rows_case *z, int pattern)
{
	const uint64_t key = begin(u, sum_name(pattern), "%d rows, c %d, s %d", z->rows, z->c, z->s);
	rows_make(z, pattern, key);
	uint8_t *got = bed_out(&bed, BED_GOT, z->n), *want = bed_out(&bed, BED_WANT, z->n);
	u->k.relu_rows(got, z->row, z->rows, z->acc, z->bias, z->c, z->s);
	nn_relu_rows_c(want, z->row, z->rows, z->acc, z->bias, z->c, z->s);
	compare(u, got, want, z->n, 1);
}

static void trunk_rows_case(struct subject *u, struct rows_case *z, int pattern, int extras)
{
	const uint64_t key =
	    begin(u, sum_name(pattern), "%d rows, c %d, s %d, extra %d", z->rows, z->c, z->s, extras);
	rows_make(z, pattern, key);
	int32_t *extra = bed_in(&bed, BED_EXTRA, sizeof *extra * (size_t)z->c);
	for (int i = 0; i < z->c; i++) {
		const int32_t most = 1 << 17, v = (int32_t)(rng_round_bits(key + 3, (uint32_t)i) % (uint32_t)most);
		extra[i] = (i & 1 ? -1 : 1) * (extras == 2 ? most : v >> i % 18);
	}
	int16_t *got = bed_out(&bed, BED_GOT, z->n * sizeof *got), *want = bed_out(&bed, BED_WANT, z->n * sizeof *got);
	const enum fill fill = pattern < SUMS_FILLS ? FILL_RANDOM : (enum fill)(pattern - SUMS_FILLS);
	for (size_t i = 0; i < z->n; i++)
		got[i] = want[i] = (int16_t)fill_value(fill, -32767, 32767, both_ways(i, (size_t)z->c), key + 4);
	u->k.trunk_rows(got, z->row, z->rows, z->acc, z->bias, extras ? extra : NULL, z->c, z->s);
	nn_trunk_rows_c(want, z->row, z->rows, z->acc, z->bias, extras ? extra : NULL, z->c, z->s);
	compare(u, got, want, z->n * sizeof *got, sizeof *got);
}

static const int widths[] = {16, 32, 48, 64, 256};

static void check_relu_rows(struct subject *u)
{
	for (int s = -8; s <= 30; s++)
		for (int p = 0; p < SUM_PATTERNS; p++)
			for (int i = 0; i < 5; i++)
				relu_rows_case(
				    u, &(struct rows_case){.rows = 1 + (s + 8 + i) % 20, .c = widths[i], .s = s}, p);
}

static void check_trunk_rows(struct subject *u)
{
	for (int s = -10; s <= 30; s++)
		for (int p = 0; p < SUM_PATTERNS; p++)
			for (int i = 0; i < 5; i++)
				trunk_rows_case(
				    u, &(struct rows_case){.rows = 1 + (s + 10 + i) % 20, .c = widths[i], .s = s}, p,
				    (s + 10 + i + p) % 3);
}

/* Every value of the trunk, and every length up to a few vectors. */
static void check_relu_trunk(struct subject *u)
{
	for (int s = 0; s <= 14; s++)
		for (size_t n = 0; n <= 70; n++) {
			const size_t len = n == 70 ? 65535 : n;
			const enum fill fill = (enum fill)((n + (size_t)s) % FILLS);
			const uint64_t key = begin(u, n == 70 ? "every value" : fill_names[fill], "n %zu, s %d", len, s);
			int16_t *t = bed_in(&bed, BED_X, len * sizeof *t);
			for (size_t i = 0; i < len; i++)
				t[i] = (int16_t)(n == 70 ? (int32_t)i - 32767 : fill_value(fill, -32767, 32767, i, key));
			uint8_t *got = bed_out(&bed, BED_GOT, len), *want = bed_out(&bed, BED_WANT, len);
			u->k.relu_trunk(got, t, len, s);
			nn_relu_trunk_c(want, t, len, s);
			compare(u, got, want, len, 1);
		}
}

static void max_abs_compare(struct subject *u, const int32_t *g, size_t n)
{
	int32_t want = 0;
	for (size_t i = 0; i < n; i++)
		want = abs(g[i]) > want ? abs(g[i]) : want;
	bed_keep_inputs(&bed);
	compare_number(u, "maximum", u->k.max_abs(g, n), (uint64_t)want);
	if (!bed_inputs_kept(&bed))
		fail(u, "changed an input");
}

/* One large value among small ones, of either sign, at every place of every length; and every pattern. */
static void check_max_abs(struct subject *u)
{
	for (size_t n = 0; n <= 70; n++)
		for (size_t at = 0; at <= n + SUM_PATTERNS; at++) {
			const int pattern = at <= n ? SUMS_SMALL : (int)(at - n) - 1;
			const uint64_t key = begin(u, at <= n ? "one" : sum_name(pattern), "n %zu, place %zu", n, at);
			int32_t *g = bed_in(&bed, BED_X, n * sizeof *g);
			fill_sums(g, n, n + 1, pattern, 1 << 30, 0, key);
			if (at < n)
				g[at] = (at & 1 ? -1 : 1) * (n & 1 ? 1 << 30 : 5000);
			max_abs_compare(u, g, n);
		}
}

static void round_sr_case(struct subject *u, int pattern, size_t n, int s)
{
	const uint64_t key = begin(u, sum_name(pattern), "n %zu, s %d", n, s);
	const uint32_t first = s & 1 ? UINT32_MAX - 20 : (uint32_t)s * 1000003u; /* the index may wrap */
	int32_t *g = bed_in(&bed, BED_X, n * sizeof *g);
	fill_sums(g, n, n + 1, pattern, 1 << 30, s, key);
	for (size_t i = 0; i < n && pattern == SUMS_WIDE && s < 22; i++)
		g[i] %= 140 << s; /* within the range that is not clamped */
	int8_t *got = bed_out(&bed, BED_GOT, n), *want = bed_out(&bed, BED_WANT, n);
	u->k.round_sr(got, g, n, s, key, first);
	nn_round_sr_c(want, g, n, s, key, first);
	compare(u, got, want, n, 1);
}

static void check_round_sr(struct subject *u)
{
	for (int s = 0; s <= 24; s++)
		for (size_t n = 0; n <= 72; n++)
			round_sr_case(u, (int)(n + (size_t)s) % SUM_PATTERNS, n < 70 ? n : n * 15, s);
}

/* ---- operations over a board ---- */

static uint8_t *random_acts(enum bed_place place, size_t n, uint64_t key)
{
	uint8_t *x = bed_in(&bed, place, n);
	for (size_t i = 0; i < n; i++) /* both ends of the range often, as the masks look for them */
		x[i] =
		    (uint8_t)fill_value(rng_round_bits(key, (uint32_t)i) & 256 ? FILL_RANDOM : FILL_TURNS, 0, 127, i, key);
	return x;
}

static void sum_points_case(struct subject *u, int size, int c, enum fill fill)
{
	const uint64_t key = begin(u, fill_names[fill], "board %d, c %d", size, c);
	const size_t n = (size_t)c * sizeof(int32_t), gn = (size_t)nn_padded(size) * (size_t)c;
	int8_t *g = bed_in(&bed, BED_X, gn);
	for (size_t i = 0; i < gn; i++)
		g[i] = (int8_t)fill_value(fill, -127, 127, both_ways(i, (size_t)c), key);
	int32_t *got = bed_out(&bed, BED_GOT, n), *want = bed_out(&bed, BED_WANT, n);
	for (int ch = 0; ch < c; ch++) {
		got[ch] = want[ch] = sum_value(SUMS_WIDE, 1 << 30, 1, (size_t)ch, key);
		for (int p = 0; p < size * size; p++)
			want[ch] += g[nn_padded_index(size, p / size, p % size) * c + ch];
	}
	u->k.sum_points(got, g, size, c);
	compare(u, got, want, n, sizeof *got);
}

/* One filling after the other; of full boards all that there are. */
static void check_sum_points(struct subject *u)
{
	for (int size = 2, turn = 0; size <= 19; size++, turn++)
		for (int c = 16; c <= 256; c += 16)
			sum_points_case(u, size, c, (enum fill)(turn++ % FILLS));
	for (int f = 0; f < FILLS; f++)
		sum_points_case(u, 19, 16 * (1 + f), (enum fill)f);
}

#include "mask_checks.h"
#include "sums_checks.h"
#include "wgrad3_checks.h"
#include "wino_checks.h"

/* ---- all kernels, all wrong kernels ---- */

typedef void any_fn(void);

#define NN_KERNEL(op, isa, flags) {#op, #isa, flags, check_##op},
static const struct line {
	const char *op, *isa;
	unsigned flags;
	void (*check)(struct subject *u);
} lines[] = {
#include "nn/kernels.inc"
};
#undef NN_KERNEL
enum { LINES = sizeof lines / sizeof *lines };

static void test_kernels(unsigned have)
{
	for (int i = 0; i < LINES; i++) {
		struct subject u = {.op = lines[i].op, .isa = lines[i].isa};
		if (lines[i].flags & ~have) {
			printf("skipped on this machine: %s %s\n", u.op, u.isa);
			continue;
		}
		nn_kernels_init(&u.k, lines[i].flags);
		lines[i].check(&u);
		CHECK(u.cases > 100);
		CHECK_INT(u.failures, 0);
	}
}

#define WRONG(op, name)                                                                                                \
	{                                                                                                              \
#op, #name, check_##op,                                                                                \
		{                                                                                                      \
			.op = wrong_##name##_##op                                                                      \
		}                                                                                                      \
	}
static const struct wrong {
	const char *op, *name;
	void (*check)(struct subject *u);
	struct nn_kernels k;
} wrongs[] = {
    WRONG(mm_u8, fours), WRONG(mm_u8, row), WRONG(mm_u8, end), WRONG(mm_u8, tap), WRONG(mm_u8, bits),
    WRONG(mm_s8, offset), WRONG(mm_s8, begin), WRONG(mm_s8, input), WRONG(wgrad, quad), WRONG(wgrad, tap),
    WRONG(wgrad, index), WRONG(interleave4, order), WRONG(relu_rows, half), WRONG(relu_rows, gap),
    WRONG(trunk_rows, floor), WRONG(trunk_rows, early), WRONG(relu_trunk, sat), WRONG(max_abs, tail),
    WRONG(max_abs, sign), WRONG(max_abs, past), WRONG(round_sr, first), WRONG(round_sr, floor), WRONG(pool, padding),
    WRONG(pool, last), WRONG(pool, full), WRONG(mask_rows, top), WRONG(mask_rows, place), WRONG(mask_rows, clear),
    WRONG(mask_add, half), WRONG(mask_add, wrap), WRONG(sum_points, line), WRONG(wino_mm, sat), WRONG(wino_mm, point),
    WRONG(wino_in_s8, narrow), WRONG(wino_in_s8, sign), WRONG(wino_in_u8, size), WRONG(wino_out, edge),
    WRONG(wino_out, inverse), WRONG(add_sums, lane), WRONG(add_sums, whole), WRONG(logits_back, narrow),
    WRONG(wgrad3, edge), WRONG(wgrad3, narrow), WRONG(wgrad3, index),
};

static void test_wrong_kernel(const struct wrong *w)
{
	static struct subject u; /* static, so that it keeps its value over a fault */
	u = (struct subject){.op = w->op, .isa = w->name, .k = w->k, .quiet = true};
	if (sigsetjmp(after_fault, 1) == 0)
		w->check(&u);
	else
		u.failures++;
	printf("wrong %s, \"%s\": %d failures in %llu cases\n", u.op, u.isa, u.failures, (unsigned long long)u.cases);
	CHECK(u.failures > 0);
}

static void test_wrong_kernels(void)
{
	for (size_t i = 0; i < sizeof wrongs / sizeof *wrongs; i++)
		test_wrong_kernel(&wrongs[i]);
}

/* ---- the table ---- */

#define NN_KERNEL(op, isa, flags) (any_fn *)nn_##op##_##isa,
static any_fn *const functions[LINES] = {
#include "nn/kernels.inc"
};
#undef NN_KERNEL

/* What flags should give: the last line that they allow. */
static any_fn *expected(const char *op, unsigned flags)
{
	any_fn *f = NULL;
	for (int i = 0; i < LINES; i++)
		if (strcmp(lines[i].op, op) == 0 && !(lines[i].flags & ~flags))
			f = functions[i];
	return f;
}

static void test_subset(unsigned flags)
{
	struct nn_kernels k;
	nn_kernels_init(&k, flags);
#define NN_KERNEL(op, isa, needs) CHECK((any_fn *)k.op == expected(#op, flags));
#include "nn/kernels.inc"
#undef NN_KERNEL
}

/* Every subset of what the machine has, by text and back. */
static void test_flags(unsigned have)
{
	unsigned flags = 0, f;
	char text[64];
	do {
		test_subset(flags);
		nn_cpu_flags_text(text, sizeof text, flags);
		CHECK_INT(nn_cpu_flags_parse(&f, text, NULL), 0);
		CHECK_INT(f, flags);
		flags = (flags - have) & have;
	} while (flags);
	CHECK_INT(nn_cpu_flags_parse(&f, NULL, NULL), 0);
	CHECK_INT(f, have);
	CHECK_INT(nn_cpu_flags_parse(&f, "all", NULL), 0);
	CHECK_INT(f, have);
}

static void test_flag_texts(void)
{
	static const char *const bad[] = {"",          "avx",  "avx22", "avx2,",     ",avx2",
					  "none,avx2", "AVX2", "avx2 ", "avx2,,avx2"};
	struct err e;
	char text[64], tiny[3];
	unsigned f;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		CHECK_INT(nn_cpu_flags_parse(&f, bad[i], &e), ERR_ARG);
	nn_cpu_flags_text(text, sizeof text, 0);
	CHECK_STR(text, "none");
	nn_cpu_flags_text(text, sizeof text, NN_CPU_AVX2 | NN_CPU_AVX512VNNI);
	CHECK_STR(text, "avx2,avx512vnni");
	nn_cpu_flags_text(tiny, sizeof tiny, NN_CPU_AVX2 | NN_CPU_AVX512VNNI);
	CHECK_STR(tiny, "av");
	if (!(nn_cpu_flags() & NN_CPU_AVX512VNNI)) {
		CHECK_INT(nn_cpu_flags_parse(&f, "avx512vnni", &e), ERR_ARG);
		CHECK(strstr(e.text, "avx512vnni") != NULL);
	}
}

/* ---- by hand ---- */

/* Values by hand: half goes up, towards plus infinity, and all clamps are where kernels.h says. */
static void test_elementwise_by_hand(void)
{
	const int32_t row[1] = {0}, bias[16] = {0, 0, 0, 0, 0, 0, 1, -1};
	const int32_t acc[16] = {0, 1, 2, 3, 5, 6, 1, 3, -1, -2, -3, 507, 509, 510, 1 << 29, -(1 << 29)};
	const uint8_t relu[16] = {0, 0, 1, 1, 1, 2, 1, 1, 0, 0, 0, 127, 127, 127, 127, 0};
	uint8_t out[16];
	nn_relu_rows_c(out, row, 1, acc, bias, 16, 2);
	CHECK(memcmp(out, relu, 16) == 0);

	int16_t t[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32700, 0, 32767, 32767, -32767};
	const int16_t trunk[16] = {0, 0, 1, 1, 1, 2, 1, 1, 0, 0, -1, 32767, 127, 32767, 32767, -32767};
	nn_trunk_rows_c(t, row, 1, acc, bias, NULL, 16, 2);
	CHECK(memcmp(t, trunk, sizeof t) == 0);
	nn_relu_rows_c(out, row, 1, acc, bias, 16, -8);
	CHECK(out[0] == 0 && out[1] == 127 && out[8] == 0 && out[14] == 127 && out[15] == 0);
	nn_relu_rows_c(out, row, 1, acc, bias, 16, 0);
	CHECK(out[3] == 3 && out[7] == 2 && out[8] == 0 && out[11] == 127);
	nn_trunk_rows_c(t, row, 1, acc, bias, acc, 16, -3);
	CHECK_INT(t[1], 9);
	CHECK_INT(t[6], 1 + 16 + 1);
	CHECK_INT(t[10], -1 - 24 - 3);
	CHECK_INT(t[15], -32767);

	const int16_t in[6] = {-32767, -1, 1, 2, 508, 32767};
	const uint8_t clamped[6] = {0, 0, 0, 1, 127, 127};
	nn_relu_trunk_c(out, in, 6, 2);
	CHECK(memcmp(out, clamped, 6) == 0);
}

/* Rounding is either neighbour, and the exact value on average. */
static void test_round_sr_by_hand(void)
{
	enum { N = 4096 };
	static int32_t g[N];
	static int8_t out[N];
	int32_t sum = 0;
	for (int i = 0; i < N; i++)
		g[i] = -(5 * 256 + 64); /* -5.25 */
	nn_round_sr_c(out, g, N, 8, 12345, 0);
	for (int i = 0; i < N; i++) {
		CHECK(out[i] == -6 || out[i] == -5);
		sum += out[i];
	}
	CHECK(abs(sum * 4 + 21 * N) < N / 4);
	nn_round_sr_c(out, (const int32_t[]){300, -300, -128, 127}, 4, 0, 1, 0);
	CHECK(memcmp(out, (const int8_t[]){127, -127, -127, 127}, 4) == 0);
}

/* ---- speed ---- */

static int64_t nanoseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One kernel's work: call it, and how many multiply-adds (or elements) that is. */
struct work {
	const struct nn_kernels *k;
	struct nn_mm mm;
	struct nn_wgrad wgrad;
	struct nn_wgrad3 wgrad3;
	struct nn_mask_rows mask;
	struct nn_logits_back logits;
	struct rows_case rows;
	size_t elements;
};

static void call_mm_u8(struct work *w)
{
	w->k->mm_u8(&w->mm);
}
static void call_mm_s8(struct work *w)
{
	w->k->mm_s8(&w->mm);
}
static void call_wgrad(struct work *w)
{
	w->k->wgrad(&w->wgrad);
}

/* 32 boards' tiles of 3x3: inputs at their points, sums at one point, and the way back. */
static void call_wino_in_u8(struct work *w)
{
	for (int i = 0; i < 32 * 9; i++)
		w->k->wino_in_u8((int16_t *)(void *)bed.base[BED_GOT], 1024 + 32, bed.base[BED_X], 10 * w->rows.c, w->rows.c, 3, 3);
}

static void call_wino_in_s8(struct work *w)
{
	for (int i = 0; i < 32 * 9; i++)
		w->k->wino_in_s8((int16_t *)(void *)bed.base[BED_GOT], 1024 + 32, (int8_t *)bed.base[BED_X], 10 * w->rows.c, w->rows.c, 3, 3);
}

static void call_wino_mm(struct work *w)
{
	const int c = w->rows.c;
	for (int i = 0; i < 8; i++)
		w->k->wino_mm(&(struct nn_wino_mm){.v = (int16_t *)(void *)bed.base[BED_X], .u = (int16_t *)(void *)bed.base[BED_W],
						   .m = (int32_t *)(void *)bed.base[BED_GOT], .points = 1, .first = {0, 0, 36, 36, 36},
						   .ci = c, .co = c, .term = (int32_t *)(void *)bed.base[BED_WANT]});
}

static void call_wino_out(struct work *w)
{
	for (int i = 0; i < 32 * 9; i++)
		w->k->wino_out((int32_t *)(void *)bed.base[BED_GOT], (int32_t *)(void *)bed.base[BED_X], 1024 + 32, w->rows.c, 3, 3);
}

static void call_wgrad3(struct work *w)
{
	w->k->wgrad3(&w->wgrad3);
}
static void call_interleave4(struct work *w)
{
	w->k->interleave4(bed.base[BED_GOT], bed.base[BED_X], w->elements / 4);
}
static void call_relu_rows(struct work *w)
{
	const struct rows_case *z = &w->rows;
	w->k->relu_rows(bed.base[BED_GOT], z->row, z->rows, z->acc, z->bias, z->c, 12);
}
static void call_trunk_rows(struct work *w)
{
	const struct rows_case *z = &w->rows;
	w->k->trunk_rows((int16_t *)(void *)bed.base[BED_GOT], z->row, z->rows, z->acc, z->bias, NULL, z->c, 12);
}
static void call_relu_trunk(struct work *w)
{
	w->k->relu_trunk(bed.base[BED_GOT], (int16_t *)(void *)bed.base[BED_X], w->elements, 5);
}
static void call_max_abs(struct work *w)
{
	CHECK(w->k->max_abs((int32_t *)(void *)bed.base[BED_X], w->elements) != 1);
}
static void call_round_sr(struct work *w)
{
	w->k->round_sr((int8_t *)bed.base[BED_GOT], (int32_t *)(void *)bed.base[BED_X], w->elements, 12, 77, 0);
}

static void call_pool(struct work *w)
{
	for (int i = 0; i < 32; i++)
		w->k->pool((uint32_t *)(void *)bed.base[BED_GOT], bed.base[BED_WANT], (uint16_t *)(void *)bed.base[BED_BIAS], bed.base[BED_X], 9, w->rows.c);
}

static void call_mask_rows(struct work *w)
{
	CHECK(w->k->mask_rows((int32_t *)(void *)bed.base[BED_GOT], &w->mask) != 1);
}

static void call_mask_add(struct work *w)
{
	struct nn_mask_rows m = w->mask;
	m.mean = NULL;
	CHECK(w->k->mask_add((int32_t *)(void *)bed.base[BED_GOT], &m, 7) != 1);
}

static void call_add_sums(struct work *w)
{
	CHECK(w->k->add_sums((int64_t *)(void *)bed.base[BED_GOT], (int32_t *)(void *)bed.base[BED_X], w->elements / 2, 4, 1) != 1);
}

static void call_logits_back(struct work *w)
{
	w->k->logits_back(&w->logits);
}

static void call_sum_points(struct work *w)
{
	for (int i = 0; i < 32; i++)
		w->k->sum_points((int32_t *)(void *)bed.base[BED_GOT], (int8_t *)bed.base[BED_X], 9, w->rows.c);
}

/* A 9x9 convolution of c channels over 32 positions. */
static void work_make(struct work *w, const char *op, int c)
{
	const struct mm_shape z = {.size = 9, .ci = c, .co = c, .rows = 32 * 81, .taps = 9};
	const struct wgrad_shape g = {.size = 9, .quads = 8, .ci = c, .co = c, .taps = 9};
	w->elements = 32 * 81 * (size_t)c;
	w->rows = (struct rows_case){.rows = 32 * 81, .c = c, .s = 12};
	if (strcmp(op, "wgrad") == 0) {
		wgrad_make(&w->wgrad, &g, &patterns[0], 1);
		w->wgrad.dw = bed_out(&bed, BED_GOT, sizeof(int32_t) * 9 * (size_t)c * (size_t)c);
		w->elements *= 9 * (size_t)c;
	} else if (strcmp(op, "wgrad3") == 0) {
		wgrad3_make(&w->wgrad3, &g, &patterns[0], 1);
		w->wgrad3.dw = bed_out(&bed, BED_GOT, sizeof(int32_t) * 9 * (size_t)c * (size_t)c);
		w->elements *= 9 * (size_t)c;
	} else if (strcmp(op, "logits_back") == 0) {
		logits_make(&w->logits, &(struct logits_shape){.rows = 32 * 81, .ci = c, .co = 3}, &patterns[0], 1);
		w->logits.dw = bed_out(&bed, BED_GOT, sizeof(int64_t) * 3 * (size_t)c);
		w->logits.out = bed_out(&bed, BED_WANT, sizeof(int32_t) * w->elements);
	} else if (strncmp(op, "mask_", 5) == 0) {
		mask_make(&w->mask, &(struct mask_shape){.rows = 32 * 81, .c = c, .pooled = true}, SUMS_SMALL, 0, 1);
	} else if (strncmp(op, "mm_", 3) == 0) {
		mm_make(&w->mm, &z, &patterns[0], op[3] == 's' ? -127 : 0, 1);
		w->mm.acc = bed_out(&bed, BED_GOT, sizeof(int32_t) * w->elements);
		w->elements *= 9 * (size_t)c;
	} else if (strcmp(op, "wino_mm") == 0) {
		w->elements = 32 * 9 * (size_t)c * (size_t)c;
	} else {
		rows_make(&w->rows, SUMS_SMALL, 1);
	}
}

/* The best of several tries of 30 ms each: elements a nanosecond. */
static double speed(struct work *w, void (*call)(struct work *))
{
	double best = 0;
	for (int try = 0; try < 7; try++) {
		const int64_t start = nanoseconds();
		int64_t spent, calls = 0;
		do {
			call(w);
			calls++;
			spent = nanoseconds() - start;
		} while (spent < 30000000);
		const double rate = (double)w->elements * (double)calls / (double)spent;
		best = rate > best ? rate : best;
	}
	return best;
}

static int bench(unsigned have)
{
#define NN_KERNEL(op, isa, flags) call_##op,
	static void (*const calls[LINES])(struct work *) = {
#include "nn/kernels.inc"
	};
#undef NN_KERNEL
	printf("9x9, 32 positions; G multiply-adds a second (products) or G elements a second (the rest)\n");
	printf("%-24s %10s %10s\n", "kernel", "32 ch", "64 ch");
	for (int i = 0; i < LINES; i++) {
		struct nn_kernels k;
		struct work w = {.k = &k};
		if (lines[i].flags & ~have)
			continue;
		nn_kernels_init(&k, lines[i].flags);
		printf("%-11s %-12s", lines[i].op, lines[i].isa);
		for (int c = 32; c <= 64; c += 32) {
			work_make(&w, lines[i].op, c);
			printf(" %10.2f", speed(&w, calls[i]));
		}
		printf("\n");
	}
	return 0;
}

int main(int argc, char **argv)
{
	const unsigned have = nn_cpu_flags();
	bed_init(&bed);
	signal(SIGSEGV, on_fault);
	signal(SIGBUS, on_fault);
	if (argc > 1 && strcmp(argv[1], "--bench") == 0)
		return bench(have);
	test_mm_definition(false);
	test_mm_definition(true);
	test_wgrad_definition();
	for (int size = 2; size <= 5; size++)
		test_wgrad3_definition(size);
	test_wgrad3_worst(3, 18, 49);
	test_wgrad3_worst(4, 98, 225);
	test_elementwise_by_hand();
	test_round_sr_by_hand();
	test_flags(have);
	test_flag_texts();
	test_kernels(have);
	test_wrong_kernels();
	return test_done();
}
