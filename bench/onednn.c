/* SPDX-License-Identifier: GPL-3.0-or-later */
/* oneDNN's side: 3x3 convolutions with bias and ReLU, as an inference program would run them.  The library chooses all
 * layouts, weights are reordered once, primitives made once.  Two layers with weights of their own take turns from one
 * buffer to the other, as in a net.
 *
 *   u8 CHANNELS SIZE BATCH    unsigned activations, signed weights, requantised to unsigned activations
 *   f32 CHANNELS SIZE BATCH
 * Unit: multiply-adds, the padding's included. */
#include "side.h"

#include <dnnl.h>
#include <stdlib.h>
#include <string.h>

enum { LAYERS = 2 };

struct layer {
	dnnl_primitive_desc_t desc;
	dnnl_primitive_t conv;
	dnnl_memory_t x, w, bias, y;
};

struct net {
	dnnl_engine_t engine;
	dnnl_stream_t stream;
	struct layer layer[LAYERS];
};

static void fill(dnnl_memory_t m, dnnl_data_type_t type, unsigned seed)
{
	const dnnl_memory_desc_t *d;
	void *p;
	dnnl_memory_get_memory_desc(m, &d);
	if (dnnl_memory_map_data(m, &p) != dnnl_success || !p)
		return;
	size_t bytes = dnnl_memory_desc_get_size(d);
	for (size_t i = 0; i < (type == dnnl_f32 ? bytes / 4 : bytes); i++) {
		seed = seed * 1664525u + 1013904223u;
		int v = (int)(seed >> 25); /* 0..127 */
		if (type == dnnl_f32)
			((float *)p)[i] = (float)(v - 64) / 512;
		else
			((unsigned char *)p)[i] = (unsigned char)(type == dnnl_s8 ? (v - 64) & 255 : v);
	}
	dnnl_memory_unmap_data(m, p);
}

static dnnl_status_t attributes(dnnl_primitive_attr_t *attr, bool integer)
{
	dnnl_post_ops_t post;
	float scale = 1.0f / 1024;
	dnnl_status_t s = dnnl_primitive_attr_create(attr);
	if (integer)
		s |= dnnl_primitive_attr_set_output_scales(*attr, 1, 0, &scale);
	s |= dnnl_post_ops_create(&post);
	s |= dnnl_post_ops_append_eltwise(post, 1.0f, dnnl_eltwise_relu, 0, 0);
	s |= dnnl_primitive_attr_set_post_ops(*attr, post);
	return s | dnnl_post_ops_destroy(post);
}

/* The descriptor with this algorithm; fails where the library has none. */
static dnnl_status_t describe(struct net *n, struct layer *l, const int *number, bool integer, dnnl_alg_kind_t kind,
                              dnnl_primitive_attr_t attr)
{
	const dnnl_dim_t c = number[0], size = number[1], batch = number[2];
	const dnnl_dims_t board = {batch, c, size, size}, filter = {c, c, 3, 3}, channels = {c}, one = {1, 1};
	dnnl_memory_desc_t x, w, bias, y;
	dnnl_convolution_desc_t d;
	dnnl_status_t s = dnnl_memory_desc_init_by_tag(&x, 4, board, integer ? dnnl_u8 : dnnl_f32, dnnl_format_tag_any);
	s |= dnnl_memory_desc_init_by_tag(&y, 4, board, integer ? dnnl_u8 : dnnl_f32, dnnl_format_tag_any);
	s |= dnnl_memory_desc_init_by_tag(&w, 4, filter, integer ? dnnl_s8 : dnnl_f32, dnnl_format_tag_any);
	s |= dnnl_memory_desc_init_by_tag(&bias, 1, channels, integer ? dnnl_s32 : dnnl_f32, dnnl_x);
	s |= dnnl_convolution_forward_desc_init(&d, dnnl_forward_inference, kind, &x, &w, &bias, &y, one, one, one);
	return s ? s : dnnl_primitive_desc_create(&l->desc, &d, attr, n->engine, NULL);
}

static dnnl_status_t memory(struct net *n, dnnl_memory_t *m, const struct layer *l, dnnl_query_t what)
{
	return dnnl_memory_create(m, dnnl_primitive_desc_query_md(l->desc, what, 0), n->engine, DNNL_MEMORY_ALLOCATE);
}

