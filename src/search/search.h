/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Monte Carlo tree search in integers, as a coroutine: search_step() runs until it needs an evaluation or is
 * done, so that one thread keeps many searches in flight and evaluates their leaves in one batch.
 *
 * Inside the tree: PUCT (Silver et al. 2017).  At the root, where gumbel_actions > 0: sampling without
 * replacement by Gumbel noise and sequential halving, with the completed-Q policy as training target (Danihelka
 * et al., "Policy improvement by planning with Gumbel", ICLR 2022); else PUCT with the most visited move.
 * The result is a function of (evaluator's answers, state, settings, key) alone. */
#ifndef MIAI_SEARCH_SEARCH_H
#define MIAI_SEARCH_SEARCH_H

#include "base/err.h"
#include "games/game.h"
#include "search/evaluator.h"

#include <stdbool.h>
#include <stdint.h>

struct search_settings {
	int visits;          /* evaluations a move, root's included: 1..1000000; 1 plays the policy's best */
	int gumbel_actions;  /* root actions considered, 0..64; 0: plain PUCT */
	int gumbel_noise;    /* 0: the noise is zero (deterministic play), 1: drawn */
	int c_visit;         /* sigma(q) = (c_visit + max visits) * c_scale * q, q in 0..1 */
	int c_scale;         /* per mille */
	int cpuct;           /* per mille */
	int fpu;             /* first-play reduction, per mille: Q of unvisited = parent's value - fpu * sqrt(visited prior) */
	int draw_utility;    /* Q of a draw for the player to move at the root, per mille; normally 0 */
	int symmetry;        /* 1: each evaluation through a symmetry drawn from the position's key; 0: as it lies */
};

struct search;

/* A search for boards up to the rules' size, reusable; memory for `visits` nodes.  NULL: see e. */
struct search *search_new(const struct game *g, const struct game_rules *r, const struct search_settings *s, struct err *e);
void search_free(struct search *s);

/* Starts on a state that is not over (copied).  visits overrides the settings' (1..settings' visits).  key:
 * randomness of this search.  No tree is kept from an earlier search. */
void search_begin(struct search *s, const void *state, int visits, uint64_t key);

/* Runs.  true: *job wants its answer in job->out before the next call.  false: done, read the results. */
bool search_step(struct search *s, struct eval_job **job);

struct search_result {
	int action;          /* the move to play */
	int32_t value;       /* root value of the mover after search, Q16 */
	int32_t raw_value;   /* the evaluator's */
	int32_t score;       /* the evaluator's expected lead for the mover, points Q8 */
	int visits;          /* evaluations and terminal hits, the root's included */
};
void search_result(const struct search *s, struct search_result *out);

/* The policy target in Q16 over all actions (sums to 65536): completed-Q for gumbel, visit shares for PUCT. */
void search_policy(const struct search *s, uint32_t *policy);

/* Root children for analysis: fills up to max entries, most visited first; returns how many. */
struct search_child {
	int action;
	int visits;
	int32_t prior;  /* Q16 */
	int32_t value;  /* Q16, root mover's view */
};
int search_children(const struct search *s, struct search_child *out, int max);

#endif
