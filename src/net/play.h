/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The local page: an HTTP server on the loopback address that shows a board and thinks about positions.
 * docs/play.md has the requests and who may make them. */
#ifndef MIAI_NET_PLAY_H
#define MIAI_NET_PLAY_H

#include "base/bytes.h"
#include "base/err.h"
#include "nn/kernels.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	NET_PLAY_PORT = 19361,        /* tried first where no port is asked for: the page's memory belongs to its port */
	NET_VISITS_MAX = 1000000,     /* that a request may ask for */
	NET_BODY_MAX = 256 << 10,     /* bytes of a request */
	NET_SGF_BODY_MAX = 2 << 20,   /* of one that carries SGF */
};

struct net_play_settings {
	const struct nn_net *net;         /* borrowed; NULL: moves are drawn evenly from the legal ones */
	const struct nn_kernels *kernels; /* borrowed */
	const char *net_name;             /* borrowed; SHA-256 in hexadecimal, "" without a net */
	const char *version;              /* borrowed */
	const char *web;                  /* borrowed; NULL: the pages built in; else the folder that has them */
	int size, komi_half;              /* of the first game offered */
	int threads;                      /* of a search */
	uint64_t seed;
	int port;                         /* 0: NET_PLAY_PORT, or any free one */
};

struct net_play;

/* Copies s.  NULL: see e. */
struct net_play *net_play_new(const struct net_play_settings *s, struct err *e);
/* Listens and answers, in threads of its own. */
int net_play_open(struct net_play *p, struct err *e);
int net_play_port(const struct net_play *p);
/* Ends what is thought about, closes all connections, frees.  NULL is fine. */
void net_play_free(struct net_play *p);

/* What decides an answer.  Header texts are NULL where absent. */
struct net_request {
	const char *method, *path;                /* "GET", "/api/info" */
	const char *host, *origin, *site, *type, *etag; /* Host, Origin, Sec-Fetch-Site, Content-Type, If-None-Match */
	const void *body;
	size_t n;
};

struct net_reply {
	unsigned status;
	const char *type;     /* Content-Type */
	char etag[20];        /* "" where there is none */
	struct buf body;
	struct net_job *job;  /* where not NULL, the body is what the job says from time to time; owned */
};

/* The longest body that a request may have, or where it is refused whatever its body: 0 and the refusal in r. */
size_t net_request_limit(const struct net_play *p, const struct net_request *q, struct net_reply *r);
/* Answers; release the reply afterwards. */
void net_request_answer(struct net_play *p, const struct net_request *q, struct net_reply *r);
void net_reply_release(struct net_reply *r);

/* A job's next bytes, at most max; 0 only at the end.  Waits; where nothing is said for a while, an empty line. */
size_t net_job_read(struct net_job *job, char *out, size_t max);

/* The address of route i, NULL past the last: for the test that each has a manual line. */
const char *net_route_name(int i);

#endif
