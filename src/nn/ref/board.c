/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fixed.h"
#include "nn/kernels_int.h"

#include <string.h>

#define NN_BOARD_OP(name) nn_##name##_c
#include "nn/board_ops.inc"
