/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Games -> shard, and shards -> the window that training draws from. */
#include "run/parts.h"

#include "nn/guard.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* A chunk of games is one task; chunks are joined in order, so that the file does not know how it was cut. */
enum { CHUNK_GAMES = 32, CHUNKS = 64 };

struct chunk {
	struct buf samples;
	uint32_t count;
	int rc;
	struct err err;
};

struct shard_build {
	const struct recipe *r;
	const struct record_games *games;
	uint32_t first; /* game of chunk 0 */
	struct chunk chunk[CHUNKS];
};

static void chunk_make(void *ctx, int task, int worker)
{
	struct shard_build *b = ctx;
	struct chunk *c = &b->chunk[task];
	struct record_game g = {0};
	uint32_t from = b->first + (uint32_t)task * CHUNK_GAMES, left = b->games->count - from;
	(void)worker;
	for (uint32_t i = 0; i < CHUNK_GAMES && i < left && c->rc == 0; i++) {
		c->rc = run_game(b->games, from + i, &g, &c->err);
		if (c->rc == 0)
			c->rc =
			    selfplay_samples(&game_go, &g, b->r->train_search_value, &c->samples, &c->count, &c->err);
		record_game_release(&g);
	}
	if (c->rc == 0 && c->samples.failed)
		c->rc = err_set(&c->err, ERR_MEMORY, "no memory for samples");
}

/* Makes up to CHUNKS chunks from game b->first on and appends them.  *games: how many games that were. */
static int shard_round(struct shard_build *b, struct pool *pool, struct buf *samples, uint64_t *count, uint32_t *games,
                       struct err *e)
{
	uint32_t left = b->games->count - b->first;
	uint32_t n = left < CHUNKS * CHUNK_GAMES ? left : CHUNKS * CHUNK_GAMES;
	int tasks = (int)((n + CHUNK_GAMES - 1) / CHUNK_GAMES), rc = 0;
	memset(b->chunk, 0, sizeof b->chunk);
	pool_run(pool, tasks, chunk_make, b);
	for (int i = 0; i < tasks; i++) {
		struct chunk *c = &b->chunk[i];
		if (rc == 0 && c->rc < 0)
			rc = err_set(e, c->rc, "%s", c->err.text);
		if (rc == 0)
			buf_bytes(samples, c->samples.data, c->samples.len);
		*count += c->count;
		buf_release(&c->samples);
	}
	*games = n;
	return rc;
}

static int shard_samples(struct shard_build *b, struct pool *pool, struct buf *samples, uint64_t *count, struct err *e)
{
	int rc = 0;
	for (uint32_t n; rc == 0 && b->first < b->games->count; b->first += n)
		rc = shard_round(b, pool, samples, count, &n, e);
	if (rc == 0 && *count > UINT32_MAX)
		rc = err_set(e, ERR_ARG, "more than 2^32 samples in one generation; lower selfplay.games");
	return rc;
}

int run_shard_build(const struct recipe *r, uint32_t generation, const struct record_games *games, struct pool *pool,
                    struct buf *file, uint32_t *samples, struct err *e)
{
	struct buf packed = {0};
	uint64_t count = 0;
	buf_clear(file);
	struct shard_build *b = malloc(sizeof *b);
	if (!b)
		return err_set(e, ERR_MEMORY, "no memory to make the shard of generation %" PRIu32, generation);
	b->r = r;
	b->games = games;
	b->first = 0;
	int rc = shard_samples(b, pool, &packed, &count, e);
	free(b);
	struct shard head = {
	    .shape = {.size = r->board_size, .planes = game_go.planes},
	    .recipe = recipe_hash(r),
	    .generation = generation,
	    .count = (uint32_t)count,
	};
	if (rc == 0) {
		shard_header_write(&head, file);
		buf_bytes(file, packed.data, packed.len);
		*samples = head.count;
		if (file->failed || packed.failed)
			rc = err_set(e, ERR_MEMORY, "no memory for the shard of generation %" PRIu32, generation);
	}
	buf_release(&packed);
	return rc;
}

