/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai info: what a file or folder is, told by its content, never by its name. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "nn/leela.h"
#include "record/games.h"
#include "record/ledger.h"
#include "record/shard.h"
#include "train/train.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { HEAD = 12, FILE_MAX_BYTES = 1 << 30, CARD_MAX_BYTES = 1 << 16 };

typedef int info_fn(const char *path, struct err *e);

static int read_all(struct buf *b, const char *path, struct err *e)
{
	return file_read(b, path, FILE_MAX_BYTES, e);
}

static void print_hash(const char *what, const struct hash *h)
{
	static const struct hash none;
	char hex[65];
	hash_hex(h, hex);
	printf("%-12s %s\n", what, hash_equal(h, &none) ? "unknown" : hex);
}

static void print_shape(const struct nn_shape *s)
{
	printf("%-12s %d blocks of %d channels, head %d, %d input planes\n", "shape", s->blocks, s->channels, s->head,
	       s->planes);
}

static uint64_t parameters(const struct nn_net *n)
{
	uint64_t sum = 0;
	for (int i = 0; i < n->layers; i++) {
		const struct nn_layer_info *l = &n->layer[i].info;
		sum += (uint64_t)l->co * (uint64_t)l->taps * (uint64_t)l->ci + (uint64_t)l->co;
	}
	return sum;
}

/* Prints the card that lies beside the net or a folder above it, if it speaks of this net: names its hash. */
static void print_card(const char *path, const struct hash *name)
{
	static const char *const where[] = {"", "../"};
	char real[PATH_MAX];
	path = realpath(path, real) ? real : path; /* nets/default.net is a link */
	const char *slash = strrchr(path, '/');
	int folder = slash ? (int)(slash - path) + 1 : 0;
	char card[4096], hex[65];
	hash_hex(name, hex);
	for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
		struct buf b = {.data = NULL};
		struct err ignored = {.text = ""};
		int n = snprintf(card, sizeof card, "%.*s%sCARD.md", folder, path, where[i]);
		bool read = n < (int)sizeof card && file_exists(card) && file_read(&b, card, CARD_MAX_BYTES, &ignored) == 0;
		bool ours = read && memmem(b.data, b.len, hex, 64);
		if (ours)
			printf("\n%.*s", (int)b.len, (const char *)b.data);
		else if (read)
			printf("%-12s %s is of another net: it does not name this one's hash\n", "card", card);
		buf_release(&b);
		if (read)
			return;
	}
}

static int info_net(const char *path, struct err *e)
{
	struct hash name;
	struct nn_net *n = nn_net_load(path, &name, e);
	if (!n)
		return ERR_FORMAT;
	printf("net\n");
	print_hash("name", &name);
	print_shape(&n->shape);
	printf("%-12s %" PRIu64 "\n", "parameters", parameters(n));
	printf("%-12s %" PRIu32 "\n", "generation", n->generation);
	print_hash("recipe", &n->recipe);
	printf("%-12s", "activations");
	for (int i = 0; i < n->acts; i++)
		printf(" %d", n->act_exp[i]);
	printf(" (exponents)\n%-12s", "weights");
	for (int i = 0; i < n->layers; i++)
		printf(" %d", n->layer[i].exp);
	printf(" (exponents)\n");
	print_card(path, &name);
	nn_net_free(n);
	return 0;
}

static int info_leela(const char *path, struct err *e)
{
	struct hash name;
	struct nn_net *n = nn_net_load_any(path, &name, e);
	if (!n)
		return ERR_FORMAT;
	const struct nn_leela_shape *s = &n->leela->shape;
	printf("imported net\n");
	print_hash("name", &name);
	printf("%-12s leela-zero's, %d blocks of %d filters, %d hidden units, for boards of %d\n", "shape", s->blocks,
	       s->filters, s->hidden, s->size);
	printf("%-12s a chance to win for %s; neither score nor ownership, and komi is not seen\n", "value",
	       s->black_value ? "Black" : "the mover");
	print_hash("imported", &n->leela->source);
	printf("%-12s unknown: no recipe, no ledger; how it was trained cannot be checked\n", "history");
	nn_net_free(n);
	return 0;
}

static int info_checkpoint(const char *path, struct err *e)
{
	struct buf b = {.data = NULL};
	struct train_state *t = NULL;
	int rc = read_all(&b, path, e);
	if (rc == 0) {
		t = train_read(b.data, b.len, e);
		rc = t ? 0 : ERR_FORMAT;
	}
	if (t) {
		struct hash name = sha256_of(b.data, b.len);
		printf("checkpoint\n");
		print_hash("name", &name);
		print_shape(train_shape(t));
		printf("%-12s %" PRIu64 "\n", "step", train_step_number(t));
	}
	train_free(t);
	buf_release(&b);
	return rc;
}

