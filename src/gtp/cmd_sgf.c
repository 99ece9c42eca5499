/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Games from files and into them. */
#include "gtp/gtp_int.h"

#include "base/file.h"
#include "sgf/sgf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The arguments from 0 to n - 1 as one file name. */
static bool file_name(const struct gtp_call *c, int n, char *out, size_t room)
{
	size_t len = 0;
	for (int i = 0; i < n; i++) {
		size_t more = strlen(c->argv[i]);
		if (len + more + 2 > room)
			return false;
		if (i)
			out[len++] = ' ';
		memcpy(out + len, c->argv[i], more);
		len += more;
	}
	out[len] = '\0';
	return n > 0;
}

/* The position that game describes; 0, or what is wrong with it. */
static int set_up(struct gtp *g, const struct sgf_game *game, struct err *e)
{
	int rc = engine_clear(g->engine, game->size, e);
	if (rc)
		return rc;
	if (game->komi_given)
		engine_komi(g->engine, game->komi_half);
	for (int p = 0; p < game->size * game->size; p++)
		if (game->stone[p] && !engine_place(g->engine, game->stone[p] - 1, p))
			return err_set(e, ERR_FORMAT, "its first position is not possible");
	engine_to_move_first(g->engine, game->to_move);
	for (int i = 0; i < game->moves; i++)
		if (!engine_play(g->engine, game->move[i].player, game->move[i].action))
			return err_set(e, ERR_FORMAT, "move %d is illegal", i + 1);
	return 0;
}

static int load(struct gtp *g, const char *path, int moves, struct err *e)
{
	struct buf text = {.data = NULL};
	struct sgf_game *game = malloc(sizeof *game);
	int rc = game ? file_read(&text, path, SGF_BYTES_MAX, e) : err_set(e, ERR_MEMORY, "out of memory");
	struct sgf *t = rc ? NULL : sgf_read(text.data, text.len, e);
	rc = rc ? rc : t ? 0 : ERR_FORMAT;
	rc = rc ? rc : sgf_game_read(game, t, sgf_line_end(t, sgf_child(t, 0)), moves, e);
	rc = rc ? rc : set_up(g, game, e);
	sgf_free(t);
	free(game);
	buf_release(&text);
	return rc;
}

/* FILE [N]: the position before move N. */
bool gtp_loadsgf(struct gtp *g, struct gtp_call *c)
{
	char path[1024];
	int moves = SGF_ALL_MOVES, words = c->argc;
	struct err e;
	if (words > 1 && gtp_int(c->argv[words - 1], &moves)) {
		words--;
		if (moves < 1)
			return gtp_fail(c, "syntax error");
		moves = moves - 1 < SGF_ALL_MOVES ? moves - 1 : SGF_ALL_MOVES;
	} else {
		moves = SGF_ALL_MOVES;
	}
	if (!file_name(c, words, path, sizeof path))
		return gtp_fail(c, "syntax error");
	if (load(g, path, moves, &e) == 0)
		return true;
	buf_printf(c->text, "cannot load file: %s", e.text);
	return false;
}

static void take_game(struct gtp *g, struct sgf_game *game)
{
	int player;
	memset(game, 0, sizeof *game);
	game->size = gtp_size(g);
	game->komi_half = engine_rules(g->engine)->komi_half;
	game->komi_given = true;
	int white = 0, stones = engine_stones(g->engine);
	for (int i = 0; i < stones; i++) {
		int p = engine_stone(g->engine, i, &player);
		game->stone[p] = (uint8_t)(player + 1);
		white += player;
	}
	game->handicap = stones > 1 && !white ? stones : 0;
	game->moves = engine_moves(g->engine);
	for (int i = 0; i < game->moves; i++) {
		game->move[i].action = (uint16_t)engine_move(g->engine, i, &player);
		game->move[i].player = (uint8_t)player;
	}
	game->to_move = game->moves ? game->move[0].player : game_go.to_move(engine_state(g->engine));
}

static void write_game(struct gtp *g, struct buf *out)
{
	struct sgf *t = sgf_new();
	struct sgf_game *game = malloc(sizeof *game);
	char program[64];
	out->failed |= !t || !game;
	if (t && game) {
		take_game(g, game);
		snprintf(program, sizeof program, "miai:%s", g->set.version);
		sgf_game_write(t, game, program);
		sgf_write(t, out);
	}
	sgf_free(t);
	free(game);
}

/* Into FILE; without one into the reply, where an empty line would end it. */
bool gtp_printsgf(struct gtp *g, struct gtp_call *c)
{
	struct buf text = {.data = NULL};
	char path[1024];
	struct err e;
	bool ok = true;
	write_game(g, &text);
	if (text.failed) {
		ok = gtp_fail(c, "out of memory");
	} else if (c->argc == 0) {
		for (size_t i = 0; i < text.len; i++)
			if (text.data[i] != '\n' || (i + 1 < text.len && text.data[i + 1] != '\n'))
				buf_u8(c->text, text.data[i]);
	} else if (!file_name(c, c->argc, path, sizeof path)) {
		ok = gtp_fail(c, "syntax error");
	} else if (file_write(path, text.data, text.len, &e)) {
		ok = gtp_fail(c, "cannot write file");
	}
	buf_release(&text);
	return ok;
}
