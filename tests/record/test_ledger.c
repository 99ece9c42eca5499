/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: round trip, chain of hashes, torn tails, rules between entries. */
#include "../test.h"
#include "canon.h"
#include "samples.h"

static void check_same_entry(const struct ledger_entry *a, const struct ledger_entry *b)
{
	CHECK(a->generation == b->generation && a->games == b->games && a->samples == b->samples);
	CHECK(hash_equal(&a->games_root, &b->games_root) && hash_equal(&a->shard, &b->shard));
	CHECK(hash_equal(&a->net, &b->net) && hash_equal(&a->best, &b->best) && hash_equal(&a->entry, &b->entry));
	CHECK(hash_equal(&a->match_root, &b->match_root) && a->match_games == b->match_games);
	CHECK(a->wins == b->wins && a->draws == b->draws && a->losses == b->losses);
	CHECK(a->window_first == b->window_first && a->checkpoints == b->checkpoints);
	CHECK(a->promoted == b->promoted && a->best_generation == b->best_generation && a->rating == b->rating);
	for (uint32_t i = 0; i < a->checkpoints && i < b->checkpoints; i++)
		CHECK(a->checkpoint[i].step == b->checkpoint[i].step &&
		      hash_equal(&a->checkpoint[i].hash, &b->checkpoint[i].hash));
}

static void test_round_trip(void)
{
	for (uint32_t n = 0; n <= 3; n++) {
		struct ledger l, got;
		struct buf text = {0};
		struct err e;
		uint64_t valid = 0;
		sample_ledger(&l, &text, n);
		CHECK_INT(ledger_read(&got, text.data, text.len, &valid, &e), 0);
		CHECK_INT(valid, text.len);
		CHECK(hash_equal(&got.recipe, &l.recipe) && got.numerics == 1);
		CHECK_INT(got.entries, n);
		for (uint32_t i = 0; i < n && i < got.entries; i++)
			check_same_entry(&l.entry[i], &got.entry[i]);
		CHECK_INT(canon_ledger(text.data, text.len), CANON_SAME);
		ledger_release(&l);
		ledger_release(&got);
		CHECK(!got.entry && !got.entries);
		buf_release(&text);
	}
}

/* Ends of the header and of each entry of the sample. */
static void part_ends(const struct buf *text, size_t end[4])
{
	int parts = 0;
	for (size_t at = 0; at < text->len;) {
		const uint8_t *line = text->data + at, *next = memchr(line, '\n', text->len - at);
		at = (size_t)(next - text->data) + 1;
		if (!memcmp(line, "entry ", 6) || !memcmp(line, "ledger ", 7))
			end[parts++] = at;
	}
	CHECK_INT(parts, 4);
}

/* Wherever the text is cut: an error, or where valid is asked for the whole entries before the cut. */
static void test_torn(void)
{
	struct ledger l, got;
	struct buf text = {0};
	struct err e;
	size_t end[4];
	sample_ledger(&l, &text, 3);
	part_ends(&text, end);
	for (size_t n = 0; n <= text.len; n++) {
		struct buf cut = canon_copy(text.data, n);
		uint64_t valid = 99;
		uint32_t whole = 0;
		while (whole < 3 && end[whole + 1] <= n)
			whole++;
		CHECK_INT(ledger_read(&got, cut.data, n, NULL, &e), n == end[whole] ? 0 : ERR_FORMAT);
		ledger_release(&got);
		CHECK_INT(ledger_read(&got, cut.data, n, &valid, &e), 0);
		CHECK_INT(valid, n < end[0] ? 0 : end[whole]);
		CHECK_INT(got.entries, whole);
		if (n > end[0])
			CHECK_INT(ledger_cut_off(&got, cut.data + valid, n - valid), n > end[whole]);
		ledger_release(&got);
		buf_release(&cut);
	}
	ledger_release(&l);
	buf_release(&text);
}

/* A torn tail is one without its last line; what is damaged before that is never cut away in silence. */
static void test_not_torn(void)
{
	struct ledger l, got;
	struct buf text = {0};
	struct err e;
	size_t end[4];
	uint64_t valid;
	sample_ledger(&l, &text, 3);
	part_ends(&text, end);
	for (size_t i = 0; i < end[2]; i++) {
		text.data[i] ^= 0x20;
		CHECK(ledger_read(&got, text.data, text.len, &valid, &e) < 0);
		CHECK(!got.entry);
		text.data[i] ^= 0x20;
	}
	text.data[30] ^= 1; /* a header that stands alone */
	CHECK(ledger_read(&got, text.data, end[0], &valid, &e) < 0);
	text.data[30] = 'x';
	CHECK(ledger_read(&got, text.data, end[0], &valid, &e) < 0);
	CHECK_INT(ledger_read(&got, "hello\n", 6, &valid, &e), ERR_FORMAT);
	CHECK_INT(ledger_read(&got, NULL, 0, NULL, &e), ERR_FORMAT);
	ledger_release(&l);
	buf_release(&text);
}

