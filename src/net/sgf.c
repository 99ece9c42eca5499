/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Game files to the page's tree and back.  The tree is a list of nodes, parents first. */
#include "net/play_int.h"

#include "sgf/sgf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	NODES_MAX = 50000,     /* of a file for the page */
	WORK_MAX = 500000000,  /* while its lines are followed: about half a second */
	WORK_STONE = 256,      /* of a position that is set up, in the answer */
};

/* --- Reading --- */

static int digit_value(char c)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const char *at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

/* Base64 with or without its padding. */
static int decode(struct buf *out, const char *text, size_t n, struct err *e)
{
	uint32_t bits = 0;
	int have = 0;
	while (n && text[n - 1] == '=')
		n--;
	for (size_t i = 0; i < n; i++) {
		int v = digit_value(text[i]);
		if (v < 0)
			return err_set(e, ERR_FORMAT, "the file is not base64");
		bits = bits << 6 | (uint32_t)v;
		have += 6;
		if (have >= 8) {
			have -= 8;
			buf_u8(out, (uint8_t)(bits >> have));
		}
	}
	return out->failed ? err_set(e, ERR_MEMORY, "out of memory") : 0;
}

/* What is made of a file. */
struct reading {
	const struct sgf *t;
	uint32_t first, nodes;
	struct sgf_game *game; /* of the line that is followed */
	int32_t *index;        /* of a node of the file: its place in the list; -1 none */
	json_t **setup;        /* of a node of the file, where the position is set up there; owned */
	bool failed;           /* memory was short */
	int64_t work;          /* of the lines that were followed, and of setup; as in struct sgf_game */
};

static bool has(const struct reading *r, uint32_t node, const char *name)
{
	return sgf_value(r->t, node, name).p != NULL;
}

static json_t *text_value(const struct reading *r, uint32_t node, const char *name, enum sgf_kind kind)
{
	struct buf text = {.data = NULL};
	sgf_text(sgf_value(r->t, node, name), kind, &text);
	json_t *j = json_stringn(text.len ? (const char *)text.data : "", text.len);
	buf_release(&text);
	return j ? j : json_string("");
}

/* A position that is set up at a node and not played; those that are known stay as they are. */
static bool note_setup(void *ctx, uint32_t node, const uint8_t *stone, int to_move)
{
	struct reading *r = ctx;
	int points = r->game->size * r->game->size;
	if (r->setup[node])
		return true;
	json_t *list[2] = {json_array(), json_array()};
	for (int i = 0; i < points; i++)
		if (stone[i]) {
			r->failed |= json_array_append_new(list[stone[i] - 1], json_integer(i)) != 0;
			r->work += WORK_STONE;
		}
	r->setup[node] = json_pack("{s:o, s:o, s:s}", "black", list[0], "white", list[1], "turn", to_move ? "w" : "b");
	r->failed |= !r->setup[node];
	return !r->failed && r->work + r->game->work <= WORK_MAX;
}

/* The setups of the line to this node. */
static int follow(struct reading *r, uint32_t last, struct err *e)
{
	int rc = sgf_game_follow(r->game, r->t, last, note_setup, r, e);
	r->work += r->game->work;
	if (r->failed)
		return err_set(e, ERR_MEMORY, "out of memory");
	if (r->work > WORK_MAX)
		return err_set(e, ERR_FORMAT, "the file has more variations, or more stones in them, than this page can take");
	return rc;
}

/* The next node of the first game in the file's order; 0 at its end. */
static uint32_t walk(const struct reading *r, uint32_t node)
{
	if (sgf_child(r->t, node))
		return sgf_child(r->t, node);
	while (node != r->first && !sgf_next(r->t, node))
		node = sgf_parent(r->t, node);
	return node == r->first ? 0 : sgf_next(r->t, node);
}

