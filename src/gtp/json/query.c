/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A query's positions: board, rules, stones, moves, and which of them are to be searched. */
#include "gtp/json/json_int.h"

#include "gtp/rules.h"
#include "gtp/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { PV_LEN = 15 };

void analysis_query_free(struct json_query *q)
{
	if (!q)
		return;
	free(q->id);
	free(q->stone);
	free(q->move);
	free(q->avoid);
	free(q);
}

static bool read_size(struct analysis *a, struct json_query *q, const json_t *in)
{
	static const char message[] = "Must provide an integer from 2 to 19";
	static const char *const field[] = {"boardXSize", "boardYSize"};
	json_int_t size[2] = {0, 0};
	for (int i = 0; i < 2; i++) {
		if (!analysis_integer_in(a, q, in, field[i], GAME_SIZE_MIN, GAME_SIZE_MAX, message, &size[i]))
			return false;
		if (!size[i]) {
			analysis_error_for(a, q->id, field[i], "%s", message);
			return false;
		}
	}
	q->size = (int)size[0];
	if (size[0] == size[1])
		return true;
	analysis_error_for(a, q->id, "boardYSize", "Only square boards are played here");
	return false;
}

static bool read_rules(struct analysis *a, struct json_query *q, const json_t *in)
{
	const json_t *v = json_object_get(in, "rules");
	struct gtp_rules r;
	struct err e = {.text = ""};
	if (!json_is_string(v) && !json_is_object(v)) {
		analysis_error_for(a, q->id, "rules", "Must specify rules string, such as \"chinese\" or \"tromp-taylor\", "
		                                  "or a JSON object with detailed rules parameters.");
		return false;
	}
	char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_COMPACT);
	if (analysis_lacked_memory()) {
		free(text);
		analysis_no_memory(a, q->id);
		return false;
	}
	int rc = gtp_rules_parse(text ? text : json_string_value(v), &r, &e);
	if (rc == ERR_FORMAT)
		analysis_error_for(a, q->id, "rules", "Could not parse rules: %.200s", text ? text : json_string_value(v));
	free(text);
	if (rc == ERR_FORMAT)
		return false;
	/* As where a net does not know the rules: told, and searched by those that are known. */
	if (rc)
		analysis_warn_for(a, q->id, "rules", "Rules not supported, using area scoring with positional superko instead: %.200s",
		              e.text);
	q->suicide = rc == 0 && r.suicide;
	return true;
}

static bool read_komi(struct analysis *a, struct json_query *q, const json_t *in)
{
	const json_t *v = json_object_get(in, "komi");
	double komi = json_number_value(v) * 2;
	q->komi_half = 15;
	if (!v)
		return true;
	if (!json_is_number(v) || !isfinite(komi) || fabs(komi) > 300 || (int)komi != komi) {
		analysis_error_for(a, q->id, "komi", "Must be a integer or half-integer from -150.0 to 150.0");
		return false;
	}
	q->komi_half = (int)komi;
	return true;
}

/* [["b","D4"], ...]: *out is allocated, n of them. */
static bool read_plies(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, bool pass,
                       struct json_ply **out, int *n)
{
	static const char message[] = "Must be an array of pairs of the form: [\"b\" or \"w\", GTP board vertex]";
	const json_t *list = json_object_get(in, field);
	size_t count = json_array_size(list);
	if (!json_is_array(list) || count > (size_t)(pass ? GAME_MOVES_MAX - 1 : GAME_POINTS_MAX)) {
		analysis_error_for(a, q->id, field, "%s", json_is_array(list) ? "Too many" : message);
		return false;
	}
	*out = calloc(count + 1, sizeof **out);
	if (!*out) {
		analysis_no_memory(a, q->id);
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const json_t *pair = json_array_get(list, i);
		const char *who = json_string_value(json_array_get(pair, 0)), *where = json_string_value(json_array_get(pair, 1));
		int player, action;
		if (json_array_size(pair) != 2 || !who || !where) {
			analysis_error_for(a, q->id, field, "%s", message);
			return false;
		}
		if (!gtp_color(who, &player)) {
			analysis_error_for(a, q->id, field, "Could not parse player: %.100s", who);
			return false;
		}
		if (!analysis_vertex(a, q, field, where, pass, &action))
			return false;
		(*out)[i] = (struct json_ply){(uint16_t)action, (uint8_t)player};
	}
	*n = (int)count;
	return true;
}

