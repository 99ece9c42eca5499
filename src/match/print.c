/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/print.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void match_printf(struct buf *b, const char *fmt, ...)
{
	char text[512];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	buf_bytes(b, text, strlen(text));
}
