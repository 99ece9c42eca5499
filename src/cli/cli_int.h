/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands share beyond cli.h. */
#ifndef MIAI_CLI_CLI_INT_H
#define MIAI_CLI_CLI_INT_H

#include "base/bytes.h"
#include "cli/cli.h"
#include "nn/net.h"
#include "search/search.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CLI_MANY = 1 << 20 }; /* as cli_parse's `most`: any number of operands */

/* Seconds of a steady clock, for speeds shown to the user only. */
double cli_seconds(void);

/* Seconds as "2:03:04" or "3:04". */
void cli_duration(char *out, size_t n, double seconds);

/* Plain PUCT with the recipe's default constants: what matches and genmove search with. */
void cli_search_settings(struct search_settings *s, int visits);

/* The net of a file; prints why not and sets *code to the exit code where it returns NULL.  name: see nn_net_load. */
struct nn_net *cli_net_load(const char *command, const char *path, struct hash *name, int *code);
/* The same for players, which take imported nets too: see nn_net_load_any. */
struct nn_net *cli_net_load_any(const char *command, const char *path, struct hash *name, int *code);

/* Where *net is NULL it becomes the net that plays when none is named, see miai(1), written to path.  CLI_OK, or the exit code
 * after saying that there is none. */
int cli_net_default(const char *command, const char **net, char *path, size_t room);

/* This program's own file; the length of its path, not above 0 where it cannot be found (errno). */
int cli_program(char *path, size_t room);

/* A number of three digits and its unit: "12.3 k", "4.56 M". */
void cli_short_number(char *out, size_t n, double v);

/* Komi in half points from text such as "7", "7.5", "-0.5"; -1 after printing why not. */
int cli_komi(const char *option, const char *text, int *half);

/* Seed from text, 0 .. 2^63 - 1; def where text is NULL; -1 after printing why not. */
int cli_seed(const char *text, uint64_t def, uint64_t *seed);

/* An ini file's text, n bytes and a NUL, as a recipe; path for its errors.  recipe_check is the caller's. */
int cli_recipe_ini(struct recipe *out, const char *path, const char *text, size_t n, struct err *e);

/* Commands by name; NULL if there is none. */
const struct cli_command *cli_find(const char *name);

/* Starts the signal handlers.  SIGPIPE is ignored: a run outlives the pager that showed it, and main says at the end
 * whether standard output could be written. */
void cli_signals(void);

#endif
