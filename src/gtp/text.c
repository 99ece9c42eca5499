/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gtp/text.h"

#include "base/err.h"
#include "gtp/engine.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

bool gtp_int(const char *text, int *out)
{
	enum { MOST = 1000000000 };
	bool minus = *text == '-';
	int64_t v = 0;
	text += minus;
	if (!digit(*text))
		return false;
	for (; digit(*text); text++) {
		v = v * 10 + (*text - '0'); /* <= 10 * MOST + 9 */
		v = v > MOST ? MOST : v;
	}
	*out = (int)(minus ? -v : v);
	return !*text;
}

bool gtp_seconds(const char *text, long long *us)
{
	enum { MOST = 1000000000 };
	bool minus = *text == '-';
	long long v = 0, unit = 1000000;
	text += minus;
	if (!digit(*text) && !(*text == '.' && digit(text[1])))
		return false;
	for (; digit(*text); text++) {
		v = v * 10 + (*text - '0');
		v = v > MOST ? MOST : v;
	}
	v *= unit;
	if (*text == '.')
		text++;
	for (; digit(*text); text++) {
		unit /= 10;
		v += unit * (*text - '0');
	}
	*us = minus ? -v : v;
	return !*text;
}

void gtp_printf(struct buf *b, const char *fmt, ...)
{
	char text[1024];
	va_list args;
	va_start(args, fmt);
	int n = vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	buf_bytes(b, text, n < 0 ? 0 : (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

bool gtp_color(const char *text, int *player)
{
	*player = strcasecmp(text, "w") == 0 || strcasecmp(text, "white") == 0;
	return *player || strcasecmp(text, "b") == 0 || strcasecmp(text, "black") == 0;
}

void gtp_vertex_text(char out[GO_VERTEX_TEXT], int size, int action)
{
	if (action == ENGINE_RESIGN)
		snprintf(out, GO_VERTEX_TEXT, "resign");
	else
		go_vertex_write(out, size, action);
}

void gtp_vertex_small(char out[GO_VERTEX_TEXT], int size, int action)
{
	if (action == size * size)
		snprintf(out, GO_VERTEX_TEXT, "pass");
	else
		gtp_vertex_text(out, size, action);
}

void gtp_half_text(char *out, size_t n, int half)
{
	int v = half < 0 ? -half : half;
	snprintf(out, n, "%s%d%s", half < 0 ? "-" : "", v / 2, v % 2 ? ".5" : "");
}

void gtp_score_text(char *out, size_t n, int half)
{
	if (half == 0) {
		snprintf(out, n, "0");
		return;
	}
	snprintf(out, n, "%c+", half > 0 ? 'B' : 'W');
	gtp_half_text(out + 2, n - 2, half < 0 ? -half : half);
}

int gtp_parse_komi(const char *text, int *half)
{
	enum { MOST = 100000 };
	bool minus = *text == '-', odd = false;
	int v = 0;
	text += minus;
	if (!digit(*text) && !(*text == '.' && digit(text[1])))
		return ERR_FORMAT;
	for (; digit(*text); text++) {
		v = v * 10 + (*text - '0');
		v = v > MOST ? MOST : v;
	}
	v *= 2;
	if (*text == '.') {
		text++;
		v += *text == '5';
		text += *text == '5';
		for (; digit(*text); text++)
			odd |= *text != '0';
	}
	if (*text)
		return ERR_FORMAT;
	*half = minus ? -v : v;
	return odd || v > ENGINE_KOMI_MAX ? ERR_ARG : 0;
}
