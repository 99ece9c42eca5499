/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int64_t match_milliseconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* In the child: becomes the command.  Only calls that are safe after fork in a threaded program. */
static void become(const char *command, int in, int out)
{
	int null = open("/dev/null", O_WRONLY);
	setpgid(0, 0);
	if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || (null >= 0 && dup2(null, 2) < 0))
		_exit(127);
	signal(SIGPIPE, SIG_DFL);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int match_program_start(struct match_program *p, const char *command, int patience, struct err *e)
{
	int to[2], from[2];
	*p = (struct match_program){.command = command, .patience = patience};
	if (pipe2(to, O_CLOEXEC))
		return err_set(e, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	if (pipe2(from, O_CLOEXEC)) {
		close(to[0]);
		close(to[1]);
		return err_set(e, ERR_IO, "cannot make a pipe: %s", strerror(errno));
	}
	p->pid = fork();
	if (p->pid == 0)
		become(command, to[0], from[1]);
	close(to[0]);
	close(from[1]);
	p->in = to[1];
	p->out = from[0];
	if (p->pid > 0)
		return 0;
	close(p->in);
	close(p->out);
	return err_set(e, ERR_IO, "cannot start \"%s\": %s", command, strerror(errno));
}

static int ended(const struct match_program *p, const char *line, struct err *e)
{
	return err_set(e, ERR_IO, "\"%s\" ended when asked \"%s\"", p->command, line);
}

static int send_line(struct match_program *p, const char *line, struct err *e)
{
	char text[1024];
	int n = snprintf(text, sizeof text, "%s\n", line);
	for (int done = 0; done < n;) {
		ssize_t w = write(p->in, text + done, (size_t)(n - done));
		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return ended(p, line, e);
		done += (int)w;
	}
	return 0;
}

/* More bytes into the buffer. */
static int more(struct match_program *p, const char *line, int64_t deadline, struct err *e)
{
	struct pollfd f = {.fd = p->out, .events = POLLIN};
	int64_t left = deadline - match_milliseconds();
	if (p->held == sizeof p->buffer)
		return err_set(e, ERR_FORMAT, "\"%s\": its reply to \"%s\" has more than %d bytes", p->command, line,
			       MATCH_REPLY_MAX);
	int r = left > 0 ? poll(&f, 1, (int)left) : 0;
	if (r < 0 && errno == EINTR)
		return 0;
	if (r == 0)
		return err_set(e, ERR_IO, "\"%s\": no reply to \"%s\" in %d seconds", p->command, line, p->patience);
	ssize_t n = read(p->out, p->buffer + p->held, sizeof p->buffer - p->held);
	if (n <= 0)
		return ended(p, line, e);
	/* Control characters are no part of a reply. */
	for (char *c = p->buffer + p->held, *end = c + n; c < end; c++)
		if (*c != '\r' && *c != '\0')
			p->buffer[p->held++] = *c;
	return 0;
}

/* The length of the reply that the buffer begins with, its empty line included; 0: it is not whole yet. */
static size_t whole(struct match_program *p)
{
	size_t skip = 0;
	while (skip < p->held && p->buffer[skip] == '\n')
		skip++;
	p->held -= skip;
	memmove(p->buffer, p->buffer + skip, p->held);
	const char *end = memmem(p->buffer, p->held, "\n\n", 2);
	return end ? (size_t)(end - p->buffer) + 2 : 0;
}

/* Takes a reply of n bytes off the buffer. */
static void take(struct match_program *p, size_t n, char *text, size_t room)
{
	const char *from = p->buffer + 1, *to = p->buffer + n;
	while (from < to && strchr(" \t\n0123456789", *from) && *from)
		from++; /* an id too, though none was given; no reply that matters begins with a digit */
	while (from < to && strchr(" \t\n", to[-1]))
		to--;
	size_t length = (size_t)(to - from) < room - 1 ? (size_t)(to - from) : room - 1;
	memcpy(text, from, length);
	text[length] = '\0';
	p->held -= n;
	memmove(p->buffer, p->buffer + n, p->held);
}

int match_program_ask(struct match_program *p, const char *line, bool *ok, char *text, size_t n, struct err *e)
{
	int64_t deadline = match_milliseconds() + (int64_t)p->patience * 1000;
	size_t length;
	int rc = send_line(p, line, e);
	while (rc == 0 && (length = whole(p)) == 0)
		rc = more(p, line, deadline, e);
	if (rc)
		return rc;
	if (p->buffer[0] != '=' && p->buffer[0] != '?')
		return err_set(e, ERR_FORMAT, "\"%s\" does not speak GTP: its reply to \"%s\" begins \"%.20s\"",
			       p->command, line, p->buffer);
	*ok = p->buffer[0] == '=';
	take(p, length, text, n);
	return 0;
}

void match_program_end(struct match_program *p)
{
	struct err e;
	char text[16];
	bool ok;
	if (p->pid <= 0)
		return;
	p->patience = 1;
	match_program_ask(p, "quit", &ok, text, sizeof text, &e);
	close(p->in);
	close(p->out);
	int there = 1;
	for (int i = 0; i < 100 && there; i++) {
		there = waitpid(p->pid, NULL, WNOHANG) == 0;
		if (there)
			nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
	}
	if (there) {
		kill(-p->pid, SIGKILL);
		waitpid(p->pid, NULL, 0);
	}
	p->pid = 0;
}
