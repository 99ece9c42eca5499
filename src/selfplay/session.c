/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Many games at a time: threads claim game numbers in order, play several games each with their evaluations in
 * one batch, and hand the finished ones over in order.  When all are claimed, a thread that has none left is given some of
 * another's, so that all end together. */
#include "selfplay/selfplay_int.h"

#include "base/profile.h"
#include "nn/guard.h"
#include "search/cache.h"

#include <pthread.h>
#include <stdlib.h>

enum { IN_FLIGHT_MAX = 4096, CACHE_BYTES = 32 << 20 };

struct finished {
	bool done;
	struct record_game game;
	struct buf payload;
};

/* Fields below the mutex are its; `ended` and `idle` may be read without it. */
struct session {
	const struct selfplay_settings *set;
	struct selfplay_progress *progress; /* may be NULL */
	const atomic_bool *stop;            /* may be NULL */
	selfplay_sink *sink;
	void *ctx;
	uint32_t first, count;
	uint32_t window;          /* games may be claimed up to this many ahead of the one that is next in turn */
	int threads, places;      /* games at a time a thread */
	struct worker *worker;    /* one a thread */
	pthread_mutex_t mutex;
	pthread_cond_t moved;     /* `delivered` grew, games are offered, or ended */
	struct finished *finished;/* by number modulo window */
	uint32_t claimed, delivered;
	struct selfplay_game **offered; /* games under way that their thread gave away */
	int offers;
	atomic_int idle;          /* threads that wait for a game */
	bool enough;              /* said by the sink */
	int code;                 /* first error */
	struct err *e;
	atomic_bool ended;
};

struct worker {
	struct session *s;
	struct evaluator *eval[2];   /* by player; NULL where not needed */
	struct eval_cache *cache[2]; /* their answers */
	struct selfplay_game **own;  /* memory for `places` games; owned, but any thread may play in it */
	struct selfplay_game **game; /* where this thread plays */
	bool *active;
	struct eval_job **job;       /* the open job of each active game, and whose net is asked */
	int *player;
	struct eval_job **batch;
};

static void end_locked(struct session *s)
{
	atomic_store(&s->ended, true);
	pthread_cond_broadcast(&s->moved);
}

static void fail(struct session *s, int code, const struct err *e)
{
	pthread_mutex_lock(&s->mutex);
	if (s->code == 0 && !s->enough) { /* what the sink says of the end stands */
		s->code = code;
		if (s->e && e)
			*s->e = *e;
	}
	end_locked(s);
	pthread_mutex_unlock(&s->mutex);
}

static bool claimable_locked(const struct session *s)
{
	return s->claimed < s->count && s->claimed - s->delivered < s->window;
}

/* The next game number, if one may be claimed now. */
static bool claim(struct session *s, uint32_t *index)
{
	pthread_mutex_lock(&s->mutex);
	bool got = claimable_locked(s);
	if (got)
		*index = s->first + s->claimed++;
	pthread_mutex_unlock(&s->mutex);
	return got;
}

/* A fair part of the games offered. */
static int take_locked(struct worker *w)
{
	struct session *s = w->s;
	int others = atomic_load(&s->idle), n = (s->offers + others) / (others + 1);
	for (int i = 0; i < n; i++) {
		w->game[i] = s->offered[--s->offers];
		w->active[i] = true;
	}
	return n;
}

/* For a thread without a game: waits until it is given some, or may claim one.  Some other thread holds the game that is
 * next in turn and goes on with it, so a wait ends.  false: there is nothing left to do. */
static bool wait_for_games(struct worker *w)
{
	struct session *s = w->s;
	pthread_mutex_lock(&s->mutex);
	atomic_fetch_add(&s->idle, 1);
	while (!atomic_load(&s->ended) && s->delivered < s->count && !s->offers && !claimable_locked(s))
		pthread_cond_wait(&s->moved, &s->mutex);
	atomic_fetch_sub(&s->idle, 1);
	bool more = !atomic_load(&s->ended) && (take_locked(w) > 0 || claimable_locked(s));
	pthread_mutex_unlock(&s->mutex);
	return more;
}

/* Half of the games go to threads that have none, once there are no new ones. */
static void share_games(struct worker *w)
{
	struct session *s = w->s;
	int active = 0;
	if (!atomic_load(&s->idle))
		return;
	for (int i = 0; i < s->places; i++)
		active += w->active[i];
	pthread_mutex_lock(&s->mutex);
	for (int i = 0, give = s->claimed == s->count && !s->offers ? active / 2 : 0; give > 0; i++)
		if (w->active[i]) {
			w->active[i] = false;
			s->offered[s->offers++] = w->game[i];
			give--;
		}
	if (s->offers)
		pthread_cond_broadcast(&s->moved);
	pthread_mutex_unlock(&s->mutex);
}

