/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights files of leela-zero and imported nets.  What is read as weights can be imported or is refused, and the net that
 * comes out is written, read and written alike; what is read as an imported net has a forward pass that is defined (a
 * checker of undefined behaviour looks) and the same with every set of kernels that the machine has. */
#include "fuzz.h"

#include "weights/weights.h"

static void make_text(struct buf *out)
{
	static const char *const number[] = {"0.5", "-1.25", "1e-3", "2", "-0.03125", "0.1"};
	const int f = 2, p = 4, h = 2;
	const int count[] = {f * 162, f, f, f, f * f * 9, f, f, f, f * f * 9, f, f, f, 2 * f, 2, 2, 2, 2 * p * (p + 1), p + 1,
	                     f, 1, 1, 1, h * p, h, h, 1};
	buf_printf(out, "1\n");
	for (size_t i = 0, k = 0; i < sizeof count / sizeof *count; i++)
		for (int n = 0; n < count[i]; n++, k++)
			buf_printf(out, "%s%c", (i < 12 && i % 4 == 3) || i == 15 || i == 21 ? "1" : number[k % 6],
			           n + 1 < count[i] ? ' ' : '\n');
}

static void make_net(struct buf *out)
{
	struct nn_leela *n = nn_leela_new(&(struct nn_leela_shape){3, 1, 3, 2, 1}, NULL);
	MUST(n);
	for (int i = 0; i < n->convs; i++)
		for (int o = 0; o < 3; o++) {
			n->conv[i].mult[o] = 1 << 20;
			n->conv[i].weight[o * 9 * n->conv[i].ci + 4] = 100;
		}
	nn_leela_write(n, out);
	nn_leela_free(n);
}

/* A good text, 0, or a good net, 1. */
static void good_file(struct buf *out, int how)
{
	static struct buf made[2];
	if (!made[how].len)
		(how ? make_net : make_text)(&made[how]);
	buf_bytes(out, made[how].data, made[how].len);
}

static void answer(const struct nn_leela *n, unsigned flags, struct nn_leela_work *w)
{
	struct nn_kernels k;
	uint8_t planes[NN_LEELA_SIZE_MAX * NN_LEELA_SIZE_MAX * NN_LEELA_PLANES];
	for (size_t i = 0; i < sizeof planes; i++)
		planes[i] = (uint8_t)(i * 7 % 3 == 0);
	nn_kernels_init(&k, flags);
	nn_leela_input(w, 0, planes);
	nn_leela_forward(&k, n, w, 1);
}

static void net_file(const struct buf *file)
{
	struct buf again = {0};
	struct err e;
	struct nn_leela *n = nn_leela_read(file->data, file->len, &e);
	if (!n)
		return;
	nn_leela_write(n, &again);
	fuzz_same(&again, file);
	struct nn_leela_work *a = nn_leela_work_new(&n->shape, 1), *b = nn_leela_work_new(&n->shape, 1);
	MUST(a && b);
	answer(n, 0, a);
	for (unsigned have = nn_cpu_flags(), flags = -have & have; flags; flags = (flags - have) & have) {
		answer(n, flags, b);
		MUST(memcmp(a->policy, b->policy, (size_t)(a->points + 1) * 4) == 0 && a->value[0] == b->value[0]);
	}
	nn_leela_work_free(a);
	nn_leela_work_free(b);
	nn_leela_free(n);
	buf_release(&again);
}

static void text_file(const struct buf *file)
{
	struct buf net = {0};
	struct nn_kernels k;
	struct weights_cost cost;
	struct err e;
	struct weights *w = weights_read(file->data, file->len, &e);
	if (!w)
		return;
	nn_kernels_init(&k, nn_cpu_flags());
	struct nn_leela *n = weights_import(w, &k, 4, 1, &cost, &e);
	if (n) {
		nn_leela_write(n, &net);
		nn_leela_free(n);
		MUST(nn_leela_is(net.data, net.len));
		n = nn_leela_read(net.data, net.len, &e);
		MUST(n);
		nn_leela_free(n);
		net_file(&net);
	}
	weights_free(w);
	buf_release(&net);
}

/* The first byte: 0, changes of a good text; 1, of a good net; 2, a packed or plain file; else a net. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct buf file = {0};
	struct err e;
	int how = rd_u8(&in);
	if (how < 2) {
		good_file(&file, how);
		fuzz_patch(file.data, file.len, &in);
	} else if (how > 2) {
		buf_bytes(&file, in.p, in.left);
	} else if (weights_unpack(&file, in.p, in.left, &e)) {
		buf_clear(&file);
	}
	if (how == 1 || how > 2)
		net_file(&file);
	else
		text_file(&file);
	buf_release(&file);
	return 0;
}
