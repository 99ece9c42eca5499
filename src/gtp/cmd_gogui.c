/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Views for GoGui: what the net and the search think, drawn on the board. */
#include "gtp/gtp_int.h"

#include <string.h>

bool gtp_gogui_analyze_commands(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "dboard/Ownership/miai-ownership\n"
	                    "dboard/Policy/miai-policy\n"
	                    "gfx/Search/miai-gfx\n"
	                    "string/Value/miai-value\n"
	                    "string/Score/final_score\n"
	                    "plist/Dead Stones/final_status_list dead\n"
	                    "string/CPU Time/cputime\n"
	                    "param/Parameters/miai-param");
	return true;
}

static bool raw(struct gtp *g, struct gtp_call *c, struct engine_raw *out)
{
	struct err e;
	return engine_raw_net(g->engine, game_go.to_move(engine_state(g->engine)), -1, out, &e) == 0 || gtp_fail(c, e.text);
}

/* > 0: Black's. */
bool gtp_miai_ownership(struct gtp *g, struct gtp_call *c)
{
	struct engine_raw r;
	int size = gtp_size(g), sign = game_go.to_move(engine_state(g->engine)) ? -1 : 1;
	if (!raw(g, c, &r))
		return false;
	for (int p = 0; p < size * size; p++)
		gtp_printf(c->text, "%s%.3f", p == 0 ? "" : p % size ? " " : "\n", sign * r.owner[p] / 32767.0);
	return true;
}

bool gtp_miai_policy(struct gtp *g, struct gtp_call *c)
{
	struct engine_raw r;
	int size = gtp_size(g);
	if (!raw(g, c, &r))
		return false;
	for (int p = 0; p < size * size; p++)
		gtp_printf(c->text, "%s%.4f", p == 0 ? "" : p % size ? " " : "\n",
		           r.policy[p] < 0 ? 0 : r.policy[p] / 65536.0);
	return true;
}

bool gtp_miai_value(struct gtp *g, struct gtp_call *c)
{
	struct engine_raw r;
	if (!raw(g, c, &r))
		return false;
	int black = game_go.to_move(engine_state(g->engine)) == 0;
	gtp_printf(c->text, "Black wins %.1f%%, leads by %.1f", (black ? r.wdl[0] : r.wdl[2]) * 100.0 / 65536 +
	           r.wdl[1] * 50.0 / 65536, (black ? r.score : -r.score) / 256.0);
	return true;
}

/* The last search of this position: its main line, visits beside the moves, a line of text. */
bool gtp_miai_gfx(struct gtp *g, struct gtp_call *c)
{
	const struct engine_analysis *a = engine_last(g->engine);
	if (!a || a->moves == 0) {
		buf_printf(c->text, "TEXT nothing was searched here");
		return true;
	}
	buf_printf(c->text, "VAR");
	for (int i = 0; i < a->move[0].pv_len; i++) {
		buf_printf(c->text, " %c ", (a->to_move + i) % 2 ? 'w' : 'b');
		gtp_say_vertex(g, c->text, a->move[0].pv[i]);
	}
	buf_printf(c->text, "\nLABEL");
	for (int i = 0; i < a->moves && a->move[i].visits; i++) {
		if (a->move[i].action == game_points(engine_rules(g->engine)))
			continue;
		buf_printf(c->text, " ");
		gtp_say_vertex(g, c->text, a->move[i].action);
		buf_printf(c->text, " %d", a->move[i].visits);
	}
	gtp_printf(c->text, "\nTEXT %d visits, %.1f%%, lead %.1f", a->visits, a->winrate * 100.0 / 65536, a->score / 256.0);
	return true;
}

bool gtp_miai_param(struct gtp *g, struct gtp_call *c)
{
	char text[ENGINE_VALUE_TEXT];
	struct err e;
	if (c->argc == 2)
		return engine_set(g->engine, c->argv[0], c->argv[1], &e) == 0 || gtp_fail(c, e.text);
	if (c->argc == 1)
		return gtp_fail(c, "syntax error");
	for (int i = 0; engine_param_name(i); i++) {
		engine_get(g->engine, engine_param_name(i), text);
		buf_printf(c->text, "%s[string] %s %s", i ? "\n" : "", engine_param_name(i), text);
	}
	return true;
}
