/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One game being played, as a coroutine: what session.c asks of game.c. */
#ifndef MIAI_SELFPLAY_SELFPLAY_INT_H
#define MIAI_SELFPLAY_SELFPLAY_INT_H

#include "selfplay/selfplay.h"

struct selfplay_game {
	const struct selfplay_settings *set; /* borrowed */
	uint32_t index;
	uint64_t key;          /* rng_key(seed, index) */
	uint64_t opening_key;  /* of the opening's draws; in a match the pair's */
	void *state;           /* owned */
	struct search *search[2]; /* by player; NULL for one without a net; owned */
	struct record_game rec;   /* owned, grows move by move */
	int opening;           /* opening plies still to be played */
	int even;              /* the first plies of self-play that are drawn evenly, whoever plays */
	bool searching;        /* a search of the player to move is under way */
	enum record_kind kind; /* of the move it is for */
	int clear;             /* searches in a row that gave Black, or if negative White, decided_value at least */
	bool decided;
};

/* Memory for games under these settings, used again for each.  NULL: see e. */
struct selfplay_game *selfplay_game_new(const struct selfplay_settings *set, struct err *e);
void selfplay_game_free(struct selfplay_game *g);

void selfplay_game_begin(struct selfplay_game *g, uint32_t index);

/* Plays on.  1: *job wants an answer of the net of *player first; 0: over, the record is complete; ERR_MEMORY. */
int selfplay_game_step(struct selfplay_game *g, struct eval_job **job, int *player);

#endif
