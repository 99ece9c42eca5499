/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights files and imported nets that are not what they should be; every kernel gives the same answers. */
#include "../test.h"
#include "random_weights.h"

#include "weights/weights.h"

static const struct random_weights small = {1, 4, 2, 6, 8, 3, 1, 1};

static void refuses(const void *p, size_t n, const char *why)
{
	struct err e = {.text = ""};
	struct weights *w = weights_read(p, n, &e);
	CHECK(!w);
	CHECK_STR(e.text, why);
	weights_free(w);
}

#define REFUSES(text, why) refuses(text, sizeof text - 1, why)

static void texts(void)
{
	REFUSES("", "weights: line 1 is \"\", not the version 1 or 2: not a weights file of leela-zero");
	REFUSES("3\n1 2 3\n", "weights: line 1 is \"3\", not the version 1 or 2: not a weights file of leela-zero");
	REFUSES("PK\003\004", "weights: line 1 is \"PK\", not the version 1 or 2: not a weights file of leela-zero");
	REFUSES("1", "weights: line 1 is \"1\", not the version 1 or 2: not a weights file of leela-zero");
	REFUSES("1 2\n", "weights: line 1 is \"1\", not the version 1 or 2: not a weights file of leela-zero");
	REFUSES("1\n", "weights: 1 lines; a net of B blocks has 19 + 8 B (a file cut short?)");
	REFUSES("1\n1 2\n\n3\n", "weights: line 3 is empty");
	REFUSES("1\n1 x\n", "weights: line 2: number 2 is \"x\", not a decimal number");
	REFUSES("1\n1 1.5.2\n", "weights: line 2: number 2 is \"1.5.2\", not a decimal number");
	REFUSES("1\n1e\n", "weights: line 2: number 1 is \"1e\", not a decimal number");
	REFUSES("1\n.\n", "weights: line 2: number 1 is \".\", not a decimal number");
	REFUSES("1\n0x10\n", "weights: line 2: number 1 is \"0x10\", not a decimal number");
	REFUSES("1\n-inf\n", "weights: line 2: number 1 is \"-inf\", not a decimal number");
	REFUSES("1\n1e999999999999\n", "weights: line 2: number 1, 1e999999999999, is beyond what a float holds");
	REFUSES("1\n1,5\n", "weights: line 2: number 1 is \"1,5\", not a decimal number");
	REFUSES("1\n1\0002\n", "weights: line 2: number 1 is \"1\", not a decimal number");
}

/* The text without its last lines; with a number less in a line; with lines repeated. */
static void shapes(void)
{
	struct buf text = {0}, other = {0};
	random_weights(&small, &text);
	size_t last = text.len - 1;
	while (text.data[last - 1] != '\n')
		last--;
	for (size_t cut = last; cut > 0; cut -= cut / 7 + 1) {
		struct err e = {.text = ""};
		struct weights *w = weights_read(text.data, cut, &e);
		CHECK(!w && *e.text);
		weights_free(w);
	}
	int lines = 0;
	for (size_t i = 0; i < text.len; i++)
		lines += text.data[i] == '\n';
	CHECK_INT(lines, 19 + 8 * 2);
	for (int line = 2; line <= lines; line++) { /* one number less */
		struct err e = {.text = ""};
		buf_clear(&other);
		int at = 1;
		for (size_t i = 0; i < text.len; i++) {
			bool end = at == line && text.data[i] == ' ';
			buf_u8(&other, end ? '\n' : text.data[i]);
			at += text.data[i] == '\n' || end;
			while (end && text.data[i] != '\n')
				i++;
		}
		struct weights *w = weights_read(other.data, other.len, &e);
		bool single = line == lines || line == lines - 4 || line == lines - 5 || line == lines - 6;
		CHECK(single ? w != NULL : !w && *e.text);
		weights_free(w);
	}
	buf_clear(&other);
	buf_printf(&other, "1\n");
	for (int i = 0; i < 1000; i++)
		buf_printf(&other, "1\n");
	refuses(other.data, other.len, "weights: more than 659 lines: no net that is known has so many blocks");
	buf_release(&text);
	buf_release(&other);
}

static void packed(void)
{
	static const uint8_t hello[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x57, 0xe0, 0x02, 0x00,
	                                0x2a, 0x0a, 0xd4, 0xad, 7, 0, 0, 0};
	struct buf out = {0};
	struct err e = {.text = ""};
	int rc = weights_unpack(&out, "plain", 5, &e);
	CHECK(rc == 0 && out.len == 5 && memcmp(out.data, "plain", 5) == 0);
	rc = weights_unpack(&out, hello, 27, &e);
	if (rc != ERR_ARG) { /* built with zlib */
		CHECK(rc == ERR_FORMAT); /* its checksum is wrong */
		CHECK_STR(e.text, "gzip: damaged or cut short after 7 bytes of text: fetch the file again");
		rc = weights_unpack(&out, hello, 12, &e);
		CHECK_INT(rc, ERR_FORMAT);
	}
	buf_release(&out);
}

