/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_GTP_ENGINE_INT_H
#define MIAI_GTP_ENGINE_INT_H

#include "base/pool.h"
#include "gtp/clock.h"
#include "gtp/engine.h"
#include "search/deep.h"

#include <stdatomic.h>

enum {
	ENGINE_MEMORY = 512 << 20,
	ENGINE_THREADS_MAX = 1024,
	ENGINE_STRENGTH_MAX = 20,
};

/* No padding: games are compared as bytes. */
struct engine_ply {
	uint16_t action, player;
};

/* What the tree was begun with and where its root is now: it may be kept where the game is a continuation. */
struct engine_tree {
	bool valid, masked;
	uint64_t setup; /* engine's setup number */
	int moves, to_move;
	struct engine_ply move[GAME_MOVES_MAX];
};

/* Moves in a row below the resignation limit, and the game at the last of them. */
struct engine_hopeless {
	int count, moves;
	struct engine_ply move[GAME_MOVES_MAX];
};

/* The state is always what setup and moves make of an empty board: undo takes the last of them away and makes the
 * state again. */
struct engine {
	struct engine_settings set; /* params included */
	const struct game *game;    /* game_go, or the variant of it that the net sees */
	struct game_rules rules;
	void *state, *scratch;      /* owned; state_bytes of the rules each */
	int moves, stones, first;   /* first: who moves first */
	struct engine_ply move[GAME_MOVES_MAX], stone[GAME_POINTS_MAX];
	uint64_t setup;             /* grows with each change of anything but moves */
	uint64_t games;             /* boards begun so far: no two of a session draw the same moves */
	struct engine_clock clock[2];
	struct engine_hopeless hopeless[2];

	struct pool *pool;
	struct evaluator **eval;    /* one a thread */
	struct search_deep *search; /* NULL without a net, or until it is wanted */
	struct eval_job *job;
	struct engine_tree tree;
	atomic_bool stop;

	struct engine_analysis analysis;
	bool analysed;              /* analysis is of the position as it is */
	struct engine_info info[GAME_ACTIONS_MAX];
	int16_t owner[GAME_POINTS_MAX], *moves_owner; /* moves_owner: owned, points an action, NULL until wanted */
	int32_t policy[GAME_ACTIONS_MAX];
};

/* engine.c */
void engine_rebuild(struct engine *g);
int engine_ready(struct engine *g, struct err *e);  /* search, evaluators; 0 without a net too */
void engine_release(struct engine *g);              /* forgets them: the board has another size */
void engine_changed(struct engine *g);              /* the position is another one */
bool engine_begins_with(const struct engine *g, const struct engine_ply *move, int moves); /* the game as it is */
/* The position in scratch with player to move, and the game going on; ERR_ARG where it is too long. */
int engine_scratch(struct engine *g, int player, struct err *e);
int64_t engine_now(const struct engine *g);

/* log.c: what happened, as a line of the transcript. */
__attribute__((format(printf, 2, 3))) void engine_log(struct engine *g, const char *fmt, ...);
void engine_log_begin(struct engine *g);
void engine_log_board(struct engine *g);
void engine_log_ply(struct engine *g, const char *what, int player, int action);
void engine_log_avoid(struct engine *g, const struct engine_limits *l);
void engine_log_think(struct engine *g, int player, bool fresh);
void engine_log_genmove(struct engine *g, int player, int action);

/* params.c */
int engine_params_check(const struct engine_params *p, struct err *e);

/* think.c */
/* engine_think without a line in the transcript. */
int engine_search(struct engine *g, int player, const struct engine_limits *l, engine_report *report,
                  engine_waiting *waiting, void *ctx, struct err *e);
/* Brings the tree to the position in scratch. */
void engine_sync(struct engine *g, int player, bool fresh, bool masked);
void engine_fill(struct engine *g, int player, const struct engine_limits *l, uint32_t before, int64_t since);

/* status.c: 32767 * 8 surely Black's .. -32767 * 8 surely White's. */
int engine_owners(struct engine *g, int32_t *owner, struct err *e);

/* choose.c */
int engine_choose(struct engine *g, int player, const struct engine_limits *l, struct err *e, int *action);

#endif
