/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Errors as values.  A function that can fail returns 0 or one of the negative codes below and, where the
 * caller passes a struct err, says there what was wrong, where, and what to do.  Nothing below cli exits. */
#ifndef MIAI_BASE_ERR_H
#define MIAI_BASE_ERR_H

enum err_code {
	ERR_FORMAT = -1,   /* bytes or text that break their format */
	ERR_IO = -2,       /* the system refused: errno is named in the text */
	ERR_MEMORY = -3,   /* an allocation failed */
	ERR_ARG = -4,      /* a value the caller may not pass */
	ERR_MISMATCH = -5, /* well-formed, but not what was promised (a hash, a recipe, a move) */
	ERR_STOPPED = -6,  /* asked to stop; state on disk is whole */
	ERR_FAULT = -7,    /* the machine computed or remembered something wrong */
};

struct err {
	char text[768];
	int code; /* the code that went with the text: for those who are told of a failure by NULL */
};

/* Writes the message (truncated if need be; e may be NULL) and returns code. */
__attribute__((format(printf, 3, 4)))
int err_set(struct err *e, int code, const char *fmt, ...);

/* Puts "prefix: " before the message already in e; sets and returns code. */
int err_prefix(struct err *e, int code, const char *prefix);

#endif
