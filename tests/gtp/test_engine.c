/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine without a protocol: the same bits at any number of threads, parameters, clocks on a clock of the test's. */
#include "search/random_net.h"
#include "test.h"

#include "gtp/clock.h"
#include "gtp/engine.h"
#include "gtp/replay.h"

enum { SECOND = 1000000 };

static struct nn_net *net;
static struct nn_kernels kernels;

static struct engine_settings settings(int threads)
{
	struct engine_settings s = {
	    .net = net, .kernels = &kernels, .threads = threads, .memory = 8 << 20, .seed = 3, .size = 7, .komi_half = 15};
	engine_params_init(&s.params);
	s.params.visits = 150;
	return s;
}

static struct engine *make(const struct engine_settings *s)
{
	struct err e = {.text = ""};
	struct engine *g = engine_new(s, &e);
	if (!g) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	return g;
}

static uint64_t digest(const struct engine_analysis *a, int points)
{
	uint64_t key = rng_key((uint64_t)a->visits, (uint32_t)a->winrate);
	key = rng_key(rng_key(key, (uint32_t)a->score), (uint32_t)a->score_stdev);
	for (int i = 0; i < a->moves; i++) {
		const struct engine_info *m = &a->move[i];
		const int word[] = {m->action, m->visits, m->winrate, m->lcb, m->utility, m->prior, m->score, m->pv_len};
		for (size_t k = 0; k < sizeof word / sizeof *word; k++)
			key = rng_key(key, (uint32_t)word[k]);
		for (int k = 0; k < m->pv_len; k++)
			key = rng_key(rng_key(key, m->pv[k]), (uint32_t)m->pv_visits[k]);
		for (int p = 0; m->owner && p < points; p++)
			key = rng_key(key, (uint16_t)m->owner[p]);
	}
	for (int p = 0; a->owner && p < points; p++)
		key = rng_key(key, (uint16_t)a->owner[p]);
	return key;
}

/* A game against itself, with an undo, an analysis and a move of the wrong colour in it. */
static uint64_t play_game(int threads)
{
	struct engine_settings s = settings(threads);
	struct engine *g = make(&s);
	uint64_t key = 1;
	struct err e;
	for (int i = 0; i < 40; i++) {
		const struct engine_limits l = {.visits = 300, .owner = true, .moves_owner = true};
		int action = -2, player = i % 11 == 5 ? (i & 1) : !(i & 1);
		CHECK_INT(engine_genmove(g, player, &action, &e), 0);
		CHECK(engine_last(g) != NULL);
		key = rng_key(rng_key(key, digest(engine_last(g), 49)), (uint32_t)action);
		CHECK(engine_play(g, player, action));
		CHECK(engine_last(g) == NULL);
		if (i % 13 == 7)
			CHECK(engine_undo(g));
		if (i % 10 == 3) {
			const struct engine_analysis *a;
			CHECK_INT(engine_think(g, player, &l, NULL, NULL, NULL, &a, &e), 0);
			CHECK_INT(a->visits, 300);
			key = rng_key(key, digest(a, 49));
		}
	}
	engine_free(g);
	return key;
}

static void test_threads(void)
{
	uint64_t one = play_game(1);
	CHECK(play_game(2) == one);
	CHECK(play_game(5) == one);
}

static void test_params(void)
{
	struct engine_settings s = settings(1);
	struct engine *g = make(&s), *h = make(&s);
	char text[ENGINE_VALUE_TEXT];
	struct buf b = {.data = NULL};
	struct err e;
	for (int i = 0; engine_param_name(i); i++)
		CHECK(engine_get(g, engine_param_name(i), text));
	CHECK(!engine_get(g, "tea", text));
	CHECK_INT(engine_set(g, "visits", "77", &e), 0);
	CHECK_INT(engine_set(g, "visits", "-1", &e), ERR_ARG);
	CHECK_INT(engine_set(g, "visits", "7x", &e), ERR_ARG);
	CHECK_INT(engine_set(g, "tea", "7", &e), ERR_ARG);
	CHECK_INT(engine_set(g, "resign", "51", &e), ERR_ARG);
	CHECK_INT(engine_params(g)->visits, 77);
	engine_save(g, &b);
	buf_u8(&b, 0);
	CHECK_INT(engine_load(h, (const char *)b.data, &e), 0);
	CHECK_INT(engine_params(h)->visits, 77);
	CHECK_INT(engine_load(h, "visits 5\ncpuct x\n", &e), ERR_FORMAT);
	CHECK_INT(engine_load(h, "visits 5\ntea 1\n", &e), ERR_FORMAT);
	CHECK_INT(engine_load(h, "visits\n", &e), ERR_FORMAT);
	CHECK_INT(engine_params(h)->visits, 77);
	s.params.resign = 99;
	CHECK(!engine_new(&s, &e));
	s = settings(0);
	CHECK(!engine_new(&s, &e));
	buf_release(&b);
	engine_free(g);
	engine_free(h);
}

