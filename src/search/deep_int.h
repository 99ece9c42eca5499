/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The player's tree, and what the files of the deep search tell each other. */
#ifndef MIAI_SEARCH_DEEP_INT_H
#define MIAI_SEARCH_DEEP_INT_H

#include "search/deep.h"

#include <stddef.h>

enum {
	DEEP_SCORE_MAX = 724 * 256, /* twice the largest board and 2 more: a score with its komi, Q8 */
	DEEP_SCORE_SCALE = 20 * 256, /* this lead is half of what score can add to a utility */
};

struct deep_edge {
	uint32_t child; /* node; 0 where there is none (the root is nobody's child) */
	uint16_t action;
	uint16_t prior; /* Q16, a certain move has 65535 */
};

/* A position that was reached.  Sums are over n < 2^27 visits, for its player to move: |utility|, |value| <= 2^16 and
 * |score| < 2^17.5, so sums of squares stay below 2^62. */
struct deep_node {
	int64_t utility, utility2, value, score, score2;
	uint32_t n;      /* its own evaluation and every visit below it; 0 only while its answer is awaited */
	uint32_t flight; /* visits under way through it */
	uint32_t edge;   /* index of its first edge */
	int32_t own_utility, own_value, own_score; /* its own evaluation */
	uint16_t edges;  /* 0 where terminal */
	uint8_t terminal, to_move;
};

/* A visit under way. */
struct deep_slot {
	void *state;            /* of the leaf */
	uint32_t *path;         /* nodes from the root to the leaf: path[0..depth] */
	int depth, room;        /* room: entries of path */
	bool met;               /* the leaf's answer is awaited by an earlier one: no visit of its own */
	struct eval_job *job;
	uint8_t mask[GAME_ACTIONS_MAX];
	int32_t prior[GAME_ACTIONS_MAX]; /* Q28 */
};

struct search_deep {
	const struct game *game;
	struct search_deep_settings set;
	struct evaluator **eval;
	struct pool *pool;
	int actions, points;
	size_t state_bytes;
	void *root, *states;      /* the root's state; those of the slots, one after another */
	struct deep_node *node;
	struct deep_edge *edge;
	int8_t *owner;            /* Q7, > 0 player 0's: points a node */
	uint32_t nodes, nodes_max, edges;
	struct deep_slot slot[SEARCH_DEEP_BATCH_MAX];
	int slots;                /* of the batch under way */
	uint8_t *mark;            /* a byte a node, for reports and when the root moves */
	uint32_t *moved;          /* the node's new number, when the root moves */
};

/* x / n rounded down, n > 0. */
static inline int64_t deep_div_floor(int64_t x, int64_t n)
{
	int64_t q = x / n;
	return q - (x % n < 0);
}

/* deep_tree.c: the parts of a step. */
/* Chooses so many paths, fewer where `most` visits are made before; false where memory failed. */
bool search_deep_gather(struct search_deep *s, int paths, uint32_t most);
void search_deep_evaluate(struct search_deep *s);
void search_deep_back_up(struct search_deep *s);

#endif
