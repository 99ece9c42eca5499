/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What follows from a run's files without playing or training again. */
#include "run/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void run_audit_release(struct run_audit *a)
{
	run_window_release(&a->window);
}

int run_audit_games(const struct run_audit *a, enum run_file what, uint32_t generation, struct record_games *out,
                    struct err *e)
{
	char path[RUN_PATH_MAX];
	const struct ledger_entry *entry = &a->ledger->entry[generation];
	struct record_games_header h = {
	    .recipe = a->ledger->recipe,
	    .generation = generation,
	    .kind = what == RUN_MATCH ? RECORD_MATCH : RECORD_SELFPLAY,
	};
	const struct hash *want = what == RUN_MATCH ? &entry->match_root : &entry->games_root;
	uint32_t games = what == RUN_MATCH ? entry->match_games : entry->games;
	struct hash root;
	run_path(path, sizeof path, a->dir, what, generation, 0);
	int rc = record_games_load(out, path, &h, 0, e);
	if (rc < 0)
		return rc;
	if (record_games_root(out, &root) < 0)
		return err_set(e, ERR_MEMORY, "%s: no memory for its Merkle tree", path);
	if (out->count != games)
		return err_set(e, ERR_MISMATCH, "%s: %" PRIu32 " games, the ledger says %" PRIu32, path, out->count,
		               games);
	return hash_equal(&root, want) ? 0 : run_damaged(path, &root, want, e);
}

/* The entry itself, beside the recipe and the entries before */

static int check_counts(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	/* games <= 10^7, moves <= 4096: no overflow; a move gives one sample at most */
	uint64_t samples = (uint64_t)a->recipe->selfplay_games * (uint64_t)recipe_max_moves(a->recipe);
	if (x->games != (uint32_t)a->recipe->selfplay_games)
		return err_set(e, ERR_MISMATCH, "generation %" PRIu32 ": %" PRIu32 " games, where the recipe has %" PRId32,
		               generation, x->games, a->recipe->selfplay_games);
	if (x->samples == 0 || x->samples > samples)
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": %" PRIu32 " samples, where its games give 1 to %" PRIu64, generation,
		               x->samples, samples);
	if (x->window_first != run_window_first(a->recipe, generation))
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": window from generation %" PRIu64
		               ", where the recipe gives %" PRIu32,
		               generation, x->window_first, run_window_first(a->recipe, generation));
	return 0;
}

static int check_steps(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *entry = &a->ledger->entry[generation];
	if (entry->checkpoints != run_spans(a->recipe))
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": %" PRIu32 " checkpoints, where the recipe has %" PRIu32,
		               generation, entry->checkpoints, run_spans(a->recipe));
	for (uint32_t i = 0; i < entry->checkpoints; i++)
		if (entry->checkpoint[i].step != run_span_end(a->recipe, generation, i))
			return err_set(e, ERR_MISMATCH,
			               "generation %" PRIu32 ": checkpoint %" PRIu32 " stands at step %" PRIu64
			               ", where the recipe has %" PRIu64,
			               generation, i, entry->checkpoint[i].step,
			               run_span_end(a->recipe, generation, i));
	return 0;
}

static int check_decision(const struct run_audit *a, uint32_t generation, const struct run_gate *gate, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	struct ledger_entry want = {.generation = generation, .net = x->net};
	run_decide(&want, x - 1, gate);
	if (want.match_games != x->match_games || want.wins != x->wins || want.draws != x->draws ||
	    want.losses != x->losses)
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": its match has %" PRIu32 " won, %" PRIu32 " drawn, %" PRIu32
		               " lost, not what the ledger says",
		               generation, want.wins, want.draws, want.losses);
	if (want.promoted != x->promoted || want.best_generation != x->best_generation ||
	    !hash_equal(&want.best, &x->best))
		return err_set(e, ERR_MISMATCH, "generation %" PRIu32 ": promotion does not follow from its match",
		               generation);
	if (want.rating != x->rating)
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": rating %" PRId32 ", where its matches give %" PRId32,
		               generation, x->rating, want.rating);
	return 0;
}

static int check_no_match(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	struct hash none = merkle_root(NULL, 0);
	if (x->match_games || !hash_equal(&none, &x->match_root))
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": a match of %" PRIu32 " games, where the recipe has none", generation,
		               x->match_games);
	return check_decision(a, generation, NULL, e);
}

