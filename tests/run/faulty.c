/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Calls of the C library that fail by chance, linked before the real ones (--wrap): the program with this in it is
 * miai_faulty.  Chance is a function of a seed, the kind of failure and the number of calls of that kind so far.
 *
 * FAULTS="seed=N KIND=RATE ..."   a call that can fail in this way does so RATE times in a million
 * FAULTS="KIND=@N ..."            the Nth such call does, and no other
 * FAULTS_REPORT=FILE              there, at the end: a line "KIND calls failures" for each kind
 *
 * memory   malloc, calloc, realloc, aligned_alloc give nothing
 * thread   pthread_create, pthread_mutex_init, pthread_cond_init fail
 * short    read and write move fewer bytes than asked for
 * eintr    open, read, write, fsync, ftruncate, flock, close are interrupted by a signal
 * eio      read, write, fsync, ftruncate, fstat, readdir, close meet a broken disk
 * enospc   write stores half and the disk is full: from then on, each write fails
 * open     open and opendir: too many files open, or not allowed
 * rename   rename and unlink are refused
 * mkdir    so is mkdir
 * stat     so is stat
 * lock     another reason why flock fails
 *
 * A sync does nothing but fail: the machine stays up, so it could only cost time.  */
#include "base/rng.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MEMORY, THREAD, SHORT, EINTR_, EIO_, ENOSPC_, OPEN, RENAME, MKDIR, STAT, LOCK, KINDS };

static const char *const kind_name[KINDS] = {"memory", "thread", "short",  "eintr", "eio",  "enospc",
                                             "open",   "rename", "mkdir", "stat",  "lock"};
static uint32_t rate[KINDS]; /* in a million; set before main, then only read */
static uint32_t only[KINDS]; /* where not 0: the one call that fails */
static uint64_t seed;
static atomic_uint calls[KINDS], failures[KINDS];
static atomic_bool full;

static void set(const char *word, size_t n, const char *value)
{
	if (n == 4 && memcmp(word, "seed", 4) == 0)
		seed = strtoull(value, NULL, 10);
	for (int k = 0; k < KINDS; k++)
		if (strlen(kind_name[k]) == n && memcmp(word, kind_name[k], n) == 0)
			*(*value == '@' ? &only[k] : &rate[k]) = (uint32_t)strtoul(value + (*value == '@'), NULL, 10);
}

__attribute__((constructor)) static void begin(void)
{
	const char *p = getenv("FAULTS");
	while (p && *p) {
		size_t n = strcspn(p, "= ");
		if (p[n] == '=')
			set(p, n, p + n + 1);
		p += strcspn(p, " ");
		p += strspn(p, " ");
	}
}

__attribute__((destructor)) static void report(void)
{
	const char *path = getenv("FAULTS_REPORT");
	FILE *f = path ? fopen(path, "w") : NULL;
	for (int k = 0; f && k < KINDS; k++)
		fprintf(f, "%s %u %u\n", kind_name[k], atomic_load(&calls[k]), atomic_load(&failures[k]));
	if (f)
		fclose(f);
}

/* A number that belongs to this call, or 0 where it shall not fail. */
static uint32_t fails(int kind)
{
	uint32_t n = atomic_fetch_add(&calls[kind], 1);
	uint64_t r = rng_at(rng_key(seed, (uint64_t)kind), n);
	if (only[kind] ? n + 1 != only[kind] : (uint32_t)(r >> 32) % 1000000 >= rate[kind])
		return 0;
	atomic_fetch_add(&failures[kind], 1);
	return (uint32_t)r | 1;
}

