/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The GTP engine without a pipe: with a net, with hostile lines, and undo against a fresh start. */
#include "../test.h"

#include "base/rng.h"
#include "games/go/go.h"
#include "gtp/clock.h"
#include "gtp/gtp.h"

/* A net without weights: flat policy, even value; bias on "whose point is this" for the mover. */
static struct nn_net *plain_net(int32_t owner_bias)
{
	struct nn_shape shape = {
	    .planes = GO_PLANES, .plane_exp = GO_PLANE_EXP, .blocks = 1, .channels = 16, .head = 16};
	struct err e = {.text = ""};
	struct nn_net *net = nn_net_new(&shape, &e);
	if (!net) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	net->layer[nn_head_layer(&shape, 1)].bias[NN_OWNER] = owner_bias;
	nn_net_pack(net);
	return net;
}

static struct nn_kernels plain_c(void)
{
	struct nn_kernels k;
	nn_kernels_init(&k, 0);
	return k;
}

static struct gtp *start(const struct nn_net *net, const struct nn_kernels *k, int visits, int resign)
{
	struct gtp_settings s = {.version = "0"};
	struct err e = {.text = ""};
	s.engine = (struct engine_settings){
	    .net = net, .kernels = k, .threads = 2, .memory = 4 << 20, .seed = 7, .size = 5, .komi_half = 1};
	engine_params_init(&s.engine.params);
	s.engine.params.visits = visits;
	s.engine.params.resign = resign;
	struct gtp *g = gtp_new(&s, &e);
	if (!g) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	return g;
}

/* The reply to a line, NUL-terminated in b. */
static const char *say(struct gtp *g, const char *line, struct buf *b)
{
	buf_clear(b);
	gtp_command(g, line, strlen(line), b);
	buf_u8(b, 0);
	return (const char *)b->data;
}

