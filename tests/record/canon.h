/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one property of every reader in record: what it accepts, it writes again byte for byte.  Shared by the
 * tests and the fuzzer.  Each function gives CANON_REFUSED, CANON_SAME, or CANON_DIFFERS, which is a bug. */
#ifndef MIAI_TESTS_RECORD_CANON_H
#define MIAI_TESTS_RECORD_CANON_H

#include "record/games.h"
#include "record/ledger.h"
#include "record/recipe.h"
#include "record/shard.h"

#include <stdlib.h>
#include <string.h>

enum canon { CANON_REFUSED, CANON_SAME, CANON_DIFFERS };

static inline enum canon canon_equal(struct buf *written, const void *p, size_t n)
{
	int same = !written->failed && written->len == n && (n == 0 || memcmp(written->data, p, n) == 0);
	buf_release(written);
	return same ? CANON_SAME : CANON_DIFFERS;
}

/* A copy of its own, so that a memory checker sees a read past its end. */
static inline struct buf canon_copy(const void *p, size_t n)
{
	struct buf b = {.data = malloc(n ? n : 1), .len = n, .cap = n ? n : 1};
	if (b.data && n)
		memcpy(b.data, p, n);
	return b;
}

static inline enum canon canon_recipe(const uint8_t *p, size_t n)
{
	struct recipe r;
	struct buf out = {0};
	struct err e;
	if (recipe_read(&r, p, n, &e) < 0)
		return CANON_REFUSED;
	recipe_write(&r, &out);
	struct hash a = recipe_hash(&r), b = sha256_of(p, n);
	return hash_equal(&a, &b) ? canon_equal(&out, p, n) : CANON_DIFFERS;
}

static inline enum canon canon_game(const uint8_t *p, size_t n)
{
	struct record_game g;
	struct buf out = {0};
	struct err e;
	if (record_game_read(&g, p, n, &e) < 0) {
		record_game_release(&g);
		return CANON_REFUSED;
	}
	record_game_write(&g, &out);
	record_game_release(&g);
	return canon_equal(&out, p, n);
}

static inline enum canon canon_games(const uint8_t *p, size_t n)
{
	struct record_games g;
	struct buf in = canon_copy(p, n), out = {0};
	struct err e;
	if (record_games_read(&g, &in, NULL, 0, &e) < 0)
		return CANON_REFUSED;
	record_games_header_write(&g.header, &out);
	for (uint32_t i = 0; i < g.count; i++)
		record_games_frame_write(g.bytes.data + g.at[i], g.len[i], &out);
	enum canon same = g.valid == n ? canon_equal(&out, p, n) : CANON_DIFFERS;
	record_games_release(&g);
	return same;
}

static inline int canon_sample_in_range(const struct shard_shape *s, const struct shard_sample *x)
{
	int points = s->size * s->size, bad = 0;
	uint32_t policy = 0;
	for (int i = 0; i < points * s->planes; i++)
		bad |= x->planes[i] > 127;
	for (int i = 0; i < points; i++)
		bad |= x->owner[i] < -1 || x->owner[i] > 1;
	for (int i = 0; i <= points; i++)
		policy += x->policy[i];
	bad |= policy > 65536 || (x->reply > points && x->reply != SHARD_NO_REPLY);
	bad |= x->wdl[0] + x->wdl[1] + x->wdl[2] != 32768;
	return !bad && x->score_half >= -1444 && x->score_half <= 1444;
}

/* Any bytes give values in range; packed and unpacked again these are the same values. */
static inline int canon_sample(const struct shard_shape *s, const uint8_t *p)
{
	static struct shard_sample a, b;
	struct buf out = {0};
	memset(&a, 0, sizeof a);
	memset(&b, 0, sizeof b);
	shard_unpack(s, p, &a);
	int ok = canon_sample_in_range(s, &a) && shard_pack(s, &a, &out, NULL) == 0 && out.len == shard_sample_bytes(s);
	if (ok)
		shard_unpack(s, out.data, &b);
	ok = ok && memcmp(&a, &b, sizeof a) == 0;
	buf_release(&out);
	return ok;
}

static inline enum canon canon_shard(const uint8_t *p, size_t n)
{
	struct shard s;
	struct buf in = canon_copy(p, n), out = {0};
	struct err e;
	if (shard_read(&s, &in, &e) < 0)
		return CANON_REFUSED;
	size_t each = shard_sample_bytes(&s.shape);
	int ok = 1;
	for (uint32_t i = 0; i < s.count; i++)
		ok &= canon_sample(&s.shape, s.sample + i * each);
	shard_header_write(&s, &out);
	buf_bytes(&out, s.sample, s.count * each);
	shard_release(&s);
	enum canon same = canon_equal(&out, p, n);
	return ok ? same : CANON_DIFFERS;
}

static inline enum canon canon_ledger(const uint8_t *p, size_t n)
{
	struct ledger l;
	struct buf out = {0};
	struct err e;
	if (ledger_read(&l, p, n, NULL, &e) < 0)
		return CANON_REFUSED;
	struct ledger grown = {.recipe = l.recipe, .numerics = l.numerics};
	ledger_header_write(&grown, &out);
	int ok = 1;
	for (uint32_t i = 0; i < l.entries && ok; i++)
		ok = ledger_entry_write(&grown, &l.entry[i], &out) == 0 && ledger_add(&grown, &l.entry[i]) == 0;
	ledger_release(&l);
	ledger_release(&grown);
	enum canon same = canon_equal(&out, p, n);
	return ok ? same : CANON_DIFFERS;
}

#endif
