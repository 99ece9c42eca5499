/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tree, and what the files of this folder tell each other.  docs/search.md has the algorithm in words.
 *
 * A node is a position that was reached: evaluated, or terminal with its exact value.  Its edges, one for each
 * legal action in ascending order, lie together in one array.  Values are Q16 for the player to move at the
 * node; turns alternate, so a child's value seen from its parent is its negative. */
#ifndef MIAI_SEARCH_SEARCH_INT_H
#define MIAI_SEARCH_SEARCH_INT_H

#include "search/search.h"

#include <stddef.h>

enum {
	SEARCH_VISITS_MAX = 1000000,
	SEARCH_GUMBEL_MAX = 64,
	SEARCH_LOGIT_MAX = 1 << 29, /* logits are clamped to this; fx_softmax wants less than 2^30 */
};

struct search_edge {
	uint32_t child; /* node; 0 where there is none (the root is nobody's child) */
	uint16_t action;
	uint16_t prior; /* Q16, a certain move has 65535 */
};

struct search_node {
	int64_t w;      /* sum of the values of n visits: |w| <= n * EVAL_ONE < 2^36 */
	uint32_t n;     /* its own evaluation and every visit below it; 0 only while its answer is awaited */
	uint32_t edge;  /* index of its first edge: < visits * actions < 2^29 */
	int32_t value;  /* its own evaluation */
	uint16_t edges; /* 0 where terminal */
	uint16_t terminal;
};

/* Sequential halving at the root. */
struct search_halving {
	int32_t noise[GAME_ACTIONS_MAX];   /* by edge of the root */
	uint16_t edge[SEARCH_GUMBEL_MAX];  /* candidates, best first as ranked at the start of the phase */
	int left;                          /* candidates that remain */
	int phases;                        /* ceil(log2(candidates at first)) */
	int quota;                         /* visits each remaining one gets in this phase */
	int played;                        /* simulations of this phase so far */
};

struct search {
	const struct game *game;
	struct search_settings set;
	int visits;             /* of this search, 1..set.visits */
	uint64_t key;
	int actions;            /* of the state's board */
	size_t used_bytes;      /* of the root's state */
	void *root, *leaf;      /* states; owned, one block from root on */
	struct search_node *node;
	struct search_edge *edge;
	uint32_t nodes, edges;  /* in use */
	uint32_t *path;         /* nodes from the root to the leaf: path[0..depth] */
	int depth;
	bool open;              /* job was handed out and its answer not yet used */
	uint8_t mask[GAME_ACTIONS_MAX];
	int32_t logit[GAME_ACTIONS_MAX]; /* of the root, by edge */
	int32_t raw_value, score;        /* of the root, the evaluator's */
	struct search_halving halving;
	struct eval_job job;
};

/* x / n rounded down, n > 0. */
static inline int64_t search_div_floor(int64_t x, int64_t n)
{
	int64_t q = x / n;
	return q - (x % n < 0);
}

static inline uint32_t search_edge_visits(const struct search *s, const struct search_edge *e)
{
	return e->child ? s->node[e->child].n : 0;
}

/* Mean value of a visited edge for the player who chooses it. */
static inline int64_t search_edge_value(const struct search *s, const struct search_edge *e)
{
	const struct search_node *child = &s->node[e->child];
	return search_div_floor(-child->w, child->n);
}

/* tree.c */
struct search_edge *search_select(struct search *s, uint32_t at); /* PUCT */
bool search_simulate(struct search *s); /* one visit; true: it waits for s->job's answer */
void search_expand(struct search *s);   /* takes the answer */

/* root.c */
void search_root_begin(struct search *s); /* the root has just been expanded */
struct search_edge *search_root_select(struct search *s);

#endif