static void test_komi(void)
{
	static const struct {
		const char *text;
		int rc, half;
	} cases[] = {
	    {"7", 0, 14},           {"7.5", 0, 15},
	    {"-0.5", 0, -1},        {"0", 0, 0},
	    {"-0", 0, 0},           {"6.", 0, 12},
	    {"6.500", 0, 13},       {"6.000", 0, 12},
	    {".5", 0, 1},           {"361", 0, 722},
	    {"-361", 0, -722},      {"361.5", ERR_ARG, 0},
	    {"7.25", ERR_ARG, 0},   {"7.51", ERR_ARG, 0},
	    {"7.05", ERR_ARG, 0},   {"99999999999999999999", ERR_ARG, 0},
	    {"", ERR_FORMAT, 0},    {".", ERR_FORMAT, 0},
	    {"-", ERR_FORMAT, 0},   {"7 ", ERR_FORMAT, 0},
	    {"0x7", ERR_FORMAT, 0}, {"7.5.", ERR_FORMAT, 0},
	    {"+7", ERR_FORMAT, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		int half = 0;
		CHECK_INT(gtp_parse_komi(cases[i].text, &half), cases[i].rc);
		if (cases[i].rc == 0)
			CHECK_INT(half, cases[i].half);
	}
}

/* The first n moves, the board begun anew; their sixth is D4 in the other game.  Does White resign, each of three times? */
static bool resigns_anew(struct gtp *g, int n, bool other)
{
	static const char *const moves[] = {"A1", "C1", "E1", "A3", "C3", "E3", "A5", "C5", "E5"};
	struct buf b = {0};
	char line[32];
	int times = 0;
	say(g, "clear_board", &b);
	for (int i = 0; i < n; i++) {
		snprintf(line, sizeof line, "play %s %s", i % 2 ? "w" : "b", other && i == 5 ? "D4" : moves[i]);
		CHECK_STR(say(g, line, &b), "=\n\n");
	}
	for (int i = 0; i < 3; i++)
		times += strcmp(say(g, "reg_genmove w", &b), "= resign\n\n") == 0;
	CHECK(times == 0 || times == 3);
	buf_release(&b);
	return times > 0;
}

/* Where all moves so far are said again before each one, it is the same game; with others it is another one.  Asking
 * twice about a position is no second move. */
static void test_resigning_anew(const struct nn_net *net, const struct nn_kernels *k)
{
	struct gtp *g = start(net, k, 1, 20);
	CHECK(!resigns_anew(g, 5, false));
	CHECK(!resigns_anew(g, 7, false));
	CHECK(resigns_anew(g, 9, false));
	CHECK(!resigns_anew(g, 7, true));
	CHECK(!resigns_anew(g, 9, false));
	gtp_free(g);
}

/* With a net: a search's move, the same each time; resigning only where it was asked for. */
static void test_search(void)
{
	struct buf a = {.data = NULL}, b = {.data = NULL};
	struct nn_kernels k = plain_c();
	struct nn_net *net = plain_net(0);
	struct gtp *g = start(net, &k, 50, 0);
	char *first = strdup(say(g, "reg_genmove b", &a));
	CHECK(first[0] == '=' && strlen(first) == 6);
	CHECK_STR(say(g, "reg_genmove b", &a), first);
	CHECK_STR(say(g, "genmove b", &a), first);
	for (int i = 0; i < 60; i++)
		CHECK(say(g, "genmove w", &a)[0] == '=');
	gtp_free(g);
	g = start(net, &k, 50, 0);
	CHECK_STR(say(g, "genmove b", &b), first);
	gtp_free(g);
	free(first);
	/* A net that is sure to lose. */
	net->layer[nn_head_layer(&net->shape, 3)].bias[NN_LOSS] = 8 << 24;
	g = start(net, &k, 1, 0);
	CHECK(strcmp(say(g, "genmove b", &a), "= resign\n\n") != 0);
	gtp_free(g);
	g = start(net, &k, 1, 20);
	for (int i = 0; i < 5; i++)
		CHECK(strcmp(say(g, i % 2 ? "genmove w" : "genmove b", &a), "= resign\n\n") != 0);
	/* The third time that White has no hope, and a fifth of the board was played. */
	CHECK_STR(say(g, "genmove w", &a), "= resign\n\n");
	CHECK_STR(say(g, "genmove w", &a), "= resign\n\n");
	for (int i = 0; i < 5; i++)
		CHECK_STR(say(g, "undo", &a), "=\n\n");
	CHECK_STR(say(g, "undo", &a), "? cannot undo\n\n");
	gtp_free(g);
	test_resigning_anew(net, &k);
	nn_net_free(net);
	buf_release(&a);
	buf_release(&b);
}

/* A net that is sure that all points belong to the player to move: the other's stones are dead. */
static void test_dead(void)
{
	struct buf b = {.data = NULL};
	struct nn_kernels k = plain_c();
	struct nn_net *sure = plain_net(8 << 24), *unsure = plain_net(1 << 24);
	struct gtp *g = start(sure, &k, 10, 0);
	say(g, "play b B2", &b);
	say(g, "play w D4", &b);
	say(g, "play w D5", &b);
	CHECK_STR(say(g, "final_status_list dead", &b), "= D5 D4\n\n"); /* Black is to move */
	CHECK_STR(say(g, "final_status_list alive", &b), "= B2\n\n");
	CHECK_STR(say(g, "final_status_list seki", &b), "=\n\n");
	CHECK_STR(say(g, "final_score", &b), "= B+24.5\n\n");
	say(g, "play b A1", &b);
	CHECK_STR(say(g, "final_status_list dead", &b), "= B2\nA1\n\n");
	CHECK_STR(say(g, "final_score", &b), "= W+25.5\n\n");
	gtp_free(g);
	g = start(unsure, &k, 10, 0); /* (e - 1) / (e + 1) = 0.46: not two thirds */
	say(g, "play b B2", &b);
	say(g, "play w D4", &b);
	CHECK_STR(say(g, "final_status_list dead", &b), "=\n\n");
	CHECK_STR(say(g, "final_score", &b), "= W+0.5\n\n");
	gtp_free(g);
	nn_net_free(sure);
	nn_net_free(unsure);
	buf_release(&b);
}

/* After n random moves and m times undo the board is that of n - m moves. */
static void test_undo(void)
{
	enum { MOVES = 60 };
	struct buf b = {.data = NULL};
	struct gtp *g = start(NULL, NULL, 1, 0);
	char *board[MOVES + 1];
	for (int i = 0; i <= MOVES; i++) {
		board[i] = strdup(say(g, "showboard", &b));
		CHECK(say(g, i % 7 == 3 ? "genmove w" : i % 2 ? "genmove white" : "genmove b", &b)[0] == '=');
	}
	for (int i = MOVES; i >= 0; i--) {
		CHECK_STR(say(g, "undo", &b), "=\n\n");
		CHECK_STR(say(g, "showboard", &b), board[i]);
		free(board[i]);
	}
	CHECK_STR(say(g, "undo", &b), "? cannot undo\n\n");
	gtp_free(g);
	buf_release(&b);
}

static void test_time(void)
{
	static const struct {
		const char *line;
		enum engine_clock_system system;
	} cases[] = {
	    {"time_settings 0 0 0", CLOCK_NONE},
	    {"time_settings 60 0 0", CLOCK_ABSOLUTE},
	    {"time_settings 60 30 0", CLOCK_NONE},
	    {"time_settings 60 30 25", CLOCK_CANADIAN},
	    {"kgs-time_settings none", CLOCK_NONE},
	    {"kgs-time_settings byoyomi 60 30 5", CLOCK_BYOYOMI},
	    {"kgs-time_settings byoyomi 60 0 0", CLOCK_ABSOLUTE},
	    {"kata-time_settings fischer 60 5", CLOCK_FISCHER},
	};
	struct buf b = {.data = NULL};
	struct gtp *g = start(NULL, NULL, 1, 0);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		CHECK_STR(say(g, cases[i].line, &b), "=\n\n");
		for (int player = 0; player < 2; player++)
			CHECK_INT(engine_clock(gtp_engine(g), player)->system, cases[i].system);
	}
	CHECK_STR(say(g, "time_left w 12.5 0", &b), "=\n\n");
	CHECK_INT(engine_clock(gtp_engine(g), 1)->left, 12500000);
	CHECK_INT(engine_clock(gtp_engine(g), 0)->left, 60000000);
	gtp_free(g);
	buf_release(&b);
}

