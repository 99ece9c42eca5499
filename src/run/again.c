/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Segments of a run made again and compared. */
#include "run/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

uint32_t run_audit_segments(const struct run_audit *a, uint32_t generation, enum run_segment kind)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	if (generation == 0)
		return 0;
	switch (kind) {
	case RUN_SEGMENT_GAME:
		return x->games;
	case RUN_SEGMENT_SPAN:
		return x->checkpoints;
	case RUN_SEGMENT_PAIR:
		return x->match_games / 2; /* a match ends after a whole pair */
	default:
		return 0;
	}
}

/* Games.  Neighbours are played together, so that their evaluations share batches; a job is one thread's. */

enum { JOB_GAMES = 16 };

struct job {
	uint32_t first, count;
	int rc;
	struct err err;
};

struct again {
	const struct run_audit *a;
	const struct record_games *games;
	const struct selfplay_settings *settings;
	const char *what; /* "generation 3, game" */
	struct job *job;
	atomic_int failed; /* lowest job that failed so far */
};

struct again_sink {
	const struct again *again;
	struct job *job;
};

static bool move_equal(const struct record_game *a, const struct record_game *b, uint32_t i)
{
	const struct record_move *x = &a->move[i], *y = &b->move[i];
	if (x->action != y->action || x->kind != y->kind || x->value != y->value || x->policy_n != y->policy_n)
		return false;
	for (uint32_t k = 0; k < x->policy_n; k++) {
		const struct record_policy *p = &a->policy[x->policy_at + k], *q = &b->policy[y->policy_at + k];
		if (p->action != q->action || p->share != q->share)
			return false;
	}
	return true;
}

/* The first move that differs; the shorter game's length where none does. */
static uint32_t first_difference(const struct record_game *a, const struct record_game *b)
{
	uint32_t n = a->moves < b->moves ? a->moves : b->moves, i = 0;
	while (i < n && move_equal(a, b, i))
		i++;
	return i;
}

static size_t first_byte(const uint8_t *a, size_t an, const uint8_t *b, size_t bn)
{
	size_t n = an < bn ? an : bn, i = 0;
	while (i < n && a[i] == b[i])
		i++;
	return i;
}

static int differs(const struct again *x, const struct record_game *g, const uint8_t *payload, size_t n, struct err *e)
{
	struct record_game recorded = {0};
	const uint8_t *there = x->games->bytes.data + x->games->at[g->index];
	size_t at = first_byte(payload, n, there, x->games->len[g->index]);
	int rc = run_game(x->games, g->index, &recorded, e);
	if (rc == 0)
		rc = err_set(e, ERR_MISMATCH,
		             "%s %" PRIu32 ": made again, it differs at byte %zu of its record, move %" PRIu32, x->what,
		             g->index, at, first_difference(g, &recorded));
	record_game_release(&recorded);
	return rc;
}

static bool again_compare(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct again_sink *s = ctx;
	const struct again *x = s->again;
	const uint8_t *there = x->games->bytes.data + x->games->at[g->index];
	if (n == x->games->len[g->index] && memcmp(payload, there, n) == 0)
		return true;
	s->job->rc = differs(x, g, payload, n, &s->job->err);
	return false;
}

static void again_job(void *ctx, int task, int worker)
{
	struct again *x = ctx;
	struct job *j = &x->job[task];
	struct again_sink sink = {x, j};
	struct err e = {.text = ""};
	(void)worker;
	if (atomic_load(&x->failed) < task)
		return;
	struct pool *own = pool_new(1); /* starts no thread */
	int rc = own ? selfplay_run(x->settings, own, j->first, j->count, again_compare, &sink, x->a->stop, NULL, &e)
	             : err_set(&e, ERR_MEMORY, "no memory to play games again");
	pool_free(own);
	if (j->rc == 0 && rc < 0) {
		j->rc = rc;
		j->err = e;
	}
	int lowest = atomic_load(&x->failed);
	while (j->rc < 0 && task < lowest && !atomic_compare_exchange_weak(&x->failed, &lowest, task))
		;
}

