/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters by AVX2: transforms (wgrad3_int.h), then one product of 16-bit matrices a frequency,
 * by vpmaddwd, whose sums may wrap. */
#include "nn/x86/wgrad3_int.h"

enum { ROWS = 4 };

/* Outputs o..o+3 and inputs j..j+15 of one frequency: g and x are its matrices at these channels. */
NN_INLINE void tile(int32_t *sum, const uint8_t *g, const uint8_t *x, int pairs, bool add)
{
	__m256i s[ROWS][2];
	NN_UNROLL
	for (int r = 0; r < ROWS; r++) {
		s[r][0] = add ? nn_load32(sum + 16 * r) : _mm256_setzero_si256();
		s[r][1] = add ? nn_load32(sum + 16 * r + 8) : _mm256_setzero_si256();
	}
	for (int p = 0; p < pairs; p++, g += 4 * W3_OUT, x += 4 * W3_IN) {
		const __m256i x0 = nn_load32(x), x1 = nn_load32(x + 32);
		NN_UNROLL
		for (int r = 0; r < ROWS; r++) {
			const __m256i v = _mm256_set1_epi32(nn_load4(g + 4 * r));
			s[r][0] = _mm256_add_epi32(s[r][0], _mm256_madd_epi16(x0, v));
			s[r][1] = _mm256_add_epi32(s[r][1], _mm256_madd_epi16(x1, v));
		}
	}
	NN_UNROLL
	for (int r = 0; r < ROWS; r++) {
		nn_store32(sum + 16 * r, s[r][0]);
		nn_store32(sum + 16 * r + 8, s[r][1]);
	}
}

/* A strip of 16 inputs stays in the cache while all outputs pass it. */
static void products(const struct w3 *w)
{
	const struct nn_wgrad3 *j = w->job;

	for (int f = 0; f < w->n * w->n; f++)
		for (int c = 0; c < j->ci / W3_IN; c++) {
			const uint8_t *x = w->x + f * w->xs + (ptrdiff_t)c * w->pairs * 64, *g = w->g + f * w->gs;
			int32_t *sum = (int32_t *)(void *)(w->sum + f * w->ss) + (ptrdiff_t)c * j->co * 16;
			for (int o = 0; o < j->co; o += ROWS)
				tile(sum + 16 * o, g + (ptrdiff_t)(o / W3_OUT) * w->pairs * 32 + o % W3_OUT * 4, x, w->pairs, w->add);
		}
}

void nn_wgrad3_avx2(const struct nn_wgrad3 *job)
{
	w3_run(job, products);
}
