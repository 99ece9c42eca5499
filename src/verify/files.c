/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Intact: every file is the one that the ledger names, and what else lies in the directory is named. */
#include "verify/verify_int.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file that the ledger names. */
struct named {
	enum run_file what;
	uint32_t generation;
	uint64_t step;
	struct hash hash; /* of the file; of its games (Merkle root) for RUN_GAMES and RUN_MATCH */
};

struct files {
	struct named *file;
	uint32_t count, cap;
};

static int files_add(struct files *f, enum run_file what, uint32_t generation, uint64_t step, const struct hash *h)
{
	if (f->count == f->cap) {
		uint32_t cap = f->cap ? 2 * f->cap : 64;
		struct named *p = cap < UINT32_MAX / sizeof *p ? realloc(f->file, cap * sizeof *p) : NULL;
		if (!p)
			return ERR_MEMORY;
		f->file = p;
		f->cap = cap;
	}
	f->file[f->count++] = (struct named){what, generation, step, *h};
	return 0;
}

static int files_of_entry(struct files *f, const struct ledger_entry *x, bool gate)
{
	uint32_t g = x->generation;
	int rc = 0;
	if (g > 0) {
		rc |= files_add(f, RUN_GAMES, g, 0, &x->games_root);
		rc |= files_add(f, RUN_SHARD, g, 0, &x->shard);
	}
	for (uint32_t i = 0; i < x->checkpoints; i++)
		rc |= files_add(f, RUN_CHECKPOINT, g, x->checkpoint[i].step, &x->checkpoint[i].hash);
	rc |= files_add(f, RUN_NET, g, 0, &x->net);
	if (g > 0 && (gate || x->match_games))
		rc |= files_add(f, RUN_MATCH, g, 0, &x->match_root);
	return rc;
}

int verify_here(const struct verify *v, enum run_file what, uint32_t generation, uint64_t step, struct err *e)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, v->o->dir, what, generation, step);
	return file_there(path, e);
}

/* Leaves those files that are here. */
static int files_here(struct verify *v, struct files *f, struct err *e)
{
	uint32_t here = 0;
	for (uint32_t i = 0; i < f->count; i++) {
		const struct named *x = &f->file[i];
		int there = verify_here(v, x->what, x->generation, x->step, e);
		if (there < 0)
			return there;
		if (there)
			f->file[here++] = *x;
	}
	v->absent = f->count - here;
	f->count = here;
	return 0;
}

static int files_list(const struct verify *v, struct files *f, struct err *e)
{
	if (!v->kept && recipe_has_start(&v->recipe) && files_add(f, RUN_STARTED_FROM, 0, 0, &v->recipe.run_start) < 0)
		return err_set(e, ERR_MEMORY, "no memory for the list of files");
	for (uint32_t i = 0; i < v->ledger.entries; i++)
		if (files_of_entry(f, &v->ledger.entry[i], v->recipe.gate_pairs > 0) < 0)
			return err_set(e, ERR_MEMORY, "no memory for the list of files");
	return 0;
}

/* Checking, one task a file */

enum { FILES_AT_ONCE = 64 };

struct files_check {
	const struct verify *v;
	const struct named *file;
	int rc[FILES_AT_ONCE];
	struct err err[FILES_AT_ONCE];
};

static int file_check(const struct verify *v, const struct named *f, struct err *e)
{
	char path[RUN_PATH_MAX];
	run_path(path, sizeof path, v->o->dir, f->what, f->generation, f->step);
	int rc = file_there(path, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_MISMATCH, "%s: missing; restore it from a copy", path);
	if (f->what == RUN_GAMES || f->what == RUN_MATCH) {
		struct record_games games = {0};
		rc = run_audit_games(&v->audit, f->what, f->generation, &games, e);
		record_games_release(&games);
		return rc;
	}
	if (f->what == RUN_STARTED_FROM)
		return run_start_check(&v->recipe, path, NULL, e);
	struct buf b = {0};
	rc = run_read(&b, path, &f->hash, e);
	buf_release(&b);
	return rc;
}

static void check_task(void *ctx, int task, int worker)
{
	struct files_check *c = ctx;
	(void)worker;
	c->rc[task] = file_check(c->v, &c->file[task], &c->err[task]);
}

/* Says what is wrong with a file, or that it could not be told; e keeps the first of these, of damage if there is any. */
static int file_bad(const struct verify *v, int rc, const struct err *why, int first, struct err *e)
{
	bool wrong = rc == ERR_MISMATCH || rc == ERR_FORMAT;
	verify_say(v, "%s: %s", wrong ? "not intact" : "not checked", why->text);
	if (first == 0 || (wrong && first != ERR_MISMATCH && first != ERR_FORMAT))
		return err_set(e, rc, "%s", why->text);
	return first;
}

/* All files are looked at, so that all damage is named. */
static int files_check(struct verify *v, const struct files *f, struct err *e)
{
	struct files_check *c = malloc(sizeof *c);
	int first = 0;
	if (!c)
		return err_set(e, ERR_MEMORY, "no memory to check files");
	c->v = v;
	for (uint32_t at = 0, n; at < f->count; at += n) {
		n = f->count - at < FILES_AT_ONCE ? f->count - at : FILES_AT_ONCE;
		c->file = f->file + at;
		pool_run(v->o->pool, (int)n, check_task, c);
		for (uint32_t i = 0; i < n; i++)
			if (c->rc[i] < 0)
				first = file_bad(v, c->rc[i], &c->err[i], first, e);
		if (verify_stopping(v, e) < 0) {
			first = ERR_STOPPED;
			break;
		}
	}
	free(c);
	return first;
}

