/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The queue of positions, and the search of the one that is next. */
#include "gtp/json/json_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ENDLESS_VISITS = 1000000 };

struct analysis *analysis_new(const struct analysis_settings *s, struct err *e)
{
	struct analysis *a = calloc(1, sizeof *a);
	if (!a) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	analysis_watch_memory();
	a->set = *s;
	a->set.visits = s->visits ? s->visits : ANALYSIS_VISITS;
	struct engine_settings check = {.threads = 1, .size = s->engine.size, .params = s->engine.params};
	a->main.analysis = a->side.analysis = a;
	a->main.engine = engine_new(&s->engine, e);
	a->checker = a->main.engine ? engine_new(&check, e) : NULL;
	if (a->checker)
		return a;
	analysis_free(a);
	return NULL;
}

void analysis_request_free(struct analysis *a, struct json_request *r)
{
	if (--r->query->users == 0)
		analysis_query_free(r->query);
	free(r);
	a->requests--;
}

void analysis_free(struct analysis *a)
{
	if (!a)
		return;
	while (a->first) {
		struct json_request *r = a->first;
		a->first = r->next;
		analysis_request_free(a, r);
	}
	engine_free(a->main.engine);
	engine_free(a->side.engine);
	engine_free(a->checker);
	free(a);
}

/* --- Into the queue --- */

static bool enqueue(struct analysis *a, struct json_query *q, int turn, json_int_t priority)
{
	struct json_request *r = a->requests < ANALYSIS_REQUESTS_MAX ? calloc(1, sizeof *r) : NULL;
	struct json_request **at = &a->first;
	if (!r)
		return false;
	r->query = q;
	r->turn = turn;
	r->priority = priority;
	q->users++;
	a->requests++;
	while (*at && (*at)->priority >= priority)
		at = &(*at)->next;
	r->next = *at;
	*at = r;
	return true;
}

static void take_query(struct analysis *a, const char *id, const json_t *in)
{
	bool *turns;
	json_int_t *priority;
	struct json_query *q = analysis_query_read(a, id, in, &turns, &priority);
	if (q) {
		q->users = 1; /* ours, so that it lives until all are in */
		for (int i = 0; i <= q->moves; i++)
			if (turns[i] && !enqueue(a, q, i, priority[i])) {
				analysis_error_for(a, id, "analyzeTurns", "Too many positions wait, or no memory is left for more");
				break;
			}
		if (--q->users == 0)
			analysis_query_free(q);
	}
	free(turns);
	free(priority);
}

void analysis_line(struct analysis *a, const char *line, size_t n)
{
	json_error_t where;
	while (n && (line[n - 1] == '\r' || line[n - 1] == ' '))
		n--;
	if (n == 0)
		return;
	if (n > ANALYSIS_LINE_MAX) {
		analysis_error(a, "The line is too long");
		return;
	}
	analysis_lacked_memory();
	json_t *in = json_loadb(line, n, 0, &where);
	if (analysis_lacked_memory()) {
		json_decref(in);
		analysis_no_memory(a, NULL);
		return;
	}
	if (!in) {
		char text[256];
		snprintf(text, sizeof text, "Could not parse input line as json request: %s at column %d", where.text,
		         where.column);
		json_t *what = json_string(text); /* NULL where it quotes what is no UTF-8 */
		analysis_error(a, what ? text : "Could not parse input line as json request");
		json_decref(what);
		return;
	}
	const char *id = json_string_value(json_object_get(in, "id"));
	if (!json_is_object(in))
		analysis_error(a, "Request line was valid json but was not an object, ignoring");
	else if (!id)
		analysis_error(a, "Request must have a string \"id\" field");
	else if (json_is_string(json_object_get(in, "action")))
		analysis_act(a, id, in);
	else
		take_query(a, id, in);
	json_decref(in);
}

/* --- Searching --- */

static bool report(void *ctx, const struct engine_analysis *e, bool last)
{
	struct json_search *s = ctx;
	const struct json_query *q = s->running->query;
	if (last || e->elapsed_us - s->told < (s->told ? q->every_us : q->first_us))
		return true;
	s->told = e->elapsed_us;
	analysis_result(s, e, true);
	return true;
}

/* A client that thinks while its user does: it wants reports, and ends the search when it has had enough. */
static bool endless(const struct json_query *q)
{
	return q->reports && q->visits >= ENDLESS_VISITS;
}

