/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai gtp: the engine on standard input and output. */
#include "cli/cli_int.h"

#include "cli/lines.h"
#include "gtp/gtp.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 9, KOMI_HALF = 15, MEMORY_MIB = 512 };

struct gtp_session {
	struct gtp *gtp;
	struct cli_lines *lines;
	bool failed; /* standard output is gone */
};

/* On the reading thread: GoGui's way to cut a thought short. */
static void line_seen(void *ctx, const char *line, size_t n)
{
	struct gtp_session *s = ctx;
	if (n >= 11 && memcmp(line, "# interrupt", 11) == 0)
		engine_stop(gtp_engine(s->gtp));
}

static bool waiting(void *ctx)
{
	const struct gtp_session *s = ctx;
	return s->failed || cli_lines_waiting(s->lines);
}

static void flush(void *ctx, struct buf *out)
{
	struct gtp_session *s = ctx;
	if (out->len && (fwrite(out->data, 1, out->len, stdout) != out->len || fflush(stdout) != 0))
		s->failed = true;
	buf_clear(out);
}

static int converse(struct gtp_session *s)
{
	struct buf line = {.data = NULL}, out = {.data = NULL};
	bool go_on = true, memory = true;
	while (go_on && memory && !s->failed) {
		if (!cli_lines_waiting(s->lines))
			engine_ponder(gtp_engine(s->gtp), waiting, s);
		if (!cli_lines_next(s->lines, &line))
			break;
		go_on = gtp_command(s->gtp, line.data ? (const void *)line.data : "", line.len, &out);
		memory = !line.failed && !out.failed;
		flush(s, &out);
	}
	buf_release(&line);
	buf_release(&out);
	if (!memory)
		fprintf(stderr, "miai gtp: out of memory\n");
	return s->failed || !memory ? CLI_UNREADABLE : CLI_OK;
}

static int play(struct gtp_settings *set, const char *path, unsigned flags)
{
	struct nn_kernels kernels;
	struct nn_net *net = NULL;
	struct gtp_session s = {.gtp = NULL};
	struct err e = {.text = ""};
	int code = CLI_OK;
	nn_kernels_init(&kernels, flags);
	if (path) {
		net = cli_net_load_any("gtp", path, NULL, &code);
		if (!net)
			return code;
	}
	set->engine.net = net;
	set->engine.kernels = &kernels;
	set->flush = flush;
	set->waiting = waiting;
	set->ctx = &s;
	s.gtp = gtp_new(set, &e);
	if (!s.gtp) {
		code = cli_fail("gtp", e.code, &e);
	} else if (!(s.lines = cli_lines_start(stdin, GTP_LINE_MAX, line_seen, &s))) {
		err_set(&e, ERR_MEMORY, "cannot start a thread to read the input");
		code = cli_fail("gtp", ERR_MEMORY, &e);
	} else {
		code = converse(&s);
	}
	/* The reading thread may still call line_seen, after quit: what it needs is never freed. */
	if (!s.lines) {
		gtp_free(s.gtp);
		nn_net_free(net);
	}
	return code;
}

static int run(int argc, char **argv)
{
	const char *net = NULL, *visits = NULL, *threads = NULL, *cpu = NULL, *seed = NULL, *drawn = NULL,
		   *resign = NULL, *memory = NULL, *name = NULL;
	const struct cli_option opt[] = {
	    {"net", 1, &net},     {"visits", 1, &visits}, {"threads", 1, &threads}, {"cpu-flags", 1, &cpu},
	    {"seed", 1, &seed},   {"random", 0, &drawn},  {"resign", 1, &resign},   {"memory", 1, &memory},
	    {"name", 1, &name},
	};
	long long v = 0, r = 0, m = MEMORY_MIB;
	unsigned flags;
	struct gtp_settings s = {.engine = {.size = SIZE, .komi_half = KOMI_HALF}, .version = MIAI_VERSION};
	int n = cli_parse(&cli_cmd_gtp, argc, argv, opt, sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((visits && cli_number("--visits", visits, 1, ENGINE_VISITS_MAX, &v)) ||
	    (resign && cli_number("--resign", resign, 0, 50, &r)) ||
	    (memory && cli_number("--memory", memory, 1, 1000000, &m)) || cli_threads(threads, &s.engine.threads) ||
	    cli_seed(seed, 1, &s.engine.seed) || cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	if (net && drawn) {
		fprintf(stderr, "miai gtp: give either --net FILE or --random; \"miai help gtp\" tells more\n");
		return CLI_USAGE;
	}
	char usual[4096];
	struct err e = {.text = ""};
	if (!net && !drawn) {
		int rc = cli_net_default(usual, sizeof usual, &e);
		if (rc)
			return cli_fail("gtp", rc, &e);
		net = usual;
	}
	engine_params_init(&s.engine.params);
	s.engine.params.visits = (int)v;
	s.engine.params.resign = (int)r;
	s.engine.memory = (uint64_t)m << 20;
	s.name = name;
	return play(&s, net, flags);
}

const struct cli_command cli_cmd_gtp = {
    .name = "gtp",
    .summary = "play by the Go Text Protocol on standard input and output",
    .usage = "Usage: miai gtp [--net FILE] [OPTIONS]\n"
	     "       miai gtp --random [--seed N]\n"
	     "Answers the Go Text Protocol, version 2, for boards of 2 to 19.\n\n"
	     "  --net FILE        the net that plays (see miai.1: MIAI_NET, or the installed one)\n"
	     "  --random          no net: draws evenly from the legal moves\n"
	     "  --visits N        visits a move (as many as the clock allows; without a clock 400)\n"
	     "  --resign PERCENT  resign below this chance to win (0: never)\n"
	     "  --seed N          of drawn moves (1)\n"
	     "  --threads N       threads that evaluate (all processors); moves are the same with any\n"
	     "  --memory MIB      of the search's tree (512)\n"
	     "  --name TEXT       what the command name answers (miai)\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all);\n"
	     "                    the moves are the same with any\n",
    .run = run,
};
