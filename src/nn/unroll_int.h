/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the vector kernels: what is said to the compiler.
 *
 * A tile is a function with its size as an argument that is constant wherever it is called; NN_INLINE makes copies of
 * it, NN_UNROLL its loops straight lines, and so its array of sums registers.  NN_NO_UNROLL keeps a loop one, where its
 * many addresses would have to be kept otherwise. */
#ifndef MIAI_NN_UNROLL_INT_H
#define MIAI_NN_UNROLL_INT_H

#define NN_INLINE static inline __attribute__((always_inline))
#if defined(__clang__)
#define NN_UNROLL _Pragma("clang loop unroll(full)")
#define NN_NO_UNROLL _Pragma("clang loop unroll(disable)")
#else
#define NN_UNROLL _Pragma("GCC unroll 16")
#define NN_NO_UNROLL _Pragma("GCC unroll 1")
#endif

#endif
