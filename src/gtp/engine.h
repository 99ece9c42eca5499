/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The player's engine: a game of Go under way and a search that looks at it, without any protocol.  GTP (gtp.h), the
 * JSON analysis mode and the page of `miai play` are thin layers over it.
 *
 * Points, actions and players are those of games/game.h: point = row * size + col from the top left, the pass is
 * size * size, player 0 is Black.  All values are integers: winning chances and priors Q16 (65536 is certainty), scores
 * Q8 (256 is a point), ownership Q15; unless it says otherwise they are seen by the player to move at the root.
 *
 * One engine is used by one thread at a time; engine_stop alone may be called from any thread, and from a signal
 * handler.  What a search with a limit of visits answers is a function of (net, parameters, position, what was
 * searched before in this game): not of threads, time or machine.  docs/gtp.md says what that means for a game. */
#ifndef MIAI_GTP_ENGINE_H
#define MIAI_GTP_ENGINE_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"
#include "games/go/go.h"
#include "nn/kernels.h"
#include "nn/net.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	ENGINE_RESIGN = -1,   /* an action beside the game's: give up */
	ENGINE_PV_MAX = 32,   /* moves of a variation that are told */
	ENGINE_KOMI_MAX = 2 * GAME_POINTS_MAX, /* half points */
	ENGINE_VISITS_MAX = 100000000,
	ENGINE_VALUE_TEXT = 64,
};

/* What a user may change at any time; also by name and in text, see engine_set. */
struct engine_params {
	int visits;        /* of a genmove: the root's visits, those kept from before included; 0: as many as a clock or
	                    * time_ms allows, 400 without either */
	int time_ms;       /* of a genmove, at most; 0: no limit */
	int cpuct, fpu;    /* per mille, see search/search.h */
	int score_utility; /* per mille: how much of a node's worth is the score */
	int batch;         /* most leaves evaluated together, 1..64; 1: one after another */
	int resign;        /* percent: resigns where the chance to win was below it for resign_moves moves; 0: never */
	int resign_moves;
	int temperature;   /* per mille: moves are drawn by visits to the power of 1000 / temperature; 0: the best */
	int early_temperature; /* the same at the start of a game, halved every `size` moves; the greater of both counts */
	int strength;      /* 0: full; 1 (beginner) .. 20: fewer visits and a higher temperature, see docs/gtp.md */
	int friendly_pass; /* 1: passes where the game is settled though dead stones are on the board */
	int ponder;        /* 1: engine_ponder thinks */
	int symmetry;      /* 1: each position through a symmetry drawn from its key; 0: as it lies */
	int lag_ms;        /* what a move is first thought to cost beside thinking, under a clock */
};

struct engine_settings {
	const struct nn_net *net;         /* borrowed; NULL: moves are drawn evenly from the legal ones */
	const struct nn_kernels *kernels; /* borrowed; may be NULL without a net */
	int threads;                      /* 1..1024 */
	uint64_t memory;                  /* bytes that the tree may take; 0: 512 MiB */
	uint64_t seed;
	int size, komi_half;              /* of the first board; a net that knows one size alone begins with that */
	struct engine_params params;
	const struct hash *net_name;      /* of its file, borrowed until engine_new returns; NULL: unknown */
	/* Told each line of the transcript (docs/formats/transcript.md), with its newline; NULL: nobody. */
	void (*log)(void *ctx, const char *line);
	void *log_ctx;
	int64_t (*now_us)(void *ctx);     /* a clock for tests, microseconds; NULL: the machine's steady clock */
	void *now_ctx;
};

/* The parameters as they are without options. */
void engine_params_init(struct engine_params *p);

struct engine;

/* NULL: see e. */
struct engine *engine_new(const struct engine_settings *s, struct err *e);
void engine_free(struct engine *g);

/* --- Parameters by name: "visits", "time_ms", ... the names of struct engine_params. --- */
const char *engine_param_name(int i); /* NULL past the last */
/* ERR_ARG: no such parameter, or not a number of its range. */
int engine_params_set(struct engine_params *p, const char *name, const char *value, struct err *e);
int engine_set(struct engine *g, const char *name, const char *value, struct err *e);
bool engine_get(const struct engine *g, const char *name, char out[ENGINE_VALUE_TEXT]);
const struct engine_params *engine_params(const struct engine *g);
/* What a strength means, its visits and its temperature per mille; false where there is no such strength. */
bool engine_strength(int strength, int *visits, int *temperature);
/* All of them as lines "name value", and back again (unknown names and bad values: ERR_FORMAT, nothing changed). */
void engine_save(const struct engine *g, struct buf *out);
int engine_load(struct engine *g, const char *text, struct err *e);
/* Takes what differs; values are in range. */
void engine_params_use(struct engine *g, const struct engine_params *p);
int engine_params_load(struct engine_params *p, const char *text, struct err *e);

/* --- The game: setup stones, then moves; undo takes moves away. --- */
int engine_clear(struct engine *g, int size, struct err *e); /* an empty board; ERR_ARG, ERR_MEMORY: unchanged */
int engine_komi(struct engine *g, int komi_half);            /* ERR_ARG beyond ENGINE_KOMI_MAX; any time */
int engine_suicide(struct engine *g, int legal);             /* ERR_ARG where a move of the game would change its meaning */
bool engine_place(struct engine *g, int player, int point);  /* a setup stone, before the first move; false as go_place */
void engine_to_move_first(struct engine *g, int player);     /* who moves first after the setup; 0 unless said */
/* A move by either player, also after two passes; false and unchanged where it is illegal (superko, suicide, occupied) or
 * the game has GAME_MOVES_MAX moves. */
