/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recipe.h"

#include "record/text_int.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* recipe.inc names a type; the table wants to know whether it is counted in halves. */
enum { RECIPE_int = 0, RECIPE_half = 1 };

const struct recipe_field recipe_fields[] = {
#define FIELD(section, name, later, type, def, lo, hi, doc)                                                            \
	{#section, #name, doc, later, RECIPE_##type, def, lo, hi, offsetof(struct recipe, section##_##name)},
#define R(section, name, ...) FIELD(section, name, 0, __VA_ARGS__)
#define L(section, name, ...) FIELD(section, name, 1, __VA_ARGS__)
#include "record/recipe.inc"
#undef L
#undef R
#undef FIELD
};
const int recipe_field_count = (int)(sizeof recipe_fields / sizeof recipe_fields[0]);

static const char recipe_title[] = "miai recipe 1\n"; /* the digit is RECIPE_VERSION */

enum { RECIPE_LINE = 80 };

int32_t recipe_get(const struct recipe *r, const struct recipe_field *f)
{
	int32_t v;
	memcpy(&v, (const uint8_t *)r + f->offset, sizeof v);
	return v;
}

static void recipe_put(struct recipe *r, const struct recipe_field *f, int32_t v)
{
	memcpy((uint8_t *)r + f->offset, &v, sizeof v);
}

int recipe_has_start(const struct recipe *r)
{
	static const struct hash none;
	return !hash_equal(&r->run_start, &none);
}

void recipe_defaults(struct recipe *r)
{
	memset(&r->run_start, 0, sizeof r->run_start);
	for (int i = 0; i < recipe_field_count; i++)
		recipe_put(r, &recipe_fields[i], recipe_fields[i].def);
}

void recipe_show(char out[RECIPE_VALUE], const struct recipe_field *f, int32_t v)
{
	int64_t size = v < 0 ? -(int64_t)v : v;
	int64_t whole = f->half ? size / 2 : size;
	snprintf(out, RECIPE_VALUE, "%s%" PRId64 "%s", v < 0 ? "-" : "", whole, f->half && size % 2 ? ".5" : "");
}

static bool recipe_written(const struct recipe *r, const struct recipe_field *f)
{
	return !f->later || recipe_get(r, f) != f->def;
}

static void recipe_line(char out[RECIPE_LINE], const struct recipe *r, const struct recipe_field *f)
{
	char value[RECIPE_VALUE];
	recipe_show(value, f, recipe_get(r, f));
	snprintf(out, RECIPE_LINE, "%s.%s = %s\n", f->section, f->name, value);
}

static void recipe_start_line(char out[RECIPE_LINE], const struct recipe *r)
{
	char hex[65];
	hash_hex(&r->run_start, hex);
	snprintf(out, RECIPE_LINE, "run.start = %s\n", hex);
}

/* "SECTION.NAME is VALUE; WANT (MEANING)" */
static int recipe_refuse(struct err *e, const struct recipe_field *f, const char *value, const char *want)
{
	return err_set(e, ERR_ARG, "%s.%s is %s; %s (%s)", f->section, f->name, *value ? value : "empty", want, f->doc);
}

static int recipe_refuse_range(struct err *e, const struct recipe_field *f, const char *value)
{
	char lo[RECIPE_VALUE], hi[RECIPE_VALUE], want[128];
	recipe_show(lo, f, f->lo);
	recipe_show(hi, f, f->hi);
	snprintf(want, sizeof want, "it has to be %s from %s to %s",
	         f->half ? "a number in steps of 0.5" : "a whole number", lo, hi);
	return recipe_refuse(e, f, value, want);
}

/* Reads "12", "-3" or, for halves, "7.5" and "7.0" into the member's unit.  Values beyond any field's range come
 * out as some value beyond it, so that the caller's range check refuses them. */
static bool recipe_number(const struct recipe_field *f, const char *text, int64_t *out)
{
	struct text t = record_text_make(text, strlen(text));
	bool minus = record_text_at(&t, "-");
	if (minus)
		record_text_skip(&t, "-");
	uint64_t whole = record_text_u64(&t, UINT64_C(1) << 60);
	uint64_t v = f->half ? whole * 2 : whole;
	if (f->half && record_text_at(&t, ".5")) {
		record_text_skip(&t, ".5");
		v++;
	} else if (f->half && record_text_at(&t, ".0")) {
		record_text_skip(&t, ".0");
	}
	*out = minus ? -(int64_t)v : (int64_t)v;
	return !t.bad && t.p == t.end;
}

static int recipe_set_field(struct recipe *r, const struct recipe_field *f, const char *value, struct err *e)
{
	char shown[RECORD_SHOW];
	int64_t v;
	if (!recipe_number(f, value, &v) || v < f->lo || v > f->hi) {
		record_text_show(shown, value, strlen(value));
		return recipe_refuse_range(e, f, shown);
	}
	recipe_put(r, f, (int32_t)v);
	return 0;
}

int recipe_is_start(const char *section, const char *name)
{
	return strcmp(section, "run") == 0 && strcmp(name, "start") == 0;
}

static int recipe_set_start(struct recipe *r, const char *value, struct err *e)
{
	static const struct hash none;
	char shown[RECORD_SHOW];
	struct text t = record_text_make(value, strlen(value));
	struct hash h = record_text_hash(&t);
	if (!t.bad && t.p == t.end && !hash_equal(&h, &none)) {
		r->run_start = h;
		return 0;
	}
	record_text_show(shown, value, strlen(value));
	return err_set(e, ERR_ARG,
	               "run.start is %s; it has to be 64 hex digits in lower case, not all zero (SHA-256 of the "
	               "checkpoint file that the run goes on from)",
	               *shown ? shown : "empty");
}

static const struct recipe_field *recipe_find(const char *section, const char *name)
{
	for (int i = 0; i < recipe_field_count; i++)
		if (strcmp(recipe_fields[i].section, section) == 0 && strcmp(recipe_fields[i].name, name) == 0)
			return &recipe_fields[i];
	return NULL;
}

/* Lists what there is: the section's names, or the sections where there is no such section. */
static int recipe_refuse_name(struct err *e, const char *section, const char *name)
{
	char list[512] = "", s[RECORD_SHOW], n[RECORD_SHOW];
	size_t used = 0;
	bool known = false;
	for (int i = 0; i < recipe_field_count; i++)
		known |= strcmp(recipe_fields[i].section, section) == 0;
	for (int i = 0; i < recipe_field_count; i++) {
		const struct recipe_field *f = &recipe_fields[i];
		bool first = i == 0 || (!f->later && strcmp(f->section, f[-1].section) != 0);
		bool take = known ? strcmp(f->section, section) == 0 : first;
		const char *word = known ? f->name : f->section;
		if (!take || strlen(word) + 3 > sizeof list - used)
			continue;
		used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "", word);
	}
	if (strcmp(section, "run") == 0)
		snprintf(list + used, sizeof list - used, ", start");
	record_text_show(s, section, strlen(section));
	record_text_show(n, name, strlen(name));
	if (!known)
		return err_set(e, ERR_ARG, "a recipe has no section [%s]; its sections are %s", s, list);
	return err_set(e, ERR_ARG, "section [%s] of a recipe has no setting '%s'; it has %s", s, n, list);
}

