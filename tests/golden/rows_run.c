/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole run of a recipe: its ledger, line by line.  This table is not made of rows: each line of the ledger stands
 * behind the recipe's name and the generation.  Runs in the current folder, in golden.run.tmp and golden.before.tmp, which
 * are removed. */
#include "golden.h"

#include "base/file.h"
#include "base/pool.h"
#include "run/run.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char run_dir[] = "golden.run.tmp", before_dir[] = "golden.before.tmp";

static void remove_files(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *f;
	char name[512];
	while (d && (f = readdir(d)))
		if (f->d_name[0] != '.') {
			snprintf(name, sizeof name, "%s/%s", path, f->d_name);
			if (unlink(name) != 0)
				remove_files(name);
		}
	if (d)
		closedir(d);
	rmdir(path);
}

/* The ledger's lines, each behind "run/NAME/GENERATION ". */
static void ledger_rows(struct buf *out, const char *name, const struct buf *ledger)
{
	static const char mark[] = "generation ";
	char where[32] = "header";
	for (size_t at = 0; at < ledger->len;) {
		const char *line = (const char *)ledger->data + at;
		const char *end = memchr(line, '\n', ledger->len - at);
		int n = end ? (int)(end - line) : (int)(ledger->len - at);
		if (n > (int)sizeof mark - 1 && memcmp(line, mark, sizeof mark - 1) == 0)
			snprintf(where, sizeof where, "%.*s", n - (int)(sizeof mark - 1), line + sizeof mark - 1);
		buf_printf(out, "run/%s/%s %.*s\n", name, where, n, line);
		at += (size_t)n + 1;
	}
}

/* start: the checkpoint that the recipe names, or NULL. */
static int make_run(const struct recipe *r, const char *dir, const char *start, struct err *e)
{
	struct run_progress progress = {0};
	struct pool *pool = pool_new(2);
	struct run_options o = {.recipe = r, .dir = dir, .start = start, .pool = pool, .cpu_flags = golden_cpu_flags, .progress = &progress};
	struct hash net;
	int rc = pool ? run_execute(&o, &net, e) : ERR_MEMORY;
	pool_free(pool);
	return rc;
}

static int recipe_named(struct recipe *r, const char *folder, const char *name, struct err *e)
{
	char path[1024];
	struct buf text = {0};
	snprintf(path, sizeof path, "%s/%s.recipe", folder, name);
	int rc = file_read(&text, path, RECIPE_TEXT_MAX, e);
	if (rc == 0)
		rc = recipe_read(r, text.data, text.len, e);
	buf_release(&text);
	return rc;
}

/* Makes the run before; checkpoint is the path of its last one. */
static int make_before(char *checkpoint, size_t n, const char *folder, const char *name, struct err *e)
{
	struct recipe r;
	int rc = recipe_named(&r, folder, name, e);
	if (rc == 0)
		rc = make_run(&r, before_dir, NULL, e);
	if (rc == 0)
		run_path(checkpoint, n, before_dir, RUN_CHECKPOINT, (uint32_t)r.run_generations,
		         (uint64_t)(r.run_generations * r.train_steps));
	return rc;
}

int golden_run(struct buf *out, const char *folder, const char *name, const char *before)
{
	char start[512], path[512];
	struct err e = {.text = ""};
	struct buf ledger = {0};
	struct recipe r;
	remove_files(run_dir);
	remove_files(before_dir);
	int rc = recipe_named(&r, folder, name, &e);
	if (rc == 0 && before)
		rc = make_before(start, sizeof start, folder, before, &e);
	if (rc == 0)
		rc = make_run(&r, run_dir, before ? start : NULL, &e);
	run_path(path, sizeof path, run_dir, RUN_LEDGER, 0, 0);
	if (rc == 0)
		rc = file_read(&ledger, path, 1 << 20, &e);
	if (rc == 0)
		ledger_rows(out, name, &ledger);
	buf_release(&ledger);
	remove_files(run_dir);
	remove_files(before_dir);
	if (rc)
		fprintf(stderr, "golden: %s\n", e.text);
	return rc ? -1 : 0;
}
