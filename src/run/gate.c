/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/parts.h"

#include "base/fixed.h"

void run_gate_init(struct run_gate *g, const struct recipe *r)
{
	*g = (struct run_gate){.margin = r->gate_margin, .pairs_max = (uint32_t)r->gate_pairs};
}

/* lead <= 4 * pairs_max <= 400,000: no overflow. */
void run_gate_add(struct run_gate *g, int points)
{
	if (g->decided)
		return;
	g->wins += points == 2;
	g->draws += points == 1;
	g->losses += points == 0;
	g->pair_lead += 2 * points - 2;
	if (++g->games % 2)
		return;
	g->lead += g->pair_lead;
	g->pair_lead = 0;
	if (g->lead >= g->margin)
		g->decided = 1;
	else if (g->lead <= -g->margin)
		g->decided = -1;
	else if (g->games / 2 >= g->pairs_max)
		g->decided = g->lead >= 0 ? 1 : -1;
}

/* First both win by turns, so that the lead stays 0; then come the draws, and then what one side won more.  So the lead
 * never turns back on its way from 0 to the end, and the last pair has as much of it as a pair can, 4 if the end is that
 * far: before that pair no order has less. */
void run_gate_counts(struct run_gate *g, uint32_t wins, uint32_t draws, uint32_t losses)
{
	uint64_t level = 2 * (uint64_t)(wins < losses ? wins : losses), all = (uint64_t)wins + draws + losses;
	int more = wins > losses ? 2 : 0;
	for (uint64_t i = 0; i < all && !g->decided; i++)
		run_gate_add(g, i >= level + draws ? more : i >= level ? 1 : i % 2 ? 0 : 2);
}

int run_match_points(uint32_t index, int32_t score_half)
{
	int black = score_half > 0 ? 2 : score_half == 0;
	return index % 2 ? 2 - black : black; /* the candidate is Black in even games */
}

/* 400 * log10(p / (1 - p)) = 400 / log2(10) * (log2 won - log2 lost), and 400 / log2(10) = 120.41200 to five places.
 * In quarters of a game: a score of 0 or of everything counts as a quarter of a game away from it. */
int32_t run_elo(uint32_t points, uint32_t games)
{
	uint64_t all = 4 * (uint64_t)games, won = 2 * (uint64_t)points;
	if (games == 0)
		return 0;
	won = won < 1 ? 1 : won > all - 1 ? all - 1 : won;
	uint64_t lost = all - won;
	while (all >> 32) {
		all >>= 1;
		won = won >> 1 ? won >> 1 : 1;
		lost = lost >> 1 ? lost >> 1 : 1;
	}
	/* |d| <= 32 * 65536 = 2^21 and 12041200 < 2^24: the product is below 2^45 */
	int64_t d = (int64_t)fx_log2_q16((uint32_t)won) - fx_log2_q16((uint32_t)lost);
	int64_t unit = INT64_C(65536) * 100000, x = d * 12041200;
	int64_t elo = x >= 0 ? (x + unit / 2) / unit : -((-x + unit / 2) / unit);
	return (int32_t)fx_clamp64(elo, -1200, 1200);
}

void run_decide(struct ledger_entry *e, const struct ledger_entry *previous, const struct run_gate *g)
{
	e->match_games = g ? g->games : 0;
	e->wins = g ? g->wins : 0;
	e->draws = g ? g->draws : 0;
	e->losses = g ? g->losses : 0;
	e->promoted = !g || g->decided > 0;
	e->best = e->promoted ? e->net : previous->best;
	e->best_generation = e->promoted ? e->generation : previous->best_generation;
	int64_t rating = previous->rating;
	if (g && e->promoted)
		rating += run_elo(2 * g->wins + g->draws, g->games);
	e->rating = (int32_t)fx_clamp64(rating, INT32_MIN, INT32_MAX);
}
