/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient of 3x3 filters by AVX-512 VNNI: transforms (wgrad3_int.h), then one product of 16-bit matrices a
 * frequency, by vpdpwssd, whose sums may wrap. */
#include "nn/x86/wgrad3_int.h"

/* Outputs o..o+7 and 16 * strips inputs of one frequency; strips lie w->pairs * 64 bytes apart, their sums co * 16. */
NN_INLINE void tile(const struct w3 *w, int32_t *sum, const uint8_t *g, const uint8_t *x, int strips)
{
	const ptrdiff_t next = (ptrdiff_t)w->pairs * 64, sum_next = (ptrdiff_t)w->job->co * 16;
	__m512i s[W3_OUT][2];
	NN_UNROLL
	for (int r = 0; r < W3_OUT; r++) {
		s[r][0] = w->add ? _mm512_loadu_si512(sum + 16 * r) : _mm512_setzero_si512();
		s[r][1] = w->add && strips > 1 ? _mm512_loadu_si512(sum + sum_next + 16 * r) : _mm512_setzero_si512();
	}
	for (int p = 0; p < w->pairs; p++, g += 4 * W3_OUT, x += 4 * W3_IN) {
		const __m512i x0 = _mm512_loadu_si512(x), x1 = strips > 1 ? _mm512_loadu_si512(x + next) : x0;
		NN_UNROLL
		for (int r = 0; r < W3_OUT; r++) {
			const __m512i v = _mm512_set1_epi32(nn_load4(g + 4 * r));
			s[r][0] = _mm512_dpwssd_epi32(s[r][0], x0, v);
			if (strips > 1)
				s[r][1] = _mm512_dpwssd_epi32(s[r][1], x1, v);
		}
	}
	NN_UNROLL
	for (int r = 0; r < W3_OUT; r++) {
		_mm512_storeu_si512(sum + 16 * r, s[r][0]);
		if (strips > 1)
			_mm512_storeu_si512(sum + sum_next + 16 * r, s[r][1]);
	}
}

/* One or two strips of 16 inputs stay in the cache while all outputs pass them. */
NN_INLINE void all_outputs(const struct w3 *w, int f, int c, int strips)
{
	const uint8_t *x = w->x + f * w->xs + (ptrdiff_t)c * w->pairs * 64, *g = w->g + f * w->gs;
	int32_t *sum = (int32_t *)(void *)(w->sum + f * w->ss) + (ptrdiff_t)c * w->job->co * 16;

	for (int o = 0; o < w->job->co; o += W3_OUT)
		tile(w, sum + 16 * o, g + (ptrdiff_t)o * w->pairs * 4, x, strips);
}

static void products(const struct w3 *w)
{
	const int all = w->job->ci / W3_IN;

	for (int f = 0; f < w->n * w->n; f++) {
		int c = 0;
		for (; c + 2 <= all; c += 2)
			all_outputs(w, f, c, 2);
		if (c < all)
			all_outputs(w, f, c, 1);
	}
}

void nn_wgrad3_avx512vnni(const struct nn_wgrad3 *job)
{
	w3_run(job, products);
}
