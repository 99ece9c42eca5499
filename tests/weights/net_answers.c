/* SPDX-License-Identifier: GPL-3.0-or-later */
/* net_answers make SEED FILE: writes a net with everything drawn, of exponents at their ends too.
 * net_answers SIZE FILE: answers of a net to four drawn positions of that size, in plain C, as lines of numbers: planes point
 * by point, then points, then globals.
 * net_answers imported FILE: the same of an imported net and its size, with whatever the processor has: planes, then policy,
 * then value. */
#include "base/file.h"
#include "base/rng.h"
#include "nn/forward.h"
#include "nn/leela.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POSITIONS = 4 };

static int make(const char *seed, const char *path)
{
	const struct nn_shape s = {16, 4, 2, 32, 16};
	struct nn_net *n = nn_net_new(&s, NULL);
	uint64_t key = rng_key(strtoull(seed, NULL, 10), RNG_TEST), at = 0;
	struct buf b = {0};
	for (int i = 0; i < n->layers; i++) {
		struct nn_layer *l = &n->layer[i];
		l->exp = (int)rng_below(key, at++, NN_WEIGHT_EXP_MAX + 1);
		for (int k = 0; k < l->info.co * l->info.taps * l->info.ci; k++)
			l->weight[k] = (int8_t)((int)rng_below(key, at++, 255) - 127);
		for (int c = 0; c < l->info.co; c++)
			l->bias[c] = (int32_t)rng_below(key, at++, 1 << 26) - (1 << 25);
	}
	for (int a = 0; a < n->acts; a++)
		n->act_exp[a] = (uint8_t)(NN_ACT_EXP_MIN + rng_below(key, at++, NN_ACT_EXP_MAX - NN_ACT_EXP_MIN + 1));
	nn_net_write(n, &b);
	nn_net_free(n);
	int rc = file_write(path, b.data, b.len, NULL);
	buf_release(&b);
	return rc != 0;
}

static void line(const int32_t *v, int n)
{
	for (int i = 0; i < n; i++)
		printf("%d ", v[i]);
	putchar('\n');
}

static int answers(int size, const char *path)
{
	struct nn_kernels k;
	struct nn_net *n = nn_net_load(path, NULL, NULL);
	nn_kernels_init(&k, 0);
	struct nn_work *w = n ? nn_work_new(&n->shape, size, POSITIONS, false) : NULL;
	if (!w)
		return 1;
	int count = size * size * n->shape.planes;
	uint8_t *planes = malloc((size_t)count);
	for (int i = 0; i < POSITIONS; i++) {
		for (int p = 0; p < count; p++) {
			planes[p] = (uint8_t)(i == 3 ? 127 : rng_below(rng_key((uint64_t)i, RNG_TEST), (uint64_t)p, i ? 128 : 2) * (i ? 1u : 16u));
			printf("%d ", planes[p]);
		}
		putchar('\n');
		nn_work_input(w, i, planes);
	}
	nn_forward(&k, n, w, POSITIONS);
	for (int i = 0; i < POSITIONS; i++) {
		line(w->point_out + i * size * size * NN_POINT_OUT, size * size * NN_POINT_OUT);
		line(w->global_out + i * NN_GLOBAL_OUT, NN_GLOBAL_OUT);
	}
	free(planes);
	nn_work_free(w);
	nn_net_free(n);
	return 0;
}

static int imported(const char *path)
{
	struct nn_kernels k;
	struct nn_net *n = nn_net_load_any(path, NULL, NULL);
	struct nn_leela_work *w = n && n->leela ? nn_leela_work_new(&n->leela->shape, POSITIONS) : NULL;
	uint8_t planes[NN_LEELA_SIZE_MAX * NN_LEELA_SIZE_MAX * NN_LEELA_PLANES];
	nn_kernels_init(&k, nn_cpu_flags());
	if (!w)
		return 1;
	for (int i = 0; i < POSITIONS; i++) {
		for (int p = 0; p < w->points * NN_LEELA_PLANES; p++) {
			planes[p] = (uint8_t)(i == 3 || rng_below(rng_key((uint64_t)i, RNG_TEST), (uint64_t)p, 2 + 3 * (uint32_t)i) == 0);
			printf("%d ", planes[p]);
		}
		putchar('\n');
		nn_leela_input(w, i, planes);
	}
	nn_leela_forward(&k, n->leela, w, POSITIONS);
	for (int i = 0; i < POSITIONS; i++) {
		line(w->policy + i * (w->points + 1), w->points + 1);
		line(w->value + i, 1);
	}
	nn_leela_work_free(w);
	nn_net_free(n);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[1], "make") == 0)
		return make(argv[2], argv[3]);
	if (argc == 3 && strcmp(argv[1], "imported") == 0)
		return imported(argv[2]);
	return argc == 3 ? answers((int)strtol(argv[1], NULL, 10), argv[2]) : 2;
}
