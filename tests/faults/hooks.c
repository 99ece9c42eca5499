/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kernels that flip a bit, and the allocations where bits may be flipped.  One thread. */
#include "flips.h"

#include "base/rng.h"
#include "nn/forward.h"
#include "record/shard.h"
#include "train/train_int.h"

#include <stdlib.h>
#include <string.h>

const char *const place_name[PLACES] = {
    "packed weights", "packed weights, back", "net in memory", "activations", "results of relu", "trunk",
    "forward pass's memory", "sums, forward", "sums, back", "sums, weight gradients", "int8 gradients",
    "backward pass's memory", "gradient sums", "state of training", "samples in memory",
};

enum { LIVE_MAX = 256 };

/* What is allocated now. */
struct live {
	const void *at[LIVE_MAX];
	size_t bytes[LIVE_MAX]; /* where at is bytes */
	int n;
};

static struct {
	struct nn_kernels real;
	const struct flip *flip;
	uint64_t moments[PLACES];
	int done;
	struct live net, state, work, shard;
	struct slice *slice; /* of the backward pass under way */
} hook;

static void live_add(struct live *l, const void *p, size_t bytes)
{
	if (!p || l->n == LIVE_MAX)
		return;
	l->at[l->n] = p;
	l->bytes[l->n++] = bytes;
}

static void live_remove(struct live *l, const void *p)
{
	for (int i = 0; i < l->n; i++)
		if (p && l->at[i] == p) {
			l->n--;
			l->at[i] = l->at[l->n];
			l->bytes[i] = l->bytes[l->n];
			return;
		}
}

/* Is this the moment?  Counts it. */
static int due(enum place p)
{
	return hook.moments[p]++ == (hook.flip ? hook.flip->moment : 0) && hook.flip && hook.flip->place == p && !hook.done;
}

/* A number below n, the k-th that the flip asks for. */
static uint64_t pick(uint64_t k, uint64_t n)
{
	return n ? rng_at(rng_key(hook.flip->random, RNG_TEST), k) % n : 0;
}

static void flip_bit(const void *p, size_t bytes)
{
	union {
		const void *in;
		uint8_t *out;
	} lend = {p};
	uint64_t bit = pick(0, 8 * (uint64_t)bytes);

	if (!bytes)
		return;
	lend.out[bit / 8] = (uint8_t)(lend.out[bit / 8] ^ (1u << (bit % 8)));
	hook.done = 1;
}

static void flip_net(void)
{
	const struct nn_net *n = hook.net.n ? hook.net.at[pick(1, (uint64_t)hook.net.n)] : NULL;
	if (!n)
		return;
	const struct nn_layer *l = &n->layer[pick(2, (uint64_t)n->layers)];
	size_t co = (size_t)l->info.co, k = (size_t)(l->info.taps * l->info.ci);
	switch (pick(3, 10)) {
	case 0:
		flip_bit(l->bias, co * sizeof *l->bias);
		return;
	case 1:
		flip_bit(n->act_exp, (size_t)n->acts);
		return;
	case 2:
		flip_bit(&l->exp, 1);
		return;
	case 8:
		flip_bit(&l->fits, 1);
		return;
	case 9:
		flip_bit(l->wino, nn_layer_wino_bytes(&l->info));
		return;
	case 3:
	case 4:
		flip_bit(l->packed, nn_packed_bytes((int)co, (int)k));
		return;
	default:
		flip_bit(l->weight, co * k);
	}
}

static void flip_state(void)
{
	const struct train_state *t = hook.state.n ? hook.state.at[pick(1, (uint64_t)hook.state.n)] : NULL;
	if (!t)
		return;
	const struct train_layer *l = &t->layer[pick(2, (uint64_t)t->layers)];
	size_t w = (size_t)l->weights * sizeof *l->m, c = (size_t)l->info.co * sizeof *l->bias;
	switch (pick(3, 8)) {
	case 0:
		flip_bit(l->bias, c);
		return;
	case 1:
		flip_bit(l->gain ? l->gain : l->vbias, c);
		return;
	case 2:
	case 3:
		flip_bit(l->vm, w);
		return;
	default:
		flip_bit(l->m, w);
	}
}

static void flip_live(const struct live *l)
{
	int i = (int)pick(1, (uint64_t)l->n);
	if (l->n)
		flip_bit(l->at[i], l->bytes[i]);
}

/* One row of what a product reads. */
static void flip_input(const struct nn_mm *m)
{
	int r = (int)pick(1, (uint64_t)m->rows), t = (int)pick(2, (uint64_t)m->taps);
	flip_bit((const uint8_t *)m->x + m->row[r] + m->tap[t], (size_t)m->ci);
}

