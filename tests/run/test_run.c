/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The parts of a run that need no files: gate, Elo, windows, spans, paths, what an entry says. */
#include "run/parts.h"
#include "test.h"

static void gate_of(struct run_gate *g, int pairs, int margin)
{
	struct recipe r;
	recipe_defaults(&r);
	r.gate_pairs = pairs;
	r.gate_margin = margin;
	run_gate_init(g, &r);
}

/* points: one digit a game. */
static void feed(struct run_gate *g, const char *points)
{
	for (; *points; points++)
		run_gate_add(g, *points - '0');
}

static void test_gate_ends_after_whole_pairs(void)
{
	struct run_gate g;
	gate_of(&g, 10, 6);
	feed(&g, "222");
	CHECK_INT(g.decided, 0); /* three won games make up the margin, but the pair is not whole */
	CHECK_INT(g.lead, 4);
	feed(&g, "1");
	CHECK_INT(g.decided, 1);
	gate_of(&g, 10, 4);
	feed(&g, "22");
	CHECK_INT(g.lead, 4);
	CHECK_INT(g.decided, 1);
	feed(&g, "00"); /* nothing counts after the decision */
	CHECK_INT(g.games, 2);
	CHECK_INT(g.losses, 0);
	gate_of(&g, 10, 8);
	feed(&g, "20111001002222");
	CHECK_INT(g.decided, -1);
	CHECK_INT(g.games, 10);
	CHECK_INT(g.wins, 1);
	CHECK_INT(g.draws, 4);
	CHECK_INT(g.losses, 5);
	CHECK_INT(g.lead, -8);
}

static void test_gate_at_its_last_pair(void)
{
	struct run_gate g;
	gate_of(&g, 2, 100);
	feed(&g, "202");
	CHECK_INT(g.decided, 0);
	feed(&g, "0");
	CHECK_INT(g.decided, 1); /* equal: the newer net is as good and knows more */
	gate_of(&g, 2, 100);
	feed(&g, "2010");
	CHECK_INT(g.decided, -1);
	gate_of(&g, 1, 1);
	feed(&g, "11");
	CHECK_INT(g.decided, 1);
}

/* Is there an order of these games in which the last one decides? */
static bool some_order(struct run_gate g, uint32_t wins, uint32_t draws, uint32_t losses)
{
	if (g.decided || wins + draws + losses == 0)
		return g.decided && wins + draws + losses == 0;
	struct run_gate a = g, b = g, c = g;
	run_gate_add(&a, 2);
	run_gate_add(&b, 1);
	run_gate_add(&c, 0);
	return (wins && some_order(a, wins - 1, draws, losses)) || (draws && some_order(b, wins, draws - 1, losses)) ||
	       (losses && some_order(c, wins, draws, losses - 1));
}

static void test_counts(int pairs, int margin)
{
	for (uint32_t n = 0; n <= 2 * (uint32_t)pairs + 2; n++)
		for (uint32_t wins = 0; wins <= n; wins++)
			for (uint32_t draws = 0; draws <= n - wins; draws++) {
				struct run_gate g, none;
				gate_of(&g, pairs, margin);
				none = g;
				run_gate_counts(&g, wins, draws, n - wins - draws);
				CHECK_INT(g.decided && g.games == n, some_order(none, wins, draws, n - wins - draws));
			}
}

static void test_gate_by_counts(void)
{
	struct run_gate g;
	for (int pairs = 1; pairs <= 4; pairs++)
		for (int margin = 1; margin <= 4 * pairs + 1; margin++)
			test_counts(pairs, margin);
	gate_of(&g, 100000, 100000);
	run_gate_counts(&g, 0, 0, UINT32_MAX);
	CHECK_INT(g.games, 50000); /* no further */
}

static void test_match_points(void)
{
	CHECK_INT(run_match_points(0, 7), 2); /* Black is the candidate */
	CHECK_INT(run_match_points(0, 0), 1);
	CHECK_INT(run_match_points(0, -1), 0);
	CHECK_INT(run_match_points(1, 7), 0); /* White is */
	CHECK_INT(run_match_points(1, 0), 1);
	CHECK_INT(run_match_points(1, -1), 2);
}

