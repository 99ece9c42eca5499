/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The engine's parameters: defaults, ranges, names. */
#include "gtp/engine_int.h"

#include "gtp/text.h"

#include <stdio.h>
#include <string.h>

static const struct param {
	const char *name;
	size_t offset;
	int lo, hi, def;
	bool tree; /* a tree searched with another value is no use */
} params[] = {
#define PARAM(field, lo, hi, def, tree) {#field, offsetof(struct engine_params, field), lo, hi, def, tree}
	PARAM(visits, 0, ENGINE_VISITS_MAX, 0, false),
	PARAM(time_ms, 0, 1000000000, 0, false),
	PARAM(cpuct, 0, 100000, 1100, true),
	PARAM(fpu, 0, 10000, 200, true),
	PARAM(score_utility, 0, 1000, 100, true),
	PARAM(batch, 1, SEARCH_DEEP_BATCH_MAX, 32, false),
	PARAM(resign, 0, 50, 0, false),
	PARAM(resign_moves, 1, 100, 3, false),
	PARAM(temperature, 0, 10000, 0, false),
	PARAM(early_temperature, 0, 10000, 0, false),
	PARAM(strength, 0, ENGINE_STRENGTH_MAX, 0, false),
	PARAM(friendly_pass, 0, 1, 0, false),
	PARAM(ponder, 0, 1, 0, false),
	PARAM(symmetry, 0, 1, 1, true),
	PARAM(lag_ms, 0, 60000, 20, false),
#undef PARAM
};
enum { PARAMS = sizeof params / sizeof *params };

static int *field(struct engine_params *p, int i)
{
	return (int *)(void *)((char *)p + params[i].offset);
}

static int value(const struct engine_params *p, int i)
{
	int v;
	memcpy(&v, (const char *)p + params[i].offset, sizeof v);
	return v;
}

void engine_params_init(struct engine_params *p)
{
	for (int i = 0; i < PARAMS; i++)
		*field(p, i) = params[i].def;
}

int engine_params_check(const struct engine_params *p, struct err *e)
{
	for (int i = 0; i < PARAMS; i++)
		if (value(p, i) < params[i].lo || value(p, i) > params[i].hi)
			return err_set(e, ERR_ARG, "%s is %d, must be %d to %d", params[i].name, value(p, i), params[i].lo,
			               params[i].hi);
	return 0;
}

const char *engine_param_name(int i)
{
	return i >= 0 && i < PARAMS ? params[i].name : NULL;
}

static int find(const char *name)
{
	for (int i = 0; i < PARAMS; i++)
		if (strcmp(params[i].name, name) == 0)
			return i;
	return -1;
}

int engine_params_set(struct engine_params *p, const char *name, const char *text, struct err *e)
{
	int i = find(name), v;
	if (i < 0)
		return err_set(e, ERR_ARG, "there is no parameter %.100s", name);
	if (!gtp_int(text, &v) || v < params[i].lo || v > params[i].hi)
		return err_set(e, ERR_ARG, "%s wants a whole number from %d to %d, not %.100s", name, params[i].lo,
		               params[i].hi, text);
	*field(p, i) = v;
	return 0;
}

void engine_params_use(struct engine *g, const struct engine_params *p)
{
	for (int i = 0; i < PARAMS; i++) {
		int v = value(p, i);
		if (v == value(&g->set.params, i))
			continue;
		*field(&g->set.params, i) = v;
		if (params[i].tree)
			g->tree.valid = false;
		engine_log(g, "set %s %d\n", params[i].name, v);
	}
}

int engine_set(struct engine *g, const char *name, const char *text, struct err *e)
{
	struct engine_params p = g->set.params;
	int rc = engine_params_set(&p, name, text, e);
	if (rc == 0)
		engine_params_use(g, &p);
	return rc;
}

bool engine_get(const struct engine *g, const char *name, char out[ENGINE_VALUE_TEXT])
{
	int i = find(name);
	if (i < 0)
		return false;
	snprintf(out, ENGINE_VALUE_TEXT, "%d", value(&g->set.params, i));
	return true;
}

const struct engine_params *engine_params(const struct engine *g)
{
	return &g->set.params;
}

void engine_save(const struct engine *g, struct buf *out)
{
	for (int i = 0; i < PARAMS; i++)
		buf_printf(out, "%s %d\n", params[i].name, value(&g->set.params, i));
}

/* One line "name value" of n bytes into p. */
static int load_line(struct engine_params *p, const char *line, size_t n, struct err *e)
{
	char word[2 * ENGINE_VALUE_TEXT];
	if (n == 0)
		return 0;
	if (n >= sizeof word)
		return err_set(e, ERR_FORMAT, "a line of settings is too long");
	memcpy(word, line, n);
	word[n] = '\0';
	char *text = strchr(word, ' ');
	if (text)
		*text++ = '\0';
	int i = find(word), v;
	if (i < 0 || !text || !gtp_int(text, &v) || v < params[i].lo || v > params[i].hi)
		return err_set(e, ERR_FORMAT, "settings: \"%s\" is unknown, or its value is out of range", word);
	*field(p, i) = v;
	return 0;
}

int engine_params_load(struct engine_params *to, const char *text, struct err *e)
{
	struct engine_params p = *to;
	while (*text) {
		size_t n = strcspn(text, "\n");
		int rc = load_line(&p, text, n, e);
		if (rc)
			return rc;
		text += n + (text[n] == '\n');
	}
	*to = p;
	return 0;
}

int engine_load(struct engine *g, const char *text, struct err *e)
{
	struct engine_params p = g->set.params;
	int rc = engine_params_load(&p, text, e);
	if (rc == 0)
		engine_params_use(g, &p);
	return rc;
}