static void hook_mm_u8(const struct nn_mm *m)
{
	if (due(PLACE_PACKED))
		flip_bit(m->w, nn_packed_bytes(m->co, m->taps * m->ci));
	if (due(PLACE_NET))
		flip_net();
	if (due(PLACE_ACTIVATION))
		flip_input(m);
	if (due(PLACE_WORK))
		flip_live(&hook.work);
	if (due(PLACE_STATE))
		flip_state();
	hook.real.mm_u8(m);
	if (due(PLACE_SUMS))
		flip_bit(m->acc, (size_t)(m->rows * m->co) * sizeof *m->acc);
}

/* Exact Winograd has its own weights and inputs, and its own sums. */
static void hook_wino_mm(const struct nn_wino_mm *m)
{
	const bool back = hook.slice != NULL;
	const int tiles = m->first[NN_WINO_FORMS];

	if (due(back ? PLACE_BACK : PLACE_PACKED))
		flip_bit(m->u, (size_t)m->co * (size_t)(m->ci + NN_WINO_TERM) * sizeof *m->u);
	if (due(back ? PLACE_GRADIENT : PLACE_ACTIVATION))
		flip_bit(m->v, (size_t)tiles * (size_t)m->ci * sizeof *m->v);
	hook.real.wino_mm(m);
	if (due(back ? PLACE_BACK_SUMS : PLACE_SUMS))
		flip_bit(m->m, (size_t)tiles * (size_t)m->co * sizeof *m->m);
}

static void hook_mm_s8(const struct nn_mm *m)
{
	if (due(PLACE_BACK))
		flip_bit(m->w, nn_packed_bytes(m->co, m->taps * m->ci));
	if (due(PLACE_GRADIENT))
		flip_input(m);
	hook.real.mm_s8(m);
	if (due(PLACE_BACK_SUMS))
		flip_bit(m->acc, (size_t)m->rows * (size_t)m->co * sizeof *m->acc);
}

static void before_wgrad(void)
{
	if (due(PLACE_SLICE) && hook.slice)
		flip_bit(hook.slice->arena.base, hook.slice->arena.used);
	if (due(PLACE_GRADIENT_SUMS) && hook.slice)
		flip_bit(hook.slice->grads.arena.base, hook.slice->grads.arena.used);
	if (due(PLACE_SAMPLES))
		flip_live(&hook.shard);
}

static void hook_wgrad(const struct nn_wgrad *g)
{
	before_wgrad();
	hook.real.wgrad(g);
	if (due(PLACE_WGRAD))
		flip_bit(g->dw, (size_t)(g->taps * g->co * g->ci) * sizeof *g->dw);
}

static void hook_wgrad3(const struct nn_wgrad3 *g)
{
	before_wgrad();
	hook.real.wgrad3(g);
	if (due(PLACE_WGRAD))
		flip_bit(g->dw, (size_t)(9 * g->co * g->ci) * sizeof *g->dw);
}

static void hook_relu_rows(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s)
{
	hook.real.relu_rows(out, row, rows, acc, bias, c, s);
	if (due(PLACE_RELU))
		flip_bit(out + row[pick(1, (uint64_t)rows)], (size_t)c);
}

static void hook_trunk_rows(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, const int32_t *extra,
                            int c, int s)
{
	if (due(PLACE_TRUNK))
		flip_bit(t + row[pick(1, (uint64_t)rows)], (size_t)c * sizeof *t);
	hook.real.trunk_rows(t, row, rows, acc, bias, extra, c, s);
}

void flips_kernels(struct nn_kernels *k, unsigned flags, const struct flip *f)
{
	nn_kernels_init(&hook.real, flags);
	*k = hook.real;
	k->mm_u8 = hook_mm_u8;
	k->mm_s8 = hook_mm_s8;
	k->wino_mm = hook_wino_mm;
	k->wgrad = hook_wgrad;
	k->wgrad3 = hook_wgrad3;
	k->relu_rows = hook_relu_rows;
	k->trunk_rows = hook_trunk_rows;
	hook.flip = f;
	hook.done = 0;
	memset(hook.moments, 0, sizeof hook.moments);
}

uint64_t flips_moments(enum place p)
{
	return hook.moments[p];
}

int flips_done(void)
{
	return hook.done;
}