static int info_shard(const char *path, struct err *e)
{
	struct buf b = {.data = NULL};
	struct shard s;
	int rc = read_all(&b, path, e);
	struct hash name = sha256_of(b.data, b.len);
	if (rc == 0)
		rc = shard_read(&s, &b, e); /* takes b over */
	buf_release(&b);
	if (rc)
		return rc;
	printf("shard\n");
	print_hash("name", &name);
	print_hash("recipe", &s.recipe);
	printf("%-12s %" PRIu32 "\n", "generation", s.generation);
	printf("%-12s %" PRIu32 " of %zu bytes, board %d, %d planes\n", "samples", s.count,
	       shard_sample_bytes(&s.shape), s.shape.size, s.shape.planes);
	shard_release(&s);
	return 0;
}

struct tally {
	uint64_t moves;
	uint32_t shortest, longest, black, white, drawn, decided, wrongly;
	int size_min, size_max, komi_min, komi_max;
};

/* Whether the side that was ahead when the game was taken for decided did not win it. */
static bool decided_wrongly(const struct record_game *g, uint32_t first)
{
	/* The search before said so, from its mover's view; Black moves at even numbers. */
	int32_t value = first ? g->move[first - 1].value : 0;
	bool black = (value > 0) == ((first - 1) % 2 == 0);
	return black ? g->score_half <= 0 : g->score_half >= 0;
}

static void tally_decided(struct tally *t, const struct record_game *g)
{
	uint32_t first = 0;
	while (first < g->moves && g->move[first].kind != RECORD_DECIDED)
		first++;
	if (first == g->moves)
		return;
	t->decided++;
	t->wrongly += decided_wrongly(g, first);
}

static void tally_add(struct tally *t, const struct record_game *g, bool first)
{
	t->moves += g->moves;
	t->shortest = first || g->moves < t->shortest ? g->moves : t->shortest;
	t->longest = first || g->moves > t->longest ? g->moves : t->longest;
	t->black += g->score_half > 0;
	t->white += g->score_half < 0;
	t->drawn += g->score_half == 0;
	tally_decided(t, g);
	t->size_min = first || g->size < t->size_min ? g->size : t->size_min;
	t->size_max = first || g->size > t->size_max ? g->size : t->size_max;
	t->komi_min = first || g->komi_half < t->komi_min ? g->komi_half : t->komi_min;
	t->komi_max = first || g->komi_half > t->komi_max ? g->komi_half : t->komi_max;
}

static void print_range(const char *what, double least, double most)
{
	printf("%-12s %g", what, least);
	if (least < most)
		printf(" to %g", most);
	putchar('\n');
}

static int print_games(const struct record_games *f, struct err *e)
{
	struct tally t = {.moves = 0};
	printf("games\n");
	print_hash("recipe", &f->header.recipe);
	printf("%-12s %" PRIu32 "\n", "generation", f->header.generation);
	printf("%-12s %s\n", "kind", f->header.kind == RECORD_MATCH ? "match" : "self-play");
	printf("%-12s %" PRIu32 "\n", "games", f->count);
	for (uint32_t i = 0; i < f->count; i++) {
		struct record_game g = {.index = 0};
		int rc = record_games_parse(f, i, &g, e);
		if (rc == 0)
			tally_add(&t, &g, i == 0);
		record_game_release(&g);
		if (rc)
			return rc;
	}
	if (f->count) {
		print_range("board", t.size_min, t.size_max);
		print_range("komi", t.komi_min / 2.0, t.komi_max / 2.0);
		printf("%-12s %" PRIu32 " to %" PRIu32 ", mean %.1f\n", "moves", t.shortest, t.longest,
		       (double)t.moves / f->count);
		printf("%-12s Black %" PRIu32 ", White %" PRIu32 ", drawn %" PRIu32 "\n", "won", t.black, t.white,
		       t.drawn);
		if (t.decided)
			printf("%-12s %" PRIu32 " games before their end, %" PRIu32 " of them wrongly (%.2f%%)\n", "decided",
			       t.decided, t.wrongly, 100.0 * t.wrongly / t.decided);
	}
	if (f->valid < f->bytes.len)
		printf("%-12s the last %" PRIu64 " bytes are no whole game: still being written, or torn\n", "tail",
		       (uint64_t)f->bytes.len - f->valid);
	return 0;
}

static int info_games(const char *path, struct err *e)
{
	struct record_games f;
	int rc = record_games_load(&f, path, NULL, 1, e);
	if (rc)
		return rc;
	rc = f.valid ? print_games(&f, e) : err_set(e, ERR_FORMAT, "%s: ends within the header", path);
	record_games_release(&f);
	return rc;
}

static int info_recipe(const char *path, struct err *e)
{
	struct recipe r;
	struct buf b = {.data = NULL};
	int rc = cli_recipe_load(&r, path, e);
	if (rc)
		return rc;
	struct hash h = recipe_hash(&r);
	recipe_write(&r, &b);
	if (b.failed) {
		rc = err_set(e, ERR_MEMORY, "%s: no memory to print it", path);
	} else {
		printf("recipe\n");
		print_hash("name", &h);
		fwrite(b.data, 1, b.len, stdout);
	}
	buf_release(&b);
	return rc;
}

