/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fast board against the slow one (tests/games/model.h): rules, setup and moves from the input. */
#include "fuzz.h"

#include "games/model.h"

/* Small boards are quick and repeat positions most. */
static const int sizes[8] = {2, 3, 3, 4, 4, 5, 6, 9};

/* Byte 0: size, suicide, and whether there is setup; bytes 1, 2: komi; 3, 4: the longest game; then moves. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	uint8_t how = rd_u8(&in);
	struct game_rules r = {.size = sizes[how % 8], .suicide = how >> 3 & 1};
	r.komi_half = (int)(rd_u16(&in) % 321) - 160;
	r.max_moves = 1 + (int)(rd_u16(&in) % 256);
	one_game(&r, how >> 4 & 1 ? 0 : 1, &in);
	MUST(test_failures == 0);
	return 0;
}
