/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Self-play, training on it, the trained net's answers, searches with it, and a match of it against the first. */
#include "cli/bench_int.h"

#include "base/rng.h"
#include "games/go/go.h"
#include "nn/forward.h"
#include "selfplay/selfplay.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct nn_shape shape_of(int blocks, int channels)
{
	return (struct nn_shape){
	    .planes = GO_PLANES, .plane_exp = GO_PLANE_EXP, .blocks = blocks, .channels = channels, .head = channels};
}

static struct game_rules rules_of(const struct bench *b)
{
	int size = bench_size(b);
	return (struct game_rules){.size = size, .komi_half = 15, .max_moves = 2 * size * size};
}

struct games {
	struct sha256 hash;
	struct bench *bench; /* where samples go; NULL: none are wanted */
	struct err err;
	int failed;
};

static bool sink(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct games *s = ctx;
	bench_hash_u64(&s->hash, n);
	sha256_update(&s->hash, payload, n);
	if (s->bench)
		s->failed = selfplay_samples(&game_go, g, 250, &s->bench->samples, &s->bench->sample_count, &s->err);
	return s->failed == 0;
}

static int play(struct bench *b, const struct selfplay_settings *set, uint32_t count, bool samples, struct hash *out,
		struct err *e)
{
	struct games s = {.bench = samples ? b : NULL};
	struct selfplay_progress done = {.games = 0};
	sha256_init(&s.hash);
	double t = cli_seconds();
	int rc = selfplay_run(set, b->pool, 0, count, sink, &s, cli_stop_flag(), &done, e);
	t = cli_seconds() - t;
	if (rc)
		return rc;
	if (s.failed) {
		*e = s.err;
		return s.failed;
	}
	*out = sha256_final(&s.hash);
	bench_speed(set->match ? "match games" : "self-play games", count, t, " games/s");
	bench_speed("their evaluations", (double)atomic_load(&done.evals), t, " evaluations/s");
	return 0;
}

int bench_selfplay(struct bench *b, struct hash *out, struct err *e)
{
	struct nn_shape shape = b->quick ? shape_of(1, 16) : shape_of(2, 32);
	b->state = train_new(&shape, BENCH_SEED, e);
	b->first = b->state ? train_export(b->state, e) : NULL;
	if (!b->first)
		return ERR_MEMORY;
	struct selfplay_settings s = {.game = &game_go,
				      .rules = rules_of(b),
				      .opening_plies = 4,
				      .keep_policy = true,
				      .seed = BENCH_SEED,
				      .in_flight = 4,
				      .kernels = b->kernels};
	cli_search_settings(&s.player[0].search, b->quick ? 6 : 16);
	s.player[0].search.gumbel_actions = 8;
	s.player[0].search.gumbel_noise = 1;
	s.player[0].net = b->first;
	s.player[0].cheap_visits = b->quick ? 2 : 4;
	s.player[0].full_share = 500;
	return play(b, &s, b->quick ? 12 : 32, true, out, e);
}

static const uint8_t *sample(void *ctx, uint32_t i)
{
	const struct bench *b = ctx;
	return b->samples.data + (size_t)i * (b->samples.len / b->sample_count);
}

int bench_train(struct bench *b, struct hash *out, struct err *e)
{
	int steps = b->quick ? 4 : 12, batch = b->quick ? 32 : 128;
	struct train_config c = {.seed = BENCH_SEED,
				 .batch = batch,
				 .total_steps = 20,
				 .lr = 60000,
				 .lr_end = 6000,
				 .warmup = 1,
				 .momentum = 230,
				 .weight_decay = 100,
				 .max_step = 33554,
				 .value_weight = 256,
				 .owner_weight = 384,
				 .score_weight = 64,
				 .reply_weight = 38,
				 .adapt_interval = b->quick ? 1 : 4,
				 .adapt_until = 1000};
	struct train_source src = {
	    .shape = {.size = bench_size(b), .planes = GO_PLANES}, .count = b->sample_count, .get = sample, .ctx = b};
	struct train_stats stats = {.samples = 0};
	struct trainer *t = trainer_new(&c, train_shape(b->state), bench_size(b), &b->kernels, b->pool, e);
	if (!t)
		return ERR_MEMORY;
	double s = cli_seconds();
	int rc = trainer_run(t, b->state, &src, 1, 0, (uint64_t)steps, cli_stop_flag(), &stats, e);
	bench_speed("training", (double)steps * batch, cli_seconds() - s, " samples/s");
	trainer_free(t);
	if (rc)
		return rc;
	struct buf ckpt = {.data = NULL};
	train_write(b->state, &ckpt);
	*out = sha256_of(ckpt.data, ckpt.len);
	rc = ckpt.failed ? err_set(e, ERR_MEMORY, "out of memory") : 0;
	buf_release(&ckpt);
	b->trained = rc ? NULL : train_export(b->state, e);
	return b->trained ? 0 : ERR_MEMORY;
}

