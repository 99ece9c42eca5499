/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A record against the rules of the game, and what it teaches. */
#include "selfplay/selfplay.h"

#include "base/fixed.h"

#include <stdlib.h>
#include <string.h>

static int rules_of(const struct record_game *rec, struct game_rules *out, struct err *e)
{
	*out = (struct game_rules){rec->size, rec->komi_half, rec->suicide, rec->max_moves};
	if (out->size < GAME_SIZE_MIN || out->size > GAME_SIZE_MAX || out->suicide > 1 || out->max_moves < 1 ||
	    out->max_moves > GAME_MOVES_MAX || out->komi_half < -2 * GAME_POINTS_MAX ||
	    out->komi_half > 2 * GAME_POINTS_MAX)
		return err_set(e, ERR_FORMAT, "game %u: rules out of range: size %d, komi %d/2, suicide %d, moves %d",
		               (unsigned)rec->index, out->size, out->komi_half, out->suicide, out->max_moves);
	return 0;
}

/* A policy target: legal actions in ascending order whose shares sum to 1. */
static int check_policy(const struct game *g, const struct record_game *rec, uint32_t move, const void *state,
                        struct err *e)
{
	const struct record_move *m = &rec->move[move];
	uint8_t mask[GAME_ACTIONS_MAX];
	uint64_t sum = 0;
	int last = -1, actions = game_actions(g->rules(state));
	if (m->policy_n == 0)
		return 0;
	bool fits = m->policy_at <= rec->policies && m->policy_n <= rec->policies - m->policy_at;
	g->legal(state, mask);
	for (uint32_t i = 0; fits && i < m->policy_n; i++) {
		const struct record_policy *p = &rec->policy[m->policy_at + i];
		fits = p->action > last && p->action < actions && mask[p->action];
		last = p->action;
		sum += p->share;
	}
	if (fits && (sum == 65536 || (sum == 65535 && m->policy_n == 1)))
		return 0;
	return err_set(e, ERR_MISMATCH, "game %u: the policy target of move %u is no distribution over legal moves",
	               (unsigned)rec->index, (unsigned)move);
}

/* Plays the record on state, which is left at the end of the game. */
static int replay(const struct game *g, const struct record_game *rec, const struct game_rules *rules, void *state,
                  struct err *e)
{
	unsigned index = rec->index;
	g->init(state, rules);
	for (uint32_t i = 0; i < rec->moves; i++) {
		if (g->over(state))
			return err_set(e, ERR_MISMATCH, "game %u: move %u comes after the game was over", index,
			               (unsigned)i);
		if (check_policy(g, rec, i, state, e))
			return ERR_MISMATCH;
		if (!g->play(state, rec->move[i].action))
			return err_set(e, ERR_MISMATCH, "game %u: move %u, action %d, is illegal", index, (unsigned)i,
			               rec->move[i].action);
	}
	if (!g->over(state))
		return err_set(e, ERR_MISMATCH, "game %u: it is not over after its last move, %u", index,
		               (unsigned)rec->moves);
	int score = g->score_half(state);
	if (score != rec->score_half)
		return err_set(e, ERR_MISMATCH, "game %u: after its last move, %u, the score is %d/2, not %d/2", index,
		               (unsigned)rec->moves, score, (int)rec->score_half);
	return 0;
}

static int new_state(const struct game *g, const struct record_game *rec, struct game_rules *rules, void **state,
                     struct err *e)
{
	*state = NULL;
	if (rules_of(rec, rules, e))
		return ERR_FORMAT;
	*state = malloc(g->state_bytes(rules));
	return *state ? 0 : err_set(e, ERR_MEMORY, "game %u: no memory for its board", (unsigned)rec->index);
}

int selfplay_check(const struct game *g, const struct record_game *rec, struct err *e)
{
	struct game_rules rules;
	void *state;
	int rc = new_state(g, rec, &rules, &state, e);
	if (rc == 0)
		rc = replay(g, rec, &rules, state, e);
	free(state);
	return rc;
}

