/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The import against leela-zero's arithmetic in double precision, on tame nets and on extreme ones. */
#include "double_net.h"
#include "random_weights.h"

#include "base/fixed.h"
#include "games/go/go.h"
#include "weights/weights.h"

static struct weights *read_ok(const struct buf *text)
{
	struct err e = {.text = ""};
	struct weights *w = weights_read(text->data, text->len, &e);
	if (!w) {
		fprintf(stderr, "%s\n", e.text);
		exit(1);
	}
	return w;
}

/* miai's planes, point by point from the top left, as leela-zero's, plane by plane from the bottom left. */
static void turn_planes(const uint8_t *planes, int n, double *out)
{
	for (int plane = 0; plane < 18; plane++)
		for (int y = 0; y < n; y++)
			for (int x = 0; x < n; x++)
				out[(plane * n + y) * n + x] = planes[((n - 1 - y) * n + x) * 18 + plane];
}

/* Policy logits from that order to miai's. */
static void turn_policy(const double *policy, int n, double *out)
{
	for (int y = 0; y < n; y++)
		for (int x = 0; x < n; x++)
			out[(n - 1 - y) * n + x] = policy[y * n + x];
	out[n * n] = policy[n * n];
}

static void softmax(double *p, int n)
{
	double top = p[0], sum = 0;
	for (int i = 1; i < n; i++)
		top = p[i] > top ? p[i] : top;
	for (int i = 0; i < n; i++)
		sum += p[i] = exp(p[i] - top);
	for (int i = 0; i < n; i++)
		p[i] /= sum;
}

static int best(const double *p, int n)
{
	int at = 0;
	for (int i = 1; i < n; i++)
		at = p[i] > p[at] ? i : at;
	return at;
}

struct bounds {
	int positions;
	double same, kl, value; /* at least this share of best moves; at most these means */
	double logit;           /* at most this error of a logit, as a share of the largest */
};

static double clamped(double v)
{
	return v > 256 ? 256 : v < -256 ? -256 : v; /* what logits are kept within */
}

static double largest(const double *p, int n)
{
	double m = 1;
	for (int i = 0; i < n; i++)
		m = fmax(m, fabs(p[i]));
	return m;
}

/* How far the integers are from the doubles, on positions drawn evenly; the float net of src/weights must agree too. */
static void compare(const struct random_weights *r, const struct bounds *b)
{
	static double in[18 * 361], turned[362], p[362], q[362];
	struct buf text = {0};
	struct nn_kernels k;
	struct double_net d;
	struct weights_cost cost;
	struct err e = {.text = ""};
	random_weights(r, &text);
	struct weights *w = read_ok(&text);
	buf_u8(&text, 0);
	double_net_read(&d, (const char *)text.data);
	nn_kernels_init(&k, nn_cpu_flags());
	struct nn_leela *net = weights_import(w, &k, 128, 16, &cost, &e);
	CHECK_STR(e.text, "");
	if (!net)
		return;
	struct nn_leela_work *work = nn_leela_work_new(&net->shape, 1);
	struct weights_work *f = weights_work_new(w);
	int n = r->size, actions = n * n + 1, same = 0;
	uint8_t *planes = malloc((size_t)b->positions * (size_t)(n * n * 18));
	CHECK_INT(weights_positions(&net->shape, net, &k, 99, b->positions, planes, &e), 0);
	double sum_kl = 0, sum_value = 0, most = 0, most_float = 0, worst = 0, spread = 0, least = 1, greatest = -1;
	for (int i = 0; i < b->positions; i++) {
		const uint8_t *at = planes + i * n * n * 18;
		float policy[362], value;
		turn_planes(at, n, in);
		double v = double_net_evaluate(&d, in, turned);
		turn_policy(turned, n, p);
		nn_leela_input(work, 0, at);
		nn_leela_forward(&k, net, work, 1);
		weights_evaluate(f, at, policy, &value);
		double size = largest(p, actions);
		for (int a = 0; a < actions; a++) {
			most_float = fmax(most_float, fabs(policy[a] - p[a]) / size);
			p[a] = clamped(p[a]);
			q[a] = work->policy[a] / 65536.0;
			worst = fmax(worst, fabs(q[a] - p[a]) / size);
		}
		spread += p[best(p, actions)] - p[actions - 1];
		least = fmin(least, tanh(v));
		greatest = fmax(greatest, tanh(v));
		same += best(p, actions) == best(q, actions);
		softmax(p, actions);
		softmax(q, actions);
		for (int a = 0; a < actions; a++)
			sum_kl += p[a] > 0 ? p[a] * log(p[a] / fmax(q[a], 1e-300)) : 0;
		double diff = fabs(tanh(v) - tanh(work->value[0] / 65536.0)) / 2;
		sum_value += diff;
		most = fmax(most, diff);
		most_float = fmax(most_float, fabs(value - v) / (1 + fabs(v)));
	}
	printf("%dx%d, board %d, gain %g, extreme %g: best move the same in %d of %d, KL %.5f, value %.5f (at most %.4f), "
	       "logits %.3f of the largest; told: %d of %d, %.5f, %.5f; policy over %.1f, value %.3f to %.3f\n",
	       r->blocks, r->filters, n, r->gain, r->extreme, same, b->positions, sum_kl / b->positions,
	       sum_value / b->positions, most, worst, cost.same_best, cost.positions, cost.kl_mean, cost.value_mean,
	       spread / b->positions, least, greatest);
	CHECK(same >= b->same * b->positions);
	CHECK(sum_kl / b->positions <= b->kl);
	CHECK(sum_value / b->positions <= b->value);
	CHECK(worst <= b->logit);
	CHECK(most_float < 1e-3);
	CHECK_INT(net->shape.black_value, r->version == 2);
	free(planes);
	weights_work_free(f);
	nn_leela_work_free(work);
	nn_leela_free(net);
	weights_free(w);
	double_net_release(&d);
	buf_release(&text);
}

