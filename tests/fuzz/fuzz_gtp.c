/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GTP: any bytes, line by line.  Every reply has the protocol's form, and the same lines said again to a new engine get
 * the same replies. */
#include "plain_net.h"

#include "gtp/gtp.h"

enum { LINES = 64 };

static bool well_formed(const uint8_t *p, size_t n)
{
	if (n < 3 || (p[0] != '=' && p[0] != '?') || p[n - 1] != '\n' || p[n - 2] != '\n')
		return false;
	for (size_t i = 0; i < n; i++)
		if (p[i] >= 127 || (p[i] < 32 && p[i] != '\n') || (i + 2 < n && p[i] == '\n' && p[i + 1] == '\n'))
			return false;
	return true;
}

/* A large board makes a search slow and finds nothing that a small one does not; without a net all sizes are tried. */
static bool slow(const uint8_t *line, size_t n)
{
	return memmem(line, n, "boardsize", 9) || memmem(line, n, "genmove", 7) == line;
}

/* What is another time something else, or names files. */
static bool unfit(const uint8_t *line, size_t n)
{
	static const char plain[] = "printsgf\n";
	bool print = n == sizeof plain - 1 && memcmp(line, plain, n) == 0;
	return memmem(line, n, "cpu", 3) || (memmem(line, n, "sgf", 3) && !print);
}

/* Each look at the clock is a millisecond: reports at intervals come at the same visits again. */
static int64_t tick(void *ctx)
{
	int64_t *now = ctx;
	return *now += 1000;
}

/* All replies, one after another. */
static void converse(const struct nn_net *net, const struct nn_kernels *k, const uint8_t *p, size_t n, struct buf *said)
{
	struct gtp_settings s = {.version = "0"};
	int64_t now = 0;
	s.engine = (struct engine_settings){
	    .net = net, .kernels = k, .threads = 1, .memory = 1 << 20, .seed = 7, .size = 4, .komi_half = 1, .now_us = tick, .now_ctx = &now};
	engine_params_init(&s.engine.params);
	s.engine.params.visits = 3;
	s.engine.params.resign = 10;
	struct gtp *g = gtp_new(&s, NULL);
	MUST(g);
	bool more = true;
	for (int lines = 0; n && more && lines < LINES; lines++) {
		const uint8_t *end = memchr(p, '\n', n);
		size_t len = end ? (size_t)(end - p) + 1 : n, before = said->len;
		if (!unfit(p, len) && (!net || lines < 8 || !slow(p, len)))
			more = gtp_command(g, p, len, said);
		MUST(!said->failed && (said->len == before || well_formed(said->data + before, said->len - before)));
		p += len;
		n -= len;
	}
	gtp_free(g);
}

/* The first byte: even, with a net. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf once = {0}, again = {0};
	struct nn_kernels k;
	if (n == 0)
		return 0;
	nn_kernels_init(&k, nn_cpu_flags());
	const struct nn_net *net = p[0] % 2 ? NULL : plain_net();
	converse(net, &k, p + 1, n - 1, &once);
	converse(net, &k, p + 1, n - 1, &again);
	if (once.len || again.len)
		fuzz_same(&once, &again);
	buf_release(&once);
	buf_release(&again);
	return 0;
}
