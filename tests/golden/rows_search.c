/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random games of Go, what the net sees and answers on the way, and searches of several kinds. */
#include "golden.h"

#include "games/go/go.h"
#include "search/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PLIES = 30, SEARCH_EVERY = 5, SEARCH_MOST = 10 };

struct nn_net *golden_player(int number)
{
	struct nn_shape shape = {16, 4, 1, 16, 16};
	struct err e = {.text = ""};
	struct train_state *t = train_new(&shape, 400 + (uint64_t)number, &e);
	struct nn_net *net = NULL;
	if (t) {
		golden_stir(t, golden_key(400 + (uint64_t)number), 6);
		net = train_export(t, &e);
	}
	train_free(t);
	if (!net) {
		fprintf(stderr, "golden: %s\n", e.text);
		exit(2);
	}
	return net;
}

static const struct game_rules rules[] = {{2, 3, 0, 40}, {3, 0, 1, 40}, {4, -15, 0, 24}};

/* The settings of each search, its evaluator and its visits. */
static const struct kind {
	const char *name;
	int uniform, visits;
	struct search_settings s;
} kinds[] = {
    {"puct-uniform", 1, 30, {.visits = 30, .c_visit = 50, .c_scale = 1000, .cpuct = 1100, .fpu = 200}},
    {"puct-net",
     0,
     20,
     {.visits = 40, .c_visit = 50, .c_scale = 1000, .cpuct = 2500, .fpu = 500, .draw_utility = 300, .symmetry = 1}},
    {"gumbel-net",
     0,
     16,
     {.visits = 16,
      .gumbel_actions = 4,
      .gumbel_noise = 1,
      .c_visit = 50,
      .c_scale = 1000,
      .cpuct = 1100,
      .fpu = 200,
      .symmetry = 1}},
    {"gumbel-wide",
     0,
     33,
     {.visits = 33,
      .gumbel_actions = 16,
      .c_visit = 20,
      .c_scale = 300,
      .cpuct = 1100,
      .fpu = 200,
      .draw_utility = -200}},
    {"gumbel-uniform",
     1,
     24,
     {.visits = 24, .gumbel_actions = 7, .gumbel_noise = 1, .c_visit = 30, .c_scale = 500, .cpuct = 1100, .fpu = 200}},
    {"policy",
     0,
     1,
     {.visits = 1,
      .gumbel_actions = 4,
      .gumbel_noise = 1,
      .c_visit = 50,
      .c_scale = 1000,
      .cpuct = 1100,
      .fpu = 200,
      .symmetry = 1}},
};

static void position_rows(struct buf *out, const char *at, const void *state)
{
	const struct game_rules *r = game_go.rules(state);
	int n = r->size * r->size, score = game_go.score_half(state);
	uint8_t planes[GAME_POINTS_MAX * GO_PLANES], legal[GAME_ACTIONS_MAX];
	int8_t owner[GAME_POINTS_MAX];
	uint64_t key[2] = {go_position_hash(state), game_go.key(state)};
	game_go.features(state, planes);
	game_go.ownership(state, owner);
	game_go.legal(state, legal);
	golden_row(out, T_U8, DIMS(n, GO_PLANES), planes, "%s/planes", at);
	golden_row(out, T_U8, DIMS(n + 1), legal, "%s/legal", at);
	golden_row(out, T_U64, DIMS(2), key, "%s/hash-and-key", at);
	golden_row(out, T_I8, DIMS(n), owner, "%s/owner", at);
	golden_row(out, T_I32, DIMS(1), &(int32_t){score}, "%s/score", at);
}

static void answer_rows(struct buf *out, const char *at, const void *state, struct evaluator *e)
{
	const struct game_rules *r = game_go.rules(state);
	int n = r->size * r->size;
	struct eval_job *job = golden_memory(sizeof *job);
	for (int sym = 0; sym < 8; sym += 3) {
		memset(job, 0, sizeof *job);
		game_go.features(state, job->planes);
		job->symmetry = sym;
		job->want_owner = 1;
		e->evaluate(e, &job, 1);
		int32_t v[5] = {job->out.wdl[0], job->out.wdl[1], job->out.wdl[2], job->out.value, job->out.score};
		golden_row(out, T_I32, DIMS(n + 1), job->out.logit, "%s/answer%d/logits", at, sym);
		golden_row(out, T_I32, DIMS(5), v, "%s/answer%d/win-draw-loss-value-score", at, sym);
		golden_row(out, T_I16, DIMS(n), job->out.owner, "%s/answer%d/owner", at, sym);
	}
	free(job);
}

