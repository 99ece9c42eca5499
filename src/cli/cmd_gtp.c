/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai gtp: the engine on standard input and output. */
#include "cli/cli_int.h"

#include "gtp/gtp.h"

#include <stdio.h>

enum { VISITS = 400, SIZE = 9, KOMI_HALF = 15 };

/* The next line in line[], which holds room for GTP_LINE_MAX + 1 bytes; what is beyond them is dropped (and the
 * line, then too long, is refused).  Its length, or -1 at the end of the input. */
static int read_line(FILE *in, char *line)
{
	int n = 0, c;
	while ((c = getc(in)) != EOF && c != '\n')
		if (n <= GTP_LINE_MAX)
			line[n++] = (char)c;
	return c == EOF && n == 0 ? -1 : n;
}

static int converse(struct gtp *g)
{
	char line[GTP_LINE_MAX + 1];
	struct buf out = {.data = NULL};
	bool go_on = true;
	int n = 0, code = CLI_OK;
	while (go_on && code == CLI_OK && (n = read_line(stdin, line)) >= 0) {
		buf_clear(&out);
		go_on = gtp_command(g, line, (size_t)n, &out);
		if (out.failed) {
			fprintf(stderr, "miai gtp: out of memory\n");
			code = CLI_UNREADABLE;
		} else if (out.len && (fwrite(out.data, 1, out.len, stdout) != out.len || fflush(stdout) != 0)) {
			code = CLI_UNREADABLE;
		}
	}
	buf_release(&out);
	return code;
}

static int play(struct gtp_settings *s, const char *path, unsigned flags)
{
	struct nn_kernels kernels;
	struct nn_net *net = NULL;
	struct err e = {.text = ""};
	int code = CLI_OK;
	nn_kernels_init(&kernels, flags);
	if (path) {
		net = cli_net_load("gtp", path, NULL, &code);
		if (!net)
			return code;
	}
	s->net = net;
	s->kernels = &kernels;
	struct gtp *g = gtp_new(s, &e);
	code = g ? converse(g) : cli_fail("gtp", ERR_MEMORY, &e);
	gtp_free(g);
	nn_net_free(net);
	return code;
}

static int run(int argc, char **argv)
{
	const char *net = NULL, *visits = NULL, *threads = NULL, *cpu = NULL, *seed = NULL, *drawn = NULL,
		   *resign = NULL;
	const struct cli_option opt[] = {
	    {"net", 1, &net},   {"visits", 1, &visits}, {"threads", 1, &threads}, {"cpu-flags", 1, &cpu},
	    {"seed", 1, &seed}, {"random", 0, &drawn},  {"resign", 1, &resign},
	};
	long long v = VISITS, r = 0, t = 1;
	unsigned flags;
	struct gtp_settings s = {.size = SIZE, .komi_half = KOMI_HALF, .version = MIAI_VERSION};
	int n = cli_parse(&cli_cmd_gtp, argc, argv, opt, sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((visits && cli_number("--visits", visits, 1, 1000000, &v)) ||
	    (resign && cli_number("--resign", resign, 0, 50, &r)) ||
	    (threads && cli_number("--threads", threads, 1, 1, &t)) || cli_seed(seed, 1, &s.seed) ||
	    cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	if (!net == !drawn) {
		fprintf(stderr, "miai gtp: give either --net FILE or --random; \"miai help gtp\" tells more\n");
		return CLI_USAGE;
	}
	cli_search_settings(&s.search, (int)v);
	s.resign = (int)r;
	return play(&s, net, flags);
}

const struct cli_command cli_cmd_gtp = {
    .name = "gtp",
    .summary = "play by the Go Text Protocol on standard input and output",
    .usage = "Usage: miai gtp --net FILE [OPTIONS]\n"
	     "       miai gtp --random [--seed N]\n"
	     "Answers the Go Text Protocol, version 2, for boards of 2 to 19.\n\n"
	     "  --net FILE        the net that plays\n"
	     "  --random          no net: draws evenly from the legal moves\n"
	     "  --visits N        evaluations a move (400); time limits are not obeyed\n"
	     "  --resign PERCENT  resign below this chance to win (0: never)\n"
	     "  --seed N          of drawn moves and of the symmetries looked through (1)\n"
	     "  --threads 1       one search runs on one thread\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all);\n"
	     "                    the moves are the same with any\n",
    .run = run,
};
