/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The recipe: its one spelling, its hash, its limits.  Arguments: .ini files that have to be good recipes. */
#include "../test.h"
#include "canon.h"

#include <ctype.h>

static struct recipe defaults(void)
{
	struct recipe r;
	memset(&r, 0x55, sizeof r);
	recipe_defaults(&r);
	return r;
}

/* The canonical text of r with the first `from` replaced by `to`, as recipe_read sees it. */
static int read_with(const char *from, const char *to, struct err *e)
{
	struct recipe r = defaults(), got;
	struct buf text = {0}, changed = {0};
	recipe_write(&r, &text);
	buf_u8(&text, 0);
	const char *all = (const char *)text.data, *at = strstr(all, from);
	CHECK(at);
	if (at) {
		buf_bytes(&changed, all, (size_t)(at - all));
		buf_bytes(&changed, to, strlen(to));
		buf_bytes(&changed, at + strlen(from), strlen(at + strlen(from)));
	}
	int rc = recipe_read(&got, changed.data, changed.len, e);
	buf_release(&text);
	buf_release(&changed);
	return rc;
}

static void test_round_trip(void)
{
	struct recipe r = defaults(), got;
	struct buf text = {0};
	struct err e;
	r.board_komi = -1;
	r.run_seed = 2000000000;
	CHECK_INT(recipe_check(&r, &e), 0);
	recipe_write(&r, &text);
	CHECK_INT(recipe_read(&got, text.data, text.len, &e), 0);
	CHECK(memcmp(&got, &r, sizeof r) == 0);
	CHECK(strstr((const char *)text.data, "board.komi = -0.5\n"));
	/* A later setting is written where it is not its default, and then after all others. */
	buf_u8(&text, 0);
	CHECK(!strstr((const char *)text.data, "selfplay.decided"));
	buf_clear(&text);
	r.selfplay_decided_visits = 3;
	recipe_write(&r, &text);
	static const char last[] = "gate.opening_plies = 4\nselfplay.decided_visits = 3\n";
	CHECK(text.len > strlen(last) && memcmp(text.data + text.len - strlen(last), last, strlen(last)) == 0);
	CHECK_INT(recipe_read(&got, text.data, text.len, &e), 0);
	CHECK(memcmp(&got, &r, sizeof r) == 0);
	CHECK_INT(canon_recipe(text.data, text.len), CANON_SAME);
	struct hash h = recipe_hash(&got), of_text = sha256_of(text.data, text.len);
	CHECK(hash_equal(&h, &of_text));
	buf_release(&text);
}

static void test_set(void)
{
	static const struct {
		const char *section, *name, *value;
		int32_t want;
	} good[] = {
	    {"board", "komi", "7.5", 15}, {"board", "komi", "-0.5", -1}, {"board", "komi", "9", 18},
	    {"board", "komi", "9.0", 18}, {"board", "komi", "0", 0},     {"board", "komi", "-361", -722},
	    {"train", "batch", "32", 32}, {"run", "seed", "0", 0},       {"run", "seed", "2000000000", 2000000000},
	};
	static const char *const bad[] = {"",
	                                  " 7",
	                                  "7 ",
	                                  "+7",
	                                  "07",
	                                  "-0",
	                                  "7.25",
	                                  "7.",
	                                  ".5",
	                                  "seven",
	                                  "0x7",
	                                  "7\n",
	                                  "1e1",
	                                  "99999999999999999999999999",
	                                  "-99999999999999999999",
	                                  "--1",
	                                  "362",
	                                  "\xff"};
	struct err e;
	for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
		struct recipe r = defaults();
		CHECK_INT(recipe_set(&r, good[i].section, good[i].name, good[i].value, &e), 0);
		for (int f = 0; f < recipe_field_count; f++)
			if (!strcmp(recipe_fields[f].section, good[i].section) &&
			    !strcmp(recipe_fields[f].name, good[i].name)) {
				int32_t got;
				memcpy(&got, (const uint8_t *)&r + recipe_fields[f].offset, sizeof got);
				CHECK_INT(got, good[i].want);
			}
	}
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct recipe r = defaults(), before = r;
		if (strcmp(bad[i], "-0") != 0)
			CHECK_INT(recipe_set(&r, "board", "komi", bad[i], &e), ERR_ARG);
		if (strcmp(bad[i], "362") != 0)
			CHECK_INT(recipe_set(&r, "train", "batch", bad[i], &e), ERR_ARG);
		CHECK(memcmp(&r, &before, sizeof r) == 0);
	}
}

