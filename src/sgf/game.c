/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A line of a tree as a game of Go, and a game as a line of a tree. */
#include "sgf/sgf_int.h"

#include "games/go/go.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EMPTY, BLACK, WHITE }; /* in stone[] */

/* What things cost beside a byte of a value, and a point that one names: each node and property; a value; a move; for each
 * point of the board stones put by hand, and the state made of them. */
enum { WORK_NODE = 32, WORK_PROPERTY = 16, WORK_VALUE = 8, WORK_MOVE = 128, WORK_EDIT = 16, WORK_STATE = 128 };

/* A line being followed.  The state is what setup and moves of g make; it lags behind while stones are put node by node. */
struct walk {
	struct sgf_game *g;
	const struct sgf *t;
	void *state;
	bool lags;             /* the first position is edit, and no move was made */
	struct game_rules rules;
	int taken;             /* moves so far, those before a restart included */
	bool turn_set;         /* by PL */
	uint8_t edit[GAME_POINTS_MAX]; /* the board while stones are put or taken by hand */
	bool edited;           /* in this node */
	sgf_set_up *told;      /* NULL: nobody asks */
	void *ctx;
	struct err *e;
};

static int near_points(int size, int p, int near[4])
{
	int n = 0, col = p % size;
	if (p >= size)
		near[n++] = p - size;
	if (col > 0)
		near[n++] = p - 1;
	if (col + 1 < size)
		near[n++] = p + 1;
	if (p + size < size * size)
		near[n++] = p + size;
	return n;
}

/* Takes the group of p off the board if it has no liberties.  seen: points of groups that were asked about. */
static void take_dead(uint8_t *stone, int size, int p, uint8_t *seen)
{
	uint16_t group[GAME_POINTS_MAX];
	uint8_t color = stone[p];
	bool lives = false;
	int n = 0, near[4];
	group[n++] = (uint16_t)p;
	seen[p] = 1;
	for (int i = 0; i < n; i++)
		for (int k = near_points(size, group[i], near) - 1; k >= 0; k--) {
			lives |= stone[near[k]] == EMPTY;
			if (stone[near[k]] == color && !seen[near[k]]) {
				seen[near[k]] = 1;
				group[n++] = (uint16_t)near[k];
			}
		}
	while (n && !lives)
		stone[group[--n]] = EMPTY;
}

/* Groups without liberties, those of the colour first that did not move last.  Each group is asked about once: what is taken
 * gives liberties to the other colour alone. */
static void take_all_dead(struct walk *w, uint8_t last)
{
	int points = w->g->size * w->g->size;
	uint8_t seen[GAME_POINTS_MAX] = {0};
	for (int turn = 0; turn < 2; turn++)
		for (int p = 0; p < points; p++)
			if (w->edit[p] == (turn ? last : BLACK + WHITE - last) && !seen[p])
				take_dead(w->edit, w->g->size, p, seen);
}

/* The edited board becomes the first position. */
static void restart(struct walk *w, int to_move)
{
	memcpy(w->g->stone, w->edit, sizeof w->g->stone);
	w->g->to_move = to_move;
	w->g->moves = 0;
	w->g->work += WORK_EDIT * w->g->size * w->g->size;
	w->lags = w->edited = true;
}

/* For a move.  Dead groups have left the board, so every stone finds its place. */
static int catch_up(struct walk *w)
{
	struct sgf_game *g = w->g;
	if (!w->lags)
		return 0;
	w->lags = false;
	g->work += WORK_STATE * g->size * g->size;
	game_go.init(w->state, &w->rules);
	for (int p = 0; p < g->size * g->size; p++)
		if (g->stone[p] != EMPTY && !go_place(w->state, g->stone[p] - BLACK, p))
			return err_set(w->e, ERR_FORMAT, "SGF: stones without liberties");
	return 0;
}

static void look(struct walk *w)
{
	for (int p = 0; p < w->g->size * w->g->size && !w->lags; p++)
		w->edit[p] = (uint8_t)(go_color(w->state, p) + 1);
}

