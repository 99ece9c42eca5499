/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Positions to find units on, the import from one end to the other, and what it costs. */
#include "weights/weights.h"

#include "base/fixed.h"
#include "base/rng.h"
#include "games/go/go.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Positions of a game are taken every so many moves. */
static int spacing(const struct nn_leela_shape *s)
{
	return 2 + s->size * s->size / 24;
}

enum { PER_GAME = 8 };

struct player {
	const struct nn_leela *net;      /* NULL: draws evenly */
	const struct nn_kernels *kernels;
	struct nn_leela_work *work;
	void *state;
	uint64_t key, at;
};

/* An action by Q28 shares. */
static int draw(struct player *p, const int32_t *share, int n)
{
	uint32_t left = 0;
	int last = n - 1;
	for (int a = 0; a < n; a++)
		left += (uint32_t)share[a];
	left = rng_below(p->key, p->at++, left ? left : 1);
	for (int a = 0; a < n; a++) {
		if (left < (uint32_t)share[a])
			return a;
		left -= (uint32_t)share[a];
	}
	return last;
}

/* One move: a legal point, or the pass where there is none. */
static void move(struct player *p, const uint8_t *planes)
{
	uint8_t legal[GAME_ACTIONS_MAX];
	int32_t share[GAME_ACTIONS_MAX];
	int pass = game_points(game_go_history.rules(p->state)), n = game_go_history.legal(p->state, legal);
	legal[pass] = n == 1;
	if (p->net) {
		nn_leela_input(p->work, 0, planes);
		nn_leela_forward(p->kernels, p->net, p->work, 1);
		fx_softmax(p->work->policy, legal, pass + 1, share);
	} else {
		for (int a = 0; a <= pass; a++)
			share[a] = legal[a];
	}
	int action = draw(p, share, pass + 1);
	game_go_history.play(p->state, legal[action] ? action : pass);
}

static void play_games(struct player *p, const struct game_rules *r, int count, int every, uint8_t *planes)
{
	uint8_t seen[GAME_POINTS_MAX * GO_HISTORY_PLANES];
	size_t bytes = (size_t)game_points(r) * GO_HISTORY_PLANES;
	for (int i = 0; i < count; i++) {
		if (i % PER_GAME == 0)
			game_go_history.init(p->state, r);
		int moves = i % PER_GAME ? every : 1 + i / PER_GAME % every;
		for (int m = 0; m < moves; m++) {
			if (game_go_history.over(p->state))
				game_go_history.init(p->state, r);
			game_go_history.features(p->state, seen);
			move(p, seen);
		}
		game_go_history.features(p->state, planes + (size_t)i * bytes);
	}
}

int weights_positions(const struct nn_leela_shape *s, const struct nn_leela *net, const struct nn_kernels *k, uint64_t seed,
                      int count, uint8_t *planes, struct err *e)
{
	const struct game_rules rules = {.size = s->size, .komi_half = 15, .max_moves = GAME_MOVES_MAX};
	struct player p = {.net = net, .kernels = k, .key = rng_key(seed, RNG_RANDOM)};
	p.state = malloc(game_go_history.state_bytes(&rules));
	p.work = nn_leela_work_new(s, 1);
	int rc = p.state && p.work ? 0 : err_set(e, ERR_MEMORY, "weights: no memory for a game");
	if (rc == 0)
		play_games(&p, &rules, count, spacing(s), planes);
	nn_leela_work_free(p.work);
	free(p.state);
	return rc;
}

/* ---- what it costs ---- */

static int best(const double *p, int n)
{
	int at = 0;
	for (int i = 1; i < n; i++)
		if (p[i] > p[at])
			at = i;
	return at;
}

static void softmax(double *p, int n)
{
	double top = p[best(p, n)], sum = 0;
	for (int i = 0; i < n; i++)
		sum += p[i] = exp(p[i] - top);
	for (int i = 0; i < n; i++)
		p[i] /= sum;
}

static double kl(const double *p, const double *q, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		if (p[i] > 0)
			sum += p[i] * log(p[i] / (q[i] > 1e-300 ? q[i] : 1e-300));
	return sum;
}

