/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines that ask for something else than a search. */
#include "gtp/json/json_int.h"

#include <string.h>

/* The list of turns, where one is given; false after telling that it is none. */
static bool turns_of(struct analysis *a, const char *id, const json_t *in, const json_t **turns)
{
	*turns = json_object_get(in, "turnNumbers");
	bool ok = !*turns || json_is_array(*turns);
	for (size_t i = 0; i < json_array_size(*turns); i++)
		ok &= json_is_integer(json_array_get(*turns, i));
	if (!ok)
		analysis_error_for(a, id, "turnNumbers", "If provided, must be an array of integers indicating turns to terminate");
	return ok;
}

static bool is_meant(const struct json_request *r, const char *id, const json_t *turns)
{
	bool meant = !turns;
	if (id && strcmp(id, r->query->id) != 0)
		return false;
	for (size_t i = 0; i < json_array_size(turns) && !meant; i++)
		meant = json_integer_value(json_array_get(turns, i)) == r->turn;
	return meant;
}

static void end_search(struct json_search *s, const char *id, const json_t *turns)
{
	if (!s->running || !is_meant(s->running, id, turns))
		return;
	s->running->terminated = true;
	engine_stop(s->engine);
}

/* What waits is answered at once, what is under way when its batch is done. */
static void terminate(struct analysis *a, const char *id, const json_t *turns)
{
	for (struct json_request **at = &a->first; *at;) {
		struct json_request *r = *at;
		if (!is_meant(r, id, turns)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		analysis_no_results(a, r);
		analysis_request_free(a, r);
	}
	end_search(&a->main, id, turns);
	end_search(&a->side, id, turns);
}

void analysis_terminate(struct analysis *a)
{
	terminate(a, NULL, NULL);
}

static void models(struct analysis *a, json_t *in)
{
	const char *name = a->set.model ? a->set.model : "";
	json_object_set_new(in, "models",
	                    json_pack("[{s:s, s:s, s:i, s:b, s:i, s:s}]", "name", name, "internalName", name, "maxBatchSize",
	                              a->set.engine.params.batch, "usesHumanSLProfile", 0, "version", NN_NUMERICS,
	                              "usingFP16", "false"));
}

void analysis_act(struct analysis *a, const char *id, json_t *in)
{
	const char *action = json_string_value(json_object_get(in, "action"));
	const json_t *turns = NULL;
	if (strcmp(action, "query_version") == 0) {
		json_object_set_new(in, "version", json_string(a->set.version));
		json_object_set_new(in, "git_hash", json_string("miai"));
	} else if (strcmp(action, "query_models") == 0) {
		models(a, in);
	} else if (strcmp(action, "terminate") == 0) {
		const char *which = json_string_value(json_object_get(in, "terminateId"));
		if (!which) {
			analysis_error_for(a, id, "terminateId", "Requests for a terminate action must have a string \"terminateId\" "
			                                     "field");
			return;
		}
		if (!turns_of(a, id, in, &turns))
			return;
		terminate(a, which, turns);
	} else if (strcmp(action, "terminate_all") == 0) {
		if (!turns_of(a, id, in, &turns))
			return;
		terminate(a, NULL, turns);
	} else if (strcmp(action, "clear_cache") != 0) { /* nothing is kept from one search to another */
		analysis_error(a, "'action' field must be 'query_version' or 'query_models' or 'clear_cache' or 'terminate' or "
		              "'terminate_all'");
		return;
	}
	analysis_say(a, id, json_incref(in));
}
