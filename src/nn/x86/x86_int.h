/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Private to the x86 kernels: unaligned loads and stores. */
#ifndef MIAI_NN_X86_INT_H
#define MIAI_NN_X86_INT_H

#include "nn/unroll_int.h"

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

/* Four bytes, in memory's order, for a broadcast. */
NN_INLINE int32_t nn_load4(const void *p)
{
	int32_t v;
	memcpy(&v, p, sizeof v);
	return v;
}

NN_INLINE __m128i nn_load16(const void *p)
{
	return _mm_loadu_si128((const __m128i_u *)p);
}

NN_INLINE __m256i nn_load32(const void *p)
{
	return _mm256_loadu_si256((const __m256i_u *)p);
}

NN_INLINE void nn_store16(void *p, __m128i v)
{
	_mm_storeu_si128((__m128i_u *)p, v);
}

NN_INLINE void nn_store32(void *p, __m256i v)
{
	_mm256_storeu_si256((__m256i_u *)p, v);
}

/* The largest of eight lanes, none negative. */
NN_INLINE uint32_t nn_largest(__m256i v)
{
	__m128i m = _mm_max_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
	m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0x4e));
	m = _mm_max_epi32(m, _mm_shuffle_epi32(m, 0xb1));
	return (uint32_t)_mm_cvtsi128_si32(m);
}

#endif
