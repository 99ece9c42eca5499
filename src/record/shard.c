/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/shard.h"

#include "base/fixed.h"

#include <inttypes.h>
#include <string.h>

enum {
	SHARD_VERSION = 1,
	SHARD_HEADER = 64,
	SHARD_ONE = 65536,         /* a whole policy, Q16 */
	SHARD_WDL = 32768,         /* win + draw + loss, Q15 */
	SHARD_SCORE_MAX = 4 * 361, /* half points: the board and as much komi */
};
static const uint8_t shard_magic[8] = {'m', 'i', 'a', 'i', 's', 'h', 'r', 'd'};

static inline int shard_points(const struct shard_shape *s)
{
	return s->size * s->size;
}

/* Bytes of a plane: its value, and one bit a point. */
static inline size_t shard_plane_bytes(const struct shard_shape *s)
{
	return 1 + ((size_t)shard_points(s) + 7) / 8;
}

static inline size_t shard_owner_bytes(const struct shard_shape *s)
{
	return ((size_t)shard_points(s) + 3) / 4;
}

/* At most 32 * 47 + 724 + 2 + 91 + 8 = 2329. */
size_t shard_sample_bytes(const struct shard_shape *s)
{
	return (size_t)s->planes * shard_plane_bytes(s) + 2 * ((size_t)shard_points(s) + 1) + 2 + shard_owner_bytes(s) +
	       8;
}

/* Packing */

static inline uint8_t *put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v & 0xff);
	p[1] = (uint8_t)(v >> 8 & 0xff);
	return p + 2;
}

static int pack_planes(const struct shard_shape *s, const uint8_t *in, uint8_t *p, struct err *e)
{
	for (int plane = 0; plane < s->planes; plane++, p += shard_plane_bytes(s))
		for (int point = 0; point < shard_points(s); point++) {
			uint8_t v = in[point * s->planes + plane];
			if (v == 0)
				continue;
			if (v > 127 || (p[0] && p[0] != v))
				return err_set(e, ERR_ARG, "sample: plane %d holds %d at point %d%s", plane, v, point,
				               v > 127 ? "; the most is 127" : " and another value elsewhere");
			p[0] = v;
			p[1 + point / 8] |= (uint8_t)(1 << point % 8);
		}
	return 0;
}

static int check_policy(const struct shard_shape *s, const struct shard_sample *in, struct err *e)
{
	uint32_t sum = 0;
	for (int a = 0; a <= shard_points(s); a++)
		sum += in->policy[a];
	if (sum > SHARD_ONE)
		return err_set(e, ERR_ARG, "sample: the policy's shares sum to %" PRIu32 "; the most is 65536", sum);
	if (in->reply > shard_points(s) && in->reply != SHARD_NO_REPLY)
		return err_set(e, ERR_ARG, "sample: the reply is action %d of a board of %d points", in->reply,
		               shard_points(s));
	return 0;
}

static int check_result(const struct shard_shape *s, const struct shard_sample *in, struct err *e)
{
	for (int point = 0; point < shard_points(s); point++)
		if (in->owner[point] < -1 || in->owner[point] > 1)
			return err_set(e, ERR_ARG, "sample: owner %d at point %d; it is -1, 0 or 1", in->owner[point],
			               point);
	if (in->wdl[0] + in->wdl[1] + in->wdl[2] != SHARD_WDL)
		return err_set(e, ERR_ARG, "sample: win, draw and loss are %d, %d and %d; they sum to 32768",
		               in->wdl[0], in->wdl[1], in->wdl[2]);
	if (in->score_half < -SHARD_SCORE_MAX || in->score_half > SHARD_SCORE_MAX)
		return err_set(e, ERR_ARG, "sample: a lead of %d half points; the most is %d", in->score_half,
		               SHARD_SCORE_MAX);
	return 0;
}

