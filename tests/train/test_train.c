/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Training on the made-up game of synthetic.h: it learns; the weights are the same for any number of threads and any
 * kernels, and whether or not the state went through a checkpoint on the way; damaged checkpoints are refused. */
#include "train/train.h"

#include "base/sha256.h"
#include "synthetic.h"
#include "test.h"

enum { SIZE = 5, WIDE_SIZE = 7, SAMPLES = 512, STEPS = 12 };

static const struct nn_shape shape = {16, 4, 2, 16, 16};
/* On WIDE_SIZE wide enough for the Winograd kernels, whatever the instruction set. */
static const struct nn_shape wide = {16, 4, 1, 32, 32};

static struct train_config config(void)
{
	return (struct train_config){
	    .seed = 3, .batch = 64, .total_steps = 200, .lr = 60000, .lr_end = 6000, .warmup = 10, .momentum = 230,
	    .weight_decay = 100, .max_step = 335544, .value_weight = 256, .owner_weight = 384, .score_weight = 64,
	    .reply_weight = 38, .adapt_interval = 5, .adapt_until = 1000000,
	};
}

static void (*wino_in_s8)(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols);
static atomic_bool wino_used; /* on the way back, which has the signed inputs */

static void noted_wino_in_s8(int16_t *v, size_t plane, const int8_t *x, int line, int ci, int rows, int cols)
{
	wino_used = true;
	wino_in_s8(v, plane, x, line, ci, rows, cols);
}

static void run(struct train_state *s, const struct train_source *src, int threads, unsigned flags, uint64_t steps,
                struct train_stats *stats)
{
	struct train_config c = config();
	struct nn_kernels k;
	struct pool *pool = pool_new(threads);
	struct err e = {.text = ""};

	nn_kernels_init(&k, flags);
	wino_in_s8 = k.wino_in_s8;
	k.wino_in_s8 = noted_wino_in_s8;
	struct trainer *t = trainer_new(&c, train_shape(s), src->shape.size, &k, pool, &e);
	CHECK(t != NULL);
	if (t)
		CHECK_INT(trainer_run(t, s, src, 1, 0, steps, NULL, stats, &e), 0);
	trainer_free(t);
	pool_free(pool);
}

static struct hash state_hash(const struct train_state *s)
{
	struct buf b = {0};
	train_write(s, &b);
	struct hash h = sha256_of(b.data, b.len);
	buf_release(&b);
	return h;
}

static struct hash hash_after(const struct nn_shape *net, const struct train_source *src, int threads, unsigned flags)
{
	struct train_state *s = train_new(net, 7, NULL);
	run(s, src, threads, flags, STEPS, NULL);
	struct hash h = state_hash(s);
	train_free(s);
	return h;
}

static void test_same_bits(const struct train_source *src)
{
	struct hash one = hash_after(&shape, src, 1, 0), other;

	for (int threads = 2; threads <= 7; threads += 5) {
		other = hash_after(&shape, src, threads, nn_cpu_flags());
		CHECK(hash_equal(&one, &other));
	}
}

/* Every subset of what the machine has, against plain C. */
static void test_same_kernels(const struct nn_shape *net, const struct train_source *src)
{
	const struct hash plain = hash_after(net, src, 1, 0);
	const unsigned have = nn_cpu_flags(), with_wino = NN_CPU_AVX2 | NN_CPU_AVX512VNNI | NN_CPU_NEON;
	unsigned flags = 0;

	do {
		wino_used = false;
		const struct hash other = hash_after(net, src, 1, flags);
		CHECK(hash_equal(&plain, &other));
		if (net == &wide && (flags & with_wino) && !(flags & NN_CPU_NEONDOT))
			CHECK(wino_used);
		flags = (flags - have) & have;
	} while (flags);
}

