/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai verify: is a run what its ledger says, and does it come out the same again? */
#include "cli/cli_int.h"

#include "base/pool.h"
#include "nn/kernels.h"
#include "verify/verify.h"

#include <errno.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { SEGMENTS = 20, SEGMENTS_KEPT = 1 };

static void say(void *ctx, const char *line)
{
	(void)ctx;
	puts(line);
	fflush(stdout);
}

static int choose_seed(const char *text, uint64_t *seed)
{
	if (text)
		return cli_seed(text, 0, seed);
	if (getrandom(seed, sizeof *seed, 0) == (ssize_t)sizeof *seed) {
		*seed >>= 1; /* as --seed takes it */
		return 0;
	}
	fprintf(stderr, "miai verify: no random number from the system (%s); give --seed\n", strerror(errno));
	return -1;
}

static int verify(struct verify_options *o, int threads)
{
	struct err e = {.text = ""};
	struct verify_report report;
	char kernels[256];
	o->pool = pool_new(threads);
	nn_cpu_flags_text(kernels, sizeof kernels, o->cpu_flags);
	printf("what is made again is computed with: %s\n", kernels);
	int rc = o->pool ? verify_run(o, &report, &e) : err_set(&e, ERR_MEMORY, "cannot start %d threads", threads);
	pool_free(o->pool);
	if (rc < 0)
		return cli_fail("verify", rc, &e);
	if (!o->rebuild && report.segments_checked < report.segments_total)
		printf("the segments were chosen by --seed %" PRIu64 "\n", o->random);
	return CLI_OK;
}

static int remove_one(const char *path, const struct stat *s, int kind, struct FTW *at)
{
	(void)s;
	(void)kind;
	(void)at;
	return remove(path);
}

/* A run that was kept without its games is made again in a folder that is gone afterwards. */
static int verify_in_scratch(struct verify_options *o, int threads)
{
	const char *tmp = getenv("TMPDIR");
	char path[512];
	if (snprintf(path, sizeof path, "%s/miai-verify-XXXXXX", tmp && *tmp ? tmp : "/tmp") >= (int)sizeof path || !mkdtemp(path)) {
		fprintf(stderr, "miai verify: %s: cannot make a folder to work in: %s; set TMPDIR\n", path, strerror(errno));
		return CLI_UNREADABLE;
	}
	o->scratch = path;
	int code = verify(o, threads);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return code;
}

static int run(int argc, char **argv)
{
	const char *segments = NULL, *rebuild = NULL, *threads = NULL, *cpu = NULL, *seed = NULL, *start = NULL;
	const struct cli_option opt[] = {
	    {"segments", 1, &segments}, {"rebuild", 0, &rebuild}, {"threads", 1, &threads},
	    {"cpu-flags", 1, &cpu},     {"seed", 1, &seed},
	    {"start", 1, &start},
	};
	long long n_segments;
	int n_threads;
	struct verify_options o = {.say = say};
	struct err e = {.text = ""};
	int n = cli_parse(&cli_cmd_verify, argc, argv, opt, sizeof opt / sizeof *opt, 1, 1);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	int kept = verify_is_kept(argv[0], &e);
	if (kept < 0)
		return cli_fail("verify", kept, &e);
	n_segments = kept ? SEGMENTS_KEPT : SEGMENTS;
	if ((segments && cli_number("--segments", segments, 0, INT32_MAX, &n_segments)) ||
	    cli_threads(threads, &n_threads) || cli_cpu_flags(cpu ? cpu : "all", &o.cpu_flags) ||
	    choose_seed(seed, &o.random))
		return CLI_USAGE;
	if (start && !kept) {
		fprintf(stderr, "miai verify: --start is for a kept run; %s has its own checkpoints\n", argv[0]);
		return CLI_USAGE;
	}
	o.dir = argv[0];
	o.segments = (uint64_t)n_segments;
	o.rebuild = rebuild != NULL;
	o.start = start;
	o.stop = cli_stop_flag();
	return kept ? verify_in_scratch(&o, n_threads) : verify(&o, n_threads);
}

const struct cli_command cli_cmd_verify = {
    .name = "verify",
    .summary = "check a run: every file, and segments of it made again",
    .usage = "Usage: miai verify DIR [OPTIONS]\n"
	     "Says what holds of the run in DIR, in these words: intact (every file is the one the ledger\n"
	     "names), consistent (what follows from the files without making anything again), spot-checked\n"
	     "n of N segments (games, spans of training, pairs of match games made again, with the same\n"
	     "bytes), rebuilt (all of them); and what was not checked.  Of a run that was kept without its\n"
	     "games, shards and checkpoints, the ledger has to fit the recipe, and the last generation's\n"
	     "games and generation 1 are made again.\n\n"
	     "  --segments N       how many to make again (20); generations of a kept run (1)\n"
	     "  --rebuild          all of them\n"
	     "  --start FILE       of a kept run: the checkpoint that its recipe's run.start names\n"
	     "  --seed N           choose the same segments as another time (chosen by chance)\n"
	     "  --threads N        (all processors)\n"
	     "  --cpu-flags LIST   avx2,avx512vnni or neon,neondot; none: the plain C that defines the\n"
	     "                     arithmetic, which takes hours for a net of size; all (all)\n\n"
	     "Exit codes: 0 all of it holds, 1 something does not, 2 wrong usage, 3 cannot be read,\n"
	     "            4 stopped before the end.\n",
    .run = run,
};