static int bad_point(const struct walk *w, const char *name, struct sgf_raw v)
{
	return err_set(w->e, ERR_FORMAT, "SGF: after move %d: %s[%.*s] is no point of a board of %d", w->taken, name,
	               v.n < 20 ? (int)v.n : 20, (const char *)v.p, w->g->size);
}

/* "aa" or "aa:cc", any two opposite corners, onto the edited board. */
static int edit_points(struct walk *w, const char *name, struct sgf_raw v, uint8_t color)
{
	const uint8_t *colon = memchr(v.p, ':', v.n);
	int size = w->g->size;
	struct sgf_raw first = {v.p, colon ? (uint32_t)(colon - v.p) : v.n}, second = first;
	if (colon)
		second = (struct sgf_raw){colon + 1, v.n - first.n - 1};
	int a = sgf_parse_move(first, size), b = sgf_parse_move(second, size);
	if (a < 0 || b < 0 || a == size * size || b == size * size)
		return bad_point(w, name, v);
	int left = a % size, right = b % size, top = a / size, bottom = b / size;
	for (int row = top < bottom ? top : bottom; row <= (top < bottom ? bottom : top); row++)
		for (int col = left < right ? left : right; col <= (left < right ? right : left); col++) {
			w->edit[row * size + col] = color;
			w->g->work++;
		}
	return 0;
}

static struct sgf_raw value(struct walk *w, uint32_t node, const char *name)
{
	struct sgf_raw v = sgf_value(w->t, node, name);
	w->g->work += v.n;
	return v;
}

static int turn_of(struct sgf_raw v)
{
	for (uint32_t i = 0; i < v.n; i++)
		if (v.p[i] == 'B' || v.p[i] == 'b' || v.p[i] == '1')
			return 0;
		else if (v.p[i] == 'W' || v.p[i] == 'w' || v.p[i] == '2')
			return 1;
	return -1;
}

static const char stones_name[3][3] = {"AE", "AB", "AW"}; /* in the order of stone[] */

/* Whether stones are put or taken in a node. */
static bool has_stones(const struct sgf *t, uint32_t node)
{
	for (int k = 0; k < 3; k++) {
		struct sgf_values all = sgf_values(t, node, stones_name[k]);
		for (struct sgf_raw v; (v = sgf_values_next(&all)).p;)
			if (v.n)
				return true;
	}
	return false;
}

/* AB, AW, then AE of a node, onto the board as it is; *some: there were any. */
static int read_stones(struct walk *w, uint32_t node, bool *some)
{
	*some = false;
	for (int k = 0; k < 3; k++) {
		uint8_t color = (uint8_t)((k + 1) % 3);
		struct sgf_values all = sgf_values(w->t, node, stones_name[color]);
		for (struct sgf_raw v; (v = sgf_values_next(&all)).p;) {
			w->g->work += WORK_VALUE + v.n;
			if (v.n && !*some)
				look(w);
			*some |= v.n > 0;
			int rc = v.n ? edit_points(w, stones_name[color], v, color) : 0;
			if (rc)
				return rc;
		}
	}
	return 0;
}

/* Setup in a node. */
static int set_up(struct walk *w, uint32_t node)
{
	bool stones;
	int turn = turn_of(value(w, node, "PL")), rc = read_stones(w, node, &stones);
	if (rc == 0 && stones) {
		int to_move = w->lags ? w->g->to_move : game_go.to_move(w->state);
		w->g->restarts += w->taken > 0;
		take_all_dead(w, (uint8_t)(BLACK + !to_move));
		restart(w, to_move);
	}
	if (rc == 0 && turn >= 0) {
		go_set_to_move(w->state, turn);
		w->turn_set = true;
		if (w->g->moves == 0)
			w->g->to_move = turn;
	}
	return rc;
}

