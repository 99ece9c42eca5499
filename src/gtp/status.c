/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a game: which stones are dead, and the score.
 *
 * The rules score the board as it stands, but people and other programs pass before dead stones are taken off.
 * A group is called dead where the net, asked through all eight symmetries, gives its points to the opponent with
 * a mean of at least two thirds (of certainty, on the scale -1 .. 1).  Dead groups are taken off and the rest is
 * counted by area.  Without a net no stone is dead. */
#include "gtp/gtp_int.h"

#include "base/symmetry.h"

#include <string.h>
#include <strings.h>

enum { SURE = 32767 * 2 / 3 };

static const struct game *const go = &game_go;

/* owner[p]: 32767 * 8 surely Black's .. -32767 * 8 surely White's. */
static bool ask(struct gtp *g, struct gtp_call *c, int32_t *owner)
{
	struct err e;
	int n = game_points(&g->rules), sign = go->to_move(g->state) ? -1 : 1;
	memset(owner, 0, (size_t)n * sizeof *owner);
	if (!g->set.net)
		return true;
	if (gtp_think_ready(g, &e))
		return gtp_fail(c, e.text);
	for (int s = 0; s < SYMMETRIES; s++) {
		struct eval_job *job = g->job;
		go->features(g->state, job->planes);
		job->symmetry = s;
		job->want_owner = 1;
		g->eval->evaluate(g->eval, &job, 1);
		for (int p = 0; p < n; p++)
			owner[p] += sign * job->out.owner[p];
	}
	return true;
}

/* The points of the group at p, in point[], marked in seen[]; their number. */
static int group(const struct gtp *g, int p, uint8_t *seen, uint16_t *point)
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

typedef void visitor(void *ctx, const struct gtp *g, const uint16_t *point, int n, bool dead);

/* Calls fn for each group, in the order of their first points. */
static bool each_group(struct gtp *g, struct gtp_call *c, visitor *fn, void *ctx)
{
	int32_t owner[GAME_POINTS_MAX];
	uint8_t seen[GAME_POINTS_MAX] = {0};
	uint16_t point[GAME_POINTS_MAX];
	if (!ask(g, c, owner))
		return false;
	for (int p = 0; p < game_points(&g->rules); p++) {
		int color = go_color(g->state, p);
		if (color < 0 || seen[p])
			continue;
		int n = group(g, p, seen, point);
		int64_t sum = 0; /* |sum| <= 361 * 8 * 32767 */
		for (int i = 0; i < n; i++)
			sum += owner[point[i]];
		fn(ctx, g, point, n, (color ? sum : -sum) >= (int64_t)SURE * SYMMETRIES * n);
	}
	return true;
}

static void keep_living(void *ctx, const struct gtp *g, const uint16_t *point, int n, bool dead)
{
	(void)ctx;
	for (int i = 0; i < n && !dead; i++)
		go_place(g->scratch, go_color(g->state, point[i]), point[i]);
}

bool gtp_final_score(struct gtp *g, struct gtp_call *c)
{
	char text[32];
	go->init(g->scratch, &g->rules);
	/* go_place refuses nothing here: each part of a group of the position has a liberty, the whole group's or
	 * the next stone of the group itself. */
	if (!each_group(g, c, keep_living, NULL))
		return false;
	gtp_score_text(text, sizeof text, go->score_half(g->scratch));
	buf_printf(c->text, "%s", text);
	return true;
}

struct list {
	struct buf *text;
	bool dead;
};

static void name_group(void *ctx, const struct gtp *g, const uint16_t *point, int n, bool dead)
{
	struct list *l = ctx;
	char text[GTP_VERTEX_TEXT];
	if (dead != l->dead)
		return;
	if (l->text->len)
		buf_u8(l->text, '\n');
	for (int i = 0; i < n; i++) {
		gtp_vertex_text(text, g->rules.size, point[i]);
		buf_printf(l->text, "%s%s", i ? " " : "", text);
	}
}

bool gtp_final_status_list(struct gtp *g, struct gtp_call *c)
{
	struct list l = {.text = c->text, .dead = strcasecmp(c->argv[0], "dead") == 0};
	if (strcasecmp(c->argv[0], "seki") == 0)
		return true; /* by area a seki needs no name: its stones are alive */
	if (!l.dead && strcasecmp(c->argv[0], "alive") != 0)
		return gtp_fail(c, "syntax error");
	return each_group(g, c, name_group, &l);
}
