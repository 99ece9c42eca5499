/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a query wants to be searched, and what it wants to be told. */
#include "gtp/json/json_int.h"

#include "gtp/text.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, SECONDS_MAX = 1000000000 };

bool analysis_integer_in(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, json_int_t lo,
                     json_int_t hi, const char *message, json_int_t *out)
{
	const json_t *v = json_object_get(in, field);
	if (!v)
		return true;
	if (!json_is_integer(v) || json_integer_value(v) < lo || json_integer_value(v) > hi) {
		analysis_error_for(a, q->id, field, "%s", message);
		return false;
	}
	*out = json_integer_value(v);
	return true;
}

static bool number_in(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, double lo,
                      double hi, const char *message, double *out)
{
	const json_t *v = json_object_get(in, field);
	if (!v)
		return true;
	double x = json_number_value(v);
	if (!json_is_number(v) || !isfinite(x) || x < lo || x > hi) {
		analysis_error_for(a, q->id, field, "%s", message);
		return false;
	}
	*out = x;
	return true;
}

bool analysis_player(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, int *out)
{
	const char *text = json_string_value(json_object_get(in, field));
	if (text && gtp_color(text, out))
		return true;
	analysis_error_for(a, q->id, field, "Must be \"b\" or \"w\"");
	return false;
}

bool analysis_vertex(struct analysis *a, const struct json_query *q, const char *field, const char *text, bool pass,
                 int *action)
{
	if (go_vertex_read(text, q->size, action) && (pass || *action < q->size * q->size))
		return true;
	analysis_error_for(a, q->id, field, "Could not parse board location: %.100s", text);
	return false;
}

static bool flags(struct analysis *a, struct json_query *q, const json_t *in)
{
	bool ignored;
	const struct {
		const char *field;
		bool *to;
	} list[] = {
	    {"includeOwnership", &q->owner},
	    {"includeMovesOwnership", &q->moves_owner},
	    {"includePolicy", &q->policy},
	    {"includePVVisits", &q->pv_visits},
	    {"includeOwnershipStdev", &ignored},
	    {"includeMovesOwnershipStdev", &ignored},
	    {"includeNoResultValue", &ignored},
	};
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		const json_t *v = json_object_get(in, list[i].field);
		if (v && !json_is_boolean(v)) {
			analysis_error_for(a, q->id, list[i].field, "Must be a boolean");
			return false;
		}
		if (v)
			*list[i].to = json_is_true(v);
	}
	return true;
}

/* --- overrideSettings --- */

static bool view_of(const char *text, enum analysis_view *view)
{
	static const char *const names[] = {"BLACK", "WHITE", "SIDETOMOVE"};
	for (int i = 0; i < 3; i++)
		if (strcmp(text, names[i]) == 0) {
			*view = (enum analysis_view)i;
			return true;
		}
	return false;
}

/* Settings of the other program that have no meaning here: searches have one way to be made. */
static bool known_elsewhere(const char *key)
{
	static const char *const names[] = {
	    "wideRootNoise", "analysisWideRootNoise", "playoutDoublingAdvantage", "playoutDoublingAdvantagePla",
	    "rootPolicyTemperature", "rootPolicyTemperatureEarly", "rootFpuReductionMax", "numSearchThreads",
	    "numSearchThreadsPerAnalysisThread", "numAnalysisThreads", "nnMaxBatchSize", "maxPlayouts", "homeDataDir",
	    "logToStderr", "logAllRequests", "logSearchInfo", "logDir", "logFile", "ignorePreRootHistory",
	    "conservativePass", "preventCleanupPhase", "nnCacheSizePowerOfTwo", "humanSLProfile", "rootNumSymmetriesToSample",
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(key, names[i]) == 0)
			return true;
	return false;
}

/* A number of seconds as any program may write it, "1e20" too; more than SECONDS_MAX is as good as for ever. */
static bool seconds(const char *text, int64_t *us)
{
	long long plain;
	if (gtp_seconds(text, &plain) && plain > 0) {
		*us = plain;
		return true;
	}
	json_t *v = json_loads(text, JSON_DECODE_ANY, NULL);
	double x = json_number_value(v); /* finite, for jansson reads no other; 0 where it is no number */
	json_decref(v);
	if (x <= 0)
		return false;
	*us = x < SECONDS_MAX ? (int64_t)(x * SECOND) : (int64_t)SECONDS_MAX * SECOND;
	*us += *us == 0; /* 0 would be no limit */
	return true;
}

int analysis_setting(const char *key, const char *value, struct engine_params *p, int *visits, int64_t *time_us,
                 enum analysis_view *view)
{
	int n;
	if (strcmp(key, "reportAnalysisWinratesAs") == 0)
		return view_of(value, view) ? 1 : -1;
	if (strcmp(key, "maxVisits") == 0) {
		if (!gtp_int(value, &n) || n < 1)
			return -1;
		*visits = n < ENGINE_VISITS_MAX ? n : ENGINE_VISITS_MAX;
		return 1;
	}
	if (strcmp(key, "maxTime") == 0)
		return seconds(value, time_us) ? 1 : -1;
	for (int i = 0; engine_param_name(i); i++)
		if (strcmp(engine_param_name(i), key) == 0)
			return engine_params_set(p, key, value, NULL) ? -1 : 1;
	return known_elsewhere(key);
}