static void test_game(void)
{
	struct engine_settings s = settings(1);
	struct engine *g = make(&s);
	int player;
	CHECK(engine_place(g, 1, 0) && engine_place(g, 0, 10) && !engine_place(g, 0, 10));
	engine_to_move_first(g, 1);
	CHECK(engine_play(g, 1, 5) && !engine_play(g, 0, 5) && !engine_place(g, 0, 20));
	CHECK_INT(engine_moves(g), 1);
	CHECK_INT(engine_move(g, 0, &player), 5);
	CHECK_INT(player, 1);
	CHECK_INT(engine_stones(g), 2);
	CHECK_INT(engine_stone(g, 0, &player), 0);
	CHECK_INT(player, 1);
	CHECK_INT(engine_komi(g, 723), ERR_ARG);
	CHECK(engine_undo(g) && !engine_undo(g));
	CHECK_INT(game_go.to_move(engine_state(g)), 1);
	/* Suicide of two in the corner: legal only where the rules say so, and then they cannot change back. */
	CHECK_INT(engine_clear(g, 3, NULL), 0);
	CHECK(engine_play(g, 0, 1) && engine_play(g, 0, 4) && engine_play(g, 1, 0) && engine_play(g, 0, 6));
	CHECK(!engine_play(g, 1, 3));
	CHECK_INT(engine_suicide(g, 1), 0);
	CHECK(engine_play(g, 1, 3));
	CHECK_INT(engine_suicide(g, 0), ERR_ARG);
	CHECK_INT(go_color(engine_state(g), 0), -1);
	CHECK(engine_undo(g));
	CHECK_INT(engine_suicide(g, 0), 0);
	CHECK_INT(engine_clear(g, 20, NULL), ERR_ARG);
	engine_free(g);
}

static bool stop_after(void *ctx, const struct engine_analysis *a, bool last)
{
	int *left = ctx;
	(void)a;
	return last || --*left > 0;
}

/* The test's clock: every look at it takes a millisecond. */
static int64_t ticks(void *ctx)
{
	int64_t *now = ctx;
	return *now += 1000;
}

static void test_limits(void)
{
	struct engine_settings s = settings(2);
	int64_t now = 0;
	int left = 3;
	const struct engine_analysis *a;
	struct err e;
	s.now_us = ticks;
	s.now_ctx = &now;
	struct engine *g = make(&s);
	const struct engine_limits timed = {.time_us = 50 * 1000};
	CHECK_INT(engine_think(g, 0, &timed, NULL, NULL, NULL, &a, &e), 0);
	CHECK(a->visits > 10 && a->elapsed_us <= 52 * 1000);
	const struct engine_limits reported = {.interval_us = 10 * 1000, .fresh = true};
	CHECK_INT(engine_think(g, 0, &reported, stop_after, NULL, &left, &a, &e), 0);
	CHECK_INT(left, 0);
	CHECK_INT(a->visits_before, 0);
	engine_free(g);
}

/* A player who thinks as long as `most` allows, whose moves cost more than is thought, and who is told what is left in
 * whole seconds, or not at all. */
static void play_clock(struct engine_clock c, int64_t cost, int told_every, int moves)
{
	struct engine_clock truth = c;
	engine_clock_start(&c, 20 * 1000);
	engine_clock_start(&truth, 0);
	for (int i = 0; i < moves; i++) {
		if (told_every && i % told_every == 0)
			engine_clock_told(&c, truth.left / SECOND * SECOND,
				truth.overtime ? (c.system == CLOCK_CANADIAN ? truth.stones_left : truth.periods_left) : 0,
				SECOND);
		struct engine_budget b = engine_clock_budget(&c, 2 * i, 361);
		CHECK(b.plan >= 0 && b.plan <= b.most);
		int64_t used = b.most;
		engine_clock_move(&c, used);
		int periods = truth.periods_left;
		engine_clock_move(&truth, used + cost);
		if (truth.left < 0 || (truth.system == CLOCK_BYOYOMI && truth.overtime && periods && truth.periods_left < periods)) {
			fprintf(stderr, "system %d: lost on time at move %d\n", (int)c.system, i);
			CHECK(false);
			return;
		}
	}
}

static void test_clocks(void)
{
	const struct engine_clock games[] = {
		{.system = CLOCK_ABSOLUTE, .main = 60 * SECOND},
		{.system = CLOCK_ABSOLUTE, .main = 20 * SECOND},
		{.system = CLOCK_CANADIAN, .main = 10 * SECOND, .period = 30 * SECOND, .stones = 25},
		{.system = CLOCK_CANADIAN, .main = 0, .period = 10 * SECOND, .stones = 1},
		{.system = CLOCK_BYOYOMI, .main = 5 * SECOND, .period = 1 * SECOND, .periods = 5},
		{.system = CLOCK_BYOYOMI, .main = 0, .period = 30 * SECOND, .periods = 1},
		{.system = CLOCK_FISCHER, .main = 10 * SECOND, .period = 1 * SECOND},
		{.system = CLOCK_FISCHER, .main = 60 * SECOND, .period = 5 * SECOND, .limit = 60 * SECOND, .move_limit = 8 * SECOND},
	};
	for (size_t i = 0; i < sizeof games / sizeof *games; i++)
		for (int told = 0; told <= 3; told++) {
			play_clock(games[i], 0, told, 200);
			play_clock(games[i], 15 * 1000, told, 200);
		}
	struct engine_clock none = {.system = CLOCK_NONE};
	CHECK(engine_clock_budget(&none, 0, 361).most == INT64_MAX);
	/* A minute for a game of 19x19 is spent, not hoarded. */
	struct engine_clock c = games[0];
	engine_clock_start(&c, 20 * 1000);
	CHECK(engine_clock_budget(&c, 0, 361).plan > SECOND / 4);
	CHECK(engine_clock_budget(&c, 0, 361).most > engine_clock_budget(&c, 0, 361).plan);
}