/* Cuts pick[0..n-1] (each `unit` games) into jobs of neighbours; returns how many. */
static int cut_jobs(struct job *job, const uint32_t *pick, uint32_t n, uint32_t unit)
{
	int jobs = 0;
	for (uint32_t i = 0; i < n; i++) {
		struct job *last = jobs ? &job[jobs - 1] : NULL;
		if (last && last->first + last->count == pick[i] * unit && last->count < JOB_GAMES)
			last->count += unit;
		else
			job[jobs++] = (struct job){.first = pick[i] * unit, .count = unit};
	}
	return jobs;
}

static int again_play(struct again *x, const uint32_t *pick, uint32_t n, uint32_t unit, struct err *e)
{
	x->job = n < INT32_MAX / sizeof *x->job ? malloc(n * sizeof *x->job) : NULL;
	if (!x->job)
		return err_set(e, ERR_MEMORY, "no memory to play %" PRIu32 " games again", n);
	int jobs = cut_jobs(x->job, pick, n, unit), rc = 0;
	atomic_init(&x->failed, jobs);
	pool_run(x->a->pool, jobs, again_job, x);
	int failed = atomic_load(&x->failed);
	if (failed < jobs)
		rc = err_set(e, x->job[failed].rc, "%s", x->job[failed].err.text);
	free(x->job);
	return rc;
}

static struct nn_net *audit_net(const struct run_audit *a, uint32_t generation, int *rc, struct err *e)
{
	return run_net_load(a->dir, generation, &a->ledger->entry[generation].net, rc, e);
}

static int again_games(struct run_audit *a, uint32_t generation, bool match, const uint32_t *pick, uint32_t n,
                       struct err *e)
{
	char what[64];
	struct record_games games = {0};
	struct selfplay_settings settings;
	struct nn_net *candidate = NULL;
	int rc = 0;
	struct nn_net *best = audit_net(a, a->ledger->entry[generation - 1].best_generation, &rc, e);
	if (rc == 0 && match)
		candidate = audit_net(a, generation, &rc, e);
	if (rc == 0)
		rc = run_audit_games(a, match ? RUN_MATCH : RUN_GAMES, generation, &games, e);
	if (match)
		run_gate_settings(a->recipe, generation, candidate, best, a->cpu_flags, &settings);
	else
		run_selfplay_settings(a->recipe, generation, best, a->cpu_flags, &settings);
	snprintf(what, sizeof what, "generation %" PRIu32 ", %s", generation, match ? "match game" : "game");
	struct again x = {.a = a, .games = &games, .settings = &settings, .what = what};
	if (rc == 0)
		rc = again_play(&x, pick, n, match ? 2 : 1, e);
	record_games_release(&games);
	nn_net_free(candidate);
	nn_net_free(best);
	return rc;
}

/* All games of a generation, without the file of them */

struct replay {
	struct hash *leaf; /* of each game so far */
	uint32_t games;
};

static bool replay_game(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct replay *r = ctx;
	(void)g;
	r->leaf[r->games++] = sha256_of(payload, n);
	return true;
}

int run_audit_replay(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	struct selfplay_settings s;
	struct replay r = {.leaf = malloc((size_t)x->games * sizeof *r.leaf + 1)};
	int rc = r.leaf ? 0 : err_set(e, ERR_MEMORY, "no memory for the hashes of %" PRIu32 " games", x->games);
	struct nn_net *net = rc == 0 ? audit_net(a, x[-1].best_generation, &rc, e) : NULL;
	if (rc == 0) {
		run_selfplay_settings(a->recipe, generation, net, a->cpu_flags, &s);
		rc = selfplay_run(&s, a->pool, 0, x->games, replay_game, &r, a->stop, NULL, e);
	}
	if (rc == 0) {
		struct hash root = merkle_root(r.leaf, r.games);
		if (!hash_equal(&root, &x->games_root))
			rc = err_set(e, ERR_MISMATCH, "generation %" PRIu32 ": its games, played again, are not those of the ledger",
			             generation);
	}
	nn_net_free(net);
	free(r.leaf);
	return rc;
}

