/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The imported net file: docs/formats/leela-net.md. */
#include "nn/leela.h"

#include <string.h>

static const char magic[8] = {'m', 'i', 'a', 'i', '-', 'l', 'z', 'n'};
enum { FORMAT = 1 };

bool nn_leela_is(const void *p, size_t len)
{
	return len >= sizeof magic && memcmp(p, magic, sizeof magic) == 0;
}

static void put_numbers(struct buf *out, const int32_t *v, int n)
{
	for (int i = 0; i < n; i++)
		buf_i32(out, v[i]);
}

static void put_conv(struct buf *out, const struct nn_leela_conv *c)
{
	buf_bytes(out, c->weight, (size_t)(c->co * 9) * (size_t)c->ci);
	put_numbers(out, c->bias, c->co);
	put_numbers(out, c->mult, c->co);
	if (c->keep)
		put_numbers(out, c->keep, c->co);
}

static void put_dense(struct buf *out, const struct nn_leela_dense *d)
{
	for (size_t i = 0; i < (size_t)d->in * (size_t)d->out; i++)
		buf_u16(out, (uint16_t)d->weight[i]);
	for (int i = 0; i < d->out; i++)
		buf_u64(out, (uint64_t)d->bias[i]);
	put_numbers(out, d->mult, d->out);
}

void nn_leela_write(const struct nn_leela *n, struct buf *out)
{
	buf_bytes(out, magic, sizeof magic);
	buf_u32(out, FORMAT);
	buf_u32(out, NN_LEELA_NUMERICS);
	buf_bytes(out, n->source.b, sizeof n->source.b);
	buf_u8(out, (uint8_t)n->shape.size);
	buf_u8(out, (uint8_t)n->shape.black_value);
	buf_u16(out, (uint16_t)n->shape.blocks);
	buf_u16(out, (uint16_t)n->shape.filters);
	buf_u16(out, (uint16_t)n->shape.hidden);
	for (int i = 0; i < n->convs; i++)
		put_conv(out, &n->conv[i]);
	for (int i = 0; i < NN_LEELA_DENSE; i++)
		put_dense(out, &n->dense[i]);
}

static int read_header(struct rd *r, struct nn_leela_shape *s, struct hash *source, struct err *e)
{
	const uint8_t *m = rd_bytes(r, sizeof magic);
	if (!m || !nn_leela_is(m, sizeof magic))
		return err_set(e, ERR_FORMAT, "not an imported net: the first 8 bytes are not \"miai-lzn\"");
	uint32_t format = rd_u32(r), numerics = rd_u32(r);
	const uint8_t *hash = rd_bytes(r, sizeof source->b);
	s->size = rd_u8(r);
	s->black_value = rd_u8(r);
	s->blocks = rd_u16(r);
	s->filters = rd_u16(r);
	s->hidden = rd_u16(r);
	if (r->bad || !hash)
		return err_set(e, ERR_FORMAT, "imported net: the file ends inside its header");
	if (format != FORMAT || numerics != NN_LEELA_NUMERICS)
		return err_set(e, ERR_FORMAT, "imported net of format %u and arithmetic %u; this program reads %d and %d: import it again",
		               format, numerics, FORMAT, NN_LEELA_NUMERICS);
	memcpy(source->b, hash, sizeof source->b);
	return 0;
}

/* n numbers within lo..hi; what and layer name them where one is not. */
static int get_numbers(struct rd *r, int32_t *v, int n, int32_t lo, int32_t hi, const char *what, int layer, struct err *e)
{
	for (int i = 0; i < n; i++) {
		v[i] = rd_i32(r);
		if (v[i] < lo || v[i] > hi)
			return err_set(e, ERR_FORMAT, "imported net: layer %d: %s %d is not in %d..%d", layer, what, i, lo, hi);
	}
	return 0;
}

