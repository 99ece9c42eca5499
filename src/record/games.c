/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/games.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum {
	GAMES_VERSION = 1,
	GAMES_HEADER = 52,
	GAMES_FRAME = 8,   /* length before and check behind a payload */
	GAME_FIXED = 16,   /* bytes of a payload before its moves */
	GAME_MOVE_MIN = 3, /* bytes of the shortest move */
	GAME_POLICY = 4,   /* bytes of a policy entry */
	GAME_KOMI_MAX = 2 * 361,
	GAME_VALUE_MAX = 65536,
};
static const uint8_t games_magic[8] = {'m', 'i', 'a', 'i', 'g', 'a', 'm', 'e'};
static const uint64_t games_file_max = UINT64_C(1) << 40;

/* Room for one more element behind n: *p grows to at least twice its size.  n < 2^31. */
static int grow(void **p, uint32_t *cap, uint32_t n, uint32_t more, size_t element)
{
	if (*p && *cap - n >= more)
		return 0;
	uint32_t want = *cap < 16 ? 16 : *cap * 2;
	if (want < n + more)
		want = n + more;
	if (want > SIZE_MAX / element)
		return ERR_MEMORY;
	void *q = realloc(*p, want * element);
	if (!q)
		return ERR_MEMORY;
	*p = q;
	*cap = want;
	return 0;
}

void record_game_release(struct record_game *g)
{
	free(g->move);
	free(g->policy);
	*g = (struct record_game){0};
}

static int game_reserve(struct record_game *g, uint32_t policies)
{
	void *move = g->move, *policy = g->policy;
	int rc = grow(&move, &g->moves_cap, g->moves, 1, sizeof *g->move);
	g->move = move;
	if (rc == 0 && policies) {
		rc = grow(&policy, &g->policies_cap, g->policies, policies, sizeof *g->policy);
		g->policy = policy;
	}
	return rc;
}

/* At most 4096 moves of at most 362 entries: fewer than 2^21 policies. */
int record_game_add_move(struct record_game *g, const struct record_move *m, const struct record_policy *p)
{
	uint16_t policies = m->kind == RECORD_FULL ? m->policy_n : 0;
	if (g->moves >= RECORD_MOVES_MAX || policies > RECORD_ACTIONS_MAX)
		return ERR_ARG;
	int rc = game_reserve(g, policies);
	if (rc < 0)
		return rc;
	struct record_move *to = &g->move[g->moves++];
	*to = *m;
	to->value = m->kind == RECORD_OPENING ? 0 : m->value;
	to->policy_n = policies;
	to->policy_at = g->policies;
	if (policies)
		memcpy(g->policy + g->policies, p, policies * sizeof *p);
	g->policies += policies;
	return 0;
}

static void move_write(const struct record_game *g, const struct record_move *m, struct buf *out)
{
	buf_u16(out, m->action);
	buf_u8(out, m->kind);
	if (m->kind == RECORD_OPENING)
		return;
	buf_i32(out, m->value);
	if (m->kind != RECORD_FULL)
		return;
	buf_u16(out, m->policy_n);
	for (uint32_t i = 0; i < m->policy_n; i++) {
		buf_u16(out, g->policy[m->policy_at + i].action);
		buf_u16(out, g->policy[m->policy_at + i].share);
	}
}

void record_game_write(const struct record_game *g, struct buf *out)
{
	buf_u32(out, g->index);
	buf_u8(out, g->size);
	buf_u8(out, g->suicide);
	buf_u16(out, (uint16_t)g->komi_half);
	buf_u16(out, g->max_moves);
	buf_u16(out, (uint16_t)g->moves);
	buf_i32(out, g->score_half);
	for (uint32_t i = 0; i < g->moves; i++)
		move_write(g, &g->move[i], out);
}

static int16_t rd_i16(struct rd *r)
{
	int32_t v = rd_u16(r);
	return (int16_t)(v < 0x8000 ? v : v - 0x10000);
}