static bool read_game(struct analysis *a, struct json_query *q, const json_t *in)
{
	if (json_object_get(in, "initialStones") &&
	    !read_plies(a, q, in, "initialStones", false, &q->stone, &q->stones))
		return false;
	if (!json_object_get(in, "moves")) {
		analysis_error_for(a, q->id, "moves", "Must specify an array of [player,location] pairs");
		return false;
	}
	if (!read_plies(a, q, in, "moves", true, &q->move, &q->moves))
		return false;
	q->first = -1;
	return !json_object_get(in, "initialPlayer") || analysis_player(a, q, in, "initialPlayer", &q->first);
}

/* The position as it is becomes the first one of a game. */
static void forget_moves(struct engine *g)
{
	int8_t color[GAME_POINTS_MAX];
	struct err e;
	int size = engine_rules(g)->size, points = size * size;
	for (int p = 0; p < points; p++)
		color[p] = (int8_t)go_color(engine_state(g), p);
	engine_clear(g, size, &e);
	for (int p = 0; p < points; p++)
		if (color[p] >= 0)
			engine_place(g, color[p], p);
}

enum json_played analysis_play(struct engine *g, const struct json_ply *move)
{
	if (engine_play(g, move->player, move->action))
		return JSON_LEGAL;
	/* A point that is taken, and suicide, are as illegal without a history. */
	forget_moves(g);
	return engine_play(g, move->player, move->action) ? JSON_REPEATS : JSON_ILLEGAL;
}

static bool try_moves(struct analysis *a, const struct json_query *q)
{
	char vertex[GO_VERTEX_TEXT];
	int repeats = -1;
	for (int i = 0; i < q->moves; i++) {
		enum json_played how = analysis_play(a->checker, &q->move[i]);
		gtp_vertex_text(vertex, q->size, q->move[i].action);
		if (how == JSON_ILLEGAL) {
			analysis_error_for(a, q->id, "moves", "Illegal move %d: %s", i, vertex);
			return false;
		}
		if (how == JSON_REPEATS && repeats < 0)
			repeats = i;
	}
	if (repeats >= 0)
		analysis_warn_for(a, q->id, "moves", "Move %d repeats a position, which positional superko forbids: after such a "
		                  "move the search knows nothing of the game before it", repeats);
	return true;
}

/* Plays it all on an engine that is there for this alone: the other may be at work. */
static bool try_game(struct analysis *a, const struct json_query *q)
{
	struct err e;
	char vertex[GO_VERTEX_TEXT];
	int bad = 0;
	if (engine_clear(a->checker, q->size, &e)) {
		analysis_error_for(a, q->id, "boardXSize", "%.200s", e.text);
		return false;
	}
	engine_suicide(a->checker, q->suicide);
	while (bad < q->stones && engine_place(a->checker, q->stone[bad].player, q->stone[bad].action))
		bad++;
	if (bad == q->stones)
		return try_moves(a, q);
	gtp_vertex_text(vertex, q->size, q->stone[bad].action);
	analysis_error_for(a, q->id, "initialStones", "Illegal stone %d: %s", bad, vertex);
	return false;
}

/* --- Which positions --- */

static bool read_turns(struct analysis *a, struct json_query *q, const json_t *in, bool *turns)
{
	const json_t *list = json_object_get(in, "analyzeTurns");
	if (!list) {
		turns[q->moves] = true;
		return true;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!json_is_integer(json_array_get(list, i)))
			list = NULL;
	if (!json_is_array(list)) {
		analysis_error_for(a, q->id, "analyzeTurns", "Must specify an array of integers indicating turns to analyze");
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		json_int_t turn = json_integer_value(json_array_get(list, i));
		if (turn < 0 || turn > q->moves) {
			analysis_error_for(a, q->id, "analyzeTurns", "Invalid turn number: %lld", (long long)turn);
			return false;
		}
		turns[turn] = true;
	}
	return true;
}

