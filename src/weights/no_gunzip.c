/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stands in for gunzip.c where zlib is not there. */
#include "weights/weights.h"

int weights_unpack(struct buf *out, const void *p, size_t n, struct err *e)
{
	const uint8_t *bytes = p;
	buf_clear(out);
	if (n > WEIGHTS_FILE_MAX)
		return err_set(e, ERR_FORMAT, "a file of more than %d bytes, which no net has", WEIGHTS_FILE_MAX);
	if (n >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b)
		return err_set(e, ERR_ARG, "packed by gzip, and this program was built without zlib: unpack it first, with gunzip");
	buf_bytes(out, p, n);
	return out->failed ? err_set(e, ERR_MEMORY, "no memory for the text") : 0;
}