int recipe_set(struct recipe *r, const char *section, const char *name, const char *value, struct err *e)
{
	const struct recipe_field *f = recipe_find(section, name);
	if (recipe_is_start(section, name))
		return recipe_set_start(r, value, e);
	return f ? recipe_set_field(r, f, value, e) : recipe_refuse_name(e, section, name);
}

static int recipe_check_ranges(const struct recipe *r, struct err *e)
{
	for (int i = 0; i < recipe_field_count; i++) {
		const struct recipe_field *f = &recipe_fields[i];
		char value[RECIPE_VALUE];
		int32_t v = recipe_get(r, f);
		if (v >= f->lo && v <= f->hi)
			continue;
		recipe_show(value, f, v);
		return recipe_refuse_range(e, f, value);
	}
	return 0;
}

/* One rule between fields: where ok is false, refuse section.name with `want`, in which %s is `bound`. */
struct recipe_rule {
	bool ok;
	const char *section, *name, *want;
	int64_t bound;
};

int32_t recipe_max_moves(const struct recipe *r)
{
	return r->board_max_moves ? r->board_max_moves : 3 * r->board_size * r->board_size;
}

/* Every field is in its range already, so nothing here overflows 64 bits. */
int recipe_check(const struct recipe *r, struct err *e)
{
	int rc = recipe_check_ranges(r, e);
	if (rc < 0)
		return rc;
	int64_t moves = recipe_max_moves(r), points = (int64_t)r->board_size * r->board_size;
	int64_t komi = r->board_komi < 0 ? -(int64_t)r->board_komi : r->board_komi;
	int64_t steps = (int64_t)r->train_steps * r->run_generations;
	const struct recipe_rule rules[] = {
	    {komi <= 2 * points, "board", "komi", "it may be at most the points of the board, ", points},
	    {r->board_komi_spread % 2 == 0, "board", "komi_spread", "it has to be whole; its step is ", 1},
	    {komi + r->board_komi_spread <= 2 * points, "board", "komi_spread",
	     "komi - spread and komi + spread may be at most the points of the board, ", points},
	    {r->net_channels % 16 == 0, "net", "channels", "it has to be a multiple of ", 16},
	    {r->net_head % 16 == 0, "net", "head", "it has to be a multiple of ", 16},
	    {r->selfplay_cheap_visits < r->selfplay_visits, "selfplay", "cheap_visits",
	     "it has to be less than selfplay.visits, ", r->selfplay_visits},
	    {r->selfplay_gumbel_actions <= r->selfplay_visits, "selfplay", "gumbel_actions",
	     "it may be at most selfplay.visits, ", r->selfplay_visits},
	    {r->selfplay_visits_start == 0 || r->selfplay_visits_start > r->selfplay_cheap_visits, "selfplay", "visits_start",
	     "it has to be 0, or more than selfplay.cheap_visits, ", r->selfplay_cheap_visits},
	    {r->selfplay_opening_plies < moves, "selfplay", "opening_plies",
	     "it has to be less than the longest game, ", moves},
	    {r->selfplay_opening_plies + r->selfplay_random_plies < moves, "selfplay", "random_plies",
	     "with opening_plies it has to be less than the longest game, ", moves},
	    {r->selfplay_games * moves <= UINT32_MAX, "selfplay", "games",
	     "games times moves may be at most 4294967295 at games of ", moves},
	    {(r->train_batch & (r->train_batch - 1)) == 0, "train", "batch",
	     "it has to be a power of two, and not below ", 32},
	    {r->train_lr_end <= r->train_lr, "train", "lr_end", "it may be at most train.lr, ", r->train_lr},
	    {r->train_warmup <= steps, "train", "warmup", "it may be at most the steps of the run, ", steps},
	    {r->gate_opening_plies < moves, "gate", "opening_plies", "it has to be less than the longest game, ",
	     moves},
	};
	for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
		const struct recipe_field *f = recipe_find(rules[i].section, rules[i].name);
		char value[RECIPE_VALUE], want[128];
		if (rules[i].ok || !f)
			continue;
		recipe_show(value, f, recipe_get(r, f));
		snprintf(want, sizeof want, "%s%" PRId64, rules[i].want, rules[i].bound);
		return recipe_refuse(e, f, value, want);
	}
	return 0;
}