static int window_load(struct shard *s, const char *dir, const struct recipe *r, uint32_t generation,
                       const struct hash *want, struct err *e)
{
	char path[RUN_PATH_MAX];
	struct buf b = {0};
	run_path(path, sizeof path, dir, RUN_SHARD, generation, 0);
	int rc = run_read(&b, path, want, e);
	if (rc < 0) {
		buf_release(&b);
		return rc;
	}
	rc = shard_read(s, &b, e); /* takes b over */
	if (rc < 0)
		return err_prefix(e, rc, path);
	struct hash recipe = recipe_hash(r);
	if (s->shape.size != r->board_size || s->shape.planes != game_go.planes || s->generation != generation ||
	    !hash_equal(&s->recipe, &recipe)) {
		shard_release(s);
		return err_set(e, ERR_MISMATCH, "%s: the shard of another run or generation", path);
	}
	return 0;
}

static void window_drop(struct run_window *w, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		shard_release(&w->shard[i]);
	w->shards -= n;
	w->first += n;
	if (w->shards == 0)
		return;
	memmove(w->shard, w->shard + n, w->shards * sizeof *w->shard);
	memmove(w->words, w->words + n, w->shards * sizeof *w->words);
}

/* Room for n shards. */
static int window_room(struct run_window *w, uint32_t n, struct err *e)
{
	struct shard *s = realloc(w->shard, n * sizeof *s);
	if (s)
		w->shard = s;
	uint32_t *at = realloc(w->start, n * sizeof *at);
	if (at)
		w->start = at;
	uint64_t *words = realloc(w->words, n * sizeof *words);
	if (words)
		w->words = words;
	return s && at && words ? 0 : err_set(e, ERR_MEMORY, "no memory for a window of %" PRIu32 " shards", n);
}

static int window_count(struct run_window *w, struct err *e)
{
	uint64_t count = 0;
	for (uint32_t i = 0; i < w->shards; i++) {
		w->start[i] = (uint32_t)count;
		count += w->shard[i].count;
		if (count > UINT32_MAX)
			return err_set(e, ERR_ARG, "more than 2^32 samples in the training window; lower train.window");
	}
	w->count = (uint32_t)count;
	return 0;
}

int run_window_set(struct run_window *w, const char *dir, const struct recipe *r, const struct ledger *l,
                   uint32_t first, uint32_t last, const struct hash *last_hash, struct err *e)
{
	if (w->shards && (first < w->first || first > w->first + w->shards || last + 1 < w->first + w->shards))
		run_window_release(w);
	if (w->shards == 0)
		w->first = first;
	window_drop(w, first - w->first);
	int rc = window_room(w, last - first + 1, e);
	while (rc == 0 && w->first + w->shards <= last) {
		uint32_t g = w->first + w->shards;
		const struct hash *want = g == last && last_hash ? last_hash : &l->entry[g].shard;
		rc = window_load(&w->shard[w->shards], dir, r, g, want, e);
		if (rc == 0) {
			const struct buf *file = &w->shard[w->shards].bytes;
			w->words[w->shards++] = nn_words(file->data, file->len);
		}
	}
	struct shard_shape shape = {.size = r->board_size, .planes = game_go.planes};
	w->sample_bytes = shard_sample_bytes(&shape);
	return rc < 0 ? rc : window_count(w, e);
}

int run_window_check(const struct run_window *w, struct err *e)
{
	for (uint32_t i = 0; i < w->shards; i++)
		if (nn_words(w->shard[i].bytes.data, w->shard[i].bytes.len) != w->words[i])
			return err_set(e, ERR_FAULT, "samples: the shard of generation %" PRIu32 " changed in memory", w->first + i);
	return 0;
}

void run_window_release(struct run_window *w)
{
	window_drop(w, w->shards);
	free(w->shard);
	free(w->start);
	free(w->words);
	*w = (struct run_window){0};
}

static const uint8_t *window_get(void *ctx, uint32_t i)
{
	const struct run_window *w = ctx;
	uint32_t lo = 0, hi = w->shards; /* start[lo] <= i < start[hi], empty shards have no sample */
	while (hi - lo > 1) {
		uint32_t mid = lo + (hi - lo) / 2;
		if (w->start[mid] <= i)
			lo = mid;
		else
			hi = mid;
	}
	return w->shard[lo].sample + (size_t)(i - w->start[lo]) * w->sample_bytes;
}

void run_window_source(struct run_window *w, struct train_source *out)
{
	*out = (struct train_source){.count = w->count, .get = window_get, .ctx = w};
	if (w->shards)
		out->shape = w->shard[0].shape;
}
