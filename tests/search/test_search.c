/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search must do, in cases small enough to know the answer. */
#include "search/drive.h"

#include <stddef.h>

static void *empty_state(const struct game_rules *r)
{
	void *state = malloc(game_go.state_bytes(r));
	game_go.init(state, r);
	return state;
}

/* Value for the mover under perfect play: 1, 0, -1. */
static int minimax(const void *state)
{
	const struct game_rules *r = game_go.rules(state);
	uint8_t mask[GAME_ACTIONS_MAX];
	int best = -2;
	if (game_go.over(state)) {
		int half = game_go.score_half(state) * (game_go.to_move(state) ? -1 : 1);
		return (half > 0) - (half < 0);
	}
	game_go.legal(state, mask);
	void *next = malloc(game_go.state_bytes(r));
	for (int a = 0; a < game_actions(r) && best < 1; a++) {
		if (!mask[a])
			continue;
		memcpy(next, state, game_go.state_bytes(r));
		game_go.play(next, a);
		int v = -minimax(next);
		best = v > best ? v : best;
	}
	free(next);
	return best;
}

/* Four plies before the end of the game, so that a search may look at everything: it must find the move that
 * brute force finds, whichever way the root is searched. */
static void finds_the_best_end(void)
{
	struct game_rules rules = {.size = 3, .komi_half = 1, .max_moves = 14};
	int won = 0, lost = 0;
	for (uint64_t k = 0; k < 24; k++) {
		struct search_settings set = search_plain;
		set.visits = 20000;
		set.gumbel_actions = k % 2 ? 16 : 0;
		rules.komi_half = (int)(k % 5) * 2 - 4;
		void *state = random_state(&rules, 10, k), *next = malloc(game_go.state_bytes(&rules));
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		struct search_result r;
		run_uniform(s, state, set.visits, k);
		search_result(s, &r);
		int want = minimax(state);
		won += want > 0;
		lost += want < 0;
		memcpy(next, state, game_go.state_bytes(&rules));
		CHECK(game_go.play(next, r.action));
		CHECK_INT(-minimax(next), want);
		CHECK(want == 0 || (r.value > EVAL_ONE / 2) == (want > 0));
		search_free(s);
		free(state);
		free(next);
	}
	CHECK(won > 3 && lost > 3);
}

/* White has just passed; Black is ahead, so the pass wins at once, and no evaluation is spent on it. */
static void takes_the_winning_pass(void)
{
	struct game_rules rules = {.size = 5, .komi_half = 1, .max_moves = 100};
	struct search_settings set = search_plain;
	set.gumbel_actions = 8;
	set.gumbel_noise = 1;
	for (int black_ahead = 0; black_ahead < 2; black_ahead++) {
		void *state = empty_state(&rules);
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		struct search_result r;
		uint32_t policy[26];
		game_go.play(state, black_ahead ? 12 : 25);
		game_go.play(state, black_ahead ? 25 : 12);
		if (!black_ahead)
			game_go.play(state, 25);
		set.visits = 100;
		int asked = run_uniform(s, state, 100, 5);
		search_result(s, &r);
		search_policy(s, policy);
		CHECK_INT(r.visits, 100);
		CHECK(asked < 100);
		CHECK_INT(r.action, 25);
		CHECK(policy[25] > 60000);
		CHECK(r.value > 60000);
		search_free(s);
		free(state);
	}
}

/* The next move is the last: every child is terminal, its value exact, and one evaluation is all. */
static void terminal_children(void)
{
	struct game_rules rules = {.size = 3, .komi_half = 2 * 9, .max_moves = 3};
	struct search_settings set = search_plain;
	for (int gumbel = 0; gumbel < 2; gumbel++) {
		void *state = empty_state(&rules);
		struct search_child child[10];
		struct search_result r;
		game_go.play(state, 9);
		game_go.play(state, 0);
		set.gumbel_actions = gumbel ? 64 : 0;
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		CHECK_INT(run_uniform(s, state, 100, 0), 1);
		search_result(s, &r);
		CHECK_INT(r.visits, 100);
		for (int i = search_children(s, child, 10); i-- > 0;) /* White has a stone and komi: Black loses */
			CHECK(child[i].visits == 0 || child[i].value == -EVAL_ONE);
		CHECK(r.value < -60000);
		search_free(s);
		free(state);
	}
}

