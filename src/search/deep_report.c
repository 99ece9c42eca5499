/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the player's search has found. */
#include "base/fixed.h"
#include "search/deep_int.h"

#include <string.h>

/* sqrt(mean of squares - square of the mean): squares below 2^35. */
static int32_t stdev(int64_t sum2, int64_t mean, uint32_t n)
{
	int64_t var = sum2 / n - mean * mean;
	return var > 0 ? (int32_t)fx_isqrt64((uint64_t)var) : 0;
}

/* sign -1: seen by the player who moves to the node. */
static void stats_of(const struct deep_node *p, int sign, struct search_deep_stats *out)
{
	*out = (struct search_deep_stats){.visits = p->n};
	if (!p->n)
		return;
	out->utility = (int32_t)deep_div_floor(sign * p->utility, p->n);
	out->value = (int32_t)deep_div_floor(sign * p->value, p->n);
	out->score = (int32_t)deep_div_floor(sign * p->score, p->n);
	out->utility_stdev = stdev(p->utility2, out->utility, p->n);
	out->score_stdev = stdev(p->score2, out->score, p->n);
}

void search_deep_root(const struct search_deep *s, struct search_deep_stats *out)
{
	*out = (struct search_deep_stats){.visits = 0};
	if (s->nodes)
		stats_of(&s->node[0], 1, out);
}

void search_deep_raw(const struct search_deep *s, int32_t *value, int32_t *score)
{
	*value = s->nodes ? s->node[0].own_value : 0;
	*score = s->nodes ? s->node[0].own_score : 0;
}

static bool before(const struct search_deep_move *a, const struct search_deep_move *b)
{
	if (a->stats.visits != b->stats.visits)
		return a->stats.visits > b->stats.visits;
	if (a->stats.utility != b->stats.utility)
		return a->stats.utility > b->stats.utility;
	return a->prior != b->prior ? a->prior > b->prior : a->action < b->action;
}

static struct search_deep_move move_of(const struct search_deep *s, const struct deep_edge *e)
{
	struct search_deep_move m = {.action = e->action, .prior = e->prior};
	if (e->child)
		stats_of(&s->node[e->child], -1, &m.stats);
	return m;
}

int search_deep_moves(const struct search_deep *s, struct search_deep_move *out)
{
	int n = s->nodes ? s->node[0].edges : 0;
	for (int i = 0; i < n; i++) {
		struct search_deep_move m = move_of(s, &s->edge[s->node[0].edge + (uint32_t)i]);
		int at = i;
		for (; at > 0 && before(&m, &out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = m;
	}
	return n;
}

void search_deep_top(const struct search_deep *s, uint32_t top[2])
{
	top[0] = top[1] = 0;
	for (int i = 0; s->nodes && i < s->node[0].edges; i++) {
		const struct deep_edge *e = &s->edge[s->node[0].edge + (uint32_t)i];
		uint32_t n = e->child ? s->node[e->child].n : 0;
		if (n > top[0]) {
			top[1] = top[0];
			top[0] = n;
		} else if (n > top[1]) {
			top[1] = n;
		}
	}
}

/* The node of the root move `action`; 0 where it has no visit. */
static uint32_t root_child(const struct search_deep *s, int action)
{
	for (int i = 0; s->nodes && i < s->node[0].edges; i++) {
		const struct deep_edge *e = &s->edge[s->node[0].edge + (uint32_t)i];
		if (e->action == action)
			return e->child && s->node[e->child].n ? e->child : 0;
	}
	return 0;
}

static const struct deep_edge *best_edge(const struct search_deep *s, uint32_t at)
{
	const struct deep_node *p = &s->node[at];
	const struct deep_edge *best = NULL;
	struct search_deep_move m, most = {.action = 0};
	for (int i = 0; i < p->edges; i++) {
		const struct deep_edge *e = &s->edge[p->edge + (uint32_t)i];
		if (!e->child || !s->node[e->child].n)
			continue;
		m = move_of(s, e);
		if (!best || before(&m, &most)) {
			best = e;
			most = m;
		}
	}
	return best;
}

int search_deep_pv(const struct search_deep *s, int action, uint16_t *pv, int32_t *visits, int max)
{
	uint32_t at = root_child(s, action);
	int n = 0;
	while (at && n < max) {
		pv[n] = (uint16_t)action;
		visits[n++] = (int32_t)s->node[at].n;
		const struct deep_edge *e = best_edge(s, at);
		at = e ? e->child : 0;
		action = e ? e->action : 0;
	}
	return n;
}

/* Adds the owners below `top` to sum, a terminal node as often as it was visited; the visits added. */
static int64_t add_owners(const struct search_deep *s, uint32_t top, int64_t *sum)
{
	int64_t count = 0;
	memset(s->mark, 0, s->nodes);
	s->mark[top] = 1;
	for (uint32_t i = top; i < s->nodes; i++) {
		const struct deep_node *p = &s->node[i];
		const int8_t *owner = s->owner + (size_t)i * (size_t)s->points;
		if (!s->mark[i] || !p->n)
			continue;
		int64_t times = p->terminal ? p->n : 1;
		count += times;
		for (int k = 0; k < s->points; k++)
			sum[k] += times * owner[k]; /* |sum| <= 2^27 * 127 */
		for (int k = 0; k < p->edges; k++)
			if (s->edge[p->edge + (uint32_t)k].child)
				s->mark[s->edge[p->edge + (uint32_t)k].child] = 1;
	}
	return count;
}

bool search_deep_owner(const struct search_deep *s, int action, int16_t *owner)
{
	int64_t sum[GAME_POINTS_MAX] = {0};
	uint32_t top = action < 0 ? 0 : root_child(s, action);
	if (!s->nodes || !s->node[0].n || (action >= 0 && !top))
		return false;
	int64_t n = add_owners(s, top, sum);
	int sign = s->node[0].to_move ? -1 : 1;
	for (int p = 0; p < s->points; p++)
		owner[p] = (int16_t)(sign * sum[p] * 32767 / (127 * n)); /* the sum is at most 127 * n */
	return true;
}
