/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A whole run of a recipe: its ledger, line by line.  This table is not made of rows: each line of the ledger stands
 * behind the recipe's name and the generation.  Runs in the current folder, in golden.run.tmp, which is removed. */
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

static const char dir[] = "golden.run.tmp";

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

static int make_run(struct buf *out, const char *name, const struct recipe *r, struct err *e)
{
	struct run_progress progress = {0};
	struct pool *pool = pool_new(2);
	struct run_options o = {.recipe = r, .dir = dir, .pool = pool, .cpu_flags = 0, .progress = &progress};
	struct buf ledger = {0};
	struct hash net;
	char path[512];
	int rc = pool ? run_execute(&o, &net, e) : ERR_MEMORY;
	pool_free(pool);
	run_path(path, sizeof path, dir, RUN_LEDGER, 0, 0);
	if (rc == 0)
		rc = file_read(&ledger, path, 1 << 20, e);
	if (rc == 0)
		ledger_rows(out, name, &ledger);
	buf_release(&ledger);
	return rc;
}

int golden_run(struct buf *out, const char *folder, const char *name)
{
	char recipe[1024];
	struct err e = {.text = ""};
	struct buf text = {0};
	struct recipe r;
	remove_files(dir);
	snprintf(recipe, sizeof recipe, "%s/%s.recipe", folder, name);
	int rc = file_read(&text, recipe, RECIPE_TEXT_MAX, &e);
	if (rc == 0)
		rc = recipe_read(&r, text.data, text.len, &e);
	if (rc == 0)
		rc = make_run(out, name, &r, &e);
	buf_release(&text);
	remove_files(dir);
	if (rc)
		fprintf(stderr, "golden: %s\n", e.text);
	return rc ? -1 : 0;
}
