/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai bench --profile: where the time of self-play and of training goes, on one thread.  The modules below say which
 * phase they enter (base/profile.h); games and kernels are called through tables, and here through tables of functions
 * that note the time around the real ones. */
#include "cli/bench_int.h"

#include "base/profile.h"
#include "games/go/go.h"
#include "selfplay/selfplay.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

struct plan {
	int blocks, channels, size, visits, in_flight, games, batch, steps;
};
static const struct plan whole = {6, 64, 9, 32, 16, 32, 256, 16}, quick = {2, 16, 5, 8, 4, 8, 32, 8};

/* What a kernel does, within a phase. */
enum part { PART_REST, PART_TRANSFORM, PART_PRODUCT, PART_EPILOGUE, PARTS };

struct watch {
	struct profile profile; /* first: a pointer to it is one to the whole */
	enum profile_phase phase;
	enum part part;
	uint64_t since, spent[PROFILE_PHASES][PARTS]; /* ns */
	uint64_t until;         /* when *stop is to be set */
	atomic_bool stop;
	struct nn_kernels real;
};

/* The one that runs: what is called through the tables is given no place to find it. */
static struct watch *running;

static uint64_t now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static void note(struct watch *w, enum profile_phase phase, enum part part)
{
	uint64_t t = now();
	w->spent[w->phase][w->part] += t - w->since;
	w->since = t;
	w->phase = phase;
	w->part = part;
	if (t > w->until)
		atomic_store(&w->stop, true);
}

static enum profile_phase enter(struct profile *p, enum profile_phase next)
{
	struct watch *w = (struct watch *)p;
	enum profile_phase was = w->phase;
	note(w, next, PART_REST);
	return was;
}

static void part(enum part next)
{
	note(running, running->phase, next);
}

/* ---- kernels ---- */

#define WATCHED(op, what, params, args)                                                                                  \
	static void watched_##op params                                                                                  \
	{                                                                                                                \
		part(what);                                                                                              \
		running->real.op args;                                                                                   \
		part(PART_REST);                                                                                         \
	}
WATCHED(mm_u8, PART_PRODUCT, (const struct nn_mm *m), (m))
WATCHED(mm_s8, PART_PRODUCT, (const struct nn_mm *m), (m))
WATCHED(wgrad, PART_PRODUCT, (const struct nn_wgrad *g), (g))
WATCHED(wino_mm, PART_PRODUCT, (const struct nn_wino_mm *m), (m))
WATCHED(wino_in_u8, PART_TRANSFORM,
	(int16_t *v, size_t plane, const uint8_t *x, int line, int ci, int rows, int cols), (v, plane, x, line, ci, rows, cols))
WATCHED(wino_in_s8, PART_TRANSFORM,
	(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols), (v, plane, x, line, ci, rows, cols))
WATCHED(wino_out, PART_TRANSFORM, (int32_t *acc, const int32_t *m, size_t plane, int co, int rows, int cols),
	(acc, m, plane, co, rows, cols))
WATCHED(wgrad3, PART_PRODUCT, (const struct nn_wgrad3 *g), (g)) /* with its transforms, which are in it */
WATCHED(interleave4, PART_TRANSFORM, (uint8_t *out, const uint8_t *in, size_t n), (out, in, n))
WATCHED(relu_rows, PART_EPILOGUE,
	(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s),
	(out, row, rows, acc, bias, c, s))
WATCHED(trunk_rows, PART_EPILOGUE,
	(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, const int32_t *extra, int c, int s),
	(t, row, rows, acc, bias, extra, c, s))

static uint32_t watched_mask_rows(int32_t *g, const struct nn_mask_rows *m)
{
	part(PART_EPILOGUE);
	uint32_t most = running->real.mask_rows(g, m);
	part(PART_REST);
	return most;
}

static uint32_t watched_mask_add(int32_t *t, const struct nn_mask_rows *m, int s)
{
	part(PART_EPILOGUE);
	uint32_t most = running->real.mask_add(t, m, s);
	part(PART_REST);
	return most;
}

static void watch_kernels(struct watch *w, struct nn_kernels *k)
{
	w->real = *k;
	k->mm_u8 = watched_mm_u8;
	k->mm_s8 = watched_mm_s8;
	k->wgrad = watched_wgrad;
	k->wgrad3 = watched_wgrad3;
	k->wino_mm = watched_wino_mm;
	k->wino_in_u8 = watched_wino_in_u8;
	k->wino_in_s8 = watched_wino_in_s8;
	k->wino_out = watched_wino_out;
	k->interleave4 = watched_interleave4;
	k->relu_rows = watched_relu_rows;
	k->trunk_rows = watched_trunk_rows;
	k->mask_rows = watched_mask_rows;
	k->mask_add = watched_mask_add;
	k->profile = &w->profile;
}

/* ---- the game ---- */

static int watched_legal(const void *state, uint8_t *mask)
{
	enum profile_phase was = enter(&running->profile, PROFILE_RULES);
	int n = game_go.legal(state, mask);
	enter(&running->profile, was);
	return n;
}

