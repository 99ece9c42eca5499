/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One game from its first move to its record.  docs/search.md, "A game", says which draw uses which number. */
#include "selfplay/selfplay_int.h"

#include "base/rng.h"

#include <stdlib.h>
#include <string.h>

/* Matches are played without noise and with full searches alone. */
static struct search_settings search_settings_of(const struct selfplay_settings *set, int player)
{
	const struct selfplay_player *p = &set->player[player];
	struct search_settings s = p->search;
	if (set->match)
		s.gumbel_noise = 0;
	else if (p->cheap_visits > s.visits)
		s.visits = p->cheap_visits; /* memory for the largest */
	if (!set->match && p->decided_value && p->decided_visits > s.visits)
		s.visits = p->decided_visits;
	return s;
}

struct selfplay_game *selfplay_game_new(const struct selfplay_settings *set, struct err *e)
{
	struct selfplay_game *g = calloc(1, sizeof *g);
	void *state = malloc(set->game->state_bytes(&set->rules));
	if (!g || !state) {
		free(g);
		free(state);
		err_set(e, ERR_MEMORY, "self-play: no memory for a game; play fewer at a time");
		return NULL;
	}
	g->set = set;
	g->state = state;
	for (int player = 0; player < (set->match ? 2 : 1); player++) {
		struct search_settings s = search_settings_of(set, player);
		if (!set->player[player].net)
			continue;
		g->search[player] = search_new(set->game, &set->rules, &s, e);
		if (!g->search[player]) {
			selfplay_game_free(g);
			return NULL;
		}
	}
	return g;
}

void selfplay_game_free(struct selfplay_game *g)
{
	if (!g)
		return;
	search_free(g->search[0]);
	search_free(g->search[1]);
	record_game_release(&g->rec);
	free(g->state);
	free(g);
}

int selfplay_komi(const struct selfplay_settings *s, uint32_t index)
{
	uint32_t spread = (uint32_t)s->komi_spread_half / 2;
	if (s->match)
		return s->rules.komi_half;
	uint32_t k = rng_below(rng_key(rng_key(s->seed, index), RNG_KOMI), 0, 2 * spread + 1);
	return s->rules.komi_half + 2 * ((int)k - (int)spread);
}

void selfplay_game_begin(struct selfplay_game *g, uint32_t index)
{
	const struct selfplay_settings *set = g->set;
	struct game_rules rules = set->rules;
	g->index = index;
	g->key = rng_key(set->seed, index);
	g->opening_key = rng_key(set->match ? rng_key(set->seed, index / 2) : g->key, RNG_OPENING);
	g->opening = set->opening_plies;
	g->searching = false;
	g->clear = 0;
	g->decided = false;
	rules.komi_half = selfplay_komi(set, index);
	g->even = 0;
	if (!set->match) {
		g->even = (int)rng_below(rng_key(g->key, RNG_PLIES), 0, (uint32_t)set->random_plies + 1);
		g->opening = g->even + (int)rng_below(g->opening_key, 0, (uint32_t)set->opening_plies + 1);
	}
	set->game->init(g->state, &rules);
	record_game_release(&g->rec);
	g->rec.index = index;
	g->rec.size = (uint8_t)rules.size;
	g->rec.suicide = (uint8_t)rules.suicide;
	g->rec.komi_half = (int16_t)rules.komi_half;
	g->rec.max_moves = (uint16_t)rules.max_moves;
}

/* Game i of a match gives the players' colours in turn. */
static int player_to_move(const struct selfplay_game *g)
{
	int color = g->set->game->to_move(g->state);
	return g->set->match ? color ^ (int)(g->index & 1) : 0;
}

static int play(struct selfplay_game *g, int action, enum record_kind kind, int32_t value, const uint32_t *policy)
{
	struct record_policy entry[RECORD_ACTIONS_MAX];
	struct record_move m = {.action = (uint16_t)action, .kind = (uint8_t)kind, .value = value};
	for (int a = 0; policy && a < game_actions(&g->set->rules); a++)
		if (policy[a])
			entry[m.policy_n++] = (struct record_policy){
				(uint16_t)a, (uint16_t)(policy[a] < 65535 ? policy[a] : 65535)};
	g->set->game->play(g->state, action);
	return record_game_add_move(&g->rec, &m, entry);
}

/* One of the legal moves other than a pass, evenly, by word `index` of key; -1 where a pass alone is legal. */
static int draw_evenly(const struct selfplay_game *g, uint64_t key, uint64_t index)
{
	uint8_t mask[GAME_ACTIONS_MAX];
	int pass = game_points(&g->set->rules);
	uint32_t legal = 0;
	g->set->game->legal(g->state, mask);
	for (int a = 0; a < pass; a++)
		legal += mask[a];
	if (legal == 0)
		return -1;
	uint32_t left = rng_below(key, index, legal);
	int a = 0;
	while (!mask[a] || left-- > 0)
		a++;
	return a;
}

