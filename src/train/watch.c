/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step's exact checks: a second state is updated beside the first, and what is played with is derived again from it. */
#include "train/train_int.h"

#include <stdlib.h>
#include <string.h>

struct train_watch {
	struct train_state *state;       /* follows the trained one */
	bool follows;                    /* whether it has begun to */
	struct nn_net *net;              /* its weights as they are played */
	int8_t *back;                    /* room for any layer's weights on the way back */
};

static size_t widest_back(const struct train_state *s)
{
	size_t most = 0;

	for (int i = 0; i < s->layers; i++) {
		size_t n = train_back_bytes(&s->layer[i].info);
		most = n > most ? n : most;
	}
	return (most + 63) / 64 * 64;
}

struct train_watch *train_watch_new(const struct nn_shape *shape, struct err *e)
{
	struct train_watch *w = calloc(1, sizeof *w);
	if (w) {
		w->state = train_state_alloc(shape, e);
		w->net = nn_net_new(shape, e);
		w->back = w->state ? aligned_alloc(64, widest_back(w->state)) : NULL;
	}
	if (!w || !w->state || !w->net || !w->back) {
		train_watch_free(w);
		err_set(e, ERR_MEMORY, "out of memory for checks of training");
		return NULL;
	}
	return w;
}

void train_watch_free(struct train_watch *w)
{
	if (!w)
		return;
	train_free(w->state);
	nn_net_free(w->net);
	free(w->back);
	free(w);
}

void train_watch_step(struct train_watch *w, const struct train_state *s)
{
	if (!w->follows || w->state->step != s->step)
		train_state_copy(w->state, s);
	w->follows = true;
}

static int fault(struct train_watch *w, struct err *e, const char *what)
{
	w->follows = false;
	return err_set(e, ERR_FAULT, "checks: training step %llu: %s", (unsigned long long)w->state->step, what);
}

static bool layer_same(const struct nn_layer *a, const struct nn_layer *b)
{
	size_t co = (size_t)a->info.co, k = (size_t)(a->info.taps * a->info.ci);

	return a->exp == b->exp && memcmp(a->weight, b->weight, co * k) == 0 && memcmp(a->bias, b->bias, co * sizeof *a->bias) == 0 &&
	       memcmp(a->packed, b->packed, nn_packed_bytes((int)co, (int)k)) == 0 &&
	       a->fits == b->fits && (!a->wino || memcmp(a->wino, b->wino, nn_layer_wino_bytes(&a->info)) == 0) &&
	       memcmp(a->sum, b->sum, nn_sum_count((int)co, (int)k) * sizeof *a->sum) == 0;
}

int train_watch_weights(struct train_watch *w, const struct nn_net *net, int8_t *const *back, struct err *e)
{
	train_quantise(w->state, w->net);
	bool same = memcmp(net->act_exp, w->net->act_exp, (size_t)net->acts) == 0;
	for (int i = 0; i < net->layers; i++) {
		if (train_pack_back(&w->net->layer[i], w->back))
			return err_set(e, ERR_MEMORY, "out of memory for checks of training");
		same = same && layer_same(&net->layer[i], &w->net->layer[i]) &&
		       memcmp(back[i], w->back, train_back_bytes(&net->layer[i].info)) == 0;
	}
	return same ? 0 : fault(w, e, "the weights in use are not those of the state");
}

void train_watch_update(struct train_watch *w, int layer, const struct grads *g, const struct train_config *c)
{
	train_update_layer(w->state, layer, g, c);
}

int train_watch_updated(struct train_watch *w, const struct train_state *s, struct err *e)
{
	w->state->step++;
	return train_state_same(w->state, s) ? 0 : fault(w, e, "two updates of the same state differ");
}

void train_watch_exponents(struct train_watch *w, const struct train_state *s)
{
	memcpy(w->state->act_exp, s->act_exp, sizeof s->act_exp);
}
