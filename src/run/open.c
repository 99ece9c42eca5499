/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The run's directory: made, locked, compared with the recipe; its ledger read and appended to. */
#include "run/run_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static int recipe_differs(const struct run *u, const char *path, const struct recipe *there, struct err *e)
{
	struct hash h = recipe_hash(there);
	char have[65], want[65], a[RECIPE_VALUE], b[RECIPE_VALUE];
	const struct recipe_field *f = recipe_fields, *last = recipe_fields + recipe_field_count;
	while (f < last && recipe_get(there, f) == recipe_get(u->r, f))
		f++;
	hash_hex(&h, have);
	hash_hex(&u->recipe, want);
	if (f == last)
		return err_set(e, ERR_MISMATCH,
		               "%s: this directory is the run of another recipe: there %s, yours %s; they differ in "
		               "run.start; choose another directory",
		               path, have, want);
	recipe_show(a, f, recipe_get(there, f));
	recipe_show(b, f, recipe_get(u->r, f));
	return err_set(e, ERR_MISMATCH,
	               "%s: this directory is the run of another recipe: there %s, yours %s; the first difference is "
	               "%s.%s: there %s, yours %s; choose another directory",
	               path, have, want, f->section, f->name, a, b);
}

static int recipe_compare(const struct run *u, const char *path, struct err *e)
{
	struct buf b = {0};
	struct recipe there;
	int rc = file_read(&b, path, RECIPE_TEXT_MAX, e);
	if (rc == 0) {
		rc = recipe_read(&there, b.data, b.len, e);
		if (rc < 0)
			err_prefix(e, rc, path);
	}
	buf_release(&b);
	if (rc < 0)
		return rc;
	struct hash h = recipe_hash(&there);
	return hash_equal(&h, &u->recipe) ? 0 : recipe_differs(u, path, &there, e);
}

/* The recipe file: written once, compared ever after. */
static int open_recipe(const struct run *u, struct err *e)
{
	char path[RUN_PATH_MAX], ledger[RUN_PATH_MAX];
	run_path(path, sizeof path, u->dir, RUN_RECIPE, 0, 0);
	run_path(ledger, sizeof ledger, u->dir, RUN_LEDGER, 0, 0);
	int there = file_there(path, e);
	if (there)
		return there < 0 ? there : recipe_compare(u, path, e);
	there = file_there(ledger, e);
	if (there < 0)
		return there;
	if (there)
		return err_set(e, ERR_MISMATCH, "%s: missing beside a ledger; restore it, or choose another directory",
		               path);
	struct buf b = {0};
	recipe_write(u->r, &b);
	int rc =
	    b.failed ? err_set(e, ERR_MEMORY, "%s: no memory to write it", path) : file_write(path, b.data, b.len, e);
	buf_release(&b);
	return rc;
}

static int open_lock(struct run *u, struct err *e)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, u->dir, RUN_LOCK, 0, 0);
	int rc = file_lock(path, &u->lock, e);
	return rc == ERR_STOPPED ? err_set(e, ERR_IO, "%s: another process is at work on this run", path) : rc;
}

static int open_dirs(const struct run *u, struct err *e)
{
	static const char *const sub[] = {"/games", "/shards", "/checkpoints", "/nets", "/matches"};
	char path[RUN_PATH_MAX];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof sub / sizeof *sub; i++) {
		snprintf(path, sizeof path, "%s%s", u->dir, sub[i]);
		rc = file_mkdir(path, e);
	}
	return rc;
}

static int start_missing(const struct run *u, const char *path, struct err *e)
{
	char hex[65];
	hash_hex(&u->r->run_start, hex);
	return err_set(e, ERR_ARG,
	               "%s: missing: the recipe goes on from another run's checkpoint, SHA-256 %s; give that file "
	               "with --start",
	               path, hex);
}

/* The checkpoint that the recipe's run.start names, before anything is made: into b where it is given, or else it has to
 * be in the directory. */
static int open_start(const struct run *u, struct buf *b, struct err *e)
{
	char path[RUN_PATH_MAX];
	if (u->o->start)
		return run_start_given(u->r, u->o->start, b, e);
	if (!recipe_has_start(u->r))
		return 0;
	run_path(path, sizeof path, u->dir, RUN_STARTED_FROM, 0, 0);
	int rc = file_there(path, e);
	return rc < 0 ? rc : rc > 0 ? 0 : start_missing(u, path, e);
}

