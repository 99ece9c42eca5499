/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about the engine itself. */
#include "gtp/gtp_int.h"

#include <time.h>

bool gtp_nothing(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	(void)c;
	return true;
}

bool gtp_protocol_version(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "2");
	return true;
}

bool gtp_name(struct gtp *g, struct gtp_call *c)
{
	buf_printf(c->text, "%s", g->set.name ? g->set.name : "miai");
	return true;
}

bool gtp_version(struct gtp *g, struct gtp_call *c)
{
	buf_printf(c->text, "%s", g->set.version);
	return true;
}

bool gtp_known_command(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "%s", gtp_known(c->argv[0]) ? "true" : "false");
	return true;
}

bool gtp_list_commands(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	for (int i = 0; gtp_command_name(i); i++)
		buf_printf(c->text, "%s%s", i ? "\n" : "", gtp_command_name(i));
	return true;
}

bool gtp_quit(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	c->quit = true;
	return true;
}

bool gtp_cputime(struct gtp *g, struct gtp_call *c)
{
	struct timespec t;
	(void)g;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	buf_printf(c->text, "%lld.%03d", (long long)t.tv_sec, (int)(t.tv_nsec / 1000000));
	return true;
}
