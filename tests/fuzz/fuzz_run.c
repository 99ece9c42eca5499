/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A run's directory: a tiny run, one of its files changed, verify over it.
 *
 * As it is, any change has to be found, but for a ledger that ends earlier, maybe in an entry that has no end.  Or the
 * change comes from someone who knows the format: the ledger's hashes are made to fit.  Then nothing worse may happen than a
 * wrong belief, and making everything again ends that too. */
#include "fuzz.h"

#include "run/parts.h"
#include "verify/verify.h"

#include <ctype.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES = 10 };

static const struct {
	enum run_file what;
	uint32_t generation;
	uint64_t step;
} place[FILES] = {
    {RUN_LEDGER, 0, 0},     {RUN_RECIPE, 0, 0},     {RUN_GAMES, 1, 0}, {RUN_MATCH, 1, 0}, {RUN_SHARD, 1, 0},
    {RUN_CHECKPOINT, 0, 0}, {RUN_CHECKPOINT, 1, 1}, {RUN_NET, 0, 0},   {RUN_NET, 1, 0},   {RUN_CHECKPOINT, 1, 2},
};

/* The good run, made once. */
static struct {
	char dir[256], path[FILES][RUN_PATH_MAX];
	struct buf file[FILES];
	struct pool *pool;
} good;

static void recipe(struct recipe *r)
{
	recipe_defaults(r);
	r->run_generations = 1;
	r->board_size = 3;
	r->board_max_moves = 12;
	r->board_komi = 2;
	r->net_blocks = 1;
	r->net_channels = r->net_head = 16;
	r->selfplay_games = 3;
	r->selfplay_visits = 4;
	r->selfplay_gumbel_actions = r->selfplay_opening_plies = 2;
	r->train_batch = 32;
	r->train_steps = 2;
	r->train_warmup = 1;
	r->train_window = r->train_checkpoint_interval = 1;
	r->gate_pairs = r->gate_visits = 2;
	r->gate_margin = 3;
	r->gate_opening_plies = 2;
}

static void tidy(void)
{
	static const char *const sub[] = {"games", "shards", "checkpoints", "nets", "matches"};
	char path[RUN_PATH_MAX];
	for (int i = 0; i < FILES; i++) {
		unlink(good.path[i]);
		buf_release(&good.file[i]);
	}
	run_path(path, sizeof path, good.dir, RUN_LOCK, 0, 0);
	unlink(path);
	for (size_t i = 0; i < sizeof sub / sizeof *sub; i++) {
		snprintf(path, sizeof path, "%s/%s", good.dir, sub[i]);
		rmdir(path);
	}
	rmdir(good.dir);
	pool_free(good.pool);
}

static void make_good(void)
{
	struct recipe r;
	struct hash net;
	struct err e = {.text = ""};
	const char *tmp = getenv("TMPDIR");
	snprintf(good.dir, sizeof good.dir, "%s/miai-fuzz-XXXXXX", tmp ? tmp : "/tmp");
	MUST(mkdtemp(good.dir));
	atexit(tidy);
	good.pool = pool_new(1);
	MUST(good.pool);
	recipe(&r);
	struct run_options o = {.recipe = &r, .dir = good.dir, .pool = good.pool, .cpu_flags = nn_cpu_flags()};
	if (run_execute(&o, &net, &e) < 0)
		fprintf(stderr, "%s\n", e.text);
	MUST(e.text[0] == 0);
	for (int i = 0; i < FILES; i++) {
		run_path(good.path[i], RUN_PATH_MAX, good.dir, place[i].what, place[i].generation, place[i].step);
		MUST(file_read(&good.file[i], good.path[i], 1 << 20, &e) == 0);
	}
}

/* Without a sync, which would only cost time. */
static void store(int file, const struct buf *b)
{
	FILE *f = fopen(good.path[file], "wb");
	MUST(f && fwrite(b->data, 1, b->len, f) == b->len && fclose(f) == 0);
}

/* What the ledger calls this file: its SHA-256, or the root of its games.  False where it has no such name. */
static bool name_of(int file, const struct buf *b, struct hash *out)
{
	struct record_games g;
	struct buf copy = {0};
	*out = sha256_of(b->data, b->len);
	if (place[file].what != RUN_GAMES && place[file].what != RUN_MATCH)
		return true;
	buf_bytes(&copy, b->data, b->len);
	if (record_games_read(&g, &copy, NULL, 0, NULL) < 0)
		return false;
	bool ok = record_games_root(&g, out) == 0;
	record_games_release(&g);
	return ok;
}

static void rename_in(struct buf *ledger, const struct hash *old, const struct hash *new)
{
	char from[65], to[65];
	hash_hex(old, from);
	hash_hex(new, to);
	for (size_t i = 0; i + 64 <= ledger->len; i++)
		if (memcmp(ledger->data + i, from, 64) == 0)
			memcpy(ledger->data + i, to, 64);
}