static void search(struct json_search *s);

/* Searches the first request that has an end, while one without is under way.  The other engine is like the first, so that
 * answers are the same as ever; it is made when it is first wanted, and without it all wait as they came. */
static void search_aside(struct analysis *a)
{
	struct json_request **at = &a->first;
	struct err e;
	while (*at && endless((*at)->query))
		at = &(*at)->next;
	if (!*at || (!a->side.engine && !(a->side.engine = engine_new(&a->set.engine, &e))))
		return;
	a->side.running = *at;
	*at = (*at)->next;
	search(&a->side);
}

static bool between(void *ctx)
{
	struct json_search *s = ctx;
	struct analysis *a = s->analysis;
	if (a->set.between)
		a->set.between(a->set.ctx);
	if (s == &a->main && endless(s->running->query) && !s->running->terminated)
		search_aside(a);
	return s->running->terminated;
}

/* The request's position on the engine; the game was tried before.  Returns whose turn it is, or an error: the net may
 * not take boards of this size. */
static int set_up(struct engine *g, const struct json_request *r, struct err *e)
{
	const struct json_query *q = r->query;
	int black = 0, white = 0, first = q->first;
	int rc = engine_clear(g, q->size, e);
	if (rc)
		return rc;
	engine_suicide(g, q->suicide);
	engine_komi(g, q->komi_half);
	for (int i = 0; i < q->stones; i++) {
		engine_place(g, q->stone[i].player, q->stone[i].action);
		*(q->stone[i].player ? &white : &black) += 1;
	}
	if (first < 0)
		first = q->moves ? q->move[0].player : black > 1 && !white;
	engine_to_move_first(g, first);
	for (int i = 0; i < r->turn; i++)
		analysis_play(g, &q->move[i]);
	/* Whoever moves next in the query's game is to move. */
	return r->turn < q->moves ? q->move[r->turn].player : game_go.to_move(engine_state(g));
}

static void search_now(struct json_search *s)
{
	const struct json_query *q = s->running->query;
	const struct engine_analysis *found;
	struct err e;
	struct engine_limits l = {
	    .visits = q->visits,
	    .time_us = q->time_us,
	    .owner = q->owner,
	    .moves_owner = q->moves_owner,
	    .fresh = true,
	    .avoid = {q->avoid ? q->avoid[0] : NULL, q->avoid ? q->avoid[1] : NULL},
	};
	if (q->reports)
		l.interval_us = q->first_us < q->every_us ? q->first_us : q->every_us;
	engine_params_use(s->engine, &q->params);
	s->told = 0;
	int player = set_up(s->engine, s->running, &e);
	if (player < 0)
		analysis_error_for(s->analysis, q->id, "boardXSize", "%.300s", e.text);
	else if (engine_think(s->engine, player, &l, report, between, s, &found, &e))
		analysis_error_for(s->analysis, q->id, "moves", "%.300s", e.text);
	else
		analysis_result(s, found, false);
}

/* The request that it runs, which ends with it. */
static void search(struct json_search *s)
{
	search_now(s);
	analysis_request_free(s->analysis, s->running);
	s->running = NULL;
}

bool analysis_work(struct analysis *a)
{
	if (!a->first)
		return false;
	a->main.running = a->first;
	a->first = a->first->next;
	search(&a->main);
	return true;
}

int analysis_override(struct analysis_settings *s, const char *text, struct err *e)
{
	char word[256];
	int64_t time_us = 0;
	while (*text) {
		size_t n = strcspn(text, ",");
		if (n >= sizeof word)
			return err_set(e, ERR_ARG, "a setting is too long: %.60s", text);
		memcpy(word, text, n);
		word[n] = '\0';
		text += n + (text[n] == ',');
		char *value = strchr(word, '=');
		if (value)
			*value++ = '\0';
		if (!value || analysis_setting(word, value, &s->engine.params, &s->visits, &time_us, &s->view) < 0)
			return err_set(e, ERR_ARG, "%.60s is no setting, or has no such value", word);
	}
	if (time_us)
		s->engine.params.time_ms = time_us < (int64_t)1000000000 * 1000 ? (int)((time_us + 999) / 1000) : 1000000000;
	return 0;
}