static void compare(struct weights_cost *c, const float *policy, float value, const int32_t *logit, int32_t v, int n)
{
	double p[GAME_ACTIONS_MAX], q[GAME_ACTIONS_MAX];
	for (int i = 0; i < n; i++) {
		p[i] = policy[i];
		q[i] = logit[i] / 65536.0;
	}
	c->same_best += best(p, n) == best(q, n);
	softmax(p, n);
	softmax(q, n);
	double d = kl(p, q, n), w = fabs(tanh(value) - tanh(v / 65536.0)) / 2;
	c->kl_mean += d;
	c->kl_most = d > c->kl_most ? d : c->kl_most;
	c->value_mean += w;
	c->value_most = w > c->value_most ? w : c->value_most;
	c->positions++;
}

static int measure(const struct nn_leela *net, const struct nn_kernels *k, struct weights_work *f, const uint8_t *planes,
                   int count, struct weights_cost *c, struct err *e)
{
	struct nn_leela_work *w = nn_leela_work_new(&net->shape, 1);
	int points = net->shape.size * net->shape.size;
	float policy[GAME_ACTIONS_MAX], value;
	if (!w)
		return err_set(e, ERR_MEMORY, "weights: no memory for the net");
	*c = (struct weights_cost){.positions = 0};
	for (int i = 0; i < count; i++, planes += points * NN_LEELA_PLANES) {
		nn_leela_input(w, 0, planes);
		nn_leela_forward(k, net, w, 1);
		weights_evaluate(f, planes, policy, &value);
		compare(c, policy, value, w->policy, w->value[0], points + 1);
	}
	c->kl_mean /= count ? count : 1;
	c->value_mean /= count ? count : 1;
	nn_leela_work_free(w);
	return 0;
}

static void meet_all(struct weights_work *f, const uint8_t *planes, int count, int points)
{
	float policy[GAME_ACTIONS_MAX], value;
	for (int i = 0; i < count; i++)
		weights_evaluate(f, planes + (size_t)(i * points) * NN_LEELA_PLANES, policy, &value);
}

static struct nn_leela *import(const struct weights *w, const struct nn_kernels *k, struct weights_work *f, uint8_t *planes,
                               int positions, int tests, struct weights_cost *cost, struct err *e)
{
	enum { RANDOM_GAMES = 1, OWN_GAMES = 2, TEST_GAMES = 3 };
	int points = w->shape.size * w->shape.size, first = positions / 2, rest = positions - positions / 2;
	if (weights_positions(&w->shape, NULL, k, RANDOM_GAMES, first, planes, e))
		return NULL;
	meet_all(f, planes, first, points);
	struct nn_leela *draft = weights_convert(w, f, e), *net = NULL;
	if (!draft)
		return NULL;
	if (weights_positions(&w->shape, draft, k, OWN_GAMES, rest, planes, e) == 0) {
		meet_all(f, planes, rest, points);
		net = weights_convert(w, f, e);
	}
	nn_leela_free(draft);
	if (net && (weights_positions(&w->shape, net, k, TEST_GAMES, tests, planes, e) ||
	            measure(net, k, f, planes, tests, cost, e))) {
		nn_leela_free(net);
		return NULL;
	}
	return net;
}

struct nn_leela *weights_import(const struct weights *w, const struct nn_kernels *k, int positions, int tests,
                                struct weights_cost *cost, struct err *e)
{
	size_t most = (size_t)(positions > tests ? positions : tests), bytes = (size_t)(w->shape.size * w->shape.size) * NN_LEELA_PLANES;
	struct weights_work *f = weights_work_new(w);
	uint8_t *planes = malloc((most + 1) * bytes);
	struct nn_leela *n = NULL;
	if (f && planes)
		n = import(w, k, f, planes, positions, tests, cost, e);
	else
		err_set(e, ERR_MEMORY, "weights: no memory to evaluate the net");
	weights_work_free(f);
	free(planes);
	return n;
}