static bool watched_play(void *state, int action)
{
	enum profile_phase was = enter(&running->profile, PROFILE_RULES);
	bool played = game_go.play(state, action);
	enter(&running->profile, was);
	return played;
}

static int watched_score_half(const void *state)
{
	enum profile_phase was = enter(&running->profile, PROFILE_RULES);
	int half = game_go.score_half(state);
	enter(&running->profile, was);
	return half;
}

static void watched_features(const void *state, uint8_t *out)
{
	enum profile_phase was = enter(&running->profile, PROFILE_FEATURES);
	game_go.features(state, out);
	enter(&running->profile, was);
}

static struct game watched_game(void)
{
	struct game g = game_go;
	g.legal = watched_legal;
	g.play = watched_play;
	g.score_half = watched_score_half;
	g.features = watched_features;
	return g;
}

/* ---- the table ---- */

struct line {
	enum profile_phase phase;
	bool nn;
	const char *name;
};

static const struct line play_lines[] = {
    {PROFILE_RULES, false, "rules"},
    {PROFILE_FEATURES, false, "features"},
    {PROFILE_TREE, false, "tree"},
    {PROFILE_CACHE, false, "answers kept"},
    {PROFILE_RECORD, false, "record"},
    {PROFILE_INPUT, false, "evaluator: planes in"},
    {PROFILE_STEM, true, "nn: first convolution"},
    {PROFILE_RELU, true, "nn: trunk to activations"},
    {PROFILE_CONV1, true, "nn: blocks, convolution 1"},
    {PROFILE_POOL, true, "nn: blocks, pooled branch"},
    {PROFILE_CONV2, true, "nn: blocks, convolution 2"},
    {PROFILE_HEAD, true, "nn: head"},
    {PROFILE_OUTPUT, false, "evaluator: answers out"},
    {PROFILE_REST, false, "rest"},
};

static const struct line train_lines[] = {
    {PROFILE_PREPARE, false, "weights to play with"},
    {PROFILE_SAMPLES, false, "samples"},
    {PROFILE_STEM, false, "forward: first convolution"},
    {PROFILE_RELU, false, "forward: trunk to activations"},
    {PROFILE_CONV1, false, "forward: convolution 1"},
    {PROFILE_POOL, false, "forward: pooled branch"},
    {PROFILE_CONV2, false, "forward: convolution 2"},
    {PROFILE_HEAD, false, "forward: head"},
    {PROFILE_LOSS, false, "loss"},
    {PROFILE_HEAD_BACK, false, "backward: head"},
    {PROFILE_DGRAD, false, "backward: through convolutions"},
    {PROFILE_WGRAD, false, "backward: weight gradients"},
    {PROFILE_POOL_BACK, false, "backward: pooled branch"},
    {PROFILE_GRADIENTS, false, "backward: rounding, masks, sums"},
    {PROFILE_UPDATE, false, "update"},
    {PROFILE_REST, false, "rest"},
};

static uint64_t phase_ns(const struct watch *w, enum profile_phase phase)
{
	uint64_t ns = 0;
	for (int i = 0; i < PARTS; i++)
		ns += w->spent[phase][i];
	return ns;
}

/* Percentages to one place that add up to 100.0: what rounding leaves goes to the largest. */
static void print_lines(const struct watch *w, const struct line *line, int lines, double nn)
{
	uint64_t total = 0;
	int permille[PROFILE_PHASES], sum = 0, largest = 0;
	for (int i = 0; i < lines; i++)
		total += phase_ns(w, line[i].phase);
	for (int i = 0; i < lines; i++) {
		permille[i] = (int)((1000 * phase_ns(w, line[i].phase) + total / 2) / (total ? total : 1));
		sum += permille[i];
		if (permille[i] > permille[largest])
			largest = i;
	}
	permille[largest] += 1000 - sum;
	printf("  %-34s %6s   %9s %9s %9s\n", "", "all", "transform", "product", "epilogue");
	for (int i = 0; i < lines; i++) {
		const uint64_t *ns = w->spent[line[i].phase];
		printf("  %-34s %5.1f%%", line[i].name, permille[i] / 10.0);
		if (ns[PART_TRANSFORM] + ns[PART_PRODUCT] + ns[PART_EPILOGUE])
			printf("   %8.1f%% %8.1f%% %8.1f%%", 100.0 * (double)ns[PART_TRANSFORM] / (double)total,
			       100.0 * (double)ns[PART_PRODUCT] / (double)total, 100.0 * (double)ns[PART_EPILOGUE] / (double)total);
		printf("\n");
	}
	if (nn > 0)
		printf("  inside nn %.1f%%\n", 100 * nn);
	fflush(stdout);
}

static double share_of_nn(const struct watch *w)
{
	uint64_t total = 0, nn = 0;
	for (size_t i = 0; i < sizeof play_lines / sizeof *play_lines; i++) {
		uint64_t ns = phase_ns(w, play_lines[i].phase);
		total += ns;
		nn += play_lines[i].nn ? ns : 0;
	}
	return (double)nn / (double)(total ? total : 1);
}

