/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing moves, and the end of the game. */
#include "gtp/gtp_int.h"

#include <string.h>
#include <strings.h>

static bool make(struct gtp *g, struct gtp_call *c, int player, int action)
{
	if (action == ENGINE_RESIGN || engine_play(g->engine, player, action))
		return true;
	return gtp_fail(c, "the search chose an illegal move: this is a fault of the program");
}

static bool generate(struct gtp *g, struct gtp_call *c, const struct engine_limits *more, bool make_it)
{
	struct gtp_cut cut = {.gtp = g};
	int player, action;
	struct err e;
	if (!gtp_color(c->argv[0], &player))
		return gtp_fail(c, "syntax error");
	if (engine_genmove_report(g->engine, player, more, NULL, gtp_interrupted, &cut, &action, &e))
		return gtp_fail(c, e.text);
	if (make_it)
		gtp_remember(g, action);
	if (make_it && !make(g, c, player, action))
		return false;
	gtp_say_vertex(g, c->text, action);
	return true;
}

bool gtp_genmove(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, NULL, true);
}

bool gtp_reg_genmove(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, &(struct engine_limits){.unclocked = true}, false);
}

/* The player to move unless one is named. */
static const char *player_named(const struct gtp *g, const struct gtp_call *c)
{
	return c->argc ? c->argv[0] : game_go.to_move(engine_state(g->engine)) ? "w" : "b";
}

bool gtp_kata_search(struct gtp *g, struct gtp_call *c)
{
	c->argv[0] = player_named(g, c);
	return gtp_reg_genmove(g, c);
}

/* The same, but any line ends it, and then there is no move. */
bool gtp_kata_search_cancellable(struct gtp *g, struct gtp_call *c)
{
	struct gtp_cut cut = {.gtp = g};
	int player, action;
	struct err e;
	if (!gtp_color(player_named(g, c), &player))
		return gtp_fail(c, "syntax error");
	if (engine_genmove_report(g->engine, player, &(struct engine_limits){.unclocked = true}, NULL, gtp_cut, &cut, &action, &e))
		return gtp_fail(c, e.text);
	if (cut.cut)
		buf_printf(c->text, "cancelled");
	else
		gtp_say_vertex(g, c->text, action);
	return true;
}

/* Dead stones of the other's on the board? */
static bool anything_to_take(struct gtp *g, int player)
{
	uint8_t dead[GAME_POINTS_MAX];
	struct err e;
	if (engine_status(g->engine, dead, NULL, &e))
		return false;
	for (int p = 0; p < game_points(engine_rules(g->engine)); p++)
		if (dead[p] && go_color(engine_state(g->engine), p) == !player)
			return true;
	return false;
}

/* Dead stones must be taken off the board: no pass before. */
bool gtp_kgs_genmove_cleanup(struct gtp *g, struct gtp_call *c)
{
	uint16_t avoid[GAME_ACTIONS_MAX] = {0};
	struct engine_limits more = {.visits = 0};
	int player;
	struct err e;
	if (!gtp_color(c->argv[0], &player))
		return gtp_fail(c, "syntax error");
	if (anything_to_take(g, player)) {
		avoid[game_points(engine_rules(g->engine))] = 1;
		more.avoid[player] = avoid;
	}
	bool friendly = engine_params(g->engine)->friendly_pass;
	engine_set(g->engine, "friendly_pass", "0", &e);
	bool ok = generate(g, c, &more, true);
	if (friendly)
		engine_set(g->engine, "friendly_pass", "1", &e);
	return ok;
}

bool gtp_final_score(struct gtp *g, struct gtp_call *c)
{
	int half;
	char text[32];
	struct err e;
	if (engine_status(g->engine, NULL, &half, &e))
		return gtp_fail(c, "cannot score");
	gtp_score_text(text, sizeof text, half);
	buf_printf(c->text, "%s", text);
	return true;
}

/* The stones of the group at p, on one line. */
static void say_group(struct gtp *g, struct gtp_call *c, int p, uint8_t *seen)
{
	const void *state = engine_state(g->engine);
	int size = gtp_size(g), color = go_color(state, p), n = 0;
	int point[GAME_POINTS_MAX];
	buf_printf(c->text, "%s", c->text->len ? "\n" : "");
	seen[p] = 1;
	point[n++] = p;
	for (int i = 0; i < n; i++) {
		int at = point[i], row = at / size, col = at % size;
		const int near[4] = {row ? at - size : at, col ? at - 1 : at, col < size - 1 ? at + 1 : at,
				     row < size - 1 ? at + size : at};
		buf_printf(c->text, "%s", i ? " " : "");
		gtp_say_vertex(g, c->text, at);
		for (int k = 0; k < 4; k++) {
			if (seen[near[k]] || go_color(state, near[k]) != color)
				continue;
			seen[near[k]] = 1;
			point[n++] = near[k];
		}
	}
}

bool gtp_final_status_list(struct gtp *g, struct gtp_call *c)
{
	uint8_t dead[GAME_POINTS_MAX], seen[GAME_POINTS_MAX] = {0};
	bool wanted = strcasecmp(c->argv[0], "dead") == 0;
	struct err e;
	if (strcasecmp(c->argv[0], "seki") == 0)
		return true; /* by area a seki needs no name: its stones are alive */
	if (!wanted && strcasecmp(c->argv[0], "alive") != 0)
		return gtp_fail(c, "syntax error");
	if (engine_status(g->engine, dead, NULL, &e))
		return gtp_fail(c, e.text);
	for (int p = 0; p < game_points(engine_rules(g->engine)); p++)
		if (go_color(engine_state(g->engine), p) >= 0 && !seen[p] && (dead[p] != 0) == wanted)
			say_group(g, c, p, seen);
	return true;
}
