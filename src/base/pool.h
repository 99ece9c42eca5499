/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A pool of threads that runs numbered tasks.  Which worker runs which task is chance; nothing that a task
 * computes may depend on it.  The caller takes part as worker 0. */
#ifndef MIAI_BASE_POOL_H
#define MIAI_BASE_POOL_H

struct pool;

/* threads >= 1.  NULL where threads cannot be started or memory is short. */
struct pool *pool_new(int threads);
void pool_free(struct pool *p);
int pool_threads(const struct pool *p);

/* Calls fn(ctx, task, worker) once for each task in 0..tasks-1, worker in 0..threads-1, and returns when all
 * are done.  Not to be called from inside a task. */
typedef void pool_fn(void *ctx, int task, int worker);
void pool_run(struct pool *p, int tasks, pool_fn *fn, void *ctx);

#endif
