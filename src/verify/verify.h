/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a run's directory.  Claims have exact words: intact (every file is the one the ledger names and the ledger's
 * chain holds), consistent (what follows without re-running: games are legal and scored right, shards are their games' samples,
 * nets are their checkpoints' weights, no weight moved faster than max_step, gate decisions follow from their games),
 * spot-checked n of N segments (re-run, equal bytes), rebuilt (all of them). */
#ifndef MIAI_VERIFY_VERIFY_H
#define MIAI_VERIFY_VERIFY_H

#include "base/err.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct verify_options {
	const char *dir;
	uint64_t segments;      /* how many to re-run */
	bool rebuild;           /* all of them */
	const char *scratch;    /* an empty folder, where verify_is_kept(dir): generations are made again there */
	const char *start;      /* where verify_is_kept(dir): the file that the recipe's run.start names; may be NULL */
	uint64_t random;        /* chooses the segments: the verifier's own randomness */
	struct pool *pool;
	unsigned cpu_flags;
	const atomic_bool *stop;
	/* One line at a time, for the user: what is being checked, what was found. */
	void (*say)(void *ctx, const char *line);
	void *ctx;
};

struct verify_report {
	uint64_t files, generations, games;
	uint64_t segments_total, segments_checked;
	bool intact, consistent;
};

/* Is the run in dir kept without what can be made again: no games, shards, checkpoints?  `segments` counts generations then,
 * the last ones whose player's net is there: all their games are played again; if it is not 0 generation 1 is made again, too.
 * Whatever it is, all entries are checked beside the recipe, and the initial state is made again where its start is known.
 * 1, 0, or an error: it cannot be told. */
int verify_is_kept(const char *dir, struct err *e);

/* 0: everything asked for holds.  ERR_MISMATCH: something does not; e names file or segment.  Other codes: could not
 * be checked (unreadable, out of memory, stopped). */
int verify_run(const struct verify_options *o, struct verify_report *out, struct err *e);

#endif
