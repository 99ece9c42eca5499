/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/symmetry.h"
#include "test.h"

enum { POINTS = 19 * 19 };

static void test_bijections(int size, uint16_t map[SYMMETRIES][POINTS])
{
	int n = size * size;
	for (int s = 0; s < SYMMETRIES; s++) {
		uint8_t hit[POINTS] = {0};
		symmetry_map(map[s], size, s);
		int wrong = 0;
		for (int p = 0; p < n; p++)
			wrong += map[s][p] >= n || hit[map[s][p]]++;
		CHECK_INT(wrong, 0);
	}
}

static int same(const uint16_t *a, const uint16_t *b, int n)
{
	return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

/* The eight are distinct (size > 1), and one after another is again one of them: a group. */
static void test_group(int size, uint16_t map[SYMMETRIES][POINTS])
{
	int n = size * size;
	for (int a = 0; a < SYMMETRIES; a++)
		for (int b = 0; b < SYMMETRIES; b++) {
			uint16_t both[POINTS];
			for (int p = 0; p < n; p++)
				both[p] = map[b][map[a][p]];
			int found = 0;
			for (int c = 0; c < SYMMETRIES; c++)
				found += same(both, map[c], n);
			CHECK_INT(found, 1);
			CHECK_INT(same(map[a], map[b], n), a == b);
		}
}

/* Neighbours stay neighbours. */
static void test_adjacency(int size, uint16_t map[SYMMETRIES][POINTS])
{
	int wrong = 0;
	for (int s = 0; s < SYMMETRIES; s++)
		for (int p = 0; p < size * size; p++) {
			int q = p % size + 1 < size ? map[s][p + 1] : -1;
			int r = p / size + 1 < size ? map[s][p + size] : -1;
			int dq = abs(q - map[s][p]), dr = abs(r - map[s][p]);
			wrong += q >= 0 && dq != 1 && dq != size;
			wrong += r >= 0 && dr != 1 && dr != size;
			wrong += q >= 0 && r >= 0 && dq == dr;
		}
	CHECK_INT(wrong, 0);
}

/* Where the point in row 0, column 1 of a 3x3 board goes. */
static void test_bits(void)
{
	static const uint16_t corner[SYMMETRIES] = {0, 2, 6, 8, 0, 6, 2, 8};
	static const uint16_t edge[SYMMETRIES] = {1, 1, 7, 7, 3, 3, 5, 5};
	for (int s = 0; s < SYMMETRIES; s++) {
		uint16_t map[9];
		symmetry_map(map, 3, s);
		CHECK_INT(map[0], corner[s]);
		CHECK_INT(map[1], edge[s]);
		CHECK_INT(map[4], 4);
	}
}

int main(void)
{
	static uint16_t map[SYMMETRIES][POINTS];
	for (int size = 1; size <= 19; size++) {
		test_bijections(size, map);
		test_adjacency(size, map);
		if (size > 1)
			test_group(size, map);
	}
	test_bits();
	return test_done();
}
