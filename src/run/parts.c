/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/parts.h"

#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

int run_damaged(const char *path, const struct hash *got, const struct hash *want, struct err *e)
{
	char g[65], w[65];
	hash_hex(got, g);
	hash_hex(want, w);
	return err_set(e, ERR_MISMATCH,
	               "%s: damaged: its SHA-256 is %s, the ledger says %s; restore it from a copy, or make the run "
	               "again in an empty directory: the recipe gives the same bytes",
	               path, g, w);
}

int run_read(struct buf *out, const char *path, const struct hash *want, struct err *e)
{
	int rc = file_there(path, e);
	if (rc < 0)
		return rc;
	if (!rc) {
		char w[65];
		hash_hex(want, w);
		return err_set(e, ERR_MISMATCH,
		               "%s: missing; the ledger says its SHA-256 is %s; restore it from a "
		               "copy, or make the run again in an empty directory: the recipe gives the same bytes",
		               path, w);
	}
	rc = file_read(out, path, RUN_FILE_BYTES_MAX, e);
	if (rc < 0)
		return rc;
	struct hash got = sha256_of(out->data, out->len);
	return hash_equal(&got, want) ? 0 : run_damaged(path, &got, want, e);
}

int run_game(const struct record_games *games, uint32_t i, struct record_game *g, struct err *e)
{
	int rc = record_games_parse(games, i, g, e);
	if (rc < 0)
		return rc;
	if (g->index != i)
		return err_set(e, ERR_MISMATCH, "game %" PRIu32 " says that it is game %" PRIu32, i, g->index);
	return 0;
}

int run_game_check(const struct selfplay_settings *s, const struct record_games *games, uint32_t i,
                   struct record_game *g, struct err *e)
{
	const struct game_rules *r = &s->rules;
	int rc = run_game(games, i, g, e);
	if (rc < 0)
		return rc;
	if (g->size != r->size || g->suicide != r->suicide || g->max_moves != r->max_moves)
		return err_set(e, ERR_MISMATCH, "game %" PRIu32 ": not played by the recipe's rules", i);
	int komi = selfplay_komi(s, i);
	if (g->komi_half != komi)
		return err_set(e, ERR_MISMATCH, "game %" PRIu32 ": komi %d/2, where the recipe gives %d/2", i,
		               g->komi_half, komi);
	return selfplay_check(&game_go, g, e);
}

void run_entry_zero(struct ledger_entry *e)
{
	e->games_root = e->match_root = merkle_root(NULL, 0);
	e->promoted = 1;
	e->best = e->net;
}

static int net_file(const struct recipe *r, uint32_t generation, const struct train_state *t, struct buf *file,
                    struct nn_net **net, struct err *e)
{
	struct nn_net *n = train_export(t, e);
	if (net)
		*net = NULL;
	if (!n)
		return ERR_MEMORY;
	n->recipe = recipe_hash(r);
	n->generation = generation;
	buf_clear(file);
	nn_net_write(n, file);
	if (net && !file->failed)
		*net = n;
	else
		nn_net_free(n);
	return file->failed ? err_set(e, ERR_MEMORY, "no memory for the net of generation %" PRIu32, generation) : 0;
}

/* Adds the `left` checkpoints before number k of x, or as many as there are since the run's first step. */
static int mean_of_earlier(struct train_mean *m, const struct recipe *r, const char *dir, const struct ledger *l,
                           const struct ledger_entry *x, uint32_t left, struct err *e)
{
	uint32_t k = x->checkpoints - 1;
	int rc = 0;
	for (; left && rc == 0; left--) {
		while (k == 0 && x->generation > 0) {
			x = &l->entry[x->generation - 1];
			k = x->checkpoints;
		}
		if (x->generation == 0)
			return 0;
		const struct ledger_checkpoint *c = &x->checkpoint[--k];
		struct train_state *t = run_checkpoint_load(dir, r, x->generation, c->step, &c->hash, NULL, &rc, e);
		if (t)
			train_mean_add(m, t);
		train_free(t);
	}
	return rc;
}

int run_net_build(const struct recipe *r, const char *dir, const struct ledger *l, const struct ledger_entry *x,
                  const struct train_state *t, struct buf *file, struct nn_net **net, struct err *e)
{
	if (r->train_average == 1)
		return net_file(r, x->generation, t, file, net, e);
	struct train_mean *m = train_mean_new(train_shape(t), e);
	int rc = m ? mean_of_earlier(m, r, dir, l, x, (uint32_t)r->train_average - 1, e) : ERR_MEMORY;
	if (rc == 0) {
		train_mean_add(m, t);
		rc = net_file(r, x->generation, train_mean_state(m), file, net, e);
	}
	train_mean_free(m);
	return rc;
}

/* Why a reader gave nothing: short of memory, or the bytes are wrong. */
static int reader_failed(const struct err *e)
{
	return e && e->code == ERR_MEMORY ? ERR_MEMORY : ERR_FORMAT;
}

struct nn_net *run_net_load(const char *dir, uint32_t generation, const struct hash *want, int *rc, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	struct nn_net *net = NULL;
	run_path(path, sizeof path, dir, RUN_NET, generation, 0);
	*rc = run_read(&b, path, want, e);
	if (*rc == 0) {
		net = nn_net_read(b.data, b.len, e);
		if (!net)
			*rc = err_prefix(e, reader_failed(e), path);
	}
	buf_release(&b);
	return net;
}