/* 400 log10(p / (1 - p)), from tables of logarithms. */
static void test_elo(void)
{
	CHECK_INT(run_elo(0, 0), 0);
	CHECK_INT(run_elo(10, 10), 0);
	CHECK_INT(run_elo(20 * 3 / 4, 10), 191); /* 3 to 1: 190.85 */
	CHECK_INT(run_elo(20 / 4, 10), -191);
	CHECK_INT(run_elo(181, 100), 392); /* 181 to 19: 391.57 */
	CHECK_INT(run_elo(11, 10), 35);    /* 55 %: 34.86 */
	CHECK_INT(run_elo(128, 100), 100); /* 64 %: 99.95 */
	CHECK_INT(run_elo(20, 10), 636);   /* 39 quarters to 1: 636.43 */
	CHECK_INT(run_elo(0, 10), -636);
	CHECK_INT(run_elo(2000, 1000), 1200); /* 3999 to 1 would be 1440.8 */
	CHECK_INT(run_elo(0, 4000000000u), -1200);
	CHECK_INT(run_elo(4000000000u, 4000000000u), 0);
	for (uint32_t n = 1; n < 60; n++)
		for (uint32_t p = 0; p <= 2 * n; p++) {
			CHECK(run_elo(p, n) == -run_elo(2 * n - p, n));
			CHECK(p == 0 || run_elo(p, n) >= run_elo(p - 1, n));
		}
}

static void test_windows(void)
{
	struct recipe r;
	recipe_defaults(&r);
	r.train_window = 3;
	r.train_window_growth = 0;
	CHECK_INT(run_window_first(&r, 1), 1);
	CHECK_INT(run_window_first(&r, 3), 1);
	CHECK_INT(run_window_first(&r, 4), 2);
	CHECK_INT(run_window_first(&r, 100000), 99998);
	r.train_window_growth = 500;
	CHECK_INT(run_window_first(&r, 4), 2); /* half of 4 is below 3 */
	CHECK_INT(run_window_first(&r, 7), 4); /* half of 7, rounded up: 4 generations */
	CHECK_INT(run_window_first(&r, 100), 51);
	r.train_window_growth = 1000;
	CHECK_INT(run_window_first(&r, 100000), 1);
	r.train_window = 100000;
	r.train_window_growth = 0;
	CHECK_INT(run_window_first(&r, 100000), 1);
}

static void test_spans(void)
{
	struct recipe r;
	recipe_defaults(&r);
	r.train_steps = 7;
	r.train_checkpoint_interval = 3;
	CHECK_INT(run_spans(&r), 3);
	CHECK_INT(run_span_end(&r, 1, -1), 0);
	CHECK_INT(run_span_end(&r, 1, 0), 3);
	CHECK_INT(run_span_end(&r, 1, 2), 7);
	CHECK_INT(run_span_end(&r, 2, -1), 7);
	CHECK_INT(run_span_end(&r, 2, 1), 13);
	CHECK_INT(run_span_end(&r, 0, -1), 0);
	r.train_steps = 1000000;
	r.train_checkpoint_interval = 1000000;
	CHECK_INT(run_spans(&r), 1);
	CHECK_INT(run_span_end(&r, 100000, 0), INT64_C(100000000000));
}

static void check_path(enum run_file what, uint32_t generation, uint64_t step, const char *want)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, "d", what, generation, step);
	CHECK_STR(path, want);
}

static void test_paths(void)
{
	check_path(RUN_RECIPE, 0, 0, "d/recipe");
	check_path(RUN_LEDGER, 0, 0, "d/ledger");
	check_path(RUN_LOCK, 0, 0, "d/lock");
	check_path(RUN_GAMES, 1, 0, "d/games/000001.games");
	check_path(RUN_SHARD, 23, 0, "d/shards/000023.shard");
	check_path(RUN_CHECKPOINT, 1, 50, "d/checkpoints/000001-000050.ckpt");
	check_path(RUN_CHECKPOINT, 100000, UINT64_C(100000000000), "d/checkpoints/100000-100000000000.ckpt");
	check_path(RUN_NET, 0, 0, "d/nets/000000.net");
	check_path(RUN_MATCH, 4, 0, "d/matches/000004.games");
	char dir[RUN_DIR_MAX + 1], path[RUN_PATH_MAX];
	memset(dir, 'x', sizeof dir - 1);
	dir[sizeof dir - 1] = '\0';
	run_path(path, sizeof path, dir, RUN_CHECKPOINT, 100000, UINT64_C(100000000000));
	CHECK_STR(path + strlen(path) - 5, ".ckpt"); /* the longest one is not cut */
}

