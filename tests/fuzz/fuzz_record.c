/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Fuzzing the readers of record by their property: what they accept they write again byte for byte
 * (tests/record/canon.h).  The first byte of the input chooses the reader. */
#include "record/canon.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

/* The other ways in: torn tails allowed, and samples of a shape taken from the first bytes. */
static enum canon torn_games(const uint8_t *p, size_t n)
{
	struct record_games g;
	struct buf in = canon_copy(p, n);
	if (record_games_read(&g, &in, NULL, 1, NULL) < 0)
		return CANON_REFUSED;
	int ok = g.valid <= n;
	for (uint32_t i = 0; i < g.count; i++) {
		struct record_game game;
		ok &= g.at[i] + g.len[i] + 4 <= g.valid;
		record_games_parse(&g, i, &game, NULL);
		record_game_release(&game);
	}
	record_games_release(&g);
	return ok ? CANON_SAME : CANON_DIFFERS;
}

static enum canon torn_ledger(const uint8_t *p, size_t n)
{
	struct ledger l;
	uint64_t valid = 0;
	if (ledger_read(&l, p, n, &valid, NULL) < 0)
		return CANON_REFUSED;
	ledger_release(&l);
	return valid == 0 ? CANON_SAME : valid <= n ? canon_ledger(p, (size_t)valid) : CANON_DIFFERS;
}

static enum canon sample(const uint8_t *p, size_t n)
{
	if (n < 2)
		return CANON_REFUSED;
	const struct shard_shape s = {.size = 2 + p[0] % 18, .planes = 1 + p[1] % 32};
	if (n - 2 != shard_sample_bytes(&s))
		return CANON_REFUSED;
	return canon_sample(&s, p + 2) ? CANON_SAME : CANON_DIFFERS;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static enum canon (*const reader[])(const uint8_t *, size_t) = {
	    canon_recipe, canon_game, canon_games, canon_shard, canon_ledger, torn_games, torn_ledger, sample,
	};
	if (n == 0)
		return 0;
	struct buf copy = canon_copy(p + 1, n - 1);
	enum canon got = reader[p[0] % 8](copy.data, copy.len);
	buf_release(&copy);
	if (got == CANON_DIFFERS)
		abort();
	return 0;
}
