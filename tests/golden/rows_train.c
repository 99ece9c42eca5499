/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loss, backward pass and update of one slice, array by array; then a span of three steps. */
#include "golden.h"

#include "base/pool.h"
#include "record/shard.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct train_config golden_config = {.seed = 77,
					   .batch = 32,
					   .total_steps = 10,
					   .lr = 60000,
					   .lr_end = 6000,
					   .warmup = 4,
					   .momentum = 230,
					   .weight_decay = 5000,
					   .value_weight = 256,
					   .owner_weight = 384,
					   .score_weight = 64,
					   .reply_weight = 38,
					   .adapt_interval = 2,
					   .adapt_until = 3};

static void check(int rc, const struct err *e)
{
	if (rc) {
		fprintf(stderr, "golden: %s\n", e ? e->text : "out of memory");
		exit(2);
	}
}

static void state_rows(struct buf *out, const char *prefix, const struct train_state *t)
{
	char name[32];
	for (int i = 0; i < t->layers; i++) {
		const struct train_layer *l = &t->layer[i];
		int co = l->info.co;
		struct dims w = DIMS(co, l->info.taps, l->info.ci);
		golden_layer_name(name, &t->shape, i);
		golden_row(out, T_I32, w, l->m, "%s/%s/master", prefix, name);
		golden_row(out, T_I32, w, l->vm, "%s/%s/master-momentum", prefix, name);
		golden_row(out, T_I32, DIMS(co), l->bias, "%s/%s/bias", prefix, name);
		golden_row(out, T_I32, DIMS(co), l->vbias, "%s/%s/bias-momentum", prefix, name);
		if (l->gain) {
			golden_row(out, T_I32, DIMS(co), l->gain, "%s/%s/gain", prefix, name);
			golden_row(out, T_I32, DIMS(co), l->vgain, "%s/%s/gain-momentum", prefix, name);
		}
	}
}

static void gradient_rows(struct buf *out, const struct golden_case *c, const struct train_state *t,
			  const struct slice *s)
{
	int points = c->size * c->size;
	char name[32];
	golden_row(out, T_I32, DIMS(SLICE, points, NN_POINT_OUT), s->point_grad, "train/%s/loss/points", c->name);
	golden_row(out, T_I32, DIMS(SLICE, NN_GLOBAL_OUT), s->global_grad, "train/%s/loss/globals", c->name);
	for (int i = 0; i < t->layers; i++) {
		const struct nn_layer_info *f = &t->layer[i].info;
		golden_layer_name(name, &t->shape, i);
		golden_row(out, T_I64, DIMS(f->co, f->taps, f->ci), s->grads.layer[i].w, "train/%s/gradient/%s/weight",
			   c->name, name);
		golden_row(out, T_I64, DIMS(f->co), s->grads.layer[i].bias, "train/%s/gradient/%s/bias", c->name, name);
	}
	golden_row(out, T_I32, DIMS(SLICE, points, c->shape.channels), s->trunk_grad, "train/%s/gradient/trunk",
		   c->name);
}

/* The slice of a case, from its samples to its gradients. */
static void slice_make(struct slice *s, const struct golden_case *c, int number)
{
	struct shard_shape shape = {c->size, c->shape.planes};
	uint8_t *bytes = golden_samples(&shape, SLICE, 200 + (uint64_t)number);
	s->key = rng_key(rng_key(rng_key(golden_config.seed, RNG_ROUND), c->step), 0);
	s->tensor = 0;
	for (int i = 0; i < SLICE; i++)
		train_slice_load(s, &shape, bytes + (size_t)i * shard_sample_bytes(&shape), i, i % 8);
	nn_forward(s->k, s->net, s->w, SLICE);
	train_loss_gradients(s);
	train_backward(s);
	free(bytes);
}