static void test_decisions(void)
{
	struct ledger_entry before = {.generation = 4, .best_generation = 2, .rating = 100}, e = {.generation = 5};
	struct run_gate g;
	memset(before.best.b, 2, sizeof before.best.b);
	memset(e.net.b, 5, sizeof e.net.b);
	gate_of(&g, 10, 4);
	feed(&g, "22");
	run_decide(&e, &before, &g);
	CHECK_INT(e.promoted, 1);
	CHECK_INT(e.best_generation, 5);
	CHECK(hash_equal(&e.best, &e.net));
	CHECK_INT(e.match_games, 2);
	CHECK_INT(e.wins, 2);
	CHECK_INT(e.rating, 100 + run_elo(4, 2));
	gate_of(&g, 10, 4);
	feed(&g, "00");
	run_decide(&e, &before, &g);
	CHECK_INT(e.promoted, 0);
	CHECK_INT(e.best_generation, 2);
	CHECK(hash_equal(&e.best, &before.best));
	CHECK_INT(e.rating, 100);
	run_decide(&e, &before, NULL);
	CHECK_INT(e.promoted, 1);
	CHECK_INT(e.match_games, 0);
	CHECK_INT(e.rating, 100);
}

static void test_settings(void)
{
	struct recipe r;
	struct game_rules rules;
	struct selfplay_settings a, b;
	recipe_defaults(&r);
	run_rules(&r, &rules);
	CHECK_INT(rules.max_moves, 3 * 9 * 9);
	CHECK_INT(rules.komi_half, 15);
	r.board_max_moves = 50;
	run_rules(&r, &rules);
	CHECK_INT(rules.max_moves, 50);
	run_selfplay_settings(&r, 1, NULL, 0, &a);
	run_selfplay_settings(&r, 2, NULL, 0, &b);
	CHECK(a.seed != b.seed);
	CHECK_INT(a.player[0].full_share, 1000); /* no cheap searches: all are full */
	CHECK_INT(a.player[0].decided_value, 0);
	/* Visits from 8 to 32 over 10 generations, and back. */
	r.selfplay_visits_start = 8;
	static const int rising[] = {8, 10, 13, 16, 18, 21, 24, 26, 29, 32, 32};
	for (uint32_t g = 1; g <= 11; g++) {
		run_selfplay_settings(&r, g, NULL, 0, &b);
		CHECK_INT(b.player[0].search.visits, rising[g - 1]);
	}
	r.selfplay_visits_start = 40;
	run_selfplay_settings(&r, 2, NULL, 0, &b);
	CHECK_INT(b.player[0].search.visits, 39); /* 40 - 8 / 9, rounded down */
	r.selfplay_decided_value = 950;
	run_selfplay_settings(&r, 10, NULL, 0, &b);
	CHECK_INT(b.player[0].search.visits, 32);
	CHECK_INT(b.player[0].decided_value, 62260);
	r.run_generations = 1;
	run_selfplay_settings(&r, 1, NULL, 0, &b);
	CHECK_INT(b.player[0].search.visits, 32);
	recipe_defaults(&r);
	run_gate_settings(&r, 1, NULL, NULL, 0, &b);
	CHECK(a.seed != b.seed);
	CHECK(b.match && !a.match);
	CHECK(a.keep_policy && !b.keep_policy);
	r.run_seed++;
	run_selfplay_settings(&r, 1, NULL, 0, &b);
	CHECK(a.seed != b.seed);
}

int main(void)
{
	test_gate_ends_after_whole_pairs();
	test_gate_at_its_last_pair();
	test_gate_by_counts();
	test_match_points();
	test_elo();
	test_windows();
	test_spans();
	test_paths();
	test_decisions();
	test_settings();
	return test_done();
}
