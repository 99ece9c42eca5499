/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gtp/replay.h"

#include "gtp/engine_int.h"
#include "gtp/text.h"
#include <stdio.h>
#include <string.h>

enum { LINE_MAX_ = 4095, WORDS_MAX = GAME_ACTIONS_MAX + 8 };

struct replay {
	const char *at;
	size_t left;
	struct engine_settings set;
	struct engine *engine;     /* from the first board on */
	struct engine_replay_result *out;
	uint16_t avoid[2][GAME_ACTIONS_MAX];
	bool avoids;               /* avoid was said and not yet used */
	char line[LINE_MAX_ + 1], cut[LINE_MAX_ + 1];
	int words;
	const char *word[WORDS_MAX];
};

/* The next whole line into line and word[]; 0 at the end, 1 where there is one. */
static int next_line(struct replay *r, struct err *e)
{
	const char *end = r->left ? memchr(r->at, '\n', r->left) : NULL;
	if (!end) {
		r->out->cut = r->left > 0;
		return 0;
	}
	size_t n = (size_t)(end - r->at);
	if (n > LINE_MAX_)
		return err_set(e, ERR_FORMAT, "the line is longer than %d bytes", LINE_MAX_);
	for (size_t i = 0; i < n; i++)
		if (r->at[i] < 32 || r->at[i] > 126)
			return err_set(e, ERR_FORMAT, "the line has a byte that is no text");
	memcpy(r->line, r->at, n);
	r->line[n] = '\0';
	memcpy(r->cut, r->line, n + 1);
	r->at = end + 1;
	r->left -= n + 1;
	r->words = 0;
	for (char *p = r->cut; p; r->words++) {
		if (r->words == WORDS_MAX || !*p || *p == ' ')
			return err_set(e, ERR_FORMAT, "too many words, or a space too many");
		r->word[r->words] = p;
		p = strchr(p, ' ');
		if (p)
			*p++ = '\0';
	}
	return 1;
}

/* --- Words --- */

static int bad(const struct replay *r, struct err *e)
{
	return err_set(e, ERR_FORMAT, "\"%.200s\" is no line of a transcript", r->line);
}

static bool number(const char *text, int lo, int hi, int *out)
{
	const char *digits = text + (*text == '-');
	return gtp_int(text, out) && (digits[0] != '0' || !digits[1]) && *out >= lo && *out <= hi;
}

static bool color(const char *text, int *player)
{
	*player = *text == 'w';
	return (*text == 'b' || *text == 'w') && !text[1];
}

static bool vertex(const struct replay *r, const char *text, int *action)
{
	return go_vertex_read(text, engine_rules(r->engine)->size, action);
}

/* --- Events --- */

static int replay_set(struct replay *r, struct err *e)
{
	if (r->words != 3)
		return bad(r, e);
	if (r->engine)
		return engine_set(r->engine, r->word[1], r->word[2], e) ? ERR_FORMAT : 0;
	return engine_params_set(&r->set.params, r->word[1], r->word[2], e) ? ERR_FORMAT : 0;
}

static int replay_board(struct replay *r, struct err *e)
{
	int size;
	if (r->words != 2 || !number(r->word[1], GAME_SIZE_MIN, GAME_SIZE_MAX, &size))
		return bad(r, e);
	if (r->engine)
		return engine_clear(r->engine, size, e);
	r->set.size = size;
	r->engine = engine_new(&r->set, e);
	return r->engine ? 0 : e->code;
}

static int replay_komi(struct replay *r, struct err *e)
{
	int half;
	if (r->words != 2 || !number(r->word[1], -ENGINE_KOMI_MAX, ENGINE_KOMI_MAX, &half))
		return bad(r, e);
	return engine_komi(r->engine, half);
}

static int replay_suicide(struct replay *r, struct err *e)
{
	int legal;
	if (r->words != 2 || !number(r->word[1], 0, 1, &legal))
		return bad(r, e);
	return engine_suicide(r->engine, legal) ? err_set(e, ERR_FORMAT, "the rule cannot change here") : 0;
}