static void test_messages(void)
{
	struct recipe r = defaults();
	struct err e;
	CHECK_INT(recipe_set(&r, "board", "size", "25", &e), ERR_ARG);
	CHECK_STR(e.text, "board.size is 25; it has to be a whole number from 2 to 19 (points a side)");
	CHECK_INT(recipe_set(&r, "gate", "visit", "25", &e), ERR_ARG);
	CHECK_STR(e.text,
	          "section [gate] of a recipe has no setting 'visit'; it has pairs, margin, visits, opening_plies");
	CHECK_INT(recipe_set(&r, "gates", "visits", "25", &e), ERR_ARG);
	CHECK_STR(e.text, "a recipe has no section [gates]; its sections are run, board, net, selfplay, train, gate");
	CHECK_INT(read_with("board.komi = 7.5", "board.komi = 7.50", &e), ERR_FORMAT);
	CHECK(strstr(e.text, "in steps of 0.5 from -361 to 361"));
	CHECK_INT(read_with("recipe 1", "recipe 2", &e), ERR_FORMAT);
	CHECK_STR(e.text, "recipe: its first line is 'miai recipe 2'; this program knows version 1");
	CHECK_INT(read_with("net.head = 32\n", "", &e), ERR_FORMAT);
	CHECK_STR(e.text, "recipe: where net.head should stand there is 'selfplay.games = 1000'");
}

static void test_strict(void)
{
	static const char *const spelling[][2] = {
	    {"board.komi = 7.5", "board.komi = 7.0"},
	    {"komi = 7.5", "komi = 07.5"},
	    {"komi = 7.5", "komi =7.5"},
	    {"komi = 7.5", "komi = 7.5 "},
	    {"komi = 7.5", "komi = 7.5\r"},
	    {"spread = 0", "spread = -0"},
	    {"spread = 0", "spread = 0.0"},
	    {"plies = 4\n", "plies = 4"},
	    {"plies = 4\n", "plies = 4\n\n"},
	    {"miai", "Miai"},
	    {"recipe 1\n", "recipe 1\n\n"},
	    {"batch = 256", "batch = 48"},
	    {"visits = 32", "visits = 15"},
	    {"net.head = 32", "net.head = 31"},
	};
	struct err e;
	/* Later settings: in order, once, not as their default, at the end. */
	static const char last[] = "gate.opening_plies = 4\n";
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.visits_start = 9\nselfplay.decided_moves = 7\n", &e), 0);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.decided_moves = 7\nselfplay.visits_start = 9\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.decided_moves = 6\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.decided_moves = 07\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.decided_moves = 0\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nselfplay.decided_moves\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "selfplay.decided_moves = 7\ngate.opening_plies = 4\n", &e), ERR_FORMAT);
	CHECK_INT(read_with("komi = 7.5", "komi = -7.5", &e), 0);
	for (size_t i = 0; i < sizeof spelling / sizeof spelling[0]; i++)
		CHECK_INT(read_with(spelling[i][0], spelling[i][1], &e), ERR_FORMAT);
}

/* The one setting that is no number. */
static void test_start(void)
{
#define START "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	static const char last[] = "gate.opening_plies = 4\n", line[] = "run.start = " START "\n";
	static const char *const bad[] = {
	    "", "0", (START "0"), "00112233445566778899AABBCCDDEEFF00112233445566778899aabbccddeeff",
	    "0000000000000000000000000000000000000000000000000000000000000000", (START "\n"), (" " START)};
	struct recipe r = defaults(), got;
	struct buf text = {0};
	struct err e;
	struct hash without = recipe_hash(&r);
	CHECK(!recipe_has_start(&r));
	CHECK_INT(recipe_set(&r, "run", "start", START, &e), 0);
	CHECK(recipe_has_start(&r));
	r.selfplay_decided_visits = 3;
	recipe_write(&r, &text);
	CHECK(text.len > strlen(line) && memcmp(text.data + text.len - strlen(line), line, strlen(line)) == 0);
	CHECK_INT(recipe_read(&got, text.data, text.len, &e), 0);
	CHECK(memcmp(&got, &r, sizeof r) == 0);
	struct hash h = recipe_hash(&r), of_text = sha256_of(text.data, text.len);
	CHECK(hash_equal(&h, &of_text) && !hash_equal(&h, &without));
	buf_release(&text);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		got = r;
		CHECK_INT(recipe_set(&r, "run", "start", bad[i], &e), ERR_ARG);
		CHECK(memcmp(&got, &r, sizeof r) == 0);
	}
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nrun.start = " START "\n", &e), 0);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nrun.start = " START, &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nrun.start = " START "0\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nrun.start = 0\n", &e), ERR_FORMAT);
	CHECK_INT(read_with(last, "gate.opening_plies = 4\nrun.start = " START "\nselfplay.decided_moves = 7\n", &e), ERR_FORMAT);
#undef START
}

