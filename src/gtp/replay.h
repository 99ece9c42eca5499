/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A transcript made again: docs/formats/transcript.md. */
#ifndef MIAI_GTP_REPLAY_H
#define MIAI_GTP_REPLAY_H

#include "gtp/engine.h"

enum { ENGINE_TRANSCRIPT_MAX = 64 << 20 };

struct engine_replay_result {
	int lines, moves, searches; /* of the transcript; moves chosen and searches that were made again */
	bool cut;                   /* the last line was not whole */
};

/* The header alone: the net that the transcript names.  *known: it is named; *none: it says "none". */
int engine_replay_net(const void *text, size_t n, struct hash *net, bool *known, bool *none, struct err *e);

/* Makes all of it again.  Of s: net, kernels, threads and memory are used; size, komi, seed and parameters are the
 * transcript's.  progress (may be NULL) is told each line after it was made again; false stops with ERR_STOPPED.
 * ERR_FORMAT: not a transcript; ERR_MISMATCH: a search or a choice came out different; ERR_MEMORY; all with the line. */
int engine_replay(const void *text, size_t n, const struct engine_settings *s,
                  bool (*progress)(void *ctx, const char *line), void *ctx, struct engine_replay_result *out,
                  struct err *e);

#endif