static int replay_ply(struct replay *r, struct err *e)
{
	int player, action;
	if (r->words != 3 || !color(r->word[1], &player) || !vertex(r, r->word[2], &action))
		return bad(r, e);
	bool ok = r->word[0][0] == 's' ? engine_place(r->engine, player, action) : engine_play(r->engine, player, action);
	return ok ? 0 : err_set(e, ERR_FORMAT, "\"%.200s\" is not legal", r->line);
}

static int replay_first(struct replay *r, struct err *e)
{
	int player;
	if (r->words != 2 || !color(r->word[1], &player))
		return bad(r, e);
	engine_to_move_first(r->engine, player);
	return 0;
}

static int replay_undo(struct replay *r, struct err *e)
{
	return r->words == 1 && engine_undo(r->engine) ? 0 : bad(r, e);
}

static int replay_forget(struct replay *r, struct err *e)
{
	if (r->words != 1)
		return bad(r, e);
	engine_forget(r->engine);
	return 0;
}

static int replay_avoid(struct replay *r, struct err *e)
{
	int action, depth[2];
	if (r->words < 3 || !number(r->word[1], 0, GAME_MOVES_MAX, &depth[0]) ||
	    !number(r->word[2], 0, GAME_MOVES_MAX, &depth[1]))
		return bad(r, e);
	if (!r->avoids)
		memset(r->avoid, 0, sizeof r->avoid);
	for (int i = 3; i < r->words; i++) {
		if (!vertex(r, r->word[i], &action))
			return bad(r, e);
		r->avoid[0][action] = (uint16_t)depth[0];
		r->avoid[1][action] = (uint16_t)depth[1];
	}
	r->avoids = true;
	return 0;
}

static struct engine_limits limits(struct replay *r, int visits)
{
	struct engine_limits l = {.visits = visits, .unclocked = true};
	for (int p = 0; p < 2; p++)
		l.avoid[p] = r->avoids ? r->avoid[p] : NULL;
	r->avoids = false;
	return l;
}

static int check_visits(const struct replay *r, int visits, struct err *e)
{
	const struct engine_analysis *a = engine_last(r->engine);
	int got = a ? a->visits : 0;
	r->out->searches++;
	if (got == visits)
		return 0;
	return err_set(e, got < visits ? ERR_MEMORY : ERR_MISMATCH,
	               "the search came to %d visits where the transcript has %d%s", got, visits,
	               got < visits ? "; it needs more memory (--memory)" : "");
}

static int replay_think(struct replay *r, struct err *e)
{
	int player, visits;
	bool fresh = r->words == 4 && strcmp(r->word[3], "fresh") == 0;
	if ((r->words != 3 && !fresh) || !color(r->word[1], &player) ||
	    !number(r->word[2], 1, ENGINE_VISITS_MAX, &visits))
		return bad(r, e);
	struct engine_limits l = limits(r, visits);
	l.fresh = fresh;
	int rc = engine_think(r->engine, player, &l, NULL, NULL, NULL, NULL, e);
	return rc ? rc : check_visits(r, visits, e);
}

static int replay_genmove(struct replay *r, struct err *e)
{
	int player, visits, want, got;
	char text[GO_VERTEX_TEXT];
	bool resign = r->words == 4 && strcmp(r->word[3], "resign") == 0;
	if (r->words != 4 || !color(r->word[1], &player) || !number(r->word[2], 0, ENGINE_VISITS_MAX, &visits) ||
	    (!resign && !vertex(r, r->word[3], &want)) || (visits == 0) != (r->set.net == NULL))
		return bad(r, e);
	want = resign ? ENGINE_RESIGN : want;
	struct engine_limits l = limits(r, visits);
	int rc = engine_genmove_report(r->engine, player, &l, NULL, NULL, NULL, &got, e);
	rc = rc || !visits ? rc : check_visits(r, visits, e);
	if (rc)
		return rc;
	r->out->moves++;
	gtp_vertex_text(text, engine_rules(r->engine)->size, got);
	return got == want ? 0 : err_set(e, ERR_MISMATCH, "the move chosen is %s, the transcript has %s", text, r->word[3]);
}

