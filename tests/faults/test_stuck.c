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

static void stuck_wino_mm(const struct nn_wino_mm *m)
{
	real.wino_mm(m);
	if (lies > 0) {
		lies--;
		m->m[3] ^= 1 << 12;
	}
}

static void stuck_wgrad3(const struct nn_wgrad3 *g)
{
	real.wgrad3(g);
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

static int run(const char *dir, bool wide, const struct nn_kernels *k, bool check, struct hash *ledger, struct err *e)
{
	struct recipe r;
	struct hash net;
	char path[512];
	struct buf b = {0};
	struct pool *pool = pool_new(2);
	flips_recipe(&r, wide);
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

static void test_stuck(bool wide, const struct nn_kernels *k, bool check, int times, const struct hash *want)
{
	char dir[128];
	struct hash got;
	struct err e = {.text = ""};
	new_dir(dir, sizeof dir);
	lies = times;
	int rc = run(dir, wide, k, check, &got, &e);
	CHECK(strstr(notes, "this machine made a fault") != NULL);
	CHECK(strstr(notes, check ? "checks: thread" : "sampling: thread") != NULL);
	if (times == 1) {
		CHECK_INT(rc, 0);
	} else {
		CHECK_INT(rc, ERR_FAULT);
		CHECK(strstr(e.text, "this machine made a second fault") != NULL);
		CHECK(strstr(e.text, "a machine whose memory and processor are sound") != NULL);
		lies = 0;
		CHECK_INT(run(dir, wide, NULL, check, &got, &e), 0);
		CHECK(strstr(notes, "this machine") == NULL);
	}
	CHECK(hash_equal(&got, want));
	clean(dir);
}

static void test_unit(bool wide, const struct nn_kernels *k, const struct hash *want)
{
	test_stuck(wide, k, true, 1, want);
	test_stuck(wide, k, true, 1 << 30, want);
	test_stuck(wide, k, false, 1 << 30, want);
}

static struct hash sound(bool wide)
{
	char dir[128];
	struct hash want;
	struct err e = {.text = ""};
	new_dir(dir, sizeof dir);
	CHECK_INT(run(dir, wide, NULL, false, &want, &e), 0);
	CHECK_STR(notes, "");
	clean(dir);
	return want;
}

int main(void)
{
	nn_kernels_init(&real, nn_cpu_flags());
	struct nn_kernels mm = real, wgrad = real, wino_mm = real, wgrad3 = real;
	mm.mm_u8 = stuck_mm_u8;
	wgrad.wgrad = stuck_wgrad;
	wino_mm.wino_mm = stuck_wino_mm;
	wgrad3.wgrad3 = stuck_wgrad3;
	struct hash narrow = sound(false), wide = sound(true);
	test_unit(false, &mm, &narrow);
	test_unit(false, &wgrad, &narrow);
	test_unit(true, &wino_mm, &wide); /* exact Winograd begins with 32 channels */
	test_unit(true, &wgrad3, &wide);
	return test_done();
}
