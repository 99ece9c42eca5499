/* SPDX-License-Identifier: GPL-3.0-or-later */
/* At the root: sequential halving with Gumbel noise, and what a search answers. */
#include "base/fixed.h"
#include "base/rng.h"
#include "search/search_int.h"

#include <string.h>

static uint32_t most_visits(const struct search *s)
{
	const struct search_node *root = &s->node[0];
	uint32_t most = 0;
	for (int i = 0; i < root->edges; i++) {
		uint32_t n = search_edge_visits(s, &s->edge[i]);
		if (n > most)
			most = n;
	}
	return most;
}

/* sigma(q) = (c_visit + most) * c_scale * q with q mapped to 0..1, in Q16.  1010000 < 2^20, c_scale < 2^17,
 * q <= 2^16: below 2^53. */
static int64_t sigma(const struct search *s, uint32_t most, int64_t value)
{
	int64_t q = fx_asr64(value + EVAL_ONE, 1);
	return (s->set.c_visit + (int64_t)most) * s->set.c_scale * q / 1000;
}

/* A root edge's rank among candidates; sigma takes part once the edge was visited. */
static int64_t candidate_score(const struct search *s, uint32_t most, int i)
{
	const struct search_edge *e = &s->edge[i];
	int64_t score = (int64_t)s->logit[i] + s->halving.noise[i];
	return search_edge_visits(s, e) ? score + sigma(s, most, search_edge_value(s, e)) : score;
}

/* The best `keep` of the edges listed, best first; equals by action.  list may be h->edge itself. */
static void rank(struct search *s, const uint16_t *list, int n, int keep)
{
	struct search_halving *h = &s->halving;
	int64_t score[SEARCH_GUMBEL_MAX];
	uint16_t top[SEARCH_GUMBEL_MAX];
	uint32_t most = most_visits(s);
	int have = 0;
	for (int k = 0; k < n; k++) {
		int64_t x = candidate_score(s, most, list[k]);
		int at = have < keep ? have++ : keep;
		while (at > 0 && (x > score[at - 1] || (x == score[at - 1] && list[k] < top[at - 1]))) {
			if (at < keep) {
				score[at] = score[at - 1];
				top[at] = top[at - 1];
			}
			at--;
		}
		if (at < keep) {
			score[at] = x;
			top[at] = list[k];
		}
	}
	memcpy(h->edge, top, (size_t)have * sizeof top[0]);
	h->left = have;
}

static void begin_phase(struct search *s)
{
	struct search_halving *h = &s->halving;
	int share = h->phases ? (s->visits - 1) / (h->phases * h->left) : 1;
	h->quota = share > 1 ? share : 1;
	h->played = 0;
}

void search_root_begin(struct search *s)
{
	struct search_halving *h = &s->halving;
	uint16_t all[GAME_ACTIONS_MAX];
	uint64_t key = rng_key(s->key, RNG_GUMBEL);
	int n = s->node[0].edges, m = s->set.gumbel_actions;
	if (m == 0 || s->visits == 1)
		return;
	for (int i = 0; i < n; i++) {
		all[i] = (uint16_t)i;
		h->noise[i] = 0;
		if (s->set.gumbel_noise)
			h->noise[i] = fx_gumbel_q16((uint32_t)(rng_at(key, s->edge[i].action) >> 32));
	}
	m = m < n ? m : n;
	m = m < s->visits - 1 ? m : s->visits - 1;
	for (h->phases = 0; 1 << h->phases < m;)
		h->phases++;
	rank(s, all, n, m);
	begin_phase(s);
}

/* Each phase visits its candidates in turn, quota times; then the better half goes on, but never fewer than two.
 * So what is left of the budget after the last phase goes to the best two, again in rounds. */
static struct search_edge *halving_select(struct search *s)
{
	struct search_halving *h = &s->halving;
	if (h->played == h->quota * h->left) {
		int keep = h->left / 2 > 2 ? h->left / 2 : 2;
		rank(s, h->edge, h->left, keep < h->left ? keep : h->left);
		begin_phase(s);
	}
	return &s->edge[h->edge[h->played++ % h->left]];
}

struct search_edge *search_root_select(struct search *s)
{
	return s->set.gumbel_actions ? halving_select(s) : search_select(s, 0);
}

/* The root has its evaluation; without it there is nothing to report. */
static bool has_root(const struct search *s)
{
	return s->nodes > 0 && s->node[0].n > 0;
}

/* v_mix (appendix D): the evaluator's value and the visited edges' values, these weighted by their priors, at
 * least 1 each, so that the weight is never zero. |sum| < 2^17 * 2^16. */
static int64_t mixed_value(const struct search *s)
{
	const struct search_node *root = &s->node[0];
	int64_t sum = 0, weight = 0, n = 0;
	for (int i = 0; i < root->edges; i++) {
		const struct search_edge *e = &s->edge[i];
		if (!search_edge_visits(s, e))
			continue;
		int64_t p = e->prior ? e->prior : 1;
		n += search_edge_visits(s, e);
		weight += p;
		sum += p * search_edge_value(s, e);
	}
	return n ? search_div_floor(root->value + n * search_div_floor(sum, weight), n + 1) : root->value;
}

