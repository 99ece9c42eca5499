/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sessions: the same games whatever plays them, in order, ended early, and what each game must look like. */
#include "selfplay/session.h"

static struct nn_net *net_a, *net_b;

/* Threads and games in flight change no byte, nor does the number a session starts at. */
static void same_games(bool match)
{
	static const int threads[] = {1, 2, 7}, in_flight[] = {1, 3, 32};
	struct selfplay_settings s = session_settings(net_a, net_b);
	struct kept first = {0};
	s.match = match;
	CHECK_INT(session_play(&s, 1, 0, 14, &first), 0);
	CHECK_INT(first.games, 14);
	for (int i = 0; i < 9; i++) {
		struct kept again = {0};
		s.in_flight = in_flight[i % 3];
		CHECK_INT(session_play(&s, threads[i / 3], 0, 14, &again), 0);
		CHECK(same_bytes(&again.bytes, &first.bytes));
		kept_release(&again);
	}
	struct kept part = {0}, other = {0};
	CHECK_INT(session_play(&s, 2, 5, 3, &part), 0);
	for (uint32_t i = 0; i < part.games; i++) {
		struct buf a = {0}, b = {0};
		record_game_write(&part.game[i], &a);
		record_game_write(&first.game[5 + i], &b);
		CHECK(same_bytes(&a, &b));
		buf_release(&a);
		buf_release(&b);
	}
	s.seed++;
	CHECK_INT(session_play(&s, 2, 0, 14, &other), 0);
	CHECK(!same_bytes(&other.bytes, &first.bytes));
	kept_release(&part);
	kept_release(&other);
	kept_release(&first);
}

/* Kinds and komi come from their draws; nothing but a full search has a target. */
static void selfplay_games(void)
{
	struct selfplay_settings s = session_settings(net_a, NULL);
	struct kept k = {0};
	int kinds[3] = {0}, komi_seen = 0, plies_seen = 0;
	CHECK_INT(session_play(&s, 2, 0, 60, &k), 0);
	for (uint32_t i = 0; i < k.games; i++) {
		const struct record_game *g = &k.game[i];
		struct err e = {.text = ""};
		CHECK_INT(selfplay_check(&game_go, g, &e), 0);
		CHECK_INT(g->index, i);
		CHECK(g->komi_half >= -1 && g->komi_half <= 7 && (g->komi_half & 1));
		komi_seen |= 1 << (g->komi_half + 1) / 2;
		uint32_t plies = 0;
		while (plies < g->moves && g->move[plies].kind == RECORD_OPENING)
			CHECK(g->move[plies++].action != 16);
		CHECK(plies <= 4);
		plies_seen |= 1 << plies;
		for (uint32_t m = 0; m < g->moves; m++) {
			CHECK(m < plies || g->move[m].kind != RECORD_OPENING);
			CHECK_INT(g->move[m].policy_n > 0, g->move[m].kind == RECORD_FULL);
			kinds[g->move[m].kind]++;
		}
	}
	CHECK_INT(komi_seen, 31);
	CHECK_INT(plies_seen, 31);
	CHECK(kinds[RECORD_CHEAP] > kinds[RECORD_FULL] * 8 / 10 && kinds[RECORD_CHEAP] < kinds[RECORD_FULL] * 12 / 10);
	kept_release(&k);
}

/* The first move that is made quickly, by the rule in words: two searches in a row gave one side the value. */
static uint32_t first_decided(const struct record_game *g, int32_t least)
{
	int black = 0, white = 0;
	for (uint32_t m = 0; m < g->moves; m++) {
		int32_t v = m % 2 ? -g->move[m].value : g->move[m].value;
		bool searched = g->move[m].kind != RECORD_OPENING;
		black = searched && v >= least ? black + 1 : 0;
		white = searched && v <= -least ? white + 1 : 0;
		if (black == 2 || white == 2)
			return m + 1;
	}
	return g->moves;
}

