/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One bit, flipped at one moment of a run.  Moments are calls of a kernel; memory is what the kernels are given, and
 * what was noted when it was allocated (allocators are wrapped by the linker). */
#ifndef MIAI_TESTS_FLIPS_H
#define MIAI_TESTS_FLIPS_H

#include "nn/kernels.h"
#include "record/recipe.h"

#include <stdbool.h>
#include <stdint.h>

/* Where, and when: before or after the kernel named. */
enum place {
	PLACE_PACKED,      /* mm_u8, before: packed weights */
	PLACE_BACK,        /* mm_s8, before: packed weights on the way back */
	PLACE_NET,         /* mm_u8, before: anything of a net in memory: weights, biases, packed weights, exponents */
	PLACE_ACTIVATION,  /* mm_u8, before: what it reads */
	PLACE_RELU,        /* relu_rows, after: what it wrote */
	PLACE_TRUNK,       /* trunk_rows, before: a row of the trunk */
	PLACE_WORK,        /* mm_u8, before: anything in the memory of a forward pass */
	PLACE_SUMS,        /* mm_u8, after: its sums */
	PLACE_BACK_SUMS,   /* mm_s8, after: its sums */
	PLACE_WGRAD,       /* wgrad, after: its sums */
	PLACE_GRADIENT,    /* mm_s8, before: the gradients it reads */
	PLACE_SLICE,       /* wgrad, before: anything in the memory of a slice's backward pass */
	PLACE_GRADIENT_SUMS, /* wgrad, before: the sums over slices */
	PLACE_STATE,       /* mm_u8, before: master weights, momentum */
	PLACE_SAMPLES,     /* wgrad, before: the training window */
	PLACES,
};
extern const char *const place_name[PLACES];

struct flip {
	enum place place;
	uint64_t moment; /* which call */
	uint64_t random; /* which bit */
};

/* The kernels of these flags with the hooks around them; f (may be NULL) is carried out in its time. */
void flips_kernels(struct nn_kernels *k, unsigned flags, const struct flip *f);
/* How many moments each place has had since. */
uint64_t flips_moments(enum place p);
/* A run of some fifty milliseconds that uses every part of the program; wide: of four times that, wide enough for Winograd
 * to pay (nn/conv.h). */
void flips_recipe(struct recipe *r, bool wide);
/* Whether the flip was made. */
int flips_done(void);

#endif
