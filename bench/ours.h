/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of miai's side share. */
#ifndef MIAI_BENCH_OURS_H
#define MIAI_BENCH_OURS_H

#include "side.h"

/* As side_open, for the kinds mm_u8, wgrad, wino_mm and peak. */
const char *kernel_open(struct work *w, const char *kind, unsigned flags);

#endif