static json_t *say_node(struct reading *r, uint32_t node, int size)
{
	uint32_t parent = node == r->first ? 0 : sgf_parent(r->t, node);
	json_t *j = json_pack("{s:i}", "parent", parent ? (int)r->index[parent] : -1);
	static const char *const name[] = {"B", "W"}, *const color[] = {"b", "w"};
	for (int c = 0; c < 2 && node != r->first; c++)
		if (has(r, node, name[c]) && !json_object_get(j, "move")) {
			int action = sgf_parse_move(sgf_value(r->t, node, name[c]), size);
			if (action >= 0)
				json_object_set_new(j, "move", json_pack("[s, i]", color[c], action));
		}
	/* An empty board that nothing was put on needs no setup. */
	json_t *setup = r->setup[node];
	if (setup && (node != r->first || json_array_size(json_object_get(setup, "black")) ||
		      json_array_size(json_object_get(setup, "white")) ||
		      strcmp(json_string_value(json_object_get(setup, "turn")), "b") != 0))
		json_object_set(j, "setup", setup);
	if (has(r, node, "C"))
		json_object_set_new(j, "comment", text_value(r, node, "C", SGF_TEXT));
	return j;
}

static json_t *say_repairs(const struct sgf *t)
{
	struct buf text = {.data = NULL};
	json_t *list = json_array();
	sgf_repairs(t, &text);
	const char *p = (const char *)text.data;
	size_t n = text.failed ? 0 : text.len;
	while (n) {
		const char *end = memchr(p, '\n', n);
		size_t k = end ? (size_t)(end - p) : n;
		json_array_append_new(list, json_stringn(p, k));
		k += end != NULL;
		p += k;
		n -= k;
	}
	buf_release(&text);
	return list;
}

/* A move in the first node itself is one of a node of its own: the page's first node has none. */
static void add_first_move(const struct reading *r, json_t *list, int size)
{
	static const char *const name[] = {"B", "W"}, *const color[] = {"b", "w"};
	for (int c = 0; c < 2; c++)
		if (has(r, r->first, name[c])) {
			int action = sgf_parse_move(sgf_value(r->t, r->first, name[c]), size);
			if (action >= 0) {
				json_array_append_new(list, json_pack("{s:i, s:[s, i]}", "parent", 0, "move", color[c], action));
				return;
			}
		}
}

static json_t *say_tree(struct reading *r, int size)
{
	json_t *list = json_array();
	for (uint32_t n = r->first; n; n = walk(r, n)) {
		r->index[n] = (int32_t)json_array_size(list);
		json_array_append_new(list, say_node(r, n, size));
		if (n == r->first) {
			add_first_move(r, list, size);
			/* Later nodes hang on that move, where there is one. */
			r->index[n] = (int32_t)json_array_size(list) - 1;
		}
	}
	return list;
}

static int convert(struct reading *r, json_t **out, struct err *e)
{
	for (uint32_t n = r->first; n; n = walk(r, n)) {
		int rc = sgf_child(r->t, n) ? 0 : follow(r, n, e);
		if (rc)
			return rc;
	}
	int rc = sgf_game_read(r->game, r->t, r->first, SGF_ALL_MOVES, e);
	if (rc)
		return rc;
	const struct sgf_game *g = r->game;
	*out = json_pack("{s:i, s:f, s:i, s:o, s:o, s:o, s:o, s:o}", "size", g->size, "komi", g->komi_half * 0.5, "handicap",
			 g->handicap, "black", text_value(r, r->first, "PB", SGF_SIMPLE), "white",
			 text_value(r, r->first, "PW", SGF_SIMPLE), "result", text_value(r, r->first, "RE", SGF_SIMPLE), "nodes",
			 say_tree(r, g->size), "repairs", say_repairs(r->t));
	return 0;
}

static int read_tree(const struct sgf *t, json_t **out, struct err *e)
{
	uint32_t n = sgf_nodes(t);
	struct reading r = {.t = t, .first = sgf_child(t, 0), .nodes = n};
	if (!r.first || n > NODES_MAX)
		return err_set(e, ERR_FORMAT, r.first ? "a file may have %d nodes" : "there is no game in the file", NODES_MAX);
	r.game = malloc(sizeof *r.game);
	r.index = calloc(n, sizeof *r.index);
	r.setup = calloc(n, sizeof *r.setup);
	int rc = r.game && r.index && r.setup ? convert(&r, out, e) : err_set(e, ERR_MEMORY, "out of memory");
	for (uint32_t i = 0; r.setup && i < n; i++)
		json_decref(r.setup[i]);
	free(r.game);
	free(r.index);
	free(r.setup);
	return rc;
}