static void print_entry(const struct ledger_entry *x)
{
	char match[40] = "-", best[65];
	if (x->match_games)
		snprintf(match, sizeof match, "%" PRIu32 "-%" PRIu32 "-%" PRIu32, x->wins, x->draws, x->losses);
	hash_hex(&x->best, best);
	printf("%5" PRIu32 " %8" PRIu32 " %9" PRIu32 " %9" PRIu64 "  %-16s %-9s %6" PRId32 "  %.16s (%" PRIu32 ")\n",
	       x->generation, x->games, x->samples, x->checkpoints ? x->checkpoint[x->checkpoints - 1].step : 0, match,
	       x->promoted ? "promoted" : "rejected", x->rating, best, x->best_generation);
}

static int info_ledger(const char *path, struct err *e)
{
	struct buf b = {.data = NULL};
	struct ledger l = {.entries = 0};
	uint64_t valid = 0;
	int rc = read_all(&b, path, e);
	if (rc == 0)
		rc = ledger_read(&l, b.data, b.len, &valid, e);
	if (rc == 0 && valid == 0)
		rc = err_set(e, ERR_FORMAT, "%s: ends within the header", path);
	if (rc == 0) {
		printf("ledger\n");
		print_hash("recipe", &l.recipe);
		printf("%-12s %" PRIu32 "\n", "numerics", l.numerics);
		if (l.entries)
			print_hash("last entry", &l.entry[l.entries - 1].entry);
		printf("  gen    games   samples      step  won-drawn-lost   gate      rating  best net (of)\n");
		for (uint32_t i = 0; i < l.entries; i++)
			print_entry(&l.entry[i]);
		if (valid < b.len)
			printf("the last %" PRIu64 " bytes are no whole entry\n", (uint64_t)b.len - valid);
		printf("Only the ledger's chain of hashes was checked; \"miai verify\" checks the files.\n");
	}
	ledger_release(&l);
	buf_release(&b);
	return rc;
}

static int info_folder(const char *path, struct err *e)
{
	char file[4096];
	int n = snprintf(file, sizeof file, "%s/ledger", path);
	int rc = n < 0 || (size_t)n >= sizeof file ? 0 : file_there(file, e);
	if (rc < 0)
		return rc;
	if (rc == 0)
		return err_set(e, ERR_FORMAT, "%s: a folder without a file named \"ledger\" in it: not a run", path);
	return info_ledger(file, e);
}

static const struct {
	const char *start;
	info_fn *show;
} kinds[] = {
    {"miai-net", info_net},   {"miai-lzn", info_leela},   {"miaichkp", info_checkpoint}, {"miaishrd", info_shard},
    {"miaigame", info_games}, {"miai ledger ", info_ledger}, {"", info_recipe},
};

static int show(const char *path, struct err *e)
{
	struct stat st;
	char head[HEAD + 1] = {0};
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return info_folder(path, e);
	FILE *f = fopen(path, "rb");
	if (!f)
		return err_set(e, ERR_IO, "%s: cannot open: %s", path, strerror(errno));
	size_t n = fread(head, 1, HEAD, f), i = 0;
	int broken = ferror(f) ? errno : 0;
	fclose(f);
	if (broken)
		return err_set(e, ERR_IO, "%s: cannot read: %s", path, strerror(broken));
	if (n == 0)
		return err_set(e, ERR_FORMAT, "%s: empty", path);
	while (strlen(kinds[i].start) > n || memcmp(kinds[i].start, head, strlen(kinds[i].start)) != 0)
		i++;
	int rc = kinds[i].show(path, e);
	if (rc && kinds[i].show == info_recipe) {
		struct err why = *e;
		err_set(e, ERR_FORMAT, "no kind of file that miai knows, and not a recipe either: %.600s", why.text);
	}
	return rc;
}

static int run(int argc, char **argv)
{
	struct err e = {.text = ""};
	int n = cli_parse(&cli_cmd_info, argc, argv, NULL, 0, 1, CLI_MANY);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	for (int i = 0; i < n; i++) {
		if (n > 1)
			printf("%s%s:\n", i ? "\n" : "", argv[i]);
		/* Whatever is wrong with a file, it is the file that is unreadable: not the usage. */
		if (show(argv[i], &e))
			return cli_fail("info", ERR_FORMAT, &e);
	}
	return CLI_OK;
}

const struct cli_command cli_cmd_info = {
    .name = "info",
    .summary = "tell what a net, recipe, run, games file, shard or checkpoint is",
    .usage = "Usage: miai info FILE...\n"
	     "Tells by its content what a file is, and what is in it: a net, a recipe (ini or canonical), a\n"
	     "run's folder or ledger, a file of games, a shard of samples, a checkpoint.\n",
    .run = run,
};
