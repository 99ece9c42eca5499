/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A net's origin, and safetensors. */
#include "weights/export_int.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void hash_text(const struct hash *h, char out[80])
{
	static const struct hash none;
	char hex[65];
	hash_hex(h, hex);
	snprintf(out, 80, "%s", hash_equal(h, &none) ? "unknown" : hex);
}

void weights_facts(const struct nn_net *n, const struct weights_origin *o, struct export_fact out[EXPORT_FACTS])
{
	static const char *const key[EXPORT_FACTS] = {"format", "net", "recipe", "generation", "numerics", "ledger", "license", "program"};
	for (int i = 0; i < EXPORT_FACTS; i++)
		out[i].key = key[i];
	snprintf(out[0].value, sizeof out[0].value, "miai net");
	hash_text(&o->net, out[1].value);
	hash_text(&n->recipe, out[2].value);
	snprintf(out[3].value, sizeof out[3].value, "%" PRIu32, n->generation);
	snprintf(out[4].value, sizeof out[4].value, "%d", NN_NUMERICS);
	hash_text(&o->entry, out[5].value);
	snprintf(out[6].value, sizeof out[6].value, "CC0-1.0");
	snprintf(out[7].value, sizeof out[7].value, "miai %.60s", o->version);
}

void weights_layer_name(const struct nn_shape *s, int layer, char name[EXPORT_NAME])
{
	static const char *const part[] = {"conv1", "conv2", "pool"}, *const head[] = {"head", "points", "fc1", "fc2"};
	if (layer == NN_STEM)
		snprintf(name, EXPORT_NAME, "stem");
	else if (layer < nn_head_layer(s, 0))
		snprintf(name, EXPORT_NAME, "block.%d.%s", (layer - 1) / 3, part[(layer - 1) % 3]);
	else
		snprintf(name, EXPORT_NAME, "%s", head[layer - nn_head_layer(s, 0)]);
}

/* ---- safetensors ---- */

/* One tensor's line of the header; *at: where its bytes begin, moved behind them. */
static void entry(struct buf *out, uint64_t *at, const char *name, const char *type, int bytes, const int *dim, int dims)
{
	uint64_t n = (uint64_t)bytes;
	buf_printf(out, ",\"%s\":{\"dtype\":\"%s\",\"shape\":[", name, type);
	for (int i = 0; i < dims; i++) {
		buf_printf(out, "%s%d", i ? "," : "", dim[i]);
		n *= (uint64_t)dim[i];
	}
	buf_printf(out, "],\"data_offsets\":[%" PRIu64 ",%" PRIu64 "]}", *at, *at + n);
	*at += n;
}

static void layer_entries(struct buf *out, const struct nn_net *n, int layer, uint64_t *at)
{
	const struct nn_layer_info *f = &n->layer[layer].info;
	char name[EXPORT_NAME], full[EXPORT_NAME + 8];
	weights_layer_name(&n->shape, layer, name);
	snprintf(full, sizeof full, "%s.bias", name);
	entry(out, at, full, "I32", 4, (int[]){f->co}, 1);
	snprintf(full, sizeof full, "%s.weight", name);
	entry(out, at, full, "I8", 1, (int[]){f->co, f->taps, f->ci}, 3);
}

static void header(struct buf *out, const struct nn_net *n, const struct weights_origin *o)
{
	struct export_fact fact[EXPORT_FACTS];
	uint64_t at = 0;
	weights_facts(n, o, fact);
	buf_printf(out, "{\"__metadata__\":{");
	for (int i = 0; i < EXPORT_FACTS; i++)
		buf_printf(out, "\"%s\":\"%s\",", fact[i].key, fact[i].value);
	buf_printf(out, "\"planes\":\"%d\",\"plane_exponent\":\"%d\",\"blocks\":\"%d\",\"channels\":\"%d\",\"head\":\"%d\"}",
	           n->shape.planes, n->shape.plane_exp, n->shape.blocks, n->shape.channels, n->shape.head);
	/* Biases first: four bytes each, and the data begin at a multiple of eight. */
	for (int i = 0; i < n->layers; i++)
		layer_entries(out, n, i, &at);
	entry(out, &at, "weight_exponents", "U8", 1, &n->layers, 1);
	entry(out, &at, "activation_exponents", "U8", 1, &n->acts, 1);
	buf_u8(out, '}');
	while (out->len % 8 && !out->failed)
		buf_u8(out, ' ');
}

void weights_safetensors(const struct nn_net *n, const struct weights_origin *o, struct buf *out)
{
	struct buf head = {0};
	header(&head, n, o);
	buf_u64(out, head.len);
	if (head.len)
		buf_bytes(out, head.data, head.len);
	out->failed |= head.failed;
	buf_release(&head);
	for (int i = 0; i < n->layers; i++) {
		const struct nn_layer *l = &n->layer[i];
		for (int c = 0; c < l->info.co; c++)
			buf_i32(out, l->bias[c]);
		buf_bytes(out, l->weight, (size_t)l->info.co * (size_t)(l->info.taps * l->info.ci));
	}
	for (int i = 0; i < n->layers; i++)
		buf_u8(out, (uint8_t)n->layer[i].exp);
	buf_bytes(out, n->act_exp, (size_t)n->acts);
}
