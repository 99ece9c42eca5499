/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole files, and appending to them, so that a crash loses nothing: a replaced file is either the old or
 * the new one; an append is on disk when it returns (if sync is set). */
#ifndef MIAI_BASE_FILE_H
#define MIAI_BASE_FILE_H

#include "base/bytes.h"
#include "base/err.h"

#include <stdbool.h>
#include <stdint.h>

/* Reads a regular file of at most max bytes into *out (cleared first). */
int file_read(struct buf *out, const char *path, uint64_t max, struct err *e);

/* Writes path.tmp, syncs it, renames it over path, syncs the directory. */
int file_write(const char *path, const void *p, size_t n, struct err *e);

/* An append-only writer.  file_append_open truncates the file to keep bytes first (it must be at least as
 * long), creating it where keep is 0. */
struct file_append {
	int fd;
	char path[1024];
};
int file_append_open(struct file_append *f, const char *path, uint64_t keep, struct err *e);
int file_append(struct file_append *f, const void *p, size_t n, bool sync, struct err *e);
int file_append_close(struct file_append *f, struct err *e); /* syncs; safe to call twice */

/* 1: there is something at path; 0: nothing; ERR_IO: it cannot be told, and "not there" would be a guess. */
int file_there(const char *path, struct err *e);
bool file_exists(const char *path); /* the same guess made: for what is only said, never for what is then written */
int file_mkdir(const char *path, struct err *e);           /* one level; an existing directory is fine */
int file_rename(const char *from, const char *to, struct err *e);
/* Takes an exclusive lock on path (created if need be), held until the process ends or *fd is closed.
 * ERR_STOPPED where another process holds it. */
int file_lock(const char *path, int *fd, struct err *e);

#endif
