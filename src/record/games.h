/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Played games as bytes (docs/formats/games.md), and the files that hold many of them. */
#ifndef MIAI_RECORD_GAMES_H
#define MIAI_RECORD_GAMES_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/file.h"
#include "base/sha256.h"

#include <stdint.h>

enum { RECORD_MOVES_MAX = 4096, RECORD_ACTIONS_MAX = 362, RECORD_GAME_BYTES_MAX = 1 << 23 };

/* How a move was chosen; only full searches are learnt from.  DECIDED: quickly, since the game was decided. */
enum record_kind { RECORD_OPENING = 0, RECORD_CHEAP = 1, RECORD_FULL = 2, RECORD_DECIDED = 3 };

struct record_move {
	uint16_t action;
	uint8_t kind;
	int32_t value;        /* search value for the mover, Q16, -65536..65536; 0 where not searched */
	uint32_t policy_at;   /* its policy target: entries policy_at .. policy_at + policy_n - 1 */
	uint16_t policy_n;    /* 0 unless kind is RECORD_FULL */
};

struct record_policy {
	uint16_t action;
	uint16_t share;       /* Q16, 1..65535; a share of 65536 is written 65535 */
};

/* One game.  The same struct serves self-play and matches. */
struct record_game {
	uint32_t index;       /* of the game in its generation or match */
	uint8_t size, suicide;
	int16_t komi_half;
	uint16_t max_moves;
	int32_t score_half;   /* final, Black's view, komi included */
	uint32_t moves, moves_cap;
	struct record_move *move;
	uint32_t policies, policies_cap;
	struct record_policy *policy;
};

void record_game_release(struct record_game *g);            /* frees the arrays; zeroes g */
/* 0, ERR_MEMORY, or ERR_ARG beyond the limits above.  policy_at is set here. */
int record_game_add_move(struct record_game *g, const struct record_move *m, const struct record_policy *p);
void record_game_write(const struct record_game *g, struct buf *out);
/* Parses exactly n bytes.  g is to be released whatever is returned.  Checks every range (actions within the
 * board, counts, shares), not the rules of the game. */
int record_game_read(struct record_game *g, const void *p, size_t n, struct err *e);

/* A file of games: a header that names recipe, generation and kind, then games in index order from 0, each
 * framed with its length and a checksum so that a torn tail is recognised. */
enum record_file_kind { RECORD_SELFPLAY = 1, RECORD_MATCH = 2 };

struct record_games_header {
	struct hash recipe;
	uint32_t generation;
	enum record_file_kind kind;
};

struct record_games {
	struct record_games_header header;
	struct buf bytes;         /* the whole file; owned */
	uint32_t count;
	uint64_t *at;             /* offset of game i's payload in bytes; owned */
	uint32_t *len;
	uint64_t valid;           /* bytes up to the end of the last whole frame */
};

/* Reads a file of games.  A tail that is not a whole frame is an error (ERR_FORMAT, with game number and
 * offset), unless torn_ok: then the games before it are returned and `valid` tells where they end (0 where not
 * even the header is whole, which then has to be written anew).
 * want: header that must be found (ERR_MISMATCH), or NULL. */
int record_games_load(struct record_games *g, const char *path, const struct record_games_header *want, int torn_ok,
                      struct err *e);
/* The same from memory.  Takes over `bytes` (leaves *bytes empty); on error g is empty and the bytes are freed. */
int record_games_read(struct record_games *g, struct buf *bytes, const struct record_games_header *want, int torn_ok,
                      struct err *e);
void record_games_release(struct record_games *g);
/* SHA-256 of game i's payload; Merkle root of games 0..count-1. */
struct hash record_games_hash(const struct record_games *g, uint32_t i);
int record_games_root(const struct record_games *g, struct hash *out); /* 0 or ERR_MEMORY */
int record_games_parse(const struct record_games *g, uint32_t i, struct record_game *out, struct err *e);

/* Writing: the header, then one frame a game (payload from record_game_write). */
void record_games_header_write(const struct record_games_header *h, struct buf *out);
void record_games_frame_write(const void *payload, size_t n, struct buf *out);

#endif
