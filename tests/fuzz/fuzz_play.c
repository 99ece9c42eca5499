/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Requests to the local page: any bytes as headers and body.  Every answer is of a form that the page understands, and
 * nothing foreign is answered.  The input's lines: method and path, Host, Origin, Sec-Fetch-Site, Content-Type ("-"
 * where absent; "{host}" in front stands for the right one), then the body. */
#include "fuzz.h"

#include "net/play.h"

#include <jansson.h>

enum { LINES = 6, LINE_MAX = 200, ANSWER_MAX = 1 << 22 };

static bool take_line(struct rd *in, char out[LINE_MAX])
{
	size_t n = 0;
	if (in->left == 0)
		return false;
	for (uint8_t c; in->left && (c = rd_u8(in)) != '\n';)
		if (n + 1 < LINE_MAX && c)
			out[n++] = (char)c;
	out[n] = '\0';
	return true;
}

/* Text for a header: NULL for "-"; the program's own name for "{host}". */
static const char *value(char line[LINE_MAX], const char *host, char out[2 * LINE_MAX])
{
	char *mark = strstr(line, "{host}");
	if (strcmp(line, "-") == 0)
		return NULL;
	if (!mark)
		return line;
	*mark = '\0';
	snprintf(out, 2 * LINE_MAX, "%s%s%s", line, host, mark + 6);
	return out;
}

static void must_be_json(const char *text, size_t n)
{
	json_t *j = json_loadb(text, n, 0, NULL);
	MUST(json_is_object(j));
	json_decref(j);
}

/* The whole stream, line by line. */
static void read_stream(struct net_reply *r)
{
	struct buf all = {0};
	char part[100];
	size_t n;
	while ((n = net_job_read(r->job, part, sizeof part)) && all.len < ANSWER_MAX)
		buf_bytes(&all, part, n);
	MUST(all.len && all.data[all.len - 1] == '\n');
	size_t at = 0, lines = 0;
	while (at < all.len) {
		const uint8_t *end = memchr(all.data + at, '\n', all.len - at);
		size_t k = (size_t)(end - all.data) - at;
		if (k) {
			must_be_json((const char *)all.data + at, k);
			lines++;
		}
		at += k + 1;
	}
	MUST(lines);
	buf_release(&all);
}

static void ask(struct net_play *p, const struct net_request *q, const char *host)
{
	struct net_reply r;
	size_t limit = net_request_limit(p, q, &r);
	if (limit) {
		MUST(strcmp(q->host, host) == 0 || strncasecmp(q->host, "localhost:", 10) == 0 || strcasecmp(q->host, host) == 0);
		net_request_answer(p, q, &r);
	} else {
		MUST(r.status >= 400);
	}
	MUST(r.status >= 200 && r.status < 600 && r.status != 500);
	if (r.job)
		read_stream(&r);
	else if (r.status != 304 && r.type && strstr(r.type, "json"))
		must_be_json((const char *)r.body.data, r.body.len);
	if (strncmp(q->path, "/api/", 5) == 0 && q->origin)
		MUST(r.status >= 400 || strncmp(q->origin, "http://", 7) == 0);
	net_reply_release(&r);
}

/* Searching long finds nothing that searching a little does not. */
static bool slow(const struct net_request *q)
{
	const uint8_t *at = q->n ? memmem(q->body, q->n, "visits", 6) : NULL;
	size_t left = at ? q->n - (size_t)(at - (const uint8_t *)q->body) : 0, digits = 0;
	for (size_t i = 0; i < left && digits < 3; i++)
		digits = at[i] >= '0' && at[i] <= '9' ? digits + 1 : at[i] == 'e' || at[i] == 'E' ? 3 : 0;
	return digits >= 3;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	char line[LINES][LINE_MAX], text[LINES][2 * LINE_MAX], host[32];
	struct rd in = rd_make(bytes, n);
	for (int i = 0; i < LINES; i++)
		if (!take_line(&in, line[i]))
			return 0;
	const struct net_play_settings s = {.net_name = "", .version = "0", .size = 9, .threads = 1, .seed = 1};
	struct err e = {.text = ""};
	struct net_play *p = net_play_new(&s, &e);
	MUST(p);
	snprintf(host, sizeof host, "127.0.0.1:%d", net_play_port(p));
	const struct net_request q = {
	    .method = line[0],
	    .path = line[1],
	    .host = value(line[2], host, text[2]),
	    .origin = value(line[3], host, text[3]),
	    .site = value(line[4], host, text[4]),
	    .type = value(line[5], host, text[5]),
	    .body = in.p,
	    .n = in.left,
	};
	if (!slow(&q))
		ask(p, &q, host);
	net_play_free(p);
	return 0;
}
