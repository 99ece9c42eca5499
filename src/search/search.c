/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search's memory, and the coroutine. */
#include "search/search_int.h"

#include <stdlib.h>
#include <string.h>

static int check_range(struct err *e, const char *name, int v, int lo, int hi)
{
	if (v >= lo && v <= hi)
		return 0;
	return err_set(e, ERR_ARG, "search: %s is %d, must be %d to %d", name, v, lo, hi);
}

static int check_settings(const struct search_settings *s, struct err *e)
{
	const struct {
		const char *name;
		int value, lo, hi;
	} field[] = {
		{"visits", s->visits, 1, SEARCH_VISITS_MAX},
		{"gumbel_actions", s->gumbel_actions, 0, SEARCH_GUMBEL_MAX},
		{"gumbel_noise", s->gumbel_noise, 0, 1},
		{"c_visit", s->c_visit, 0, 10000},
		{"c_scale", s->c_scale, 0, 100000},
		{"cpuct", s->cpuct, 0, 100000},
		{"fpu", s->fpu, 0, 10000},
		{"draw_utility", s->draw_utility, -1000, 1000},
		{"symmetry", s->symmetry, 0, 1},
	};
	for (size_t i = 0; i < sizeof field / sizeof field[0]; i++)
		if (check_range(e, field[i].name, field[i].value, field[i].lo, field[i].hi))
			return ERR_ARG;
	return 0;
}

/* Memory for the worst case, as many edges a node as there are actions: so a search cannot fail half way.  Pages
 * that are never touched cost nothing on the systems we know.  The path has at most as many nodes as the tree. */
static bool allocate(struct search *s, const struct game_rules *r)
{
	size_t visits = (size_t)s->set.visits, edges = visits * (size_t)game_actions(r);
	size_t bytes = (s->game->state_bytes(r) + 63) / 64 * 64;
	if (edges > SIZE_MAX / sizeof *s->edge)
		return false;
	s->root = malloc(2 * bytes);
	s->node = malloc(visits * sizeof *s->node);
	s->edge = malloc(edges * sizeof *s->edge);
	s->path = malloc(visits * sizeof *s->path);
	s->leaf = s->root ? (char *)s->root + bytes : NULL;
	return s->root && s->node && s->edge && s->path;
}

struct search *search_new(const struct game *g, const struct game_rules *r, const struct search_settings *set,
                          struct err *e)
{
	if (check_settings(set, e))
		return NULL;
	struct search *s = calloc(1, sizeof *s);
	if (s) {
		s->game = g;
		s->set = *set;
		if (allocate(s, r))
			return s;
		search_free(s);
	}
	err_set(e, ERR_MEMORY, "search: no memory for a tree of %d visits; ask for fewer", set->visits);
	return NULL;
}

void search_free(struct search *s)
{
	if (!s)
		return;
	free(s->root);
	free(s->node);
	free(s->edge);
	free(s->path);
	free(s);
}

void search_begin(struct search *s, const void *state, int visits, uint64_t key)
{
	s->used_bytes = s->game->used_bytes(state);
	s->actions = game_actions(s->game->rules(state));
	memcpy(s->root, state, s->used_bytes);
	s->visits = visits < 1 ? 1 : visits > s->set.visits ? s->set.visits : visits;
	s->key = key;
	s->nodes = 0;
	s->edges = 0;
	s->open = false;
}

static bool finished(const struct search *s)
{
	return s->nodes > 0 && s->node[0].n >= (uint32_t)s->visits;
}

bool search_step(struct search *s, struct eval_job **job)
{
	if (s->open)
		search_expand(s);
	while (!finished(s))
		if (search_simulate(s)) {
			*job = &s->job;
			return true;
		}
	return false;
}
