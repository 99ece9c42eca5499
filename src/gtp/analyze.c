/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients ask of an analysis. */
#include "gtp/analyze.h"

#include <stdlib.h>
#include <string.h>

enum { SECOND = 1000000, INTERVAL = SECOND, INTERVAL_MIN = SECOND / 100 };

static bool boolean(const char *text, bool *out)
{
	*out = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
	return *out || strcmp(text, "false") == 0 || strcmp(text, "0") == 0;
}

/* Centiseconds, fractions too. */
static bool interval(const char *text, int64_t *us)
{
	long long v;
	if (!gtp_seconds(text, &v) || v < 0)
		return false;
	*us = v / 100 > INTERVAL_MIN ? v / 100 : INTERVAL_MIN;
	return true;
}

/* "D4,Q16,pass" into mask. */
static bool vertices(const char *text, int size, uint8_t *mask)
{
	char word[GO_VERTEX_TEXT];
	int action;
	while (*text) {
		size_t n = strcspn(text, ",");
		if (n == 0 || n >= sizeof word)
			return false;
		memcpy(word, text, n);
		word[n] = '\0';
		if (!go_vertex_read(word, size, &action))
			return false;
		mask[action] = 1;
		text += n + (text[n] == ',');
	}
	return true;
}

/* avoid|allow COLOUR VERTICES DEPTH. */
static bool avoid(struct analyze_request *r, const char *const *word, int size)
{
	uint8_t mask[GAME_ACTIONS_MAX] = {0};
	bool allow = strcmp(word[0], "allow") == 0;
	int player, depth;
	if (!gtp_color(word[1], &player) || !vertices(word[2], size, mask) || !gtp_int(word[3], &depth) || depth < 1)
		return false;
	engine_avoid(r->avoid[player], mask, !allow, size * size + 1, depth);
	r->limits.avoid[player] = r->avoid[player];
	return true;
}

static bool key_value(struct analyze_request *r, const char *key, const char *value)
{
	const struct {
		const char *key;
		bool *to;
	} flags[] = {
	    {"ownership", &r->limits.owner},
	    {"movesOwnership", &r->limits.moves_owner},
	    {"pvVisits", &r->pv_visits},
	    {"rootInfo", &r->root_info},
	};
	bool ignored;
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (strcmp(key, flags[i].key) == 0)
			return boolean(value, flags[i].to);
	if (strcmp(key, "interval") == 0)
		return interval(value, &r->limits.interval_us);
	if (strcmp(key, "minmoves") == 0)
		return gtp_int(value, &r->least) && r->least >= 0;
	if (strcmp(key, "maxmoves") == 0)
		return gtp_int(value, &r->most) && r->most >= 0;
	/* Asked for by some clients, and not known here. */
	if (strcmp(key, "ownershipStdev") == 0 || strcmp(key, "movesOwnershipStdev") == 0 ||
	    strcmp(key, "pvEdgeVisits") == 0 || strcmp(key, "noResultValue") == 0)
		return boolean(value, &ignored);
	return false;
}

bool analyze_parse(struct gtp *g, struct gtp_call *c, enum analyze_dialect dialect, struct analyze_request *r)
{
	int i = 0;
	memset(r, 0, sizeof *r);
	r->dialect = dialect;
	r->player = game_go.to_move(engine_state(g->engine));
	r->most = GAME_ACTIONS_MAX;
	r->limits.interval_us = dialect == ANALYZE_CGOS ? 0 : INTERVAL; /* a server wants one report a move */
	if (i < c->argc && gtp_color(c->argv[i], &r->player))
		i++;
	if (i < c->argc && interval(c->argv[i], &r->limits.interval_us))
		i++;
	while (i < c->argc) {
		bool masks = strcmp(c->argv[i], "avoid") == 0 || strcmp(c->argv[i], "allow") == 0;
		if (masks && (i + 4 > c->argc || !avoid(r, c->argv + i, gtp_size(g))))
			return gtp_fail(c, "syntax error");
		if (!masks && (i + 2 > c->argc || !key_value(r, c->argv[i], c->argv[i + 1])))
			return gtp_fail(c, "syntax error");
		i += masks ? 4 : 2;
	}
	return true;
}