static bool read_priorities(struct analysis *a, struct json_query *q, const json_t *in, json_int_t *priority)
{
	static const json_int_t most = ((json_int_t)1 << 62) - 1;
	const json_t *list = json_object_get(in, "priorities"), *turns = json_object_get(in, "analyzeTurns");
	const char *wrong = NULL;
	json_int_t one = 0;
	if (!analysis_integer_in(a, q, in, "priority", -most, most, "Must be a number between -2^62 and 2^62", &one))
		return false;
	for (int i = 0; i <= q->moves; i++)
		priority[i] = one;
	if (!list)
		return true;
	if (json_object_get(in, "priority"))
		wrong = "Cannot specify both priority and priorities";
	else if (!json_is_array(list))
		wrong = "Must specify an array of integers indicating priorities";
	else if (!turns)
		wrong = "Can only specify when also specifying analyzeTurns";
	else if (json_array_size(list) != json_array_size(turns))
		wrong = "Must be of matching length to analyzeTurns";
	for (size_t i = 0; !wrong && i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		if (!json_is_integer(v) || json_integer_value(v) < -most || json_integer_value(v) > most)
			wrong = "Must specify an array of integers indicating priorities";
		else
			priority[json_integer_value(json_array_get(turns, i))] = json_integer_value(v);
	}
	if (wrong)
		analysis_error_for(a, q->id, "priorities", "%s", wrong);
	return !wrong;
}

static void warn_of_unknown(struct analysis *a, const struct json_query *q, json_t *in)
{
	static const char *const known[] = {
	    "id", "moves", "initialStones", "initialPlayer", "rules", "komi", "whiteHandicapBonus", "boardXSize",
	    "boardYSize", "analyzeTurns", "maxVisits", "rootPolicyTemperature", "rootFpuReductionMax", "analysisPVLen",
	    "includeOwnership", "includeOwnershipStdev", "includeMovesOwnership", "includeMovesOwnershipStdev",
	    "includePolicy", "includePVVisits", "includeNoResultValue", "avoidMoves", "allowMoves", "overrideSettings",
	    "reportDuringSearchEvery", "firstReportDuringSearchAfter", "priority", "priorities", "action",
	};
	const char *key;
	json_t *v;
	json_object_foreach(in, key, v) {
		bool found = false;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			found |= strcmp(key, known[i]) == 0;
		if (!found)
			analysis_warn_for(a, q->id, key, "Unexpected or unused field");
	}
}

struct json_query *analysis_query_read(struct analysis *a, const char *id, const json_t *in, bool **turns,
                                   json_int_t **priority)
{
	struct json_query *q = calloc(1, sizeof *q);
	*turns = NULL;
	*priority = NULL;
	if (q)
		q->id = strdup(id);
	if (!q || !q->id) {
		analysis_no_memory(a, id);
		analysis_query_free(q);
		return NULL;
	}
	q->params = a->set.engine.params;
	q->visits = a->set.visits;
	q->time_us = (int64_t)q->params.time_ms * 1000;
	q->view = a->set.view;
	q->pv_len = PV_LEN;
	bool ok = read_size(a, q, in) && read_game(a, q, in);
	if (ok) {
		*turns = calloc((size_t)q->moves + 1, sizeof **turns);
		*priority = calloc((size_t)q->moves + 1, sizeof **priority);
		ok = *turns && *priority;
		if (!ok)
			analysis_no_memory(a, id);
	}
	ok = ok && read_turns(a, q, in, *turns) && read_priorities(a, q, in, *priority) && read_rules(a, q, in) &&
	     read_komi(a, q, in) && analysis_options_read(a, q, in) && try_game(a, q);
	if (ok)
		warn_of_unknown(a, q, (json_t *)(uintptr_t)in);
	if (ok)
		return q;
	analysis_query_free(q);
	return NULL;
}
