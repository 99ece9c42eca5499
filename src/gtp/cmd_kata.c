/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules, parameters, and what the net alone says: commands that other engines have made usual. */
#include "gtp/gtp_int.h"
#include "gtp/rules.h"

#include "base/symmetry.h"

#include <stdio.h>
#include <string.h>

/* --- Rules --- */

static bool use_rules(struct gtp *g, struct gtp_call *c, const struct gtp_rules *r)
{
	struct err e;
	if (engine_suicide(g->engine, r->suicide))
		return gtp_fail(c, "the game has a suicide in it: the rules cannot change now");
	return engine_set(g->engine, "friendly_pass", r->friendly_pass ? "1" : "0", &e) == 0 || gtp_fail(c, e.text);
}

static bool set_rules(struct gtp *g, struct gtp_call *c, const char *text)
{
	struct gtp_rules r;
	struct err e;
	return gtp_rules_parse(text, &r, &e) ? gtp_fail(c, e.text) : use_rules(g, c, &r);
}

static struct gtp_rules rules_now(const struct gtp *g)
{
	return (struct gtp_rules){engine_rules(g->engine)->suicide != 0, engine_params(g->engine)->friendly_pass != 0};
}

/* The arguments as one text again. */
static bool joined(const struct gtp_call *c, int from, char *out, size_t n)
{
	size_t len = 0;
	out[0] = '\0';
	for (int i = from; i < c->argc; i++) {
		size_t more = strlen(c->argv[i]);
		if (len + more + 2 > n)
			return false;
		if (len)
			out[len++] = ' ';
		memcpy(out + len, c->argv[i], more + 1);
		len += more;
	}
	return true;
}

bool gtp_kata_set_rules(struct gtp *g, struct gtp_call *c)
{
	char text[1024];
	return joined(c, 0, text, sizeof text) ? set_rules(g, c, text) : gtp_fail(c, "syntax error");
}

bool gtp_kata_get_rules(struct gtp *g, struct gtp_call *c)
{
	const struct gtp_rules r = rules_now(g);
	gtp_rules_print(&r, c->text);
	return true;
}

bool gtp_kata_set_rule(struct gtp *g, struct gtp_call *c)
{
	struct gtp_rules r = rules_now(g);
	struct err e;
	return gtp_rules_field(c->argv[0], c->argv[1], &r, &e) ? gtp_fail(c, e.text) : use_rules(g, c, &r);
}

bool gtp_kgs_rules(struct gtp *g, struct gtp_call *c)
{
	return set_rules(g, c, c->argv[0]);
}

/* --- Parameters --- */

/* Names that clients know from another engine, and how they write the values. */
static const struct alias {
	const char *name, *own;
	enum { COUNT, SECONDS, BOOLEAN } kind;
} aliases[] = {
    {"maxVisits", "visits", COUNT},
    {"maxTime", "time_ms", SECONDS},
    {"lagBuffer", "lag_ms", SECONDS},
    {"ponderingEnabled", "ponder", BOOLEAN},
};
enum { ALIASES = sizeof aliases / sizeof *aliases };

static const struct alias *find_alias(const char *name)
{
	for (int i = 0; i < ALIASES; i++)
		if (strcmp(aliases[i].name, name) == 0)
			return &aliases[i];
	return NULL;
}

/* Their value as ours; what is more than any limit is the greatest one. */
static bool own_value(const struct alias *a, const char *value, char out[ENGINE_VALUE_TEXT])
{
	enum { SECONDS_MAX = 1000000 };
	long long us = 0;
	int n = 0;
	bool truth = strcmp(value, "true") == 0;
	if (a->kind == COUNT && gtp_int(value, &n)) {
		n = n > ENGINE_VISITS_MAX ? ENGINE_VISITS_MAX : n;
	} else if (a->kind == SECONDS && gtp_seconds(value, &us)) {
		n = (int)(us / 1000 > SECONDS_MAX * 1000LL ? SECONDS_MAX * 1000LL : us / 1000);
	} else if (a->kind == BOOLEAN && (truth || strcmp(value, "false") == 0)) {
		n = truth;
	} else {
		return false;
	}
	snprintf(out, ENGINE_VALUE_TEXT, "%d", n);
	return true;
}