static dnnl_status_t add_layer(struct net *n, int i, const int *number, bool integer, dnnl_alg_kind_t kind)
{
	struct layer *l = &n->layer[i];
	dnnl_primitive_attr_t attr;
	dnnl_status_t s = attributes(&attr, integer);
	s |= describe(n, l, number, integer, kind, attr);
	dnnl_primitive_attr_destroy(attr);
	if (s)
		return s;
	s = dnnl_primitive_create(&l->conv, l->desc);
	s |= memory(n, &l->w, l, dnnl_query_weights_md);
	s |= dnnl_memory_create(&l->bias, dnnl_primitive_desc_query_md(l->desc, dnnl_query_weights_md, 1), n->engine, DNNL_MEMORY_ALLOCATE);
	s |= memory(n, &l->y, l, dnnl_query_dst_md);
	if (s)
		return s;
	fill(l->w, integer ? dnnl_s8 : dnnl_f32, 1 + (unsigned)i);
	fill(l->bias, integer ? dnnl_u8 : dnnl_f32, 5);
	fill(l->y, integer ? dnnl_u8 : dnnl_f32, 3 + (unsigned)i);
	return s;
}

static void run(void *ctx)
{
	struct net *n = ctx;
	for (int i = 0; i < LAYERS; i++) {
		struct layer *l = &n->layer[i];
		const dnnl_exec_arg_t arg[4] = {
			{DNNL_ARG_SRC, l->x}, {DNNL_ARG_WEIGHTS, l->w}, {DNNL_ARG_BIAS, l->bias}, {DNNL_ARG_DST, l->y}};
		dnnl_primitive_execute(l->conv, n->stream, 4, arg);
	}
	dnnl_stream_wait(n->stream);
}

static void release(void *ctx)
{
	struct net *n = ctx;
	for (int i = 0; i < LAYERS; i++) {
		struct layer *l = &n->layer[i];
		dnnl_primitive_destroy(l->conv);
		dnnl_primitive_desc_destroy(l->desc);
		dnnl_memory_destroy(l->w);
		dnnl_memory_destroy(l->bias);
		dnnl_memory_destroy(l->y);
	}
	dnnl_stream_destroy(n->stream);
	dnnl_engine_destroy(n->engine);
	free(n);
}

/* Layers in a ring want each other's output in the layout that they read: the library's choice is the same for both, as
 * their shapes are, but source and destination might differ. */
static bool layouts_agree(const struct layer *l)
{
	const dnnl_memory_desc_t *x = dnnl_primitive_desc_query_md(l->desc, dnnl_query_src_md, 0);
	const dnnl_memory_desc_t *y = dnnl_primitive_desc_query_md(l->desc, dnnl_query_dst_md, 0);
	return dnnl_memory_desc_equal(x, y);
}

static const char *open_conv(struct work *w, const char *kind, const int *number)
{
	bool integer = strcmp(kind, "u8") == 0, winograd = strcmp(kind, "f32-winograd") == 0;
	if (!integer && !winograd && strcmp(kind, "f32") != 0)
		return "u8, f32 and f32-winograd are the kinds";
	struct net *n = calloc(1, sizeof *n);
	if (!n)
		return "no memory";
	*w = (struct work){.ctx = n, .once = run, .close = release};
	dnnl_status_t s = dnnl_engine_create(&n->engine, dnnl_cpu, 0);
	s |= dnnl_stream_create(&n->stream, n->engine, dnnl_stream_default_flags);
	for (int i = 0; i < LAYERS && !s; i++)
		s |= add_layer(n, i, number, integer, winograd ? dnnl_convolution_winograd : dnnl_convolution_direct);
	if (s)
		return "oneDNN cannot";
	if (!layouts_agree(&n->layer[0]))
		return "source and destination differ in layout";
	n->layer[0].x = n->layer[1].y;
	n->layer[1].x = n->layer[0].y;
	w->amount = (double)LAYERS * number[2] * number[1] * number[1] * 9 * number[0] * number[0];
	return NULL;
}

int main(void)
{
	return side_serve(open_conv);
}
