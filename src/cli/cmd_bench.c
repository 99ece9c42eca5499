/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai bench: how fast this machine is, and one hash that must be the same on all of them. */
#include "cli/bench_int.h"
#include "cli/bench_peak.h"

#include <stdio.h>

static const struct {
	const char *name;
	bench_part *run;
} parts[] = {
    {"rules", bench_rules},     {"kernels", bench_kernels}, {"selfplay", bench_selfplay}, {"train", bench_train},
    {"forward", bench_forward}, {"search", bench_search},   {"match", bench_match},
};
enum { PARTS = sizeof parts / sizeof *parts };

void bench_hash_i32(struct sha256 *s, const int32_t *p, size_t n)
{
	uint8_t b[256];
	for (size_t i = 0; i < n;) {
		size_t k = 0;
		for (; k < sizeof b && i < n; k += 4, i++)
			bytes_put_u32(b + k, (uint32_t)p[i]);
		sha256_update(s, b, k);
	}
}

void bench_hash_u64(struct sha256 *s, uint64_t v)
{
	uint8_t b[8];
	bytes_put_u64(b, v);
	sha256_update(s, b, sizeof b);
}

void bench_speed(const char *what, double amount, double seconds, const char *unit)
{
	char text[32];
	cli_short_number(text, sizeof text, amount / (seconds > 1e-9 ? seconds : 1e-9));
	fprintf(stderr, "  %-28s %s%s\n", what, text, unit);
}

void bench_macs(const struct bench *b, const char *what, double amount, double seconds)
{
	char unit[64] = " multiply-adds/s";
	if (b->peak > 0 && seconds > 1e-9)
		snprintf(unit, sizeof unit, " multiply-adds/s, %.0f%% of the peak", 100 * amount / seconds / b->peak);
	bench_speed(what, amount, seconds, unit);
}

int bench_size(const struct bench *b)
{
	return b->quick ? 5 : 7;
}

static void release(struct bench *b)
{
	pool_free(b->pool);
	train_free(b->state);
	nn_net_free(b->first);
	nn_net_free(b->trained);
	buf_release(&b->samples);
}

static int work(struct bench *b, struct err *e)
{
	struct sha256 all;
	char hex[65];
	sha256_init(&all);
	for (int i = 0; i < PARTS; i++) {
		struct hash h;
		if (atomic_load(cli_stop_flag()))
			return err_set(e, ERR_STOPPED, "stopped");
		double t = cli_seconds();
		int rc = parts[i].run(b, &h, e);
		if (rc)
			return err_prefix(e, rc, parts[i].name);
		hash_hex(&h, hex);
		printf("%-10s %.16s\n", parts[i].name, hex);
		fflush(stdout);
		fprintf(stderr, "  %-28s %.2f s\n", "in all", cli_seconds() - t);
		sha256_update(&all, h.b, sizeof h.b);
	}
	struct hash sum = sha256_final(&all);
	hash_hex(&sum, hex);
	printf("signature %.16s\n", hex);
	return 0;
}

/* What the rates below are made with, and what they are to be compared with. */
static void print_machine(struct bench *b, int threads, unsigned flags)
{
	char names[128];
	nn_cpu_flags_text(names, sizeof names, flags);
	fprintf(stderr, "%d thread%s, instruction sets: %s\n", threads, threads == 1 ? "" : "s", names);
	for (const struct bench_loop *l = bench_loops; l->name; l++) {
		double rate = l->flag & flags ? bench_loop_rate(l) : 0;
		b->peak = rate > b->peak ? rate : b->peak;
		if (rate > 0)
			bench_speed(l->name, rate, 1, " multiply-adds/s in registers");
	}
}

static int run(int argc, char **argv)
{
	const char *threads = NULL, *cpu = NULL, *quick = NULL, *profile = NULL;
	const struct cli_option opt[] = {
	    {"threads", 1, &threads}, {"cpu-flags", 1, &cpu}, {"quick", 0, &quick}, {"profile", 0, &profile}};
	struct bench b = {.pool = NULL};
	struct err e = {.text = ""};
	int n_threads;
	unsigned flags;
	int n = cli_parse(&cli_cmd_bench, argc, argv, opt, sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if (cli_threads(threads, &n_threads) || cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	b.quick = quick != NULL;
	n_threads = profile ? 1 : n_threads;
	nn_kernels_init(&b.kernels, flags);
	b.pool = pool_new(n_threads);
	print_machine(&b, n_threads, flags);
	int rc = b.pool ? (profile ? bench_profile : work)(&b, &e) : err_set(&e, ERR_MEMORY, "cannot start %d threads", n_threads);
	release(&b);
	return rc ? cli_fail("bench", rc, &e) : CLI_OK;
}

const struct cli_command cli_cmd_bench = {
    .name = "bench",
    .summary = "measure speeds, and print the signature that all machines share",
    .usage = "Usage: miai bench [OPTIONS]\n"
	     "Does a fixed piece of every kind of work.  Standard output has a hash of each part and, as\n"
	     "the last line, the signature of them all: the same at any number of threads, with any\n"
	     "instruction set, on any machine.  Speeds go to standard error; the peak of products\n"
	     "is the best of the loops that touch nothing but a core's registers.\n\n"
	     "  --quick           a small piece of work, with a signature of its own\n"
	     "  --profile         instead: where the time of self-play and of training goes, on one thread\n"
	     "  --threads N       (all processors)\n"
	     "  --cpu-flags LIST  avx2,avx512vnni or neon,neondot; none, all (all)\n",
    .run = run,
};
