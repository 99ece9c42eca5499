/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The player's search: one large tree that is kept from move to move, whose leaves are evaluated by several threads.
 *
 * Visits are made in batches.  Of a batch the paths are chosen one after another, each visit under way counting as a
 * visit of unknown value (Liu et al., "Watch the unobserved", ICLR 2020); then the leaves are evaluated, by as many
 * threads as there are; then the answers are backed up in the order of the paths.  The size of a batch is a function of
 * the root's visits.  So the tree is a function of (evaluator's answers, states, settings, limits) alone: threads and
 * time reach it only through the limits.  With batches of one and no score in the utility it makes the visits that
 * search.h makes with gumbel_actions 0.  docs/search.md has it in words. */
#ifndef MIAI_SEARCH_DEEP_H
#define MIAI_SEARCH_DEEP_H

#include "base/err.h"
#include "base/pool.h"
#include "games/game.h"
#include "search/evaluator.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SEARCH_DEEP_BATCH_MAX = 64,
	SEARCH_DEEP_VISITS_MAX = 100000000,
};

/* May differ from step to step; the tree's values are then a mixture. */
struct search_deep_settings {
	int cpuct, fpu;     /* per mille, as in search.h: 0..100000, 0..10000 */
	int score_utility;  /* per mille of a node's utility that is the score: 0..1000 */
	int batch;          /* most visits a batch, 1..SEARCH_DEEP_BATCH_MAX */
	int symmetry;       /* as in search.h */
	const uint16_t *avoid[2]; /* of a player, by action, borrowed: not played at depths below; NULL: none */
};

struct search_deep;

/* A tree for the rules' board in at most `memory` bytes.  eval[0..pool_threads(pool)-1], each for batches of at least
 * SEARCH_DEEP_BATCH_MAX / threads rounded up, and pool are borrowed for its life.  NULL: see e. */
struct search_deep *search_deep_new(const struct game *g, const struct game_rules *r, uint64_t memory,
                                    struct evaluator **eval, struct pool *pool, struct err *e);
void search_deep_free(struct search_deep *s);

/* Sets what the steps search with; ERR_ARG where out of range. */
int search_deep_set(struct search_deep *s, const struct search_deep_settings *set, struct err *e);

/* The root's position, not over: state is copied, and nothing is kept of an earlier tree. */
void search_deep_begin(struct search_deep *s, const void *state);
/* The same, where state is what `action` makes of the present root's: keeps the part of the tree below it. */
void search_deep_advance(struct search_deep *s, int action, const void *state);

/* Makes one batch of visits, never more than up to `visits` of the root.  False: nothing to do, for the root has them, or
 * the tree's memory is full. */
bool search_deep_step(struct search_deep *s, uint32_t visits);
bool search_deep_full(const struct search_deep *s);

/* What is known of a position; all from the view of the player to move at the root. */
struct search_deep_stats {
	uint32_t visits;
	int32_t utility, value;           /* means, Q16: -65536..65536 */
	int32_t utility_stdev;            /* of one visit, Q16 */
	int32_t score, score_stdev;       /* Q8 points */
};

struct search_deep_move {
	int action;
	int32_t prior;                    /* Q16 */
	struct search_deep_stats stats;   /* visits 0: the rest is 0 */
};

/* The root; visits 0 before the first step. */
void search_deep_root(const struct search_deep *s, struct search_deep_stats *out);
/* The evaluator's value (Q16) and score (Q8) of the root. */
void search_deep_raw(const struct search_deep *s, int32_t *value, int32_t *score);
/* The utility of a game that is over, for a player who leads by so many half points. */
int32_t search_deep_end(const struct search_deep *s, int half);
/* Every root move, best first: most visits, then greatest utility, then greatest prior, then lowest action.  Writes as
 * many as there are legal actions (room for GAME_ACTIONS_MAX) and returns how many. */
int search_deep_moves(const struct search_deep *s, struct search_deep_move *out);
/* Visits of the two most visited root moves: whether the choice can still change. */
void search_deep_top(const struct search_deep *s, uint32_t top[2]);
/* The main line from the root move `action`: actions and visits, at most max of them; returns how many. */
int search_deep_pv(const struct search_deep *s, int action, uint16_t *pv, int32_t *visits, int max);
/* Whose each point will be, the mean over all evaluations of the tree (action -1) or below a root move: Q15, > 0 the root
 * mover's.  False where there is no visit. */
bool search_deep_owner(const struct search_deep *s, int action, int16_t *owner);

#endif
