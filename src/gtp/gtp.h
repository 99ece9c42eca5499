/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's side of the Go Text Protocol, version 2: lines in, replies out, no streams here.  docs/gtp.md has the
 * commands and what each means in this program. */
#ifndef MIAI_GTP_GTP_H
#define MIAI_GTP_GTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "gtp/engine.h"
#include "gtp/text.h"

#include <stdbool.h>
#include <stddef.h>

enum { GTP_LINE_MAX = 16384 }; /* a longer line is answered with an error */

struct gtp_settings {
	struct engine_settings engine;
	const char *version; /* borrowed */
	const char *name;    /* borrowed; NULL: "miai" */
	/* Analysis goes on until a line waits.  Writes and clears what there is of a reply; is asked whether a line waits.
	 * NULL: a reply comes as a whole, and analysis ends at the parameter visits, or 400. */
	void (*flush)(void *ctx, struct buf *out);
	engine_waiting *waiting;
	engine_waiting *interrupted; /* asked whether a genmove is to end now, with the move that it has; NULL: never */
	/* Told a line about each move that was made, for the chat of a server; NULL: nobody. */
	void (*chat)(void *ctx, const char *line);
	void *ctx;
};

struct gtp;

/* NULL: see e. */
struct gtp *gtp_new(const struct gtp_settings *s, struct err *e);
void gtp_free(struct gtp *g);
struct engine *gtp_engine(struct gtp *g); /* owned by g */

/* Answers one line of n bytes, any bytes, with or without its newline: appends the whole reply to out, or nothing
 * where the line is empty or a comment.  False after quit. */
bool gtp_command(struct gtp *g, const void *line, size_t n, struct buf *out);

/* The name of command i in the order of list_commands, NULL past the last. */
const char *gtp_command_name(int i);

#endif
