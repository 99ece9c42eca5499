/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The player's tree: its memory, its steps, and how it moves on with the game. */
#include "search/deep_int.h"

#include <stdlib.h>
#include <string.h>

enum { PATH_ROOM = 256 };

static size_t node_bytes(const struct game_rules *r)
{
	return sizeof(struct deep_node) + (size_t)game_actions(r) * sizeof(struct deep_edge) + (size_t)game_points(r) +
	       sizeof(uint8_t) + sizeof(uint32_t);
}

/* Memory for the worst case, as many edges a node as there are actions: a step cannot fail half way.  Pages that are
 * never touched cost nothing on the systems we know. */
static bool allocate_tree(struct search_deep *s, const struct game_rules *r, uint64_t memory)
{
	uint64_t n = memory / node_bytes(r);
	n = n < 2 * SEARCH_DEEP_BATCH_MAX ? 2 * SEARCH_DEEP_BATCH_MAX : n;
	n = n > SEARCH_DEEP_VISITS_MAX ? SEARCH_DEEP_VISITS_MAX : n;
	n = n > UINT32_MAX / (uint64_t)s->actions ? UINT32_MAX / (uint64_t)s->actions : n;
	size_t edges = (size_t)n * (size_t)s->actions;
	if (edges > SIZE_MAX / sizeof *s->edge)
		return false;
	s->nodes_max = (uint32_t)n;
	s->node = malloc((size_t)n * sizeof *s->node);
	s->edge = malloc(edges * sizeof *s->edge);
	s->owner = malloc((size_t)n * (size_t)s->points);
	s->mark = malloc((size_t)n);
	s->moved = malloc((size_t)n * sizeof *s->moved);
	return s->node && s->edge && s->owner && s->mark && s->moved;
}

static bool allocate_slots(struct search_deep *s)
{
	size_t bytes = (s->state_bytes + 63) / 64 * 64;
	s->states = malloc((SEARCH_DEEP_BATCH_MAX + 1) * bytes);
	if (!s->states)
		return false;
	s->root = (char *)s->states + SEARCH_DEEP_BATCH_MAX * bytes;
	for (int i = 0; i < SEARCH_DEEP_BATCH_MAX; i++) {
		struct deep_slot *slot = &s->slot[i];
		slot->state = (char *)s->states + (size_t)i * bytes;
		slot->room = PATH_ROOM;
		slot->path = malloc(PATH_ROOM * sizeof *slot->path);
		slot->job = malloc(sizeof *slot->job);
		if (!slot->path || !slot->job)
			return false;
	}
	return true;
}

struct search_deep *search_deep_new(const struct game *g, const struct game_rules *r, uint64_t memory,
                                    struct evaluator **eval, struct pool *pool, struct err *e)
{
	struct search_deep *s = calloc(1, sizeof *s);
	if (s) {
		s->game = g;
		s->eval = eval;
		s->pool = pool;
		s->actions = game_actions(r);
		s->points = game_points(r);
		s->state_bytes = g->state_bytes(r);
		s->set = (struct search_deep_settings){.cpuct = 1000, .fpu = 200, .batch = 1};
		if (allocate_slots(s) && allocate_tree(s, r, memory))
			return s;
		search_deep_free(s);
	}
	err_set(e, ERR_MEMORY, "search: no memory for a tree of %llu bytes; ask for a smaller one",
		(unsigned long long)memory);
	return NULL;
}

void search_deep_free(struct search_deep *s)
{
	if (!s)
		return;
	for (int i = 0; i < SEARCH_DEEP_BATCH_MAX; i++) {
		free(s->slot[i].path);
		free(s->slot[i].job);
	}
	free(s->states);
	free(s->node);
	free(s->edge);
	free(s->owner);
	free(s->mark);
	free(s->moved);
	free(s);
}