static int read_file(const json_t *in, json_t **out, struct err *e)
{
	const char *text;
	size_t n;
	json_error_t wrong;
	struct buf bytes = {.data = NULL};
	if (json_unpack_ex((json_t *)(uintptr_t)in, &wrong, JSON_STRICT, "{s:s%}", "base64", &text, &n))
		return err_set(e, ERR_FORMAT, "the request is not as it has to be: %s", wrong.text);
	int rc = decode(&bytes, text, n, e);
	struct sgf *t = rc ? NULL : sgf_read(bytes.len ? (const char *)bytes.data : "", bytes.len, e);
	if (!rc)
		rc = t ? read_tree(t, out, e) : e->code;
	sgf_free(t);
	buf_release(&bytes);
	return rc;
}

static void reply(struct net_reply *r, int rc, json_t *out, const struct err *e)
{
	if (rc)
		net_reply_error(r, net_status(rc), e->text);
	else
		net_reply_json(r, out);
}

void net_sgf_read_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	struct err e = {.text = "out of memory"};
	json_t *out = NULL;
	(void)p;
	int rc = read_file(in, &out, &e);
	reply(r, rc, out, &e);
}

/* --- Writing --- */

static void put_stones(struct sgf *t, uint32_t node, int size, const char *name, const uint8_t *stone, int what)
{
	bool begun = false;
	for (int i = 0; i < size * size; i++) {
		if (stone[i] != what)
			continue;
		if (begun)
			sgf_also_point(t, size, i);
		else
			sgf_put_point(t, node, name, size, i);
		begun = true;
	}
}

/* A position is set up whole: what is not a stone is taken. */
static void put_setup(struct sgf *t, uint32_t node, const struct net_position *at)
{
	uint8_t stone[GAME_POINTS_MAX] = {0};
	for (int c = 0; c < 2; c++)
		for (int i = 0; i < at->stones[c]; i++)
			stone[at->stone[c][i]] = (uint8_t)(c + 1);
	put_stones(t, node, at->rules.size, "AB", stone, 1);
	put_stones(t, node, at->rules.size, "AW", stone, 2);
	put_stones(t, node, at->rules.size, "AE", stone, 0);
	sgf_put(t, node, "PL", at->turn ? "W" : "B");
}

/* The setup of a node: its own form is that of a position without size and komi. */
static int read_setup(struct net_position *at, const struct game_rules *rules, const json_t *setup, struct err *e)
{
	json_t *whole = json_pack("{s:i, s:f}", "size", rules->size, "komi", rules->komi_half * 0.5);
	if (!whole || (setup && json_object_update(whole, (json_t *)(uintptr_t)setup))) {
		json_decref(whole);
		return err_set(e, ERR_FORMAT, "setup has to be an object");
	}
	int rc = net_position_read(at, whole, e);
	json_decref(whole);
	return rc;
}

struct writing {
	struct sgf *t;
	struct net_position *at;
	struct game_rules rules;
	uint32_t *node; /* by place in the list */
};

static int write_node(struct writing *w, size_t i, const json_t *j, struct err *e)
{
	json_int_t parent = -1;
	json_t *move = NULL, *setup = NULL;
	const char *comment = "";
	json_error_t wrong;
	if (json_unpack_ex((json_t *)(uintptr_t)j, &wrong, JSON_STRICT, "{s:I, s?o, s?o, s?s}", "parent", &parent, "move", &move,
			   "setup", &setup, "comment", &comment))
		return err_set(e, ERR_FORMAT, "node %zu: %s", i, wrong.text);
	if (i ? parent < 0 || (size_t)parent >= i : parent != -1 || move)
		return err_set(e, ERR_FORMAT, "node %zu: parents come first, and the first node has neither parent nor move", i);
	if (i)
		w->node[i] = sgf_add(w->t, w->node[parent]);
	if (move) {
		int color = net_color(json_array_get(move, 0));
		const json_t *point = json_array_get(move, 1);
		json_int_t action = json_integer_value(point);
		if (color < 0 || !json_is_integer(point) || action < 0 || action > game_points(&w->rules))
			return err_set(e, ERR_FORMAT, "node %zu: a move is [\"b\" or \"w\", point]", i);
		sgf_put_point(w->t, w->node[i], color ? "W" : "B", w->rules.size, (int)action);
	}
	if (setup && i) {
		int rc = read_setup(w->at, &w->rules, setup, e);
		if (rc)
			return rc;
		put_setup(w->t, w->node[i], w->at);
	}
	if (*comment)
		sgf_put(w->t, w->node[i], "C", comment);
	return 0;
}

