/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The JSON analysis: any bytes, line by line.  Every answer is a JSON object on one line, and the same lines get the same
 * answers. */
#include "plain_net.h"

#include "gtp/analysis.h"

#include <jansson.h>

enum { LINES = 16, WORK = 40 };

static void take(void *ctx, const char *line, size_t n)
{
	json_t *answer = json_loadb(line, n, 0, NULL);
	MUST(n > 2 && line[n - 1] == '\n' && !memchr(line, '\n', n - 1));
	MUST(json_is_object(answer));
	json_decref(answer);
	buf_bytes(ctx, line, n);
}

/* A long search, a large board or the clock find nothing more. */
static bool slow(const uint8_t *p, size_t n)
{
	int digits = 0;
	if (memmem(p, n, "axT", 3) || memmem(p, n, "time", 4) || memmem(p, n, "report", 6))
		return true;
	for (size_t i = 0; i < n; i++) {
		digits = p[i] >= '0' && p[i] <= '9' ? digits + 1 : 0;
		if (digits > 1)
			return true;
	}
	return false;
}

static void converse(const struct nn_net *net, const struct nn_kernels *k, const uint8_t *p, size_t n, struct buf *said)
{
	struct analysis_settings s = {.version = "0", .model = "m", .visits = 3, .write = take, .ctx = said};
	s.engine = (struct engine_settings){.net = net, .kernels = k, .threads = 1, .memory = 1 << 20, .size = 4};
	engine_params_init(&s.engine.params);
	struct analysis *a = analysis_new(&s, NULL);
	MUST(a);
	for (int lines = 0; n && lines < LINES; lines++) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) : n;
		if (!slow(p, len))
			analysis_line(a, (const char *)p, len);
		p += len + (end != NULL);
		n -= len + (end != NULL);
	}
	for (int i = 0; i < WORK && analysis_work(a); i++)
		;
	analysis_free(a);
	MUST(!said->failed);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf once = {0}, again = {0};
	struct nn_kernels k;
	const struct nn_net *net = plain_net();
	nn_kernels_init(&k, nn_cpu_flags());
	converse(net, &k, p, n, &once);
	converse(net, &k, p, n, &again);
	if (once.len || again.len)
		fuzz_same(&once, &again);
	buf_release(&once);
	buf_release(&again);
	return 0;
}