static bool refuse(int kind, int why, int otherwise)
{
	uint32_t r = fails(kind);
	if (r)
		errno = r >> 31 ? why : otherwise;
	return r != 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_aligned_alloc(size_t align, size_t n);
int __real_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg);
int __real_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __real_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
ssize_t __real_read(int fd, void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
int __real_open64(const char *path, int flags, ...);
int __real_close(int fd);
int __real_ftruncate64(int fd, off_t n);
int __real_fstat64(int fd, struct stat *st);
int __real_stat64(const char *path, struct stat *st);
int __real_rename(const char *from, const char *to);
int __real_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __real_flock(int fd, int what);
DIR *__real_opendir(const char *path);
struct dirent *__real_readdir64(DIR *d);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_aligned_alloc(size_t align, size_t n);
int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg);
int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a);
int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a);
ssize_t __wrap_read(int fd, void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_close(int fd);
int __wrap_fsync(int fd);
int __wrap_ftruncate64(int fd, off_t n);
int __wrap_fstat64(int fd, struct stat *st);
int __wrap_stat64(const char *path, struct stat *st);
int __wrap_rename(const char *from, const char *to);
int __wrap_unlink(const char *path);
int __wrap_mkdir(const char *path, mode_t mode);
int __wrap_flock(int fd, int what);
DIR *__wrap_opendir(const char *path);
struct dirent *__wrap_readdir64(DIR *d);

void *__wrap_malloc(size_t n)
{
	return refuse(MEMORY, ENOMEM, ENOMEM) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	return refuse(MEMORY, ENOMEM, ENOMEM) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	return refuse(MEMORY, ENOMEM, ENOMEM) ? NULL : __real_realloc(p, n);
}

void *__wrap_aligned_alloc(size_t align, size_t n)
{
	return refuse(MEMORY, ENOMEM, ENOMEM) ? NULL : __real_aligned_alloc(align, n);
}

int __wrap_pthread_create(pthread_t *t, const pthread_attr_t *a, void *(*fn)(void *), void *arg)
{
	return fails(THREAD) ? EAGAIN : __real_pthread_create(t, a, fn, arg);
}

int __wrap_pthread_mutex_init(pthread_mutex_t *m, const pthread_mutexattr_t *a)
{
	return fails(THREAD) ? ENOMEM : __real_pthread_mutex_init(m, a);
}

int __wrap_pthread_cond_init(pthread_cond_t *c, const pthread_condattr_t *a)
{
	return fails(THREAD) ? ENOMEM : __real_pthread_cond_init(c, a);
}

/* 1 .. n - 1 bytes now and then */
static size_t some(size_t n)
{
	uint32_t r = n > 1 ? fails(SHORT) : 0;
	return r ? 1 + (size_t)r % (n - 1) : n;
}

ssize_t __wrap_read(int fd, void *p, size_t n)
{
	if (refuse(EINTR_, EINTR, EINTR) || refuse(EIO_, EIO, EIO))
		return -1;
	return __real_read(fd, p, some(n));
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
	if (atomic_load(&full)) {
		errno = ENOSPC;
		return -1;
	}
	if (refuse(EINTR_, EINTR, EINTR) || refuse(EIO_, EIO, EIO))
		return -1;
	if (n > 1 && fails(ENOSPC_)) {
		atomic_store(&full, true);
		return __real_write(fd, p, n / 2); /* what still fits */
	}
	return __real_write(fd, p, some(n));
}

int __wrap_open64(const char *path, int flags, ...)
{
	va_list ap;
	va_start(ap, flags);
	mode_t mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	if (refuse(EINTR_, EINTR, EINTR) || refuse(OPEN, EMFILE, EACCES))
		return -1;
	return __real_open64(path, flags, mode);
}

/* The descriptor is gone whatever close says. */
int __wrap_close(int fd)
{
	int rc = __real_close(fd);
	return refuse(EINTR_, EINTR, EINTR) || refuse(EIO_, EIO, EIO) ? -1 : rc;
}

int __wrap_fsync(int fd)
{
	(void)fd;
	return refuse(EINTR_, EINTR, EINTR) || refuse(EIO_, EIO, EDQUOT) ? -1 : 0;
}

int __wrap_ftruncate64(int fd, off_t n)
{
	return refuse(EINTR_, EINTR, EINTR) || refuse(EIO_, EIO, EIO) ? -1 : __real_ftruncate64(fd, n);
}

int __wrap_fstat64(int fd, struct stat *st)
{
	return refuse(EIO_, EIO, EIO) ? -1 : __real_fstat64(fd, st);
}

int __wrap_stat64(const char *path, struct stat *st)
{
	return refuse(STAT, EACCES, EIO) ? -1 : __real_stat64(path, st);
}

int __wrap_rename(const char *from, const char *to)
{
	return refuse(RENAME, EACCES, ENOSPC) ? -1 : __real_rename(from, to);
}

int __wrap_unlink(const char *path)
{
	return refuse(RENAME, EACCES, EIO) ? -1 : __real_unlink(path);
}

int __wrap_mkdir(const char *path, mode_t mode)
{
	return refuse(MKDIR, EACCES, ENOSPC) ? -1 : __real_mkdir(path, mode);
}

int __wrap_flock(int fd, int what)
{
	return refuse(EINTR_, EINTR, EINTR) || refuse(LOCK, ENOLCK, EIO) ? -1 : __real_flock(fd, what);
}

DIR *__wrap_opendir(const char *path)
{
	return refuse(OPEN, EMFILE, EACCES) ? NULL : __real_opendir(path);
}

struct dirent *__wrap_readdir64(DIR *d)
{
	return refuse(EIO_, EIO, EIO) ? NULL : __real_readdir64(d);
}
