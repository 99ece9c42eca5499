/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of an imported net: docs/arithmetic-leela.md. */
#include "base/fixed.h"
#include "base/symmetry.h"
#include "games/go/go.h"
#include "nn/leela.h"
#include "search/evaluator.h"

#include <stdlib.h>
#include <string.h>

struct leela_evaluator {
	struct evaluator base; /* first: a pointer to it is one to the whole */
	const struct nn_leela *net;
	const struct nn_kernels *kernels;
	struct nn_leela_work *work;
	uint16_t map[SYMMETRIES][GAME_POINTS_MAX];
	uint8_t planes[GAME_POINTS_MAX * NN_LEELA_PLANES];
};

_Static_assert((int)GO_HISTORY_PLANES == (int)NN_LEELA_PLANES, "the planes are those of game_go_history");

const struct game *evaluator_game(const struct nn_net *net)
{
	return net->leela ? &game_go_history : &game_go;
}

int evaluator_size(const struct nn_net *net)
{
	return net->leela ? net->leela->shape.size : 0;
}

/* The planes as seen through the job's symmetry: point p goes to map[p]. */
static void put_planes(struct leela_evaluator *n, int i, const struct eval_job *job)
{
	const uint16_t *map = n->map[job->symmetry];
	for (int p = 0; p < n->work->points; p++)
		memcpy(n->planes + map[p] * NN_LEELA_PLANES, job->planes + p * NN_LEELA_PLANES, NN_LEELA_PLANES);
	nn_leela_input(n->work, i, n->planes);
}

static void take(const struct leela_evaluator *n, int i, struct eval_job *job)
{
	const uint16_t *map = n->map[job->symmetry];
	const int32_t *logit = n->work->policy + i * (n->work->points + 1);
	struct eval *out = &job->out;
	int points = n->work->points;
	for (int p = 0; p < points; p++)
		out->logit[p] = logit[map[p]];
	out->logit[points] = logit[points];
	int32_t win = fx_rshift32(fx_sigmoid_q28(2 * n->work->value[i]), 12);
	if (n->net->shape.black_value && !job->planes[GO_HISTORY_BLACK])
		win = EVAL_ONE - win;
	out->wdl[0] = win;
	out->wdl[1] = 0;
	out->wdl[2] = EVAL_ONE - win;
	out->value = out->wdl[0] - out->wdl[2];
	out->score = 0;
	if (job->want_owner)
		memset(out->owner, 0, (size_t)points * sizeof *out->owner);
}

static void leela_evaluate(struct evaluator *e, struct eval_job **job, int count)
{
	struct leela_evaluator *n = (struct leela_evaluator *)e;
	for (int i = 0; i < count; i++)
		put_planes(n, i, job[i]);
	nn_leela_forward(n->kernels, n->net, n->work, count);
	for (int i = 0; i < count; i++)
		take(n, i, job[i]);
}

bool evaluator_is_leela(const struct evaluator *e)
{
	return e->evaluate == leela_evaluate;
}

struct evaluator *evaluator_leela_new(const struct nn_leela *net, const struct nn_kernels *k, int size, int batch, struct err *e)
{
	if (size != net->shape.size || batch < 1) {
		err_set(e, ERR_ARG, "this imported net knows boards of %d alone, not of %d", net->shape.size, size);
		return NULL;
	}
	struct leela_evaluator *n = calloc(1, sizeof *n);
	if (n)
		n->work = nn_leela_work_new(&net->shape, batch);
	if (!n || !n->work) {
		free(n);
		err_set(e, ERR_MEMORY, "evaluator: no memory for batches of %d; ask for smaller ones", batch);
		return NULL;
	}
	n->base = (struct evaluator){.evaluate = leela_evaluate, .size = size, .batch = batch};
	n->net = net;
	n->kernels = k;
	for (int s = 0; s < SYMMETRIES; s++)
		symmetry_map(n->map[s], size, s);
	return &n->base;
}

void evaluator_leela_free(struct evaluator *e)
{
	if (!e)
		return;
	nn_leela_work_free(((struct leela_evaluator *)e)->work);
	free(e);
}
