/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/ledger.h"

#include "record/text_int.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	LEDGER_GENERATIONS_MAX = 100000,
	LEDGER_NUMERICS_MAX = 1000000,
	LEDGER_HEADER = 192, /* room for its text before the hash: at most 14 + 72 + 17 bytes */
	LEDGER_RATING_MAX = 1200 * LEDGER_GENERATIONS_MAX,
};
static const uint64_t ledger_steps_max = UINT64_C(1000000) * LEDGER_GENERATIONS_MAX;
static const char ledger_title[] = "miai ledger 1\n";

static void entry_release(struct ledger_entry *e)
{
	free(e->checkpoint);
	*e = (struct ledger_entry){0};
}

void ledger_release(struct ledger *l)
{
	for (uint32_t i = 0; i < l->entries; i++)
		entry_release(&l->entry[i]);
	free(l->entry);
	*l = (struct ledger){0};
}

/* Writing */

static void write_hash(struct buf *out, const char *before, const struct hash *h, const char *after)
{
	char hex[65];
	hash_hex(h, hex);
	buf_printf(out, "%s%s%s", before, hex, after);
}

/* The header's lines before its hash; returns their length. */
static size_t header_text(char out[LEDGER_HEADER], const struct ledger *l)
{
	char hex[65];
	hash_hex(&l->recipe, hex);
	int n = snprintf(out, LEDGER_HEADER, "%srecipe %s\nnumerics %" PRIu32 "\n", ledger_title, hex, l->numerics);
	return (size_t)n;
}

static struct hash header_hash(const struct ledger *l)
{
	char text[LEDGER_HEADER];
	size_t n = header_text(text, l);
	return sha256_of(text, n);
}

void ledger_header_write(const struct ledger *l, struct buf *out)
{
	char text[LEDGER_HEADER];
	size_t n = header_text(text, l);
	struct hash h = header_hash(l);
	buf_bytes(out, text, n);
	write_hash(out, "ledger ", &h, "\n");
}

/* What the next entry's hash is chained to. */
static struct hash chain_end(const struct ledger *l)
{
	return l->entries ? l->entry[l->entries - 1].entry : header_hash(l);
}

static struct hash chain_hash(const struct ledger *l, const void *text, size_t n)
{
	struct hash before = chain_end(l);
	struct sha256 s;
	sha256_init(&s);
	sha256_update(&s, before.b, sizeof before.b);
	sha256_update(&s, text, n);
	return sha256_final(&s);
}

static void entry_text(const struct ledger_entry *e, struct buf *out)
{
	buf_printf(out, "generation %" PRIu32 "\ngames %" PRIu32, e->generation, e->games);
	write_hash(out, " ", &e->games_root, "\n");
	buf_printf(out, "samples %" PRIu32, e->samples);
	write_hash(out, " ", &e->shard, "\n");
	buf_printf(out, "window %" PRIu64 "\n", e->window_first);
	for (uint32_t i = 0; i < e->checkpoints; i++) {
		buf_printf(out, "checkpoint %" PRIu64, e->checkpoint[i].step);
		write_hash(out, " ", &e->checkpoint[i].hash, "\n");
	}
	write_hash(out, "net ", &e->net, "\n");
	buf_printf(out, "match %" PRIu32, e->match_games);
	write_hash(out, " ", &e->match_root, "");
	buf_printf(out, " %" PRIu32 " %" PRIu32 " %" PRIu32 "\n", e->wins, e->draws, e->losses);
	buf_printf(out, "promoted %d\nbest %" PRIu32, e->promoted, e->best_generation);
	write_hash(out, " ", &e->best, "\n");
	buf_printf(out, "rating %" PRId32 "\n", e->rating);
}

/* Rules that reading and writing share */

static int check_checkpoints(const struct ledger *l, const struct ledger_entry *e, struct err *err)
{
	const struct ledger_entry *before = l->entries ? &l->entry[l->entries - 1] : NULL;
	if (e->checkpoints == 0)
		return err_set(err, ERR_ARG, "it has no checkpoint; the state at its end has to be one");
	if (!before && (e->checkpoints != 1 || e->checkpoint[0].step != 0))
		return err_set(err, ERR_ARG, "it has to have one checkpoint, of step 0");
	uint64_t least = before ? before->checkpoint[before->checkpoints - 1].step + 1 : 0;
	for (uint32_t i = 0; i < e->checkpoints; i++) {
		uint64_t step = e->checkpoint[i].step;
		if (step < least || step > ledger_steps_max)
			return err_set(err, ERR_ARG,
			               "checkpoint of step %" PRIu64 "; here it is %" PRIu64 " to %" PRIu64, step,
			               least, ledger_steps_max);
		least = step + 1;
	}
	return 0;
}