/* Each rule between fields refuses just beyond its edge, and says who broke it. */
static void test_rules(void)
{
	static const struct {
		const char *section, *name, *good, *bad;
	} rule[] = {
	    {"board", "komi", "81", "81.5"},          {"board", "komi_spread", "40", "0.5"},
	    {"net", "channels", "48", "40"},          {"net", "head", "48", "40"},
	    {"selfplay", "cheap_visits", "31", "32"}, {"selfplay", "gumbel_actions", "32", "33"},
	    {"train", "batch", "4096", "48"},         {"train", "lr_end", "60000", "60001"},
	    {"train", "warmup", "2000", "2001"},      {"board", "max_moves", "7", "6"},
	    {"selfplay", "games", "10000000", NULL},  {"selfplay", "random_plies", "100", NULL},
	};
	struct err e;
	for (size_t i = 0; i < sizeof rule / sizeof rule[0]; i++) {
		struct recipe r = defaults();
		CHECK_INT(recipe_set(&r, rule[i].section, rule[i].name, rule[i].good, &e), 0);
		CHECK_INT(recipe_check(&r, &e), 0);
		if (!rule[i].bad)
			continue;
		CHECK_INT(recipe_set(&r, rule[i].section, rule[i].name, rule[i].bad, &e), 0);
		CHECK_INT(recipe_check(&r, &e), ERR_ARG);
		CHECK(strstr(e.text, rule[i].bad));
	}
	struct recipe r = defaults();
	r.board_max_moves = 8;
	r.selfplay_random_plies = 1;
	CHECK_INT(recipe_check(&r, &e), 0);
	r.selfplay_random_plies = 2;
	CHECK_INT(recipe_check(&r, &e), ERR_ARG);
	CHECK(strstr(e.text, "selfplay.random_plies is 2"));
	r = defaults();
	r.board_komi_spread = 80;
	r.board_komi = 82;
	CHECK_INT(recipe_check(&r, &e), 0);
	r.board_komi = 83;
	CHECK_INT(recipe_check(&r, &e), ERR_ARG);
	r = defaults();
	r.board_max_moves = 4096;
	r.selfplay_games = 1048575;
	CHECK_INT(recipe_check(&r, &e), 0);
	r.selfplay_games = 1048576;
	CHECK_INT(recipe_check(&r, &e), ERR_ARG);
	r = defaults();
	r.run_seed = INT32_MIN;
	CHECK_INT(recipe_check(&r, &e), ERR_ARG);
}

/* The edge of every field's range, written and read again. */
static void test_edges(void)
{
	for (int i = 0; i < recipe_field_count; i++) {
		const struct recipe_field *f = &recipe_fields[i];
		const int32_t edge[] = {f->lo, f->hi, f->def};
		CHECK(f->lo <= f->def && f->def <= f->hi && strlen(f->doc) > 3);
		CHECK(strlen(f->section) + strlen(f->name) < 40); /* a line fits its buffer */
		for (size_t k = 0; k < 3; k++) {
			struct recipe r = defaults();
			struct buf text = {0};
			struct err e;
			memcpy((uint8_t *)&r + f->offset, &edge[k], sizeof edge[k]);
			recipe_write(&r, &text);
			CHECK_INT(canon_recipe(text.data, text.len), recipe_check(&r, &e) ? CANON_REFUSED : CANON_SAME);
			buf_release(&text);
		}
	}
}

static char *trim(char *s)
{
	size_t n = strlen(s);
	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

/* The recipes that come with the program: every choice has a comment above it, and each is a good recipe. */
static void test_ini(const char *path)
{
	char line[512], section[64] = "", before[512] = "";
	struct recipe r = defaults();
	struct err e;
	FILE *f = fopen(path, "r");
	CHECK(f);
	while (f && fgets(line, sizeof line, f)) {
		char name[64], value[80];
		trim(line);
		if (sscanf(line, "[%63[a-z]]", section) == 1 || line[0] == '#' || !line[0]) {
			memcpy(before, line, sizeof line);
			continue;
		}
		CHECK_INT(sscanf(line, "%63s = %79s", name, value), 2);
		e.text[0] = '\0';
		CHECK_INT(recipe_set(&r, section, name, value, &e), 0);
		CHECK_STR(e.text, "");
		CHECK(before[0] != '\0' && before[0] != '[');
		memcpy(before, line, sizeof line);
	}
	if (f)
		fclose(f);
	e.text[0] = '\0';
	CHECK_INT(recipe_check(&r, &e), 0);
	CHECK_STR(e.text, "");
}

int main(int argc, char **argv)
{
	test_round_trip();
	test_set();
	test_messages();
	test_strict();
	test_start();
	test_rules();
	test_edges();
	for (int i = 1; i < argc; i++)
		test_ini(argv[i]);
	return test_done();
}
