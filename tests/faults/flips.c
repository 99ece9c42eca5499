/* SPDX-License-Identifier: GPL-3.0-or-later */
/* flips [--check] [--files] [--wide] [--flips N] [--seed S] [--place P] [--verbose]
 *
 * Runs a small recipe N times, each time with one bit flipped at a random moment, and counts what became of it:
 *
 *   a net     the run noticed, made the segment again and ended with the right ledger; by which net
 *   stopped   the run ended with an error; a later process finished it, with the right ledger
 *   crashed   the process died; the same
 *   harmless  nothing was noticed, and the ledger is the right one
 *   escaped   the ledger is another one: how many of these verify --rebuild finds is said
 *
 * A moment at which there is nothing to flip is drawn again.
 * --files: the bit is flipped in a stored file, while the run stands still or after its end.  Stopped is then also who said
 * so and ended rightly, verify what only verify found; once the file is as it was, all must end well.
 * With --check and with --files it is a failure if anything escapes; without, if verify misses any of it, or if a net that
 * is always on does not hold: fingerprints, the samples' sum, re-hash. */
#include "flips.h"

#include "base/file.h"
#include "base/rng.h"
#include "run/run.h"
#include "verify/verify.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What noticed it: how its reports begin. */
static const struct {
	const char *name, *says;
} nets[] = {
    {"checks", "checks: "},
    {"sampling", "sampling: "},
    {"fingerprints", "fingerprints: "},
    {"re-hash", "re-hash: "},
    {"samples' sum", "samples: "},
    {"read back", "read back"},
    {"state rewritten", "changed in memory while it was written"},
    {"net made twice", "made twice"},
};
enum { NETS = sizeof nets / sizeof *nets, STOPPED = NETS, CRASHED, HARMLESS, ESCAPED, VERIFY, OUTCOMES };
static const char *const other_name[] = {"stopped", "crashed", "harmless", "escaped", "verify"};

/* What a process tells its parent. */
struct report {
	int rc, done, notes;
	struct hash ledger;
	char note[256];
};

struct campaign {
	struct recipe recipe;
	struct hash ledger; /* of a run without a flip */
	uint64_t moments[PLACES];
	bool check, verbose;
	char dir[128], run[160];
	unsigned count[PLACES][OUTCOMES];
	unsigned found; /* of those that escaped, by verify --rebuild */
};

/* ---- files ---- */

static void die(const char *what)
{
	perror(what);
	exit(2);
}

static void remove_run(const char *dir)
{
	static const char *const sub[] = {"/games", "/shards", "/checkpoints", "/nets", "/matches", ""};
	char path[512];
	for (size_t i = 0; i < sizeof sub / sizeof *sub; i++) {
		snprintf(path, sizeof path, "%s%s", dir, sub[i]);
		DIR *d = opendir(path);
		if (!d)
			continue;
		for (struct dirent *x; (x = readdir(d));)
			unlinkat(dirfd(d), x->d_name, 0);
		closedir(d);
		rmdir(path);
	}
}

/* The k-th byte of all files of a run, the lock excepted: gives its file, and its place in there; k less the bytes seen where
 * there are fewer. */
static uint64_t find_byte(const char *dir, uint64_t k, char *file, size_t n, uint64_t *at)
{
	static const char *const sub[] = {"", "/games", "/shards", "/checkpoints", "/nets", "/matches"};
	for (size_t i = 0; i < sizeof sub / sizeof *sub; i++) {
		char path[256];
		struct dirent **names;
		snprintf(path, sizeof path, "%s%s", dir, sub[i]);
		int count = scandir(path, &names, NULL, alphasort);
		for (int j = 0; j < count; j++) {
			struct stat st = {.st_size = 0}; /* clang 14's MemorySanitizer does not know stat */
			char name[600];
			snprintf(name, sizeof name, "%s/%s", path, names[j]->d_name);
			if (*file == '\0' && strcmp(names[j]->d_name, "lock") != 0 && stat(name, &st) == 0 && S_ISREG(st.st_mode)) {
				if (k < (uint64_t)st.st_size) {
					snprintf(file, n, "%s", name);
					*at = k;
				} else {
					k -= (uint64_t)st.st_size;
				}
			}
			free(names[j]);
		}
		if (count >= 0)
			free(names);
	}
	return k;
}

