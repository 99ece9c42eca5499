/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The display of miai run.  A thread looks at struct run_progress four times a second; the run itself only calls
 * cli_view_entry and cli_view_note.  The mutex guards everything but the progress, whose members are atomic. */
#include "cli/run_view.h"

#include "cli/cli_int.h"
#include "cli/run_log.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 320 };
static const double live_seconds = 0.25, plain_seconds = 30, json_seconds = 5;

struct run_view {
	struct run_progress progress;
	struct run_log log;
	const char *dir;
	const struct recipe *recipe;
	bool json, tty, quit, started, greeted, drawn;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t wake;
	uint32_t phase, generation; /* as last looked at */
	double phase_start, generation_start, last_line;
	uint64_t phase_first;   /* of progress.done, what was there when the phase was noticed */
	uint32_t resumed, made; /* entries found, entries made since */
	double made_seconds;    /* time for the generations counted in timed */
	uint32_t timed;
};

static void clear_line(struct run_view *v)
{
	if (v->drawn)
		fputs("\r\033[K", stderr);
	v->drawn = false;
}

static void json_string(FILE *to, const char *s)
{
	putc('"', to);
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\')
			fprintf(to, "\\%c", c);
		else if (c < 32)
			fprintf(to, "\\u%04x", c);
		else
			putc(c, to);
	}
	putc('"', to);
}

/* The mutex is held. */
static void say(struct run_view *v, const char *line)
{
	if (v->json) {
		fputs("{\"event\":\"note\",\"text\":", stdout);
		json_string(stdout, line);
		fputs("}\n", stdout);
		fflush(stdout);
		return;
	}
	clear_line(v);
	fprintf(stderr, "%s\n", line);
	v->last_line = cli_seconds();
}

void cli_view_say(struct run_view *v, const char *fmt, ...)
{
	char line[2048];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line, sizeof line, fmt, ap);
	va_end(ap);
	if (!v) {
		fprintf(stderr, "%s\n", line);
		return;
	}
	pthread_mutex_lock(&v->mutex);
	say(v, line);
	pthread_mutex_unlock(&v->mutex);
}

void cli_view_note(void *ctx, const char *line)
{
	cli_view_say(ctx, "%s", line);
}

/* Adds to a line of LINE_BYTES; what does not fit is cut. */
__attribute__((format(printf, 2, 3))) static void add(char *line, const char *fmt, ...)
{
	size_t n = strlen(line);
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(line + n, LINE_BYTES - n, fmt, ap);
	va_end(ap);
}

static double loss(const _Atomic uint64_t *q16)
{
	return (double)atomic_load(q16) / 65536;
}

/* Once, when it is known what was there. */
static void greet(struct run_view *v)
{
	char line[LINE_BYTES] = "", hex[65];
	struct hash h = recipe_hash(v->recipe);
	if (v->greeted)
		return;
	v->greeted = true;
	hash_hex(&h, hex);
	if (v->json) {
		printf("{\"event\":\"start\",\"recipe\":\"%s\",\"generations\":%" PRId32 ",\"dir\":", hex,
		       v->recipe->run_generations);
		json_string(stdout, v->dir);
		fputs("}\n", stdout);
		return;
	}
	add(line, "%.200s: recipe %.16s", v->dir, hex);
	if (v->resumed)
		add(line, ", after generation %" PRIu32, v->resumed - 1);
	say(v, line);
}

static double rate(struct run_view *v, double now)
{
	struct run_progress *p = &v->progress;
	uint64_t done = atomic_load(&p->done), first = atomic_load(&p->done_at_start);
	first = first > v->phase_first ? first : v->phase_first;
	double t = now - v->phase_start;
	return done > first && t > 0 ? (double)(done - first) / t : 0;
}

/* Seconds until the last generation, from those made so far; below 0: not known. */
static double time_left(struct run_view *v, double now)
{
	uint32_t last = atomic_load(&v->progress.generations);
	if (v->timed == 0 || v->generation == 0 || v->generation > last)
		return -1;
	double mean = v->made_seconds / v->timed, here = mean - (now - v->generation_start);
	return (last - v->generation) * mean + (here > 0 ? here : 0);
}

