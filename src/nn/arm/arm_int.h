/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the arm kernels: a load. */
#ifndef MIAI_NN_ARM_INT_H
#define MIAI_NN_ARM_INT_H

#include "nn/unroll_int.h"

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

/* Four bytes, in memory's order, four times. */
NN_INLINE int8x16_t nn_quads(const int8_t *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

#endif
