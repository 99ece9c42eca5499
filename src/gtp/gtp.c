/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, ids, the table of commands, and the commands that ask for no board. */
#include "gtp/gtp_int.h"

#include <stdlib.h>
#include <string.h>

static gtp_handler protocol_version, name, version, known_command, list_commands, quit, time_settings, time_left;

static const struct command {
	const char *name;
	gtp_handler *run;
	int least, most; /* arguments */
} commands[] = {
    {"protocol_version", protocol_version, 0, 0},
    {"name", name, 0, 0},
    {"version", version, 0, 0},
    {"known_command", known_command, 1, 1},
    {"list_commands", list_commands, 0, 0},
    {"quit", quit, 0, 0},
    {"boardsize", gtp_boardsize, 1, 1},
    {"clear_board", gtp_clear_board, 0, 0},
    {"komi", gtp_komi, 1, 1},
    {"fixed_handicap", gtp_fixed_handicap, 1, 1},
    {"place_free_handicap", gtp_place_free_handicap, 1, 1},
    {"set_free_handicap", gtp_set_free_handicap, 0, GTP_ARGS_MAX},
    {"play", gtp_play, 2, 2},
    {"genmove", gtp_genmove, 1, 1},
    {"reg_genmove", gtp_reg_genmove, 1, 1},
    {"undo", gtp_undo, 0, 0},
    {"time_settings", time_settings, 3, 3},
    {"time_left", time_left, 3, 3},
    {"final_score", gtp_final_score, 0, 0},
    {"final_status_list", gtp_final_status_list, 1, 1},
    {"showboard", gtp_showboard, 0, 0},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

const char *gtp_command_name(int i)
{
	return i >= 0 && i < COMMANDS ? commands[i].name : NULL;
}

static const struct command *find(const char *word)
{
	for (int i = 0; i < COMMANDS; i++)
		if (strcmp(commands[i].name, word) == 0)
			return &commands[i];
	return NULL;
}

static bool protocol_version(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "2");
	return true;
}

static bool name(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "miai");
	return true;
}

static bool version(struct gtp *g, struct gtp_call *c)
{
	buf_printf(c->text, "%s", g->set.version);
	return true;
}

static bool known_command(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	buf_printf(c->text, "%s", find(c->argv[0]) ? "true" : "false");
	return true;
}

static bool list_commands(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	for (int i = 0; i < COMMANDS; i++)
		buf_printf(c->text, "%s%s", i ? "\n" : "", commands[i].name);
	return true;
}

static bool quit(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	c->quit = true;
	return true;
}

/* Clocks are accepted and not obeyed: the strength is set by visits a move, so that a game can be repeated.
 * A limit from measured speed would belong to the transport (cli), which may read the clock. */
static bool time_settings(struct gtp *g, struct gtp_call *c)
{
	(void)g;
	for (int i = 0, v; i < 3; i++)
		if (!gtp_int(c->argv[i], &v) || v < 0)
			return gtp_fail(c, "syntax error");
	return true;
}

static bool time_left(struct gtp *g, struct gtp_call *c)
{
	int player, v;
	(void)g;
	if (!gtp_color(c->argv[0], &player))
		return gtp_fail(c, "syntax error");
	/* Some controllers send a negative time for a player who is a little late. */
	if (!gtp_int(c->argv[1], &v) || !gtp_int(c->argv[2], &v))
		return gtp_fail(c, "syntax error");
	return true;
}

/* Does the net take what the game gives? */
static bool net_fits(const struct nn_net *net, struct err *e)
{
	if (!net || (net->shape.planes == game_go.planes && net->shape.plane_exp == game_go.plane_exp))
		return true;
	err_set(e, ERR_ARG, "the net takes %d planes at 2^-%d, the game has %d at 2^-%d", net->shape.planes,
		net->shape.plane_exp, game_go.planes, game_go.plane_exp);
	return false;
}