/* The policy of a move of this game: actions on the board and ascending, shares above 0, at most 65536 in all. */
static int policy_read(const struct record_game *g, struct rd *r, uint32_t move, struct record_policy *p, uint32_t n,
                       struct err *e)
{
	uint32_t actions = (uint32_t)g->size * g->size + 1, sum = 0;
	if (n > actions || r->left / GAME_POLICY < n)
		return err_set(e, ERR_FORMAT, "move %" PRIu32 ": %" PRIu32 " policy entries, but %s", move, n,
		               n > actions ? "the board has fewer actions" : "the record ends before them");
	for (uint32_t i = 0; i < n; i++) {
		p[i].action = rd_u16(r);
		p[i].share = rd_u16(r);
		if (p[i].action >= actions || (i && p[i].action <= p[i - 1].action))
			return err_set(e, ERR_FORMAT,
			               "move %" PRIu32 ": policy action %d; they ascend and are below %" PRIu32, move,
			               p[i].action, actions);
		sum += p[i].share;
		if (p[i].share == 0 || sum > 65536)
			return err_set(e, ERR_FORMAT,
			               "move %" PRIu32 ": policy share %d; each is above 0, their sum at most 65536",
			               move, p[i].share);
	}
	return 0;
}

static int move_read(struct record_game *g, struct rd *r, uint32_t number, struct record_policy *policy, struct err *e)
{
	struct record_move m = {0};
	uint32_t actions = (uint32_t)g->size * g->size + 1;
	m.action = rd_u16(r);
	m.kind = rd_u8(r);
	if (m.kind > RECORD_DECIDED)
		return err_set(e, ERR_FORMAT, "move %" PRIu32 ": kind %d; known are 0 to 3", number, m.kind);
	if (m.kind != RECORD_OPENING)
		m.value = rd_i32(r);
	if (m.kind == RECORD_FULL)
		m.policy_n = rd_u16(r);
	if (r->bad)
		return err_set(e, ERR_FORMAT, "move %" PRIu32 ": the record ends inside it", number);
	if (m.action >= actions)
		return err_set(e, ERR_FORMAT, "move %" PRIu32 ": action %d; the board has %" PRIu32, number, m.action,
		               actions);
	if (m.value < -GAME_VALUE_MAX || m.value > GAME_VALUE_MAX)
		return err_set(e, ERR_FORMAT, "move %" PRIu32 ": value %" PRId32 "; it lies within +-65536", number,
		               m.value);
	int rc = policy_read(g, r, number, policy, m.policy_n, e);
	if (rc < 0)
		return rc;
	if (record_game_add_move(g, &m, policy) < 0)
		return err_set(e, ERR_MEMORY, "no memory for a game's moves");
	return 0;
}

static int game_check_fixed(const struct record_game *g, uint32_t moves, struct err *e)
{
	int32_t board = 2 * (int32_t)g->size * g->size, lead = 0;
	if (g->size < 2 || g->size > 19)
		return err_set(e, ERR_FORMAT, "board size %d; it is 2 to 19", g->size);
	if (g->suicide > 1)
		return err_set(e, ERR_FORMAT, "suicide flag %d; it is 0 or 1", g->suicide);
	if (g->komi_half < -GAME_KOMI_MAX || g->komi_half > GAME_KOMI_MAX)
		return err_set(e, ERR_FORMAT, "komi of %d half points; it lies within +-%d", g->komi_half,
		               GAME_KOMI_MAX);
	if (g->max_moves < 1 || g->max_moves > RECORD_MOVES_MAX)
		return err_set(e, ERR_FORMAT, "longest game %d; it is 1 to %d", g->max_moves, RECORD_MOVES_MAX);
	if (moves > g->max_moves)
		return err_set(e, ERR_FORMAT, "%" PRIu32 " moves; the longest game has %d", moves, g->max_moves);
	if (g->score_half >= -4 * GAME_KOMI_MAX && g->score_half <= 4 * GAME_KOMI_MAX) /* so the sum cannot overflow */
		lead = g->score_half + g->komi_half;
	else
		lead = board + 1;
	if (lead < -board || lead > board)
		return err_set(e, ERR_FORMAT, "score of %" PRId32 " half points; the board and komi do not allow it",
		               g->score_half);
	return 0;
}

static int game_read(struct record_game *g, const void *p, size_t n, struct err *e)
{
	struct record_policy policy[RECORD_ACTIONS_MAX];
	struct rd r = rd_make(p, n);
	g->index = rd_u32(&r);
	g->size = rd_u8(&r);
	g->suicide = rd_u8(&r);
	g->komi_half = rd_i16(&r);
	g->max_moves = rd_u16(&r);
	uint32_t moves = rd_u16(&r);
	g->score_half = rd_i32(&r);
	if (r.bad)
		return err_set(e, ERR_FORMAT, "%zu bytes; a game has at least %d", n, GAME_FIXED);
	int rc = game_check_fixed(g, moves, e);
	if (rc == 0 && r.left / GAME_MOVE_MIN < moves)
		rc = err_set(e, ERR_FORMAT, "%" PRIu32 " moves do not fit in the %zu bytes that follow", moves, r.left);
	for (uint32_t i = 0; i < moves && rc == 0; i++)
		rc = move_read(g, &r, i, policy, e);
	if (rc == 0 && r.left)
		rc = err_set(e, ERR_FORMAT, "%zu bytes follow the last move", r.left);
	return rc;
}

