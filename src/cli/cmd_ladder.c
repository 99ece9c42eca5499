/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai ladder: a round robin, its ratings, its plot.  Every match is written down when it ends, so that a ladder can be
 * stopped, continued, and given more players. */
#include "cli/ladder_int.h"

#include "base/file.h"
#include "cli/cli_int.h"
#include "match/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAIRS = 20, VISITS = 32, PLIES = 4, SIZE = 9, KOMI_HALF = 15, PATIENCE = 300 };

/* Plays all matches that the ladder lacks, near ones first: they say most. */
static int play_all(struct ladder *l, struct err *e)
{
	int rc = 0;
	for (int gap = 1; gap < l->players && (gap <= l->span || !l->span); gap++)
		for (int a = 0; a + gap < l->players && rc == 0; a++)
			if (!cli_ladder_result(l, a, a + gap))
				rc = cli_ladder_play(l, a, a + gap, e);
	return rc;
}

static void print_table(const struct ladder *l, const struct match_rating *r)
{
	printf("%-28s %7s  %-18s %7s %7s\n", "player", "Elo", "95%", "games", "score");
	for (int i = 0; i < l->players; i++)
		printf("%-28.28s %7.0f  %+7.0f to %+7.0f %7u %6.1f%%\n", l->player[i].label, r[i].elo, r[i].low, r[i].high,
		       (unsigned)r[i].games, r[i].games ? 100 * r[i].points / r[i].games : 0);
}

static int write_plot(const struct ladder *l, const struct match_rating *r, struct err *e)
{
	struct buf b = {.data = NULL};
	struct match_point *p = calloc(l->players > 0 ? (size_t)l->players : 1, sizeof *p);
	int n = 0, rc = 0;
	for (int i = 0; p && i < l->players; i++)
		if (l->player[i].net)
			p[n++] = (struct match_point){l->player[i].x, r[i].elo, r[i].low, r[i].high, l->player[i].label};
	if (n)
		match_plot_svg(p, n, "Strength", l->log ? "hours of processor time" : "generation",
			       "Elo above the first player, with 95% intervals", &b);
	if (!n)
		rc = err_set(e, p ? ERR_ARG : ERR_MEMORY, p ? "no net to plot" : "out of memory");
	else
		rc = b.failed ? err_set(e, ERR_MEMORY, "out of memory") : file_write(l->svg, b.data, b.len, e);
	free(p);
	buf_release(&b);
	return rc;
}

static int finish(struct ladder *l, struct err *e)
{
	size_t n = l->players > 0 ? (size_t)l->players : 1;
	struct match_rating *r = calloc(n, sizeof *r);
	int rc = r ? match_rate(l->result, l->results, l->players, l->terms.seed, r, e) : err_set(e, ERR_MEMORY, "out of memory");
	if (rc == 0)
		print_table(l, r);
	if (rc == 0 && l->svg)
		rc = write_plot(l, r, e);
	free(r);
	return rc;
}

static int climb(struct ladder *l, int n, char **name, struct err *e)
{
	int rc = 0;
	for (int i = 0; i < n && rc == 0; i++)
		rc = cli_ladder_add(l, name[i], e);
	if (rc == 0 && l->players < 2)
		rc = err_set(e, ERR_ARG, "a ladder needs two players");
	if (rc == 0 && l->log)
		rc = cli_ladder_log(l, e);
	if (rc == 0)
		rc = cli_ladder_load(l, e);
	if (rc == 0)
		rc = play_all(l, e);
	/* What was played counts, whatever ended it. */
	if ((rc == 0 || rc == ERR_STOPPED) && l->results) {
		struct err second = {.text = ""};
		int told = finish(l, &second);
		if (rc == 0 && told) {
			*e = second;
			rc = told;
		}
	}
	return rc;
}

struct texts {
	const char *size, *komi, *pairs, *visits, *plies, *threads, *seed, *every, *span;
};

