/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON analysis: any bytes, line by line, up to an empty line before a search and one by one between its batches, as
 * clients send them.  Every answer is a JSON object on one line, and the same lines get the same answers. */
#include "plain_net.h"

#include "gtp/analysis.h"

#include <jansson.h>

enum { LINES = 16, SEARCHES = 40, BATCHES = 60, BATCH_US = 20000, SIZE = 4 };

struct talk {
	struct analysis *analysis;
	const uint8_t *p;
	size_t left;
	int lines, batches;
	int64_t now;
	struct buf said;
};

static void take(void *ctx, const char *line, size_t n)
{
	struct talk *t = ctx;
	json_t *answer = json_loadb(line, n, 0, NULL);
	MUST(n > 2 && line[n - 1] == '\n' && !memchr(line, '\n', n - 1));
	MUST(json_is_object(answer));
	json_decref(answer);
	buf_bytes(&t->said, line, n);
}

static int64_t tick(void *ctx)
{
	struct talk *t = ctx;
	return t->now += BATCH_US;
}

/* A large board makes a search slow and finds nothing that a small one does not. */
static bool large(const uint8_t *line, size_t n)
{
	json_t *in = json_loadb((const char *)line, n, 0, NULL);
	bool is = json_number_value(json_object_get(in, "boardXSize")) > SIZE ||
	          json_number_value(json_object_get(in, "boardYSize")) > SIZE;
	json_decref(in);
	return is;
}

/* False after an empty one, and at the end. */
static bool next_line(struct talk *t)
{
	const uint8_t *end = t->left ? memchr(t->p, '\n', t->left) : NULL;
	size_t n = end ? (size_t)(end - t->p) : t->left;
	if (n && t->lines++ < LINES && !large(t->p, n))
		analysis_line(t->analysis, (const char *)t->p, n);
	t->p += n + (end != NULL);
	t->left -= n + (end != NULL);
	return n;
}

/* No search goes on for long: some have no end. */
static void between(void *ctx)
{
	struct talk *t = ctx;
	next_line(t);
	if (++t->batches > BATCHES)
		analysis_terminate(t->analysis);
}

static void converse(const struct nn_net *net, const struct nn_kernels *k, const uint8_t *p, size_t n, struct talk *t)
{
	struct analysis_settings s = {.version = "0", .model = "m", .visits = 3, .write = take, .between = between, .ctx = t};
	s.engine = (struct engine_settings){
	    .net = net, .kernels = k, .threads = 1, .memory = 1 << 20, .size = SIZE, .now_us = tick, .now_ctx = t};
	engine_params_init(&s.engine.params);
	*t = (struct talk){.analysis = analysis_new(&s, NULL), .p = p, .left = n};
	MUST(t->analysis);
	for (int searches = 0; t->left;) {
		while (next_line(t))
			;
		while (searches++ < SEARCHES && analysis_work(t->analysis))
			;
	}
	analysis_free(t->analysis);
	MUST(!t->said.failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct talk once, again;
	struct nn_kernels k;
	const struct nn_net *net = plain_net();
	nn_kernels_init(&k, nn_cpu_flags());
	converse(net, &k, p, n, &once);
	converse(net, &k, p, n, &again);
	if (once.said.len || again.said.len)
		fuzz_same(&once.said, &again.said);
	buf_release(&once.said);
	buf_release(&again.said);
	return 0;
}
