/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checking a record against the board, and the samples that it gives. */
#include "selfplay/session.h"

static struct kept games; /* some self-play */

static void copy_game(struct record_game *out, const struct record_game *in)
{
	struct buf b = {0};
	record_game_write(in, &b);
	CHECK_INT(record_game_read(out, b.data, b.len, NULL), 0);
	buf_release(&b);
}

static uint32_t first_full(const struct record_game *g)
{
	uint32_t m = 0;
	while (m < g->moves && g->move[m].kind != RECORD_FULL)
		m++;
	return m;
}

/* A game long enough to be lied about. */
static const struct record_game *some_game(void)
{
	uint32_t i = 0;
	while (i < games.games && (games.game[i].moves < 12 || games.game[i].move[0].action == 16))
		i++;
	CHECK(i < games.games);
	return &games.game[i];
}

/* Each kind of lie, and the words that tell it. */
static void lies(void)
{
	static const char *const words[] = {"score", "illegal", "not over", "after the game was over", "policy",
	                                    "policy", "policy", "rules", "rules", "rules"};
	for (int lie = 0; lie < 10; lie++) {
		struct record_game g = {0};
		struct err e = {.text = ""};
		copy_game(&g, some_game());
		uint32_t full = first_full(&g);
		struct record_policy *p = &g.policy[g.move[full].policy_at];
		CHECK(full < g.moves && g.move[full].policy_n > 1);
		switch (lie) {
		case 0: g.score_half += 2; break;
		case 1: g.move[1].action = g.move[0].action; break;
		case 2: g.moves--; break;
		case 3: CHECK_INT(record_game_add_move(&g, &(struct record_move){.action = 16}, NULL), 0); break;
		case 4: p[0].share ^= 1; break;
		case 5: p[1].action = p[0].action; break;
		case 6: g.move[full].policy_at = g.policies; break;
		case 7: g.size = 1; break;
		case 8: g.komi_half = 800; break;
		case 9: g.max_moves = 5000; break;
		}
		int rc = selfplay_check(&game_go, &g, &e);
		CHECK_INT(rc, lie < 7 ? ERR_MISMATCH : ERR_FORMAT);
		if (!strstr(e.text, words[lie]))
			fprintf(stderr, "lie %d: %s\n", lie, e.text);
		CHECK(strstr(e.text, words[lie]) != NULL);
		struct buf out = {0};
		uint32_t count = 3;
		CHECK_INT(selfplay_samples(&game_go, &g, 0, &out, &count, &e), rc);
		CHECK(out.len == 0 && count == 3);
		buf_release(&out);
		record_game_release(&g);
	}
}

/* One sample, looked at with the board beside it. */
static void check_sample(const struct record_game *g, uint32_t m, const void *state, const int8_t *owner,
                         const struct shard_sample *s)
{
	uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	int sign = game_go.to_move(state) ? -1 : 1, score = sign * g->score_half;
	uint32_t sum = 0;
	game_go.features(state, planes);
	CHECK(memcmp(planes, s->planes, 16 * GO_PLANES) == 0);
	for (int a = 0; a <= 16; a++)
		sum += s->policy[a];
	CHECK(sum == 65536 || sum == 65535);
	CHECK_INT(s->reply, m + 1 < g->moves ? g->move[m + 1].action : SHARD_NO_REPLY);
	for (int p = 0; p < 16; p++)
		CHECK_INT(s->owner[p], sign * owner[p]);
	CHECK_INT(s->score_half, score);
	CHECK_INT(s->wdl[0], score > 0 ? 32768 : 0);
	CHECK_INT(s->wdl[1], score == 0 ? 32768 : 0);
	CHECK_INT(s->wdl[2], score < 0 ? 32768 : 0);
}

