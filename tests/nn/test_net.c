/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The net file and the forward pass: round trips, refusals, independence of batch and kernels. */
#include "nn/forward.h"

#include "base/rng.h"
#include "test.h"

#include "same.h"

/* The widest uses the Winograd kernels for a single position, the others for several or not at all. */
static const struct nn_shape shapes[] = {{16, 4, 2, 16, 16}, {16, 4, 2, 32, 16}, {32, 4, 1, 64, 32}};

/* A net of extreme or random weights. */
static struct nn_net *make_net(const struct nn_shape *s, int extreme)
{
	struct nn_net *n = nn_net_new(s, NULL);
	uint64_t key = rng_key(11, RNG_TEST);

	for (int i = 0; i < n->layers; i++) {
		struct nn_layer *l = &n->layer[i];
		int count = l->info.co * l->info.taps * l->info.ci;
		l->exp = extreme ? 0 : 8;
		for (int k = 0; k < count; k++) {
			uint64_t at = (uint64_t)i * 1000000 + (uint64_t)k;
			int r = (int)rng_below(key, at, 255) - 127;
			l->weight[k] = (int8_t)(extreme ? (r > 0 ? 127 : -127) : r / 2);
		}
		for (int c = 0; c < l->info.co; c++)
			l->bias[c] = ((int32_t)rng_below(key, (uint64_t)(i * 997 + c), 4001) - 2000) * (extreme ? 100000 : 1000);
	}
	for (int a = 0; a < n->acts; a++)
		n->act_exp[a] = (uint8_t)(extreme ? (a & 1 ? NN_ACT_EXP_MIN : NN_ACT_EXP_MAX) : 2 + a % 7);
	nn_net_pack(n);
	return n;
}

static void fill(uint8_t *planes, int points, int n, int position)
{
	for (int p = 0; p < points; p++)
		for (int c = 0; c < n; c++)
			planes[p * n + c] = rng_below(rng_key(5, (uint64_t)position), (uint64_t)(p * n + c), 3) ? 0 : c == 3 ? 127 : 16;
}

static void (*wino_mm)(const struct nn_wino_mm *m);
static int wino_calls;

static void counted_wino_mm(const struct nn_wino_mm *m)
{
	wino_calls++;
	wino_mm(m);
}

/* Outputs of positions 0..n-1 evaluated `batch` at a time. */
static void evaluate(const struct nn_net *net, unsigned flags, int size, int n, int batch, int32_t *out)
{
	struct nn_kernels k;
	struct nn_work *w = nn_work_new(&net->shape, size, batch, batch == 3);
	uint8_t planes[361 * 32];
	int per = w->points * NN_POINT_OUT + NN_GLOBAL_OUT;

	nn_kernels_init(&k, flags);
	wino_mm = k.wino_mm;
	k.wino_mm = counted_wino_mm;
	for (int first = 0; first < n; first += batch) {
		int m = n - first < batch ? n - first : batch;
		for (int i = 0; i < m; i++) {
			fill(planes, w->points, net->shape.planes, first + i);
			nn_work_input(w, i, planes);
		}
		nn_forward(&k, net, w, m);
		for (int i = 0; i < m; i++) {
			int32_t *to = out + (first + i) * per;
			memcpy(to, w->point_out + i * w->points * NN_POINT_OUT, (size_t)(w->points * NN_POINT_OUT) * 4);
			memcpy(to + w->points * NN_POINT_OUT, w->global_out + i * NN_GLOBAL_OUT, NN_GLOBAL_OUT * 4);
		}
	}
	nn_work_free(w);
}

/* Every subset of what the machine has, in batches, against plain C all at once. */
static void test_forward(const struct nn_shape *shape, int size, int extreme)
{
	enum { N = 7, PER = 361 * NN_POINT_OUT + NN_GLOBAL_OUT };
	static int32_t want[N * PER], got[N * PER];
	const size_t used = (size_t)N * (size_t)(size * size * NN_POINT_OUT + NN_GLOBAL_OUT);
	const unsigned have = nn_cpu_flags(), with_wino = NN_CPU_AVX2 | NN_CPU_AVX512VNNI | NN_CPU_NEON;
	struct nn_net *net = make_net(shape, extreme);
	unsigned flags = 0;
	char now[200];

	evaluate(net, 0, size, N, N, want);
	do {
		wino_calls = 0;
		for (int batch = 1; batch <= 3; batch++) {
			snprintf(now, sizeof now, "forward, flags %s, board %d, net of %d planes, %dx%d, head %d, %s, batches of %d",
			         flags_text(flags).s, size, shape->planes, shape->blocks, shape->channels, shape->head,
			         extreme ? "extreme" : "random", batch);
			evaluate(net, flags, size, N, batch, got);
			check_same(now, got, want, used);
		}
		if (shape->channels == 64 && size >= 6 && (flags & with_wino) && !(flags & NN_CPU_NEONDOT))
			CHECK(named(now, wino_calls > 0));
		flags = (flags - have) & have;
	} while (flags);
	nn_net_free(net);
}

static void test_file(void)
{
	struct nn_net *net = make_net(&shapes[1], 0), *back;
	struct buf a = {0}, b = {0};
	struct err e;

	nn_net_write(net, &a);
	back = nn_net_read(a.data, a.len, &e);
	CHECK(back != NULL);
	nn_net_write(back, &b);
	CHECK(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
	nn_net_free(back);
	for (size_t n = 0; n < a.len; n += n < 80 ? 1 : 991)
		CHECK(nn_net_read(a.data, n, &e) == NULL);
	for (size_t i = 0; i < a.len; i += i < 80 ? 1 : 499) {
		a.data[i] ^= 0x80;
		back = nn_net_read(a.data, a.len, &e);
		if (back) {
			buf_clear(&b);
			nn_net_write(back, &b);
			CHECK(a.len == b.len && memcmp(a.data, b.data, a.len) == 0);
			nn_net_free(back);
		}
		a.data[i] ^= 0x80;
	}
	a.data[8] = 2;
	CHECK(nn_net_read(a.data, a.len, &e) == NULL);
	CHECK_STR(e.text, "net file of format 2; this program reads format 1");
	buf_release(&a);
	buf_release(&b);
	nn_net_free(net);
}

int main(void)
{
	test_file();
	for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
		for (int size = 2; size <= 19; size += size < 9 ? 1 : 5) {
			test_forward(&shapes[i], size, 0);
			test_forward(&shapes[i], size, 1);
		}
	return test_done();
}
