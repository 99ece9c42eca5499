/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A library to be preloaded: the program meets its end, or a full disk, at a call that the test chooses.
 *
 * FAULTS=kill:N   ends the program with SIGKILL before its Nth call that changes the disk
 * FAULTS=tear:N   the same; where that call writes, half of it is written first
 * FAULTS=full:N   from the Nth such call on, write says ENOSPC after half of what was asked
 * FAULTS=count    prints the number of calls at the end, on standard error
 *
 * A sync does nothing here: the machine stays up, so it could only cost time.  */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int calls;

static int chosen(const char *what)
{
	const char *f = getenv("FAULTS");
	size_t n = strlen(what);
	return f && strncmp(f, what, n) == 0 && f[n] == ':' ? atoi(f + n + 1) : 0;
}

/* Counts a call; does not return from the one that the test chose. */
static int count(void)
{
	int call = atomic_fetch_add(&calls, 1) + 1;
	if (call == chosen("kill"))
		raise(SIGKILL);
	return call;
}

static ssize_t real_write(int fd, const void *p, size_t n)
{
	union {
		void *object;
		ssize_t (*function)(int, const void *, size_t);
	} real = {dlsym(RTLD_NEXT, "write")};
	return real.function(fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n);
int fsync(int fd);
int rename(const char *from, const char *to);
int ftruncate(int fd, off_t n);

ssize_t write(int fd, const void *p, size_t n)
{
	if (fd <= 2)
		return real_write(fd, p, n);
	int call = count(), full = chosen("full");
	if (call == chosen("tear")) {
		real_write(fd, p, n / 2);
		raise(SIGKILL);
	}
	if (full == 0 || call < full)
		return real_write(fd, p, n);
	if (call == full && n >= 2)
		return real_write(fd, p, n / 2); /* what still fits */
	errno = ENOSPC;
	return -1;
}

int fsync(int fd)
{
	(void)fd;
	return 0;
}

int rename(const char *from, const char *to)
{
	union {
		void *object;
		int (*function)(const char *, const char *);
	} real = {dlsym(RTLD_NEXT, "rename")};
	if (count() == chosen("tear"))
		raise(SIGKILL);
	return real.function(from, to);
}

int ftruncate(int fd, off_t n)
{
	union {
		void *object;
		int (*function)(int, off_t);
	} real = {dlsym(RTLD_NEXT, "ftruncate")};
	if (count() == chosen("tear"))
		raise(SIGKILL);
	return real.function(fd, n);
}

__attribute__((destructor)) static void report(void)
{
	const char *f = getenv("FAULTS");
	if (f && strcmp(f, "count") == 0)
		fprintf(stderr, "calls %d\n", atomic_load(&calls));
}