void flips_recipe(struct recipe *r, bool wide)
{
	recipe_defaults(r);
	r->run_seed = 3;
	r->run_generations = 2;
	r->board_size = wide ? 6 : 4;
	r->board_komi = 2;
	r->board_komi_spread = 2;
	r->board_max_moves = 16;
	r->net_blocks = 1;
	r->net_channels = r->net_head = wide ? 32 : 16;
	r->selfplay_games = 8;
	r->selfplay_visits = 6;
	r->selfplay_cheap_visits = 3;
	r->selfplay_full_share = 500;
	r->selfplay_gumbel_actions = 4;
	r->selfplay_opening_plies = 3;
	r->train_batch = 64;
	r->train_steps = 6;
	r->train_lr = 120000;
	r->train_warmup = 2;
	r->train_window = 2;
	r->train_adapt_interval = 3;
	r->train_adapt_until = 9;
	r->train_checkpoint_interval = 3;
	r->gate_pairs = 2;
	r->gate_margin = 4;
	r->gate_visits = 4;
	r->gate_opening_plies = 2;
}

/* ---- allocations, wrapped ---- */

struct nn_net *__real_nn_net_new(const struct nn_shape *s, struct err *e);
struct nn_net *__wrap_nn_net_new(const struct nn_shape *s, struct err *e);
struct nn_net *__wrap_nn_net_new(const struct nn_shape *s, struct err *e)
{
	struct nn_net *n = __real_nn_net_new(s, e);
	live_add(&hook.net, n, 0);
	return n;
}

void __real_nn_net_free(struct nn_net *n);
void __wrap_nn_net_free(struct nn_net *n);
void __wrap_nn_net_free(struct nn_net *n)
{
	live_remove(&hook.net, n);
	__real_nn_net_free(n);
}

struct nn_work *__real_nn_work_new(const struct nn_shape *s, int size, int batch, bool keep);
struct nn_work *__wrap_nn_work_new(const struct nn_shape *s, int size, int batch, bool keep);
struct nn_work *__wrap_nn_work_new(const struct nn_shape *s, int size, int batch, bool keep)
{
	struct nn_work *w = __real_nn_work_new(s, size, batch, keep);
	if (w)
		live_add(&hook.work, w->arena.base, w->arena.used);
	return w;
}

void __real_nn_work_free(struct nn_work *w);
void __wrap_nn_work_free(struct nn_work *w);
void __wrap_nn_work_free(struct nn_work *w)
{
	if (w)
		live_remove(&hook.work, w->arena.base);
	__real_nn_work_free(w);
}

struct train_state *__real_train_new(const struct nn_shape *s, uint64_t seed, struct err *e);
struct train_state *__wrap_train_new(const struct nn_shape *s, uint64_t seed, struct err *e);
struct train_state *__wrap_train_new(const struct nn_shape *s, uint64_t seed, struct err *e)
{
	struct train_state *t = __real_train_new(s, seed, e);
	live_add(&hook.state, t, 0);
	return t;
}

struct train_state *__real_train_state_alloc(const struct nn_shape *s, struct err *e);
struct train_state *__wrap_train_state_alloc(const struct nn_shape *s, struct err *e);
struct train_state *__wrap_train_state_alloc(const struct nn_shape *s, struct err *e)
{
	struct train_state *t = __real_train_state_alloc(s, e);
	live_add(&hook.state, t, 0);
	return t;
}

void __real_train_free(struct train_state *t);
void __wrap_train_free(struct train_state *t);
void __wrap_train_free(struct train_state *t)
{
	live_remove(&hook.state, t);
	__real_train_free(t);
}

int __real_shard_read(struct shard *s, struct buf *bytes, struct err *e);
int __wrap_shard_read(struct shard *s, struct buf *bytes, struct err *e);
int __wrap_shard_read(struct shard *s, struct buf *bytes, struct err *e)
{
	int rc = __real_shard_read(s, bytes, e);
	if (rc == 0)
		live_add(&hook.shard, s->sample, s->bytes.len - (size_t)(s->sample - s->bytes.data));
	return rc;
}

void __real_shard_release(struct shard *s);
void __wrap_shard_release(struct shard *s);
void __wrap_shard_release(struct shard *s)
{
	live_remove(&hook.shard, s->sample);
	__real_shard_release(s);
}

void __real_train_backward(struct slice *s);
void __wrap_train_backward(struct slice *s);
void __wrap_train_backward(struct slice *s)
{
	hook.slice = s;
	__real_train_backward(s);
	hook.slice = NULL;
}

int __wrap_fsync(int fd);
int __wrap_fsync(int fd)
{
	(void)fd; /* the machine stays up: a sync could only cost time */
	return 0;
}