/* Flips a bit of the file that it names; whole: what was in there. */
static void flip_file(const char *dir, uint64_t random, char *file, size_t n, struct buf *whole)
{
	uint64_t at = 0, all = UINT64_MAX - find_byte(dir, UINT64_MAX, file, n, &at);
	struct err e = {.text = ""};
	*file = '\0';
	find_byte(dir, rng_at(random, 1) % all, file, n, &at);
	if (file_read(whole, file, 1 << 30, &e) < 0)
		die(e.text);
	uint8_t b = (uint8_t)(whole->data[at] ^ (1u << (rng_at(random, 2) % 8)));
	int fd = open(file, O_WRONLY);
	if (fd < 0 || pwrite(fd, &b, 1, (off_t)at) != 1 || close(fd))
		die(file);
}

static struct hash file_hash(const char *dir, const char *name)
{
	char path[512];
	struct buf b = {0};
	snprintf(path, sizeof path, "%s/%s", dir, name);
	struct hash h = {{0}};
	if (file_read(&b, path, 1 << 30, NULL) == 0)
		h = sha256_of(b.data, b.len);
	buf_release(&b);
	return h;
}

/* ---- a run ---- */

static void note(void *ctx, const char *line)
{
	struct report *r = ctx;
	r->notes++;
	if (r->note[0] == '\0' || strstr(line, "this machine made"))
		snprintf(r->note, sizeof r->note, "%s", line);
}

/* In this process. */
static void run_here(const struct campaign *c, const struct flip *f, uint32_t until, struct report *out)
{
	struct nn_kernels k;
	struct err e = {.text = ""};
	struct hash net;
	struct pool *pool = pool_new(1);
	*out = (struct report){.rc = 0};
	flips_kernels(&k, nn_cpu_flags(), f);
	struct run_options o = {.recipe = &c->recipe, .dir = c->run, .pool = pool, .kernels = &k, .check = c->check, .until = until,
	                        .note = note, .ctx = out};
	out->rc = run_execute(&o, &net, &e);
	if (out->rc < 0)
		snprintf(out->note, sizeof out->note, "%.250s", e.text);
	out->done = flips_done();
	out->ledger = file_hash(c->run, "ledger");
	pool_free(pool);
}

/* In a process of its own; false: it died. */
static bool run_apart(const struct campaign *c, const struct flip *f, uint32_t until, struct report *out)
{
	int ends[2], status;
	if (pipe(ends))
		die("pipe");
	fflush(NULL);
	pid_t pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0) {
		alarm(60);
		run_here(c, f, until, out);
		_exit(write(ends[1], out, sizeof *out) == (ssize_t)sizeof *out ? 0 : 1);
	}
	close(ends[1]);
	bool told = read(ends[0], out, sizeof *out) == (ssize_t)sizeof *out;
	close(ends[0]);
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return told && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int net_of(const char *text)
{
	for (int i = 0; i < NETS; i++)
		if (strstr(text, nets[i].says))
			return i;
	return STOPPED;
}

static bool right(const struct campaign *c, const struct report *r)
{
	return hash_equal(&r->ledger, &c->ledger);
}

static void quiet(void *ctx, const char *line)
{
	(void)ctx;
	(void)line;
}

static int verify_dir(const struct campaign *c, bool rebuild, struct err *e)
{
	struct verify_report report;
	struct pool *pool = pool_new(1);
	struct verify_options o = {.dir = c->run, .rebuild = rebuild, .pool = pool, .cpu_flags = nn_cpu_flags(), .say = quiet};
	int rc = verify_run(&o, &report, e);
	pool_free(pool);
	return rc;
}

/* The run did not end by itself: does the next process end it well? */
static int finished_later(const struct campaign *c, int outcome)
{
	struct report r;
	bool lived = run_apart(c, NULL, 0, &r);
	return lived && r.rc == 0 && right(c, &r) ? outcome : ESCAPED;
}

static int outcome_of(const struct campaign *c, bool lived, const struct report *r)
{
	if (!lived)
		return finished_later(c, CRASHED);
	if (r->rc < 0)
		return finished_later(c, r->rc == ERR_FAULT ? net_of(r->note) : STOPPED);
	if (right(c, r))
		return r->notes ? net_of(r->note) : HARMLESS;
	return ESCAPED;
}

