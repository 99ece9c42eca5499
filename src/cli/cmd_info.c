/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai info: what a file or folder is, by its content. */
#include "cli/cli_int.h"
static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return CLI_OK;
}
const struct cli_command cli_cmd_info = {.name = "info", .summary = "", .usage = "", .run = run};