static void phase_text(struct run_view *v, char *line, double now)
{
	struct run_progress *p = &v->progress;
	uint64_t done = atomic_load(&p->done), total = atomic_load(&p->total);
	const char *unit = "";
	switch (v->phase) {
	case RUN_SELFPLAY:
		add(line, "self-play %" PRIu64 "/%" PRIu64 " games", done, total);
		unit = "games";
		break;
	case RUN_TRAIN:
		add(line, "training %" PRIu64 "/%" PRIu64 " steps", done, total);
		unit = "steps";
		break;
	case RUN_GATE:
		add(line, "gate match %" PRIu64 " pairs, at most %" PRIu64, done, total);
		unit = "pairs";
		break;
	default:
		add(line, "starting");
	}
	if (rate(v, now) > 0)
		add(line, ", %.1f %s/s", rate(v, now), unit);
	if (v->phase == RUN_TRAIN && atomic_load(&p->loss_policy))
		add(line, ", loss %.3f, value %.3f", loss(&p->loss_policy), loss(&p->loss_value));
}

static void live_text(struct run_view *v, char *line, double now)
{
	char t[32];
	double left = time_left(v, now);
	line[0] = '\0';
	add(line, "generation %" PRIu32 "/%" PRIu32 "  ", v->generation, atomic_load(&v->progress.generations));
	phase_text(v, line, now);
	if (v->recipe->gate_pairs)
		add(line, "  Elo %+" PRId32 " (net %" PRIu32 ")", atomic_load(&v->progress.rating),
		    atomic_load(&v->progress.best_generation));
	if (left >= 0) {
		cli_duration(t, sizeof t, left);
		add(line, "  %s left", t);
	}
}

static void json_progress(struct run_view *v, double now)
{
	static const char *const phase[] = {"start", "selfplay", "train", "gate", "done"};
	struct run_progress *p = &v->progress;
	double left = time_left(v, now);
	printf("{\"event\":\"progress\",\"generation\":%" PRIu32 ",\"phase\":\"%s\",\"done\":%" PRIu64
	       ",\"total\":%" PRIu64 ",\"per_second\":%.3f,\"loss_policy\":%.4f,\"loss_value\":%.4f,\"loss_owner\":%.4f"
	       ",\"rating\":%" PRId32,
	       v->generation, phase[v->phase], atomic_load(&p->done), atomic_load(&p->total), rate(v, now),
	       loss(&p->loss_policy), loss(&p->loss_value), loss(&p->loss_owner), atomic_load(&p->rating));
	if (left >= 0)
		printf(",\"seconds_left\":%.0f", left);
	printf("}\n");
	fflush(stdout);
}

static void draw_live(struct run_view *v, double now)
{
	char line[LINE_BYTES];
	struct winsize w = {.ws_col = 0};
	int columns = ioctl(STDERR_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col ? w.ws_col : 80;
	live_text(v, line, now);
	clear_line(v);
	fprintf(stderr, "%.*s", columns - 1, line);
	fflush(stderr);
	v->drawn = true;
}

/* Notices a new phase or generation. */
static void look(struct run_view *v, double now)
{
	uint32_t phase = atomic_load(&v->progress.phase), generation = atomic_load(&v->progress.generation);
	if (phase != v->phase || generation != v->generation) {
		v->phase_start = now;
		v->phase_first = atomic_load(&v->progress.done);
	}
	v->phase = phase;
	v->generation = generation;
}

static void draw(struct run_view *v)
{
	double now = cli_seconds();
	char line[LINE_BYTES];
	look(v, now);
	if (v->phase == RUN_START || v->phase == RUN_DONE)
		return;
	greet(v);
	if (v->json && now - v->last_line >= json_seconds) {
		v->last_line = now;
		json_progress(v, now);
	} else if (!v->json && v->tty) {
		draw_live(v, now);
	} else if (!v->json && now - v->last_line >= plain_seconds) {
		live_text(v, line, now);
		say(v, line);
	}
}

static void *view_thread(void *arg)
{
	struct run_view *v = arg;
	struct timespec t;
	pthread_mutex_lock(&v->mutex);
	while (!v->quit) {
		draw(v);
		clock_gettime(CLOCK_MONOTONIC, &t);
		t.tv_nsec += (int)(live_seconds * 1e9);
		t.tv_sec += t.tv_nsec / 1000000000;
		t.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&v->wake, &v->mutex, &t);
	}
	clear_line(v);
	pthread_mutex_unlock(&v->mutex);
	return NULL;
}

/* How long it took; generations that an earlier process began do not count for the estimate. */
static double generation_time(struct run_view *v, const struct ledger_entry *e)
{
	double now = cli_seconds(), seconds = now - v->generation_start;
	v->generation_start = now;
	if (e->generation > 0 && (v->made > 0 || v->resumed == 0)) {
		v->made_seconds += seconds;
		v->timed++;
	}
	v->made++;
	return seconds;
}

