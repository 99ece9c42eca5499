/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Positions and moves that come all at once, as pairs COLOUR VERTEX. */
#include "gtp/gtp_int.h"

struct pair {
	int player, action;
};

enum { PAIRS = GTP_ARGS_MAX / 2 };

/* The arguments; passes where they may be moves. */
static bool read_pairs(const struct gtp *g, const struct gtp_call *c, bool moves, struct pair *out)
{
	int points = game_points(engine_rules(g->engine));
	for (int i = 0; i < c->argc / 2; i++)
		if (!gtp_color(c->argv[2 * i], &out[i].player) || !go_vertex_read(c->argv[2 * i + 1], gtp_size(g), &out[i].action) ||
		    (out[i].action == points && !moves))
			return false;
	return c->argc % 2 == 0;
}

/* Stones beside those that are there; where they cannot stand the board is empty afterwards. */
static bool place(struct gtp *g, struct gtp_call *c, const struct pair *stone)
{
	struct err e;
	for (int i = 0; i < c->argc / 2; i++)
		if (!engine_place(g->engine, stone[i].player, stone[i].action)) {
			engine_clear(g->engine, gtp_size(g), &e); /* of the same size: cannot fail */
			return gtp_fail(c, "illegal position");
		}
	return true;
}

bool gtp_set_position(struct gtp *g, struct gtp_call *c)
{
	struct err e;
	struct pair stone[PAIRS];
	if (!read_pairs(g, c, false, stone))
		return gtp_fail(c, "syntax error");
	if (engine_clear(g->engine, gtp_size(g), &e))
		return gtp_fail(c, e.text);
	return place(g, c, stone);
}

/* The same without an empty board before. */
bool gtp_gogui_setup(struct gtp *g, struct gtp_call *c)
{
	struct pair stone[PAIRS];
	if (!read_pairs(g, c, false, stone))
		return gtp_fail(c, "syntax error");
	if (engine_moves(g->engine) > 0)
		return gtp_fail(c, "no setup after moves");
	return place(g, c, stone);
}

bool gtp_gogui_setup_player(struct gtp *g, struct gtp_call *c)
{
	int player;
	if (!gtp_color(c->argv[0], &player))
		return gtp_fail(c, "syntax error");
	if (engine_moves(g->engine) > 0)
		return gtp_fail(c, "no setup after moves");
	engine_to_move_first(g->engine, player);
	return true;
}

/* All of the moves or none. */
bool gtp_gogui_play_sequence(struct gtp *g, struct gtp_call *c)
{
	struct pair move[PAIRS];
	if (!read_pairs(g, c, true, move))
		return gtp_fail(c, "syntax error");
	for (int i = 0; i < c->argc / 2; i++) {
		if (engine_play(g->engine, move[i].player, move[i].action))
			continue;
		while (i--)
			engine_undo(g->engine);
		return gtp_fail(c, "illegal move");
	}
	return true;
}