static void pack_targets(const struct shard_shape *s, const struct shard_sample *in, uint8_t *p)
{
	for (int a = 0; a <= shard_points(s); a++)
		p = put16(p, in->policy[a]);
	p = put16(p, in->reply);
	for (int point = 0; point < shard_points(s); point++) {
		int code = in->owner[point] < 0 ? 2 : in->owner[point];
		p[point / 4] |= (uint8_t)(code << 2 * (point % 4));
	}
	p += shard_owner_bytes(s);
	for (int i = 0; i < 3; i++)
		p = put16(p, in->wdl[i]);
	put16(p, (uint32_t)in->score_half & 0xffff);
}

int shard_pack(const struct shard_shape *s, const struct shard_sample *in, struct buf *out, struct err *e)
{
	int rc = check_policy(s, in, e);
	if (rc == 0)
		rc = check_result(s, in, e);
	if (rc < 0)
		return rc;
	size_t n = shard_sample_bytes(s), start = out->len;
	uint8_t *p = buf_extend(out, n);
	if (!p)
		return err_set(e, ERR_MEMORY, "no memory for a sample");
	memset(p, 0, n);
	rc = pack_planes(s, in->planes, p, e);
	if (rc < 0)
		out->len = start;
	else
		pack_targets(s, in, p + (size_t)s->planes * shard_plane_bytes(s));
	return rc;
}

/* Unpacking.  Values out of range are brought into it, each in the way that docs/formats/shard.md gives. */

static inline const uint8_t *get16(const uint8_t *p, int *v)
{
	*v = p[0] | p[1] << 8;
	return p + 2;
}

/* Most planes are sparse or empty: zeros first, then only bytes with a bit set are looked at. */
static void unpack_planes(const struct shard_shape *s, const uint8_t *p, uint8_t *out)
{
	int points = shard_points(s), planes = s->planes;
	memset(out, 0, (size_t)points * (size_t)planes);
	for (int plane = 0; plane < planes; plane++, p += shard_plane_bytes(s)) {
		uint8_t v = p[0] & 127;
		if (v == 0)
			continue;
		for (int first = 0; first < points; first += 8) {
			uint32_t bits = p[1 + first / 8];
			int n = points - first < 8 ? points - first : 8;
			uint8_t *to = out + first * planes + plane;
			for (int i = 0; i < n && bits >> i; i++)
				to[i * planes] = bits >> i & 1 ? v : 0;
		}
	}
}

/* Shares count in action order until they sum to 65536; what is beyond is cut. */
static const uint8_t *unpack_policy(const uint8_t *p, int actions, uint16_t *out)
{
	int left = SHARD_ONE, v;
	for (int a = 0; a < actions; a++) {
		p = get16(p, &v);
		v = v < left ? v : left;
		left -= v;
		out[a] = (uint16_t)v;
	}
	return p;
}

static const uint8_t *unpack_owner(const uint8_t *p, int points, int8_t *out)
{
	static const int8_t owner[4] = {0, 1, -1, 0};
	for (int point = 0; point < points; point++)
		out[point] = owner[p[point / 4] >> 2 * (point % 4) & 3];
	return p + (points + 3) / 4;
}

/* Win first, then draw, within what is left of 32768; loss is the rest. */
static const uint8_t *unpack_wdl(const uint8_t *p, uint16_t *out)
{
	int win, draw;
	p = get16(p, &win);
	p = get16(p, &draw);
	win = win < SHARD_WDL ? win : SHARD_WDL;
	draw = draw < SHARD_WDL - win ? draw : SHARD_WDL - win;
	out[0] = (uint16_t)win;
	out[1] = (uint16_t)draw;
	out[2] = (uint16_t)(SHARD_WDL - win - draw);
	return p + 2;
}

