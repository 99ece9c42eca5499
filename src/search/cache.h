/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers of an evaluator, kept for when the same question comes again: the next move's search asks much of what the
 * last one's asked.
 *
 * An answer depends on the question alone (evaluator.h), and a question is found only by comparing the whole of it:
 * every plane, and the symmetry.  So a hit gives the bits that the evaluator would give, and what is kept, what was
 * thrown out and who asked first cannot reach a result.  A cache belongs to one thread and one evaluator. */
#ifndef MIAI_SEARCH_CACHE_H
#define MIAI_SEARCH_CACHE_H

#include "nn/guard.h"
#include "search/evaluator.h"

#include <stddef.h>

struct eval_cache;

/* For questions of `planes` planes on boards of this size, with room for at least `entries` answers, or as many as fit
 * into `most` bytes.  guard may be NULL; else an answer that is not what was kept is reported there
 * (it is not given, either way).  NULL where memory is short. */
struct eval_cache *eval_cache_new(int size, int planes, size_t entries, size_t most, struct nn_guard *guard);
void eval_cache_free(struct eval_cache *c); /* c may be NULL */

/* true: job->out is what the evaluator would answer.  Jobs that want ownership are never known. */
bool eval_cache_get(struct eval_cache *c, struct eval_job *job);
/* Keeps the evaluator's answer. */
void eval_cache_put(struct eval_cache *c, const struct eval_job *job);

#endif
