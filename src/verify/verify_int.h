/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the files of this module share. */
#ifndef MIAI_VERIFY_VERIFY_INT_H
#define MIAI_VERIFY_VERIFY_INT_H

#include "run/audit.h"
#include "verify/verify.h"

struct verify {
	const struct verify_options *o;
	struct verify_report *report;
	struct recipe recipe;
	struct ledger ledger;
	struct run_audit audit;
	uint64_t cut;        /* bytes of an entry that was being written */
	uint64_t unfinished; /* files of a generation that has no entry yet */
	bool kept;           /* without what can be made again */
	uint64_t absent;     /* then: files that the ledger names and that are not here */
	uint64_t strangers;  /* files that have no place in the run */
};

void verify_say(const struct verify *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
int verify_stopping(const struct verify *v, struct err *e);

/* Every file that the ledger names is there, with the right hash; others are counted and named. */
int verify_files(struct verify *v, struct err *e);

/* Is this file of the run here?  1, 0, or an error: it cannot be told. */
int verify_here(const struct verify *v, enum run_file what, uint32_t generation, uint64_t step, struct err *e);

/* What can be checked of a kept run. */
int verify_kept(struct verify *v, struct err *e);

/* Makes the chosen segments again. */
int verify_segments(struct verify *v, struct err *e);

#endif
