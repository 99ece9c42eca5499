/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pipeline: a recipe becomes a ledger of generations, each self-play, training, gate match, promotion or not.
 *
 * A run's directory (docs/formats/run.md):
 *   recipe                     canonical recipe
 *   ledger                     one entry a generation
 *   games/000001.games         self-play games of generation 1 (…​.part while they are being played)
 *   shards/000001.shard        their samples
 *   checkpoints/start.ckpt     the checkpoint of another run that the recipe's run.start names, if it does
 *   checkpoints/000001-000050.ckpt   state after step 50 of the run, in generation 1
 *   nets/000001.net            the candidate of generation 1; nets/000000.net that of the initial state
 *   matches/000001.games       its gate match
 *   lock
 */
#ifndef MIAI_RUN_RUN_H
#define MIAI_RUN_RUN_H

#include "base/err.h"
#include "base/pool.h"
#include "nn/kernels.h"
#include "record/games.h"
#include "record/ledger.h"
#include "record/recipe.h"
#include "selfplay/selfplay.h"
#include "train/train.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum run_phase { RUN_START, RUN_SELFPLAY, RUN_TRAIN, RUN_GATE, RUN_DONE };

/* What a display may read, from another thread, while run_execute works.  No result depends on it. */
struct run_progress {
	_Atomic uint32_t phase, generation, generations;
	_Atomic uint64_t done, total;          /* games, steps or pairs of this phase */
	_Atomic uint64_t done_at_start;        /* of `done`, how much an earlier process had made */
	struct selfplay_progress play;
	_Atomic uint64_t loss_policy, loss_value, loss_owner; /* Q16 a sample, mean since the last checkpoint */
	_Atomic int32_t rating;
	_Atomic uint32_t best_generation;
};

/* Called after each generation's entry is on disk (and for entries found on disk at the start, resumed = 1). */
struct run_options {
	const struct recipe *recipe;
	const char *dir;
	const char *start;                     /* the file that the recipe's run.start names; NULL: it is in dir already, or none */
	struct pool *pool;
	unsigned cpu_flags;
	const struct nn_kernels *kernels;      /* to be used instead of what cpu_flags allow; may be NULL */
	bool check;                            /* exact checks of all that nets and training compute */
	uint32_t until;                        /* last generation to make; 0: the recipe's */
	const atomic_bool *stop;               /* set: stop soon, resumable */
	struct run_progress *progress;
	void (*entry)(void *ctx, const struct ledger_entry *e, int resumed);
	/* One line for the user where something found on disk was damaged and is made again; may be NULL. */
	void (*note)(void *ctx, const char *line);
	void *ctx;
};

/* Makes or continues the run in dir.  0: done, *net is the name of the best net up to generation `until`.
 * ERR_STOPPED: resumable.  ERR_FAULT: twice the machine computed or remembered something wrong (the first time a note
 * said so, and the segment was made again): resumable.  ERR_MISMATCH: dir belongs to another recipe, or a file is not what the ledger says (e names
 * it). */
int run_execute(const struct run_options *o, struct hash *net, struct err *e);

/* What run and verify share: the parts of a run as pure functions. */
void run_rules(const struct recipe *r, struct game_rules *out);
void run_shape(const struct recipe *r, struct nn_shape *out);
void run_train_config(const struct recipe *r, struct train_config *out);
/* Settings of a generation's self-play / gate match; nets are borrowed. */
void run_selfplay_settings(const struct recipe *r, uint32_t generation, const struct nn_net *best, unsigned cpu_flags, struct selfplay_settings *out);
void run_gate_settings(const struct recipe *r, uint32_t generation, const struct nn_net *candidate, const struct nn_net *best, unsigned cpu_flags,
                       struct selfplay_settings *out);
/* First generation of the training window of generation g. */
uint32_t run_window_first(const struct recipe *r, uint32_t generation);
/* The gate's sequential test, fed game by game in order.  points: candidate's game points, 0 loss, 1 draw, 2 win. */
struct run_gate {
	int margin;
	uint32_t pairs_max, games;
	int32_t lead;         /* candidate's points less the other's, over whole pairs */
	int32_t pair_lead;    /* within the pair under way */
	uint32_t wins, draws, losses;
	int decided;          /* 0 not yet, 1 promote, -1 reject */
};
void run_gate_init(struct run_gate *g, const struct recipe *r);
void run_gate_add(struct run_gate *g, int points);
/* Elo difference of a score of p points in n games of 2 points each, rounded; clamped to +-1200. */
int32_t run_elo(uint32_t points, uint32_t games);
/* Paths inside a run's directory. */
enum run_file { RUN_RECIPE, RUN_LEDGER, RUN_GAMES, RUN_SHARD, RUN_CHECKPOINT, RUN_NET, RUN_MATCH, RUN_LOCK, RUN_STARTED_FROM };
void run_path(char *out, size_t n, const char *dir, enum run_file what, uint32_t generation, uint64_t step);

#endif