/* One of the actions other than a pass, by their shares; -1 where the pass has them all. */
static int draw_by_policy(const struct selfplay_game *g, uint64_t key, uint64_t index)
{
	uint32_t policy[GAME_ACTIONS_MAX];
	search_policy(g->search[0], policy);
	uint32_t others = 65536 - policy[game_points(&g->set->rules)];
	if (others == 0)
		return -1;
	uint32_t left = rng_below(key, index, others);
	int a = 0;
	while (left >= policy[a])
		left -= policy[a++];
	return a;
}

/* An opening ends early where no move but a pass is left. */
static int play_opening(struct selfplay_game *g, int action)
{
	if (action < 0) {
		g->opening = 0;
		return 0;
	}
	g->opening--;
	return play(g, action, RECORD_OPENING, 0, NULL);
}

static uint64_t draws_before(const struct selfplay_game *g)
{
	return 1 + (uint64_t)g->set->game->moves(g->state); /* word 0 is the number of plies */
}

/* Counts how long one side has been as good as winning, after a search that gave the mover this value. */
static void note_value(struct selfplay_game *g, int32_t value)
{
	const struct selfplay_player *p = &g->set->player[0];
	if (g->set->match || !p->decided_value || g->decided)
		return;
	int32_t black = g->set->game->to_move(g->state) == 0 ? value : -value;
	if (black >= p->decided_value)
		g->clear = g->clear > 0 ? g->clear + 1 : 1;
	else if (black <= -p->decided_value)
		g->clear = g->clear < 0 ? g->clear - 1 : -1;
	else
		g->clear = 0;
	bool checked = rng_below(rng_key(g->key, RNG_DECIDED), 0, 1000) < (uint32_t)p->decided_checked;
	g->decided = !checked && abs(g->clear) >= p->decided_moves;
}

static int take_answer(struct selfplay_game *g, int player)
{
	struct search_result r;
	uint32_t policy[GAME_ACTIONS_MAX];
	bool keep = g->kind == RECORD_FULL && g->set->keep_policy;
	g->searching = false;
	if (g->kind == RECORD_OPENING)
		return play_opening(g, draw_by_policy(g, g->opening_key, draws_before(g)));
	search_result(g->search[player], &r);
	if (keep)
		search_policy(g->search[player], policy);
	note_value(g, r.value);
	return play(g, r.action, g->kind, r.value, keep ? policy : NULL);
}

static bool cheap_move(const struct selfplay_game *g, int move)
{
	const struct selfplay_player *p = &g->set->player[0];
	if (g->set->match || p->cheap_visits == 0)
		return false;
	return rng_below(rng_key(g->key, RNG_VISITS), (uint64_t)move, 1000) >= (uint32_t)p->full_share;
}

static void begin_search(struct selfplay_game *g, int player, bool opening)
{
	const struct selfplay_player *p = &g->set->player[player];
	int move = g->set->game->moves(g->state);
	int visits = p->search.visits;
	g->kind = RECORD_FULL;
	if (opening) {
		g->kind = RECORD_OPENING;
		visits = 1;
	} else if (g->decided) {
		g->kind = RECORD_DECIDED;
		visits = p->decided_visits;
	} else if (cheap_move(g, move)) {
		g->kind = RECORD_CHEAP;
		visits = p->cheap_visits;
	}
	g->searching = true;
	search_begin(g->search[player], g->state, visits, rng_key(rng_key(g->key, RNG_GUMBEL), (uint64_t)move));
}

/* Begins the next move: starts a search, or plays at once where none is needed. */
static int begin_move(struct selfplay_game *g, int player)
{
	const struct game *game = g->set->game;
	int move = game->moves(g->state);
	/* An opening leaves at least one move to be played. */
	bool opening = g->opening > 0 && move + 1 < g->set->rules.max_moves;
	if (opening && (g->set->match || !g->search[player] || move < g->even))
		return play_opening(g, draw_evenly(g, g->opening_key, draws_before(g)));
	if (g->search[player]) {
		begin_search(g, player, opening);
		return 0;
	}
	int action = draw_evenly(g, rng_key(g->key, RNG_RANDOM), (uint64_t)move);
	return play(g, action < 0 ? game_points(&g->set->rules) : action, RECORD_CHEAP, 0, NULL);
}

int selfplay_game_step(struct selfplay_game *g, struct eval_job **job, int *player)
{
	const struct game *game = g->set->game;
	int rc = 0;
	while (rc == 0) {
		if (game->over(g->state)) {
			g->rec.score_half = game->score_half(g->state);
			return 0;
		}
		*player = player_to_move(g);
		if (!g->searching)
			rc = begin_move(g, *player);
		else if (search_step(g->search[*player], job))
			return 1;
		else
			rc = take_answer(g, *player);
	}
	return rc;
}
