/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The words of the protocols: colours, vertices, numbers, scores. */
#ifndef MIAI_GTP_TEXT_H
#define MIAI_GTP_TEXT_H

#include "base/bytes.h"
#include "games/go/go.h"

#include <stdbool.h>
#include <stddef.h>

bool gtp_int(const char *text, int *out);               /* a whole number, saturated at +-10^9 */
bool gtp_seconds(const char *text, long long *us);      /* "12", "1.5", "-0.25" as microseconds, at most 10^9 s */
bool gtp_color(const char *text, int *player);
void gtp_vertex_text(char out[GO_VERTEX_TEXT], int size, int action); /* go_vertex_write, and ENGINE_RESIGN */
void gtp_vertex_small(char out[GO_VERTEX_TEXT], int size, int action); /* as servers and JSON have it: "D4", but "pass" */
void gtp_half_text(char *out, size_t n, int half);      /* "7.5" */
void gtp_score_text(char *out, size_t n, int half);     /* "B+7.5", "W+1", "0" */

/* buf_printf for lines that hold floating-point numbers: levels below know none, not even to hand them on. */
__attribute__((format(printf, 2, 3))) void gtp_printf(struct buf *b, const char *fmt, ...);

/* Points such as "7", "6.5", "-0.50" in half points.  ERR_FORMAT: not a number; ERR_ARG: not a multiple of 0.5
 * or beyond ENGINE_KOMI_MAX. */
int gtp_parse_komi(const char *text, int *half);

#endif
