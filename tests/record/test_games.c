/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Game records and files of games: round trips, ranges, torn tails. */
#include "../test.h"
#include "canon.h"
#include "samples.h"

#include <unistd.h>

static void check_same_game(const struct record_game *a, const struct record_game *b)
{
	CHECK_INT(a->index, b->index);
	CHECK_INT(a->size, b->size);
	CHECK_INT(a->suicide, b->suicide);
	CHECK_INT(a->komi_half, b->komi_half);
	CHECK_INT(a->max_moves, b->max_moves);
	CHECK_INT(a->score_half, b->score_half);
	CHECK_INT(a->moves, b->moves);
	CHECK_INT(a->policies, b->policies);
	for (uint32_t i = 0; i < a->moves && i < b->moves; i++) {
		const struct record_move *m = &a->move[i], *n = &b->move[i];
		CHECK(m->action == n->action && m->kind == n->kind && m->value == n->value);
		CHECK(m->policy_at == n->policy_at && m->policy_n == n->policy_n);
	}
	for (uint32_t i = 0; i < a->policies && i < b->policies; i++)
		CHECK(a->policy[i].action == b->policy[i].action && a->policy[i].share == b->policy[i].share);
}

static void test_payload(void)
{
	struct record_game g = sample_game(7), got;
	struct buf out = {0};
	struct err e;
	g.komi_half = -11;
	g.score_half = -7;
	record_game_write(&g, &out);
	CHECK_INT(record_game_read(&got, out.data, out.len, &e), 0);
	check_same_game(&g, &got);
	CHECK_INT(got.policies, 3);
	CHECK_INT(got.move[3].policy_at, 2);
	record_game_release(&g);
	record_game_release(&got);
	CHECK(!got.move && !got.policy && got.moves == 0);
	buf_release(&out);
}

/* The longest game on the largest board, with a policy entry for every action: the largest payload there is. */
static void test_largest(void)
{
	struct record_game g = {.size = 19, .suicide = 1, .komi_half = 722, .max_moves = 4096, .score_half = -1444},
			   got;
	struct record_policy policy[RECORD_ACTIONS_MAX];
	struct buf out = {0};
	struct err e;
	for (uint16_t a = 0; a < RECORD_ACTIONS_MAX; a++)
		policy[a] = (struct record_policy){a, 181};
	for (int i = 0; i < RECORD_MOVES_MAX; i++) {
		struct record_move m = {
		    .action = (uint16_t)(i % 362), .kind = RECORD_FULL, .value = -65536, .policy_n = 362};
		CHECK_INT(record_game_add_move(&g, &m, policy), 0);
	}
	struct record_move more = {.kind = RECORD_CHEAP};
	CHECK_INT(record_game_add_move(&g, &more, NULL), ERR_ARG);
	record_game_write(&g, &out);
	CHECK(out.len <= RECORD_GAME_BYTES_MAX);
	CHECK_INT(record_game_read(&got, out.data, out.len, &e), 0);
	check_same_game(&g, &got);
	record_game_release(&g);
	record_game_release(&got);
	buf_release(&out);
}

/* What a move's kind does not have is not kept. */
static void test_add_move(void)
{
	struct record_game g = {.size = 3};
	const struct record_policy p = {1, 1};
	struct record_move opening = {.kind = RECORD_OPENING, .value = 5, .policy_n = 1, .policy_at = 77};
	struct record_move cheap = {.kind = RECORD_CHEAP, .value = 5, .policy_n = 1};
	struct record_move wide = {.kind = RECORD_FULL, .policy_n = RECORD_ACTIONS_MAX + 1};
	CHECK_INT(record_game_add_move(&g, &opening, &p), 0);
	CHECK_INT(record_game_add_move(&g, &cheap, &p), 0);
	CHECK_INT(record_game_add_move(&g, &wide, &p), ERR_ARG);
	CHECK_INT(g.moves, 2);
	CHECK_INT(g.policies, 0);
	CHECK(g.move[0].value == 0 && g.move[0].policy_n == 0 && g.move[0].policy_at == 0);
	CHECK(g.move[1].value == 5 && g.move[1].policy_n == 0);
	record_game_release(&g);
}