static int check_promotion(const struct ledger *l, const struct ledger_entry *e, struct err *err)
{
	const struct ledger_entry *before = l->entries ? &l->entry[l->entries - 1] : NULL;
	if (e->promoted != 0 && e->promoted != 1)
		return err_set(err, ERR_ARG, "promoted is %d; it is 0 or 1", e->promoted);
	if (e->rating < -LEDGER_RATING_MAX || e->rating > LEDGER_RATING_MAX)
		return err_set(err, ERR_ARG, "rating %" PRId32 " is out of range", e->rating);
	if (!e->promoted && !before)
		return err_set(err, ERR_ARG, "the first net has to be promoted");
	if (e->promoted && (e->best_generation != e->generation || !hash_equal(&e->best, &e->net)))
		return err_set(err, ERR_ARG, "its net was promoted, but best is another");
	if (!e->promoted && (e->best_generation != before->best_generation || !hash_equal(&e->best, &before->best) ||
	                     e->rating != before->rating))
		return err_set(err, ERR_ARG, "its net was not promoted, but best or its rating changed");
	return 0;
}

/* Does e follow the ledger's last entry? */
static int entry_check(const struct ledger *l, const struct ledger_entry *e, struct err *err)
{
	if (e->generation != l->entries || e->generation > LEDGER_GENERATIONS_MAX)
		return err_set(err, ERR_ARG,
		               "it says generation %" PRIu32 "; next is %" PRIu32 ", the last possible %d",
		               e->generation, l->entries, LEDGER_GENERATIONS_MAX);
	if (e->generation == 0 && (e->games || e->samples || e->match_games || e->rating))
		return err_set(err, ERR_ARG, "the initial state has no games, samples, match or rating");
	if (e->window_first > e->generation)
		return err_set(err, ERR_ARG, "its window begins with generation %" PRIu64, e->window_first);
	if ((uint64_t)e->wins + e->draws + e->losses != e->match_games)
		return err_set(err, ERR_ARG, "wins, draws and losses do not sum to the %" PRIu32 " games of its match",
		               e->match_games);
	int rc = check_checkpoints(l, e, err);
	return rc < 0 ? rc : check_promotion(l, e, err);
}

int ledger_entry_write(const struct ledger *l, struct ledger_entry *e, struct buf *out)
{
	size_t start = out->len;
	int rc = entry_check(l, e, NULL);
	if (rc < 0)
		return rc;
	entry_text(e, out);
	if (out->failed)
		return ERR_MEMORY;
	e->entry = chain_hash(l, out->data + start, out->len - start);
	write_hash(out, "entry ", &e->entry, "\n");
	return out->failed ? ERR_MEMORY : 0;
}

/* Makes room for one more entry. */
static int ledger_grow(struct ledger *l)
{
	if (l->entries < l->cap)
		return 0;
	uint32_t cap = l->cap ? l->cap * 2 : 16; /* entries <= 100001: no overflow */
	struct ledger_entry *entry = realloc(l->entry, cap * sizeof *entry);
	if (!entry)
		return ERR_MEMORY;
	l->entry = entry;
	l->cap = cap;
	return 0;
}

int ledger_add(struct ledger *l, const struct ledger_entry *e)
{
	struct ledger_checkpoint *copy = NULL;
	if (l->entries > LEDGER_GENERATIONS_MAX)
		return ERR_ARG;
	if (e->checkpoints) {
		copy = malloc(e->checkpoints * sizeof *copy);
		if (!copy)
			return ERR_MEMORY;
		memcpy(copy, e->checkpoint, e->checkpoints * sizeof *copy);
	}
	if (ledger_grow(l) < 0) {
		free(copy);
		return ERR_MEMORY;
	}
	l->entry[l->entries] = *e;
	l->entry[l->entries++].checkpoint = copy;
	return 0;
}

/* Reading */

static void parse_line(struct text *t, const char *key, uint32_t *n, struct hash *h)
{
	record_text_skip(t, key);
	*n = (uint32_t)record_text_u64(t, UINT32_MAX);
	record_text_skip(t, " ");
	*h = record_text_hash(t);
	record_text_skip(t, "\n");
}

/* Checkpoint lines as long as there are any: memory grows with the text that was read.  A line has 78 bytes or more,
 * so their number stays below 2^26 in any text of up to 2^32 bytes. */
