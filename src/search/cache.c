/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of four answers, the oldest of which makes room.  The job's key says which set; it may be anything, since the
 * question itself is compared. */
#include "search/cache.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { WAYS = 4, WORDS_MAX = GAME_PLANES_MAX / 8, BITS_MAX = GAME_POINTS_MAX * WORDS_MAX };

/* The question: in each plane all values that are not 0 are equal, so one value a plane and one bit a point and plane
 * are all of it. */
struct question {
	uint8_t value[GAME_PLANES_MAX], bit[BITS_MAX];
};

/* What an entry begins with; then come values, bits and logits. */
struct entry {
	uint64_t words; /* of all that follows */
	int32_t wdl[3], value, score, symmetry;
};

struct eval_cache {
	struct nn_guard *guard;
	int points, planes;
	size_t values, bits, logits; /* bytes of each */
	size_t stride;               /* bytes of an entry */
	uint64_t sets;               /* a power of two */
	uint64_t *tag;               /* WAYS a set: the key with its lowest bit set, 0 where there is no answer */
	uint8_t *oldest;             /* of each set */
	uint8_t *entry;
};

static int words_of_point(const struct eval_cache *c)
{
	return (c->planes + 7) / 8;
}

struct eval_cache *eval_cache_new(int size, int planes, size_t entries, size_t most, struct nn_guard *guard)
{
	struct eval_cache *c = calloc(1, sizeof *c);
	if (!c)
		return NULL;
	c->guard = guard;
	c->points = size * size;
	c->planes = planes;
	c->values = (size_t)planes;
	c->bits = (size_t)(c->points * words_of_point(c));
	c->logits = (size_t)(c->points + 1) * sizeof(int32_t);
	c->stride = (sizeof(struct entry) + c->values + c->bits + c->logits + 63) / 64 * 64;
	c->sets = 1;
	while (c->sets * WAYS < entries && c->sets * 2 * WAYS * c->stride <= most)
		c->sets *= 2;
	c->tag = calloc(c->sets * WAYS, sizeof *c->tag);
	c->oldest = calloc(c->sets, 1);
	c->entry = malloc(c->sets * WAYS * c->stride);
	if (c->tag && c->oldest && c->entry)
		return c;
	eval_cache_free(c);
	return NULL;
}

void eval_cache_free(struct eval_cache *c)
{
	if (!c)
		return;
	free(c->tag);
	free(c->oldest);
	free(c->entry);
	free(c);
}

/* Eight values 0..127: the highest bit of each byte that is not 0. */
static inline uint64_t nonzero(uint64_t x)
{
	return (x + UINT64_C(0x7f7f7f7f7f7f7f7f)) & UINT64_C(0x8080808080808080);
}

/* Planes 8 * k and up to seven more of a point. */
static inline uint64_t load(const struct eval_cache *c, const uint8_t *at, int k)
{
	uint64_t x = 0;
	if (8 * k + 8 <= c->planes)
		memcpy(&x, at + 8 * k, 8);
	else
		memcpy(&x, at + 8 * k, (size_t)(c->planes - 8 * k));
	return x;
}

/* false where some plane has two values, so that the question cannot be told in this form. */
static bool pack(const struct eval_cache *c, const uint8_t *planes, struct question *q)
{
	uint64_t value[WORDS_MAX] = {0}, strange = 0;
	const uint8_t *end = planes + c->points * c->planes;
	uint8_t *bit = q->bit;
	int words = words_of_point(c);
	for (const uint8_t *at = planes; at < end; at += c->planes)
		for (int k = 0; k < words; k++)
			value[k] |= load(c, at, k);
	for (const uint8_t *at = planes; at < end; at += c->planes)
		for (int k = 0; k < words; k++) {
			uint64_t x = load(c, at, k), on = nonzero(x);
			strange |= x ^ (value[k] & ((on >> 7) * 255));
			*bit++ = (uint8_t)((on >> 7) * UINT64_C(0x0102040810204080) >> 56);
		}
	memcpy(q->value, value, c->values);
	return strange == 0;
}

static struct entry *entry_at(const struct eval_cache *c, uint64_t i)
{
	return (struct entry *)(void *)(c->entry + i * c->stride);
}

static uint8_t *values_of(struct entry *e)
{
	return (uint8_t *)(e + 1);
}

static uint64_t words_of(const struct eval_cache *c, const struct entry *e)
{
	return nn_words(&e->wdl, sizeof *e - sizeof e->words + c->values + c->bits + c->logits);
}

static bool asks(const struct eval_cache *c, struct entry *e, const struct eval_job *job, const struct question *q)
{
	const uint8_t *values = values_of(e);
	return e->symmetry == job->symmetry && memcmp(values, q->value, c->values) == 0 &&
	       memcmp(values + c->values, q->bit, c->bits) == 0;
}

static void answer(const struct eval_cache *c, struct entry *e, struct eval *out)
{
	memcpy(out->logit, values_of(e) + c->values + c->bits, c->logits);
	memcpy(out->wdl, e->wdl, sizeof out->wdl);
	out->value = e->value;
	out->score = e->score;
}

bool eval_cache_get(struct eval_cache *c, struct eval_job *job)
{
	uint64_t set = rng_mix(job->key) & (c->sets - 1), tag = job->key | 1;
	struct question q;
	bool packed = false;
	for (uint64_t i = set * WAYS; i < (set + 1) * WAYS; i++) {
		struct entry *e = entry_at(c, i);
		if (c->tag[i] != tag || job->want_owner)
			continue;
		if (!packed && !pack(c, job->planes, &q))
			return false;
		packed = true;
		if (!asks(c, e, job, &q))
			continue;
		if (words_of(c, e) == e->words) {
			answer(c, e, &job->out);
			return true;
		}
		c->tag[i] = 0;
		if (c->guard)
			nn_guard_report(c->guard, "answers kept: one is not in memory what the net said");
	}
	return false;
}

void eval_cache_put(struct eval_cache *c, const struct eval_job *job)
{
	uint64_t set = rng_mix(job->key) & (c->sets - 1), i = set * WAYS + c->oldest[set];
	struct entry *e = entry_at(c, i);
	struct question q;
	if (job->want_owner || !pack(c, job->planes, &q))
		return;
	c->oldest[set] = (uint8_t)((c->oldest[set] + 1) % WAYS);
	c->tag[i] = job->key | 1;
	memcpy(e->wdl, job->out.wdl, sizeof e->wdl);
	e->value = job->out.value;
	e->score = job->out.score;
	e->symmetry = job->symmetry;
	uint8_t *to = values_of(e);
	memcpy(to, q.value, c->values);
	memcpy(to + c->values, q.bit, c->bits);
	memcpy(to + c->values + c->bits, job->out.logit, c->logits);
	e->words = words_of(c, e);
}
