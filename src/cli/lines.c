/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/lines.h"

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
	atomic_bool waits; /* count > 0 or end */
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

/* NULL at the end, and where there is no memory. */
static struct line *read_line(struct cli_lines *l, struct buf *b)
{
	int c;
	buf_clear(b);
	while ((c = getc(l->in)) != EOF && c != '\n')
		if (b->len <= l->most)
			buf_u8(b, (uint8_t)c);
	if ((c == EOF && b->len == 0) || b->failed)
		return NULL;
	struct line *line = malloc(sizeof *line + b->len + 1);
	if (!line)
		return NULL;
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
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->more, NULL);
	pthread_cond_init(&l->less, NULL);
	if (pthread_create(&l->thread, NULL, reader, l) == 0) {
		pthread_detach(l->thread);
		return l;
	}
	free(l);
	return NULL;
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
	return true;
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
