/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The steps of a generation that run makes and verify makes again: games -> shard, window -> samples, games ->
 * decision, state -> net.  Each is a function of its arguments and the named files alone. */
#ifndef MIAI_RUN_PARTS_H
#define MIAI_RUN_PARTS_H

#include "run/run.h"

enum {
	RUN_PATH_MAX = 1024,
	RUN_DIR_MAX = RUN_PATH_MAX - 64, /* room for any of a run's file names behind it */
};
#define RUN_FILE_BYTES_MAX (UINT64_C(1) << 40)

/* Reads path and compares its SHA-256 with want: ERR_MISMATCH names the file and both hashes and says what to do. */
int run_read(struct buf *out, const char *path, const struct hash *want, struct err *e);
/* The same complaint, for a file that is already in memory. */
int run_damaged(const char *path, const struct hash *got, const struct hash *want, struct err *e);

/* Spans of training between checkpoints: how many a generation has, and the run's step at which span i of
 * generation g (1..) ends, i in 0..spans-1; i = -1 gives the step at which the generation begins. */
uint32_t run_spans(const struct recipe *r);
uint64_t run_span_end(const struct recipe *r, uint32_t generation, int64_t span);

/* Game i of a file, parsed, its index checked.  g is to be released whatever is returned. */
int run_game(const struct record_games *games, uint32_t i, struct record_game *g, struct err *e);
/* The same, and was it played by the rules: those of s, its komi, every move legal, the score right? */
int run_game_check(const struct selfplay_settings *s, const struct record_games *games, uint32_t i,
                   struct record_game *g, struct err *e);
/* Feeds the gate so many games, fewer than 2^32, in the order that decides latest: where their last does not decide, it
 * does in no order. */
void run_gate_counts(struct run_gate *g, uint32_t wins, uint32_t draws, uint32_t losses);
/* The candidate's points in match game `index`: 0, 1 or 2. */
int run_match_points(uint32_t index, int32_t score_half);

/* The shard file of a generation's games.  *samples: how many it has. */
int run_shard_build(const struct recipe *r, uint32_t generation, const struct record_games *games, struct pool *pool,
                    struct buf *file, uint32_t *samples, struct err *e);

/* The state before the first step: random weights, or those of the checkpoint that the recipe starts from, in dir. */
int run_start_build(const struct recipe *r, const char *dir, struct train_state **out, struct err *e);
/* The same, where that checkpoint lies elsewhere. */
int run_start_load(const struct recipe *r, const char *path, struct train_state **out, struct err *e);
/* Is the file, from anywhere, the one that the recipe's run.start names, and a checkpoint of its net?  file (may be NULL)
 * gets its bytes. */
int run_start_check(const struct recipe *r, const char *path, struct buf *file, struct err *e);
/* The same of a file that the user gave, which is ERR_ARG where it is another, or where the recipe names none. */
int run_start_given(const struct recipe *r, const char *path, struct buf *file, struct err *e);
/* Entry 0, given its checkpoint and its net: what else it says. */
void run_entry_zero(struct ledger_entry *e);

/* The net file of a generation, from its last checkpoint's state and, where the recipe's train.average asks for them, the
 * checkpoints before it, from disk; *net (may be NULL) is the net itself, to be freed.  x is the generation's entry as far as
 * its checkpoints, l the ledger of those before. */
int run_net_build(const struct recipe *r, const char *dir, const struct ledger *l, const struct ledger_entry *x,
                  const struct train_state *t, struct buf *file, struct nn_net **net, struct err *e);
/* A net of a finished generation from disk.  NULL: see e, code in *rc. */
struct nn_net *run_net_load(const char *dir, uint32_t generation, const struct hash *want, int *rc, struct err *e);
/* A checkpoint from disk, of the right shape and step.  want may be NULL (unfinished generation); *name is its hash. */
struct train_state *run_checkpoint_load(const char *dir, const struct recipe *r, uint32_t generation, uint64_t step,
                                        const struct hash *want, struct hash *name, int *rc, struct err *e);

/* Did no weight move faster than the recipe's max_step between two states of its shape?  Else ERR_MISMATCH. */
int run_moved(const struct recipe *r, const struct train_state *before, const struct train_state *after, struct err *e);

/* The shards of generations first .. first + shards - 1, in memory, as one row of samples. */
struct run_window {
	uint32_t first, shards;
	struct shard *shard;   /* owned */
	uint32_t *start;       /* sample number at which each shard begins; owned */
	uint64_t *words;       /* nn_words of each shard, from when its hash was checked; owned */
	uint32_t count;
	size_t sample_bytes;
};
/* Makes the window [first, last], keeping the shards that it already has.  Hashes are the ledger's; last_hash that of
 * generation `last` where the ledger does not have it yet, or NULL. */
int run_window_set(struct run_window *w, const char *dir, const struct recipe *r, const struct ledger *l,
                   uint32_t first, uint32_t last, const struct hash *last_hash, struct err *e);
/* ERR_FAULT where a shard changed in memory. */
int run_window_check(const struct run_window *w, struct err *e);
void run_window_release(struct run_window *w);
void run_window_source(struct run_window *w, struct train_source *out);

/* What the entry says of the match and its outcome: counts, promoted, best, best_generation, rating.  e->generation,
 * e->net are set already; g is NULL where the recipe has no gate. */
void run_decide(struct ledger_entry *e, const struct ledger_entry *previous, const struct run_gate *g);

#endif
