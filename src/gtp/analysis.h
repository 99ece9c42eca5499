/* SPDX-License-Identifier: GPL-3.0-or-later */
/* KataGo's analysis protocol: a JSON object a line in, a JSON object a line out; docs/analysis.md.  Many queries may be in
 * flight; they are searched one at a time, by priority, then in order of arrival, with all threads.  Only a search without an
 * end (of a client that ponders) lets others go first.  Built with jansson only. */
#ifndef MIAI_GTP_ANALYSIS_H
#define MIAI_GTP_ANALYSIS_H

#include "gtp/engine.h"

enum {
	ANALYSIS_LINE_MAX = 1 << 22,     /* a longer line is answered with an error */
	ANALYSIS_REQUESTS_MAX = 100000,  /* positions that may wait */
	ANALYSIS_VISITS = 500,           /* where a query does not say */
};

enum analysis_view { ANALYSIS_BLACK, ANALYSIS_WHITE, ANALYSIS_MOVER };

struct analysis_settings {
	struct engine_settings engine;   /* size and komi are each query's */
	const char *version, *model;     /* borrowed: of the program; the net's file */
	int visits;                      /* where a query does not say; 0: ANALYSIS_VISITS */
	enum analysis_view view;         /* whose winrate, score and ownership are told */
	/* Takes an answer: n bytes, the last a newline. */
	void (*write)(void *ctx, const char *line, size_t n);
	/* Between batches of a search: the place to call analysis_line.  May be NULL. */
	void (*between)(void *ctx);
	void *ctx;
};

struct analysis;

/* NULL: see e. */
struct analysis *analysis_new(const struct analysis_settings *s, struct err *e);
void analysis_free(struct analysis *a);

/* Takes one line of n bytes, any bytes, without its newline: answers it, or puts its positions into the queue. */
void analysis_line(struct analysis *a, const char *line, size_t n);
/* Searches the position that is next, and answers; false where none waits. */
bool analysis_work(struct analysis *a);
/* As the action terminate_all: what is under way ends after its batch. */
void analysis_terminate(struct analysis *a);

/* "KEY=VALUE,KEY=VALUE": settings for all queries, as overrideSettings has them.  ERR_ARG: a value that is not. */
int analysis_override(struct analysis_settings *s, const char *text, struct err *e);

#endif
