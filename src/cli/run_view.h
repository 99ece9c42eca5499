/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the user sees of a run: a live line on a terminal, plain lines elsewhere, or JSON. */
#ifndef MIAI_CLI_RUN_VIEW_H
#define MIAI_CLI_RUN_VIEW_H

#include "run/run.h"

#include <stdbool.h>

struct run_view;

/* Starts the display.  Borrows dir and recipe.  NULL where memory or threads are short. */
struct run_view *cli_view_new(const char *dir, const struct recipe *r, bool json);
struct run_progress *cli_view_progress(struct run_view *v);
/* Appends a line to the file at path for each generation that is made from now on (docs/match.md).  A file that
 * cannot be written is a note, not an error: no result depends on it.  Borrows path. */
void cli_view_log(struct run_view *v, const char *path);
/* For struct run_options; ctx is the view. */
void cli_view_entry(void *ctx, const struct ledger_entry *e, int resumed);
void cli_view_note(void *ctx, const char *line);
/* Ends the display thread; lines can still be said.  NULL is fine for both. */
void cli_view_stop(struct run_view *v);
void cli_view_free(struct run_view *v);
/* A line for the user. */
__attribute__((format(printf, 2, 3))) void cli_view_say(struct run_view *v, const char *fmt, ...);

#endif