/* A draw is worth draw_utility to the root's mover, whoever ends the game. */
static void draws(void)
{
	struct game_rules rules = {.size = 2, .komi_half = 0, .max_moves = 8};
	struct search_settings set = search_plain;
	for (int player = 0; player < 2; player++)
		for (int utility = -1000; utility <= 1000; utility += 250) {
			void *state = empty_state(&rules);
			struct search_child child[5];
			set.draw_utility = utility;
			struct search *s = search_new(&game_go, &rules, &set, NULL);
			go_set_to_move(state, player);
			game_go.play(state, 4);
			run_uniform(s, state, 50, 0);
			for (int i = search_children(s, child, 5); i-- > 0;)
				if (child[i].action == 4 && child[i].visits)
					CHECK_INT(child[i].value, 65536 * utility / 1000);
			search_free(s);
			free(state);
		}
}

/* Logits fall by one half with the action; all positions even. */
static void run_slope(struct search *s, const void *state, int visits)
{
	struct eval_job *job;
	search_begin(s, state, visits, 1);
	while (search_step(s, &job)) {
		memset(&job->out, 0, sizeof job->out);
		for (int a = 0; a < GAME_ACTIONS_MAX; a++)
			job->out.logit[a] = -a * 32768;
		job->out.wdl[1] = EVAL_ONE;
	}
}

/* Worked by hand: m candidates, n simulations, all values equal. */
static void halving_by_hand(void)
{
	static const struct {
		int m, visits, want[8];
	} row[] = {
		{4, 9, {3, 3, 1, 1}},          /* 8/(2*4) = 1 each, then 8/(2*2) = 2 each */
		{4, 17, {6, 6, 2, 2}},         /* 2 each, then 4 each */
		{8, 33, {11, 11, 3, 3, 1, 1, 1, 1}}, /* 8 * 1 + 4 * 2 + 2 * 5 = 26; the other 6 go to the best two */
		{3, 8, {3, 3, 1}},             /* 7/(2*3) = 1 each; 7/(2*2) = 1 each, twice: 3 + 2 + 2 */
		{2, 6, {3, 2}},                /* 5/(1*2) = 2 each, one left over */
		{1, 5, {4}},
		{8, 4, {1, 1, 1}},             /* no more candidates than simulations */
		{4, 1, {0}},
	};
	struct game_rules rules = {.size = 3, .komi_half = 1, .max_moves = 100};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct search_settings set = search_plain;
		struct search_child child[10];
		struct search_result r;
		int want[10] = {0};
		void *state = empty_state(&rules);
		set.gumbel_actions = row[i].m;
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		run_slope(s, state, row[i].visits);
		memcpy(want, row[i].want, sizeof row[i].want);
		int n = search_children(s, child, 10);
		CHECK_INT(n, 10);
		for (int k = 0; k < n; k++)
			CHECK_INT(child[k].visits, want[child[k].action]);
		search_result(s, &r);
		CHECK_INT(r.action, 0);
		CHECK_INT(r.visits, row[i].visits);
		search_free(s);
		free(state);
	}
}

/* One visit is the bare policy; its target too, whatever the root's method. */
static void bare_policy(void)
{
	struct game_rules rules = {.size = 3, .komi_half = 1, .max_moves = 100};
	void *state = empty_state(&rules);
	for (int gumbel = 0; gumbel < 32; gumbel += 16) {
		struct search_settings set = search_plain;
		uint32_t policy[10];
		struct search_result r;
		set.gumbel_actions = gumbel;
		set.gumbel_noise = 1;
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		run_slope(s, state, 1);
		search_result(s, &r);
		search_policy(s, policy);
		CHECK_INT(r.action, 0);
		CHECK_INT(r.visits, 1);
		uint32_t sum = policy[0];
		for (int a = 1; a < 10; a++) {
			sum += policy[a];
			int64_t fall = (int64_t)policy[a - 1] * 39750 / 65536; /* e^-1/2 */
			/* 8: the first was given what was missing */
			CHECK(policy[a] + 8 >= fall && policy[a] <= fall + 8);
		}
		CHECK_INT(sum, 65536);
		search_free(s);
	}
	free(state);
}

/* The same key gives the same search: on a fresh object, again on the used one, after another search, and after
 * one that was left half way. */
