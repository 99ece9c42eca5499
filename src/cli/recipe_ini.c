/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe as people write it: an ini file.  What it leaves out has its default. */
#include "cli/cli_int.h"

#include <ini.h>
#include <stdio.h>
#include <string.h>

enum {
	FIELD_START = 255, /* where run.start, which is not in the table, is counted */
	LINE_MAX_BYTES = 190, /* inih reads lines in pieces of 200 bytes and would take the rest for another line */
	FIELDS_MAX = 256,
};

struct reader {
	struct recipe *recipe;
	struct err first; /* why the first bad line is bad; "" where inih alone objected */
	bool seen[FIELDS_MAX], any;
};

static int field_index(const char *section, const char *name)
{
	if (recipe_is_start(section, name))
		return FIELD_START;
	for (int i = 0; i < recipe_field_count && i < FIELD_START; i++)
		if (strcmp(recipe_fields[i].section, section) == 0 && strcmp(recipe_fields[i].name, name) == 0)
			return i;
	return -1;
}

/* inih's handler: 1 accepts the line. */
static int on_setting(void *user, const char *section, const char *name, const char *value)
{
	struct reader *r = user;
	struct err e = {.text = ""};
	int i = field_index(section, name);
	int bad = 0;
	r->any = true;
	if (i >= 0 && r->seen[i])
		bad =
		    err_set(&e, ERR_FORMAT, "%s.%s is set twice, or its value goes on in a second line", section, name);
	else
		bad = recipe_set(r->recipe, section, name, value, &e);
	if (i >= 0)
		r->seen[i] = true;
	if (bad && !r->first.text[0])
		r->first = e;
	return !bad;
}

/* What inih would misread rather than refuse.  0, or ERR_FORMAT. */
static int check_lines(const char *path, const char *text, size_t n, struct err *e)
{
	int line = 1;
	size_t start = 0;
	for (size_t i = 0; i < n; i++) {
		if (text[i] == '\0')
			return err_set(e, ERR_FORMAT, "%s:%d: a NUL byte: this is not a recipe", path, line);
		if (i - start > LINE_MAX_BYTES)
			return err_set(e, ERR_FORMAT, "%s:%d: the line is longer than %d bytes", path, line,
				       LINE_MAX_BYTES);
		if (text[i] == '\n') {
			start = i + 1;
			line++;
		}
	}
	return 0;
}

int cli_recipe_ini(struct recipe *out, const char *path, const char *text, size_t n, struct err *e)
{
	struct reader r = {.recipe = out};
	if (check_lines(path, text, n, e))
		return ERR_FORMAT;
	recipe_defaults(out);
	int line = ini_parse_string(text, on_setting, &r);
	if (line < 0)
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	if (line > 0)
		return err_set(e, ERR_FORMAT, "%s:%d: %s", path, line,
			       r.first.text[0] ? r.first.text : "want [section], name = value, or a comment (# or ;)");
	return r.any ? 0 : err_set(e, ERR_FORMAT, "%s: no setting in it: a recipe has at least one, such as seed", path);
}
