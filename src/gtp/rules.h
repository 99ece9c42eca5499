/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules as other programs name them.  The board's are always area and positional superko; what may differ is suicide,
 * and whether one passes with dead stones on the board. */
#ifndef MIAI_GTP_RULES_H
#define MIAI_GTP_RULES_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>

struct gtp_rules {
	bool suicide, friendly_pass;
};

/* A name ("chinese", "tromp-taylor", ...; case, blanks, '-' and '_' do not count), KataGo's short form
 * ("koPOSITIONALscoreAREAtaxNONEsui0") or a flat JSON object of its fields.  ERR_FORMAT: none of these; ERR_ARG: rules that
 * are not played here (territory, a tax, a button). */
int gtp_rules_parse(const char *text, struct gtp_rules *out, struct err *e);
/* One of those fields alone; the same errors. */
int gtp_rules_field(const char *key, const char *value, struct gtp_rules *out, struct err *e);
/* As such an object. */
void gtp_rules_print(const struct gtp_rules *r, struct buf *out);

#endif
