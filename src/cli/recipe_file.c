/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe in a file, in either of its forms: canonical, or an ini file. */
#include "cli/cli_int.h"

#include "base/file.h"

#include <string.h>

static int parse(struct recipe *r, const char *path, struct buf *b, struct err *e)
{
	static const char canonical[] = "miai recipe ";
	size_t n = b->len;
	buf_u8(b, 0);
	if (b->failed)
		return err_set(e, ERR_MEMORY, "%s: out of memory", path);
	if (n < sizeof canonical - 1 || memcmp(b->data, canonical, sizeof canonical - 1) != 0)
		return cli_recipe_ini(r, path, (const char *)b->data, n, e);
	int rc = recipe_read(r, b->data, n, e);
	return rc ? err_prefix(e, rc, path) : 0;
}

int cli_recipe_load(struct recipe *r, const char *path, struct err *e)
{
	struct buf b = {.data = NULL};
	int rc = file_read(&b, path, RECIPE_TEXT_MAX, e);
	if (rc == 0)
		rc = parse(r, path, &b, e);
	buf_release(&b);
	if (rc == 0) {
		rc = recipe_check(r, e);
		if (rc)
			err_prefix(e, rc, path);
	}
	return rc;
}
