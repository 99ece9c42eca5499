/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/arena.h"
#include "base/bytes.h"
#include "base/err.h"
#include "test.h"

static void test_layout(void)
{
	static const uint8_t want[] = {0x01, 0x03, 0x02, 0x07, 0x06, 0x05, 0x04, 0x0f, 0x0e, 0x0d, 0x0c, 0x0b, 0x0a,
	                               0x09, 0x08, 0xfe, 0xff, 0xff, 0xff, 'm',  'i',  '-',  '7'};
	struct buf b = {0};
	buf_u8(&b, 0x01);
	buf_u16(&b, 0x0203);
	buf_u32(&b, 0x04050607);
	buf_u64(&b, UINT64_C(0x08090a0b0c0d0e0f));
	buf_i32(&b, -2);
	buf_bytes(&b, "mi", 2);
	buf_printf(&b, "%d", -7);
	CHECK(!b.failed);
	CHECK_INT(b.len, sizeof want);
	CHECK(b.len == sizeof want && memcmp(b.data, want, sizeof want) == 0);
	buf_release(&b);
	CHECK(!b.data && b.len == 0 && b.cap == 0);
}

static void test_round_trip(void)
{
	static const uint64_t value[] = {0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000,
	                                 0xffffffff, UINT64_C(0x7fffffffffffffff), UINT64_C(0x8000000000000000),
	                                 UINT64_MAX};
	enum { N = sizeof value / sizeof *value };
	struct buf b = {0};
	for (int i = 0; i < N; i++) {
		buf_u8(&b, (uint8_t)value[i]);
		buf_u16(&b, (uint16_t)value[i]);
		buf_u32(&b, (uint32_t)value[i]);
		buf_u64(&b, value[i]);
	}
	struct rd r = rd_make(b.data, b.len);
	for (int i = 0; i < N; i++) {
		CHECK_INT(rd_u8(&r), (uint8_t)value[i]);
		CHECK_INT(rd_u16(&r), (uint16_t)value[i]);
		CHECK_INT(rd_u32(&r), (uint32_t)value[i]);
		CHECK(rd_u64(&r) == value[i]);
	}
	CHECK(!r.bad && r.left == 0);
	buf_release(&b);
}

static void test_signed(void)
{
	static const int32_t value[] = {0, 1, -1, INT32_MAX, INT32_MIN, INT32_MIN + 1, -65536, 65535};
	enum { N = sizeof value / sizeof *value };
	struct buf b = {0};
	for (int i = 0; i < N; i++)
		buf_i32(&b, value[i]);
	struct rd r = rd_make(b.data, b.len);
	for (int i = 0; i < N; i++)
		CHECK_INT(rd_i32(&r), value[i]);
	CHECK(!r.bad);
	buf_release(&b);
}

/* A read too far gives zero, sets bad, and nothing behind it succeeds, not even a read that would fit. */
static void test_over_read(void)
{
	static const uint8_t seven[7] = {1, 2, 3, 4, 5, 6, 7};
	struct rd r = rd_make(seven, 7);
	CHECK(rd_u64(&r) == 0);
	CHECK(r.bad);
	CHECK_INT(rd_u8(&r), 0);
	r = rd_make(seven, 7);
	CHECK_INT(rd_u32(&r), 0x04030201);
	CHECK_INT(rd_u32(&r), 0);
	CHECK(r.bad);
	r = rd_make(seven, 1);
	CHECK_INT(rd_u16(&r), 0);
	CHECK(r.bad);
	r = rd_make(seven, 7);
	CHECK(rd_bytes(&r, 7) == seven && !r.bad && r.left == 0);
	CHECK(rd_bytes(&r, 0) != NULL && !r.bad);
	CHECK(rd_bytes(&r, 1) == NULL && r.bad);
	r = rd_make(seven, 7);
	CHECK(rd_bytes(&r, SIZE_MAX) == NULL && r.bad);
	r = rd_make(NULL, 0);
	CHECK(rd_bytes(&r, 0) != NULL && !r.bad);
	CHECK(rd_i32(&r) == 0 && r.bad);
}

