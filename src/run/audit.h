/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks on a finished generation: what follows from its files without making anything again, and segments (a game, a
 * span of training steps, a pair of match games) made again and compared byte by byte.  Every function here takes
 * the ledger for read and checked, and each file for the one that the ledger names. */
#ifndef MIAI_RUN_AUDIT_H
#define MIAI_RUN_AUDIT_H

#include "run/parts.h"

struct run_audit {
	const char *dir;
	const char *start; /* the file that the recipe's run.start names, where it is not in dir; or NULL */
	const struct recipe *recipe;
	const struct ledger *ledger;
	struct pool *pool;
	unsigned cpu_flags;
	const atomic_bool *stop;
	struct run_window window; /* of the last span made again; kept for the next */
};

/* Frees what the audit keeps. */
void run_audit_release(struct run_audit *a);

/* A generation's file of games, of this recipe, generation and kind, with the ledger's number of games and Merkle root.
 * *out is to be released whatever is returned. */
int run_audit_games(const struct run_audit *a, enum run_file what, uint32_t generation, struct record_games *out,
                    struct err *e);

/* Does the generation's entry follow from the recipe and the entries before it, which have to have passed, as far as
 * that needs no file?  Its games, steps and window are the recipe's; a match of such results ends there, or there is
 * none where the recipe has none; promotion, best net and rating follow from it.  Of entry 0: nothing was before it.
 * ERR_MISMATCH says what does not. */
int run_audit_ledger(const struct run_audit *a, uint32_t generation, struct err *e);

/* The same, and is the entry what its files say?  Games are legal, rightly scored, of the recipe's rules and komi; the
 * shard holds their samples; checkpoints stand at the recipe's steps and no weight moved faster than max_step; the
 * net is the last checkpoint's; the match's games decide as the entry says.  Entry 0, of which no file is needed but the
 * checkpoint that the recipe may start from: the initial state is the recipe's, and its net.  ERR_MISMATCH says what is
 * wrong. */
int run_audit_entry(const struct run_audit *a, uint32_t generation, struct err *e);

/* How many segments a generation has. */
enum run_segment { RUN_SEGMENT_GAME, RUN_SEGMENT_SPAN, RUN_SEGMENT_PAIR, RUN_SEGMENTS };
uint32_t run_audit_segments(const struct run_audit *a, uint32_t generation, enum run_segment kind);

/* Makes segments pick[0..n-1] (ascending) of a generation again.  ERR_MISMATCH names the first that differs. */
int run_audit_again(struct run_audit *a, uint32_t generation, enum run_segment kind, const uint32_t *pick, uint32_t n,
                    struct err *e);

/* Plays all self-play games of a generation again, from its net alone, and compares their Merkle root with the ledger's:
 * ERR_MISMATCH where they differ.  The entry has to have passed run_audit_ledger. */
int run_audit_replay(const struct run_audit *a, uint32_t generation, struct err *e);

#endif
