/* SPDX-License-Identifier: GPL-3.0-or-later */
/* SGF as programs write it, damaged and whole; lines of it as games; games as SGF. */
#include "../test.h"

#include "games/go/go.h"
#include "sgf/sgf.h"

static struct sgf *read_ok(const char *text, size_t n)
{
	struct err e = {.text = ""};
	struct sgf *t = sgf_read(text, n, &e);
	if (!t) {
		fprintf(stderr, "%s: %s\n", text, e.text);
		exit(1);
	}
	return t;
}

static const char *text_of(struct buf *b)
{
	buf_u8(b, 0);
	return (const char *)b->data;
}

/* What is written of it, and that this is read and written alike without a repair. */
static void writes(const char *text, size_t n, const char *want)
{
	struct sgf *t = read_ok(text, n);
	struct buf once = {0}, twice = {0}, said = {0};
	sgf_write(t, &once);
	CHECK_STR(text_of(&once), want);
	sgf_free(t);
	t = read_ok((const char *)once.data, once.len - 1);
	sgf_write(t, &twice);
	CHECK_STR(text_of(&twice), want);
	sgf_repairs(t, &said);
	CHECK_STR(text_of(&said), "");
	sgf_free(t);
	buf_release(&once);
	buf_release(&twice);
	buf_release(&said);
}

#define WRITES(text, want) writes(text, sizeof text - 1, want)

static void repairs(const char *text, size_t n, const char *want)
{
	struct sgf *t = read_ok(text, n);
	struct buf said = {0};
	sgf_repairs(t, &said);
	CHECK_STR(text_of(&said), want);
	sgf_free(t);
	buf_release(&said);
}

#define REPAIRS(text, want) repairs(text, sizeof text - 1, want)

static void refuses(const char *text, size_t n, const char *want)
{
	struct err e = {.text = ""};
	struct sgf *t = sgf_read(text, n, &e);
	CHECK(!t);
	CHECK_STR(e.text, want);
	sgf_free(t);
}

static void trees(void)
{
	WRITES("(;GM[1]FF[4];B[aa];W[bb])", "(;GM[1]FF[4];B[aa];W[bb])\n");
	WRITES("(;A[1](;B[aa];W[bb](;C[x])(;C[y]))(;B[cc]))", "(;A[1]\n(;B[aa];W[bb]\n(;C[x])\n(;C[y]))\n(;B[cc]))\n");
	WRITES("(;A[1])\r\n(;A[2])", "(;A[1])\n(;A[2])\n");
	WRITES("(;C[a\\]b\\\\]AB[aa][bb:cc])", "(;C[a\\]b\\\\]AB[aa][bb:cc])\n");
	WRITES("( ; C [a\rb\r\nc\n\rd] [e] ; )", "(;C[a\nb\nc\nd][e];)\n");
	WRITES("(;A[](;B[aa](;W[bb])))", "(;A[];B[aa];W[bb])\n"); /* a lone variation is the line itself */
	WRITES("(;GaMe[1];Black[aa];White[bb])", "(;GM[1];B[aa];W[bb])\n");
}

