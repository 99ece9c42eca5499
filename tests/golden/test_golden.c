/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Does the C reference meet the golden tables?
 *
 *   test_golden [--cpu-flags LIST] FOLDER [TABLE...]   compares with FOLDER/TABLE.txt; all tables where none is named
 *   test_golden --print FOLDER TABLE                   prints the table as the C computes it
 *
 * FOLDER is tests/golden; LIST as in miai's commands, none (plain C) where it is not given.  Exits 0 where every row
 * agrees, 1 where one differs. */
#include "golden.h"

#include "base/file.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { TOLD_MAX = 12 };

static const struct table {
	const char *name;
	void (*make)(struct buf *out); /* NULL: a run */
	const char *recipe, *before;   /* of the run, and of the run that it goes on from */
} tables[] = {{"base", golden_base, NULL, NULL},
	      {"net", golden_net, NULL, NULL},
	      {"train", golden_train, NULL, NULL},
	      {"search", golden_search, NULL, NULL},
	      {"play", golden_play, NULL, NULL},
	      {"leela", golden_leela, NULL, NULL},
	      {"run", NULL, "tiny", NULL},
	      {"methods", NULL, "methods", NULL},
	      {"onward", NULL, "onward", "methods"}};
enum { TABLES = sizeof tables / sizeof tables[0] };

static int make_table(struct buf *out, const struct table *t, const char *folder)
{
	if (t->make) {
		t->make(out);
		return out->failed ? -1 : 0;
	}
	return golden_run(out, folder, t->recipe, t->before);
}

/* Cuts the next line off p..end; false where there is none. */
static bool next_line(const char **p, const char *end, const char **line, int *n)
{
	if (*p >= end)
		return false;
	const char *stop = memchr(*p, '\n', (size_t)(end - *p));
	*line = *p;
	*n = (int)((stop ? stop : end) - *p);
	*p = stop ? stop + 1 : end;
	return true;
}

/* Prints the rows that differ; returns how many. */
static int compare(const char *name, const struct buf *got, const struct buf *want)
{
	const char *g = (const char *)got->data, *w = (const char *)want->data, *gl = "", *wl = "";
	const char *ge = g + got->len, *we = w + want->len;
	int wrong = 0, rows = 0, gn, wn;
	for (;; rows++) {
		bool more_g = next_line(&g, ge, &gl, &gn), more_w = next_line(&w, we, &wl, &wn);
		if (!more_g && !more_w)
			break;
		if (more_g && more_w && gn == wn && memcmp(gl, wl, (size_t)gn) == 0)
			continue;
		if (++wrong <= TOLD_MAX)
			fprintf(stderr, "%s.txt:%d:\n  table: %.*s\n  C:     %.*s\n", name, rows + 1, more_w ? wn : 6,
				more_w ? wl : "no row", more_g ? gn : 6, more_g ? gl : "no row");
	}
	printf("%s: %d rows, %d differ\n", name, rows, wrong);
	return wrong;
}

static int check_table(const struct table *t, const char *folder)
{
	struct buf got = {0}, want = {0};
	struct err e = {.text = ""};
	char path[1024];
	int wrong = 1;
	snprintf(path, sizeof path, "%s/%s.txt", folder, t->name);
	if (file_read(&want, path, 1 << 24, &e))
		fprintf(stderr, "golden: %s\n", e.text);
	else if (make_table(&got, t, folder) == 0)
		wrong = compare(t->name, &got, &want);
	buf_release(&got);
	buf_release(&want);
	return wrong;
}

static bool asked(const struct table *t, int names, char **name)
{
	for (int i = 0; i < names; i++)
		if (strcmp(name[i], t->name) == 0)
			return true;
	return names == 0;
}

static int print_table(const char *folder, const char *name)
{
	struct buf b = {0};
	for (int i = 0; i < TABLES; i++)
		if (strcmp(tables[i].name, name) == 0 && make_table(&b, &tables[i], folder) == 0) {
			fwrite(b.data, 1, b.len, stdout);
			buf_release(&b);
			return 0;
		}
	return 1;
}

int main(int argc, char **argv)
{
	int wrong = 0, done = 0, names;
	struct err e;
	if (argc == 4 && strcmp(argv[1], "--print") == 0)
		return print_table(argv[2], argv[3]);
	if (argc >= 3 && strcmp(argv[1], "--cpu-flags") == 0) {
		if (nn_cpu_flags_parse(&golden_cpu_flags, argv[2], &e)) {
			fprintf(stderr, "golden: %s\n", e.text);
			return 2;
		}
		argc -= 2;
		argv += 2;
	}
	names = argc - 2;
	for (int i = 0; i < TABLES && names >= 0; i++)
		if (asked(&tables[i], names, argv + 2)) {
			wrong += check_table(&tables[i], argv[1]);
			done++;
		}
	if (done == 0 || (names > 0 && done != names)) {
		fprintf(stderr, "usage: test_golden [--cpu-flags LIST] FOLDER [base|net|train|search|play|leela|run|methods|onward]...\n");
		return 2;
	}
	return wrong != 0;
}
