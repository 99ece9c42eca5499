/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In place of recipe_ini.c where the program is built without inih. */
#include "cli/cli_int.h"

int cli_recipe_ini(struct recipe *out, const char *path, const char *text, size_t n, struct err *e)
{
	(void)out;
	(void)text;
	(void)n;
	return err_set(e, ERR_FORMAT,
		       "%s: this miai was built without inih and reads recipes in the canonical form only, as \"miai "
		       "recipe\" in their first line; a run's directory has one, in the file recipe",
		       path);
}