/* Makes the chain of hashes fit: a line "ledger HASH" or "entry HASH" names all before it. */
static void chain(struct buf *ledger)
{
	struct sha256 s;
	struct hash h;
	char hex[65];
	size_t line = 0, part = 0;
	sha256_init(&s);
	for (size_t i = 0; i < ledger->len; i++) {
		if (ledger->data[i] != '\n')
			continue;
		const uint8_t *p = ledger->data + line;
		size_t word = i - line == 71 && memcmp(p, "ledger ", 7) == 0 ? 7
		              : i - line == 70 && memcmp(p, "entry ", 6) == 0 ? 6 : 0;
		line = i + 1;
		if (!word)
			continue;
		sha256_update(&s, ledger->data + part, (size_t)(p - ledger->data) - part);
		h = sha256_final(&s);
		hash_hex(&h, hex);
		memcpy(ledger->data + (p - ledger->data) + word, hex, 64);
		part = line;
		sha256_init(&s);
		sha256_update(&s, h.b, sizeof h.b);
	}
}

/* The ledger of someone who changed that file. */
static bool forge(int file, const struct buf *b, struct buf *ledger)
{
	struct hash old, new;
	buf_bytes(ledger, good.file[0].data, good.file[0].len);
	if (file == 0) {
		buf_clear(ledger);
		buf_bytes(ledger, b->data, b->len);
	} else {
		if (!name_of(file, &good.file[file], &old) || !name_of(file, b, &new))
			return false;
		rename_in(ledger, &old, &new);
	}
	chain(ledger);
	store(0, ledger);
	return true;
}

static bool is_good(int file, const struct buf *b)
{
	const struct buf *g = &good.file[file];
	return b->len == g->len && memcmp(b->data, g->data, b->len) == 0;
}

/* A ledger that ends earlier is that of a run that goes on: this long are its whole entries, without the last one. */
static size_t without_last(const struct buf *ledger)
{
	size_t n = 0;
	while (n + 13 <= ledger->len && memcmp(ledger->data + n, "generation 1\n", 13) != 0)
		n++;
	return n;
}

static bool is_shorter(int file, const struct buf *b)
{
	const struct buf *g = &good.file[file];
	return file == 0 && b->len < g->len && b->len >= without_last(g) && memcmp(b->data, g->data, b->len) == 0;
}

/* Numbers alike, as one digit. */
static void digits_away(struct buf *out, const struct buf *in, size_t from)
{
	for (size_t i = from; i < in->len; i++) {
		bool digit = isxdigit(in->data[i]);
		if (!digit || i == from || !isxdigit(in->data[i - 1]))
			buf_u8(out, digit ? '0' : in->data[i]);
	}
}

/* Is it one whose last entry is not whole, with other numbers than the right one?  Nothing vouches for them yet: verify may
 * take them for what a killed process left, which the next one makes anew. */
static bool is_unfinished(int file, const struct buf *b)
{
	const struct buf *g = &good.file[0];
	struct buf mine = {0}, right = {0};
	size_t first = without_last(g);
	if (file != 0 || b->len < first || memcmp(b->data, g->data, first) != 0)
		return false;
	digits_away(&mine, b, first);
	digits_away(&right, g, first);
	bool begins = mine.len < right.len && memcmp(mine.data, right.data, mine.len) == 0;
	buf_release(&mine);
	buf_release(&right);
	return begins;
}

static void judge(int file, const struct buf *b, bool forging, bool rebuild)
{
	struct buf ledger = {0};
	struct verify_report report;
	struct err e = {.text = ""};
	store(file, b);
	forging = forging && forge(file, b, &ledger);
	const struct buf *now = forging && file == 0 ? &ledger : b;
	bool same = is_good(file, now), shorter = is_shorter(file, now);
	struct verify_options o = {.dir = good.dir, .rebuild = rebuild, .pool = good.pool, .cpu_flags = nn_cpu_flags()};
	int rc = verify_run(&o, &report, &e);
	if (same)
		MUST(rc == 0 && report.intact && report.consistent && report.generations == 1);
	else if (shorter)
		MUST(rc == 0 && report.intact && report.consistent && report.generations == 0);
	else if (rc == 0 && is_unfinished(file, now))
		MUST((shorter = report.intact) && report.consistent && report.generations == 0);
	else if (!forging || rebuild)
		MUST(rc < 0 && e.text[0]);
	if (!same && !shorter && !forging)
		MUST(!report.intact);
	if (forging || file == 0)
		store(0, &good.file[0]);
	store(file, &good.file[file]);
	buf_release(&ledger);
}

/* Byte 0: which file.  Byte 1: 1 forge, 2 make all again, 4 cut the file, 8 lengthen it.  Then changes. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct buf b = {0};
	if (!good.dir[0])
		make_good();
	int file = rd_u8(&in) % FILES, how = rd_u8(&in);
	buf_bytes(&b, good.file[file].data, good.file[file].len);
	if (how & 4)
		b.len = rd_u16(&in) % (b.len + 1);
	if (how & 8)
		buf_u8(&b, rd_u8(&in));
	fuzz_patch(b.data, b.len, &in);
	judge(file, &b, how & 1, how & 2);
	buf_release(&b);
	return 0;
}