static void case_rows(struct buf *out, int number)
{
	const struct golden_case *c = &golden_cases[number];
	struct train_config config = golden_config;
	struct train_state *t = golden_case_state(number);
	struct nn_net *net = train_export(t, NULL);
	struct nn_kernels k;
	struct slice s;
	int8_t *back[NN_LAYERS_MAX];
	char prefix[64];

	config.max_step = c->max_step;
	nn_kernels_init(&k, golden_cpu_flags);
	for (int i = 0; i < t->layers; i++) {
		back[i] = aligned_alloc(64, (train_back_bytes(&t->layer[i].info) + 63) / 64 * 64);
		check(!back[i] || train_pack_back(&net->layer[i], back[i]), NULL);
	}
	check(train_slice_init(&s, t, &config, &k, net, back, c->size), NULL);
	slice_make(&s, c, number);
	gradient_rows(out, c, t, &s);
	train_update(t, &s.grads, &config);
	snprintf(prefix, sizeof prefix, "train/%s/update", c->name);
	state_rows(out, prefix, t);
	train_slice_release(&s);
	for (int i = 0; i < t->layers; i++)
		free(back[i]);
	nn_net_free(net);
	train_free(t);
}

struct source {
	const uint8_t *bytes;
	size_t each;
};

static const uint8_t *get(void *ctx, uint32_t i)
{
	struct source *s = ctx;
	return s->bytes + (size_t)i * s->each;
}

/* Steps of batch 64 from the initial state of a seed, on random samples. */
struct span {
	uint64_t seed;
	int size, adapt_interval;
	uint64_t adapt_until, samples_seed;
	uint32_t count;
	struct train_state *t;
	struct trainer *trainer;
	struct train_source src;
	struct source source;
	uint8_t *bytes;
	struct nn_kernels k;
	struct pool *pool;
};

static void span_open(struct span *s)
{
	struct nn_shape shape = {16, 4, 1, 16, 16};
	struct train_config config = golden_config;
	struct err e = {.text = ""};

	config.batch = 64;
	config.max_step = 335544;
	config.adapt_interval = s->adapt_interval;
	config.adapt_until = s->adapt_until;
	s->src = (struct train_source){{s->size, 16}, s->count, get, &s->source};
	s->bytes = golden_samples(&s->src.shape, s->count, s->samples_seed);
	s->source = (struct source){s->bytes, shard_sample_bytes(&s->src.shape)};
	nn_kernels_init(&s->k, golden_cpu_flags);
	s->pool = pool_new(1);
	s->t = train_new(&shape, s->seed, &e);
	s->trainer = s->pool && s->t ? trainer_new(&config, &shape, s->size, &s->k, s->pool, &e) : NULL;
	check(!s->trainer, &e);
}

static void span_close(struct span *s)
{
	trainer_free(s->trainer);
	train_free(s->t);
	pool_free(s->pool);
	free(s->bytes);
}

/* Three steps on 80 samples; the third in the generation after, on 50 of them. */
static void span_rows(struct buf *out)
{
	struct span s = {.seed = 7, .size = 4, .adapt_interval = 2, .adapt_until = 3, .samples_seed = 300, .count = 80};
	struct err e = {.text = ""};
	struct buf b = {0};
	char prefix[64];

	span_open(&s);
	for (uint64_t n = 0; n < 3; n++) {
		s.src.count = n < 2 ? 80 : 50;
		check(trainer_run(s.trainer, s.t, &s.src, n < 2 ? 1 : 2, n < 2 ? 0 : 2, 1, NULL, NULL, &e), &e);
		snprintf(prefix, sizeof prefix, "train/span/step%d", (int)n);
		state_rows(out, prefix, s.t);
		golden_row(out, T_U8, DIMS(s.t->acts), s.t->act_exp, "%s/activations", prefix);
		buf_clear(&b);
		train_write(s.t, &b);
		golden_row(out, T_U8, DIMS((int)b.len), b.data, "%s/checkpoint", prefix);
	}
	span_close(&s);
	buf_release(&b);
}

/* Few values a tensor, adapted after every step: counts fall on the limits too. */
static void adapt_rows(struct buf *out)
{
	struct span s = {
	    .seed = 26, .size = 2, .adapt_interval = 1, .adapt_until = 100, .samples_seed = 301, .count = 40};
	struct err e = {.text = ""};

	span_open(&s);
	for (int n = 0; n < 6; n++) {
		check(trainer_run(s.trainer, s.t, &s.src, 1, 0, 1, NULL, NULL, &e), &e);
		golden_row(out, T_U8, DIMS(s.t->acts), s.t->act_exp, "train/adapt/step%d/activations", n);
	}
	span_close(&s);
}

void golden_train(struct buf *out)
{
	for (int i = 0; i < GOLDEN_CASES; i++)
		if (golden_cases[i].positions == SLICE)
			case_rows(out, i);
	span_rows(out);
	adapt_rows(out);
}
