/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai's nets for other programs: docs/formats/export.md. */
#ifndef MIAI_WEIGHTS_EXPORT_H
#define MIAI_WEIGHTS_EXPORT_H

#include "base/bytes.h"
#include "base/sha256.h"
#include "nn/net.h"

/* Where a net comes from, as far as it is known. */
struct weights_origin {
	struct hash net;    /* SHA-256 of its file */
	struct hash entry;  /* the ledger's entry that names it; zeros: not known */
	const char *version; /* of this program; borrowed, short */
};

/* Append the file; out->failed where memory is short. */
void weights_onnx(const struct nn_net *n, const struct weights_origin *o, struct buf *out);
void weights_safetensors(const struct nn_net *n, const struct weights_origin *o, struct buf *out);

#endif
