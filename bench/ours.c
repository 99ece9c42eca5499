/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai's side of bench/compare.  Nets and inputs are random; everything runs as play and training run it.
 *
 *   conv CHANNELS SIZE BATCH               multiply-adds: the first convolution of a block, ReLU and requantisation included,
 *                                          inside a net's forward pass
 *   eval BLOCKS CHANNELS SIZE BATCH        evaluations by the search's evaluator
 *   scale BLOCKS CHANNELS SIZE BATCH THREADS    the same on threads, by the wall's clock
 *   train BLOCKS CHANNELS SIZE BATCH THREADS    samples: whole training steps
 *   games SIZE PLAIN                       random legal games, on the board that is played on or on the tests' plain one
 *   selfplay BLOCKS CHANNELS SIZE VISITS GAMES  moves: so many games, 4 at a time, each ended after as many moves as the board
 *                                          has points
 *   mm_u8, wgrad, wino_mm, peak            multiply-adds, see ours_kernels.c
 *
 * --cpu-flags LIST as of miai.  With "memory BLOCKS CHANNELS SIZE VISITS GAMES" behind it: plays so many games at a time on
 * one thread for 24 moves each and prints the bytes that the process took at most.  With "once KIND NUMBERS..." behind it:
 * does that work twice and ends; the second time inside counted(), for whoever counts instructions. */
#include "ours.h"

#include "base/profile.h"
#include "base/rng.h"
#include "games/go/go.h"
#include "games/slow_go.h"
#include "nn/forward.h"
#include "record/shard.h"
#include "search/evaluator.h"
#include "selfplay/selfplay.h"
#include "train/train.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEED = 20260101, HEAD = 32, SAMPLES = 256 };

static unsigned cpu_flags; /* from the command line */

static struct nn_shape shape_of(int blocks, int channels)
{
	return (struct nn_shape){
		.planes = GO_PLANES, .plane_exp = GO_PLANE_EXP, .blocks = blocks, .channels = channels, .head = HEAD};
}

/* A net that was never trained, and how it began. */
static struct nn_net *new_net(const struct nn_shape *shape, struct err *e)
{
	struct train_state *s = train_new(shape, SEED, e);
	struct nn_net *net = s ? train_export(s, e) : NULL;
	train_free(s);
	return net;
}

/* A position of random planes. */
static void random_planes(uint8_t *planes, int n, uint64_t key)
{
	for (int i = 0; i < n; i++)
		planes[i] = (uint8_t)(rng_at(key, (uint64_t)i) % 4 ? 0 : 16);
}

/* ---- a convolution inside a forward pass ---- */

struct conv {
	struct profile profile; /* first: a pointer to it is one to the whole */
	enum profile_phase phase;
	double since, inside;
	double look; /* what a look at the clock takes: about 1% of the smallest layer */
	struct nn_kernels k;
	struct nn_net *net;
	struct nn_work *w;
	int batch;
};

static enum profile_phase conv_enter(struct profile *p, enum profile_phase next)
{
	struct conv *c = (struct conv *)p;
	enum profile_phase was = c->phase;
	if (was == PROFILE_CONV1)
		c->inside += side_wall() - c->since - c->look;
	if (next == PROFILE_CONV1)
		c->since = side_wall();
	c->phase = next;
	return was;
}

static double clock_cost(void)
{
	double least = 1;
	for (int i = 0; i < 1000; i++) {
		double t = side_wall();
		t = side_wall() - t;
		least = t < least ? t : least;
	}
	return least;
}

static void conv_once(void *ctx)
{
	struct conv *c = ctx;
	nn_forward(&c->k, c->net, c->w, c->batch);
}

static void conv_close(void *ctx)
{
	struct conv *c = ctx;
	nn_work_free(c->w);
	nn_net_free(c->net);
	free(c);
}

