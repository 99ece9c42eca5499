/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training samples as bytes of one length, so that sample i is found by multiplication
 * (docs/formats/shard.md).  Nothing here knows a game: planes, an action count, targets. */
#ifndef MIAI_RECORD_SHARD_H
#define MIAI_RECORD_SHARD_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"

#include <stdint.h>

enum { SHARD_POINTS_MAX = 361, SHARD_PLANES_MAX = 32, SHARD_NO_REPLY = 0xffff };

struct shard_shape {
	int size;     /* 2..19; points = size * size, actions = points + 1 */
	int planes;   /* 1..32 */
};

/* A sample unpacked.  Everything is from the view of the player to move. */
struct shard_sample {
	uint8_t planes[SHARD_POINTS_MAX * SHARD_PLANES_MAX]; /* [point][plane], 0..127; a plane has one nonzero value */
	uint16_t policy[SHARD_POINTS_MAX + 1];               /* Q16, 65536 held as 65535 */
	uint16_t reply;                                      /* the opponent's next action, or SHARD_NO_REPLY */
	int8_t owner[SHARD_POINTS_MAX];                      /* 1 mover's, 0 nobody's, -1 opponent's */
	uint16_t wdl[3];                                     /* win, draw, loss target, Q15 (sum 32768) */
	int16_t score_half;                                  /* final lead in half points, komi included */
};

size_t shard_sample_bytes(const struct shard_shape *s);
/* Appends one packed sample. ERR_ARG where a plane holds two different nonzero values. */
int shard_pack(const struct shard_shape *s, const struct shard_sample *in, struct buf *out, struct err *e);
/* Unpacks shard_sample_bytes(s) bytes; every byte string gives a sample whose values are in range. */
void shard_unpack(const struct shard_shape *s, const uint8_t *p, struct shard_sample *out);

/* The file: header, count samples.  Which games: every RECORD_FULL move of the generation, in game and move order. */
struct shard {
	struct shard_shape shape;
	struct hash recipe;
	uint32_t generation;
	uint32_t count;
	const uint8_t *sample; /* count * shard_sample_bytes, inside bytes */
	struct buf bytes;      /* the whole file; owned */
};

/* Header bytes for count samples, to be followed by them. */
void shard_header_write(const struct shard *s, struct buf *out);
/* Takes over `bytes` (leaves *bytes empty) and checks header and length.  On error s is empty and bytes freed. */
int shard_read(struct shard *s, struct buf *bytes, struct err *e);
void shard_release(struct shard *s);

#endif
