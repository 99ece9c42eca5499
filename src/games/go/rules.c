/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What may be played, superko included, and playing it. */
#include "games/go/go_int.h"

#include <string.h>

static uint64_t *history(struct go_state *s)
{
	return (uint64_t *)(void *)((char *)s + s->history_at);
}

static const uint64_t *history_const(const struct go_state *s)
{
	return (const uint64_t *)(const void *)((const char *)s + s->history_at);
}

/* The two bits of a hash in the filter. */
static void filter_bits(const struct go_state *s, uint64_t hash, uint32_t bit[2])
{
	bit[0] = (uint32_t)hash & s->filter_mask;
	bit[1] = (uint32_t)(hash >> 32) & s->filter_mask;
}

void go_remember(struct go_state *s)
{
	uint64_t *filter = (uint64_t *)(void *)((char *)s + s->filter_at);
	uint32_t bit[2];
	filter_bits(s, s->hash, bit);
	history(s)[s->positions++] = s->hash;
	for (int i = 0; i < 2; i++)
		filter[bit[i] / 64] |= UINT64_C(1) << bit[i] % 64;
}

/* Was there a position of this hash?  The present one counts. */
static bool seen(const struct go_state *s, uint64_t hash)
{
	const uint64_t *filter = (const uint64_t *)(const void *)((const char *)s + s->filter_at);
	uint32_t bit[2];
	filter_bits(s, hash, bit);
	if (!(filter[bit[0] / 64] >> bit[0] % 64 & filter[bit[1] / 64] >> bit[1] % 64 & 1))
		return false;
	for (int i = s->positions - 1; i >= 0; i--)
		if (history_const(s)[i] == hash)
			return true;
	return false;
}

static uint64_t group_hash(const struct go_state *s, int group)
{
	uint64_t hash = 0;
	int p = group;
	do {
		hash ^= go_zobrist(p, s->cell[p].color);
		p = s->cell[p].next;
	} while (p != group);
	return hash;
}

/* Hash of the groups beside p that have the colour and at most `libs` liberties. */
static uint64_t near_hash(const struct go_state *s, int p, int color, int libs)
{
	uint16_t near[4];
	uint64_t hash = 0;
	int n = go_groups_near(s, p, near);
	for (int i = 0; i < n; i++)
		if (s->cell[near[i]].color == color && s->cell[near[i]].libs <= libs)
			hash ^= group_hash(s, near[i]);
	return hash;
}

/* Superko needs no search of the history for most moves.  Let the mover play colour c on the empty cell p.
 *
 * 1. The move is no suicide, so the new position has c on p.  If an earlier position equals it, that one had c
 *    on p as well; p is empty now, and stones leave the board in no way but by go_take, which adds them to
 *    `gone`.  So where no c stone was ever taken off p, nothing can repeat, captures or not.
 * 2. Otherwise the new hash is made without playing: the stone comes, captured groups go; and is looked up.
 * 3. Suicide removes the new stone with the mover's groups beside it.  With none beside it the position is the
 *    present one, which is in the history: always forbidden.
 *
 * A note on what would not do: "a move that captures nothing repeats nothing" is false.  It has more stones
 * than any position since the last capture, but positions before that capture may be its equal (send two,
 * return one, send two again). */
enum go_verdict go_judge_cell(const struct go_state *s, int p)
{
	int c = go_color_of(s->to_move), near[4], empty = 0, friends = 0, prey = 0;
	if (s->cell[p].color != GO_EMPTY)
		return GO_OCCUPIED;
	go_neighbours(s, p, near);
	for (int i = 0; i < 4; i++) { /* without branches: which way they go is chance */
		const struct go_cell *cell = &s->cell[near[i]];
		int libs = s->cell[cell->group].libs; /* 0 where there is no stone */
		empty |= cell->color == GO_EMPTY;
		friends |= (cell->color == c) & (libs >= 2);
		prey |= (cell->color != c) & (libs == 1);
	}
	if (!(empty | friends | prey)) {
		if (!s->rules.suicide)
			return GO_SUICIDE;
		return seen(s, s->hash ^ near_hash(s, p, c, 1)) ? GO_SUPERKO : GO_LEGAL;
	}
	if (!(s->gone[s->to_move][p / 64] >> p % 64 & 1))
		return GO_LEGAL;
	uint64_t taken = prey ? near_hash(s, p, go_other(c), 1) : 0;
	return seen(s, s->hash ^ go_zobrist(p, c) ^ taken) ? GO_SUPERKO : GO_LEGAL;
}

