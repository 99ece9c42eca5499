/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai play in a program that was built without its libraries. */
#include "cli/play_page.h"

#include <stdio.h>

int cli_play_page(const struct net_play_settings *s, bool browser)
{
	(void)s;
	(void)browser;
	fprintf(stderr, "miai play: this program was built without the page (libmicrohttpd and jansson were not there)\n");
	return CLI_USAGE;
}
