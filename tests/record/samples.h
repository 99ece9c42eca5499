/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small examples of each format, the ones that docs/formats/ shows byte by byte. */
#ifndef MIAI_TESTS_RECORD_SAMPLES_H
#define MIAI_TESTS_RECORD_SAMPLES_H

#include "record/games.h"
#include "record/ledger.h"
#include "record/recipe.h"
#include "record/shard.h"

#include <stdlib.h>
#include <string.h>

/* Bytes first, first + 1, ...: no two of a hash are equal, so none can be swapped unseen. */
static inline struct hash sample_hash(int first)
{
	struct hash h;
	for (int i = 0; i < 32; i++)
		h.b[i] = (uint8_t)(first + i);
	return h;
}

/* 3x3, four moves, one of each kind and two of which are learnt from. */
static inline struct record_game sample_game(uint32_t index)
{
	struct record_game g = {.index = index, .size = 3, .komi_half = 11, .max_moves = 27, .score_half = 7};
	const struct record_policy one[] = {{1, 40000}, {9, 25536}}, two[] = {{9, 65535}};
	const struct record_move moves[] = {
	    {.action = 4, .kind = RECORD_OPENING},
	    {.action = 1, .kind = RECORD_FULL, .value = -1234, .policy_n = 2},
	    {.action = 9, .kind = RECORD_CHEAP, .value = 512},
	    {.action = 9, .kind = RECORD_FULL, .value = 65536, .policy_n = 1},
	};
	const struct record_policy *policy[] = {NULL, one, NULL, two};
	int failed = 0;
	for (size_t i = 0; i < 4; i++)
		failed |= record_game_add_move(&g, &moves[i], policy[i]);
	if (failed)
		abort();
	return g;
}

static inline struct record_games_header sample_games_header(void)
{
	return (struct record_games_header){.recipe = sample_hash(0), .generation = 3, .kind = RECORD_SELFPLAY};
}

/* A file of `count` games; the second is one that its rules end at once. */
static inline void sample_games(struct buf *out, uint32_t count)
{
	struct record_games_header h = sample_games_header();
	record_games_header_write(&h, out);
	for (uint32_t i = 0; i < count; i++) {
		struct record_game g = sample_game(i);
		struct buf payload = {0};
		if (i == 1)
			g.moves = 0;
		record_game_write(&g, &payload);
		record_games_frame_write(payload.data, payload.len, out);
		buf_release(&payload);
		record_game_release(&g);
	}
}

static const struct shard_shape sample_shape = {.size = 2, .planes = 3};

/* 2x2: mover's stones at 0 and 3, an empty plane, a plane of 64 everywhere. */
static inline void sample_sample(struct shard_sample *s)
{
	*s = (struct shard_sample){.reply = 1, .score_half = -3};
	const uint16_t policy[] = {16384, 0, 40960, 0, 8192}, wdl[] = {256, 512, 32000};
	const int8_t owner[] = {1, -1, 0, 1};
	for (int p = 0; p < 4; p++) {
		s->planes[3 * p] = p % 3 == 0 ? 127 : 0;
		s->planes[3 * p + 2] = 64;
		s->owner[p] = owner[p];
	}
	memcpy(s->policy, policy, sizeof policy);
	memcpy(s->wdl, wdl, sizeof wdl);
}

static inline void sample_shard(struct buf *out, uint32_t count)
{
	struct shard s = {.shape = sample_shape, .recipe = sample_hash(0), .generation = 3, .count = count};
	struct shard_sample *x = malloc(sizeof *x);
	shard_header_write(&s, out);
	sample_sample(x);
	int failed = 0;
	for (uint32_t i = 0; i < count; i++)
		failed |= shard_pack(&s.shape, x, out, NULL);
	free(x);
	if (failed)
		abort();
}

/* Entry `generation` of the sample ledger: 0 is the initial state, 1 a promotion, 2 a net that lost its match. */
static inline struct ledger_entry sample_entry(uint32_t generation, struct ledger_checkpoint checkpoint[2])
{
	struct ledger_entry e = {.generation = generation, .checkpoints = 1, .checkpoint = checkpoint, .promoted = 1};
	e.games_root = sample_hash(1);
	e.shard = sample_hash(2);
	e.match_root = sample_hash(3);
	e.net = e.best = sample_hash(16 + (int)generation);
	e.best_generation = generation;
	checkpoint[0] = (struct ledger_checkpoint){0, sample_hash(32)};
	if (generation == 0)
		return e;
	e.games = 12;
	e.samples = 345;
	e.window_first = 1;
	e.checkpoints = 2;
	checkpoint[0] = (struct ledger_checkpoint){100 * generation - 50, sample_hash(33)};
	checkpoint[1] = (struct ledger_checkpoint){100 * generation, sample_hash(34)};
	e.match_games = 10;
	e.wins = generation == 1 ? 7 : 2;
	e.draws = 1;
	e.losses = 9 - e.wins;
	e.rating = 191;
	if (generation > 1) {
		e.promoted = 0;
		e.best = sample_hash(17);
		e.best_generation = 1;
	}
	return e;
}

/* The text of a ledger of 0..3 entries, which is left in *l. */
static inline void sample_ledger(struct ledger *l, struct buf *out, uint32_t entries)
{
	*l = (struct ledger){.recipe = sample_hash(0), .numerics = 1};
	ledger_header_write(l, out);
	for (uint32_t i = 0; i < entries; i++) {
		struct ledger_checkpoint checkpoint[2];
		struct ledger_entry e = sample_entry(i, checkpoint);
		if (ledger_entry_write(l, &e, out) < 0 || ledger_add(l, &e) < 0)
			abort();
	}
}

#endif
