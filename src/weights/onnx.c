/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ONNX: the net's arithmetic as a graph of integer operations (docs/formats/export.md).
 *
 * Protocol buffers are fields: a number (tag * 8 + 0 for a varint, + 2 for bytes with their length before them), then the
 * value.  A message inside a message is such bytes. */
#include "weights/export_int.h"

#include "base/fixed.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TYPE_UINT8 = 2, TYPE_INT8 = 3, TYPE_INT32 = 6, TYPE_INT64 = 7 };
enum { IR_VERSION = 7, OPSET = 13, SHIFT_OFFSET = 50 };

static void varint(struct buf *b, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		buf_u8(b, (uint8_t)(v | 128));
	buf_u8(b, (uint8_t)v);
}

static void field_int(struct buf *b, int tag, uint64_t v)
{
	varint(b, (uint64_t)tag * 8);
	varint(b, v);
}

static void field_bytes(struct buf *b, int tag, const void *p, size_t n)
{
	varint(b, (uint64_t)tag * 8 + 2);
	varint(b, n);
	if (n)
		buf_bytes(b, p, n);
}

static void field_text(struct buf *b, int tag, const char *text)
{
	field_bytes(b, tag, text, strlen(text));
}

/* Takes the message m, which is empty afterwards. */
static void field_message(struct buf *b, int tag, struct buf *m)
{
	field_bytes(b, tag, m->data, m->len);
	b->failed |= m->failed;
	buf_release(m);
}

/* The graph being written.  Values have numbers, and "vN" for a name. */
struct graph {
	const struct nn_net *net;
	struct buf nodes, initializers; /* fields of GraphProto */
	int values;
	int factor;                     /* value: floor(2^18 / points) */
};

static void value_name(char out[16], int value)
{
	snprintf(out, 16, "v%d", value);
}

/* ---- constants ---- */

static void initializer(struct graph *g, const char *name, int type, const int64_t *dim, int dims, const void *p, size_t n)
{
	struct buf t = {0};
	for (int i = 0; i < dims; i++)
		field_int(&t, 1, (uint64_t)dim[i]);
	field_int(&t, 2, (uint64_t)type);
	field_text(&t, 8, name);
	field_bytes(&t, 9, p, n);
	field_message(&g->initializers, 5, &t);
}

static int constants(struct graph *g, const int64_t *v, int n, const int64_t *dim, int dims)
{
	struct buf raw = {0};
	char name[16];
	int value = g->values++;
	value_name(name, value);
	for (int i = 0; i < n; i++)
		buf_u64(&raw, (uint64_t)v[i]);
	initializer(g, name, TYPE_INT64, dim, dims, raw.data, raw.len);
	g->initializers.failed |= raw.failed;
	buf_release(&raw);
	return value;
}

static int constant(struct graph *g, int64_t v)
{
	return constants(g, &v, 1, NULL, 0);
}

/* A layer's weights [co][tap][ci] as [co][ci][rows][columns]. */
static int weights(struct graph *g, const struct nn_layer *l)
{
	int side = l->info.taps == 9 ? 3 : 1, value = g->values++;
	struct buf raw = {0};
	char name[16];
	value_name(name, value);
	for (int o = 0; o < l->info.co; o++)
		for (int i = 0; i < l->info.ci; i++)
			for (int t = 0; t < l->info.taps; t++)
				buf_u8(&raw, (uint8_t)l->weight[(o * l->info.taps + t) * l->info.ci + i]);
	initializer(g, name, TYPE_INT8, (const int64_t[]){l->info.co, l->info.ci, side, side}, 4, raw.data, raw.len);
	g->initializers.failed |= raw.failed;
	buf_release(&raw);
	return value;
}

/* ---- nodes ---- */

static void attribute(struct buf *node, const char *name, const int64_t *v, int n)
{
	enum { INT = 2, INTS = 7 };
	struct buf a = {0};
	field_text(&a, 1, name);
	if (n == 0)
		field_int(&a, 3, (uint64_t)*v);
	for (int i = 0; i < n; i++)
		field_int(&a, 8, (uint64_t)v[i]);
	field_int(&a, 20, n == 0 ? INT : INTS);
	field_message(node, 5, &a);
}

/* name: of the result where it is an output of the graph, else NULL.  attributes: fields of NodeProto, taken; may be NULL.
 * An input of -1 is the graph's. */
