/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Area: a point belongs to a player who has a stone on it, or whose stones alone its empty region reaches. */
#include "games/go/go_int.h"

#include <string.h>

struct region {
	uint16_t cell[GO_CELLS_MAX]; /* its empty cells; each enters once, so they fit */
	int cells;
	int reaches; /* bits GO_BLACK, GO_WHITE */
};

static void add(const struct go_state *s, struct region *r, uint8_t *done, int p)
{
	int color = s->cell[p].color;
	if (color == GO_EMPTY && !done[p]) {
		done[p] = 1;
		r->cell[r->cells++] = (uint16_t)p;
	} else if (color == GO_BLACK || color == GO_WHITE) {
		r->reaches |= color;
	}
}

static void flood(const struct go_state *s, struct region *r, uint8_t *done, int p)
{
	int near[4];
	r->cells = 0;
	r->reaches = 0;
	add(s, r, done, p);
	for (int i = 0; i < r->cells; i++) {
		go_neighbours(s, r->cell[i], near);
		for (int k = 0; k < 4; k++)
			add(s, r, done, near[k]);
	}
}

/* owner[cell] = GO_BLACK, GO_WHITE or 0; returns Black's points less White's. */
static int area(const struct go_state *s, uint8_t *owner)
{
	uint8_t done[GO_CELLS_MAX] = {0};
	struct region r;
	int points[4] = {0};
	memset(owner, 0, s->cells);
	for (int p = 0; p < s->cells; p++) {
		int color = s->cell[p].color;
		if (color == GO_BORDER || done[p])
			continue;
		if (color != GO_EMPTY) {
			owner[p] = (uint8_t)color;
			points[color]++;
			continue;
		}
		flood(s, &r, done, p);
		if (r.reaches != GO_BLACK && r.reaches != GO_WHITE)
			continue;
		for (int i = 0; i < r.cells; i++)
			owner[r.cell[i]] = (uint8_t)r.reaches;
		points[r.reaches] += r.cells;
	}
	return points[GO_BLACK] - points[GO_WHITE];
}

void go_ownership(const void *state, int8_t *owner)
{
	const struct go_state *s = state;
	uint8_t cell_owner[GO_CELLS_MAX];
	area(s, cell_owner);
	for (int point = 0; point < game_points(&s->rules); point++) {
		int color = cell_owner[go_cell_of(s, point)];
		owner[point] = (int8_t)(color == GO_BLACK ? 1 : color == GO_WHITE ? -1 : 0);
	}
}

int go_score_half(const void *state)
{
	const struct go_state *s = state;
	uint8_t owner[GO_CELLS_MAX];
	return 2 * area(s, owner) - s->rules.komi_half;
}
