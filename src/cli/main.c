/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai: the program.  The only main; every subcommand returns its exit code to here. */
#include "cli/cli_int.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static const struct cli_command *const commands[] = {
    &cli_cmd_play,
    &cli_cmd_run, &cli_cmd_verify, &cli_cmd_gtp, &cli_cmd_match, &cli_cmd_ladder, &cli_cmd_info, &cli_cmd_bench,
    &cli_cmd_import, &cli_cmd_export,
    &cli_cmd_replay, &cli_cmd_analysis,
};
enum { COMMANDS = sizeof commands / sizeof *commands };

const struct cli_command *cli_find(const char *name)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i]->name, name) == 0)
			return commands[i];
	return NULL;
}

static void overview(FILE *to)
{
	fputs("Usage: miai COMMAND [OPTIONS] [OPERANDS]\n"
	      "A Go program that learns by self-play, bit for bit the same on every machine.\n\nCommands:\n",
	      to);
	for (int i = 0; i < COMMANDS; i++)
		fprintf(to, "  %-9s %s\n", commands[i]->name, commands[i]->summary);
	fputs("  help      print the options of a command: miai help COMMAND\n\n"
	      "miai --version prints the version.\n"
	      "Exit codes: 0 done, 1 something is not what it should be, 2 wrong usage,\n"
	      "            3 cannot be read or written, 4 stopped before the end.\n",
	      to);
}

static int unknown(const char *name)
{
	fprintf(stderr, "miai: there is no command \"%s\"; \"miai --help\" lists them\n", name);
	return CLI_USAGE;
}

static int help(int argc, char **argv)
{
	if (argc < 2) {
		overview(stdout);
		return CLI_OK;
	}
	const struct cli_command *c = cli_find(argv[1]);
	if (!c)
		return unknown(argv[1]);
	fputs(c->usage, stdout);
	return CLI_OK;
}

static int dispatch(int argc, char **argv)
{
	if (argc < 2) {
		overview(stderr);
		return CLI_USAGE;
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0)
		return help(argc - 1, argv + 1);
	if (strcmp(argv[1], "--version") == 0) {
		printf("miai %s (numerics %d)\n", MIAI_VERSION, NN_NUMERICS);
		return CLI_OK;
	}
	const struct cli_command *c = cli_find(argv[1]);
	return c ? c->run(argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
	cli_signals();
	int code = dispatch(argc, argv);
	bool bad = ferror(stdout) != 0;
	errno = 0;
	if (fflush(stdout) != 0)
		bad = true;
	if (!bad)
		return code;
	/* A reader that has seen enough and went away (miai ... | head) is no news to anybody. */
	if (errno != EPIPE)
		fprintf(stderr, "miai: cannot write standard output: %s\n", errno ? strerror(errno) : "write error");
	return code ? code : CLI_UNREADABLE;
}
