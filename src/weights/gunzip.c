/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weights/weights.h"

#include <string.h>
#include <zlib.h>

static int inflate_all(z_stream *z, struct buf *out, struct err *e)
{
	enum { PIECE = 1 << 20 };
	int rc = Z_OK;
	while (rc == Z_OK) {
		if (out->len > WEIGHTS_FILE_MAX)
			return err_set(e, ERR_FORMAT, "gzip: unpacks to more than %d bytes, which no net does", WEIGHTS_FILE_MAX);
		uint8_t *to = buf_extend(out, PIECE);
		if (!to)
			return err_set(e, ERR_MEMORY, "gzip: no memory for what it holds");
		z->next_out = to;
		z->avail_out = PIECE;
		rc = inflate(z, Z_NO_FLUSH);
		out->len -= z->avail_out;
		if (rc == Z_STREAM_END && z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b)
			rc = inflateReset(z); /* one more member */
	}
	if (rc == Z_STREAM_END)
		return 0;
	return rc == Z_MEM_ERROR ? err_set(e, ERR_MEMORY, "gzip: no memory to unpack")
	                         : err_set(e, ERR_FORMAT, "gzip: damaged or cut short after %zu bytes of text: fetch the file again",
	                                   out->len);
}

int weights_unpack(struct buf *out, const void *p, size_t n, struct err *e)
{
	enum { ANY_WINDOW_GZIP = 15 + 16 };
	const uint8_t *bytes = p;
	buf_clear(out);
	if (n > WEIGHTS_FILE_MAX)
		return err_set(e, ERR_FORMAT, "a file of more than %d bytes, which no net has", WEIGHTS_FILE_MAX);
	if (n < 2 || bytes[0] != 0x1f || bytes[1] != 0x8b) {
		buf_bytes(out, p, n);
		return out->failed ? err_set(e, ERR_MEMORY, "no memory for the text") : 0;
	}
	z_stream z;
	memset(&z, 0, sizeof z);
	if (inflateInit2(&z, ANY_WINDOW_GZIP) != Z_OK)
		return err_set(e, ERR_MEMORY, "gzip: no memory to unpack");
	memcpy(&z.next_in, &bytes, sizeof bytes); /* zlib only reads there, but its type does not say so */
	z.avail_in = (uInt)n;
	int rc = inflate_all(&z, out, e);
	inflateEnd(&z);
	return rc;
}
