/* SPDX-License-Identifier: GPL-3.0-or-later */
/* game_go_history: Go for nets that see the last eight positions.  Its state is one of game_go, which go.h may be asked
 * about, with the boards of the seven positions before behind it. */
#include "games/go/go.h"

#include <string.h>

enum { KEPT = GO_HISTORY_PLANES / 2 - 2 }; /* besides the present one */

struct tail {
	uint8_t latest; /* index of the position before the present one */
	uint8_t stone[KEPT][GAME_POINTS_MAX]; /* 0 none, 1 player 0's, 2 player 1's */
};

static struct tail *tail_of(void *state)
{
	return (struct tail *)(void *)((char *)state + game_go.state_bytes(game_go.rules(state)));
}

static const struct tail *tail_of_const(const void *state)
{
	return (const struct tail *)(const void *)((const char *)state + game_go.state_bytes(game_go.rules(state)));
}

static size_t state_bytes(const struct game_rules *r)
{
	return game_go.state_bytes(r) + (sizeof(struct tail) + 7) / 8 * 8;
}

static void init(void *state, const struct game_rules *r)
{
	size_t bytes = state_bytes(r);
	game_go.init(state, r);
	size_t own = game_go.state_bytes(game_go.rules(state));
	memset((char *)state + own, 0, bytes - own);
}

static void look(const void *state, uint8_t *stone)
{
	for (int p = 0; p < game_points(game_go.rules(state)); p++)
		stone[p] = (uint8_t)(go_color(state, p) + 1);
}

static bool play(void *state, int action)
{
	uint8_t before[GAME_POINTS_MAX] = {0};
	look(state, before);
	if (!game_go.play(state, action))
		return false;
	struct tail *t = tail_of(state);
	t->latest = (uint8_t)((t->latest + KEPT - 1) % KEPT);
	memcpy(t->stone[t->latest], before, sizeof before);
	return true;
}

static void features(const void *state, uint8_t *out)
{
	const struct tail *t = tail_of_const(state);
	int points = game_points(game_go.rules(state)), turn = game_go.to_move(state);
	uint8_t now[GAME_POINTS_MAX];
	look(state, now);
	memset(out, 0, (size_t)points * GO_HISTORY_PLANES);
	for (int back = 0; back <= KEPT; back++) {
		const uint8_t *stone = back ? t->stone[(t->latest + back - 1) % KEPT] : now;
		for (int p = 0; p < points; p++)
			if (stone[p])
				out[p * GO_HISTORY_PLANES + back + (stone[p] == turn + 1 ? 0 : KEPT + 1)] = 1;
	}
	for (int p = 0; p < points; p++)
		out[p * GO_HISTORY_PLANES + GO_HISTORY_BLACK + turn] = 1;
}

/* The boards lie behind what game_go leaves unused. */
static size_t used_bytes(const void *state)
{
	return state_bytes(game_go.rules(state));
}

static const struct game_rules *rules(const void *state)
{
	return game_go.rules(state);
}

static int to_move(const void *state)
{
	return game_go.to_move(state);
}

static int moves(const void *state)
{
	return game_go.moves(state);
}

static bool over(const void *state)
{
	return game_go.over(state);
}

static int legal(const void *state, uint8_t *mask)
{
	return game_go.legal(state, mask);
}

static int score_half(const void *state)
{
	return game_go.score_half(state);
}

static void ownership(const void *state, int8_t *owner)
{
	game_go.ownership(state, owner);
}

/* Beyond what game_go's key covers, features() reads boards that the latest moves and the present one all but give. */
static uint64_t key(const void *state)
{
	return game_go.key(state);
}

const struct game game_go_history = {
	.name = "go",
	.planes = GO_HISTORY_PLANES,
	.plane_exp = 0,
	.state_bytes = state_bytes,
	.used_bytes = used_bytes,
	.init = init,
	.rules = rules,
	.to_move = to_move,
	.moves = moves,
	.over = over,
	.legal = legal,
	.play = play,
	.score_half = score_half,
	.ownership = ownership,
	.features = features,
	.key = key,
};
