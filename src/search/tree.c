/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Below the root: selection by PUCT, expansion, backing up. */
#include "base/fixed.h"
#include "base/rng.h"
#include "search/search_int.h"

#include <string.h>

/* What an unvisited edge is held to be worth: the parent's mean less fpu * sqrt(sum of visited priors).  The sum
 * is at most 65536 + 361 (each prior is rounded), its root in Q16 below 2^17, times fpu below 2^31. */
static int64_t first_play_value(const struct search *s, const struct search_node *p)
{
	const struct search_edge *e = s->edge + p->edge;
	uint64_t visited = 0;
	for (int i = 0; i < p->edges; i++)
		if (e[i].child)
			visited += e[i].prior;
	int64_t root = fx_isqrt64(visited << 16);
	return search_div_floor(p->w, p->n) - s->set.fpu * root / 1000;
}

/* Scores are Q32.  sqrt(n) in Q16 is at most 1000 * 2^16 < 2^26 and cpuct < 2^17, so c < 2^43; priors are below
 * 2^16, so the product stays below 2^59.  |q| < 2^20 (11 * EVAL_ONE at most), times 2^16 below 2^36. */
struct search_edge *search_select(struct search *s, uint32_t at)
{
	const struct search_node *p = &s->node[at];
	struct search_edge *e = s->edge + p->edge, *best = e;
	int64_t c = (int64_t)s->set.cpuct * fx_isqrt64((uint64_t)p->n << 32);
	int64_t first = first_play_value(s, p) * 65536, most = INT64_MIN;
	for (int i = 0; i < p->edges; i++) {
		int64_t score = c * e[i].prior;
		if (e[i].child)
			score = search_edge_value(s, &e[i]) * 65536 +
			        score / (1000 * ((int64_t)s->node[e[i].child].n + 1));
		else
			score = first + score / 1000;
		if (score > most) {
			most = score;
			best = &e[i];
		}
	}
	return best;
}

/* What `share` (Q16) of a draw adds to the value of the leaf's mover. */
static int32_t draw_value(const struct search *s, int32_t share)
{
	int32_t v = (int32_t)search_div_floor((int64_t)share * s->set.draw_utility, 1000);
	return s->depth % 2 ? -v : v;
}

static int32_t terminal_value(const struct search *s)
{
	int half = s->game->score_half(s->leaf);
	if (s->game->to_move(s->leaf))
		half = -half;
	return half > 0 ? EVAL_ONE : half < 0 ? -EVAL_ONE : draw_value(s, EVAL_ONE);
}

/* value is the leaf's mover's. */
static void back_up(struct search *s, int64_t value)
{
	for (int d = s->depth; d >= 0; d--) {
		struct search_node *p = &s->node[s->path[d]];
		p->n++;
		p->w += value;
		value = -value;
	}
}

/* Writes the question about the leaf. */
static void ask(struct search *s)
{
	s->game->legal(s->leaf, s->mask);
	s->game->features(s->leaf, s->job.planes);
	s->job.key = s->game->key(s->leaf);
	s->job.symmetry = s->set.symmetry ? (int)(rng_key(s->job.key, RNG_EVAL) & 7) : 0;
	s->job.want_owner = 0;
	s->open = true;
}

/* Plays from the root along the edges chosen until a node that has none yet.  A new node takes number s->nodes;
 * at most one is made a visit, so `visits` nodes do. */
bool search_simulate(struct search *s)
{
	uint32_t at = 0;
	memcpy(s->leaf, s->root, s->used_bytes);
	s->path[0] = 0;
	s->depth = 0;
	while (at < s->nodes && !s->node[at].terminal) {
		struct search_edge *e = at == 0 ? search_root_select(s) : search_select(s, at);
		s->game->play(s->leaf, e->action);
		if (!e->child)
			e->child = s->nodes;
		at = e->child;
		s->path[++s->depth] = at;
	}
	struct search_node *leaf = &s->node[at];
	if (at == s->nodes) {
		s->nodes++;
		memset(leaf, 0, sizeof *leaf);
		if (!s->game->over(s->leaf)) {
			ask(s);
			return true;
		}
		leaf->terminal = 1;
		leaf->value = terminal_value(s);
	}
	back_up(s, leaf->value);
	return false;
}

/* One edge for each legal action; the root's logits are kept. */
static void make_edges(struct search *s, struct search_node *leaf)
{
	int32_t logit[GAME_ACTIONS_MAX], prior[GAME_ACTIONS_MAX];
	for (int a = 0; a < s->actions; a++)
		logit[a] = fx_clamp32(s->job.out.logit[a], -SEARCH_LOGIT_MAX, SEARCH_LOGIT_MAX);
	fx_softmax(logit, s->mask, s->actions, prior);
	leaf->edge = s->edges;
	for (int a = 0; a < s->actions; a++) {
		if (!s->mask[a])
			continue;
		int32_t p = fx_rshift32(prior[a], 12);
		s->edge[s->edges++] = (struct search_edge){0, (uint16_t)a, (uint16_t)(p < 65535 ? p : 65535)};
		if (s->depth == 0)
			s->logit[leaf->edges] = logit[a];
		leaf->edges++;
	}
}

void search_expand(struct search *s)
{
	const struct eval *out = &s->job.out;
	struct search_node *leaf = &s->node[s->path[s->depth]];
	int64_t value = (int64_t)out->value + draw_value(s, fx_clamp32(out->wdl[1], 0, EVAL_ONE));
	s->open = false;
	leaf->value = (int32_t)fx_clamp64(value, -EVAL_ONE, EVAL_ONE);
	make_edges(s, leaf);
	back_up(s, leaf->value);
	if (s->depth > 0)
		return;
	s->raw_value = out->value;
	s->score = out->score;
	search_root_begin(s);
}
