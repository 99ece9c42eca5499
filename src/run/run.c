/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline.  Every file of a generation is on disk, whole, before the ledger's entry names it, and the entry is on
 * disk before the next generation begins.  What an unfinished generation left behind is continued where it can be
 * checked (games, checkpoints) and made again where that is cheap (shard, net): the entry does not depend on it. */
#include "run/run_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void run_note(const struct run *u, const char *fmt, ...)
{
	char line[1024];
	va_list ap;
	if (!u->o->note)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	u->o->note(u->o->ctx, line);
}

bool run_stopping(const struct run *u)
{
	return u->o->stop && atomic_load(u->o->stop);
}

int run_stopped(struct err *e)
{
	return err_set(e, ERR_STOPPED, "stopped; what is done is on disk");
}

void run_phase(struct run *u, enum run_phase phase, uint64_t done, uint64_t total)
{
	atomic_store(&u->progress->done, done);
	atomic_store(&u->progress->done_at_start, done);
	atomic_store(&u->progress->total, total);
	atomic_store(&u->progress->phase, phase);
}

static void run_tell(struct run *u, const struct ledger_entry *entry, int resumed)
{
	atomic_store(&u->progress->rating, entry->rating);
	atomic_store(&u->progress->best_generation, entry->best_generation);
	if (u->o->entry)
		u->o->entry(u->o->ctx, entry, resumed);
}

static const struct ledger_entry *run_last(const struct run *u)
{
	return &u->ledger.entry[u->ledger.entries - 1];
}

/* The net that u->state plays as, made twice; u->state is the entry's last checkpoint. */
static int build_net(struct run *u, const struct ledger_entry *entry, struct buf *b, struct nn_net **net, struct err *e)
{
	struct buf second = {0};
	*net = NULL;
	int rc = run_state_check(u, entry->generation, &entry->checkpoint[entry->checkpoints - 1], e);
	if (rc == 0)
		rc = run_net_build(u->r, u->dir, &u->ledger, entry, u->state, &second, NULL, e);
	if (rc == 0)
		rc = run_net_build(u->r, u->dir, &u->ledger, entry, u->state, b, net, e);
	if (rc == 0 && (b->len != second.len || memcmp(b->data, second.data, b->len) != 0)) {
		nn_net_free(*net);
		*net = NULL;
		rc = err_set(e, ERR_FAULT, "the net of generation %" PRIu32 ", made twice, differs", entry->generation);
	}
	buf_release(&second);
	return rc;
}

/* Writes the net; its name goes into the entry. */
static int make_net(struct run *u, struct ledger_entry *entry, struct nn_net **net, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	int rc;
	run_path(path, sizeof path, u->dir, RUN_NET, entry->generation, 0);
	do
		rc = build_net(u, entry, &b, net, e);
	while (run_again(u, &rc, e));
	if (rc == 0)
		rc = run_store(u, path, &b, e);
	if (rc == 0)
		entry->net = sha256_of(b.data, b.len);
	buf_release(&b);
	return rc;
}

static int make_initial(struct run *u, struct err *e)
{
	struct ledger_checkpoint c = {.step = 0};
	struct ledger_entry entry = {.promoted = 1, .checkpoints = 1, .checkpoint = &c};
	int rc;
	do {
		train_free(u->state);
		rc = run_start_build(u->r, u->dir, &u->state, e);
		if (rc == 0)
			rc = run_checkpoint_save(u, 0, &c, e);
	} while (run_again(u, &rc, e));
	if (rc == 0)
		rc = make_net(u, &entry, &u->best, e);
	if (rc < 0)
		return rc;
	run_entry_zero(&entry);
	rc = run_append(u, &entry, e);
	if (rc == 0)
		run_tell(u, run_last(u), 0);
	return rc;
}

/* A net that plays, and what its file is called. */
struct player {
	struct nn_net *net;
	uint32_t generation;
	const struct hash *name;
};

static struct player best_player(struct run *u)
{
	return (struct player){u->best, run_last(u)->best_generation, &run_last(u)->best};
}

