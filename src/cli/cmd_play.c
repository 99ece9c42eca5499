/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai play: what the page is told, and the net that plays. */
#include "cli/play_page.h"

#include <stdio.h>
#include <unistd.h>

enum { SIZE = 9, KOMI_HALF = 14, PORT_MAX = 65535 };

static int play(struct net_play_settings *s, const char *path, unsigned flags, bool browser)
{
	struct nn_kernels kernels;
	struct nn_net *net = NULL;
	struct hash name;
	char hex[65] = "";
	int code = CLI_OK;
	nn_kernels_init(&kernels, flags);
	if (path) {
		net = cli_net_load("play", path, &name, &code);
		if (!net)
			return code;
		hash_hex(&name, hex);
	}
	s->net = net;
	s->kernels = &kernels;
	s->net_name = hex;
	code = cli_play_page(s, browser);
	nn_net_free(net);
	return code;
}

static int run(int argc, char **argv)
{
	const char *net = NULL, *drawn = NULL, *port = NULL, *size = NULL, *komi = NULL, *threads = NULL, *cpu = NULL,
		   *seed = NULL, *web = NULL, *quiet = NULL;
	const struct cli_option opt[] = {
	    {"net", 1, &net},         {"random", 0, &drawn}, {"port", 1, &port}, {"size", 1, &size},
	    {"komi", 1, &komi},       {"threads", 1, &threads}, {"cpu-flags", 1, &cpu}, {"seed", 1, &seed},
	    {"no-browser", 0, &quiet}, {"web", 1, &web},
	};
	long long at = 0, points = SIZE;
	unsigned flags;
	uint64_t any = 1;
	struct net_play_settings s = {.komi_half = KOMI_HALF, .version = MIAI_VERSION};
	/* Games with a person should not repeat each other, unless they are asked to. */
	(void)getentropy(&any, sizeof any);
	int n = cli_parse(&cli_cmd_play, argc, argv, opt, sizeof opt / sizeof *opt, 0, 0);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((port && cli_number("--port", port, 0, PORT_MAX, &at)) ||
	    (size && cli_number("--size", size, GAME_SIZE_MIN, GAME_SIZE_MAX, &points)) ||
	    (komi && cli_komi("--komi", komi, &s.komi_half)) || cli_threads(threads, &s.threads) ||
	    cli_cpu_flags(cpu, &flags) || cli_seed(seed, any, &s.seed))
		return CLI_USAGE;
	if (net && drawn) {
		fprintf(stderr, "miai play: give either --net FILE or --random; \"miai help play\" tells more\n");
		return CLI_USAGE;
	}
	char usual[4096];
	int code = drawn ? CLI_OK : cli_net_default("play", &net, usual, sizeof usual);
	if (code)
		return code;
	s.port = (int)at;
	s.size = (int)points;
	s.web = web;
	return play(&s, net, flags, !quiet);
}

const struct cli_command cli_cmd_play = {
    .name = "play",
    .summary = "play and look at games in the browser, on a page of this machine only",
    .usage = "Usage: miai play [--net FILE] [OPTIONS]\n"
	     "       miai play --random [OPTIONS]\n"
	     "Shows a board in the browser: play, analyse, review, SGF.  The page is served to this machine\n"
	     "only and needs no network.  Ctrl-C ends it; the game stays in the browser's memory.\n\n"
	     "  --net FILE        the net that plays (see miai.1: MIAI_NET, or the installed one)\n"
	     "  --random          no net: draws evenly from the legal moves, and cannot analyse\n"
	     "  --size N          board of the first game offered, 2 to 19 (9)\n"
	     "  --komi K          its komi (7)\n"
	     "  --port N          where the page is (19361, or any free port where that is taken)\n"
	     "  --no-browser      print the address, open nothing\n"
	     "  --threads N       of a search (all processors)\n"
	     "  --seed N          of moves that are drawn by chance (another one at each start)\n"
	     "  --cpu-flags LIST  instruction sets to use: avx2,avx512vnni or neon,neondot; none, all (all)\n"
	     "  --web DIR         serve the page's files from this folder, for work on them\n",
    .run = run,
};
