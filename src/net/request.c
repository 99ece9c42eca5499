/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who may ask, for what, and who answers. */
#include "net/play_int.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct route {
	const char *method, *path;
	size_t limit; /* of the body */
	net_handler *run;
} routes[] = {
    {"GET", "/api/info", 0, net_info},
    {"POST", "/api/position", NET_BODY_MAX, net_position_answer},
    {"POST", "/api/analysis", NET_BODY_MAX, net_analysis_answer},
    {"POST", "/api/move", NET_BODY_MAX, net_move_answer},
    {"POST", "/api/score", NET_BODY_MAX, net_score_answer},
    {"POST", "/api/sgf/read", NET_SGF_BODY_MAX, net_sgf_read_answer},
    {"POST", "/api/sgf/write", NET_SGF_BODY_MAX, net_sgf_write_answer},
};
enum { ROUTES = sizeof routes / sizeof *routes };

const char *net_route_name(int i)
{
	return i >= 0 && i < ROUTES ? routes[i].path : NULL;
}

void net_reply_release(struct net_reply *r)
{
	buf_release(&r->body);
	if (r->job)
		net_job_free(r->job);
	r->job = NULL;
}

void net_reply_json(struct net_reply *r, json_t *j)
{
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	r->type = "application/json; charset=utf-8";
	buf_clear(&r->body);
	if (text)
		buf_bytes(&r->body, text, strlen(text));
	if (!text || r->body.failed) {
		buf_release(&r->body);
		r->status = 500;
	}
	free(text);
	json_decref(j);
}

void net_reply_error(struct net_reply *r, unsigned status, const char *text)
{
	r->status = status;
	/* A message may quote bytes that are not UTF-8; json_string refuses those. */
	json_t *what = json_string(text);
	net_reply_json(r, json_pack("{s:o}", "error", what ? what : json_string("the request holds bytes that are not UTF-8")));
}

unsigned net_status(int code)
{
	switch (code) {
	case ERR_FORMAT:
	case ERR_ARG:
		return 400;
	case ERR_MISMATCH:
		return 422;
	case ERR_STOPPED:
		return 503;
	default:
		return 500;
	}
}

/* Is text one of our names with our port behind it? */
static bool is_our_host(const struct net_play *p, const char *text)
{
	char ours[32];
	static const char *const name[] = {"127.0.0.1", "localhost"};
	for (int i = 0; i < 2; i++) {
		snprintf(ours, sizeof ours, "%s:%d", name[i], p->port);
		if (strcasecmp(text, ours) == 0)
			return true;
	}
	return false;
}

static bool is_our_page(const struct net_play *p, const struct net_request *q)
{
	static const char http[] = "http://";
	size_t n = sizeof http - 1;
	if (q->origin && (strncmp(q->origin, http, n) != 0 || !is_our_host(p, q->origin + n)))
		return false;
	return !q->site || strcmp(q->site, "same-origin") == 0 || strcmp(q->site, "none") == 0;
}

static bool is_json(const char *type)
{
	static const char json[] = "application/json";
	size_t n = sizeof json - 1;
	return type && strncasecmp(type, json, n) == 0 && (type[n] == '\0' || type[n] == ';' || type[n] == ' ');
}

static const struct route *find_route(const char *path)
{
	for (int i = 0; i < ROUTES; i++)
		if (strcmp(routes[i].path, path) == 0)
			return &routes[i];
	return NULL;
}

static const struct net_asset *find_asset(const char *path)
{
	for (const struct net_asset *a = net_assets; a->path; a++)
		if (strcmp(a->path, path) == 0)
			return a;
	return NULL;
}

static bool reads(const char *method)
{
	return strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0;
}

/* Refuses what must not be answered at all; true where it did. */
static bool refused(const struct net_play *p, const struct net_request *q, struct net_reply *r)
{
	const struct route *route = find_route(q->path);
	bool api = strncmp(q->path, "/api/", 5) == 0;
	*r = (struct net_reply){.status = 200};
	if (!q->host || !is_our_host(p, q->host))
		net_reply_error(r, 421, "this is miai on your own machine; it answers to 127.0.0.1 and localhost only");
	else if (api && !is_our_page(p, q))
		net_reply_error(r, 403, "another site's page may not use miai");
	else if (api ? !route : !find_asset(q->path))
		net_reply_error(r, 404, "there is no such page");
	else if (route && strcmp(route->method, "POST") == 0 ? strcmp(q->method, "POST") != 0 : !reads(q->method))
		net_reply_error(r, 405, "this method is not for this page");
	else if (strcmp(q->method, "POST") == 0 && !is_json(q->type))
		net_reply_error(r, 415, "a request has to be application/json");
	else
		return false;
	return true;
}

size_t net_request_limit(const struct net_play *p, const struct net_request *q, struct net_reply *r)
{
	if (refused(p, q, r))
		return 0;
	const struct route *route = find_route(q->path);
	/* What a GET brings along is not read. */
	return route && route->limit ? route->limit : 1;
}

static void serve_file(const struct net_play *p, const struct net_asset *a, const struct net_request *q, struct net_reply *r)
{
	enum { MOST = 1 << 24 };
	char path[1024];
	struct err e;
	r->type = a->type;
	if (p->set.web) {
		int n = snprintf(path, sizeof path, "%s/%s", p->set.web, a->file);
		if (n < 0 || (size_t)n >= sizeof path || file_read(&r->body, path, MOST, &e))
			net_reply_error(r, 404, "the folder of --web has no such file");
		return;
	}
	snprintf(r->etag, sizeof r->etag, "\"%.16s\"", a->etag);
	if (q->etag && strcmp(q->etag, r->etag) == 0) {
		r->status = 304;
		return;
	}
	buf_bytes(&r->body, a->data, a->n);
	if (r->body.failed)
		r->status = 500;
}

static void serve_route(struct net_play *p, const struct route *route, const struct net_request *q, struct net_reply *r)
{
	json_error_t wrong;
	char text[256];
	if (!route->limit) {
		route->run(p, NULL, r);
		return;
	}
	if (q->n > route->limit) {
		net_reply_error(r, 413, "the request is too long");
		return;
	}
	json_t *in = json_loadb(q->n ? q->body : "", q->n, JSON_REJECT_DUPLICATES, &wrong);
	if (in) {
		route->run(p, in, r);
		json_decref(in);
		return;
	}
	snprintf(text, sizeof text, "not JSON: line %d: %s", wrong.line, wrong.text);
	net_reply_error(r, 400, text);
}

void net_request_answer(struct net_play *p, const struct net_request *q, struct net_reply *r)
{
	if (refused(p, q, r))
		return;
	const struct route *route = find_route(q->path);
	if (route)
		serve_route(p, route, q, r);
	else
		serve_file(p, find_asset(q->path), q, r);
}
