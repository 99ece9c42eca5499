/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *e, int code, const char *fmt, ...)
{
	if (!e)
		return code;
	e->code = code;
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	return code;
}

int err_prefix(struct err *e, int code, const char *prefix)
{
	if (!e)
		return code;
	char old[sizeof e->text];
	memcpy(old, e->text, sizeof old);
	e->code = code;
	snprintf(e->text, sizeof e->text, "%s: %.600s", prefix, old);
	return code;
}
