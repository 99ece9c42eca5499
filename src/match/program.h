/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A program that speaks GTP, at the other end of two pipes.  What it says is hostile until parsed. */
#ifndef MIAI_MATCH_PROGRAM_H
#define MIAI_MATCH_PROGRAM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MATCH_REPLY_MAX = 65536 };

struct match_program {
	const char *command; /* borrowed */
	int pid, in, out;    /* its process group, our ends of the pipes */
	int patience;        /* seconds for one reply */
	size_t held;         /* bytes of buffer read and not yet used */
	char buffer[MATCH_REPLY_MAX];
};

/* Starts `sh -c command` with its own standard error thrown away; patience in seconds, >= 1.  0, ERR_IO.  SIGPIPE must be
 * ignored by the process. */
int match_program_start(struct match_program *p, const char *command, int patience, struct err *e);

/* Sends a line (without its newline) and reads the reply: *ok tells "=" from "?", text gets the reply without that and
 * without space around it, cut at n.  ERR_IO: it ended, or was silent for too long; ERR_FORMAT: no GTP. */
int match_program_ask(struct match_program *p, const char *line, bool *ok, char *text, size_t n, struct err *e);

/* Milliseconds of a steady clock. */
int64_t match_milliseconds(void);

/* Asks it to quit, waits a second, then kills it and what it started. */
void match_program_end(struct match_program *p);

#endif
