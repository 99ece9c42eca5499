/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checkpoint file: docs/formats/checkpoint.md. */
#include "train/train_int.h"

#include <string.h>

static const char magic[8] = {'m', 'i', 'a', 'i', 'c', 'h', 'k', 'p'};
enum { FORMAT = 1 };

static void write_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	(void)limit;
	for (int i = 0; i < n; i++)
		buf_i32(ctx, v[i]);
}

void train_write(const struct train_state *t, struct buf *out)
{
	size_t start = out->len;

	buf_bytes(out, magic, sizeof magic);
	buf_u32(out, FORMAT);
	buf_u32(out, NN_NUMERICS);
	buf_u8(out, (uint8_t)t->shape.planes);
	buf_u8(out, (uint8_t)t->shape.plane_exp);
	buf_u16(out, (uint16_t)t->shape.blocks);
	buf_u16(out, (uint16_t)t->shape.channels);
	buf_u16(out, (uint16_t)t->shape.head);
	buf_u64(out, t->step);
	buf_bytes(out, t->act_exp, (size_t)t->acts);
	/* state_arrays lends its arrays for writing too; write_array only reads them. */
	union {
		const struct train_state *in;
		struct train_state *out;
	} lend = {t};
	train_state_arrays(lend.out, write_array, out);
	struct hash h = sha256_of(out->data + start, out->failed ? 0 : out->len - start);
	buf_bytes(out, h.b, sizeof h.b);
}

struct reader {
	struct rd r;
	bool out_of_range;
	uint64_t values; /* read so far */
};

static void read_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	struct reader *in = ctx;

	for (int i = 0; i < n && !in->out_of_range; i++, in->values++) {
		v[i] = rd_i32(&in->r);
		in->out_of_range = v[i] < -limit || v[i] > limit;
	}
}

static int read_header(struct rd *r, struct nn_shape *s, uint64_t *step, struct err *e)
{
	const uint8_t *m = rd_bytes(r, sizeof magic);
	if (!m || memcmp(m, magic, sizeof magic) != 0)
		return err_set(e, ERR_FORMAT, "not a miai checkpoint: the first 8 bytes are not \"miaichkp\"");
	uint32_t format = rd_u32(r), numerics = rd_u32(r);
	if (format != FORMAT || numerics != NN_NUMERICS)
		return err_set(e, ERR_FORMAT, "checkpoint of format %u, arithmetic version %u; this program knows %d and %d", format, numerics,
		               FORMAT, NN_NUMERICS);
	s->planes = rd_u8(r);
	s->plane_exp = rd_u8(r);
	s->blocks = rd_u16(r);
	s->channels = rd_u16(r);
	s->head = rd_u16(r);
	*step = rd_u64(r);
	if (r->bad)
		return err_set(e, ERR_FORMAT, "checkpoint ends inside its header");
	return nn_shape_check(s, e) ? ERR_FORMAT : 0;
}

static void count_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	(void)v;
	(void)limit;
	*(uint64_t *)ctx += 4 * (uint64_t)n;
}

/* The last 32 bytes are the hash of all before: a checkpoint of a generation under way is named by no ledger yet. */
static int check_hash(const uint8_t *p, size_t n, struct err *e)
{
	struct hash is = sha256_of(p, n);

	if (memcmp(is.b, p + n, sizeof is.b) != 0)
		return err_set(e, ERR_FORMAT, "checkpoint is damaged: its last 32 bytes are not the SHA-256 of the rest");
	return 0;
}

/* The part between the header and the hash. */
static int read_body(struct rd *r, struct train_state *t, struct err *e)
{
	uint64_t want = (uint64_t)t->acts;
	train_state_arrays(t, count_array, &want);
	if (r->left != want)
		return err_set(e, ERR_FORMAT, "checkpoint of this shape needs %llu bytes after its header, and a hash; the file has %zu",
		               (unsigned long long)want, r->left);
	memcpy(t->act_exp, rd_bytes(r, (size_t)t->acts), (size_t)t->acts);
	for (int i = 0; i < t->acts; i++)
		if (t->act_exp[i] < NN_ACT_EXP_MIN || t->act_exp[i] > NN_ACT_EXP_MAX)
			return err_set(e, ERR_FORMAT, "checkpoint: activation exponent %d of tensor %d is not in %d..%d", t->act_exp[i], i,
			               NN_ACT_EXP_MIN, NN_ACT_EXP_MAX);
	struct reader in = {.r = *r};
	train_state_arrays(t, read_array, &in);
	if (in.out_of_range)
		return err_set(e, ERR_FORMAT, "checkpoint: value %llu is out of range", (unsigned long long)in.values);
	return 0;
}

struct train_state *train_read(const void *p, size_t n, struct err *e)
{
	size_t body = n < sizeof(struct hash) ? 0 : n - sizeof(struct hash);
	struct rd r = rd_make(p, body);
	struct nn_shape s = {0};
	uint64_t step = 0;

	if (read_header(&r, &s, &step, e) || check_hash(p, body, e))
		return NULL;
	/* A state costs memory in proportion to its file: refuse before allocating for a short one. */
	if (r.left < (size_t)s.blocks * 2 * 9 * (size_t)s.channels * (size_t)s.channels * 8) {
		err_set(e, ERR_FORMAT, "checkpoint of %d blocks, %d channels is cut short at %zu bytes", s.blocks, s.channels, n);
		return NULL;
	}
	struct train_state *t = train_state_alloc(&s, e);
	if (!t)
		return NULL;
	t->step = step;
	if (read_body(&r, t, e)) {
		train_free(t);
		return NULL;
	}
	return t;
}
