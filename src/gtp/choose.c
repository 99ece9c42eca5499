/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Choosing a move: how long to think, which move to take of what was found, when to pass and when to resign. */
#include "gtp/engine_int.h"

#include "base/fixed.h"
#include "base/rng.h"

#include <string.h>

enum {
	VISITS = 400,          /* where nothing else limits */
	SURE = 29491,          /* 0.9: whose a point is no longer in question */
	NO_MATTER = 655,       /* Q16, 0.01 of utility: moves this close are as good */
	LOSS_MATTER = 3277,    /* 0.05: what passing in a settled game may seem to cost */
};

static const struct game *const go = &game_go;

/* Strength 1..20: visits, and temperature per mille. */
static const struct {
	int visits, temperature;
} strengths[ENGINE_STRENGTH_MAX] = {
    {1, 1500}, {1, 1200}, {1, 1000}, {1, 800}, {2, 800},   {4, 700},   {6, 600},   {8, 500},   {12, 400},  {16, 300},
    {24, 250}, {32, 200}, {48, 150}, {64, 100}, {96, 80}, {128, 60}, {192, 40}, {256, 20}, {384, 0}, {512, 0},
};

bool engine_strength(int strength, int *visits, int *temperature)
{
	if (strength < 1 || strength > ENGINE_STRENGTH_MAX)
		return false;
	*visits = strengths[strength - 1].visits;
	*temperature = strengths[strength - 1].temperature;
	return true;
}

/* --- What not --- */

void engine_avoid(uint16_t *avoid, const uint8_t *mask, bool which, int actions, int64_t depth)
{
	uint16_t until = (uint16_t)(depth < GAME_MOVES_MAX ? depth : GAME_MOVES_MAX);
	for (int a = 0; a < actions; a++)
		if (mask[a] == which && avoid[a] < until)
			avoid[a] = until;
}

/* --- How long --- */

/* Visits and time of a genmove in *l, which has what else is wanted; true where the player's clock runs. */
static bool limits_of(const struct engine *g, int player, struct engine_limits *l)
{
	const struct engine_params *p = &g->set.params;
	const struct engine_clock *c = &g->clock[player];
	bool clocked = c->system != CLOCK_NONE && !l->unclocked;
	int visits = p->strength ? strengths[p->strength - 1].visits : p->visits;
	l->owner = true;
	l->settle = true;
	if (!l->visits && !l->time_us) {
		l->visits = visits;
		l->time_us = (int64_t)p->time_ms * 1000;
	}
	if (clocked) {
		struct engine_budget b = engine_clock_budget(c, g->moves, game_points(&g->rules));
		int64_t plan = b.plan > 0 ? b.plan : 1;
		l->time_us = l->time_us && l->time_us < plan ? l->time_us : plan;
	} else if (!l->visits && !l->time_us) {
		l->visits = VISITS;
	}
	return clocked;
}

/* --- Which move --- */

/* Randomness of the move to come: of the seed, the game's number in the session and the move's in the game. */
static uint64_t move_key(const struct engine *g, uint64_t stream)
{
	return rng_key(rng_key(rng_key(g->set.seed, stream), g->games), (uint64_t)g->moves);
}

static int draw_evenly(const struct engine *g)
{
	uint8_t legal[GAME_ACTIONS_MAX];
	int pass = game_points(&g->rules), n = go->legal(g->scratch, legal) - 1;
	if (n < 1)
		return pass;
	int k = (int)rng_below(move_key(g, RNG_RANDOM), 0, (uint32_t)n), action = 0;
	for (; action < pass; action++)
		if (legal[action] && k-- == 0)
			break;
	return action;
}

static int temperature_of(const struct engine *g)
{
	const struct engine_params *p = &g->set.params;
	int halvings = g->moves / g->rules.size;
	int early = halvings < 16 ? p->early_temperature >> halvings : 0;
	int t = p->strength ? strengths[p->strength - 1].temperature : p->temperature;
	return t > early ? t : early;
}

