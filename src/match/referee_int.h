/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table: two programs and a board. */
#ifndef MIAI_MATCH_REFEREE_INT_H
#define MIAI_MATCH_REFEREE_INT_H

#include "match/referee.h"

struct match_table {
	const struct match_terms *terms;
	const atomic_bool *stop;
	struct match_program program[2];
	void *state; /* of game_go, owned */
};

/* Plays one game at a table whose programs run. */
int match_table_game(struct match_table *m, uint32_t index, struct match_game *g, struct err *e);

#endif
