/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct worker {
	struct pool *pool;
	int index; /* 1..threads-1; the caller of pool_run is 0 */
	pthread_t thread;
};

/* fn, ctx and tasks are written before round grows, under the mutex, and not again before busy is back at 0:
 * a worker that has seen the round may read them without the mutex. */
struct pool {
	pthread_mutex_t mutex;
	pthread_cond_t start, done;
	int threads, started; /* started: workers that run, for pool_free after a failed pool_new */
	uint64_t round;       /* counts pool_run calls */
	int busy;             /* workers that have not finished this round */
	bool quit;
	pool_fn *fn;
	void *ctx;
	unsigned tasks;
	atomic_uint next; /* at most tasks + threads < 2^32: no wrap */
	struct worker worker[];
};

static void pool_claim(struct pool *p, int worker)
{
	for (;;) {
		unsigned task = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
		if (task >= p->tasks)
			return;
		p->fn(p->ctx, (int)task, worker);
	}
}

static void *pool_worker(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;
	uint64_t seen = 0;
	pthread_mutex_lock(&p->mutex);
	for (;;) {
		while (p->round == seen && !p->quit)
			pthread_cond_wait(&p->start, &p->mutex);
		if (p->quit)
			break;
		seen = p->round;
		pthread_mutex_unlock(&p->mutex);
		pool_claim(p, w->index);
		pthread_mutex_lock(&p->mutex);
		if (--p->busy == 0)
			pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->mutex);
	return NULL;
}

static bool pool_start(struct pool *p)
{
	for (int i = 1; i < p->threads; i++) {
		struct worker *w = &p->worker[i - 1];
		w->pool = p;
		w->index = i;
		if (pthread_create(&w->thread, NULL, pool_worker, w) != 0)
			return false;
		p->started++;
	}
	return true;
}

struct pool *pool_new(int threads)
{
	if (threads < 1 || (size_t)threads > SIZE_MAX / 2 / sizeof(struct worker))
		return NULL;
	struct pool *p = calloc(1, sizeof *p + (size_t)(threads - 1) * sizeof(struct worker));
	if (!p)
		return NULL;
	p->threads = threads;
	atomic_init(&p->next, 0);
	if (pthread_mutex_init(&p->mutex, NULL) != 0)
		goto no_mutex;
	if (pthread_cond_init(&p->start, NULL) != 0)
		goto no_start;
	if (pthread_cond_init(&p->done, NULL) != 0)
		goto no_done;
	if (pool_start(p))
		return p;
	pool_free(p);
	return NULL;
no_done:
	pthread_cond_destroy(&p->start);
no_start:
	pthread_mutex_destroy(&p->mutex);
no_mutex:
	free(p);
	return NULL;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	p->quit = true;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->mutex);
	for (int i = 0; i < p->started; i++)
		pthread_join(p->worker[i].thread, NULL);
	pthread_cond_destroy(&p->done);
	pthread_cond_destroy(&p->start);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

int pool_threads(const struct pool *p)
{
	return p->threads;
}

void pool_run(struct pool *p, int tasks, pool_fn *fn, void *ctx)
{
	if (p->threads == 1 || tasks <= 1) { /* not worth waking anyone */
		for (int task = 0; task < tasks; task++)
			fn(ctx, task, 0);
		return;
	}
	pthread_mutex_lock(&p->mutex);
	p->fn = fn;
	p->ctx = ctx;
	p->tasks = (unsigned)tasks;
	atomic_store_explicit(&p->next, 0, memory_order_relaxed);
	p->busy = p->threads - 1;
	p->round++;
	pthread_cond_broadcast(&p->start);
	pthread_mutex_unlock(&p->mutex);
	pool_claim(p, 0);
	pthread_mutex_lock(&p->mutex);
	while (p->busy)
		pthread_cond_wait(&p->done, &p->mutex);
	pthread_mutex_unlock(&p->mutex);
}