/* (of / whole)^(1000 / temperature), Q30; 0 < of <= whole. */
static uint32_t weight(uint32_t of, uint32_t whole, int temperature)
{
	uint64_t share = ((uint64_t)of << 32) / whole;
	int64_t log2 = fx_log2_q16(share > UINT32_MAX ? UINT32_MAX : (uint32_t)share); /* >= -32 * 2^16 */
	log2 = log2 * 1000 / temperature;
	return fx_exp2_q30((int32_t)fx_clamp64(log2, -(40 << 16), 0));
}

/* What a move weighs in a draw: its visits, or, where only the root was looked at, the net's prior. */
static uint32_t mass(const struct engine_analysis *a, int i)
{
	return a->visits > 1 ? (uint32_t)a->move[i].visits : (uint32_t)a->move[i].prior;
}

/* The number of a move in a->move, drawn.  The pass is drawn only where it is the best. */
static int draw_weighed(const struct engine *g, const struct engine_analysis *a, int temperature)
{
	uint64_t sum = 0; /* <= 362 * 2^30 */
	uint32_t w[GAME_ACTIONS_MAX], most = 1;
	int pass = game_points(&g->rules);
	for (int i = 0; i < a->moves; i++)
		most = mass(a, i) > most ? mass(a, i) : most;
	for (int i = 0; i < a->moves; i++) {
		bool in = mass(a, i) > 0 && (i == 0 || a->move[i].action != pass);
		w[i] = in ? weight(mass(a, i), most, temperature) : 0;
		sum += w[i];
	}
	if (sum == 0)
		return 0;
	uint64_t at = (rng_at(move_key(g, RNG_RANDOM), 1) >> 16) % sum;
	int i = 0;
	while (at >= w[i])
		at -= w[i++];
	return i;
}

static const struct engine_info *find(const struct engine_analysis *a, int action)
{
	for (int i = 0; i < a->moves; i++)
		if (a->move[i].action == action)
			return &a->move[i];
	return NULL;
}

/* Does any of the player's stones at p and beside it, or of the other's, make a move there more than filling? */
static bool fills(const struct engine *g, const struct engine_analysis *a, int p)
{
	int size = g->rules.size, me = a->to_move;
	if (p >= game_points(&g->rules) || a->owner[p] < SURE)
		return false;
	const int near[4] = {p / size ? p - size : p, p % size ? p - 1 : p, p % size < size - 1 ? p + 1 : p,
			     p / size < size - 1 ? p + size : p};
	for (int i = 0; i < 4; i++) {
		int color = go_color(g->state, near[i]);
		if (color == !me || (color == me && go_liberties(g->state, near[i]) < 2))
			return false;
	}
	return true;
}

/* A move that only fills own territory gives way to one, or to a pass, that is as good. */
static int not_filling(const struct engine *g, const struct engine_analysis *a, int action)
{
	const struct engine_info *m = find(a, action), *pass = find(a, game_points(&g->rules));
	if (!m || !m->visits || !fills(g, a, action))
		return action;
	for (int i = 0; i < a->moves; i++) {
		const struct engine_info *o = &a->move[i];
		if (o->visits * 10 >= m->visits && o->utility >= m->utility - NO_MATTER && o != pass &&
		    !fills(g, a, o->action))
			return o->action;
	}
	return pass->visits > 1 && pass->utility >= m->utility - NO_MATTER ? pass->action : action;
}

/* --- When to pass --- */

/* Every point is surely somebody's, the stones of each colour alive or dead with their groups. */
static bool settled(const struct engine *g, const struct engine_analysis *a)
{
	for (int p = 0; p < game_points(&g->rules); p++)
		if (a->owner[p] < SURE && a->owner[p] > -SURE)
			return false;
	return true;
}

/* Is the game over but for the passing?  Where dead stones are on the board that depends on whether the players will
 * take them off by agreement. */