typedef void recipe_sink(void *ctx, const void *p, size_t n);

/* The canonical form, line by line. */
static void recipe_lines(const struct recipe *r, recipe_sink *add, void *ctx)
{
	char line[RECIPE_LINE];
	add(ctx, recipe_title, strlen(recipe_title));
	for (int i = 0; i < recipe_field_count; i++) {
		if (!recipe_written(r, &recipe_fields[i]))
			continue;
		recipe_line(line, r, &recipe_fields[i]);
		add(ctx, line, strlen(line));
	}
	if (!recipe_has_start(r))
		return;
	recipe_start_line(line, r);
	add(ctx, line, strlen(line));
}

static void recipe_to_buf(void *ctx, const void *p, size_t n)
{
	buf_bytes(ctx, p, n);
}

static void recipe_to_hash(void *ctx, const void *p, size_t n)
{
	sha256_update(ctx, p, n);
}

void recipe_write(const struct recipe *r, struct buf *out)
{
	recipe_lines(r, recipe_to_buf, out);
}

/* The same bytes into the hash, so that nothing can fail for want of memory. */
struct hash recipe_hash(const struct recipe *r)
{
	struct sha256 s;
	sha256_init(&s);
	recipe_lines(r, recipe_to_hash, &s);
	return sha256_final(&s);
}

