/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "side.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static double seconds_of(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double side_wall(void)
{
	return seconds_of(CLOCK_MONOTONIC);
}

static void release(struct work *w)
{
	if (w->close)
		w->close(w->ctx);
	*w = (struct work){.ctx = NULL};
}

static void open_line(struct work *w, side_open *open, const char *line)
{
	char kind[32] = "";
	int n[SIDE_NUMBERS] = {0};
	sscanf(line, "open %31s %d %d %d %d %d %d", kind, &n[0], &n[1], &n[2], &n[3], &n[4], &n[5]);
	release(w);
	const char *wrong = open(w, kind, n);
	if (wrong) {
		release(w);
		printf("error: %s\n", wrong);
		return;
	}
	w->once(w->ctx);
	printf("ok\n");
}

/* What else runs on the machine takes from what is inside as from the rest: CPU time over wall time corrects for that. */
static double rate(struct work *w, double least)
{
	double inside = w->inside ? *w->inside : 0, wall = side_wall(), cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID), n = 0;
	do {
		w->once(w->ctx);
		n++;
	} while (side_wall() - wall < least);
	cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	wall = side_wall() - wall;
	if (w->inside)
		return n * w->amount / ((*w->inside - inside) * cpu / wall);
	return n * w->amount / (w->wall ? wall : cpu);
}

int side_serve(side_open *open)
{
	struct work w = {.ctx = NULL};
	char line[256];
	double least;
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (fgets(line, sizeof line, stdin) && strncmp(line, "quit", 4) != 0) {
		if (strncmp(line, "open ", 5) == 0)
			open_line(&w, open, line);
		else if (w.once && sscanf(line, "go %lf", &least) == 1)
			printf("%.9g\n", rate(&w, least));
		else
			printf("error: open and go SECONDS are understood\n");
	}
	release(&w);
	return 0;
}
