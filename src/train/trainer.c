/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps of gradient descent.  A step's batch is cut into slices, which workers take in any order; their sums are
 * integers, so the order leaves no trace. */
#include "base/fixed.h"
#include "base/profile.h"
#include "base/rng.h"
#include "base/symmetry.h"
#include "train/train_int.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SAMPLE = 5 }; /* of each NN_SAMPLE_STEPS steps: early, so that short runs have one */

struct trainer {
	struct train_config config;
	struct nn_kernels k;
	struct pool *pool;
	int board_size, workers;
	struct nn_net *net;              /* the weights as played, of the step under way */
	int8_t *back[NN_LAYERS_MAX];
	struct slice *slice;             /* one a worker */
	struct nn_kernels plain;         /* what sampled steps are made with again */
	struct train_watch *watch;       /* where the guard wants exact checks, else NULL */
	/* of the step under way, for the slice tasks */
	const struct train_source *src;
	uint64_t sample_key, symmetry_key, round_key, first_sample;
};

static int trainer_memory(struct trainer *t, const struct nn_shape *shape, struct err *e)
{
	struct train_state *s = train_state_alloc(shape, e);
	if (!s)
		return ERR_MEMORY;
	int rc = 0;
	for (int i = 0; i < s->layers && !rc; i++) {
		t->back[i] = aligned_alloc(64, (train_back_bytes(&s->layer[i].info) + 63) / 64 * 64);
		rc = t->back[i] ? 0 : ERR_MEMORY;
	}
	for (; t->workers < pool_threads(t->pool) && !rc; t->workers++)
		rc = train_slice_init(&t->slice[t->workers], s, &t->config, &t->k, t->net, t->back, t->board_size);
	for (int i = 0; i < t->workers && nn_guard_checks(t->k.guard) && !rc; i++)
		rc = nn_work_watch(t->slice[i].w);
	train_free(s);
	return rc ? err_set(e, rc, "out of memory for training") : 0;
}

struct trainer *trainer_new(const struct train_config *c, const struct nn_shape *shape, int board_size, const struct nn_kernels *k,
                            struct pool *pool, struct err *e)
{
	struct trainer *t = calloc(1, sizeof *t);
	if (!t) {
		err_set(e, ERR_MEMORY, "out of memory for training");
		return NULL;
	}
	t->config = *c;
	t->k = *k;
	nn_kernels_init(&t->plain, 0);
	t->plain.guard = k->guard;
	t->pool = pool;
	t->board_size = board_size;
	t->net = nn_net_new(shape, e);
	t->slice = calloc((size_t)pool_threads(pool), sizeof *t->slice);
	bool checks = nn_guard_checks(k->guard);
	t->watch = checks ? train_watch_new(shape, e) : NULL;
	if (!t->slice)
		err_set(e, ERR_MEMORY, "out of memory for training");
	if (!t->net || !t->slice || checks != (t->watch != NULL) || trainer_memory(t, shape, e)) {
		trainer_free(t);
		return NULL;
	}
	return t;
}

void trainer_free(struct trainer *t)
{
	if (!t)
		return;
	for (int i = 0; i < t->workers; i++)
		train_slice_release(&t->slice[i]);
	for (int i = 0; i < NN_LAYERS_MAX; i++)
		free(t->back[i]);
	free(t->slice);
	train_watch_free(t->watch);
	nn_net_free(t->net);
	free(t);
}

/* Counts activations that are saturated, and those at least half way there, over the slice's boards. */
static void count_activations(struct slice *s)
{
	const struct nn_work *w = s->w;
	int last = 2 * w->shape.blocks + 2;

	for (int a = 0; a <= last; a++) {
		int c = a >= last - 1 ? w->shape.head : w->shape.channels;
		size_t n = (size_t)(a == last ? SLICE : SLICE * w->padded) * (size_t)c;
		uint64_t saturated = 0, high = 0;
		for (size_t i = 0; i < n; i++) {
			saturated += w->act[a][i] == 127;
			high += w->act[a][i] >= 64;
		}
		s->print += (2 * (uint64_t)a + 1) * ((saturated << 32) + high);
		if (s->dry)
			continue;
		s->saturated[a] += saturated;
		s->high[a] += high;
	}
}

static bool adapts(const struct train_config *c, uint64_t step)
{
	return (step + 1) % (uint64_t)c->adapt_interval == 0 && step < c->adapt_until;
}

struct step_job {
	struct trainer *t;
	const struct train_state *s;
	bool sampled; /* made again in plain C */
};

/* Sample number i of the run's training is dealt from a permutation of the window, a new one each time it is used up. */
static const uint8_t *deal(const struct trainer *t, uint64_t i)
{
	uint64_t n = i - t->first_sample;
	uint32_t count = t->src->count;

	return t->src->get(t->src->ctx, rng_permute(rng_key(t->sample_key, n / count), count, (uint32_t)(n % count)));
}

