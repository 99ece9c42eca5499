/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the exports share: a net's origin in words, and names of layers. */
#ifndef MIAI_WEIGHTS_EXPORT_INT_H
#define MIAI_WEIGHTS_EXPORT_INT_H

#include "weights/export.h"

enum { EXPORT_FACTS = 8, EXPORT_NAME = 32 };

struct export_fact {
	const char *key;
	char value[80];
};

void weights_facts(const struct nn_net *n, const struct weights_origin *o, struct export_fact out[EXPORT_FACTS]);
void weights_layer_name(const struct nn_shape *s, int layer, char name[EXPORT_NAME]);

#endif
