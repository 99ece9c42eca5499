/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The elementwise operations by AVX2: each vector loop does what one line of ref/elementwise.c does, and hands what is
 * left over (fewer elements than a vector) to that line.  AVX2 packs work in halves of 128 bits; the permutations after
 * them put the quarters back in order. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

/* Any n: the tail is at most 31 bytes of each position, which the C kernel cannot take as its positions are n apart. */
void nn_interleave4_avx2(uint8_t *out, const uint8_t *in, size_t n)
{
	size_t i = 0;
	for (; i + 16 <= n; i += 16) {
		const __m128i a = nn_load16(in + i), b = nn_load16(in + n + i);
		const __m128i c = nn_load16(in + 2 * n + i), d = nn_load16(in + 3 * n + i);
		const __m128i ab = _mm_unpacklo_epi8(a, b), ab_hi = _mm_unpackhi_epi8(a, b);
		const __m128i cd = _mm_unpacklo_epi8(c, d), cd_hi = _mm_unpackhi_epi8(c, d);
		nn_store16(out + 4 * i, _mm_unpacklo_epi16(ab, cd));
		nn_store16(out + 4 * i + 16, _mm_unpackhi_epi16(ab, cd));
		nn_store16(out + 4 * i + 32, _mm_unpacklo_epi16(ab_hi, cd_hi));
		nn_store16(out + 4 * i + 48, _mm_unpackhi_epi16(ab_hi, cd_hi));
	}
	for (; i < n; i++)
		for (size_t b = 0; b < 4; b++)
			out[4 * i + b] = in[b * n + i];
}

/* clamp(x, least, most) * 2^-s, s <= 0. */
NN_INLINE __m256i shift_left(__m256i x, int32_t least, int32_t most, int s)
{
	x = _mm256_min_epi32(_mm256_max_epi32(x, _mm256_set1_epi32(least)), _mm256_set1_epi32(most));
	return _mm256_sll_epi32(x, _mm_cvtsi32_si128(-s));
}

/* rshift(x, s), s > 0, |x| < 2^30: x + 2^(s-1) < 2^30 + 2^29. */
NN_INLINE __m256i shift_right(__m256i x, int s)
{
	return _mm256_sra_epi32(_mm256_add_epi32(x, _mm256_set1_epi32(INT32_C(1) << (s - 1))), _mm_cvtsi32_si128(s));
}

NN_INLINE __m256i biased(const int32_t *acc, const int32_t *bias)
{
	return _mm256_add_epi32(nn_load32(acc), nn_load32(bias));
}

NN_INLINE __m256i relu_scaled(const int32_t *acc, const int32_t *bias, int s)
{
	const __m256i x = biased(acc, bias);
	return s > 0 ? shift_right(x, s) : shift_left(x, 0, 127, s);
}

/* What is in 0..127 already, or saturates on the way to 8 bits: packing to 16 bits and then to unsigned 8 saturates at 0 and 255,
 * so all that is left is the minimum with 127. */
NN_INLINE __m256i relu_packed(__m256i a, __m256i b, __m256i c, __m256i d)
{
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m256i v = _mm256_packus_epi16(_mm256_packs_epi32(a, b), _mm256_packs_epi32(c, d));
	return _mm256_min_epu8(_mm256_permutevar8x32_epi32(v, order), _mm256_set1_epi8(127));
}

/* 32 channels of all rows, s > 0: their biases, with what rounds, stay in registers. */
static void relu_channels(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c, int s)
{
	const __m256i half = _mm256_set1_epi32(INT32_C(1) << (s - 1));
	const __m128i shift = _mm_cvtsi32_si128(s);
	__m256i add[4], v[4];
	NN_UNROLL
	for (int k = 0; k < 4; k++)
		add[k] = _mm256_add_epi32(nn_load32(bias + 8 * k), half);
	for (int r = 0; r < rows; r++, acc += c) {
		NN_UNROLL
		for (int k = 0; k < 4; k++)
			v[k] = _mm256_sra_epi32(_mm256_add_epi32(nn_load32(acc + 8 * k), add[k]), shift);
		nn_store32(out + row[r], relu_packed(v[0], v[1], v[2], v[3]));
	}
}

void nn_relu_rows_avx2(uint8_t *out, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias, int c,
		       int s)
{
	int i = 0;
	for (; s > 0 && i + 32 <= c; i += 32)
		relu_channels(out + i, row, rows, acc + i, bias + i, c, s);
	for (; i < c; i += 16)
		for (int r = 0; r < rows; r++) {
			const __m256i lo = relu_scaled(acc + r * c + i, bias + i, s), hi = relu_scaled(acc + r * c + i + 8, bias + i + 8, s);
			nn_store16(out + row[r] + i, _mm256_castsi256_si128(relu_packed(lo, hi, lo, hi)));
		}
}

/* 16 channels of all rows: their biases, with what rounds, stay in registers.
 * Where s <= 0 the sum is clamped to +-2^19 first: it then stays within 2^19 * 2^10 = 2^29, and where s < 0 a clamped
 * one is still at least 2^20, so that trunk (2^15) and extra (2^17) cannot bring it back below what saturates; where
 * s = 0, 2^19 does as well.
 * The sum of all is below 2^30 + 2^17 + 2^15; packing saturates at -32768 and 32767. */