/* What else there is */

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void names_free(char **name, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(name[i]);
	free(name);
}

static int names_add(char ***name, size_t *n, const char *s)
{
	char **p = realloc(*name, (*n + 1) * sizeof *p);
	if (!p)
		return ERR_MEMORY;
	*name = p;
	p[*n] = malloc(strlen(s) + 1);
	if (!p[*n])
		return ERR_MEMORY;
	memcpy(p[(*n)++], s, strlen(s) + 1);
	return 0;
}

/* The names in a directory, sorted. */
static int names_of(const char *dir, char ***name, size_t *n, struct err *e)
{
	DIR *d = opendir(dir);
	int rc = 0;
	if (!d)
		return err_set(e, ERR_IO, "%s: cannot list it: %s", dir, strerror(errno));
	errno = 0; /* readdir gives NULL at the end too */
	for (struct dirent *x; rc == 0 && (x = readdir(d)); errno = 0)
		if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			rc = names_add(name, n, x->d_name);
	int why = errno;
	closedir(d);
	if (rc < 0)
		return err_set(e, rc, "%s: no memory for its names", dir);
	if (why)
		return err_set(e, ERR_IO, "%s: cannot list it: %s", dir, strerror(why));
	if (*n)
		qsort(*name, *n, sizeof **name, compare);
	return 0;
}

static bool listed(char *const *name, size_t n, const char *path)
{
	return n && bsearch(&path, name, n, sizeof *name, compare);
}

/* Does SUBDIR/NAME belong to the generation that is under way? */
static bool under_way(const struct verify *v, const char *name)
{
	char number[16];
	uint32_t next = v->ledger.entries;
	if (next > (uint32_t)v->recipe.run_generations)
		return false;
	int n = snprintf(number, sizeof number, "%06" PRIu32, next);
	return strncmp(name, number, (size_t)n) == 0 && (name[n] == '.' || name[n] == '-');
}

static int look_into(struct verify *v, const char *sub, char *const *known, size_t knowns, struct err *e)
{
	char dir[RUN_PATH_MAX], path[RUN_PATH_MAX + 300];
	char **name = NULL;
	size_t n = 0;
	snprintf(dir, sizeof dir, "%s%s", v->o->dir, sub);
	int rc = names_of(dir, &name, &n, e);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, name[i]);
		if (listed(known, knowns, path))
			continue;
		if (*sub && under_way(v, name[i])) {
			v->unfinished++;
		} else {
			v->strangers++;
			verify_say(v, "not in the ledger: %s", path);
		}
	}
	names_free(name, n);
	return rc;
}

static int known_names(const struct verify *v, const struct files *f, char ***name, size_t *n)
{
	static const enum run_file top[] = {RUN_RECIPE, RUN_LEDGER, RUN_LOCK};
	static const char *const subs[] = {"games", "shards", "checkpoints", "nets", "matches"};
	char path[RUN_PATH_MAX];
	int rc = 0;
	for (size_t i = 0; rc == 0 && i < sizeof top / sizeof *top; i++) {
		run_path(path, sizeof path, v->o->dir, top[i], 0, 0);
		rc = names_add(name, n, path);
	}
	for (size_t i = 0; rc == 0 && i < sizeof subs / sizeof *subs; i++) {
		snprintf(path, sizeof path, "%s/%s", v->o->dir, subs[i]);
		rc = names_add(name, n, path);
	}
	for (uint32_t i = 0; rc == 0 && i < f->count; i++) {
		run_path(path, sizeof path, v->o->dir, f->file[i].what, f->file[i].generation, f->file[i].step);
		rc = names_add(name, n, path);
	}
	if (*n)
		if (rc == 0)
		qsort(*name, *n, sizeof **name, compare);
	return rc;
}

static int files_others(struct verify *v, const struct files *f, struct err *e)
{
	static const char *const subs[] = {"", "/games", "/shards", "/checkpoints", "/nets", "/matches"};
	char **known = NULL, path[RUN_PATH_MAX];
	size_t n = 0;
	int rc = known_names(v, f, &known, &n);
	if (rc < 0)
		err_set(e, rc, "no memory for the names of files");
	for (size_t i = 0; rc == 0 && i < sizeof subs / sizeof *subs; i++) {
		snprintf(path, sizeof path, "%s%s", v->o->dir, subs[i]);
		rc = file_there(path, e); /* without a gate, a copy may well lack matches/ */
		if (rc > 0)
			rc = look_into(v, subs[i], known, n, e);
	}
	names_free(known, n);
	return rc;
}

int verify_files(struct verify *v, struct err *e)
{
	struct files f = {0};
	int rc = files_list(v, &f, e);
	if (rc == 0 && v->kept)
		rc = files_here(v, &f, e);
	if (rc == 0) {
		verify_say(v, "checking %" PRIu32 " files, of generations 0 to %" PRIu32, f.count + 2,
		           v->ledger.entries - 1);
		rc = files_check(v, &f, e);
	}
	if (rc == 0)
		rc = files_others(v, &f, e);
	v->report->files = (uint64_t)f.count + 2; /* and recipe, and ledger */
	free(f.file);
	return rc;
}
