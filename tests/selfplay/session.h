/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tests of self-play share: settings, and a sink that keeps everything. */
#ifndef MIAI_TESTS_SELFPLAY_SESSION_H
#define MIAI_TESTS_SELFPLAY_SESSION_H

#include "games/go/go.h"
#include "search/random_net.h"
#include "selfplay/selfplay.h"
#include "test.h"

enum { KEEP_MAX = 256 };

/* Games as they were handed over: payloads one after another, and parsed. */
struct kept {
	struct buf bytes;
	struct record_game game[KEEP_MAX];
	uint32_t games;
	uint32_t enough; /* say so at this many; 0: never */
	atomic_bool *stop; /* set at `stop_at` games where not NULL */
	uint32_t stop_at;
	struct err e; /* what the session said of its end */
};

static inline bool keep(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct kept *k = ctx;
	struct record_game *mine = &k->game[k->games];
	struct buf again = {0};
	buf_bytes(&k->bytes, payload, n);
	CHECK_INT(record_game_read(mine, payload, n, NULL), 0);
	record_game_write(g, &again); /* what is handed over beside the payload is the same game */
	CHECK(again.len == n && memcmp(again.data, payload, n) == 0);
	buf_release(&again);
	k->games++;
	if (k->stop && k->games == k->stop_at)
		atomic_store(k->stop, true);
	return k->games != k->enough;
}

static inline bool same_bytes(const struct buf *a, const struct buf *b)
{
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static inline void kept_release(struct kept *k)
{
	for (uint32_t i = 0; i < k->games; i++)
		record_game_release(&k->game[i]);
	buf_release(&k->bytes);
	*k = (struct kept){0};
}

static inline struct selfplay_settings session_settings(const struct nn_net *a, const struct nn_net *b)
{
	struct search_settings search = {.visits = 8, .gumbel_actions = 4, .gumbel_noise = 1, .c_visit = 50,
	                                 .c_scale = 1000, .cpuct = 1100, .fpu = 200, .symmetry = 1};
	struct selfplay_settings s = {.game = &game_go, .rules = {.size = 4, .komi_half = 3, .max_moves = 36},
	                              .keep_policy = true, .komi_spread_half = 4, .opening_plies = 4, .seed = 77,
	                              .in_flight = 4};
	s.player[0] = (struct selfplay_player){.net = a, .search = search, .cheap_visits = 3, .full_share = 500};
	s.player[1] = (struct selfplay_player){.net = b, .search = search, .full_share = 1000};
	nn_kernels_init(&s.kernels, nn_cpu_flags());
	return s;
}

/* Plays games first .. first + count - 1 with so many threads; returns selfplay_run's code. */
static inline int session_play(const struct selfplay_settings *s, int threads, uint32_t first, uint32_t count,
                               struct kept *k)
{
	struct pool *pool = pool_new(threads);
	struct selfplay_progress progress = {0};
	int rc = selfplay_run(s, pool, first, count, keep, k, k->stop, &progress, &k->e);
	CHECK_INT(atomic_load(&progress.games), k->games);
	pool_free(pool);
	return rc;
}

#endif
