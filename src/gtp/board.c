/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board and what was played on it: setup, play, undo, handicap, drawing. */
#include "gtp/gtp_int.h"

#include <stdio.h>
#include <stdlib.h>

static const struct game *const go = &game_go;

static void start(struct gtp *g)
{
	g->moves = 0;
	g->handicap = 0;
	g->games++;
	go->init(g->state, &g->rules);
}

int gtp_board_new(struct gtp *g, int size, int komi_half, struct err *e)
{
	struct game_rules rules = {.size = size, .komi_half = komi_half, .max_moves = GAME_MOVES_MAX};
	size_t n = go->state_bytes(&rules);
	void *state = malloc(n), *scratch = malloc(n);
	if (!state || !scratch) {
		free(state);
		free(scratch);
		return err_set(e, ERR_MEMORY, "out of memory for a board of %d", size);
	}
	free(g->state);
	free(g->scratch);
	g->state = state;
	g->scratch = scratch;
	g->rules = rules;
	start(g);
	return 0;
}

/* A move by either player, also after two passes: the protocol lets a game go on. */
static bool play(void *state, int player, int action)
{
	if (go_passes(state) >= 2)
		go_resume(state);
	go_set_to_move(state, player);
	return go->play(state, action);
}

void gtp_board_rebuild(struct gtp *g)
{
	go->init(g->state, &g->rules);
	for (int i = 0; i < g->handicap; i++)
		go_place(g->state, 0, g->stone[i]);
	if (g->handicap)
		go_set_to_move(g->state, 1);
	for (int i = 0; i < g->moves; i++)
		play(g->state, g->move[i].player, g->move[i].action);
}

bool gtp_board_play(struct gtp *g, int player, int action)
{
	/* A refused move must leave no trace, such as whose turn it is. */
	if (g->moves >= GAME_MOVES_MAX)
		return false;
	if (!play(g->state, player, action)) {
		gtp_board_rebuild(g);
		return false;
	}
	g->move[g->moves++] = (struct gtp_move){.action = (uint16_t)action, .player = (uint8_t)player};
	return true;
}

bool gtp_boardsize(struct gtp *g, struct gtp_call *c)
{
	int size;
	struct err e;
	if (!gtp_int(c->argv[0], &size))
		return gtp_fail(c, "syntax error");
	if (size < GAME_SIZE_MIN || size > GAME_SIZE_MAX)
		return gtp_fail(c, "unacceptable size");
	int before = g->rules.size;
	if (gtp_board_new(g, size, g->rules.komi_half, &e))
		return gtp_fail(c, e.text);
	if (size != before)
		gtp_think_release(g);
	return true;
}

bool gtp_clear_board(struct gtp *g, struct gtp_call *c)
{
	(void)c;
	start(g);
	return true;
}

bool gtp_komi(struct gtp *g, struct gtp_call *c)
{
	int half;
	int rc = gtp_parse_komi(c->argv[0], &half);
	if (rc == ERR_FORMAT)
		return gtp_fail(c, "syntax error");
	if (rc)
		return gtp_fail(c, "syntax error: komi must be a multiple of 0.5 from -361 to 361");
	g->rules.komi_half = half;
	gtp_board_rebuild(g);
	return true;
}

bool gtp_play(struct gtp *g, struct gtp_call *c)
{
	int player, action;
	if (!gtp_color(c->argv[0], &player) || !gtp_vertex(c->argv[1], g->rules.size, &action))
		return gtp_fail(c, "syntax error");
	return gtp_board_play(g, player, action) || gtp_fail(c, "illegal move");
}

bool gtp_undo(struct gtp *g, struct gtp_call *c)
{
	if (g->moves == 0)
		return gtp_fail(c, "cannot undo");
	g->moves--;
	gtp_board_rebuild(g);
	return true;
}

static bool board_is_empty(const struct gtp *g)
{
	for (int p = 0; p < game_points(&g->rules); p++)
		if (go_color(g->state, p) >= 0)
			return false;
	return true;
}