/* A whole entry in which one byte is another, whichever, is not the beginning of one; nor is any beginning with a byte more
 * than a change. */
static void test_not_cut_off(void)
{
	struct ledger l, before;
	struct buf text = {0};
	struct err e;
	size_t end[4];
	sample_ledger(&l, &text, 3);
	part_ends(&text, end);
	CHECK_INT(ledger_read(&before, text.data, end[2], NULL, &e), 0);
	struct buf last = canon_copy(text.data + end[2], end[3] - end[2]);
	for (size_t i = 0; i < last.len; i++) {
		uint8_t was = last.data[i];
		for (int other = 1; other < 256; other++) {
			last.data[i] = (uint8_t)(was ^ other);
			if (ledger_cut_off(&before, last.data, last.len))
				CHECK_INT(i, -1);
		}
		last.data[i] = was;
	}
	CHECK_INT(ledger_cut_off(&before, last.data, last.len), 0);
	CHECK_INT(ledger_cut_off(&l, last.data, 20), 0); /* of another generation */
	CHECK_INT(ledger_cut_off(&before, last.data, 0), 0);
	buf_release(&last);
	ledger_release(&before);
	ledger_release(&l);
	buf_release(&text);
}

/* One byte changed in any way anywhere is found. */
static void test_chain(void)
{
	struct ledger l, got;
	struct buf text = {0};
	struct err e;
	sample_ledger(&l, &text, 3);
	int accepted = 0;
	for (size_t i = 0; i < text.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			text.data[i] ^= (uint8_t)(1 << bit);
			accepted += ledger_read(&got, text.data, text.len, NULL, &e) == 0;
			ledger_release(&got);
			text.data[i] ^= (uint8_t)(1 << bit);
		}
	CHECK_INT(accepted, 0);
	CHECK_INT(ledger_read(&got, text.data, text.len, NULL, &e), 0);
	ledger_release(&got);
	ledger_release(&l);
	buf_release(&text);
}

/* The sample with `from` replaced by `to` in its last entry, and that entry hashed anew: what is wrong with it then is
 * not the chain. */
static int forge(const char *from, const char *to, struct err *e)
{
	struct ledger l, got;
	struct buf text = {0}, out = {0};
	size_t end[4];
	char hex[65];
	sample_ledger(&l, &text, 3);
	part_ends(&text, end);
	buf_u8(&text, 0);
	const char *entry = (const char *)text.data + end[2], *at = strstr(entry, from),
		   *last = strstr(entry, "entry ");
	CHECK(at);
	buf_bytes(&out, l.entry[1].entry.b, 32);
	buf_bytes(&out, entry, (size_t)(at - entry));
	buf_bytes(&out, to, strlen(to));
	buf_bytes(&out, at + strlen(from), (size_t)(last - at) - strlen(from));
	struct hash h = sha256_of(out.data, out.len);
	text.len = end[2];
	buf_bytes(&text, out.data + 32, out.len - 32);
	hash_hex(&h, hex);
	buf_printf(&text, "entry %s\n", hex);
	int rc = ledger_read(&got, text.data, text.len, NULL, e);
	ledger_release(&l);
	ledger_release(&got);
	buf_release(&text);
	buf_release(&out);
	return rc;
}

static void test_forged(void)
{
	static const char *const forged[][2] = {
	    {"rating 191", "rating 190"},
	    {"rating 191", "rating 0191"},
	    {"rating 191", "rating +191"},
	    {"rating 191", "rating -0"},
	    {"rating 191", "rating 9999999999"},
	    {"rating 191\n", "rating 191 \n"},
	    {"games 12 01", "games 12 0A"},
	    {"games 12", "games 4294967296"},
	    {"games 12", "games  12"},
	    {"games 12", "games -12"},
	    {"promoted 0", "promoted 2"},
	    {"promoted 0", "promoted 1"},
	    {"window 1", "window 3"},
	    {"window 1", "window "},
	    {"generation 2", "generation 3"},
	    {"match 10", "match 11"},
	    {"checkpoint 150", "checkpoint 100"},
	    {"checkpoint 150", "checkpoint 200"},
	    {"window 1\n", "window 1\n\n"},
	    {"window 1\n", "window 1\r\n"},
	    {"net", "Net"},
	};
	struct err e;
	CHECK_INT(forge("games 12", "games 4294967295", &e), 0);
	CHECK_INT(forge("checkpoint 150", "checkpoint 101", &e), 0);
	for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++)
		CHECK_INT(forge(forged[i][0], forged[i][1], &e), ERR_FORMAT);
}

