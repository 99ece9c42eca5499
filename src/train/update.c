/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The optimiser: gradient descent with momentum and weight decay, in Q24. */
#include "base/fixed.h"
#include "train/train_int.h"

enum { LR_Q = 20, GRAD_LIMIT = 1 << 26, MILLION = 1000000 };

/* Rises evenly over the warm-up, then falls evenly to lr_end at the last step. */
int32_t train_learning_rate(const struct train_config *c, uint64_t step)
{
	int64_t lr;

	if (step < c->warmup)
		lr = (int64_t)c->lr * (int64_t)(step + 1) / (int64_t)c->warmup;
	else if (step >= c->total_steps || c->total_steps <= c->warmup)
		lr = c->lr_end;
	else
		lr = c->lr - (int64_t)(c->lr - c->lr_end) * (int64_t)(step - c->warmup) / (int64_t)(c->total_steps - c->warmup);
	return (int32_t)((lr << LR_Q) / MILLION);
}

struct step {
	int lr, log2_batch;
	const struct train_config *c;
};

/* Mean over the batch, Q34 -> Q24, clamped to +-4. */
static int32_t mean_grad(int64_t sum, int log2_batch)
{
	return (int32_t)fx_clamp64(fx_rshift64(sum, GRAD_Q - PARAM_Q + log2_batch), -GRAD_LIMIT, GRAD_LIMIT);
}

/* v = momentum * v + g + decay * value: all Q24. */
static int32_t momentum(const struct step *s, int32_t v, int32_t g, int32_t value, int decay)
{
	int64_t d = (int64_t)value * decay / MILLION;
	return (int32_t)fx_clamp64(fx_rshift64((int64_t)v * s->c->momentum, 8) + g + d, -MOMENTUM_MAX, MOMENTUM_MAX);
}

/* A parameter of exponent exp (14..30) moves by lr * v, at most max_step * 2^-24. */
static void move(const struct step *s, int32_t *value, int32_t v, int exp, int32_t limit)
{
	int64_t most = exp >= PARAM_Q ? (int64_t)s->c->max_step << (exp - PARAM_Q) : s->c->max_step >> (PARAM_Q - exp);
	int64_t d = fx_clamp64(fx_rshift64((int64_t)v * s->lr, PARAM_Q + LR_Q - exp), -most, most);
	*value = (int32_t)fx_clamp64(*value - d, -limit, limit);
}

static void update_weight(const struct step *s, struct train_layer *l, int i, int32_t g)
{
	l->vm[i] = momentum(s, l->vm[i], g, fx_rshift32(l->m[i], l->m_exp - PARAM_Q), s->c->weight_decay);
	move(s, &l->m[i], l->vm[i], l->m_exp, MASTER_MAX);
}

/* A standardised filter, w = gain t (m - mu) / sd:
 *   dL/dgain = t S,   dL/dm = (gain t / sd) (g - mean g - (d / sd) (S / n)),   S = sum g d / sd,   d = m - mu.
 * |g| <= 2^26, |d| < 2^24, n < 2^12: sum g d < 2^62;  |S| <= 2^26 n < 2^38 by Cauchy-Schwarz (up to sd's rounding),
 * so |d S| < 2^62 and |t S| <= 2^24 * 2^38 = 2^62. */
static void update_filter(const struct step *s, struct train_layer *l, int o, const int64_t *sum)
{
	struct filter f = train_filter_of(l, o);
	int32_t *m = l->m + (size_t)o * (size_t)l->k;
	int64_t s1 = 0, s2 = 0;

	for (int i = 0; i < l->k; i++) {
		int64_t g = mean_grad(sum[i], s->log2_batch);
		s1 += g;
		s2 += g * (m[i] - f.mu);
	}
	int64_t corr = fx_clamp64(s2 / f.sd, -(INT64_C(1) << 38), INT64_C(1) << 38);
	int64_t n_sd = (int64_t)l->k * f.sd, mean = s1 / l->k;
	for (int i = 0; i < l->k; i++) {
		/* |r| <= 2^30; |factor| <= 2^27 * t with t < 1/8 (fan-in of 144 at least); m_exp <= 26: below 2^56. */
		int64_t r = mean_grad(sum[i], s->log2_batch) - mean - (m[i] - f.mu) * corr / n_sd;
		r = fx_clamp64(r, -GRAD_MAX, GRAD_MAX) * f.factor;
		int64_t g = fx_rshift64(r, PARAM_Q - l->m_exp) / f.sd;
		update_weight(s, l, o * l->k + i, (int32_t)fx_clamp64(g, -GRAD_MAX, GRAD_MAX));
	}
	int64_t gg = fx_clamp64(fx_rshift64(corr * l->t, PARAM_Q), -GRAD_MAX, GRAD_MAX);
	l->vgain[o] = momentum(s, l->vgain[o], (int32_t)gg, 0, 0);
	move(s, &l->gain[o], l->vgain[o], PARAM_Q, GAIN_MAX);
}

void train_update_layer(struct train_state *t, int layer, const struct grads *g, const struct train_config *c)
{
	struct step s = {.lr = train_learning_rate(c, t->step), .log2_batch = fx_log2_floor((uint64_t)c->batch), .c = c};
	struct train_layer *l = &t->layer[layer];
	const int64_t *w = g->layer[layer].w, *bias = g->layer[layer].bias;

	if (l->info.kind == NN_CONV_WS)
		for (int o = 0; o < l->info.co; o++)
			update_filter(&s, l, o, w + (size_t)o * (size_t)l->k);
	else
		for (int i = 0; i < l->weights; i++)
			update_weight(&s, l, i, mean_grad(w[i], s.log2_batch));
	for (int o = 0; o < l->info.co; o++) {
		l->vbias[o] = momentum(&s, l->vbias[o], mean_grad(bias[o], s.log2_batch), 0, 0);
		move(&s, &l->bias[o], l->vbias[o], PARAM_Q, BIAS_MAX);
	}
}

void train_update(struct train_state *t, const struct grads *g, const struct train_config *c)
{
	for (int i = 0; i < t->layers; i++)
		train_update_layer(t, i, g, c);
	t->step++;
}
