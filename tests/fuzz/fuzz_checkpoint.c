/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The checkpoint file, its hash made to fit so that the ranges behind it are reached.  What is accepted is written
 * again byte for byte; it is exported as a net whose file is accepted; and a step of training from it is defined and
 * ends in a state that is accepted. */
#include "fuzz.h"

#include "train/train.h"

#include "base/sha256.h"
#include "train/synthetic.h"

enum { SIZE = 3, SAMPLES = 32 };

/* A good file, of the state in which a run begins.  Made once. */
static void good_file(struct buf *out)
{
	static const struct nn_shape s = {16, 4, 1, 16, 16};
	static struct buf file;
	struct train_state *t = file.len ? NULL : train_new(&s, 7, NULL);
	if (t)
		train_write(t, &file);
	train_free(t);
	MUST(file.len && !file.failed);
	buf_bytes(out, file.data, file.len);
}

static void seal(struct buf *file)
{
	struct hash h;
	if (file->len < sizeof h)
		return;
	h = sha256_of(file->data, file->len - sizeof h);
	memcpy(file->data + file->len - sizeof h, h.b, sizeof h);
}

static void exported(const struct train_state *t)
{
	struct buf file = {0};
	struct nn_net *net = train_export(t, NULL), *back;
	MUST(net);
	nn_net_write(net, &file);
	back = nn_net_read(file.data, file.len, NULL);
	MUST(back);
	nn_net_free(back);
	nn_net_free(net);
	buf_release(&file);
}

/* One step with settings as large as a recipe may have them. */
static void trained(struct train_state *t)
{
	const struct train_config c = {
	    .seed = 3, .batch = SAMPLES, .total_steps = 200, .lr = 2000000, .lr_end = 2000000, .momentum = 255,
	    .weight_decay = 100000, .max_step = 16777216, .value_weight = 1024, .owner_weight = 1024,
	    .score_weight = 1024, .reply_weight = 1024, .adapt_interval = 1, .adapt_until = UINT64_MAX,
	};
	struct synthetic data;
	struct nn_kernels k;
	struct pool *pool = pool_new(1);
	struct err e;
	nn_kernels_init(&k, nn_cpu_flags());
	synthetic_make(&data, SIZE, SAMPLES, 1);
	struct trainer *trainer = trainer_new(&c, train_shape(t), SIZE, &k, pool, &e);
	MUST(trainer);
	MUST(trainer_run(trainer, t, &data.src, 1, 0, 1, NULL, NULL, &e) == 0);
	trainer_free(trainer);
	pool_free(pool);
	buf_release(&data.bytes);
}

static void accepted(struct train_state *t, const struct buf *file)
{
	struct buf again = {0};
	train_write(t, &again);
	fuzz_same(&again, file);
	exported(t);
	if (train_shape(t)->planes == 16 && train_step_number(t) < UINT64_C(1) << 37) {
		trained(t);
		buf_clear(&again);
		train_write(t, &again);
		struct train_state *back = train_read(again.data, again.len, NULL);
		MUST(back);
		train_free(back);
	}
	buf_release(&again);
}

/* The first byte: 0, changes of a good file; else a file. */
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct rd in = rd_make(p, n);
	struct buf file = {0};
	struct err e;
	if (rd_u8(&in) == 0) {
		good_file(&file);
		fuzz_patch(file.data, file.len, &in);
	} else {
		buf_bytes(&file, in.p, in.left);
	}
	seal(&file);
	struct train_state *t = train_read(file.data, file.len, &e);
	if (t)
		accepted(t, &file);
	train_free(t);
	buf_release(&file);
	return 0;
}
