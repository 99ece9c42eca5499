/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef _FILE_OFFSET_BITS
#define _FILE_OFFSET_BITS 64 /* files of 2 GiB and more on 32-bit systems */
#endif
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_PATH = 1024 }; /* room for a path and its NUL, as in struct file_append */

/* "PATH: cannot WHAT: why", from errno. */
static int file_fail(struct err *e, const char *path, const char *what)
{
	return err_set(e, ERR_IO, "%s: cannot %s: %s", path, what, strerror(errno));
}

static int file_open(const char *path, int flags)
{
	int fd;
	do
		fd = open(path, flags | O_CLOEXEC, 0666);
	while (fd < 0 && errno == EINTR);
	return fd;
}

static int file_sync_fd(int fd)
{
	int rc;
	do
		rc = fsync(fd);
	while (rc < 0 && errno == EINTR);
	return rc;
}

/* All n bytes, however the system slices them; 0 or -1 with errno. */
static int file_write_fd(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		size_t most = n < SSIZE_MAX ? n : SSIZE_MAX;
		ssize_t done = write(fd, p, most);
		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0) {
			if (done == 0)
				errno = ENOSPC; /* POSIX leaves 0 open; it must not loop for ever */
			return -1;
		}
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* Syncs the directory that holds path, so that its new name is on disk.  A file system that cannot sync a
 * directory says EINVAL; there is nothing better to do there. */
static int file_sync_dir(const char *path, struct err *e)
{
	char dir[FILE_PATH];
	size_t n = strlen(path);
	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n && path[n - 1] != '/')
		n--;
	if (n >= sizeof dir)
		return err_set(e, ERR_ARG, "%s: path too long", path);
	if (n)
		memcpy(dir, path, n);
	else
		dir[n++] = '.';
	dir[n] = '\0';
	int fd = file_open(dir, O_RDONLY | O_DIRECTORY);
	if (fd < 0)
		return file_fail(e, dir, "open the directory");
	int rc = file_sync_fd(fd) < 0 && errno != EINVAL ? file_fail(e, dir, "sync the directory") : 0;
	close(fd);
	return rc;
}

/* The size of a regular file open at fd.  st is set, here and below, for MemorySanitizer: it does not see that the
 * system sets it. */
static int file_size(int fd, const char *path, uint64_t *size, struct err *e)
{
	struct stat st = {0};
	if (fstat(fd, &st) < 0)
		return file_fail(e, path, "stat");
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", path);
	*size = (uint64_t)st.st_size;
	return 0;
}

static int file_read_fd(struct buf *out, int fd, const char *path, uint64_t max, struct err *e)
{
	uint64_t size = 0;
	int rc = file_size(fd, path, &size, e);
	if (rc < 0)
		return rc;
	if (size > max)
		return err_set(e, ERR_FORMAT, "%s: %" PRIu64 " bytes, more than the %" PRIu64 " allowed here", path,
		               size, max);
	uint8_t *p = size <= SIZE_MAX / 2 ? buf_extend(out, (size_t)size) : NULL;
	if (!p)
		return err_set(e, ERR_MEMORY, "%s: no memory for %" PRIu64 " bytes", path, size);
	for (size_t left = (size_t)size; left;) {
		ssize_t got = read(fd, p, left < SSIZE_MAX ? left : SSIZE_MAX);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return file_fail(e, path, "read");
		if (got == 0)
			return err_set(e, ERR_IO, "%s: became shorter while it was read; try again", path);
		p += got;
		left -= (size_t)got;
	}
	return 0;
}

int file_read(struct buf *out, const char *path, uint64_t max, struct err *e)
{
	buf_clear(out);
	int fd = file_open(path, O_RDONLY | O_NONBLOCK); /* so that a FIFO is refused, not waited for */
	if (fd < 0)
		return file_fail(e, path, "open");
	int rc = file_read_fd(out, fd, path, max, e);
	close(fd);
	if (rc < 0)
		out->len = 0;
	return rc;
}

static int file_write_new(const char *path, const void *p, size_t n, struct err *e)
{
	int fd = file_open(path, O_WRONLY | O_CREAT | O_TRUNC);
	if (fd < 0)
		return file_fail(e, path, "create");
	int rc = 0;
	if (file_write_fd(fd, p, n) < 0)
		rc = file_fail(e, path, "write");
	else if (file_sync_fd(fd) < 0)
		rc = file_fail(e, path, "sync");
	if (close(fd) < 0 && errno != EINTR && rc == 0) /* after EINTR the descriptor is gone and the data is synced */
		rc = file_fail(e, path, "close");
	return rc;
}