/* Every game ends: at the last move that a game may have, moves are refused, not lost or overrun. */
static void test_long_game(void)
{
	struct buf b = {.data = NULL};
	struct gtp *g = start(NULL, NULL, 1, 0);
	for (int i = 0; i < GAME_MOVES_MAX; i++)
		if (say(g, "play b pass", &b)[0] != '=')
			CHECK_INT(i, GAME_MOVES_MAX);
	CHECK_STR(say(g, "play w pass", &b), "? illegal move\n\n");
	CHECK_STR(say(g, "genmove w", &b), "? the game is too long\n\n");
	CHECK_STR(say(g, "final_score", &b), "= W+0.5\n\n");
	CHECK_STR(say(g, "undo", &b), "=\n\n");
	CHECK(say(g, "genmove w", &b)[0] == '=');
	gtp_free(g);
	buf_release(&b);
}

static void test_long_lines(void)
{
	enum { N = 3 * GTP_LINE_MAX };
	struct buf b = {.data = NULL};
	struct gtp *g = start(NULL, NULL, 1, 0);
	char *line = malloc(N + 1);
	for (int i = 0; i < N; i++)
		line[i] = i % 3 == 2 ? ' ' : 'A';
	memcpy(line, "12 set_free_handicap ", 21);
	line[N] = '\0';
	CHECK_STR(say(g, line, &b), "?12 syntax error: the line is too long\n\n");
	line[GTP_LINE_MAX] = '\0'; /* still too many words */
	CHECK_STR(say(g, line, &b), "?12 syntax error: the line is too long\n\n");
	memset(line, '7', N);
	CHECK_STR(say(g, line, &b), "? syntax error: the line is too long\n\n");
	line[0] = '#';
	CHECK_STR(say(g, line, &b), "");
	memcpy(line, "name # ", 7);
	CHECK_STR(say(g, line, &b), "= miai\n\n");
	memset(line, ' ', N);
	CHECK_STR(say(g, line, &b), "? syntax error: the line is too long\n\n");
	free(line);
	gtp_free(g);
	buf_release(&b);
}

