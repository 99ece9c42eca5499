/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/lines.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_MAX = 4096 }; /* lines that wait; then the reader does */

struct line {
	struct line *next;
	size_t n;
	char text[];
};

struct cli_lines {
	FILE *in;
	size_t most;
	cli_line_seen *seen;
	void *ctx;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t more, less;
	struct line *first, **last;
	int count;
	bool end, left; /* the reader is done; the caller is */
	int why, reason; /* of the end, set before it: 0, ERR_MEMORY, or ERR_IO and its errno */
	atomic_bool waits; /* count > 0 or end */
	bool lost; /* the caller's: there was no memory to hand a line over */
};

static void free_lines(struct cli_lines *l)
{
	for (struct line *line = l->first, *next; line; line = next) {
		next = line->next;
		free(line);
	}
	pthread_mutex_destroy(&l->mutex);
	pthread_cond_destroy(&l->more);
	pthread_cond_destroy(&l->less);
	free(l);
}

/* False where nobody wants lines any more. */
static bool push(struct cli_lines *l, struct line *line)
{
	pthread_mutex_lock(&l->mutex);
	if (line && l->seen && !l->left)
		l->seen(l->ctx, line->text, line->n);
	while (l->count >= QUEUE_MAX && !l->left)
		pthread_cond_wait(&l->less, &l->mutex);
	bool left = l->left;
	if (left) {
		free(line);
		l->end = true;
	} else if (line) {
		*l->last = line;
		l->last = &line->next;
		l->count++;
	} else {
		l->end = true;
	}
	atomic_store(&l->waits, true);
	pthread_cond_signal(&l->more);
	pthread_mutex_unlock(&l->mutex);
	return !left;
}

static struct line *no_line(struct cli_lines *l, int why, int reason)
{
	l->why = why;
	l->reason = reason;
	return NULL;
}

/* The next byte; a signal is no end. */
static int next_byte(FILE *in)
{
	int c;
	while ((c = getc(in)) == EOF && ferror(in) && errno == EINTR)
		clearerr(in);
	return c;
}

/* NULL at the end, whyever it is one.  What came before an error, and is no whole line, is dropped. */
static struct line *read_line(struct cli_lines *l, struct buf *b)
{
	int c;
	buf_clear(b);
	while ((c = next_byte(l->in)) != EOF && c != '\n')
		if (b->len <= l->most)
			buf_u8(b, (uint8_t)c);
	if (c == EOF && ferror(l->in))
		return no_line(l, ERR_IO, errno);
	if (c == EOF && b->len == 0 && !b->failed)
		return NULL;
	struct line *line = b->failed ? NULL : malloc(sizeof *line + b->len + 1);
	if (!line)
		return no_line(l, ERR_MEMORY, 0);
	line->next = NULL;
	line->n = b->len;
	if (b->len)
		memcpy(line->text, b->data, b->len);
	line->text[b->len] = '\0';
	return line;
}

static void *reader(void *arg)
{
	struct cli_lines *l = arg;
	struct buf b = {.data = NULL};
	struct line *line;
	bool wanted = true;
	while (wanted && (line = read_line(l, &b)))
		wanted = push(l, line);
	buf_release(&b);
	if (!wanted || !push(l, NULL))
		free_lines(l);
	return NULL;
}

static bool init_waits(struct cli_lines *l)
{
	if (pthread_mutex_init(&l->mutex, NULL) != 0)
		return false;
	if (pthread_cond_init(&l->more, NULL) != 0)
		goto no_more;
	if (pthread_cond_init(&l->less, NULL) == 0)
		return true;
	pthread_cond_destroy(&l->more);
no_more:
	pthread_mutex_destroy(&l->mutex);
	return false;
}

struct cli_lines *cli_lines_start(FILE *in, size_t most, cli_line_seen *seen, void *ctx)
{
	struct cli_lines *l = calloc(1, sizeof *l);
	if (!l)
		return NULL;
	l->in = in;
	l->most = most;
	l->seen = seen;
	l->ctx = ctx;
	l->last = &l->first;
	if (!init_waits(l)) {
		free(l);
		return NULL;
	}
	if (pthread_create(&l->thread, NULL, reader, l) != 0) {
		free_lines(l);
		return NULL;
	}
	pthread_detach(l->thread);
	return l;
}

void cli_lines_leave(struct cli_lines *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	bool ended = l->end;
	l->left = true;
	pthread_cond_signal(&l->less);
	pthread_mutex_unlock(&l->mutex);
	if (ended)
		free_lines(l);
}

bool cli_lines_next(struct cli_lines *l, struct buf *out)
{
	buf_clear(out);
	pthread_mutex_lock(&l->mutex);
	while (!l->first && !l->end)
		pthread_cond_wait(&l->more, &l->mutex);
	struct line *line = l->first;
	if (line) {
		l->first = line->next;
		if (!l->first)
			l->last = &l->first;
		l->count--;
	}
	atomic_store(&l->waits, l->first || l->end);
	pthread_cond_signal(&l->less);
	pthread_mutex_unlock(&l->mutex);
	if (!line)
		return false;
	buf_bytes(out, line->text, line->n);
	free(line);
	l->lost |= out->failed;
	return !l->lost;
}

bool cli_lines_waiting(struct cli_lines *l)
{
	return atomic_load(&l->waits);
}

bool cli_lines_ended(struct cli_lines *l)
{
	pthread_mutex_lock(&l->mutex);
	bool ended = l->end && !l->first;
	pthread_mutex_unlock(&l->mutex);
	return ended;
}

int cli_lines_error(struct cli_lines *l, struct err *e)
{
	pthread_mutex_lock(&l->mutex);
	int why = l->lost ? ERR_MEMORY : l->end ? l->why : 0, reason = l->reason;
	pthread_mutex_unlock(&l->mutex);
	if (why == ERR_IO)
		return err_set(e, why, "standard input: cannot read: %s", strerror(reason));
	return why ? err_set(e, why, "out of memory for a line of standard input") : 0;
}