/* A run with a flip at a moment at which there was something to flip; false: it died. */
static bool run_flipped(const struct campaign *c, uint64_t key, struct flip *f, struct report *r)
{
	enum { TRIES = 100 };
	for (uint64_t i = 0; i < TRIES && c->moments[f->place]; i++) {
		f->moment = rng_at(key, 2 * i) % c->moments[f->place];
		f->random = rng_at(key, 2 * i + 1);
		remove_run(c->run);
		const bool lived = run_apart(c, f, 0, r);
		if (!lived || r->done)
			return lived;
		if (r->rc < 0 || r->notes || !right(c, r))
			break;
	}
	fprintf(stderr, "%s, moment %llu: no flip: %s\n", place_name[f->place], (unsigned long long)f->moment, r->note);
	exit(2);
}

static void one_flip(struct campaign *c, uint64_t key, enum place place)
{
	struct flip f = {.place = place};
	struct report r = {.rc = 0};
	struct err e = {.text = ""};
	int out = outcome_of(c, run_flipped(c, key, &f, &r), &r);
	if (out == ESCAPED)
		c->found += verify_dir(c, true, &e) == ERR_MISMATCH;
	c->count[place][out]++;
	if (c->verbose || (out == ESCAPED && c->check))
		printf("%s, moment %llu, random %llx: %s: %s\n", place_name[place], (unsigned long long)f.moment,
		       (unsigned long long)f.random, out < NETS ? nets[out].name : other_name[out - NETS], r.note);
}

/* What becomes of a run that goes on from a damaged file. */
static int went_on(const struct campaign *c, struct report *r)
{
	bool lived = run_apart(c, NULL, 0, r);
	if (!lived || r->rc < 0)
		return lived ? STOPPED : CRASHED;
	if (!right(c, r))
		return ESCAPED;
	return r->notes ? STOPPED : VERIFY;
}

/* Whatever it was that noticed: once the file is as it was, the next process ends the run well, and all of it is intact. */
static bool mended(const struct campaign *c, const char *file, const struct buf *whole)
{
	struct err e = {.text = ""};
	if (file_write(file, whole->data, whole->len, &e) < 0)
		die(e.text);
	return finished_later(c, STOPPED) == STOPPED && verify_dir(c, false, &e) == 0;
}

/* A bit of a stored file: half of them after the end, where verify looks; half after generation 1, where the run goes on. */
static void one_file(struct campaign *c, uint64_t key)
{
	char file[700] = "";
	struct buf whole = {0};
	struct report r = {.rc = 0};
	struct err e = {.text = ""};
	bool after = rng_at(key, 0) & 1;
	remove_run(c->run);
	run_apart(c, NULL, after ? 0 : 1, &r);
	flip_file(c->run, key, file, sizeof file, &whole);
	int out = after ? VERIFY : went_on(c, &r);
	if (out == VERIFY && verify_dir(c, false, &e) == 0)
		out = ESCAPED;
	if (out != ESCAPED && !mended(c, file, &whole))
		out = ESCAPED;
	buf_release(&whole);
	c->count[0][out]++;
	if (c->verbose || out == ESCAPED)
		printf("%s, %s: %s: %s%s\n", file, after ? "after the end" : "after generation 1", other_name[out - NETS], r.note, e.text);
}

/* ---- figures ---- */

static void print_row(const char *name, const unsigned *count)
{
	unsigned all = 0;
	for (int i = 0; i < OUTCOMES; i++)
		all += count[i];
	if (!all)
		return;
	printf("| %s | %u |", name, all);
	for (int i = 0, any = 0; i < OUTCOMES; i++)
		if (count[i])
			printf("%s %s %u", any++ ? "," : "", i < NETS ? nets[i].name : other_name[i - NETS], count[i]);
	printf(" |\n");
}

static void print_all(const struct campaign *c, bool files)
{
	unsigned all[OUTCOMES] = {0}, flips = 0;
	for (int p = 0; p < PLACES; p++) {
		print_row(files ? "stored files" : place_name[p], c->count[p]);
		for (int i = 0; i < OUTCOMES; i++) {
			all[i] += c->count[p][i];
			flips += c->count[p][i];
		}
	}
	print_row("all", all);
	printf("%u flips, %u escaped", flips, all[ESCAPED]);
	if (all[ESCAPED] && !files)
		printf("; verify --rebuild found %u of these", c->found);
	printf("\n");
}

