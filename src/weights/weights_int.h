/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef MIAI_WEIGHTS_WEIGHTS_INT_H
#define MIAI_WEIGHTS_WEIGHTS_INT_H

#include "weights/weights.h"

/* Memory for a net of this shape. */
struct weights *weights_new(const struct nn_leela_shape *s, struct err *e);

#endif