/* Byte `at` of the sample's payload set to `value` is refused with a message that holds `why`. */
static void test_ranges(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} bad[] = {
	    {4, 1, "board size 1"},
	    {4, 20, "board size 20"},
	    {4, 2, "score"},
	    {5, 2, "suicide flag 2"},
	    {7, 0x7f, "komi of 32523"},
	    {8, 3, "4 moves"},
	    {9, 0x10, "longest game"},
	    {15, 0x40, "score"},
	    {16, 10, "action 10"},
	    {18, 4, "kind 4"},
	    {25, 1, "value"},
	    {25, 0, "value"},
	    {26, 11, "policy entries"},
	    {28, 9, "policy action 9"},
	    {32, 1, "policy action 1"},
	    {32, 10, "policy action 10"},
	    {35, 0x64, "policy share"},
	    {50, 0, "follow the last move"},
	    {10, 255, "do not fit"},
	    {24, 0xfe, "value"},
	};
	struct record_game g = sample_game(0), got;
	struct buf out = {0};
	struct err e;
	g.max_moves = 300;
	record_game_write(&g, &out);
	CHECK_INT(out.len, 56);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		uint8_t keep = out.data[bad[i].at], keep8 = out.data[9];
		if (bad[i].at == 8)
			out.data[9] = 0;
		out.data[bad[i].at] = bad[i].value;
		e.text[0] = '\0';
		CHECK_INT(record_game_read(&got, out.data, out.len, &e), ERR_FORMAT);
		CHECK(strstr(e.text, bad[i].why));
		if (!strstr(e.text, bad[i].why))
			fprintf(stderr, "byte %zu: \"%s\"\n", bad[i].at, e.text);
		record_game_release(&got);
		out.data[9] = keep8;
		out.data[bad[i].at] = keep;
	}
	record_game_release(&g);
	buf_release(&out);
}

/* Scores up to the whole board either way: komi is 5.5, the board 3x3. */
static void test_scores(void)
{
	static const struct {
		int32_t score;
		int want;
	} edge[] = {
	    {7, 0}, {8, ERR_FORMAT}, {-29, 0}, {-30, ERR_FORMAT}, {INT32_MAX, ERR_FORMAT}, {INT32_MIN, ERR_FORMAT}};
	for (size_t i = 0; i < sizeof edge / sizeof edge[0]; i++) {
		struct record_game g = sample_game(0), got;
		struct buf out = {0};
		g.score_half = edge[i].score;
		record_game_write(&g, &out);
		CHECK_INT(record_game_read(&got, out.data, out.len, NULL), edge[i].want);
		record_game_release(&g);
		record_game_release(&got);
		buf_release(&out);
	}
}

static void test_file(const char *path)
{
	struct record_games_header want = sample_games_header();
	struct record_games g;
	struct record_game game, again = sample_game(2);
	struct buf out = {0};
	struct hash root, leaf[3];
	struct err e;
	sample_games(&out, 3);
	CHECK_INT(file_write(path, out.data, out.len, &e), 0);
	CHECK_INT(record_games_load(&g, path, &want, 0, &e), 0);
	CHECK_INT(g.count, 3);
	CHECK_INT(g.valid, out.len);
	CHECK_INT(record_games_parse(&g, 2, &game, &e), 0);
	check_same_game(&again, &game);
	for (uint32_t i = 0; i < 3; i++) {
		leaf[i] = sha256_of(out.data + g.at[i], g.len[i]);
		struct hash h = record_games_hash(&g, i);
		CHECK(hash_equal(&h, &leaf[i]));
	}
	struct hash expect = merkle_root(leaf, 3);
	CHECK_INT(record_games_root(&g, &root), 0);
	CHECK(hash_equal(&root, &expect));
	record_games_release(&g);
	record_game_release(&game);
	record_game_release(&again);
	buf_release(&out);
	unlink(path);
	CHECK_INT(record_games_load(&g, path, &want, 1, &e), ERR_IO);
}

