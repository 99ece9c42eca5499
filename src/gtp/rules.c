/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "gtp/rules.h"

#include <string.h>
#include <strings.h>

enum { WORD_MAX = 64 };

/* Clients write "new-zealand", "new_zealand", "New Zealand" and "newzealand". */
static bool same_name(const char *a, const char *b)
{
	static const char between[] = " \t\r\n-_";
	for (;; a++, b++) {
		a += strspn(a, between);
		b += strspn(b, between);
		if (strncasecmp(a, b, 1) != 0)
			return false;
		if (!*a)
			return true;
	}
}

/* ERR_FORMAT, without a text, where no rules have that name. */
static int by_name(const char *name, struct gtp_rules *out, struct err *e)
{
	static const struct {
		const char *name, *lacks; /* lacks: why they are not played; NULL: they are */
		bool suicide, friendly_pass;
	} known[] = {
	    {"tromp-taylor", NULL, true, false},
	    {"chinese", NULL, false, true},
	    {"chinese-ogs", NULL, false, true},
	    {"chinese-kgs", NULL, false, true},
	    {"aga", NULL, false, true},
	    {"bga", NULL, false, true},
	    {"french", NULL, false, true},
	    {"new-zealand", NULL, true, true},
	    {"nz", NULL, true, true},
	    {"ing", NULL, true, true},
	    {"goe", NULL, true, true},
	    {"cgos", NULL, false, false},
	    {"area", NULL, false, false},
	    {"japanese", "only area scoring is", false, false},
	    {"korean", "only area scoring is", false, false},
	    {"ancient-territory", "only area scoring is", false, false},
	    {"ancient-area", "a tax is not", false, false},
	    {"stone-scoring", "a tax is not", false, false},
	    {"aga-button", "a button is not", false, false},
	};
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (!same_name(name, known[i].name))
			continue;
		if (known[i].lacks)
			return err_set(e, ERR_ARG, "%s rules are not played here: %s", known[i].name, known[i].lacks);
		*out = (struct gtp_rules){known[i].suicide, known[i].friendly_pass};
		return 0;
	}
	return ERR_FORMAT;
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
	if (strcmp(key, "scoring") == 0 || strcmp(key, "scoringRule") == 0 || strcmp(key, "score") == 0)
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

/* --- The other program's short form: koPOSITIONALscoreAREAtaxNONEsui0 --- */

/* What follows the word and blanks; NULL where text does not begin with it. */
static const char *after(const char *text, const char *word)
{
	size_t n = strlen(word);
	return strncasecmp(text, word, n) == 0 ? blank(text + n) : NULL;
}

/* One part of it as a field of the object; returns what follows, NULL where text does not begin with a part. */
static const char *part(const char *text, const char **key, const char **value)
{
	static const struct {
		const char *prefix, *key, *value[5];
	} parts[] = {
	    {"ko", "ko", {"SIMPLE", "POSITIONAL", "SITUATIONAL", "SPIGHT"}},
	    {"scoring", "scoring", {"AREA", "TERRITORY"}},
	    {"score", "scoring", {"AREA", "TERRITORY"}},
	    {"tax", "tax", {"NONE", "SEKI", "ALL"}},
	    {"sui", "suicide", {"0", "1"}},
	    {"button", "hasButton", {"0", "1"}},
	    {"whb", "whiteHandicapBonus", {"0", "N-1", "N"}},
	    {"fpok", "friendlyPassOk", {"0", "1"}},
	};
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		const char *rest = after(text, parts[i].prefix), *end = NULL;
		for (int k = 0; rest && !end && parts[i].value[k]; k++) {
			bool flag = strcmp(parts[i].value[1], "1") == 0;
			*value = !flag ? parts[i].value[k] : k ? "true" : "false";
			end = after(rest, parts[i].value[k]);
		}
		*key = parts[i].key;
		if (end)
			return end;
	}
	return NULL;
}

static int by_parts(const char *text, struct gtp_rules *out, struct err *e)
{
	struct gtp_rules r = {false, false};
	const char *at = text, *key, *value;
	int rc = 0;
	do {
		at = part(at, &key, &value);
		if (!at)
			return err_set(e, ERR_FORMAT, "unknown rules '%.60s'", text);
		rc = rc ? rc : gtp_rules_field(key, value, &r, e);
	} while (*at);
	if (rc == 0)
		*out = r;
	return rc;
}

int gtp_rules_parse(const char *text, struct gtp_rules *out, struct err *e)
{
	text = blank(text);
	if (*text == '{')
		return by_object(text, out, e);
	int rc = by_name(text, out, e);
	return rc == ERR_FORMAT ? by_parts(text, out, e) : rc;
}

void gtp_rules_print(const struct gtp_rules *r, struct buf *out)
{
	buf_printf(out, "{\"friendlyPassOk\":%s,\"hasButton\":false,\"ko\":\"POSITIONAL\",\"scoring\":\"AREA\","
	           "\"suicide\":%s,\"tax\":\"NONE\",\"whiteHandicapBonus\":\"0\"}",
	           r->friendly_pass ? "true" : "false", r->suicide ? "true" : "false");
}
