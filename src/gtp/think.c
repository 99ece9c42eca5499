/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thinking: the search's memory, its tree from move to move, its limits, and what it has found. */
#include "gtp/engine_int.h"

#include "base/fixed.h"

#include <stdlib.h>
#include <string.h>

static const struct game *const go = &game_go;

void engine_release(struct engine *g)
{
	search_deep_free(g->search);
	g->search = NULL;
	for (int i = 0; g->eval && i < g->set.threads; i++)
		if (g->eval[i])
			evaluator_net_free(g->eval[i]);
	free(g->eval);
	g->eval = NULL;
	free(g->moves_owner);
	g->moves_owner = NULL;
	g->tree.valid = false;
	g->analysed = false;
}

static int ready_evaluators(struct engine *g, struct err *e)
{
	int threads = g->set.threads, batch = (SEARCH_DEEP_BATCH_MAX + threads - 1) / threads;
	if (!g->pool)
		g->pool = pool_new(threads);
	if (!g->eval)
		g->eval = calloc((size_t)threads, sizeof *g->eval);
	if (!g->pool || !g->eval)
		return err_set(e, ERR_MEMORY, "cannot start %d threads; ask for fewer", threads);
	for (int i = 0; i < threads; i++) {
		if (g->eval[i])
			continue;
		g->eval[i] = evaluator_net_new(g->set.net, g->set.kernels, g->rules.size, batch, e);
		if (!g->eval[i])
			return ERR_MEMORY;
		g->eval[i]->thread = i;
	}
	return 0;
}

int engine_ready(struct engine *g, struct err *e)
{
	if (!g->set.net || g->search)
		return 0;
	if (!g->job)
		g->job = malloc(sizeof *g->job);
	if (!g->job)
		return err_set(e, ERR_MEMORY, "out of memory");
	int rc = ready_evaluators(g, e);
	if (rc)
		return rc;
	g->search = search_deep_new(g->game, &g->rules, g->set.memory, g->eval, g->pool, e);
	return g->search ? 0 : ERR_MEMORY;
}

/* The game is the tree's, and from there on players take turns until `player` is to move. */
static bool continues(const struct engine *g, int player)
{
	const struct engine_tree *t = &g->tree;
	int turn = t->to_move;
	if (!t->valid || t->setup != g->setup || !engine_begins_with(g, t->move, t->moves))
		return false;
	for (int i = t->moves; i < g->moves; i++) {
		if (g->move[i].player != turn)
			return false;
		turn = !turn;
	}
	return turn == player;
}

void engine_sync(struct engine *g, int player, bool fresh, bool masked)
{
	struct engine_tree *t = &g->tree;
	/* After two passes the game goes on only because somebody asks: no tree looked beyond them. */
	bool keep = !fresh && !masked && !t->masked && continues(g, player) && go_passes(g->state) < 2;
	if (!keep)
		search_deep_begin(g->search, g->scratch);
	for (int i = t->moves; keep && i < g->moves; i++)
		search_deep_advance(g->search, g->move[i].action, g->scratch);
	t->valid = true;
	t->masked = masked;
	t->setup = g->setup;
	t->moves = g->moves;
	t->to_move = player;
	memcpy(t->move, g->move, (size_t)g->moves * sizeof *t->move);
}

static int32_t chance(int32_t value)
{
	return fx_asr32(value + EVAL_ONE, 1);
}

/* Two standard deviations of the mean below it; nothing is known of a single visit. */
static int32_t lower_bound(const struct search_deep_stats *s)
{
	int64_t root = fx_isqrt64((uint64_t)s->visits << 16); /* Q8 */
	if (s->visits < 2)
		return 0;
	return fx_clamp32((int32_t)(chance(s->value) - (int64_t)s->utility_stdev * 256 / root), 0, EVAL_ONE);
}

static void fill_move(struct engine *g, struct engine_info *m, const struct search_deep_move *from)
{
	*m = (struct engine_info){
	    .action = from->action,
	    .visits = (int)from->stats.visits,
	    .prior = from->prior,
	};
	if (!m->visits)
		return;
	m->winrate = chance(from->stats.value);
	m->utility = from->stats.utility;
	m->lcb = lower_bound(&from->stats);
	m->score = from->stats.score;
	m->score_stdev = from->stats.score_stdev;
	m->pv_len = search_deep_pv(g->search, m->action, m->pv, m->pv_visits, ENGINE_PV_MAX);
}

/* Room for the ownership below each move. */
static int ready_owners(struct engine *g, struct err *e)
{
	size_t points = (size_t)game_points(&g->rules);
	if (!g->moves_owner)
		g->moves_owner = malloc(points * (points + 1) * sizeof *g->moves_owner);
	return g->moves_owner ? 0 : err_set(e, ERR_MEMORY, "out of memory for the ownership of moves");
}

static void fill_owners(struct engine *g)
{
	size_t points = (size_t)game_points(&g->rules);
	for (int i = 0; i < g->analysis.moves; i++) {
		int16_t *owner = g->moves_owner + (size_t)g->info[i].action * points;
		if (g->info[i].visits && search_deep_owner(g->search, g->info[i].action, owner))
			g->info[i].owner = owner;
	}
}

