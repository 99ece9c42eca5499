/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"
#include "test.h"

#include <sys/stat.h>
#include <unistd.h>

/* Every test works in a fresh directory, made below the current one and entered. */

/* A name longer than file systems take. */
static const char *too_long(void)
{
	static char name[301];
	memset(name, 'x', sizeof name - 1);
	return name;
}

static int content_is(const char *path, const char *want)
{
	struct buf b = {0};
	int ok = file_read(&b, path, 1 << 20, NULL) == 0 && b.len == strlen(want) && memcmp(b.data, want, b.len) == 0;
	buf_release(&b);
	return ok;
}

static void test_write_read(void)
{
	struct err e;
	struct buf b = {0};
	CHECK_INT(file_write("a", "one", 3, &e), 0);
	CHECK(content_is("a", "one"));
	CHECK_INT(file_write("a", "second", 6, &e), 0);
	CHECK(content_is("a", "second"));
	CHECK(!file_exists("a.tmp"));
	CHECK_INT(file_write("empty", NULL, 0, &e), 0);
	CHECK(content_is("empty", ""));
	buf_u32(&b, 1);
	CHECK_INT(file_read(&b, "a", 6, &e), 0);
	CHECK_INT(b.len, 6);
	CHECK_INT(file_read(&b, "a", 5, &e), ERR_FORMAT);
	CHECK(strstr(e.text, "a: ") == e.text);
	CHECK_INT(b.len, 0);
	CHECK_INT(file_read(&b, "nowhere", 5, &e), ERR_IO);
	CHECK_STR(e.text, "nowhere: cannot open: No such file or directory");
	CHECK_INT(file_read(&b, ".", 1 << 20, &e), ERR_IO);
	CHECK_INT(mkfifo("fifo", 0666), 0);
	CHECK_INT(file_read(&b, "fifo", 5, &e), ERR_IO); /* and does not wait */
	CHECK_INT(unlink("fifo"), 0);
	buf_release(&b);
}

static void test_large(void)
{
	enum { N = 3 * 1000 * 1000 };
	struct buf b = {0}, back = {0};
	uint8_t *p = buf_extend(&b, N);
	CHECK(p != NULL);
	for (int i = 0; p && i < N; i++)
		p[i] = (uint8_t)(i % 251);
	CHECK_INT(file_write("large", b.data, b.len, NULL), 0);
	CHECK_INT(file_read(&back, "large", N, NULL), 0);
	CHECK(back.len == b.len && memcmp(back.data, b.data, b.len) == 0);
	buf_release(&b);
	buf_release(&back);
}

/* What cannot be replaced stays as it was, and leaves nothing behind. */
static void test_write_failure(void)
{
	struct err e;
	CHECK_INT(file_mkdir("dir", &e), 0);
	CHECK_INT(file_write("dir", "x", 1, &e), ERR_IO);
	CHECK(!file_exists("dir.tmp"));
	CHECK_INT(file_write("missing/a", "x", 1, &e), ERR_IO);
	CHECK(strstr(e.text, "missing/a.tmp: cannot create") == e.text);
	char path[2000];
	memset(path, 'x', sizeof path - 1);
	path[sizeof path - 1] = '\0';
	struct file_append f;
	CHECK_INT(file_write(path, "x", 1, &e), ERR_ARG);
	CHECK_INT(file_append_open(&f, path, 0, &e), ERR_ARG);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK_INT(file_write("b.tmp", "left by a crash, longer than the new content", 44, &e), 0);
	CHECK_INT(file_write("b", "new", 3, &e), 0);
	CHECK(content_is("b", "new") && !file_exists("b.tmp"));
}

static void test_append(void)
{
	struct err e;
	struct file_append f;
	CHECK_INT(file_append_open(&f, "log", 0, &e), 0);
	CHECK_INT(file_append(&f, "hello ", 6, true, &e), 0);
	CHECK_INT(file_append(&f, "world", 5, false, &e), 0);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK_INT(file_append(&f, "x", 1, false, &e), ERR_ARG);
	CHECK(content_is("log", "hello world"));
	/* a crash left "world" half written: keep what is known, go on from there */
	CHECK_INT(file_append_open(&f, "log", 6, &e), 0);
	CHECK(content_is("log", "hello "));
	CHECK_INT(file_append(&f, "again", 5, true, &e), 0);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK(content_is("log", "hello again"));
	CHECK_INT(file_append_open(&f, "log", 12, &e), ERR_MISMATCH);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK(content_is("log", "hello again"));
	CHECK_INT(file_append_open(&f, "log2", 1, &e), ERR_IO);
	CHECK(!file_exists("log2"));
	CHECK_INT(file_append_open(&f, "log", 0, &e), 0);
	CHECK_INT(file_append_close(&f, &e), 0);
	CHECK(content_is("log", ""));
	CHECK_INT(file_append_open(&f, "dir", 0, &e), ERR_IO);
}

static void test_names(void)
{
	struct err e;
	CHECK(file_exists("a") && !file_exists("nowhere"));
	struct err there = {.text = ""};
	CHECK_INT(file_there("a", &there), 1);
	CHECK_INT(file_there("nowhere", &there), 0);
	CHECK_INT(file_there("a/below", &there), 0);
	CHECK_INT(file_there(too_long(), &there), ERR_IO); /* whether it is there cannot be told */
	CHECK_INT(there.code, ERR_IO);
	CHECK(strstr(there.text, ": cannot look at it: File name too long"));
	CHECK_INT(file_mkdir("dir", &e), 0);
	CHECK_INT(file_mkdir("dir/sub/", &e), 0);
	CHECK(file_exists("dir/sub"));
	CHECK_INT(file_mkdir("a", &e), ERR_IO);
	CHECK_STR(e.text, "a: cannot make the directory: File exists");
	CHECK_INT(file_mkdir("no/such", &e), ERR_IO);
	CHECK_INT(file_rename("a", "dir/sub/c", &e), 0);
	CHECK(!file_exists("a") && content_is("dir/sub/c", "second"));
	CHECK_INT(file_rename("a", "b", &e), ERR_IO);
	CHECK_STR(e.text, "a: cannot rename to b: No such file or directory");
}

static void test_lock(void)
{
	struct err e;
	int fd, second;
	CHECK_INT(file_lock("lock", &fd, &e), 0);
	CHECK(fd >= 0);
	CHECK_INT(file_lock("lock", &second, &e), ERR_STOPPED); /* a lock belongs to one opening of the file */
	CHECK_INT(second, -1);
	close(fd);
	CHECK_INT(file_lock("lock", &fd, &e), 0);
	close(fd);
	CHECK_INT(file_lock("no/such", &fd, &e), ERR_IO);
}

static void clean(void)
{
	static const char *const file[] = {"b", "empty", "large", "lock", "log", "dir/sub/c"};
	for (size_t i = 0; i < sizeof file / sizeof *file; i++)
		CHECK_INT(unlink(file[i]), 0);
	CHECK_INT(rmdir("dir/sub"), 0);
	CHECK_INT(rmdir("dir"), 0);
}

int main(void)
{
	char dir[] = "test-file-XXXXXX";
	if (!mkdtemp(dir) || chdir(dir) != 0) {
		perror(dir);
		return 1;
	}
	test_write_read();
	test_large();
	test_write_failure();
	test_append();
	test_names();
	test_lock();
	clean();
	CHECK(chdir("..") == 0 && rmdir(dir) == 0);
	return test_done();
}
