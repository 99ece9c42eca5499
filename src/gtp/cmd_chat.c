/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is said of a game under way: to the bridge of a server, and to whoever talks to the program there. */
#include "gtp/gtp_int.h"

#include <string.h>

static const struct engine_info *find(const struct engine_analysis *a, int action)
{
	for (int i = 0; i < a->moves; i++)
		if (a->move[i].action == action)
			return &a->move[i];
	return &a->move[0]; /* resigning: the best move there was */
}

/* The form in which KataGo tells its chat; bridges look for exactly this.  A variation is never empty there. */
static void chat(const struct gtp *g, const struct engine_analysis *a, const struct engine_info *m)
{
	struct buf line = {.data = NULL};
	char vertex[GO_VERTEX_TEXT];
	int size = gtp_size(g);
	gtp_printf(&line, "CHAT:Visits %d Winrate %.2f%% ScoreLead %.1f ScoreStdev %.1f PV", a->visits, a->winrate * 100.0 / 65536,
	           a->score / 256.0, a->score_stdev / 256.0);
	for (int i = 0; i < (m->pv_len ? m->pv_len : 1); i++) {
		gtp_vertex_small(vertex, size, m->pv_len ? m->pv[i] : m->action);
		buf_printf(&line, " %s", vertex);
	}
	buf_u8(&line, '\0');
	if (!line.failed)
		g->set.chat(g->set.ctx, (const char *)line.data);
	buf_release(&line);
}

void gtp_remember(struct gtp *g, int action)
{
	const struct engine_analysis *a = engine_last(g->engine);
	g->thought = (struct gtp_thought){.moves = engine_moves(g->engine)};
	if (!a)
		return;
	g->thought.there = true;
	g->thought.winrate = a->winrate;
	g->thought.score = a->score;
	if (g->set.chat && a->moves)
		chat(g, a, find(a, action));
}

/* game|private NAME TEXT: whatever was said, the same civil answer. */
bool gtp_kgs_chat(struct gtp *g, struct gtp_call *c)
{
	const struct gtp_thought *t = &g->thought;
	if (strcmp(c->argv[0], "game") != 0 && strcmp(c->argv[0], "private") != 0)
		return gtp_fail(c, "syntax error");
	buf_printf(c->text, "I am miai %s, a program, and do not understand what people say.", g->set.version);
	/* Of this game, whose moves are more now by the one that was thought about. */
	if (t->there && engine_moves(g->engine) > t->moves)
		gtp_printf(c->text, " At my last move I gave myself %.1f%% to win, with a lead of %.1f points.",
		           t->winrate * 100.0 / 65536, t->score / 256.0);
	return true;
}
