/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From master weights to the int8 weights that are played.  3x3 filters are standardised (scaled weight
 * standardisation: Brock et al., "Characterizing signal propagation ...", 2021), in integers. */
#include "base/fixed.h"
#include "train/train_int.h"

/* floor((2 a + b) / (2 b)), b > 0: a / b rounded half up. */
static int64_t divide_round(int64_t a, int64_t b)
{
	int64_t n = 2 * a + b, d = 2 * b, q = n / d;
	return n % d < 0 ? q - 1 : q;
}

/* |m| < 2^23 and n <= 9 * 256 < 2^12: the sum of squares of deviations stays below 2^60. */
struct filter train_filter_of(const struct train_layer *l, int o)
{
	const int32_t *m = l->m + (size_t)o * (size_t)l->k;
	int64_t sum = 0;
	uint64_t squares = 0;

	for (int i = 0; i < l->k; i++)
		sum += m[i];
	int32_t mu = (int32_t)divide_round(sum, l->k);
	for (int i = 0; i < l->k; i++) {
		int64_t d = m[i] - mu;
		squares += (uint64_t)(d * d);
	}
	int32_t sd = (int32_t)fx_isqrt64(squares / (uint64_t)l->k);
	return (struct filter){
	    .mu = mu,
	    .sd = sd > 0 ? sd : 1,
	    .factor = (int32_t)fx_rshift64((int64_t)l->gain[o] * l->t, PARAM_Q),
	};
}

/* The largest e in 0..14 for which four deviations of the filter with the largest gain fit into 127. */
static int filter_exp(const struct train_layer *l)
{
	int64_t most = 1;
	int e = 0;

	for (int o = 0; o < l->info.co; o++) {
		int64_t f = fx_rshift64((int64_t)l->gain[o] * l->t, PARAM_Q);
		f = f < 0 ? -f : f;
		most = f > most ? f : most;
	}
	while (e < NN_WEIGHT_EXP_MAX && (most << (e + 3)) <= (INT64_C(127) << PARAM_Q))
		e++;
	return e;
}

/* |d| < 2^24, |factor| <= 2^27 * 2^24 / 2^24: the product stays below 2^52; sd << (24 - e) below 2^48. */
static void quantise_filter(const struct train_layer *l, int o, int e, int8_t *q)
{
	struct filter f = train_filter_of(l, o);
	const int32_t *m = l->m + (size_t)o * (size_t)l->k;

	for (int i = 0; i < l->k; i++) {
		int64_t num = (int64_t)(m[i] - f.mu) * f.factor;
		q[i] = (int8_t)fx_clamp64(divide_round(num, (int64_t)f.sd << (PARAM_Q - e)), -127, 127);
	}
}

void train_quantise_layer(const struct train_state *t, struct nn_net *net, int layer)
{
	const struct train_layer *l = &t->layer[layer];
	struct nn_layer *out = &net->layer[layer];

	if (l->info.kind == NN_CONV_WS) {
		out->exp = filter_exp(l);
		for (int o = 0; o < l->info.co; o++)
			quantise_filter(l, o, out->exp, out->weight + (size_t)o * (size_t)l->k);
	} else {
		out->exp = l->m_exp - 16;
		for (int i = 0; i < l->weights; i++)
			out->weight[i] = (int8_t)fx_rshift32(l->m[i], 16); /* |m| <= MASTER_MAX: within +-127 */
	}
	for (int o = 0; o < l->info.co; o++)
		out->bias[o] = l->bias[o];
	nn_layer_pack(out);
}

void train_quantise(const struct train_state *t, struct nn_net *net)
{
	for (int i = 0; i < t->acts; i++)
		net->act_exp[i] = t->act_exp[i];
	for (int i = 0; i < t->layers; i++)
		train_quantise_layer(t, net, i);
}

struct nn_net *train_export(const struct train_state *t, struct err *e)
{
	struct nn_net *net = nn_net_new(&t->shape, e);
	if (net)
		train_quantise(t, net);
	return net;
}
