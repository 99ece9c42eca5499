/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bytes from and to the loopback address, by libmicrohttpd: a thread a connection, so that an answer may take its
 * time. */
#include "net/play_int.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

enum { CONNECTIONS = 64, IDLE_SECONDS = 60, HEADERS_MAX = 32 << 10, BLOCK = 4096 };

/* A request under way. */
struct exchange {
	struct net_request q;
	struct buf body;
	size_t limit;
};

static const char *header(struct MHD_Connection *c, const char *name)
{
	return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

static bool add(struct MHD_Response *m, const char *name, const char *value)
{
	return MHD_add_response_header(m, name, value) == MHD_YES;
}

static bool add_headers(struct MHD_Response *m, const struct net_reply *r)
{
	static const char policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
				     "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
	return add(m, "Content-Security-Policy", policy) && add(m, "X-Content-Type-Options", "nosniff") &&
	       add(m, "Referrer-Policy", "no-referrer") && add(m, "Cross-Origin-Opener-Policy", "same-origin") &&
	       add(m, "Cross-Origin-Resource-Policy", "same-origin") &&
	       /* no-cache: may be kept, but is asked for again, which the ETag makes cheap. */
	       add(m, "Cache-Control", r->etag[0] ? "no-cache" : "no-store") &&
	       (!r->type || add(m, "Content-Type", r->type)) && (!r->etag[0] || add(m, "ETag", r->etag));
}

static ssize_t read_job(void *ctx, uint64_t at, char *out, size_t max)
{
	(void)at;
	size_t n = net_job_read(ctx, out, max);
	return n ? (ssize_t)n : MHD_CONTENT_READER_END_OF_STREAM;
}

static void free_job(void *ctx)
{
	net_job_free(ctx);
}

static struct MHD_Response *respond(struct net_reply *r)
{
	if (!r->job)
		return MHD_create_response_from_buffer(r->body.len, r->body.data, MHD_RESPMEM_MUST_COPY);
	struct MHD_Response *m = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_job, r->job, free_job);
	if (m)
		r->job = NULL; /* the response's from here on */
	return m;
}

static enum MHD_Result send_reply(struct MHD_Connection *c, struct net_reply *r)
{
	struct MHD_Response *m = respond(r);
	enum MHD_Result ok = MHD_NO;
	if (m && add_headers(m, r))
		ok = MHD_queue_response(c, r->status, m);
	if (m)
		MHD_destroy_response(m);
	net_reply_release(r);
	return ok;
}

static struct exchange *begin(struct MHD_Connection *c, const char *path, const char *method)
{
	struct exchange *x = calloc(1, sizeof *x);
	if (x)
		x->q = (struct net_request){
		    .method = method,
		    .path = path,
		    .host = header(c, "Host"),
		    .origin = header(c, "Origin"),
		    .site = header(c, "Sec-Fetch-Site"),
		    .type = header(c, "Content-Type"),
		    .etag = header(c, "If-None-Match"),
		};
	return x;
}

/* Called once with the headers, then with each part of the body, then without one. */
static enum MHD_Result on_request(void *ctx, struct MHD_Connection *c, const char *path, const char *method,
				  const char *version, const char *data, size_t *n, void **slot)
{
	struct net_play *p = ctx;
	struct exchange *x = *slot;
	struct net_reply r;
	(void)version;
	if (!x) {
		*slot = x = begin(c, path, method);
		if (!x)
			return MHD_NO;
		x->limit = net_request_limit(p, &x->q, &r);
		return x->limit ? MHD_YES : send_reply(c, &r);
	}
	if (*n) {
		/* One byte beyond the limit is kept, so that the answer is "too long". */
		size_t room = x->limit + 1 - x->body.len;
		buf_bytes(&x->body, data, *n < room ? *n : room);
		*n = 0;
		return x->body.failed ? MHD_NO : MHD_YES;
	}
	x->q.body = x->body.data;
	x->q.n = x->body.len;
	net_request_answer(p, &x->q, &r);
	return send_reply(c, &r);
}

static void on_end(void *ctx, struct MHD_Connection *c, void **slot, enum MHD_RequestTerminationCode why)
{
	struct exchange *x = *slot;
	(void)ctx;
	(void)c;
	(void)why;
	if (x)
		buf_release(&x->body);
	free(x);
	*slot = NULL;
}

/* libmicrohttpd's remarks on clients that hang up are nobody's news. */
__attribute__((format(printf, 2, 0)))
static void on_log(void *ctx, const char *format, va_list args)
{
	(void)ctx;
	(void)format;
	(void)args;
}

static struct MHD_Daemon *listen_on(struct net_play *p, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* The logger comes first: it is told of what is wrong with the other options. */
	return MHD_start_daemon(MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
				    MHD_USE_ERROR_LOG | MHD_USE_ITC,
				(uint16_t)port, NULL, NULL, on_request, p, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
				MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&at, MHD_OPTION_NOTIFY_COMPLETED, on_end, NULL,
				MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
				(unsigned)IDLE_SECONDS, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)HEADERS_MAX,
				MHD_OPTION_END);
}

int net_play_open(struct net_play *p, struct err *e)
{
	const union MHD_DaemonInfo *info;
	int want = p->set.port;
	errno = 0;
	p->daemon = listen_on(p, want ? want : NET_PLAY_PORT);
	if (!p->daemon && !want)
		p->daemon = listen_on(p, 0);
	info = p->daemon ? MHD_get_daemon_info(p->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
	if (!info)
		return err_set(e, ERR_IO, "cannot listen on 127.0.0.1, port %d: %s; --port 0 takes a free one", want,
			       errno ? strerror(errno) : "the server did not start");
	p->port = info->port;
	return 0;
}

struct net_play *net_play_new(const struct net_play_settings *s, struct err *e)
{
	struct net_play *p = calloc(1, sizeof *p);
	if (!p) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	p->set = *s;
	p->port = s->port ? s->port : NET_PLAY_PORT;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->idle, NULL);
	return p;
}

int net_play_port(const struct net_play *p)
{
	return p->port;
}

void net_play_free(struct net_play *p)
{
	if (!p)
		return;
	net_slots_stop(p);
	if (p->daemon)
		MHD_stop_daemon(p->daemon);
	net_slots_free(p);
	pthread_cond_destroy(&p->idle);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
