/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/symmetry.h"

void symmetry_map(uint16_t *map, int size, int sym)
{
	for (int row = 0; row < size; row++)
		for (int col = 0; col < size; col++) {
			int c = sym & 1 ? size - 1 - col : col;
			int r = sym & 2 ? size - 1 - row : row;
			map[row * size + col] = (uint16_t)(sym & 4 ? c * size + r : r * size + c);
		}
}
