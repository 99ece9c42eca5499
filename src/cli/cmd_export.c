/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai export: nets and games for other programs. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "record/games.h"
#include "record/ledger.h"
#include "sgf/sgf.h"
#include "weights/export.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1 << 30 };

struct export {
	const char *from, *to, *format, *ledger;
	bool one;       /* of the games, number `game` only */
	uint32_t game;
};

/* ---- games ---- */

static const char *winner(const struct record_game *g, char *out, size_t n)
{
	int half = g->score_half < 0 ? -g->score_half : g->score_half;
	snprintf(out, n, half ? "%s+%d%s" : "0", g->score_half > 0 ? "B" : "W", half / 2, half % 2 ? ".5" : "");
	return out;
}

static void put_root(struct sgf *t, uint32_t root, const struct record_games *f, const struct record_game *g)
{
	const struct record_games_header *h = &f->header;
	struct hash game = record_games_hash(f, g->index);
	char text[400], recipe[65], name[65];
	hash_hex(&h->recipe, recipe);
	hash_hex(&game, name);
	const char *kind = h->kind == RECORD_MATCH ? "gate match" : "self-play";
	snprintf(text, sizeof text, "miai, %s of generation %" PRIu32, kind, h->generation);
	sgf_put(t, root, "PB", text);
	sgf_put(t, root, "PW", text);
	sgf_put(t, root, "RE", winner(g, text, sizeof text));
	sgf_put(t, root, "RU", g->suicide ? "Tromp-Taylor" : "Area, positional superko, no suicide");
	snprintf(text, sizeof text, "game %" PRIu32 " of the %s of generation %" PRIu32 "\nrecipe %s\ngame %s", g->index, kind,
	         h->generation, recipe, name);
	sgf_put(t, root, "C", text);
}

static void put_comment(struct sgf *t, uint32_t node, const struct record_move *m)
{
	static const char *const search[] = {[RECORD_CHEAP] = "cheap search",
	                                     [RECORD_FULL] = "full search",
	                                     [RECORD_DECIDED] = "quick search, since the game was decided"};
	char text[100];
	int tenths = (int)(((int64_t)m->value + 65536) * 1000 / 131072);
	if (m->kind == RECORD_OPENING) {
		sgf_put(t, node, "C", "opening, drawn");
		return;
	}
	snprintf(text, sizeof text, "%s: %d.%d%% for the mover", search[m->kind], tenths / 10, tenths % 10);
	sgf_put(t, node, "C", text);
}

static int told_failure(const struct sgf *t, uint32_t game, struct err *e)
{
	int rc = sgf_failure(t);
	if (rc == ERR_MEMORY)
		return err_set(e, rc, "game %" PRIu32 ": no memory for its SGF", game);
	return rc ? err_set(e, rc, "game %" PRIu32 ": more moves than a collection takes; choose one with --game", game) : 0;
}

static int add_game(struct sgf *t, const struct record_games *f, uint32_t i, struct sgf_game *to, struct err *e)
{
	struct record_game g = {.index = 0};
	int rc = record_games_parse(f, i, &g, e);
	if (rc == 0) {
		*to = (struct sgf_game){.size = g.size, .komi_half = g.komi_half, .moves = (int)g.moves};
		for (uint32_t m = 0; m < g.moves; m++)
			to->move[m] = (struct sgf_move){g.move[m].action, m % 2, 0};
		uint32_t root = sgf_game_write(t, to, "miai:" MIAI_VERSION);
		if (root)
			put_root(t, root, f, &g);
		for (uint32_t m = 0; root && m < g.moves; m++)
			put_comment(t, to->move[m].node, &g.move[m]);
		rc = told_failure(t, i, e);
	}
	record_game_release(&g);
	return rc;
}

/* A file that is still being written may end within a game; another is then damaged. */
static int load_games(struct record_games *f, const char *path, struct err *e)
{
	size_t n = strlen(path);
	int part = n > 5 && strcmp(path + n - 5, ".part") == 0, rc = record_games_load(f, path, NULL, part, e);
	if (rc)
		return rc;
	if (f->valid == 0) {
		record_games_release(f);
		return err_set(e, ERR_FORMAT, "%s: ends within the header", path);
	}
	if (f->valid < f->bytes.len)
		fprintf(stderr, "miai export: %s: %" PRIu32 " whole games; the last %" PRIu64 " bytes are still being written, or "
		        "torn\n", path, f->count, (uint64_t)f->bytes.len - f->valid);
	return 0;
}

static int games(const struct export *x, struct buf *out, struct err *e)
{
	struct record_games f;
	int rc = load_games(&f, x->from, e);
	if (rc)
		return rc;
	struct sgf *t = sgf_new();
	struct sgf_game *scratch = malloc(sizeof *scratch);
	uint32_t first = x->one ? x->game : 0, end = x->one && x->game < f.count ? x->game + 1 : f.count;
	if (!t || !scratch)
		rc = err_set(e, ERR_MEMORY, "%s: no memory for its games", x->from);
	else if (first >= end)
		rc = err_set(e, ERR_ARG, "%s: has no game %" PRIu32 ", only %" PRIu32 " games from 0 on", x->from, first, f.count);
	for (uint32_t i = first; rc == 0 && i < end; i++)
		rc = add_game(t, &f, i, scratch, e);
	if (rc == 0)
		sgf_write(t, out);
	sgf_free(t);
	free(scratch);
	record_games_release(&f);
	return rc;
}