int record_game_read(struct record_game *g, const void *p, size_t n, struct err *e)
{
	*g = (struct record_game){0};
	if (n > RECORD_GAME_BYTES_MAX)
		return err_set(e, ERR_FORMAT, "game record: %zu bytes; the most is %d", n, RECORD_GAME_BYTES_MAX);
	int rc = game_read(g, p, n, e);
	return rc < 0 ? err_prefix(e, rc, "game record") : 0;
}

/* The file */

void record_games_header_write(const struct record_games_header *h, struct buf *out)
{
	buf_bytes(out, games_magic, sizeof games_magic);
	buf_u32(out, GAMES_VERSION);
	buf_u32(out, (uint32_t)h->kind);
	buf_u32(out, h->generation);
	buf_bytes(out, h->recipe.b, sizeof h->recipe.b);
}

/* First four bytes of the payload's SHA-256, in their order in the file. */
static void frame_check(const void *payload, size_t n, uint8_t check[4])
{
	struct hash h = sha256_of(payload, n);
	memcpy(check, h.b, 4);
}

void record_games_frame_write(const void *payload, size_t n, struct buf *out)
{
	uint8_t check[4];
	frame_check(payload, n, check);
	buf_u32(out, (uint32_t)n);
	buf_bytes(out, payload, n);
	buf_bytes(out, check, sizeof check);
}

static int header_match(const struct record_games_header *h, const struct record_games_header *want, struct err *e)
{
	char got_hex[65], want_hex[65];
	if (h->kind != want->kind)
		return err_set(e, ERR_MISMATCH, "it holds %s, not %s",
		               h->kind == RECORD_MATCH ? "a match" : "self-play games",
		               want->kind == RECORD_MATCH ? "a match" : "self-play games");
	if (h->generation != want->generation)
		return err_set(e, ERR_MISMATCH, "it holds games of generation %" PRIu32 ", not %" PRIu32, h->generation,
		               want->generation);
	if (hash_equal(&h->recipe, &want->recipe))
		return 0;
	hash_hex(&h->recipe, got_hex);
	hash_hex(&want->recipe, want_hex);
	return err_set(e, ERR_MISMATCH, "it belongs to recipe %s, not %s", got_hex, want_hex);
}

static int header_read(struct record_games_header *h, struct rd *r, struct err *e)
{
	const uint8_t *magic = rd_bytes(r, sizeof games_magic);
	if (!magic || memcmp(magic, games_magic, sizeof games_magic) != 0)
		return err_set(e, ERR_FORMAT, "not a file of games: it does not begin with 'miaigame'");
	uint32_t version = rd_u32(r), kind = rd_u32(r);
	if (!r->bad && version != GAMES_VERSION)
		return err_set(e, ERR_FORMAT, "format version %" PRIu32 "; this program knows version %d", version,
		               GAMES_VERSION);
	h->generation = rd_u32(r);
	const uint8_t *recipe = rd_bytes(r, sizeof h->recipe.b);
	if (!recipe)
		return err_set(e, ERR_FORMAT, "it ends inside its header of %d bytes", GAMES_HEADER);
	memcpy(h->recipe.b, recipe, sizeof h->recipe.b);
	if (kind != RECORD_SELFPLAY && kind != RECORD_MATCH)
		return err_set(e, ERR_FORMAT, "kind of games %" PRIu32 "; known are 1 (self-play) and 2 (match)", kind);
	h->kind = kind == RECORD_MATCH ? RECORD_MATCH : RECORD_SELFPLAY;
	return 0;
}

/* Takes the next frame from r.  NULL where it is not whole; why says what is missing. */
static const uint8_t *frame_read(struct rd *r, uint32_t *len, const char **why)
{
	uint8_t check[4];
	*why = "the file ends inside it";
	*len = rd_u32(r);
	if (!r->bad && (*len < GAME_FIXED || *len > RECORD_GAME_BYTES_MAX)) {
		*why = "its length is out of range";
		return NULL;
	}
	const uint8_t *payload = rd_bytes(r, *len), *stored = rd_bytes(r, sizeof check);
	if (!payload || !stored)
		return NULL;
	frame_check(payload, *len, check);
	*why = "its checksum is wrong";
	return memcmp(check, stored, sizeof check) == 0 ? payload : NULL;
}

