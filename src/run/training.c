/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The training of one generation: spans of steps, a checkpoint after each. */
#include "run/run_int.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The state that this generation's first step starts from: the last checkpoint of the generation before. */
static int training_start(struct run *u, uint32_t generation, struct err *e)
{
	int rc = 0;
	const struct ledger_entry *p = &u->ledger.entry[generation - 1];
	const struct ledger_checkpoint *c = &p->checkpoint[p->checkpoints - 1];
	if (u->state)
		return run_state_check(u, generation - 1, c, e);
	u->state = run_checkpoint_load(u->dir, u->r, generation - 1, c->step, &c->hash, NULL, &rc, e);
	return rc;
}

/* The checkpoint c->step that an earlier process wrote, if it can follow u->state; NULL: none, or see *rc. */
static struct train_state *training_found(struct run *u, uint32_t generation, struct ledger_checkpoint *c, int *rc,
                                          struct err *e)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, u->dir, RUN_CHECKPOINT, generation, c->step);
	*rc = file_there(path, e);
	if (*rc <= 0)
		return NULL;
	struct train_state *t = run_checkpoint_load(u->dir, u->r, generation, c->step, NULL, &c->hash, rc, e);
	if (*rc == 0) {
		*rc = run_moved(u->r, u->state, t, e);
		if (*rc == 0)
			return t;
		err_prefix(e, *rc, path);
	}
	train_free(t);
	if (*rc == ERR_FORMAT || *rc == ERR_MISMATCH) {
		run_note(u, "%s: damaged; training again from step %" PRIu64, e->text, train_step_number(u->state));
		*rc = 0;
	}
	return NULL;
}

/* Empties the checkpoints of a generation from span `first` on.  In this order, so that whoever is interrupted leaves a gap,
 * behind which the next process believes nothing. */
static int training_drop(const struct run *u, uint32_t generation, uint32_t first, struct err *e)
{
	char path[RUN_PATH_MAX];
	int rc = 0;
	for (uint32_t i = first; rc == 0 && i < run_spans(u->r); i++) {
		run_path(path, sizeof path, u->dir, RUN_CHECKPOINT, generation, run_span_end(u->r, generation, i));
		rc = run_drop(path, e);
	}
	return rc;
}

/* Checkpoints of this generation that an earlier process wrote: u->state becomes the last good one of an unbroken row.
 * Each was written whole or not at all; one that cannot be read, or be reached from the one before, is damaged: it and
 * those after it are made again. */
static int training_resume(struct run *u, struct ledger_entry *entry, struct err *e)
{
	uint32_t spans = run_spans(u->r);
	int rc = 0;
	while (entry->checkpoints < spans) {
		struct ledger_checkpoint *c = &entry->checkpoint[entry->checkpoints];
		c->step = run_span_end(u->r, entry->generation, entry->checkpoints);
		struct train_state *t = training_found(u, entry->generation, c, &rc, e);
		if (!t)
			return rc < 0 ? rc : training_drop(u, entry->generation, entry->checkpoints + 1, e);
		train_free(u->state);
		u->state = t;
		entry->checkpoints++;
	}
	return 0;
}

static void training_loss(struct run *u, const struct train_stats *s)
{
	if (s->samples == 0)
		return;
	atomic_store(&u->progress->loss_policy, s->policy / s->samples);
	atomic_store(&u->progress->loss_value, s->value / s->samples);
	atomic_store(&u->progress->loss_owner, s->owner / s->samples);
}

/* Is u->state still what was written?  If not, who knows since when: neither is to be believed. */
static int checkpoint_same(struct run *u, const char *path, const struct buf *b, struct err *e)
{
	struct buf now = {0};
	int rc = 0;
	train_write(u->state, &now);
	if (now.failed)
		rc = err_set(e, ERR_MEMORY, "%s: no memory to check it", path);
	else if (now.len != b->len || memcmp(now.data, b->data, b->len) != 0)
		rc = run_drop(path, e);
	else
		b = NULL;
	buf_release(&now);
	return rc < 0 || !b ? rc : err_set(e, ERR_FAULT, "%s: the state changed in memory while it was written", path);
}

