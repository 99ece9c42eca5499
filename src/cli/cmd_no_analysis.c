/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What stands in for miai analysis in a program that was built without jansson. */
#include "cli/cli_int.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fprintf(stderr, "miai analysis: this program was built without jansson, and reads no JSON\n");
	return CLI_USAGE;
}

const struct cli_command cli_cmd_analysis = {
    .name = "analysis",
    .summary = "answer queries in KataGo's JSON protocol (not built in)",
    .usage = "Usage: miai analysis\nThis program was built without jansson, and reads no JSON.\n",
    .run = run,
};