static void damage(void)
{
	WRITES("Subject: game\n\nhi (all) ;-)\n(;B[aa])\nbye", "(;B[aa])\n");
	REPAIRS("hi\n(;B[aa])", "line 1: text before the first game or between games left out\n");
	WRITES(";B[aa];W[bb]", "(;B[aa];W[bb])\n");
	REPAIRS("\n\n;B[aa])", "line 3: a \"(\" was missing before a game\n");
	WRITES("(GM[1];B[aa](W[bb])(W[cc]))", "(;GM[1];B[aa]\n(;W[bb])\n(;W[cc]))\n");
	REPAIRS("(GM[1])", "line 1: a \";\" was missing before a property\n");
	WRITES("(;B[aa];W[bb", "(;B[aa];W[bb])\n");
	REPAIRS("(;B[aa];W[bb",
	        "line 1: the end came inside a value\nline 1: a \")\" was missing at the end\n");
	WRITES("(;B[aa;W[bb];C[x;y", "(;B[aa];W[bb];C[x;y])\n");
	REPAIRS("(;B[aa;W[bb)\n", "line 1: a \"]\" was missing behind a value (2 times)\n");
	WRITES("(;C[end\\", "(;C[end])\n");
	WRITES("(;C[end\\\\", "(;C[end\\\\])\n");
	WRITES("(;B[aa])))(;B[bb])", "(;B[aa])\n(;B[bb])\n");
	REPAIRS("(;B[aa])))\n", "line 1: a \")\" too many (2 times)\n");
	WRITES("(;B[aa]W[bb]C[x]B[cc])", "(;B[aa];W[bb]C[x];B[cc])\n");
	REPAIRS("(;B[aa]\nW[bb])", "line 2: a second move in a node put into a node of its own\n");
	WRITES("(;B[aa]()(())C[late])", "(;B[aa]C[late])\n");
	WRITES("(;AA;BB[x]17 $ abc[3]CC[4])", "(;;BB[x]CC[4])\n");
	WRITES("(;ABCDEFGHIJKLMNOP[x]ABCDEFGHIJKLMNO[y])", "(;ABCDEFGHIJKLMNO[y])\n");
	WRITES("(;C[a\0b]\0)", "(;C[ab])\n");
	REPAIRS("(;C[a\0b]\0)", "line 1: NUL bytes left out (2 times)\n");
	refuses("", 0, "SGF: no game in it: nothing looks like \"(;\" and a property");
	refuses("Hello (world); B", 16, "SGF: no game in it: nothing looks like \"(;\" and a property");
	refuses("()", 2, "SGF: no game in it: nothing looks like \"(;\" and a property");
}

static void charsets(void)
{
	WRITES("(;PB[\xc3\xa9])", "(;PB[\xc3\xa9])\n");
	WRITES("\xef\xbb\xbf(;PB[\xc3\xa9]CA[utf-8])", "(;PB[\xc3\xa9]CA[UTF-8])\n");
	WRITES("(;CA[ISO-8859-1]PB[\xe9\xdf])", "(;CA[UTF-8]PB[\xc3\xa9\xc3\x9f])\n");
	WRITES("(;PB[\x80 \x93\xe9\x94])", "(;PB[\xe2\x82\xac \xe2\x80\x9c\xc3\xa9\xe2\x80\x9d])\n");
	WRITES("(;CA[GB2312]PB[\xc4\xe3]C[x])", "(;CA[UTF-8]PB[\xef\xbf\xbd]C[x])\n");
	WRITES("(;CA[Big5]PB[\xa5\x5d\xa4\x5c]C[x])", "(;CA[UTF-8]PB[\xef\xbf\xbd\xef\xbf\xbd]C[x])\n");
	WRITES("(;CA[Shift_JIS]PB[\x83\x5c\xb1]C[x])", "(;CA[UTF-8]PB[\xef\xbf\xbd\xef\xbf\xbd]C[x])\n");
	WRITES("(;CA[UTF-8]PB[\xe9\xe9\xc3\xa9])", "(;CA[UTF-8]PB[\xc3\xa9\xc3\xa9\xc3\xa9])\n");
	REPAIRS("(;CA[UTF-8]PB[\xe9])",
	        "line 1: said to be UTF-8, but is not: bytes that cannot be are read as Windows-1252\n");
	WRITES("(;PB[\xed\xa0\x80])", "(;PB[\xc3\xad\xc2\xa0\xe2\x82\xac])\n"); /* half a pair of UTF-16 is no UTF-8 */
	refuses("\xff\xfe(\0;\0", 6, "SGF: the text is UTF-16: save it as UTF-8");
}

static void says_value(struct sgf_raw v, const char *want)
{
	CHECK(v.p && v.n == strlen(want) && memcmp(v.p, want, v.n) == 0);
}

