/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The player's search: against the plain one, at several numbers of threads, from move to move, at its limits. */
#include "search/drive.h"

#include "search/deep.h"

enum { MEMORY = 4 << 20, THREADS = 7 };

static void hash_evaluate(struct evaluator *e, struct eval_job **job, int n)
{
	for (int i = 0; i < n; i++) {
		hash_answer(job[i]->planes, e->size, 60000, &job[i]->out);
		for (int p = 0; p < e->size * e->size; p++)
			job[i]->out.owner[p] = (int16_t)(job[i]->out.logit[p] % 32767);
	}
}

/* A search and all that it borrows. */
struct bench {
	struct evaluator eval[THREADS], *list[THREADS];
	struct pool *pool;
	struct search_deep *s;
};

static void set_up(struct bench *b, const struct game_rules *r, int threads, uint64_t memory)
{
	for (int i = 0; i < threads; i++) {
		b->eval[i] = (struct evaluator){hash_evaluate, r->size, SEARCH_DEEP_BATCH_MAX, i};
		b->list[i] = &b->eval[i];
	}
	b->pool = pool_new(threads);
	b->s = search_deep_new(&game_go, r, memory, b->list, b->pool, NULL);
	CHECK(b->pool && b->s);
}

static void tear_down(struct bench *b)
{
	search_deep_free(b->s);
	pool_free(b->pool);
}

static struct search_deep_settings settings(int batch, int score)
{
	return (struct search_deep_settings){.cpuct = 1100, .fpu = 200, .batch = batch, .score_utility = score};
}

static void search_to(struct bench *b, uint32_t visits)
{
	while (search_deep_step(b->s, visits))
		;
}

/* Everything a search tells, as numbers. */
static uint64_t digest(const struct search_deep *s)
{
	struct search_deep_move m[GAME_ACTIONS_MAX];
	int16_t owner[GAME_POINTS_MAX] = {0};
	uint16_t pv[20] = {0};
	int32_t visits[20] = {0};
	uint64_t key = 1;
	int n = search_deep_moves(s, m);
	search_deep_owner(s, -1, owner);
	for (int i = 0; i < n; i++) {
		int len = search_deep_pv(s, m[i].action, pv, visits, 20);
		const int32_t word[] = {m[i].action, m[i].prior, (int32_t)m[i].stats.visits, m[i].stats.utility,
			m[i].stats.value, m[i].stats.utility_stdev, m[i].stats.score, m[i].stats.score_stdev, len};
		for (size_t k = 0; k < sizeof word / sizeof *word; k++)
			key = rng_key(key, (uint32_t)word[k]);
		for (int k = 0; k < len; k++)
			key = rng_key(rng_key(key, pv[k]), (uint32_t)visits[k]);
	}
	for (int p = 0; p < GAME_POINTS_MAX; p++)
		key = rng_key(key, (uint16_t)owner[p]);
	return key;
}

/* Batches of one, no score: the same visits and values as plain PUCT. */
static void test_as_plain(void)
{
	static const int visits[] = {1, 2, 20, 300};
	for (uint64_t k = 0; k < 12; k++) {
		struct game_rules r = {.size = 3 + (int)(k % 4), .komi_half = 3, .max_moves = 30 + (int)k};
		struct search_settings plain = search_plain;
		struct search_child child[GAME_ACTIONS_MAX];
		struct search_deep_move move[GAME_ACTIONS_MAX];
		struct search_deep_settings set = settings(1, 0);
		struct bench b;
		void *state = random_state(&r, (int)(k % 9), k);
		plain.visits = visits[k / 3];
		struct search *s = search_new(&game_go, &r, &plain, NULL);
		run_hash(s, state, plain.visits, 0, 60000);
		set_up(&b, &r, 3, MEMORY);
		CHECK_INT(search_deep_set(b.s, &set, NULL), 0);
		search_deep_begin(b.s, state);
		search_to(&b, (uint32_t)plain.visits);
		int n = search_deep_moves(b.s, move);
		CHECK_INT(search_children(s, child, GAME_ACTIONS_MAX), n);
		for (int i = 0; i < n; i++)
			for (int c = 0; c < n; c++) {
				if (child[c].action != move[i].action)
					continue;
				CHECK_INT(move[i].stats.visits, child[c].visits);
				if (child[c].visits)
					CHECK_INT(move[i].stats.utility, child[c].value);
			}
		search_free(s);
		tear_down(&b);
		free(state);
	}
}

