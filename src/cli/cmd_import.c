/* SPDX-License-Identifier: GPL-3.0-or-later */
/* miai import: other programs' nets. */
#include "cli/cli_int.h"

#include "base/file.h"
#include "weights/weights.h"

#include <stdio.h>

enum { POSITIONS = 128, TESTS = 32 };

static struct weights *read_weights(const char *path, struct err *e)
{
	struct buf file = {.data = NULL}, text = {.data = NULL};
	struct weights *w = NULL;
	int rc = file_read(&file, path, WEIGHTS_FILE_MAX, e);
	if (rc == 0 && weights_unpack(&text, file.data, file.len, e) == 0)
		w = weights_read(text.data, text.len, e);
	if (rc == 0 && !w)
		err_prefix(e, e->code, path);
	buf_release(&file);
	buf_release(&text);
	return w;
}

static int write_net(const struct nn_leela *net, const char *path, struct hash *name, struct err *e)
{
	struct buf b = {.data = NULL};
	nn_leela_write(net, &b);
	int rc = b.failed ? err_set(e, ERR_MEMORY, "%s: no memory to write it", path) : file_write(path, b.data, b.len, e);
	if (rc == 0)
		*name = sha256_of(b.data, b.len);
	buf_release(&b);
	return rc;
}

static void tell(const struct nn_leela *net, const struct hash *name, const struct weights_cost *c)
{
	const struct nn_leela_shape *s = &net->shape;
	char hex[65], source[65];
	hash_hex(name, hex);
	hash_hex(&net->source, source);
	printf("%-12s %s\n%-12s %s\n", "net", hex, "imported", source);
	printf("%-12s %d blocks of %d filters, %d hidden units, for boards of %d; its value is %s\n", "shape", s->blocks,
	       s->filters, s->hidden, s->size, s->black_value ? "Black's" : "the mover's");
	printf("%-12s unknown: how it was trained cannot be checked\n", "history");
	printf("%-12s integers beside floats, on %d positions of its own games:\n", "cost", c->positions);
	printf("%-12s the policy's best move is the same in %d; KL divergence %.5f on average, %.5f at most\n", "", c->same_best,
	       c->kl_mean, c->kl_most);
	printf("%-12s the chance to win differs by %.5f on average, %.5f at most\n", "", c->value_mean, c->value_most);
}

static int import(const char *from, const char *to, int positions, unsigned flags, struct err *e)
{
	struct weights_cost cost;
	struct nn_kernels kernels;
	struct hash name;
	struct weights *w = read_weights(from, e);
	if (!w)
		return e->code;
	nn_kernels_init(&kernels, flags);
	struct nn_leela *net = weights_import(w, &kernels, positions, TESTS, &cost, e);
	int rc = net ? write_net(net, to, &name, e) : e->code;
	if (rc == 0)
		tell(net, &name, &cost);
	nn_leela_free(net);
	weights_free(w);
	return rc;
}

static int run(int argc, char **argv)
{
	const char *out = NULL, *positions = NULL, *cpu = NULL;
	const struct cli_option opt[] = {{"out", 1, &out}, {"positions", 1, &positions}, {"cpu-flags", 1, &cpu}};
	long long n = POSITIONS;
	unsigned flags;
	struct err e = {.text = ""};
	int operands = cli_parse(&cli_cmd_import, argc, argv, opt, sizeof opt / sizeof *opt, 1, 1);
	if (operands < 0)
		return operands == -2 ? CLI_OK : CLI_USAGE;
	if ((positions && cli_number("--positions", positions, 2, 100000, &n)) || cli_cpu_flags(cpu, &flags))
		return CLI_USAGE;
	if (!out) {
		fprintf(stderr, "miai import: say with --out FILE where to write the net\n");
		return CLI_USAGE;
	}
	int rc = import(argv[0], out, (int)n, flags, &e);
	return rc ? cli_fail("import", rc, &e) : CLI_OK;
}

const struct cli_command cli_cmd_import = {
    .name = "import",
    .summary = "make a net of leela-zero's playable with miai",
    .usage = "Usage: miai import WEIGHTS --out NET [OPTIONS]\n"
	     "Reads a weights file of leela-zero (versions 1 and 2, plain or gzip), makes integers of its\n"
	     "numbers, writes a net that `miai gtp` and `miai play` take, and tells what that cost: how far\n"
	     "its policy and value are from the same net in floating point, on positions of its own games.\n"
	     "Such a net knows one board size, its komi was 7.5, and its history is unknown to miai.\n\n"
	     "  --out NET         the file to write\n"
	     "  --positions N     positions to find the ranges of activations on (128); more take longer\n"
	     "  --cpu-flags LIST  instruction sets to use, as in `miai help gtp`; the net is the same with any\n\n"
	     "Example: miai import best-network.gz --out leela.net && miai gtp --net leela.net\n",
    .run = run,
};