NN_INLINE void trunk_channels(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
                              const int32_t *extra, int c, int s)
{
	const __m256i half = _mm256_set1_epi32(s > 0 ? INT32_C(1) << (s - 1) : 0), zero = _mm256_setzero_si256();
	const __m256i add0 = _mm256_add_epi32(nn_load32(bias), half), add1 = _mm256_add_epi32(nn_load32(bias + 8), half);
	const __m256i more0 = extra ? nn_load32(extra) : zero, more1 = extra ? nn_load32(extra + 8) : zero;
	const __m128i shift = _mm_cvtsi32_si128(s);
	for (int r = 0; r < rows; r++, acc += c) {
		int16_t *to = t + row[r];
		__m256i lo = _mm256_add_epi32(nn_load32(acc), add0), hi = _mm256_add_epi32(nn_load32(acc + 8), add1);
		lo = s > 0 ? _mm256_sra_epi32(lo, shift) : shift_left(lo, -(1 << 19), 1 << 19, s);
		hi = s > 0 ? _mm256_sra_epi32(hi, shift) : shift_left(hi, -(1 << 19), 1 << 19, s);
		lo = _mm256_add_epi32(_mm256_add_epi32(lo, more0), _mm256_cvtepi16_epi32(nn_load16(to)));
		hi = _mm256_add_epi32(_mm256_add_epi32(hi, more1), _mm256_cvtepi16_epi32(nn_load16(to + 8)));
		const __m256i v = _mm256_permute4x64_epi64(_mm256_packs_epi32(lo, hi), 0xd8);
		nn_store32(to, _mm256_max_epi16(v, _mm256_set1_epi16(-32767)));
	}
}

void nn_trunk_rows_avx2(int16_t *t, const int32_t *row, int rows, const int32_t *acc, const int32_t *bias,
			const int32_t *extra, int c, int s)
{
	for (int i = 0; i < c; i += 16)
		trunk_channels(t + i, row, rows, acc + i, bias + i, extra ? extra + i : NULL, c, s);
}

/* A negative t gives 0 as does t = 0, so zero stands for it; what is left fits 16 bits unsigned, rounding included:
 * 32767 + 2^13.  After the shift it fits them signed, as packing wants. */
void nn_relu_trunk_avx2(uint8_t *out, const int16_t *t, size_t n, int s)
{
	const __m256i half = _mm256_set1_epi16((int16_t)((1 << s) >> 1)), zero = _mm256_setzero_si256();
	const __m128i shift = _mm_cvtsi32_si128(s);
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i lo = _mm256_max_epi16(nn_load32(t + i), zero);
		__m256i hi = _mm256_max_epi16(nn_load32(t + i + 16), zero);
		lo = _mm256_srl_epi16(_mm256_add_epi16(lo, half), shift);
		hi = _mm256_srl_epi16(_mm256_add_epi16(hi, half), shift);
		const __m256i v = _mm256_permute4x64_epi64(_mm256_packus_epi16(lo, hi), 0xd8);
		nn_store32(out + i, _mm256_min_epu8(v, _mm256_set1_epi8(127)));
	}
	nn_relu_trunk_c(out + i, t + i, n - i, s);
}

uint32_t nn_max_abs_avx2(const int32_t *g, size_t n)
{
	__m256i most = _mm256_setzero_si256();
	size_t i = 0;
	for (; i + 8 <= n; i += 8)
		most = _mm256_max_epi32(most, _mm256_abs_epi32(nn_load32(g + i)));
	const uint32_t a = nn_largest(most), b = nn_max_abs_c(g + i, n - i);
	return a > b ? a : b;
}

/* rng_round_bits of base/rng.h, eight lanes at once; x is index + the low half of the key, high the other. */
NN_INLINE __m256i round_bits(__m256i x, __m256i high)
{
	x = _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
	x = _mm256_mullo_epi32(x, _mm256_set1_epi32(INT32_C(0x7feb352d)));
	x = _mm256_xor_si256(_mm256_xor_si256(x, _mm256_srli_epi32(x, 15)), high);
	x = _mm256_mullo_epi32(x, _mm256_set1_epi32((int32_t)UINT32_C(0x846ca68b)));
	return _mm256_xor_si256(x, _mm256_srli_epi32(x, 16));
}

/* |g| + 2^24 < 2^31.  Packing twice saturates at -128 and 127. */
void nn_round_sr_avx2(int8_t *out, const int32_t *g, size_t n, int s, uint64_t key, uint32_t first)
{
	const __m256i mask = _mm256_set1_epi32((INT32_C(1) << s) - 1);
	const __m256i high = _mm256_set1_epi32((int32_t)(key >> 32));
	const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
	const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
	const __m128i shift = _mm_cvtsi32_si128(s);
	__m256i x = _mm256_add_epi32(lanes, _mm256_set1_epi32((int32_t)((uint32_t)key + first)));
	size_t i = 0;
	for (; i + 32 <= n; i += 32) {
		__m256i v[4];
		NN_UNROLL
		for (int k = 0; k < 4; k++) {
			const __m256i bits = _mm256_and_si256(round_bits(x, high), mask);
			v[k] = _mm256_sra_epi32(_mm256_add_epi32(nn_load32(g + i + 8 * k), bits), shift);
			x = _mm256_add_epi32(x, _mm256_set1_epi32(8));
		}
		__m256i b = _mm256_packs_epi16(_mm256_packs_epi32(v[0], v[1]), _mm256_packs_epi32(v[2], v[3]));
		b = _mm256_max_epi8(b, _mm256_set1_epi8(-127));
		nn_store32(out + i, _mm256_permutevar8x32_epi32(b, order));
	}
	nn_round_sr_c(out + i, g + i, n - i, s, key, first + (uint32_t)i);
}
