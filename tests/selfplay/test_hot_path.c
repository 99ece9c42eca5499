/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where games spend their time nothing asks for memory: a search has all of it when it is made, and a game asks again only
 * when its record has doubled.  Linked with --wrap for the allocators. */
#include "selfplay/session.h"

#include <stdatomic.h>

static _Atomic int allocations;

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t alignment, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t alignment, size_t n);

void *__wrap_malloc(size_t n)
{
	atomic_fetch_add(&allocations, 1);
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	atomic_fetch_add(&allocations, 1);
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	atomic_fetch_add(&allocations, 1);
	return __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t alignment, size_t n)
{
	atomic_fetch_add(&allocations, 1);
	return __real_aligned_alloc(alignment, n);
}

/* Searches from every position of a game, evaluated by a net. */
static void searches(const struct nn_net *net, int gumbel)
{
	struct game_rules rules = {.size = 9, .komi_half = 15, .max_moves = 40};
	struct search_settings set = {.visits = 60, .gumbel_actions = gumbel, .gumbel_noise = 1, .c_visit = 50, .c_scale = 1000,
	                              .cpuct = 1100, .fpu = 200, .symmetry = 1};
	struct nn_kernels k;
	nn_kernels_init(&k, nn_cpu_flags());
	struct search *s = search_new(&game_go, &rules, &set, NULL);
	struct evaluator *e = evaluator_net_new(net, &k, rules.size, 1, NULL);
	void *state = malloc(game_go.state_bytes(&rules));
	struct eval_job *job;
	game_go.init(state, &rules);
	int before = atomic_load(&allocations);
	for (uint64_t move = 0; !game_go.over(state); move++) {
		struct search_result r;
		uint32_t policy[GAME_ACTIONS_MAX];
		search_begin(s, state, 60, move);
		while (search_step(s, &job))
			e->evaluate(e, &job, 1);
		search_result(s, &r);
		search_policy(s, policy);
		CHECK(game_go.play(state, r.action));
	}
	CHECK_INT(atomic_load(&allocations), before);
	free(state);
	evaluator_net_free(e);
	search_free(s);
}

static int session_allocations(const struct selfplay_settings *s, uint32_t games, uint32_t *moves)
{
	struct kept k = {0};
	int before = atomic_load(&allocations);
	CHECK_INT(session_play(s, 2, 0, games, &k), 0);
	*moves = 0;
	for (uint32_t i = 0; i < k.games; i++)
		*moves += k.game[i].moves;
	int all = atomic_load(&allocations) - before;
	kept_release(&k);
	return all;
}

/* What a session of more games asks for is by the game, not by the move: the test's own copies included. */
static void sessions(const struct nn_net *net)
{
	struct selfplay_settings s = session_settings(net, NULL);
	uint32_t few_moves, many_moves;
	s.rules.size = 7;
	s.rules.max_moves = 200;
	s.player[0].full_share = 1000;
	int few = session_allocations(&s, 20, &few_moves), many = session_allocations(&s, 60, &many_moves);
	uint32_t moves = many_moves - few_moves;
	printf("%d allocations for 40 games of %" PRIu32 " moves\n", many - few, moves);
	CHECK(moves > 40 * 30);
	CHECK(many - few < 40 * 36);
}

int main(void)
{
	struct nn_net *net = random_net(1);
	searches(net, 0);
	searches(net, 16);
	sessions(net);
	nn_net_free(net);
	return test_done();
}
