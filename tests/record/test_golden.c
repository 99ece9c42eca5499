/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of each format, as the examples of docs/formats/ show them, and as they stay: a change here is a new
 * version of the format.  Argument: the folder docs/formats. */
#include "../test.h"
#include "canon.h"
#include "samples.h"

static const char golden_games[] =
    "6d69616967616d65010000000100000003000000000102030405060708090a0b0c0d0e0f101112131415161718191a1b"
    "1c1d1e1f380000000000000003000b001b0004000700000004000001"
    "00022efbffff02000100409c0900c06309000100"
    "020000090002000001000100"
    "0900ffff32bc5cc8";
static const char golden_shard[] =
    "6d69616973687264010000000200000003000000"
    "1b0000000300000001000000000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f7f090000400f0040000000a00000002001004900010002007dfdff";
static const char golden_last_entry[] = "012c85b597f479193d4fb5e3667e0e7419f918986b7c15515aaa582a295035b5";

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Bytes of a line "6d 69 ...   words": pairs of digits up to two spaces or the line's end. */
static void hex_line(const char *s, struct buf *out)
{
	while (hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0) {
		buf_u8(out, (uint8_t)(hex_digit(s[0]) * 16 + hex_digit(s[1])));
		s += 2;
		if (*s == ' ')
			s++;
	}
}

/* The first block of this kind ("hex" or "text") on a page. */
static void page_block(const char *folder, const char *page, const char *kind, struct buf *out)
{
	char path[1024], fence[16], line[512];
	snprintf(path, sizeof path, "%s/%s", folder, page);
	snprintf(fence, sizeof fence, "```%s\n", kind);
	FILE *f = fopen(path, "r");
	int inside = 0, done = 0;
	CHECK(f);
	while (f && !done && fgets(line, sizeof line, f)) {
		done = inside && !strcmp(line, "```\n");
		if (inside && !done && !strcmp(kind, "hex"))
			hex_line(line, out);
		else if (inside && !done)
			buf_bytes(out, line, strlen(line));
		inside |= !strcmp(line, fence);
	}
	CHECK(done);
	if (f)
		fclose(f);
}

static void check_page(const char *folder, const char *page, const char *kind, const struct buf *want)
{
	struct buf got = {0};
	page_block(folder, page, kind, &got);
	CHECK_INT(got.len, want->len);
	CHECK(got.len == want->len && memcmp(got.data, want->data, got.len) == 0);
	buf_release(&got);
}

static void check_hex(const struct buf *got, const char *golden)
{
	struct buf want = {0};
	hex_line(golden, &want);
	CHECK_INT(got->len, want.len);
	CHECK(got->len == want.len && memcmp(got->data, want.data, want.len) == 0);
	buf_release(&want);
}

/* The page shows the recipe of all defaults, and its hash above it. */
static void test_recipe(const char *folder)
{
	struct recipe r;
	struct buf out = {0}, page = {0};
	struct err e;
	char hex[65], path[1024];
	recipe_defaults(&r);
	recipe_write(&r, &out);
	struct hash h = sha256_of(out.data, out.len);
	hash_hex(&h, hex);
	check_page(folder, "recipe.md", "text", &out);
	snprintf(path, sizeof path, "%s/recipe.md", folder);
	CHECK_INT(file_read(&page, path, 1 << 20, &e), 0);
	buf_u8(&page, 0);
	CHECK(strstr((const char *)page.data, hex));
	buf_release(&page);
	buf_release(&out);
}

static void test_ledger(const char *folder)
{
	struct ledger l;
	struct buf out = {0};
	char hex[65];
	sample_ledger(&l, &out, 3);
	hash_hex(&l.entry[2].entry, hex);
	CHECK_STR(hex, golden_last_entry);
	check_page(folder, "ledger.md", "text", &out);
	ledger_release(&l);
	buf_release(&out);
}

int main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : "docs/formats";
	struct buf games = {0}, shard = {0};
	sample_games(&games, 1);
	check_hex(&games, golden_games);
	check_page(folder, "games.md", "hex", &games);
	sample_shard(&shard, 1);
	check_hex(&shard, golden_shard);
	check_page(folder, "shard.md", "hex", &shard);
	buf_release(&games);
	buf_release(&shard);
	test_recipe(folder);
	test_ledger(folder);
	return test_done();
}