/* A word that some command may understand, or anything. */
static void random_word(char *out, size_t n, uint64_t key, uint64_t *at)
{
	static const char *const words[] = {"b",    "W",  "black",       "white", "pass", "resign", "dead", "alive",
					    "seki", "-1", "0",           "1",     "2",    "3",      "4",    "5",
					    "6.5",  "19", "99999999999", "#",     "\t",   "\r",     "A1",   "T19"};
	enum { WORDS = sizeof words / sizeof *words };
	uint32_t kind = rng_below(key, (*at)++, 4);
	if (kind == 0) {
		snprintf(out, n, "%s", words[rng_below(key, (*at)++, WORDS)]);
	} else if (kind < 3) {
		uint32_t col = rng_below(key, (*at)++, 6), row = rng_below(key, (*at)++, 7);
		snprintf(out, n, "%c%u", (int)('A' + col), row);
	} else {
		size_t len = rng_below(key, (*at)++, 12);
		for (size_t i = 0; i < len && i + 1 < n; i++)
			out[i] = (char)(unsigned char)(1 + rng_below(key, (*at)++, 255));
		out[len] = '\0';
	}
}

static size_t random_line(char *out, size_t n, uint64_t key)
{
	uint64_t at = 0;
	size_t len = 0;
	uint32_t commands = 0, words = rng_below(key, at++, 4);
	while (gtp_command_name((int)commands))
		commands++;
	if (rng_below(key, at++, 8) == 0) {
		while (len < n && rng_below(key, at++, 64))
			out[len++] = (char)(unsigned char)rng_below(key, at++, 256);
		return len;
	}
	/* Half of all lines play, so that there is something on the board to break. */
	uint32_t which = rng_below(key, at++, 2 * commands);
	const char *name = which < commands ? gtp_command_name((int)which) : "play";
	if (strcmp(name, "quit") == 0 || strstr(name, "sgf") || (strcmp(name, "boardsize") == 0 && rng_below(key, at++, 4)))
		name = "play";
	len = (size_t)snprintf(out, n, "%s%s", rng_below(key, at++, 8) ? "" : "42 ", name);
	if (strcmp(name, "play") == 0 && rng_below(key, at++, 8))
		words = 2;
	for (uint32_t i = 0; i < words; i++) {
		char word[32];
		random_word(word, sizeof word, key, &at);
		if (i == 0 && words == 2)
			snprintf(word, sizeof word, "%s", rng_below(key, at++, 2) ? "w" : "b");
		len += (size_t)snprintf(out + len, n - len, " %s", word);
	}
	return len;
}

/* Every reply has the protocol's form, whatever was said. */
static bool well_formed(const struct buf *b)
{
	const char *p = (const char *)b->data;
	if (b->len == 0)
		return true;
	if (b->len < 3 || (p[0] != '=' && p[0] != '?') || memcmp(p + b->len - 2, "\n\n", 2) != 0)
		return false;
	for (size_t i = 0; i < b->len; i++) {
		if ((unsigned char)p[i] >= 127 || ((unsigned char)p[i] < 32 && p[i] != '\n'))
			return false;
		if (i + 2 < b->len && p[i] == '\n' && p[i + 1] == '\n')
			return false;
	}
	return true;
}

static void test_fuzz(const struct nn_net *net, const struct nn_kernels *k, int lines)
{
	struct buf b = {.data = NULL};
	struct gtp *g = start(net, k, 3, 10);
	int good = 0;
	for (int i = 0; i < lines; i++) {
		char line[256];
		size_t n = random_line(line, sizeof line, rng_key(RNG_TEST, (uint64_t)i));
		buf_clear(&b);
		bool quit = !gtp_command(g, line, n, &b);
		good += b.len > 0 && b.data[0] == '=';
		CHECK(well_formed(&b) && !quit);
	}
	/* A fuzzer that only ever hears "no" tests nothing. */
	CHECK(good > lines / 20);
	gtp_free(g);
	buf_release(&b);
}

int main(void)
{
	struct nn_kernels k = plain_c();
	struct nn_net *net = plain_net(3 << 24);
	test_komi();
	test_search();
	test_dead();
	test_undo();
	test_time();
	test_long_game();
	test_long_lines();
	test_fuzz(NULL, NULL, 30000);
	test_fuzz(net, &k, 1000);
	nn_net_free(net);
	return test_done();
}
