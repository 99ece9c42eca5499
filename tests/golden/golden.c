/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows, and what several tables share. */
#include "golden.h"

#include "base/fixed.h"
#include "base/sha256.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SHOWN_MAX = 8 };

unsigned golden_cpu_flags;

static const struct {
	const char *name;
	int bytes, is_signed;
} type_of[] = {{"i8", 1, 1},  {"u8", 1, 0},  {"i16", 2, 1}, {"u16", 2, 0},
	       {"i32", 4, 1}, {"u32", 4, 0}, {"i64", 8, 1}, {"u64", 8, 0}};

void golden_short(void)
{
	fprintf(stderr, "golden: out of memory\n");
	exit(2);
}

void *golden_memory(size_t n)
{
	void *p = calloc(n ? n : 1, 1);
	if (!p)
		golden_short();
	return p;
}

/* Value i, its sign extended to 64 bits. */
static uint64_t value_at(enum golden_type type, const void *p, size_t i)
{
	switch (type) {
	case T_I8:
		return (uint64_t)(int64_t)((const int8_t *)p)[i];
	case T_U8:
		return ((const uint8_t *)p)[i];
	case T_I16:
		return (uint64_t)(int64_t)((const int16_t *)p)[i];
	case T_U16:
		return ((const uint16_t *)p)[i];
	case T_I32:
		return (uint64_t)(int64_t)((const int32_t *)p)[i];
	case T_U32:
		return ((const uint32_t *)p)[i];
	case T_I64:
	case T_U64:
		break;
	}
	return ((const uint64_t *)p)[i];
}

static void show_values(struct buf *out, enum golden_type type, const void *values, size_t n)
{
	buf_printf(out, " =");
	for (size_t i = 0; i < n; i++) {
		uint64_t v = value_at(type, values, i);
		if (type_of[type].is_signed)
			buf_printf(out, " %" PRId64, (int64_t)v);
		else
			buf_printf(out, " %" PRIu64, v);
	}
}

void golden_row(struct buf *out, enum golden_type type, struct dims d, const void *values, const char *name, ...)
{
	char text[128], hex[65];
	struct buf bytes = {0};
	size_t n = 1;
	va_list args;

	va_start(args, name);
	vsnprintf(text, sizeof text, name, args);
	va_end(args);
	buf_printf(out, "%s %s[", text, type_of[type].name);
	for (int i = 0; i < 3 && (i == 0 || d.d[i]); i++) {
		buf_printf(out, i ? ",%d" : "%d", d.d[i]);
		n *= (size_t)d.d[i];
	}
	for (size_t i = 0; i < n; i++)
		for (int b = 0; b < type_of[type].bytes; b++)
			buf_u8(&bytes, (uint8_t)(value_at(type, values, i) >> 8 * b));
	struct hash h = sha256_of(bytes.data, bytes.len);
	hash_hex(&h, hex);
	buf_printf(out, "] %.16s", hex);
	if (n <= SHOWN_MAX)
		show_values(out, type, values, n);
	buf_printf(out, "\n");
	buf_release(&bytes);
}

void golden_layer_name(char out[32], const struct nn_shape *s, int layer)
{
	static const char *const block[] = {"conv1", "conv2", "pool"}, *const head[] = {"head", "points", "fc1", "fc2"};
	int first = nn_head_layer(s, 0);
	if (layer == NN_STEM)
		snprintf(out, 32, "stem");
	else if (layer < first)
		snprintf(out, 32, "block%d.%s", (layer - 1) / 3, block[(layer - 1) % 3]);
	else
		snprintf(out, 32, "%s", head[layer - first]);
}

void golden_act_name(char out[32], const struct nn_shape *s, int act)
{
	static const char *const head[] = {"head.a", "head.h", "head.v"};
	if (act < 2 * s->blocks)
		snprintf(out, 32, "block%d.%c", act / 2, act % 2 ? 'b' : 'a');
	else
		snprintf(out, 32, "%s", head[act - 2 * s->blocks]);
}

struct stir {
	uint64_t key;
	int shift, number;
};

static void stir_array(void *ctx, int32_t *v, int n, int32_t limit)
{
	struct stir *s = ctx;
	uint64_t key = rng_key(s->key, (uint64_t)s->number++);
	int32_t range = limit >> (limit == MOMENTUM_MAX ? s->shift + 6 : s->shift);
	for (int i = 0; i < n; i++) {
		int32_t d = (int32_t)rng_below(key, (uint64_t)i, 2 * (uint32_t)range + 1) - range;
		if (s->shift)
			v[i] = (int32_t)fx_clamp64((int64_t)v[i] + d, -limit, limit);
		else
			v[i] = d < 0 ? -limit : limit;
	}
}

void golden_stir(struct train_state *t, uint64_t key, int shift)
{
	struct stir s = {key, shift, 0};
	train_state_arrays(t, stir_array, &s);
	for (int i = 0; i < t->acts; i++)
		t->act_exp[i] = (uint8_t)(shift ? 4 + i % 3 : rng_below(key, (uint64_t)i, 2) ? 8 : 2);
}