/* Can a match have ended with so many games won, drawn and lost, and what was decided then? */
static int check_result(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[generation];
	struct run_gate gate;
	run_gate_init(&gate, a->recipe);
	run_gate_counts(&gate, x->wins, x->draws, x->losses);
	if (!gate.decided || gate.games != x->match_games)
		return err_set(e, ERR_MISMATCH,
		               "generation %" PRIu32 ": a match of %" PRIu32 " games, %" PRIu32 " won, %" PRIu32
		               " drawn, %" PRIu32 " lost, where the recipe's ends %s",
		               generation, x->match_games, x->wins, x->draws, x->losses,
		               gate.decided ? "earlier" : "later");
	return check_decision(a, generation, &gate, e);
}

/* Before the initial state there is nothing. */
static int check_zero(const struct run_audit *a, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[0];
	struct ledger_entry want = {.net = x->net};
	run_entry_zero(&want);
	const char *wrong = !hash_equal(&want.games_root, &x->games_root)   ? "games"
	                    : !hash_equal(&want.shard, &x->shard)           ? "samples"
	                    : x->window_first != 0                          ? "window"
	                    : !hash_equal(&want.match_root, &x->match_root) ? "match"
	                                                                    : NULL;
	if (wrong)
		return err_set(e, ERR_MISMATCH,
		               "generation 0: %s, where nothing was played before the initial state", wrong);
	return 0;
}

int run_audit_ledger(const struct run_audit *a, uint32_t generation, struct err *e)
{
	if (generation == 0)
		return check_zero(a, e);
	int rc = check_counts(a, generation, e);
	if (rc == 0)
		rc = check_steps(a, generation, e);
	if (rc < 0)
		return rc;
	return a->recipe->gate_pairs == 0 ? check_no_match(a, generation, e) : check_result(a, generation, e);
}

/* Games, one task each */

struct check_games {
	const struct run_audit *a;
	const struct record_games *games;
	struct selfplay_settings settings;
	uint32_t first;
	int *rc; /* a game each */
	struct err *err;
};

static void check_task(void *ctx, int task, int worker)
{
	struct check_games *c = ctx;
	struct record_game g = {0};
	(void)worker;
	c->rc[task] = run_game_check(&c->settings, c->games, c->first + (uint32_t)task, &g, &c->err[task]);
	record_game_release(&g);
}

enum { CHECK_AT_ONCE = 256 };

static int check_all(struct check_games *c, const char *what, uint32_t generation, struct err *e)
{
	for (uint32_t n; c->first < c->games->count; c->first += n) {
		n = c->games->count - c->first < CHECK_AT_ONCE ? c->games->count - c->first : CHECK_AT_ONCE;
		pool_run(c->a->pool, (int)n, check_task, c);
		for (uint32_t i = 0; i < n; i++)
			if (c->rc[i] < 0)
				return err_set(e, c->rc[i], "generation %" PRIu32 ", %s: %.600s", generation, what,
				               c->err[i].text);
		if (c->a->stop && atomic_load(c->a->stop))
			return err_set(e, ERR_STOPPED, "stopped");
	}
	return 0;
}

static int check_games(const struct run_audit *a, uint32_t generation, const struct record_games *games, bool match,
                       struct err *e)
{
	struct check_games c = {.a = a, .games = games};
	if (match)
		run_gate_settings(a->recipe, generation, NULL, NULL, 0, &c.settings);
	else
		run_selfplay_settings(a->recipe, generation, NULL, 0, &c.settings);
	c.rc = calloc(CHECK_AT_ONCE, sizeof *c.rc);
	c.err = calloc(CHECK_AT_ONCE, sizeof *c.err);
	int rc = c.rc && c.err ? check_all(&c, match ? "match" : "self-play", generation, e)
	                       : err_set(e, ERR_MEMORY, "no memory to check games");
	free(c.rc);
	free(c.err);
	return rc;
}

/* Self-play games, and the shard made of them. */
static int check_samples(const struct run_audit *a, uint32_t generation, struct err *e)
{
	const struct ledger_entry *entry = &a->ledger->entry[generation];
	struct record_games games = {0};
	struct buf shard = {0};
	uint32_t samples = 0;
	int rc = run_audit_games(a, RUN_GAMES, generation, &games, e);
	if (rc == 0)
		rc = check_games(a, generation, &games, false, e);
	if (rc == 0)
		rc = run_shard_build(a->recipe, generation, &games, a->pool, &shard, &samples, e);
	if (rc == 0) {
		struct hash h = sha256_of(shard.data, shard.len);
		if (samples != entry->samples || !hash_equal(&h, &entry->shard))
			rc = err_set(e, ERR_MISMATCH,
			             "generation %" PRIu32 ": the shard does not hold the samples of its games",
			             generation);
	}
	buf_release(&shard);
	record_games_release(&games);
	return rc;
}

/* Training: how far weights moved, the net */