static int checkpoint_shape(const struct train_state *t, const struct recipe *r, struct err *e)
{
	struct nn_shape want;
	const struct nn_shape *got = train_shape(t);
	run_shape(r, &want);
	if (got->planes != want.planes || got->plane_exp != want.plane_exp || got->blocks != want.blocks ||
	    got->channels != want.channels || got->head != want.head)
		return err_set(e, ERR_MISMATCH, "a net of %dx%d, not the recipe's %dx%d", got->blocks, got->channels,
		               want.blocks, want.channels);
	return 0;
}

static int checkpoint_check(const struct train_state *t, const struct recipe *r, uint64_t step, struct err *e)
{
	int rc = checkpoint_shape(t, r, e);
	if (rc < 0)
		return rc;
	if (train_step_number(t) != step)
		return err_set(e, ERR_MISMATCH, "the state after step %" PRIu64 ", not after step %" PRIu64,
		               train_step_number(t), step);
	return 0;
}

struct train_state *run_checkpoint_load(const char *dir, const struct recipe *r, uint32_t generation, uint64_t step,
                                        const struct hash *want, struct hash *name, int *rc, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	struct train_state *t = NULL;
	run_path(path, sizeof path, dir, RUN_CHECKPOINT, generation, step);
	*rc = want ? run_read(&b, path, want, e) : file_read(&b, path, RUN_FILE_BYTES_MAX, e);
	if (*rc == 0) {
		t = train_read(b.data, b.len, e);
		*rc = t ? checkpoint_check(t, r, step, e) : reader_failed(e);
		if (*rc < 0) {
			train_free(t);
			t = NULL;
			err_prefix(e, *rc, path);
		}
		if (name)
			*name = sha256_of(b.data, b.len);
	}
	buf_release(&b);
	return t;
}

static int start_is(const struct recipe *r, const struct buf *b, struct err *e)
{
	char got[65], want[65];
	struct hash h = sha256_of(b->data, b->len);
	if (hash_equal(&h, &r->run_start))
		return 0;
	hash_hex(&h, got);
	hash_hex(&r->run_start, want);
	return err_set(e, ERR_MISMATCH,
	               "not the checkpoint that the recipe goes on from: its SHA-256 is %s, run.start is %s", got, want);
}

static struct train_state *start_read(const struct recipe *r, const struct buf *b, int *rc, struct err *e)
{
	*rc = start_is(r, b, e);
	struct train_state *t = *rc == 0 ? train_read(b->data, b->len, e) : NULL;
	if (*rc == 0)
		*rc = t ? checkpoint_shape(t, r, e) : reader_failed(e);
	if (*rc == 0) {
		train_restart(t);
		return t;
	}
	train_free(t);
	return NULL;
}

/* NULL: see e, code in *rc. */
static struct train_state *start_file(const struct recipe *r, const char *path, struct buf *file, int *rc, struct err *e)
{
	struct buf own = {0}, *b = file ? file : &own;
	struct train_state *t = NULL;
	*rc = file_read(b, path, RUN_FILE_BYTES_MAX, e);
	if (*rc == 0) {
		t = start_read(r, b, rc, e);
		if (!t)
			err_prefix(e, *rc, path);
	}
	buf_release(&own);
	return t;
}

int run_start_check(const struct recipe *r, const char *path, struct buf *file, struct err *e)
{
	int rc;
	train_free(start_file(r, path, file, &rc, e));
	return rc;
}

int run_start_given(const struct recipe *r, const char *path, struct buf *file, struct err *e)
{
	if (!recipe_has_start(r))
		return err_set(e, ERR_ARG, "%s: the recipe begins with random weights, it has no run.start", path);
	int rc = run_start_check(r, path, file, e);
	return rc == ERR_MISMATCH || rc == ERR_FORMAT ? err_prefix(e, ERR_ARG, "--start") : rc;
}

int run_start_load(const struct recipe *r, const char *path, struct train_state **out, struct err *e)
{
	int rc;
	*out = start_file(r, path, NULL, &rc, e);
	return rc;
}

int run_start_build(const struct recipe *r, const char *dir, struct train_state **out, struct err *e)
{
	struct nn_shape shape;
	char path[RUN_PATH_MAX];
	if (recipe_has_start(r)) {
		run_path(path, sizeof path, dir, RUN_STARTED_FROM, 0, 0);
		return run_start_load(r, path, out, e);
	}
	run_shape(r, &shape);
	*out = train_new(&shape, (uint64_t)r->run_seed, e);
	return *out ? 0 : ERR_MEMORY;
}

int run_moved(const struct recipe *r, const struct train_state *before, const struct train_state *after, struct err *e)
{
	uint64_t distance = 0, from = train_step_number(before), to = train_step_number(after);
	int rc = train_distance(before, after, &distance, e);
	if (rc < 0)
		return rc;
	/* max_step < 2^25, steps <= 10^11 < 2^37: no overflow */
	if (distance <= (uint64_t)r->train_max_step * (to - from))
		return 0;
	return err_set(e, ERR_MISMATCH,
	               "from step %" PRIu64 " to %" PRIu64 " a weight moved by %" PRIu64
	               " * 2^-24, where the recipe allows %" PRId32 " a step",
	               from, to, distance, r->train_max_step);
}
