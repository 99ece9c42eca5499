/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Analysis commands: reports on the way, until a line waits or the move is chosen. */
#include "gtp/analyze.h"

#include <time.h>

/* A command that is being told as it goes. */
struct analysis {
	struct gtp_cut cut; /* first: a pointer to it is one to the whole */
	struct gtp *gtp;
	struct gtp_call *call;
	const struct analyze_request *request;
};

static bool report(void *ctx, const struct engine_analysis *a, bool last)
{
	struct analysis *s = ctx;
	(void)last;
	analyze_print(s->call->text, a, s->request, gtp_size(s->gtp));
	gtp_stream(s->gtp, s->call);
	return true;
}

/* The tree is as large as it may be: nothing to do until a line comes. */
static void wait_for_line(struct gtp *g)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	while (g->set.waiting && !g->set.waiting(g->set.ctx))
		nanosleep(&pause, NULL);
}

static bool analyze(struct gtp *g, struct gtp_call *c, enum analyze_dialect dialect)
{
	struct analyze_request r;
	struct analysis s = {{g, false}, g, c, &r};
	struct err e;
	if (!analyze_parse(g, c, dialect, &r))
		return false;
	r.limits.least_visits = 2;
	if (!g->set.waiting)
		r.limits.visits = engine_params(g->engine)->visits ? engine_params(g->engine)->visits : 400;
	if (engine_think(g->engine, r.player, &r.limits, report, gtp_cut, &s, NULL, &e))
		return gtp_fail(c, e.text);
	wait_for_line(g);
	gtp_stream(g, c);
	return true;
}

bool gtp_lz_analyze(struct gtp *g, struct gtp_call *c)
{
	return analyze(g, c, ANALYZE_LZ);
}

bool gtp_kata_analyze(struct gtp *g, struct gtp_call *c)
{
	return analyze(g, c, ANALYZE_KATA);
}

bool gtp_analyze(struct gtp *g, struct gtp_call *c)
{
	return analyze(g, c, ANALYZE_PLAIN);
}

enum kind { MAKE, SEARCH, CANCELLABLE };

/* As genmove or kata-search, with reports; the last line is "play VERTEX". */
static bool generate(struct gtp *g, struct gtp_call *c, enum analyze_dialect dialect, enum kind kind)
{
	struct analyze_request r;
	struct analysis s = {{g, false}, g, c, &r};
	int action;
	struct err e;
	if (!analyze_parse(g, c, dialect, &r))
		return false;
	r.limits.unclocked = kind != MAKE;
	engine_waiting *waiting = kind == CANCELLABLE ? gtp_cut : gtp_interrupted;
	if (engine_genmove_report(g->engine, r.player, &r.limits, report, waiting, &s, &action, &e))
		return gtp_fail(c, e.text);
	gtp_stream(g, c);
	if (s.cut.cut) {
		buf_printf(c->text, "play cancelled\n");
		return true;
	}
	if (kind == MAKE)
		gtp_remember(g, action);
	if (kind == MAKE && action != ENGINE_RESIGN && !engine_play(g->engine, r.player, action))
		action = ENGINE_RESIGN;
	buf_printf(c->text, "play ");
	gtp_say_vertex(g, c->text, action);
	buf_printf(c->text, "\n");
	return true;
}

bool gtp_lz_genmove_analyze(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_LZ, MAKE);
}

bool gtp_kata_genmove_analyze(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_KATA, MAKE);
}

bool gtp_genmove_analyze(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_PLAIN, MAKE);
}

bool gtp_kata_search_analyze(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_KATA, SEARCH);
}

bool gtp_kata_search_analyze_cancellable(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_KATA, CANCELLABLE);
}

bool gtp_cgos_genmove_analyze(struct gtp *g, struct gtp_call *c)
{
	return generate(g, c, ANALYZE_CGOS, MAKE);
}
