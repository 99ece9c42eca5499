/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A made-up game for the trainer's tests: random black and white points.  The policy target is the black point with the
 * most white neighbours, a point is owned by the colour that has more of its neighbourhood, and the winner is the colour
 * with more points.  Learnable by a small net, and nothing of it is Go. */
#ifndef MIAI_TESTS_SYNTHETIC_H
#define MIAI_TESTS_SYNTHETIC_H

#include "base/rng.h"
#include "record/shard.h"

#include <string.h>

/* +1, -1 or 0 at (row, col), 0 outside. */
static int synthetic_at(const int8_t *c, int size, int row, int col)
{
	return row < 0 || col < 0 || row >= size || col >= size ? 0 : c[row * size + col];
}

static int synthetic_near(const int8_t *c, int size, int p, int colour, int self)
{
	static const int dr[5] = {0, 1, -1, 0, 0}, dc[5] = {0, 0, 0, 1, -1};
	int n = 0;
	for (int k = self ? 0 : 1; k < 5; k++)
		n += synthetic_at(c, size, p / size + dr[k], p % size + dc[k]) == colour;
	return n;
}

static void synthetic_sample(struct shard_sample *s, const struct shard_shape *shape, uint64_t key)
{
	int size = shape->size, points = size * size, best = points, best_n = 0, sum = 0;
	int8_t c[SHARD_POINTS_MAX];

	memset(s, 0, sizeof *s);
	for (int p = 0; p < points; p++) {
		c[p] = (int8_t)((int)rng_below(key, (uint64_t)p, 3) - 1);
		sum += c[p];
	}
	for (int p = 0; p < points; p++) {
		uint8_t *x = s->planes + p * shape->planes;
		x[0] = 16;
		x[1] = c[p] > 0 ? 16 : 0;
		x[2] = c[p] < 0 ? 16 : 0;
		int n = c[p] > 0 ? synthetic_near(c, size, p, -1, 0) : 0;
		if (n > best_n) {
			best_n = n;
			best = p;
		}
		int black = synthetic_near(c, size, p, 1, 1), white = synthetic_near(c, size, p, -1, 1);
		s->owner[p] = (int8_t)((black > white) - (black < white));
	}
	s->policy[best] = 65535;
	s->reply = SHARD_NO_REPLY;
	s->wdl[sum > 0 ? 0 : sum < 0 ? 2 : 1] = 32768;
	s->score_half = (int16_t)(2 * sum);
}

/* count samples in a buffer of shard_sample_bytes each. */
struct synthetic {
	struct buf bytes;
	struct train_source src;
};

static const uint8_t *synthetic_get(void *ctx, uint32_t i)
{
	struct synthetic *s = ctx;
	return s->bytes.data + (size_t)i * shard_sample_bytes(&s->src.shape);
}

static void synthetic_make(struct synthetic *s, int size, uint32_t count, uint64_t seed)
{
	static struct shard_sample x;

	*s = (struct synthetic){.src = {.shape = {size, 16}, .count = count, .get = synthetic_get}};
	s->src.ctx = s;
	for (uint32_t i = 0; i < count; i++) {
		synthetic_sample(&x, &s->src.shape, rng_key(seed, i));
		shard_pack(&s->src.shape, &x, &s->bytes, NULL);
	}
}

#endif