static void says(const char *raw, enum sgf_kind kind, const char *want)
{
	struct buf b = {0};
	sgf_text((struct sgf_raw){(const uint8_t *)raw, (uint32_t)strlen(raw)}, kind, &b);
	CHECK_STR(text_of(&b), want);
	buf_release(&b);
}

static void values(void)
{
	static const struct {
		const char *text;
		int half;
	} komi[] = {{"7.5", 15},   {"7,5", 15},    {"+6.50", 13}, {" 0 ", 0},      {"-5.5", -11},       {"6.5 points", 13},
	            {"650", 13},   {"375", 15},    {"3.75", 15},  {"2.75", 11},    {"7\xc2\xbd", 15},   {"6.3", 13},
	            {".5", 1},     {"361", 722},   {"325", 650},  {"6.75", 14},    {"-3.75", -15},      {"0.00000000001", 0},
	            {"7.", 14},    {"750", 15},    {"12", 24}};
	int half, size;
	for (size_t i = 0; i < sizeof komi / sizeof *komi; i++) {
		half = 1000;
		CHECK(sgf_parse_komi((struct sgf_raw){(const uint8_t *)komi[i].text, (uint32_t)strlen(komi[i].text)}, &half));
		CHECK_INT(half, komi[i].half);
	}
	static const char *const none[] = {"", "-", "none", "x7", ".", "99999999999999", "37000", "+-1"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		CHECK(!sgf_parse_komi((struct sgf_raw){(const uint8_t *)none[i], (uint32_t)strlen(none[i])}, &half));
	static const struct {
		const char *text;
		int size;
		const char *wrong;
	} sizes[] = {{"19", 19, ""}, {"", 19, ""}, {" 9 ", 9, ""}, {"13:13", 13, ""}, {"2", 2, ""},
	             {"13:9", 0, "SZ[13:9]: the board is 13 by 9, and only square ones can be played on"},
	             {"25", 0, "SZ[25]: boards from 2 to 19 can be played on"},
	             {"1", 0, "SZ[1]: boards from 2 to 19 can be played on"},
	             {"big", 0, "SZ[big] is no board size"}, {"-9", 0, "SZ[-9] is no board size"}};
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct err e = {.text = ""};
		int rc = sgf_parse_size((struct sgf_raw){(const uint8_t *)sizes[i].text, (uint32_t)strlen(sizes[i].text)}, &size, &e);
		CHECK_INT(rc, sizes[i].size ? 0 : ERR_FORMAT);
		CHECK_STR(e.text, sizes[i].wrong);
		CHECK(!sizes[i].size || size == sizes[i].size);
	}
	says("a\\]b\\\\c\\:d", SGF_SIMPLE, "a]b\\c:d");
	says("one\\\ntwo\nthree\tx", SGF_SIMPLE, "onetwo three x");
	says("one\\\ntwo\nthree\tx", SGF_TEXT, "onetwo\nthree x");
}

/* Values of properties of one name, wherever in the node they stand. */
static void many_values(void)
{
	static const char *const want[] = {"aa", "", "bb", "cc"};
	struct sgf *t = read_ok("(;AB[aa][]AW[dd]AB[bb]C[x]AB[cc])", 33);
	struct sgf_values all = sgf_values(t, 1, "AB");
	for (int i = 0; i < 4; i++)
		says_value(sgf_values_next(&all), want[i]);
	CHECK(!sgf_values_next(&all).p);
	CHECK(!sgf_values_next(&all).p);
	says_value(sgf_value(t, 1, "AB"), "aa");
	CHECK(!sgf_value(t, 1, "B").p);
	sgf_free(t);
}

static int game_of(struct sgf_game *g, const char *text, int moves, struct err *e)
{
	struct sgf *t = read_ok(text, strlen(text));
	int rc = sgf_game_read(g, t, sgf_line_end(t, sgf_child(t, 0)), moves, e);
	sgf_free(t);
	return rc;
}

