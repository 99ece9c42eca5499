/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The log of a run: a line a generation, with what no ledger may hold: time.  docs/match.md. */
#ifndef MIAI_CLI_RUN_LOG_H
#define MIAI_CLI_RUN_LOG_H

#include "run/run.h"

struct run_log {
	const char *path;         /* borrowed; NULL: no log */
	double wall0, cpu0;       /* of earlier processes, from the file's last line */
	double wall_start;        /* when this one began */
	uint64_t games, samples;  /* so far, earlier ones included */
};

/* Reads where an earlier process stopped; a missing file is begun.  0, ERR_IO. */
int cli_log_open(struct run_log *l, const char *path, struct err *e);
/* Adds a generation's line. */
int cli_log_entry(struct run_log *l, const struct ledger_entry *x, const struct run_progress *p, struct err *e);

#endif
