/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a game: which stones are dead, and the score; and what the net alone says.
 *
 * The rules score the board as it stands, but people and other programs pass before dead stones are taken off.
 * A group is called dead where the net, asked through all eight symmetries, gives its points to the opponent with
 * a mean of at least two thirds (of certainty, on the scale -1 .. 1).  Dead groups are taken off and the rest is
 * counted by area.  Without a net no stone is dead. */
#include "gtp/engine_int.h"

#include "base/fixed.h"
#include "base/symmetry.h"

#include <string.h>

enum { SURE = 32767 * 2 / 3 };

static const struct game *const go = &game_go;

static void ask(struct engine *g, const void *state, int symmetry)
{
	struct eval_job *job = g->job;
	g->game->features(state, job->planes);
	job->symmetry = symmetry;
	job->want_owner = 1;
	g->eval[0]->evaluate(g->eval[0], &job, 1);
}

int engine_owners(struct engine *g, int32_t *owner, struct err *e)
{
	int n = game_points(&g->rules), sign = go->to_move(g->state) ? -1 : 1;
	memset(owner, 0, (size_t)n * sizeof *owner);
	if (!g->set.net)
		return 0;
	int rc = engine_ready(g, e);
	for (int s = 0; rc == 0 && s < SYMMETRIES; s++) {
		ask(g, g->state, s);
		for (int p = 0; p < n; p++)
			owner[p] += sign * g->job->out.owner[p];
	}
	return rc;
}

/* The points of the group at p, in point[], marked in seen[]; their number. */
static int group(const struct engine *g, int p, uint8_t *seen, uint16_t *point)
{
	int size = g->rules.size, color = go_color(g->state, p), n = 0;
	seen[p] = 1;
	point[n++] = (uint16_t)p;
	for (int i = 0; i < n; i++) {
		int at = point[i], row = at / size, col = at % size;
		int near[4] = {row ? at - size : at, col ? at - 1 : at, col < size - 1 ? at + 1 : at,
			       row < size - 1 ? at + size : at};
		for (int k = 0; k < 4; k++) {
			if (seen[near[k]] || go_color(g->state, near[k]) != color)
				continue;
			seen[near[k]] = 1;
			point[n++] = (uint16_t)near[k];
		}
	}
	return n;
}

static void mark_dead(const struct engine *g, const int32_t *owner, uint8_t *dead)
{
	uint8_t seen[GAME_POINTS_MAX] = {0};
	uint16_t point[GAME_POINTS_MAX];
	for (int p = 0; p < game_points(&g->rules); p++) {
		int color = go_color(g->state, p);
		if (seen[p] || color < 0)
			continue;
		int n = group(g, p, seen, point);
		int64_t sum = 0; /* |sum| <= 361 * 8 * 32767 */
		for (int i = 0; i < n; i++)
			sum += owner[point[i]];
		for (int i = 0; i < n; i++)
			dead[point[i]] = (color ? sum : -sum) >= (int64_t)SURE * SYMMETRIES * n;
	}
}

int engine_status(struct engine *g, uint8_t *dead, int *score_half, struct err *e)
{
	int32_t owner[GAME_POINTS_MAX];
	uint8_t gone[GAME_POINTS_MAX] = {0};
	int points = game_points(&g->rules);
	int rc = engine_owners(g, owner, e);
	if (rc)
		return rc;
	mark_dead(g, owner, gone);
	if (dead)
		memcpy(dead, gone, (size_t)points);
	if (!score_half)
		return 0;
	g->game->init(g->scratch, &g->rules);
	/* go_place refuses nothing here: each part of a group of the position has a liberty, the whole group's or
	 * the next stone of the group itself. */
	for (int p = 0; p < points; p++)
		if (go_color(g->state, p) >= 0 && !gone[p])
			go_place(g->scratch, go_color(g->state, p), p);
	*score_half = go->score_half(g->scratch);
	return 0;
}

static void add_raw(struct engine *g, const uint8_t *legal, int64_t *policy, struct engine_raw *sum, int64_t *score,
                    int32_t *owner)
{
	int32_t logit[GAME_ACTIONS_MAX], p[GAME_ACTIONS_MAX];
	int actions = game_actions(&g->rules);
	const struct eval *out = &g->job->out;
	for (int a = 0; a < actions; a++)
		logit[a] = fx_clamp32(out->logit[a], -(1 << 29), 1 << 29);
	fx_softmax(logit, legal, actions, p);
	for (int a = 0; a < actions; a++)
		policy[a] += p[a];
	for (int k = 0; k < 3; k++)
		sum->wdl[k] += out->wdl[k];
	*score += out->score;
	for (int q = 0; q < game_points(&g->rules); q++)
		owner[q] += out->owner[q];
}

int engine_raw_net(struct engine *g, int player, int symmetry, struct engine_raw *out, struct err *e)
{
	int64_t policy[GAME_ACTIONS_MAX] = {0}, score = 0;
	int32_t owner[GAME_POINTS_MAX] = {0};
	uint8_t legal[GAME_ACTIONS_MAX];
	int first = symmetry < 0 ? 0 : symmetry, n = symmetry < 0 ? SYMMETRIES : 1;
	if (!g->set.net)
		return err_set(e, ERR_ARG, "there is no net");
	int rc = engine_ready(g, e);
	rc = rc ? rc : engine_scratch(g, player, e);
	if (rc)
		return rc;
	memset(out, 0, sizeof *out);
	go->legal(g->scratch, legal);
	for (int s = first; s < first + n; s++) {
		ask(g, g->scratch, s);
		add_raw(g, legal, policy, out, &score, owner);
	}
	for (int a = 0; a < game_actions(&g->rules); a++)
		out->policy[a] = legal[a] ? (int32_t)(policy[a] / n / 4096) : -1;
	for (int k = 0; k < 3; k++)
		out->wdl[k] /= n;
	out->score = (int32_t)(score / n);
	for (int p = 0; p < game_points(&g->rules); p++)
		out->owner[p] = (int16_t)(owner[p] / n);
	return 0;
}
