/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slow_go.h"

#include <stdlib.h>
#include <string.h>

static const char stone[2] = {'X', 'O'};

static int points(const struct slow_go *g)
{
	return g->rules.size * g->rules.size;
}

static bool adjacent(int size, int p, int q)
{
	int rows = abs(p / size - q / size), cols = abs(p % size - q % size);
	return rows + cols == 1;
}

/* The points beside p, found by asking the four directions; how many. */
static int beside(int size, int p, int out[4])
{
	static const int step[4][2] = {{-1, 0}, {0, -1}, {0, 1}, {1, 0}};
	int n = 0;
	for (int i = 0; i < 4; i++) {
		int row = p / size + step[i][0], col = p % size + step[i][1];
		if (row >= 0 && row < size && col >= 0 && col < size)
			out[n++] = row * size + col;
	}
	return n;
}

static void fill(const struct slow_board *b, int size, int p, char *in)
{
	int near[4], n = beside(size, p, near);
	in[p] = 1;
	for (int i = 0; i < n; i++)
		if (!in[near[i]] && b->at[near[i]] == b->at[p])
			fill(b, size, near[i], in);
}

/* in[q] = 1 for each point that a path of points coloured like p links to p. */
static void connected(const struct slow_board *b, int size, int p, char *in)
{
	memset(in, 0, GAME_POINTS_MAX);
	fill(b, size, p, in);
}

/* A point p, not coloured c, is said to reach c if there is a path of points of p's colour to a c point. */
static bool reaches(const struct slow_board *b, int size, int p, char c)
{
	char in[GAME_POINTS_MAX];
	connected(b, size, p, in);
	for (int q = 0; q < size * size; q++) {
		int near[4], n = beside(size, q, near);
		for (int i = 0; i < n && in[q]; i++)
			if (b->at[near[i]] == c)
				return true;
	}
	return false;
}

/* Clearing a colour: all its points that do not reach empty become empty.  Only points linked to where can
 * have lost their last liberty, the move's point or one beside it. */
static int clear_colour(struct slow_board *b, int size, char c, int where)
{
	struct slow_board before = *b;
	int taken = 0;
	for (int q = 0; q < size * size; q++) {
		char in[GAME_POINTS_MAX];
		if ((q != where && !adjacent(size, q, where)) || before.at[q] != c || b->at[q] != c)
			continue;
		if (reaches(&before, size, q, '.'))
			continue;
		connected(&before, size, q, in);
		for (int k = 0; k < size * size; k++)
			if (in[k]) {
				b->at[k] = '.';
				taken++;
			}
	}
	return taken;
}

static bool same(const struct slow_board *a, const struct slow_board *b, int n)
{
	return memcmp(a->at, b->at, (size_t)n) == 0;
}

static enum slow_verdict try_move(const struct slow_go *g, int p, struct slow_board *b, int taken[2])
{
	char own = stone[g->to_move], other = stone[!g->to_move];
	*b = g->board;
	if (b->at[p] != '.')
		return SLOW_OCCUPIED;
	b->at[p] = own;
	taken[g->to_move] = clear_colour(b, g->rules.size, other, p);
	taken[!g->to_move] = clear_colour(b, g->rules.size, own, p);
	if (taken[!g->to_move] > 0 && !g->rules.suicide)
		return SLOW_SUICIDE;
	for (int i = 0; i < g->positions; i++)
		if (same(&g->history[i], b, points(g)))
			return SLOW_SUPERKO;
	return SLOW_LEGAL;
}

void slow_init(struct slow_go *g, const struct game_rules *r)
{
	memset(g, 0, sizeof *g);
	g->rules = *r;
	memset(g->board.at, '.', sizeof g->board.at);
	for (int i = 0; i < SLOW_LAST; i++)
		g->last[i] = -1;
	g->history = calloc((size_t)r->max_moves + 1, sizeof *g->history);
	if (!g->history)
		abort();
	g->history[g->positions++] = g->board;
}

void slow_release(struct slow_go *g)
{
	free(g->history);
	g->history = NULL;
}

