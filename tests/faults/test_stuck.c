/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A unit that always errs: the first fault is made good, the second ends the run, and a sound machine finishes it. */
#include "flips.h"

#include "base/file.h"
#include "nn/guard.h"
#include "run/parts.h"
#include "run/run.h"
#include "test.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <unistd.h>

static struct nn_kernels real;
static int lies;         /* how many more times */
static int checkpoints;  /* read so far */
static int spoilt;       /* the one of them that comes back wrong; 0: none */
static int lies_after;   /* lies from then on */
static atomic_bool stop;
static bool stop_at_fault, stop_at_note;
static int stop_at_checkpoint; /* when so many were read */

int __real_file_read(struct buf *out, const char *path, uint64_t most, struct err *e);
int __wrap_file_read(struct buf *out, const char *path, uint64_t most, struct err *e);
void __real_nn_guard_report(struct nn_guard *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void __wrap_nn_guard_report(struct nn_guard *g, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

int __wrap_file_read(struct buf *out, const char *path, uint64_t most, struct err *e)
{
	int rc = __real_file_read(out, path, most, e);
	if (rc < 0 || !strstr(path, ".ckpt"))
		return rc;
	if (++checkpoints == spoilt) {
		out->data[100] ^= 4;
		lies += lies_after;
	}
	if (checkpoints == stop_at_checkpoint)
		atomic_store(&stop, true);
	return rc;
}

/* A stop that comes while the fault is told. */
void __wrap_nn_guard_report(struct nn_guard *g, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	if (stop_at_fault)
		atomic_store(&stop, true);
	__real_nn_guard_report(g, "%s", text);
}

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

static void stuck_relu(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s)
{
	real.relu_rows(out, row, rows, acc, bias, c, s);
	if (lies > 0) {
		lies--;
		out[row[0]] = out[row[0]] > 60 ? 3 : 120;
	}
}

static char notes[2048];

static void note(void *ctx, const char *line)
{
	(void)ctx;
	if (stop_at_note)
		atomic_store(&stop, true);
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
	struct run_options o = {.recipe = &r, .dir = dir, .pool = pool, .kernels = k, .check = check, .note = note, .stop = &stop};
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

/* What a machine left that is taken away: a sound one ends with the right ledger. */
static void test_ended(const char *dir, const struct hash *want)
{
	struct hash got;
	struct err e = {.text = ""};
	lies = spoilt = lies_after = stop_at_checkpoint = 0;
	stop_at_fault = stop_at_note = false;
	atomic_store(&stop, false);
	CHECK_INT(run(dir, false, NULL, false, &got, &e), 0);
	CHECK(hash_equal(&got, want));
	clean(dir);
}

/* Sampling finds the fault in the very batch in which a stop comes: it is not forgotten for it. */
static void test_stopped(const struct nn_kernels *k, bool check, const struct hash *want)
{
	char dir[128];
	struct hash got;
	struct err e = {.text = ""};
	new_dir(dir, sizeof dir);
	lies = 1 << 30;
	stop_at_fault = true;
	CHECK_INT(run(dir, false, k, check, &got, &e), ERR_STOPPED);
	CHECK(strstr(notes, "this machine made a fault") != NULL);
	test_ended(dir, want);
}

/* The first checkpoint of training comes back wrong from the disk, and the unit errs always, or once after that: what was
 * trained before the checks is not believed, what is trained after is checked. */
static void test_spoilt(const struct nn_kernels *k, int before, int after, const struct hash *want)
{
	char dir[128];
	struct hash got;
	struct err e = {.text = ""};
	new_dir(dir, sizeof dir);
	lies = before;
	lies_after = after;
	checkpoints = 0;
	spoilt = 2; /* the first is that of the untrained net */
	CHECK_INT(run(dir, false, k, false, &got, &e), ERR_FAULT);
	CHECK(strstr(notes, "what is read back is not what was written") != NULL);
	CHECK(strstr(e.text, "this machine made a second fault: checks: ") != NULL);
	test_ended(dir, want);
}

/* Checkpoints behind a gap are emptied before anything else is done: else a process that is killed while it drops those of a
 * bad machine, and one that is killed while it fills the gap, would leave an unbroken row with a bad end. */
static void test_gap(const struct hash *want)
{
	char dir[128], first[256], second[256];
	struct hash got;
	struct err e = {.text = ""};
	struct buf b = {0};
	new_dir(dir, sizeof dir);
	run_path(first, sizeof first, dir, RUN_CHECKPOINT, 1, 3);
	run_path(second, sizeof second, dir, RUN_CHECKPOINT, 1, 6);
	checkpoints = 0;
	stop_at_checkpoint = 3; /* the last of generation 1, read back */
	CHECK_INT(run(dir, false, NULL, false, &got, &e), ERR_STOPPED);
	CHECK_INT(file_write(first, "", 0, &e), 0);
	atomic_store(&stop, false);
	stop_at_note = true;
	CHECK_INT(run(dir, false, NULL, false, &got, &e), ERR_STOPPED);
	CHECK(strstr(notes, "damaged; training again from step 0") != NULL);
	CHECK_INT(file_read(&b, second, 1 << 20, &e), 0);
	CHECK_INT(b.len, 0);
	buf_release(&b);
	test_ended(dir, want);
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
	struct nn_kernels mm = real, wgrad = real, wino_mm = real, wgrad3 = real, relu = real;
	mm.mm_u8 = stuck_mm_u8;
	wgrad.wgrad = stuck_wgrad;
	wino_mm.wino_mm = stuck_wino_mm;
	wgrad3.wgrad3 = stuck_wgrad3;
	relu.relu_rows = stuck_relu;
	struct hash narrow = sound(false), wide = sound(true);
	test_unit(false, &mm, &narrow);
	test_unit(false, &wgrad, &narrow);
	test_unit(true, &wino_mm, &wide); /* exact Winograd begins with 32 channels */
	test_unit(true, &wgrad3, &wide);
	test_stopped(&mm, false, &narrow);
	test_stopped(&mm, true, &narrow);
	test_spoilt(&wgrad, 1 << 30, 0, &narrow);
	test_gap(&narrow);
	test_spoilt(&relu, 0, 1, &narrow); /* which the trainer notices that was made for checks */
	return test_done();
}