bool gtp_kata_list_params(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	for (int i = 0; engine_param_name(i); i++)
		buf_printf(c->text, "%s%s", i ? " " : "", engine_param_name(i));
	for (int i = 0; i < ALIASES; i++)
		buf_printf(c->text, " %s", aliases[i].name);
	return true;
}

bool gtp_kata_get_param(struct gtp *g, struct gtp_call *c)
{
	const struct alias *a = find_alias(c->argv[0]);
	char text[ENGINE_VALUE_TEXT];
	int n;
	if (!engine_get(g->engine, a ? a->own : c->argv[0], text))
		return gtp_fail(c, "Invalid parameter");
	if (!a || a->kind == COUNT || !gtp_int(text, &n))
		buf_printf(c->text, "%s", text);
	else if (a->kind == SECONDS)
		buf_printf(c->text, "%d.%03d", n / 1000, n % 1000);
	else
		buf_printf(c->text, "%s", n ? "true" : "false");
	return true;
}

bool gtp_kata_set_param(struct gtp *g, struct gtp_call *c)
{
	const struct alias *a = find_alias(c->argv[0]);
	char text[ENGINE_VALUE_TEXT];
	struct err e;
	if (!a)
		return engine_set(g->engine, c->argv[0], c->argv[1], &e) == 0 || gtp_fail(c, e.text);
	if (!own_value(a, c->argv[1], text))
		return gtp_fail(c, "syntax error");
	return engine_set(g->engine, a->own, text, &e) == 0 || gtp_fail(c, e.text);
}

/* --- The net alone --- */

/* A number a point, row by row, "NAN" where it is below -10. */
static void say_points(struct gtp *g, struct buf *b, const double *v)
{
	int size = gtp_size(g);
	for (int p = 0; p < size * size; p++) {
		const char *end = p % size == size - 1 ? "\n" : " ";
		if (v[p] < -10)
			buf_printf(b, "NAN%s", end);
		else
			gtp_printf(b, "%.6f%s", v[p], end);
	}
}

static void say_raw(struct gtp *g, struct gtp_call *c, const struct engine_raw *raw, const char *symmetry)
{
	int points = game_points(engine_rules(g->engine)), white = game_go.to_move(engine_state(g->engine));
	double v[GAME_POINTS_MAX];
	int sign = white ? 1 : -1;
	gtp_printf(c->text, "symmetry %s\nwhiteWin %.6f\nwhiteLoss %.6f\nnoResult %.6f\nwhiteLead %.4f\n", symmetry,
	           raw->wdl[white ? 0 : 2] / 65536.0, raw->wdl[white ? 2 : 0] / 65536.0, raw->wdl[1] / 65536.0,
	           sign * raw->score / 256.0);
	for (int p = 0; p < points; p++)
		v[p] = raw->policy[p] < 0 ? -100 : raw->policy[p] / 65536.0;
	buf_printf(c->text, "policy\n");
	say_points(g, c->text, v);
	gtp_printf(c->text, "policyPass %.6f\nwhiteOwnership\n", raw->policy[points] / 65536.0);
	for (int p = 0; p < points; p++)
		v[p] = sign * raw->owner[p] / 32767.0;
	say_points(g, c->text, v);
}

bool gtp_kata_raw_nn(struct gtp *g, struct gtp_call *c)
{
	int first, last;
	struct engine_raw raw;
	struct err e;
	bool all = strcmp(c->argv[0], "all") == 0;
	if (all) {
		first = 0;
		last = SYMMETRIES - 1;
	} else if (!gtp_int(c->argv[0], &first) || first < 0 || first >= SYMMETRIES) {
		return gtp_fail(c, "syntax error");
	} else {
		last = first;
	}
	for (int s = first; s <= last; s++) {
		const char text[2] = {(char)('0' + s), '\0'};
		if (engine_raw_net(g->engine, game_go.to_move(engine_state(g->engine)), s, &raw, &e)) {
			buf_clear(c->text);
			return gtp_fail(c, e.text);
		}
		say_raw(g, c, &raw, text);
	}
	if (c->text->len)
		c->text->len--; /* the reply brings its own end of line */
	return true;
}

bool gtp_clear_cache(struct gtp *g, struct gtp_call *c)
{
	(void)c;
	engine_forget(g->engine);
	return true;
}
