/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A step of the player's search: choosing paths, evaluating their leaves, backing up. */
#include "base/fixed.h"
#include "base/rng.h"
#include "search/deep_int.h"

#include <stdlib.h>
#include <string.h>

enum { LOGIT_MAX = 1 << 29 }; /* fx_softmax wants less than 2^30 */

/* As in tree.c: the mean less fpu * sqrt(sum of the priors of edges with a node).  Sum <= 65536 + 361. */
static int64_t first_play_value(const struct search_deep *s, const struct deep_node *p)
{
	const struct deep_edge *e = s->edge + p->edge;
	uint64_t visited = 0;
	for (int i = 0; i < p->edges; i++)
		if (e[i].child)
			visited += e[i].prior;
	int64_t root = fx_isqrt64(visited << 16);
	return deep_div_floor(p->utility, p->n) - s->set.fpu * root / 1000;
}

/* Q32.  Visits under way count as visits in the exploration term, and not in the mean.  sqrt(n + flight) in Q16 is
 * below 2^13.4 * 2^16 and cpuct < 2^16.7, so c < 2^46.1; a prior is below 2^16: the product stays below 2^62.1. */
static int64_t edge_score(const struct search_deep *s, const struct deep_edge *e, int64_t c, int64_t first)
{
	int64_t score = c * e->prior;
	if (!e->child)
		return first + score / 1000;
	const struct deep_node *child = &s->node[e->child];
	int64_t q = child->n ? deep_div_floor(-child->utility, child->n) * 65536 : first;
	return q + score / (1000 * ((int64_t)child->n + child->flight + 1));
}

/* The edge to follow; with actions to avoid below a depth NULL where that leaves none. */
static struct deep_edge *choose(const struct search_deep *s, const struct deep_node *p, const uint16_t *avoid, int depth)
{
	struct deep_edge *e = s->edge + p->edge, *best = NULL;
	int64_t c = (int64_t)s->set.cpuct * fx_isqrt64(((uint64_t)p->n + p->flight) << 32);
	int64_t first = first_play_value(s, p) * 65536, most = INT64_MIN;
	for (int i = 0; i < p->edges; i++) {
		if (avoid && depth < avoid[e[i].action])
			continue;
		int64_t score = edge_score(s, &e[i], c, first);
		if (score > most) {
			most = score;
			best = &e[i];
		}
	}
	return best;
}

static struct deep_edge *select_edge(const struct search_deep *s, const struct deep_node *p, int depth)
{
	struct deep_edge *e = choose(s, p, s->set.avoid[p->to_move], depth);
	return e ? e : choose(s, p, NULL, depth);
}

static bool step_down(struct deep_slot *slot, uint32_t node)
{
	if (slot->depth + 1 >= slot->room) {
		uint32_t *more = realloc(slot->path, 2 * (size_t)slot->room * sizeof *more);
		if (!more)
			return false;
		slot->path = more;
		slot->room *= 2;
	}
	slot->path[++slot->depth] = node;
	return true;
}

static void new_node(struct search_deep *s, const struct deep_slot *slot)
{
	struct deep_node *n = &s->node[s->nodes++];
	memset(n, 0, sizeof *n);
	n->to_move = (uint8_t)s->game->to_move(slot->state);
	n->terminal = s->game->over(slot->state);
}

/* Plays from the root to a leaf, which is new, or terminal, or one whose answer is awaited; counts the path as under way.
 * False where there was no memory for the path, which then counts for nothing. */
static bool descend(struct search_deep *s, struct deep_slot *slot)
{
	uint32_t at = 0;
	bool room = true;
	memcpy(slot->state, s->root, s->state_bytes);
	slot->path[0] = 0;
	slot->depth = 0;
	while (room && at < s->nodes && s->node[at].n && !s->node[at].terminal) {
		struct deep_edge *e = select_edge(s, &s->node[at], slot->depth);
		uint32_t next = e->child ? e->child : s->nodes;
		room = step_down(slot, next);
		if (!room)
			break;
		s->game->play(slot->state, e->action);
		e->child = next;
		at = next;
	}
	slot->met = room && at < s->nodes && !s->node[at].n;
	if (room && at == s->nodes)
		new_node(s, slot);
	for (int d = 0; room && d <= slot->depth; d++)
		s->node[slot->path[d]].flight++;
	return room;
}

static void undo_flight(struct search_deep *s, const struct deep_slot *slot)
{
	for (int d = 0; d <= slot->depth; d++)
		s->node[slot->path[d]].flight--;
}

/* A path that meets a leaf under way is given up, but stays counted until the batch is backed up, so that the next one
 * goes elsewhere. */
bool search_deep_gather(struct search_deep *s, int paths, uint32_t most)
{
	uint32_t made = 0;
	s->slots = 0;
	while (s->slots < paths && made < most && descend(s, &s->slot[s->slots]))
		made += !s->slot[s->slots++].met;
	return s->slots > 0;
}

/* --- Evaluation: on any thread. --- */

static void ask(const struct search_deep *s, struct deep_slot *slot)
{
	s->game->legal(slot->state, slot->mask);
	s->game->features(slot->state, slot->job->planes);
	slot->job->symmetry = s->set.symmetry ? (int)(rng_key(s->game->key(slot->state), RNG_EVAL) & 7) : 0;
	slot->job->want_owner = 1;
}

