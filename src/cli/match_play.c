/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What both kinds of match share: counting, the sequential test, the line of progress. */
#include "cli/cli_int.h"
#include "cli/match_int.h"

#include "search/evaluator.h"

#include <stdio.h>
#include <unistd.h>

/* On a terminal one line that is written again after every game, elsewhere a line every half minute. */
static void show(struct cli_match *m, uint32_t played)
{
	const double now = cli_seconds(), pause = 30;
	char left[32];
	int live = isatty(STDERR_FILENO);
	if (!live && now - m->told < pause)
		return;
	m->told = now;
	cli_duration(left, sizeof left, (now - m->began) / played * (m->games - played));
	fprintf(stderr, "%s%u of %u games, A %u won %u drawn %u lost, ", live ? "\r" : "", (unsigned)played, (unsigned)m->games,
		match_score_total(&m->score, MATCH_WIN), match_score_total(&m->score, MATCH_DRAW),
		match_score_total(&m->score, MATCH_LOSS));
	if (m->sprt)
		fprintf(stderr, "LLR %.2f, ", match_sprt_llr(m->sprt, &m->score));
	fprintf(stderr, "%s left%s", left, live ? "  " : "\n");
}

/* Player 0, A, is Black in even games. */
bool cli_match_count(struct cli_match *m, uint32_t index, int black_points)
{
	int as_white = (int)(index & 1);
	match_score_add(&m->score, as_white, as_white ? 2 - black_points : black_points);
	show(m, index + 1);
	if (m->sprt && as_white)
		m->verdict = match_sprt_verdict(match_sprt_llr(m->sprt, &m->score));
	return m->verdict == 0;
}

bool cli_match_by_gtp(const struct cli_match *m)
{
	for (int i = 0; i < 2; i++)
		if (cli_is_program(m->name[i]) || (m->net[i] && m->net[i]->leela))
			return true;
	return m->firsts > 0;
}

int cli_match_play(struct cli_match *m, struct err *e)
{
	for (int i = 0; i < 2; i++) {
		int only = m->net[i] ? evaluator_size(m->net[i]) : 0;
		if (only && only != m->size)
			return err_set(e, ERR_ARG, "%s knows boards of %d alone; give --size %d", m->name[i], only, only);
	}
	m->began = m->told = cli_seconds();
	int rc = cli_match_by_gtp(m) ? cli_match_programs(m, e) : cli_match_nets(m, e);
	if (isatty(STDERR_FILENO))
		fputc('\n', stderr);
	return rc;
}