static void samples(void)
{
	struct shard_shape shape = {4, GO_PLANES};
	struct buf out = {0};
	uint32_t count = 0, at = 0;
	size_t bytes = shard_sample_bytes(&shape);
	for (uint32_t i = 0; i < games.games; i++)
		CHECK_INT(selfplay_samples(&game_go, &games.game[i], 0, &out, &count, NULL), 0);
	CHECK_INT(out.len, count * bytes);
	for (uint32_t i = 0; i < games.games; i++) {
		const struct record_game *g = &games.game[i];
		struct game_rules rules = {4, g->komi_half, 0, g->max_moves};
		struct shard_sample s;
		int8_t owner[GAME_POINTS_MAX];
		void *state = malloc(game_go.state_bytes(&rules));
		game_go.init(state, &rules);
		for (uint32_t m = 0; m < g->moves; m++)
			game_go.play(state, g->move[m].action);
		game_go.ownership(state, owner);
		game_go.init(state, &rules);
		for (uint32_t m = 0; m < g->moves; m++) {
			if (g->move[m].kind == RECORD_FULL) {
				shard_unpack(&shape, out.data + at++ * bytes, &s);
				check_sample(g, m, state, owner, &s);
			}
			game_go.play(state, g->move[m].action);
		}
		free(state);
	}
	CHECK_INT(at, count);
	CHECK(count > 20);
	buf_release(&out);
}

/* The search's value in the target: v = 1/2 is held for a win of 3/4; of that a share. */
static void search_values(void)
{
	static const struct {
		int won, value, share, want[3];
	} row[] = {
		{1, 32768, 0, {32768, 0, 0}},
		{1, 32768, 1000, {24576, 0, 8192}},
		{0, 32768, 1000, {24576, 0, 8192}},
		{0, 32768, 500, {12288, 0, 20480}},
		{1, -65536, 250, {24576, 0, 8192}},
		{0, 65536, 250, {8192, 0, 24576}},
		{1, 0, 1, {32751, 0, 17}}, /* 32768 - 16.384, rounded down */
		{0, -3, 1000, {16383, 0, 16385}}, /* 65533 / 4 = 16383.25 */
	};
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		struct record_game g = {.size = 2, .komi_half = (int16_t)(row[i].won ? -1 : 1), .max_moves = 10};
		struct record_policy p = {4, 65535};
		struct record_move m = {.action = 4, .kind = RECORD_FULL, .value = row[i].value, .policy_n = 1};
		struct record_move pass = {.action = 4};
		struct shard_shape shape = {2, GO_PLANES};
		struct shard_sample s;
		struct buf out = {0};
		uint32_t count = 0;
		g.score_half = -g.komi_half;
		record_game_add_move(&g, &m, &p);
		record_game_add_move(&g, &pass, NULL);
		CHECK_INT(selfplay_samples(&game_go, &g, row[i].share, &out, &count, NULL), 0);
		CHECK_INT(count, 1);
		shard_unpack(&shape, out.data, &s);
		for (int k = 0; k < 3; k++)
			CHECK_INT(s.wdl[k], row[i].want[k]);
		CHECK_INT(s.policy[4], 65535);
		CHECK_INT(s.reply, 4);
		buf_clear(&out);
		CHECK_INT(selfplay_samples(&game_go, &g, 1001, &out, &count, NULL), ERR_ARG);
		g.move[0].policy_n = 0; /* nothing to learn from */
		CHECK_INT(selfplay_check(&game_go, &g, NULL), 0);
		CHECK_INT(selfplay_samples(&game_go, &g, 0, &out, &count, NULL), ERR_MISMATCH);
		CHECK_INT(count, 1);
		buf_release(&out);
		record_game_release(&g);
	}
}

int main(void)
{
	struct nn_net *net = random_net(1);
	struct selfplay_settings s = session_settings(net, NULL);
	CHECK_INT(session_play(&s, 2, 0, 12, &games), 0);
	lies();
	samples();
	search_values();
	kept_release(&games);
	nn_net_free(net);
	return test_done();
}