static int settings(struct ladder *l, const struct texts *t)
{
	struct cli_match *m = &l->terms;
	long long size = SIZE, pairs = PAIRS, visits = VISITS, plies = PLIES, every = 1, span = 0;
	m->komi_half = KOMI_HALF;
	m->patience = PATIENCE;
	if ((t->size && cli_number("--size", t->size, GAME_SIZE_MIN, GAME_SIZE_MAX, &size)) ||
	    (t->komi && cli_komi("--komi", t->komi, &m->komi_half)) ||
	    (t->pairs && cli_number("--pairs", t->pairs, 1, 1000000, &pairs)) ||
	    (t->visits && cli_number("--visits", t->visits, 1, 100000, &visits)) ||
	    (t->plies && cli_number("--opening-plies", t->plies, 0, 100, &plies)) ||
	    (t->every && cli_number("--every", t->every, 1, 100000, &every)) ||
	    (t->span && cli_number("--span", t->span, 1, 100000, &span)) || cli_threads(t->threads, &m->threads) ||
	    cli_seed(t->seed, 1, &m->seed) || cli_cpu_flags(m->cpu, &m->flags))
		return -1;
	m->games = 2 * (uint32_t)pairs;
	m->size = (int)size;
	m->visits = (int)visits;
	m->plies = (int)plies;
	l->every = (int)every;
	l->span = (int)span;
	return 0;
}

static int run(int argc, char **argv)
{
	struct texts t = {.size = NULL};
	struct ladder l = {.lock = -1, .out = {.fd = -1}};
	struct err e = {.text = ""};
	const struct cli_option opt[] = {
	    {"size", 1, &t.size},       {"komi", 1, &t.komi},         {"pairs", 1, &t.pairs},
	    {"visits", 1, &t.visits},   {"opening-plies", 1, &t.plies}, {"threads", 1, &t.threads},
	    {"seed", 1, &t.seed},       {"every", 1, &t.every},       {"span", 1, &t.span},
	    {"results", 1, &l.file},    {"svg", 1, &l.svg},           {"log", 1, &l.log},
	    {"cpu-flags", 1, &l.terms.cpu},
	};
	int n = cli_parse(&cli_cmd_ladder, argc, argv, opt, sizeof opt / sizeof *opt, 1, CLI_MANY);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if (settings(&l, &t))
		return CLI_USAGE;
	int rc = climb(&l, n, argv, &e);
	cli_ladder_release(&l);
	return rc ? cli_fail("ladder", rc, &e) : CLI_OK;
}

const struct cli_command cli_cmd_ladder = {
    .name = "ladder",
    .summary = "rate a run's nets against each other and against programs",
    .usage = "Usage: miai ladder PLAYER... [OPTIONS]\n"
	     "Every player meets every other; ratings with 95% intervals, the first player's being 0.\n"
	     "A PLAYER is a net file, a run's folder (the nets that it promoted), random, or gtp:COMMAND.\n"
	     "Between nets the same seed gives the same table at any number of threads and on any machine.\n\n"
	     "  --every N          of a run, every Nth promoted net, and the last (1)\n"
	     "  --span N           meet only the N nearest on the list; a long run needs no more than 3 (all)\n"
	     "  --pairs N          pairs of games for two players (20)\n"
	     "  --results FILE     write every match there; matches that are there already are not played\n"
	     "  --svg FILE         a plot: strength by generation\n"
	     "  --log FILE[,FILE]  of miai run, one a run: plot by hours of processor time instead\n"
	     "  --size N           board (9)\n"
	     "  --komi K           (7.5); whole numbers allow draws\n"
	     "  --visits N         evaluations a move (32)\n"
	     "  --opening-plies N  random moves before each pair (4)\n"
	     "  --seed N           (1)\n"
	     "  --threads N        (all processors); with a program: games at a time\n"
	     "  --cpu-flags LIST   avx2,avx512vnni or neon,neondot; none, all (all)\n",
    .run = run,
};