static int node(struct graph *g, const char *op, const int *in, int ins, const char *name, struct buf *attributes)
{
	struct buf n = {0};
	char text[16];
	int value = g->values++;
	for (int i = 0; i < ins; i++) {
		value_name(text, in[i]);
		field_text(&n, 1, in[i] < 0 ? "planes" : text);
	}
	value_name(text, value);
	field_text(&n, 2, name ? name : text);
	field_text(&n, 4, op);
	if (attributes && attributes->len)
		buf_bytes(&n, attributes->data, attributes->len);
	if (attributes) {
		n.failed |= attributes->failed;
		buf_release(attributes);
	}
	field_message(&g->nodes, 1, &n);
	return value;
}

static int two(struct graph *g, const char *op, int a, int b)
{
	return node(g, op, (int[]){a, b}, 2, NULL, NULL);
}

static int cast(struct graph *g, int x, int type, const char *name)
{
	struct buf a = {0};
	attribute(&a, "to", (const int64_t[]){type}, 0);
	return node(g, "Cast", &x, 1, name, &a);
}

static int clip(struct graph *g, int x, int64_t lo, int64_t hi)
{
	return node(g, "Clip", (int[]){x, constant(g, lo), constant(g, hi)}, 3, NULL, NULL);
}

/* |x| < 2^49. */
static int rshift(struct graph *g, int x, int s)
{
	if (s == 0)
		return x;
	if (s < 0)
		return two(g, "Mul", x, constant(g, INT64_C(1) << -s));
	x = two(g, "Add", x, constant(g, (INT64_C(1) << (s - 1)) + (INT64_C(1) << SHIFT_OFFSET)));
	x = two(g, "Div", x, constant(g, INT64_C(1) << s));
	return two(g, "Sub", x, constant(g, INT64_C(1) << (SHIFT_OFFSET - s)));
}

/* ---- the net ---- */

static int scale(const struct graph *g, int layer)
{
	const struct nn_layer *l = &g->net->layer[layer];
	return l->exp + (l->info.in_act < 0 ? g->net->shape.plane_exp : g->net->act_exp[l->info.in_act] + 2 * l->info.pooled);
}

/* Sums of a layer with its bias, in int64. */
static int sums(struct graph *g, int layer, int x)
{
	const struct nn_layer *l = &g->net->layer[layer];
	int64_t side = l->info.taps == 9 ? 3 : 1, pad = side / 2, bias[NN_CHANNELS_MAX];
	struct buf a = {0};
	attribute(&a, "kernel_shape", (const int64_t[]){side, side}, 2);
	attribute(&a, "pads", (const int64_t[]){pad, pad, pad, pad}, 4);
	int y = node(g, "ConvInteger", (int[]){x, weights(g, l)}, 2, NULL, &a);
	for (int c = 0; c < l->info.co; c++)
		bias[c] = fx_rshift32(l->bias[c], 24 - scale(g, layer));
	int b = constants(g, bias, l->info.co, (const int64_t[]){1, l->info.co, 1, 1}, 4);
	return two(g, "Add", cast(g, y, TYPE_INT64, NULL), b);
}

static int activation(struct graph *g, int x, int s)
{
	return cast(g, clip(g, rshift(g, x, s), 0, 127), TYPE_UINT8, NULL);
}

static int layer_act(struct graph *g, int layer, int x, int act)
{
	return activation(g, sums(g, layer, x), scale(g, layer) - g->net->act_exp[act]);
}

static int logits(struct graph *g, int layer, int x)
{
	return clip(g, rshift(g, sums(g, layer, x), scale(g, layer) - NN_LOGIT_Q), -(1 << 24), 1 << 24);
}

/* [4 * mean, max] over the board. */
static int pooled(struct graph *g, int x)
{
	struct buf keep = {0}, over = {0}, side = {0};
	int wide = cast(g, x, TYPE_INT64, NULL), axes = constants(g, (const int64_t[]){2, 3}, 2, (const int64_t[]){2}, 1);
	attribute(&keep, "keepdims", (const int64_t[]){1}, 0);
	attribute(&over, "keepdims", (const int64_t[]){1}, 0);
	attribute(&over, "axes", (const int64_t[]){2, 3}, 2);
	attribute(&side, "axis", (const int64_t[]){1}, 0);
	int sum = node(g, "ReduceSum", (int[]){wide, axes}, 2, NULL, &keep), max = node(g, "ReduceMax", &wide, 1, NULL, &over);
	int mean = two(g, "Add", two(g, "Mul", sum, g->factor), constant(g, 1 << 15));
	mean = clip(g, two(g, "Div", mean, constant(g, 1 << 16)), 0, 127);
	return cast(g, node(g, "Concat", (int[]){mean, max}, 2, NULL, &side), TYPE_UINT8, NULL);
}