/* The first node, with what is known of the game. */
static int write_first(struct writing *w, const json_t *in, const json_t *first, const char *program, struct err *e)
{
	static const char *const name[][2] = {{"black", "PB"}, {"white", "PW"}, {"result", "RE"}, {"date", "DT"}};
	json_int_t handicap = json_integer_value(json_object_get(in, "handicap"));
	struct sgf_game *g = calloc(1, sizeof *g);
	if (!g)
		return err_set(e, ERR_MEMORY, "out of memory");
	int rc = read_setup(w->at, &w->rules, json_object_get(first, "setup"), e);
	for (int c = 0; !rc && c < 2; c++)
		for (int i = 0; i < w->at->stones[c]; i++)
			g->stone[w->at->stone[c][i]] = (uint8_t)(c + 1);
	g->size = w->rules.size;
	g->komi_half = w->rules.komi_half;
	g->handicap = handicap >= 2 && handicap <= GAME_POINTS_MAX ? (int)handicap : 0;
	g->to_move = rc ? 0 : w->at->turn;
	w->node[0] = rc ? 0 : sgf_game_write(w->t, g, program);
	for (int i = 0; !rc && i < 4; i++) {
		const char *text = json_string_value(json_object_get(in, name[i][0]));
		if (text && *text)
			sgf_put(w->t, w->node[0], name[i][1], text);
	}
	free(g);
	return rc;
}

static int write_tree(struct writing *w, const json_t *in, const char *program, struct err *e)
{
	const json_t *list = json_object_get(in, "nodes");
	json_t *frame = json_pack("{s:O, s:O}", "size", json_object_get(in, "size"), "komi", json_object_get(in, "komi"));
	int rc = frame ? net_position_read(w->at, frame, e) : err_set(e, ERR_FORMAT, "size and komi are missing");
	json_decref(frame);
	if (rc)
		return rc;
	w->rules = w->at->rules;
	rc = write_first(w, in, json_array_get(list, 0), program, e);
	for (size_t i = 0; !rc && i < json_array_size(list); i++)
		rc = write_node(w, i, json_array_get(list, i), e);
	return rc;
}

static int write_file(const json_t *in, const char *version, json_t **out, struct err *e)
{
	size_t n = json_array_size(json_object_get(in, "nodes"));
	struct buf text = {.data = NULL};
	char program[64];
	if (n < 1 || n > NODES_MAX)
		return err_set(e, ERR_FORMAT, "nodes have to be a list of 1 to %d", NODES_MAX);
	struct writing w = {.t = sgf_new(), .at = malloc(sizeof *w.at), .node = calloc(n, sizeof *w.node)};
	snprintf(program, sizeof program, "miai:%s", version);
	int rc = w.t && w.at && w.node ? write_tree(&w, in, program, e) : err_set(e, ERR_MEMORY, "out of memory");
	if (!rc) {
		sgf_write(w.t, &text);
		*out = text.failed ? NULL : json_pack("{s:s#}", "sgf", (const char *)text.data, text.len);
		rc = *out ? 0 : err_set(e, ERR_MEMORY, "out of memory");
	}
	buf_release(&text);
	free(w.node);
	free(w.at);
	sgf_free(w.t);
	return rc;
}

void net_sgf_write_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	struct err e = {.text = "out of memory"};
	json_t *out = NULL;
	int rc = write_file(in, p->set.version, &out, &e);
	reply(r, rc, out, &e);
}
