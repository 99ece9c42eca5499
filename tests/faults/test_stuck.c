/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A unit that always errs: the first fault is made good, the second ends the run, and a sound machine finishes it. */
#include "flips.h"

#include "base/file.h"
#include "run/run.h"
#include "test.h"

#include <unistd.h>

static struct nn_kernels real;
static int lies; /* how many more times */

/* A carry that is lost now and then. */
static void stuck_mm_u8(const struct nn_mm *m)
{
	real.mm_u8(m);
	if (lies > 0 && m->taps == 9) {
		lies--;
		m->acc[3] ^= 1 << 12;
	}
}

static void stuck_wgrad(const struct nn_wgrad *g)
{
	real.wgrad(g);
	if (lies > 0) {
		lies--;
		g->dw[5] += 256;
	}
}

static char notes[2048];

static void note(void *ctx, const char *line)
{
	(void)ctx;
	if (strlen(notes) + strlen(line) + 2 < sizeof notes)
		strcat(strcat(notes, line), "\n");
}

static int run(const char *dir, const struct nn_kernels *k, bool check, struct hash *ledger, struct err *e)
{
	struct recipe r;
	struct hash net;
	char path[512];
	struct buf b = {0};
	struct pool *pool = pool_new(2);
	flips_recipe(&r, false);
	notes[0] = '\0';
	struct run_options o = {.recipe = &r, .dir = dir, .pool = pool, .kernels = k, .check = check, .note = note};
	int rc = run_execute(&o, &net, e);
	pool_free(pool);
	snprintf(path, sizeof path, "%s/ledger", dir);
	if (file_read(&b, path, 1 << 20, NULL) == 0)
		*ledger = sha256_of(b.data, b.len);
	buf_release(&b);
	return rc;
}

static void new_dir(char *dir, size_t n)
{
	const char *tmp = getenv("TMPDIR");
	snprintf(dir, n, "%.90s/miai-stuck-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		abort();
}

static void clean(const char *dir)
{
	char cmd[256];
	snprintf(cmd, sizeof cmd, "rm -r '%s'", dir);
	CHECK_INT(system(cmd), 0);
}

static void test_stuck(const struct nn_kernels *k, bool check, int times, const char *said, const struct hash *want)
{
	char dir[128];
	struct hash got;
	struct err e = {.text = ""};
	new_dir(dir, sizeof dir);
	lies = times;
	int rc = run(dir, k, check, &got, &e);
	CHECK(strstr(notes, "this machine made a fault") != NULL);
	CHECK(strstr(notes, said) != NULL);
	if (times == 1) {
		CHECK_INT(rc, 0);
	} else {
		CHECK_INT(rc, ERR_FAULT);
		CHECK(strstr(e.text, "this machine made a second fault") != NULL);
		CHECK(strstr(e.text, "a machine whose memory and processor are sound") != NULL);
		lies = 0;
		CHECK_INT(run(dir, NULL, check, &got, &e), 0);
		CHECK(strstr(notes, "this machine") == NULL);
	}
	CHECK(hash_equal(&got, want));
	clean(dir);
}

int main(void)
{
	char dir[128];
	struct hash want;
	struct err e = {.text = ""};
	struct nn_kernels mm, wgrad;
	nn_kernels_init(&real, nn_cpu_flags());
	mm = wgrad = real;
	mm.mm_u8 = stuck_mm_u8;
	wgrad.wgrad = stuck_wgrad;
	new_dir(dir, sizeof dir);
	CHECK_INT(run(dir, NULL, false, &want, &e), 0);
	CHECK_STR(notes, "");
	clean(dir);
	test_stuck(&mm, true, 1, "checks: thread", &want);
	test_stuck(&mm, true, 1 << 30, "checks: thread", &want);
	test_stuck(&mm, false, 1 << 30, "sampling: thread", &want);
	test_stuck(&wgrad, true, 1, "checks: thread", &want);
	test_stuck(&wgrad, true, 1 << 30, "checks: thread", &want);
	test_stuck(&wgrad, false, 1 << 30, "sampling: thread", &want);
	return test_done();
}
