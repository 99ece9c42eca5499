/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lines, ids, the table of commands. */
#include "gtp/gtp_int.h"

#include <stdlib.h>
#include <string.h>

static const struct command {
	const char *name;
	gtp_handler *run;
	int least, most; /* arguments */
} commands[] = {
#define GTP_COMMAND(name, handler, least, most) {name, handler, least, most},
#include "gtp/commands.inc"
#undef GTP_COMMAND
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

bool gtp_known(const char *name)
{
	return find(name) != NULL;
}

bool gtp_fail(struct gtp_call *c, const char *what)
{
	buf_printf(c->text, "%s", what);
	return false;
}

int gtp_size(const struct gtp *g)
{
	return engine_rules(g->engine)->size;
}

void gtp_say_vertex(struct gtp *g, struct buf *b, int action)
{
	char text[GO_VERTEX_TEXT];
	gtp_vertex_text(text, gtp_size(g), action);
	buf_printf(b, "%s", text);
}

struct gtp *gtp_new(const struct gtp_settings *s, struct err *e)
{
	struct gtp *g = calloc(1, sizeof *g);
	if (!g) {
		err_set(e, ERR_MEMORY, "out of memory");
		return NULL;
	}
	g->set = *s;
	g->engine = engine_new(&s->engine, e);
	if (!g->engine) {
		gtp_free(g);
		return NULL;
	}
	return g;
}

void gtp_free(struct gtp *g)
{
	if (!g)
		return;
	engine_free(g->engine);
	free(g);
}

struct engine *gtp_engine(struct gtp *g)
{
	return g->engine;
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
	c->name = cmd->name;
	c->argc = words - 1;
	if (c->argc < cmd->least || c->argc > cmd->most)
		return gtp_fail(c, "syntax error");
	for (int i = 0; i < c->argc; i++)
		c->argv[i] = word[i + 1];
	return cmd->run(g, c);
}

bool gtp_interrupted(void *ctx)
{
	const struct gtp *g = ((const struct gtp_cut *)ctx)->gtp;
	return g->set.interrupted && g->set.interrupted(g->set.ctx);
}

bool gtp_cut(void *ctx)
{
	struct gtp_cut *c = ctx;
	c->cut = c->gtp->set.waiting && c->gtp->set.waiting(c->gtp->set.ctx);
	return c->cut;
}

void gtp_stream(struct gtp *g, struct gtp_call *c)
{
	if (!c->streamed)
		buf_printf(g->out, "=%s\n", c->id);
	c->streamed = true;
	buf_bytes(g->out, c->text->data, c->text->len);
	buf_clear(c->text);
	if (g->set.flush)
		g->set.flush(g->set.ctx, g->out);
}

/* What is wrong may quote what was said, and that may be any bytes. */
static void make_ascii(struct buf *text)
{
	for (size_t i = 0; i < text->len; i++)
		if ((text->data[i] < 32 && text->data[i] != '\n') || text->data[i] > 126)
			text->data[i] = '?';
}

static void reply(struct buf *out, const struct gtp_call *c, bool ok)
{
	struct buf *text = c->text;
	if (!ok)
		make_ascii(text);
	if (!c->streamed) {
		buf_printf(out, "%c%s", ok ? '=' : '?', c->id);
		if (text->len && text->data[0] != '\n')
			buf_u8(out, ' ');
	}
	buf_bytes(out, text->data, text->len);
	buf_printf(out, c->streamed ? "\n" : "\n\n");
}

bool gtp_command(struct gtp *g, const void *line, size_t n, struct buf *out)
{
	enum { ID_MAX = 32, WORDS = GTP_ARGS_MAX + 2, REPLY = 4096 };
	char clear[GTP_LINE_MAX + 1], *word[WORDS];
	char *const *w = word;
	struct buf text = {.data = NULL};
	struct gtp_call c = {.text = &text, .id = ""};
	bool short_enough = n <= GTP_LINE_MAX, ok;
	bool whole = clean(clear, line, short_enough ? n : GTP_LINE_MAX) || short_enough;
	int words = split(clear, word, WORDS);
	if (words == 0 && whole)
		return true;
	/* Too many words: the first is looked at all the same, it may be an id. */
	bool crowd = words < 0;
	words = crowd ? WORDS : words;
	c.id = words && is_id(w[0]) && strlen(w[0]) <= ID_MAX ? w[0] : "";
	int skip = *c.id != '\0';
	g->out = out;
	/* Room for any answer first: a command that was obeyed must not lose it. */
	if (!buf_extend(&text, REPLY)) {
		buf_printf(out, "?%s out of memory\n\n", c.id);
		return true;
	}
	buf_clear(&text);
	if (!whole || crowd)
		ok = gtp_fail(&c, "syntax error: the line is too long");
	else
		ok = execute(g, &c, word + skip, words - skip);
	reply(out, &c, ok);
	buf_release(&text);
	return !c.quit;
}
