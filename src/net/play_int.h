/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_NET_PLAY_INT_H
#define MIAI_NET_PLAY_INT_H

#include "games/go/go.h"
#include "gtp/engine.h"
#include "net/play.h"

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>

/* A file of the page. */
struct net_asset {
	const char *path, *type; /* "/main.js", its Content-Type */
	const char *file;        /* its name in web/ */
	const unsigned char *data;
	size_t n;
	const char *etag;
};
extern const struct net_asset net_assets[]; /* made by tools/embed; ends with a NULL path */

enum {
	NET_SLOTS = 4,    /* engines: more tabs than these wait for each other */
	NET_TAB_MAX = 32, /* bytes of a tab's name */
};

/* An engine, and who has it. */
struct net_slot {
	struct engine *engine;     /* made when first wanted */
	char tab[NET_TAB_MAX + 1]; /* whose it was last: that tab's tree is in it */
	uint64_t lent;             /* number of the loan: the lowest was longest without work */
	bool busy;
	struct net_job *job; /* that has it; NULL where none, or for a short question */
};

struct net_play {
	struct net_play_settings set;
	int port;
	void *daemon;       /* struct MHD_Daemon */
	atomic_bool ending; /* jobs stop */
	pthread_mutex_t lock; /* of all below; jobs' own locks are never held with it */
	pthread_cond_t idle;  /* an engine was given back */
	uint64_t loans;
	struct net_slot slot[NET_SLOTS];
};

/* A position as a request has it: setup, then moves. */
struct net_position {
	struct game_rules rules;
	int stones[2], moves;
	uint16_t stone[2][GAME_POINTS_MAX];
	int turn; /* after the setup stones */
	struct net_move {
		uint8_t player;
		uint16_t action;
	} move[GAME_MOVES_MAX];
};

/* The form only: ERR_FORMAT where j is not a position. */
int net_position_read(struct net_position *p, const json_t *j, struct err *e);
/* A state of game_go with the position on it, to be freed with free(); NULL: the rules refuse it (ERR_MISMATCH), or no
 * memory. */
void *net_position_state(const struct net_position *p, struct err *e);
/* "b", "w": 0, 1; anything else: -1. */
int net_color(const json_t *j);

/* Sets the reply to {"error": text}. */
void net_reply_error(struct net_reply *r, unsigned status, const char *text);
/* Takes j over. */
void net_reply_json(struct net_reply *r, json_t *j);
/* The status that belongs to an err_code. */
unsigned net_status(int code);

/* slots.c: an engine with the position on it, for a job (which an earlier one of the same tab makes room for) or, where
 * job is NULL, for a short question.  NULL: see e; ERR_STOPPED where *stop was set while waiting. */
struct net_slot *net_slot_take(struct net_play *p, const char *tab, const struct net_position *at, struct net_job *job,
			       const atomic_bool *stop, struct err *e);
void net_slot_give(struct net_play *p, struct net_slot *s);
void net_slots_stop(struct net_play *p); /* every job is asked to end */
void net_slots_free(struct net_play *p);

/* job.c: thinking in a thread of its own, told line by line. */
void net_job_stop(struct net_job *job); /* any thread, at any time in the job's life */
void net_job_free(struct net_job *job); /* asks it to end, and waits for that */

/* A route's work: in is the body, NULL for a GET. */
typedef void net_handler(struct net_play *p, const json_t *in, struct net_reply *r);
net_handler net_info, net_position_answer, net_analysis_answer, net_move_answer, net_score_answer,
    net_sgf_read_answer, net_sgf_write_answer;

#endif