/* Decided games are finished quickly, but for those that are to be checked; not in matches. */
static void decided_games(void)
{
	struct selfplay_settings s = session_settings(net_a, NULL);
	struct kept k = {0}, plain = {0};
	int decided = 0, checked = 0;
	CHECK_INT(session_play(&s, 2, 0, 120, &plain), 0);
	s.player[0].decided_value = 50;
	s.player[0].decided_moves = 2;
	s.player[0].decided_visits = 1;
	s.player[0].decided_checked = 300;
	CHECK_INT(session_play(&s, 2, 0, 120, &k), 0);
	for (uint32_t i = 0; i < k.games; i++) {
		const struct record_game *g = &k.game[i];
		uint32_t from = first_decided(g, 50), seen = 0;
		while (seen < g->moves && g->move[seen].kind != RECORD_DECIDED)
			seen++;
		CHECK_INT(selfplay_check(&game_go, g, NULL), 0);
		CHECK(seen == from || seen == g->moves);
		decided += seen < g->moves;
		checked += from < g->moves && seen == g->moves;
		for (uint32_t m = seen; m < g->moves; m++)
			CHECK(g->move[m].kind == RECORD_DECIDED && g->move[m].policy_n == 0);
		for (uint32_t m = 0; m < seen; m++)
			CHECK(g->move[m].action == plain.game[i].move[m].action);
	}
	CHECK(decided > 5 && checked > 3);
	kept_release(&k);
	kept_release(&plain);
	s.match = true;
	CHECK_INT(session_play(&s, 1, 0, 6, &k), 0);
	for (uint32_t m = 0; m < k.game[0].moves; m++)
		CHECK(k.game[0].move[m].kind != RECORD_DECIDED);
	kept_release(&k);
}

static uint32_t opening_plies(const struct record_game *g)
{
	uint32_t n = 0;
	while (n < g->moves && g->move[n].kind == RECORD_OPENING)
		n++;
	return n;
}

/* Pairs share their opening and differ from other pairs; colours change; the random player's moves are known by
 * their kind.  Noise in the settings makes no difference. */
static void match_games(void)
{
	struct selfplay_settings s = session_settings(net_a, NULL);
	struct kept k = {0}, quiet = {0};
	int openings = 0;
	s.match = true;
	CHECK_INT(session_play(&s, 2, 0, 20, &k), 0);
	s.player[0].search.gumbel_noise = 0;
	CHECK_INT(session_play(&s, 1, 0, 20, &quiet), 0);
	CHECK(same_bytes(&k.bytes, &quiet.bytes));
	for (uint32_t i = 0; i < k.games; i++) {
		const struct record_game *g = &k.game[i], *pair = &k.game[i ^ 1], *next = &k.game[(i + 2) % k.games];
		CHECK_INT(selfplay_check(&game_go, g, NULL), 0);
		CHECK_INT(g->komi_half, 3);
		CHECK_INT(opening_plies(g), 4);
		for (uint32_t m = 0; m < 4; m++) {
			CHECK_INT(g->move[m].action, pair->move[m].action);
			openings += g->move[m].action != next->move[m].action;
		}
		for (uint32_t m = 4; m < g->moves; m++)
			CHECK_INT(g->move[m].kind, m % 2 == i % 2 ? RECORD_FULL : RECORD_CHEAP);
	}
	CHECK(openings > 20);
	kept_release(&k);
	kept_release(&quiet);
}

/* Two who play at random: pass only where nothing else is legal. */
static void random_players(void)
{
	struct selfplay_settings s = session_settings(NULL, NULL);
	struct kept k = {0};
	uint8_t mask[GAME_ACTIONS_MAX];
	int passes = 0;
	s.match = true;
	s.rules.size = 3;
	s.rules.max_moves = 100;
	CHECK_INT(session_play(&s, 3, 0, 40, &k), 0);
	for (uint32_t i = 0; i < k.games; i++) {
		struct game_rules rules = s.rules;
		void *state = malloc(game_go.state_bytes(&rules));
		game_go.init(state, &rules);
		for (uint32_t m = 0; m < k.game[i].moves; m++) {
			int legal = game_go.legal(state, mask);
			CHECK(k.game[i].move[m].action != 9 || legal == 1);
			passes += k.game[i].move[m].action == 9;
			game_go.play(state, k.game[i].move[m].action);
		}
		CHECK_INT(selfplay_check(&game_go, &k.game[i], NULL), 0);
		free(state);
	}
	CHECK(passes > 0);
	kept_release(&k);
}

