/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers: results, errors, warnings. */
#include "gtp/json/json_int.h"

#include "gtp/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* An allocation of jansson's has failed in this thread. */
static _Thread_local bool lacks;

static void *allocate(size_t n)
{
	void *p = malloc(n);
	lacks |= !p;
	return p;
}

void analysis_watch_memory(void)
{
	json_set_alloc_funcs(allocate, free);
	lacks = false;
}

bool analysis_lacked_memory(void)
{
	bool did = lacks;
	lacks = false;
	return did;
}

/* Whether it was told: not where memory was short while it was made, or is now.  Takes it. */
static bool say(struct analysis *a, json_t *answer)
{
	struct buf b = {.data = NULL};
	char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_SORT_KEYS | JSON_REAL_PRECISION(9)) : NULL;
	json_decref(answer);
	buf_printf(&b, "%s\n", text ? text : "");
	bool whole = !analysis_lacked_memory() && text && !b.failed;
	if (whole)
		a->set.write(a->set.ctx, (const char *)b.data, b.len);
	free(text);
	buf_release(&b);
	return whole;
}

void analysis_no_memory(struct analysis *a, const char *id)
{
	static const char line[] = "{\"error\":\"out of memory\"}\n";
	analysis_lacked_memory();
	if (!id || !say(a, json_pack("{s:s, s:s}", "error", "out of memory", "id", id)))
		a->set.write(a->set.ctx, line, sizeof line - 1);
}

void analysis_say(struct analysis *a, const char *id, json_t *answer)
{
	if (!say(a, answer))
		analysis_no_memory(a, id);
}

void analysis_error(struct analysis *a, const char *text)
{
	analysis_say(a, NULL, json_pack("{s:s}", "error", text));
}

static json_t *message(const char *kind, const char *id, const char *field, const char *fmt, va_list args)
{
	char text[512];
	vsnprintf(text, sizeof text, fmt, args);
	/* What was cut, or quoted from the query, must still be UTF-8 to be told. */
	json_t *what = json_string(text);
	if (!what)
		what = json_string("the value is not one");
	return json_pack("{s:s, s:s, s:o}", "id", id, "field", field, kind, what);
}

void analysis_error_for(struct analysis *a, const char *id, const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	analysis_say(a, id, message("error", id, field, fmt, args));
	va_end(args);
}

void analysis_warn_for(struct analysis *a, const char *id, const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	/* An error with that id would say that the query is not searched. */
	analysis_say(a, NULL, message("warning", id, field, fmt, args));
	va_end(args);
}

void analysis_no_results(struct analysis *a, const struct json_request *r)
{
	analysis_say(a, r->query->id, json_pack("{s:s, s:b, s:b, s:i}", "id", r->query->id, "isDuringSearch", 0, "noResults", 1,
	                                        "turnNumber", r->turn));
}

/* --- Results --- */

/* Numbers of the mover's view, as the query wants them. */
struct view {
	bool turned;
};

static double winrate(struct view v, int32_t q16)
{
	return (v.turned ? 65536 - q16 : q16) / 65536.0;
}

static double utility(struct view v, int32_t q16)
{
	return (v.turned ? -q16 : q16) / 65536.0;
}

static double points(struct view v, int32_t q8)
{
	return (v.turned ? -q8 : q8) / 256.0;
}

static json_t *owners(struct view v, const int16_t *owner, int n)
{
	json_t *list = json_array();
	for (int p = 0; p < n; p++)
		json_array_append_new(list, json_real((v.turned ? -owner[p] : owner[p]) / 32767.0));
	return list;
}

static json_t *vertex(int size, int action)
{
	char text[GO_VERTEX_TEXT];
	gtp_vertex_small(text, size, action);
	return json_string(text);
}