/* Win, draw, loss in Q15 for the mover.  The search's value v is held for a win of (1 + v) / 2, a loss of
 * (1 - v) / 2; its share is search_value.  Win and draw are rounded down, loss is the rest: not negative, for
 * the exact three sum to 32768. */
static void wdl_target(uint16_t wdl[3], int score_half, int32_t value, int search_value)
{
	int32_t win = score_half > 0 ? 32768 : 0, draw = score_half == 0 ? 32768 : 0;
	int32_t searched = fx_clamp32(fx_asr32(value + 65536, 2), 0, 32768);
	win = ((1000 - search_value) * win + search_value * searched) / 1000;
	draw = (1000 - search_value) * draw / 1000;
	wdl[0] = (uint16_t)win;
	wdl[1] = (uint16_t)draw;
	wdl[2] = (uint16_t)(32768 - win - draw);
}

struct outcome {
	int score_half;               /* Black's view */
	int8_t owner[GAME_POINTS_MAX];
};

/* The sample of a move that is about to be played on state. */
static void make_sample(const struct game *g, const struct record_game *rec, uint32_t move, const void *state,
                        const struct outcome *end, int search_value, struct shard_sample *out)
{
	const struct record_move *m = &rec->move[move];
	int sign = g->to_move(state) ? -1 : 1, points = game_points(g->rules(state));
	memset(out, 0, sizeof *out);
	g->features(state, out->planes);
	for (uint32_t i = 0; i < m->policy_n; i++)
		out->policy[rec->policy[m->policy_at + i].action] = rec->policy[m->policy_at + i].share;
	out->reply = move + 1 < rec->moves ? rec->move[move + 1].action : SHARD_NO_REPLY;
	for (int p = 0; p < points; p++)
		out->owner[p] = (int8_t)(sign * end->owner[p]);
	wdl_target(out->wdl, sign * end->score_half, m->value, search_value);
	out->score_half = (int16_t)(sign * end->score_half);
}

/* state is at the end of the game; the game is played once more to see each position. */
static int append_samples(const struct game *g, const struct record_game *rec, const struct game_rules *rules,
                          void *state, int search_value, struct buf *out, uint32_t *count, struct err *e)
{
	struct shard_shape shape = {rules->size, g->planes};
	struct shard_sample sample;
	struct outcome end = {.score_half = g->score_half(state)};
	g->ownership(state, end.owner);
	g->init(state, rules);
	for (uint32_t i = 0; i < rec->moves; i++) {
		if (rec->move[i].kind == RECORD_FULL) {
			if (rec->move[i].policy_n == 0)
				return err_set(e, ERR_MISMATCH, "game %u: move %u holds no policy target to learn from",
				               (unsigned)rec->index, (unsigned)i);
			make_sample(g, rec, i, state, &end, search_value, &sample);
			int rc = shard_pack(&shape, &sample, out, e);
			if (rc)
				return rc;
			++*count;
		}
		g->play(state, rec->move[i].action);
	}
	if (out->failed)
		return err_set(e, ERR_MEMORY, "game %u: no memory for its samples", (unsigned)rec->index);
	return 0;
}

int selfplay_samples(const struct game *g, const struct record_game *rec, int search_value, struct buf *out,
                     uint32_t *count, struct err *e)
{
	struct game_rules rules;
	void *state;
	size_t len = out->len;
	uint32_t before = *count;
	if (search_value < 0 || search_value > 1000)
		return err_set(e, ERR_ARG, "self-play: search_value is %d, must be 0 to 1000", search_value);
	int rc = new_state(g, rec, &rules, &state, e);
	if (rc == 0)
		rc = replay(g, rec, &rules, state, e);
	if (rc == 0)
		rc = append_samples(g, rec, &rules, state, search_value, out, count, e);
	if (rc) {
		out->len = len;
		*count = before;
	}
	free(state);
	return rc;
}
