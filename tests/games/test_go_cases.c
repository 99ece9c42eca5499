/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Positions drawn by hand, with the answer.  X is Black, O White; vertices as players write them: letters
 * without I from the left, numbers from the bottom. */
#include "base/rng.h"
#include "games/go/go.h"
#include "test.h"

enum { BLACK = 0, WHITE = 1, PASS = -1 };

struct board {
	_Alignas(8) uint8_t state[65536];
	struct game_rules rules;
};

static void setup(struct board *b, const char *const *rows, int komi_half, int suicide, int to_move)
{
	int size = (int)(strlen(rows[0]) + 1) / 2;
	b->rules = (struct game_rules){.size = size, .komi_half = komi_half, .suicide = suicide, .max_moves = 400};
	CHECK(game_go.state_bytes(&b->rules) <= sizeof b->state);
	game_go.init(b->state, &b->rules);
	for (int p = 0; p < size * size; p++) {
		char c = rows[p / size][p % size * 2];
		if (c != '.')
			CHECK(go_place(b->state, c == 'X' ? BLACK : WHITE, p));
	}
	go_set_to_move(b->state, to_move);
}

static int point(const struct board *b, const char *vertex)
{
	int col = vertex[0] - 'a' - (vertex[0] > 'i'), row = b->rules.size - atoi(vertex + 1);
	return row * b->rules.size + col;
}

static bool play(struct board *b, const char *vertex)
{
	return game_go.play(b->state, strcmp(vertex, "pass") == 0 ? game_points(&b->rules) : point(b, vertex));
}

/* Plays "c3 pass b2 ..." */
static void play_all(struct board *b, const char *line)
{
	char word[8];
	for (int n = 0; sscanf(line, "%7s%n", word, &n) == 1; line += n)
		CHECK(play(b, word));
}

static void check_board(const struct board *b, const char *const *rows)
{
	int size = b->rules.size;
	for (int p = 0; p < size * size; p++) {
		char c = rows[p / size][p % size * 2];
		CHECK_INT(go_color(b->state, p), c == 'X' ? BLACK : c == 'O' ? WHITE : -1);
	}
}

static int plane_at(const struct board *b, int plane, const char *vertex)
{
	static uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	game_go.features(b->state, planes);
	return planes[point(b, vertex) * GO_PLANES + plane];
}

static int plane_count(const struct board *b, int plane)
{
	static uint8_t planes[GAME_POINTS_MAX * GO_PLANES];
	int n = 0;
	game_go.features(b->state, planes);
	for (int p = 0; p < game_points(&b->rules); p++)
		n += planes[p * GO_PLANES + plane] != 0;
	return n;
}

static void test_ko(void)
{
	static const char *const before[] = {
		". X O .",
		"X O . O",
		". X O .",
		". . . .",
	};
	static const char *const after[] = {
		". X O .",
		"X . X O",
		". X O .",
		". . . .",
	};
	struct board b;
	setup(&b, before, 0, 0, BLACK);
	CHECK(play(&b, "c3"));
	check_board(&b, after);
	CHECK_INT(go_captures(b.state, BLACK), 1);
	CHECK_INT(go_judge(b.state, point(&b, "b3")), GO_SUPERKO);
	CHECK_INT(plane_at(&b, GO_PLANE_SUPERKO, "b3"), 16);
	CHECK_INT(plane_count(&b, GO_PLANE_SUPERKO), 1);
	CHECK(!play(&b, "b3"));
	play_all(&b, "a1 d1"); /* a threat and its answer */
	CHECK(play(&b, "b3")); /* the whole board is another one now */
	CHECK_INT(go_judge(b.state, point(&b, "c3")), GO_SUPERKO);
}