/* A second complaint beside the one in e. */
static int add_complaint(struct err *e, const char *more)
{
	char first[sizeof e->text];
	memcpy(first, e->text, sizeof first);
	return err_set(e, ERR_FAULT, "%.300s; %.300s", first, more);
}

/* Games were played, with result rc.  Are the nets still what they were?  If not, or if sampling found a fault, which may be
 * the last of many, no game of this phase is to be believed. */
static int check_players(struct run *u, const struct player *p, int n, enum run_file what, uint32_t generation, int rc,
                         struct err *e)
{
	struct err why = {.text = ""}, drop = {.text = ""};
	int bad = 0;
	for (int i = 0; i < n && (bad == 0 || bad == ERR_FAULT); i++) {
		struct err w = {.text = ""};
		int r = run_net_check(u, p[i].net, p[i].generation, p[i].name, &w);
		if (r < 0) {
			bad = r;
			why = w;
		}
	}
	if (rc != ERR_FAULT && nn_guard_faulty(&u->guard)) /* whatever else ended the games */
		rc = err_set(e, ERR_FAULT, "%s", u->guard.first.text);
	if ((bad == ERR_FAULT || (rc == ERR_FAULT && !u->guard.check)) && run_games_drop(u, what, generation, &drop) < 0) {
		bad = drop.code;
		why = drop;
	}
	if (bad < 0 && rc < 0 && rc != ERR_FAULT) /* the end for now, and what is on disk is right */
		run_note(u, "%s", why.text);
	if (bad == 0 || (rc < 0 && rc != ERR_FAULT))
		return rc;
	return rc == ERR_FAULT && bad == ERR_FAULT ? add_complaint(e, why.text) : err_set(e, bad, "%s", why.text);
}

static int make_games(struct run *u, struct ledger_entry *entry, struct record_games *games, struct err *e)
{
	struct selfplay_settings s;
	uint32_t want = (uint32_t)u->r->selfplay_games;
	struct player best = best_player(u);
	int rc;
	run_selfplay_settings(u->r, entry->generation, u->best, u->o->cpu_flags, &s);
	s.kernels = u->kernels;
	do {
		record_games_release(games);
		rc = run_games_make(u, &s, RUN_GAMES, entry->generation, want, NULL, games, e);
		rc = check_players(u, &best, 1, RUN_GAMES, entry->generation, rc, e);
	} while (run_again(u, &rc, e));
	if (rc < 0)
		return rc;
	entry->games = games->count;
	return record_games_root(games, &entry->games_root) < 0 ? err_set(e, ERR_MEMORY, "no memory for a Merkle tree")
	                                                        : 0;
}

static int make_shard(struct run *u, struct ledger_entry *entry, const struct record_games *games, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, u->dir, RUN_SHARD, entry->generation, 0);
	int rc = run_shard_build(u->r, entry->generation, games, u->o->pool, &b, &entry->samples, e);
	if (rc == 0 && entry->samples == 0)
		rc = err_set(e, ERR_ARG,
		             "generation %" PRIu32 " has no position to learn from; raise selfplay.full_share or "
		             "selfplay.games, and start a new run",
		             entry->generation);
	if (rc == 0)
		rc = run_store(u, path, &b, e);
	if (rc == 0)
		entry->shard = sha256_of(b.data, b.len);
	buf_release(&b);
	return rc;
}

static int make_samples(struct run *u, struct ledger_entry *entry, struct err *e)
{
	struct record_games games = {0};
	int rc = make_games(u, entry, &games, e);
	if (rc == 0)
		rc = make_shard(u, entry, &games, e);
	record_games_release(&games);
	return rc;
}