static void take(const struct search_deep *s, struct deep_slot *slot)
{
	int32_t logit[GAME_ACTIONS_MAX];
	for (int a = 0; a < s->actions; a++)
		logit[a] = fx_clamp32(slot->job->out.logit[a], -LOGIT_MAX, LOGIT_MAX);
	fx_softmax(logit, slot->mask, s->actions, slot->prior);
}

/* Task t of as many as there are threads: its share of the leaves. */
static void evaluate_some(void *ctx, int task, int worker)
{
	struct search_deep *s = ctx;
	int threads = pool_threads(s->pool), tasks = threads < s->slots ? threads : s->slots, n = 0;
	struct deep_slot *slot[SEARCH_DEEP_BATCH_MAX];
	struct eval_job *job[SEARCH_DEEP_BATCH_MAX];
	for (int i = task * s->slots / tasks; i < (task + 1) * s->slots / tasks; i++) {
		struct deep_slot *l = &s->slot[i];
		if (l->met || s->node[l->path[l->depth]].terminal)
			continue;
		ask(s, l);
		slot[n] = l;
		job[n++] = l->job;
	}
	if (n)
		s->eval[worker]->evaluate(s->eval[worker], job, n);
	for (int i = 0; i < n; i++)
		take(s, slot[i]);
}

void search_deep_evaluate(struct search_deep *s)
{
	int threads = pool_threads(s->pool);
	pool_run(s->pool, threads < s->slots ? threads : s->slots, evaluate_some, s);
}

/* --- Backing up --- */

/* Value and score as one: score adds at most score_utility, half of it at a lead of DEEP_SCORE_SCALE. */
static int32_t utility(const struct search_deep *s, int32_t value, int32_t score)
{
	int64_t size = score < 0 ? -score : score;
	int64_t lead = (int64_t)EVAL_ONE * score / (size + DEEP_SCORE_SCALE); /* |lead| < EVAL_ONE */
	int64_t u = deep_div_floor((int64_t)value * (1000 - s->set.score_utility) + lead * s->set.score_utility, 1000);
	return (int32_t)fx_clamp64(u, -EVAL_ONE, EVAL_ONE);
}

static int32_t end_value(int half)
{
	return half > 0 ? EVAL_ONE : half < 0 ? -EVAL_ONE : 0;
}

int32_t search_deep_end(const struct search_deep *s, int half)
{
	return utility(s, end_value(half), half * 128);
}

static void set_value(const struct search_deep *s, struct deep_node *n, int32_t value, int64_t score)
{
	n->own_value = fx_clamp32(value, -EVAL_ONE, EVAL_ONE);
	n->own_score = (int32_t)fx_clamp64(score, -DEEP_SCORE_MAX, DEEP_SCORE_MAX);
	n->own_utility = utility(s, n->own_value, n->own_score);
}

static void make_edges(struct search_deep *s, struct deep_node *n, const struct deep_slot *slot)
{
	n->edge = s->edges;
	for (int a = 0; a < s->actions; a++) {
		if (!slot->mask[a])
			continue;
		int32_t p = fx_rshift32(slot->prior[a], 12);
		s->edge[s->edges++] = (struct deep_edge){0, (uint16_t)a, (uint16_t)(p < 65535 ? p : 65535)};
		n->edges++;
	}
}

static void expand(struct search_deep *s, uint32_t at, const struct deep_slot *slot)
{
	struct deep_node *n = &s->node[at];
	int8_t *owner = s->owner + (size_t)at * (size_t)s->points;
	const struct eval *out = &slot->job->out;
	set_value(s, n, out->value, out->score);
	make_edges(s, n, slot);
	for (int p = 0; p < s->points; p++)
		owner[p] = (int8_t)(fx_clamp32(fx_rshift32(out->owner[p], 8), -127, 127) * (n->to_move ? -1 : 1));
}

static void settle(struct search_deep *s, uint32_t at, const struct deep_slot *slot)
{
	struct deep_node *n = &s->node[at];
	int8_t *owner = s->owner + (size_t)at * (size_t)s->points;
	int half = s->game->score_half(slot->state);
	half = n->to_move ? -half : half;
	set_value(s, n, end_value(half), (int64_t)half * 128);
	s->game->ownership(slot->state, owner);
	for (int p = 0; p < s->points; p++)
		owner[p] = (int8_t)(owner[p] * 127);
}

static void back_up(struct search_deep *s, const struct deep_slot *slot)
{
	const struct deep_node *leaf = &s->node[slot->path[slot->depth]];
	int64_t u = leaf->own_utility, v = leaf->own_value, score = leaf->own_score;
	for (int d = slot->depth; d >= 0; d--) {
		struct deep_node *p = &s->node[slot->path[d]];
		p->n++;
		p->flight--;
		p->utility += u;
		p->utility2 += u * u;
		p->value += v;
		p->score += score;
		p->score2 += score * score;
		u = -u;
		v = -v;
		score = -score;
	}
}

void search_deep_back_up(struct search_deep *s)
{
	for (int i = 0; i < s->slots; i++) {
		const struct deep_slot *slot = &s->slot[i];
		uint32_t at = slot->path[slot->depth];
		if (slot->met) {
			undo_flight(s, slot);
			continue;
		}
		if (s->node[at].terminal && !s->node[at].n)
			settle(s, at, slot);
		else if (!s->node[at].n)
			expand(s, at, slot);
		back_up(s, slot);
	}
}
