/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A match between two players, each a net file, the word random, or gtp:COMMAND. */
#ifndef MIAI_CLI_MATCH_INT_H
#define MIAI_CLI_MATCH_INT_H

#include "base/sha256.h"
#include "cli/cli.h"
#include "match/score.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stdint.h>

enum { CLI_MATCH_FIRSTS = 64 };

struct cli_match {
	const char *name[2];
	const struct nn_net *net[2];   /* borrowed; NULL: random, or a program */
	int size, komi_half, visits, plies, threads, patience;
	int seconds;                   /* a move, told to programs; 0: none */
	int16_t first[CLI_MATCH_FIRSTS]; /* moves with which every game begins */
	int firsts;
	uint64_t seed;
	uint32_t games;                /* even */
	unsigned flags;
	const char *cpu;               /* flags as text, for our own programs; may be NULL */
	const char *records, *sgf;     /* where games go; may be NULL */
	const struct match_sprt *sprt; /* NULL: all games are played */
	/* What came of it: */
	struct match_score score;
	int verdict;                   /* of the sequential test */
	uint32_t faults[2];            /* games that A, B lost by an illegal move or by refusing a legal one */
	int slowest[2];                /* programs: milliseconds */
	double began, told;            /* cli_seconds, of the line of progress */
};

/* A name that begins with "gtp:". */
bool cli_is_program(const char *name);
/* Whether the match is played through GTP: a program takes part, or an imported net, which only miai gtp plays, or first
 * moves are given. */
bool cli_match_by_gtp(const struct cli_match *m);

/* Plays it, with lines of progress.  0 or an error code; what was played in order before an error counts.
 * Nets against nets are functions of all but threads and flags; programs are what they are. */
int cli_match_play(struct cli_match *m, struct err *e);

/* The two ways in which it is played. */
int cli_match_nets(struct cli_match *m, struct err *e);
int cli_match_programs(struct cli_match *m, struct err *e);

/* Counts a finished game; returns whether the match goes on. */
bool cli_match_count(struct cli_match *m, uint32_t index, int black_points);

#endif
