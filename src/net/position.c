/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Positions from JSON, and what the rules say of them. */
#include "net/play_int.h"

#include <stdlib.h>
#include <string.h>

static const struct game *const go = &game_go;

int net_color(const json_t *j)
{
	const char *text = json_string_value(j);
	if (!text || json_string_length(j) != 1 || (*text != 'b' && *text != 'w'))
		return -1;
	return *text == 'w';
}

/* A whole number in 0..most, or -1. */
static int small(const json_t *j, int most)
{
	json_int_t v = json_integer_value(j);
	return json_is_integer(j) && v >= 0 && v <= most ? (int)v : -1;
}

static int read_rules(struct game_rules *r, const json_t *size, const json_t *komi, struct err *e)
{
	*r = (struct game_rules){.size = small(size, GAME_SIZE_MAX), .max_moves = GAME_MOVES_MAX};
	if (r->size < GAME_SIZE_MIN)
		return err_set(e, ERR_FORMAT, "size has to be a number from %d to %d", GAME_SIZE_MIN, GAME_SIZE_MAX);
	double half = json_is_number(komi) ? 2 * json_number_value(komi) : 0.25;
	if (!(half >= -2 * GAME_POINTS_MAX && half <= 2 * GAME_POINTS_MAX) || half != (int)half)
		return err_set(e, ERR_FORMAT, "komi has to be a multiple of 0.5 from -361 to 361");
	r->komi_half = (int)half;
	return 0;
}

static int read_stones(struct net_position *p, int player, const json_t *list, struct err *e)
{
	int points = game_points(&p->rules);
	if (list && !json_is_array(list))
		return err_set(e, ERR_FORMAT, "setup stones have to be a list of points");
	if (json_array_size(list) > (size_t)points)
		return err_set(e, ERR_FORMAT, "more setup stones than points");
	for (size_t i = 0; i < json_array_size(list); i++) {
		int at = small(json_array_get(list, i), points - 1);
		if (at < 0)
			return err_set(e, ERR_FORMAT, "setup stone %zu is not on the board", i + 1);
		p->stone[player][p->stones[player]++] = (uint16_t)at;
	}
	return 0;
}

static int read_moves(struct net_position *p, const json_t *list, struct err *e)
{
	if (list && !json_is_array(list))
		return err_set(e, ERR_FORMAT, "moves have to be a list of [colour, point]");
	if (json_array_size(list) > GAME_MOVES_MAX)
		return err_set(e, ERR_FORMAT, "a game has at most %d moves", GAME_MOVES_MAX);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *move = json_array_get(list, i);
		int player = net_color(json_array_get(move, 0));
		int action = small(json_array_get(move, 1), game_points(&p->rules));
		if (json_array_size(move) != 2 || player < 0 || action < 0)
			return err_set(e, ERR_FORMAT, "move %zu is not [\"b\" or \"w\", point]", i + 1);
		p->move[p->moves++] = (struct net_move){.player = (uint8_t)player, .action = (uint16_t)action};
	}
	return 0;
}

int net_position_read(struct net_position *p, const json_t *j, struct err *e)
{
	json_t *size = NULL, *komi = NULL, *black = NULL, *white = NULL, *turn = NULL, *moves = NULL;
	json_error_t wrong;
	/* jansson takes a const object, its prototype does not. */
	if (json_unpack_ex((json_t *)(uintptr_t)j, &wrong, JSON_STRICT, "{s:o, s:o, s?o, s?o, s?o, s?o}", "size", &size,
			   "komi", &komi, "black", &black, "white", &white, "turn", &turn, "moves", &moves))
		return err_set(e, ERR_FORMAT, "the position is not as it has to be: %s", wrong.text);
	p->stones[0] = p->stones[1] = p->moves = 0;
	p->turn = turn ? net_color(turn) : 0;
	if (p->turn < 0)
		return err_set(e, ERR_FORMAT, "turn has to be \"b\" or \"w\"");
	int rc = read_rules(&p->rules, size, komi, e);
	rc = rc ? rc : read_stones(p, 0, black, e);
	rc = rc ? rc : read_stones(p, 1, white, e);
	return rc ? rc : read_moves(p, moves, e);
}

static int place_all(const struct net_position *p, void *state, struct err *e)
{
	for (int player = 0; player < 2; player++)
		for (int i = 0; i < p->stones[player]; i++)
			if (!go_place(state, player, p->stone[player][i]))
				return err_set(e, ERR_MISMATCH, "setup stones leave a group without liberties, or lie on each other");
	go_set_to_move(state, p->turn);
	return 0;
}

static int play_all(const struct net_position *p, void *state, struct err *e)
{
	static const char *const why[] = {"the game is over", "the point is taken", "suicide", "it would repeat a position"};
	for (int i = 0; i < p->moves; i++) {
		int action = p->move[i].action;
		if (go_passes(state) >= 2)
			go_resume(state);
		go_set_to_move(state, p->move[i].player);
		enum go_verdict v = action < game_points(&p->rules) ? go_judge(state, action) : GO_LEGAL;
		if (!go->play(state, action))
			return err_set(e, ERR_MISMATCH, "move %d is illegal: %s", i + 1, why[v]);
	}
	return 0;
}

void *net_position_state(const struct net_position *p, struct err *e)
{
	void *state = malloc(go->state_bytes(&p->rules));
	if (!state) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	go->init(state, &p->rules);
	int rc = place_all(p, state, e);
	rc = rc ? rc : play_all(p, state, e);
	if (!rc)
		return state;
	if (e)
		e->code = rc;
	free(state);
	return NULL;
}

/* What may be played now, also where two passes have ended the game: it may go on. */
static json_t *legal_points(void *state)
{
	int points = game_points(go->rules(state));
	uint8_t legal[GAME_ACTIONS_MAX] = {0};
	char text[GAME_POINTS_MAX];
	if (go_passes(state) >= 2)
		go_resume(state);
	if (!go->over(state))
		go->legal(state, legal);
	for (int i = 0; i < points; i++)
		text[i] = legal[i] ? '1' : '0';
	return json_stringn(text, (size_t)points);
}

void net_position_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	struct err e = {.text = ""};
	char stones[GAME_POINTS_MAX];
	(void)p;
	struct net_position *at = malloc(sizeof *at);
	int rc = at ? net_position_read(at, in, &e) : err_set(&e, ERR_MEMORY, "out of memory");
	void *state = rc ? NULL : net_position_state(at, &e);
	if (state) {
		int points = game_points(&at->rules);
		for (int i = 0; i < points; i++)
			stones[i] = ".bw"[go_color(state, i) + 1];
		/* Before legal_points, which lets the game go on. */
		bool over = go->over(state);
		int passes = go_passes(state);
		double area = go->score_half(state) * 0.5;
		net_reply_json(r, json_pack("{s:s#, s:s, s:[ii], s:i, s:b, s:f, s:o}", "stones", stones, (size_t)points,
					    "turn", go->to_move(state) ? "w" : "b", "captures", go_captures(state, 0),
					    go_captures(state, 1), "passes", passes, "over", (int)over, "area",
					    area, "legal", legal_points(state)));
	} else {
		net_reply_error(r, net_status(rc ? rc : e.code), e.text);
	}
	free(state);
	free(at);
}