int run_checkpoint_save(struct run *u, uint32_t generation, struct ledger_checkpoint *c, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, u->dir, RUN_CHECKPOINT, generation, c->step);
	train_write(u->state, &b);
	int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory to write it", path) : run_store_once(path, &b, e);
	if (rc == 0)
		c->hash = sha256_of(b.data, b.len);
	if (rc == 0)
		rc = checkpoint_same(u, path, &b, e);
	buf_release(&b);
	return rc;
}

/* Span number entry->checkpoints, one step at a time so that the display moves. */
static int training_span(struct run *u, struct trainer *t, const struct train_source *src, struct ledger_entry *entry,
                         struct err *e)
{
	struct train_stats stats = {0};
	struct ledger_checkpoint *c = &entry->checkpoint[entry->checkpoints];
	uint64_t first = run_span_end(u->r, entry->generation, -1);
	int rc = 0;
	c->step = run_span_end(u->r, entry->generation, entry->checkpoints);
	for (uint64_t n; rc == 0 && (n = train_step_number(u->state)) < c->step;) {
		rc = trainer_run(t, u->state, src, entry->generation, first, 1, u->o->stop, &stats, e);
		if (rc == 0)
			atomic_store(&u->progress->done, n + 1 - first);
	}
	if (rc == 0)
		rc = run_window_check(&u->window, e);
	if (rc == 0)
		rc = run_checkpoint_save(u, entry->generation, c, e);
	if (rc == 0)
		entry->checkpoints++;
	training_loss(u, &stats);
	return rc;
}

static int training_spans(struct run *u, struct ledger_entry *entry, struct err *e)
{
	struct train_config config;
	struct train_source src;
	run_train_config(u->r, &config);
	run_window_source(&u->window, &src);
	struct trainer *t = trainer_new(&config, train_shape(u->state), u->r->board_size, &u->kernels, u->o->pool, e);
	if (!t)
		return ERR_MEMORY;
	int rc = 0;
	while (rc == 0 && entry->checkpoints < run_spans(u->r))
		rc = run_stopping(u) ? run_stopped(e) : training_span(u, t, &src, entry, e);
	trainer_free(t);
	return rc;
}

/* All spans that are not on disk yet. */
static int training_make(struct run *u, struct ledger_entry *entry, bool resume, struct err *e)
{
	uint32_t g = entry->generation, spans = run_spans(u->r);
	int rc = training_start(u, g, e);
	if (rc == 0 && resume)
		rc = training_resume(u, entry, e);
	if (rc < 0)
		return rc;
	uint64_t first = run_span_end(u->r, g, -1), done = train_step_number(u->state) - first;
	run_phase(u, RUN_TRAIN, done, (uint64_t)u->r->train_steps);
	if (entry->checkpoints == spans)
		return 0;
	rc = run_window_set(&u->window, u->dir, u->r, &u->ledger, (uint32_t)entry->window_first, g, &entry->shard, e);
	return rc < 0 ? rc : training_spans(u, entry, e);
}

/* What is in memory may be wrong: all of it comes from disk again.  Where not everything was checked, the fault may have
 * been the last of many, and the checkpoints of this generation are made again too. */
static int training_fault(struct run *u, struct ledger_entry *entry, struct err *e)
{
	struct err why = {.text = ""};
	train_free(u->state);
	u->state = NULL;
	run_window_release(&u->window);
	int rc = u->guard.check ? 0 : training_drop(u, entry->generation, 0, &why);
	if (rc < 0)
		*e = why;
	return rc < 0 ? rc : ERR_FAULT;
}

int run_train(struct run *u, struct ledger_entry *entry, struct err *e)
{
	uint32_t spans = run_spans(u->r);
	bool resume = true;
	int rc;
	entry->window_first = run_window_first(u->r, entry->generation);
	entry->checkpoint = calloc(spans, sizeof *entry->checkpoint);
	if (!entry->checkpoint)
		return err_set(e, ERR_MEMORY, "no memory for %" PRIu32 " checkpoints", spans);
	do {
		entry->checkpoints = 0;
		rc = training_make(u, entry, resume, e);
		if (rc == ERR_FAULT) {
			resume = u->guard.check;
			rc = training_fault(u, entry, e);
		}
	} while (run_again(u, &rc, e));
	return rc;
}
