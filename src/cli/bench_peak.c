/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/bench_peak.h"

#include "nn/kernels.h"

#include <stddef.h>
#include <time.h>

/* Twelve sums, so that none waits for its own last addition (at most 5 cycles, 2 products a cycle). */
#define TWELVE(x) x(0) x(1) x(2) x(3) x(4) x(5) x(6) x(7) x(8) x(9) x(10) x(11)
enum { SUMS = 12 };

#if defined(__x86_64__)

#define LOOP_X86(body)                                                                                                   \
	__asm__ volatile("1:\n\t" TWELVE(body) "decq %0\n\tjnz 1b\n\tvzeroupper"                                         \
			 : "+r"(n)                                                                                       \
			 :                                                                                               \
			 : "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9",         \
			   "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

/* Bytes: two products are added in 16 bits, two of those in 32, and then to the sum. */
#define BYTES_AVX2(i)                                                                                                    \
	"vpmaddubsw %%ymm12, %%ymm13, %%ymm14\n\tvpmaddwd %%ymm15, %%ymm14, %%ymm14\n\t"                                 \
	"vpaddd %%ymm14, %%ymm" #i ", %%ymm" #i "\n\t"
/* 16 bits: two products are added in 32 bits, and then to the sum. */
#define WORDS_AVX2(i) "vpmaddwd %%ymm12, %%ymm13, %%ymm14\n\tvpaddd %%ymm14, %%ymm" #i ", %%ymm" #i "\n\t"
#define BYTES_VNNI(i) "vpdpbusd %%zmm12, %%zmm13, %%zmm" #i "\n\t"

static void bytes_avx2(uint64_t n)
{
	LOOP_X86(BYTES_AVX2);
}

static void words_avx2(uint64_t n)
{
	LOOP_X86(WORDS_AVX2);
}

static void bytes_vnni(uint64_t n)
{
	LOOP_X86(BYTES_VNNI);
}

#elif defined(__aarch64__)

#define LOOP_ARM(body)                                                                                                   \
	__asm__ volatile(".arch armv8.2-a+dotprod\n1:\n\t" TWELVE(body) "subs %0, %0, #1\n\tb.ne 1b"                     \
			 : "+r"(n)                                                                                       \
			 :                                                                                               \
			 : "cc", "v0", "v1", "v2", "v3", "v4", "v5", "v6", "v7", "v8", "v9", "v10", "v11", "v12", "v13", \
			   "v14")

/* Bytes: two products are added in 16 bits, two of those to the sum in 32. */
#define BYTES_NEON(i)                                                                                                    \
	"smull v14.8h, v12.8b, v13.8b\n\tsmlal2 v14.8h, v12.16b, v13.16b\n\tsadalp v" #i ".4s, v14.8h\n\t"
#define WORDS_NEON(i) "smlal v" #i ".4s, v12.4h, v13.4h\n\t"
#define BYTES_DOT(i) "sdot v" #i ".4s, v12.16b, v13.16b\n\t"

static void bytes_neon(uint64_t n)
{
	LOOP_ARM(BYTES_NEON);
}

static void words_neon(uint64_t n)
{
	LOOP_ARM(WORDS_NEON);
}

static void bytes_dot(uint64_t n)
{
	LOOP_ARM(BYTES_DOT);
}

#endif

const struct bench_loop bench_loops[] = {
#if defined(__x86_64__)
    {"avx2 of bytes", NN_CPU_AVX2, SUMS * 32, bytes_avx2},
    {"avx2 of 16 bits", NN_CPU_AVX2, SUMS * 16, words_avx2},
    {"avx512vnni of bytes", NN_CPU_AVX512VNNI, SUMS * 64, bytes_vnni},
#elif defined(__aarch64__)
    {"neon of bytes", NN_CPU_NEON, SUMS * 16, bytes_neon},
    {"neon of 16 bits", NN_CPU_NEON, SUMS * 4, words_neon},
    {"neondot of bytes", NN_CPU_NEONDOT, SUMS * 16, bytes_dot},
#endif
    {NULL, 0, 0, NULL},
};

static double seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The best of several tries: whatever disturbs makes a try slower. */
double bench_loop_rate(const struct bench_loop *l)
{
	const uint64_t rounds = 200000; /* about a millisecond */
	double best = 0;
	for (int i = 0; i < 12; i++) {
		double t = seconds();
		l->run(rounds);
		t = seconds() - t;
		double rate = (double)rounds * l->macs / (t > 1e-9 ? t : 1e-9);
		best = rate > best ? rate : best;
	}
	return best;
}