/* ---- nets ---- */

/* The entry of a ledger that names this net. */
static int find_entry(const char *path, struct weights_origin *o, struct err *e)
{
	struct buf b = {.data = NULL};
	struct ledger l = {.entries = 0};
	uint64_t valid = 0;
	bool found = false;
	int rc = file_read(&b, path, FILE_MAX_BYTES, e);
	if (rc == 0)
		rc = ledger_read(&l, b.data, b.len, &valid, e);
	for (uint32_t i = 0; rc == 0 && i < l.entries && !found; i++) {
		found = hash_equal(&l.entry[i].net, &o->net);
		if (found)
			o->entry = l.entry[i].entry;
	}
	if (rc == 0 && !found)
		rc = err_set(e, ERR_MISMATCH, "%s: no entry names this net", path);
	ledger_release(&l);
	buf_release(&b);
	return rc;
}

static int net(const struct export *x, struct buf *out, struct err *e)
{
	struct weights_origin o = {.version = MIAI_VERSION};
	struct nn_net *n = nn_net_load(x->from, &o.net, e);
	if (!n)
		return e->code;
	int rc = x->ledger ? find_entry(x->ledger, &o, e) : 0;
	if (rc == 0 && strcmp(x->format, "onnx") == 0)
		weights_onnx(n, &o, out);
	else if (rc == 0)
		weights_safetensors(n, &o, out);
	nn_net_free(n);
	return rc;
}

static int export(const struct export *x, struct err *e)
{
	struct buf out = {.data = NULL};
	int rc = strcmp(x->format, "sgf") == 0 ? games(x, &out, e) : net(x, &out, e);
	if (rc == 0 && out.failed)
		rc = err_set(e, ERR_MEMORY, "%s: no memory to write it", x->to);
	if (rc == 0)
		rc = file_write(x->to, out.data, out.len, e);
	buf_release(&out);
	return rc;
}

static int check_format(const struct export *x)
{
	static const char formats[][12] = {"sgf", "onnx", "safetensors"};
	bool known = false;
	for (size_t i = 0; i < sizeof formats / sizeof *formats && x->format; i++)
		known |= strcmp(x->format, formats[i]) == 0;
	if (!x->to || !known) {
		fprintf(stderr, "miai export: say %s\n",
		        known ? "with --out FILE where to write" : "with --format one of sgf, onnx, safetensors");
		return -1;
	}
	if (strcmp(x->format, "sgf") == 0 ? x->ledger != NULL : x->one) {
		fprintf(stderr, "miai export: --game goes with games, --ledger with nets\n");
		return -1;
	}
	return 0;
}

static int run(int argc, char **argv)
{
	struct export x = {.from = NULL};
	const char *game = NULL;
	const struct cli_option opt[] = {
	    {"format", 1, &x.format}, {"out", 1, &x.to}, {"ledger", 1, &x.ledger}, {"game", 1, &game},
	};
	long long v = 0;
	struct err e = {.text = ""};
	int n = cli_parse(&cli_cmd_export, argc, argv, opt, sizeof opt / sizeof *opt, 1, 1);
	if (n < 0)
		return n == -2 ? CLI_OK : CLI_USAGE;
	x.from = argv[0];
	x.one = game != NULL;
	if ((game && cli_number("--game", game, 0, UINT32_MAX - 1, &v)) || check_format(&x))
		return CLI_USAGE;
	x.game = (uint32_t)v;
	int rc = export(&x, &e);
	return rc ? cli_fail("export", rc, &e) : CLI_OK;
}

const struct cli_command cli_cmd_export = {
    .name = "export",
    .summary = "write nets and games in other programs' formats",
    .usage = "Usage: miai export NET --format onnx|safetensors --out FILE [--ledger LEDGER]\n"
	     "       miai export GAMES --format sgf --out FILE [--game N]\n"
	     "Writes a net as a graph of integer operations that gives miai's outputs exactly (onnx) or as\n"
	     "its bare weights (safetensors), with its origin in the metadata; or a run's file of games as a\n"
	     "collection of SGF, with what the search thought of each move.\n\n"
	     "  --format F        onnx, safetensors or sgf\n"
	     "  --out FILE        the file to write\n"
	     "  --ledger LEDGER   of the run that made the net: its entry that names the net is told, too\n"
	     "  --game N          this game only; the first is number 0 (all)\n\n"
	     "Example: miai export demo.run/nets/000001.net --format onnx --out net.onnx --ledger demo.run/ledger\n",
    .run = run,
};
