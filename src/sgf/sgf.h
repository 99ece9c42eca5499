/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The Smart Game Format: trees of nodes with properties, and the games of Go in them (docs/formats/sgf.md).
 *
 * Nodes are numbers.  Node 0 is the collection: its children are the first nodes of its games.  Values are kept as they
 * stand between their brackets, escapes included, in UTF-8; sgf_text takes the escapes away.
 *
 *     struct sgf *t = sgf_new();                       struct sgf *t = sgf_read(bytes, n, &e);
 *     struct sgf_game g = {.size = 9, ...};            sgf_game_read(&g, t, sgf_line_end(t, sgf_child(t, 0)),
 *     uint32_t root = sgf_game_write(t, &g, "x:1");                       SGF_ALL_MOVES, &e);
 *     sgf_put(t, root, "PB", "Honinbo Shusaku");       sgf_text(sgf_value(t, root, "PB"), SGF_SIMPLE, &name);
 *     sgf_write(t, &out);                              sgf_free(t);
 */
#ifndef MIAI_SGF_SGF_H
#define MIAI_SGF_SGF_H

#include "base/bytes.h"
#include "base/err.h"
#include "games/game.h"

#include <stdbool.h>
#include <stdint.h>

enum {
	SGF_BYTES_MAX = 1 << 24,
	SGF_NODES_MAX = 1 << 20,
	SGF_PROPERTIES_MAX = 1 << 22,
	SGF_VALUES_MAX = 1 << 22,
	SGF_OPEN_MAX = 1 << 16, /* trees within trees */
	SGF_NAME_MAX = 15,      /* letters of a property's name */
};

struct sgf;

/* An empty collection; NULL where memory is short. */
struct sgf *sgf_new(void);
void sgf_free(struct sgf *t);

/* Reads any n bytes.  NULL: ERR_FORMAT where no tree is in them or a limit is passed, ERR_MEMORY; see e. */
struct sgf *sgf_read(const void *p, size_t n, struct err *e);
/* Appends what reading repaired, a line each ("line 3: a \")\" too many (2 times)"); nothing where nothing was. */
void sgf_repairs(const struct sgf *t, struct buf *out);
/* Appends the collection as text.  out->failed where memory was short, here or in one of the calls that made t. */
void sgf_write(const struct sgf *t, struct buf *out);

/* Walking the tree: 0 where there is none (no node has the collection as child or sibling). */
uint32_t sgf_nodes(const struct sgf *t); /* nodes are 0 .. sgf_nodes - 1, parents before children */
uint32_t sgf_parent(const struct sgf *t, uint32_t node);
uint32_t sgf_child(const struct sgf *t, uint32_t node); /* the first */
uint32_t sgf_next(const struct sgf *t, uint32_t node);  /* the next child of the same parent */
uint32_t sgf_line_end(const struct sgf *t, uint32_t node); /* the leaf to which first children lead */

/* The first value of the node's properties of that name, as it stands in the file; p is NULL where there is none.
 * Good until t is changed. */
struct sgf_raw {
	const uint8_t *p;
	uint32_t n;
};
struct sgf_raw sgf_value(const struct sgf *t, uint32_t node, const char *name);

/* All of them, in one walk through the node:
 *     struct sgf_values all = sgf_values(t, node, "AB");
 *     for (struct sgf_raw v; (v = sgf_values_next(&all)).p;) ... */
struct sgf_values {
	const struct sgf *t;
	const char *name;    /* borrowed */
	uint32_t prop, i;    /* the next: value i of that property, or of a later one */
};
struct sgf_values sgf_values(const struct sgf *t, uint32_t node, const char *name);
struct sgf_raw sgf_values_next(struct sgf_values *v); /* p is NULL behind the last */

/* Appends the text that a value stands for: escapes and escaped line ends go, other blanks become spaces; a line end
 * stays in SGF_TEXT and becomes a space in SGF_SIMPLE.  Nothing for p == NULL. */