void engine_fill(struct engine *g, int player, const struct engine_limits *l, uint32_t before, int64_t since)
{
	struct engine_analysis *a = &g->analysis;
	struct search_deep_move move[GAME_ACTIONS_MAX];
	struct search_deep_stats root;
	int32_t raw;
	search_deep_root(g->search, &root);
	*a = (struct engine_analysis){.to_move = player, .visits = (int)root.visits, .visits_before = (int)before};
	a->winrate = chance(root.value);
	a->utility = root.utility;
	a->score = root.score;
	a->score_stdev = root.score_stdev;
	search_deep_raw(g->search, &raw, &a->raw_score);
	a->raw_winrate = chance(raw);
	a->moves = search_deep_moves(g->search, move);
	a->move = g->info;
	a->policy = g->policy;
	for (int i = 0; i < game_actions(&g->rules); i++)
		g->policy[i] = -1;
	for (int i = 0; i < a->moves; i++) {
		fill_move(g, &g->info[i], &move[i]);
		g->info[i].order = i;
		g->policy[move[i].action] = move[i].prior;
	}
	if (l->owner && search_deep_owner(g->search, -1, g->owner))
		a->owner = g->owner;
	if (l->moves_owner)
		fill_owners(g);
	a->elapsed_us = engine_now(g) - since;
	g->analysed = true;
}

static int set_search(struct engine *g, const struct engine_limits *l, struct err *e)
{
	const struct engine_params *p = &g->set.params;
	return search_deep_set(g->search,
	                       &(struct search_deep_settings){
				   .cpuct = p->cpuct,
				   .fpu = p->fpu,
				   .score_utility = p->score_utility,
				   .batch = p->batch,
				   .symmetry = p->symmetry,
				   .avoid = {l->avoid[0], l->avoid[1]},
			       },
	                       e);
}

static uint32_t root_visits(const struct engine *g)
{
	struct search_deep_stats root;
	search_deep_root(g->search, &root);
	return root.visits;
}

/* The choice can no longer change in the time that is left at the speed so far: `spent` for `made` visits. */
static bool decided(const struct engine *g, int64_t spent, int64_t left, uint32_t made)
{
	uint32_t top[2];
	search_deep_top(g->search, top);
	if (made < 16 || spent <= 0)
		return false;
	return (double)(top[0] - top[1]) * (double)spent > (double)made * (double)(left > 0 ? left : 0);
}

/* One call's loop. */
struct session {
	const struct engine_limits *limits;
	engine_report *report;
	engine_waiting *waiting;
	void *ctx;
	int player;
	uint32_t before;
	int64_t since, told, asked, longest; /* asked: when goes_on last was; longest: a batch so far */
};

/* Between batches: false where it is to end. */
static bool goes_on(struct engine *g, struct session *s)
{
	const struct engine_limits *l = s->limits;
	int64_t now = engine_now(g), spent = now - s->since;
	uint32_t made = root_visits(g) - s->before;
	if (atomic_load(&g->stop))
		return false;
	if (now - s->asked > s->longest)
		s->longest = now - s->asked;
	s->asked = now;
	/* The next batch may be as long as the longest so far, and must end in time too. */
	if (l->time_us && (spent + s->longest >= l->time_us || (l->settle && decided(g, spent, l->time_us - spent, made))))
		return false;
	if (s->report && l->interval_us && now - s->told >= l->interval_us) {
		s->told = now;
		engine_fill(g, s->player, l, s->before, s->since);
		if (!s->report(s->ctx, &g->analysis, false))
			return false;
	}
	return !s->waiting || root_visits(g) < (uint32_t)l->least_visits || !s->waiting(s->ctx);
}

int engine_search(struct engine *g, int player, const struct engine_limits *l, engine_report *report,
                  engine_waiting *waiting, void *ctx, struct err *e)
{
	struct session s = {.limits = l, .report = report, .waiting = waiting, .ctx = ctx, .player = player};
	uint32_t visits = l->visits ? (uint32_t)l->visits : SEARCH_DEEP_VISITS_MAX;
	if (!g->set.net)
		return err_set(e, ERR_ARG, "there is no net to think with");
	atomic_store(&g->stop, false);
	int rc = engine_ready(g, e);
	rc = rc ? rc : engine_scratch(g, player, e);
	rc = rc ? rc : set_search(g, l, e);
	if (rc == 0 && l->moves_owner)
		rc = ready_owners(g, e);
	if (rc)
		return rc;
	s.since = s.told = s.asked = engine_now(g);
	engine_sync(g, player, l->fresh, l->avoid[0] || l->avoid[1]);
	s.before = root_visits(g);
	while (search_deep_step(g->search, visits) && goes_on(g, &s))
		;
	if (root_visits(g) == 0)
		return err_set(e, ERR_MEMORY, "out of memory for the search");
	engine_fill(g, player, l, s.before, s.since);
	if (report)
		report(ctx, &g->analysis, true);
	return 0;
}

int engine_think(struct engine *g, int player, const struct engine_limits *l, engine_report *report,
                 engine_waiting *waiting, void *ctx, const struct engine_analysis **out, struct err *e)
{
	int rc = engine_search(g, player, l, report, waiting, ctx, e);
	if (rc)
		return rc;
	engine_log_avoid(g, l);
	engine_log_think(g, player, l->fresh);
	if (out)
		*out = &g->analysis;
	return 0;
}

const struct engine_analysis *engine_last(const struct engine *g)
{
	return g->analysed ? &g->analysis : NULL;
}

void engine_ponder(struct engine *g, engine_waiting *waiting, void *ctx)
{
	const struct engine_params *p = &g->set.params;
	struct engine_limits l = {.visits = 0};
	bool timed = g->clock[0].system != CLOCK_NONE || g->clock[1].system != CLOCK_NONE || p->time_ms > 0;
	if (!p->ponder || !timed || !g->set.net || go->over(g->state) || g->moves == 0)
		return;
	engine_think(g, go->to_move(g->state), &l, NULL, waiting, ctx, NULL, NULL);
}