bool engine_play(struct engine *g, int player, int action);
bool engine_undo(struct engine *g); /* false: no move to take back */
const void *engine_state(const struct engine *g); /* of game_go, valid until the next change; see games/go/go.h */
const struct game_rules *engine_rules(const struct engine *g);
int engine_moves(const struct engine *g);
int engine_move(const struct engine *g, int i, int *player);   /* action of move i in 0..moves-1 */
int engine_stones(const struct engine *g);                     /* setup stones */
int engine_stone(const struct engine *g, int i, int *player);  /* point of setup stone i */

/* --- Thinking --- */
struct engine_info { /* a root move */
	int action, visits, order;         /* order 0 is the best */
	int32_t winrate, lcb;              /* Q16: 0..65536 */
	int32_t utility;                   /* Q16: -65536..65536, what the search maximises */
	int32_t prior;                     /* Q16, of the net */
	int32_t score, score_stdev;        /* Q8 points: expected lead */
	int pv_len;                        /* pv[0] is action; 0 where never visited */
	uint16_t pv[ENGINE_PV_MAX];
	int32_t pv_visits[ENGINE_PV_MAX];
	const int16_t *owner;              /* Q15 by point, > 0 the root mover's; NULL where not asked for */
};

struct engine_analysis {
	int to_move;                       /* the root's player */
	int visits, visits_before;         /* of the root; those that were there when this search began */
	int32_t winrate, utility;          /* of the root, Q16 */
	int32_t score, score_stdev;        /* Q8 */
	int32_t raw_winrate, raw_score;    /* the net's */
	int moves;                         /* entries of move[], best first: every legal action */
	const struct engine_info *move;    /* owned by the engine, until the next call that thinks or changes the game */
	const int16_t *owner;              /* Q15 by point, mean over the tree; NULL where not asked for */
	const int32_t *policy;             /* the net's, Q16 by action; -1 where illegal */
	int64_t elapsed_us;
};

struct engine_limits {
	int visits;            /* of the root, kept ones included; 0: none but memory */
	int64_t time_us;       /* 0: none */
	int64_t interval_us;   /* between reports; 0: none before the end */
	bool owner, moves_owner;
	bool fresh;            /* forget what was searched before */
	bool settle;           /* with time_us: stop where the choice can no longer change */
	bool unclocked;        /* of engine_genmove_report: the player's clock is not looked at and does not run */
	const uint16_t *avoid[2]; /* of a player, by action: may not be played at depths below; NULL: none */
	int least_visits;      /* of the root; before them `waiting` is not asked */
};

/* Into a player's `avoid`: the actions whose mask is `which`, at depths below `depth` (at least 1).  Of several depths of an
 * action the greatest counts. */
void engine_avoid(uint16_t *avoid, const uint8_t *mask, bool which, int actions, int64_t depth);

/* Called on the thinking thread at intervals, and once at the end with last set.  False: stop. */
typedef bool engine_report(void *ctx, const struct engine_analysis *a, bool last);
/* Asked between batches; true: stop. */
typedef bool engine_waiting(void *ctx);

/* Looks at the position for player (whose turn it becomes for the search; the game is as before).  Needs a net.
 * Without limits it goes on until it is stopped or memory is used up.  report, waiting may be NULL; *out is valid as
 * engine_analysis says and may be NULL.  The engine_stop of an earlier call has no effect on it. */
int engine_think(struct engine *g, int player, const struct engine_limits *l, engine_report *report,
                 engine_waiting *waiting, void *ctx, const struct engine_analysis **out, struct err *e);

/* The move for player under the parameters' limits and the clock: an action, or ENGINE_RESIGN.  The game is as before.
 * What was thought is engine_last. */
int engine_genmove(struct engine *g, int player, int *action, struct err *e);
/* The same with reports on the way, and cut short where waiting says so; both may be NULL.  more (may be NULL): intervals,
 * owners and moves to avoid as it says; its visits and time replace the parameters' where either is not 0. */
int engine_genmove_report(struct engine *g, int player, const struct engine_limits *more, engine_report *report,
                          engine_waiting *waiting, void *ctx, int *action, struct err *e);
const struct engine_analysis *engine_last(const struct engine *g); /* NULL where nothing was thought of this position */
/* Thinks on while it is the other's turn, until waiting says so or engine_stop; nothing where ponder is 0. */
void engine_ponder(struct engine *g, engine_waiting *waiting, void *ctx);
void engine_stop(struct engine *g); /* any thread: the search under way ends after its batch */
void engine_forget(struct engine *g); /* the tree */

/* --- The net alone --- */
struct engine_raw {
	int32_t wdl[3];                    /* Q16 */
	int32_t score;                     /* Q8 */
	int32_t policy[GAME_ACTIONS_MAX];  /* Q16 over legal actions; -1 where illegal */
	int16_t owner[GAME_POINTS_MAX];    /* Q15 */
};
/* symmetry 0..7, or -1: the mean of all eight. */
int engine_raw_net(struct engine *g, int player, int symmetry, struct engine_raw *out, struct err *e);

/* --- The end of a game --- */
/* Which stones are dead: dead[p] = 1, else 0, by the net's ownership through all eight symmetries; a group of which at
 * least two thirds of certainty say so.  *score_half: Black's lead in half points by area without them.  Either may be
 * NULL.  Without a net nothing is dead. */
int engine_status(struct engine *g, uint8_t *dead, int *score_half, struct err *e);

/* --- Clocks: clock.h has the systems. --- */
struct engine_clock;
struct engine_clock *engine_clock(struct engine *g, int player); /* owned by the engine */

#endif
