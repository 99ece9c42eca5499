/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search against a slow one written from docs/search.md: recursive, a state in every node, an array over all
 * actions in every node, statistics kept by edge as the parent sees them.  Shared by its test and the fuzzer. */
#ifndef MIAI_TESTS_SEARCH_SLOW_SEARCH_H
#define MIAI_TESTS_SEARCH_SLOW_SEARCH_H

#include "search/drive.h"

#include "base/fixed.h"

struct slow_node {
	void *state;
	bool terminal;
	uint8_t legal[GAME_ACTIONS_MAX];
	int32_t logit[GAME_ACTIONS_MAX], prior[GAME_ACTIONS_MAX];
	struct slow_node *child[GAME_ACTIONS_MAX];
	int64_t edge_n[GAME_ACTIONS_MAX], edge_w[GAME_ACTIONS_MAX];
	int64_t n, w; /* its own view */
	int64_t value, raw;
};

struct slow {
	const struct search_settings *set;
	int root_player, actions, visits;
	int32_t spread;
	uint64_t key;
	int asked;
	int64_t noise[GAME_ACTIONS_MAX];
	int cand[64], left;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	int64_t q = a / b;
	while (q * b > a)
		q--;
	return q;
}

static struct slow_node *slow_node(struct slow *s, const void *parent, int action)
{
	const struct game_rules *r = game_go.rules(parent);
	struct slow_node *n = calloc(1, sizeof *n);
	n->state = malloc(game_go.state_bytes(r));
	memcpy(n->state, parent, game_go.state_bytes(r));
	if (action >= 0)
		CHECK(game_go.play(n->state, action));
	int mover = game_go.to_move(n->state), sign = mover == s->root_player ? 1 : -1;
	n->terminal = game_go.over(n->state);
	if (n->terminal) {
		int half = game_go.score_half(n->state) * (mover ? -1 : 1);
		int64_t draw = sign * floor_div(65536 * (int64_t)s->set->draw_utility, 1000);
		n->value = half > 0 ? 65536 : half < 0 ? -65536 : draw;
		return n;
	}
	uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	struct eval out;
	int32_t p28[GAME_ACTIONS_MAX];
	game_go.features(n->state, planes);
	hash_answer(planes, r->size, s->spread, &out);
	s->asked++;
	game_go.legal(n->state, n->legal);
	fx_softmax(out.logit, n->legal, s->actions, p28);
	for (int a = 0; a < s->actions; a++) {
		n->logit[a] = out.logit[a];
		n->prior[a] = (p28[a] + 2048) / 4096;
		if (n->prior[a] == 65536)
			n->prior[a] = 65535;
	}
	n->raw = out.value;
	n->value = out.value + sign * floor_div((int64_t)out.wdl[1] * s->set->draw_utility, 1000);
	n->value = n->value > 65536 ? 65536 : n->value < -65536 ? -65536 : n->value;
	return n;
}

static void slow_free(struct slow_node *n)
{
	for (int a = 0; n && a < GAME_ACTIONS_MAX; a++)
		slow_free(n->child[a]);
	if (n)
		free(n->state);
	free(n);
}

static int slow_puct(const struct slow *s, const struct slow_node *n)
{
	int64_t seen = 0, most = INT64_MIN;
	int best = -1;
	for (int a = 0; a < s->actions; a++)
		seen += n->edge_n[a] ? n->prior[a] : 0;
	int64_t seen_root = fx_isqrt64((uint64_t)seen * 65536);
	int64_t first = floor_div(n->w, n->n) - floor_div(s->set->fpu * seen_root, 1000);
	for (int a = 0; a < s->actions; a++) {
		if (!n->legal[a])
			continue;
		int64_t q = n->edge_n[a] ? floor_div(n->edge_w[a], n->edge_n[a]) : first;
		int64_t root = fx_isqrt64((uint64_t)n->n * 65536 * 65536);
		int64_t u = (int64_t)s->set->cpuct * n->prior[a] * root / (1000 * (1 + n->edge_n[a]));
		if (q * 65536 + u > most) {
			most = q * 65536 + u;
			best = a;
		}
	}
	return best;
}

