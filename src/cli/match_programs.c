/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A match in which a player is another program.  Nets play as programs too: this one, started with gtp. */
#include "cli/match_int.h"

#include "base/file.h"
#include "cli/cli_int.h"
#include "match/referee.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct programs {
	struct cli_match *m;
	struct match_terms terms;
	char command[2][8192], setup[64];
	const char *setups[1];
	struct err write_error;
	int write_failed;
};

bool cli_is_program(const char *name)
{
	return strncmp(name, "gtp:", 4) == 0;
}

/* Appends a word for the shell, in single quotes. */
static void quoted(struct buf *b, const char *word)
{
	buf_u8(b, '\'');
	for (; *word; word++)
		if (*word == '\'')
			buf_printf(b, "'\\''");
		else
			buf_u8(b, (uint8_t)*word);
	buf_u8(b, '\'');
}

/* This program as a GTP engine with player i's net. */
static int own_command(const struct cli_match *m, int i, struct buf *b, struct err *e)
{
	char self[4096];
	if (cli_program(self, sizeof self) <= 0)
		return err_set(e, ERR_IO, "cannot find this program's own file: %s", strerror(errno));
	quoted(b, self);
	buf_printf(b, " gtp --threads 1 --seed %llu ", (unsigned long long)m->seed);
	if (m->cpu)
		buf_printf(b, "--cpu-flags %s ", m->cpu);
	if (!m->net[i]) {
		buf_printf(b, "--random");
		return 0;
	}
	if (m->visits)
		buf_printf(b, "--visits %d ", m->visits);
	buf_printf(b, "--net ");
	quoted(b, m->name[i]);
	return 0;
}

static int command_of(struct programs *p, int i, struct err *e)
{
	struct buf b = {.data = NULL};
	int rc = 0;
	if (cli_is_program(p->m->name[i]))
		buf_printf(&b, "%s", p->m->name[i] + 4);
	else
		rc = own_command(p->m, i, &b, e);
	if (rc == 0 && b.failed)
		rc = err_set(e, ERR_MEMORY, "out of memory");
	if (rc == 0 && b.len >= sizeof p->command[i])
		rc = err_set(e, ERR_ARG, "the command of player %c is too long", "AB"[i]);
	if (rc == 0)
		snprintf(p->command[i], sizeof p->command[i], "%.*s", (int)b.len, (const char *)b.data);
	p->terms.command[i] = p->command[i];
	p->terms.name[i] = cli_is_program(p->m->name[i]) ? p->m->name[i] + 4 : p->m->name[i];
	buf_release(&b);
	return rc;
}

static int write_sgf(struct programs *p, uint32_t index, const struct match_game *g, struct err *e)
{
	char path[4096];
	struct buf b = {.data = NULL};
	snprintf(path, sizeof path, "%s/%06u.sgf", p->m->sgf, (unsigned)index);
	match_game_sgf(&p->terms, index, g, &b);
	int rc = b.failed ? err_set(e, ERR_MEMORY, "out of memory") : file_write(path, b.data, b.len, e);
	buf_release(&b);
	return rc;
}

static bool sink(void *ctx, uint32_t index, const struct match_game *g)
{
	struct programs *p = ctx;
	struct cli_match *m = p->m;
	if (g->end == MATCH_ILLEGAL || g->end == MATCH_REFUSED)
		m->faults[g->culprit]++;
	for (int i = 0; i < 2; i++)
		m->slowest[i] = g->slowest[i] > m->slowest[i] ? g->slowest[i] : m->slowest[i];
	if (m->sgf)
		p->write_failed = write_sgf(p, index, g, &p->write_error);
	return cli_match_count(m, index, g->black) && !p->write_failed;
}

int cli_match_programs(struct cli_match *m, struct err *e)
{
	struct programs p = {
	    .m = m,
	    .terms = {.rules = {.size = m->size, .komi_half = m->komi_half, .max_moves = 3 * m->size * m->size},
		      .first = m->first,
		      .firsts = m->firsts,
		      .opening_plies = m->plies,
		      .seed = m->seed,
		      .patience = m->patience},
	};
	if (m->seconds > 0) {
		snprintf(p.setup, sizeof p.setup, "time_settings 0 %d 1", m->seconds);
		p.setups[0] = p.setup;
		p.terms.setup = p.setups;
		p.terms.setup_commands = 1;
	}
	int rc = command_of(&p, 0, e);
	if (rc == 0)
		rc = command_of(&p, 1, e);
	if (rc == 0 && m->sgf)
		rc = file_mkdir(m->sgf, e);
	if (rc == 0)
		rc = match_play(&p.terms, m->games, m->threads, sink, &p, cli_stop_flag(), e);
	if (rc == 0 && p.write_failed) {
		*e = p.write_error;
		rc = p.write_failed;
	}
	return rc;
}
