/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/watch_int.h"

#include <stdlib.h>

int nn_work_watch(struct nn_work *w)
{
	w->watch = calloc(1, sizeof *w->watch);
	if (!w->watch)
		return ERR_MEMORY;
	w->watch->echo = aligned_alloc(64, NN_ECHO_BYTES);
	return w->watch->echo ? 0 : ERR_MEMORY;
}

void nn_watch_tensor(const struct nn_kernels *k, const struct nn_work *w, const char *what, int which, const void *p, size_t n,
                     uint64_t words)
{
	if (nn_words(p, n) != words)
		nn_guard_report(k->guard, "checks: thread %d, forward pass: %s %d was not in memory what was computed", w->thread,
		                what, which);
}

void nn_watch_sums(const struct nn_kernels *k, const struct nn_work *w, int layer, const struct nn_layer *l, const struct nn_mm *m)
{
	int bad = nn_check_mm_u8(m, l->sum);

	atomic_fetch_add_explicit(&k->guard->checked, 1, memory_order_relaxed);
	if (bad >= 0)
		nn_guard_report(k->guard, "checks: thread %d, forward pass: the sums of layer %d (%s), row %d of a tile, do not add up",
		                w->thread, layer, l->info.what, bad);
}
