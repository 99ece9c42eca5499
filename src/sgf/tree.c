/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The arrays of a tree, walking it, and building one. */
#include "sgf/sgf_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for one more of an array's elements: at least doubled, never beyond most. */
static bool room(struct sgf *t, void **array, uint32_t used, uint32_t *cap, uint32_t most, size_t bytes)
{
	if (used < *cap)
		return true;
	if (used >= most) {
		t->full = true;
		return false;
	}
	uint32_t more = *cap < 16 ? 16 : *cap * 2; /* <= 2^23 */
	more = more > most ? most : more;
	void *p = realloc(*array, more * bytes);
	if (!p) {
		t->failed = true;
		return false;
	}
	*array = p;
	*cap = more;
	return true;
}

struct sgf *sgf_new(void)
{
	struct sgf *t = calloc(1, sizeof *t);
	if (!t)
		return NULL;
	/* Numbers 0 are nobody's: the collection, the end of a list. */
	t->node = calloc(16, sizeof *t->node);
	t->prop = calloc(16, sizeof *t->prop);
	t->value = calloc(16, sizeof *t->value);
	if (!t->node || !t->prop || !t->value) {
		sgf_free(t);
		return NULL;
	}
	t->node_cap = t->prop_cap = t->value_cap = 16;
	t->nodes = t->props = t->values = 1;
	return t;
}

void sgf_free(struct sgf *t)
{
	if (!t)
		return;
	buf_release(&t->text);
	free(t->node);
	free(t->prop);
	free(t->value);
	free(t);
}

uint32_t sgf_add(struct sgf *t, uint32_t parent)
{
	void *array = t->node;
	bool ok = parent < t->nodes && room(t, &array, t->nodes, &t->node_cap, SGF_NODES_MAX, sizeof *t->node);
	t->node = array;
	if (!ok)
		return 0;
	uint32_t n = t->nodes++;
	t->node[n] = (struct sgf_node){.parent = parent};
	if (t->node[parent].last)
		t->node[t->node[parent].last].next = n;
	else
		t->node[parent].child = n;
	t->node[parent].last = n;
	return n;
}

uint32_t sgf_new_prop(struct sgf *t, uint32_t node, const char *name, uint32_t name_len)
{
	void *array = t->prop;
	bool ok = node && room(t, &array, t->props, &t->prop_cap, SGF_PROPERTIES_MAX, sizeof *t->prop);
	t->prop = array;
	if (!ok)
		return 0;
	uint32_t p = t->props++;
	t->prop[p] = (struct sgf_prop){.value = t->values};
	memcpy(t->prop[p].name, name, name_len); /* <= SGF_NAME_MAX: the caller's promise; a zero is left behind it */
	if (t->node[node].last_prop)
		t->prop[t->node[node].last_prop].next = p;
	else
		t->node[node].prop = p;
	t->node[node].last_prop = p;
	t->node[node].props++;
	return p;
}

uint32_t sgf_new_value(struct sgf *t, uint32_t prop, uint32_t at, uint32_t n)
{
	void *array = t->value;
	bool ok = prop && room(t, &array, t->values, &t->value_cap, SGF_VALUES_MAX, sizeof *t->value);
	t->value = array;
	if (!ok)
		return 0;
	t->value[t->values] = (struct sgf_span){at, n};
	t->prop[prop].values++;
	return t->values++;
}

uint32_t sgf_nodes(const struct sgf *t)
{
	return t->nodes;
}

uint32_t sgf_parent(const struct sgf *t, uint32_t node)
{
	return t->node[node].parent;
}

uint32_t sgf_child(const struct sgf *t, uint32_t node)
{
	return t->node[node].child;
}

uint32_t sgf_next(const struct sgf *t, uint32_t node)
{
	return t->node[node].next;
}

uint32_t sgf_line_end(const struct sgf *t, uint32_t node)
{
	while (t->node[node].child)
		node = t->node[node].child;
	return node;
}

struct sgf_values sgf_values(const struct sgf *t, uint32_t node, const char *name)
{
	return (struct sgf_values){t, name, t->node[node].prop, 0};
}

struct sgf_raw sgf_values_next(struct sgf_values *v)
{
	const uint8_t *text = v->t->text.data ? v->t->text.data : (const uint8_t *)"";
	for (; v->prop; v->prop = v->t->prop[v->prop].next, v->i = 0) {
		const struct sgf_prop *q = &v->t->prop[v->prop];
		if (v->i == q->values || strcmp(q->name, v->name) != 0)
			continue;
		const struct sgf_span *s = &v->t->value[q->value + v->i++];
		return (struct sgf_raw){text + s->at, s->n};
	}
	return (struct sgf_raw){NULL, 0};
}

struct sgf_raw sgf_value(const struct sgf *t, uint32_t node, const char *name)
{
	struct sgf_values all = sgf_values(t, node, name);
	return sgf_values_next(&all);
}

int sgf_failure(const struct sgf *t)
{
	return t->failed ? ERR_MEMORY : t->full ? ERR_ARG : 0;
}

/* The character of n bytes at p, escaped where it has to be; n = 0: no character of UTF-8. */
static void put_character(struct buf *b, const uint8_t *p, uint32_t n)
{
	bool control = n == 1 && (*p < 32 || *p == 127) && *p != '\n' && *p != '\t';
	if (n == 1 && (*p == ']' || *p == '\\'))
		buf_u8(b, '\\');
	if (n == 0)
		buf_bytes(b, "\xef\xbf\xbd", 3);
	else if (control)
		buf_u8(b, ' ');
	else
		buf_bytes(b, p, n);
}

/* A value for prop, the newest property. */
static void put_value(struct sgf *t, uint32_t prop, const char *text)
{
	size_t at = t->text.len, left = strlen(text);
	for (const uint8_t *p = (const uint8_t *)text; left && t->text.len <= 2 * (size_t)SGF_BYTES_MAX;) {
		uint32_t n = sgf_utf8(p, left), step = n ? n : 1;
		put_character(&t->text, p, n);
		p += step;
		left -= step;
	}
	t->full |= left > 0; /* so text stays below 3 * 2^24 + 5 bytes, as read or as written */
	t->failed |= t->text.failed;
	if (!t->failed && !t->full)
		sgf_new_value(t, prop, (uint32_t)at, (uint32_t)(t->text.len - at));
}

void sgf_put(struct sgf *t, uint32_t node, const char *name, const char *text)
{
	uint32_t prop = node && node < t->nodes ? sgf_new_prop(t, node, name, (uint32_t)strlen(name)) : 0;
	if (prop)
		put_value(t, prop, text);
}

void sgf_also(struct sgf *t, const char *text)
{
	put_value(t, t->props - 1, text);
}

void sgf_put_number(struct sgf *t, uint32_t node, const char *name, int number)
{
	char text[16];
	snprintf(text, sizeof text, "%d", number);
	sgf_put(t, node, name, text);
}

static const char *point_text(char out[3], int size, int action)
{
	out[0] = (char)('a' + action % size);
	out[1] = (char)('a' + action / size);
	out[2] = '\0';
	if (action >= size * size)
		out[0] = '\0';
	return out;
}

void sgf_put_point(struct sgf *t, uint32_t node, const char *name, int size, int action)
{
	char text[3];
	sgf_put(t, node, name, point_text(text, size, action));
}

void sgf_also_point(struct sgf *t, int size, int action)
{
	char text[3];
	sgf_also(t, point_text(text, size, action));
}
