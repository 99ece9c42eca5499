/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/sha256.h"
#include "test.h"

static void check_hash(struct hash h, const char *want)
{
	char hex[65];
	hash_hex(&h, hex);
	CHECK_STR(hex, want);
}

/* FIPS 180-4's examples, and the lengths around the padding's edges. */
static void test_vectors(void)
{
	check_hash(sha256_of("", 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_hash(sha256_of(NULL, 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_hash(sha256_of("abc", 3), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	check_hash(sha256_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56),
	           "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	struct sha256 s;
	sha256_init(&s);
	for (int i = 0; i < 100000; i++)
		sha256_update(&s, "aaaaaaaaaa", 10);
	check_hash(sha256_final(&s), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

/* Bytes i % 251 for i < n, for each n in 0..200, hashed as one text of 32-byte hashes. */
static void test_lengths(void)
{
	uint8_t text[200];
	for (int i = 0; i < 200; i++)
		text[i] = (uint8_t)(i % 251);
	struct sha256 all;
	sha256_init(&all);
	for (size_t n = 0; n <= 200; n++) {
		struct hash h = sha256_of(text, n);
		sha256_update(&all, h.b, 32);
	}
	check_hash(sha256_final(&all), "64ef7c229fce2408b5336b6a542fea0e078c3a87d2da85cb3fc52e2008b65021");
}

/* However the text is cut, the hash is the same. */
static void test_cuts(void)
{
	uint8_t text[300];
	for (int i = 0; i < 300; i++)
		text[i] = (uint8_t)(i * 7 % 251);
	struct hash want = sha256_of(text, sizeof text);
	for (size_t piece = 1; piece <= sizeof text; piece++) {
		struct sha256 s;
		sha256_init(&s);
		for (size_t at = 0; at < sizeof text; at += piece) {
			size_t left = sizeof text - at;
			sha256_update(&s, text + at, left < piece ? left : piece);
			sha256_update(&s, NULL, 0);
		}
		struct hash h = sha256_final(&s);
		CHECK(hash_equal(&h, &want));
	}
}

static void test_parse(void)
{
	struct hash h = {{0}}, zero = {{0}};
	const char *hex = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
	CHECK(hash_parse(&h, hex));
	check_hash(h, hex);
	CHECK(hash_parse(&h, "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD  file"));
	check_hash(h, hex);
	h = zero;
	CHECK(!hash_parse(&h, ""));
	CHECK(!hash_parse(&h, "b"));
	CHECK(!hash_parse(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a"));
	CHECK(!hash_parse(&h, "ga7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
	CHECK(!hash_parse(&h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015a "));
	CHECK(hash_equal(&h, &zero));
	CHECK(hash_parse(&h, hex) && !hash_equal(&h, &zero));
}

/* The definition of RFC 6962, 2.1, as it stands there. */
static struct hash merkle_slow(const struct hash *leaf, size_t n)
{
	struct sha256 s;
	sha256_init(&s);
	if (n == 1) {
		sha256_update(&s, "\0", 1);
		sha256_update(&s, leaf->b, 32);
	} else if (n > 1) {
		size_t k = 1;
		while (2 * k < n)
			k *= 2;
		struct hash left = merkle_slow(leaf, k), right = merkle_slow(leaf + k, n - k);
		sha256_update(&s, "\1", 1);
		sha256_update(&s, left.b, 32);
		sha256_update(&s, right.b, 32);
	}
	return sha256_final(&s);
}

static void test_merkle(void)
{
	enum { N = 300 };
	static struct hash leaf[N];
	for (int i = 0; i < N; i++) {
		uint8_t b[2] = {(uint8_t)(i & 0xff), (uint8_t)(i >> 8)};
		leaf[i] = sha256_of(b, 2);
	}
	for (size_t n = 0; n <= N; n++) {
		struct hash got = merkle_root(leaf, n), want = merkle_slow(leaf, n);
		CHECK(hash_equal(&got, &want));
	}
	check_hash(merkle_root(NULL, 0), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	check_hash(merkle_root(leaf, 1), "d37300dc2c6e038a83ee197ca0e181a77f6875afd9f537d31ca4995876481319");
	check_hash(merkle_root(leaf, 2), "04f89961dc9136b6f3c1f7b51a1d4bed9dd47e713b81fd6be8241f72663e992f");
	check_hash(merkle_root(leaf, 7), "f53bb4c774794b67f3c87f3a5c4734ee8e1f193fced013ff8163b8e32ffab32b");
	check_hash(merkle_root(leaf, 300), "57a073f1bb69a0b806cfc1de8445ed8b9816ec90c579f172575f75fd3d1de828");
}

int main(void)
{
	test_vectors();
	test_lengths();
	test_cuts();
	test_parse();
	test_merkle();
	return test_done();
}
