/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the subcommands share: errors, nets, clocks, numbers. */
#include "cli/cli_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

int cli_fail(const char *name, int code, const struct err *e)
{
	fflush(stdout);
	fprintf(stderr, "miai %s: %s\n", name, e->text);
	switch (code) {
	case ERR_MISMATCH:
	case ERR_FAULT:
		return CLI_MISMATCH;
	case ERR_ARG:
		return CLI_USAGE;
	case ERR_STOPPED:
		return CLI_STOPPED;
	default:
		return CLI_UNREADABLE;
	}
}

double cli_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

void cli_duration(char *out, size_t n, double seconds)
{
	uint64_t s = seconds > 0 ? (uint64_t)(seconds + 0.5) : 0;
	if (s >= 3600)
		snprintf(out, n, "%" PRIu64 ":%02d:%02d", s / 3600, (int)(s / 60 % 60), (int)(s % 60));
	else
		snprintf(out, n, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

void cli_search_settings(struct search_settings *s, int visits)
{
	struct recipe r;
	recipe_defaults(&r);
	*s = (struct search_settings){
	    .visits = visits,
	    .c_visit = r.selfplay_c_visit,
	    .c_scale = r.selfplay_c_scale,
	    .cpuct = r.selfplay_cpuct,
	    .fpu = r.selfplay_fpu,
	    .symmetry = 1,
	};
}

static struct nn_net *net_load(const char *command, const char *path, struct hash *name, bool any, int *code)
{
	struct err e = {.text = ""};
	struct nn_net *net = any ? nn_net_load_any(path, name, &e) : nn_net_load(path, name, &e);
	if (!net) {
		cli_fail(command, ERR_IO, &e);
		*code = CLI_UNREADABLE;
	}
	return net;
}

struct nn_net *cli_net_load(const char *command, const char *path, struct hash *name, int *code)
{
	return net_load(command, path, name, false, code);
}

struct nn_net *cli_net_load_any(const char *command, const char *path, struct hash *name, int *code)
{
	return net_load(command, path, name, true, code);
}

void cli_short_number(char *out, size_t n, double v)
{
	static const char unit[][3] = {"", " k", " M", " G", " T"};
	int u = 0;
	for (; v >= 1000 && u < 4; u++)
		v /= 1000;
	snprintf(out, n, v < 10 ? "%.2f%s" : v < 100 ? "%.1f%s" : "%.0f%s", v, unit[u]);
}
