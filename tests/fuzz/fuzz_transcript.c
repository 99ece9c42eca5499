/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Transcripts: any bytes after a good header.  What is accepted gives the same transcript when it is made again. */
#include "plain_net.h"

#include "gtp/replay.h"

/* A search for thousands of visits, or on a large board, is slow and finds nothing that a small one does not. */
static bool slow(const char *text)
{
	int searches = 0;
	for (const char *p = text; *p; p++) {
		int digits = 0;
		searches += strncmp(p, "think", 5) == 0 || strncmp(p, "genmove", 7) == 0;
		while (p[digits] >= '0' && p[digits] <= '9')
			digits++;
		if (digits > 2 || strncmp(p, "board 1", 7) == 0)
			return true;
	}
	return searches > 20;
}

/* The first byte: even, with a net. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct nn_kernels k;
	struct buf b = {0};
	struct engine_replay_result out, again;
	struct err e = {.text = ""};
	if (n == 0)
		return 0;
	nn_kernels_init(&k, nn_cpu_flags());
	const struct nn_net *net = p[0] % 2 ? NULL : plain_net();
	buf_printf(&b, "miai-transcript 2\nnet %s\nseed 3\n", net ? "unknown" : "none");
	buf_bytes(&b, p + 1, n - 1);
	buf_u8(&b, 0);
	if (!slow((const char *)b.data)) {
		struct engine_settings s = {.net = net, .kernels = &k, .threads = 1, .memory = 1 << 20};
		int rc = engine_replay(b.data, b.len - 1, &s, NULL, NULL, &out, &e);
		MUST(rc <= 0 && (rc == 0 || e.text[0]));
		MUST(engine_replay(b.data, b.len - 1, &s, NULL, NULL, &again, &e) == rc && again.lines == out.lines);
	}
	buf_release(&b);
	return 0;
}
