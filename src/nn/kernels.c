/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "nn/kernels.h"

#include "base/err.h"
#include "nn/kernels_int.h"

#include <stdio.h>
#include <string.h>

void nn_kernels_init(struct nn_kernels *k, unsigned cpu_flags)
{
#define NN_KERNEL(op, isa, flags)                                                                                      \
	if (((flags) & ~cpu_flags) == 0)                                                                               \
		k->op = nn_##op##_##isa;
#include "nn/kernels.inc"
#undef NN_KERNEL
	k->flags = cpu_flags;
	k->guard = NULL;
	k->profile = NULL;
}

#if defined(__x86_64__) && !defined(NN_ONLY_C)
#include <cpuid.h>

/* The register states that the system saves when it switches threads (XCR0). */
static uint32_t saved_states(void)
{
	uint32_t lo, hi;
	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return lo;
}

unsigned nn_cpu_flags(void)
{
	enum {
		L1C_OSXSAVE = 1u << 27,
		L1C_AVX = 1u << 28,
		L7B_AVX2 = 1u << 5,
		L7C_VNNI = 1u << 11,
		YMM_STATE = 0x06, /* SSE, AVX */
		ZMM_STATE = 0xe6, /* and the masks, the upper halves, the upper sixteen */
	};
	const uint32_t l1c = L1C_OSXSAVE | L1C_AVX;
	const uint32_t l7b_512 = 1u << 16 | 1u << 30 | 1u << 31; /* F, BW, VL */
	uint32_t a, b, c, d;
	if (!__get_cpuid(1, &a, &b, &c, &d) || (c & l1c) != l1c)
		return 0;
	const uint32_t states = saved_states();
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & L7B_AVX2) || (states & YMM_STATE) != YMM_STATE)
		return 0;
	unsigned flags = NN_CPU_AVX2;
	if ((b & l7b_512) == l7b_512 && (c & L7C_VNNI) && (states & ZMM_STATE) == ZMM_STATE)
		flags |= NN_CPU_AVX512VNNI;
	return flags;
}
#elif defined(__aarch64__) && !defined(NN_ONLY_C)
#include <sys/auxv.h>

/* As the system tells it: the dot product has a bit of its own. */
unsigned nn_cpu_flags(void)
{
	const uint64_t caps = getauxval(AT_HWCAP);
	if (!(caps & HWCAP_ASIMD))
		return 0;
	return caps & HWCAP_ASIMDDP ? NN_CPU_NEON | NN_CPU_NEONDOT : NN_CPU_NEON;
}
#else
unsigned nn_cpu_flags(void)
{
	return 0;
}
#endif

static const struct {
	const char *name;
	unsigned flag;
} cpu_names[] = {
    {"avx2", NN_CPU_AVX2},
    {"avx512vnni", NN_CPU_AVX512VNNI},
    {"neon", NN_CPU_NEON},
    {"neondot", NN_CPU_NEONDOT},
};

#define CPU_LIST "avx2, avx512vnni, neon, neondot"
enum { CPU_NAMES = sizeof cpu_names / sizeof *cpu_names };

static unsigned flag_named(const char *name, size_t n)
{
	for (int i = 0; i < CPU_NAMES; i++)
		if (strlen(cpu_names[i].name) == n && memcmp(cpu_names[i].name, name, n) == 0)
			return cpu_names[i].flag;
	return 0;
}

int nn_cpu_flags_parse(unsigned *flags, const char *list, struct err *e)
{
	const unsigned have = nn_cpu_flags();
	if (!list || strcmp(list, "all") == 0) {
		*flags = have;
		return 0;
	}
	*flags = 0;
	if (strcmp(list, "none") == 0)
		return 0;
	for (;;) {
		const size_t n = strcspn(list, ",");
		const unsigned f = flag_named(list, n);
		const int shown = n < 40 ? (int)n : 40;
		if (!f)
			return err_set(e, ERR_ARG, "\"%.*s\" is no instruction set; say none, all or " CPU_LIST, shown,
				       list);
		if (!(f & have))
			return err_set(e, ERR_ARG, "this machine has no %.*s; say none or all", shown, list);
		*flags |= f;
		if (!list[n])
			return 0;
		list += n + 1;
	}
}

void nn_cpu_flags_text(char *out, size_t n, unsigned flags)
{
	size_t used = 0;
	if (n == 0)
		return;
	snprintf(out, n, "none");
	for (int i = 0; i < CPU_NAMES; i++)
		if ((flags & cpu_names[i].flag) && used < n)
			used += (size_t)snprintf(out + used, n - used, "%s%s", used ? "," : "", cpu_names[i].name);
}