/* Nets that make no sense: refused with a reason, or imported as they are. */
static void odd(const struct random_weights *r, const char *line_of, const char *with, const char *why)
{
	struct buf text = {0}, other = {0};
	struct err e = {.text = ""};
	struct nn_kernels k;
	struct weights_cost cost;
	random_weights(r, &text);
	buf_u8(&text, 0);
	/* Every number of the lines named, counted from the second, is `with`. */
	int line = 0;
	for (const char *p = (const char *)text.data; *p; line++) {
		size_t n = strcspn(p, "\n") + 1;
		char name[16];
		snprintf(name, sizeof name, " %d ", line);
		if (!strstr(line_of, name)) {
			buf_bytes(&other, p, n);
		} else {
			for (const char *q = p; q < p + n; q += strcspn(q, " \n") + 1)
				buf_printf(&other, "%s%s", q == p ? "" : " ", with);
			buf_u8(&other, '\n');
		}
		p += n;
	}
	nn_kernels_init(&k, nn_cpu_flags());
	struct weights *w = weights_read(other.data, other.len, &e);
	struct nn_leela *net = w ? weights_import(w, &k, 16, 4, &cost, &e) : NULL;
	CHECK_STR(e.text, why);
	CHECK(!net == (*why != '\0'));
	nn_leela_free(net);
	weights_free(w);
	buf_release(&text);
	buf_release(&other);
}

static void odd_nets(void)
{
	const struct random_weights small = {1, 3, 1, 4, 8, 7, 1, 1};
	odd(&small, " 1 ", "0", "");          /* no stem weights */
	odd(&small, " 5 9 ", "0", "");        /* no block */
	odd(&small, " 4 8 12 ", "0", "");     /* variances 0: times 316 */
	odd(&small, " 1 ", "1e30", "");
	odd(&small, " 1 5 9 ", "1e-30", "");
	odd(&small, " 2 ", "-1e30", "");      /* nothing gets through */
	odd(&small, " 17 ", "1e20", "");
	odd(&small, " 1 5 9 ", "3e38",
	    "weights: the net's activations or weights grow beyond what a float holds: no net to play with");
	odd(&small, " 4 ", "-1", "weights: line 5: variance 1 is negative");
	odd(&small, " 7 ", "nan", "weights: line 8: number 1 is \"nan\", not a decimal number");
	odd(&small, " 7 ", "1e39", "weights: line 8: number 1, 1e39, is beyond what a float holds");
}

int main(int argc, char **argv)
{
	const struct bounds tame = {24, 0.8, 0.01, 0.015, 0.2}, wild = {24, 0.2, 100, 0.25, 0.5};
	if (argc > 1 && strcmp(argv[1], "six") == 0) { /* the size of the nets that were first of note */
		compare(&(struct random_weights){1, 19, 6, 64, 256, 8, 1, 1}, &tame);
		return test_done();
	}
	if (argc > 1 && strcmp(argv[1], "write") == 0) { /* a file for test_cli.py */
		struct buf text = {0};
		random_weights(&(struct random_weights){1, 7, 2, 16, 32, 1, 1, 1}, &text);
		fwrite(text.data, 1, text.len, stdout);
		buf_release(&text);
		return 0;
	}
	compare(&(struct random_weights){1, 7, 2, 16, 32, 1, 1, 1}, &tame);
	compare(&(struct random_weights){2, 9, 3, 20, 64, 2, 1, 1}, &tame);
	compare(&(struct random_weights){1, 5, 6, 8, 256, 3, 1, 1}, &tame);
	compare(&(struct random_weights){1, 7, 2, 16, 32, 5, 0.01, 1}, &tame);
	compare(&(struct random_weights){1, 7, 3, 16, 32, 4, 1, 5}, &tame);
	compare(&(struct random_weights){1, 7, 3, 16, 32, 4, 1, 30}, &wild);
	compare(&(struct random_weights){1, 7, 2, 16, 32, 6, 3, 1}, &wild);
	compare(&(struct random_weights){1, 7, 2, 16, 32, 6, 100, 1}, &wild);
	odd_nets();
	return test_done();
}