static void begin(struct watch *w, enum profile_phase phase, double seconds)
{
	memset(w->spent, 0, sizeof w->spent);
	w->profile.enter = enter;
	w->phase = phase;
	w->part = PART_REST;
	w->since = now();
	w->until = w->since + (uint64_t)(seconds * 1e9);
	atomic_store(&w->stop, false);
	running = w;
}

/* ---- the work ---- */

struct kept {
	struct bench *b;
	int failed;
	struct err err;
};

static bool keep(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct kept *k = ctx;
	(void)payload;
	(void)n;
	k->failed = selfplay_samples(&game_go, g, 250, &k->b->samples, &k->b->sample_count, &k->err);
	return k->failed == 0;
}

static int profile_selfplay(struct bench *b, const struct plan *p, struct watch *w, struct err *e)
{
	struct kept kept = {.b = b};
	struct game game = watched_game();
	struct selfplay_progress done = {.games = 0};
	struct selfplay_settings s = {.game = &game,
				      .rules = {.size = p->size, .komi_half = 15, .max_moves = 2 * p->size * p->size},
				      .opening_plies = 4,
				      .keep_policy = true,
				      .seed = BENCH_SEED,
				      .in_flight = p->in_flight,
				      .kernels = b->kernels};
	cli_search_settings(&s.player[0].search, p->visits);
	s.player[0].search.gumbel_actions = 16;
	s.player[0].search.gumbel_noise = 1;
	s.player[0].net = b->first;
	s.player[0].full_share = 1000;
	watch_kernels(w, &s.kernels);
	begin(w, PROFILE_TREE, 30);
	double t = cli_seconds();
	int rc = selfplay_run(&s, b->pool, 0, (uint32_t)p->games, keep, &kept, &w->stop, &done, e);
	t = cli_seconds() - t;
	enter(&w->profile, PROFILE_REST);
	if (rc && rc != ERR_STOPPED)
		return rc;
	if (kept.failed)
		return err_set(e, kept.failed, "%s", kept.err.text);
	printf("self-play: %dx%d at %dx%d, %d visits, %d games at a time: %.0f evaluations/s, %.0f questions/s\n",
	       p->blocks, p->channels, p->size, p->size, p->visits, p->in_flight, (double)atomic_load(&done.evals) / t,
	       (double)(atomic_load(&done.evals) + atomic_load(&done.known)) / t);
	print_lines(w, play_lines, sizeof play_lines / sizeof *play_lines, share_of_nn(w));
	return 0;
}

static const uint8_t *sample(void *ctx, uint32_t i)
{
	const struct bench *b = ctx;
	return b->samples.data + (size_t)i * (b->samples.len / b->sample_count);
}

static int profile_train(struct bench *b, const struct plan *p, struct watch *w, struct err *e)
{
	struct train_config c = {.seed = BENCH_SEED, .batch = p->batch, .total_steps = 1000, .lr = 60000,
				 .lr_end = 6000, .warmup = 1, .momentum = 230, .weight_decay = 100, .max_step = 33554,
				 .value_weight = 256, .owner_weight = 384, .score_weight = 64, .reply_weight = 38,
				 .adapt_interval = 4, .adapt_until = 1000};
	struct train_source src = {
	    .shape = {.size = p->size, .planes = GO_PLANES}, .count = b->sample_count, .get = sample, .ctx = b};
	struct nn_kernels k = b->kernels;
	watch_kernels(w, &k);
	struct trainer *t = trainer_new(&c, train_shape(b->state), p->size, &k, b->pool, e);
	if (!t)
		return ERR_MEMORY;
	begin(w, PROFILE_REST, 600);
	double s = cli_seconds();
	int rc = trainer_run(t, b->state, &src, 1, 0, (uint64_t)p->steps, &w->stop, NULL, e);
	s = cli_seconds() - s;
	enter(&w->profile, PROFILE_REST);
	trainer_free(t);
	if (rc)
		return rc;
	printf("\ntraining: %dx%d at %dx%d, batch %d: %.0f samples/s\n", p->blocks, p->channels, p->size, p->size, c.batch,
	       (double)p->steps * c.batch / s);
	print_lines(w, train_lines, sizeof train_lines / sizeof *train_lines, 0);
	return 0;
}

int bench_profile(struct bench *b, struct err *e)
{
	const struct plan *p = b->quick ? &quick : &whole;
	struct nn_shape shape = {
	    .planes = GO_PLANES, .plane_exp = GO_PLANE_EXP, .blocks = p->blocks, .channels = p->channels, .head = p->channels < 32 ? p->channels : 32};
	struct watch w = {.until = 0};
	b->state = train_new(&shape, BENCH_SEED, e);
	b->first = b->state ? train_export(b->state, e) : NULL;
	if (!b->first)
		return ERR_MEMORY;
	int rc = profile_selfplay(b, p, &w, e);
	if (!rc && b->sample_count)
		rc = profile_train(b, p, &w, e);
	return rc;
}
