/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One side of a comparison: a process that does a piece of work again and again and says how fast.  bench/table.py gives
 * each side its turn, so that what disturbs the machine disturbs all of them.  Lines in, lines out:
 *
 *   open KIND NUMBERS...   prepares this work and does it once      -> "ok", or "error: ..." and it is not open
 *   go SECONDS             does it for at least that long           -> units of work a second
 *   quit                                                                                                        */
#ifndef MIAI_BENCH_SIDE_H
#define MIAI_BENCH_SIDE_H

#include <stdbool.h>

struct work {
	void *ctx;                  /* owned */
	void (*once)(void *ctx);
	void (*close)(void *ctx);
	double amount;              /* units of work that once() does */
	bool wall;                  /* time by the wall's clock, for more than one thread; else the process's CPU time */
	const double *inside;       /* where not NULL, the seconds that count are these, which once() adds to */
};

enum { SIDE_NUMBERS = 6 };

/* Fills *w for the kind and numbers given (missing ones are 0).  NULL, or what is wrong. */
typedef const char *side_open(struct work *w, const char *kind, const int *number);

double side_wall(void); /* seconds */

/* Serves standard input until its end. */
int side_serve(side_open *open);

#endif
