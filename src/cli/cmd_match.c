/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai match: two players against each other, and what the result is worth. */
#include "cli/cli_int.h"
#include "cli/match_int.h"
#include "games/go/go.h"

#include <stdio.h>
#include <string.h>

enum { GAMES = 100, VISITS = 32, PLIES = 4, SIZE = 9, KOMI_HALF = 15, PATIENCE = 300 };

static void print_player(const struct cli_match *m, const struct hash *h, int i)
{
	char hex[65] = "draws evenly from the legal moves";
	if (cli_is_program(m->name[i]))
		snprintf(hex, sizeof hex, "another program, by GTP");
	else if (m->net[i])
		hash_hex(h, hex);
	printf("%c: %s\n   %s\n", "AB"[i], m->name[i], hex);
}

static void print_programs(const struct cli_match *m)
{
	for (int i = 0; i < 2; i++)
		printf("  %c         slowest move %.2f s, %u games lost by breaking the rules\n", "AB"[i],
		       m->slowest[i] / 1000.0, (unsigned)m->faults[i]);
}

static void print_result(const struct cli_match *m, const struct hash h[2])
{
	print_player(m, &h[0], 0);
	print_player(m, &h[1], 1);
	match_score_print(&m->score, stdout);
	if (cli_match_by_gtp(m))
		print_programs(m);
	if (m->sprt)
		printf("  SPRT      Elo %g against %g: LLR %.2f, %s\n", m->sprt->elo0, m->sprt->elo1,
		       match_sprt_llr(m->sprt, &m->score),
		       m->verdict > 0   ? "the higher one is accepted"
		       : m->verdict < 0 ? "the lower one is accepted"
					: "not decided");
}

/* "ELO0,ELO1" */
static int parse_sprt(const char *text, struct match_sprt *t)
{
	char first[16];
	long long elo0, elo1;
	size_t n = strcspn(text, ",");
	if (text[n] != ',' || n >= sizeof first) {
		fprintf(stderr, "miai match: --sprt wants two differences in Elo, such as 0,20; not \"%s\"\n", text);
		return -1;
	}
	snprintf(first, sizeof first, "%.*s", (int)n, text);
	if (cli_number("--sprt", first, -2000, 1999, &elo0) || cli_number("--sprt, after the comma,", text + n + 1, elo0 + 1, 2000, &elo1))
		return -1;
	t->elo0 = (double)elo0;
	t->elo1 = (double)elo1;
	return 0;
}

struct texts {
	const char *size, *komi, *games, *visits, *plies, *threads, *seed, *seconds, *patience, *sprt, *moves;
};

static int complain(const char *what)
{
	fprintf(stderr, "miai match: %s\n", what);
	return -1;
}

/* What does not fit together. */
static int check(const struct cli_match *m, const struct texts *t)
{
	bool by_gtp = cli_match_by_gtp(m);
	if (by_gtp && m->records)
		return complain("--records is for matches between nets; games with a program, an imported net, or --moves go to --sgf DIR");
	if (!by_gtp && (m->sgf || t->seconds || t->patience))
		return complain("--sgf, --seconds and --patience are for matches with a program, gtp:COMMAND, an imported net, or --moves");
	return 0;
}

static int run_match(struct cli_match *m, const struct texts *t)
{
	struct nn_net *net[2] = {NULL, NULL};
	struct hash h[2];
	struct err e = {.text = ""};
	int code = CLI_OK;
	for (int i = 0; i < 2 && code == CLI_OK; i++) {
		if (strcmp(m->name[i], "random") == 0 || cli_is_program(m->name[i]))
			continue;
		m->net[i] = net[i] = cli_net_load_any("match", m->name[i], &h[i], &code);
	}
	if (code == CLI_OK)
		code = check(m, t) ? CLI_USAGE : CLI_OK;
	if (code == CLI_OK) {
		int rc = cli_match_play(m, &e);
		code = rc ? cli_fail("match", rc, &e) : CLI_OK;
		/* What was played in order before the end stands, whatever ended it. */
		if (rc == 0 || rc == ERR_STOPPED)
			print_result(m, h);
	}
	nn_net_free(net[0]);
	nn_net_free(net[1]);
	return code;
}

/* Vertices with spaces or commas between them. */
static int parse_moves(struct cli_match *m, const char *text)
{
	for (const char *p = text + strspn(text, " ,"); *p; p += strspn(p, " ,")) {
		char at[8];
		int action, n = (int)strcspn(p, " ,");
		snprintf(at, sizeof at, "%.*s", n, p);
		if (n >= (int)sizeof at || !go_vertex_read(at, m->size, &action))
			return fprintf(stderr, "miai match: --moves: \"%.*s\" is no point of a %dx%d board\n", n, p, m->size, m->size), -1;
		if (m->firsts == CLI_MATCH_FIRSTS)
			return complain("--moves: more than 64 moves");
		m->first[m->firsts++] = (int16_t)action;
		p += n;
	}
	return 0;
}

