/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The transcript's lines. */
#include "gtp/engine_int.h"

#include "gtp/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void engine_log(struct engine *g, const char *fmt, ...)
{
	char line[4096];
	va_list args;
	if (!g->set.log)
		return;
	va_start(args, fmt);
	vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	g->set.log(g->set.log_ctx, line);
}

void engine_log_begin(struct engine *g)
{
	char name[65] = "unknown", value[ENGINE_VALUE_TEXT];
	if (!g->set.log)
		return;
	if (!g->set.net)
		snprintf(name, sizeof name, "none");
	else if (g->set.net_name)
		hash_hex(g->set.net_name, name);
	engine_log(g, "miai-transcript 2\n");
	engine_log(g, "net %s\n", name);
	engine_log(g, "seed %llu\n", (unsigned long long)g->set.seed);
	for (int i = 0; engine_param_name(i); i++) {
		engine_get(g, engine_param_name(i), value);
		engine_log(g, "set %s %s\n", engine_param_name(i), value);
	}
}

void engine_log_board(struct engine *g)
{
	engine_log(g, "board %d\n", g->rules.size);
}

void engine_log_ply(struct engine *g, const char *what, int player, int action)
{
	char vertex[GO_VERTEX_TEXT];
	gtp_vertex_text(vertex, g->rules.size, action);
	engine_log(g, "%s %c %s\n", what, player ? 'w' : 'b', vertex);
}

static int avoided(const struct engine_limits *l, int player, int action)
{
	return l->avoid[player] ? l->avoid[player][action] : 0;
}

/* The actions from `a` on with its depths, of which it is the first: at most 362 vertices of 5 bytes with their spaces. */
static void log_avoided(struct engine *g, const struct engine_limits *l, int a, bool *told)
{
	int black = avoided(l, 0, a), white = avoided(l, 1, a);
	char line[2048], vertex[GO_VERTEX_TEXT];
	size_t n = 0;
	for (int i = a; i < game_actions(&g->rules); i++) {
		if (avoided(l, 0, i) != black || avoided(l, 1, i) != white)
			continue;
		gtp_vertex_text(vertex, g->rules.size, i);
		n += (size_t)snprintf(line + n, sizeof line - n, " %s", vertex);
		told[i] = true;
	}
	engine_log(g, "avoid %d %d%s\n", black, white, line);
}

void engine_log_avoid(struct engine *g, const struct engine_limits *l)
{
	bool told[GAME_ACTIONS_MAX] = {false}, any = false;
	if (!g->set.log || (!l->avoid[0] && !l->avoid[1]))
		return;
	for (int a = 0; a < game_actions(&g->rules); a++)
		if (!told[a] && (avoided(l, 0, a) || avoided(l, 1, a))) {
			log_avoided(g, l, a, told);
			any = true;
		}
	if (!any)
		engine_log(g, "avoid 0 0\n"); /* it begins a new tree all the same */
}

void engine_log_think(struct engine *g, int player, bool fresh)
{
	engine_log(g, "think %c %d%s\n", player ? 'w' : 'b', g->analysis.visits, fresh ? " fresh" : "");
}

void engine_log_genmove(struct engine *g, int player, int action)
{
	char vertex[GO_VERTEX_TEXT];
	gtp_vertex_text(vertex, g->rules.size, action);
	engine_log(g, "genmove %c %d %s\n", player ? 'w' : 'b', g->set.net ? g->analysis.visits : 0, vertex);
}
