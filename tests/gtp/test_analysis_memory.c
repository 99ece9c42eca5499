/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of the JSON analysis fails once, jansson's among them: for each line that was answered there is the
 * right answer or an error, never less, and never one with a part left out.  Linked with --wrap. */
#include "../no_memory.h"
#include "../fuzz/plain_net.h"

#include "gtp/analysis.h"

#define GAME "\"rules\":\"chinese\",\"boardXSize\":3,\"boardYSize\":3"

static struct buf right, said; /* what is said with all the memory, and with one allocation less */

static void keep(void *ctx, const char *line, size_t n)
{
	int left = allocations_left;
	(void)ctx;
	allocations_left = -1;
	buf_bytes(&said, line, n);
	allocations_left = left;
}

static int64_t no_clock(void *ctx)
{
	(void)ctx;
	return 0;
}

/* The line at *at, its newline included, and its length; NULL behind the last. */
static const char *next_line(const struct buf *b, size_t *at, size_t *n)
{
	const char *line = (const char *)b->data + *at;
	if (*at == b->len)
		return NULL;
	*n = (size_t)((const char *)memchr(line, '\n', b->len - *at) + 1 - line);
	*at += *n;
	return line;
}

static bool is_in(const struct buf *b, const char *line, size_t n)
{
	const char *other;
	for (size_t at = 0, m; (other = next_line(b, &at, &m));)
		if (m == n && memcmp(other, line, n) == 0)
			return true;
	return false;
}

/* Right answers and errors were said and nothing else; an error where one is missing. */
static void compare(void)
{
	bool error = false;
	const char *line;
	for (size_t at = 0, n; (line = next_line(&said, &at, &n));) {
		bool is_error = memmem(line, n, "\"error\":", 8) != NULL;
		error |= is_error;
		CHECK(is_error || is_in(&right, line, n));
	}
	for (size_t at = 0, n; (line = next_line(&right, &at, &n));)
		CHECK(error || is_in(&said, line, n));
}

/* A conversation of one line.  0, or ERR_MEMORY where an allocation failed. */
static int converse(const struct buf *line)
{
	struct nn_kernels k;
	struct analysis_settings s = {.version = "0", .model = "m", .visits = 3, .write = keep};
	int left = allocations_left;
	struct err e;
	nn_kernels_init(&k, 0);
	s.engine = (struct engine_settings){
	    .net = plain_net(), .kernels = &k, .threads = 1, .memory = 1 << 20, .size = 3, .now_us = no_clock};
	engine_params_init(&s.engine.params);
	allocations_left = -1; /* whether a session can begin is not the matter here */
	struct analysis *a = analysis_new(&s, &e);
	buf_clear(&said);
	allocations_left = left;
	analysis_line(a, (const char *)line->data, line->len);
	while (analysis_work(a))
		;
	bool failed = left >= 0 && allocations_left < 0;
	allocations_left = -1;
	if (failed)
		compare();
	analysis_free(a);
	return failed ? ERR_MEMORY : 0;
}

static void each(const char *text, int least)
{
	struct buf line = {0};
	buf_bytes(&line, text, strlen(text));
	CHECK_INT(converse(&line), 0);
	buf_clear(&right);
	buf_bytes(&right, said.data, said.len);
	CHECK(right.len > 0);
	fail_each(converse, &line, least);
	buf_release(&line);
}

int main(void)
{
	plain_net();
	each("{\"id\":\"a\"," GAME ",\"moves\":[[\"B\",\"A1\"],[\"W\",\"B2\"]],\"analyzeTurns\":[0,1,2],\"priorities\":[1,2,3],"
	     "\"includeOwnership\":true,\"includeMovesOwnership\":true,\"includePolicy\":true,\"includePVVisits\":true,"
	     "\"initialStones\":[[\"B\",\"C3\"]]}", 500);
	each("{\"id\":\"b\",\"rules\":{\"ko\":\"SIMPLE\",\"scoring\":\"AREA\",\"suicide\":false},\"boardXSize\":3,\"boardYSize\":3,"
	     "\"moves\":[],\"overrideSettings\":{\"maxVisits\":2,\"nonsense\":1},\"unknown\":1,"
	     "\"avoidMoves\":[{\"player\":\"B\",\"moves\":[\"A1\"],\"untilDepth\":1}]}", 100);
	each("{\"id\":\"c\"," GAME ",\"moves\":[[\"B\",\"A9\"]]}", 20);
	each("{\"id\":\"d\",\"action\":\"query_version\"}", 10);
	each("{\"id\":\"e\",\"action\":\"query_models\"}", 10);
	each("{\"id\":\"f\",\"action\":\"none\"}", 10);
	each("[1", 3);
	buf_release(&right);
	buf_release(&said);
	return test_done();
}
