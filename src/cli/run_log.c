/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/run_log.h"

#include "cli/cli_int.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

static double processor_seconds(void)
{
	struct rusage u;
	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) * 1e-6;
}

static const char head[] = "generation\tseconds\tprocessor_seconds\tgames\tsamples\tloss_policy\tloss_value\tloss_owner\twins\tdraws"
			   "\tlosses\tpromoted\trating\n";

static int complain(const struct run_log *l, struct err *e)
{
	return err_set(e, ERR_IO, "--log %s: %s; the run itself needs no log", l->path, strerror(errno));
}

int cli_log_open(struct run_log *l, const char *path, struct err *e)
{
	char line[512];
	bool any = false;
	struct stat st = {0}; /* set for MemorySanitizer */
	*l = (struct run_log){.path = path, .wall_start = cli_seconds()};
	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) /* reading a device or a pipe may never end */
		return err_set(e, ERR_IO, "--log %s: not a regular file; name one, or one to be begun; the run itself needs no log", path);
	FILE *f = fopen(path, "a+");
	if (!f)
		return complain(l, e);
	rewind(f);
	for (; fgets(line, sizeof line, f); any = true) {
		double wall, cpu;
		uint64_t games, samples;
		if (sscanf(line, "%*u\t%lf\t%lf\t%" SCNu64 "\t%" SCNu64, &wall, &cpu, &games, &samples) != 4)
			continue;
		l->wall0 = wall;
		l->cpu0 = cpu;
		l->games = games;
		l->samples = samples;
	}
	if (!any)
		fputs(head, f);
	return fclose(f) ? complain(l, e) : 0;
}

int cli_log_entry(struct run_log *l, const struct ledger_entry *x, const struct run_progress *p, struct err *e)
{
	FILE *f = fopen(l->path, "a");
	if (!f)
		return complain(l, e);
	l->games += x->games;
	l->samples += x->samples;
	fprintf(f, "%" PRIu32 "\t%.1f\t%.1f\t%" PRIu64 "\t%" PRIu64 "\t%.4f\t%.4f\t%.4f\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu32 "\t%d\t%" PRId32 "\n",
		x->generation, l->wall0 + cli_seconds() - l->wall_start, l->cpu0 + processor_seconds(), l->games, l->samples,
		(double)atomic_load(&p->loss_policy) / 65536, (double)atomic_load(&p->loss_value) / 65536,
		(double)atomic_load(&p->loss_owner) / 65536, x->wins, x->draws, x->losses, x->promoted, x->rating);
	return fclose(f) ? complain(l, e) : 0;
}
