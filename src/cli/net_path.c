/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which net plays where none is named: miai(1), "Nets".  XDG Base Directory Specification, version 0.8. */
#include "cli/cli_int.h"

#include "base/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

int cli_program(char *path, size_t room)
{
	ssize_t n = readlink("/proc/self/exe", path, room - 1);
	path[n > 0 ? n : 0] = '\0';
	return (int)n;
}

/* The net that came with the program: of a build folder within the sources, or below the prefix it was installed to. */
static bool net_of_program(char *path, size_t room)
{
	static const char *const beside[] = {"nets/default.net", "share/miai/default.net"};
	char program[2048];
	int n = cli_program(program, sizeof program);
	for (int up = 0; up < 2; up++) /* the program's folder, and the one above */
		while (n > 0 && program[--n] != '/')
			;
	if (n <= 0)
		return false;
	for (size_t i = 0; i < sizeof beside / sizeof *beside; i++)
		if (snprintf(path, room, "%.*s/%s", n, program, beside[i]) < (int)room && file_exists(path))
			return true;
	return false;
}

static int net_default(char *path, size_t room, struct err *e)
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
	if (net_of_program(path, room))
		return 0;
	return err_set(e, ERR_ARG, "no net was named and there is none at the usual places (MIAI_NET, and as %s the last): give --net FILE",
		       path);
}

int cli_net_default(const char *command, const char **net, char *path, size_t room)
{
	struct err e = {.text = ""};
	int rc = *net ? 0 : net_default(path, room, &e);
	if (rc)
		return cli_fail(command, rc, &e);
	*net = *net ? *net : path;
	return CLI_OK;
}
