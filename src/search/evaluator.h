/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a search wants to know of a position, and who answers. */
#ifndef MIAI_SEARCH_EVALUATOR_H
#define MIAI_SEARCH_EVALUATOR_H

#include "base/err.h"
#include "games/game.h"
#include "nn/kernels.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stdint.h>

enum { EVAL_ONE = 65536 }; /* values are Q16: -EVAL_ONE a certain loss, EVAL_ONE a certain win */

/* The answer, from the view of the player to move. */
struct eval {
	int32_t logit[GAME_ACTIONS_MAX];  /* policy, Q16, all actions (legal or not), points in board order, then pass */
	int32_t wdl[3];                   /* win, draw, loss: Q16, each 0..65536 */
	int32_t value;                    /* wdl[0] - wdl[2] */
	int32_t score;                    /* expected lead in points, Q8 */
	int16_t owner[GAME_POINTS_MAX];   /* -32767 opponent's .. 32767 mover's, Q15; only where asked for */
};

/* One question: features in board order (points * planes bytes), symmetry to look through. */
struct eval_job {
	uint8_t planes[GAME_POINTS_MAX * GAME_PLANES_MAX];
	int symmetry;
	int want_owner;
	uint64_t key; /* of the position; no answer depends on it: it says where an answer that is kept may be found */
	struct eval out;
};

/* Answers jobs 0..n-1, all of one board size; the answer to a job depends on that job alone. */
struct evaluator {
	void (*evaluate)(struct evaluator *e, struct eval_job **job, int n);
	int size;
	int batch; /* most jobs a call */
	int thread; /* who asks: for reports of faults */
};

/* An evaluator on a net, for one thread.  Borrows net and k for its life.  Where k has a guard, some positions are
 * evaluated a second time in plain C, and what is not the same is reported there.  NULL: see e. */
struct evaluator *evaluator_net_new(const struct nn_net *net, const struct nn_kernels *k, int size, int batch, struct err *e);
void evaluator_net_free(struct evaluator *e);

/* The game whose states and features a net's evaluator is asked about: game_go, or a variant of it (games/go/go.h). */
const struct game *evaluator_game(const struct nn_net *net);
/* The one board size that a net knows, 0 where it knows all. */
int evaluator_size(const struct nn_net *net);

/* For an imported net, which evaluator_net_new and evaluator_net_free pass on to these.  It knows neither score nor
 * ownership: both are 0. */
struct evaluator *evaluator_leela_new(const struct nn_leela *net, const struct nn_kernels *k, int size, int batch, struct err *e);
void evaluator_leela_free(struct evaluator *e);
bool evaluator_is_leela(const struct evaluator *e);

/* Flat policy, even value: for tests and as a net-free player. */
struct evaluator *evaluator_uniform_new(int size, int batch);
void evaluator_uniform_free(struct evaluator *e);

#endif