static struct nn_leela *small_net(void)
{
	struct buf text = {0};
	struct err e = {.text = ""};
	struct nn_kernels k;
	struct weights_cost cost;
	nn_kernels_init(&k, 0);
	random_weights(&small, &text);
	struct weights *w = weights_read(text.data, text.len, &e);
	struct nn_leela *n = w ? weights_import(w, &k, 8, 2, &cost, &e) : NULL;
	CHECK_STR(e.text, "");
	weights_free(w);
	buf_release(&text);
	return n;
}

static void expect_bad(const struct buf *file, const char *why)
{
	struct err e = {.text = ""};
	struct nn_leela *n = nn_leela_read(file->data, file->len, &e);
	CHECK(!n);
	CHECK_STR(e.text, why);
	nn_leela_free(n);
}

static void files(const struct nn_leela *net)
{
	struct buf file = {0}, again = {0};
	struct err e = {.text = ""};
	nn_leela_write(net, &file);
	struct nn_leela *back = nn_leela_read(file.data, file.len, &e);
	CHECK_STR(e.text, "");
	nn_leela_write(back, &again);
	CHECK(file.len == again.len && memcmp(file.data, again.data, file.len) == 0);
	nn_leela_free(back);
	for (size_t n = 0; n < file.len; n += 1 + n / 3) {
		back = nn_leela_read(file.data, n, &e);
		CHECK(!back);
		nn_leela_free(back);
	}
	file.data[56] = 0x80;
	expect_bad(&file, "imported net: layer 0: weight 0 is -128; the range is -127..127");
	file.data[56] = 0;
	bytes_put_u32(file.data + 56 + 6 * 9 * 18, (1 << 24) + 1);
	expect_bad(&file, "imported net: layer 0: bias 0 is not in -16777216..16777216");
	bytes_put_u32(file.data + 56 + 6 * 9 * 18, 0);
	bytes_put_u32(file.data + file.len - 4, 1u << 30);
	expect_bad(&file, "imported net: layer 8: multiplier 0 is not in 0..1073741823");
	file.data[48] = 20;
	expect_bad(&file, "imported net of 2 blocks, 6 filters needs 655588 bytes after its header; the file has 4324");
	buf_release(&file);
	buf_release(&again);
}

/* Everything as large as the file allows: sums stay within what docs/arithmetic-leela.md says (a checker of undefined
 * behaviour looks), and all kernels agree. */
static void extremes(struct nn_leela *n, int sign)
{
	for (int i = 0; i < n->convs; i++) {
		struct nn_leela_conv *c = &n->conv[i];
		memset(c->weight, sign * 127, (size_t)(c->co * 9 * c->ci));
		for (int o = 0; o < c->co; o++) {
			c->bias[o] = sign * NN_LEELA_BIAS_MAX;
			c->mult[o] = NN_LEELA_MULT_MAX;
			if (i && c->keep)
				c->keep[o] = NN_LEELA_MULT_MAX;
		}
	}
	for (int i = 0; i < NN_LEELA_DENSE; i++) {
		struct nn_leela_dense *d = &n->dense[i];
		for (int k = 0; k < d->in * d->out; k++)
			d->weight[k] = (int16_t)(sign * 32767);
		for (int o = 0; o < d->out; o++) {
			d->bias[o] = sign * NN_LEELA_DENSE_BIAS_MAX;
			d->mult[o] = NN_LEELA_MULT_MAX;
		}
	}
	nn_leela_pack(n);
}

static void answers(const struct nn_leela *net, unsigned flags, int32_t *out)
{
	struct nn_kernels k;
	struct nn_leela_work *w = nn_leela_work_new(&net->shape, 3);
	int points = net->shape.size * net->shape.size;
	uint8_t planes[19 * 19 * 18];
	nn_kernels_init(&k, flags);
	for (int i = 0; i < 3; i++) {
		for (int p = 0; p < points * 18; p++)
			planes[p] = (uint8_t)(i ? rng_below(rng_key((uint64_t)i, RNG_TEST), (uint64_t)p, 2) : 1);
		nn_leela_input(w, i, planes);
	}
	nn_leela_forward(&k, net, w, 3);
	memcpy(out, w->policy, (size_t)(3 * (points + 1)) * sizeof *out);
	memcpy(out + 3 * (points + 1), w->value, 3 * sizeof *out);
	nn_leela_work_free(w);
}

static void same_everywhere(const struct nn_leela *net, int32_t want)
{
	int32_t plain[3 * 363] = {0}, fast[3 * 363] = {0};
	answers(net, 0, plain);
	answers(net, nn_cpu_flags(), fast);
	CHECK(memcmp(plain, fast, sizeof plain) == 0);
	CHECK(want == 0 || plain[0] == want);
}

int main(void)
{
	texts();
	shapes();
	packed();
	struct nn_leela *net = small_net();
	if (net) {
		same_everywhere(net, 0);
		files(net);
		extremes(net, 1);
		same_everywhere(net, NN_LEELA_LOGIT_MAX);
		extremes(net, -1);
		same_everywhere(net, -NN_LEELA_LOGIT_MAX);
	}
	nn_leela_free(net);
	struct err e;
	net = nn_leela_new(&(struct nn_leela_shape){3, 1, 256, 1024, 0}, &e);
	if (net) {
		extremes(net, 1);
		same_everywhere(net, NN_LEELA_LOGIT_MAX);
	}
	nn_leela_free(net);
	return test_done();
}
