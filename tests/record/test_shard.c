/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Samples: packing and unpacking of every shape, refusals, and the file around them. */
#include "../test.h"
#include "base/rng.h"
#include "canon.h"
#include "samples.h"

static uint64_t counter;

static uint32_t below(uint32_t n)
{
	return rng_below(rng_key(1, RNG_TEST), counter++, n);
}

/* Values at random within their ranges, every extreme among them. */
static void random_sample(const struct shard_shape *s, struct shard_sample *x)
{
	int points = s->size * s->size;
	uint32_t left = 65536;
	memset(x, 0, sizeof *x);
	for (int plane = 0; plane < s->planes; plane++) {
		uint8_t v = (uint8_t)(below(4) ? below(127) + 1 : 127);
		uint32_t density = below(5);
		for (int p = 0; p < points; p++)
			x->planes[p * s->planes + plane] = below(4) < density ? v : 0;
	}
	for (int a = 0; a <= points; a++) {
		uint32_t share = below(3) ? below(left / 4 + 1) : 0;
		x->policy[a] = (uint16_t)(share < 65535 ? share : 65535);
		left -= x->policy[a];
	}
	x->reply = (uint16_t)(below(4) ? below((uint32_t)points + 1) : SHARD_NO_REPLY);
	for (int p = 0; p < points; p++)
		x->owner[p] = (int8_t)((int)below(3) - 1);
	x->wdl[0] = (uint16_t)below(32769);
	x->wdl[1] = (uint16_t)below(32769u - x->wdl[0]);
	x->wdl[2] = (uint16_t)(32768 - x->wdl[0] - x->wdl[1]);
	x->score_half = (int16_t)((int)below(2889) - 1444);
}

static void test_round_trip(void)
{
	static struct shard_sample in, out;
	for (int size = 2; size <= 19; size++)
		for (int planes = 1; planes <= 32; planes += planes < 16 ? 1 : 8) {
			const struct shard_shape s = {.size = size, .planes = planes};
			struct buf packed = {0};
			struct err e;
			memset(&out, 0, sizeof out);
			random_sample(&s, &in);
			CHECK_INT(shard_pack(&s, &in, &packed, &e), 0);
			CHECK_INT(packed.len, shard_sample_bytes(&s));
			shard_unpack(&s, packed.data, &out);
			CHECK(memcmp(&in, &out, sizeof in) == 0);
			buf_release(&packed);
		}
}

/* Whatever the bytes: random ones, all ones, all zeros. */
static void test_any_bytes(void)
{
	static uint8_t bytes[4096];
	for (int round = 0; round < 400; round++) {
		const struct shard_shape s = {.size = 2 + (int)below(18), .planes = 1 + (int)below(32)};
		size_t n = shard_sample_bytes(&s);
		CHECK(n <= sizeof bytes);
		for (size_t i = 0; i < n; i++)
			bytes[i] = round == 0 ? 0xff : round == 1 ? 0 : (uint8_t)below(256);
		CHECK(canon_sample(&s, bytes));
	}
}

/* Each rule of docs/formats/shard.md for bytes out of range. */
static void test_clamps(void)
{
	static struct shard_sample x;
	const struct shard_shape s = {.size = 2, .planes = 1};
	uint8_t b[] = {0x81, 0xf3, 0xff, 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0x1e, 0xff, 0xff, 1, 0, 9, 0, 0x00, 0x80};
	CHECK_INT(sizeof b, shard_sample_bytes(&s));
	shard_unpack(&s, b, &x);
	CHECK(x.planes[0] == 1 && x.planes[1] == 1 && x.planes[2] == 0 && x.planes[3] == 0);
	CHECK(x.policy[0] == 65535 && x.policy[1] == 1 && x.policy[2] == 0);
	CHECK_INT(x.reply, SHARD_NO_REPLY);
	CHECK(x.owner[0] == -1 && x.owner[1] == 0 && x.owner[2] == 1 && x.owner[3] == 0);
	CHECK(x.wdl[0] == 32768 && x.wdl[1] == 0 && x.wdl[2] == 0);
	CHECK_INT(x.score_half, -1444);
	b[12] = 4;
	shard_unpack(&s, b, &x);
	CHECK_INT(x.reply, 4);
}

/* A change to the sample, and the word its refusal has to hold. */
static void test_refusals(void)
{
	static struct shard_sample x;
	struct err e;
	for (int what = 0; what < 8; what++) {
		static const char *const why[] = {"plane 0", "the most is 127",    "shares sum",   "reply",
		                                  "owner 2", "win, draw and loss", "lead of 1445", "lead of -1445"};
		struct buf out = {0};
		buf_u8(&out, 42);
		sample_sample(&x);
		switch (what) {
		case 0:
			x.planes[9] = 126;
			break;
		case 1:
			x.planes[0] = x.planes[9] = 128;
			break;
		case 2:
			x.policy[1] = 1;
			break;
		case 3:
			x.reply = 5;
			break;
		case 4:
			x.owner[3] = 2;
			break;
		case 5:
			x.wdl[0]++;
			break;
		case 6:
			x.score_half = 1445;
			break;
		case 7:
			x.score_half = -1445;
			break;
		}
		CHECK_INT(shard_pack(&sample_shape, &x, &out, &e), ERR_ARG);
		CHECK(strstr(e.text, why[what]));
		CHECK_INT(out.len, 1);
		buf_release(&out);
	}
}

static void test_file(void)
{
	struct shard s;
	struct buf out = {0};
	struct err e;
	sample_shard(&out, 5);
	CHECK_INT(canon_shard(out.data, out.len), CANON_SAME);
	size_t n = out.len;
	CHECK_INT(shard_read(&s, &out, &e), 0);
	CHECK(!out.data && s.bytes.len == n);
	CHECK(s.count == 5 && s.generation == 3 && s.shape.size == 2 && s.shape.planes == 3);
	CHECK(s.sample == s.bytes.data + 64);
	shard_release(&s);
	CHECK(!s.bytes.data && !s.sample);
	sample_shard(&out, 0);
	CHECK_INT(canon_shard(out.data, out.len), CANON_SAME);
	buf_release(&out);
}

static void test_file_refusals(void)
{
	static const struct {
		size_t at;
		uint8_t value;
		const char *why;
	} bad[] = {
	    {0, 'M', "not a shard"},         {8, 3, "version 3"},       {12, 1, "board size 1"},
	    {15, 1, "board size 16777218"},  {16, 0, "0 planes"},       {16, 33, "33 planes"},
	    {20, 28, "samples of 28 bytes"}, {28, 2, "2 samples need"}, {31, 0xff, "samples need"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		struct shard s;
		struct buf out = {0};
		struct err e;
		sample_shard(&out, 1);
		out.data[bad[i].at] = bad[i].value;
		CHECK_INT(shard_read(&s, &out, &e), ERR_FORMAT);
		CHECK(strstr(e.text, bad[i].why));
		CHECK(!s.bytes.data && !out.data);
	}
}

int main(void)
{
	test_round_trip();
	test_any_bytes();
	test_clamps();
	test_refusals();
	test_file();
	test_file_refusals();
	return test_done();
}
