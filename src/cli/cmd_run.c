/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai run: a recipe becomes a net.  A display thread reads the run's progress; nothing here reaches its result. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "base/pool.h"
#include "cli/run_view.h"
#include "run/run.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

struct command {
	const char *recipe_path, *dir, *log, *start;
	char dir_default[512];
	struct recipe recipe;
	int threads;
	unsigned flags;
	uint32_t until;
	bool json, check;
};

/* BASE.run in the current directory, for a recipe called PATH/BASE.ini. */
static int default_dir(struct command *c, struct err *e)
{
	const char *base = strrchr(c->recipe_path, '/');
	base = base ? base + 1 : c->recipe_path;
	const char *dot = strrchr(base, '.');
	int n = (int)(dot && dot != base ? (size_t)(dot - base) : strlen(base));
	if (n == 0 || (size_t)n + 5 > sizeof c->dir_default)
		return err_set(e, ERR_ARG, "cannot name a directory after \"%s\"; give --dir", c->recipe_path);
	snprintf(c->dir_default, sizeof c->dir_default, "%.*s.run", n, base);
	c->dir = c->dir_default;
	return 0;
}

/* The recipe that an earlier run left in its directory. */
static int recipe_of_dir(struct command *c, struct err *e)
{
	char path[1024];
	struct buf b = {0};
	snprintf(path, sizeof path, "%s/recipe", c->dir);
	int rc = file_there(path, e);
	if (rc == 0)
		return err_set(e, ERR_ARG, "%s is not there yet: name a recipe", path);
	if (rc > 0)
		rc = file_read(&b, path, RECIPE_TEXT_MAX, e);
	if (rc == 0) {
		rc = recipe_read(&c->recipe, b.data, b.len, e);
		if (rc < 0)
			err_prefix(e, rc, path);
	}
	buf_release(&b);
	return rc;
}

static int find_recipe(struct command *c, struct err *e)
{
	if (!c->recipe_path)
		return c->dir ? recipe_of_dir(c, e) : err_set(e, ERR_ARG, "name a recipe, or a run with --dir");
	int rc = cli_recipe_load(&c->recipe, c->recipe_path, e);
	return rc < 0 || c->dir ? rc : default_dir(c, e);
}

/* Is it a directory that a run has locked, and so can go on in? */
static bool is_run(const char *dir)
{
	char path[1024];
	snprintf(path, sizeof path, "%s/lock", dir);
	return file_exists(path);
}

static int finish(const struct command *c, struct run_view *v, int rc, const struct hash *net, const struct err *e)
{
	char hex[65];
	if (rc == 0) {
		hash_hex(net, hex);
		if (c->json)
			printf("{\"event\":\"done\",\"net\":\"%s\"}\n", hex);
		else
			printf("net %s\n", hex);
		return CLI_OK;
	}
	int code = cli_fail("run", rc, e);
	if ((rc == ERR_STOPPED || rc == ERR_IO || rc == ERR_MEMORY || rc == ERR_FAULT) && is_run(c->dir))
		cli_view_say(v, "%s can be continued: miai run --dir %s", c->dir, c->dir);
	return code;
}

static int execute(struct command *c)
{
	struct err e = {.text = ""};
	struct hash net;
	struct pool *pool = pool_new(c->threads);
	struct run_view *v = cli_view_new(c->dir, &c->recipe, c->json);
	int rc;
	if (v && c->log)
		cli_view_log(v, c->log);
	if (!pool || !v) {
		rc = err_set(&e, ERR_MEMORY, "cannot start %d threads", c->threads);
	} else {
		struct run_options o = {
		    .recipe = &c->recipe,
		    .dir = c->dir,
		    .start = c->start,
		    .pool = pool,
		    .cpu_flags = c->flags,
		    .check = c->check,
		    .until = c->until,
		    .stop = cli_stop_flag(),
		    .progress = cli_view_progress(v),
		    .entry = cli_view_entry,
		    .note = cli_view_note,
		    .ctx = v,
		};
		signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error to report, not a reason to die */
		rc = run_execute(&o, &net, &e);
	}
	cli_view_stop(v);
	int code = finish(c, v, rc, &net, &e);
	cli_view_free(v);
	pool_free(pool);
	return code;
}

static int run(int argc, char **argv)
{
	struct command c = {.recipe_path = NULL};
	const char *threads = NULL, *until = NULL, *cpu = NULL, *json = NULL, *check = NULL;
	const struct cli_option opt[] = {
	    {"dir", 1, &c.dir},     {"threads", 1, &threads}, {"until", 1, &until},
	    {"cpu-flags", 1, &cpu}, {"json", 0, &json},       {"check", 0, &check},
	    {"log", 1, &c.log},     {"start", 1, &c.start},
	};
	long long last = 0;
	struct err e = {.text = ""};
	int n = cli_parse(&cli_cmd_run, argc, argv, opt, sizeof opt / sizeof *opt, 0, 1);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	if (cli_threads(threads, &c.threads) || cli_cpu_flags(cpu, &c.flags) ||
	    (until && cli_number("--until", until, 1, 100000, &last)))
		return CLI_USAGE;
	c.recipe_path = n ? argv[0] : NULL;
	c.until = (uint32_t)last;
	c.json = json != NULL;
	c.check = check != NULL;
	int rc = find_recipe(&c, &e);
	return rc < 0 ? cli_fail("run", rc, &e) : execute(&c);
}

const struct cli_command cli_cmd_run = {
    .name = "run",
    .summary = "make a net from a recipe: self-play, training, matches; or continue that",
    .usage = "Usage: miai run RECIPE [OPTIONS]\n"
	     "       miai run --dir DIR [OPTIONS]\n"
	     "Makes the run of a recipe (an ini file) in a directory, or continues it where it was stopped\n"
	     "or killed.  The net depends on the recipe alone.  Progress goes to standard error, the last\n"
	     "line of standard output is: net SHA-256.\n\n"
	     "  --dir DIR          directory of the run (the recipe's name with .run, here)\n"
	     "  --start FILE       the checkpoint of another run that the recipe's run.start names\n"
	     "  --until N          stop after generation N (the recipe's last)\n"
	     "  --threads N        (all processors)\n"
	     "  --cpu-flags LIST   avx2,avx512vnni or neon,neondot; none, all (all)\n"
	     "  --check            check every sum against hardware that lies; slower, the same net\n"
	     "  --log FILE         add a line a generation: time, losses, games; for people and plots\n"
	     "  --json             one JSON object a line on standard output instead\n",
    .run = run,
};
