/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Feeds every file of the folders named to a fuzzer's entry, so that the ordinary tests replay its corpus with
 * any compiler.  With clang, `cc -fsanitize=fuzzer,address,undefined` takes this file's place. */
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static int replay_file(const char *folder, const char *name)
{
	char path[2048];
	struct buf b = {0};
	struct err e;
	snprintf(path, sizeof path, "%s/%s", folder, name);
	int rc = file_read(&b, path, 1 << 24, &e);
	if (rc < 0)
		fprintf(stderr, "%s\n", e.text);
	else
		LLVMFuzzerTestOneInput(b.data, b.len);
	buf_release(&b);
	return rc;
}

int main(int argc, char **argv)
{
	int files = 0, failed = 0;
	for (int i = 1; i < argc; i++) {
		DIR *d = opendir(argv[i]);
		for (struct dirent *f; d && (f = readdir(d));) {
			if (f->d_name[0] == '.')
				continue;
			failed += replay_file(argv[i], f->d_name) < 0;
			files++;
		}
		failed += !d;
		if (d)
			closedir(d);
	}
	printf("%d inputs, %d unread\n", files, failed);
	return files == 0 || failed ? 1 : 0;
}