static void finished_clear(struct finished *f)
{
	record_game_release(&f->game);
	buf_release(&f->payload);
	f->done = false;
}

/* Hands over, in order, whatever is there. */
static void deliver_locked(struct session *s)
{
	struct finished *f = &s->finished[s->delivered % s->window];
	while (f->done && !atomic_load(&s->ended)) {
		bool more = s->sink(s->ctx, &f->game, f->payload.data, f->payload.len);
		finished_clear(f);
		s->delivered++;
		if (s->progress)
			atomic_fetch_add(&s->progress->games, 1);
		if (!more) {
			s->enough = true;
			end_locked(s);
		}
		f = &s->finished[s->delivered % s->window];
	}
	pthread_cond_broadcast(&s->moved);
}

/* Takes the record over from g. */
static void finish(struct session *s, struct selfplay_game *g)
{
	struct finished f = {.done = true, .game = g->rec};
	struct err e;
	enum profile_phase was = profile_enter(s->set->kernels.profile, PROFILE_RECORD);
	g->rec = (struct record_game){0};
	record_game_write(&f.game, &f.payload);
	if (f.payload.failed) {
		finished_clear(&f);
		fail(s, err_set(&e, ERR_MEMORY, "self-play: no memory to record game %u", (unsigned)g->index), &e);
		return;
	}
	if (s->progress)
		atomic_fetch_add(&s->progress->moves, f.game.moves);
	pthread_mutex_lock(&s->mutex);
	s->finished[(f.game.index - s->first) % s->window] = f;
	deliver_locked(s);
	pthread_mutex_unlock(&s->mutex);
	profile_enter(s->set->kernels.profile, was);
}

static void worker_release(struct worker *w)
{
	for (int i = 0; w->own && i < w->s->places; i++)
		selfplay_game_free(w->own[i]);
	evaluator_net_free(w->eval[0]);
	evaluator_net_free(w->eval[1]);
	eval_cache_free(w->cache[0]);
	eval_cache_free(w->cache[1]);
	free(w->own);
	free(w->game);
	free(w->active);
	free(w->job);
	free(w->player);
	free(w->batch);
}

/* A net for one player, and room for the answers of two searches of every game: a search asks again what the one before
 * it asked below the move that was played. */
static int player_init(struct worker *w, int player, int thread, struct err *e)
{
	const struct selfplay_settings *set = w->s->set;
	const struct selfplay_player *p = &set->player[player];
	int visits = p->cheap_visits > p->search.visits ? p->cheap_visits : p->search.visits;
	if (!p->net)
		return 0;
	w->eval[player] = evaluator_net_new(p->net, &set->kernels, set->rules.size, w->s->places, e);
	if (!w->eval[player])
		return ERR_MEMORY;
	w->eval[player]->thread = thread;
	w->cache[player] = eval_cache_new(set->rules.size, set->game->planes, 2 * (size_t)w->s->places * (size_t)visits,
	                                  CACHE_BYTES, set->kernels.guard);
	if (!w->cache[player])
		return err_set(e, ERR_MEMORY, "self-play: no memory for a net's answers");
	return 0;
}

static int worker_init(struct worker *w, struct session *s, int thread, struct err *e)
{
	const struct selfplay_settings *set = s->set;
	size_t n = (size_t)s->places;
	*w = (struct worker){.s = s};
	w->own = calloc(n, sizeof *w->own);
	w->game = calloc(n, sizeof *w->game);
	w->active = calloc(n, sizeof *w->active);
	w->job = calloc(n, sizeof *w->job);
	w->player = calloc(n, sizeof *w->player);
	w->batch = calloc(n, sizeof *w->batch);
	if (!w->own || !w->game || !w->active || !w->job || !w->player || !w->batch)
		return err_set(e, ERR_MEMORY, "self-play: no memory for %d games at a time", s->places);
	for (int player = 0; player < (set->match ? 2 : 1); player++)
		if (player_init(w, player, thread, e))
			return ERR_MEMORY;
	for (size_t i = 0; i < n; i++) {
		w->game[i] = w->own[i] = selfplay_game_new(set, e);
		if (!w->own[i])
			return ERR_MEMORY;
	}
	return 0;
}

/* Whether the question of game i was answered before. */
static bool known_before(struct worker *w, int i)
{
	struct profile *p = w->s->set->kernels.profile;
	enum profile_phase was = profile_enter(p, PROFILE_CACHE);
	bool known = eval_cache_get(w->cache[w->player[i]], w->job[i]);
	profile_enter(p, was);
	return known;
}

