/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the arm kernels: a load, and two words to the compiler.
 *
 * A tile is a function with its size as an argument that is constant wherever it is called; NN_INLINE makes copies of
 * it, NN_UNROLL its loops straight lines, and so its array of sums registers.  NN_NO_UNROLL keeps a loop one, where its
 * many addresses would have to be kept otherwise. */
#ifndef MIAI_NN_ARM_INT_H
#define MIAI_NN_ARM_INT_H

#include <arm_neon.h>
#include <stdint.h>
#include <string.h>

#define NN_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define NN_UNROLL _Pragma("clang loop unroll(full)")
#define NN_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define NN_UNROLL _Pragma("GCC unroll 16")
#define NN_NO_UNROLL _Pragma("GCC unroll 1")
#endif

/* Four bytes, in memory's order, four times. */
NN_INLINE int8x16_t nn_quads(const int8_t *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return vreinterpretq_s8_s32(vdupq_n_s32(v));
}

#endif
