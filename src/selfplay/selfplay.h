/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Games by the program against itself, and matches between two players.  A game is a function of (players, settings,
 * seed, index) alone, whatever is played or batched beside it. */
#ifndef MIAI_SELFPLAY_SELFPLAY_H
#define MIAI_SELFPLAY_SELFPLAY_H

#include "base/err.h"
#include "base/pool.h"
#include "games/game.h"
#include "nn/kernels.h"
#include "nn/net.h"
#include "record/games.h"
#include "record/shard.h"
#include "search/search.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* A player: a net with a search, or, where net is NULL, one who draws evenly from the legal moves (pass only
 * where nothing else is legal). */
struct selfplay_player {
	const struct nn_net *net;
	struct search_settings search;
	int cheap_visits, full_share;   /* see the recipe; full_share per mille, 1000 = always full */
	int32_t decided_value;          /* Q16; 0: no game is decided before its end.  Not in matches */
	int decided_moves, decided_visits, decided_checked; /* see the recipe; at least 1, 1; per mille */
};

struct selfplay_settings {
	const struct game *game;
	struct game_rules rules;
	int komi_spread_half;           /* komi = komi_half + 2 * k, k even in -spread/2..spread/2 points (self-play only) */
	int opening_plies;              /* selfplay: 0..this many moves drawn from the first player's bare policy;
	                                 * match: this many moves drawn evenly from the legal non-pass moves, the same
	                                 * for games 2i and 2i + 1 */
	int random_plies;               /* selfplay: before these, 0..this many drawn evenly from the legal non-pass moves */
	bool match;                     /* games 2i and 2i + 1 share an opening; player 0 is Black in the even one.
	                                 * not match: player 0 has both colours */
	bool keep_policy;               /* write policy targets into the records */
	struct selfplay_player player[2];
	uint64_t seed;                  /* game i's randomness is rng_key(seed, i) (match: rng_key(seed, i / 2) for the opening) */
	int in_flight;                  /* games at a time a thread, >= 1: affects speed only */
	struct nn_kernels kernels;
};

/* White's compensation in game `index`, half points: docs/search.md, "A game". */
int selfplay_komi(const struct selfplay_settings *s, uint32_t index);

/* Receives finished games in index order, one at a time; payload is borrowed.  Returning false ends the session:
 * later games are dropped, whatever was in flight. */
typedef bool selfplay_sink(void *ctx, const struct record_game *g, const void *payload, size_t n);

/* Counters that another thread may read for display. */
struct selfplay_progress {
	_Atomic uint64_t games, moves;
	_Atomic uint64_t evals, known; /* questions that a net answered; that were answered before */
};

/* Plays games first .. first + count - 1.  stop (may be NULL) asks for an early end: ERR_STOPPED.
 * 0 when all were delivered or the sink said enough.  ERR_FAULT: the kernels' guard noticed a fault; games that were
 * delivered are good as far as it can tell. */
int selfplay_run(const struct selfplay_settings *s, struct pool *pool, uint32_t first, uint32_t count,
                 selfplay_sink *sink, void *ctx, const atomic_bool *stop, struct selfplay_progress *progress, struct err *e);

/* Replays a record on the board: every move legal, the game over at the end, the score right.  ERR_MISMATCH names
 * the move. */
int selfplay_check(const struct game *g, const struct record_game *rec, struct err *e);

/* Appends the samples of one game (its RECORD_FULL moves, in order) to out; *count is increased.  search_value: per
 * mille of the search's value in the wdl target. */
int selfplay_samples(const struct game *g, const struct record_game *rec, int search_value, struct buf *out, uint32_t *count, struct err *e);

#endif
