/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The net file: docs/formats/net.md. */
#include "base/file.h"
#include "nn/leela.h"
#include "nn/net.h"

#include <stdlib.h>
#include <string.h>

static const char magic[8] = {'m', 'i', 'a', 'i', '-', 'n', 'e', 't'};
enum { FORMAT = 1, RANGE_MAX = 127, BIAS_LIMIT = 1 << 28 };

void nn_net_write(const struct nn_net *n, struct buf *out)
{
	buf_bytes(out, magic, sizeof magic);
	buf_u32(out, FORMAT);
	buf_u32(out, NN_NUMERICS);
	buf_bytes(out, n->recipe.b, sizeof n->recipe.b);
	buf_u32(out, n->generation);
	buf_u8(out, (uint8_t)n->shape.planes);
	buf_u8(out, (uint8_t)n->shape.plane_exp);
	buf_u16(out, (uint16_t)n->shape.blocks);
	buf_u16(out, (uint16_t)n->shape.channels);
	buf_u16(out, (uint16_t)n->shape.head);
	buf_u8(out, RANGE_MAX); /* activations 0..this */
	buf_u8(out, RANGE_MAX); /* weights -this..this */
	buf_u8(out, NN_TRUNK_EXP);
	buf_u8(out, (uint8_t)n->acts);
	buf_bytes(out, n->act_exp, (size_t)n->acts);
	for (int i = 0; i < n->layers; i++) {
		const struct nn_layer *l = &n->layer[i];
		buf_u8(out, (uint8_t)l->exp);
		buf_bytes(out, l->weight, (size_t)(l->info.co * l->info.taps * l->info.ci));
		for (int c = 0; c < l->info.co; c++)
			buf_i32(out, l->bias[c]);
	}
}

/* Everything before the activation exponents.  *acts: how many the file says there are. */
static int read_header(struct rd *r, struct nn_net *h, int *acts, struct err *e)
{
	const uint8_t *m = rd_bytes(r, sizeof magic);
	if (!m || memcmp(m, magic, sizeof magic) != 0)
		return err_set(e, ERR_FORMAT, "not a miai net: the first 8 bytes are not \"miai-net\"");
	uint32_t format = rd_u32(r), numerics = rd_u32(r);
	if (format != FORMAT)
		return err_set(e, ERR_FORMAT, "net file of format %u; this program reads format %d", format, FORMAT);
	if (numerics != NN_NUMERICS)
		return err_set(e, ERR_FORMAT, "net for arithmetic version %u; this program computes version %d", numerics, NN_NUMERICS);
	const uint8_t *recipe = rd_bytes(r, sizeof h->recipe.b);
	if (recipe)
		memcpy(h->recipe.b, recipe, sizeof h->recipe.b);
	h->generation = rd_u32(r);
	h->shape.planes = rd_u8(r);
	h->shape.plane_exp = rd_u8(r);
	h->shape.blocks = rd_u16(r);
	h->shape.channels = rd_u16(r);
	h->shape.head = rd_u16(r);
	int act_max = rd_u8(r), weight_max = rd_u8(r), trunk = rd_u8(r);
	*acts = rd_u8(r);
	if (r->bad)
		return err_set(e, ERR_FORMAT, "net file ends inside its header");
	if (act_max != RANGE_MAX || weight_max != RANGE_MAX || trunk != NN_TRUNK_EXP)
		return err_set(e, ERR_FORMAT, "net with ranges %d, %d and trunk exponent %d; this program computes 127, 127, %d",
		               act_max, weight_max, trunk, NN_TRUNK_EXP);
	return nn_shape_check(&h->shape, e) ? ERR_FORMAT : 0;
}

static int read_acts(struct rd *r, struct nn_net *n, int acts, struct err *e)
{
	if (acts != n->acts)
		return err_set(e, ERR_FORMAT, "net names %d activation tensors; its shape has %d", acts, n->acts);
	for (int i = 0; i < n->acts; i++) {
		n->act_exp[i] = rd_u8(r);
		if (!r->bad && (n->act_exp[i] < NN_ACT_EXP_MIN || n->act_exp[i] > NN_ACT_EXP_MAX))
			return err_set(e, ERR_FORMAT, "net: activation exponent %d of tensor %d is not in %d..%d", n->act_exp[i], i,
			               NN_ACT_EXP_MIN, NN_ACT_EXP_MAX);
	}
	return 0;
}

