/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Clocks: what is left, and what a move may take of it. */
#include "gtp/clock.h"

enum { MILLI = 1000, SECOND = 1000000, LAG_MAX = 5 * SECOND };

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t greatest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* Main time is used up. */
static void enter_overtime(struct engine_clock *c)
{
	c->overtime = true;
	c->left = c->period;
	c->stones_left = c->stones;
	c->periods_left = c->periods;
}

void engine_clock_start(struct engine_clock *c, int64_t lag)
{
	c->overtime = false;
	c->left = c->main;
	c->stones_left = c->periods_left = 0;
	c->lag = lag;
	c->counted = false;
	if (c->system == CLOCK_FISCHER && c->limit)
		c->left = least(c->left, c->limit);
	if (c->main == 0 && (c->system == CLOCK_CANADIAN || c->system == CLOCK_BYOYOMI))
		enter_overtime(c);
}

static bool alike(const struct engine_clock *a, const struct engine_clock *b)
{
	return a->system == b->system && a->main == b->main && a->period == b->period && a->stones == b->stones &&
	       a->periods == b->periods && a->limit == b->limit && a->move_limit == b->move_limit;
}

void engine_clock_set(struct engine_clock *c, const struct engine_clock *set, int64_t lag)
{
	int64_t kept = alike(c, set) ? c->lag : lag;
	*c = *set;
	engine_clock_start(c, kept);
}

/* Takes a move's time off the main time; where that does not cover it, overtime begins and *used is what is left to take. */
static bool in_main_time(struct engine_clock *c, int64_t *used)
{
	if (c->overtime)
		return false;
	c->left -= *used;
	if (c->left > 0)
		return true;
	*used = -c->left;
	enter_overtime(c);
	return false;
}

static void move_canadian(struct engine_clock *c, int64_t used)
{
	if (in_main_time(c, &used))
		return;
	c->left -= used;
	if (--c->stones_left <= 0)
		enter_overtime(c);
}

static void move_byoyomi(struct engine_clock *c, int64_t used)
{
	if (in_main_time(c, &used))
		return;
	for (; used >= c->period && c->periods_left > 1 && c->period > 0; used -= c->period)
		c->periods_left--;
	c->left = c->period;
}

void engine_clock_move(struct engine_clock *c, int64_t used)
{
	used += c->lag;
	c->counted = true;
	switch (c->system) {
	case CLOCK_NONE:
		break;
	case CLOCK_ABSOLUTE:
		c->left -= used;
		break;
	case CLOCK_CANADIAN:
		move_canadian(c, used);
		break;
	case CLOCK_BYOYOMI:
		move_byoyomi(c, used);
		break;
	case CLOCK_FISCHER:
		c->left += c->period - used;
		if (c->limit)
			c->left = least(c->left, c->limit);
		break;
	}
}

void engine_clock_late(struct engine_clock *c, int64_t late)
{
	if (late > c->lag)
		c->lag = least(late, LAG_MAX);
	else
		c->lag = greatest(c->lag - (c->lag - greatest(late, 0)) / 16, MILLI);
}

/* left was counted with a lag; a controller that counts finer than that shows what it really was.  It grows at once and
 * shrinks slowly.  Where much more is missing, it was no lag: somebody else made the move, or the game was adjourned. */
static void learn(struct engine_clock *c, int64_t left, int64_t resolution)
{
	int64_t lag = c->lag + (c->left - left);
	if (c->left - left > LAG_MAX + resolution)
		return;
	if (c->left > left + resolution)
		c->lag = least(c->lag + (c->left - left - resolution), LAG_MAX);
	else if (resolution < 20 * MILLI && lag < c->lag)
		c->lag = greatest(c->lag - (c->lag - greatest(lag, 0)) / 8, MILLI);
}

/* A controller that tells whole seconds may round them either way: what was counted here is better where it agrees. */
void engine_clock_told(struct engine_clock *c, int64_t left, int count, int64_t resolution)
{
	bool over = count > 0 && (c->system == CLOCK_CANADIAN || c->system == CLOCK_BYOYOMI);
	int *counted = c->system == CLOCK_CANADIAN ? &c->stones_left : &c->periods_left;
	bool same = over == c->overtime && (!over || count == *counted);
	if (same && c->counted && !(over && c->system == CLOCK_BYOYOMI))
		learn(c, left, resolution);
	if (!same || left + resolution <= c->left || left - resolution >= c->left)
		c->left = left;
	c->counted = false;
	c->overtime = over;
	if (over)
		*counted = count;
}

/* Moves that the player still has to make, a guess that never falls to nothing. */
static int64_t moves_to_come(int moves, int points)
{
	return greatest(points * 35 / 100 - moves / 2, points / 10 + 3);
}

/* Kept unspent of a time that must not run out. */
static int64_t margin(const struct engine_clock *c, int64_t left)
{
	return 2 * c->lag + 10 * MILLI + least(left / 10, SECOND);
}

/* left over `moves` moves, and `more` for each; what `late` more moves cost beside thinking is not touched. */
static struct engine_budget spread(const struct engine_clock *c, int64_t left, int64_t moves, int64_t late, int64_t more)
{
	int64_t safe = greatest(left - margin(c, left), 0);
	int64_t plan = greatest(left - (moves + late) * c->lag, 0) / moves + more;
	plan = least(plan, safe);
	return (struct engine_budget){plan, least(3 * plan, greatest(plan, safe / 3))};
}

/* In main time before byo-yomi the move may run on into the first period (or into the first stones' time). */
static struct engine_budget before_overtime(const struct engine_clock *c, int64_t moves)
{
	int64_t slice = c->system == CLOCK_CANADIAN ? c->period / greatest(c->stones, 1) : c->period;
	struct engine_budget b = spread(c, c->left + slice, moves, 0, 0);
	int64_t safe = greatest(slice - margin(c, slice), 0);
	if (b.plan < safe)
		b.plan = least(safe, greatest(c->left / 8, b.plan));
	b.most = greatest(b.most, b.plan);
	return b;
}

struct engine_budget engine_clock_budget(const struct engine_clock *c, int moves, int points)
{
	int64_t come = moves_to_come(moves, points);
	struct engine_budget b = {INT64_MAX, INT64_MAX};
	switch (c->system) {
	case CLOCK_NONE:
		break;
	case CLOCK_ABSOLUTE:
		b = spread(c, c->left, come, points / 5, 0);
		break;
	case CLOCK_CANADIAN:
		/* The last stone's time is less than all that is left, whatever the others took. */
		b = c->overtime ? spread(c, c->left - margin(c, c->left), greatest(c->stones_left, 1), 0, 0)
		                : before_overtime(c, come);
		break;
	case CLOCK_BYOYOMI:
		if (c->overtime)
			b.plan = b.most = greatest(c->left - (c->periods_left > 1 ? 1 : 2) * margin(c, c->left), 0);
		else
			b = before_overtime(c, come);
		break;
	case CLOCK_FISCHER:
		b = spread(c, c->left, come, 0, greatest(c->period * 9 / 10 - 2 * c->lag, 0));
		if (c->move_limit)
			b.plan = least(b.plan, greatest(c->move_limit - margin(c, c->move_limit), 0));
		b.most = c->move_limit ? least(b.most, greatest(c->move_limit - margin(c, c->move_limit), 0)) : b.most;
		break;
	}
	return b;
}
