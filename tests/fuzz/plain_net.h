/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A net for whoever fuzzes a protocol: it knows nothing, but that every point will be the mover's. */
#ifndef MIAI_TESTS_FUZZ_PLAIN_NET_H
#define MIAI_TESTS_FUZZ_PLAIN_NET_H

#include "fuzz.h"

#include "games/go/go.h"
#include "nn/net.h"

/* Made once: it takes longer than most inputs do. */
static inline const struct nn_net *plain_net(void)
{
	static const struct nn_shape s = {
	    .planes = GO_PLANES, .plane_exp = GO_PLANE_EXP, .blocks = 1, .channels = 16, .head = 16};
	static struct nn_net *net;
	if (net)
		return net;
	net = nn_net_new(&s, NULL);
	MUST(net);
	net->layer[nn_head_layer(&s, 1)].bias[NN_OWNER] = 3 << 24;
	nn_net_pack(net);
	return net;
}

#endif