/* A move that the rules forbid is carried out by hand. */
static void force(struct walk *w, int player, int action)
{
	look(w);
	w->edit[action] = (uint8_t)(BLACK + player);
	take_all_dead(w, (uint8_t)(BLACK + player));
	w->g->restarts++;
	restart(w, !player);
}

static int move(struct walk *w, uint32_t node, int player, struct sgf_raw v)
{
	struct sgf_game *g = w->g;
	int action = sgf_parse_move(v, g->size);
	if (action < 0)
		return bad_point(w, player ? "W" : "B", v);
	if (w->taken >= GAME_MOVES_MAX)
		return err_set(w->e, ERR_FORMAT, "SGF: the game has more than %d moves", GAME_MOVES_MAX);
	int rc = catch_up(w);
	if (rc)
		return rc;
	w->taken++;
	g->work += WORK_MOVE;
	if (g->moves == 0 && !w->turn_set)
		g->to_move = player;
	go_set_to_move(w->state, player);
	if (game_go.over(w->state))
		go_resume(w->state);
	if (game_go.play(w->state, action))
		g->move[g->moves++] = (struct sgf_move){(uint16_t)action, (uint8_t)player, node};
	else
		force(w, player, action);
	return 0;
}

/* The first move at or after path[i], of n nodes: 0 Black's, 1 White's, -1 none. */
static int first_player(const struct sgf *t, const uint32_t *path, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		if (sgf_value(t, path[i], "B").p)
			return 0;
		else if (sgf_value(t, path[i], "W").p)
			return 1;
	return -1;
}

static int parse_int(struct sgf_raw v)
{
	int n = 0;
	for (uint32_t i = 0; i < v.n && n < 1000; i++)
		if (v.p[i] >= '0' && v.p[i] <= '9')
			n = n * 10 + v.p[i] - '0';
		else if (v.p[i] > ' ')
			break;
	return n;
}

static int read_root(struct walk *w, const uint32_t *path, uint32_t n)
{
	struct sgf_game *g = w->g;
	uint32_t root = path[0];
	int kind = parse_int(value(w, root, "GM")), rc = sgf_parse_size(value(w, root, "SZ"), &g->size, w->e);
	if (kind > 1)
		return err_set(w->e, ERR_FORMAT, "SGF: GM[%d] is another game than Go", kind);
	if (rc)
		return err_prefix(w->e, rc, "SGF");
	g->komi_given = sgf_parse_komi(value(w, root, "KM"), &g->komi_half);
	g->handicap = parse_int(value(w, root, "HA"));
	g->handicap = g->handicap < 2 ? 0 : g->handicap;
	g->to_move = g->handicap > 0;
	w->rules = (struct game_rules){g->size, g->komi_half, 0, GAME_MOVES_MAX};
	w->state = malloc(game_go.state_bytes(&w->rules));
	if (!w->state)
		return err_set(w->e, ERR_MEMORY, "SGF: no memory for a board");
	game_go.init(w->state, &w->rules);
	go_set_to_move(w->state, g->to_move);
	if (!g->handicap || has_stones(w->t, root) || first_player(w->t, path, n) != 1)
		return 0;
	int point[GO_HANDICAP_MAX], stones = go_handicap_points(g->size, g->handicap, point);
	g->handicap_placed = stones > 0;
	while (stones--)
		w->edit[point[stones]] = BLACK;
	restart(w, 1);
	return 0;
}

static int tell(struct walk *w, uint32_t node)
{
	look(w);
	return w->told(w->ctx, node, w->edit, w->lags ? w->g->to_move : game_go.to_move(w->state)) ? 0 : ERR_STOPPED;
}