static int make_match(struct run *u, struct ledger_entry *entry, struct nn_net *candidate, struct err *e)
{
	struct run_gate gate;
	struct record_games games = {0};
	struct selfplay_settings s;
	entry->match_root = merkle_root(NULL, 0);
	if (u->r->gate_pairs == 0) {
		run_decide(entry, run_last(u), NULL);
		return 0;
	}
	struct player both[2] = {best_player(u), {candidate, entry->generation, &entry->net}};
	int rc;
	run_gate_settings(u->r, entry->generation, candidate, u->best, u->o->cpu_flags, &s);
	s.kernels = u->kernels;
	do {
		record_games_release(&games);
		run_gate_init(&gate, u->r);
		rc = run_games_make(u, &s, RUN_MATCH, entry->generation, 2 * gate.pairs_max, &gate, &games, e);
		rc = check_players(u, both, 2, RUN_MATCH, entry->generation, rc, e);
	} while (run_again(u, &rc, e));
	if (rc == 0 && record_games_root(&games, &entry->match_root) < 0)
		rc = err_set(e, ERR_MEMORY, "no memory for a Merkle tree");
	if (rc == 0)
		run_decide(entry, run_last(u), &gate);
	record_games_release(&games);
	return rc;
}

static int make_entry(struct run *u, struct ledger_entry *entry, struct nn_net **candidate, struct err *e)
{
	int rc = make_samples(u, entry, e);
	if (rc == 0)
		rc = run_train(u, entry, e);
	if (rc == 0)
		rc = make_net(u, entry, candidate, e);
	if (rc == 0)
		rc = make_match(u, entry, *candidate, e);
	return rc < 0 ? rc : run_append(u, entry, e);
}

static int make_generation(struct run *u, uint32_t generation, struct err *e)
{
	struct ledger_entry entry = {.generation = generation};
	struct nn_net *candidate = NULL;
	atomic_store(&u->progress->generation, generation);
	int rc = make_entry(u, &entry, &candidate, e);
	if (rc == 0 && entry.promoted) {
		nn_net_free(u->best);
		u->best = candidate;
		candidate = NULL;
	}
	nn_net_free(candidate);
	free(entry.checkpoint);
	if (rc == 0)
		run_tell(u, run_last(u), 0);
	return rc;
}

static int run_generations(struct run *u, uint32_t last, struct err *e)
{
	int rc = u->ledger.entries ? 0 : make_initial(u, e);
	if (rc == 0 && !u->best)
		u->best = run_net_load(u->dir, run_last(u)->best_generation, &run_last(u)->best, &rc, e);
	while (rc == 0 && u->ledger.entries <= last)
		rc = run_stopping(u) ? run_stopped(e) : make_generation(u, u->ledger.entries, e);
	return rc;
}

static void run_close(struct run *u)
{
	run_window_release(&u->window);
	train_free(u->state);
	nn_net_free(u->best);
	ledger_release(&u->ledger);
	/* base closes files for us: only it calls the system */
	struct file_append lock = {.fd = u->lock};
	file_append_close(&lock, NULL);
}

int run_execute(const struct run_options *o, struct hash *net, struct err *e)
{
	struct err unread; /* notes quote errors, so there has to be one */
	e = e ? e : &unread;
	struct run u = {.o = o, .r = o->recipe, .dir = o->dir, .recipe = recipe_hash(o->recipe), .lock = -1};
	uint32_t generations = (uint32_t)o->recipe->run_generations;
	uint32_t last = o->until && o->until < generations ? o->until : generations;
	u.progress = o->progress ? o->progress : &u.unwatched;
	nn_kernels_init(&u.kernels, o->cpu_flags);
	if (o->kernels)
		u.kernels = *o->kernels;
	nn_guard_init(&u.guard, o->check);
	u.kernels.guard = &u.guard;
	atomic_store(&u.progress->generations, last);
	run_phase(&u, RUN_START, 0, 0);
	int rc = run_open(&u, e);
	for (uint32_t i = 0; rc == 0 && i < u.ledger.entries; i++)
		run_tell(&u, &u.ledger.entry[i], 1);
	if (rc == 0)
		rc = run_generations(&u, last, e);
	if (rc == 0) {
		*net = u.ledger.entry[last].best; /* an earlier process may have gone further */
		run_phase(&u, RUN_DONE, 1, 1);
	}
	run_close(&u);
	return rc;
}
