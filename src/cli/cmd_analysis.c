/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai analysis: KataGo's JSON protocol on standard input and output. */
#include "cli/cli_int.h"

#include "cli/lines.h"
#include "gtp/analysis.h"

#include <stdio.h>
#include <string.h>

enum { SIZE = 19, MEMORY_MIB = 512, ARGS_MAX = 256 };

struct analysis_session {
	struct analysis *analysis;
	struct cli_lines *lines;
	bool failed, hurry; /* hurry: what waits at the end of the input is not searched */
};

static void write_line(void *ctx, const char *line, size_t n)
{
	struct analysis_session *s = ctx;
	if (fwrite(line, 1, n, stdout) != n || fflush(stdout) != 0)
		s->failed = true;
}

/* Takes all lines that are there. */
static void take_lines(void *ctx)
{
	struct analysis_session *s = ctx;
	struct buf line = {.data = NULL};
	while (cli_lines_waiting(s->lines) && cli_lines_next(s->lines, &line))
		analysis_line(s->analysis, line.data ? (const char *)line.data : "", line.len);
	if (s->failed || (s->hurry && cli_lines_ended(s->lines)))
		analysis_terminate(s->analysis);
	buf_release(&line);
}

static int serve(struct analysis_session *s)
{
	struct buf line = {.data = NULL};
	struct err e = {.text = ""};
	while (!s->failed) {
		take_lines(s);
		if (analysis_work(s->analysis))
			continue;
		if (!cli_lines_next(s->lines, &line))
			break;
		analysis_line(s->analysis, line.data ? (const char *)line.data : "", line.len);
	}
	buf_release(&line);
	if (!s->failed && cli_lines_error(s->lines, &e))
		return cli_fail("analysis", e.code, &e);
	return s->failed ? CLI_UNREADABLE : CLI_OK;
}

static int start(struct analysis_settings *set, const char *path, unsigned flags, bool hurry)
{
	struct nn_kernels kernels;
	struct analysis_session s = {.hurry = hurry};
	struct err e = {.text = ""};
	int code = CLI_OK;
	nn_kernels_init(&kernels, flags);
	struct nn_net *net = cli_net_load_any("analysis", path, NULL, &code);
	if (!net)
		return code;
	set->engine.net = net;
	set->engine.kernels = &kernels;
	set->model = path;
	set->write = write_line;
	set->between = take_lines;
	set->ctx = &s;
	s.analysis = analysis_new(set, &e);
	if (!s.analysis) {
		code = cli_fail("analysis", e.code, &e);
	} else if (!(s.lines = cli_lines_start(stdin, ANALYSIS_LINE_MAX, NULL, NULL))) {
		err_set(&e, ERR_MEMORY, "cannot start a thread to read the input");
		code = cli_fail("analysis", ERR_MEMORY, &e);
	} else {
		fprintf(stderr, "Started, ready to begin handling requests\n");
		code = serve(&s);
	}
	cli_lines_leave(s.lines);
	analysis_free(s.analysis);
	nn_net_free(net);
	return code;
}

/* Options as the other program has them, with one dash, are taken as well. */
static char **with_two_dashes(int argc, char **argv, char **list, char *room, size_t n)
{
	for (int i = 0; i < argc; i++) {
		size_t len = strlen(argv[i]);
		list[i] = argv[i];
		if (i == 0 || argv[i][0] != '-' || argv[i][1] == '-' || len < 3 || len + 2 > n)
			continue;
		list[i] = room;
		room[0] = '-';
		memcpy(room + 1, argv[i], len + 1);
		room += len + 2;
		n -= len + 2;
	}
	return list;
}

static int run(int argc, char **argv)
{
	const char *net = NULL, *model = NULL, *visits = NULL, *threads = NULL, *cpu = NULL, *memory = NULL, *config = NULL,
		   *override = NULL, *side = NULL, *human = NULL, *hurry = NULL;
	const struct cli_option opt[] = {
	    {"net", 1, &net},       {"model", 1, &model},   {"visits", 1, &visits},
	    {"threads", 1, &threads}, {"cpu-flags", 1, &cpu}, {"memory", 1, &memory},
	    {"config", 1, &config}, {"override-config", 1, &override}, {"analysis-threads", 1, &side},
	    {"human-model", 1, &human}, {"quit-without-waiting", 0, &hurry},
	};
	struct analysis_settings s = {.engine = {.size = SIZE, .komi_half = 15}, .version = MIAI_VERSION};
	struct err e = {.text = ""};
	char *list[ARGS_MAX + 1], room[4096], usual[4096];
	long long v = 0, m = MEMORY_MIB;
	unsigned flags;
	if (argc > ARGS_MAX)
		argc = ARGS_MAX;
	int n = cli_parse(&cli_cmd_analysis, argc, with_two_dashes(argc, argv, list, room, sizeof room), opt,
	                  sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((visits && cli_number("--visits", visits, 1, ENGINE_VISITS_MAX, &v)) ||
	    (memory && cli_number("--memory", memory, 1, 1000000, &m)) || cli_threads(threads, &s.engine.threads) ||
	    cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	engine_params_init(&s.engine.params);
	s.visits = (int)v;
	s.engine.memory = (uint64_t)m << 20;
	int rc = override ? analysis_override(&s, override, &e) : 0;
	net = net ? net : model;
	if (rc)
		return cli_fail("analysis", rc, &e);
	int code = cli_net_default("analysis", &net, usual, sizeof usual);
	return code ? code : start(&s, net, flags, hurry != NULL);
}

const struct cli_command cli_cmd_analysis = {
    .name = "analysis",
    .summary = "answer queries in KataGo's JSON protocol (for KaTrain and others)",
    .usage = "Usage: miai analysis [--net FILE] [OPTIONS]\n"
	     "Reads a JSON query a line and answers a JSON object a line; docs/analysis.md has the fields.\n\n"
	     "  --net FILE        the net (see miai.1: MIAI_NET, or the installed one); also --model FILE\n"
	     "  --visits N        visits where a query does not say maxVisits (500)\n"
	     "  --threads N       threads that evaluate (all processors); answers are the same with any\n"
	     "  --memory MIB      of the search's tree (512)\n"
	     "  --override-config KEY=VALUE,...\n"
	     "                    settings for all queries, as a query's overrideSettings\n"
	     "  --quit-without-waiting\n"
	     "                    at the end of the input, do not search what still waits\n"
	     "  --config FILE, --human-model FILE, --analysis-threads N\n"
	     "                    taken for the sake of clients, and not used\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all);\n"
	     "                    the answers are the same with any\n"
	     "Long options may have one dash.\n",
    .run = run,
};
