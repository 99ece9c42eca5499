/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every allocation fails once, in reading, following and writing SGF, in importing a net and in exporting one: the answer is
 * an error or the right bytes, never a crash, and nothing leaks (which a memory checker sees).  Linked with --wrap. */
#include "../no_memory.h"
#include "random_weights.h"

#include "sgf/sgf.h"
#include "weights/export.h"
#include "weights/weights.h"

static int sgf(const struct buf *text)
{
	static struct sgf_game g;
	struct buf out = {0};
	struct err e = {.text = ""};
	struct sgf *t = sgf_read(text->data, text->len, &e), *again = NULL;
	int rc = t ? sgf_game_read(&g, t, sgf_line_end(t, 1), SGF_ALL_MOVES, &e) : e.code;
	if (rc == 0) {
		again = sgf_new();
		if (again && sgf_game_write(again, &g, "test:1"))
			sgf_put(again, 1, "C", "a comment");
		if (again)
			sgf_write(again, &out);
		rc = !again || out.failed ? ERR_MEMORY : 0;
	}
	CHECK(rc || strstr((const char *)out.data, ";B[cc];W[dd]"));
	sgf_free(t);
	sgf_free(again);
	buf_release(&out);
	return rc;
}

static int import(const struct buf *text)
{
	struct weights_cost cost;
	struct nn_kernels k;
	struct buf out = {0};
	struct err e = {.text = ""};
	nn_kernels_init(&k, 0);
	struct weights *w = weights_read(text->data, text->len, &e);
	struct nn_leela *n = w ? weights_import(w, &k, 2, 1, &cost, &e) : NULL;
	int rc = n ? 0 : e.code;
	if (n)
		nn_leela_write(n, &out);
	rc = rc == 0 && out.failed ? ERR_MEMORY : rc;
	nn_leela_free(n);
	n = rc ? NULL : nn_leela_read(out.data, out.len, &e);
	rc = rc ? rc : n ? 0 : e.code;
	nn_leela_free(n);
	weights_free(w);
	buf_release(&out);
	return rc;
}

static int export(const struct buf *file)
{
	const struct weights_origin o = {.version = "1"};
	struct buf onnx = {0}, tensors = {0};
	struct err e = {.text = ""};
	struct nn_net *n = nn_net_read(file->data, file->len, &e);
	if (!n)
		return ERR_MEMORY;
	weights_onnx(n, &o, &onnx);
	weights_safetensors(n, &o, &tensors);
	int rc = onnx.failed || tensors.failed ? ERR_MEMORY : 0;
	CHECK(rc || (onnx.len > file->len && tensors.len > file->len));
	nn_net_free(n);
	buf_release(&onnx);
	buf_release(&tensors);
	return rc;
}

int main(void)
{
	static const char game[] = "(;GM[1]CA[big5]SZ[9]AB[aa][bb]PL[B];B[cc];W[dd]C[x])";
	struct buf text = {0}, net = {0}, sgf_text = {0};
	struct nn_net *n = nn_net_new(&(struct nn_shape){16, 4, 1, 16, 16}, NULL);
	buf_bytes(&sgf_text, game, sizeof game - 1);
	random_weights(&(struct random_weights){1, 3, 1, 2, 2, 1, 1, 1}, &text);
	nn_net_write(n, &net);
	nn_net_free(n);
	fail_each(sgf, &sgf_text, 8);
	fail_each(import, &text, 50);
	fail_each(export, &net, 100);
	buf_release(&sgf_text);
	buf_release(&text);
	buf_release(&net);
	return test_done();
}
