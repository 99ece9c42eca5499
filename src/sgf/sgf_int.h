/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How a tree lies in memory: four arrays that grow, tied by numbers.  Number 0 ends every list. */
#ifndef MIAI_SGF_SGF_INT_H
#define MIAI_SGF_SGF_INT_H

#include "sgf/sgf.h"

struct sgf_node {
	uint32_t parent, child, last, next; /* last: of the children */
	uint32_t prop, last_prop, props; /* the first, the last, how many */
};

struct sgf_prop {
	uint32_t next;
	uint32_t value, values; /* the first, and how many follow one another */
	char name[SGF_NAME_MAX + 1];
};

struct sgf_span {
	uint32_t at, n; /* in text */
};

enum sgf_repair {
	SGF_NUL, SGF_WRONG_CHARSET, SGF_LOST_TEXT, SGF_NO_TREE_BEFORE, SGF_NO_OPENING, SGF_NO_SEMICOLON, SGF_EMPTY_TREE,
	SGF_NO_VALUE, SGF_LONG_NAME, SGF_TWO_MOVES, SGF_NO_BRACKET, SGF_OPEN_VALUE, SGF_NO_CLOSING, SGF_EXTRA_CLOSING,
	SGF_JUNK, SGF_REPAIRS
};

struct sgf {
	struct buf text;
	struct sgf_node *node;
	struct sgf_prop *prop;
	struct sgf_span *value;
	uint32_t nodes, node_cap, props, prop_cap, values, value_cap;
	uint32_t repairs[SGF_REPAIRS], repair_at[SGF_REPAIRS]; /* how often, and where in text first */
	bool failed, full; /* memory was short; a limit was passed */
};

/* tree.c: all return 0 on failure and set failed or full. */
uint32_t sgf_new_prop(struct sgf *t, uint32_t node, const char *name, uint32_t name_len);
uint32_t sgf_new_value(struct sgf *t, uint32_t prop, uint32_t at, uint32_t n); /* prop: the newest */
void sgf_repaired(struct sgf *t, enum sgf_repair what, uint32_t at);

/* charset.c: bytes into t->text.  0, or ERR_FORMAT, ERR_MEMORY. */
int sgf_clean(struct sgf *t, const uint8_t *p, size_t n, struct err *e);
/* Bytes of the UTF-8 character at p, 0 where it is none. */
uint32_t sgf_utf8(const uint8_t *p, size_t n);

#endif
