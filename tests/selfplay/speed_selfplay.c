/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How fast self-play is: `speed_selfplay [THREADS [IN_FLIGHT [GAMES [BLOCKS CHANNELS [SIZE]]]]]`.
 *
 * An untrained net (6 blocks of 64 channels) plays 9x9 with 32 visits, 16 moves considered at the root, games recorded
 * with their policy targets.  One line: evaluations a second, moves a second, CPU seconds in all, the process's
 * greatest resident size in MiB, and the hash of the games, which no change of speed may change. */
#include "games/go/go.h"
#include "selfplay/selfplay.h"
#include "train/train.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static double seconds(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static bool sink(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	(void)g;
	sha256_update(ctx, payload, n);
	return true;
}

static struct selfplay_settings settings(const struct nn_net *net, int size, int in_flight)
{
	struct selfplay_settings s = {.game = &game_go, .komi_spread_half = 4, .opening_plies = 8, .keep_policy = true,
	                              .seed = 1, .in_flight = in_flight};
	s.rules = (struct game_rules){.size = size, .komi_half = 15, .max_moves = 2 * size * size};
	s.player[0] = (struct selfplay_player){.net = net, .full_share = 1000};
	s.player[0].search = (struct search_settings){.visits = 32, .gumbel_actions = 16, .gumbel_noise = 1, .c_visit = 50,
	                                              .c_scale = 1000, .cpuct = 1100, .fpu = 200, .symmetry = 1};
	nn_kernels_init(&s.kernels, nn_cpu_flags());
	return s;
}

static int play(const struct selfplay_settings *s, int threads, int games, struct err *e)
{
	struct pool *pool = pool_new(threads);
	struct selfplay_progress done = {0};
	struct sha256 sum;
	struct rusage use;
	char hex[65];
	sha256_init(&sum);
	double wall = seconds(CLOCK_MONOTONIC), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	int rc = selfplay_run(s, pool, 0, (uint32_t)games, sink, &sum, NULL, &done, e);
	wall = seconds(CLOCK_MONOTONIC) - wall;
	cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	pool_free(pool);
	struct hash h = sha256_final(&sum);
	hash_hex(&h, hex);
	getrusage(RUSAGE_SELF, &use);
	if (rc == 0)
		printf("%.0f evals/s %.0f moves/s %.2f CPU s %.1f %% known %.1f MiB %.16s\n", (double)done.evals / wall,
		       (double)done.moves / wall, cpu, 100.0 * (double)done.known / (double)(done.known + done.evals), (double)use.ru_maxrss / 1024, hex);
	return rc;
}

int main(int argc, char **argv)
{
	int v[6] = {1, 128, 128, 6, 64, 9};
	for (int i = 1; i < argc && i <= 6; i++)
		v[i - 1] = atoi(argv[i]);
	struct nn_shape shape = {GO_PLANES, GO_PLANE_EXP, v[3], v[4], v[4] < 64 ? v[4] : 64};
	struct err e = {.text = ""};
	struct train_state *t = train_new(&shape, 1, &e);
	struct nn_net *net = t ? train_export(t, &e) : NULL;
	train_free(t);
	int rc = ERR_MEMORY;
	if (net) {
		struct selfplay_settings s = settings(net, v[5], v[1]);
		rc = play(&s, v[0], v[2], &e);
	}
	if (rc)
		fprintf(stderr, "speed_selfplay: %s\n", e.text);
	nn_net_free(net);
	return rc != 0;
}
