/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Losses and their gradients at the outputs.  Per sample, the loss is
 *   CE(policy) + r CE(reply) + v CE(win, draw, loss) + o mean over points BCE(owner) + s Huber(score)
 * with the recipe's weights.  Gradients are held in Q20, weights in 1/256ths up to 4: |gradient| <= 2^22. */
#include "base/fixed.h"
#include "train/train_int.h"

enum { Q28 = 28, LN2_Q16 = 45426, WEIGHT_Q = 8 };

/* -ln(p) in Q16, p in Q28; p = 0 counts as 2^-32. */
static uint64_t minus_log(int32_t p)
{
	uint64_t x = (uint64_t)p << 4;
	int32_t l = fx_log2_q16(x > UINT32_MAX ? UINT32_MAX : x ? (uint32_t)x : 1);
	return ((uint64_t)-(int64_t)l * LN2_Q16) >> 16;
}

/* Gradient in Q28 -> Q20, times a weight in 1/256ths. */
static int32_t weigh(int64_t g_q28, int weight)
{
	return (int32_t)fx_rshift64(g_q28 * weight, Q28 - OUT_Q + WEIGHT_Q);
}

/* Logits of one policy of position i: the points' output `out`, then the pass. */
static void gather(const struct slice *s, int i, int out, int pass, int32_t *logit)
{
	const struct nn_work *w = s->w;
	const int32_t *p = w->point_out + i * w->points * NN_POINT_OUT + out;

	for (int a = 0; a < w->points; a++)
		logit[a] = p[a * NN_POINT_OUT];
	logit[w->points] = w->global_out[i * NN_GLOBAL_OUT + pass];
}

static void scatter(struct slice *s, int i, int out, int pass, int action, int32_t g)
{
	int points = s->w->points;

	if (action == points)
		s->global_grad[i * NN_GLOBAL_OUT + pass] = g;
	else
		s->point_grad[(i * points + action) * NN_POINT_OUT + out] = g;
}

static void policy_gradient(struct slice *s, int i)
{
	int32_t logit[SHARD_POINTS_MAX + 1], p[SHARD_POINTS_MAX + 1];
	int actions = s->w->points + 1;
	const uint16_t *y = s->policy + i * actions;

	gather(s, i, NN_POLICY, NN_PASS, logit);
	fx_softmax(logit, NULL, actions, p);
	uint64_t loss = 0;
	for (int a = 0; a < actions; a++) {
		scatter(s, i, NN_POLICY, NN_PASS, a, weigh((int64_t)p[a] - ((int64_t)y[a] << 12), 1 << WEIGHT_Q));
		if (y[a])
			loss += (y[a] * minus_log(p[a])) >> 16;
	}
	s->stats.policy += loss;
}

static void reply_gradient(struct slice *s, int i)
{
	int32_t logit[SHARD_POINTS_MAX + 1], p[SHARD_POINTS_MAX + 1];
	int actions = s->w->points + 1, reply = s->reply[i], weight = reply == SHARD_NO_REPLY ? 0 : s->config->reply_weight;

	gather(s, i, NN_REPLY, NN_REPLY_PASS, logit);
	fx_softmax(logit, NULL, actions, p);
	for (int a = 0; a < actions; a++)
		scatter(s, i, NN_REPLY, NN_REPLY_PASS, a, weigh(p[a] - (a == reply ? 1 << Q28 : 0), weight));
	if (reply != SHARD_NO_REPLY)
		s->stats.reply += minus_log(p[reply]);
}

static void value_gradient(struct slice *s, int i)
{
	const int32_t *out = s->w->global_out + i * NN_GLOBAL_OUT;
	int32_t *g = s->global_grad + i * NN_GLOBAL_OUT, p[3];
	const uint16_t *y = s->wdl + i * 3; /* Q15 */
	uint64_t loss = 0;

	fx_softmax(out + NN_WIN, NULL, 3, p);
	for (int c = 0; c < 3; c++) {
		g[NN_WIN + c] = weigh((int64_t)p[c] - ((int64_t)y[c] << 13), s->config->value_weight);
		loss += (y[c] * minus_log(p[c])) >> 15;
	}
	s->stats.value += loss;
}

/* Huber's loss of (prediction - target) in units of NN_SCORE_UNIT points, quadratic within one unit. */
static void score_gradient(struct slice *s, int i)
{
	int64_t y = (int64_t)s->score_half[i] * (1 << NN_LOGIT_Q) / (2 * NN_SCORE_UNIT);
	int64_t d = s->w->global_out[i * NN_GLOBAL_OUT + NN_SCORE] - y, one = 1 << NN_LOGIT_Q;
	int64_t c = fx_clamp64(d, -one, one);

	s->global_grad[i * NN_GLOBAL_OUT + NN_SCORE] = weigh(c * (1 << (Q28 - NN_LOGIT_Q)), s->config->score_weight);
	s->stats.score += (uint64_t)(c * (2 * d - c)) >> (NN_LOGIT_Q + 1);
}

static void owner_gradient(struct slice *s, int i)
{
	int points = s->w->points;
	const int8_t *y = s->owner + i * points;
	uint64_t loss = 0;

	for (int p = 0; p < points; p++) {
		int at = (i * points + p) * NN_POINT_OUT + NN_OWNER;
		int32_t own = fx_sigmoid_q28(s->w->point_out[at]);
		int64_t target = (int64_t)(y[p] + 1) << (Q28 - 1);
		s->point_grad[at] = weigh((own - target) / points, s->config->owner_weight);
		uint64_t mine = minus_log(own), theirs = minus_log((1 << Q28) - own);
		loss += ((uint64_t)(1 + y[p]) * mine + (uint64_t)(1 - y[p]) * theirs) / 2;
	}
	s->stats.owner += loss / (uint64_t)points;
}

void train_loss_gradients(struct slice *s)
{
	for (int i = 0; i < SLICE; i++) {
		policy_gradient(s, i);
		reply_gradient(s, i);
		value_gradient(s, i);
		score_gradient(s, i);
		owner_gradient(s, i);
	}
	s->stats.samples += SLICE;
}