/* The sink's word ends a session without an error; a stop is one, unless everything was handed over. */
static void early_ends(void)
{
	struct selfplay_settings s = session_settings(net_a, NULL);
	for (int threads = 1; threads <= 4; threads++) {
		struct kept enough = {.enough = 5}, all = {0};
		CHECK_INT(session_play(&s, threads, 0, 200, &enough), 0);
		CHECK_INT(enough.games, 5);
		CHECK_INT(session_play(&s, threads, 0, 5, &all), 0);
		CHECK(same_bytes(&enough.bytes, &all.bytes));
		kept_release(&enough);
		kept_release(&all);

		atomic_bool stop = false;
		struct kept cut = {.stop = &stop, .stop_at = 3};
		CHECK_INT(session_play(&s, threads, 0, 200, &cut), ERR_STOPPED);
		CHECK(cut.games >= 3 && cut.games < 200);
		kept_release(&cut);
		struct kept none = {.stop = &stop};
		CHECK_INT(session_play(&s, threads, 0, 200, &none), ERR_STOPPED);
		CHECK_INT(none.games, 0);
		CHECK_STR(none.e.text, "self-play: stopped");
		CHECK_INT(session_play(&s, threads, 0, 0, &none), 0);

		atomic_store(&stop, false); /* both at once: the sink's word stands, and what it said of it */
		struct kept both = {.enough = 5, .stop = &stop, .stop_at = 5};
		CHECK_INT(session_play(&s, threads, 0, 200, &both), 0);
		CHECK_STR(both.e.text, "");
		kept_release(&both);
	}
}

/* More games than the window holds, through few threads. */
static void long_session(void)
{
	struct selfplay_settings s = session_settings(NULL, NULL);
	struct kept k = {0};
	s.in_flight = 1;
	CHECK_INT(session_play(&s, 5, 1000, KEEP_MAX, &k), 0);
	CHECK_INT(k.games, KEEP_MAX);
	for (uint32_t i = 0; i < k.games; i++)
		CHECK_INT(k.game[i].index, 1000 + i);
	kept_release(&k);
}

static void refuses(void)
{
	struct selfplay_settings good = session_settings(net_a, NULL), s;
	struct kept k = {0};
#define REFUSED(change)                                                     \
	do {                                                                \
		s = good;                                                   \
		change;                                                     \
		CHECK_INT(session_play(&s, 1, 0, 2, &k), ERR_ARG);          \
	} while (0)
	REFUSED(s.rules.size = 1);
	REFUSED(s.rules.size = 20);
	REFUSED(s.rules.max_moves = 0);
	REFUSED(s.rules.max_moves = 4097);
	REFUSED(s.rules.komi_half = 720);
	REFUSED(s.komi_spread_half = -2);
	REFUSED(s.opening_plies = -1);
	REFUSED(s.in_flight = 0);
	REFUSED(s.player[0].full_share = 1001);
	REFUSED(s.player[0].cheap_visits = -1);
	REFUSED(s.player[0].decided_value = -1);
	REFUSED(s.player[0].decided_value = 9); /* after no searches */
	REFUSED(s.player[0].search.visits = 0);
	struct nn_net *wide = nn_net_new(&(struct nn_shape){32, 4, 1, 16, 16}, NULL);
	REFUSED(s.player[0].net = wide);
	nn_net_free(wide);
#undef REFUSED
	CHECK_INT(session_play(&good, 1, UINT32_MAX - 1, 2, &k), ERR_ARG);
	CHECK_INT(k.games, 0);
}

int main(void)
{
	net_a = random_net(1);
	net_b = random_net(2);
	same_games(false);
	same_games(true);
	selfplay_games();
	decided_games();
	match_games();
	random_players();
	early_ends();
	long_session();
	refuses();
	nn_net_free(net_a);
	nn_net_free(net_b);
	return test_done();
}
