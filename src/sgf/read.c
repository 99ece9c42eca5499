/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text into a tree: one pass, a stack of its own, and a repair for whatever is amiss. */
#include "sgf/sgf_int.h"

#include <stdlib.h>
#include <string.h>

struct reader {
	struct sgf *t;
	const uint8_t *p;      /* the text */
	uint32_t at, n;
	uint32_t node;         /* the newest of the line; 0 outside of all trees */
	bool fresh;            /* a "(" came and no node since */
	bool moved;            /* node has a move */
	struct buf open;       /* for each "(": the node before it */
};

void sgf_repaired(struct sgf *t, enum sgf_repair what, uint32_t at)
{
	if (t->repairs[what]++ == 0)
		t->repair_at[what] = at;
}

static uint32_t line_of(const struct sgf *t, uint32_t at)
{
	uint32_t line = 1;
	for (uint32_t i = 0; i < at && i < t->text.len; i++)
		line += t->text.data[i] == '\n';
	return line;
}

void sgf_repairs(const struct sgf *t, struct buf *out)
{
	static const char *const words[SGF_REPAIRS] = {
	    [SGF_NUL] = "NUL bytes left out",
	    [SGF_WRONG_CHARSET] = "said to be UTF-8, but is not: bytes that cannot be are read as Windows-1252",
	    [SGF_LOST_TEXT] = "text in an East Asian charset replaced by U+FFFD; iconv makes UTF-8 of it",
	    [SGF_NO_TREE_BEFORE] = "text before the first game or between games left out",
	    [SGF_NO_OPENING] = "a \"(\" was missing before a game",
	    [SGF_NO_SEMICOLON] = "a \";\" was missing before a property",
	    [SGF_EMPTY_TREE] = "a tree without nodes left out",
	    [SGF_NO_VALUE] = "a property without a value left out",
	    [SGF_LONG_NAME] = "a property with a very long name left out",
	    [SGF_TWO_MOVES] = "a second move in a node put into a node of its own",
	    [SGF_NO_BRACKET] = "a \"]\" was missing behind a value",
	    [SGF_OPEN_VALUE] = "the end came inside a value",
	    [SGF_NO_CLOSING] = "a \")\" was missing at the end",
	    [SGF_EXTRA_CLOSING] = "a \")\" too many",
	    [SGF_JUNK] = "characters between properties left out",
	};
	for (int i = 0; i < SGF_REPAIRS; i++)
		if (t->repairs[i] == 1)
			buf_printf(out, "line %u: %s\n", line_of(t, t->repair_at[i]), words[i]);
		else if (t->repairs[i])
			buf_printf(out, "line %u: %s (%u times)\n", line_of(t, t->repair_at[i]), words[i], t->repairs[i]);
}

static bool blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool upper(uint8_t c)
{
	return c >= 'A' && c <= 'Z';
}

static bool letter(uint8_t c)
{
	return upper(c) || (c >= 'a' && c <= 'z');
}

static uint32_t skip_blanks(const struct reader *r, uint32_t at)
{
	while (at < r->n && blank(r->p[at]))
		at++;
	return at;
}

/* Whether a property's name and a "[" stand at `at`. */
static bool property_at(const struct reader *r, uint32_t at)
{
	bool named = false;
	for (; at < r->n && letter(r->p[at]); at++)
		named |= upper(r->p[at]);
	at = skip_blanks(r, at);
	return named && at < r->n && r->p[at] == '[';
}

/* Whether a game begins here: "(" or ";" or both, and then something that belongs into a node. */
static bool game_at(const struct reader *r, uint32_t at)
{
	bool tree = r->p[at] == '(';
	if (!tree && r->p[at] != ';')
		return false;
	uint32_t next = skip_blanks(r, at + 1);
	if (tree && next < r->n && r->p[next] == ';')
		return true;
	return next < r->n && property_at(r, next);
}

static void new_node(struct reader *r)
{
	r->node = sgf_add(r->t, r->node);
	r->fresh = r->moved = false;
}

static void open_tree(struct reader *r)
{
	if (r->open.len / 4 >= SGF_OPEN_MAX)
		r->t->full = true;
	buf_u32(&r->open, r->node);
	r->fresh = true;
}

static void close_tree(struct reader *r)
{
	if (r->fresh)
		sgf_repaired(r->t, SGF_EMPTY_TREE, r->at);
	r->fresh = false;
	r->open.len -= 4;
	r->node = bytes_get_u32(r->open.data + r->open.len);
	r->moved = true; /* a move without a ";" is not one of the node before the tree */
}

/* Between games: on to the next one. */
static void between(struct reader *r)
{
	while (r->at < r->n && blank(r->p[r->at]))
		r->at++;
	if (r->at == r->n)
		return;
	if (game_at(r, r->at)) {
		if (r->p[r->at] == ';')
			sgf_repaired(r->t, SGF_NO_OPENING, r->at);
		else
			r->at++;
		open_tree(r);
		return;
	}
	sgf_repaired(r->t, r->p[r->at] == ')' ? SGF_EXTRA_CLOSING : SGF_NO_TREE_BEFORE, r->at);
	for (r->at++; r->at < r->n && r->p[r->at] != ')' && !game_at(r, r->at);)
		r->at++;
}

/* Values of these never hold brackets, parentheses or semicolons. */
static bool plain_values(const char *name)
{
	static const char plain[][3] = {"B", "W", "AB", "AW", "AE", "SZ", "KM", "HA", "GM", "FF", "PL"};
	for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
		if (strcmp(name, plain[i]) == 0)
			return true;
	return false;
}

