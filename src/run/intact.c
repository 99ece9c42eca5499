/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is in memory is compared with what is on disk, and a fault of the machine is answered: docs/faults-hardware.md. */
#include "run/run_int.h"

#include <inttypes.h>
#include <string.h>

enum { FAULTS_MAX = 2 };

bool run_again(struct run *u, int *rc, struct err *e)
{
	char what[sizeof e->text];
	if (*rc != ERR_FAULT)
		return false;
	memcpy(what, e->text, sizeof what);
	nn_guard_clear(&u->guard);
	if (++u->faults < FAULTS_MAX) {
		u->guard.check = true; /* this machine is not believed any more */
		run_note(u, "this machine made a fault, and what it touched is made again: %s", what);
		*rc = 0;
		return true;
	}
	err_set(e, ERR_FAULT,
	        "this machine made a second fault: %.500s; what is on disk is whole: go on with it on a machine whose memory and "
	        "processor are sound",
	        what);
	return false;
}

int run_drop(const char *path, struct err *e)
{
	struct file_append f;
	int rc = file_there(path, e);
	if (rc <= 0)
		return rc;
	rc = file_append_open(&f, path, 0, e);
	return rc < 0 ? rc : file_append_close(&f, e);
}

int run_store_once(const char *path, const struct buf *b, struct err *e)
{
	struct buf back = {0};
	int rc = file_write(path, b->data, b->len, e);
	if (rc == 0)
		rc = file_read(&back, path, RUN_FILE_BYTES_MAX, e);
	if (rc == 0 && (back.len != b->len || memcmp(back.data, b->data, b->len) != 0)) {
		rc = run_drop(path, e);
		rc = rc < 0 ? rc : err_set(e, ERR_FAULT, "%s: what is read back is not what was written", path);
	}
	buf_release(&back);
	return rc;
}

int run_store(struct run *u, const char *path, const struct buf *b, struct err *e)
{
	int rc;
	do
		rc = run_store_once(path, b, e);
	while (run_again(u, &rc, e));
	return rc;
}

/* 0, ERR_FAULT or ERR_MEMORY. */
static int net_same(const struct nn_net *net, uint32_t generation, const struct hash *want, struct err *e)
{
	struct buf b = {0};
	nn_net_write(net, &b);
	struct hash h = sha256_of(b.data, b.failed ? 0 : b.len);
	int rc = b.failed ? err_set(e, ERR_MEMORY, "no memory to check a net") : 0;
	buf_release(&b);
	if (rc == 0 && !hash_equal(&h, want))
		return err_set(e, ERR_FAULT, "re-hash: the net of generation %" PRIu32 " changed in memory", generation);
	if (rc == 0)
		rc = nn_net_check(net, e);
	return rc == ERR_FAULT ? err_prefix(e, rc, "re-hash") : rc;
}

int run_net_check(struct run *u, struct nn_net *net, uint32_t generation, const struct hash *want, struct err *e)
{
	int rc = net_same(net, generation, want, e), loaded;
	if (rc != ERR_FAULT)
		return rc;
	struct err why = {.text = ""};
	struct nn_net *file = run_net_load(u->dir, generation, want, &loaded, &why);
	if (!file) {
		*e = why;
		return loaded;
	}
	struct nn_net was = *net; /* others point to net, so it stays where it is */
	*net = *file;
	*file = was;
	nn_net_free(file);
	return rc;
}

int run_state_check(struct run *u, uint32_t generation, const struct ledger_checkpoint *c, struct err *e)
{
	struct buf b = {0};
	int rc = 0;
	train_write(u->state, &b);
	struct hash h = sha256_of(b.data, b.failed ? 0 : b.len);
	bool failed = b.failed;
	buf_release(&b);
	if (failed)
		return err_set(e, ERR_MEMORY, "no memory to check the state of training");
	if (hash_equal(&h, &c->hash))
		return 0;
	train_free(u->state);
	u->state = run_checkpoint_load(u->dir, u->r, generation, c->step, &c->hash, NULL, &rc, e);
	return rc < 0 ? rc : err_set(e, ERR_FAULT, "re-hash: the state of training after step %" PRIu64 " changed in memory", c->step);
}