/* The gradients of one slice. */
static void slice_once(struct slice *s, const struct step_job *job, int task)
{
	const struct trainer *t = job->t;
	uint64_t first = job->s->step * (uint64_t)t->config.batch + (uint64_t)task * SLICE;

	profile_enter(s->k->profile, PROFILE_SAMPLES);
	s->key = rng_key(t->round_key, (uint64_t)task);
	s->tensor = 0;
	for (int i = 0; i < SLICE; i++)
		train_slice_load(s, &t->src->shape, deal(t, first + (uint64_t)i), i, (int)rng_below(t->symmetry_key, first + (uint64_t)i, SYMMETRIES));
	nn_forward(s->k, t->net, s->w, SLICE);
	profile_enter(s->k->profile, PROFILE_LOSS);
	train_loss_gradients(s);
	train_backward(s);
	if (adapts(&t->config, job->s->step))
		count_activations(s);
}

/* The same slice again: does it leave the same print?  Its sums and losses are not added. */
static void slice_again(struct slice *s, const struct step_job *job, int task, const struct nn_kernels *k, const char *what)
{
	uint64_t print = s->print;
	struct train_stats stats = s->stats;
	const struct nn_kernels *used = s->k;

	s->print = 0;
	s->dry = true;
	s->k = k;
	train_slice_points(s);
	slice_once(s, job, task);
	if (s->print != print)
		nn_guard_report(k->guard, "%s: thread %d, training step %llu, slice %d: made again, its gradients are others", what, s->thread,
		                (unsigned long long)job->s->step, task);
	s->k = used;
	s->dry = false;
	s->stats = stats;
	s->print = print;
}

static void slice_task(void *ctx, int task, int worker)
{
	struct step_job *job = ctx;
	struct trainer *t = job->t;
	struct slice *s = &t->slice[worker];
	uint64_t before = s->print;

	s->thread = s->w->thread = worker;
	s->print = 0;
	slice_once(s, job, task);
	if (t->watch)
		slice_again(s, job, task, &t->k, "checks");
	if (job->sampled) {
		slice_again(s, job, task, &t->plain, "sampling");
		atomic_fetch_add(&t->k.guard->sampled, 1);
	}
	s->print += before;
}

/* More than 1 of 256 saturated: one bit less; fewer than 1 of 1024 in the upper half: one bit more. */
static void adapt(struct trainer *t, struct train_state *s)
{
	int last = 2 * s->shape.blocks + 2;

	for (int a = 0; a <= last; a++) {
		uint64_t saturated = 0, high = 0;
		uint64_t c = (uint64_t)(a >= last - 1 ? s->shape.head : s->shape.channels);
		uint64_t total = (uint64_t)t->config.batch * c * (uint64_t)(a == last ? 1 : t->board_size * t->board_size);
		for (int w = 0; w < t->workers; w++) {
			saturated += t->slice[w].saturated[a];
			high += t->slice[w].high[a];
			t->slice[w].saturated[a] = t->slice[w].high[a] = 0;
		}
		if (256 * saturated > total && s->act_exp[a] > NN_ACT_EXP_MIN)
			s->act_exp[a]--;
		else if (1024 * high < total && s->act_exp[a] < NN_ACT_EXP_MAX)
			s->act_exp[a]++;
	}
}

/* A layer of the step is a task before and after its slices. */
struct layer_job {
	struct trainer *t;
	struct train_state *s;           /* written after the slices */
	_Atomic uint64_t print;          /* of the sums that were used */
	atomic_int rc;
};

/* The weights that are played, packed for both ways. */
static void prepare_task(void *ctx, int layer, int worker)
{
	struct layer_job *job = ctx;
	struct nn_net *net = job->t->net;

	(void)worker;
	train_quantise_layer(job->s, net, layer);
	if (train_pack_back(&net->layer[layer], job->t->back[layer]))
		atomic_store(&job->rc, ERR_MEMORY);
}

static int prepare(struct trainer *t, struct train_state *s)
{
	struct layer_job job = {.t = t, .s = s};

	memcpy(t->net->act_exp, s->act_exp, sizeof t->net->act_exp);
	pool_run(t->pool, s->layers, prepare_task, &job);
	return atomic_load(&job.rc);
}

/* Adds n sums of every other worker to worker 0's, and clears theirs; `at` of the arena. */
static void reduce(struct trainer *t, const int64_t *at, int n)
{
	ptrdiff_t from = at - (const int64_t *)(const void *)t->slice[0].grads.arena.base;
	int64_t *to = (int64_t *)(void *)t->slice[0].grads.arena.base + from;

	for (int w = 1; w < t->workers; w++) {
		int64_t *more = (int64_t *)(void *)t->slice[w].grads.arena.base + from;
		for (int i = 0; i < n; i++)
			to[i] += more[i];
		memset(more, 0, (size_t)n * sizeof *more);
	}
}

