/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The board operations once more, for a compiler that may use AVX2. */
#include "base/fixed.h"
#include "nn/kernels_int.h"

#include <string.h>

#define NN_BOARD_OP(name) nn_##name##_avx2
#include "nn/board_ops.inc"