static const char *conv_open(struct work *w, const int *n)
{
	static uint8_t planes[GAME_POINTS_MAX * GAME_PLANES_MAX];
	struct nn_shape shape = shape_of(1, n[0]);
	struct err e;
	struct conv *c = calloc(1, sizeof *c);
	if (!c)
		return "no memory";
	*w = (struct work){.ctx = c, .once = conv_once, .close = conv_close, .inside = &c->inside};
	w->amount = (double)n[2] * n[1] * n[1] * 9 * n[0] * n[0];
	c->profile.enter = conv_enter;
	c->look = clock_cost();
	c->batch = n[2];
	nn_kernels_init(&c->k, cpu_flags);
	c->k.profile = &c->profile;
	c->net = new_net(&shape, &e);
	c->w = c->net ? nn_work_new(&shape, n[1], n[2], false) : NULL;
	if (!c->w)
		return "no such net or no memory";
	for (int i = 0; i < n[2]; i++) {
		random_planes(planes, n[1] * n[1] * GO_PLANES, rng_key(SEED, (uint64_t)i));
		nn_work_input(c->w, i, planes);
	}
	return NULL;
}

/* ---- evaluations ---- */

enum { THREADS_MAX = 64 };

struct evals {
	struct nn_kernels k;
	struct nn_net *net;
	struct pool *pool;
	struct evaluator *eval[THREADS_MAX];
	struct eval_job **job; /* threads * batch */
	int threads, batch, rounds;
	atomic_int left; /* rounds of a call that nobody has begun */
};

static void evals_task(void *ctx, int task, int worker)
{
	struct evals *v = ctx;
	(void)worker;
	while (atomic_fetch_sub(&v->left, 1) > 0)
		v->eval[task]->evaluate(v->eval[task], v->job + task * v->batch, v->batch);
}

static void evals_once(void *ctx)
{
	struct evals *v = ctx;
	atomic_store(&v->left, v->rounds);
	pool_run(v->pool, v->threads, evals_task, v);
}

static void evals_close(void *ctx)
{
	struct evals *v = ctx;
	for (int i = 0; i < v->threads; i++)
		evaluator_net_free(v->eval[i]);
	for (int i = 0; v->job && i < v->threads * v->batch; i++)
		free(v->job[i]);
	free(v->job);
	pool_free(v->pool);
	nn_net_free(v->net);
	free(v);
}

static bool evals_memory(struct evals *v, int size)
{
	struct err e;
	v->pool = pool_new(v->threads);
	v->job = calloc((size_t)(v->threads * v->batch), sizeof *v->job);
	for (int i = 0; v->job && i < v->threads * v->batch; i++) {
		v->job[i] = calloc(1, sizeof **v->job);
		if (!v->job[i])
			return false;
		v->job[i]->symmetry = i & 7;
		random_planes(v->job[i]->planes, size * size * GO_PLANES, rng_key(SEED, (uint64_t)i));
	}
	for (int i = 0; i < v->threads; i++) {
		v->eval[i] = evaluator_net_new(v->net, &v->k, size, v->batch, &e);
		if (!v->eval[i])
			return false;
	}
	return v->pool && v->job;
}

static const char *evals_open(struct work *w, const int *n, int threads, int rounds, bool wall)
{
	struct nn_shape shape = shape_of(n[0], n[1]);
	struct err e;
	if (threads < 1 || threads > THREADS_MAX || n[3] < 1)
		return "not so many threads";
	struct evals *v = calloc(1, sizeof *v);
	if (!v)
		return "no memory";
	v->threads = threads;
	v->batch = n[3];
	v->rounds = rounds;
	*w = (struct work){.ctx = v, .once = evals_once, .close = evals_close, .wall = wall};
	w->amount = (double)v->batch * v->rounds;
	nn_kernels_init(&v->k, cpu_flags);
	v->net = new_net(&shape, &e);
	return v->net && evals_memory(v, n[2]) ? NULL : "no such net or no memory";
}

/* ---- training ---- */