/* A rating below zero, and the text of a zero with a sign. */
static void test_rating(void)
{
	struct ledger l, got;
	struct buf text = {0};
	struct err e;
	struct ledger_checkpoint c[2];
	sample_ledger(&l, &text, 1);
	struct ledger_entry entry = sample_entry(1, c);
	entry.rating = -7;
	CHECK_INT(ledger_entry_write(&l, &entry, &text), 0);
	CHECK_INT(canon_ledger(text.data, text.len), CANON_SAME);
	size_t from = 0;
	while (memcmp(text.data + from, "rating -7", 9) != 0)
		from++;
	text.data[from + 8] = '0';
	CHECK_INT(ledger_read(&got, text.data, text.len, NULL, &e), ERR_FORMAT);
	CHECK(strstr(e.text, "minus"));
	ledger_release(&l);
	buf_release(&text);
}

static void test_messages(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
	    {"miai ledger 2\nnew\n", "its first line is 'miai ledger 2'; this program knows version 1"},
	    {"miai", "byte 0: 'miai' where miai ledger 1 should stand"},
	    {"miai ledger 1\nrecipe 00", "byte 21: '00' where 64 hex digits should stand"},
	    {"miai ledger 1\nrecipx", "byte 14: 'recipx' where recipe should stand"},
	};
	struct ledger l;
	struct err e;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		CHECK_INT(ledger_read(&l, bad[i].text, strlen(bad[i].text), NULL, &e), ERR_FORMAT);
		CHECK_STR(e.text + strlen("ledger: "), bad[i].why);
	}
}

enum { BREAKS = 19 };

/* Entry 2 of the sample, with one rule broken. */
static struct ledger_entry broken_entry(int what, struct ledger_checkpoint c[2])
{
	struct ledger_entry e = sample_entry(2, c);
	switch (what) {
	case 0:
		e.generation = 1;
		break;
	case 1:
		e.generation = 3;
		break;
	case 2:
		e.window_first = 3;
		break;
	case 3:
		e.wins++;
		break;
	case 4:
		e.wins = UINT32_MAX, e.draws = 4;
		break; /* 10 modulo 2^32 */
	case 5:
		e.checkpoints = 0;
		break;
	case 6:
		c[1].step = c[0].step;
		break;
	case 7:
		c[0].step = 100;
		break;
	case 8:
		c[1].step = UINT64_MAX;
		break;
	case 9:
		e.promoted = 1;
		break;
	case 10:
		e.promoted = 2;
		break;
	case 11:
		e.promoted = -1;
		break;
	case 12:
		e.rating++;
		break;
	case 13:
		e.best = e.net;
		break;
	case 14:
		e.best_generation = 2;
		break;
	case 15:
		e.promoted = 1, e.best = e.net;
		break;
	case 16:
		e.promoted = 1, e.best_generation = 2;
		break;
	case 17:
		e.rating = INT32_MIN;
		break;
	case 18:
		e.promoted = 1, e.best = e.net, e.best_generation = 2, e.rating = 120000001;
		break;
	}
	return e;
}

static void test_rules(void)
{
	struct ledger l;
	struct buf text = {0};
	struct ledger_checkpoint c[2];
	sample_ledger(&l, &text, 2);
	size_t n = text.len;
	for (int what = 0; what < BREAKS; what++) {
		struct ledger_entry e = broken_entry(what, c);
		CHECK_INT(ledger_entry_write(&l, &e, &text), ERR_ARG);
		CHECK_INT(text.len, n);
	}
	struct ledger_entry good = broken_entry(-1, c);
	CHECK_INT(ledger_entry_write(&l, &good, &text), 0);
	good = sample_entry(2, c);
	good.promoted = 1;
	good.best = good.net;
	good.best_generation = 2;
	good.rating = -120000000;
	CHECK_INT(ledger_entry_write(&l, &good, &text), 0);
	ledger_release(&l);
	buf_release(&text);
}

/* The rules of the initial state. */
static void test_first(void)
{
	for (int what = 0; what < 7; what++) {
		struct ledger l = {.numerics = 1};
		struct buf text = {0};
		struct ledger_checkpoint c[2];
		struct ledger_entry e = sample_entry(0, c);
		switch (what) {
		case 0:
			e.games = 1;
			break;
		case 1:
			e.samples = 1;
			break;
		case 2:
			e.match_games = e.wins = 1;
			break;
		case 3:
			e.rating = 1;
			break;
		case 4:
			c[0].step = 1;
			break;
		case 5:
			e.promoted = 0;
			break;
		case 6:
			e.window_first = 1;
			break;
		}
		CHECK_INT(ledger_entry_write(&l, &e, &text), ERR_ARG);
		buf_release(&text);
	}
}

int main(void)
{
	test_round_trip();
	test_torn();
	test_not_torn();
	test_not_cut_off();
	test_chain();
	test_forged();
	test_rating();
	test_messages();
	test_rules();
	test_first();
	return test_done();
}
