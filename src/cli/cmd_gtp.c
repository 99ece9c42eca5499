/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai gtp: the engine on standard input and output. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "cli/lines.h"
#include "gtp/gtp.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 9, KOMI_HALF = 15, MEMORY_MIB = 512 };

struct gtp_session {
	struct gtp *gtp;
	struct cli_lines *lines;
	FILE *transcript;
	bool failed; /* standard output is gone */
	atomic_int interrupts; /* lines that wait and are GoGui's way to cut a thought short */
};

static bool is_interrupt(const char *line, size_t n)
{
	static const char word[] = "# interrupt";
	return n >= sizeof word - 1 && memcmp(line, word, sizeof word - 1) == 0;
}

/* On the reading thread. */
static void line_seen(void *ctx, const char *line, size_t n)
{
	struct gtp_session *s = ctx;
	if (is_interrupt(line, n))
		atomic_fetch_add(&s->interrupts, 1);
}

static bool interrupted(void *ctx)
{
	struct gtp_session *s = ctx;
	return atomic_load(&s->interrupts) > 0;
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

static void chat(void *ctx, const char *line)
{
	(void)ctx;
	fprintf(stderr, "%s\n", line);
}

/* A transcript that cannot be written is no reason to lose a game. */
static void write_down(void *ctx, const char *line)
{
	struct gtp_session *s = ctx;
	if (!s->transcript || (fputs(line, s->transcript) >= 0 && fflush(s->transcript) == 0))
		return;
	perror("miai gtp: the transcript ends here");
	fclose(s->transcript);
	s->transcript = NULL;
}

static int converse(struct gtp_session *s)
{
	struct buf line = {.data = NULL}, out = {.data = NULL};
	struct err e = {.text = ""};
	bool go_on = true, memory = true;
	while (go_on && memory && !s->failed) {
		if (!cli_lines_waiting(s->lines))
			engine_ponder(gtp_engine(s->gtp), waiting, s);
		if (!cli_lines_next(s->lines, &line))
			break;
		const char *text = line.data ? (const char *)line.data : "";
		if (is_interrupt(text, line.len))
			atomic_fetch_sub(&s->interrupts, 1);
		go_on = gtp_command(s->gtp, text, line.len, &out);
		memory = !out.failed;
		flush(s, &out);
	}
	buf_release(&line);
	buf_release(&out);
	if (!memory)
		fprintf(stderr, "miai gtp: out of memory\n");
	if (go_on && memory && !s->failed && cli_lines_error(s->lines, &e))
		return cli_fail("gtp", e.code, &e);
	return s->failed || !memory ? CLI_UNREADABLE : CLI_OK;
}

static int open_transcript(struct gtp_session *s, struct engine_settings *set, const char *path)
{
	if (!path)
		return CLI_OK;
	s->transcript = fopen(path, "w");
	if (!s->transcript) {
		fprintf(stderr, "miai gtp: cannot write %s: %s\n", path, strerror(errno));
		return CLI_UNREADABLE;
	}
	set->log = write_down;
	set->log_ctx = s;
	return CLI_OK;
}

static int play(struct gtp_settings *set, const char *path, const char *transcript, unsigned flags)
{
	struct nn_kernels kernels;
	struct nn_net *net = NULL;
	struct hash name;
	struct gtp_session s = {.gtp = NULL};
	struct err e = {.text = ""};
	int code = CLI_OK;
	nn_kernels_init(&kernels, flags);
	if (path) {
		net = cli_net_load_any("gtp", path, &name, &code);
		if (!net)
			return code;
		set->engine.net_name = &name;
	}
	code = open_transcript(&s, &set->engine, transcript);
	if (code) {
		nn_net_free(net);
		return code;
	}
	set->engine.net = net;
	set->engine.kernels = &kernels;
	set->flush = flush;
	set->waiting = waiting;
	set->interrupted = interrupted;
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
	if (s.transcript && fclose(s.transcript) != 0) {
		perror("miai gtp: the transcript");
		code = code ? code : CLI_UNREADABLE;
	}
	cli_lines_leave(s.lines); /* before what line_seen needs */
	gtp_free(s.gtp);
	nn_net_free(net);
	return code;
}

/* Lines "NAME VALUE" of a file. */
static int load_settings(struct engine_params *p, const char *path)
{
	struct buf text = {.data = NULL};
	struct err e = {.text = ""};
	int rc = file_read(&text, path, 1 << 16, &e);
	buf_u8(&text, 0);
	rc = rc ? rc : text.failed ? err_set(&e, ERR_MEMORY, "out of memory")
	                           : engine_params_load(p, (const char *)text.data, &e);
	buf_release(&text);
	if (rc)
		err_prefix(&e, rc, path);
	return rc ? cli_fail("gtp", rc, &e) : CLI_OK;
}

/* The options as text; NULL where not given. */
struct given {
	const char *net, *visits, *threads, *cpu, *seed, *drawn, *resign, *memory, *name, *ponder, *friendly, *transcript,
	    *settings, *chat;
};

static int take(const struct given *o, struct gtp_settings *s, unsigned *flags)
{
	struct engine_params *p = &s->engine.params;
	long long v = 0, r = 0, m = MEMORY_MIB;
	engine_params_init(p);
	if (o->settings && load_settings(p, o->settings))
		return CLI_USAGE;
	v = p->visits;
	r = p->resign;
	if ((o->visits && cli_number("--visits", o->visits, 1, ENGINE_VISITS_MAX, &v)) ||
	    (o->resign && cli_number("--resign", o->resign, 0, 50, &r)) ||
	    (o->memory && cli_number("--memory", o->memory, 1, 1000000, &m)) ||
	    cli_threads(o->threads, &s->engine.threads) || cli_seed(o->seed, 1, &s->engine.seed) ||
	    cli_cpu_flags(o->cpu, flags))
		return CLI_USAGE;
	if (o->net && o->drawn) {
		fprintf(stderr, "miai gtp: give either --net FILE or --random; \"miai help gtp\" tells more\n");
		return CLI_USAGE;
	}
	p->visits = (int)v;
	p->resign = (int)r;
	p->ponder |= o->ponder != NULL;
	p->friendly_pass |= o->friendly != NULL;
	s->engine.memory = (uint64_t)m << 20;
	s->name = o->name;
	s->chat = o->chat ? chat : NULL;
	return CLI_OK;
}

static int run(int argc, char **argv)
{
	struct given o = {.net = NULL};
	const struct cli_option opt[] = {
	    {"net", 1, &o.net},       {"visits", 1, &o.visits},     {"threads", 1, &o.threads},
	    {"seed", 1, &o.seed},     {"random", 0, &o.drawn},      {"cpu-flags", 1, &o.cpu},
	    {"resign", 1, &o.resign}, {"memory", 1, &o.memory},     {"name", 1, &o.name},
	    {"ponder", 0, &o.ponder}, {"settings", 1, &o.settings}, {"friendly-pass", 0, &o.friendly},
	    {"transcript", 1, &o.transcript}, {"chat", 0, &o.chat},
	};
	unsigned flags;
	struct gtp_settings s = {.engine = {.size = SIZE, .komi_half = KOMI_HALF}, .version = MIAI_VERSION};
	int n = cli_parse(&cli_cmd_gtp, argc, argv, opt, sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	char usual[4096];
	int code = take(&o, &s, &flags);
	if (code == CLI_OK && !o.drawn)
		code = cli_net_default("gtp", &o.net, usual, sizeof usual);
	if (code)
		return code;
	if (s.chat) /* bridges take what follows for chat once a line has that name */
		fprintf(stderr, "miai %s tells its chat as KataGo does\n", MIAI_VERSION);
	return play(&s, o.net, o.transcript, flags);
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
	     "  --ponder          think on while it is the other's turn, under a clock\n"
	     "  --friendly-pass   pass where all is settled though dead stones are on the board\n"
	     "  --transcript FILE what was thought, so that \"miai replay\" can make it again\n"
	     "  --settings FILE   lines \"NAME VALUE\": parameters, as kata-list-params names them\n"
	     "  --chat            each move's chance, lead and variation on standard error, for gtp2ogs\n"
	     "  --name TEXT       what the command name answers (miai)\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all);\n"
	     "                    the moves are the same with any\n",
    .run = run,
};
