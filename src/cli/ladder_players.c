/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who takes part in a ladder. */
#include "cli/ladder_int.h"

#include "base/file.h"
#include "cli/cli_int.h"
#include "record/ledger.h"
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/stat.h>

enum { LEDGER_MAX = 1 << 30 };

static struct ladder_player *place(struct ladder *l, struct err *e)
{
	if (l->players == l->room) {
		int room = l->room ? 2 * l->room : 16;
		struct ladder_player *more = realloc(l->player, (size_t)room * sizeof *more);
		if (!more) {
			err_set(e, ERR_MEMORY, "no memory for another player");
			return NULL;
		}
		l->player = more;
		l->room = room;
	}
	l->player[l->players] = (struct ladder_player){.x = l->players};
	return &l->player[l->players];
}

static int finish_player(struct ladder *l, struct ladder_player *p, const char *name, const char *label, struct err *e)
{
	p->name = strdup(name);
	p->label = strdup(label);
	l->players++; /* from here on the ladder frees it */
	for (int i = 0; i < l->players - 1; i++)
		if (strcmp(l->player[i].key, p->key) == 0)
			return err_set(e, ERR_ARG, "%s and %s are the same player", l->player[i].label, label);
	return p->name && p->label ? 0 : err_set(e, ERR_MEMORY, "no memory for another player");
}

static int add_net(struct ladder *l, const char *path, const char *label, struct err *e)
{
	struct hash h;
	struct ladder_player *p = place(l, e);
	if (!p)
		return ERR_MEMORY;
	p->net = nn_net_load_any(path, &h, e);
	if (!p->net)
		return e->code ? e->code : ERR_FORMAT;
	p->generation = p->net->generation;
	p->x = p->generation;
	hash_hex(&h, p->key);
	return finish_player(l, p, path, label, e);
}

static int add_other(struct ladder *l, const char *name, struct err *e)
{
	struct hash h = sha256_of(name, strlen(name));
	struct ladder_player *p = place(l, e);
	if (!p)
		return ERR_MEMORY;
	hash_hex(&h, p->key);
	return finish_player(l, p, name, name, e);
}

/* The nets of a ledger that were promoted: every Nth, and the last. */
static int add_promoted(struct ladder *l, const char *dir, const struct ledger *g, struct err *e)
{
	int rc = 0;
	uint32_t seen = 0, last = 0;
	for (uint32_t i = 0; i < g->entries; i++)
		last = g->entry[i].promoted ? i : last;
	for (uint32_t i = 0; i < g->entries && rc == 0; i++) {
		char path[4096], label[48];
		if (!g->entry[i].promoted || (seen++ % (uint32_t)l->every && i != last))
			continue;
		run_path(path, sizeof path, dir, RUN_NET, i, 0);
		if (l->runs > 1)
			snprintf(label, sizeof label, "run %d, generation %u", l->runs, (unsigned)i);
		else
			snprintf(label, sizeof label, "generation %u", (unsigned)i);
		rc = add_net(l, path, label, e);
		if (rc == 0)
			l->player[l->players - 1].run = l->runs;
	}
	return rc;
}

static int add_run(struct ladder *l, const char *dir, struct err *e)
{
	char path[4096];
	struct buf b = {.data = NULL};
	struct ledger g = {.entries = 0};
	uint64_t valid;
	l->runs++;
	run_path(path, sizeof path, dir, RUN_LEDGER, 0, 0);
	int rc = file_read(&b, path, LEDGER_MAX, e);
	if (rc == 0)
		rc = ledger_read(&g, b.data, b.len, &valid, e);
	if (rc == 0)
		rc = add_promoted(l, dir, &g, e);
	ledger_release(&g);
	buf_release(&b);
	return rc;
}

int cli_ladder_add(struct ladder *l, const char *name, struct err *e)
{
	struct stat st;
	if (cli_is_program(name) || strcmp(name, "random") == 0)
		return add_other(l, name, e);
	if (stat(name, &st) == 0 && S_ISDIR(st.st_mode))
		return add_run(l, name, e);
	return add_net(l, name, name, e);
}

void cli_ladder_release(struct ladder *l)
{
	struct err e; /* every line was synced when it was written */
	file_append_close(&l->out, &e);
	if (l->lock >= 0)
		close(l->lock);
	for (int i = 0; i < l->players; i++) {
		nn_net_free(l->player[i].net);
		free(l->player[i].name);
		free(l->player[i].label);
	}
	free(l->player);
	free(l->result);
}

/* A line of a run's log: generation, seconds of processor time since the run began, which is *end then.  Lines that begin
 * otherwise (the head) are passed over; of two lines for one generation the later one counts. */
static void log_line(struct ladder *l, const char *line, int run, double begin, double *end)
{
	unsigned generation;
	double seconds;
	if (sscanf(line, "%u\t%*f\t%lf", &generation, &seconds) != 2)
		return;
	*end = begin + seconds / 3600;
	for (int i = 0; i < l->players; i++) {
		struct ladder_player *p = &l->player[i];
		if (p->net && p->generation == generation && (p->run ? p->run : 1) == run)
			p->x = *end;
	}
}

static int read_log(struct ladder *l, const char *path, int run, double *hours, struct err *e)
{
	struct buf b = {.data = NULL};
	double begin = *hours;
	int rc = file_read(&b, path, LEDGER_MAX, e);
	buf_u8(&b, 0);
	if (rc == 0 && b.failed)
		rc = err_set(e, ERR_MEMORY, "%s: no memory to read it", path);
	for (char *line = rc ? NULL : (char *)b.data, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		log_line(l, line, run, begin, hours);
	}
	buf_release(&b);
	return rc;
}

int cli_ladder_log(struct ladder *l, struct err *e)
{
	double hours = 0;
	int rc = 0, run = 0;
	for (const char *at = l->log; at && rc == 0; run++) {
		char path[4096];
		const char *comma = strchr(at, ',');
		snprintf(path, sizeof path, "%.*s", (int)(comma ? (size_t)(comma - at) : strlen(at)), at);
		rc = read_log(l, path, run + 1, &hours, e);
		at = comma ? comma + 1 : NULL;
	}
	if (rc == 0 && run > 1 && run != l->runs)
		rc = err_set(e, ERR_ARG, "--log names %d logs, and there are %d runs: it wants one a run", run, l->runs);
	return rc;
}
