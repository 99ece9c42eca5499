/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plot of ratings as SVG. */
#ifndef MIAI_MATCH_PLOT_H
#define MIAI_MATCH_PLOT_H

#include "base/bytes.h"

struct match_point {
	double x, y, low, high;
	const char *label; /* of the point, shown where a pointer rests; borrowed */
};

/* Appends a whole SVG file: points joined in their order, bars from low to high.  n >= 1, all values finite. */
void match_plot_svg(const struct match_point *p, int n, const char *title, const char *x_name, const char *y_name, struct buf *out);

#endif