/* One visit through action a of n; returns the value for the mover at n. */
static int64_t slow_visit(struct slow *s, struct slow_node *n, int a)
{
	int64_t v;
	if (!n->child[a]) {
		n->child[a] = slow_node(s, n->state, a);
		v = n->child[a]->value;
		n->child[a]->n = 1;
		n->child[a]->w = v;
	} else if (n->child[a]->terminal) {
		v = n->child[a]->value;
	} else {
		v = slow_visit(s, n->child[a], slow_puct(s, n->child[a]));
	}
	n->edge_n[a]++;
	n->edge_w[a] -= v;
	n->n++;
	n->w -= v;
	return -v;
}

static int64_t slow_sigma(const struct slow *s, const struct slow_node *root, int64_t q)
{
	int64_t most = 0;
	for (int a = 0; a < s->actions; a++)
		most = root->edge_n[a] > most ? root->edge_n[a] : most;
	return (s->set->c_visit + most) * s->set->c_scale * floor_div(q + 65536, 2) / 1000;
}

static int64_t slow_score(const struct slow *s, const struct slow_node *root, int a)
{
	int64_t x = root->logit[a] + s->noise[a];
	if (root->edge_n[a])
		x += slow_sigma(s, root, floor_div(root->edge_w[a], root->edge_n[a]));
	return x;
}

/* Keeps the best `keep` of the actions for which in[a] holds. */
static void slow_rank(struct slow *s, const struct slow_node *root, const uint8_t *in, int keep)
{
	uint8_t pool[GAME_ACTIONS_MAX];
	memcpy(pool, in, (size_t)s->actions);
	for (s->left = 0; s->left < keep; s->left++) {
		int best = -1;
		for (int a = 0; a < s->actions; a++)
			if (pool[a] && (best < 0 || slow_score(s, root, a) > slow_score(s, root, best)))
				best = a;
		pool[best] = 0;
		s->cand[s->left] = best;
	}
}

static void slow_halving(struct slow *s, struct slow_node *root)
{
	int sims = s->visits - 1, used = 0, m = s->set->gumbel_actions, legal = 0, phases = 0;
	for (int a = 0; a < s->actions; a++) {
		uint64_t bits = rng_at(rng_key(s->key, RNG_GUMBEL), (uint64_t)a);
		s->noise[a] = s->set->gumbel_noise ? fx_gumbel_q16((uint32_t)(bits >> 32)) : 0;
		legal += root->legal[a];
	}
	m = m > legal ? legal : m;
	m = m > sims ? sims : m;
	while ((1 << phases) < m)
		phases++;
	slow_rank(s, root, root->legal, m);
	for (;;) {
		int quota = phases ? sims / (phases * s->left) : 1;
		for (int round = 0; round < (quota ? quota : 1); round++)
			for (int c = 0; c < s->left && used < sims; c++, used++)
				slow_visit(s, root, s->cand[c]);
		if (used == sims)
			return;
		uint8_t in[GAME_ACTIONS_MAX] = {0};
		for (int c = 0; c < s->left; c++)
			in[s->cand[c]] = 1;
		int keep = s->left / 2 < 2 ? 2 : s->left / 2;
		slow_rank(s, root, in, keep < s->left ? keep : s->left);
	}
}

static int slow_best(const struct slow *s, const struct slow_node *root, const uint8_t *in, bool halving)
{
	int best = -1;
	for (int a = 0; a < s->actions; a++) {
		if (!in[a])
			continue;
		if (best >= 0 && root->edge_n[a] < root->edge_n[best])
			continue;
		bool more = best < 0 || root->edge_n[a] > root->edge_n[best];
		if (!more && halving)
			more = slow_score(s, root, a) > slow_score(s, root, best);
		else if (!more && s->visits == 1)
			more = root->logit[a] > root->logit[best];
		else if (!more && root->edge_n[a])
			more = floor_div(root->edge_w[a], root->edge_n[a]) >
			       floor_div(root->edge_w[best], root->edge_n[best]);
		if (more)
			best = a;
	}
	return best;
}

static int64_t slow_mix(const struct slow *s, const struct slow_node *root)
{
	int64_t n = 0, weight = 0, sum = 0;
	for (int a = 0; a < s->actions; a++) {
		if (!root->edge_n[a])
			continue;
		int64_t p = root->prior[a] > 0 ? root->prior[a] : 1;
		n += root->edge_n[a];
		weight += p;
		sum += p * floor_div(root->edge_w[a], root->edge_n[a]);
	}
	return n == 0 ? root->value : floor_div(root->value + n * floor_div(sum, weight), 1 + n);
}