struct training {
	struct nn_kernels k;
	struct pool *pool;
	struct train_state *state;
	struct trainer *trainer;
	struct train_source source;
	struct buf samples;
};

static const uint8_t *training_sample(void *ctx, uint32_t i)
{
	const struct training *t = ctx;
	return t->samples.data + (size_t)i * shard_sample_bytes(&t->source.shape);
}

static void training_once(void *ctx)
{
	struct training *t = ctx;
	struct err e;
	if (trainer_run(t->trainer, t->state, &t->source, 1, 0, 1, NULL, NULL, &e))
		fprintf(stderr, "training: %s\n", e.text);
}

static void training_close(void *ctx)
{
	struct training *t = ctx;
	trainer_free(t->trainer);
	train_free(t->state);
	pool_free(t->pool);
	buf_release(&t->samples);
	free(t);
}

static int add_sample(struct training *t, int i)
{
	struct shard_sample x = {.wdl = {16384, 0, 16384}};
	uint64_t key = rng_key(SEED, (uint64_t)i);
	int points = t->source.shape.size * t->source.shape.size;
	struct err e;
	random_planes(x.planes, points * GO_PLANES, key);
	for (int p = 0; p <= points; p++)
		x.policy[p] = (uint16_t)(65535 / (points + 1));
	for (int p = 0; p < points; p++)
		x.owner[p] = (int8_t)((int)(rng_at(key, (uint64_t)p) % 3) - 1);
	x.reply = (uint16_t)(rng_at(key, 0) % (uint64_t)points);
	x.score_half = (int16_t)(rng_at(key, 1) % 40);
	return shard_pack(&t->source.shape, &x, &t->samples, &e);
}

static const char *training_open(struct work *w, const int *n)
{
	struct train_config c = {.seed = SEED, .batch = n[3], .total_steps = 100000, .lr = 20000, .lr_end = 2000, .warmup = 100,
	                         .momentum = 230, .weight_decay = 100, .max_step = 33554, .value_weight = 256, .owner_weight = 384,
	                         .score_weight = 64, .reply_weight = 38, .adapt_interval = 16, .adapt_until = 1000};
	struct nn_shape shape = shape_of(n[0], n[1]);
	struct err e;
	struct training *t = calloc(1, sizeof *t);
	if (!t)
		return "no memory";
	*w = (struct work){.ctx = t, .once = training_once, .close = training_close, .amount = n[3], .wall = n[4] > 1};
	nn_kernels_init(&t->k, cpu_flags);
	t->source = (struct train_source){.shape = {n[2], GO_PLANES}, .count = SAMPLES, .get = training_sample, .ctx = t};
	for (int i = 0; i < SAMPLES; i++)
		if (add_sample(t, i))
			return "no such sample";
	t->pool = pool_new(n[4]);
	t->state = train_new(&shape, SEED, &e);
	t->trainer = t->pool && t->state ? trainer_new(&c, &shape, n[2], &t->k, t->pool, &e) : NULL;
	return t->trainer ? NULL : "no such net or no memory";
}

/* ---- random legal games ---- */

struct games {
	struct game_rules rules;
	void *state;
	uint64_t index;
};

/* A number in 0..n-1 for each move of each game, the same on both boards. */
static int draw(const struct games *g, int move, int n)
{
	return (int)rng_below(rng_key(SEED, g->index), (uint64_t)move, (uint32_t)n);
}

static int nth_set(const uint8_t *mask, int n)
{
	int a = 0;
	while (!mask[a] || n--)
		a++;
	return a;
}

static void games_once(void *ctx)
{
	struct games *g = ctx;
	uint8_t mask[GAME_ACTIONS_MAX];
	g->index++;
	game_go.init(g->state, &g->rules);
	while (!game_go.over(g->state)) {
		int n = game_go.legal(g->state, mask);
		game_go.play(g->state, nth_set(mask, draw(g, game_go.moves(g->state), n)));
	}
	game_go.score_half(g->state);
}

