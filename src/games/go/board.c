/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stones, groups and their exact liberties, kept up to date as stones come and go. */
#include "games/go/go_int.h"

int go_groups_near(const struct go_state *s, int p, uint16_t group[4])
{
	int near[4], n = 0;
	go_neighbours(s, p, near);
	for (int i = 0; i < 4; i++) {
		uint16_t g = s->cell[near[i]].group;
		int k = 0;
		while (k < n && group[k] != g)
			k++;
		if (g != 0 && k == n)
			group[n++] = g;
	}
	return n;
}

static bool touches(const struct go_state *s, int p, int group)
{
	int near[4];
	go_neighbours(s, p, near);
	return s->cell[near[0]].group == group || s->cell[near[1]].group == group || s->cell[near[2]].group == group ||
	       s->cell[near[3]].group == group;
}

/* Gives the stone on p to the group: an empty neighbour of p is a new liberty if no stone that is already in
 * the group touches it.  Rings and sizes are the caller's business. */
static void attach(struct go_state *s, int p, int group)
{
	int near[4];
	go_neighbours(s, p, near);
	for (int i = 0; i < 4; i++)
		if (s->cell[near[i]].color == GO_EMPTY && !touches(s, near[i], group))
			s->cell[group].libs++;
	s->cell[p].group = (uint16_t)group;
}

/* Two different rings become one when any two of their stones swap successors. */
static void splice(struct go_state *s, int group, int other)
{
	uint16_t next = s->cell[group].next;
	s->cell[group].next = s->cell[other].next;
	s->cell[other].next = next;
	s->cell[group].size = (uint16_t)(s->cell[group].size + s->cell[other].size);
}

static void merge(struct go_state *s, int group, int other)
{
	int p = other;
	do {
		attach(s, p, group);
		p = s->cell[p].next;
	} while (p != other);
	splice(s, group, other);
}

int go_put(struct go_state *s, int p, int color)
{
	uint16_t near[4];
	int n = go_groups_near(s, p, near), group = p;
	s->cell[p].color = (uint8_t)color;
	s->cell[p].next = (uint16_t)p;
	s->cell[p].libs = 0;
	s->cell[p].size = 1;
	go_set_remove(s->empty, p);
	s->hash ^= go_zobrist(p, color);
	for (int i = 0; i < n; i++) {
		struct go_cell *head = &s->cell[near[i]];
		head->libs--; /* p was a liberty of each of them */
		if (head->color == color && (group == p || head->size > s->cell[group].size))
			group = near[i]; /* the largest friend swallows the others: each stone moves rarely */
	}
	attach(s, p, group);
	if (group != p)
		splice(s, group, p);
	for (int i = 0; i < n; i++)
		if (near[i] != group && s->cell[near[i]].color == color)
			merge(s, group, near[i]);
	return group;
}

int go_take(struct go_state *s, int group)
{
	int p = group, n = 0;
	do { /* first all stones go, so that the group is not among the neighbours below */
		struct go_cell *c = &s->cell[p];
		s->hash ^= go_zobrist(p, c->color);
		go_set_add(s->gone[c->color == GO_WHITE], p);
		go_set_add(s->empty, p);
		c->color = GO_EMPTY;
		c->group = 0;
		n++;
		p = c->next;
	} while (p != group);
	do {
		uint16_t near[4];
		int k = go_groups_near(s, p, near);
		for (int i = 0; i < k; i++)
			s->cell[near[i]].libs++;
		p = s->cell[p].next;
	} while (p != group);
	return n;
}