static int store_start(struct run *u, const struct buf *b, struct err *e)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, u->dir, RUN_STARTED_FROM, 0, 0);
	return b->len ? run_store(u, path, b, e) : 0;
}

static int ledger_check(const struct run *u, const char *path, struct err *e)
{
	if (u->ledger.numerics != NN_NUMERICS)
		return err_set(e, ERR_MISMATCH,
		               "%s: made with numerics version %" PRIu32
		               ", this program has version %d; continue it with "
		               "a program of that version",
		               path, u->ledger.numerics, NN_NUMERICS);
	if (!hash_equal(&u->ledger.recipe, &u->recipe))
		return err_set(e, ERR_MISMATCH, "%s: the ledger of another recipe; restore it from a copy", path);
	if (u->ledger.entries > (uint64_t)u->r->run_generations + 1)
		return err_set(e, ERR_MISMATCH, "%s: more generations than the recipe has", path);
	return 0;
}

static int open_ledger(struct run *u, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, u->dir, RUN_LEDGER, 0, 0);
	u->ledger.recipe = u->recipe;
	u->ledger.numerics = NN_NUMERICS;
	int rc = file_there(path, e);
	if (rc <= 0)
		return rc;
	rc = file_read(&b, path, RUN_FILE_BYTES_MAX, e);
	if (rc == 0) {
		ledger_release(&u->ledger);
		rc = ledger_read(&u->ledger, b.data, b.len, &u->ledger_bytes, e);
		if (rc < 0)
			err_prefix(e, rc, path);
	}
	if (rc == 0 && u->ledger_bytes < b.len)
		run_note(u, "%s: the last %" PRIu64 " bytes are not a whole entry and are written again", path,
		         (uint64_t)b.len - u->ledger_bytes);
	buf_release(&b);
	if (rc == 0 && u->ledger_bytes == 0) { /* not even the header: begin again */
		u->ledger.recipe = u->recipe;
		u->ledger.numerics = NN_NUMERICS;
	}
	return rc < 0 ? rc : ledger_check(u, path, e);
}

int run_open(struct run *u, struct err *e)
{
	if (strlen(u->dir) > RUN_DIR_MAX)
		return err_set(e, ERR_ARG, "the directory's name is longer than %d bytes", RUN_DIR_MAX);
	struct buf start = {0};
	int rc = recipe_check(u->r, e);
	if (rc == 0)
		rc = open_start(u, &start, e);
	if (rc == 0)
		rc = file_mkdir(u->dir, e);
	if (rc == 0)
		rc = open_lock(u, e);
	if (rc == 0)
		rc = open_recipe(u, e);
	if (rc == 0)
		rc = open_dirs(u, e);
	if (rc == 0)
		rc = store_start(u, &start, e);
	buf_release(&start);
	return rc < 0 ? rc : open_ledger(u, e);
}

/* Entry 0 makes the file, whole or not at all; later ones are appended. */
static int ledger_store(struct run *u, const struct ledger_entry *entry, struct buf *text, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct file_append f;
	run_path(path, sizeof path, u->dir, RUN_LEDGER, 0, 0);
	if (entry->generation == 0)
		return file_write(path, text->data, text->len, e);
	int rc = file_append_open(&f, path, u->ledger_bytes, e);
	if (rc < 0)
		return rc;
	rc = file_append(&f, text->data, text->len, true, e);
	int closed = file_append_close(&f, rc < 0 ? NULL : e);
	return rc < 0 ? rc : closed;
}

int run_append(struct run *u, struct ledger_entry *entry, struct err *e)
{
	struct buf text = {0};
	if (entry->generation == 0)
		ledger_header_write(&u->ledger, &text);
	int rc = ledger_entry_write(&u->ledger, entry, &text);
	if (rc < 0 || text.failed)
		rc = err_set(e, ERR_MEMORY, "no memory for the ledger's entry %" PRIu32, entry->generation);
	if (rc == 0)
		rc = ledger_store(u, entry, &text, e);
	if (rc == 0) {
		u->ledger_bytes = entry->generation == 0 ? text.len : u->ledger_bytes + text.len;
		rc = ledger_add(&u->ledger, entry);
		if (rc < 0)
			err_set(e, rc, "no memory for the ledger");
	}
	buf_release(&text);
	return rc;
}
