/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Games into a file, in order, so that a later process goes on where this one was killed.
 *
 * While a generation is unfinished its games are in NAME.part: what is there from an earlier process and can be read is
 * kept, the rest is played again.  A whole file is renamed to NAME; where that happened but the ledger's entry is still
 * missing, it is renamed back and goes the same way. */
#include "run/run_int.h"

#include <inttypes.h>
#include <stdio.h>

enum { SYNC_EVERY = 64 }; /* games: what a power failure may cost */

struct games_sink {
	struct run *run;
	struct run_gate *gate;
	struct file_append file;
	struct buf frame;
	uint32_t games;
	int rc;
	struct err *e;
};

static void games_count(struct games_sink *s)
{
	/* a gate counts in pairs */
	atomic_store(&s->run->progress->done, s->gate ? s->games / 2 : s->games);
}

static bool games_add(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct games_sink *s = ctx;
	buf_clear(&s->frame);
	record_games_frame_write(payload, n, &s->frame);
	if (s->frame.failed)
		s->rc = err_set(s->e, ERR_MEMORY, "no memory to write game %" PRIu32, g->index);
	else
		s->rc =
		    file_append(&s->file, s->frame.data, s->frame.len, s->games % SYNC_EVERY == SYNC_EVERY - 1, s->e);
	if (s->rc < 0)
		return false;
	if (s->gate)
		run_gate_add(s->gate, run_match_points(g->index, g->score_half));
	s->games++;
	games_count(s);
	return !s->gate || !s->gate->decided;
}

/* Goes through the games found on disk and feeds the gate.  ERR_FORMAT or ERR_MISMATCH: they are no use. */
static int games_review(struct games_sink *s, const struct selfplay_settings *settings,
                        const struct record_games *found, uint32_t most, struct err *e)
{
	if (found->count > most)
		return err_set(e, ERR_MISMATCH, "%" PRIu32 " games, and there can be %" PRIu32, found->count, most);
	for (uint32_t i = 0; i < found->count; i++) {
		struct record_game g = {0};
		int rc = s->gate && s->gate->decided ? err_set(e, ERR_MISMATCH, "games after the match was decided")
		                                     : run_game_check(settings, found, i, &g, e);
		if (rc == 0 && s->gate)
			run_gate_add(s->gate, run_match_points(i, g.score_half));
		record_game_release(&g);
		if (rc < 0)
			return rc;
	}
	s->games = found->count;
	return 0;
}

/* How many bytes of an earlier process's file to keep. */
static int games_found(struct games_sink *s, const struct selfplay_settings *settings, const char *part,
                       const struct record_games_header *h, uint32_t most, uint64_t *keep, struct err *e)
{
	struct record_games found = {0};
	*keep = 0;
	int rc = file_there(part, e);
	if (rc <= 0)
		return rc;
	rc = record_games_load(&found, part, h, 1, e);
	if (rc == 0)
		rc = games_review(s, settings, &found, most, e);
	if (rc == 0) {
		*keep = found.valid;
		if (found.valid < found.bytes.len)
			run_note(s->run,
			         "%s: the last %" PRIu64 " bytes are not a whole game: playing on after game %" PRIu32,
			         part, (uint64_t)found.bytes.len - found.valid, found.count);
	} else if (rc == ERR_FORMAT || rc == ERR_MISMATCH) {
		run_note(s->run, "%s: cannot be continued (%s): playing its games again", part, e->text);
		if (s->gate)
			run_gate_init(s->gate, s->run->r);
		s->games = 0;
		rc = 0;
	}
	record_games_release(&found);
	return rc;
}

static int games_header(struct games_sink *s, const struct record_games_header *h, struct err *e)
{
	buf_clear(&s->frame);
	record_games_header_write(h, &s->frame);
	if (s->frame.failed)
		return err_set(e, ERR_MEMORY, "no memory for a file's header");
	return file_append(&s->file, s->frame.data, s->frame.len, false, e);
}

static int games_play(struct games_sink *s, const struct selfplay_settings *settings, uint32_t most, struct err *e)
{
	struct run *u = s->run;
	if (s->games == most || (s->gate && s->gate->decided))
		return 0;
	int rc = selfplay_run(settings, u->o->pool, s->games, most - s->games, games_add, s, u->o->stop,
	                      &u->progress->play, e);
	return s->rc < 0 ? s->rc : rc;
}

static int games_make_part(struct games_sink *s, const struct selfplay_settings *settings, const char *part,
                           const struct record_games_header *h, uint32_t most, struct err *e)
{
	uint64_t keep;
	int rc = games_found(s, settings, part, h, most, &keep, e);
	if (rc < 0)
		return rc;
	atomic_store(&s->run->progress->done_at_start, s->gate ? s->games / 2 : s->games);
	games_count(s);
	rc = file_append_open(&s->file, part, keep, e);
	if (rc < 0)
		return rc;
	if (keep == 0)
		rc = games_header(s, h, e);
	if (rc == 0)
		rc = games_play(s, settings, most, e);
	int closed = file_append_close(&s->file, rc < 0 ? NULL : e);
	return rc < 0 ? rc : closed;
}

int run_games_make(struct run *u, const struct selfplay_settings *s, enum run_file what, uint32_t generation,
                   uint32_t most, struct run_gate *gate, struct record_games *out, struct err *e)
{
	char whole[RUN_PATH_MAX], part[RUN_PATH_MAX + 8];
	struct record_games_header h = {
	    .recipe = u->recipe,
	    .generation = generation,
	    .kind = gate ? RECORD_MATCH : RECORD_SELFPLAY,
	};
	struct games_sink sink = {.run = u, .gate = gate, .file = {.fd = -1}, .e = e};
	run_path(whole, sizeof whole, u->dir, what, generation, 0);
	snprintf(part, sizeof part, "%s.part", whole);
	run_phase(u, gate ? RUN_GATE : RUN_SELFPLAY, 0, gate ? most / 2 : most);
	int rc = file_there(whole, e);
	if (rc > 0)
		rc = file_rename(whole, part, e);
	if (rc == 0)
		rc = games_make_part(&sink, s, part, &h, most, e);
	buf_release(&sink.frame);
	if (rc == 0)
		rc = file_rename(part, whole, e);
	return rc < 0 ? rc : record_games_load(out, whole, &h, 0, e);
}

int run_games_drop(struct run *u, enum run_file what, uint32_t generation, struct err *e)
{
	char whole[RUN_PATH_MAX], part[RUN_PATH_MAX + 8];
	run_path(whole, sizeof whole, u->dir, what, generation, 0);
	snprintf(part, sizeof part, "%s.part", whole);
	int rc = run_drop(whole, e);
	return rc < 0 ? rc : run_drop(part, e);
}
