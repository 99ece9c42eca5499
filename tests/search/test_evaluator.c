/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The evaluator on a net against the net itself, and against itself through symmetries and in batches. */
#include "search/drive.h"
#include "search/random_net.h"

#include "base/fixed.h"
#include "base/symmetry.h"
#include "nn/forward.h"

enum { SIZE = 5, POINTS = SIZE * SIZE, JOBS = 24 };

static struct eval_job jobs[JOBS];

/* Positions by chance, each through some symmetry. */
static void make_jobs(void)
{
	struct game_rules rules = {.size = SIZE, .komi_half = 3, .max_moves = 75};
	for (int i = 0; i < JOBS; i++) {
		void *state = random_state(&rules, 3 + i, (uint64_t)i);
		memset(&jobs[i], 0, sizeof jobs[i]);
		game_go.features(state, jobs[i].planes);
		jobs[i].symmetry = i % SYMMETRIES;
		jobs[i].want_owner = 1;
		free(state);
	}
}

static bool same_answer(const struct eval *a, const struct eval *b)
{
	return memcmp(a->logit, b->logit, (POINTS + 1) * sizeof a->logit[0]) == 0 &&
	       memcmp(a->wdl, b->wdl, sizeof a->wdl) == 0 && a->value == b->value && a->score == b->score &&
	       memcmp(a->owner, b->owner, POINTS * sizeof a->owner[0]) == 0;
}

/* One job as it lies, straight from the net. */
static void against_net(const struct nn_net *net, const struct nn_kernels *k)
{
	struct nn_work *w = nn_work_new(&net->shape, SIZE, 1, false);
	struct evaluator *e = evaluator_net_new(net, k, SIZE, 1, NULL);
	int64_t spread = 0;
	for (int i = 0; i < JOBS; i += SYMMETRIES) {
		struct eval_job *job = &jobs[i];
		const struct eval *out = &job->out;
		nn_work_input(w, 0, job->planes);
		nn_forward(k, net, w, 1);
		e->evaluate(e, &job, 1);
		for (int p = 0; p < POINTS; p++) {
			CHECK_INT(out->logit[p], w->point_out[p * NN_POINT_OUT + NN_POLICY]);
			spread += out->logit[p] > 0 ? out->logit[p] : -out->logit[p];
			int32_t sigmoid = fx_sigmoid_q28(w->point_out[p * NN_POINT_OUT + NN_OWNER]);
			int32_t off = out->owner[p] - (sigmoid / 4096 - 32768);
			CHECK(off >= -2 && off <= 2);
		}
		CHECK_INT(out->logit[POINTS], w->global_out[NN_PASS]);
		CHECK_INT(out->score, fx_rshift32(w->global_out[NN_SCORE], 4));
		CHECK_INT(out->value, out->wdl[0] - out->wdl[2]);
		int sum = out->wdl[0] + out->wdl[1] + out->wdl[2];
		CHECK(sum >= 65534 && sum <= 65538);
		CHECK((out->wdl[0] > out->wdl[2]) == (w->global_out[NN_WIN] > w->global_out[NN_LOSS]));
	}
	CHECK(spread > 1000); /* the net says something */
	evaluator_net_free(e);
	nn_work_free(w);
}

/* Looking through symmetry s is turning the board by s, asking, and turning the answer back. */
static void symmetries(const struct nn_net *net, const struct nn_kernels *k)
{
	struct evaluator *e = evaluator_net_new(net, k, SIZE, 1, NULL);
	for (int i = 0; i < JOBS; i++) {
		struct eval_job *job = &jobs[i], turned = *job, *ask = &turned;
		struct eval back;
		uint16_t map[POINTS];
		symmetry_map(map, SIZE, job->symmetry);
		for (int p = 0; p < POINTS; p++)
			memcpy(turned.planes + map[p] * GO_PLANES, job->planes + p * GO_PLANES, GO_PLANES);
		turned.symmetry = 0;
		e->evaluate(e, &job, 1);
		e->evaluate(e, &ask, 1);
		back = turned.out;
		for (int p = 0; p < POINTS; p++) {
			back.logit[p] = turned.out.logit[map[p]];
			back.owner[p] = turned.out.owner[map[p]];
		}
		CHECK(same_answer(&job->out, &back));
	}
	evaluator_net_free(e);
}

/* An answer depends on its job alone, whatever the batch. */
static void batches(const struct nn_net *net, const struct nn_kernels *k)
{
	static struct eval alone[JOBS];
	struct eval_job *list[JOBS];
	struct evaluator *e = evaluator_net_new(net, k, SIZE, JOBS, NULL);
	for (int i = 0; i < JOBS; i++) {
		list[i] = &jobs[JOBS - 1 - i];
		e->evaluate(e, &list[i], 1);
		alone[i] = list[i]->out;
		memset(&list[i]->out, 0x55, sizeof list[i]->out);
	}
	for (int n = 1; n <= JOBS; n += 7) {
		e->evaluate(e, list, n);
		for (int i = 0; i < n; i++)
			CHECK(same_answer(&list[i]->out, &alone[i]));
	}
	evaluator_net_free(e);
}

static void refuses(const struct nn_net *net, const struct nn_kernels *k)
{
	struct err e;
	CHECK(evaluator_net_new(net, k, 1, 1, &e) == NULL);
	CHECK(evaluator_net_new(net, k, 20, 1, &e) == NULL);
	CHECK(evaluator_net_new(net, k, 9, 0, &e) == NULL);
}

static void uniform(void)
{
	struct evaluator *e = evaluator_uniform_new(SIZE, 3);
	struct eval_job *job = &jobs[0];
	e->evaluate(e, &job, 1);
	for (int a = 0; a <= POINTS; a++)
		CHECK_INT(job->out.logit[a], 0);
	CHECK_INT(job->out.value, 0);
	CHECK_INT(job->out.wdl[0] + job->out.wdl[1] + job->out.wdl[2], EVAL_ONE);
	evaluator_uniform_free(e);
}

int main(void)
{
	struct nn_net *net = random_net(1);
	struct nn_kernels plain, all;
	nn_kernels_init(&plain, 0);
	nn_kernels_init(&all, nn_cpu_flags());
	make_jobs();
	against_net(net, &plain);
	symmetries(net, &plain);
	symmetries(net, &all);
	batches(net, &plain);
	batches(net, &all);
	refuses(net, &plain);
	uniform();
	nn_net_free(net);
	return test_done();
}