/* The first position as "B" and "W" and points, and the moves as they are in SGF. */
static void plays(const char *text, const char *setup, const char *moves)
{
	static struct sgf_game g;
	struct err e = {.text = ""};
	struct buf stones = {0}, line = {0};
	CHECK_INT(game_of(&g, text, SGF_ALL_MOVES, &e), 0);
	CHECK_STR(e.text, "");
	for (int p = 0; p < g.size * g.size; p++)
		if (g.stone[p])
			buf_printf(&stones, "%c%c%c ", "-BW"[g.stone[p]], 'a' + p % g.size, 'a' + p / g.size);
	buf_printf(&stones, "%c", "BW"[g.to_move]);
	for (int i = 0; i < g.moves; i++)
		if (g.move[i].action == g.size * g.size)
			buf_printf(&line, "%c-- ", "BW"[g.move[i].player]);
		else
			buf_printf(&line, "%c%c%c ", "BW"[g.move[i].player], 'a' + g.move[i].action % g.size,
			           'a' + g.move[i].action / g.size);
	CHECK_STR(text_of(&stones), setup);
	CHECK_STR(text_of(&line), moves);
	buf_release(&stones);
	buf_release(&line);
}

static void cannot_play(const char *text, const char *why)
{
	static struct sgf_game g;
	struct err e = {.text = ""};
	CHECK_INT(game_of(&g, text, SGF_ALL_MOVES, &e), ERR_FORMAT);
	CHECK_STR(e.text, why);
}

static void games(void)
{
	plays("(;SZ[9];B[cc];W[];B[tt];W[gg])", "B", "Bcc W-- B-- Wgg ");
	plays("(;SZ[9];B[cc];W[];B[];W[];B[gg])", "B", "Bcc W-- B-- W-- Bgg ");
	plays("(;SZ[9]HA[2]AB[cc][gg];W[ee])", "Bcc Bgg W", "Wee ");
	plays("(;SZ[9]HA[2];W[ee])", "Bgc Bcg W", "Wee ");
	plays("(;SZ[9]HA[2];B[cc];B[gg];W[ee])", "B", "Bcc Bgg Wee ");
	plays("(;SZ[9]HA[2]AB[cc]AB[gg])", "Bcc Bgg W", "");
	plays("(;SZ[5]AB[aa:bb]AW[ee:dd]AE[aa]PL[W])", "Bba Bab Bbb Wdd Wed Wde Wee W", "");
	plays("(;SZ[5]AB[aa];AW[bb];PL[W];W[cc])", "Baa Wbb W", "Wcc ");
	plays("(;SZ[5];B[aa];AW[bb]AE[aa];B[cc])", "Wbb B", "Bcc ");
	plays("(;SZ[5]AB[ab]AW[aa][ba];W[bb];B[ca])", "Waa Wba Bab W", "Wbb Bca ");
	plays("(;SZ[5]AW[aa]AB[ab][ba])", "Bba Bab B", "");                       /* without liberties: gone */
	plays("(;SZ[2]AB[aa:bb])", "B", "");
	plays("(;SZ[2]AB[aa][bb]AW[ab][ba])", "Wba Wab B", "");
	plays("(;SZ[5];B[aa];W[aa];B[bb])", "Waa B", "Bbb ");                     /* on a stone */
	plays("(;SZ[5]AB[ab][ba]PL[W];W[aa];B[cc])", "Bba Bab B", "Bcc ");        /* suicide */
	plays("(;SZ[5]AB[ba][ab][bc]AW[ca][db][cc];W[bb];B[cb];W[bb])",
	      "Bba Wca Bab Wbb Wdb Bbc Wcc B", "");                               /* a ko taken back at once */
	plays("(;SZ[5](;B[aa])(;B[bb]))", "B", "Baa ");
	plays("(;GM[Go]SZ[5];B[ b\nb ])", "B", "Bbb ");
	cannot_play("(;GM[2])", "SGF: GM[2] is another game than Go");
	cannot_play("(;SZ[13:9];B[aa])", "SGF: SZ[13:9]: the board is 13 by 9, and only square ones can be played on");
	cannot_play("(;SZ[9];B[aa];W[jj])", "SGF: after move 1: W[jj] is no point of a board of 9");
	cannot_play("(;SZ[9];B[a])", "SGF: after move 0: B[a] is no point of a board of 9");
	cannot_play("(;SZ[9]AB[tt])", "SGF: after move 0: AB[tt] is no point of a board of 9");
}

