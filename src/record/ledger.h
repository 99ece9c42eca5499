/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The append-only record of a run: text, one entry a generation, each hashed together with the one before
 * (docs/formats/ledger.md).  From the last entry's hash follows everything. */
#ifndef MIAI_RECORD_LEDGER_H
#define MIAI_RECORD_LEDGER_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/sha256.h"

#include <stdint.h>

struct ledger_checkpoint {
	uint64_t step;      /* of the run, counted from its first training step */
	struct hash hash;   /* SHA-256 of the checkpoint file */
};

/* Entry 0 has the initial state: no games, one checkpoint (step 0), its net, promoted. */
struct ledger_entry {
	uint32_t generation;
	uint32_t games;              /* self-play games and the Merkle root over their records */
	struct hash games_root;
	uint32_t samples;            /* samples and SHA-256 of the shard file */
	struct hash shard;
	uint64_t window_first;       /* first generation in the training window */
	uint32_t checkpoints;        /* this generation's, in order; the last is the optimiser state it ends with */
	struct ledger_checkpoint *checkpoint; /* owned */
	struct hash net;             /* the candidate: SHA-256 of its net file */
	uint32_t match_games;        /* gate match: games, Merkle root, candidate's wins, draws, losses */
	struct hash match_root;
	uint32_t wins, draws, losses;
	int promoted;                /* 1: best becomes net */
	struct hash best;            /* best net after this generation */
	uint32_t best_generation;
	int32_t rating;              /* of best, Elo against generation 0 by the chain of gate matches, for display */
	struct hash entry;           /* H(previous entry's hash (header's for entry 0) | this entry's text) */
};

struct ledger {
	struct hash recipe;
	uint32_t numerics;
	uint32_t entries, cap;
	struct ledger_entry *entry;  /* owned */
};

void ledger_release(struct ledger *l);
void ledger_header_write(const struct ledger *l, struct buf *out);
/* Fills e->entry (the hash) from the ledger so far and appends the entry's text to out.  ERR_ARG where e does not
 * follow from the ledger by the rules of docs/formats/ledger.md; ERR_MEMORY. */
int ledger_entry_write(const struct ledger *l, struct ledger_entry *e, struct buf *out);
/* Adds a copy of e (checkpoints copied too). */
int ledger_add(struct ledger *l, const struct ledger_entry *e);
/* Reads a whole ledger and checks order, ranges and the chain of hashes.  A torn last entry (a crash while it
 * was appended) is an error with its offset, unless valid is given: then it is ignored and *valid tells where
 * the whole entries end; 0 where not even the header is whole, with l empty. */
int ledger_read(struct ledger *l, const void *p, size_t n, uint64_t *valid, struct err *e);
/* Are these n > 0 bytes, which follow the text of l, the beginning of its next entry and nothing else, as when a process was
 * killed while it wrote?  1 or 0; ERR_MEMORY.  A whole entry with a byte changed is none. */
int ledger_cut_off(const struct ledger *l, const void *p, size_t n);

#endif
