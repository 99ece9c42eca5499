/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The most multiply-adds that a core can do: loops that touch nothing but registers, one for each way in which the
 * kernels of an instruction set multiply. */
#ifndef MIAI_CLI_BENCH_PEAK_H
#define MIAI_CLI_BENCH_PEAK_H

#include <stdint.h>

struct bench_loop {
	const char *name;
	unsigned flag;            /* an nn_cpu_flag */
	int macs;                 /* multiply-adds that one round does */
	void (*run)(uint64_t n);  /* n >= 1 rounds */
};

/* Ends with one whose name is NULL; empty for processors without a loop of their own. */
extern const struct bench_loop bench_loops[];

/* Multiply-adds a second of one core, by a few milliseconds of it. */
double bench_loop_rate(const struct bench_loop *l);

#endif