/* Completed Q: an edge's mean where it was visited, else v_mix. */
static void completed_values(const struct search *s, int64_t *q)
{
	int64_t mix = mixed_value(s);
	for (int i = 0; i < s->node[0].edges; i++) {
		const struct search_edge *e = &s->edge[i];
		q[i] = search_edge_visits(s, e) ? search_edge_value(s, e) : mix;
	}
}

/* Makes shares sum to 65536 by adding what is missing to the largest, the first of equals. */
static void settle(uint32_t *share, int n)
{
	uint32_t sum = 0;
	int best = 0;
	for (int i = 0; i < n; i++) {
		sum += share[i];
		if (share[i] > share[best])
			best = i;
	}
	share[best] += 65536 - sum;
}

/* Softmax of x over the root's edges, as shares.  Only differences to the largest count: those below -2^29 all
 * give 0. */
static void softmax_shares(const int64_t *x, int n, uint32_t *share)
{
	int32_t logit[GAME_ACTIONS_MAX] = {0}, p[GAME_ACTIONS_MAX];
	int64_t most = x[0];
	for (int i = 1; i < n; i++)
		most = x[i] > most ? x[i] : most;
	for (int i = 0; i < n; i++)
		logit[i] = (int32_t)fx_clamp64(x[i] - most, -SEARCH_LOGIT_MAX, 0);
	fx_softmax(logit, NULL, n, p);
	for (int i = 0; i < n; i++)
		share[i] = (uint32_t)p[i] >> 12;
	settle(share, n);
}

/* The policy target by edge, and for Gumbel the value it promises. */
static void root_shares(const struct search *s, uint32_t *share, int64_t *value)
{
	const struct search_node *root = &s->node[0];
	int64_t x[GAME_ACTIONS_MAX], q[GAME_ACTIONS_MAX], sum = 0;
	if (!s->set.gumbel_actions && root->n > 1) {
		for (int i = 0; i < root->edges; i++)
			share[i] = (uint32_t)((uint64_t)search_edge_visits(s, &s->edge[i]) * 65536 / (root->n - 1));
		settle(share, root->edges);
		*value = search_div_floor(root->w, root->n);
		return;
	}
	uint32_t most = most_visits(s);
	completed_values(s, q);
	for (int i = 0; i < root->edges; i++)
		x[i] = s->logit[i] + sigma(s, most, q[i]);
	softmax_shares(x, root->edges, share);
	for (int i = 0; i < root->edges; i++)
		sum += share[i] * q[i];
	*value = fx_asr64(sum, 16);
}

void search_policy(const struct search *s, uint32_t *policy)
{
	uint32_t share[GAME_ACTIONS_MAX];
	int64_t value;
	memset(policy, 0, (size_t)s->actions * sizeof *policy);
	if (!has_root(s))
		return;
	root_shares(s, share, &value);
	for (int i = 0; i < s->node[0].edges; i++)
		policy[s->edge[i].action] = share[i];
}

/* Most visits, then the best score (halving, a single visit) or mean (PUCT), then the lowest action. */
static int best_edge(const struct search *s)
{
	const struct search_halving *h = &s->halving;
	bool halving = s->set.gumbel_actions && s->visits > 1;
	int best = -1, n = halving ? h->left : s->node[0].edges;
	uint32_t most = most_visits(s), best_n = 0;
	int64_t best_score = 0;
	for (int k = 0; k < n; k++) {
		int i = halving ? h->edge[k] : k;
		uint32_t visits = search_edge_visits(s, &s->edge[i]);
		int64_t score = halving  ? candidate_score(s, most, i)
		                : visits ? search_edge_value(s, &s->edge[i])
		                         : s->logit[i];
		if (best < 0 || visits > best_n || (visits == best_n && score > best_score) ||
		    (visits == best_n && score == best_score && i < best)) {
			best = i;
			best_n = visits;
			best_score = score;
		}
	}
	return best;
}

void search_result(const struct search *s, struct search_result *out)
{
	uint32_t share[GAME_ACTIONS_MAX];
	int64_t value;
	*out = (struct search_result){.action = s->actions - 1};
	if (!has_root(s))
		return;
	root_shares(s, share, &value);
	out->action = s->edge[best_edge(s)].action;
	out->value = (int32_t)value;
	out->raw_value = s->raw_value;
	out->score = s->score;
	out->visits = (int)s->node[0].n;
}

static bool child_before(const struct search_child *a, const struct search_child *b)
{
	if (a->visits != b->visits)
		return a->visits > b->visits;
	return a->prior != b->prior ? a->prior > b->prior : a->action < b->action;
}

int search_children(const struct search *s, struct search_child *out, int max)
{
	int64_t q[GAME_ACTIONS_MAX];
	int have = 0;
	if (!has_root(s) || max < 1)
		return 0;
	completed_values(s, q);
	for (int i = 0; i < s->node[0].edges; i++) {
		const struct search_edge *e = &s->edge[i];
		struct search_child c = {e->action, (int)search_edge_visits(s, e), e->prior, (int32_t)q[i]};
		int at = have < max ? have++ : max;
		for (; at > 0 && child_before(&c, &out[at - 1]); at--)
			if (at < max)
				out[at] = out[at - 1];
		if (at < max)
			out[at] = c;
	}
	return have;
}