/* Wherever the file is cut: an error, or with torn_ok the whole games before the cut. */
static void test_torn(void)
{
	struct record_games_header want = sample_games_header();
	struct buf out = {0};
	struct err e;
	size_t end[4] = {52, 0, 0, 0};
	sample_games(&out, 3);
	for (int i = 0; i < 3; i++)
		end[i + 1] = end[i] + bytes_get_u32(out.data + end[i]) + 8;
	CHECK_INT(end[3], out.len);
	for (size_t n = 0; n <= out.len; n++) {
		struct record_games g;
		struct buf strict = canon_copy(out.data, n), torn = canon_copy(out.data, n);
		uint32_t whole = 0;
		while (whole < 3 && end[whole + 1] <= n)
			whole++;
		int at_end = n == end[whole];
		CHECK_INT(record_games_read(&g, &strict, &want, 0, &e), at_end ? 0 : ERR_FORMAT);
		record_games_release(&g);
		CHECK_INT(record_games_read(&g, &torn, &want, 1, &e), 0);
		CHECK_INT(g.count, whole);
		CHECK_INT(g.valid, n < 52 ? 0 : end[whole]);
		CHECK(hash_equal(&g.header.recipe, &want.recipe));
		record_games_release(&g);
	}
	buf_release(&out);
}

/* A hole in the second game, as a file system may leave one: the first is kept. */
static void test_hole(void)
{
	struct record_games g;
	struct buf out = {0};
	struct err e;
	sample_games(&out, 3);
	size_t second = 52 + 8 + 56;
	out.data[second + 12] ^= 1;
	struct buf torn = canon_copy(out.data, out.len);
	CHECK_INT(record_games_read(&g, &out, NULL, 0, &e), ERR_FORMAT);
	CHECK_STR(e.text, "game 1 at byte 116: its checksum is wrong");
	CHECK(!out.data && !g.bytes.data);
	CHECK_INT(record_games_read(&g, &torn, NULL, 1, &e), 0);
	CHECK_INT(g.count, 1);
	CHECK_INT(g.valid, second);
	record_games_release(&g);
}

static int read_bytes(const struct buf *b, const struct record_games_header *want, struct err *e)
{
	struct record_games g;
	struct buf copy = canon_copy(b->data, b->len);
	int rc = record_games_read(&g, &copy, want, 1, e);
	record_games_release(&g);
	return rc;
}

static void test_header(void)
{
	struct record_games_header want = sample_games_header();
	struct buf out = {0};
	struct err e;
	sample_games(&out, 1);
	CHECK_INT(read_bytes(&out, &want, &e), 0);
	want.generation = 4;
	CHECK_INT(read_bytes(&out, &want, &e), ERR_MISMATCH);
	want = sample_games_header();
	want.kind = RECORD_MATCH;
	CHECK_INT(read_bytes(&out, &want, &e), ERR_MISMATCH);
	want = sample_games_header();
	want.recipe.b[31] ^= 1;
	CHECK_INT(read_bytes(&out, &want, &e), ERR_MISMATCH);
	out.data[8] = 2;
	CHECK_INT(read_bytes(&out, NULL, &e), ERR_FORMAT);
	CHECK_STR(e.text, "format version 2; this program knows version 1");
	buf_release(&out);
}

/* A whole frame in another's place is never taken for a torn tail. */
static void test_order(void)
{
	struct record_games_header h = sample_games_header();
	struct record_game g = sample_game(1);
	struct buf out = {0}, payload = {0};
	struct err e;
	record_games_header_write(&h, &out);
	record_game_write(&g, &payload);
	record_games_frame_write(payload.data, payload.len, &out);
	CHECK_INT(read_bytes(&out, NULL, &e), ERR_FORMAT);
	CHECK_STR(e.text, "game 0 at byte 52: it says that it is game 1");
	record_game_release(&g);
	buf_release(&out);
	buf_release(&payload);
}

int main(void)
{
	char path[64];
	snprintf(path, sizeof path, "test-%ld.games", (long)getpid());
	test_payload();
	test_largest();
	test_add_move();
	test_ranges();
	test_scores();
	test_file(path);
	test_torn();
	test_hole();
	test_header();
	test_order();
	return test_done();
}
