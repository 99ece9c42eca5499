/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gtp/rules.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64 };

static int by_name(const char *name, struct gtp_rules *out, struct err *e)
{
	static const struct {
		const char *name;
		bool played, suicide, friendly_pass;
	} known[] = {
	    {"tromp-taylor", true, true, false},  {"chinese", true, false, true},       {"chinese-ogs", true, false, true},
	    {"chinese-kgs", true, false, true},   {"aga", true, false, true},           {"bga", true, false, true},
	    {"aga-button", false, false, false},  {"new-zealand", true, true, true},    {"new_zealand", true, true, true},
	    {"cgos", true, false, false},         {"area", true, false, false},         {"japanese", false, false, false},
	    {"korean", false, false, false},      {"ancient-territory", false, false, false},
	    {"stone-scoring", false, false, false},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcasecmp(name, known[i].name) != 0)
			continue;
		if (!known[i].played)
			return err_set(e, ERR_ARG, "%s rules are not played here: only area scoring is", name);
		*out = (struct gtp_rules){known[i].suicide, known[i].friendly_pass};
		return 0;
	}
	return err_set(e, ERR_FORMAT, "unknown rules '%.60s'", name);
}

/* --- A flat object: {"key":"text", "key":true, "key":0} --- */

static const char *blank(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

/* A string without escapes, or a bare word; NULL where there is none. */
static const char *scalar(const char *p, char word[WORD_MAX])
{
	bool quoted = *p == '"';
	p += quoted;
	size_t n = strcspn(p, quoted ? "\"\\" : ",}: \t\r\n");
	if (n >= WORD_MAX || (quoted ? p[n] != '"' : n == 0))
		return NULL;
	memcpy(word, p, n);
	word[n] = '\0';
	return p + n + quoted;
}

static int boolean(const char *value, bool *out)
{
	*out = strcmp(value, "true") == 0;
	return *out || strcmp(value, "false") == 0 ? 0 : ERR_FORMAT;
}

static bool one_of(const char *value, const char *const *list)
{
	for (; *list; list++)
		if (strcasecmp(value, *list) == 0)
			return true;
	return false;
}

/* Any ko rule is taken for positional superko, which is one of them and differs from the others only in rare fights. */
int gtp_rules_field(const char *key, const char *value, struct gtp_rules *out, struct err *e)
{
	static const char *const kos[] = {"SIMPLE", "POSITIONAL", "SITUATIONAL", "SPIGHT", NULL};
	static const char *const bonuses[] = {"0", "N", "N-1", NULL};
	bool flag = false;
	if (strcmp(key, "suicide") == 0 || strcmp(key, "multiStoneSuicideLegal") == 0)
		return boolean(value, &out->suicide) ? err_set(e, ERR_FORMAT, "%s wants true or false", key) : 0;
	if (strcmp(key, "friendlyPassOk") == 0)
		return boolean(value, &out->friendly_pass) ? err_set(e, ERR_FORMAT, "%s wants true or false", key) : 0;
	if (strcmp(key, "hasButton") == 0 && (boolean(value, &flag) || flag))
		return err_set(e, ERR_ARG, "no button is played with here");
	if (strcmp(key, "scoring") == 0 || strcmp(key, "scoringRule") == 0)
		return strcasecmp(value, "AREA") == 0 ? 0 : err_set(e, ERR_ARG, "only area scoring is played here");
	if (strcmp(key, "tax") == 0 || strcmp(key, "taxRule") == 0)
		return strcasecmp(value, "NONE") == 0 ? 0 : err_set(e, ERR_ARG, "no tax is played with here");
	if (strcmp(key, "ko") == 0 || strcmp(key, "koRule") == 0)
		return one_of(value, kos) ? 0 : err_set(e, ERR_FORMAT, "unknown ko rule '%s'", value);
	if (strcmp(key, "whiteHandicapBonus") == 0)
		return one_of(value, bonuses) ? 0 : err_set(e, ERR_FORMAT, "unknown handicap bonus '%s'", value);
	return strcmp(key, "hasButton") == 0 ? 0 : err_set(e, ERR_FORMAT, "unknown rule '%s'", key);
}

static int by_object(const char *p, struct gtp_rules *out, struct err *e)
{
	char key[WORD_MAX], value[WORD_MAX];
	struct gtp_rules r = {false, false};
	p = blank(p + 1);
	while (*p != '}') {
		p = *p == '"' ? scalar(p, key) : NULL;
		p = p ? blank(p) : NULL;
		p = p && *p == ':' ? scalar(blank(p + 1), value) : NULL;
		if (!p)
			return err_set(e, ERR_FORMAT, "rules are a name or a flat JSON object");
		int rc = gtp_rules_field(key, value, &r, e);
		if (rc)
			return rc;
		p = blank(p);
		if (*p == ',')
			p = blank(p + 1);
		else if (*p != '}')
			return err_set(e, ERR_FORMAT, "rules are a name or a flat JSON object");
	}
	if (*blank(p + 1))
		return err_set(e, ERR_FORMAT, "something follows the rules");
	*out = r;
	return 0;
}

int gtp_rules_parse(const char *text, struct gtp_rules *out, struct err *e)
{
	text = blank(text);
	return *text == '{' ? by_object(text, out, e) : by_name(text, out, e);
}

void gtp_rules_print(const struct gtp_rules *r, struct buf *out)
{
	buf_printf(out, "{\"friendlyPassOk\":%s,\"hasButton\":false,\"ko\":\"POSITIONAL\",\"scoring\":\"AREA\","
	           "\"suicide\":%s,\"tax\":\"NONE\",\"whiteHandicapBonus\":\"0\"}",
	           r->friendly_pass ? "true" : "false", r->suicide ? "true" : "false");
}
