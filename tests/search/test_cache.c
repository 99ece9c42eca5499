/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Answers kept: a hit is what the evaluator would have said, whatever the keys are, and nothing else is a hit. */
#include "search/cache.c" /* the whole of it, so that its memory can be damaged */

#include "search/drive.h"

enum { SIZE = 5, POINTS = SIZE * SIZE, POSITIONS = 600 };

/* A question that follows from n, and its answer, which depends on the symmetry too. */
static void make_job(struct eval_job *job, uint64_t n, uint64_t key)
{
	struct game_rules rules = {.size = SIZE, .komi_half = (int)(n % 5), .max_moves = 75};
	void *state = random_state(&rules, (int)(n % 40), n / 8);
	game_go.features(state, job->planes);
	free(state);
	job->symmetry = (int)(n % 8);
	job->want_owner = 0;
	job->key = key;
	hash_answer(job->planes, SIZE, 1 << 20, &job->out);
	job->out.logit[0] += job->symmetry;
}

static bool same_answer(const struct eval *a, const struct eval *b)
{
	return memcmp(a->logit, b->logit, (POINTS + 1) * sizeof a->logit[0]) == 0 &&
	       memcmp(a->wdl, b->wdl, sizeof a->wdl) == 0 && a->value == b->value && a->score == b->score;
}

/* Asks for what may be there and puts what is not; keys = 1 makes all questions look alike.  Returns the hits. */
static int ask_all(struct eval_cache *c, uint64_t keys)
{
	static struct eval_job want, job;
	int hits = 0;
	for (uint64_t i = 0; i < 4 * POSITIONS; i++) {
		uint64_t n = rng_below(RNG_TEST, i, POSITIONS);
		make_job(&want, n, n % keys);
		job = want;
		memset(&job.out, 0x5a, sizeof job.out);
		bool hit = eval_cache_get(c, &job);
		hits += hit;
		CHECK(!hit || same_answer(&job.out, &want.out));
		if (!hit)
			eval_cache_put(c, &want);
	}
	return hits;
}

static void hits_are_answers(void)
{
	static const uint64_t keys[] = {1, 7, POSITIONS};
	struct eval_cache *c = NULL;
	for (int i = 0; i < 3; i++) {
		c = eval_cache_new(SIZE, GO_PLANES, 64, 1 << 20, NULL);
		int hits = ask_all(c, keys[i]);
		CHECK(hits > 0 && hits < 2 * POSITIONS); /* far too small for all */
		eval_cache_free(c);
	}
	c = eval_cache_new(SIZE, GO_PLANES, 8 * POSITIONS, 1 << 24, NULL);
	CHECK(ask_all(c, POSITIONS) > 2 * POSITIONS);
	eval_cache_free(c);
}

/* One bit, one plane's value, the symmetry: each makes another question.  So does ownership, which is not kept. */
static void other_questions(void)
{
	static struct eval_job job, other;
	struct eval_cache *c = eval_cache_new(SIZE, GO_PLANES, 64, 1 << 20, NULL);
	make_job(&job, 37, 1);
	eval_cache_put(c, &job);
	other = job;
	CHECK(eval_cache_get(c, &other));
	other.symmetry ^= 1;
	CHECK(!eval_cache_get(c, &other));
	other = job;
	other.want_owner = 1;
	CHECK(!eval_cache_get(c, &other));
	for (int i = 0; i < POINTS * GO_PLANES; i++) {
		other = job;
		other.planes[i] = (uint8_t)(job.planes[i] ? 0 : 16);
		CHECK(!eval_cache_get(c, &other));
		other.planes[i] = (uint8_t)(job.planes[i] ? 3 : 127);
		CHECK(!eval_cache_get(c, &other));
		eval_cache_put(c, &other); /* of two values in a plane: not kept, but for the planes of one point */
		other.out.value++;
		CHECK(!eval_cache_get(c, &other) || other.out.value == job.out.value);
	}
	other = job;
	for (int p = 0; p < POINTS; p++)
		other.planes[p * GO_PLANES] = 15; /* the whole plane */
	CHECK(!eval_cache_get(c, &other));
	eval_cache_free(c);
}

