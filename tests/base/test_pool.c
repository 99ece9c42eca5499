/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pool.h"
#include "base/rng.h"
#include "test.h"

enum { TASKS = 1000 };

struct job {
	uint64_t out[TASKS];    /* of the task */
	int runs[TASKS];        /* how often it ran */
	uint64_t by_worker[16]; /* a sum for each worker: their total must not depend on who ran what */
	int bad_worker, threads;
};

static void job_task(void *ctx, int task, int worker)
{
	struct job *j = ctx;
	uint64_t x = (uint64_t)task;
	for (int i = 0; i < 20; i++)
		x = rng_mix(x + 1);
	j->out[task] = x;
	j->runs[task]++;
	if (worker < 0 || worker >= j->threads)
		j->bad_worker = 1;
	else
		j->by_worker[worker] += x;
}

static uint64_t job_run(struct pool *p, struct job *j, int tasks)
{
	*j = (struct job){.threads = pool_threads(p)};
	pool_run(p, tasks, job_task, j);
	int wrong = 0;
	for (int i = 0; i < TASKS; i++)
		wrong += j->runs[i] != (i < tasks);
	CHECK_INT(wrong, 0);
	CHECK_INT(j->bad_worker, 0);
	uint64_t total = 0;
	for (int i = 0; i < 16; i++)
		total += j->by_worker[i];
	return total;
}

static void test_threads(int threads)
{
	static const int tasks[] = {0, 1, 2, 3, 7, 64, TASKS};
	static struct job j;
	struct pool *one = pool_new(1), *p = pool_new(threads);
	CHECK(one && p);
	if (!one || !p)
		return;
	CHECK_INT(pool_threads(p), threads);
	for (int repeat = 0; repeat < 20; repeat++)
		for (size_t i = 0; i < sizeof tasks / sizeof *tasks; i++) {
			uint64_t want = job_run(one, &j, tasks[i]);
			CHECK(job_run(p, &j, tasks[i]) == want);
		}
	pool_free(p);
	pool_free(one);
}

static void add_task(void *ctx, int task, int worker)
{
	int *sum = ctx;
	(void)worker;
	sum[task] += task;
}

/* What one call wrote, the next may read and change, whoever ran it. */
static void test_order_between_calls(void)
{
	int sum[50] = {0};
	struct pool *p = pool_new(3);
	CHECK(p != NULL);
	if (!p)
		return;
	for (int i = 0; i < 500; i++)
		pool_run(p, 50, add_task, sum);
	for (int i = 0; i < 50; i++)
		CHECK_INT(sum[i], 500 * i);
	pool_free(p);
}

int main(void)
{
	test_threads(1);
	test_threads(2);
	test_threads(7);
	test_order_between_calls();
	CHECK(pool_new(0) == NULL);
	CHECK(pool_new(-1) == NULL);
	pool_free(NULL);
	struct pool *idle = pool_new(4); /* never used */
	CHECK(idle != NULL);
	pool_free(idle);
	return test_done();
}
