/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_GTP_JSON_INT_H
#define MIAI_GTP_JSON_INT_H

#include "gtp/analysis.h"

#include <jansson.h>

struct json_ply {
	uint16_t action;
	uint8_t player;
};

/* A query: what its positions have in common. */
struct json_query {
	char *id;                        /* owned, as is all below */
	int users;                       /* requests that refer to it */
	int size, komi_half;
	bool suicide;
	int stones, moves, first;        /* first: who moves first; -1: as the position says */
	struct json_ply *stone, *move;
	struct engine_params params;
	int visits;
	int64_t time_us;
	enum analysis_view view;
	int pv_len;
	bool owner, moves_owner, policy, pv_visits, reports;
	int64_t first_us, every_us;      /* of reports on the way */
	uint16_t (*avoid)[GAME_ACTIONS_MAX]; /* two, as engine_limits has them; NULL: none */
};

/* A position to be searched. */
struct json_request {
	struct json_request *next;
	struct json_query *query;
	int turn;
	json_int_t priority;
	bool terminated;
};

/* A search under way. */
struct json_search {
	struct analysis *analysis;
	struct engine *engine;
	struct json_request *running;    /* NULL: none */
	int64_t told;                    /* the last report, 0 before the first */
};

struct analysis {
	struct analysis_settings set;
	struct json_search main, side;   /* side: of requests that do not wait for one without an end; its engine may be NULL */
	struct engine *checker;          /* without a net, for what a query's moves are worth */
	struct json_request *first;      /* in order: the greatest priority first, of equals the oldest */
	int requests;
};

/* actions.c: a line with a field "action". */
void analysis_act(struct analysis *a, const char *id, json_t *in);
/* Takes a request out of the queue for good. */
void analysis_request_free(struct analysis *a, struct json_request *r);

/* answer.c */
/* An answer, which it takes; where memory is short, or was while it was made, analysis_no_memory in its place.  id: of the
 * query, if the answer ends that, or NULL. */
void analysis_say(struct analysis *a, const char *id, json_t *answer);
/* The error that memory is short; it needs none, but for telling the id.  id may be NULL. */
void analysis_no_memory(struct analysis *a, const char *id);
/* jansson does not tell of every allocation that failed: a string that was read, or text that was made, may then lack a part.
 * So it allocates by a function of ours, in the whole program; and whether one has failed in this thread since the
 * last answer, or since this was asked. */
void analysis_watch_memory(void);
bool analysis_lacked_memory(void);
void analysis_error(struct analysis *a, const char *text);
void analysis_error_for(struct analysis *a, const char *id, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void analysis_warn_for(struct analysis *a, const char *id, const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void analysis_no_results(struct analysis *a, const struct json_request *r);
void analysis_result(const struct json_search *s, const struct engine_analysis *e, bool during);

/* query.c: NULL after telling what is wrong.  turns[i]: position i is wanted (moves + 1 of them); priority[i] its
 * priority.  Both are the caller's to free. */
struct json_query *analysis_query_read(struct analysis *a, const char *id, const json_t *in, bool **turns,
                                   json_int_t **priority);
void analysis_query_free(struct json_query *q);
enum json_played { JSON_ILLEGAL, JSON_LEGAL, JSON_REPEATS };
/* A move of a query's game.  JSON_REPEATS: positional superko alone forbids it, as the rules of many games do not; it is
 * played, and what came before is forgotten.  JSON_ILLEGAL: the engine's game is then worth nothing. */
enum json_played analysis_play(struct engine *g, const struct json_ply *move);

/* options.c: the part of a query that says how to search and what to tell; false after telling what is wrong. */
bool analysis_options_read(struct analysis *a, struct json_query *q, const json_t *in);
/* An integer of lo..hi; false after telling `message`.  Absent: true, and unchanged. */
bool analysis_integer_in(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, json_int_t lo,
                  json_int_t hi, const char *message, json_int_t *out);
bool analysis_player(struct analysis *a, const struct json_query *q, const json_t *in, const char *field, int *out);
bool analysis_vertex(struct analysis *a, const struct json_query *q, const char *field, const char *text, bool pass,
                 int *action);
/* One setting of overrideSettings.  1: taken or known to mean nothing here, 0: unknown, -1: not a value of it. */
int analysis_setting(const char *key, const char *value, struct engine_params *p, int *visits, int64_t *time_us,
                 enum analysis_view *view);

#endif
