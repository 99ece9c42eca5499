/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recipe as people write it.  What is accepted and keeps the rules has a canonical form that is read back as the same recipe. */
#include "fuzz.h"

#include "cli/cli_int.h"
#include "record/recipe.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct recipe r, back;
	struct buf text = {0}, canonical = {0};
	struct err e;
	buf_bytes(&text, p, n);
	buf_u8(&text, 0);
	int rc = cli_recipe_ini(&r, "fuzz.ini", (const char *)text.data, n, &e);
	if (rc < 0)
		MUST(strncmp(e.text, "fuzz.ini:", 9) == 0); /* says where */
	else if (recipe_check(&r, &e) == 0) {
		recipe_write(&r, &canonical);
		MUST(!canonical.failed && recipe_read(&back, canonical.data, canonical.len, &e) == 0);
		MUST(memcmp(&r, &back, sizeof r) == 0);
		struct hash a = recipe_hash(&r), b = sha256_of(canonical.data, canonical.len);
		MUST(hash_equal(&a, &b));
	}
	buf_release(&text);
	buf_release(&canonical);
	return 0;
}