static int recipe_read_title(struct text *t, struct err *e)
{
	char shown[RECORD_SHOW];
	if (record_text_at(t, recipe_title)) {
		record_text_skip(t, recipe_title);
		return 0;
	}
	record_text_show(shown, t->p, (size_t)(t->end - t->p));
	if (record_text_at(t, "miai recipe "))
		return err_set(e, ERR_FORMAT, "recipe: its first line is '%s'; this program knows version %d", shown,
		               RECIPE_VERSION);
	return err_set(e, ERR_FORMAT, "recipe: its first line is '%s', not 'miai recipe %d'", shown, RECIPE_VERSION);
}

/* Does the text go on with the setting of this line, whatever its value? */
static bool recipe_line_of(const struct text *t, const char *line)
{
	size_t n = (size_t)(strchr(line, '=') - line) + 1;
	return (size_t)(t->end - t->p) >= n && memcmp(t->p, line, n) == 0;
}

/* "section.name = value\n", where writing the value again gives the line; a later setting's may be missing. */
static int recipe_read_line(struct recipe *r, const struct recipe_field *f, struct text *t, struct err *e)
{
	char shown[RECORD_SHOW], value[RECIPE_VALUE] = "", line[RECIPE_LINE];
	size_t n = 0;
	struct text start = *t;
	recipe_line(line, r, f); /* of the default, which is there so far */
	if (f->later && (t->p == t->end || !recipe_line_of(t, line)))
		return 0;
	record_text_show(shown, t->p, (size_t)(t->end - t->p));
	record_text_skip(t, f->section);
	record_text_skip(t, ".");
	record_text_skip(t, f->name);
	record_text_skip(t, " = ");
	if (t->bad)
		return err_set(e, ERR_FORMAT, "recipe: where %s.%s should stand there is '%s'", f->section, f->name,
		               shown);
	for (; t->p < t->end && *t->p != '\n' && *t->p != '\0' && n < sizeof value - 1; t->p++)
		value[n++] = (char)*t->p;
	value[n] = '\0';
	if (recipe_set_field(r, f, value, e) < 0)
		return err_prefix(e, ERR_FORMAT, "recipe");
	recipe_line(line, r, f);
	*t = start;
	record_text_skip(t, line);
	if (!recipe_written(r, f))
		return err_set(e, ERR_FORMAT, "recipe: '%s' is a default that is not to be written", shown);
	if (t->bad)
		return err_set(e, ERR_FORMAT, "recipe: '%s' is not the canonical spelling: %.*s", shown,
		               (int)strlen(line) - 1, line);
	return 0;
}

/* "run.start = HASH\n", or nothing. */
static int recipe_read_start(struct recipe *r, struct text *t, struct err *e)
{
	static const char name[] = "run.start = ";
	char shown[RECORD_SHOW];
	if (!record_text_at(t, name))
		return 0;
	record_text_show(shown, t->p, (size_t)(t->end - t->p));
	record_text_skip(t, name);
	r->run_start = record_text_hash(t);
	record_text_skip(t, "\n");
	if (!t->bad && recipe_has_start(r))
		return 0;
	return err_set(e, ERR_FORMAT,
	               "recipe: '%s' is not the line of run.start: 64 hex digits in lower case, not all zero", shown);
}

int recipe_read(struct recipe *r, const void *p, size_t n, struct err *e)
{
	struct text t = record_text_make(p, n);
	recipe_defaults(r);
	int rc = recipe_read_title(&t, e);
	for (int i = 0; i < recipe_field_count && rc == 0; i++)
		rc = recipe_read_line(r, &recipe_fields[i], &t, e);
	if (rc == 0)
		rc = recipe_read_start(r, &t, e);
	if (rc == 0 && t.p != t.end)
		rc = err_set(e, ERR_FORMAT, "recipe: %zu bytes follow the last setting", (size_t)(t.end - t.p));
	if (rc == 0 && recipe_check(r, e) < 0)
		rc = err_prefix(e, ERR_FORMAT, "recipe");
	return rc;
}