static int read_layer(struct rd *r, struct nn_layer *l, int i, struct err *e)
{
	size_t n = (size_t)(l->info.co * l->info.taps * l->info.ci);
	l->exp = rd_u8(r);
	const uint8_t *w = rd_bytes(r, n);
	if (!w)
		return err_set(e, ERR_FORMAT, "net file ends inside layer %d (%s)", i, l->info.what);
	if (l->exp > NN_WEIGHT_EXP_MAX)
		return err_set(e, ERR_FORMAT, "net: layer %d (%s): weight exponent %d is not in 0..%d", i, l->info.what, l->exp,
		               NN_WEIGHT_EXP_MAX);
	memcpy(l->weight, w, n);
	for (size_t k = 0; k < n; k++)
		if (l->weight[k] == -128)
			return err_set(e, ERR_FORMAT, "net: layer %d (%s): weight %zu is -128; the range is -127..127", i, l->info.what, k);
	for (int c = 0; c < l->info.co; c++) {
		l->bias[c] = rd_i32(r);
		if (l->bias[c] <= -BIAS_LIMIT || l->bias[c] >= BIAS_LIMIT)
			return err_set(e, ERR_FORMAT, "net: layer %d (%s): bias %d is out of range", i, l->info.what, c);
	}
	return 0;
}

/* Bytes of a file of this shape after the header's shape is known: refuses to allocate for a file that is too short. */
static uint64_t body_bytes(const struct nn_shape *s)
{
	uint64_t n = (uint64_t)nn_act_count(s);
	for (int i = 0; i < nn_layer_count(s); i++) {
		struct nn_layer_info f = nn_layer_info(s, i);
		n += 1 + (uint64_t)f.co * (uint64_t)(f.taps * f.ci) + 4 * (uint64_t)f.co;
	}
	return n;
}

struct nn_net *nn_net_read(const void *p, size_t len, struct err *e)
{
	struct rd r = rd_make(p, len);
	struct nn_net head = {0};
	int acts = 0;

	if (read_header(&r, &head, &acts, e))
		return NULL;
	if (body_bytes(&head.shape) != r.left) {
		err_set(e, ERR_FORMAT, "net of %d blocks, %d channels needs %llu bytes after its header; the file has %zu", head.shape.blocks,
		        head.shape.channels, (unsigned long long)body_bytes(&head.shape), r.left);
		return NULL;
	}
	struct nn_net *n = nn_net_new(&head.shape, e);
	if (!n)
		return NULL;
	n->recipe = head.recipe;
	n->generation = head.generation;
	int rc = read_acts(&r, n, acts, e);
	for (int i = 0; i < n->layers && !rc; i++)
		rc = read_layer(&r, &n->layer[i], i, e);
	if (rc) {
		nn_net_free(n);
		return NULL;
	}
	nn_net_pack(n);
	return n;
}

static struct nn_net *read_leela(const struct buf *b, struct err *e)
{
	struct nn_net *n = calloc(1, sizeof *n);
	if (!n) {
		err_set(e, ERR_MEMORY, "out of memory for a net");
		return NULL;
	}
	n->leela = nn_leela_read(b->data, b->len, e);
	if (n->leela)
		return n;
	free(n);
	return NULL;
}

static struct nn_net *load(const char *path, struct hash *name, bool any, struct err *e)
{
	struct buf b = {0};
	struct nn_net *n = NULL;

	if (!file_read(&b, path, any ? (uint64_t)NN_LEELA_FILE_MAX : (uint64_t)NN_FILE_MAX, e)) {
		if (!nn_leela_is(b.data, b.len))
			n = nn_net_read(b.data, b.len, e);
		else if (any)
			n = read_leela(&b, e);
		else
			err_set(e, ERR_FORMAT, "an imported net, which can be played with and looked at, but not be trained or compared");
		if (!n)
			err_prefix(e, ERR_FORMAT, path);
		else if (name)
			*name = sha256_of(b.data, b.len);
	}
	buf_release(&b);
	return n;
}

struct nn_net *nn_net_load(const char *path, struct hash *name, struct err *e)
{
	return load(path, name, false, e);
}

struct nn_net *nn_net_load_any(const char *path, struct hash *name, struct err *e)
{
	return load(path, name, true, e);
}