static void entry_line(struct run_view *v, const struct ledger_entry *e)
{
	char line[LINE_BYTES] = "", hex[65], t[32];
	cli_duration(t, sizeof t, generation_time(v, e));
	hash_hex(&e->net, hex);
	add(line, "generation %" PRIu32 "/%" PRIu32 ": ", e->generation, atomic_load(&v->progress.generations));
	if (e->generation == 0) {
		add(line, "%s net %.16s", recipe_has_start(v->recipe) ? "the" : "the untrained", hex);
		say(v, line);
		return;
	}
	add(line, "%" PRIu32 " games, %" PRIu32 " samples", e->games, e->samples);
	if (atomic_load(&v->progress.loss_policy))
		add(line, ", loss %.3f, value %.3f", loss(&v->progress.loss_policy), loss(&v->progress.loss_value));
	add(line, ", net %.16s", hex);
	if (v->recipe->gate_pairs)
		add(line, ", match +%" PRIu32 " =%" PRIu32 " -%" PRIu32 " %s, Elo %+" PRId32, e->wins, e->draws,
		    e->losses, e->promoted ? "promoted" : "not promoted", e->rating);
	add(line, ", %s", t);
	say(v, line);
}

static void entry_json(struct run_view *v, const struct ledger_entry *e, int resumed)
{
	char net[65], best[65], entry[65];
	hash_hex(&e->net, net);
	hash_hex(&e->best, best);
	hash_hex(&e->entry, entry);
	printf("{\"event\":\"generation\",\"generation\":%" PRIu32 ",\"resumed\":%s,\"games\":%" PRIu32
	       ",\"samples\":%" PRIu32 ",\"net\":\"%s\",\"wins\":%" PRIu32 ",\"draws\":%" PRIu32 ",\"losses\":%" PRIu32
	       ",\"promoted\":%s,\"best\":\"%s\",\"best_generation\":%" PRIu32 ",\"rating\":%" PRId32
	       ",\"entry\":\"%s\"",
	       e->generation, resumed ? "true" : "false", e->games, e->samples, net, e->wins, e->draws, e->losses,
	       e->promoted ? "true" : "false", best, e->best_generation, e->rating, entry);
	if (!resumed)
		printf(",\"seconds\":%.3f", generation_time(v, e));
	printf("}\n");
	fflush(stdout);
}

/* The mutex is held.  After the first failure nothing more is written. */
static void log_entry(struct run_view *v, const struct ledger_entry *x)
{
	struct err e = {.text = ""};
	if (cli_log_entry(&v->log, x, &v->progress, &e) == 0)
		return;
	say(v, e.text);
	v->log.path = NULL;
}

void cli_view_log(struct run_view *v, const char *path)
{
	struct err e = {.text = ""};
	if (cli_log_open(&v->log, path, &e) == 0)
		return;
	cli_view_say(v, "%s", e.text);
	v->log.path = NULL;
}

void cli_view_entry(void *ctx, const struct ledger_entry *e, int resumed)
{
	struct run_view *v = ctx;
	pthread_mutex_lock(&v->mutex);
	if (!resumed || v->json)
		greet(v);
	if (v->json)
		entry_json(v, e, resumed);
	else if (!resumed)
		entry_line(v, e);
	if (!resumed && v->log.path)
		log_entry(v, e);
	v->resumed += resumed != 0;
	pthread_mutex_unlock(&v->mutex);
}

struct run_progress *cli_view_progress(struct run_view *v)
{
	return &v->progress;
}

struct run_view *cli_view_new(const char *dir, const struct recipe *r, bool json)
{
	struct run_view *v = calloc(1, sizeof *v);
	pthread_condattr_t attr;
	if (!v)
		return NULL;
	v->dir = dir;
	v->recipe = r;
	v->json = json;
	v->tty = isatty(STDERR_FILENO) != 0;
	v->last_line = v->generation_start = v->phase_start = cli_seconds();
	pthread_mutex_init(&v->mutex, NULL); /* cannot fail with Linux or the BSDs: no memory is taken */
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&v->wake, &attr);
	pthread_condattr_destroy(&attr);
	v->started = pthread_create(&v->thread, NULL, view_thread, v) == 0;
	if (!v->started) {
		cli_view_free(v);
		return NULL;
	}
	return v;
}

void cli_view_stop(struct run_view *v)
{
	if (!v || !v->started)
		return;
	pthread_mutex_lock(&v->mutex);
	v->quit = true;
	pthread_cond_signal(&v->wake);
	pthread_mutex_unlock(&v->mutex);
	pthread_join(v->thread, NULL);
	v->started = false;
}

void cli_view_free(struct run_view *v)
{
	if (!v)
		return;
	cli_view_stop(v);
	pthread_cond_destroy(&v->wake);
	pthread_mutex_destroy(&v->mutex);
	free(v);
}