/* Game i on to the next question that only the net can answer, or to its end. */
static int step_game(struct worker *w, int i)
{
	int rc, known = -1;
	do {
		rc = selfplay_game_step(w->game[i], &w->job[i], &w->player[i]);
		known++;
	} while (rc == 1 && known_before(w, i));
	if (w->s->progress)
		atomic_fetch_add(&w->s->progress->known, (uint64_t)known);
	return rc;
}

static bool begin_game(struct worker *w, int i)
{
	uint32_t index;
	if (!claim(w->s, &index))
		return false;
	selfplay_game_begin(w->game[i], index);
	return true;
}

/* Ends the session where it was asked to stop or the machine errs: then no game under way is to be believed. */
static bool going_on(struct session *s)
{
	struct err e;
	if (s->stop && atomic_load(s->stop))
		fail(s, err_set(&e, ERR_STOPPED, "self-play: stopped"), &e);
	if (nn_guard_faulty(s->set->kernels.guard))
		fail(s, err_set(&e, ERR_FAULT, "%s", s->set->kernels.guard->first.text), &e);
	return !atomic_load(&s->ended);
}

/* Place i on to a question that only the net can answer, through as many games as it takes; false: it is empty. */
static bool fill_place(struct worker *w, int i)
{
	while (going_on(w->s) && (w->active[i] || begin_game(w, i))) {
		int rc = step_game(w, i);
		struct err e;
		w->active[i] = rc == 1;
		if (rc == 1)
			return true;
		if (rc == 0)
			finish(w->s, w->game[i]);
		else
			fail(w->s, err_set(&e, rc, "self-play: no memory to record a game"), &e);
	}
	return false;
}

/* Returns how many places have a question. */
static int fill_places(struct worker *w)
{
	int n = 0;
	for (int i = 0; i < w->s->places; i++)
		n += fill_place(w, i);
	return n;
}

static void answer_games(struct worker *w)
{
	struct profile *p = w->s->set->kernels.profile;
	for (int player = 0; player < 2; player++) {
		int n = 0;
		for (int i = 0; i < w->s->places; i++)
			if (w->active[i] && w->player[i] == player)
				w->batch[n++] = w->job[i];
		if (n == 0)
			continue;
		w->eval[player]->evaluate(w->eval[player], w->batch, n);
		enum profile_phase was = profile_enter(p, PROFILE_CACHE);
		for (int i = 0; i < n; i++)
			eval_cache_put(w->cache[player], w->batch[i]);
		profile_enter(p, was);
		if (w->s->progress)
			atomic_fetch_add(&w->s->progress->evals, (uint64_t)n);
	}
}

static void work(void *ctx, int task, int thread)
{
	struct session *s = ctx;
	struct worker *w = &s->worker[task];
	struct err e;
	int rc = worker_init(w, s, thread, &e);
	if (rc)
		fail(s, rc, &e);
	while (going_on(s))
		if (fill_places(w) > 0) {
			answer_games(w);
			share_games(w);
		} else if (!wait_for_games(w)) {
			break;
		}
}

static int check_player(const struct selfplay_settings *s, int player, struct err *e)
{
	const struct selfplay_player *p = &s->player[player];
	if (p->net && (p->net->shape.planes != s->game->planes || p->net->shape.plane_exp != s->game->plane_exp))
		return err_set(e, ERR_ARG, "self-play: the net takes %d planes at 2^-%d, the game has %d at 2^-%d",
		               p->net->shape.planes, p->net->shape.plane_exp, s->game->planes, s->game->plane_exp);
	if (p->net && p->search.visits < 1)
		return err_set(e, ERR_ARG, "self-play: visits is %d, must be at least 1", p->search.visits);
	if (p->cheap_visits < 0 || p->full_share < 0 || p->full_share > 1000)
		return err_set(e, ERR_ARG, "self-play: cheap_visits %d is below 0, or full_share %d not 0 to 1000",
		               p->cheap_visits, p->full_share);
	if (p->decided_value && (p->decided_value < 0 || p->decided_moves < 1 || p->decided_visits < 1))
		return err_set(e, ERR_ARG, "self-play: decided_value %d is below 0, or decided_moves %d or decided_visits %d below 1",
		               (int)p->decided_value, p->decided_moves, p->decided_visits);
	return 0;
}

