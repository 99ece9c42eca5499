/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small net with weights by chance, for Go's planes. */
#ifndef MIAI_TESTS_SEARCH_RANDOM_NET_H
#define MIAI_TESTS_SEARCH_RANDOM_NET_H

#include "base/rng.h"
#include "games/go/go.h"
#include "nn/net.h"

/* Weights are even in -127..127, of size 2^-9 or so: sums of some 144 of them with activations neither vanish nor
 * saturate everywhere. */
static inline struct nn_net *random_net(uint64_t seed)
{
	struct nn_shape shape = {GO_PLANES, GO_PLANE_EXP, .blocks = 2, .channels = 16, .head = 16};
	struct nn_net *n = nn_net_new(&shape, NULL);
	for (int i = 0; n && i < n->layers; i++) {
		struct nn_layer *l = &n->layer[i];
		uint64_t key = rng_key(rng_key(seed, RNG_TEST), (uint64_t)i);
		int weights = l->info.co * l->info.taps * l->info.ci;
		l->exp = l->info.kind == NN_CONV_WS ? 9 : 8;
		for (int k = 0; k < weights; k++)
			l->weight[k] = (int8_t)((int)rng_below(key, (uint64_t)k, 255) - 127);
		for (int k = 0; k < l->info.co; k++)
			l->bias[k] = (int32_t)rng_below(key, (uint64_t)(weights + k), 1 << 22) - (1 << 21);
	}
	if (n)
		nn_net_pack(n);
	return n;
}

#endif
