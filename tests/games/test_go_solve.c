/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Perfect play on the smallest boards, proved move by move on the fast board: no table of positions, since under
 * superko what may follow depends on the whole game so far.
 *
 * prove() shows that one side, the prover, can reach a score whatever the other does.  It looks `depth` moves
 * ahead and counts an unfinished game against the prover, so that "yes" is a proof and "no" says nothing.
 * Trying growing depths finds the shortest proof first. */
#include "games/go/go.h"
#include "test.h"

enum { DEPTH_MAX = 40, BLOCK = 1024 };

struct solver {
	_Alignas(8) uint8_t state[DEPTH_MAX + 1][BLOCK];
	size_t bytes;
	int points, prover, target_half; /* the prover wants at least this, as he sees it */
	int64_t nodes;
};

static int prover_score(const struct solver *s, const void *state)
{
	int score = game_go.score_half(state);
	return s->prover == 0 ? score : -score;
}

/* The pass comes first where it would end the game, otherwise last; points from the centre outwards. */
static int order_actions(const struct solver *s, const void *state, int *action)
{
	static const uint8_t centre_first[9] = {4, 1, 3, 5, 7, 0, 2, 6, 8};
	int n = 0;
	if (go_passes(state) > 0)
		action[n++] = s->points;
	for (int i = 0; i < s->points; i++)
		action[n++] = s->points == 9 ? centre_first[i] : i;
	if (go_passes(state) == 0)
		action[n++] = s->points;
	return n;
}

static bool prove(struct solver *s, int ply, int depth)
{
	const void *state = s->state[ply];
	int action[10];
	bool mine = game_go.to_move(state) == s->prover;
	if (game_go.over(state))
		return prover_score(s, state) >= s->target_half;
	if (depth == 0)
		return false;
	s->nodes++;
	int n = order_actions(s, state, action);
	for (int i = 0; i < n; i++) {
		memcpy(s->state[ply + 1], state, s->bytes);
		if (game_go.play(s->state[ply + 1], action[i]) && prove(s, ply + 1, depth - 1) == mine)
			return mine;
	}
	return !mine;
}

/* After Black's first move (-1: not made yet), can the prover reach the target? */
static bool proved(int size, int suicide, int first, int prover, int target)
{
	static struct solver s;
	struct game_rules r = {.size = size, .suicide = suicide, .max_moves = DEPTH_MAX + 2};
	s.bytes = game_go.state_bytes(&r);
	s.points = size * size;
	s.prover = prover;
	s.target_half = 2 * target;
	s.nodes = 0;
	if (s.bytes > BLOCK)
		return false;
	game_go.init(s.state[0], &r);
	if (first >= 0 && !game_go.play(s.state[0], first))
		return false;
	for (int depth = 2; depth <= DEPTH_MAX; depth++)
		if (prove(&s, 0, depth)) {
			printf("%dx%d suicide %d first %2d: %s gets %+d, %d moves ahead, %" PRId64 " nodes\n", size,
			       size, suicide, first, prover == 0 ? "Black" : "White", target, depth, s.nodes);
			return true;
		}
	return false;
}

/* The value of a game is v, as Black sees it, if he can get v and White can get -v. */
static void check_value(int size, int suicide, int first, int value)
{
	int points = size * size;
	if (value > -points) /* nobody needs a proof that Black loses no more than the board */
		CHECK(proved(size, suicide, first, 0, value));
	if (value < points)
		CHECK(proved(size, suicide, first, 1, -value));
}

int main(void)
{
	for (int suicide = 0; suicide <= 1; suicide++) {
		check_value(2, suicide, -1, 1);
		check_value(3, suicide, -1, 9);
		check_value(3, suicide, 4, 9);  /* centre */
		check_value(3, suicide, 1, 3);  /* side */
		check_value(3, suicide, 0, -9); /* corner */
		check_value(3, suicide, 9, -9); /* pass */
	}
	return test_done();
}