/* Positions from random games, evaluated in batches; a task is a batch. */
struct forward {
	struct bench *bench;
	const struct nn_net *net;
	int size, batch, repeat;
	struct hash *hash;            /* one a task */
	_Atomic uint64_t nanoseconds; /* in nn_forward, over all threads */
	atomic_bool failed;
};

static void fill_batch(struct nn_work *w, int size, int batch, void *state, uint64_t key)
{
	struct game_rules rules = {.size = size, .komi_half = 15, .max_moves = 3 * size * size};
	uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	for (int i = 0; i < batch; i++) {
		game_go.init(state, &rules);
		bench_random_moves(state, rng_key(key, (uint64_t)i), size * size * (i + 1) / (batch + 1));
		game_go.features(state, planes);
		nn_work_input(w, i, planes);
	}
}

static void forward_task(void *ctx, int task, int worker)
{
	struct forward *f = ctx;
	struct game_rules rules = {.size = f->size, .max_moves = 3 * f->size * f->size};
	struct nn_work *w = nn_work_new(&f->net->shape, f->size, f->batch, false);
	void *state = malloc(game_go.state_bytes(&rules));
	(void)worker;
	if (w && state) {
		struct sha256 s;
		fill_batch(w, f->size, f->batch, state, rng_key(rng_key(BENCH_SEED, RNG_TEST), (uint64_t)task));
		double t = cli_seconds();
		for (int i = 0; i < f->repeat; i++)
			nn_forward(&f->bench->kernels, f->net, w, f->batch);
		atomic_fetch_add(&f->nanoseconds, (uint64_t)((cli_seconds() - t) * 1e9));
		sha256_init(&s);
		bench_hash_i32(&s, w->point_out, (size_t)f->batch * (size_t)(f->size * f->size) * NN_POINT_OUT);
		bench_hash_i32(&s, w->global_out, (size_t)f->batch * NN_GLOBAL_OUT);
		f->hash[task] = sha256_final(&s);
	} else {
		atomic_store(&f->failed, true);
	}
	free(state);
	nn_work_free(w);
}

static int forward(struct bench *b, const struct nn_net *net, int size, int batches, struct sha256 *sum, struct err *e)
{
	struct forward f = {.bench = b, .net = net, .size = size, .batch = 16, .repeat = b->quick ? 1 : 3};
	char what[64];
	f.hash = calloc((size_t)batches, sizeof *f.hash);
	if (!f.hash)
		return err_set(e, ERR_MEMORY, "out of memory");
	pool_run(b->pool, batches, forward_task, &f);
	int at_once = pool_threads(b->pool) < batches ? pool_threads(b->pool) : batches;
	double t = (double)atomic_load(&f.nanoseconds) * 1e-9 / at_once;
	for (int i = 0; i < batches; i++)
		sha256_update(sum, f.hash[i].b, sizeof f.hash[i].b);
	free(f.hash);
	if (atomic_load(&f.failed))
		return err_set(e, ERR_MEMORY, "out of memory");
	snprintf(what, sizeof what, "net %dx%d on %dx%d", net->shape.blocks, net->shape.channels, size, size);
	bench_speed(what, (double)batches * f.batch * f.repeat, t, " evaluations/s");
	return 0;
}

