/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A match between nets, inside this process. */
#include "cli/match_int.h"

#include "base/file.h"
#include "base/pool.h"
#include "cli/cli_int.h"
#include "selfplay/selfplay.h"

enum { IN_FLIGHT = 16 };

struct session {
	struct cli_match *m;
	struct file_append file;
	bool file_open;
	struct err write_error;
	int write_failed;
};

static bool sink(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct session *s = ctx;
	bool go_on = cli_match_count(s->m, g->index, g->score_half > 0 ? 2 : g->score_half == 0 ? 1 : 0);
	if (!s->file_open)
		return go_on;
	struct buf frame = {.data = NULL};
	record_games_frame_write(payload, n, &frame);
	s->write_failed = frame.failed ? err_set(&s->write_error, ERR_MEMORY, "out of memory")
				       : file_append(&s->file, frame.data, frame.len, false, &s->write_error);
	buf_release(&frame);
	return go_on && s->write_failed == 0;
}

static int open_records(struct session *s, struct err *e)
{
	struct buf b = {.data = NULL};
	struct record_games_header h = {.kind = RECORD_MATCH};
	const char *path = s->m->records;
	if (!path)
		return 0;
	int rc = file_there(path, e);
	if (rc > 0)
		return err_set(e, ERR_ARG, "--records %s: the file is there already; name a new one", path);
	if (rc == 0)
		rc = file_append_open(&s->file, path, 0, e);
	if (rc)
		return rc;
	s->file_open = true;
	record_games_header_write(&h, &b);
	rc = b.failed ? err_set(e, ERR_MEMORY, "out of memory") : file_append(&s->file, b.data, b.len, false, e);
	buf_release(&b);
	return rc;
}

static int play(struct session *s, const struct selfplay_settings *set, struct err *e)
{
	struct err closing = {.text = ""};
	struct pool *pool = pool_new(s->m->threads);
	if (!pool)
		return err_set(e, ERR_MEMORY, "cannot start %d threads", s->m->threads);
	int rc = open_records(s, e);
	if (rc == 0)
		rc = selfplay_run(set, pool, 0, s->m->games, sink, s, cli_stop_flag(), NULL, e);
	pool_free(pool);
	if (rc == 0 && s->write_failed) {
		*e = s->write_error;
		rc = s->write_failed;
	}
	int closed = s->file_open ? file_append_close(&s->file, &closing) : 0;
	if (rc == 0 && closed) {
		*e = closing;
		rc = closed;
	}
	return rc;
}

int cli_match_nets(struct cli_match *m, struct err *e)
{
	struct session s = {.m = m};
	struct selfplay_settings set = {
	    .game = &game_go,
	    .rules = {.size = m->size, .komi_half = m->komi_half, .max_moves = 3 * m->size * m->size},
	    .match = true,
	    .opening_plies = m->plies,
	    .in_flight = IN_FLIGHT,
	    .seed = m->seed,
	};
	for (int i = 0; i < 2; i++) {
		cli_search_settings(&set.player[i].search, m->visits);
		set.player[i].full_share = 1000;
		set.player[i].net = m->net[i];
	}
	nn_kernels_init(&set.kernels, m->flags);
	return play(&s, &set, e);
}
