/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The matches of a ladder: played, filed, found again.  docs/match.md has the format of the file. */
#include "cli/ladder_int.h"

#include "base/file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RESULTS_MAX = 1 << 28 };

static struct match_result *new_result(struct ladder *l, int a, int b, struct err *e)
{
	if (l->results == l->results_room) {
		int room = l->results_room ? 2 * l->results_room : 64;
		struct match_result *more = realloc(l->result, (size_t)room * sizeof *more);
		if (!more) {
			err_set(e, ERR_MEMORY, "no memory for another match");
			return NULL;
		}
		l->result = more;
		l->results_room = room;
	}
	struct match_result *r = &l->result[l->results++];
	*r = (struct match_result){.a = a, .b = b};
	return r;
}

const struct match_result *cli_ladder_result(const struct ladder *l, int a, int b)
{
	for (int i = 0; i < l->results; i++)
		if (l->result[i].a == a && l->result[i].b == b)
			return &l->result[i];
	return NULL;
}

static void head(const struct ladder *l, char *out, size_t n)
{
	const struct cli_match *m = &l->terms;
	snprintf(out, n, "miai ladder 1 size %d komi %g visits %d opening-plies %d pairs %u seed %" PRIu64 "\n", m->size,
		 m->komi_half / 2.0, m->visits, m->plies, (unsigned)m->games / 2, m->seed);
}

static int player_of(const struct ladder *l, const char *key)
{
	for (int i = 0; i < l->players; i++)
		if (strcmp(l->player[i].key, key) == 0)
			return i;
	return -1;
}

/* A line "A B n n n n n".  Players who do not take part now are passed over. */
static int read_line(struct ladder *l, const char *line, struct err *e)
{
	char key[2][65];
	uint32_t n[5];
	int end = 0;
	int got = sscanf(line, "%64s %64s %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 " %" SCNu32 "%n", key[0], key[1], &n[0],
			 &n[1], &n[2], &n[3], &n[4], &end);
	if (got != 7 || line[end])
		return err_set(e, ERR_FORMAT, "%s: \"%.80s\" is no result of a match; take that line out", l->file, line);
	int a = player_of(l, key[0]), b = player_of(l, key[1]);
	if (a < 0 || b < 0 || a == b)
		return 0;
	struct match_result *r = new_result(l, a < b ? a : b, a < b ? b : a, e);
	if (!r)
		return ERR_MEMORY;
	for (int i = 0; i < 5; i++)
		r->pair[a < b ? i : 4 - i] = n[i];
	return 0;
}

static int read_lines(struct ladder *l, char *text, struct err *e)
{
	char want[256];
	int rc = 0;
	head(l, want, sizeof want);
	if (strncmp(text, want, strlen(want)) != 0)
		return err_set(e, ERR_MISMATCH, "%s was played on other terms than these: %.200s; name another file", l->file, want);
	for (char *line = text + strlen(want), *next; rc == 0 && line && *line; line = next) {
		next = strchr(line, '\n');
		if (!next)
			break; /* torn: that match is played again */
		*next++ = '\0';
		rc = read_line(l, line, e);
	}
	return rc;
}

/* A file without a whole line: one that nothing was written to, or not all of the first line. */
static int read_no_line(const struct ladder *l, const char *text, size_t n, struct err *e)
{
	static const char begin[] = "miai ladder 1 ";
	if (memcmp(text, begin, n < sizeof begin - 1 ? n : sizeof begin - 1) == 0)
		return 0;
	return err_set(e, ERR_FORMAT, "%s is no file of results; name another", l->file);
}

/* What is in the file already; *whole: where its whole lines end. */
static int read_file(struct ladder *l, uint64_t *whole, struct err *e)
{
	struct buf b = {.data = NULL};
	int rc = file_read(&b, l->file, RESULTS_MAX, e);
	const uint8_t *last = rc == 0 && b.len ? memrchr(b.data, '\n', b.len) : NULL;
	*whole = last ? (uint64_t)(last - b.data) + 1 : 0;
	buf_u8(&b, 0);
	if (rc == 0 && b.failed)
		rc = err_set(e, ERR_MEMORY, "%s: no memory to read it", l->file);
	if (rc == 0)
		rc = *whole ? read_lines(l, (char *)b.data, e) : read_no_line(l, (char *)b.data, b.len - 1, e);
	buf_release(&b);
	return rc;
}

static int append(struct ladder *l, const char *line, struct err *e)
{
	return file_append(&l->out, line, strlen(line), true, e);
}

int cli_ladder_load(struct ladder *l, struct err *e)
{
	uint64_t whole = 0;
	char first[256];
	if (!l->file)
		return 0;
	int rc = file_lock(l->file, &l->lock, e); /* begins an empty one, where there is none */
	if (rc == ERR_STOPPED)
		rc = err_set(e, ERR_IO, "%s: another process is at work on this file", l->file);
	if (rc == 0)
		rc = read_file(l, &whole, e);
	if (rc == 0)
		rc = file_append_open(&l->out, l->file, whole, e);
	if (rc || whole)
		return rc;
	head(l, first, sizeof first);
	return append(l, first, e);
}

static int file_result(struct ladder *l, const struct match_result *r, struct err *e)
{
	char line[256];
	if (!l->file)
		return 0;
	snprintf(line, sizeof line, "%s %s %u %u %u %u %u\n", l->player[r->a].key, l->player[r->b].key, r->pair[0], r->pair[1],
		 r->pair[2], r->pair[3], r->pair[4]);
	return append(l, line, e);
}

int cli_ladder_play(struct ladder *l, int a, int b, struct err *e)
{
	struct cli_match m = l->terms;
	m.name[0] = l->player[a].name;
	m.name[1] = l->player[b].name;
	m.net[0] = l->player[a].net;
	m.net[1] = l->player[b].net;
	fprintf(stderr, "%s against %s\n", l->player[a].label, l->player[b].label);
	int rc = cli_match_play(&m, e);
	if (rc)
		return rc;
	struct match_result *r = new_result(l, a, b, e);
	if (!r)
		return ERR_MEMORY;
	memcpy(r->pair, m.score.pair, sizeof r->pair);
	return file_result(l, r, e);
}