/* Each plane counts where there are not 8 or 16 of them. */
static void every_plane(void)
{
	static struct eval_job job, other;
	for (int planes = 1; planes <= GAME_PLANES_MAX; planes++) {
		struct eval_cache *c = eval_cache_new(3, planes, 16, 1 << 20, NULL);
		memset(&job, 0, sizeof job);
		for (int i = 0; i < 9 * planes; i++)
			job.planes[i] = (uint8_t)(rng_at(RNG_TEST, (uint64_t)i) % 2 * (1 + (uint64_t)(i % planes)));
		eval_cache_put(c, &job);
		for (int i = 0; i < 9 * planes; i++) {
			other = job;
			other.planes[i] = (uint8_t)(job.planes[i] ? 0 : 1 + i % planes);
			CHECK(!eval_cache_get(c, &other));
		}
		CHECK(eval_cache_get(c, &job));
		eval_cache_free(c);
	}
}

/* Any bit of an answer that flips while it is kept: it is not given, and the guard is told. */
static void damage(void)
{
	static struct eval_job job, again;
	struct nn_guard guard;
	nn_guard_init(&guard, false);
	struct eval_cache *c = eval_cache_new(SIZE, GO_PLANES, 1, 1 << 20, &guard);
	size_t used = sizeof(struct entry) + c->values + c->bits + c->logits;
	make_job(&job, 21, 4);
	for (size_t i = 0; i < 8 * used; i++) {
		again = job;
		c->oldest[0] = 0;
		memset(c->tag, 0, WAYS * sizeof *c->tag);
		eval_cache_put(c, &job);
		c->entry[i / 8] = (uint8_t)(c->entry[i / 8] ^ 1 << i % 8);
		CHECK(!eval_cache_get(c, &again));
		bool question = i / 8 >= offsetof(struct entry, symmetry) && i / 8 < used - c->logits;
		CHECK(question || nn_guard_faulty(&guard)); /* another question is a miss and no more */
		nn_guard_clear(&guard);
	}
	eval_cache_free(c);
}

/* No more than asked for, and no more than allowed. */
static void sizes(void)
{
	struct eval_cache *c = eval_cache_new(19, GO_PLANES, 100000, 8 << 20, NULL);
	CHECK(c->sets * WAYS * c->stride <= 8 << 20 && c->sets * WAYS * c->stride > 4 << 20);
	eval_cache_free(c);
	c = eval_cache_new(2, 32, 1000, 8 << 20, NULL);
	CHECK(c->sets * WAYS >= 1000 && c->sets * WAYS < 2000);
	eval_cache_free(c);
}

/* Searches of consecutive moves of a game, once with answers kept and once without: the same moves. */
static void searches(void)
{
	struct game_rules rules = {.size = SIZE, .komi_half = 1, .max_moves = 40};
	struct search_settings set = search_plain;
	struct eval_cache *c = eval_cache_new(SIZE, GO_PLANES, 400, 1 << 20, NULL);
	struct eval_job *job;
	int known = 0, asked = 0;
	set.symmetry = 1;
	set.gumbel_actions = 4;
	struct search *a = search_new(&game_go, &rules, &set, NULL), *b = search_new(&game_go, &rules, &set, NULL);
	void *state = random_state(&rules, 0, 0);
	for (uint64_t move = 0; !game_go.over(state); move++) {
		struct search_result ra, rb;
		uint32_t pa[POINTS + 1], pb[POINTS + 1];
		search_begin(a, state, 60, move);
		for (; search_step(a, &job); asked++) {
			if (eval_cache_get(c, job)) {
				known++;
				continue;
			}
			hash_answer(job->planes, SIZE, 1 << 17, &job->out);
			eval_cache_put(c, job);
		}
		run_hash(b, state, 60, move, 1 << 17);
		search_result(a, &ra);
		search_result(b, &rb);
		search_policy(a, pa);
		search_policy(b, pb);
		CHECK(memcmp(&ra, &rb, sizeof ra) == 0 && memcmp(pa, pb, sizeof pa) == 0);
		game_go.play(state, ra.action);
	}
	printf("%d of %d answers were known\n", known, asked);
	CHECK(known > asked / 10 && known < asked);
	search_free(a);
	search_free(b);
	eval_cache_free(c);
	free(state);
}

int main(void)
{
	hits_are_answers();
	other_questions();
	every_plane();
	damage();
	sizes();
	searches();
	return test_done();
}