bool slow_place(struct slow_go *g, int player, int point)
{
	struct slow_board b = g->board;
	if (b.at[point] != '.')
		return false;
	b.at[point] = stone[player];
	if (!slow_is_position(&b, g->rules.size))
		return false;
	g->board = g->history[0] = b;
	return true;
}

bool slow_over(const struct slow_go *g)
{
	return g->passes == 2 || g->moves == g->rules.max_moves;
}

enum slow_verdict slow_judge(const struct slow_go *g, int point)
{
	struct slow_board b;
	int taken[2];
	return try_move(g, point, &b, taken);
}

bool slow_play(struct slow_go *g, int action)
{
	if (slow_over(g))
		return false;
	if (action < points(g)) {
		struct slow_board b;
		int taken[2];
		if (try_move(g, action, &b, taken) != SLOW_LEGAL)
			return false;
		g->taken[0] += taken[0];
		g->taken[1] += taken[1];
		g->board = g->history[g->positions++] = b;
		g->passes = 0;
	} else {
		g->passes++;
	}
	for (int i = SLOW_LAST - 1; i > 0; i--)
		g->last[i] = g->last[i - 1];
	g->last[0] = action;
	g->moves++;
	g->to_move = 1 - g->to_move;
	return true;
}

int slow_liberties(const struct slow_go *g, int point)
{
	char in[GAME_POINTS_MAX];
	int liberties = 0;
	connected(&g->board, g->rules.size, point, in);
	for (int q = 0; q < points(g); q++) {
		int near[4], n = beside(g->rules.size, q, near), touches = 0;
		for (int i = 0; i < n; i++)
			touches |= in[near[i]];
		liberties += g->board.at[q] == '.' && touches;
	}
	return liberties;
}

int slow_group_size(const struct slow_go *g, int point)
{
	char in[GAME_POINTS_MAX];
	int n = 0;
	connected(&g->board, g->rules.size, point, in);
	for (int q = 0; q < points(g); q++)
		n += in[q];
	return n;
}

bool slow_is_position(const struct slow_board *b, int size)
{
	for (int p = 0; p < size * size; p++)
		if (b->at[p] != '.' && !reaches(b, size, p, '.'))
			return false;
	return true;
}

void slow_ownership(const struct slow_go *g, int8_t *owner)
{
	for (int p = 0; p < points(g); p++) {
		char c = g->board.at[p];
		bool black = c == 'X' || (c == '.' && reaches(&g->board, g->rules.size, p, 'X'));
		bool white = c == 'O' || (c == '.' && reaches(&g->board, g->rules.size, p, 'O'));
		owner[p] = (int8_t)(black - white);
	}
}

int slow_score_half(const struct slow_go *g)
{
	int8_t owner[GAME_POINTS_MAX];
	int sum = -g->rules.komi_half;
	slow_ownership(g, owner);
	for (int p = 0; p < points(g); p++)
		sum += 2 * owner[p];
	return sum;
}

static uint8_t point_feature(const struct slow_go *g, int p, int plane)
{
	char c = g->board.at[p];
	int komi = g->to_move == 0 ? -g->rules.komi_half : g->rules.komi_half;
	bool on = false;
	if (plane == 0)
		on = true;
	else if (plane == 1)
		on = c == stone[g->to_move];
	else if (plane == 2)
		on = c == stone[1 - g->to_move];
	else if (plane <= 5)
		on = c != '.' && slow_liberties(g, p) == plane - 2;
	else if (plane == 6)
		on = slow_judge(g, p) == SLOW_SUPERKO;
	else if (plane <= 11)
		on = g->last[plane - 7] == p;
	else if (plane == 12)
		on = g->last[0] == points(g);
	else if (plane == 13)
		on = g->rules.suicide;
	else if (plane == 14)
		return (uint8_t)(komi <= 0 ? 0 : komi > 127 ? 127 : komi);
	else
		return (uint8_t)(komi >= 0 ? 0 : komi < -127 ? 127 : -komi);
	return on ? 16 : 0;
}

void slow_features(const struct slow_go *g, uint8_t *out)
{
	for (int p = 0; p < points(g); p++)
		for (int plane = 0; plane < SLOW_PLANES; plane++)
			out[p * SLOW_PLANES + plane] = point_feature(g, p, plane);
}
