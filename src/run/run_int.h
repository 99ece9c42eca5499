/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this module share. */
#ifndef MIAI_RUN_RUN_INT_H
#define MIAI_RUN_RUN_INT_H

#include "nn/guard.h"
#include "run/parts.h"

struct run {
	const struct run_options *o;
	const struct recipe *r;
	const char *dir;
	struct hash recipe;
	struct ledger ledger;
	uint64_t ledger_bytes;        /* whole entries on disk */
	int lock;
	struct nn_kernels kernels;    /* guarded by: */
	struct nn_guard guard;
	int faults;                   /* of the machine, noticed so far */
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

/* Where *rc is ERR_FAULT, the first fault is told to the user and *rc becomes 0: true, the segment is to be made again.
 * From then on everything is checked.  The second one stays an error that says how to go on. */
bool run_again(struct run *u, int *rc, struct err *e);
/* Writes a file and reads it back; ERR_FAULT, and an empty file, where that is something else. */
int run_store_once(const char *path, const struct buf *b, struct err *e);
/* The same, again where it was the first fault.  Not within a segment that can be made again: what came before in it
 * was not checked. */
int run_store(struct run *u, const char *path, const struct buf *b, struct err *e);
/* Empties a file, if there is one: what it holds is not to be believed, and is made again. */
int run_drop(const char *path, struct err *e);
/* ERR_FAULT where a net in memory is not the one of its file, or packed otherwise; it is that of the file then. */
int run_net_check(struct run *u, struct nn_net *net, uint32_t generation, const struct hash *want, struct err *e);
/* ERR_FAULT where u->state is not the checkpoint c of a generation; it is read from the file then. */
int run_state_check(struct run *u, uint32_t generation, const struct ledger_checkpoint *c, struct err *e);

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

/* Empties the file that run_games_make made or began. */
int run_games_drop(struct run *u, enum run_file what, uint32_t generation, struct err *e);

/* Trains generation entry->generation and writes its checkpoints, whose names go into the entry (owned by it). */
int run_train(struct run *u, struct ledger_entry *entry, struct err *e);

#endif
