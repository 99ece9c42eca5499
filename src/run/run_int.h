/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this module share. */
#ifndef MIAI_RUN_RUN_INT_H
#define MIAI_RUN_RUN_INT_H

#include "run/parts.h"

struct run {
	const struct run_options *o;
	const struct recipe *r;
	const char *dir;
	struct hash recipe;
	struct ledger ledger;
	uint64_t ledger_bytes;        /* whole entries on disk */
	int lock;
	struct nn_kernels kernels;
	struct nn_net *best;
	struct train_state *state;    /* after the last step made; NULL: to be read from its checkpoint */
	struct run_window window;
	struct run_progress *progress;
	struct run_progress unwatched; /* where nobody asked for progress */
};

void run_note(const struct run *u, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool run_stopping(const struct run *u);
int run_stopped(struct err *e);
/* Tells the display where the run is. */
void run_phase(struct run *u, enum run_phase phase, uint64_t done, uint64_t total);

/* Directory, lock, recipe, ledger. */
int run_open(struct run *u, struct err *e);
/* Fills entry->entry, appends the entry to the ledger on disk (synced) and in memory. */
int run_append(struct run *u, struct ledger_entry *entry, struct err *e);
/* Writes u->state as checkpoint c->step of a generation; c->hash is its name. */
int run_checkpoint_save(struct run *u, uint32_t generation, struct ledger_checkpoint *c, struct err *e);

/* Plays games of a generation into its file, after those that an earlier process left there, until there are `most` or
 * the gate (may be NULL) has decided.  *out has the whole file; to be released whatever is returned. */
int run_games_make(struct run *u, const struct selfplay_settings *s, enum run_file what, uint32_t generation,
                   uint32_t most, struct run_gate *gate, struct record_games *out, struct err *e);

/* Trains generation entry->generation and writes its checkpoints, whose names go into the entry (owned by it). */
int run_train(struct run *u, struct ledger_entry *entry, struct err *e);

#endif
