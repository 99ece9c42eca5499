/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai replay: a transcript made again. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "gtp/replay.h"

#include <stdio.h>
#include <string.h>

enum { MEMORY_MIB = 512 };

static bool progress(void *ctx, const char *line)
{
	const bool *quiet = ctx;
	if (!*quiet && strncmp(line, "genmove", 7) == 0)
		printf("%s\n", line);
	return !atomic_load(cli_stop_flag());
}

/* The net that the transcript names, where it names one. */
static int check_net(const char *path, const struct buf *text, struct nn_net **net, struct engine_settings *s)
{
	struct hash want, name;
	struct err e = {.text = ""};
	bool known = false, none = false;
	int code = CLI_OK;
	int rc = engine_replay_net(text->data, text->len, &want, &known, &none, &e);
	if (rc)
		return cli_fail("replay", rc, &e);
	if (none || !path)
		return none && !path ? CLI_OK
		       : cli_fail("replay", ERR_ARG, (err_set(&e, ERR_ARG, none ? "the transcript has no net: leave out --net"
		                                                                  : "give its net: --net FILE"), &e));
	*net = cli_net_load_any("replay", path, &name, &code);
	if (!*net)
		return code;
	s->net = *net;
	if (!known || memcmp(&want, &name, sizeof want) == 0)
		return CLI_OK;
	char hex[65];
	hash_hex(&want, hex);
	err_set(&e, ERR_MISMATCH, "%s is not the net of the transcript, which is %s", path, hex);
	return cli_fail("replay", ERR_MISMATCH, &e);
}

static int replay(const char *path, const char *net_path, struct engine_settings *s, unsigned flags, bool quiet)
{
	struct buf text = {.data = NULL};
	struct nn_net *net = NULL;
	struct nn_kernels kernels;
	struct engine_replay_result r;
	struct err e = {.text = ""};
	nn_kernels_init(&kernels, flags);
	s->kernels = &kernels;
	int rc = file_read(&text, path, ENGINE_TRANSCRIPT_MAX, &e);
	int code = rc ? cli_fail("replay", rc, &e) : check_net(net_path, &text, &net, s);
	if (code == CLI_OK) {
		rc = engine_replay(text.data, text.len, s, progress, &quiet, &r, &e);
		if (rc) {
			err_prefix(&e, rc, path);
			code = cli_fail("replay", rc, &e);
		} else {
			printf("replayed: %d moves and %d searches are the same%s\n", r.moves, r.searches,
			       r.cut ? " (the last line is not whole and was left out)" : "");
		}
	}
	nn_net_free(net);
	buf_release(&text);
	return code;
}

static int run(int argc, char **argv)
{
	const char *net = NULL, *threads = NULL, *cpu = NULL, *memory = NULL, *quiet = NULL;
	const struct cli_option opt[] = {
	    {"net", 1, &net}, {"threads", 1, &threads}, {"cpu-flags", 1, &cpu}, {"memory", 1, &memory}, {"quiet", 0, &quiet},
	};
	struct engine_settings s = {.threads = 1};
	long long m = MEMORY_MIB;
	unsigned flags;
	int n = cli_parse(&cli_cmd_replay, argc, argv, opt, sizeof opt / sizeof *opt, 1, 1);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((memory && cli_number("--memory", memory, 1, 1000000, &m)) || cli_threads(threads, &s.threads) ||
	    cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	s.memory = (uint64_t)m << 20;
	return replay(argv[0], net, &s, flags, quiet != NULL);
}

const struct cli_command cli_cmd_replay = {
    .name = "replay",
    .summary = "make the searches of a transcript again, and compare",
    .usage = "Usage: miai replay TRANSCRIPT --net FILE [OPTIONS]\n"
	     "Makes every search and every choice again that \"miai gtp --transcript\" wrote down, as many\n"
	     "visits as they came to, and compares. A transcript without a net needs none.\n\n"
	     "  --net FILE        the net that played; it must be the one that the transcript names\n"
	     "  --threads N       threads that evaluate (all processors); the moves are the same with any\n"
	     "  --memory MIB      of the search's tree (512); at least what the player had used\n"
	     "  --quiet           do not print the moves, only the result\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all);\n"
	     "                    the moves are the same with any\n"
	     "Exit code 1: a search or a move came out different.\n",
    .run = run,
};
