/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The search against the slow one (tests/search/slow_search.h) on tiny games: settings, rules, position and answers from
 * the input. */
#include "fuzz.h"

#include "search/slow_search.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct search_settings set = {
	    .visits = 1 + rd_u8(&in) % 150,
	    .gumbel_actions = rd_u8(&in) % 65,
	    .gumbel_noise = rd_u8(&in) & 1,
	    .c_visit = rd_u16(&in) % 10001,
	    .c_scale = (int)(rd_u32(&in) % 100001),
	    .cpuct = (int)(rd_u32(&in) % 100001),
	    .fpu = rd_u16(&in) % 10001,
	    .draw_utility = rd_u16(&in) % 2001 - 1000,
	};
	struct game_rules rules = {
	    .size = 2 + rd_u8(&in) % 3,
	    .komi_half = rd_u8(&in) % 33 - 16,
	    .suicide = rd_u8(&in) & 1,
	    .max_moves = 2 + rd_u8(&in) % 60,
	};
	int moves = rd_u8(&in) % (rules.max_moves - 1);
	one_search(&set, &rules, moves, rd_u64(&in));
	MUST(test_failures == 0);
	return 0;
}
