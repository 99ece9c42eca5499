/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai play: the local page, until a signal ends it. */
#include "cli/play_page.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { WAKE_MS = 200 };

/* Opens the page with the desktop's own opener, where there is a desktop. */
static void open_browser(const char *address)
{
	char name[] = "xdg-open", *argv[] = {name, NULL, NULL};
	char text[64];
	pid_t child;
	if (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY"))
		return;
	snprintf(text, sizeof text, "%s", address);
	argv[1] = text;
	/* Whether it worked is plain to see; the child is not waited for. */
	signal(SIGCHLD, SIG_IGN);
	(void)posix_spawnp(&child, argv[0], NULL, NULL, argv, environ);
}

int cli_play_page(const struct net_play_settings *s, bool browser)
{
	struct err e = {.text = ""};
	char address[64];
	atomic_bool *stop = cli_stop_flag();
	struct net_play *p = net_play_new(s, &e);
	if (!p || net_play_open(p, &e)) {
		net_play_free(p);
		return cli_fail("play", ERR_IO, &e);
	}
	snprintf(address, sizeof address, "http://127.0.0.1:%d/", net_play_port(p));
	printf("miai plays at %s (Ctrl-C ends it)\n", address);
	fflush(stdout);
	if (browser)
		open_browser(address);
	while (!atomic_load(stop))
		poll(NULL, 0, WAKE_MS);
	net_play_free(p);
	return CLI_OK;
}
