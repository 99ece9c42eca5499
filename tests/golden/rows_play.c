/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole games: their records, byte for byte, and the samples made of them. */
#include "golden.h"

#include "base/pool.h"
#include "selfplay/selfplay.h"

#include <stdio.h>
#include <stdlib.h>

struct sink {
	struct buf *out;
	const char *name;
	int search_value;
};

static bool take(void *ctx, const struct record_game *g, const void *payload, size_t n)
{
	struct sink *s = ctx;
	struct buf samples = {0};
	uint32_t count = 0;
	struct err e = {.text = ""};
	int32_t facts[4] = {g->komi_half, (int32_t)g->moves, g->score_half, 0};
	uint16_t *move = golden_memory(g->moves * sizeof *move);

	for (uint32_t i = 0; i < g->moves; i++)
		move[i] = g->move[i].action;
	if (s->search_value >= 0 && selfplay_samples(&game_go, g, s->search_value, &samples, &count, &e)) {
		fprintf(stderr, "golden: %s\n", e.text);
		exit(2);
	}
	facts[3] = (int32_t)count;
	golden_row(s->out, T_I32, DIMS(4), facts, "play/%s/game%d/komi-moves-score-samples", s->name, (int)g->index);
	golden_row(s->out, T_U16, DIMS((int)g->moves), move, "play/%s/game%d/moves", s->name, (int)g->index);
	golden_row(s->out, T_U8, DIMS((int)n), payload, "play/%s/game%d/record", s->name, (int)g->index);
	if (count)
		golden_row(s->out, T_U8, DIMS((int)count, (int)(samples.len / count)), samples.data,
			   "play/%s/game%d/samples", s->name, (int)g->index);
	free(move);
	buf_release(&samples);
	return true;
}

static void play(const struct selfplay_settings *s, int games, struct sink *sink)
{
	struct err e = {.text = ""};
	struct selfplay_progress progress = {0};
	struct pool *pool = pool_new(1);
	if (!pool || selfplay_run(s, pool, 0, (uint32_t)games, take, sink, NULL, &progress, &e)) {
		fprintf(stderr, "golden: %s\n", e.text);
		exit(2);
	}
	pool_free(pool);
}

static const struct search_settings settings = {.visits = 10,
						.gumbel_actions = 4,
						.gumbel_noise = 1,
						.c_visit = 50,
						.c_scale = 1000,
						.cpuct = 1100,
						.fpu = 200,
						.symmetry = 1};

/* Self-play on 4x4: with a Gumbel root and cheap searches, then with PUCT alone; and of one who has no net. */
static void selfplay_rows(struct buf *out, const struct nn_net *net, const struct nn_kernels *k)
{
	struct selfplay_settings s = {.game = &game_go,
				      .rules = {4, 1, 0, 20},
				      .komi_spread_half = 4,
				      .opening_plies = 4,
				      .keep_policy = true,
				      .player = {{.net = net, .search = settings, .cheap_visits = 5, .full_share = 600}},
				      .seed = golden_key(500),
				      .in_flight = 2,
				      .kernels = *k};
	s.player[1] = s.player[0];
	play(&s, 4, &(struct sink){out, "gumbel", 250});
	struct selfplay_player *p = &s.player[0];
	p->decided_value = 1500;
	p->decided_moves = 3;
	p->decided_visits = 2;
	p->decided_checked = 300;
	s.player[1] = s.player[0];
	play(&s, 6, &(struct sink){out, "decided", 250});
	p->decided_value = 0;
	s.rules = (struct game_rules){3, 0, 1, 27};
	s.player[0].search.gumbel_actions = 0;
	s.player[0].cheap_visits = 0;
	s.player[0].full_share = 1000;
	s.player[1] = s.player[0];
	play(&s, 2, &(struct sink){out, "puct", 0});
	s.player[0].net = s.player[1].net = NULL;
	play(&s, 3, &(struct sink){out, "random", 0});
}

/* Two nets, then a net and nobody. */
static void match_rows(struct buf *out, const struct nn_net *net, const struct nn_net *other,
		       const struct nn_kernels *k)
{
	struct selfplay_settings s = {.game = &game_go,
				      .rules = {4, 2, 0, 24},
				      .opening_plies = 2,
				      .match = true,
				      .player = {{.net = net, .search = settings, .full_share = 1000},
						 {.net = other, .search = settings, .full_share = 1000}},
				      .seed = golden_key(501),
				      .in_flight = 2,
				      .kernels = *k};
	s.player[0].search.gumbel_noise = s.player[1].search.gumbel_noise = 0;
	play(&s, 2, &(struct sink){out, "match", -1});
	s.player[1].net = NULL;
	play(&s, 2, &(struct sink){out, "match-random", -1});
}

void golden_play(struct buf *out)
{
	struct nn_kernels k;
	struct nn_net *net = golden_player(0), *other = golden_player(1);
	nn_kernels_init(&k, golden_cpu_flags);
	selfplay_rows(out, net, &k);
	match_rows(out, net, other, &k);
	nn_net_free(net);
	nn_net_free(other);
}