void shard_unpack(const struct shard_shape *s, const uint8_t *p, struct shard_sample *out)
{
	int points = shard_points(s), reply, score;
	unpack_planes(s, p, out->planes);
	p = unpack_policy(p + (size_t)s->planes * shard_plane_bytes(s), points + 1, out->policy);
	p = get16(p, &reply);
	out->reply = (uint16_t)(reply <= points ? reply : SHARD_NO_REPLY);
	p = unpack_owner(p, points, out->owner);
	p = unpack_wdl(p, out->wdl);
	get16(p, &score);
	score = score < 0x8000 ? score : score - 0x10000;
	out->score_half = (int16_t)fx_clamp32(score, -SHARD_SCORE_MAX, SHARD_SCORE_MAX);
}

/* The file */

void shard_header_write(const struct shard *s, struct buf *out)
{
	buf_bytes(out, shard_magic, sizeof shard_magic);
	buf_u32(out, SHARD_VERSION);
	buf_u32(out, (uint32_t)s->shape.size);
	buf_u32(out, (uint32_t)s->shape.planes);
	buf_u32(out, (uint32_t)shard_sample_bytes(&s->shape));
	buf_u32(out, s->generation);
	buf_u32(out, s->count);
	buf_bytes(out, s->recipe.b, sizeof s->recipe.b);
}

static int shard_read_shape(struct shard_shape *s, struct rd *r, struct err *e)
{
	uint32_t size = rd_u32(r), planes = rd_u32(r), bytes = rd_u32(r);
	if (size < 2 || size > 19)
		return err_set(e, ERR_FORMAT, "shard: board size %" PRIu32 "; it is 2 to 19", size);
	if (planes < 1 || planes > SHARD_PLANES_MAX)
		return err_set(e, ERR_FORMAT, "shard: %" PRIu32 " planes; there are 1 to %d", planes, SHARD_PLANES_MAX);
	*s = (struct shard_shape){.size = (int)size, .planes = (int)planes};
	if (bytes != shard_sample_bytes(s))
		return err_set(e, ERR_FORMAT, "shard: samples of %" PRIu32 " bytes; this shape has %zu", bytes,
		               shard_sample_bytes(s));
	return 0;
}

static int shard_read_header(struct shard *s, struct err *e)
{
	struct rd r = rd_make(s->bytes.data, s->bytes.len);
	const uint8_t *magic = rd_bytes(&r, sizeof shard_magic);
	if (!magic || memcmp(magic, shard_magic, sizeof shard_magic) != 0)
		return err_set(e, ERR_FORMAT, "not a shard: it does not begin with 'miaishrd'");
	uint32_t version = rd_u32(&r);
	if (!r.bad && version != SHARD_VERSION)
		return err_set(e, ERR_FORMAT, "shard: format version %" PRIu32 "; this program knows version %d",
		               version, SHARD_VERSION);
	if (s->bytes.len < SHARD_HEADER)
		return err_set(e, ERR_FORMAT, "shard: it ends inside its header of %d bytes", SHARD_HEADER);
	int rc = shard_read_shape(&s->shape, &r, e);
	if (rc < 0)
		return rc;
	s->generation = rd_u32(&r);
	s->count = rd_u32(&r);
	memcpy(s->recipe.b, rd_bytes(&r, sizeof s->recipe.b), sizeof s->recipe.b);
	s->sample = r.p;
	uint64_t want = (uint64_t)s->count * shard_sample_bytes(&s->shape); /* < 2^32 * 2^12 */
	if (r.left != want)
		return err_set(e, ERR_FORMAT, "shard: %zu bytes follow the header; %" PRIu32 " samples need %" PRIu64,
		               r.left, s->count, want);
	return 0;
}

int shard_read(struct shard *s, struct buf *bytes, struct err *e)
{
	*s = (struct shard){.bytes = *bytes};
	*bytes = (struct buf){0};
	int rc = shard_read_header(s, e);
	if (rc < 0)
		shard_release(s);
	return rc;
}

void shard_release(struct shard *s)
{
	buf_release(&s->bytes);
	*s = (struct shard){0};
}
