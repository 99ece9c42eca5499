/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's side of the Go Text Protocol, version 2: lines in, replies out, no streams and no clock here.
 * docs/gtp.md has the commands and what each means in this program. */
#ifndef MIAI_GTP_GTP_H
#define MIAI_GTP_GTP_H

#include "base/bytes.h"
#include "base/err.h"
#include "nn/kernels.h"
#include "nn/net.h"
#include "search/search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	GTP_LINE_MAX = 16384,               /* a longer line is answered with an error */
	GTP_KOMI_MAX = 2 * GAME_POINTS_MAX, /* half points */
};

struct gtp_settings {
	const struct nn_net *net;         /* borrowed; NULL: moves are drawn evenly from the legal ones */
	const struct nn_kernels *kernels; /* borrowed */
	struct search_settings search;
	uint64_t seed;
	int resign;          /* percent: resigns below this chance to win; 0: never */
	int size, komi_half; /* of the board before the first boardsize and komi */
	const char *version; /* borrowed */
};

struct gtp;

/* NULL: see e. */
struct gtp *gtp_new(const struct gtp_settings *s, struct err *e);
void gtp_free(struct gtp *g);

/* Answers one line of n bytes, any bytes, with or without its newline: appends the whole reply to out, or nothing
 * where the line is empty or a comment.  False after quit. */
bool gtp_command(struct gtp *g, const void *line, size_t n, struct buf *out);

/* The name of command i in the order of list_commands, NULL past the last. */
const char *gtp_command_name(int i);

/* Points such as "7", "6.5", "-0.50" in half points.  ERR_FORMAT: not a number; ERR_ARG: not a multiple of 0.5
 * or beyond GTP_KOMI_MAX. */
int gtp_parse_komi(const char *text, int *half);

#endif
