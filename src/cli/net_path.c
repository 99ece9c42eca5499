/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which net plays where none is named: miai(1), "Nets".  XDG Base Directory Specification, version 0.8. */
#include "cli/cli_int.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes FOLDER/miai/default.net, FOLDER being n bytes of text; whether it is there. */
static bool net_in(char *path, size_t room, const char *folder, size_t n)
{
	int length = snprintf(path, room, "%.*s/miai/default.net", (int)n, folder);
	return n > 0 && folder[0] == '/' && length > 0 && (size_t)length < room && file_exists(path);
}

static bool net_of_user(char *path, size_t room)
{
	char local[3072];
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");
	if (data && *data)
		return net_in(path, room, data, strlen(data));
	if (!home || snprintf(local, sizeof local, "%s/.local/share", home) >= (int)sizeof local)
		return false;
	return net_in(path, room, local, strlen(local));
}

int cli_net_default(char *path, size_t room, struct err *e)
{
	const char *own = getenv("MIAI_NET"), *dirs = getenv("XDG_DATA_DIRS");
	if (own && *own)
		return snprintf(path, room, "%s", own) < (int)room ? 0 : err_set(e, ERR_ARG, "MIAI_NET is too long");
	if (net_of_user(path, room))
		return 0;
	if (!dirs || !*dirs)
		dirs = "/usr/local/share:/usr/share";
	for (const char *p = dirs; *p;) {
		size_t n = strcspn(p, ":");
		if (net_in(path, room, p, n))
			return 0;
		p += n + (p[n] != '\0');
	}
	return err_set(e, ERR_ARG, "no net was named and there is none at the usual places (MIAI_NET, and as %s the last): give --net FILE",
		       path);
}