static bool may_pass(struct engine *g, const struct engine_analysis *a, struct err *e)
{
	uint8_t dead[GAME_POINTS_MAX];
	int score;
	const struct engine_info *pass = find(a, game_points(&g->rules));
	if (!settled(g, a) || engine_status(g, dead, &score, e))
		return false;
	if (go->score_half(g->state) == score)
		return !pass->visits || pass->utility >= a->utility - LOSS_MATTER;
	return g->set.params.friendly_pass;
}

/* After the other's pass ours ends the game, and what that is worth is known: is it as much as the best that was found? */
static bool may_end(const struct engine *g, const struct engine_analysis *a)
{
	int half = go->score_half(g->state), expected = a->move[0].visits ? a->move[0].utility : a->utility;
	return go_passes(g->state) == 1 && search_deep_end(g->search, a->to_move ? -half : half) >= expected - NO_MATTER;
}

/* --- When to resign --- */

/* Not before there was a game: whoever gives a handicap starts with little chance. */
static bool early(const struct engine *g)
{
	int points = game_points(&g->rules);
	return g->moves < (g->stones ? points / 2 : points / 5);
}

/* Some controllers begin the board anew before each move and say all moves again: what counts is whether this game
 * continues the one that was looked at last.  The same position again counts no further. */
static int in_a_row(const struct engine *g, const struct engine_hopeless *last)
{
	if (!engine_begins_with(g, last->move, last->moves))
		return 1;
	return last->moves < g->moves || !last->count ? last->count + 1 : last->count;
}

static bool hopeless(struct engine *g, const struct engine_analysis *a, int player)
{
	const struct engine_params *p = &g->set.params;
	struct engine_hopeless *h = &g->hopeless[player];
	bool bad = (int64_t)a->winrate * 100 < (int64_t)EVAL_ONE * p->resign;
	h->count = bad ? in_a_row(g, h) : 0;
	h->moves = g->moves;
	memcpy(h->move, g->move, (size_t)g->moves * sizeof *g->move);
	return h->count >= p->resign_moves && !early(g);
}

/* --- All together --- */

int engine_choose(struct engine *g, int player, const struct engine_limits *l, struct err *e, int *action)
{
	const struct engine_analysis *a = &g->analysis;
	int t = temperature_of(g), best = a->move[0].action, pass = game_points(&g->rules);
	bool pass_avoided = l->avoid[player] && l->avoid[player][pass] > 0;
	if (g->set.params.resign && hopeless(g, a, player)) {
		*action = ENGINE_RESIGN;
		return 0;
	}
	if (t > 0)
		best = a->move[draw_weighed(g, a, t)].action;
	*action = best;
	if (!a->owner)
		return 0;
	if (best != pass && !pass_avoided && (may_end(g, a) || may_pass(g, a, e)))
		*action = pass;
	else if (best != pass)
		*action = not_filling(g, a, best);
	return 0;
}

int engine_genmove_report(struct engine *g, int player, const struct engine_limits *more, engine_report *report,
                          engine_waiting *waiting, void *ctx, int *action, struct err *e)
{
	struct engine_limits l = {.visits = 0};
	int64_t since = engine_now(g);
	if (more)
		l = *more;
	bool clocked = limits_of(g, player, &l);
	if (l.fresh)
		engine_forget(g);
	l.fresh = false;
	int rc = engine_scratch(g, player, e);
	if (rc == 0 && !g->set.net)
		*action = draw_evenly(g);
	else if (rc == 0)
		rc = engine_search(g, player, &l, report, waiting, ctx, e);
	if (rc == 0 && g->set.net)
		rc = engine_choose(g, player, &l, e, action);
	if (rc == 0) {
		engine_log_avoid(g, &l);
		engine_log_genmove(g, player, *action);
	}
	if (clocked) {
		int64_t used = engine_now(g) - since;
		engine_clock_move(&g->clock[player], used);
		engine_clock_late(&g->clock[player], used - l.time_us);
	}
	return rc;
}

int engine_genmove(struct engine *g, int player, int *action, struct err *e)
{
	return engine_genmove_report(g, player, NULL, NULL, NULL, NULL, action, e);
}
