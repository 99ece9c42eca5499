/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "run/parts.h"

#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>

/* Games that one thread keeps under way: enough for full batches, few enough that a stop loses little. */
enum { RUN_IN_FLIGHT = 16 };

void run_rules(const struct recipe *r, struct game_rules *out)
{
	*out = (struct game_rules){
	    .size = r->board_size,
	    .komi_half = r->board_komi,
	    .suicide = r->board_suicide,
	    .max_moves = recipe_max_moves(r), /* 3 * 19 * 19 < GAME_MOVES_MAX */
	};
}

void run_shape(const struct recipe *r, struct nn_shape *out)
{
	*out = (struct nn_shape){
	    .planes = game_go.planes,
	    .plane_exp = game_go.plane_exp,
	    .blocks = r->net_blocks,
	    .channels = r->net_channels,
	    .head = r->net_head,
	};
}

void run_train_config(const struct recipe *r, struct train_config *out)
{
	*out = (struct train_config){
	    .seed = (uint64_t)r->run_seed,
	    .batch = r->train_batch,
	    .total_steps = (uint64_t)r->run_generations * (uint64_t)r->train_steps,
	    .lr = r->train_lr,
	    .lr_end = r->train_lr_end,
	    .warmup = (uint64_t)r->train_warmup,
	    .momentum = r->train_momentum,
	    .weight_decay = r->train_weight_decay,
	    .max_step = r->train_max_step,
	    .value_weight = r->train_value_weight,
	    .owner_weight = r->train_owner_weight,
	    .score_weight = r->train_score_weight,
	    .reply_weight = r->train_reply_weight,
	    .adapt_interval = r->train_adapt_interval,
	    .adapt_until = (uint64_t)r->train_adapt_until,
	};
}

/* Searches of self-play draw their noise; those of a match do not: there the openings make the difference. */
static struct search_settings run_search(const struct recipe *r, int visits, int noise)
{
	return (struct search_settings){
	    .visits = visits,
	    .gumbel_actions = r->selfplay_gumbel_actions,
	    .gumbel_noise = noise,
	    .c_visit = r->selfplay_c_visit,
	    .c_scale = r->selfplay_c_scale,
	    .cpuct = r->selfplay_cpuct,
	    .fpu = r->selfplay_fpu,
	    .draw_utility = 0,
	    .symmetry = 1,
	};
}

static uint64_t run_seed(const struct recipe *r, enum rng_stream stream, uint32_t generation)
{
	return rng_key(rng_key((uint64_t)r->run_seed, stream), generation);
}

/* Visits of a full search: visits_start in generation 1, visits in the last, evenly between.  The product is below
 * 2^17 * 2^17. */
static int run_visits(const struct recipe *r, uint32_t generation)
{
	int64_t first = r->selfplay_visits_start, last = r->selfplay_visits, spans = r->run_generations - 1;
	if (first == 0 || generation >= (uint32_t)r->run_generations)
		return (int)last;
	int64_t rise = (last - first) * ((int64_t)generation - 1);
	return (int)(first + (rise >= 0 ? rise / spans : -((-rise + spans - 1) / spans)));
}

void run_selfplay_settings(const struct recipe *r, uint32_t generation, const struct nn_net *best, unsigned cpu_flags,
                           struct selfplay_settings *out)
{
	*out = (struct selfplay_settings){
	    .game = &game_go,
	    .komi_spread_half = r->board_komi_spread,
	    .opening_plies = r->selfplay_opening_plies,
	    .random_plies = r->selfplay_random_plies,
	    .match = false,
	    .keep_policy = true,
	    .seed = run_seed(r, RNG_SELFPLAY, generation),
	    .in_flight = RUN_IN_FLIGHT,
	};
	run_rules(r, &out->rules);
	out->player[0] = (struct selfplay_player){
	    .net = best,
	    .search = run_search(r, run_visits(r, generation), 1),
	    .cheap_visits = r->selfplay_cheap_visits,
	    .full_share = r->selfplay_cheap_visits ? r->selfplay_full_share : 1000,
	    .decided_value = (int32_t)(((int64_t)r->selfplay_decided_value * 65536 + 999) / 1000),
	    .decided_moves = r->selfplay_decided_moves,
	    .decided_visits = r->selfplay_decided_visits,
	    .decided_checked = r->selfplay_decided_checked,
	};
	out->player[1] = out->player[0];
	nn_kernels_init(&out->kernels, cpu_flags);
}

void run_gate_settings(const struct recipe *r, uint32_t generation, const struct nn_net *candidate,
                       const struct nn_net *best, unsigned cpu_flags, struct selfplay_settings *out)
{
	*out = (struct selfplay_settings){
	    .game = &game_go,
	    .opening_plies = r->gate_opening_plies,
	    .match = true,
	    .keep_policy = false,
	    .seed = run_seed(r, RNG_MATCH, generation),
	    .in_flight = RUN_IN_FLIGHT,
	};
	run_rules(r, &out->rules);
	const struct nn_net *net[2] = {candidate, best};
	for (int i = 0; i < 2; i++)
		out->player[i] = (struct selfplay_player){
		    .net = net[i],
		    .search = run_search(r, r->gate_visits, 0),
		    .full_share = 1000,
		};
	nn_kernels_init(&out->kernels, cpu_flags);
}

/* The window holds train.window generations at least, and window_growth per mille of all so far, rounded up. */
uint32_t run_window_first(const struct recipe *r, uint32_t generation)
{
	uint64_t share = ((uint64_t)generation * (uint64_t)r->train_window_growth + 999) / 1000;
	uint64_t hold = share > (uint64_t)r->train_window ? share : (uint64_t)r->train_window;
	return hold >= generation ? (generation ? 1 : 0) : generation - (uint32_t)hold + 1;
}

uint32_t run_spans(const struct recipe *r)
{
	uint32_t steps = (uint32_t)r->train_steps, interval = (uint32_t)r->train_checkpoint_interval;
	return (steps + interval - 1) / interval;
}

uint64_t run_span_end(const struct recipe *r, uint32_t generation, int64_t span)
{
	if (generation == 0)
		return 0;
	uint64_t steps = (uint64_t)r->train_steps;
	uint64_t in = (uint64_t)(span + 1) * (uint64_t)r->train_checkpoint_interval;
	return (generation - 1) * steps + (in < steps ? in : steps);
}

void run_path(char *out, size_t n, const char *dir, enum run_file what, uint32_t generation, uint64_t step)
{
	switch (what) {
	case RUN_RECIPE:
		snprintf(out, n, "%s/recipe", dir);
		return;
	case RUN_LEDGER:
		snprintf(out, n, "%s/ledger", dir);
		return;
	case RUN_GAMES:
		snprintf(out, n, "%s/games/%06" PRIu32 ".games", dir, generation);
		return;
	case RUN_SHARD:
		snprintf(out, n, "%s/shards/%06" PRIu32 ".shard", dir, generation);
		return;
	case RUN_CHECKPOINT:
		snprintf(out, n, "%s/checkpoints/%06" PRIu32 "-%06" PRIu64 ".ckpt", dir, generation, step);
		return;
	case RUN_NET:
		snprintf(out, n, "%s/nets/%06" PRIu32 ".net", dir, generation);
		return;
	case RUN_MATCH:
		snprintf(out, n, "%s/matches/%06" PRIu32 ".games", dir, generation);
		return;
	case RUN_LOCK:
		snprintf(out, n, "%s/lock", dir);
		return;
	case RUN_STARTED_FROM:
		snprintf(out, n, "%s/checkpoints/start.ckpt", dir);
		return;
	}
}