enum sgf_kind { SGF_TEXT, SGF_SIMPLE };
void sgf_text(struct sgf_raw v, enum sgf_kind kind, struct buf *out);

/* Building.  Memory that runs out, or a limit passed, is remembered and told by sgf_failure and sgf_write.  Names are 1
 * to SGF_NAME_MAX upper-case letters.  Text should be UTF-8: bytes that are not become U+FFFD, control characters but
 * line ends and tabs become spaces. */
uint32_t sgf_add(struct sgf *t, uint32_t parent); /* a node, the last child of parent; 0 on failure */
void sgf_put(struct sgf *t, uint32_t node, const char *name, const char *text);
void sgf_put_number(struct sgf *t, uint32_t node, const char *name, int number);
void sgf_put_point(struct sgf *t, uint32_t node, const char *name, int size, int action); /* a point, or the pass */
/* One more value for the property that was put last, whichever that was. */
void sgf_also(struct sgf *t, const char *text);
void sgf_also_point(struct sgf *t, int size, int action);
int sgf_failure(const struct sgf *t); /* 0; ERR_MEMORY; ERR_ARG: a limit was passed */

/* A game of Go as a first position and moves.  From sgf_game_read it can be played by the rules of game_go, whether
 * suicide is legal or not: stones by go_place in any order, then each move after go_set_to_move (and go_resume, where two
 * passes came before it). */
enum { SGF_ALL_MOVES = GAME_MOVES_MAX };

struct sgf_move {
	uint16_t action;
	uint8_t player;
	uint32_t node; /* where it stands */
};

struct sgf_game {
	int size, komi_half;
	bool komi_given;                  /* else komi_half is 0 */
	int handicap;                     /* HA; 0 where absent or below 2 */
	int to_move;                      /* of the first position */
	uint8_t stone[GAME_POINTS_MAX];   /* setup: 0 none, 1 player 0's, 2 player 1's */
	int moves;
	struct sgf_move move[GAME_MOVES_MAX];
	int restarts;                     /* how often the first position was made anew, see docs/formats/sgf.md */
	bool handicap_placed;             /* the fixed points were meant, not named */
	int64_t work;                     /* what reading took: steps of about a nanosecond, counted and not measured */
};

/* The line from a game's first node to node `last`, at most `moves` moves of it.  0, ERR_FORMAT or ERR_MEMORY: see e. */
int sgf_game_read(struct sgf_game *g, const struct sgf *t, uint32_t last, int moves, struct err *e);
/* The same, all of it (ERR_FORMAT where it has more than SGF_ALL_MOVES), for those who want every position on the way that is
 * set up and not played: that of the first node, before its move; and that behind each later node in which stones are put or
 * taken, or a move is carried out that the rules forbid.  told is called for them in the order of the line; stone is as in g,
 * and good until it returns.  Where it returns false, reading ends with ERR_STOPPED and leaves e as it was. */
typedef bool sgf_set_up(void *ctx, uint32_t node, const uint8_t *stone, int to_move);
int sgf_game_follow(struct sgf_game *g, const struct sgf *t, uint32_t last, sgf_set_up *told, void *ctx, struct err *e);

/* Adds a game: a first node with GM, FF, CA, AP, SZ, KM, HA and setup, then a node a move, whose number is left in
 * g->move[].node.  Reads size, komi_half, handicap, to_move, stone and moves.  Returns the first node, 0 on failure. */
uint32_t sgf_game_write(struct sgf *t, struct sgf_game *g, const char *program);

/* One value of KM in half points; false where it is no number, or beyond 361 points.  One of SZ (ERR_FORMAT: see e). */
bool sgf_parse_komi(struct sgf_raw v, int *half);
int sgf_parse_size(struct sgf_raw v, int *size, struct err *e);
/* A move's value on a board of this size: an action; -1 where it is neither point nor pass. */
int sgf_parse_move(struct sgf_raw v, int size);

#endif
