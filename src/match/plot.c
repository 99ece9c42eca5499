/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/plot.h"

#include "match/print.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>

enum { WIDTH = 900, HEIGHT = 520, LEFT = 70, RIGHT = 20, TOP = 40, BOTTOM = 55 };

struct axis {
	double least, most, step;
	bool vertical;
};

/* The whole axis in five to ten steps of 1, 2 or 5 times a power of ten. */
static struct axis axis_over(double least, double most, bool vertical)
{
	double span = most > least ? most - least : 1;
	double step = pow(10, floor(log10(span / 5)));
	if (span / step > 25)
		step *= 5;
	else if (span / step > 10)
		step *= 2;
	return (struct axis){floor(least / step) * step, ceil((least + span) / step) * step, step, vertical};
}

static double place(const struct axis *a, double v)
{
	double share = (v - a->least) / (a->most - a->least);
	return a->vertical ? HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM) : LEFT + share * (WIDTH - LEFT - RIGHT);
}

static void escaped(struct buf *out, const char *text)
{
	for (; *text; text++)
		switch (*text) {
		case '<':
			match_printf(out, "&lt;");
			break;
		case '&':
			match_printf(out, "&amp;");
			break;
		default:
			buf_u8(out, (uint8_t)*text);
		}
}

static void words(struct buf *out, double x, double y, const char *more, const char *text)
{
	match_printf(out, "<text x=\"%.1f\" y=\"%.1f\" %s>", x, y, more);
	escaped(out, text);
	match_printf(out, "</text>\n");
}

static void ticks(struct buf *out, const struct axis *a)
{
	int n = (int)floor((a->most - a->least) / a->step + 0.5);
	for (int i = 0; i <= n; i++) {
		double v = a->least + i * a->step, at = place(a, v);
		if (a->vertical)
			match_printf(out, "<path class=\"grid\" d=\"M%d %.1fH%d\"/><text x=\"%d\" y=\"%.1f\" class=\"right\">%g</text>\n",
				   LEFT, at, WIDTH - RIGHT, LEFT - 8, at + 4, v);
		else
			match_printf(out, "<path class=\"grid\" d=\"M%.1f %dV%d\"/><text x=\"%.1f\" y=\"%d\" class=\"middle\">%g</text>\n",
				   at, TOP, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 18, v);
	}
}

static void points(struct buf *out, const struct axis *x, const struct axis *y, const struct match_point *p, int n)
{
	match_printf(out, "<path class=\"line\" d=\"");
	for (int i = 0; i < n; i++)
		match_printf(out, "%c%.1f %.1f", i ? 'L' : 'M', place(x, p[i].x), place(y, p[i].y));
	match_printf(out, "\"/>\n");
	for (int i = 0; i < n; i++) {
		double at = place(x, p[i].x);
		match_printf(out, "<path class=\"bar\" d=\"M%.1f %.1fV%.1f\"/><circle cx=\"%.1f\" cy=\"%.1f\" r=\"3.5\"><title>", at,
			   place(y, p[i].low), place(y, p[i].high), at, place(y, p[i].y));
		escaped(out, p[i].label);
		match_printf(out, "</title></circle>\n");
	}
}

static const char style[] =
    "<style>text{font:13px sans-serif;fill:#222}.right{text-anchor:end}.middle{text-anchor:middle}.title{font-size:16px}"
    ".grid{stroke:#ddd;fill:none}.line{stroke:#1c5fa8;stroke-width:2;fill:none}.bar{stroke:#1c5fa8;stroke-opacity:.5}"
    "circle{fill:#1c5fa8}</style>\n";

void match_plot_svg(const struct match_point *p, int n, const char *title, const char *x_name, const char *y_name, struct buf *out)
{
	double x0 = p[0].x, x1 = p[0].x, y0 = p[0].low, y1 = p[0].high;
	char turned[64];
	for (int i = 1; i < n; i++) {
		x0 = fmin(x0, p[i].x);
		x1 = fmax(x1, p[i].x);
		y0 = fmin(y0, p[i].low);
		y1 = fmax(y1, p[i].high);
	}
	struct axis x = axis_over(x0, x1, false), y = axis_over(y0, y1, true);
	match_printf(out, "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">\n", WIDTH,
		     HEIGHT, WIDTH, HEIGHT);
	buf_bytes(out, style, sizeof style - 1);
	match_printf(out, "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, HEIGHT);
	ticks(out, &x);
	ticks(out, &y);
	points(out, &x, &y, p, n);
	words(out, WIDTH / 2.0, TOP - 15, "class=\"middle title\"", title);
	words(out, WIDTH / 2.0, HEIGHT - 12, "class=\"middle\"", x_name);
	snprintf(turned, sizeof turned, "class=\"middle\" transform=\"rotate(-90 18 %d)\"", HEIGHT / 2);
	words(out, 18, HEIGHT / 2.0, turned, y_name);
	match_printf(out, "</svg>\n");
}
