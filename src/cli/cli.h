/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command line: one file a subcommand (cmd_NAME.c), each a row of the table in main.c. */
#ifndef MIAI_CLI_CLI_H
#define MIAI_CLI_CLI_H

#include "base/err.h"
#include "record/recipe.h"

#include <stdatomic.h>

/* Exit codes of every command. */
enum { CLI_OK = 0, CLI_MISMATCH = 1, CLI_USAGE = 2, CLI_UNREADABLE = 3, CLI_STOPPED = 4 };

struct cli_command {
	const char *name;
	const char *summary;              /* one line */
	const char *usage;                /* what --help prints: synopsis and options, fits a screen */
	int (*run)(int argc, char **argv); /* argv[0] is the subcommand's name; returns an exit code */
};
extern const struct cli_command cli_cmd_run, cli_cmd_verify, cli_cmd_gtp, cli_cmd_match, cli_cmd_ladder, cli_cmd_bench, cli_cmd_info;
extern const struct cli_command cli_cmd_import, cli_cmd_export;
extern const struct cli_command cli_cmd_replay, cli_cmd_analysis, cli_cmd_play;

/* Option parsing: options may stand anywhere, "--name VALUE" or "--name=VALUE"; "--" ends them. */
struct cli_option {
	const char *name;      /* without the dashes */
	int has_value;
	const char **value;    /* set to the value, or to "" for a flag */
};
/* Takes the options out of argv, leaving operands in argv[0..]; returns their number, or -1 after printing what is
 * wrong (unknown option, missing value, more than most or fewer than least operands) and how to get help. --help
 * prints cmd->usage and returns -2: the command then returns CLI_OK. */
int cli_parse(const struct cli_command *cmd, int argc, char **argv, const struct cli_option *opt, int opts, int least, int most);
/* A whole number in lo..hi, or -1 after printing why not. */
int cli_number(const char *option, const char *text, long long lo, long long hi, long long *out);
/* The --threads and --cpu-flags values with their defaults (all processors, all flags); prints and returns -1 on error. */
int cli_threads(const char *text, int *threads);
int cli_cpu_flags(const char *text, unsigned *flags);
/* Prints "miai NAME: message" on standard error and returns the exit code that belongs to an err_code. */
int cli_fail(const char *name, int code, const struct err *e);
/* Reads a recipe from an ini file (where inih was built in) or in its canonical form, with file and line in errors. */
int cli_recipe_load(struct recipe *r, const char *path, struct err *e);
/* SIGINT and SIGTERM set this flag; a second one ends the program at once. */
atomic_bool *cli_stop_flag(void);

#endif