/* A slow controller is noticed by the seconds that are missing. */
static void test_lag(void)
{
	struct engine_clock c = {.system = CLOCK_ABSOLUTE, .main = 100 * SECOND};
	engine_clock_start(&c, 20 * 1000);
	engine_clock_move(&c, SECOND);
	engine_clock_told(&c, 98 * SECOND, 0, 1000);
	CHECK(c.lag > 900 * 1000);
	int64_t lag = c.lag;
	engine_clock_move(&c, SECOND);
	engine_clock_told(&c, 97 * SECOND, 0, 1000);
	CHECK(c.lag < lag && c.left == 97 * SECOND);
	engine_clock_late(&c, 3 * SECOND);
	CHECK_INT(c.lag, 3 * SECOND);
	engine_clock_late(&c, -SECOND);
	CHECK(c.lag < 3 * SECOND && c.lag > 2 * SECOND);
}

/* A controller that sets the clock before each move, and then tells what is left, as gtp2ogs does: that less is left than
 * at the beginning is no lag.  Nor is what another player's move took. */
static void test_set_anew(void)
{
	const struct engine_clock set = {.system = CLOCK_ABSOLUTE, .main = 900 * SECOND};
	struct engine_clock c = {.system = CLOCK_NONE};
	for (int i = 0; i < 3; i++) {
		engine_clock_set(&c, &set, 20 * 1000);
		engine_clock_told(&c, (500 - i) * SECOND, 0, SECOND);
		CHECK(c.left == (500 - i) * SECOND);
		CHECK_INT(c.lag, 20 * 1000);
		CHECK(engine_clock_budget(&c, 40, 361).plan > SECOND);
		engine_clock_move(&c, SECOND);
	}
	engine_clock_told(&c, 400 * SECOND, 0, SECOND);
	CHECK_INT(c.lag, 20 * 1000);
	engine_clock_late(&c, SECOND);
	engine_clock_set(&c, &set, 20 * 1000);
	CHECK_INT(c.lag, SECOND);
	engine_clock_set(&c, &(struct engine_clock){.system = CLOCK_ABSOLUTE, .main = 60 * SECOND}, 20 * 1000);
	CHECK_INT(c.lag, 20 * 1000);
}

static bool after_a_while(void *ctx)
{
	int *left = ctx;
	return --*left <= 0;
}

static void keep(void *ctx, const char *line)
{
	buf_bytes(ctx, line, strlen(line));
}

/* A game under a clock, with thoughts on the other's time, is the same when it is made again from its transcript. */
static void test_ponder(void)
{
	struct engine_settings s = settings(2);
	struct buf text = {.data = NULL};
	struct engine_replay_result r;
	struct err e = {.text = ""};
	int64_t now = 0;
	s.params.visits = 0;
	s.params.time_ms = 60;
	s.params.ponder = 1;
	s.now_us = ticks;
	s.now_ctx = &now;
	s.log = keep;
	s.log_ctx = &text;
	struct engine *g = make(&s);
	for (int i = 0; i < 8; i++) {
		int action, left = 30 + i;
		CHECK_INT(engine_genmove(g, i & 1, &action, &e), 0);
		CHECK(engine_play(g, i & 1, action));
		engine_ponder(g, after_a_while, &left);
		CHECK(left == 0 && engine_last(g));
	}
	engine_free(g);
	s = settings(1);
	CHECK_INT(engine_replay(text.data, text.len, &s, NULL, NULL, &r, &e), 0);
	CHECK_STR(e.text, "");
	CHECK(r.moves == 8 && r.searches == 16);
	/* One visit more or less on the other's time shows. */
	buf_u8(&text, 0);
	char *at = strstr((char *)text.data, "\nthink w ");
	CHECK(at != NULL);
	while (at && *++at != '\n')
		;
	if (at)
		at[-1] = at[-1] == '9' ? '1' : at[-1] + 1;
	int rc = engine_replay(text.data, text.len - 1, &s, NULL, NULL, &r, &e);
	CHECK(rc == 0 || rc == ERR_MISMATCH);
	buf_release(&text);
}

int main(void)
{
	net = random_net(5);
	nn_kernels_init(&kernels, nn_cpu_flags());
	test_threads();
	test_params();
	test_game();
	test_limits();
	test_ponder();
	test_clocks();
	test_lag();
	test_set_anew();
	nn_net_free(net);
	return test_done();
}
