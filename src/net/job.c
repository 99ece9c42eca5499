/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thinking, told line by line: an analysis, or a move.  A thread thinks and leaves what it has to say in `next`; the
 * connection's thread takes it from there.  Who reads slowly misses lines, never the last one. */
#include "net/play_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
	REPORT_US = 150000,
	SILENCE_MS = 500, /* then an empty line, by which a reader who went away is noticed */
	TOLD_MOVES = 16,  /* candidates that are told */
};

struct net_job {
	struct net_play *p;
	struct net_position *at; /* owned */
	char tab[NET_TAB_MAX + 1];
	bool move;               /* a move is wanted, else an analysis */
	bool owner;
	int visits, strength;
	pthread_t thread;
	atomic_bool stop;
	_Atomic(struct engine *) engine; /* while it thinks */
	pthread_mutex_t lock;            /* of all below */
	pthread_cond_t told;
	struct buf next, out; /* the newest line; what is being read */
	size_t sent;          /* of out */
	bool done;
};

static const char *const color_name[] = {"b", "w"};

/* --- What is said --- */

static double percent(int64_t part, int64_t whole)
{
	return (double)(part * 100000 / whole) / 1000;
}

/* A chance of the root's mover, Q16, as Black's in percent; a score, Q8, as Black's in points. */
static double black_chance(int mover, int32_t q16)
{
	return percent(mover ? 65536 - q16 : q16, 65536);
}

static double black_score(int mover, int32_t q8)
{
	return (double)(mover ? -q8 : q8) / 256;
}

static json_t *numbers(const uint16_t *v, int n)
{
	json_t *list = json_array();
	for (int i = 0; i < n; i++)
		json_array_append_new(list, json_integer(v[i]));
	return list;
}

static json_t *ownership(const int16_t *owner, int mover, int points)
{
	json_t *list = json_array();
	for (int i = 0; owner && i < points; i++)
		json_array_append_new(list, json_integer((mover ? -owner[i] : owner[i]) * 100 / 32767));
	return list;
}

static json_t *candidates(const struct engine_analysis *a)
{
	json_t *list = json_array();
	for (int i = 0; i < a->moves && i < TOLD_MOVES; i++) {
		const struct engine_info *m = &a->move[i];
		if (m->visits < 1 && i)
			break;
		json_array_append_new(list, json_pack("{s:i, s:i, s:f, s:f, s:f, s:o}", "point", m->action, "visits", m->visits,
						      "win", black_chance(a->to_move, m->winrate), "score",
						      black_score(a->to_move, m->score), "prior", percent(m->prior, 65536),
						      "pv", numbers(m->pv, m->pv_len)));
	}
	return list;
}

static json_t *say_analysis(const struct net_job *job, const struct engine_analysis *a)
{
	json_t *j = json_pack("{s:s, s:i, s:f, s:f, s:o}", "turn", color_name[a->to_move], "visits", a->visits, "win",
			      black_chance(a->to_move, a->winrate), "score", black_score(a->to_move, a->score), "moves",
			      candidates(a));
	if (j && a->owner)
		json_object_set_new(j, "ownership", ownership(a->owner, a->to_move, game_points(&job->at->rules)));
	return j;
}

/* Takes j over: it becomes the next line. */
static void tell(struct net_job *job, json_t *j, bool last)
{
	char *text = j ? json_dumps(j, JSON_COMPACT | JSON_REAL_PRECISION(6)) : NULL;
	json_decref(j);
	pthread_mutex_lock(&job->lock);
	buf_clear(&job->next);
	buf_printf(&job->next, "%s\n", text ? text : "{\"error\":\"out of memory\"}");
	job->done |= last;
	pthread_cond_broadcast(&job->told);
	pthread_mutex_unlock(&job->lock);
	free(text);
}

/* --- Thinking --- */

static bool report(void *ctx, const struct engine_analysis *a, bool last)
{
	struct net_job *job = ctx;
	/* The last is told with the answer. */
	if (!last)
		tell(job, say_analysis(job, a), false);
	return !atomic_load(&job->stop);
}

static bool waiting(void *ctx)
{
	struct net_job *job = ctx;
	return atomic_load(&job->stop);
}

static int turn_of(const struct engine *g)
{
	return game_go.to_move(engine_state(g));
}

static json_t *analyse(struct net_job *job, struct engine *g, struct err *e)
{
	struct engine_limits l = {.visits = job->visits, .interval_us = REPORT_US, .owner = job->owner};
	const struct engine_analysis *a = NULL;
	return engine_think(g, turn_of(g), &l, report, waiting, job, &a, e) ? NULL : say_analysis(job, a);
}

/* With the visits of its level, or those asked for, and nothing of what was thought before. */
static json_t *choose_move(struct net_job *job, struct engine *g, struct err *e)
{
	struct engine_limits l = {.visits = job->strength ? 0 : job->visits, .interval_us = REPORT_US, .fresh = true, .owner = true};
	char level[16];
	int action, player = turn_of(g);
	snprintf(level, sizeof level, "%d", job->strength);
	if (engine_set(g, "strength", level, e) ||
	    engine_genmove_report(g, player, &l, report, NULL, job, &action, e))
		return NULL;
	const struct engine_analysis *a = engine_last(g);
	json_t *j = a ? say_analysis(job, a) : json_object();
	json_object_set_new(j, "play", json_integer(action));
	return j;
}

