/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The end of a game: dead stones and the score.  And what the page wants to know of the program. */
#include "net/play_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct game *const go = &game_go;

/* Black's lead in half points by area, on a board without the dead stones.  state is used up. */
static int count_without(const struct net_position *at, void *state, const uint8_t *dead, int8_t *owner)
{
	int points = game_points(&at->rules);
	int8_t color[GAME_POINTS_MAX];
	for (int i = 0; i < points; i++)
		color[i] = (int8_t)(dead[i] ? -1 : go_color(state, i));
	go->init(state, &at->rules);
	/* A part of a group of the position always has a liberty: the whole group's, or its next stone's place. */
	for (int i = 0; i < points; i++)
		if (color[i] >= 0)
			go_place(state, color[i], i);
	go->ownership(state, owner);
	return go->score_half(state);
}

/* Stones that the player says are dead: a list of points. */
static int read_dead(const json_t *list, int points, uint8_t *dead, struct err *e)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *j = json_array_get(list, i);
		json_int_t v = json_integer_value(j);
		if (!json_is_integer(j) || v < 0 || v >= points)
			return err_set(e, ERR_FORMAT, "dead stone %zu is not on the board", i + 1);
		dead[v] = 1;
	}
	return json_is_array(list) ? 0 : err_set(e, ERR_FORMAT, "dead has to be a list of points");
}

static int ask_net(struct net_play *p, const struct net_position *at, uint8_t *dead, struct err *e)
{
	struct net_slot *s = net_slot_take(p, "", at, NULL, NULL, e);
	if (!s)
		return e->code ? e->code : ERR_MEMORY;
	int rc = engine_status(s->engine, dead, NULL, e);
	net_slot_give(p, s);
	return rc;
}

static json_t *say_score(const uint8_t *dead, const int8_t *owner, int points, int half)
{
	json_t *list = json_array(), *area = json_array();
	for (int i = 0; i < points; i++) {
		json_array_append_new(area, json_integer(owner[i]));
		if (dead[i])
			json_array_append_new(list, json_integer(i));
	}
	return json_pack("{s:f, s:o, s:o}", "score", half * 0.5, "dead", list, "area", area);
}

static int score(struct net_play *p, const json_t *in, struct net_position *at, json_t **out, struct err *e)
{
	json_t *position, *list = NULL;
	json_error_t wrong;
	uint8_t dead[GAME_POINTS_MAX] = {0};
	int8_t owner[GAME_POINTS_MAX];
	if (json_unpack_ex((json_t *)(uintptr_t)in, &wrong, JSON_STRICT, "{s:o, s?o}", "position", &position, "dead", &list))
		return err_set(e, ERR_FORMAT, "the request is not as it has to be: %s", wrong.text);
	int rc = net_position_read(at, position, e);
	void *state = rc ? NULL : net_position_state(at, e);
	if (!state)
		return rc ? rc : e->code;
	int points = game_points(&at->rules);
	rc = list ? read_dead(list, points, dead, e) : ask_net(p, at, dead, e);
	if (!rc)
		*out = say_score(dead, owner, points, count_without(at, state, dead, owner));
	free(state);
	return rc;
}

void net_score_answer(struct net_play *p, const json_t *in, struct net_reply *r)
{
	struct err e = {.text = "out of memory"};
	json_t *out = NULL;
	struct net_position *at = malloc(sizeof *at);
	int rc = at ? score(p, in, at, &out, &e) : ERR_MEMORY;
	if (rc)
		net_reply_error(r, net_status(rc), e.text);
	else
		net_reply_json(r, out);
	free(at);
}

/* For each size the fixed handicaps, from two stones on. */
static json_t *handicaps(void)
{
	json_t *all = json_object();
	char name[16];
	for (int size = GAME_SIZE_MIN; size <= GAME_SIZE_MAX; size++) {
		json_t *list = json_array();
		int point[GO_HANDICAP_MAX];
		for (int n = 2; n <= GO_HANDICAP_MAX && go_handicap_points(size, n, point); n++) {
			json_t *stones = json_array();
			for (int i = 0; i < n; i++)
				json_array_append_new(stones, json_integer(point[i]));
			json_array_append_new(list, stones);
		}
		snprintf(name, sizeof name, "%d", size);
		json_object_set_new(all, name, list);
	}
	return all;
}

static json_t *levels(void)
{
	json_t *list = json_array();
	for (int i = 1, visits, temperature; engine_strength(i, &visits, &temperature); i++)
		json_array_append_new(list, json_pack("{s:i, s:f}", "visits", visits, "temperature", temperature / 1000.0));
	return list;
}

void net_info(struct net_play *p, const json_t *in, struct net_reply *r)
{
	const struct nn_net *net = p->set.net;
	(void)in;
	json_t *about = net ? json_pack("{s:s, s:i, s:i, s:i}", "name", p->set.net_name, "generation", (int)net->generation,
					"blocks", net->shape.blocks, "channels", net->shape.channels)
			    : json_null();
	net_reply_json(r, json_pack("{s:s, s:o, s:[ii], s:i, s:f, s:i, s:i, s:o, s:o}", "version", p->set.version, "net", about,
				    "sizes", GAME_SIZE_MIN, GAME_SIZE_MAX, "size", p->set.size, "komi", p->set.komi_half * 0.5,
				    "visits_max", (int)NET_VISITS_MAX, "sgf_max", NET_SGF_BODY_MAX / 4 * 3 - 1024, "handicap",
				    handicaps(), "levels", levels()));
}
