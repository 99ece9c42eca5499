/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What guarding costs: processor time of evaluations and training steps without a guard, with sampling, with checks; side by
 * side, the median of seven.  Not a test: prints a table. */
#include "base/rng.h"
#include "nn/forward.h"
#include "nn/guard.h"
#include "search/evaluator.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { ROUNDS = 7, BATCH = 16, STEPS = 2, SAMPLES = 512 };
enum mode { BARE, SAMPLED, CHECKED, MODES };

struct measured {
	int size, blocks, channels;
	double time[MODES][ROUNDS]; /* microseconds a position or sample */
	double again;               /* a position or sample in plain C */
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return (x > y) - (x < y);
}

static double median(double *t)
{
	qsort(t, ROUNDS, sizeof *t, compare);
	return t[ROUNDS / 2];
}

static struct nn_shape shape_of(const struct measured *m)
{
	return (struct nn_shape){.planes = 16, .plane_exp = 4, .blocks = m->blocks, .channels = m->channels, .head = 32};
}

static void kernels_of(struct nn_kernels *k, struct nn_guard *g, enum mode mode)
{
	nn_kernels_init(k, nn_cpu_flags());
	nn_guard_init(g, mode == CHECKED);
	k->guard = mode == BARE ? NULL : g;
}

/* A whole period of sampling, so that it holds one sample. */
static double play_time(const struct nn_net *net, const struct measured *m, enum mode mode, int count, struct eval_job **job)
{
	struct nn_kernels k;
	struct nn_guard g;
	kernels_of(&k, &g, mode);
	struct evaluator *e = evaluator_net_new(net, &k, m->size, BATCH, NULL);
	double t = now();
	for (int i = 0; i < count; i += BATCH)
		e->evaluate(e, job, BATCH);
	t = now() - t;
	evaluator_net_free(e);
	if (nn_guard_faulty(&g))
		abort();
	return t / count;
}

static double plain_time(const struct nn_net *net, const struct measured *m)
{
	struct nn_kernels k;
	struct nn_work *w = nn_work_new(&net->shape, m->size, 1, false);
	nn_kernels_init(&k, 0);
	double t = now();
	for (int i = 0; i < 5; i++)
		nn_forward(&k, net, w, 1);
	t = now() - t;
	nn_work_free(w);
	return t / 5;
}

static void measure_play(struct measured *m)
{
	struct nn_shape shape = shape_of(m);
	struct train_state *s = train_new(&shape, 1, NULL);
	struct nn_net *net = train_export(s, NULL);
	struct eval_job *job[BATCH];
	for (int i = 0; i < BATCH; i++) {
		job[i] = calloc(1, sizeof *job[i]);
		for (int p = 0; p < m->size * m->size * 16; p++)
			job[i]->planes[p] = rng_below(7, (uint64_t)(i * 100000 + p), 3) ? 0 : 16;
	}
	for (int r = 0; r < ROUNDS; r++)
		for (int mode = 0; mode < MODES; mode++)
			m->time[mode][r] = play_time(net, m, (enum mode)mode, NN_SAMPLE_POSITIONS, job);
	m->again = plain_time(net, m);
	for (int i = 0; i < BATCH; i++)
		free(job[i]);
	nn_net_free(net);
	train_free(s);
}

struct source {
	uint8_t *bytes;
	size_t each;
};

static const uint8_t *get(void *ctx, uint32_t i)
{
	struct source *s = ctx;
	return s->bytes + i * s->each;
}

/* Steps from step `from` on; any bytes are a sample. */
static double train_time(const struct measured *m, const struct nn_kernels *k, struct source *src, int from, int steps)
{
	struct train_config c = {.seed = 1, .batch = 256, .total_steps = 100, .lr = 60000, .lr_end = 6000, .warmup = 10, .momentum = 230,
	                         .weight_decay = 100, .max_step = 335544, .value_weight = 256, .owner_weight = 384, .score_weight = 64,
	                         .reply_weight = 38, .adapt_interval = 100, .adapt_until = 0};
	struct nn_shape shape = shape_of(m);
	struct train_source s = {.shape = {.size = m->size, .planes = 16}, .count = SAMPLES, .get = get, .ctx = src};
	struct pool *pool = pool_new(1);
	struct train_state *t = train_new(&shape, 1, NULL);
	struct trainer *trainer = trainer_new(&c, &shape, m->size, k, pool, NULL);
	if (!trainer || (from && trainer_run(trainer, t, &s, 1, 0, (uint64_t)from, NULL, NULL, NULL)))
		abort();
	double time = now();
	if (trainer_run(trainer, t, &s, 1, 0, (uint64_t)steps, NULL, NULL, NULL))
		abort();
	time = now() - time;
	trainer_free(trainer);
	train_free(t);
	pool_free(pool);
	return time / steps / c.batch;
}

static void measure_train(struct measured *m)
{
	struct shard_shape shape = {.size = m->size, .planes = 16};
	struct source src = {.each = shard_sample_bytes(&shape)};
	struct nn_guard g;
	struct nn_kernels k;
	src.bytes = malloc(SAMPLES * src.each);
	for (size_t i = 0; i < SAMPLES * src.each; i++)
		src.bytes[i] = (uint8_t)rng_at(5, i);
	for (int r = 0; r < ROUNDS; r++)
		for (int mode = 0; mode < MODES; mode++) {
			kernels_of(&k, &g, (enum mode)mode);
			m->time[mode][r] = train_time(m, &k, &src, 0, STEPS);
		}
	kernels_of(&k, &g, SAMPLED);
	m->again = train_time(m, &k, &src, 5, 1) - median(m->time[SAMPLED]); /* the sixth step is sampled */
	free(src.bytes);
}

static void print(const char *what, struct measured *m, int period, bool in_time)
{
	double bare = median(m->time[BARE]), sampled = median(m->time[SAMPLED]), checked = median(m->time[CHECKED]);
	double share = 100 * m->again / period / bare;
	printf("| %s, %dx%d on %dx%d | %.1f | %.1f | %.2f %% | ", what, m->blocks, m->channels, m->size, m->size, bare, m->again, share);
	if (in_time)
		printf("%+.2f %% | ", 100 * (sampled / bare - 1));
	else
		printf("- | ");
	printf("%+.0f %% |\n", 100 * (checked / bare - 1));
	fflush(stdout);
}

int main(void)
{
	static const struct measured all[] = {{.size = 7, .blocks = 3, .channels = 32}, {.size = 9, .blocks = 6, .channels = 64}};
	printf("microseconds of processor time a position or sample\n");
	printf("| work | without a guard | again, in plain C | that, a period | sampling, measured | --check |\n|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
		struct measured m = all[i];
		measure_play(&m);
		print("evaluations", &m, NN_SAMPLE_POSITIONS, true);
		measure_train(&m);
		print("training", &m, NN_SAMPLE_STEPS, false);
	}
	return 0;
}
