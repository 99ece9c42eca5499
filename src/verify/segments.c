/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which segments are made again.  Those of one kind (games, spans of training, match pairs) are numbered over the whole
 * run, generation by generation.  A run has hundreds of games for each span, and one forged span is worth more than any
 * game: so the kinds share the number asked for evenly, as far as each has that many. */
#include "verify/verify_int.h"

#include "base/rng.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct plan {
	struct kind {
		uint64_t total, count;
		uint64_t *chosen; /* ascending; NULL: all */
		uint64_t at;      /* chosen[0..at-1] are done */
		uint64_t base;    /* number of the next generation's first segment */
	} kind[RUN_SEGMENTS];
	uint64_t total, count;
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

/* Deals the number asked for to the kinds in turn. */
static void plan_share(struct plan *p, uint64_t asked)
{
	p->count = asked < p->total ? asked : p->total;
	for (uint64_t left = p->count; left > 0;)
		for (int k = 0; k < RUN_SEGMENTS && left > 0; k++)
			if (p->kind[k].count < p->kind[k].total) {
				p->kind[k].count++;
				left--;
			}
}

static int plan_choose(struct kind *k, uint64_t key, struct err *e)
{
	if (k->count == k->total)
		return 0;
	if (k->total > UINT32_MAX)
		return err_set(e, ERR_ARG, "more than 2^32 segments: they can only be checked all together");
	k->chosen = malloc((size_t)k->count * sizeof *k->chosen + 1);
	if (!k->chosen)
		return err_set(e, ERR_MEMORY, "no memory to choose %" PRIu64 " segments", k->count);
	for (uint64_t i = 0; i < k->count; i++)
		k->chosen[i] = rng_permute(key, (uint32_t)k->total, (uint32_t)i);
	qsort(k->chosen, (size_t)k->count, sizeof *k->chosen, ascending);
	return 0;
}

static int plan_make(const struct verify *v, struct plan *p, struct err *e)
{
	int rc = 0;

	for (uint32_t g = 1; g < v->ledger.entries; g++)
		for (int k = 0; k < RUN_SEGMENTS; k++) {
			uint32_t n = run_audit_segments(&v->audit, g, k);
			p->kind[k].total += n;
			p->total += n;
		}
	plan_share(p, v->o->rebuild ? p->total : v->o->segments);
	for (int k = 0; k < RUN_SEGMENTS && rc == 0; k++)
		rc = plan_choose(&p->kind[k], rng_key(v->o->random, (uint64_t)k), e);
	return rc;
}

/* The chosen ones among the next n segments of a kind, counted from the first of them. */
static uint32_t plan_pick(struct kind *k, uint32_t n, uint32_t *pick)
{
	uint32_t picked = 0;

	if (!k->chosen)
		for (; picked < n && k->count; picked++)
			pick[picked] = picked;
	else
		for (; k->at < k->count && k->chosen[k->at] < k->base + n; k->at++)
			pick[picked++] = (uint32_t)(k->chosen[k->at] - k->base);
	k->base += n;
	return picked;
}

static int check_kind(struct verify *v, struct plan *p, uint32_t generation, enum run_segment kind, struct err *e)
{
	uint32_t n = run_audit_segments(&v->audit, generation, kind);
	uint32_t *pick = n < UINT32_MAX / sizeof *pick ? malloc(n * sizeof *pick + 1) : NULL;
	if (!pick)
		return err_set(e, ERR_MEMORY, "no memory for %" PRIu32 " segments", n);
	n = plan_pick(&p->kind[kind], n, pick);
	int rc = run_audit_again(&v->audit, generation, kind, pick, n, e);
	if (rc == 0 && n)
		verify_say(v, "generation %" PRIu32 ": %" PRIu32 " %s made again, equal", generation, n,
		           segment_word[kind][n != 1]);
	if (rc == 0)
		v->report->segments_checked += n;
	free(pick);
	return rc < 0 ? rc : verify_stopping(v, e);
}

static void conclude(const struct verify *v, const struct plan *p)
{
	char what[256];
	int n = 0;

	for (int k = 0; k < RUN_SEGMENTS; k++)
		n += snprintf(what + n, sizeof what - (size_t)n, "%s%" PRIu64 " of %" PRIu64 " %s", k ? ", " : "",
		              p->kind[k].count, p->kind[k].total, segment_word[k][1]);
	if (v->o->rebuild)
		verify_say(v, "rebuilt: %" PRIu64 " of %" PRIu64 " segments (%s), the initial state, all shards and nets",
		           p->count, p->total, what);
	else
		verify_say(v, "spot-checked %" PRIu64 " of %" PRIu64 " segments (%s)", p->count, p->total, what);
	if (p->count < p->total)
		verify_say(v, "not checked: whether the other %" PRIu64 " segments, made again, give the same bytes",
		           p->total - p->count);
}

int verify_segments(struct verify *v, struct err *e)
{
	struct plan p = {0};
	int rc = plan_make(v, &p, e);
	v->report->segments_total = p.total;
	for (uint32_t g = 1; rc == 0 && g < v->ledger.entries; g++)
		for (int kind = 0; rc == 0 && kind < RUN_SEGMENTS; kind++)
			rc = check_kind(v, &p, g, kind, e);
	if (rc == 0)
		conclude(v, &p);
	for (int k = 0; k < RUN_SEGMENTS; k++)
		free(p.kind[k].chosen);
	return rc;
}