static int event(struct replay *r, struct err *e)
{
	static const struct {
		const char *word;
		int (*run)(struct replay *r, struct err *e);
	} events[] = {
	    {"set", replay_set},       {"board", replay_board}, {"komi", replay_komi},       {"suicide", replay_suicide},
	    {"stone", replay_ply},     {"play", replay_ply},    {"first", replay_first},     {"undo", replay_undo},
	    {"forget", replay_forget}, {"avoid", replay_avoid}, {"think", replay_think},     {"genmove", replay_genmove},
	};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++) {
		if (strcmp(r->word[0], events[i].word) != 0)
			continue;
		if (!r->engine && i > 1)
			return err_set(e, ERR_FORMAT, "there is no board yet");
		return events[i].run(r, e);
	}
	return bad(r, e);
}

/* --- The whole --- */

static int in_line(const struct replay *r, int code, struct err *e)
{
	char where[32];
	snprintf(where, sizeof where, "line %d", r->out->lines);
	return err_prefix(e, code, where);
}

/* Word 1 of a header line `name VALUE`. */
static int header(struct replay *r, const char *name, struct err *e)
{
	int rc = next_line(r, e);
	r->out->lines++;
	if (rc > 0 && r->words == 2 && strcmp(r->word[0], name) == 0)
		return 0;
	rc = rc < 0 ? rc : err_set(e, ERR_FORMAT, "there should be \"%s ...\"", name);
	return in_line(r, rc, e);
}

static int read_net(struct replay *r, struct hash *net, bool *known, bool *none, struct err *e)
{
	int rc = header(r, "miai-transcript", e);
	if (rc == 0 && strcmp(r->word[1], "2") != 0)
		return err_set(e, ERR_FORMAT, "a transcript of version %.20s, and this miai makes the searches of version 2; use the one that wrote it",
			       r->word[1]);
	rc = rc ? rc : header(r, "net", e);
	if (rc)
		return rc;
	*none = strcmp(r->word[1], "none") == 0;
	*known = strlen(r->word[1]) == 64 && hash_parse(net, r->word[1]);
	if (*none || *known || strcmp(r->word[1], "unknown") == 0)
		return 0;
	return in_line(r, bad(r, e), e);
}

int engine_replay_net(const void *text, size_t n, struct hash *net, bool *known, bool *none, struct err *e)
{
	struct engine_replay_result out = {0};
	struct replay r = {.at = text, .left = n, .out = &out};
	return read_net(&r, net, known, none, e);
}

static int read_seed(struct replay *r, struct err *e)
{
	int rc = header(r, "seed", e);
	uint64_t v = 0;
	if (rc)
		return rc;
	for (const char *p = r->word[1]; *p; p++) {
		if (*p < '0' || *p > '9' || v > (uint64_t)(INT64_MAX - (*p - '0')) / 10)
			return in_line(r, bad(r, e), e);
		v = v * 10 + (uint64_t)(*p - '0');
	}
	r->set.seed = v;
	return 0;
}

int engine_replay(const void *text, size_t n, const struct engine_settings *s,
                  bool (*progress)(void *ctx, const char *line), void *ctx, struct engine_replay_result *out,
                  struct err *e)
{
	struct replay r = {.at = text, .left = n, .set = *s, .out = out};
	struct hash net;
	bool known = false, none = false;
	memset(out, 0, sizeof *out);
	r.set.komi_half = 0;
	r.set.log = NULL;
	engine_params_init(&r.set.params);
	int rc = read_net(&r, &net, &known, &none, e);
	if (rc == 0 && none != (s->net == NULL))
		rc = err_set(e, ERR_ARG, none ? "the transcript has no net" : "the transcript needs its net");
	rc = rc ? rc : read_seed(&r, e);
	while (rc == 0 && (rc = next_line(&r, e)) != 0) {
		out->lines++;
		rc = rc > 0 ? event(&r, e) : rc;
		if (rc == 0 && progress && !progress(ctx, r.line))
			rc = err_set(e, ERR_STOPPED, "stopped");
		rc = rc ? in_line(&r, rc, e) : 0;
	}
	engine_free(r.engine);
	return rc;
}