int search_deep_set(struct search_deep *s, const struct search_deep_settings *set, struct err *e)
{
	const struct {
		const char *name;
		int value, lo, hi;
	} field[] = {
		{"cpuct", set->cpuct, 0, 100000},
		{"fpu", set->fpu, 0, 10000},
		{"score_utility", set->score_utility, 0, 1000},
		{"batch", set->batch, 1, SEARCH_DEEP_BATCH_MAX},
		{"symmetry", set->symmetry, 0, 1},
	};
	for (size_t i = 0; i < sizeof field / sizeof *field; i++)
		if (field[i].value < field[i].lo || field[i].value > field[i].hi)
			return err_set(e, ERR_ARG, "search: %s is %d, must be %d to %d", field[i].name, field[i].value,
			               field[i].lo, field[i].hi);
	s->set = *set;
	return 0;
}

void search_deep_begin(struct search_deep *s, const void *state)
{
	memcpy(s->root, state, s->state_bytes);
	s->nodes = 0;
	s->edges = 0;
}

/* Marks the nodes below `root` (itself included); a child has a greater number than its parent.  Returns how many. */
static uint32_t mark_below(struct search_deep *s, uint32_t root)
{
	uint32_t count = 0;
	memset(s->mark, 0, s->nodes);
	s->mark[root] = 1;
	for (uint32_t i = root; i < s->nodes; i++) {
		if (!s->mark[i])
			continue;
		s->moved[i] = count++;
		const struct deep_edge *e = s->edge + s->node[i].edge;
		for (int k = 0; k < s->node[i].edges; k++)
			if (e[k].child)
				s->mark[e[k].child] = 1;
	}
	return count;
}

/* Moves the marked nodes to the front, in their order; their edges were made in that order too, so nothing is
 * overwritten before it was moved. */
static void compact(struct search_deep *s, uint32_t root)
{
	uint32_t edges = 0;
	for (uint32_t i = root; i < s->nodes; i++) {
		if (!s->mark[i])
			continue;
		struct deep_node n = s->node[i];
		struct deep_edge *to = s->edge + edges;
		memmove(to, s->edge + n.edge, n.edges * sizeof *to);
		for (int k = 0; k < n.edges; k++)
			to[k].child = to[k].child ? s->moved[to[k].child] : 0;
		n.edge = edges;
		edges += n.edges;
		s->node[s->moved[i]] = n;
		memmove(s->owner + (size_t)s->moved[i] * (size_t)s->points, s->owner + (size_t)i * (size_t)s->points,
			(size_t)s->points);
	}
	s->edges = edges;
}

void search_deep_advance(struct search_deep *s, int action, const void *state)
{
	uint32_t child = 0;
	for (int k = 0; s->nodes && k < s->node[0].edges; k++)
		if (s->edge[s->node[0].edge + (uint32_t)k].action == action)
			child = s->edge[s->node[0].edge + (uint32_t)k].child;
	if (!child || s->node[child].terminal) {
		search_deep_begin(s, state);
		return;
	}
	uint32_t count = mark_below(s, child);
	compact(s, child);
	s->nodes = count;
	memcpy(s->root, state, s->state_bytes);
}

bool search_deep_full(const struct search_deep *s)
{
	return s->nodes + SEARCH_DEEP_BATCH_MAX > s->nodes_max ||
	       (s->nodes && s->node[0].n >= SEARCH_DEEP_VISITS_MAX);
}

/* One visit at a time while the tree is small, a 128th of it later.  With 256 visits a move a sixteenth cost 76 Elo (46 to
 * 107), a 64th 51 (16 to 88); with another net a 32nd cost 5 (-42 to 53). */
static int batch_size(const struct search_deep *s)
{
	uint32_t n = s->nodes ? s->node[0].n / 128 : 1, most = (uint32_t)s->set.batch;
	return (int)(n < 1 ? 1 : n > most ? most : n);
}

bool search_deep_step(struct search_deep *s, uint32_t visits)
{
	uint32_t have = s->nodes ? s->node[0].n : 0;
	if (have >= visits || search_deep_full(s))
		return false;
	if (!search_deep_gather(s, batch_size(s), visits - have))
		return false;
	search_deep_evaluate(s);
	search_deep_back_up(s);
	return true;
}