static int follow(struct walk *w, const uint32_t *path, uint32_t n, int moves)
{
	int rc = read_root(w, path, n);
	for (uint32_t i = 0; i < n && rc == 0; i++) {
		struct sgf_raw black = value(w, path[i], "B"), white = value(w, path[i], "W");
		w->edited = false;
		w->g->work += WORK_NODE + (int64_t)WORK_PROPERTY * w->t->node[path[i]].props;
		if ((black.p || white.p) && w->taken >= moves)
			break;
		rc = set_up(w, path[i]);
		if (rc == 0 && i == 0 && w->told)
			rc = tell(w, path[i]);
		if (rc == 0 && black.p)
			rc = move(w, path[i], 0, black);
		if (rc == 0 && white.p)
			rc = move(w, path[i], 1, white);
		if (rc == 0 && i && w->edited && w->told)
			rc = tell(w, path[i]);
	}
	return rc;
}

static int read_line(struct walk *w, uint32_t last, int moves)
{
	const struct sgf *t = w->t;
	uint32_t n = 0;
	*w->g = (struct sgf_game){.size = 0};
	for (uint32_t k = last; k; k = t->node[k].parent)
		n++;
	uint32_t *path = malloc((n ? n : 1) * sizeof *path);
	if (!path || n == 0) {
		free(path);
		return err_set(w->e, n ? ERR_MEMORY : ERR_FORMAT, n ? "SGF: no memory for a line" : "SGF: no such game");
	}
	uint32_t i = n;
	for (uint32_t k = last; k; k = t->node[k].parent)
		path[--i] = k;
	int rc = follow(w, path, n, moves);
	free(w->state);
	free(path);
	return rc;
}

int sgf_game_read(struct sgf_game *g, const struct sgf *t, uint32_t last, int moves, struct err *e)
{
	struct walk w = {.g = g, .t = t, .e = e};
	return read_line(&w, last, moves);
}

int sgf_game_follow(struct sgf_game *g, const struct sgf *t, uint32_t last, sgf_set_up *told, void *ctx, struct err *e)
{
	struct walk w = {.g = g, .t = t, .told = told, .ctx = ctx, .e = e};
	return read_line(&w, last, SGF_ALL_MOVES + 1);
}

/* Whether there were any. */
static bool put_stones(struct sgf *t, uint32_t root, const struct sgf_game *g, uint8_t color)
{
	bool some = false;
	for (int p = 0; p < g->size * g->size; p++) {
		if (g->stone[p] != color)
			continue;
		if (some)
			sgf_also_point(t, g->size, p);
		else
			sgf_put_point(t, root, stones_name[color], g->size, p);
		some = true;
	}
	return some;
}

static void put_komi(struct sgf *t, uint32_t root, int half)
{
	char text[16];
	int size = half < 0 ? -half : half;
	snprintf(text, sizeof text, "%s%d%s", half < 0 ? "-" : "", size / 2, size % 2 ? ".5" : "");
	sgf_put(t, root, "KM", text);
}

uint32_t sgf_game_write(struct sgf *t, struct sgf_game *g, const char *program)
{
	uint32_t root = sgf_add(t, 0), node = root;
	if (!root)
		return 0;
	sgf_put(t, root, "GM", "1");
	sgf_put(t, root, "FF", "4");
	sgf_put(t, root, "CA", "UTF-8");
	sgf_put(t, root, "AP", program);
	sgf_put_number(t, root, "SZ", g->size);
	put_komi(t, root, g->komi_half);
	if (g->handicap)
		sgf_put_number(t, root, "HA", g->handicap);
	bool black = put_stones(t, root, g, BLACK), white = put_stones(t, root, g, WHITE);
	if (g->handicap && !black && !white)
		sgf_put_point(t, root, "AE", g->size, 0); /* else the fixed points would be meant */
	if (g->to_move != (g->moves ? g->move[0].player : g->handicap > 0))
		sgf_put(t, root, "PL", g->to_move ? "W" : "B");
	for (int i = 0; i < g->moves && node; i++) {
		node = g->move[i].node = sgf_add(t, node);
		if (node)
			sgf_put_point(t, node, g->move[i].player ? "W" : "B", g->size, g->move[i].action);
	}
	return t->failed || t->full ? 0 : root;
}
