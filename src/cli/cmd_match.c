/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai match: two players against each other, and what the result is worth. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "base/pool.h"
#include "cli/score_int.h"
#include "gtp/gtp.h"
#include "selfplay/selfplay.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { GAMES = 100, VISITS = 32, PLIES = 4, IN_FLIGHT = 16, SIZE = 9, KOMI_HALF = 15 };

struct match {
	struct selfplay_settings set;
	uint32_t games;
	int threads;
	unsigned flags;
	const char *name[2], *records;
	struct hash net[2];
	/* While it runs: */
	struct cli_score score;
	struct file_append file;
	bool tty, file_open;
	struct err write_error;
	int write_failed;
};

static bool sink(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct match *m = ctx;
	/* Player 0, A, is Black in even games. */
	int black = g->score_half > 0 ? 2 : g->score_half == 0 ? 1 : 0;
	int white_side = (int)(g->index & 1);
	cli_score_add(&m->score, white_side, white_side ? 2 - black : black);
	if (m->tty)
		fprintf(stderr, "\r%u of %u games, A %u won %u drawn %u lost ", (unsigned)g->index + 1,
			(unsigned)m->games, cli_score_total(&m->score, CLI_WIN), cli_score_total(&m->score, CLI_DRAW),
			cli_score_total(&m->score, CLI_LOSS));
	if (!m->file_open)
		return true;
	struct buf frame = {.data = NULL};
	record_games_frame_write(payload, n, &frame);
	m->write_failed = frame.failed ? err_set(&m->write_error, ERR_MEMORY, "out of memory")
				       : file_append(&m->file, frame.data, frame.len, false, &m->write_error);
	buf_release(&frame);
	return m->write_failed == 0;
}

static int open_records(struct match *m, struct err *e)
{
	struct buf b = {.data = NULL};
	struct record_games_header h = {.kind = RECORD_MATCH};
	if (!m->records)
		return 0;
	int rc = file_there(m->records, e);
	if (rc > 0)
		return err_set(e, ERR_ARG, "--records %s: the file is there already; name a new one", m->records);
	if (rc == 0)
		rc = file_append_open(&m->file, m->records, 0, e);
	if (rc)
		return rc;
	m->file_open = true;
	record_games_header_write(&h, &b);
	rc = b.failed ? err_set(e, ERR_MEMORY, "out of memory") : file_append(&m->file, b.data, b.len, false, e);
	buf_release(&b);
	return rc;
}

static int close_records(struct match *m, struct err *e)
{
	return m->file_open ? file_append_close(&m->file, e) : 0;
}

/* Plays all games; 0 or an error code. */
static int play(struct match *m, struct err *e)
{
	struct pool *pool = pool_new(m->threads);
	if (!pool)
		return err_set(e, ERR_MEMORY, "cannot start %d threads", m->threads);
	int rc = open_records(m, e);
	if (rc == 0)
		rc = selfplay_run(&m->set, pool, 0, m->games, sink, m, cli_stop_flag(), NULL, e);
	pool_free(pool);
	if (m->tty)
		fputc('\n', stderr);
	if (rc == 0 && m->write_failed) {
		*e = m->write_error;
		rc = m->write_failed;
	}
	struct err closing = {.text = ""};
	int closed = close_records(m, &closing);
	if (rc == 0 && closed) {
		*e = closing;
		rc = closed;
	}
	return rc;
}

static void print_player(const struct match *m, int i)
{
	char hex[65] = "draws evenly from the legal moves";
	if (m->set.player[i].net)
		hash_hex(&m->net[i], hex);
	printf("%c: %s\n   %s\n", "AB"[i], m -> name[i], hex);
}