static void plain_games_once(void *ctx)
{
	struct games *g = ctx;
	struct slow_go s;
	uint8_t mask[GAME_ACTIONS_MAX];
	int points = g->rules.size * g->rules.size;
	g->index++;
	slow_init(&s, &g->rules);
	while (!slow_over(&s)) {
		int n = 1;
		for (int p = 0; p < points; p++)
			n += mask[p] = slow_judge(&s, p) == SLOW_LEGAL;
		mask[points] = 1;
		slow_play(&s, nth_set(mask, draw(g, s.moves, n)));
	}
	slow_score_half(&s);
	slow_release(&s);
}

static void games_close(void *ctx)
{
	struct games *g = ctx;
	free(g->state);
	free(g);
}

static const char *games_open(struct work *w, const int *n)
{
	struct game_rules rules = {.size = n[0], .komi_half = 15, .max_moves = 2 * n[0] * n[0]};
	struct games *g = calloc(1, sizeof *g);
	if (!g)
		return "no memory";
	*w = (struct work){.ctx = g, .once = n[1] ? plain_games_once : games_once, .close = games_close, .amount = 1};
	g->rules = rules;
	g->state = malloc(game_go.state_bytes(&rules));
	return g->state ? NULL : "no memory";
}

/* ---- self-play ---- */

struct playing {
	struct selfplay_settings set;
	struct selfplay_progress done;
	struct pool *pool;
	struct nn_net *net;
	uint32_t games;
};

static bool any_game(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	(void)ctx;
	(void)g;
	(void)payload;
	return n > 0;
}

static void playing_once(void *ctx)
{
	struct playing *p = ctx;
	struct err e;
	if (selfplay_run(&p->set, p->pool, 0, p->games, any_game, NULL, NULL, &p->done, &e))
		fprintf(stderr, "self-play: %s\n", e.text);
}

static void playing_close(void *ctx)
{
	struct playing *p = ctx;
	pool_free(p->pool);
	nn_net_free(p->net);
	free(p);
}

static struct selfplay_settings play_settings(const struct nn_net *net, int size, int visits, int in_flight, int max_moves)
{
	struct selfplay_settings s = {.game = &game_go, .keep_policy = true, .seed = SEED, .in_flight = in_flight,
	                              .rules = {.size = size, .komi_half = 15, .max_moves = max_moves}};
	s.player[0] = (struct selfplay_player){.net = net, .full_share = 1000};
	s.player[0].search = (struct search_settings){
		.visits = visits, .gumbel_actions = 16, .gumbel_noise = 1, .c_visit = 50, .c_scale = 1000, .cpuct = 1250, .fpu = 200, .symmetry = 1};
	nn_kernels_init(&s.kernels, cpu_flags);
	return s;
}

static const char *playing_open(struct work *w, const int *n)
{
	struct nn_shape shape = shape_of(n[0], n[1]);
	struct err e;
	struct playing *p = calloc(1, sizeof *p);
	if (!p)
		return "no memory";
	*w = (struct work){.ctx = p, .once = playing_once, .close = playing_close, .amount = (double)n[4] * n[2] * n[2]};
	p->games = (uint32_t)n[4];
	p->net = new_net(&shape, &e);
	p->pool = pool_new(1);
	p->set = play_settings(p->net, n[2], n[3], 4, n[2] * n[2]);
	return p->net && p->pool ? NULL : "no such net or no memory";
}

static const char *open_kind(struct work *w, const char *kind, const int *n)
{
	if (strcmp(kind, "conv") == 0)
		return conv_open(w, n);
	if (strcmp(kind, "eval") == 0)
		return evals_open(w, n, 1, 1, false);
	if (strcmp(kind, "scale") == 0)
		return evals_open(w, n, n[4], 64, true); /* rounds enough that the wait for the last thread is short beside them */
	if (strcmp(kind, "train") == 0)
		return training_open(w, n);
	if (strcmp(kind, "games") == 0)
		return games_open(w, n);
	if (strcmp(kind, "selfplay") == 0)
		return playing_open(w, n);
	return kernel_open(w, kind, cpu_flags);
}

