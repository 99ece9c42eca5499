/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The state's layout and first position, setup, and the small questions; game_go ties it all together. */
#include "games/go/go_int.h"

#include <string.h>

/* Offsets of the parts.  Each is a multiple of 8, the strictest alignment in a state. */
struct layout {
	size_t cells, history_at, filter_at, filter_bits, total;
};

static struct layout layout_of(const struct game_rules *r)
{
	struct layout l;
	size_t positions = (size_t)r->max_moves + 1;
	l.cells = ((size_t)r->size + 2) * ((size_t)r->size + 1);
	l.filter_at = (sizeof(struct go_state) + l.cells * sizeof(struct go_cell) + 7) / 8 * 8;
	l.filter_bits = 64;
	while (l.filter_bits < 8 * positions) /* two bits a position: at most a quarter is ever set */
		l.filter_bits *= 2;
	l.history_at = l.filter_at + l.filter_bits / 8;
	l.total = l.history_at + positions * sizeof(uint64_t);
	return l;
}

static size_t state_bytes(const struct game_rules *r)
{
	return layout_of(r).total;
}

static size_t used_bytes(const void *state)
{
	const struct go_state *s = state;
	return s->history_at + s->positions * sizeof(uint64_t);
}

static void draw_board(struct go_state *s)
{
	for (int p = 0; p < s->cells; p++)
		s->cell[p].color = GO_BORDER;
	for (int point = 0; point < game_points(&s->rules); point++) {
		s->cell[go_cell_of(s, point)].color = GO_EMPTY;
		go_set_add(s->empty, go_cell_of(s, point));
	}
}

static void init(void *state, const struct game_rules *r)
{
	struct go_state *s = state;
	struct layout l = layout_of(r);
	struct game_rules rules = *r; /* r may lie in the state itself */
	memset(s, 0, l.total);
	s->rules = rules;
	s->history_at = (uint32_t)l.history_at;
	s->filter_at = (uint32_t)l.filter_at;
	s->filter_mask = (uint32_t)l.filter_bits - 1;
	s->stride = (uint16_t)(rules.size + 1);
	s->cells = (uint16_t)l.cells;
	s->words = (uint8_t)((l.cells + 63) / 64);
	for (int i = 0; i < GO_LAST_MOVES; i++)
		s->last[i] = GO_NO_MOVE;
	draw_board(s);
	go_remember(s);
}

/* The present position becomes the first one. */
static void start_history(struct go_state *s)
{
	memset((char *)s + s->filter_at, 0, ((size_t)s->filter_mask + 1) / 8);
	s->positions = 0;
	go_remember(s);
}

bool go_place(void *state, int player, int point)
{
	struct go_state *s = state;
	uint16_t near[4];
	if (s->moves > 0 || player < 0 || player > 1 || point < 0 || point >= game_points(&s->rules))
		return false;
	int p = go_cell_of(s, point), c = go_color_of(player), near_cell[4];
	if (s->cell[p].color != GO_EMPTY)
		return false;
	bool lives = false;
	go_neighbours(s, p, near_cell);
	for (int i = 0; i < 4; i++) {
		const struct go_cell *cell = &s->cell[near_cell[i]];
		lives |= cell->color == GO_EMPTY || (cell->color == c && s->cell[cell->group].libs >= 2);
	}
	int n = go_groups_near(s, p, near);
	for (int i = 0; i < n; i++)
		lives &= s->cell[near[i]].color == c || s->cell[near[i]].libs >= 2;
	if (!lives)
		return false;
	go_put(s, p, c);
	start_history(s);
	return true;
}

void go_set_to_move(void *state, int player)
{
	((struct go_state *)state)->to_move = player != 0;
}

void go_resume(void *state)
{
	((struct go_state *)state)->passes = 0;
}

int go_handicap_points(int size, int n, int point[GO_HANDICAP_MAX])
{
	/* Each as column and row, 0 left or low, 1 middle, 2 right or high; the last of an odd number above
	 * four is the centre. */
	static const uint8_t place[9][2] = {{0, 0}, {2, 2}, {0, 2}, {2, 0}, {0, 1}, {2, 1}, {1, 0}, {1, 2}, {1, 1}};
	int most = size < 7 || size > GAME_SIZE_MAX ? 0 : size == 7 || size % 2 == 0 ? 4 : GO_HANDICAP_MAX;
	if (n < 2 || n > most)
		return 0;
	int edge = size >= 13 ? 3 : 2;
	int line[3] = {edge, size / 2, size - 1 - edge};
	for (int i = 0; i < n; i++) {
		const uint8_t *at = place[i == n - 1 && n >= 5 && n % 2 == 1 ? 8 : i];
		point[i] = (size - 1 - line[at[1]]) * size + line[at[0]];
	}
	return n;
}

int go_color(const void *state, int point)
{
	const struct go_state *s = state;
	return (int)s->cell[go_cell_of(s, point)].color - GO_BLACK;
}

/* An empty cell's group is 0, a border cell, whose libs and size are 0. */
int go_liberties(const void *state, int point)
{
	const struct go_state *s = state;
	return s->cell[s->cell[go_cell_of(s, point)].group].libs;
}

int go_group_size(const void *state, int point)
{
	const struct go_state *s = state;
	return s->cell[s->cell[go_cell_of(s, point)].group].size;
}

int go_captures(const void *state, int player)
{
	return ((const struct go_state *)state)->taken[player != 0];
}

int go_last_move(const void *state, int back)
{
	const struct go_state *s = state;
	return s->last[back] == GO_NO_MOVE ? -1 : s->last[back];
}

int go_passes(const void *state)
{
	return ((const struct go_state *)state)->passes;
}

uint64_t go_position_hash(const void *state)
{
	return ((const struct go_state *)state)->hash;
}

static const struct game_rules *rules_of(const void *state)
{
	return &((const struct go_state *)state)->rules;
}

static int to_move(const void *state)
{
	return ((const struct go_state *)state)->to_move;
}

static int moves(const void *state)
{
	return ((const struct go_state *)state)->moves;
}

static bool over(const void *state)
{
	return go_over(state);
}

const struct game game_go = {
	.name = "go",
	.planes = GO_PLANES,
	.plane_exp = GO_PLANE_EXP,
	.state_bytes = state_bytes,
	.used_bytes = used_bytes,
	.init = init,
	.rules = rules_of,
	.to_move = to_move,
	.moves = moves,
	.over = over,
	.legal = go_legal,
	.play = go_play,
	.score_half = go_score_half,
	.ownership = go_ownership,
	.features = go_features,
	.key = go_key,
};