static int check_settings(const struct selfplay_settings *s, uint32_t first, uint32_t count, struct err *e)
{
	const struct game_rules *r = &s->rules;
	const int komi_most = 2 * GAME_POINTS_MAX;
	int spread = s->match ? 0 : s->komi_spread_half;
	if (r->size < GAME_SIZE_MIN || r->size > GAME_SIZE_MAX || r->max_moves < 1 || r->max_moves > GAME_MOVES_MAX)
		return err_set(e, ERR_ARG, "self-play: board size %d must be 2 to 19, max_moves %d must be 1 to %d",
		               r->size, r->max_moves, GAME_MOVES_MAX);
	if (spread < 0 || spread > komi_most || r->komi_half + spread > komi_most || r->komi_half - spread < -komi_most)
		return err_set(e, ERR_ARG, "self-play: komi %d with spread %d leaves -%d to %d half points",
		               r->komi_half, spread, komi_most, komi_most);
	if (s->random_plies < 0 || s->random_plies > GAME_MOVES_MAX)
		return err_set(e, ERR_ARG, "self-play: random_plies is %d, must be 0 to %d", s->random_plies,
		               GAME_MOVES_MAX);
	if (s->opening_plies < 0 || s->opening_plies > GAME_MOVES_MAX)
		return err_set(e, ERR_ARG, "self-play: opening_plies is %d, must be 0 to %d", s->opening_plies,
		               GAME_MOVES_MAX);
	if (s->in_flight < 1 || s->in_flight > IN_FLIGHT_MAX)
		return err_set(e, ERR_ARG, "self-play: %d games at a time, must be 1 to %d", s->in_flight,
		               IN_FLIGHT_MAX);
	if (count > UINT32_MAX - first)
		return err_set(e, ERR_ARG, "self-play: %u games from number %u on are too many", (unsigned)count,
		               (unsigned)first);
	for (int player = 0; player < (s->match ? 2 : 1); player++)
		if (check_player(s, player, e))
			return ERR_ARG;
	return 0;
}

static int session_memory(struct session *s, struct err *e)
{
	s->finished = calloc(s->window, sizeof *s->finished);
	s->worker = calloc((size_t)s->threads, sizeof *s->worker);
	s->offered = calloc((size_t)s->places, sizeof *s->offered); /* one thread's at a time */
	if (s->finished && s->worker && s->offered)
		return 0;
	return err_set(e, ERR_MEMORY, "self-play: no memory for %u finished games", (unsigned)s->window);
}

static void session_release(struct session *s)
{
	for (int i = 0; s->worker && i < s->threads; i++)
		if (s->worker[i].s)
			worker_release(&s->worker[i]);
	for (uint32_t i = 0; s->finished && i < s->window; i++)
		finished_clear(&s->finished[i]);
	free(s->worker);
	free(s->finished);
	free(s->offered);
}

static int session_play(struct session *s, struct pool *pool, struct err *e)
{
	int rc = session_memory(s, e);
	if (rc)
		return rc;
	if (pthread_mutex_init(&s->mutex, NULL) != 0)
		return err_set(e, ERR_MEMORY, "self-play: the system gives no lock");
	if (pthread_cond_init(&s->moved, NULL) == 0) {
		pool_run(pool, s->threads, work, s);
		pthread_cond_destroy(&s->moved);
	} else {
		s->code = err_set(e, ERR_MEMORY, "self-play: the system gives no lock");
	}
	pthread_mutex_destroy(&s->mutex);
	return s->enough || s->delivered == s->count ? 0 : s->code;
}

/* No thread takes more than its part of all games, and none is so far ahead of the others that much waits for its turn. */
static void session_shape(struct session *s, int threads)
{
	uint64_t in_flight = (uint64_t)s->set->in_flight, part = (s->count + (uint64_t)threads - 1) / (uint64_t)threads;
	uint64_t window = 4 * (uint64_t)threads * in_flight + 64;
	s->threads = threads;
	s->places = (int)(in_flight < part ? in_flight : part);
	s->window = window < s->count ? (uint32_t)window : s->count;
}

int selfplay_run(const struct selfplay_settings *set, struct pool *pool, uint32_t first, uint32_t count,
                 selfplay_sink *sink, void *ctx, const atomic_bool *stop, struct selfplay_progress *progress,
                 struct err *e)
{
	struct session s = {.set = set, .progress = progress, .stop = stop, .sink = sink, .ctx = ctx,
	                    .first = first, .count = count, .e = e};
	int rc = check_settings(set, first, count, e);
	if (rc || count == 0)
		return rc;
	atomic_init(&s.ended, false);
	atomic_init(&s.idle, 0);
	session_shape(&s, pool_threads(pool));
	rc = session_play(&s, pool, e);
	session_release(&s);
	return rc;
}