/* A pass is no position: it lifts no ban. */
static void test_ko_after_passes(void)
{
	static const char *const rows[] = {
		". X O .",
		"X O . O",
		". X O .",
		". . . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, BLACK);
	play_all(&b, "c3 pass pass");
	CHECK(game_go.over(b.state));
	go_resume(b.state);
	CHECK(!game_go.over(b.state));
	CHECK_INT(go_judge(b.state, point(&b, "b3")), GO_SUPERKO);
}

/* White sends two stones, Black takes them and returns one: the third move would close the cycle. */
static void test_send_two_return_one(void)
{
	static const char *const rows[] = {
		". O . O .", "X X O . O", ". X O O .", "X X O . .", ". . . . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, WHITE);
	play_all(&b, "a5 c5");
	CHECK_INT(go_captures(b.state, BLACK), 2);
	CHECK_INT(go_judge(b.state, point(&b, "b5")), GO_SUPERKO);
	CHECK_INT(go_judge(b.state, point(&b, "a5")), GO_LEGAL); /* c5 keeps its liberty */
}

/* The same cycle entered one step later: now the move that repeats captures nothing at all. */
static void test_superko_without_capture(void)
{
	static const char *const rows[] = {
		"O O . O .", "X X O . O", ". X O O .", "X X O . .", ". . . . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, BLACK);
	play_all(&b, "c5 b5 pass");
	CHECK_INT(go_captures(b.state, WHITE), 1);
	CHECK_INT(go_judge(b.state, point(&b, "a5")), GO_SUPERKO);
}

static void test_triple_ko(void)
{
	static const char *const rows[] = {
		". X O . . . . . .", "X O . O . . . . .", ". X O . . . . . .", ". X O . . . . . .", "X . X O . . . . .",
		". X O . . . . . .", ". X O . . . . . .", "X O . O . . . . .", ". X O . . . . . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, BLACK);
	play_all(&b, "c8 b5 c2 b8 c5");
	CHECK_INT(go_judge(b.state, point(&b, "b2")), GO_SUPERKO); /* the sixth move would be the first board */
	CHECK_INT(plane_count(&b, GO_PLANE_SUPERKO), 2);           /* and b5 the one before Black's c5 */
	CHECK_INT(plane_at(&b, GO_PLANE_SUPERKO, "b5"), 16);
}

static void test_snapback(void)
{
	static const char *const rows[] = {
		". . X .",
		"O O X .",
		"X X . .",
		". . . .",
	};
	static const char *const taken[] = {
		"X . X .",
		". . X .",
		"X X . .",
		". . . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, BLACK);
	play_all(&b, "a4 b4");
	CHECK_INT(go_liberties(b.state, point(&b, "a3")), 1);
	CHECK_INT(go_group_size(b.state, point(&b, "a3")), 3);
	CHECK(play(&b, "a4"));
	check_board(&b, taken);
	CHECK_INT(go_captures(b.state, BLACK), 3);
	CHECK_INT(go_captures(b.state, WHITE), 1);
}

static void test_suicide(void)
{
	static const char *const rows[] = {
		". O X . .", "X X X . .", ". . . . .", ". X . . .", "X . X . .",
	};
	static const char *const after[] = {
		". . X . .", "X X X . .", ". . . . .", ". X . . .", "X . X . .",
	};
	struct board b;
	setup(&b, rows, 0, 0, WHITE);
	CHECK_INT(go_judge(b.state, point(&b, "a5")), GO_SUICIDE);
	CHECK_INT(go_judge(b.state, point(&b, "b1")), GO_SUICIDE);
	CHECK_INT(plane_count(&b, GO_PLANE_SUICIDE), 0);
	CHECK_INT(plane_count(&b, GO_PLANE_SUPERKO), 0);
	setup(&b, rows, 0, 1, WHITE);
	CHECK_INT(plane_count(&b, GO_PLANE_SUICIDE), 25);
	CHECK_INT(go_judge(b.state, point(&b, "b1")), GO_SUPERKO); /* one stone: the board would stay as it is */
	CHECK(play(&b, "a5"));                                     /* two stones: a new board */
	check_board(&b, after);
	CHECK_INT(go_captures(b.state, BLACK), 2);
	CHECK_INT(go_captures(b.state, WHITE), 0);
}

/* Suicide of several stones can repeat a board as well. */
static void test_suicide_superko(void)
{
	static const char *const rows[] = {
		". . X .",
		"X X X .",
		". . . .",
		". . . .",
	};
	struct board b;
	setup(&b, rows, 0, 1, WHITE);
	play_all(&b, "b4 pass");
	CHECK_INT(go_judge(b.state, point(&b, "a4")), GO_SUPERKO);
	play_all(&b, "a1 pass");
	CHECK_INT(go_judge(b.state, point(&b, "a4")), GO_LEGAL);
}

/* The groups of columns C and E live by d1 and d7, which nobody can fill; those are nobody's points. */
static void test_seki_area(void)
{
	static const char *const rows[] = {
		". X O . X O .", "X X O O X O O", ". X O O X O .", "X X O O X O O",
		". X O O X O .", "X X O O X O O", ". X O . X O .",
	};
	struct board b;
	int8_t owner[49];
	setup(&b, rows, 13, 0, BLACK);
	CHECK_INT(game_go.score_half(b.state), 2 * (21 - 26) - 13);
	game_go.ownership(b.state, owner);
	for (int p = 0; p < 49; p++)
		CHECK_INT(owner[p], p % 7 <= 1 || p % 7 == 4 ? 1 : p == 3 || p == 45 ? 0 : -1);
	CHECK(play(&b, "d7")); /* who starts, loses */
	CHECK_INT(go_liberties(b.state, point(&b, "e1")), 1);
	CHECK(play(&b, "d1"));
	CHECK_INT(go_captures(b.state, WHITE), 8);
}

static void test_end_and_komi(void)
{
	static const char *const rows[] = {
		". X",
		". .",
	};
	struct board b;
	setup(&b, rows, 8, 0, WHITE);
	CHECK_INT(game_go.score_half(b.state), 0); /* a draw by komi */
	CHECK(play(&b, "pass"));
	CHECK_INT(plane_count(&b, GO_PLANE_PASSED), 4);
	CHECK_INT(plane_count(&b, GO_PLANE_LAST), 0);
	CHECK_INT(plane_at(&b, GO_PLANE_KOMI_PLUS, "a1"), 0);
	CHECK_INT(plane_at(&b, GO_PLANE_KOMI_MINUS, "a1"), 8);
	CHECK(play(&b, "a1"));
	CHECK_INT(plane_at(&b, GO_PLANE_KOMI_PLUS, "a1"), 8);
	CHECK_INT(plane_at(&b, GO_PLANE_KOMI_MINUS, "a1"), 0);
	CHECK_INT(plane_at(&b, GO_PLANE_LAST, "a1"), 16);
	play_all(&b, "pass");
	CHECK(!game_go.over(b.state));
	play_all(&b, "pass");
	CHECK(game_go.over(b.state));
	CHECK(!play(&b, "a2"));
	CHECK(!play(&b, "pass"));
	CHECK_INT(game_go.moves(b.state), 4);
}

static void test_longest_game(void)
{
	struct board b = {.rules = {.size = 9, .komi_half = -722, .suicide = 0, .max_moves = 3}};
	CHECK_INT(game_go.state_bytes(&b.rules) % 8, 0);
	game_go.init(b.state, &b.rules);
	CHECK_INT(game_go.score_half(b.state), 722);
	CHECK_INT(plane_at(&b, GO_PLANE_KOMI_PLUS, "a1"), 127);
	play_all(&b, "a1 pass");
	CHECK(!game_go.over(b.state));
	play_all(&b, "c3");
	CHECK(game_go.over(b.state));
	CHECK(!play(&b, "d4"));
	CHECK_INT(game_go.score_half(b.state), 2 * 81 + 722);
}

static void test_setup_limits(void)
{
	static const char *const rows[] = {
		". X .",
		"X . .",
		". . .",
	};
	struct board b;
	setup(&b, rows, 0, 1, BLACK);
	CHECK(!go_place(b.state, WHITE, point(&b, "a3"))); /* no liberty */
	CHECK(!go_place(b.state, WHITE, point(&b, "b3"))); /* taken */
	CHECK(!go_place(b.state, WHITE, 9));
	CHECK(!go_place(b.state, WHITE, -1));
	CHECK(!go_place(b.state, 2, 0));
	CHECK(go_place(b.state, WHITE, point(&b, "c3")));
	CHECK(go_place(b.state, WHITE, point(&b, "c2")));
	CHECK(go_place(b.state, WHITE, point(&b, "b2")));
	CHECK(go_place(b.state, WHITE, point(&b, "b1")));
	CHECK(go_place(b.state, WHITE, point(&b, "a1")));  /* a2 and b3 keep a3 */
	CHECK(!go_place(b.state, WHITE, point(&b, "a3"))); /* setup takes nothing */
	CHECK(!go_place(b.state, BLACK, point(&b, "a3")));
	CHECK_INT(game_go.moves(b.state), 0);
}

/* Compares the last stone of each handicap from 2 up; the others are those of smaller handicaps. */
static void check_handicap(int size, const char *want)
{
	char got[64] = "";
	for (int n = 0; n <= 10; n++) {
		int at[GO_HANDICAP_MAX], k = go_handicap_points(size, n, at);
		CHECK(k == 0 || k == n);
		for (int i = 0; i < k; i++)
			CHECK(at[i] >= 0 && at[i] < size * size);
		if (k == 0)
			continue;
		size_t used = strlen(got);
		char vertex[GO_VERTEX_TEXT];
		go_vertex_write(vertex, size, at[n - 1]);
		snprintf(got + used, sizeof got - used, " %s", vertex);
	}
	CHECK_STR(got, want);
}

static void test_vertices(void)
{
	static const char *const none[] = {"", "I3", "i3", "A", "A0", "A20", "A01x", "A-1", "A+1", "A 1", "U1", "@1", "pas", "passs", "A99999999999"};
	int action;
	char text[GO_VERTEX_TEXT];
	for (int size = GAME_SIZE_MIN; size <= GAME_SIZE_MAX; size++)
		for (int a = 0; a <= size * size; a++) {
			go_vertex_write(text, size, a);
			CHECK(go_vertex_read(text, size, &action));
			CHECK_INT(action, a);
		}
	CHECK(go_vertex_read("j9", 9, &action));
	CHECK_INT(action, 8);
	CHECK(!go_vertex_read("k9", 9, &action));
	CHECK(!go_vertex_read("J10", 9, &action));
	CHECK(go_vertex_read("PaSs", 19, &action));
	CHECK_INT(action, 361);
	go_vertex_write(text, 19, 18);
	CHECK_STR(text, "T19");
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		CHECK(!go_vertex_read(none[i], 19, &action));
}

static void test_handicap(void)
{
	int at[GO_HANDICAP_MAX];
	check_handicap(2, "");
	check_handicap(6, "");
	check_handicap(7, " E5 C5 E3");
	check_handicap(8, " F6 C6 F3");
	check_handicap(9, " G7 C7 G3 E5 G5 E5 E7 E5");
	check_handicap(12, " K10 C10 K3");
	check_handicap(13, " K10 D10 K4 G7 K7 G7 G10 G7");
	check_handicap(18, " P15 D15 P4");
	check_handicap(19, " Q16 D16 Q4 K10 Q10 K10 K16 K10");
	check_handicap(20, "");
	CHECK_INT(go_handicap_points(19, 8, at), 8);
	CHECK_INT(at[0], 15 * 19 + 3); /* D4 */
	CHECK_INT(at[4], 9 * 19 + 3);  /* D10 */
	CHECK_INT(at[5], 9 * 19 + 15); /* Q10 */
	CHECK_INT(at[6], 15 * 19 + 9); /* K4 */
}

static void test_liberties(void)
{
	static const char *const rows[] = {
		"X O . . .", ". X . X .", ". . . . .", "O O O . .", ". O . X .",
	};
	struct board b;
	setup(&b, rows, 0, 0, BLACK);
	CHECK_INT(plane_at(&b, GO_PLANE_LIBERTIES, "a5"), 16);     /* a4 */
	CHECK_INT(plane_at(&b, GO_PLANE_LIBERTIES, "b5"), 16);     /* c5 */
	CHECK_INT(plane_at(&b, GO_PLANE_LIBERTIES + 2, "b4"), 16); /* a4, c4, b3 */
	CHECK_INT(plane_at(&b, GO_PLANE_LIBERTIES + 2, "d1"), 16);
	CHECK_INT(go_liberties(b.state, point(&b, "d4")), 4);
	CHECK_INT(go_liberties(b.state, point(&b, "b1")), 6);
	CHECK_INT(plane_count(&b, GO_PLANE_LIBERTIES), 2);
	CHECK_INT(plane_count(&b, GO_PLANE_LIBERTIES + 1), 0);
	CHECK_INT(plane_count(&b, GO_PLANE_OWN), 4);
	CHECK_INT(plane_count(&b, GO_PLANE_OPPONENT), 5);
	CHECK(play(&b, "c4")); /* joins b4 and d4 */
	CHECK_INT(go_group_size(b.state, point(&b, "b4")), 3);
	CHECK_INT(go_liberties(b.state, point(&b, "b4")), 7);
}

static void test_state_size(void)
{
	static struct board b;
	struct game_rules r = {.size = 9, .max_moves = 243};
	CHECK(game_go.state_bytes(&r) <= 3700);
	game_go.init(b.state, &r);
	CHECK(game_go.used_bytes(b.state) <= 1750);
}

/* The longest game there is, at random: passes only where nothing else is legal.  Hashes and keys are part of
 * the numerics, so their digest is the same on every machine. */
static void test_golden(void)
{
	static struct board b = {.rules = {.size = 9, .komi_half = 15, .suicide = 1, .max_moves = GAME_MOVES_MAX}};
	uint64_t key = rng_key(9, RNG_TEST), digest = 0;
	uint8_t mask[82];
	CHECK(game_go.state_bytes(&b.rules) <= sizeof b.state);
	game_go.init(b.state, &b.rules);
	for (uint64_t i = 0; !game_go.over(b.state);) {
		int legal = game_go.legal(b.state, mask), action = 81;
		while (legal > 1 && (action == 81 || !mask[action]))
			action = (int)rng_below(key, i++, 81);
		CHECK(game_go.play(b.state, action));
		digest = rng_key(digest ^ game_go.key(b.state), go_position_hash(b.state));
	}
	CHECK_INT(game_go.moves(b.state), GAME_MOVES_MAX);
	CHECK_INT(digest >> 1, INT64_C(6593052497628283064));
}

int main(void)
{
	test_ko();
	test_ko_after_passes();
	test_send_two_return_one();
	test_superko_without_capture();
	test_triple_ko();
	test_snapback();
	test_suicide();
	test_suicide_superko();
	test_seki_area();
	test_end_and_komi();
	test_longest_game();
	test_setup_limits();
	test_vertices();
	test_handicap();
	test_liberties();
	test_state_size();
	test_golden();
	return test_done();
}