static void result_rows(struct buf *out, const char *at, const char *kind, const struct search *s, int n)
{
	struct search_result r;
	struct search_child child[GAME_ACTIONS_MAX];
	uint32_t policy[GAME_ACTIONS_MAX];
	int32_t visits[GAME_ACTIONS_MAX] = {0}, value[GAME_ACTIONS_MAX] = {0};

	search_result(s, &r);
	search_policy(s, policy);
	int children = search_children(s, child, GAME_ACTIONS_MAX);
	for (int i = 0; i < children; i++) {
		visits[child[i].action] = child[i].visits;
		value[child[i].action] = child[i].visits ? child[i].value : 0;
	}
	int32_t v[5] = {r.action, r.value, r.raw_value, r.score, r.visits};
	golden_row(out, T_I32, DIMS(5), v, "%s/%s/action-value-raw-score-visits", at, kind);
	golden_row(out, T_I32, DIMS(n + 1), visits, "%s/%s/visits", at, kind);
	golden_row(out, T_I32, DIMS(n + 1), value, "%s/%s/values", at, kind);
	golden_row(out, T_U32, DIMS(n + 1), policy, "%s/%s/policy", at, kind);
}

static void search_rows(struct buf *out, const char *at, const void *state, uint64_t key, struct evaluator *e[2])
{
	const struct game_rules *r = game_go.rules(state);
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct err err = {.text = ""};
		struct search *s = search_new(&game_go, r, &kinds[i].s, &err);
		struct eval_job *job;
		if (!s) {
			fprintf(stderr, "golden: %s\n", err.text);
			exit(2);
		}
		search_begin(s, state, kinds[i].visits, key);
		while (search_step(s, &job))
			e[kinds[i].uniform]->evaluate(e[kinds[i].uniform], &job, 1);
		result_rows(out, at, kinds[i].name, s, r->size * r->size);
		search_free(s);
	}
}

/* A game of moves drawn evenly from the legal ones but the pass; the pass where there are no others. */
static int random_move(const void *state, uint64_t key)
{
	uint8_t legal[GAME_ACTIONS_MAX];
	int n = game_points(game_go.rules(state)), c = game_go.legal(state, legal) - 1, a = 0;
	if (c == 0)
		return n;
	for (int k = (int)rng_below(key, (uint64_t)game_go.moves(state), (uint32_t)c); !legal[a] || k > 0; a++)
		k -= legal[a];
	return a;
}

static void game_rows(struct buf *out, int number, const struct nn_net *net, const struct nn_kernels *k)
{
	const struct game_rules *r = &rules[number];
	struct evaluator *e[2] = {evaluator_net_new(net, k, r->size, 1, NULL), evaluator_uniform_new(r->size, 1)};
	void *state = golden_memory(game_go.state_bytes(r));
	char at[64];

	game_go.init(state, r);
	for (int ply = 0; ply < PLIES && !game_go.over(state); ply++) {
		snprintf(at, sizeof at, "search/%dx%d/ply%d", r->size, r->size, ply);
		position_rows(out, at, state);
		if (ply % SEARCH_EVERY == 0 && ply <= SEARCH_MOST) {
			answer_rows(out, at, state, e[0]);
			search_rows(out, at, state, golden_key(420 + (uint64_t)ply), e);
		}
		game_go.play(state, random_move(state, golden_key(410 + (uint64_t)number)));
	}
	free(state);
	evaluator_net_free(e[0]);
	evaluator_uniform_free(e[1]);
}

void golden_search(struct buf *out)
{
	struct nn_kernels k;
	struct nn_net *net = golden_player(0);
	nn_kernels_init(&k, golden_cpu_flags);
	golden_weight_rows(out, "search/net", net);
	for (int i = 0; i < (int)(sizeof rules / sizeof rules[0]); i++)
		game_rows(out, i, net, &k);
	nn_net_free(net);
}
