/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The input of a run.  Its canonical form, hashed, is the run's identity: docs/formats/recipe.md. */
#ifndef MIAI_RECORD_RECIPE_H
#define MIAI_RECORD_RECIPE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"

#include <stddef.h>
#include <stdint.h>

enum { RECIPE_VERSION = 1, RECIPE_TEXT_MAX = 65536, RECIPE_VALUE = 24 };

/* One int32_t member a setting: recipe.inc's section_name, e.g. r.board_komi (half points); and run.start, the one setting
 * that is no number: the SHA-256 of the checkpoint file of another run that this one goes on from.  All zero: of none. */
struct recipe {
#define R(section, name, type, def, lo, hi, doc) int32_t section##_##name;
#define L R
#include "record/recipe.inc"
#undef L
#undef R
	struct hash run_start;
};

/* What there is to set, for manuals and parsers. */
struct recipe_field {
	const char *section, *name, *doc;
	int later;            /* 1: not written where it has its default */
	int half;             /* 1: text is points with an optional ".5" */
	int32_t def, lo, hi;  /* in the member's unit */
	size_t offset;        /* of the int32_t in struct recipe */
};
extern const struct recipe_field recipe_fields[];
extern const int recipe_field_count;

/* What r has there; halves of a point where the field's unit is points. */
int32_t recipe_get(const struct recipe *r, const struct recipe_field *f);
/* A field's value as it is written: halves as "7.5", "-0.5", "9". */
void recipe_show(char out[RECIPE_VALUE], const struct recipe_field *f, int32_t v);

/* The longest game: board.max_moves, or 3 * size * size where that is 0. */
int32_t recipe_max_moves(const struct recipe *r);

/* Is it run.start, which is not in the table? */
int recipe_is_start(const char *section, const char *name);
/* Does the run go on from another's checkpoint? */
int recipe_has_start(const struct recipe *r);

void recipe_defaults(struct recipe *r);
/* Sets one field from text.  ERR_ARG says what is wrong: unknown name, not a number, out of range. */
int recipe_set(struct recipe *r, const char *section, const char *name, const char *value, struct err *e);
/* Rules between fields (power of two, multiples of 16, komi with spread in range ...). */
int recipe_check(const struct recipe *r, struct err *e);
/* Canonical text: "miai recipe 1\n", then "section.name = value\n" for every field in order, later ones only where they
 * differ from their default; run.start last, where there is one. */
void recipe_write(const struct recipe *r, struct buf *out);
/* Reads the canonical text, and nothing else: any other byte is ERR_FORMAT. */
int recipe_read(struct recipe *r, const void *p, size_t n, struct err *e);
struct hash recipe_hash(const struct recipe *r);

#endif
