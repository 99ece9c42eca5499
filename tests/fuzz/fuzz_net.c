/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The net file.  What is accepted is written again byte for byte, and has a forward pass that is defined (a checker of
 * undefined behaviour looks) and the same with every set of kernels. */
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

static struct nn_work *forward(const struct nn_net *net, unsigned flags, int size, uint64_t key)
{
	struct nn_kernels k;
	struct nn_work *w = nn_work_new(&net->shape, size, 2, false);
	uint8_t planes[5 * 5 * NN_PLANES_MAX];
	MUST(w);
	nn_kernels_init(&k, flags);
	for (int i = 0; i < 2; i++) {
		for (int p = 0; p < size * size * net->shape.planes; p++)
			planes[p] = (uint8_t)(i ? 127 : rng_below(key, (uint64_t)p, 128));
		nn_work_input(w, i, planes);
	}
	nn_forward(&k, net, w, 2);
	return w;
}

static void accepted(const struct nn_net *net, const struct buf *file)
{
	struct buf again = {0};
	nn_net_write(net, &again);
	fuzz_same(&again, file);
	buf_release(&again);
	int size = 2 + (int)(file->len % 4);
	struct nn_work *plain = forward(net, 0, size, file->data[file->len - 1]);
	struct nn_work *fast = forward(net, nn_cpu_flags(), size, file->data[file->len - 1]);
	MUST(memcmp(plain->point_out, fast->point_out, (size_t)(2 * size * size * NN_POINT_OUT) * 4) == 0);
	MUST(memcmp(plain->global_out, fast->global_out, 2 * NN_GLOBAL_OUT * 4) == 0);
	nn_work_free(plain);
	nn_work_free(fast);
}

/* The first byte: 0 or 1, changes of a good file; else a file. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct buf file = {0};
	struct err e;
	int how = rd_u8(&in);
	if (how < 2) {
		good_file(&file, how);
		fuzz_patch(file.data, file.len, &in);
	} else {
		buf_bytes(&file, in.p, in.left);
	}
	struct nn_net *net = nn_net_read(file.data, file.len, &e);
	if (net)
		accepted(net, &file);
	nn_net_free(net);
	buf_release(&file);
	return 0;
}