static void same_again(void)
{
	struct game_rules rules = {.size = 5, .komi_half = 1, .max_moves = 75};
	struct search_settings set = search_plain;
	set.gumbel_actions = 16;
	set.gumbel_noise = 1;
	set.symmetry = 1;
	void *state = random_state(&rules, 6, 1), *other = random_state(&rules, 9, 2);
	struct search *s = search_new(&game_go, &rules, &set, NULL), *fresh;
	struct search_result first, r;
	uint32_t want[26], got[26];
	struct eval_job *job;
	run_hash(s, state, 64, 7, 65536);
	search_result(s, &first);
	search_policy(s, want);
	int differs = 0;
	for (int i = 0; i < 4; i++) {
		if (i == 1)
			run_hash(s, other, 100, 3, 65536);
		if (i == 2) {
			search_begin(s, other, 50, 4);
			CHECK(search_step(s, &job));
		}
		fresh = search_new(&game_go, &rules, &set, NULL);
		run_hash(i == 3 ? fresh : s, state, 64, 7, 65536);
		search_result(i == 3 ? fresh : s, &r);
		search_policy(i == 3 ? fresh : s, got);
		CHECK(memcmp(&r, &first, sizeof r) == 0);
		CHECK(memcmp(got, want, sizeof got) == 0);
		run_hash(fresh, state, 64, 8 + (uint64_t)i, 65536);
		search_result(fresh, &r);
		differs += memcmp(&r, &first, sizeof r) != 0;
		search_free(fresh);
	}
	CHECK(differs > 0); /* the key counts */
	search_free(s);
	free(state);
	free(other);
}

/* Results can be read at any time, an open question or none. */
static void half_way(void)
{
	struct game_rules rules = {.size = 3, .komi_half = 1, .max_moves = 30};
	struct search_settings set = search_plain;
	void *state = empty_state(&rules);
	for (int gumbel = 0; gumbel < 32; gumbel += 16) {
		struct search_result r;
		struct search_child child[10];
		uint32_t policy[10];
		struct eval_job *job;
		set.gumbel_actions = gumbel;
		struct search *s = search_new(&game_go, &rules, &set, NULL);
		search_begin(s, state, 100, 1);
		search_result(s, &r);
		CHECK_INT(r.visits, 0);
		CHECK_INT(search_children(s, child, 10), 0);
		for (int i = 0; i < 40 && search_step(s, &job); i++) {
			search_result(s, &r);
			search_policy(s, policy);
			CHECK(r.visits >= i && r.visits < 100);
			uint32_t sum = 0;
			for (int a = 0; a < 10; a++)
				sum += policy[a];
			CHECK_INT(sum, i ? 65536 : 0);
			hash_answer(job->planes, 3, 65536, &job->out);
		}
		search_free(s);
	}
	free(state);
}

static void symmetry_of_jobs(void)
{
	struct game_rules rules = {.size = 5, .komi_half = 1, .max_moves = 75};
	struct search_settings set = search_plain;
	int seen = 0;
	for (int on = 0; on < 2; on++)
		for (uint64_t k = 0; k < 40; k++) {
			void *state = random_state(&rules, 8, k);
			struct eval_job *job;
			set.symmetry = on;
			struct search *s = search_new(&game_go, &rules, &set, NULL);
			search_begin(s, state, 2, k);
			CHECK(search_step(s, &job));
			CHECK_INT(job->symmetry, on ? (int)(rng_key(game_go.key(state), RNG_EVAL) & 7) : 0);
			seen |= on << job->symmetry;
			search_free(s);
			free(state);
		}
	CHECK_INT(seen, 255);
}

static void refuses(void)
{
	struct game_rules rules = {.size = 5, .komi_half = 1, .max_moves = 75};
	static const struct {
		size_t at;
		int value;
		const char *name;
	} bad[] = {
		{offsetof(struct search_settings, visits), 0, "visits"},
		{offsetof(struct search_settings, visits), 1000001, "visits"},
		{offsetof(struct search_settings, gumbel_actions), 65, "gumbel_actions"},
		{offsetof(struct search_settings, gumbel_noise), 2, "gumbel_noise"},
		{offsetof(struct search_settings, c_visit), -1, "c_visit"},
		{offsetof(struct search_settings, c_scale), 100001, "c_scale"},
		{offsetof(struct search_settings, cpuct), -1, "cpuct"},
		{offsetof(struct search_settings, fpu), 10001, "fpu"},
		{offsetof(struct search_settings, draw_utility), 1001, "draw_utility"},
		{offsetof(struct search_settings, symmetry), 8, "symmetry"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct search_settings set = search_plain;
		struct err e = {.text = ""};
		memcpy((char *)&set + bad[i].at, &bad[i].value, sizeof(int));
		CHECK(search_new(&game_go, &rules, &set, &e) == NULL);
		CHECK(strstr(e.text, bad[i].name) != NULL);
	}
}

int main(void)
{
	finds_the_best_end();
	takes_the_winning_pass();
	terminal_children();
	draws();
	halving_by_hand();
	bare_policy();
	same_again();
	half_way();
	symmetry_of_jobs();
	refuses();
	return test_done();
}
