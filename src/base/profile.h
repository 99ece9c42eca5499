/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where the time goes.  Code that is worth telling apart says which phase it enters; whoever owns a clock (cli, not the
 * exact modules) hands down a profile and adds up.  There is always one phase, so the shares sum to the whole.  Without
 * a profile, as always but in miai bench, a call is a test of a pointer.  A profile belongs to one thread. */
#ifndef MIAI_BASE_PROFILE_H
#define MIAI_BASE_PROFILE_H

enum profile_phase {
	PROFILE_REST,
	/* of a game */
	PROFILE_RULES, PROFILE_FEATURES, PROFILE_TREE, PROFILE_CACHE, PROFILE_RECORD,
	/* of a forward pass */
	PROFILE_INPUT, PROFILE_STEM, PROFILE_RELU, PROFILE_CONV1, PROFILE_POOL, PROFILE_CONV2, PROFILE_HEAD, PROFILE_OUTPUT,
	/* of a training step, beside these */
	PROFILE_PREPARE, PROFILE_SAMPLES, PROFILE_LOSS, PROFILE_HEAD_BACK, PROFILE_WGRAD, PROFILE_DGRAD, PROFILE_POOL_BACK,
	PROFILE_GRADIENTS, PROFILE_UPDATE,
	PROFILE_PHASES
};

struct profile {
	/* The time from now on belongs to `next`; returns the phase that ends. */
	enum profile_phase (*enter)(struct profile *p, enum profile_phase next);
};

static inline enum profile_phase profile_enter(struct profile *p, enum profile_phase next)
{
	return p ? p->enter(p, next) : PROFILE_REST;
}

#endif