static json_t *move_info(const struct json_query *q, struct view v, const struct engine_info *m)
{
	json_t *o = json_object(), *pv = json_array(), *visits = json_array();
	int n = m->pv_len < q->pv_len ? m->pv_len : q->pv_len;
	for (int i = 0; i < n; i++) {
		json_array_append_new(pv, vertex(q->size, m->pv[i]));
		json_array_append_new(visits, json_integer(m->pv_visits[i]));
	}
	json_object_set_new(o, "move", vertex(q->size, m->action));
	json_object_set_new(o, "visits", json_integer(m->visits));
	json_object_set_new(o, "edgeVisits", json_integer(m->visits));
	json_object_set_new(o, "weight", json_real(m->visits));
	json_object_set_new(o, "winrate", json_real(winrate(v, m->winrate)));
	json_object_set_new(o, "lcb", json_real(winrate(v, m->lcb)));
	json_object_set_new(o, "utility", json_real(utility(v, m->utility)));
	json_object_set_new(o, "utilityLcb", json_real(2 * winrate(v, m->lcb) - 1));
	json_object_set_new(o, "prior", json_real(m->prior / 65536.0));
	json_object_set_new(o, "scoreLead", json_real(points(v, m->score)));
	json_object_set_new(o, "scoreMean", json_real(points(v, m->score)));
	json_object_set_new(o, "scoreSelfplay", json_real(points(v, m->score)));
	json_object_set_new(o, "scoreStdev", json_real(m->score_stdev / 256.0));
	json_object_set_new(o, "order", json_integer(m->order));
	json_object_set_new(o, "pv", pv);
	if (q->pv_visits)
		json_object_set(o, "pvVisits", visits);
	json_decref(visits);
	if (m->owner)
		json_object_set_new(o, "ownership", owners(v, m->owner, q->size * q->size));
	return o;
}

static json_t *root_info(const void *state, struct view v, const struct engine_analysis *e)
{
	char hash[33];
	json_t *o = json_object();
	snprintf(hash, sizeof hash, "%016llX%016llX", (unsigned long long)go_position_hash(state),
	         (unsigned long long)game_go.key(state));
	json_object_set_new(o, "currentPlayer", json_string(e->to_move ? "W" : "B"));
	json_object_set_new(o, "visits", json_integer(e->visits));
	json_object_set_new(o, "weight", json_real(e->visits));
	json_object_set_new(o, "winrate", json_real(winrate(v, e->winrate)));
	json_object_set_new(o, "utility", json_real(utility(v, e->utility)));
	json_object_set_new(o, "scoreLead", json_real(points(v, e->score)));
	json_object_set_new(o, "scoreSelfplay", json_real(points(v, e->score)));
	json_object_set_new(o, "scoreStdev", json_real(e->score_stdev / 256.0));
	json_object_set_new(o, "rawWinrate", json_real(winrate(v, e->raw_winrate)));
	json_object_set_new(o, "rawLead", json_real(points(v, e->raw_score)));
	json_object_set_new(o, "thisHash", json_string(hash));
	return o;
}

void analysis_result(const struct json_search *s, const struct engine_analysis *e, bool during)
{
	const struct json_query *q = s->running->query;
	struct view v = {q->view == ANALYSIS_BLACK ? e->to_move == 1 : q->view == ANALYSIS_WHITE ? e->to_move == 0 : false};
	json_t *o = json_object(), *moves = json_array();
	for (int i = 0; i < e->moves && e->move[i].visits; i++)
		json_array_append_new(moves, move_info(q, v, &e->move[i]));
	json_object_set_new(o, "id", json_string(q->id));
	json_object_set_new(o, "turnNumber", json_integer(s->running->turn));
	json_object_set_new(o, "isDuringSearch", json_boolean(during));
	json_object_set_new(o, "moveInfos", moves);
	json_object_set_new(o, "rootInfo", root_info(engine_state(s->engine), v, e));
	if (q->owner && e->owner)
		json_object_set_new(o, "ownership", owners(v, e->owner, q->size * q->size));
	if (q->policy) {
		json_t *policy = json_array();
		for (int i = 0; i <= q->size * q->size; i++)
			json_array_append_new(policy, json_real(e->policy[i] < 0 ? -1 : e->policy[i] / 65536.0));
		json_object_set_new(o, "policy", policy);
	}
	if (during)
		say(s->analysis, o); /* or not: the next report tells more */
	else
		analysis_say(s->analysis, q->id, o);
}