int file_write(const char *path, const void *p, size_t n, struct err *e)
{
	char tmp[FILE_PATH + 4];
	if (strlen(path) >= FILE_PATH)
		return err_set(e, ERR_ARG, "%s: path too long", path);
	snprintf(tmp, sizeof tmp, "%s.tmp", path);
	int rc = file_write_new(tmp, p, n, e);
	if (rc == 0 && rename(tmp, path) < 0)
		rc = file_fail(e, path, "replace");
	if (rc < 0) {
		unlink(tmp);
		return rc;
	}
	return file_sync_dir(path, e);
}

static int file_append_start(struct file_append *f, uint64_t keep, struct err *e)
{
	uint64_t size = 0;
	int rc = file_size(f->fd, f->path, &size, e);
	if (rc < 0)
		return rc;
	if (size < keep)
		return err_set(e, ERR_MISMATCH, "%s: %" PRIu64 " bytes, but %" PRIu64 " are recorded as written",
		               f->path, size, keep);
	int cut;
	do
		cut = size > keep ? ftruncate(f->fd, (off_t)keep) : 0;
	while (cut < 0 && errno == EINTR);
	if (cut < 0)
		return file_fail(e, f->path, "truncate");
	return keep ? 0 : file_sync_dir(f->path, e);
}

int file_append_open(struct file_append *f, const char *path, uint64_t keep, struct err *e)
{
	f->fd = -1;
	size_t n = strlen(path);
	if (n >= sizeof f->path)
		return err_set(e, ERR_ARG, "%s: path too long", path);
	memcpy(f->path, path, n + 1);
	f->fd = file_open(path, O_WRONLY | O_APPEND | O_NONBLOCK | (keep ? 0 : O_CREAT));
	if (f->fd < 0)
		return file_fail(e, path, keep ? "open" : "create");
	int rc = file_append_start(f, keep, e);
	if (rc < 0) {
		close(f->fd);
		f->fd = -1;
	}
	return rc;
}

int file_append(struct file_append *f, const void *p, size_t n, bool sync, struct err *e)
{
	if (f->fd < 0)
		return err_set(e, ERR_ARG, "%s: append to a closed file", f->path);
	if (file_write_fd(f->fd, p, n) < 0)
		return file_fail(e, f->path, "append");
	if (sync && file_sync_fd(f->fd) < 0)
		return file_fail(e, f->path, "sync");
	return 0;
}

int file_append_close(struct file_append *f, struct err *e)
{
	if (f->fd < 0)
		return 0;
	int rc = file_sync_fd(f->fd) < 0 ? file_fail(e, f->path, "sync") : 0;
	if (close(f->fd) < 0 && errno != EINTR && rc == 0)
		rc = file_fail(e, f->path, "close");
	f->fd = -1;
	return rc;
}

int file_there(const char *path, struct err *e)
{
	struct stat st = {0};
	if (stat(path, &st) == 0)
		return 1;
	return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(e, path, "look at it");
}

bool file_exists(const char *path)
{
	struct stat st = {0};
	return stat(path, &st) == 0;
}

int file_mkdir(const char *path, struct err *e)
{
	struct stat st = {0};
	if (mkdir(path, 0777) == 0)
		return file_sync_dir(path, e);
	if (errno == EEXIST && stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return 0;
	return file_fail(e, path, "make the directory");
}

int file_rename(const char *from, const char *to, struct err *e)
{
	if (rename(from, to) < 0)
		return err_set(e, ERR_IO, "%s: cannot rename to %s: %s", from, to, strerror(errno));
	int rc = file_sync_dir(to, e);
	return rc < 0 ? rc : file_sync_dir(from, e);
}

int file_lock(const char *path, int *fd, struct err *e)
{
	*fd = -1;
	int lock = file_open(path, O_RDWR | O_CREAT);
	if (lock < 0)
		return file_fail(e, path, "open the lock file");
	int rc;
	do
		rc = flock(lock, LOCK_EX | LOCK_NB);
	while (rc < 0 && errno == EINTR);
	if (rc < 0) {
		rc = errno == EWOULDBLOCK ? err_set(e, ERR_STOPPED, "%s: another process holds this lock", path)
		                          : file_fail(e, path, "lock");
		close(lock);
		return rc;
	}
	*fd = lock;
	return 0;
}