int bench_forward(struct bench *b, struct hash *out, struct err *e)
{
	struct sha256 sum;
	struct nn_shape wide = shape_of(b->quick ? 2 : 6, b->quick ? 48 : 64);
	struct train_state *state = train_new(&wide, BENCH_SEED + 1, e);
	struct nn_net *net = state ? train_export(state, e) : NULL;
	int rc = net ? 0 : ERR_MEMORY;
	sha256_init(&sum);
	if (rc == 0)
		rc = forward(b, b->trained, bench_size(b), b->quick ? 2 : 32, &sum, e);
	if (rc == 0)
		rc = forward(b, net, 9, b->quick ? 1 : 8, &sum, e);
	if (rc == 0 && !b->quick)
		rc = forward(b, net, 19, 2, &sum, e);
	*out = sha256_final(&sum);
	train_free(state);
	nn_net_free(net);
	return rc;
}

/* One search from the position after some random moves. */
struct searches {
	struct bench *bench;
	int visits;
	struct hash *hash;
	atomic_bool failed;
};

static void hash_search(const struct search *s, int actions, struct hash *out)
{
	struct sha256 h;
	struct search_result r;
	struct search_child child[16];
	uint32_t policy[GAME_ACTIONS_MAX];
	sha256_init(&h);
	search_result(s, &r);
	search_policy(s, policy);
	bench_hash_i32(&h, (int32_t[]){r.action, r.value, r.raw_value, r.score, r.visits}, 5);
	for (int a = 0; a < actions; a++)
		bench_hash_u64(&h, policy[a]);
	int n = search_children(s, child, 16);
	for (int i = 0; i < n; i++)
		bench_hash_i32(&h, (int32_t[]){child[i].action, child[i].visits, child[i].prior, child[i].value}, 4);
	*out = sha256_final(&h);
}

static void search_task(void *ctx, int task, int worker)
{
	struct searches *w = ctx;
	struct game_rules rules = rules_of(w->bench);
	struct search_settings set;
	struct err e;
	uint64_t key = rng_key(rng_key(BENCH_SEED, RNG_GUMBEL), (uint64_t)task);
	(void)worker;
	cli_search_settings(&set, w->visits);
	struct search *s = search_new(&game_go, &rules, &set, &e);
	struct evaluator *eval = evaluator_net_new(w->bench->trained, &w->bench->kernels, rules.size, 1, &e);
	void *state = malloc(game_go.state_bytes(&rules));
	if (s && eval && state) {
		struct eval_job *job;
		do {
			game_go.init(state, &rules);
			bench_random_moves(state, key++, 3 * task);
		} while (game_go.over(state));
		search_begin(s, state, w->visits, key);
		while (search_step(s, &job))
			eval->evaluate(eval, &job, 1);
		hash_search(s, game_actions(&rules), &w->hash[task]);
	} else {
		atomic_store(&w->failed, true);
	}
	free(state);
	if (eval)
		evaluator_net_free(eval);
	if (s)
		search_free(s);
}

int bench_search(struct bench *b, struct hash *out, struct err *e)
{
	struct hash hash[8];
	struct searches w = {.bench = b, .visits = b->quick ? 64 : 512, .hash = hash};
	int tasks = b->quick ? 3 : 8;
	double t = cli_seconds();
	pool_run(b->pool, tasks, search_task, &w);
	bench_speed("searches, one leaf at a time", (double)tasks * w.visits, cli_seconds() - t, " visits/s");
	if (atomic_load(&w.failed))
		return err_set(e, ERR_MEMORY, "out of memory");
	*out = merkle_root(hash, (size_t)tasks);
	return 0;
}

int bench_match(struct bench *b, struct hash *out, struct err *e)
{
	struct selfplay_settings s = {.game = &game_go,
				      .rules = rules_of(b),
				      .opening_plies = 4,
				      .match = true,
				      .seed = BENCH_SEED,
				      .in_flight = 4,
				      .kernels = b->kernels};
	for (int i = 0; i < 2; i++) {
		cli_search_settings(&s.player[i].search, b->quick ? 3 : 12);
		s.player[i].full_share = 1000;
		s.player[i].net = i ? b->first : b->trained;
	}
	return play(b, &s, b->quick ? 4 : 12, false, out, e);
}