static void *think(void *ctx)
{
	struct net_job *job = ctx;
	struct err e = {.text = ""};
	json_t *j = NULL;
	struct net_slot *s = net_slot_take(job->p, job->tab, job->at, job, &job->stop, &e);
	if (s) {
		atomic_store(&job->engine, s->engine);
		j = job->move ? choose_move(job, s->engine, &e) : analyse(job, s->engine, &e);
		atomic_store(&job->engine, NULL);
		net_slot_give(job->p, s);
	}
	if (j)
		json_object_set_new(j, "done", json_boolean(!atomic_load(&job->stop)));
	else
		j = json_pack("{s:s}", "error", e.text);
	tell(job, j, true);
	return NULL;
}

void net_job_stop(struct net_job *job)
{
	atomic_store(&job->stop, true);
	struct engine *g = atomic_load(&job->engine);
	if (g)
		engine_stop(g);
}

size_t net_job_read(struct net_job *job, char *out, size_t max)
{
	struct timespec until;
	size_t n = 0;
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += SILENCE_MS * 1000000;
	until.tv_sec += until.tv_nsec / 1000000000;
	until.tv_nsec %= 1000000000;
	pthread_mutex_lock(&job->lock);
	int rc = 0;
	while (job->sent == job->out.len && job->next.len == 0 && !job->done && rc != ETIMEDOUT)
		rc = pthread_cond_timedwait(&job->told, &job->lock, &until);
	if (job->sent == job->out.len && job->next.len) {
		struct buf empty = job->out;
		job->out = job->next;
		job->sent = 0;
		job->next = empty;
		buf_clear(&job->next);
	}
	if (job->sent < job->out.len) {
		n = job->out.len - job->sent;
		n = n < max ? n : max;
		memcpy(out, job->out.data + job->sent, n);
		job->sent += n;
	} else if (!job->done && max) {
		out[n++] = '\n';
	}
	pthread_mutex_unlock(&job->lock);
	return n;
}

void net_job_free(struct net_job *job)
{
	net_job_stop(job);
	/* It may be waiting for an engine. */
	pthread_mutex_lock(&job->p->lock);
	pthread_cond_broadcast(&job->p->idle);
	pthread_mutex_unlock(&job->p->lock);
	pthread_join(job->thread, NULL);
	pthread_cond_destroy(&job->told);
	pthread_mutex_destroy(&job->lock);
	buf_release(&job->next);
	buf_release(&job->out);
	free(job->at);
	free(job);
}

/* --- The routes --- */

static int whole(const json_t *j, int least, int most, int otherwise)
{
	json_int_t v = json_integer_value(j);
	return !j ? otherwise : json_is_integer(j) && v >= least && v <= most ? (int)v : -1;
}

/* The parts of a request beside the position. */
static int read_wishes(struct net_job *job, const json_t *in, struct err *e)
{
	json_t *at, *visits = NULL, *extra = NULL;
	const char *tab = "";
	size_t n = 0;
	json_error_t wrong;
	if (json_unpack_ex((json_t *)(uintptr_t)in, &wrong, JSON_STRICT, "{s:o, s?s%, s?o, s?o}", "position", &at, "tab", &tab,
			   &n, "visits", &visits, job->move ? "strength" : "ownership", &extra))
		return err_set(e, ERR_FORMAT, "the request is not as it has to be: %s", wrong.text);
	if (n > NET_TAB_MAX || strlen(tab) != n)
		return err_set(e, ERR_FORMAT, "tab has to be a text of at most %d bytes", NET_TAB_MAX);
	memcpy(job->tab, tab, n + 1);
	job->visits = whole(visits, 1, NET_VISITS_MAX, 400);
	job->strength = job->move ? whole(extra, 0, 20, 0) : 0;
	job->owner = json_is_true(extra);
	if (job->visits < 0 || job->strength < 0)
		return err_set(e, ERR_FORMAT, "visits have to be 1 to %d, strength 0 to 20", NET_VISITS_MAX);
	return net_position_read(job->at, at, e);
}

/* The rules are asked before the stream begins, so that it need not begin with an error. */
static int check_position(const struct net_job *job, struct err *e)
{
	void *state = net_position_state(job->at, e);
	bool full = job->at->moves >= GAME_MOVES_MAX;
	free(state);
	return !state ? e->code : full ? err_set(e, ERR_MISMATCH, "the game is too long") : 0;
}

static void answer(struct net_play *p, const json_t *in, struct net_reply *r, bool move)
{
	struct err e = {.text = "out of memory"};
	int rc = ERR_MEMORY;
	struct net_job *job = calloc(1, sizeof *job);
	if (job) {
		job->p = p;
		job->move = move;
		job->at = malloc(sizeof *job->at);
		rc = job->at ? read_wishes(job, in, &e) : ERR_MEMORY;
		rc = rc ? rc : check_position(job, &e);
		if (!rc && !move && !p->set.net)
			rc = err_set(&e, ERR_MISMATCH, "there is no net that could analyse");
	}
	if (!rc) {
		pthread_mutex_init(&job->lock, NULL);
		pthread_cond_init(&job->told, NULL);
		if (pthread_create(&job->thread, NULL, think, job) == 0) {
			r->type = "application/x-ndjson; charset=utf-8";
			r->job = job;
			return;
		}
		pthread_cond_destroy(&job->told);
		pthread_mutex_destroy(&job->lock);
		rc = err_set(&e, ERR_MEMORY, "no thread to think in");
	}
	if (job)
		free(job->at);
	free(job);
	net_reply_error(r, net_status(rc), e.text);
}

void net_analysis_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	answer(p, in, r, false);
}

void net_move_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	answer(p, in, r, true);
}