enum go_verdict go_judge(const void *state, int point)
{
	const struct go_state *s = state;
	if (point < 0 || point >= game_points(&s->rules))
		return GO_OCCUPIED;
	return go_judge_cell(s, go_cell_of(s, point));
}

/* Word i of the empty cells beside empty cells: a stone there lives, whatever else happens.  Beside means one or stride
 * bits away; the border is never empty, so nothing leaks from row to row. */
static uint64_t open_word(const struct go_state *s, int i)
{
	uint64_t x = s->empty[i], below = i > 0 ? s->empty[i - 1] : 0, above = i + 1 < s->words ? s->empty[i + 1] : 0;
	int k = s->stride;
	return x & (x << 1 | below >> 63 | x >> 1 | above << 63 | x << k | below >> (64 - k) | x >> k | above << (64 - k));
}

/* Of the word's cells those about which go_judge_cell says `verdict`. */
static uint64_t judged(const struct go_state *s, int i, uint64_t word, enum go_verdict verdict)
{
	uint64_t found = 0;
	for (; word; word &= word - 1) {
		int bit = go_lowest(word);
		found |= (uint64_t)(go_judge_cell(s, 64 * i + bit) == verdict) << bit;
	}
	return found;
}

/* By 1 and 3 above only cells in `gone`, and with suicide those that are not open. */
uint64_t go_superko_word(const struct go_state *s, int i)
{
	uint64_t may = s->gone[s->to_move][i] | (s->rules.suicide ? ~open_word(s, i) : 0);
	return judged(s, i, s->empty[i] & may, GO_SUPERKO);
}

/* Most empty cells are open and no stone was ever taken off them: those are legal as they are. */
static uint64_t legal_word(const struct go_state *s, int i)
{
	uint64_t sure = open_word(s, i) & ~s->gone[s->to_move][i];
	return sure | judged(s, i, s->empty[i] & ~sure, GO_LEGAL);
}

/* Bytes 1 or 0 for the lowest n <= GAME_SIZE_MAX bits of x; returns how many are 1. */
static int put_bits(uint8_t *out, uint32_t x, int n)
{
	int ones = 0;
	for (int i = 0; i < n; i++) {
		out[i] = (uint8_t)(x >> i & 1);
		ones += out[i];
	}
	return ones;
}

int go_legal(const void *state, uint8_t *mask)
{
	const struct go_state *s = state;
	uint64_t set[GO_WORDS_MAX + 1] = {0};
	int n = 1, size = s->rules.size;
	for (int i = 0; i < s->words; i++)
		set[i] = legal_word(s, i);
	for (int row = 0; row < size; row++) {
		int p = (row + 1) * s->stride + 1, k = p % 64;
		uint64_t bits = set[p / 64] >> k | (k ? set[p / 64 + 1] << (64 - k) : 0);
		n += put_bits(mask + row * size, (uint32_t)bits, size);
	}
	mask[size * size] = 1;
	return n;
}

/* Puts the mover's stone down, then takes first the opponent's groups without liberties, then his own. */
static void put_and_take(struct go_state *s, int p)
{
	int c = go_color_of(s->to_move), group = go_put(s, p, c);
	uint16_t near[4];
	int n = go_groups_near(s, p, near);
	for (int i = 0; i < n; i++)
		if (s->cell[near[i]].color != c && s->cell[near[i]].libs == 0)
			s->taken[s->to_move] = (uint16_t)(s->taken[s->to_move] + go_take(s, near[i]));
	if (s->cell[group].libs == 0)
		s->taken[!s->to_move] = (uint16_t)(s->taken[!s->to_move] + go_take(s, group));
	go_remember(s);
}

bool go_play(void *state, int action)
{
	struct go_state *s = state;
	int pass = game_points(&s->rules);
	if (go_over(s) || action < 0 || action > pass)
		return false;
	if (action == pass) {
		s->passes++;
	} else {
		int p = go_cell_of(s, action);
		if (go_judge_cell(s, p) != GO_LEGAL)
			return false;
		put_and_take(s, p);
		s->passes = 0;
	}
	memmove(s->last + 1, s->last, sizeof s->last - sizeof s->last[0]);
	s->last[0] = (uint16_t)action;
	s->moves++;
	s->to_move = !s->to_move;
	return true;
}
