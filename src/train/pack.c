/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Weights packed for the way back, one block of memory a layer: for the direct product, for exact Winograd where the layer has
 * 3x3 filters, their check sums, and whether Winograd may be used. */
#include "nn/conv.h"
#include "train/train_int.h"

#include <stdlib.h>

static size_t wino_bytes(const struct nn_layer_info *f)
{
	return f->taps == 9 ? nn_wino_count(f->ci, f->co) * sizeof(int16_t) : 0;
}

static size_t packed_bytes(const struct nn_layer_info *f)
{
	return nn_packed_bytes(f->ci, f->taps * nn_pad16(f->co));
}

/* Both pieces before the sums are multiples of 64 bytes. */
static size_t sums_at(const struct nn_layer_info *f)
{
	return packed_bytes(f) + wino_bytes(f);
}

static size_t fits_at(const struct nn_layer_info *f)
{
	return sums_at(f) + nn_sum_count(f->ci, f->taps * nn_pad16(f->co)) * sizeof(int16_t);
}

size_t train_back_bytes(const struct nn_layer_info *f)
{
	return fits_at(f) + 1;
}

const int16_t *train_back_sums(const struct nn_layer_info *f, const int8_t *back)
{
	return (const int16_t *)(const void *)(back + sums_at(f));
}

const int16_t *train_back_wino(const struct nn_layer_info *f, const int8_t *back)
{
	return back[fits_at(f)] ? (const int16_t *)(const void *)(back + packed_bytes(f)) : NULL;
}

/* w[ci][tap][co]: the filters turned around, as a gradient at p goes to the inputs at p + tap. */
static void turn(const struct nn_layer *l, int8_t *w)
{
	const struct nn_layer_info *f = &l->info;
	size_t taps = (size_t)f->taps, ci = (size_t)f->ci, co = (size_t)nn_pad16(f->co);

	for (size_t o = 0; o < (size_t)f->co; o++)
		for (size_t t = 0; t < taps; t++)
			for (size_t j = 0; j < ci; j++)
				w[(j * taps + taps - 1 - t) * co + o] = l->weight[(o * taps + t) * ci + j];
}

int train_pack_back(const struct nn_layer *l, int8_t *out)
{
	const struct nn_layer_info *f = &l->info;
	int k = f->taps * nn_pad16(f->co);
	int8_t *w = calloc((size_t)f->ci * (size_t)k, 1);

	if (!w)
		return ERR_MEMORY;
	turn(l, w);
	nn_pack(out, w, f->ci, k);
	if (f->taps == 9)
		nn_wino_pack((int16_t *)(void *)(out + packed_bytes(f)), w, f->ci, f->co);
	nn_sums((int16_t *)(void *)(out + sums_at(f)), w, f->ci, k);
	out[fits_at(f)] = f->taps == 9 && nn_wino_fits(w, f->ci, f->co);
	free(w);
	return 0;
}
