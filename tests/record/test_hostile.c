/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every truncation and every small damage of a good file: the reader refuses it, or writes it again as it is. */
#include "../test.h"
#include "canon.h"
#include "samples.h"

typedef enum canon canon_fn(const uint8_t *p, size_t n);

struct count {
	int refused, same, differs;
};

static void try(canon_fn *fn, const uint8_t *p, size_t n, struct count *c)
{
	struct buf copy = canon_copy(p, n);
	enum canon got = fn(copy.data, n);
	c->refused += got == CANON_REFUSED;
	c->same += got == CANON_SAME;
	c->differs += got == CANON_DIFFERS;
	buf_release(&copy);
}

static void damage_byte(canon_fn *fn, uint8_t *p, size_t n, size_t i, struct count *c)
{
	static const uint8_t other[] = {0, 1, 127, 128, 255, '\n', ' ', '-', '.', '0', '9', 'a', 'F'};
	uint8_t keep = p[i];
	for (int bit = 0; bit < 8; bit++) {
		p[i] = keep ^ (uint8_t)(1 << bit);
		try(fn, p, n, c);
	}
	for (size_t k = 0; k < sizeof other; k++) {
		p[i] = other[k];
		if (other[k] != keep)
			try(fn, p, n, c);
	}
	p[i] = keep;
}

/* One byte left out at i, and one byte put in. */
static void shift_bytes(canon_fn *fn, const uint8_t *p, size_t n, size_t i, struct count *c)
{
	static const uint8_t extra[] = {0, 255, '0', '\n', ' '};
	struct buf b = {0};
	buf_bytes(&b, p, i);
	buf_bytes(&b, p + i + 1, n - i - 1);
	try(fn, b.data, b.len, c);
	for (size_t k = 0; k < sizeof extra; k++) {
		buf_clear(&b);
		buf_bytes(&b, p, i);
		buf_u8(&b, extra[k]);
		buf_bytes(&b, p + i, n - i);
		try(fn, b.data, b.len, c);
	}
	buf_release(&b);
}

static struct count damage(canon_fn *fn, struct buf *good)
{
	struct count c = {0, 0, 0};
	CHECK_INT(fn(good->data, good->len), CANON_SAME);
	for (size_t n = 0; n < good->len; n++)
		try(fn, good->data, n, &c);
	for (size_t i = 0; i < good->len; i++) {
		damage_byte(fn, good->data, good->len, i, &c);
		shift_bytes(fn, good->data, good->len, i, &c);
	}
	CHECK_INT(c.differs, 0);
	CHECK(c.refused > 100);
	buf_release(good);
	return c;
}

int main(void)
{
	struct buf b = {0};
	struct recipe r;
	struct ledger l;
	struct record_game g = sample_game(0);
	recipe_defaults(&r);
	recipe_write(&r, &b);
	CHECK(damage(canon_recipe, &b).same > 100); /* another value in its range is another recipe */
	memset(&r.run_start, 0x5a, sizeof r.run_start);
	r.selfplay_random_plies = 3;
	recipe_write(&r, &b);
	CHECK(damage(canon_recipe, &b).same > 100);
	record_game_write(&g, &b);
	CHECK(damage(canon_game, &b).same > 10);
	record_game_release(&g);
	sample_games(&b, 2);
	damage(canon_games, &b);
	sample_shard(&b, 2);
	CHECK(damage(canon_shard, &b).same > 100);
	sample_ledger(&l, &b, 2);
	damage(canon_ledger, &b);
	ledger_release(&l);
	return test_done();
}
