/* SPDX-License-Identifier: GPL-3.0-or-later */
/* buf_printf with numbers that have a fraction: base is compiled without floating point, its variable arguments too. */
#ifndef MIAI_MATCH_PRINT_H
#define MIAI_MATCH_PRINT_H

#include "base/bytes.h"

/* At most 511 bytes a call; the rest is cut. */
__attribute__((format(printf, 2, 3))) void match_printf(struct buf *b, const char *fmt, ...);

#endif