static void parts_of_games(void)
{
	static struct sgf_game g;
	struct err e = {.text = ""};
	CHECK_INT(game_of(&g, "(;SZ[9]KM[5,5];B[aa];W[bb];B[cc];W[aa])", 2, &e), 0);
	CHECK_INT(g.moves, 2);
	CHECK_INT(g.komi_half, 11);
	CHECK(g.komi_given && g.restarts == 0);
	CHECK_INT(game_of(&g, "(;SZ[9]HA[4];W[bb];B[bb])", SGF_ALL_MOVES, &e), 0);
	CHECK(!g.komi_given && g.komi_half == 0 && g.handicap == 4 && g.handicap_placed);
	CHECK_INT(g.restarts, 1);
	struct sgf *t = read_ok("(;SZ[9];B[aa](;W[bb])(;W[cc];B[dd]))", 36);
	CHECK_INT(sgf_nodes(t), 6);
	CHECK_INT(sgf_game_read(&g, t, 5, SGF_ALL_MOVES, &e), 0);
	CHECK_INT(g.moves, 3);
	CHECK_INT(g.move[2].node, 5);
	CHECK_INT(g.move[2].action, 3 * 9 + 3);
	sgf_free(t);
}

static bool note(void *ctx, uint32_t node, const uint8_t *stone, int to_move)
{
	buf_printf(ctx, "%u:", node);
	for (int p = 0; p < 9; p++)
		buf_u8(ctx, (uint8_t)".BW"[stone[p]]);
	buf_printf(ctx, "%c ", "bw"[to_move]);
	return true;
}

static bool note_two(void *ctx, uint32_t node, const uint8_t *stone, int to_move)
{
	note(ctx, node, stone, to_move);
	return node == 1;
}

/* The positions of a line on a board of 3 that are set up and not played. */
static void sets_up(const char *text, const char *want)
{
	static struct sgf_game g;
	struct err e = {.text = ""};
	struct buf told = {0};
	struct sgf *t = read_ok(text, strlen(text));
	CHECK_INT(sgf_game_follow(&g, t, sgf_line_end(t, 1), note, &told, &e), 0);
	CHECK_STR(text_of(&told), want);
	sgf_free(t);
	buf_release(&told);
}

static void setups(void)
{
	sets_up("(;SZ[3];B[aa];W[bb])", "1:.........b ");
	sets_up("(;SZ[3]AB[aa]B[bb];W[cc])", "1:B........b "); /* before the first node's move */
	sets_up("(;SZ[3]HA[2]AB[aa][bb];W[cc])", "1:B...B....w ");
	sets_up("(;SZ[3]AB[aa];AW[bb];PL[W];W[cc])", "1:B........b 2:B...W....b ");
	sets_up("(;SZ[3];B[aa];AW[bb]AE[aa];B[cc]AB[ba])", "1:.........b 3:....W....w 4:.B..W...Bw ");
	sets_up("(;SZ[3];B[aa];W[aa];B[cc];B[cc])", "1:.........b 3:W........b 5:W.......Bw ");
}

/* A reader may have had enough. */
static void stops(void)
{
	static struct sgf_game g;
	struct err e = {.text = "none"};
	struct buf told = {0};
	struct sgf *t = read_ok("(;SZ[3];B[cc];AB[aa];AW[ca])", 28);
	CHECK_INT(sgf_game_follow(&g, t, sgf_line_end(t, 1), note_two, &told, &e), ERR_STOPPED);
	CHECK_STR(text_of(&told), "1:.........b 3:B.......Bw ");
	CHECK_STR(e.text, "none");
	sgf_free(t);
	buf_release(&told);
}

static int64_t work_of(const char *text)
{
	static struct sgf_game g;
	struct err e = {.text = ""};
	CHECK_INT(game_of(&g, text, SGF_ALL_MOVES, &e), 0);
	return g.work;
}

