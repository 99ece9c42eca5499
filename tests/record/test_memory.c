/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation of every reader and writer fails once: the answer is an error or the right bytes, never a crash,
 * and nothing leaks (which a memory checker sees).  Linked with --wrap. */
#include "../no_memory.h"
#include "canon.h"
#include "samples.h"

static int read_game(const struct buf *file)
{
	struct record_game g;
	struct err e;
	int rc = record_game_read(&g, file->data, file->len, &e);
	CHECK(rc < 0 || g.moves == 4);
	record_game_release(&g);
	return rc;
}

/* The file's bytes are borrowed for the while, so that only the reader allocates. */
static int read_games(const struct buf *file)
{
	struct record_games g;
	struct buf copy = {.data = __real_malloc(file->len), .len = file->len, .cap = file->len};
	struct hash root;
	struct err e;
	memcpy(copy.data, file->data, file->len);
	int rc = record_games_read(&g, &copy, NULL, 0, &e);
	if (rc == 0)
		rc = record_games_root(&g, &root);
	record_games_release(&g);
	return rc;
}

static int read_ledger(const struct buf *file)
{
	struct ledger l, copy = {.numerics = 1};
	struct buf out = {0};
	struct err e;
	int rc = ledger_read(&l, file->data, file->len, NULL, &e);
	for (uint32_t i = 0; i < l.entries && rc == 0; i++) {
		copy.recipe = l.recipe;
		rc = ledger_entry_write(&copy, &l.entry[i], &out);
		if (rc == 0)
			rc = ledger_add(&copy, &l.entry[i]);
	}
	ledger_release(&l);
	ledger_release(&copy);
	buf_release(&out);
	return rc;
}

static int pack_sample(const struct buf *unused)
{
	static struct shard_sample x;
	struct buf out = {0};
	struct err e;
	(void)unused;
	sample_sample(&x);
	int rc = shard_pack(&sample_shape, &x, &out, &e);
	buf_release(&out);
	return rc;
}

static int write_recipe(const struct buf *unused)
{
	struct recipe r;
	struct buf out = {0};
	(void)unused;
	recipe_defaults(&r);
	recipe_write(&r, &out);
	int rc = out.failed ? ERR_MEMORY : 0;
	buf_release(&out);
	return rc;
}

int main(void)
{
	struct buf game = {0}, games = {0}, text = {0};
	struct record_game g = sample_game(0);
	struct ledger l;
	record_game_write(&g, &game);
	sample_games(&games, 3);
	sample_ledger(&l, &text, 3);
	fail_each(read_game, &game, 2);
	fail_each(read_games, &games, 3);
	fail_each(read_ledger, &text, 8);
	fail_each(pack_sample, NULL, 1);
	fail_each(write_recipe, NULL, 1);
	record_game_release(&g);
	ledger_release(&l);
	buf_release(&game);
	buf_release(&games);
	buf_release(&text);
	return test_done();
}
