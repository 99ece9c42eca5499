/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines of a stream, read by a thread of their own: so the program knows at any time whether one waits. */
#ifndef MIAI_CLI_LINES_H
#define MIAI_CLI_LINES_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdio.h>

struct cli_lines;

/* Called on the reading thread for each line, before it is in the queue; may be NULL. */
typedef void cli_line_seen(void *ctx, const char *line, size_t n);

/* Begins to read.  What a line has beyond most + 1 bytes is dropped (so that it still shows as too long).  NULL: no thread, no
 * memory.  */
struct cli_lines *cli_lines_start(FILE *in, size_t most, cli_line_seen *seen, void *ctx);
/* The caller needs no more lines: seen is not called again, l is not to be used again.  The reading thread may hang in a read
 * until the program ends; it frees what is left if it ever returns from it.  NULL is fine. */
void cli_lines_leave(struct cli_lines *l);
/* The next line, without its newline, into out (cleared first).  False at the end of the input, and from a line on for which
 * there is no memory; waits if need be. */
bool cli_lines_next(struct cli_lines *l, struct buf *out);
/* Is there a line, or the end, to be had without waiting? */
bool cli_lines_waiting(struct cli_lines *l);
bool cli_lines_ended(struct cli_lines *l); /* the end, and no line before it */
/* After the end: 0 where it was that of the input; else what stopped the reading, ERR_IO or ERR_MEMORY. */
int cli_lines_error(struct cli_lines *l, struct err *e);

#endif