/* Training */

/* The checkpoint that a span starts from. */
static struct train_state *span_start(const struct run_audit *a, uint32_t generation, uint32_t span, int *rc,
                                      struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	const struct ledger_checkpoint *c = span ? &x->checkpoint[span - 1] : &x[-1].checkpoint[x[-1].checkpoints - 1];
	return run_checkpoint_load(a->dir, a->recipe, span ? generation : generation - 1, c->step, &c->hash, NULL, rc,
	                           e);
}

static int span_compare(const struct run_audit *a, uint32_t generation, uint32_t span, const struct train_state *t,
                        struct err *e)
{
	char got[65], want[65];
	struct buf b = {0};
	const struct ledger_checkpoint *c = &a->ledger->entry[generation].checkpoint[span];
	train_write(t, &b);
	struct hash h = sha256_of(b.data, b.len);
	bool failed = b.failed;
	buf_release(&b);
	if (failed)
		return err_set(e, ERR_MEMORY, "no memory for a checkpoint");
	if (hash_equal(&h, &c->hash))
		return 0;
	hash_hex(&h, got);
	hash_hex(&c->hash, want);
	return err_set(e, ERR_MISMATCH,
	               "generation %" PRIu32 ", training steps %" PRIu64 " to %" PRIu64
	               ": made again, the checkpoint is %s, the ledger says %s",
	               generation, run_span_end(a->recipe, generation, (int64_t)span - 1), c->step, got, want);
}

static int again_span(struct run_audit *a, struct trainer *t, uint32_t generation, uint32_t span, struct err *e)
{
	struct train_source src;
	struct train_stats stats = {0};
	int rc = 0;
	struct train_state *s = span_start(a, generation, span, &rc, e);
	if (rc < 0)
		return rc;
	uint64_t end = run_span_end(a->recipe, generation, span);
	run_window_source(&a->window, &src);
	rc = trainer_run(t, s, &src, generation, run_span_end(a->recipe, generation, -1), end - train_step_number(s),
	                 a->stop, &stats, e);
	if (rc == 0)
		rc = span_compare(a, generation, span, s, e);
	train_free(s);
	return rc;
}

static int again_spans(struct run_audit *a, uint32_t generation, const uint32_t *pick, uint32_t n, struct err *e)
{
	struct train_config config;
	struct nn_shape shape;
	struct nn_kernels k;
	run_train_config(a->recipe, &config);
	run_shape(a->recipe, &shape);
	nn_kernels_init(&k, a->cpu_flags);
	int rc = run_window_set(&a->window, a->dir, a->recipe, a->ledger, run_window_first(a->recipe, generation),
	                        generation, NULL, e);
	if (rc < 0)
		return rc;
	if (a->window.count == 0)
		return err_set(e, ERR_MISMATCH, "generation %" PRIu32 ": its training window is empty", generation);
	struct trainer *t = trainer_new(&config, &shape, a->recipe->board_size, &k, a->pool, e);
	if (!t)
		return ERR_MEMORY;
	for (uint32_t i = 0; rc == 0 && i < n; i++)
		rc = again_span(a, t, generation, pick[i], e);
	trainer_free(t);
	return rc;
}

int run_audit_again(struct run_audit *a, uint32_t generation, enum run_segment kind, const uint32_t *pick, uint32_t n,
                    struct err *e)
{
	if (n == 0)
		return 0;
	if (kind == RUN_SEGMENT_SPAN)
		return again_spans(a, generation, pick, n, e);
	return again_games(a, generation, kind == RUN_SEGMENT_PAIR, pick, n, e);
}
