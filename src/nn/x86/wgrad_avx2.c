/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The weight gradient by vpmaddubsw, the four positions of a quad being the inner sum.  x in 0..127 and g in -127..127:
 * a pair is at most 2 * 127 * 127 = 32258, so 16 bits hold it. */
#include "nn/kernels_int.h"
#include "nn/x86/x86_int.h"

enum { OUT = 4, IN = 16 };

/* The rows o..o+3 and columns j..j+15 of one tap's matrix: adds what quad q has to say. */
NN_INLINE void tile(const struct nn_wgrad *m, int q, int t, int o, int j)
{
	const __m256i ones = _mm256_set1_epi16(1);
	const ptrdiff_t gs = (ptrdiff_t)m->co * 4, xs = (ptrdiff_t)m->ci * 4, base = (ptrdiff_t)q * m->padded;
	const int8_t *g = m->g + base * gs + o * 4;
	const uint8_t *x = m->x + (base + m->tap[t]) * xs + j * 4;
	int32_t *dw = m->dw + ((ptrdiff_t)t * m->co + o) * m->ci + j;
	__m256i sum[OUT][2];
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		sum[r][0] = nn_load32(dw + r * m->ci);
		sum[r][1] = nn_load32(dw + r * m->ci + 8);
	}
	for (int i = 0; i < m->points; i++) {
		const int8_t *gp = g + m->point[i] * gs;
		const uint8_t *xp = x + m->point[i] * xs;
		const __m256i x0 = nn_load32(xp), x1 = nn_load32(xp + 32);
		NN_UNROLL
		for (int r = 0; r < OUT; r++) {
			const __m256i v = _mm256_set1_epi32(nn_load4(gp + 4 * r));
			const __m256i d0 = _mm256_madd_epi16(_mm256_maddubs_epi16(x0, v), ones);
			const __m256i d1 = _mm256_madd_epi16(_mm256_maddubs_epi16(x1, v), ones);
			sum[r][0] = _mm256_add_epi32(sum[r][0], d0);
			sum[r][1] = _mm256_add_epi32(sum[r][1], d1);
		}
	}
	NN_UNROLL
	for (int r = 0; r < OUT; r++) {
		nn_store32(dw + r * m->ci, sum[r][0]);
		nn_store32(dw + r * m->ci + 8, sum[r][1]);
	}
}

/* Quad by quad, so that its two tensors stay in the cache for all tiles and taps. */
void nn_wgrad_avx2(const struct nn_wgrad *m)
{
	memset(m->dw, 0, sizeof *m->dw * (size_t)m->taps * (size_t)m->co * (size_t)m->ci);
	for (int q = 0; q < m->quads; q++)
		for (int j = 0; j < m->ci; j += IN)
			for (int o = 0; o < m->co; o += OUT)
				for (int t = 0; t < m->taps; t++)
					tile(m, q, t, o, j);
}