/* One value, from its "[" on. */
static struct sgf_span read_value(struct reader *r, bool plain)
{
	uint32_t start = ++r->at;
	for (; r->at < r->n && r->p[r->at] != ']'; r->at++) {
		uint8_t c = r->p[r->at];
		if (plain && (c == ';' || c == '(' || c == ')' || c == '[')) {
			sgf_repaired(r->t, SGF_NO_BRACKET, r->at);
			return (struct sgf_span){start, r->at - start};
		}
		if (c == '\\' && r->at + 1 < r->n)
			r->at++;
	}
	uint32_t end = r->at;
	if (r->at < r->n) {
		r->at++;
		return (struct sgf_span){start, end - start};
	}
	sgf_repaired(r->t, SGF_OPEN_VALUE, r->at);
	uint32_t slashes = 0; /* a lone backslash at the very end would escape the bracket that is written there */
	while (slashes < end - start && r->p[end - 1 - slashes] == '\\')
		slashes++;
	return (struct sgf_span){start, end - start - slashes % 2};
}

/* The property's name without lower-case letters; its length, which may be beyond SGF_NAME_MAX. */
static uint32_t read_name(struct reader *r, char name[SGF_NAME_MAX + 1])
{
	uint32_t n = 0;
	memset(name, 0, SGF_NAME_MAX + 1);
	for (; r->at < r->n && letter(r->p[r->at]); r->at++)
		if (upper(r->p[r->at]) && n++ < SGF_NAME_MAX)
			name[n - 1] = (char)r->p[r->at];
	return n;
}

static void read_property(struct reader *r)
{
	char name[SGF_NAME_MAX + 1];
	uint32_t start = r->at, n = read_name(r, name), prop = 0;
	bool move = strcmp(name, "B") == 0 || strcmp(name, "W") == 0, plain = plain_values(name);
	r->at = skip_blanks(r, r->at);
	if (n == 0 || r->at == r->n || r->p[r->at] != '[') {
		sgf_repaired(r->t, n ? SGF_NO_VALUE : SGF_JUNK, start);
		return;
	}
	if (r->fresh || (move && r->moved)) {
		sgf_repaired(r->t, r->fresh ? SGF_NO_SEMICOLON : SGF_TWO_MOVES, start);
		new_node(r);
	}
	r->moved |= move;
	if (n > SGF_NAME_MAX)
		sgf_repaired(r->t, SGF_LONG_NAME, start);
	else
		prop = sgf_new_prop(r->t, r->node, name, n);
	while (r->at < r->n && r->p[r->at] == '[') {
		struct sgf_span v = read_value(r, plain);
		if (prop)
			sgf_new_value(r->t, prop, v.at, v.n);
		r->at = skip_blanks(r, r->at);
	}
}

static void inside(struct reader *r)
{
	uint8_t c = r->p[r->at];
	if (letter(c)) {
		read_property(r);
		return;
	}
	if (c == '[') { /* a value of nothing */
		sgf_repaired(r->t, SGF_JUNK, r->at);
		read_value(r, false);
		return;
	}
	if (c == ';')
		new_node(r);
	else if (c == ')')
		close_tree(r);
	else if (c == '(')
		open_tree(r);
	else if (!blank(c))
		sgf_repaired(r->t, SGF_JUNK, r->at);
	r->at++;
}

static int read_all(struct sgf *t, struct err *e)
{
	struct reader r = {.t = t, .p = t->text.data, .n = (uint32_t)t->text.len};
	while (r.at < r.n && !t->failed && !t->full && !r.open.failed) {
		if (r.open.len)
			inside(&r);
		else
			between(&r);
	}
	if (r.open.len)
		sgf_repaired(t, SGF_NO_CLOSING, r.n);
	t->failed |= r.open.failed;
	buf_release(&r.open);
	if (t->failed)
		return err_set(e, ERR_MEMORY, "SGF: no memory for its tree");
	if (t->full)
		return err_set(e, ERR_FORMAT, "SGF: line %u: more nodes, properties or nested trees than are read: split the "
		               "collection", line_of(t, r.at));
	if (!t->node[0].child)
		return err_set(e, ERR_FORMAT, "SGF: no game in it: nothing looks like \"(;\" and a property");
	return 0;
}

/* What is kept is UTF-8 now. */
static void name_charset(struct sgf *t)
{
	uint32_t at = (uint32_t)t->text.len;
	buf_bytes(&t->text, "UTF-8", 5);
	t->failed |= t->text.failed;
	if (t->failed)
		return;
	for (uint32_t n = t->node[0].child; n; n = t->node[n].next)
		for (uint32_t p = t->node[n].prop; p; p = t->prop[p].next)
			if (strcmp(t->prop[p].name, "CA") == 0) {
				t->value[t->prop[p].value] = (struct sgf_span){at, 5};
				t->prop[p].values = 1;
			}
}

struct sgf *sgf_read(const void *p, size_t n, struct err *e)
{
	struct sgf *t = sgf_new();
	if (!t) {
		err_set(e, ERR_MEMORY, "SGF: no memory for its tree");
		return NULL;
	}
	int rc = sgf_clean(t, p, n, e);
	if (rc == 0)
		rc = read_all(t, e);
	if (rc == 0) {
		name_charset(t);
		rc = t->failed ? err_set(e, ERR_MEMORY, "SGF: no memory for its text") : 0;
	}
	if (rc == 0)
		return t;
	sgf_free(t);
	return NULL;
}
