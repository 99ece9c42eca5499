/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SGF: any bytes.  What is read is written, read again without a repair, and written the same; every line that gives a
 * game can be played by the rules, with suicide and without, and written and read as the same game; every position on the
 * way that is set up can be. */
#include "fuzz.h"

#include "games/go/go.h"
#include "sgf/sgf.h"

static void playable(const struct sgf_game *g, int suicide)
{
	const struct game_rules r = {g->size, g->komi_half, suicide, GAME_MOVES_MAX};
	void *s = malloc(game_go.state_bytes(&r));
	MUST(s);
	game_go.init(s, &r);
	for (int p = 0; p < g->size * g->size; p++)
		MUST(!g->stone[p] || go_place(s, g->stone[p] - 1, p));
	for (int i = 0; i < g->moves; i++) {
		if (go_passes(s) == 2)
			go_resume(s);
		go_set_to_move(s, g->move[i].player);
		MUST(game_go.play(s, g->move[i].action));
	}
	free(s);
}

static void same_again(struct sgf_game *g)
{
	static struct sgf_game back;
	struct sgf *t = sgf_new();
	struct buf out = {0};
	struct err e;
	MUST(t && sgf_game_write(t, g, "fuzz:1"));
	sgf_write(t, &out);
	sgf_free(t);
	t = sgf_read(out.data, out.len, &e);
	MUST(t && sgf_game_read(&back, t, sgf_line_end(t, 1), SGF_ALL_MOVES, &e) == 0);
	MUST(back.size == g->size && back.komi_half == g->komi_half && back.handicap == g->handicap &&
	     back.to_move == g->to_move && back.moves == g->moves && back.restarts == 0 && !back.handicap_placed);
	MUST(memcmp(back.stone, g->stone, sizeof g->stone) == 0);
	for (int i = 0; i < g->moves; i++)
		MUST(back.move[i].action == g->move[i].action && back.move[i].player == g->move[i].player);
	sgf_free(t);
	buf_release(&out);
}

static bool placeable(void *ctx, uint32_t node, const uint8_t *stone, int to_move)
{
	const struct sgf_game *g = ctx;
	const struct game_rules r = {g->size, g->komi_half, 0, GAME_MOVES_MAX};
	void *s = malloc(game_go.state_bytes(&r));
	MUST(s && node && (to_move == 0 || to_move == 1));
	game_go.init(s, &r);
	for (int p = 0; p < g->size * g->size; p++)
		MUST(!stone[p] || go_place(s, stone[p] - 1, p));
	free(s);
	return true;
}

/* The same game whether its setups are told of or not. */
static void followed(const struct sgf *t, uint32_t last, const struct sgf_game *g)
{
	static struct sgf_game told;
	struct err e;
	int rc = sgf_game_follow(&told, t, last, placeable, &told, &e);
	MUST(rc == 0 || rc == ERR_FORMAT);
	MUST(rc || (told.work == g->work && told.moves == g->moves && memcmp(told.stone, g->stone, sizeof g->stone) == 0));
}

static void all_lines(const struct sgf *t, int moves)
{
	static struct sgf_game g;
	struct err e;
	int lines = 0;
	for (uint32_t n = 1; n < sgf_nodes(t) && lines < 16; n++) {
		if (sgf_child(t, n))
			continue;
		lines++;
		if (sgf_game_read(&g, t, n, moves, &e) || g.moves > moves)
			continue;
		if (moves == SGF_ALL_MOVES)
			followed(t, n, &g);
		playable(&g, 0);
		playable(&g, 1);
		same_again(&g);
	}
}

static void plain_texts(const struct sgf *t)
{
	struct buf b = {0};
	for (uint32_t n = 1; n < sgf_nodes(t) && n < 64; n++) {
		struct sgf_values all = sgf_values(t, n, "C");
		for (struct sgf_raw v; (v = sgf_values_next(&all)).p;)
			sgf_text(v, SGF_TEXT, &b);
		sgf_text(sgf_value(t, n, "PB"), SGF_SIMPLE, &b);
	}
	MUST(!b.failed);
	buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf once = {0}, twice = {0}, said = {0};
	struct err e;
	struct sgf *t = sgf_read(p, n, &e);
	if (!t)
		return 0;
	sgf_repairs(t, &said);
	plain_texts(t);
	all_lines(t, p[n - 1] % 2 ? SGF_ALL_MOVES : p[n - 1]);
	sgf_write(t, &once);
	sgf_free(t);
	buf_clear(&said);
	t = sgf_read(once.data, once.len, &e);
	MUST(t);
	sgf_write(t, &twice);
	sgf_repairs(t, &said);
	MUST(said.len == 0);
	fuzz_same(&once, &twice);
	sgf_free(t);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&said);
	return 0;
}
