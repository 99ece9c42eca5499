/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Counts legal positions (every stone reaches an empty point) against the published numbers: 57 on 2x2, 12,675
 * on 3x3, 24,318,165 on 4x4 (OEIS A094777).  */
#include "games/go/go.h"
#include "slow_go.h"
#include "test.h"

enum { POINTS = 16, BLOCK = 1024 };

struct count {
	_Alignas(8) uint8_t state[POINTS + 1][BLOCK]; /* one a depth */
	size_t bytes;
	int points;
	int64_t found;
};

/* Taking a stone off a legal position leaves a legal one: what was linked through it is now beside an empty
 * point.  So every legal position is reached by setting its stones in the order of the points, through legal
 * positions only, and setup refuses all others. */
static void grow(struct count *c, int point)
{
	if (point == c->points) {
		c->found++;
		return;
	}
	for (int player = -1; player <= 1; player++) {
		memcpy(c->state[point + 1], c->state[point], c->bytes);
		if (player < 0 || go_place(c->state[point + 1], player, point))
			grow(c, point + 1);
	}
}

static int64_t fast_count(int size)
{
	static struct count c;
	struct game_rules r = {.size = size, .max_moves = 1};
	c.bytes = game_go.state_bytes(&r);
	c.points = size * size;
	c.found = 0;
	CHECK(c.bytes <= BLOCK);
	game_go.init(c.state[0], &r);
	grow(&c, 0);
	return c.found;
}

/* All colourings, one by one. */
static int64_t slow_count(int size)
{
	struct slow_board b;
	int64_t found = 0;
	int colourings = 1;
	for (int p = 0; p < size * size; p++)
		colourings *= 3;
	for (int n = 0; n < colourings; n++) {
		for (int p = 0, left = n; p < size * size; p++, left /= 3)
			b.at[p] = ".XO"[left % 3];
		found += slow_is_position(&b, size);
	}
	return found;
}

int main(void)
{
	CHECK_INT(slow_count(2), 57);
	CHECK_INT(fast_count(2), 57);
	CHECK_INT(slow_count(3), 12675);
	CHECK_INT(fast_count(3), 12675);
	CHECK_INT(fast_count(4), 24318165);
	return test_done();
}