static bool overrides(struct analysis *a, struct json_query *q, json_t *in)
{
	json_t *all = json_object_get(in, "overrideSettings"), *v;
	const char *key;
	char unknown[256] = "";
	size_t n = 0;
	if (all && !json_is_object(all)) {
		analysis_error_for(a, q->id, "overrideSettings", "Must be an object");
		return false;
	}
	json_object_foreach(all, key, v) {
		char *text = json_is_string(v) ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(9));
		const char *value = json_is_string(v) ? json_string_value(v) : text;
		bool lacked = analysis_lacked_memory();
		int known = lacked ? -1 : analysis_setting(key, value, &q->params, &q->visits, &q->time_us, &q->view);
		if (lacked)
			analysis_no_memory(a, q->id);
		else if (known < 0)
			analysis_error_for(a, q->id, "overrideSettings", "Could not set settings: %.60s = %.60s", key, value);
		free(text);
		if (known < 0)
			return false;
		if (!known && n < sizeof unknown)
			n += (size_t)snprintf(unknown + n, sizeof unknown - n, "%s%.40s", n ? "," : "", key);
	}
	if (n)
		analysis_warn_for(a, q->id, "overrideSettings", "Unknown config params: %s", unknown);
	return true;
}

/* --- Moves to avoid --- */

static bool avoid_one(struct analysis *a, struct json_query *q, json_t *in, const char *field)
{
	uint8_t mask[GAME_ACTIONS_MAX] = {0};
	json_t *moves = json_object_get(in, "moves");
	json_int_t depth = 0;
	int player, action;
	if (!moves || !json_object_get(in, "player") || !json_object_get(in, "untilDepth")) {
		analysis_error_for(a, q->id, field, "Must be a list of dicts with subfields 'player', 'moves', 'untilDepth'");
		return false;
	}
	if (!analysis_player(a, q, in, "player", &player) ||
	    !analysis_integer_in(a, q, in, "untilDepth", 1, 1000000000, "Must be a positive integer", &depth))
		return false;
	if (!json_is_array(moves)) {
		analysis_error_for(a, q->id, "moves", "Must be an array of GTP board vertices");
		return false;
	}
	for (size_t i = 0; i < json_array_size(moves); i++) {
		const char *text = json_string_value(json_array_get(moves, i));
		if (!text) {
			analysis_error_for(a, q->id, "moves", "Must be an array of GTP board vertices");
			return false;
		}
		if (!analysis_vertex(a, q, "moves", text, true, &action))
			return false;
		mask[action] = 1;
	}
	engine_avoid(q->avoid[player], mask, strcmp(field, "avoidMoves") == 0, q->size * q->size + 1, depth);
	return true;
}

static bool avoids(struct analysis *a, struct json_query *q, json_t *in)
{
	json_t *allow = json_object_get(in, "allowMoves"), *avoid = json_object_get(in, "avoidMoves");
	json_t *list = allow ? allow : avoid;
	const char *field = allow ? "allowMoves" : "avoidMoves";
	if (allow && avoid) {
		analysis_error_for(a, q->id, "allowMoves", "Cannot specify both allowMoves and avoidMoves");
		return false;
	}
	if (list && !json_is_array(list)) {
		analysis_error_for(a, q->id, field, "Must be a list of dicts with subfields 'player', 'moves', 'untilDepth'");
		return false;
	}
	if (allow && json_array_size(allow) > 1) {
		analysis_error_for(a, q->id, field, "Currently allowMoves only allows one entry");
		return false;
	}
	q->avoid = json_array_size(list) ? calloc(2, sizeof *q->avoid) : NULL;
	if (json_array_size(list) && !q->avoid) {
		analysis_no_memory(a, q->id);
		return false;
	}
	for (size_t i = 0; i < json_array_size(list); i++)
		if (!avoid_one(a, q, json_array_get(list, i), field))
			return false;
	return true;
}

static bool reports(struct analysis *a, struct json_query *q, const json_t *in)
{
	static const char message[] = "Must be number of seconds from 0.001 to 1000000.0";
	double every = 0, first = 0;
	if (!number_in(a, q, in, "reportDuringSearchEvery", 0.001, 1e6, message, &every) ||
	    !number_in(a, q, in, "firstReportDuringSearchAfter", 0.001, 1e6, message, &first))
		return false;
	q->reports = every > 0 || first > 0;
	q->every_us = every > 0 ? (int64_t)(every * SECOND) : INT64_MAX;
	q->first_us = first > 0 ? (int64_t)(first * SECOND) : q->every_us;
	return true;
}

bool analysis_options_read(struct analysis *a, struct json_query *q, const json_t *in)
{
	json_int_t visits = 0, pv_len = q->pv_len;
	double ignored;
	json_t *own = (json_t *)(uintptr_t)in; /* jansson iterates over objects that are not const */
	if (!overrides(a, q, own) || !flags(a, q, in) || !reports(a, q, in) || !avoids(a, q, own))
		return false;
	if (!analysis_integer_in(a, q, in, "maxVisits", 1, (json_int_t)1 << 50, "Must be an integer from 1 to 2^50", &visits) ||
	    !analysis_integer_in(a, q, in, "analysisPVLen", 1, 1000, "Must be an integer from 1 to 1000", &pv_len) ||
	    !number_in(a, q, in, "rootPolicyTemperature", 0.01, 100, "Must be a number from 0.01 to 100.0", &ignored) ||
	    !number_in(a, q, in, "rootFpuReductionMax", 0, 2, "Must be a number from 0.0 to 2.0", &ignored))
		return false;
	if (visits)
		q->visits = visits < ENGINE_VISITS_MAX ? (int)visits : ENGINE_VISITS_MAX;
	q->pv_len = (int)pv_len;
	return true;
}