static int run_match(struct match *m)
{
	struct nn_net *net[2] = {NULL, NULL};
	struct err e = {.text = ""};
	int code = CLI_OK, rc;
	for (int i = 0; i < 2 && code == CLI_OK; i++) {
		if (strcmp(m->name[i], "random") == 0)
			continue;
		net[i] = cli_net_load("match", m->name[i], &m->net[i], &code);
		m->set.player[i].net = net[i];
	}
	if (code == CLI_OK) {
		nn_kernels_init(&m->set.kernels, m->flags);
		m->tty = isatty(STDERR_FILENO) != 0;
		rc = play(m, &e);
		code = rc ? cli_fail("match", rc, &e) : CLI_OK;
		/* What was played in order before the end stands, whatever ended it. */
		if (rc == 0 || rc == ERR_STOPPED) {
			print_player(m, 0);
			print_player(m, 1);
			cli_score_print(&m->score, stdout);
		}
	}
	nn_net_free(net[0]);
	nn_net_free(net[1]);
	return code;
}

static void settings(struct match *m, int size, int komi_half, int visits, int plies)
{
	struct selfplay_settings *s = &m->set;
	s->game = &game_go;
	s->rules = (struct game_rules){.size = size, .komi_half = komi_half, .max_moves = 3 * size * size};
	s->match = true;
	s->opening_plies = plies;
	s->in_flight = IN_FLIGHT;
	for (int i = 0; i < 2; i++) {
		cli_search_settings(&s->player[i].search, visits);
		s->player[i].full_share = 1000;
	}
}

static int run(int argc, char **argv)
{
	const char *size = NULL, *komi = NULL, *games = NULL, *visits = NULL, *plies = NULL, *threads = NULL,
		   *seed = NULL, *records = NULL, *cpu = NULL;
	const struct cli_option opt[] = {
	    {"size", 1, &size},     {"komi", 1, &komi},           {"games", 1, &games},
	    {"visits", 1, &visits}, {"opening-plies", 1, &plies}, {"threads", 1, &threads},
	    {"seed", 1, &seed},     {"records", 1, &records},     {"cpu-flags", 1, &cpu},
	};
	long long n_size = SIZE, n_games = GAMES, n_visits = VISITS, n_plies = PLIES;
	int komi_half = KOMI_HALF;
	struct match m = {.records = NULL};
	int n = cli_parse(&cli_cmd_match, argc, argv, opt, sizeof opt / sizeof *opt, 2, 2);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if ((size && cli_number("--size", size, GAME_SIZE_MIN, GAME_SIZE_MAX, &n_size)) ||
	    (komi && cli_komi("--komi", komi, &komi_half)) ||
	    (games && cli_number("--games", games, 2, 10000000, &n_games)) ||
	    (visits && cli_number("--visits", visits, 1, 100000, &n_visits)) ||
	    (plies && cli_number("--opening-plies", plies, 0, 100, &n_plies)) || cli_threads(threads, &m.threads) ||
	    cli_seed(seed, 1, &m.set.seed) || cli_cpu_flags(cpu, &m.flags))
		return CLI_USAGE;
	if (n_games % 2) {
		fprintf(stderr, "miai match: --games must be even: an opening is played twice, with colours changed\n");
		return CLI_USAGE;
	}
	m.games = (uint32_t)n_games;
	m.records = records;
	m.name[0] = argv[0];
	m.name[1] = argv[1];
	settings(&m, (int)n_size, komi_half, (int)n_visits, (int)n_plies);
	return run_match(&m);
}

const struct cli_command cli_cmd_match = {
    .name = "match",
    .summary = "let two nets play against each other",
    .usage = "Usage: miai match A B [OPTIONS]\n"
	     "A and B are net files, or the word random: a player who draws evenly from the legal moves.\n"
	     "Each opening is played twice with colours changed.  The same seed gives the same games\n"
	     "at any number of threads and with any instruction set.\n\n"
	     "  --size N           board (9)\n"
	     "  --komi K           (7.5); whole numbers allow draws\n"
	     "  --games N          an even number (100)\n"
	     "  --visits N         evaluations a move (32)\n"
	     "  --opening-plies N  random moves before each pair (4)\n"
	     "  --seed N           (1)\n"
	     "  --records FILE     write the games there\n"
	     "  --threads N        (all processors)\n"
	     "  --cpu-flags LIST   avx2,avx512vnni or neon,neondot; none, all (all)\n",
    .run = run,
};
