/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A worker's memory, and samples on their way into it. */
#include "base/symmetry.h"
#include "train/train_int.h"

#include <string.h>

int train_grads_init(struct grads *g, const struct train_state *t)
{
	size_t n = 0;

	for (int i = 0; i < t->layers; i++)
		n += ((size_t)t->layer[i].weights + (size_t)t->layer[i].info.co) * sizeof(int64_t) + 128;
	if (arena_init(&g->arena, n))
		return ERR_MEMORY;
	for (int i = 0; i < t->layers; i++) {
		g->layer[i].w = arena_alloc(&g->arena, (size_t)t->layer[i].weights * sizeof(int64_t));
		g->layer[i].bias = arena_alloc(&g->arena, (size_t)t->layer[i].info.co * sizeof(int64_t));
	}
	return 0;
}

void train_grads_release(struct grads *g)
{
	arena_release(&g->arena);
}

static uint64_t print_of(const struct grads *g, const int64_t *v, int n)
{
	uint64_t place = 2 * (uint64_t)(v - (const int64_t *)(const void *)g->arena.base) + 1, print = 0;

	for (int i = 0; i < n; i++, place += 2)
		print += place * (uint64_t)v[i];
	return print;
}

uint64_t train_grads_print(const struct grads *g, const struct train_state *t, int layer)
{
	const struct train_layer *l = &t->layer[layer];

	return print_of(g, g->layer[layer].w, l->weights) + print_of(g, g->layer[layer].bias, l->info.co);
}

static int most(int a, int b)
{
	return a > b ? a : b;
}

/* Places the slice's arrays; called first with an arena of unlimited size to count. */
static void place(struct slice *s, const struct train_state *t, struct arena *a)
{
	const struct nn_shape *n = &t->shape;
	size_t points = (size_t)s->w->points, padded = (size_t)s->w->padded;
	size_t wide = (size_t)most(most(n->channels, n->head), n->planes), weights = 0;

	for (int i = 0; i < t->layers; i++)
		weights = (size_t)most((int)weights, t->layer[i].k * nn_pad16(t->layer[i].info.co));
	s->planes = arena_alloc(a, points * (size_t)n->planes);
	s->policy = arena_alloc(a, SLICE * (points + 1) * sizeof *s->policy);
	s->reply = arena_alloc(a, SLICE * sizeof *s->reply);
	s->owner = arena_alloc(a, SLICE * points);
	s->wdl = arena_alloc(a, SLICE * 3 * sizeof *s->wdl);
	s->score_half = arena_alloc(a, SLICE * sizeof *s->score_half);
	s->point_grad = arena_alloc(a, SLICE * points * NN_POINT_OUT * sizeof(int32_t));
	s->global_grad = arena_alloc(a, SLICE * NN_GLOBAL_OUT * sizeof(int32_t));
	s->trunk_grad = arena_alloc(a, SLICE * points * (size_t)n->channels * sizeof(int32_t));
	s->sums = arena_alloc(a, SLICE * points * wide * sizeof(int32_t));
	s->g8 = arena_alloc(a, SLICE * padded * wide);
	s->g4 = arena_alloc(a, SLICE * padded * wide);
	s->x4 = arena_alloc(a, SLICE * padded * wide);
	s->scratch = arena_alloc(a, nn_wgrad3_scratch(s->w->size, (int)wide, (int)wide));
	s->vec = arena_alloc(a, SLICE * 2 * wide * sizeof(int32_t));
	s->vec_sums = arena_alloc(a, SLICE * 2 * wide * sizeof(int32_t));
	s->vec8 = arena_alloc(a, SLICE * 2 * wide);
	s->dw = arena_alloc(a, weights * sizeof(int32_t));
	s->back_row = arena_alloc(a, SLICE * sizeof(int32_t));
	s->head_row = arena_alloc(a, SLICE * points * sizeof(int32_t));
	s->board_point = arena_alloc(a, points * sizeof(int32_t));
}

/* Generous bound of what place() takes, alignment included. */
static size_t slice_bytes(const struct slice *s, const struct train_state *t)
{
	const struct nn_shape *n = &t->shape;
	size_t wide = (size_t)most(most(n->channels, n->head), n->planes);
	size_t points = (size_t)s->w->points, padded = (size_t)s->w->padded, weights = 0;

	for (int i = 0; i < t->layers; i++)
		weights = (size_t)most((int)weights, t->layer[i].k * nn_pad16(t->layer[i].info.co));
	return nn_wgrad3_scratch(s->w->size, (int)wide, (int)wide) + SLICE * (padded * wide * 3 + points * (8 * wide + 40) + 64 * wide + 256) + weights * 4 + points * 64 + 65536;
}

int train_slice_init(struct slice *s, const struct train_state *t, const struct train_config *c, const struct nn_kernels *k,
               const struct nn_net *net, int8_t *const *back, int board_size)
{
	*s = (struct slice){.k = k, .net = net, .config = c, .back = back};
	s->w = nn_work_new(&t->shape, board_size, SLICE, true);
	if (!s->w || arena_init(&s->arena, slice_bytes(s, t)) || train_grads_init(&s->grads, t)) {
		train_slice_release(s);
		return ERR_MEMORY;
	}
	place(s, t, &s->arena);
	train_slice_points(s);
	return 0;
}

void train_slice_points(struct slice *s)
{
	nn_work_rows(s->w);
	for (int p = 0; p < s->w->points; p++)
		s->board_point[p] = s->w->row[p];
}

void train_slice_release(struct slice *s)
{
	nn_work_free(s->w);
	arena_release(&s->arena);
	train_grads_release(&s->grads);
	s->w = NULL;
}

void train_slice_load(struct slice *s, const struct shard_shape *shape, const uint8_t *bytes, int i, int symmetry)
{
	struct shard_sample *x = &s->sample;
	int points = shape->size * shape->size, planes = shape->planes;
	uint16_t map[SHARD_POINTS_MAX];

	shard_unpack(shape, bytes, x);
	symmetry_map(map, shape->size, symmetry);
	uint16_t *policy = s->policy + i * (points + 1);
	for (int p = 0; p < points; p++) {
		memcpy(s->planes + map[p] * planes, x->planes + p * planes, (size_t)planes);
		policy[map[p]] = x->policy[p];
		s->owner[i * points + map[p]] = x->owner[p];
	}
	policy[points] = x->policy[points];
	s->reply[i] = x->reply < points ? map[x->reply] : x->reply;
	memcpy(s->wdl + i * 3, x->wdl, sizeof x->wdl);
	s->score_half[i] = x->score_half;
	nn_work_input(s->w, i, s->planes);
}