/* What is counted: bytes of values that are looked at, points that they name, properties, nodes, moves, boards. */
static void work(void)
{
	int64_t one = work_of("(;SZ[9]AB[aa])"), move = work_of("(;SZ[9];B[aa])");
	CHECK_INT(work_of("(;SZ[9]AB[aa    ])") - one, 4);
	CHECK_INT(work_of("(;SZ[9   ]AB[aa])") - one, 3);
	CHECK_INT(work_of("(;SZ[9]AB[aa:ii])") - one, 3 + 80);
	CHECK_INT(work_of("(;SZ[9]AB[aa][aa][aa])") - one, 2 * (work_of("(;SZ[9]AB[aa][aa])") - one));
	CHECK(work_of("(;SZ[9]AB[aa][])") > one);
	CHECK(work_of("(;SZ[9]AB[aa]C[x])") > one);
	CHECK_INT(work_of("(;SZ[9]AB[aa]C[xx])"), work_of("(;SZ[9]AB[aa]C[x])")); /* nobody looks at it */
	CHECK(work_of("(;SZ[9]AB[aa];AB[aa])") > one + 81);
	CHECK_INT(work_of("(;SZ[9];B[aa  ])") - move, 2);
	CHECK(work_of("(;SZ[9];B[aa];W[bb])") > move);
	CHECK(work_of("(;SZ[9];B[aa];W[aa])") > work_of("(;SZ[9];B[aa];W[bb])") + 81);
}

/* A handicap without stones is one of fixed points, but not where the first node itself puts or takes some. */
static void handicaps(void)
{
	static const char *const none[] = {"(;SZ[9]HA[2]AW[aa];W[])", "(;SZ[9]HA[2]AE[aa];W[])", "(;SZ[9]HA[2];B[])"};
	static struct sgf_game g;
	struct err e = {.text = ""};
	CHECK_INT(game_of(&g, "(;SZ[9]HA[2]AB[]AW[];W[])", SGF_ALL_MOVES, &e), 0);
	CHECK(g.handicap == 2 && g.handicap_placed);
	for (int i = 0; i < 3; i++) {
		CHECK_INT(game_of(&g, none[i], SGF_ALL_MOVES, &e), 0);
		CHECK(g.handicap == 2 && !g.handicap_placed);
	}
	struct sgf *t = sgf_new();
	struct buf out = {0};
	g = (struct sgf_game){.size = 9, .handicap = 2, .to_move = 1, .moves = 1, .move = {{81, 1, 0}}};
	sgf_game_write(t, &g, "miai:1");
	sgf_write(t, &out);
	CHECK_STR(text_of(&out), "(;GM[1]FF[4]CA[UTF-8]AP[miai:1]SZ[9]KM[0]HA[2]AE[aa];W[])\n");
	sgf_free(t);
	buf_release(&out);
}

static void building(void)
{
	static struct sgf_game g = {.size = 9, .komi_half = 15, .moves = 2, .move = {{20, 0, 0}, {81, 1, 0}}};
	static struct sgf_game back;
	struct sgf *t = sgf_new();
	struct buf out = {0};
	struct err e = {.text = ""};
	uint32_t root = sgf_game_write(t, &g, "miai:1");
	sgf_put(t, root, "PB", "a]b\\c\x01\xff");
	sgf_put(t, g.move[1].node, "C", "two\nlines");
	uint32_t other = sgf_add(t, g.move[0].node);
	sgf_put_point(t, other, "W", 9, 0);
	sgf_put(t, other, "LB", "aa:1");
	sgf_also(t, "bb:2");
	sgf_write(t, &out);
	CHECK_STR(text_of(&out), "(;GM[1]FF[4]CA[UTF-8]AP[miai:1]SZ[9]KM[7.5]PB[a\\]b\\\\c \xef\xbf\xbd];B[cc]\n"
	                         "(;W[]C[two\nlines])\n(;W[aa]LB[aa:1][bb:2]))\n");
	sgf_free(t);
	t = read_ok((const char *)out.data, out.len - 1);
	CHECK_INT(sgf_game_read(&back, t, sgf_line_end(t, 1), SGF_ALL_MOVES, &e), 0);
	CHECK(back.size == 9 && back.komi_half == 15 && back.moves == 2 && back.move[0].action == 20 &&
	      back.move[1].action == 81 && back.to_move == 0);
	sgf_free(t);
	buf_release(&out);
}