static void test_resume(const struct train_source *src)
{
	struct hash whole = hash_after(&shape, src, 1, nn_cpu_flags());
	struct train_state *s = train_new(&shape, 7, NULL);

	run(s, src, 1, nn_cpu_flags(), STEPS / 3, NULL);
	struct buf b = {0};
	train_write(s, &b);
	train_free(s);
	s = train_read(b.data, b.len, NULL);
	CHECK(s != NULL);
	run(s, src, 1, nn_cpu_flags(), STEPS - STEPS / 3, NULL);
	struct hash h = state_hash(s);
	CHECK(hash_equal(&whole, &h));
	train_free(s);
	buf_release(&b);
}

static void test_learns(const struct train_source *src)
{
	struct train_state *s = train_new(&shape, 7, NULL);
	struct train_state *start = train_new(&shape, 7, NULL);
	struct train_stats first = {0}, last = {0};
	uint64_t distance = 0;

	run(s, src, 1, nn_cpu_flags(), 1, &first);
	run(s, src, 1, nn_cpu_flags(), 150, NULL);
	run(s, src, 1, nn_cpu_flags(), 8, &last);
	CHECK(last.policy / last.samples < first.policy / first.samples / 2);
	CHECK(last.value / last.samples < first.value / first.samples * 3 / 4);
	CHECK(last.owner / last.samples < first.owner / first.samples / 2);
	CHECK_INT(train_step_number(s), 159);
	CHECK_INT(train_distance(start, s, &distance, NULL), 0);
	CHECK(distance > 0 && distance <= 159 * (uint64_t)config().max_step);
	train_free(start);
	train_free(s);
}

/* The first net plays an even policy and calls the position even. */
static void test_start_is_even(void)
{
	struct train_state *s = train_new(&shape, 1, NULL);
	struct nn_net *net = train_export(s, NULL);

	for (int i = 0; i < NN_POINT_OUT * shape.head; i++)
		CHECK_INT(net->layer[nn_head_layer(&shape, 1)].weight[i], 0);
	nn_net_free(net);
	train_free(s);
}

/* Makes the hash at the end fit again, so that the ranges behind it are tried. */
static void seal(struct buf *b)
{
	struct hash h = sha256_of(b->data, b->len - sizeof h);
	memcpy(b->data + b->len - sizeof h, h.b, sizeof h);
}

/* Every cut and every changed byte is refused; where the hash was made to fit, refused or read back as those bytes. */
static void test_damage(void)
{
	struct train_state *s = train_new(&shape, 7, NULL), *r;
	struct buf b = {0}, again = {0};
	struct err e;

	train_write(s, &b);
	for (size_t n = 0; n < b.len; n += n < 64 ? 1 : 997)
		CHECK(train_read(b.data, n, &e) == NULL);
	for (size_t i = 0; i < b.len; i += i < 64 ? 1 : 1009) {
		b.data[i] ^= 0x81;
		CHECK(train_read(b.data, b.len, &e) == NULL);
		seal(&b);
		r = train_read(b.data, b.len, &e);
		if (r) {
			buf_clear(&again);
			train_write(r, &again);
			CHECK(again.len == b.len && memcmp(again.data, b.data, b.len) == 0);
			train_free(r);
		}
		b.data[i] ^= 0x81;
		seal(&b);
	}
	buf_u8(&b, 0);
	CHECK(train_read(b.data, b.len, &e) == NULL);
	buf_release(&again);
	buf_release(&b);
	train_free(s);
}

int main(void)
{
	struct synthetic data, large;

	synthetic_make(&data, SIZE, SAMPLES, 1);
	synthetic_make(&large, WIDE_SIZE, SAMPLES, 1);
	test_start_is_even();
	test_same_bits(&data.src);
	test_same_kernels(&shape, &data.src);
	test_same_kernels(&wide, &large.src);
	test_resume(&data.src);
	test_learns(&data.src);
	test_damage();
	buf_release(&data.bytes);
	buf_release(&large.bytes);
	return test_done();
}
