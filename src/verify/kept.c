/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run that was kept without what can be made again: recipe, ledger and some of its nets.  What it says is checked where
 * it can be: every entry beside the recipe; from its start, by making the first generations again; and wherever a net is,
 * by playing the games that the ledger says it played. */
#include "verify/verify_int.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdio.h>

int verify_is_kept(const char *dir, struct err *e)
{
	static const char *const subs[] = {"games", "shards", "checkpoints"};
	char path[RUN_PATH_MAX + 16];
	for (size_t i = 0; i < sizeof subs / sizeof *subs; i++) {
		snprintf(path, sizeof path, "%.*s/%s", RUN_PATH_MAX, dir, subs[i]);
		int there = file_there(path, e);
		if (there)
			return there < 0 ? there : 0;
	}
	return 1;
}

/* The ledger beside the recipe */

/* Every entry; start: the initial state and its net are made again, too.  Nothing is played by an entry that contradicts
 * the recipe, which could have any number of games. */
static int check_entries(struct verify *v, bool start, struct err *e)
{
	int rc = 0;
	for (uint32_t g = 0; rc == 0 && g < v->ledger.entries; g++) {
		rc = g == 0 && start ? run_audit_entry(&v->audit, 0, e) : run_audit_ledger(&v->audit, g, e);
		if (rc == 0)
			rc = verify_stopping(v, e);
	}
	if (rc < 0)
		return rc;
	verify_say(v,
	           "the ledger fits the recipe: in %" PRIu64 " generations its numbers of games and steps, its windows and "
	           "the ends of its matches; promotions and ratings follow from the results that it tells%s",
	           v->report->generations, start ? "; the initial state and its net are the recipe's" : "");
	return 0;
}

/* From the start */

struct remade {
	struct verify *v;
	int64_t differs; /* first generation with another entry; -1: none */
};

static void remade_entry(void *ctx, const struct ledger_entry *x, int resumed)
{
	struct remade *m = ctx;
	bool same = hash_equal(&x->entry, &m->v->ledger.entry[x->generation].entry);
	(void)resumed;
	if (!same && m->differs < 0)
		m->differs = x->generation;
	verify_say(m->v, "made again: generation %" PRIu32 "%s", x->generation,
	           same ? ", the same entry" : ": ANOTHER entry than the ledger's");
}

static int make_start(struct verify *v, uint32_t until, struct err *e)
{
	struct remade m = {.v = v, .differs = -1};
	struct hash net;
	struct run_options o = {
	    .recipe = &v->recipe,
	    .dir = v->o->scratch,
	    .start = v->o->start,
	    .pool = v->o->pool,
	    .cpu_flags = v->o->cpu_flags,
	    .until = until,
	    .stop = v->o->stop,
	    .entry = remade_entry,
	    .ctx = &m,
	};
	verify_say(v, "making generations 0 to %" PRIu32 " of %" PRIu64 " again", until, v->report->generations);
	int rc = run_execute(&o, &net, e);
	if (m.differs >= 0)
		return err_set(e, ERR_MISMATCH, "generation %" PRId64 ": made again, its entry is not the ledger's", m.differs);
	return rc;
}

/* The games of a generation */

static int play_again(struct verify *v, uint32_t generation, struct err *e)
{
	const struct ledger_entry *x = &v->ledger.entry[generation];
	uint32_t by = x[-1].best_generation;
	verify_say(v, "playing the %" PRIu32 " games of generation %" PRIu32 " again, with the net of generation %" PRIu32,
	           x->games, generation, by);
	int rc = run_audit_replay(&v->audit, generation, e);
	if (rc == 0)
		verify_say(v, "played again: %" PRIu32 " games of generation %" PRIu32 ", the same bytes", x->games, generation);
	return rc;
}

/* The games of the last generations whose player is here. */
static int play_last(struct verify *v, uint64_t most, uint32_t *generations, struct err *e)
{
	*generations = 0;
	for (uint32_t g = v->ledger.entries; g-- > 1 && *generations < most;) {
		int rc = verify_here(v, RUN_NET, v->ledger.entry[g - 1].best_generation, 0, e);
		*generations += rc > 0;
		if (rc > 0)
			rc = play_again(v, g, e);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The run goes on from another's checkpoint, which is not here: nothing can be made again from the start. */
static int no_start(struct verify *v, struct err *e)
{
	char hex[65];
	hash_hex(&v->recipe.run_start, hex);
	if (v->o->rebuild)
		return err_set(e, ERR_ARG,
		               "%s: the run goes on from another run's checkpoint, SHA-256 %s: give that file with --start",
		               v->o->dir, hex);
	verify_say(v, "not checked: generation%s from the checkpoint that the run goes on from (--start FILE)",
	           v->ledger.entries > 1 ? "s 0 and 1" : " 0");
	return 0;
}

int verify_kept(struct verify *v, struct err *e)
{
	bool start = !recipe_has_start(&v->recipe) || v->o->start;
	uint32_t last = v->ledger.entries - 1, played = 0;
	uint32_t first = v->o->rebuild ? last : v->o->segments > 0 && last > 0 && start;
	if (!v->o->scratch)
		return err_set(e, ERR_ARG, "%s: kept without its games, and there is no folder to make them in again", v->o->dir);
	int rc = v->o->start ? run_start_given(&v->recipe, v->o->start, NULL, e) : 0;
	if (rc == 0)
		rc = check_entries(v, start, e);
	if (rc == 0 && !start)
		rc = no_start(v, e);
	if (rc == 0 && first > 0)
		rc = make_start(v, first, e);
	if (rc == 0 && !v->o->rebuild)
		rc = play_last(v, v->o->segments, &played, e);
	if (rc < 0)
		return rc;
	if (v->o->rebuild)
		verify_say(v, "rebuilt: all %" PRIu32 " generations and the initial state", last);
	else
		verify_say(v, "spot-checked: the games of %" PRIu32 " and the whole of %" PRIu32 " of %" PRIu32 " generations", played,
		           first, last);
	if (first < last)
		verify_say(v,
		           "not checked: whether the other %" PRIu32
		           " generations, made again whole, give the same bytes (--rebuild)",
		           last - first);
	return 0;
}
