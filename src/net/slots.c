/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engines, and who has which: several tabs think side by side, and one that asks anew stops its own question from
 * before. */
#include "net/play_int.h"

#include <stdlib.h>
#include <string.h>

enum { RESIGN = 3 }; /* percent */

static const uint64_t tree_memory = UINT64_C(256) << 20;

static bool same_setup(const struct engine *g, const struct net_position *at)
{
	const struct game_rules *r = engine_rules(g);
	int player, k[2] = {0, 0};
	if (r->size != at->rules.size || engine_stones(g) != at->stones[0] + at->stones[1])
		return false;
	for (int i = 0; i < engine_stones(g); i++) {
		int point = engine_stone(g, i, &player);
		if (k[player] >= at->stones[player] || at->stone[player][k[player]++] != point)
			return false;
	}
	return true;
}

static int set_up(struct engine *g, const struct net_position *at, struct err *e)
{
	int rc = engine_clear(g, at->rules.size, e);
	if (rc)
		return rc;
	for (int player = 0; player < 2; player++)
		for (int i = 0; i < at->stones[player]; i++)
			if (!engine_place(g, player, at->stone[player][i]))
				return err_set(e, ERR_MISMATCH, "setup stones leave a group without liberties, or lie on each other");
	return 0;
}

/* Brings the engine's game to the position, by the shortest way, so that what it thought of it is not lost; anew:
 * as another game, in which what is drawn by chance is something else. */
static int bring(struct engine *g, const struct net_position *at, bool anew, struct err *e)
{
	int player, same = 0;
	if (anew || !same_setup(g, at)) {
		int rc = set_up(g, at, e);
		if (rc)
			return rc;
	}
	while (same < engine_moves(g) && same < at->moves && engine_move(g, same, &player) == at->move[same].action &&
	       player == at->move[same].player)
		same++;
	while (engine_moves(g) > same)
		engine_undo(g);
	if (engine_rules(g)->komi_half != at->rules.komi_half)
		engine_komi(g, at->rules.komi_half);
	if (at->moves == 0)
		engine_to_move_first(g, at->turn);
	for (; same < at->moves; same++)
		if (!engine_play(g, at->move[same].player, at->move[same].action))
			return err_set(e, ERR_MISMATCH, "move %d is illegal", same + 1);
	return 0;
}

static struct engine *make_engine(const struct net_play *p, const struct net_position *at, struct err *e)
{
	struct engine_settings s = {
	    .net = p->set.net,
	    .kernels = p->set.kernels,
	    .threads = p->set.threads,
	    .memory = tree_memory,
	    .seed = p->set.seed,
	    .size = at->rules.size,
	    .komi_half = at->rules.komi_half,
	};
	engine_params_init(&s.params);
	/* Of one move alone: an answer depends on its request. */
	s.params.resign = RESIGN;
	s.params.resign_moves = 1;
	return engine_new(&s, e);
}

/* The slot for tab, or NULL where it has to wait.  The lock is held. */
static struct net_slot *choose(struct net_play *p, const char *tab, bool job)
{
	struct net_slot *best = NULL;
	for (int i = 0; i < NET_SLOTS; i++) {
		struct net_slot *s = &p->slot[i];
		if (job && *tab && strcmp(s->tab, tab) == 0) {
			if (s->busy && s->job)
				net_job_stop(s->job);
			return s->busy ? NULL : s;
		}
		if (!s->busy && (!best || s->lent < best->lent))
			best = s;
	}
	return best;
}

/* A free slot, taken; NULL: ended while waiting. */
static struct net_slot *wait_for_slot(struct net_play *p, const char *tab, struct net_job *job, const atomic_bool *stop,
				      bool *anew)
{
	struct net_slot *s = NULL;
	pthread_mutex_lock(&p->lock);
	while (!atomic_load(&p->ending) && !(stop && atomic_load(stop)) && !(s = choose(p, tab, job != NULL)))
		pthread_cond_wait(&p->idle, &p->lock);
	if (s) {
		s->busy = true;
		s->job = job;
		s->lent = ++p->loans;
		*anew = job && strcmp(s->tab, tab) != 0;
		if (job)
			memcpy(s->tab, tab, strlen(tab) + 1);
	}
	pthread_mutex_unlock(&p->lock);
	return s;
}

struct net_slot *net_slot_take(struct net_play *p, const char *tab, const struct net_position *at, struct net_job *job,
			       const atomic_bool *stop, struct err *e)
{
	bool anew = false;
	struct net_slot *s = wait_for_slot(p, tab, job, stop, &anew);
	if (!s) {
		err_set(e, ERR_STOPPED, "another question came before the answer");
		return NULL;
	}
	if (!s->engine)
		s->engine = make_engine(p, at, e);
	if (s->engine && bring(s->engine, at, anew, e) == 0)
		return s;
	net_slot_give(p, s);
	return NULL;
}

void net_slot_give(struct net_play *p, struct net_slot *s)
{
	pthread_mutex_lock(&p->lock);
	s->busy = false;
	s->job = NULL;
	pthread_cond_broadcast(&p->idle);
	pthread_mutex_unlock(&p->lock);
}

void net_slots_stop(struct net_play *p)
{
	pthread_mutex_lock(&p->lock);
	atomic_store(&p->ending, true);
	for (int i = 0; i < NET_SLOTS; i++)
		if (p->slot[i].job)
			net_job_stop(p->slot[i].job);
	pthread_cond_broadcast(&p->idle);
	pthread_mutex_unlock(&p->lock);
}

void net_slots_free(struct net_play *p)
{
	for (int i = 0; i < NET_SLOTS; i++)
		engine_free(p->slot[i].engine);
}
