/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's life, and the game: setup, moves, undo. */
#include "gtp/engine_int.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct game *const go = &game_go;

int64_t engine_now(const struct engine *g)
{
	struct timespec t;
	if (g->set.now_us)
		return g->set.now_us(g->set.now_ctx);
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

void engine_changed(struct engine *g)
{
	g->analysed = false;
}

void engine_forget(struct engine *g)
{
	g->tree.valid = false;
	engine_log(g, "forget\n");
}

/* A move by either player, also after two passes: the protocols let a game go on. */
static bool play(const struct engine *g, void *state, int player, int action)
{
	if (go_passes(state) >= 2)
		go_resume(state);
	go_set_to_move(state, player);
	return g->game->play(state, action);
}

void engine_rebuild(struct engine *g)
{
	g->game->init(g->state, &g->rules);
	for (int i = 0; i < g->stones; i++)
		go_place(g->state, g->stone[i].player, g->stone[i].action);
	go_set_to_move(g->state, g->first);
	for (int i = 0; i < g->moves; i++)
		play(g, g->state, g->move[i].player, g->move[i].action);
	engine_changed(g);
}

static void new_game(struct engine *g)
{
	g->moves = 0;
	g->stones = 0;
	g->first = 0;
	g->games++;
	g->setup++;
	engine_rebuild(g);
}

bool engine_begins_with(const struct engine *g, const struct engine_ply *move, int moves)
{
	return moves <= g->moves && memcmp(move, g->move, (size_t)moves * sizeof *move) == 0;
}

int engine_clear(struct engine *g, int size, struct err *e)
{
	struct game_rules rules = g->rules;
	if (size < GAME_SIZE_MIN || size > GAME_SIZE_MAX)
		return err_set(e, ERR_ARG, "a board of %d: sizes are %d to %d", size, GAME_SIZE_MIN, GAME_SIZE_MAX);
	int only = g->set.net ? evaluator_size(g->set.net) : 0;
	if (only && size != only)
		return err_set(e, ERR_ARG, "a board of %d: the net knows boards of %d alone", size, only);
	rules.size = size;
	if (!g->state || size != g->rules.size) {
		size_t n = g->game->state_bytes(&rules);
		void *state = malloc(n), *scratch = malloc(n);
		if (!state || !scratch) {
			free(state);
			free(scratch);
			return err_set(e, ERR_MEMORY, "out of memory for a board of %d", size);
		}
		free(g->state);
		free(g->scratch);
		g->state = state;
		g->scratch = scratch;
		g->rules = rules;
		engine_release(g);
	}
	new_game(g);
	engine_log_board(g);
	return 0;
}

int engine_komi(struct engine *g, int komi_half)
{
	if (komi_half < -ENGINE_KOMI_MAX || komi_half > ENGINE_KOMI_MAX)
		return ERR_ARG;
	if (komi_half == g->rules.komi_half)
		return 0;
	g->rules.komi_half = komi_half;
	g->setup++;
	engine_rebuild(g);
	engine_log(g, "komi %d\n", komi_half);
	return 0;
}

/* A move that was suicide and no longer may be shows in the number of moves that the state has made. */
int engine_suicide(struct engine *g, int legal)
{
	int before = g->rules.suicide;
	if (!legal == !before)
		return 0;
	g->rules.suicide = legal != 0;
	engine_rebuild(g);
	g->setup++;
	if (go->moves(g->state) == g->moves) {
		engine_log(g, "suicide %d\n", g->rules.suicide);
		return 0;
	}
	g->rules.suicide = before;
	engine_rebuild(g);
	return ERR_ARG;
}

bool engine_place(struct engine *g, int player, int point)
{
	if (g->moves > 0 || !go_place(g->state, player, point))
		return false;
	g->stone[g->stones++] = (struct engine_ply){(uint16_t)point, (uint16_t)player};
	g->setup++;
	engine_changed(g);
	engine_log_ply(g, "stone", player, point);
	return true;
}

void engine_to_move_first(struct engine *g, int player)
{
	if (g->first == player)
		return;
	g->first = player;
	g->setup++;
	engine_rebuild(g);
	engine_log(g, "first %c\n", player ? 'w' : 'b');
}

bool engine_play(struct engine *g, int player, int action)
{
	/* A refused move must leave no trace, such as whose turn it is. */
	if (g->moves >= GAME_MOVES_MAX)
		return false;
	if (!play(g, g->state, player, action)) {
		engine_rebuild(g);
		return false;
	}
	g->move[g->moves++] = (struct engine_ply){(uint16_t)action, (uint16_t)player};
	engine_changed(g);
	engine_log_ply(g, "play", player, action);
	return true;
}

bool engine_undo(struct engine *g)
{
	if (g->moves == 0)
		return false;
	g->moves--;
	engine_rebuild(g);
	engine_log(g, "undo\n");
	return true;
}

const void *engine_state(const struct engine *g)
{
	return g->state;
}

const struct game_rules *engine_rules(const struct engine *g)
{
	return &g->rules;
}

int engine_moves(const struct engine *g)
{
	return g->moves;
}

int engine_move(const struct engine *g, int i, int *player)
{
	*player = g->move[i].player;
	return g->move[i].action;
}

int engine_stones(const struct engine *g)
{
	return g->stones;
}

int engine_stone(const struct engine *g, int i, int *player)
{
	*player = g->stone[i].player;
	return g->stone[i].action;
}

struct engine_clock *engine_clock(struct engine *g, int player)
{
	return &g->clock[player != 0];
}

void engine_stop(struct engine *g)
{
	atomic_store(&g->stop, true);
}

int engine_scratch(struct engine *g, int player, struct err *e)
{
	if (g->moves >= GAME_MOVES_MAX)
		return err_set(e, ERR_ARG, "the game is too long");
	memcpy(g->scratch, g->state, g->game->state_bytes(&g->rules));
	if (go_passes(g->scratch) >= 2)
		go_resume(g->scratch);
	go_set_to_move(g->scratch, player);
	return 0;
}

/* Does the net take what the game gives? */
static int check_net(const struct nn_net *net, struct err *e)
{
	if (!net || evaluator_size(net) || (net->shape.planes == go->planes && net->shape.plane_exp == go->plane_exp))
		return 0;
	return err_set(e, ERR_ARG, "the net takes %d planes at 2^-%d, the game has %d at 2^-%d", net->shape.planes,
	               net->shape.plane_exp, go->planes, go->plane_exp);
}

static int begin(struct engine *g, struct err *e)
{
	const struct engine_settings *s = &g->set;
	if (s->threads < 1 || s->threads > ENGINE_THREADS_MAX)
		return err_set(e, ERR_ARG, "%d threads: 1 to %d", s->threads, ENGINE_THREADS_MAX);
	if (check_net(s->net, e) || engine_params_check(&s->params, e))
		return ERR_ARG;
	engine_log_begin(g);
	int only = s->net ? evaluator_size(s->net) : 0, size = only ? only : s->size;
	g->game = s->net ? evaluator_game(s->net) : go;
	g->rules = (struct game_rules){.size = size, .max_moves = GAME_MOVES_MAX};
	int rc = engine_clear(g, size, e);
	if (rc)
		return rc;
	if (engine_komi(g, s->komi_half))
		return err_set(e, ERR_ARG, "komi is beyond %d", ENGINE_KOMI_MAX / 2);
	return engine_ready(g, e);
}

struct engine *engine_new(const struct engine_settings *s, struct err *e)
{
	struct engine *g = calloc(1, sizeof *g);
	if (!g) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	g->set = *s;
	if (!g->set.memory)
		g->set.memory = ENGINE_MEMORY;
	atomic_init(&g->stop, false);
	if (begin(g, e)) {
		engine_free(g);
		return NULL;
	}
	return g;
}

void engine_free(struct engine *g)
{
	if (!g)
		return;
	engine_release(g);
	pool_free(g->pool);
	free(g->moves_owner);
	free(g->state);
	free(g->scratch);
	free(g->job);
	free(g);
}