/* The policy target; returns the value after search. */
static int64_t slow_policy(const struct slow *s, const struct slow_node *root, uint32_t *policy)
{
	int64_t x[GAME_ACTIONS_MAX], q[GAME_ACTIONS_MAX], most = INT64_MIN, value = 0;
	int32_t logit[GAME_ACTIONS_MAX], p[GAME_ACTIONS_MAX];
	uint32_t sum = 0, top = 0;
	bool shares = s->set->gumbel_actions == 0 && s->visits > 1;
	for (int a = 0; a < s->actions; a++) {
		q[a] = root->edge_n[a] ? floor_div(root->edge_w[a], root->edge_n[a]) : slow_mix(s, root);
		x[a] = root->logit[a] + slow_sigma(s, root, q[a]);
		if (root->legal[a] && x[a] > most)
			most = x[a];
	}
	for (int a = 0; a < s->actions; a++)
		logit[a] = x[a] - most < -(1 << 29) ? -(1 << 29) : root->legal[a] ? (int32_t)(x[a] - most) : 0;
	fx_softmax(logit, root->legal, s->actions, p);
	for (int a = 0; a < s->actions; a++) {
		policy[a] = shares ? (uint32_t)(root->edge_n[a] * 65536 / (s->visits - 1)) : (uint32_t)(p[a] / 4096);
		sum += policy[a];
		if (policy[a] > policy[top])
			top = (uint32_t)a;
	}
	policy[top] += 65536 - sum;
	for (int a = 0; a < s->actions; a++)
		value += policy[a] * q[a];
	return shares ? floor_div(root->w, root->n) : floor_div(value, 65536);
}

static void compare(struct slow *s, const struct slow_node *root, const struct search *fast, int asked)
{
	struct search_result r;
	struct search_child child[GAME_ACTIONS_MAX];
	uint32_t want[GAME_ACTIONS_MAX] = {0}, got[GAME_ACTIONS_MAX];
	uint8_t in[GAME_ACTIONS_MAX] = {0};
	bool halving = s->set->gumbel_actions > 0 && s->visits > 1;
	for (int a = 0; a < s->actions; a++)
		in[a] = !halving && root->legal[a];
	for (int c = 0; halving && c < s->left; c++)
		in[s->cand[c]] = 1;
	search_result(fast, &r);
	CHECK_INT(asked, s->asked);
	CHECK_INT(r.visits, s->visits);
	CHECK_INT(r.raw_value, root->raw);
	CHECK_INT(r.action, slow_best(s, root, in, halving));
	CHECK_INT(r.value, slow_policy(s, root, want));
	search_policy(fast, got);
	CHECK(memcmp(got, want, (size_t)s->actions * sizeof got[0]) == 0);
	int n = search_children(fast, child, GAME_ACTIONS_MAX), legal = 0;
	for (int a = 0; a < s->actions; a++)
		legal += root->legal[a];
	CHECK_INT(n, legal);
	for (int i = 0; i < n; i++) {
		CHECK_INT(child[i].visits, root->edge_n[child[i].action]);
		CHECK_INT(child[i].prior, root->prior[child[i].action]);
		if (i > 0)
			CHECK(child[i].visits <= child[i - 1].visits);
		if (child[i].visits > 0)
			CHECK_INT(child[i].value, floor_div(root->edge_w[child[i].action], child[i].visits));
	}
}

static void one_search(const struct search_settings *set, const struct game_rules *rules, int moves, uint64_t key)
{
	static const int32_t spread[] = {0, 1000, 65536, 4 * 65536, 40 * 65536};
	struct slow s = {.set = set, .visits = set->visits, .key = key, .spread = spread[key % 5]};
	void *state = random_state(rules, moves, key);
	struct search *fast = search_new(&game_go, rules, set, NULL);
	int asked = run_hash(fast, state, set->visits, key, s.spread);
	s.root_player = game_go.to_move(state);
	s.actions = game_actions(rules);
	struct slow_node *root = slow_node(&s, state, -1);
	root->n = 1;
	root->w = root->value;
	if (set->gumbel_actions && set->visits > 1)
		slow_halving(&s, root);
	for (int i = 1; set->gumbel_actions == 0 && i < set->visits; i++)
		slow_visit(&s, root, slow_puct(&s, root));
	compare(&s, root, fast, asked);
	slow_free(root);
	search_free(fast);
	free(state);
}

#endif
