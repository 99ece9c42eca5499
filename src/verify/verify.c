/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "verify/verify_int.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void verify_say(const struct verify *v, const char *fmt, ...)
{
	char line[1600];
	va_list ap;
	if (!v->o->say)
		return;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	v->o->say(v->o->ctx, line);
}

int verify_stopping(const struct verify *v, struct err *e)
{
	return v->o->stop && atomic_load(v->o->stop) ? err_set(e, ERR_STOPPED, "stopped before the end") : 0;
}

static int open_recipe(struct verify *v, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, v->o->dir, RUN_RECIPE, 0, 0);
	int rc = file_read(&b, path, RECIPE_TEXT_MAX, e);
	if (rc == 0) {
		rc = recipe_read(&v->recipe, b.data, b.len, e);
		if (rc == 0)
			rc = recipe_check(&v->recipe, e);
		if (rc < 0)
			err_prefix(e, rc, path);
	}
	buf_release(&b);
	return rc == ERR_ARG ? ERR_MISMATCH : rc;
}

static int ledger_check(const struct verify *v, const char *path, struct err *e)
{
	char recipe[65], ledger[65];
	struct hash h = recipe_hash(&v->recipe);
	hash_hex(&h, recipe);
	hash_hex(&v->ledger.recipe, ledger);
	if (v->ledger.numerics != NN_NUMERICS)
		return err_set(e, ERR_IO,
		               "%s: made with numerics version %" PRIu32
		               "; this program has version %d and cannot check it",
		               path, v->ledger.numerics, NN_NUMERICS);
	if (!hash_equal(&h, &v->ledger.recipe))
		return err_set(e, ERR_MISMATCH, "%s/recipe: its hash is %s, the ledger says %s", v->o->dir, recipe,
		               ledger);
	if (v->ledger.entries == 0)
		return err_set(e, ERR_MISMATCH, "%s: it has no entry", path);
	if (v->ledger.entries + (v->cut > 0) > (uint64_t)v->recipe.run_generations + 1)
		return err_set(e, ERR_MISMATCH, "%s: it has more generations than the recipe", path);
	return 0;
}

/* The whole entries, and how much there is of one that was being written. */
static int read_entries(struct verify *v, const struct buf *b, struct err *e)
{
	uint64_t valid;
	int rc = ledger_read(&v->ledger, b->data, b->len, &valid, e);
	if (rc < 0 || (valid && valid == b->len))
		return rc;
	int cut = valid ? ledger_cut_off(&v->ledger, b->data + valid, b->len - valid) : 0;
	if (cut == 0) {
		ledger_release(&v->ledger);
		return ledger_read(&v->ledger, b->data, b->len, NULL, e);
	}
	v->cut = b->len - valid;
	return cut < 0 ? err_set(e, cut, "ledger: no memory for its checkpoints") : 0;
}

static int open_ledger(struct verify *v, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, v->o->dir, RUN_LEDGER, 0, 0);
	int rc = file_read(&b, path, RUN_FILE_BYTES_MAX, e);
	if (rc == 0) {
		rc = read_entries(v, &b, e);
		if (rc < 0)
			err_prefix(e, rc, path);
	}
	buf_release(&b);
	return rc < 0 ? rc : ledger_check(v, path, e);
}

static int check_entries(struct verify *v, struct err *e)
{
	uint64_t samples = 0;
	int rc = 0;
	for (uint32_t g = 0; rc == 0 && g < v->ledger.entries; g++) {
		const struct ledger_entry *x = &v->ledger.entry[g];
		rc = run_audit_entry(&v->audit, g, e);
		v->report->games += (uint64_t)x->games + x->match_games;
		samples += x->samples;
		if (rc == 0)
			rc = verify_stopping(v, e);
	}
	if (rc < 0)
		return rc;
	v->report->consistent = true;
	verify_say(
	    v,
	    "consistent: %" PRIu64 " generations, %" PRIu64 " games, %" PRIu64
	    " samples: games are legal and rightly scored, shards hold their samples, nets have their checkpoints' "
	    "weights, no weight moved faster than max_step, promotions follow from the matches",
	    v->report->generations, v->report->games, samples);
	return 0;
}

static int check(struct verify *v, struct err *e)
{
	int rc = open_recipe(v, e);
	if (rc == 0)
		rc = open_ledger(v, e);
	if (rc < 0)
		return rc;
	v->report->generations = v->ledger.entries - 1;
	rc = verify_files(v, e);
	if (rc < 0)
		return rc;
	v->report->intact = true;
	verify_say(v, "intact: %" PRIu64 " files", v->report->files);
	if (v->kept) {
		verify_say(v, "not checked: %" PRIu64 " files that the ledger names and that were not kept, as they can be made again", v->absent);
		return verify_kept(v, e);
	}
	rc = check_entries(v, e);
	return rc < 0 ? rc : verify_segments(v, e);
}

/* Whoever made that checkpoint has a ledger, which is another run's. */
static void say_started(const struct verify *v)
{
	char hex[65];
	if (!recipe_has_start(&v->recipe))
		return;
	hash_hex(&v->recipe.run_start, hex);
	verify_say(v,
	           "not checked: how the checkpoint was made that the run goes on from, SHA-256 %s: verify the run whose "
	           "ledger names it",
	           hex);
}

static void say_unfinished(const struct verify *v)
{
	uint32_t g = v->ledger.entries;
	if (v->cut)
		verify_say(v,
		           "not checked: %s/ledger: incomplete last entry of %" PRIu64
		           " bytes, will be written again by miai run",
		           v->o->dir, v->cut);
	if (g <= (uint32_t)v->recipe.run_generations)
		verify_say(
		    v, "not checked: generation %" PRIu32 " of %" PRId32 ", which is not finished (%" PRIu64 " files)",
		    g, v->recipe.run_generations, v->unfinished);
	if (v->strangers)
		verify_say(v, "not checked: %" PRIu64 " files that the ledger does not name", v->strangers);
}

int verify_run(const struct verify_options *o, struct verify_report *out, struct err *e)
{
	struct verify v = {.o = o, .report = out};
	*out = (struct verify_report){0};
	if (strlen(o->dir) > RUN_DIR_MAX)
		return err_set(e, ERR_ARG, "the directory's name is longer than %d bytes", RUN_DIR_MAX);
	int kept = verify_is_kept(o->dir, e);
	if (kept < 0)
		return kept;
	v.kept = kept > 0;
	v.audit = (struct run_audit){
	    .dir = o->dir,
	    .start = o->start,
	    .recipe = &v.recipe,
	    .ledger = &v.ledger,
	    .pool = o->pool,
	    .cpu_flags = o->cpu_flags,
	    .stop = o->stop,
	};
	int rc = check(&v, e);
	if (rc == 0) {
		say_started(&v);
		say_unfinished(&v);
	}
	run_audit_release(&v.audit);
	ledger_release(&v.ledger);
	return rc == ERR_FORMAT ? ERR_MISMATCH : rc; /* what breaks its format is not what was promised */
}