static int parse_checkpoints(struct text *t, struct ledger_entry *e)
{
	uint32_t cap = 0;
	while (record_text_at(t, "checkpoint ") || (t->p < t->end && record_text_cut(t, "checkpoint "))) {
		if (e->checkpoints == cap) {
			cap = cap ? cap * 2 : 4;
			bool fits = cap <= UINT32_MAX / 64;
			struct ledger_checkpoint *more = fits ? realloc(e->checkpoint, cap * sizeof *more) : NULL;
			if (!more)
				return ERR_MEMORY;
			e->checkpoint = more;
		}
		struct ledger_checkpoint *c = &e->checkpoint[e->checkpoints++];
		record_text_skip(t, "checkpoint ");
		c->step = record_text_u64(t, ledger_steps_max);
		record_text_skip(t, " ");
		c->hash = record_text_hash(t);
		record_text_skip(t, "\n");
	}
	return 0;
}

static void parse_match(struct text *t, struct ledger_entry *e)
{
	record_text_skip(t, "match ");
	e->match_games = (uint32_t)record_text_u64(t, UINT32_MAX);
	record_text_skip(t, " ");
	e->match_root = record_text_hash(t);
	record_text_skip(t, " ");
	e->wins = (uint32_t)record_text_u64(t, UINT32_MAX);
	record_text_skip(t, " ");
	e->draws = (uint32_t)record_text_u64(t, UINT32_MAX);
	record_text_skip(t, " ");
	e->losses = (uint32_t)record_text_u64(t, UINT32_MAX);
	record_text_skip(t, "\n");
}

/* The entry's text without its last line.  Whether it is right is said by t->bad. */
static int parse_entry(struct text *t, struct ledger_entry *e)
{
	record_text_skip(t, "generation ");
	e->generation = (uint32_t)record_text_u64(t, LEDGER_GENERATIONS_MAX);
	record_text_skip(t, "\n");
	parse_line(t, "games ", &e->games, &e->games_root);
	parse_line(t, "samples ", &e->samples, &e->shard);
	record_text_skip(t, "window ");
	e->window_first = record_text_u64(t, LEDGER_GENERATIONS_MAX);
	record_text_skip(t, "\n");
	int rc = parse_checkpoints(t, e);
	if (rc < 0)
		return rc;
	record_text_skip(t, "net ");
	e->net = record_text_hash(t);
	record_text_skip(t, "\n");
	parse_match(t, e);
	record_text_skip(t, "promoted ");
	e->promoted = (int)record_text_u64(t, 1);
	record_text_skip(t, "\n");
	parse_line(t, "best ", &e->best_generation, &e->best);
	record_text_skip(t, "rating ");
	e->rating = record_text_i32(t, LEDGER_RATING_MAX);
	record_text_skip(t, "\n");
	return 0;
}

/* A literal without its line end or last space, for a message. */
static void show_want(char out[RECORD_SHOW], const char *want)
{
	record_text_show(out, want, strlen(want));
	size_t n = strlen(out);
	if (n == 0)
		snprintf(out, RECORD_SHOW, "the end of the line");
	else if (out[n - 1] == ' ' && n > 1)
		out[n - 1] = '\0';
}

static int fail_at(const struct text *t, const uint8_t *start, struct err *e)
{
	char shown[RECORD_SHOW], want[RECORD_SHOW];
	show_want(want, t->want);
	record_text_show(shown, t->p, (size_t)(t->end - t->p));
	return err_set(e, ERR_FORMAT, "ledger: byte %zu: '%s' where %s should stand", (size_t)(t->p - start),
	               t->p == t->end ? "the end" : shown, want);
}

static int fail_hash(const char *what, const struct hash *found, const struct hash *follows, struct err *e)
{
	char a[65], b[65];
	hash_hex(found, a);
	hash_hex(follows, b);
	return err_set(e, ERR_MISMATCH, "ledger: %s has the hash %s, but %s follows from its text: it was changed",
	               what, a, b);
}

static int read_header(struct ledger *l, struct text *t, const uint8_t *start, struct err *e)
{
	char shown[RECORD_SHOW];
	size_t n = (size_t)(t->end - t->p);
	if (record_text_at(t, "miai ledger ") && !record_text_at(t, ledger_title) && memchr(t->p, '\n', n)) {
		record_text_show(shown, t->p, n);
		return err_set(e, ERR_FORMAT, "ledger: its first line is '%s'; this program knows version 1", shown);
	}
	record_text_skip(t, ledger_title);
	record_text_skip(t, "recipe ");
	l->recipe = record_text_hash(t);
	record_text_skip(t, "\nnumerics ");
	l->numerics = (uint32_t)record_text_u64(t, LEDGER_NUMERICS_MAX);
	record_text_skip(t, "\nledger ");
	struct hash found = record_text_hash(t), follows = header_hash(l);
	record_text_skip(t, "\n");
	if (t->bad)
		return fail_at(t, start, e);
	return hash_equal(&found, &follows) ? 0 : fail_hash("its header", &found, &follows, e);
}

