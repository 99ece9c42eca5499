/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board and what was played on it: setup, play, undo, handicap, drawing. */
#include "gtp/gtp_int.h"

#include <string.h>

bool gtp_boardsize(struct gtp *g, struct gtp_call *c)
{
	int size, height;
	struct err e;
	if (!gtp_int(c->argv[0], &size) || (c->argc > 1 && !gtp_int(c->argv[1], &height)))
		return gtp_fail(c, "syntax error");
	if (size < GAME_SIZE_MIN || size > GAME_SIZE_MAX || (c->argc > 1 && height != size))
		return gtp_fail(c, "unacceptable size");
	int rc = engine_clear(g->engine, size, &e);
	return rc == 0 || gtp_fail(c, rc == ERR_ARG ? "unacceptable size" : e.text); /* a net that knows one size alone */
}

bool gtp_clear_board(struct gtp *g, struct gtp_call *c)
{
	struct err e;
	return engine_clear(g->engine, gtp_size(g), &e) == 0 || gtp_fail(c, e.text);
}

bool gtp_komi(struct gtp *g, struct gtp_call *c)
{
	int half;
	int rc = gtp_parse_komi(c->argv[0], &half);
	if (rc == ERR_FORMAT)
		return gtp_fail(c, "syntax error");
	if (rc)
		return gtp_fail(c, "syntax error: komi must be a multiple of 0.5 from -361 to 361");
	return engine_komi(g->engine, half) == 0 || gtp_fail(c, "syntax error");
}

bool gtp_get_komi(struct gtp *g, struct gtp_call *c)
{
	char text[16];
	gtp_half_text(text, sizeof text, engine_rules(g->engine)->komi_half);
	buf_printf(c->text, "%s", text);
	return true;
}

bool gtp_play(struct gtp *g, struct gtp_call *c)
{
	int player, action;
	if (!gtp_color(c->argv[0], &player) || !go_vertex_read(c->argv[1], gtp_size(g), &action))
		return gtp_fail(c, "syntax error");
	return engine_play(g->engine, player, action) || gtp_fail(c, "illegal move");
}

bool gtp_undo(struct gtp *g, struct gtp_call *c)
{
	return engine_undo(g->engine) || gtp_fail(c, "cannot undo");
}

static bool board_is_empty(const struct gtp *g)
{
	const void *state = engine_state(g->engine);
	for (int p = 0; p < game_points(engine_rules(g->engine)); p++)
		if (go_color(state, p) >= 0)
			return false;
	return true;
}

/* Begins a game with n black stones on points, which are different and on the board. */
static bool place(struct gtp *g, struct gtp_call *c, const int *point, int n)
{
	struct err e;
	if (engine_clear(g->engine, gtp_size(g), &e))
		return gtp_fail(c, e.text);
	for (int i = 0; i < n; i++) {
		if (!engine_place(g->engine, 0, point[i])) {
			engine_clear(g->engine, gtp_size(g), &e); /* of the same size: cannot fail */
			return gtp_fail(c, "bad vertex list");
		}
	}
	engine_to_move_first(g->engine, 1);
	return true;
}

/* The protocol's handicap points, n of them or, where fewer will do, as many below n as the size has. */
static bool handicap(struct gtp *g, struct gtp_call *c, bool fewer_will_do)
{
	int n, got = 0, point[GO_HANDICAP_MAX];
	if (!gtp_int(c->argv[0], &n))
		return gtp_fail(c, "syntax error");
	if (!board_is_empty(g))
		return gtp_fail(c, "board not empty");
	if (n >= 2 && (n <= GO_HANDICAP_MAX || fewer_will_do))
		for (int k = n < GO_HANDICAP_MAX ? n : GO_HANDICAP_MAX; !got && k >= (fewer_will_do ? 2 : n); k--)
			got = go_handicap_points(gtp_size(g), k, point);
	if (!got)
		return gtp_fail(c, "invalid number of stones");
	if (!place(g, c, point, got))
		return false;
	for (int i = 0; i < got; i++) {
		buf_printf(c->text, "%s", i ? " " : "");
		gtp_say_vertex(g, c->text, point[i]);
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
	int n = c->argc, points = game_points(engine_rules(g->engine));
	if (!board_is_empty(g))
		return gtp_fail(c, "board not empty");
	for (int i = 0; i < n; i++) {
		if (!go_vertex_read(c->argv[i], gtp_size(g), &point[i]))
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
	char vertex[GO_VERTEX_TEXT];
	buf_printf(c->text, "\n   ");
	for (int col = 0; col < size; col++) {
		go_vertex_write(vertex, size, col);
		buf_printf(c->text, " %c", vertex[0]);
	}
}

bool gtp_showboard(struct gtp *g, struct gtp_call *c)
{
	const void *state = engine_state(g->engine);
	int size = gtp_size(g), last = go_last_move(state, 0), turn = game_go.to_move(state);
	char komi[16];
	gtp_half_text(komi, sizeof komi, engine_rules(g->engine)->komi_half);
	column_letters(c, size);
	for (int row = 0; row < size; row++) {
		buf_printf(c->text, "\n%2d ", size - row);
		for (int col = 0; col < size; col++) {
			int p = row * size + col;
			buf_printf(c->text, "%c%c",
				   p == last                           ? '('
				   : last >= 0 && col && p == last + 1 ? ')'
								       : ' ',
				   ".XO"[go_color(state, p) + 1]);
		}
		buf_printf(c->text, "%s%d",
			   last >= 0 && last < size * size && last == row * size + size - 1 ? ")" : " ", size - row);
	}
	column_letters(c, size);
	buf_printf(c->text, "\n%s (%c) to move, komi %s, captured by X %d, by O %d", turn ? "White" : "Black",
		   turn ? 'O' : 'X', komi, go_captures(state, 0), go_captures(state, 1));
	return true;
}