/* ---- memory ---- */

struct hoard {
	struct selfplay_progress done;
	uint64_t enough; /* evaluations */
	atomic_bool stop, over;
};

static void *watch_progress(void *ctx)
{
	struct hoard *h = ctx;
	while (!atomic_load(&h->over)) {
		if (atomic_load(&h->done.evals) >= h->enough)
			atomic_store(&h->stop, true);
		usleep(10000);
	}
	return NULL;
}

static int play_for_memory(const int *n, struct err *e)
{
	enum { MOVES = 24 };
	struct nn_shape shape = shape_of(n[0], n[1]);
	struct nn_net *net = new_net(&shape, e);
	struct hoard h = {.enough = (uint64_t)n[4] * (uint64_t)n[3] * MOVES};
	struct selfplay_settings s = play_settings(net, n[2], n[3], n[4], 2 * n[2] * n[2]);
	struct pool *pool = pool_new(1);
	pthread_t watcher;
	if (!net || !pool || pthread_create(&watcher, NULL, watch_progress, &h))
		return err_set(e, ERR_MEMORY, "no such net or no memory");
	int rc = selfplay_run(&s, pool, 0, (uint32_t)n[4], any_game, NULL, &h.stop, &h.done, e);
	atomic_store(&h.over, true);
	pthread_join(watcher, NULL);
	pool_free(pool);
	nn_net_free(net);
	return rc == ERR_STOPPED ? 0 : rc;
}

/* The most that the process has had in memory, in KiB; getrusage would tell of the program that started it, too. */
static int most_memory(void)
{
	char line[128];
	int kib = -1;
	FILE *f = fopen("/proc/self/status", "r");
	while (f && kib < 0 && fgets(line, sizeof line, f))
		sscanf(line, "VmHWM: %d kB", &kib);
	if (f)
		fclose(f);
	return kib;
}

static int memory(char **argv)
{
	struct err e = {.text = ""};
	int n[5];
	for (int i = 0; i < 5; i++)
		n[i] = atoi(argv[i]);
	int kib = play_for_memory(n, &e) ? -1 : most_memory();
	if (kib < 0) {
		fprintf(stderr, "memory: %s\n", e.text[0] ? e.text : "the system does not say");
		return 2;
	}
	printf("%lld\n", 1024LL * kib);
	return 0;
}

/* ---- once ---- */

void counted(struct work *w);

__attribute__((noinline)) void counted(struct work *w)
{
	w->once(w->ctx);
}

static int twice(int count, char **argv)
{
	struct work w = {.ctx = NULL};
	int n[SIDE_NUMBERS] = {0};
	for (int i = 1; i < count && i <= SIDE_NUMBERS; i++)
		n[i - 1] = atoi(argv[i]);
	const char *wrong = open_kind(&w, argv[0], n);
	if (wrong) {
		fprintf(stderr, "%s: %s\n", argv[0], wrong);
	} else {
		w.once(w.ctx);
		counted(&w);
	}
	if (w.close)
		w.close(w.ctx);
	return wrong ? 2 : 0;
}

int main(int argc, char **argv)
{
	struct err e;
	if (nn_cpu_flags_parse(&cpu_flags, argc >= 3 && strcmp(argv[1], "--cpu-flags") == 0 ? argv[2] : NULL, &e)) {
		fprintf(stderr, "%s\n", e.text);
		return 2;
	}
	if (argc == 9 && strcmp(argv[3], "memory") == 0)
		return memory(argv + 4);
	if (argc > 4 && strcmp(argv[3], "once") == 0)
		return twice(argc - 4, argv + 4);
	return side_serve(open_kind);
}
