/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_GTP_GTP_INT_H
#define MIAI_GTP_GTP_INT_H

#include "games/go/go.h"
#include "gtp/clock.h"
#include "gtp/gtp.h"

enum { GTP_ARGS_MAX = 1024 }; /* set_position may name every point with its colour */

/* What was thought of the last move that was made. */
struct gtp_thought {
	bool there;
	int moves;              /* of the game, before it */
	int32_t winrate, score; /* the mover's, as in struct engine_analysis */
};

struct gtp {
	struct gtp_settings set;
	struct engine *engine;
	struct gtp_thought thought;
	struct buf *out; /* of the line under way */
};

/* A command under way.  Arguments are without the command's name. */
struct gtp_call {
	int argc;
	const char *argv[GTP_ARGS_MAX];
	const char *name, *id;
	struct buf *text; /* what is to be said: the answer, or what is wrong */
	bool quit;
	bool streamed;    /* the reply was begun in out: text goes on from there */
};

/* Answers; false: text says what is wrong. */
typedef bool gtp_handler(struct gtp *g, struct gtp_call *c);

/* gtp.c */
bool gtp_fail(struct gtp_call *c, const char *what); /* writes what, returns false */
bool gtp_known(const char *name);
int gtp_size(const struct gtp *g);
void gtp_say_vertex(struct gtp *g, struct buf *b, int action);
/* Two engine_waiting whose ctx is a struct gtp_cut: one asks for the user's impatience, the other for any line at all, and
 * remembers whether there was one. */
struct gtp_cut {
	const struct gtp *gtp;
	bool cut;
};
bool gtp_interrupted(void *ctx);
bool gtp_cut(void *ctx);
/* Between a genmove and the move itself: keeps what was thought of action, and tells the chat. */
void gtp_remember(struct gtp *g, int action);
/* Begins the reply now ("=id" and a newline) and hands over what there is of it. */
void gtp_stream(struct gtp *g, struct gtp_call *c);

#define GTP_COMMAND(name, handler, least, most) handler,
extern gtp_handler
#include "gtp/commands.inc"
    gtp_nothing;
#undef GTP_COMMAND

#endif