/* All that follows from a layer's sums, while they are in the cache. */
static void update_task(void *ctx, int layer, int worker)
{
	struct layer_job *job = ctx;
	struct trainer *t = job->t;
	struct grads *sums = &t->slice[0].grads;
	const struct train_layer *l = &job->s->layer[layer];

	(void)worker;
	reduce(t, sums->layer[layer].w, l->weights);
	reduce(t, sums->layer[layer].bias, l->info.co);
	train_update_layer(job->s, layer, sums, &t->config);
	if (t->watch)
		train_watch_update(t->watch, layer, sums, &t->config);
	atomic_fetch_add(&job->print, train_grads_print(sums, job->s, layer));
	memset(sums->layer[layer].w, 0, (size_t)l->weights * sizeof(int64_t));
	memset(sums->layer[layer].bias, 0, (size_t)l->info.co * sizeof(int64_t));
}

/* What count_activations added to the prints. */
static uint64_t counts_print(const struct trainer *t)
{
	uint64_t print = 0;

	for (int w = 0; w < t->workers; w++)
		for (int a = 0; a < NN_ACTS_MAX; a++)
			print += (2 * (uint64_t)a + 1) * ((t->slice[w].saturated[a] << 32) + t->slice[w].high[a]);
	return print;
}

/* The prints of the step's slices are those of the sums that were used. */
static int check_sums(struct trainer *t, uint64_t used, struct err *e)
{
	uint64_t print = 0;

	for (int w = 0; w < t->workers; w++) {
		print += t->slice[w].print;
		t->slice[w].print = 0;
	}
	return print == used ? 0 : err_set(e, ERR_FAULT, "fingerprints: gradient sums changed in memory");
}

/* The state follows the sums. */
static int finish_step(struct trainer *t, struct train_state *s, bool due, struct err *e)
{
	struct layer_job job = {.t = t, .s = s};

	pool_run(t->pool, s->layers, update_task, &job);
	s->step++;
	int rc = t->watch ? train_watch_updated(t->watch, s, e) : 0;
	if (!rc)
		rc = check_sums(t, atomic_load(&job.print) + counts_print(t), e);
	if (due)
		adapt(t, s);
	if (t->watch)
		train_watch_exponents(t->watch, s);
	return rc;
}

static int one_step(struct trainer *t, struct train_state *s, struct err *e)
{
	struct step_job job = {t, s, t->k.guard && s->step % NN_SAMPLE_STEPS == FIRST_SAMPLE};
	bool due = adapts(&t->config, s->step);

	if (t->watch)
		train_watch_step(t->watch, s);
	enum profile_phase was = profile_enter(t->k.profile, PROFILE_PREPARE);
	if (prepare(t, s))
		return err_set(e, ERR_MEMORY, "out of memory in training step %llu", (unsigned long long)s->step);
	t->round_key = rng_key(rng_key(t->config.seed, RNG_ROUND), s->step);
	pool_run(t->pool, t->config.batch / SLICE, slice_task, &job);
	profile_enter(t->k.profile, PROFILE_UPDATE);
	int rc = t->watch ? train_watch_weights(t->watch, t->net, t->back, e) : 0;
	rc = rc ? rc : finish_step(t, s, due, e);
	profile_enter(t->k.profile, was);
	return rc;
}

static void collect_stats(struct trainer *t, struct train_stats *out)
{
	for (int w = 0; w < t->workers; w++) {
		struct train_stats *s = &t->slice[w].stats;
		out->samples += s->samples;
		out->policy += s->policy;
		out->value += s->value;
		out->owner += s->owner;
		out->score += s->score;
		out->reply += s->reply;
		*s = (struct train_stats){0};
	}
}

int trainer_run(struct trainer *t, struct train_state *s, const struct train_source *src, uint32_t generation, uint64_t first_step,
                uint64_t steps, const atomic_bool *stop, struct train_stats *stats, struct err *e)
{
	if (!src->count)
		return err_set(e, ERR_ARG, "training: the window holds no samples");
	if (src->shape.size != t->board_size || src->shape.planes != s->shape.planes)
		return err_set(e, ERR_ARG, "training: samples of size %d with %d planes for a trainer of size %d with %d", src->shape.size,
		               src->shape.planes, t->board_size, s->shape.planes);
	t->src = src;
	t->sample_key = rng_key(rng_key(t->config.seed, RNG_SAMPLE), generation);
	t->symmetry_key = rng_key(t->config.seed, RNG_SYMMETRY);
	t->first_sample = first_step * (uint64_t)t->config.batch;
	int rc = 0;
	for (uint64_t i = 0; i < steps && !rc; i++) {
		if (stop && atomic_load(stop))
			rc = err_set(e, ERR_STOPPED, "training stopped at step %llu", (unsigned long long)s->step);
		else
			rc = one_step(t, s, e);
		if (!rc && nn_guard_faulty(t->k.guard))
			rc = err_set(e, ERR_FAULT, "%s", t->k.guard->first.text);
	}
	if (stats)
		collect_stats(t, stats);
	return rc;
}
