/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The players of a ladder and their matches. */
#ifndef MIAI_CLI_LADDER_INT_H
#define MIAI_CLI_LADDER_INT_H

#include "base/file.h"
#include "cli/match_int.h"
#include "match/rating.h"

struct ladder_player {
	char *name, *label;   /* owned: the name for a match, the name for people */
	struct nn_net *net;   /* owned; NULL: random or a program */
	char key[65];         /* what a result is filed under: the net's hash, or that of the name */
	uint32_t generation;
	int run;              /* which of the runs named it is a net of, from 1; 0: named by itself */
	double x;             /* in the plot */
};

struct ladder {
	struct cli_match terms; /* of every match */
	int every, span;        /* span 0: all meet all */
	int runs;
	const char *file, *svg, *log;
	int lock;               /* on the results file, from cli_ladder_load on, as the next; -1: none */
	struct file_append out; /* the results file */
	int players, room;
	struct ladder_player *player;
	int results, results_room;
	struct match_result *result;
};

/* Adds a player, or a run's nets.  Errors as everywhere. */
int cli_ladder_add(struct ladder *l, const char *name, struct err *e);
void cli_ladder_release(struct ladder *l);

/* The match of players a < b; NULL: not played yet. */
const struct match_result *cli_ladder_result(const struct ladder *l, int a, int b);
/* Reads the results file, where there is one, and cuts off a torn last line; begins it, where there is no whole line yet.
 * ERR_MISMATCH: it was played on other terms.  ERR_IO, among others: another process writes it. */
int cli_ladder_load(struct ladder *l, struct err *e);
/* Plays a match and files it. */
int cli_ladder_play(struct ladder *l, int a, int b, struct err *e);

/* Sets the players' x from the logs of miai run, one a run, parted by commas: the hours of each come after those of the one
 * before (docs/match.md). */
int cli_ladder_log(struct ladder *l, struct err *e);

#endif
