/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Signals.  A handler can reach its flag only through a global: this is the program's one mutable global. */
#include "cli/cli_int.h"

#include <signal.h>
#include <string.h>

static atomic_bool stop;

static void on_stop(int sig)
{
	/* The second time: end at once, as this signal does by default. */
	if (atomic_exchange(&stop, true)) {
		signal(sig, SIG_DFL);
		raise(sig);
	}
}

atomic_bool *cli_stop_flag(void)
{
	struct sigaction a;
	memset(&a, 0, sizeof a);
	a.sa_handler = on_stop;
	a.sa_flags = SA_RESTART;
	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
	sigaction(SIGTERM, &a, NULL);
	return &stop;
}

void cli_signals(void)
{
	signal(SIGPIPE, SIG_IGN);
}