/* Limits, and depth without a stack. */
static void large(void)
{
	enum { DEEP = 200000 };
	struct buf b = {0}, out = {0};
	struct err e = {.text = ""};
	static struct sgf_game g;
	buf_bytes(&b, "(;SZ[9]", 7);
	for (int i = 0; i < DEEP; i++)
		buf_bytes(&b, ";B[]", 4);
	struct sgf *t = read_ok((const char *)b.data, b.len);
	CHECK_INT(sgf_nodes(t), DEEP + 2);
	sgf_write(t, &out);
	CHECK_INT(sgf_game_read(&g, t, sgf_line_end(t, 1), SGF_ALL_MOVES, &e), 0);
	CHECK_INT(g.moves, SGF_ALL_MOVES);
	CHECK_INT(sgf_game_read(&g, t, sgf_line_end(t, 1), SGF_ALL_MOVES + 1, &e), ERR_FORMAT);
	CHECK_STR(e.text, "SGF: the game has more than 4096 moves");
	CHECK_INT(sgf_game_follow(&g, t, sgf_line_end(t, 1), note, &out, &e), ERR_FORMAT);
	sgf_free(t);
	buf_clear(&b);
	for (int i = 0; i <= SGF_OPEN_MAX; i++)
		buf_bytes(&b, "(;", 2);
	refuses((const char *)b.data, b.len,
	        "SGF: line 1: more nodes, properties or nested trees than are read: split the collection");
	buf_clear(&b);
	memset(buf_extend(&b, SGF_BYTES_MAX + 1), ';', SGF_BYTES_MAX + 1);
	refuses((const char *)b.data, b.len,
	        "SGF: 16777217 bytes are more than the 16777216 that are read: split the collection");
	b.data[0] = '(';
	refuses((const char *)b.data, b.len - 1,
	        "SGF: line 1: more nodes, properties or nested trees than are read: split the collection");
	buf_release(&b);
	buf_release(&out);
}

/* Very many properties, values, and nodes that put a stone next to a group with its only liberty far away: the time that it
 * takes to walk through all of them for each, or through the group for each of its stones, is beyond the test's limit. */
static void crowded(void)
{
	static const struct {
		const char *first, *repeated;
		int times, stones;
	} all[] = {{"(;SZ[9]AB[bb]", "AB[aa]", 400000, 2}, {"(;SZ[9]AB[bb]", "[aa]", 400000, 2},
	           {"(;SZ[19]AB[aa:ss]AE[ss]", ";AB[aa]", 150000, 360}};
	static struct sgf_game g;
	struct err e = {.text = ""};
	struct buf b = {0};
	for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
		int stones = 0;
		buf_clear(&b);
		buf_printf(&b, "%s", all[k].first);
		for (int i = 0; i < all[k].times; i++)
			buf_bytes(&b, all[k].repeated, strlen(all[k].repeated));
		struct sgf *t = read_ok((const char *)b.data, b.len);
		CHECK_INT(sgf_game_read(&g, t, sgf_line_end(t, 1), SGF_ALL_MOVES, &e), 0);
		for (int p = 0; p < g.size * g.size; p++)
			stones += g.stone[p] == 1;
		CHECK_INT(stones, all[k].stones);
		sgf_free(t);
	}
	buf_release(&b);
}

int main(void)
{
	trees();
	damage();
	charsets();
	values();
	many_values();
	games();
	parts_of_games();
	setups();
	stops();
	work();
	handicaps();
	building();
	large();
	crowded();
	return test_done();
}
