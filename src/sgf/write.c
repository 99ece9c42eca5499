/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A tree into text, and a value into what it says. */
#include "sgf/sgf_int.h"

static void write_node(const struct sgf *t, uint32_t node, struct buf *out)
{
	buf_u8(out, ';');
	for (uint32_t p = t->node[node].prop; p; p = t->prop[p].next) {
		buf_printf(out, "%s", t->prop[p].name);
		for (uint32_t i = 0; i < t->prop[p].values; i++) {
			struct sgf_span v = t->value[t->prop[p].value + i];
			buf_u8(out, '[');
			if (v.n)
				buf_bytes(out, t->text.data + v.at, v.n);
			buf_u8(out, ']');
		}
	}
}

/* Whether a tree of its own begins with the node: the first of a game, or of a variation. */
static bool begins_tree(const struct sgf *t, uint32_t node)
{
	uint32_t parent = t->node[node].parent;
	return parent == 0 || t->node[parent].child != t->node[parent].last;
}

/* Depth first without a stack: parents and siblings tell the way. */
void sgf_write(const struct sgf *t, struct buf *out)
{
	enum { WIDTH = 72 };
	size_t line = out->len;
	uint32_t n = t->node[0].child;
	out->failed |= t->failed || t->full;
	while (n && !out->failed) {
		bool tree = begins_tree(t, n);
		if (out->len - line > WIDTH || (tree && out->len > line)) {
			buf_u8(out, '\n');
			line = out->len;
		}
		if (tree)
			buf_u8(out, '(');
		write_node(t, n, out);
		if (t->node[n].child) {
			n = t->node[n].child;
			continue;
		}
		for (; n; n = t->node[n].parent) { /* up to the next sibling */
			if (begins_tree(t, n))
				buf_u8(out, ')');
			if (t->node[n].next)
				break;
		}
		n = t->node[n].next; /* of node 0: none */
	}
	buf_u8(out, '\n');
}

void sgf_text(struct sgf_raw v, enum sgf_kind kind, struct buf *out)
{
	for (uint32_t i = 0; i < v.n && v.p; i++) {
		bool escaped = v.p[i] == '\\' && i + 1 < v.n;
		i += escaped;
		uint8_t c = v.p[i];
		if (c == '\n' && escaped)
			continue;
		bool line = c == '\n' && kind == SGF_TEXT;
		buf_u8(out, (c < 32 || c == 127) && !line ? ' ' : c);
	}
}