struct gtp *gtp_new(const struct gtp_settings *s, struct err *e)
{
	struct gtp *g = calloc(1, sizeof *g);
	if (!g) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	g->set = *s;
	if (!net_fits(s->net, e) || gtp_board_new(g, s->size, s->komi_half, e) || gtp_think_ready(g, e)) {
		gtp_free(g);
		return NULL;
	}
	return g;
}

void gtp_free(struct gtp *g)
{
	if (!g)
		return;
	gtp_think_release(g);
	free(g->state);
	free(g->scratch);
	free(g->job);
	free(g);
}

/* The line as the protocol wants it read: tabs are spaces, other control characters are not there, and nothing
 * counts from a "#" on.  out has room for n + 1 bytes.  True where a "#" or the newline ended the line. */
static bool clean(char *out, const char *line, size_t n)
{
	size_t k = 0, i = 0;
	for (; i < n && line[i] != '#' && line[i] != '\n'; i++) {
		unsigned char b = (unsigned char)line[i];
		if (b == '\t')
			out[k++] = ' ';
		else if (b >= 32 && b != 127)
			out[k++] = line[i];
	}
	out[k] = '\0';
	return i < n;
}

/* Cuts text at spaces; the words' number, or -1 where there are more than most. */
static int split(char *text, char **word, int most)
{
	int n = 0;
	while (*(text += strspn(text, " "))) {
		if (n == most)
			return -1;
		word[n++] = text;
		text += strcspn(text, " ");
		if (*text)
			*text++ = '\0';
	}
	return n;
}

static bool is_id(const char *word)
{
	return word[0] && !word[strspn(word, "0123456789")];
}

/* Runs the words after the id; true for success. */
static bool execute(struct gtp *g, struct gtp_call *c, char **word, int words)
{
	const struct command *cmd = words > 0 ? find(word[0]) : NULL;
	if (!cmd)
		return gtp_fail(c, "unknown command");
	c->argc = words - 1;
	if (c->argc < cmd->least || c->argc > cmd->most)
		return gtp_fail(c, "syntax error");
	for (int i = 0; i < c->argc; i++)
		c->argv[i] = word[i + 1];
	return cmd->run(g, c);
}

static void reply(struct buf *out, bool ok, const char *id, const struct buf *text)
{
	buf_printf(out, "%c%s", ok ? '=' : '?', id);
	if (text->len && text->data[0] != '\n')
		buf_u8(out, ' ');
	buf_bytes(out, text->data, text->len);
	buf_printf(out, "\n\n");
}

bool gtp_command(struct gtp *g, const void *line, size_t n, struct buf *out)
{
	enum { ID_MAX = 32, WORDS = GTP_ARGS_MAX + 2, REPLY = 4096 };
	char clear[GTP_LINE_MAX + 1], *word[WORDS];
	char *const *w = word;
	struct buf text = {.data = NULL};
	struct gtp_call c = {.text = &text};
	bool short_enough = n <= GTP_LINE_MAX, ok;
	bool whole = clean(clear, line, short_enough ? n : GTP_LINE_MAX) || short_enough;
	int words = split(clear, word, WORDS);
	if (words == 0 && whole)
		return true;
	/* Too many words: the first is looked at all the same, it may be an id. */
	bool crowd = words < 0;
	words = crowd ? WORDS : words;
	const char *id = words && is_id(w[0]) && strlen(w[0]) <= ID_MAX ? w[0] : "";
	int skip = *id != '\0';
	/* Room for any answer first: a command that was obeyed must not lose it. */
	if (!buf_extend(&text, REPLY)) {
		buf_printf(out, "?%s out of memory\n\n", id);
		return true;
	}
	buf_clear(&text);
	if (!whole || crowd)
		ok = gtp_fail(&c, "syntax error: the line is too long");
	else
		ok = execute(g, &c, word + skip, words - skip);
	reply(out, ok, id, &text);
	buf_release(&text);
	return !c.quit;
}