static int check_read(struct ledger *l, struct ledger_entry *entry, const struct hash *follows, struct err *e)
{
	char what[64];
	snprintf(what, sizeof what, "the entry of generation %" PRIu32, entry->generation);
	if (!hash_equal(&entry->entry, follows))
		return fail_hash(what, &entry->entry, follows, e);
	if (entry_check(l, entry, e) < 0) {
		err_prefix(e, ERR_FORMAT, what);
		return err_prefix(e, ERR_FORMAT, "ledger");
	}
	int rc = ledger_grow(l);
	if (rc < 0)
		return err_set(e, rc, "ledger: no memory for its entries");
	l->entry[l->entries++] = *entry;
	entry->checkpoint = NULL; /* the ledger's now */
	return 0;
}

static void parse_end(struct text *t, struct ledger_entry *e)
{
	record_text_skip(t, "entry ");
	e->entry = record_text_hash(t);
	record_text_skip(t, "\n");
}

static int read_entry(struct ledger *l, struct text *t, const uint8_t *start, struct err *e)
{
	struct ledger_entry entry = {0};
	const uint8_t *from = t->p;
	int rc = parse_entry(t, &entry);
	struct hash follows = chain_hash(l, from, (size_t)(t->p - from));
	parse_end(t, &entry);
	if (rc < 0)
		rc = err_set(e, rc, "ledger: no memory for its checkpoints");
	else if (t->bad)
		rc = fail_at(t, start, e);
	else
		rc = check_read(l, &entry, &follows, e);
	entry_release(&entry);
	return rc;
}

/* Is a line "WORD <hash>" complete somewhere in these bytes?  If not, they are the beginning of a part whose last
 * line is missing: what a crash leaves.  If so, something else is wrong with them. */
static bool holds_end(const uint8_t *p, const uint8_t *end, const char *word)
{
	struct text t = record_text_make(p, (size_t)(end - p));
	while (t.p < t.end) {
		struct text line = t;
		record_text_skip(&line, word);
		record_text_hash(&line);
		record_text_skip(&line, "\n");
		if (!line.bad)
			return true;
		const uint8_t *next = memchr(t.p, '\n', (size_t)(t.end - t.p));
		t.p = next ? next + 1 : t.end;
	}
	return false;
}

/* Is this, which is no whole header, the beginning of one? */
static bool header_torn(const uint8_t *p, const uint8_t *end)
{
	size_t n = (size_t)(end - p), title = strlen(ledger_title);
	return memcmp(p, ledger_title, n < title ? n : title) == 0 && !holds_end(p, end, "ledger ") &&
	       !holds_end(p, end, "entry ");
}

static int ledger_parse(struct ledger *l, struct text *t, uint64_t *valid, struct err *e)
{
	const uint8_t *start = t->p, *part = t->p;
	int rc = read_header(l, t, start, e);
	if (rc == ERR_FORMAT && valid && header_torn(start, t->end)) {
		*valid = 0;
		*l = (struct ledger){0};
		return 0;
	}
	if (rc < 0)
		return rc;
	while (rc == 0 && t->p < t->end) {
		part = t->p;
		rc = read_entry(l, t, start, e);
	}
	bool torn = rc == ERR_FORMAT && valid && !holds_end(part, t->end, "entry ");
	if (valid)
		*valid = (uint64_t)((torn ? part : t->p) - start);
	return torn ? 0 : rc;
}

int ledger_read(struct ledger *l, const void *p, size_t n, uint64_t *valid, struct err *e)
{
	struct text t = record_text_make(p, n);
	*l = (struct ledger){0};
	int rc = ledger_parse(l, &t, valid, e);
	if (rc < 0)
		ledger_release(l);
	return rc;
}

int ledger_cut_off(const struct ledger *l, const void *p, size_t n)
{
	struct text t = record_text_make(p, n);
	struct ledger_entry entry = {0};
	char first[32];
	size_t k = (size_t)snprintf(first, sizeof first, "generation %" PRIu32 "\n", l->entries);
	if (n == 0 || memcmp(p, first, n < k ? n : k) != 0)
		return 0;
	int rc = parse_entry(&t, &entry);
	parse_end(&t, &entry);
	entry_release(&entry);
	return rc < 0 ? rc : t.cut;
}
