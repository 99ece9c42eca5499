/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The eight symmetries of a square.  Symmetry s maps (row, col) of a size x size board: bit 0 mirrors columns,
 * bit 1 mirrors rows, bit 2 then swaps row and column. */
#ifndef MIAI_BASE_SYMMETRY_H
#define MIAI_BASE_SYMMETRY_H

#include <stdint.h>

enum { SYMMETRIES = 8 };

/* map[p] = where point p goes, points counted row by row; size <= 19. */
void symmetry_map(uint16_t *map, int size, int sym);

#endif