/* The nets that are always on, and what they notice at least of so many flips at a place.  Fingerprints and the samples' sum
 * notice all but what is found before or changes nothing; re-hash, two thirds of those in nets and near half of those in the
 * state of training. */
static const struct {
	enum place place;
	const char *net;
	unsigned flips, percent;
} always_on[] = {
    {PLACE_GRADIENT_SUMS, "fingerprints", 1, 50}, {PLACE_SAMPLES, "samples' sum", 1, 50}, {PLACE_PACKED, "re-hash", 100, 20},
    {PLACE_NET, "re-hash", 100, 20},              {PLACE_STATE, "re-hash", 100, 20},
};

static bool nets_hold(const struct campaign *c)
{
	bool all_hold = true;
	for (size_t k = 0; k < sizeof always_on / sizeof *always_on; k++) {
		const unsigned *count = c->count[always_on[k].place];
		unsigned all = 0, noticed = 0;
		for (int i = 0; i < OUTCOMES; i++) {
			all += count[i];
			noticed += i < NETS && strcmp(nets[i].name, always_on[k].net) == 0 ? count[i] : 0;
		}
		if (all < always_on[k].flips || 100 * noticed >= always_on[k].percent * all)
			continue;
		printf("failed: %s noticed %u of %u flips in %s\n", always_on[k].net, noticed, all, place_name[always_on[k].place]);
		all_hold = false;
	}
	return all_hold;
}

/* Says what failed, if anything. */
static bool failed(const struct campaign *c, bool files)
{
	unsigned escaped = 0, watched = c->count[PLACE_GRADIENT_SUMS][ESCAPED] + c->count[PLACE_SAMPLES][ESCAPED];
	for (int p = 0; p < PLACES; p++)
		escaped += c->count[p][ESCAPED];
	if (c->check || files)
		return escaped > 0;
	if (c->found != escaped)
		printf("failed: verify --rebuild missed %u\n", escaped - c->found);
	if (watched)
		printf("failed: %u escaped from gradient sums and samples\n", watched);
	return !nets_hold(c) || c->found != escaped || watched;
}

/* The run without a flip: its ledger, and how many moments each place has. */
static void run_right(struct campaign *c)
{
	struct report r;
	remove_run(c->run);
	run_here(c, NULL, 0, &r);
	if (r.rc < 0 || r.notes) {
		fprintf(stderr, "the run without a flip: %s\n", r.note);
		exit(2);
	}
	c->ledger = r.ledger;
	for (int p = 0; p < PLACES; p++)
		c->moments[p] = flips_moments((enum place)p);
}

int main(int argc, char **argv)
{
	struct campaign c = {.check = false};
	uint64_t flips = 100, seed = 1;
	int place = -1;
	bool files = false, wide = false;
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--check") == 0)
			c.check = true;
		else if (strcmp(argv[i], "--files") == 0)
			files = true;
		else if (strcmp(argv[i], "--wide") == 0)
			wide = true;
		else if (strcmp(argv[i], "--verbose") == 0)
			c.verbose = true;
		else if (i + 1 < argc && strcmp(argv[i], "--flips") == 0)
			flips = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[++i], NULL, 10);
		else if (i + 1 < argc && strcmp(argv[i], "--place") == 0)
			place = atoi(argv[++i]);
		else
			return 2;
	}
	const char *tmp = getenv("TMPDIR");
	snprintf(c.dir, sizeof c.dir, "%.90s/miai-flips-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(c.dir))
		die(c.dir);
	snprintf(c.run, sizeof c.run, "%s/run", c.dir);
	flips_recipe(&c.recipe, wide);
	run_right(&c);
	for (uint64_t i = 0; i < flips; i++) {
		uint64_t key = rng_key(rng_key(seed, RNG_TEST), i);
		if (files)
			one_file(&c, key);
		else
			one_flip(&c, key, place >= 0 ? (enum place)place : (enum place)(i % PLACES));
	}
	print_all(&c, files);
	remove_run(c.run);
	rmdir(c.dir);
	return failed(&c, files) ? 1 : 0;
}