/* Begins a game with n black stones on points, which are different and on the board. */
static bool place(struct gtp *g, struct gtp_call *c, const int *point, int n)
{
	start(g);
	for (int i = 0; i < n; i++) {
		if (!go_place(g->state, 0, point[i])) {
			start(g);
			return gtp_fail(c, "bad vertex list");
		}
		g->stone[g->handicap++] = (uint16_t)point[i];
	}
	gtp_board_rebuild(g);
	return true;
}

/* The protocol's handicap points, n of them or, where fewer will do, as many below n as the size has. */
static bool handicap(struct gtp *g, struct gtp_call *c, bool fewer_will_do)
{
	int n, got = 0, point[GO_HANDICAP_MAX];
	char text[GTP_VERTEX_TEXT];
	if (!gtp_int(c->argv[0], &n))
		return gtp_fail(c, "syntax error");
	if (!board_is_empty(g))
		return gtp_fail(c, "board not empty");
	if (n >= 2 && (n <= GO_HANDICAP_MAX || fewer_will_do))
		for (int k = n < GO_HANDICAP_MAX ? n : GO_HANDICAP_MAX; !got && k >= (fewer_will_do ? 2 : n); k--)
			got = go_handicap_points(g->rules.size, k, point);
	if (!got)
		return gtp_fail(c, "invalid number of stones");
	if (!place(g, c, point, got))
		return false;
	for (int i = 0; i < got; i++) {
		gtp_vertex_text(text, g->rules.size, point[i]);
		buf_printf(c->text, "%s%s", i ? " " : "", text);
	}
	return true;
}

bool gtp_fixed_handicap(struct gtp *g, struct gtp_call *c)
{
	return handicap(g, c, false);
}

bool gtp_place_free_handicap(struct gtp *g, struct gtp_call *c)
{
	return handicap(g, c, true);
}

bool gtp_set_free_handicap(struct gtp *g, struct gtp_call *c)
{
	int point[GTP_ARGS_MAX];
	int n = c->argc, points = game_points(&g->rules);
	if (!board_is_empty(g))
		return gtp_fail(c, "board not empty");
	for (int i = 0; i < n; i++) {
		if (!gtp_vertex(c->argv[i], g->rules.size, &point[i]))
			return gtp_fail(c, "syntax error");
		for (int k = 0; k < i; k++)
			if (point[k] == point[i])
				return gtp_fail(c, "bad vertex list");
		if (point[i] == points)
			return gtp_fail(c, "bad vertex list");
	}
	if (n < 2 || n >= points)
		return gtp_fail(c, "bad vertex list");
	return place(g, c, point, n);
}

static void column_letters(struct gtp_call *c, int size)
{
	buf_printf(c->text, "\n   ");
	for (int col = 0; col < size; col++)
		buf_printf(c->text, " %c", "ABCDEFGHJKLMNOPQRST"[col]);
}

bool gtp_showboard(struct gtp *g, struct gtp_call *c)
{
	int size = g->rules.size, last = go_last_move(g->state, 0);
	char komi[16];
	gtp_half_text(komi, sizeof komi, g->rules.komi_half);
	column_letters(c, size);
	for (int row = 0; row < size; row++) {
		buf_printf(c->text, "\n%2d ", size - row);
		for (int col = 0; col < size; col++) {
			int p = row * size + col;
			buf_printf(c->text, "%c%c",
				   p == last                           ? '('
				   : last >= 0 && col && p == last + 1 ? ')'
								       : ' ',
				   ".XO"[go_color(g->state, p) + 1]);
		}
		buf_printf(c->text, "%s%d",
			   last >= 0 && last < size * size && last == row * size + size - 1 ? ")" : " ", size - row);
	}
	column_letters(c, size);
	buf_printf(c->text, "\n%s (%c) to move, komi %s, captured by X %d, by O %d",
		   go->to_move(g->state) ? "White" : "Black", go->to_move(g->state) ? 'O' : 'X', komi,
		   go_captures(g->state, 0), go_captures(g->state, 1));
	return true;
}