static void test_places(void)
{
	uint8_t p[10] = {0xaa, [9] = 0xbb};
	bytes_put_u64(p + 1, UINT64_C(0xfedcba9876543210));
	CHECK(p[0] == 0xaa && p[9] == 0xbb && p[1] == 0x10 && p[8] == 0xfe);
	CHECK(bytes_get_u64(p + 1) == UINT64_C(0xfedcba9876543210));
	CHECK(bytes_get_u32(p + 5) == 0xfedcba98);
	bytes_put_u32(p + 3, 0x01020304);
	CHECK(p[2] == 0x32 && p[3] == 4 && p[6] == 1 && p[7] == 0xdc);
}

static void test_growth(void)
{
	struct buf b = {0};
	for (uint32_t i = 0; i < 100000; i++)
		buf_u8(&b, (uint8_t)(i % 251));
	CHECK_INT(b.len, 100000);
	int wrong = 0;
	for (uint32_t i = 0; i < 100000; i++)
		wrong += b.data[i] != i % 251;
	CHECK_INT(wrong, 0);
	buf_clear(&b);
	CHECK(b.len == 0 && b.data);
	for (int i = 0; i < 300; i++)
		buf_printf(&b, "%d,", i);
	CHECK_INT(b.len, 10 * 2 + 90 * 3 + 200 * 4);
	CHECK(b.len > 4 && memcmp(b.data + b.len - 4, "299,", 4) == 0);
	buf_release(&b);
}

/* Memory that cannot be had: what was written stays, later writes do nothing, clear starts anew. */
static void test_failure(void)
{
	struct buf b = {0};
	buf_u32(&b, 7);
	CHECK(buf_extend(&b, SIZE_MAX) == NULL && b.failed);
	buf_u8(&b, 1);
	buf_printf(&b, "text");
	buf_bytes(&b, "text", 4);
	CHECK(b.failed && b.len == 4 && bytes_get_u32(b.data) == 7);
	buf_clear(&b);
	CHECK(!b.failed && b.len == 0);
	CHECK(buf_extend(&b, SIZE_MAX / 2) == NULL && b.failed);
	buf_release(&b);
	CHECK(buf_extend(&b, 0) != NULL && b.len == 0);
	buf_release(&b);
}

static void test_arena(void)
{
	struct arena a;
	CHECK_INT(arena_init(&a, 1000), 0);
	CHECK(a.size >= 1000 && (uintptr_t)a.base % 64 == 0);
	uint8_t sum = 0;
	for (size_t i = 0; i < a.size; i++)
		sum |= a.base[i];
	CHECK_INT(sum, 0);
	uint8_t *p = arena_alloc(&a, 1), *q = arena_alloc(&a, 65), *r = arena_alloc(&a, 64);
	CHECK(p && q == p + 64 && r == q + 128);
	CHECK(arena_alloc(&a, 1000) == NULL);
	CHECK(arena_alloc(&a, SIZE_MAX) == NULL);
	CHECK(arena_alloc(&a, a.size - a.used) != NULL);
	CHECK(arena_alloc(&a, 1) == NULL);
	arena_clear(&a);
	CHECK(arena_alloc(&a, 1000) == p);
	arena_release(&a);
	CHECK(arena_alloc(&a, 0) == NULL);
	CHECK_INT(arena_init(&a, SIZE_MAX), ERR_MEMORY);
	CHECK_INT(arena_init(&a, 0), 0);
	arena_release(&a);
}

static void test_err(void)
{
	struct err e;
	CHECK_INT(err_set(&e, ERR_ARG, "size %d", 20), ERR_ARG);
	CHECK_STR(e.text, "size 20");
	CHECK_INT(err_prefix(&e, ERR_FORMAT, "game 3"), ERR_FORMAT);
	CHECK_STR(e.text, "game 3: size 20");
	CHECK_INT(err_set(NULL, ERR_IO, "nobody reads this"), ERR_IO);
}

int main(void)
{
	test_layout();
	test_round_trip();
	test_signed();
	test_over_read();
	test_places();
	test_growth();
	test_failure();
	test_arena();
	test_err();
	return test_done();
}