static int settings(struct cli_match *m, const struct texts *t, struct match_sprt *test)
{
	long long size = SIZE, games = GAMES, visits = t->seconds ? 0 : VISITS, plies = PLIES, patience = PATIENCE, seconds = 0;
	m->komi_half = KOMI_HALF;
	if ((t->size && cli_number("--size", t->size, GAME_SIZE_MIN, GAME_SIZE_MAX, &size)) ||
	    (t->komi && cli_komi("--komi", t->komi, &m->komi_half)) ||
	    (t->games && cli_number("--games", t->games, 2, 10000000, &games)) ||
	    (t->visits && cli_number("--visits", t->visits, 1, 100000, &visits)) ||
	    (t->seconds && cli_number("--seconds", t->seconds, 1, 86400, &seconds)) || (t->sprt && parse_sprt(t->sprt, test)) ||
	    (t->plies && cli_number("--opening-plies", t->plies, 0, 100, &plies)) ||
	    (t->patience && cli_number("--patience", t->patience, 1, 86400, &patience)) ||
	    cli_threads(t->threads, &m->threads) || cli_seed(t->seed, 1, &m->seed) || cli_cpu_flags(m->cpu, &m->flags))
		return -1;
	m->sprt = t->sprt ? test : NULL;
	m->games = (uint32_t)games;
	m->size = (int)size;
	m->visits = (int)visits;
	m->plies = (int)plies;
	m->seconds = (int)seconds;
	m->patience = (int)patience;
	if (t->moves && parse_moves(m, t->moves))
		return -1;
	return games % 2 ? complain("--games must be even: an opening is played twice, with colours changed") : 0;
}

static int run(int argc, char **argv)
{
	struct texts t = {.size = NULL};
	struct cli_match m = {.size = 0};
	struct match_sprt test;
	const struct cli_option opt[] = {
	    {"size", 1, &t.size},         {"komi", 1, &t.komi},           {"games", 1, &t.games},
	    {"visits", 1, &t.visits},     {"seconds", 1, &t.seconds},     {"opening-plies", 1, &t.plies},
	    {"threads", 1, &t.threads},   {"seed", 1, &t.seed},           {"sprt", 1, &t.sprt},
	    {"patience", 1, &t.patience}, {"records", 1, &m.records},     {"sgf", 1, &m.sgf},
	    {"cpu-flags", 1, &m.cpu},     {"moves", 1, &t.moves},
	};
	int n = cli_parse(&cli_cmd_match, argc, argv, opt, sizeof opt / sizeof *opt, 2, 2);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	m.name[0] = argv[0];
	m.name[1] = argv[1];
	return settings(&m, &t, &test) ? CLI_USAGE : run_match(&m, &t);
}

const struct cli_command cli_cmd_match = {
    .name = "match",
    .summary = "let two nets or programs play against each other",
    .usage = "Usage: miai match A B [OPTIONS]\n"
	     "A and B are net files, the word random (draws evenly from the legal moves), or gtp:COMMAND,\n"
	     "any program that speaks GTP.  Each opening is played twice with colours changed.  Between\n"
	     "nets the same seed gives the same games at any number of threads and on any machine.\n\n"
	     "  --size N           board (9)\n"
	     "  --komi K           (7.5); whole numbers allow draws\n"
	     "  --games N          an even number (100)\n"
	     "  --sprt E0,E1       stop when it is clear whether A is better by E0 or by E1 Elo\n"
	     "  --visits N         evaluations a move (32)\n"
	     "  --opening-plies N  random moves before each pair (4)\n"
	     "  --seed N           (1)\n"
	     "  --records FILE     write the games there\n"
	     "  --threads N        (all processors); with a program: games at a time\n"
	     "  --cpu-flags LIST   avx2,avx512vnni or neon,neondot; none, all (all)\n"
	     "With a program, an imported net, or first moves, which all play as miai gtp does:\n"
	     "  --moves MOVES      with which every game begins: \"C3\", \"E5 C5\"\n"
	     "  --seconds S        whole seconds for a move, told as time_settings 0 S 1\n"
	     "  --patience S       seconds after which a silent program is given up (300)\n"
	     "  --sgf DIR          write the games there\n",
    .run = run,
};
