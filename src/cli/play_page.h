/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_CLI_PLAY_PAGE_H
#define MIAI_CLI_PLAY_PAGE_H

#include "cli/cli_int.h"
#include "net/play.h"

/* Serves the page until a signal, with a browser opened where there is a desktop and it is wanted; the exit code. */
int cli_play_page(const struct net_play_settings *s, bool browser);

#endif