static int get_conv(struct rd *r, struct nn_leela_conv *c, int layer, struct err *e)
{
	size_t n = (size_t)(c->co * 9) * (size_t)c->ci;
	const uint8_t *w = rd_bytes(r, n);
	if (!w)
		return err_set(e, ERR_FORMAT, "imported net: the file ends inside layer %d", layer);
	memcpy(c->weight, w, n);
	for (size_t i = 0; i < n; i++)
		if (c->weight[i] == -128)
			return err_set(e, ERR_FORMAT, "imported net: layer %d: weight %zu is -128; the range is -127..127", layer, i);
	int rc = get_numbers(r, c->bias, c->co, -NN_LEELA_BIAS_MAX, NN_LEELA_BIAS_MAX, "bias", layer, e);
	if (!rc)
		rc = get_numbers(r, c->mult, c->co, 0, NN_LEELA_MULT_MAX, "multiplier", layer, e);
	if (!rc && c->keep)
		rc = get_numbers(r, c->keep, c->co, 0, layer ? NN_LEELA_MULT_MAX : 0, "share kept", layer, e);
	return rc;
}

static int get_dense(struct rd *r, struct nn_leela_dense *d, int layer, struct err *e)
{
	for (size_t i = 0; i < (size_t)d->in * (size_t)d->out; i++) {
		uint16_t v = rd_u16(r);
		if (v == 0x8000)
			return err_set(e, ERR_FORMAT, "imported net: layer %d: weight %zu is -32768; the range is -32767..32767", layer, i);
		d->weight[i] = (int16_t)(v < 0x8000 ? v : v - 0x10000);
	}
	for (int i = 0; i < d->out; i++) {
		uint64_t v = rd_u64(r), size = v >> 63 ? ~v + 1 : v;
		if (size > (uint64_t)NN_LEELA_DENSE_BIAS_MAX)
			return err_set(e, ERR_FORMAT, "imported net: layer %d: bias %d is out of range", layer, i);
		d->bias[i] = v >> 63 ? -(int64_t)size : (int64_t)size;
	}
	return get_numbers(r, d->mult, d->out, 0, NN_LEELA_MULT_MAX, "multiplier", layer, e);
}

/* Bytes after the header; the fields are not checked yet, and 16 bits wide: below 2^53. */
static uint64_t body_bytes(const struct nn_leela_shape *s)
{
	uint64_t p = (uint64_t)s->size * (uint64_t)s->size, f = (uint64_t)s->filters, b = (uint64_t)s->blocks, h = (uint64_t)s->hidden;
	uint64_t convs = f * 9 * (NN_LEELA_PLANES + 2 * b * f) + (1 + 2 * b) * f * 8 + (1 + b) * f * 4;
	return convs + 2 * (3 * f + 2 * p * (p + 1) + p * h + h) + 12 * (3 + p + 1 + h + 1);
}

struct nn_leela *nn_leela_read(const void *p, size_t len, struct err *e)
{
	struct rd r = rd_make(p, len);
	struct nn_leela_shape s;
	struct hash source;
	if (read_header(&r, &s, &source, e))
		return NULL;
	if (body_bytes(&s) != r.left) {
		err_set(e, ERR_FORMAT, "imported net of %d blocks, %d filters needs %llu bytes after its header; the file has %zu",
		        s.blocks, s.filters, (unsigned long long)body_bytes(&s), r.left);
		return NULL;
	}
	struct nn_leela *n = nn_leela_new(&s, e);
	if (!n)
		return NULL;
	n->source = source;
	int rc = 0;
	for (int i = 0; i < n->convs && !rc; i++)
		rc = get_conv(&r, &n->conv[i], i, e);
	for (int i = 0; i < NN_LEELA_DENSE && !rc; i++)
		rc = get_dense(&r, &n->dense[i], n->convs + i, e);
	if (rc) {
		nn_leela_free(n);
		return NULL;
	}
	if (nn_leela_pack(n) == 0)
		return n;
	nn_leela_free(n);
	err_set(e, ERR_MEMORY, "out of memory for a net of %d blocks, %d filters", s.blocks, s.filters);
	return NULL;
}