static struct train_state *audit_state(const struct run_audit *a, uint32_t generation, uint32_t i, int *rc,
                                       struct err *e)
{
	const struct ledger_checkpoint *c = &a->ledger->entry[generation].checkpoint[i];
	return run_checkpoint_load(a->dir, a->recipe, generation, c->step, &c->hash, NULL, rc, e);
}

static int check_net(const struct run_audit *a, uint32_t generation, const struct train_state *t, struct err *e)
{
	struct buf b = {0};
	int rc = run_net_build(a->recipe, a->dir, a->ledger, &a->ledger->entry[generation], t, &b, NULL, e);
	struct hash h = sha256_of(b.data, b.len);
	if (rc == 0 && !hash_equal(&h, &a->ledger->entry[generation].net))
		rc = err_set(e, ERR_MISMATCH,
		             "generation %" PRIu32 ": the net does not have its last checkpoints' weights", generation);
	buf_release(&b);
	return rc;
}

static int check_training(const struct run_audit *a, uint32_t generation, struct err *e)
{
	char where[32];
	int rc = 0;
	snprintf(where, sizeof where, "generation %" PRIu32, generation);
	uint32_t spans = a->ledger->entry[generation].checkpoints;
	struct train_state *before =
	    audit_state(a, generation - 1, a->ledger->entry[generation - 1].checkpoints - 1, &rc, e);
	for (uint32_t i = 0; rc == 0 && i < spans; i++) {
		struct train_state *after = audit_state(a, generation, i, &rc, e);
		if (rc == 0)
			rc = run_moved(a->recipe, before, after, e);
		if (rc < 0)
			err_prefix(e, rc, where);
		train_free(before);
		before = after;
	}
	if (rc == 0)
		rc = check_net(a, generation, before, e);
	train_free(before);
	return rc;
}

/* The match */

/* The games up to the one that decides, which has to be the last. */
static int check_gate(const struct run_audit *a, uint32_t generation, const struct record_games *games,
                      struct run_gate *gate, struct err *e)
{
	run_gate_init(gate, a->recipe);
	for (uint32_t i = 0; i < games->count; i++) {
		struct record_game g = {0};
		if (gate->decided)
			return err_set(e, ERR_MISMATCH,
			               "generation %" PRIu32 ": match game %" PRIu32
			               " was played after the match was decided",
			               generation, i);
		int rc = run_game(games, i, &g, e);
		if (rc == 0)
			run_gate_add(gate, run_match_points(i, g.score_half));
		record_game_release(&g);
		if (rc < 0)
			return rc;
	}
	if (!gate->decided)
		return err_set(e, ERR_MISMATCH, "generation %" PRIu32 ": its match ended undecided", generation);
	return 0;
}

static int check_match(const struct run_audit *a, uint32_t generation, struct err *e)
{
	struct run_gate gate;
	struct record_games games = {0};
	if (a->recipe->gate_pairs == 0)
		return 0;
	int rc = run_audit_games(a, RUN_MATCH, generation, &games, e);
	if (rc == 0)
		rc = check_games(a, generation, &games, true, e);
	if (rc == 0)
		rc = check_gate(a, generation, &games, &gate, e);
	if (rc == 0)
		rc = check_decision(a, generation, &gate, e);
	record_games_release(&games);
	return rc;
}

/* Entry 0 is the recipe's initial state and the net of it. */
static int check_start(const struct run_audit *a, struct err *e)
{
	const struct ledger_entry *x = &a->ledger->entry[0];
	struct train_state *t = NULL;
	struct buf b = {0};
	int rc = a->start ? run_start_load(a->recipe, a->start, &t, e) : run_start_build(a->recipe, a->dir, &t, e);
	if (rc < 0)
		return rc;
	train_write(t, &b);
	struct hash h = sha256_of(b.data, b.len);
	if (b.failed)
		rc = err_set(e, ERR_MEMORY, "no memory for the initial state");
	else if (!hash_equal(&h, &x->checkpoint[0].hash))
		rc = err_set(e, ERR_MISMATCH, "generation 0: the initial state is not the recipe's");
	else
		rc = check_net(a, 0, t, e);
	buf_release(&b);
	train_free(t);
	return rc;
}

int run_audit_entry(const struct run_audit *a, uint32_t generation, struct err *e)
{
	int rc = run_audit_ledger(a, generation, e);
	if (rc < 0 || generation == 0)
		return rc < 0 ? rc : check_start(a, e);
	rc = check_samples(a, generation, e);
	if (rc == 0)
		rc = check_training(a, generation, e);
	return rc < 0 ? rc : check_match(a, generation, e);
}