/* Played on from the root's best move, `moves` times, each searched to `visits`; digests of all roots as one. */
static uint64_t game_digest(int threads, int batch, uint32_t visits, int moves, bool keep)
{
	struct game_rules r = {.size = 5, .komi_half = 3, .max_moves = 200};
	struct search_deep_settings set = settings(batch, 100);
	struct bench b;
	uint64_t key = 0;
	void *state = random_state(&r, 4, 9);
	set_up(&b, &r, threads, MEMORY);
	search_deep_set(b.s, &set, NULL);
	search_deep_begin(b.s, state);
	for (int i = 0; i < moves && !game_go.over(state); i++) {
		struct search_deep_move m[GAME_ACTIONS_MAX];
		struct search_deep_stats root;
		search_to(&b, visits);
		search_deep_root(b.s, &root);
		CHECK_INT(root.visits, visits);
		key = rng_key(key, digest(b.s));
		search_deep_moves(b.s, m);
		game_go.play(state, m[0].action);
		if (keep)
			search_deep_advance(b.s, m[0].action, state);
		else
			search_deep_begin(b.s, state);
		search_deep_root(b.s, &root);
		if (keep && root.visits)
			CHECK_INT(root.visits, m[0].stats.visits);
		else
			CHECK(!game_go.over(state) || !root.visits);
	}
	tear_down(&b);
	free(state);
	return key;
}

static void test_threads(void)
{
	uint64_t one = game_digest(1, 32, 2200, 5, true);
	for (int threads = 2; threads <= THREADS; threads++)
		CHECK(game_digest(threads, 32, 2200, 5, true) == one);
	CHECK(game_digest(2, 9, 2200, 5, true) != one);
	CHECK(game_digest(2, 32, 2200, 5, false) != one);
}

/* A tree that moves on holds what it held: the main line and its visits. */
static void test_advance(void)
{
	struct game_rules r = {.size = 4, .komi_half = 1, .max_moves = 60};
	struct search_deep_settings set = settings(16, 100);
	struct search_deep_move m[GAME_ACTIONS_MAX];
	struct bench b;
	void *state = random_state(&r, 2, 5);
	set_up(&b, &r, 2, MEMORY);
	search_deep_set(b.s, &set, NULL);
	search_deep_begin(b.s, state);
	search_to(&b, 2000);
	for (int i = 0; i < 6; i++) {
		uint16_t before[20], after[20];
		int32_t seen[20], again[20];
		search_deep_moves(b.s, m);
		int n = search_deep_pv(b.s, m[0].action, before, seen, 20);
		if (n < 2)
			break;
		game_go.play(state, m[0].action);
		search_deep_advance(b.s, m[0].action, state);
		CHECK_INT(search_deep_pv(b.s, before[1], after, again, 20), n - 1);
		CHECK(memcmp(before + 1, after, (size_t)(n - 1) * sizeof *after) == 0);
		CHECK(memcmp(seen + 1, again, (size_t)(n - 1) * sizeof *again) == 0);
		search_to(&b, 500);
	}
	tear_down(&b);
	free(state);
}

static void test_full(void)
{
	struct game_rules r = {.size = 9, .komi_half = 15, .max_moves = 400};
	struct search_deep_settings set = settings(8, 0);
	struct search_deep_stats root;
	struct bench b;
	void *state = random_state(&r, 3, 5);
	set_up(&b, &r, 2, 1 << 20);
	search_deep_set(b.s, &set, NULL);
	search_deep_begin(b.s, state);
	search_to(&b, 1 << 20);
	search_deep_root(b.s, &root);
	CHECK(search_deep_full(b.s) && root.visits > 400 && root.visits < 2000);
	CHECK(!search_deep_step(b.s, 1 << 20));
	search_deep_begin(b.s, state);
	CHECK(search_deep_step(b.s, 10) && !search_deep_full(b.s));
	set.cpuct = -1;
	CHECK_INT(search_deep_set(b.s, &set, NULL), ERR_ARG);
	tear_down(&b);
	free(state);
}

/* Actions to avoid: at the root, and for one player further down; where nothing is left the mask is not heard. */
static void test_avoid(void)
{
	struct game_rules r = {.size = 3, .komi_half = 1, .max_moves = 60};
	struct search_deep_settings set = settings(4, 0);
	struct search_deep_move m[GAME_ACTIONS_MAX];
	uint16_t avoid[2][GAME_ACTIONS_MAX] = {{0}};
	uint16_t pv[20];
	int32_t visits[20];
	struct bench b;
	void *state = random_state(&r, 0, 5);
	avoid[0][0] = avoid[0][4] = avoid[0][9] = 1;
	avoid[1][1] = 2;
	avoid[1][4] = 1;
	set.avoid[0] = avoid[0];
	set.avoid[1] = avoid[1];
	set_up(&b, &r, 2, MEMORY);
	search_deep_set(b.s, &set, NULL);
	search_deep_begin(b.s, state);
	search_to(&b, 400);
	int n = search_deep_moves(b.s, m);
	CHECK_INT(n, 10);
	for (int i = 0; i < n; i++) {
		CHECK(!avoid[0][m[i].action] == (m[i].stats.visits > 0));
		if (search_deep_pv(b.s, m[i].action, pv, visits, 20) > 1)
			CHECK(pv[1] != 1);
	}
	memset(avoid, 1, sizeof avoid);
	search_deep_begin(b.s, state);
	search_to(&b, 100);
	search_deep_moves(b.s, m);
	CHECK(m[0].stats.visits > 0);
	tear_down(&b);
	free(state);
}

int main(void)
{
	test_as_plain();
	test_threads();
	test_advance();
	test_full();
	test_avoid();
	return test_done();
}
