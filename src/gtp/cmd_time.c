/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands about clocks. */
#include "gtp/gtp_int.h"

#include <string.h>

enum { SECOND = 1000000 };

static void set_clocks(struct gtp *g, const struct engine_clock *c)
{
	for (int player = 0; player < 2; player++)
		engine_clock_set(engine_clock(g->engine, player), c, (int64_t)engine_params(g->engine)->lag_ms * 1000);
}

/* Arguments from first on as times in us, none negative. */
static bool times(const struct gtp_call *c, int first, int n, long long *us)
{
	for (int i = 0; i < n; i++)
		if (!gtp_seconds(c->argv[first + i], &us[i]) || us[i] < 0)
			return false;
	return true;
}

static bool start_absolute(struct gtp *g, const struct gtp_call *c, int first)
{
	long long us[1];
	if (c->argc != first + 1 || !times(c, first, 1, us))
		return false;
	set_clocks(g, &(struct engine_clock){.system = CLOCK_ABSOLUTE, .main = us[0]});
	return true;
}

/* MAIN PERIOD STONES.  A period without stones is time without end, by the protocol's words; no time at all is meant so by
 * controllers that say it. */
static bool start_canadian(struct gtp *g, const struct gtp_call *c, int first)
{
	long long us[2];
	int stones;
	if (c->argc != first + 3 || !times(c, first, 2, us) || !gtp_int(c->argv[first + 2], &stones) || stones < 0)
		return false;
	enum engine_clock_system system = us[1] == 0 ? us[0] > 0 ? CLOCK_ABSOLUTE : CLOCK_NONE
	                                  : stones == 0 ? CLOCK_NONE
	                                                : CLOCK_CANADIAN;
	set_clocks(g, &(struct engine_clock){.system = system, .main = us[0], .period = us[1], .stones = stones});
	return true;
}

/* MAIN PERIOD PERIODS */
static bool start_byoyomi(struct gtp *g, const struct gtp_call *c, int first)
{
	long long us[2];
	int periods;
	if (c->argc != first + 3 || !times(c, first, 2, us) || !gtp_int(c->argv[first + 2], &periods) || periods < 0)
		return false;
	enum engine_clock_system system = us[1] == 0 || periods == 0 ? CLOCK_ABSOLUTE : CLOCK_BYOYOMI;
	set_clocks(g, &(struct engine_clock){.system = system, .main = us[0], .period = us[1], .periods = periods});
	return true;
}

/* MAIN INCREMENT, and for fischer-capped MAIN-LIMIT MOVE-LIMIT, where less than 0 is no limit. */
static bool start_fischer(struct gtp *g, const struct gtp_call *c, bool capped)
{
	long long us[2], limit[2] = {0, 0};
	if (c->argc != (capped ? 5 : 3) || !times(c, 1, 2, us))
		return false;
	for (int i = 0; capped && i < 2; i++)
		if (!gtp_seconds(c->argv[3 + i], &limit[i]))
			return false;
	set_clocks(g, &(struct engine_clock){.system = CLOCK_FISCHER,
					     .main = us[0],
					     .period = us[1],
					     .limit = limit[0] > 0 ? limit[0] : 0,
					     .move_limit = limit[1] > 0 ? limit[1] : 0});
	return true;
}

bool gtp_time_settings(struct gtp *g, struct gtp_call *c)
{
	return start_canadian(g, c, 0) || gtp_fail(c, "syntax error");
}

static bool start_none(struct gtp *g, const struct gtp_call *c)
{
	if (c->argc != 1)
		return false;
	set_clocks(g, &(struct engine_clock){.system = CLOCK_NONE});
	return true;
}

bool gtp_kgs_time_settings(struct gtp *g, struct gtp_call *c)
{
	const char *word = c->argv[0];
	bool ok = (strcmp(word, "none") == 0 && start_none(g, c)) ||
	          (strcmp(word, "absolute") == 0 && start_absolute(g, c, 1)) ||
	          (strcmp(word, "byoyomi") == 0 && start_byoyomi(g, c, 1)) ||
	          (strcmp(word, "canadian") == 0 && start_canadian(g, c, 1));
	return ok || gtp_fail(c, "syntax error");
}

bool gtp_kata_time_settings(struct gtp *g, struct gtp_call *c)
{
	if (strcmp(c->argv[0], "fischer") == 0 && start_fischer(g, c, false))
		return true;
	if (strcmp(c->argv[0], "fischer-capped") == 0 && start_fischer(g, c, true))
		return true;
	return gtp_kgs_time_settings(g, c);
}

bool gtp_kata_list_time_settings(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "none absolute byoyomi canadian fischer fischer-capped");
	return true;
}

/* Some controllers send a negative time for a player who is a little late, some send fractions. */
bool gtp_time_left(struct gtp *g, struct gtp_call *c)
{
	int player, count;
	long long left, resolution = SECOND;
	if (!gtp_color(c->argv[0], &player) || !gtp_seconds(c->argv[1], &left) || !gtp_int(c->argv[2], &count))
		return gtp_fail(c, "syntax error");
	const char *point = strchr(c->argv[1], '.');
	for (size_t i = point ? strlen(point) - 1 : 0; i > 0 && resolution > 1; i--)
		resolution /= 10;
	engine_clock_told(engine_clock(g->engine, player), left, count, resolution);
	return true;
}
