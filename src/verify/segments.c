/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which segments are made again.  They are numbered over the whole run: generation by generation, in each its games,
 * then its spans of training, then its match pairs. */
#include "verify/verify_int.h"

#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct plan {
	uint64_t total, count;
	uint64_t *chosen; /* ascending; NULL: all */
	uint64_t at;      /* chosen[0..at-1] are done */
	uint64_t done[RUN_SEGMENTS];
};

static const char *const segment_word[RUN_SEGMENTS][2] = {
    {"game", "games"},
    {"span", "spans"},
    {"match pair", "match pairs"},
};

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

static int plan_make(const struct verify *v, struct plan *p, struct err *e)
{
	for (uint32_t g = 1; g < v->ledger.entries; g++)
		for (int kind = 0; kind < RUN_SEGMENTS; kind++)
			p->total += run_audit_segments(&v->audit, g, kind);
	p->count = v->o->rebuild || v->o->segments > p->total ? p->total : v->o->segments;
	if (p->count == p->total)
		return 0;
	if (p->total > UINT32_MAX)
		return err_set(e, ERR_ARG, "more than 2^32 segments: they can only be checked all together");
	p->chosen = malloc((size_t)p->count * sizeof *p->chosen + 1);
	if (!p->chosen)
		return err_set(e, ERR_MEMORY, "no memory to choose %" PRIu64 " segments", p->count);
	for (uint64_t i = 0; i < p->count; i++)
		p->chosen[i] = rng_permute(v->o->random, (uint32_t)p->total, (uint32_t)i);
	qsort(p->chosen, (size_t)p->count, sizeof *p->chosen, ascending);
	return 0;
}

/* The chosen ones among segments base .. base + n - 1, counted from base. */
static uint32_t plan_pick(struct plan *p, uint64_t base, uint32_t n, uint32_t *pick)
{
	uint32_t picked = 0;
	if (!p->chosen) {
		for (; picked < n; picked++)
			pick[picked] = picked;
		return n;
	}
	for (; p->at < p->count && p->chosen[p->at] < base + n; p->at++)
		pick[picked++] = (uint32_t)(p->chosen[p->at] - base);
	return picked;
}

static int check_kind(struct verify *v, struct plan *p, uint32_t generation, enum run_segment kind, uint64_t base,
                      struct err *e)
{
	uint32_t n = run_audit_segments(&v->audit, generation, kind);
	uint32_t *pick = n < UINT32_MAX / sizeof *pick ? malloc(n * sizeof *pick + 1) : NULL;
	if (!pick)
		return err_set(e, ERR_MEMORY, "no memory for %" PRIu32 " segments", n);
	n = plan_pick(p, base, n, pick);
	int rc = run_audit_again(&v->audit, generation, kind, pick, n, e);
	if (rc == 0 && n)
		verify_say(v, "generation %" PRIu32 ": %" PRIu32 " %s made again, equal", generation, n,
		           segment_word[kind][n != 1]);
	if (rc == 0) {
		p->done[kind] += n;
		v->report->segments_checked += n;
	}
	free(pick);
	return rc < 0 ? rc : verify_stopping(v, e);
}

static void conclude(const struct verify *v, const struct plan *p)
{
	char what[128];
	snprintf(what, sizeof what, "(%" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64 " %s)", p->done[0],
	         segment_word[0][p->done[0] != 1], p->done[1], segment_word[1][p->done[1] != 1], p->done[2],
	         segment_word[2][p->done[2] != 1]);
	if (v->o->rebuild)
		verify_say(v, "rebuilt: %" PRIu64 " of %" PRIu64 " segments %s, the initial state, all shards and nets",
		           p->count, p->total, what);
	else
		verify_say(v, "spot-checked %" PRIu64 " of %" PRIu64 " segments %s", p->count, p->total, what);
	if (p->count < p->total)
		verify_say(v, "not checked: whether the other %" PRIu64 " segments, made again, give the same bytes",
		           p->total - p->count);
}

int verify_segments(struct verify *v, struct err *e)
{
	struct plan p = {0};
	uint64_t base = 0;
	int rc = plan_make(v, &p, e);
	v->report->segments_total = p.total;
	for (uint32_t g = 1; rc == 0 && g < v->ledger.entries; g++)
		for (int kind = 0; rc == 0 && kind < RUN_SEGMENTS; kind++) {
			rc = check_kind(v, &p, g, kind, base, e);
			base += run_audit_segments(&v->audit, g, kind);
		}
	if (rc == 0)
		conclude(v, &p);
	free(p.chosen);
	return rc;
}