static int games_add(struct record_games *g, uint32_t *cap, uint64_t at, uint32_t len)
{
	if (g->count == *cap) {
		uint32_t want = *cap ? *cap * 2 : 64; /* count * 24 bytes are in memory already: no overflow below */
		uint64_t *offsets = realloc(g->at, want * sizeof *g->at);
		if (!offsets)
			return ERR_MEMORY;
		g->at = offsets;
		uint32_t *lens = realloc(g->len, want * sizeof *g->len);
		if (!lens)
			return ERR_MEMORY;
		g->len = lens;
		*cap = want;
	}
	g->at[g->count] = at;
	g->len[g->count++] = len;
	return 0;
}

static int games_frames(struct record_games *g, struct rd *r, int torn_ok, struct err *e)
{
	uint32_t cap = 0, len;
	const char *why;
	while (r->left) {
		if (g->count == UINT32_MAX / 4)
			return err_set(e, ERR_FORMAT, "more than %" PRIu32 " games", g->count);
		const uint8_t *payload = frame_read(r, &len, &why);
		if (!payload && torn_ok)
			return 0;
		if (!payload)
			return err_set(e, ERR_FORMAT, "game %" PRIu32 " at byte %" PRIu64 ": %s", g->count, g->valid,
			               why);
		if (bytes_get_u32(payload) != g->count) /* whole, so no crash made this */
			return err_set(e, ERR_FORMAT,
			               "game %" PRIu32 " at byte %" PRIu64 ": it says that it is game %" PRIu32,
			               g->count, g->valid, bytes_get_u32(payload));
		if (games_add(g, &cap, g->valid + 4, len) < 0)
			return err_set(e, ERR_MEMORY, "no memory for the places of %" PRIu32 " games", g->count);
		g->valid += (uint64_t)len + GAMES_FRAME;
	}
	return 0;
}

static int games_read(struct record_games *g, const struct record_games_header *want, int torn_ok, struct err *e)
{
	struct rd r = rd_make(g->bytes.data, g->bytes.len);
	if (torn_ok && g->bytes.len < GAMES_HEADER) {
		if (want)
			g->header = *want;
		return 0;
	}
	int rc = header_read(&g->header, &r, e);
	if (rc == 0 && want)
		rc = header_match(&g->header, want, e);
	g->valid = GAMES_HEADER;
	return rc < 0 ? rc : games_frames(g, &r, torn_ok, e);
}

int record_games_read(struct record_games *g, struct buf *bytes, const struct record_games_header *want, int torn_ok,
                      struct err *e)
{
	*g = (struct record_games){.bytes = *bytes};
	*bytes = (struct buf){0};
	int rc = games_read(g, want, torn_ok, e);
	if (rc < 0)
		record_games_release(g);
	return rc;
}

int record_games_load(struct record_games *g, const char *path, const struct record_games_header *want, int torn_ok,
                      struct err *e)
{
	struct buf bytes = {0};
	*g = (struct record_games){0};
	int rc = file_read(&bytes, path, games_file_max, e);
	if (rc < 0) {
		buf_release(&bytes);
		return rc;
	}
	rc = record_games_read(g, &bytes, want, torn_ok, e);
	return rc < 0 ? err_prefix(e, rc, path) : 0;
}

void record_games_release(struct record_games *g)
{
	buf_release(&g->bytes);
	free(g->at);
	free(g->len);
	*g = (struct record_games){0};
}

struct hash record_games_hash(const struct record_games *g, uint32_t i)
{
	return sha256_of(g->bytes.data + g->at[i], g->len[i]);
}

int record_games_root(const struct record_games *g, struct hash *out)
{
	struct hash *leaf = malloc(g->count * sizeof *leaf + 1); /* no overflow: each game has 24 bytes in memory */
	if (!leaf)
		return ERR_MEMORY;
	for (uint32_t i = 0; i < g->count; i++)
		leaf[i] = record_games_hash(g, i);
	*out = merkle_root(leaf, g->count);
	free(leaf);
	return 0;
}

int record_games_parse(const struct record_games *g, uint32_t i, struct record_game *out, struct err *e)
{
	return record_game_read(out, g->bytes.data + g->at[i], g->len[i], e);
}