static int block(struct graph *g, int b, int trunk)
{
	const struct nn_net *n = g->net;
	int l1 = nn_block_layer(b, 0), l2 = nn_block_layer(b, 1), lp = nn_block_layer(b, 2);
	int a = activation(g, trunk, NN_TRUNK_EXP - n->act_exp[2 * b]), mid = layer_act(g, l1, a, 2 * b + 1);
	int extra = clip(g, rshift(g, sums(g, lp, pooled(g, mid)), scale(g, lp) - NN_TRUNK_EXP), -(1 << 17), 1 << 17);
	int sum = two(g, "Add", rshift(g, sums(g, l2, mid), scale(g, l2) - NN_TRUNK_EXP), extra);
	return clip(g, two(g, "Add", trunk, sum), -32767, 32767);
}

static void head(struct graph *g, int trunk)
{
	const struct nn_shape *s = &g->net->shape;
	int last = 2 * s->blocks;
	int a = activation(g, trunk, NN_TRUNK_EXP - g->net->act_exp[last]), h = layer_act(g, nn_head_layer(s, 0), a, last + 1);
	cast(g, logits(g, nn_head_layer(s, 1), h), TYPE_INT32, "points");
	int v = layer_act(g, nn_head_layer(s, 2), pooled(g, h), last + 2), out = logits(g, nn_head_layer(s, 3), v);
	int shape = constants(g, (const int64_t[]){-1, NN_GLOBAL_OUT}, 2, (const int64_t[]){2}, 1);
	cast(g, two(g, "Reshape", out, shape), TYPE_INT32, "globals");
}

static void net_graph(struct graph *g)
{
	int planes = -1, shape = node(g, "Shape", &planes, 1, NULL, NULL);
	int points = two(g, "Mul", two(g, "Gather", shape, constant(g, 2)), two(g, "Gather", shape, constant(g, 3)));
	g->factor = two(g, "Div", constant(g, 1 << 18), points);
	int trunk = rshift(g, sums(g, NN_STEM, planes), scale(g, NN_STEM) - NN_TRUNK_EXP);
	trunk = clip(g, trunk, -32767, 32767);
	for (int b = 0; b < g->net->shape.blocks; b++)
		trunk = block(g, b, trunk);
	head(g, trunk);
}

/* ---- the file ---- */

/* A number, or a name for one that is not fixed. */
static void dimension(struct buf *shape, int64_t v, const char *name)
{
	struct buf d = {0};
	if (name)
		field_text(&d, 2, name);
	else
		field_int(&d, 1, (uint64_t)v);
	field_message(shape, 1, &d);
}

static void port(struct buf *graph, int tag, const char *name, int type, int channels, bool board)
{
	struct buf shape = {0}, tensor = {0}, kind = {0}, info = {0};
	dimension(&shape, 0, "N");
	dimension(&shape, channels, NULL);
	if (board) {
		dimension(&shape, 0, "rows");
		dimension(&shape, 0, "columns");
	}
	field_int(&tensor, 1, (uint64_t)type);
	field_message(&tensor, 2, &shape);
	field_message(&kind, 1, &tensor);
	field_text(&info, 1, name);
	field_message(&info, 2, &kind);
	field_message(graph, tag, &info);
}

static void graph_message(const struct nn_net *n, struct buf *out)
{
	struct graph g = {.net = n};
	net_graph(&g);
	if (g.nodes.len)
		buf_bytes(out, g.nodes.data, g.nodes.len);
	field_text(out, 2, "miai");
	if (g.initializers.len)
		buf_bytes(out, g.initializers.data, g.initializers.len);
	out->failed |= g.nodes.failed || g.initializers.failed;
	port(out, 11, "planes", TYPE_UINT8, n->shape.planes, true);
	port(out, 12, "points", TYPE_INT32, NN_POINT_OUT, true);
	port(out, 12, "globals", TYPE_INT32, NN_GLOBAL_OUT, false);
	buf_release(&g.nodes);
	buf_release(&g.initializers);
}

void weights_onnx(const struct nn_net *n, const struct weights_origin *o, struct buf *out)
{
	struct buf graph = {0}, opset = {0};
	struct export_fact fact[EXPORT_FACTS];
	weights_facts(n, o, fact);
	field_int(out, 1, IR_VERSION);
	field_text(out, 2, "miai");
	field_text(out, 3, o->version);
	graph_message(n, &graph);
	field_message(out, 7, &graph);
	field_text(&opset, 1, "");
	field_int(&opset, 2, OPSET);
	field_message(out, 8, &opset);
	for (int i = 0; i < EXPORT_FACTS; i++) {
		struct buf prop = {0};
		field_text(&prop, 1, fact[i].key);
		field_text(&prop, 2, fact[i].value);
		field_message(out, 14, &prop);
	}
}
