/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The net file.  What is accepted is written again byte for byte, and has a forward pass that is defined (a checker of
 * undefined behaviour looks) and the same with every set of kernels that the machine has. */
#include "fuzz.h"

#include "base/rng.h"
#include "nn/forward.h"

/* A good file: small, or a little larger; every weight and exponent drawn. */
static void make_good(struct buf *out, int larger)
{
	const struct nn_shape s = {16, 4, larger ? 2 : 1, larger ? 32 : 16, 16};
	struct nn_net *n = nn_net_new(&s, NULL);
	uint64_t key = rng_key(1, RNG_TEST), at = 0;
	MUST(n);
	for (int i = 0; i < n->layers; i++) {
		struct nn_layer *l = &n->layer[i];
		l->exp = (int)rng_below(key, at++, 9);
		for (int k = 0; k < l->info.co * l->info.taps * l->info.ci; k++)
			l->weight[k] = (int8_t)((int)rng_below(key, at++, 255) - 127);
		for (int c = 0; c < l->info.co; c++)
			l->bias[c] = (int32_t)rng_below(key, at++, 1 << 29) - (1 << 28) + 1;
	}
	for (int a = 0; a < n->acts; a++)
		n->act_exp[a] = (uint8_t)(NN_ACT_EXP_MIN + rng_below(key, at++, NN_ACT_EXP_MAX - NN_ACT_EXP_MIN + 1));
	nn_net_write(n, out);
	nn_net_free(n);
}

static void good_file(struct buf *out, int larger)
{
	static struct buf made[2];
	if (!made[larger].len)
		make_good(&made[larger], larger);
	buf_bytes(out, made[larger].data, made[larger].len);
}

/* Boards, and how many: the last two have 16 tiles, enough for Winograd (nn/conv.c), on 7x7 of all forms. */
static const struct batch {
	int size, n;
} batches[] = {{2, 2}, {3, 2}, {4, 2}, {5, 2}, {3, 16}, {7, 4}};
enum { BATCHES = sizeof batches / sizeof *batches };

/* The second position, and every other one, is full of the largest values. */
static struct nn_work *forward(const struct nn_net *net, unsigned flags, const struct batch *b, uint64_t key)
{
	struct nn_kernels k;
	struct nn_work *w = nn_work_new(&net->shape, b->size, b->n, false);
	uint8_t planes[7 * 7 * NN_PLANES_MAX];
	MUST(w);
	nn_kernels_init(&k, flags);
	for (int i = 0; i < b->n; i++) {
		for (int p = 0; p < b->size * b->size * net->shape.planes; p++)
			planes[p] = (uint8_t)(i % 2 ? 127 : rng_below(key + (uint64_t)i, (uint64_t)p, 128));
		nn_work_input(w, i, planes);
	}
	nn_forward(&k, net, w, b->n);
	return w;
}

/* Every subset of what the machine has against plain C. */
static void same_answers(const struct nn_net *net, const struct batch *b, uint64_t key)
{
	const unsigned have = nn_cpu_flags();
	struct nn_work *plain = forward(net, 0, b, key);
	for (unsigned flags = -have & have; flags; flags = (flags - have) & have) {
		struct nn_work *fast = forward(net, flags, b, key);
		MUST(memcmp(plain->point_out, fast->point_out, (size_t)(b->n * b->size * b->size * NN_POINT_OUT) * 4) == 0);
		MUST(memcmp(plain->global_out, fast->global_out, (size_t)(b->n * NN_GLOBAL_OUT) * 4) == 0);
		nn_work_free(fast);
	}
	nn_work_free(plain);
}

static void accepted(const struct nn_net *net, const struct buf *file, const struct batch *b)
{
	struct buf again = {0};
	nn_net_write(net, &again);
	fuzz_same(&again, file);
	buf_release(&again);
	same_answers(net, b, file->data[file->len - 1]);
}

/* The first byte, modulo 4: 0 or 1, changes of a good file; else a file.  The rest of it chooses a batch. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct buf file = {0};
	struct err e;
	int how = rd_u8(&in);
	if (how % 4 < 2) {
		good_file(&file, how % 4);
		fuzz_patch(file.data, file.len, &in);
	} else {
		buf_bytes(&file, in.p, in.left);
	}
	struct nn_net *net = nn_net_read(file.data, file.len, &e);
	if (net)
		accepted(net, &file, &batches[how / 4 % BATCHES]);
	nn_net_free(net);
	buf_release(&file);
	return 0;
}
