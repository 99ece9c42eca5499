/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random searches, the fast one against the slow one. */
#include "search/slow_search.h"

int main(void)
{
	static const int visits[] = {1, 2, 3, 7, 16, 32, 33, 100, 401};
	static const int considered[] = {0, 1, 2, 3, 4, 8, 16, 64};
	for (uint64_t k = 0; k < 600; k++) {
		struct search_settings set = {
			.visits = visits[rng_below(k, 0, 9)],
			.gumbel_actions = considered[rng_below(k, 1, 8)],
			.gumbel_noise = (int)rng_below(k, 2, 2),
			.c_visit = (int)rng_below(k, 3, 2) * 50,
			.c_scale = (int)rng_below(k, 4, 3) * 500,
			.cpuct = (int)rng_below(k, 5, 3000),
			.fpu = (int)rng_below(k, 6, 1000),
			.draw_utility = (int)rng_below(k, 7, 2001) - 1000,
		};
		struct game_rules rules = {
			.size = 2 + (int)rng_below(k, 8, 4),
			.komi_half = (int)rng_below(k, 9, 9) - 4,
			.suicide = (int)rng_below(k, 10, 2),
			.max_moves = 5 + (int)rng_below(k, 11, 60),
		};
		one_search(&set, &rules, (int)rng_below(k, 12, 12) % (rules.max_moves - 1), k);
	}
	struct search_settings extreme = {.visits = 300, .gumbel_actions = 64, .gumbel_noise = 1, .c_visit = 10000,
	                                  .c_scale = 100000, .cpuct = 100000, .fpu = 10000, .draw_utility = -1000};
	struct game_rules rules = {.size = 5, .komi_half = 2, .max_moves = 60};
	for (uint64_t k = 0; k < 10; k++) {
		extreme.gumbel_actions = k % 2 ? 64 : 0;
		one_search(&extreme, &rules, 3, k);
	}
	return test_done();
}
