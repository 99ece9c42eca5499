/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Options and their values. */
#include "cli/cli_int.h"

#include "gtp/text.h"
#include "nn/kernels.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int complain(const struct cli_command *cmd, const char *what, const char *arg)
{
	fprintf(stderr, "miai %s: %s%s; \"miai help %s\" prints its options\n", cmd->name, what, arg, cmd->name);
	return -1;
}

/* The option that text ("name" or "name=value") names, its value in *value (NULL if there is no "="). */
static const struct cli_option *find(const struct cli_option *opt, int opts, const char *text, const char **value)
{
	size_t n = strcspn(text, "=");
	*value = text[n] ? text + n + 1 : NULL;
	for (int i = 0; i < opts; i++)
		if (strlen(opt[i].name) == n && strncmp(opt[i].name, text, n) == 0)
			return &opt[i];
	return NULL;
}

/* Takes argv[*at], an option, and the word after it where that is its value. */
static int take(const struct cli_command *cmd, int argc, char **argv, int *at, const struct cli_option *opt, int opts)
{
	const char *value;
	const struct cli_option *o = find(opt, opts, argv[*at] + 2, &value);
	if (!o)
		return complain(cmd, "unknown option ", argv[*at]);
	if (!o->has_value && value)
		return complain(cmd, "this option takes no value: ", argv[*at]);
	if (o->has_value && !value) {
		if (*at + 1 >= argc)
			return complain(cmd, "this option needs a value: ", argv[*at]);
		value = argv[++*at];
	}
	*o->value = value ? value : "";
	return 0;
}

int cli_parse(const struct cli_command *cmd, int argc, char **argv, const struct cli_option *opt, int opts, int least,
	      int most)
{
	int n = 0;
	bool ended = false;
	for (int i = 1; i < argc; i++) {
		if (!ended && strcmp(argv[i], "--") == 0) {
			ended = true;
		} else if (!ended && (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)) {
			fputs(cmd->usage, stdout);
			return -2;
		} else if (!ended && argv[i][0] == '-' && argv[i][1] == '-') {
			if (take(cmd, argc, argv, &i, opt, opts))
				return -1;
		} else if (!ended && argv[i][0] == '-' && argv[i][1]) {
			return complain(cmd, "unknown option ", argv[i]);
		} else {
			argv[n++] = argv[i];
		}
	}
	if (n > most)
		return complain(cmd, "one operand too many: ", argv[most]);
	if (n < least)
		return complain(cmd, "an operand is missing", n ? " after " : "");
	return n;
}

int cli_number(const char *option, const char *text, long long lo, long long hi, long long *out)
{
	char *end;
	errno = 0;
	long long v = strtoll(text, &end, 10);
	bool number = (*text == '-' || (*text >= '0' && *text <= '9')) && end != text && !*end;
	if (!number || errno || v < lo || v > hi) {
		fprintf(stderr, "miai: %s wants a whole number from %lld to %lld, not \"%s\"\n", option, lo, hi, text);
		return -1;
	}
	*out = v;
	return 0;
}

int cli_seed(const char *text, uint64_t def, uint64_t *seed)
{
	long long v;
	*seed = def;
	if (!text)
		return 0;
	if (cli_number("--seed", text, 0, INT64_MAX, &v))
		return -1;
	*seed = (uint64_t)v;
	return 0;
}

int cli_threads(const char *text, int *threads)
{
	enum { MOST = 1024 };
	long long v;
	if (text) {
		if (cli_number("--threads", text, 1, MOST, &v))
			return -1;
		*threads = (int)v;
		return 0;
	}
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
	*threads = n < 1 ? 1 : n > MOST ? MOST : n;
	return 0;
}

int cli_cpu_flags(const char *text, unsigned *flags)
{
	struct err e = {.text = ""};
	if (nn_cpu_flags_parse(flags, text, &e) == 0)
		return 0;
	fprintf(stderr, "miai: --cpu-flags: %s\n", e.text);
	return -1;
}

int cli_komi(const char *option, const char *text, int *half)
{
	if (gtp_parse_komi(text, half) == 0)
		return 0;
	fprintf(stderr, "miai: %s wants points in steps of 0.5 from -361 to 361, not \"%s\"\n", option, text);
	return -1;
}
