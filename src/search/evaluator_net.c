/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fixed.h"
#include "base/profile.h"
#include "base/symmetry.h"
#include "nn/forward.h"
#include "nn/guard.h"
#include "search/evaluator.h"

#include <stdlib.h>
#include <string.h>

enum { LOGIT_MAX = (1 << 30) - 1 }; /* what fx_softmax and fx_sigmoid_q28 take */

struct net_evaluator {
	struct evaluator base; /* first: a pointer to it is one to the whole */
	const struct nn_net *net;
	const struct nn_kernels *kernels;
	struct nn_work *work;
	struct nn_kernels plain;   /* for samples, where kernels have a guard: plain C */
	struct nn_work *again;     /* one position */
	uint16_t map[SYMMETRIES][GAME_POINTS_MAX];
	uint8_t planes[GAME_POINTS_MAX * GAME_PLANES_MAX];
};

/* The planes as seen through the job's symmetry: point p goes to map[p]. */
static void put_planes(struct net_evaluator *n, struct nn_work *work, int i, const struct eval_job *job)
{
	const uint16_t *map = n->map[job->symmetry];
	size_t planes = (size_t)n->net->shape.planes;
	int points = n->base.size * n->base.size;
	if (job->symmetry == 0) {
		nn_work_input(work, i, job->planes);
		return;
	}
	for (int p = 0; planes == 16 && p < points; p++) /* a size that the compiler knows is a move, not a call */
		memcpy(n->planes + map[p] * 16, job->planes + p * 16, 16);
	for (int p = 0; planes != 16 && p < points; p++)
		memcpy(n->planes + map[p] * planes, job->planes + (size_t)p * planes, planes);
	nn_work_input(work, i, n->planes);
}

/* Ownership 2 * sigmoid - 1: Q28 to Q15. */
static int16_t owner_of(int32_t logit)
{
	int32_t x = 2 * fx_sigmoid_q28(fx_clamp32(logit, -LOGIT_MAX, LOGIT_MAX)) - (1 << 28);
	return (int16_t)fx_clamp32(fx_rshift32(x, 13), -32767, 32767);
}

static void take_points(const struct net_evaluator *n, int i, struct eval_job *job)
{
	const uint16_t *map = n->map[job->symmetry];
	int points = n->base.size * n->base.size;
	const int32_t *out = n->work->point_out + (size_t)i * (size_t)points * NN_POINT_OUT;
	for (int p = 0; p < points; p++)
		job->out.logit[p] = out[map[p] * NN_POINT_OUT + NN_POLICY];
	for (int p = 0; job->want_owner && p < points; p++)
		job->out.owner[p] = owner_of(out[map[p] * NN_POINT_OUT + NN_OWNER]);
}

/* The score's logit counts NN_SCORE_UNIT = 16 points in Q16: points in Q8 are logit * 16 / 256. */
static void take_globals(const struct net_evaluator *n, int i, struct eval_job *job)
{
	const int32_t *out = n->work->global_out + (size_t)i * NN_GLOBAL_OUT;
	struct eval *e = &job->out;
	int32_t logit[3], p[3];
	for (int k = 0; k < 3; k++)
		logit[k] = fx_clamp32(out[NN_WIN + k], -LOGIT_MAX, LOGIT_MAX);
	fx_softmax(logit, NULL, 3, p);
	for (int k = 0; k < 3; k++)
		e->wdl[k] = fx_rshift32(p[k], 12);
	e->value = e->wdl[0] - e->wdl[2];
	e->score = fx_sat32(fx_rshift64((int64_t)out[NN_SCORE] * NN_SCORE_UNIT, 8));
	e->logit[n->base.size * n->base.size] = out[NN_PASS];
}

/* Makes one position in so many again. */
static void sample(struct net_evaluator *n, struct eval_job **job, int count)
{
	int i;
	if (!n->again || !nn_guard_sample(n->kernels->guard, count, &i))
		return;
	put_planes(n, n->again, 0, job[i]);
	nn_forward(&n->plain, n->net, n->again, 1);
	size_t points = (size_t)(n->base.size * n->base.size) * NN_POINT_OUT;
	const int32_t *point = n->work->point_out + (size_t)i * points, *global = n->work->global_out + i * NN_GLOBAL_OUT;
	if (memcmp(n->again->point_out, point, points * sizeof *point) != 0 ||
	    memcmp(n->again->global_out, global, NN_GLOBAL_OUT * sizeof *global) != 0)
		nn_guard_report(n->kernels->guard,
		                "sampling: thread %d: the net's answer to a position is not the one that plain C gives",
		                n->base.thread);
}

static void net_evaluate(struct evaluator *e, struct eval_job **job, int count)
{
	struct net_evaluator *n = (struct net_evaluator *)e;
	enum profile_phase was = profile_enter(n->kernels->profile, PROFILE_INPUT);
	n->work->thread = e->thread;
	for (int i = 0; i < count; i++)
		put_planes(n, n->work, i, job[i]);
	nn_forward(n->kernels, n->net, n->work, count);
	sample(n, job, count);
	profile_enter(n->kernels->profile, PROFILE_OUTPUT);
	for (int i = 0; i < count; i++) {
		take_points(n, i, job[i]);
		take_globals(n, i, job[i]);
	}
	profile_enter(n->kernels->profile, was);
}

static int net_memory(struct net_evaluator *n, const struct nn_net *net, const struct nn_kernels *k, int size, int batch)
{
	n->work = nn_work_new(&net->shape, size, batch, false);
	if (!n->work)
		return ERR_MEMORY;
	if (!k->guard)
		return 0;
	n->again = nn_work_new(&net->shape, size, 1, false);
	nn_kernels_init(&n->plain, 0);
	return n->again && (!k->guard->check || nn_work_watch(n->work) == 0) ? 0 : ERR_MEMORY;
}

struct evaluator *evaluator_net_new(const struct nn_net *net, const struct nn_kernels *k, int size, int batch,
                                    struct err *e)
{
	if (net->leela)
		return evaluator_leela_new(net->leela, k, size, batch, e);
	if (size < GAME_SIZE_MIN || size > GAME_SIZE_MAX || batch < 1) {
		err_set(e, ERR_ARG, "evaluator: board size %d is not 2 to 19, or batch %d below 1", size, batch);
		return NULL;
	}
	struct net_evaluator *n = calloc(1, sizeof *n);
	if (!n || net_memory(n, net, k, size, batch)) {
		evaluator_net_free((struct evaluator *)n);
		err_set(e, ERR_MEMORY, "evaluator: no memory for batches of %d; ask for smaller ones", batch);
		return NULL;
	}
	n->base = (struct evaluator){net_evaluate, size, batch, 0};
	n->net = net;
	n->kernels = k;
	for (int s = 0; s < SYMMETRIES; s++)
		symmetry_map(n->map[s], size, s);
	return &n->base;
}

void evaluator_net_free(struct evaluator *e)
{
	if (!e)
		return;
	if (evaluator_is_leela(e)) {
		evaluator_leela_free(e);
		return;
	}
	nn_work_free(((struct net_evaluator *)e)->work);
	nn_work_free(((struct net_evaluator *)e)->again);
	free(e);
}
