/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What single values mean: sizes, komi, points. */
#include "sgf/sgf_int.h"

#include <string.h>

static bool digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What is left to read of a value. */
struct cursor {
	const uint8_t *p;
	uint32_t n;
};

static struct cursor skip(struct cursor c, uint32_t k)
{
	return (struct cursor){c.p + k, c.n - k};
}

static struct cursor skip_blanks(struct cursor c)
{
	while (c.n && (*c.p <= ' ' || *c.p == '\\'))
		c = skip(c, 1);
	return c;
}

/* Digits as a number, at most 10^6. */
static int32_t read_digits(struct cursor *c)
{
	enum { MOST = 1000000 };
	int32_t v = 0;
	for (; c->n && digit(*c->p); *c = skip(*c, 1)) {
		v = v * 10 + (*c->p - '0'); /* <= 10 * MOST + 9 */
		v = v > MOST ? MOST : v;
	}
	return v;
}

/* Hundredths behind a point or comma; further digits do not count. */
static int32_t read_hundredths(struct cursor *c)
{
	int32_t v = 0, unit = 10;
	if (c->n && (*c->p == '.' || *c->p == ','))
		for (*c = skip(*c, 1); c->n && digit(*c->p); *c = skip(*c, 1), unit /= 10)
			v += unit * (*c->p - '0');
	else if (c->n >= 2 && c->p[0] == 0xc2 && c->p[1] == 0xbd) /* one half */
		v = 50;
	return v;
}

bool sgf_parse_komi(struct sgf_raw v, int *half)
{
	enum { MOST = 100 * GAME_POINTS_MAX };
	struct cursor c = skip_blanks((struct cursor){v.p, v.p ? v.n : 0});
	bool minus = c.n && *c.p == '-';
	if (c.n && (*c.p == '-' || *c.p == '+'))
		c = skip(c, 1);
	if (!c.n || !(digit(*c.p) || (c.n > 1 && (*c.p == '.' || *c.p == ',') && digit(c.p[1])) || *c.p == 0xc2))
		return false;
	int32_t points = read_digits(&c), hundredths = points * 100 + read_hundredths(&c); /* <= 10^8 + 99 */
	if (hundredths > MOST)
		hundredths = points;
	if (hundredths > MOST)
		return false;
	if (hundredths % 50 == 25 && hundredths < 500) /* quarters count stones, and a stone is worth two points */
		hundredths *= 2;
	*half = (hundredths + 25) / 50;
	*half = *half > 2 * GAME_POINTS_MAX ? 2 * GAME_POINTS_MAX : minus ? -*half : *half;
	return true;
}

int sgf_parse_size(struct sgf_raw v, int *size, struct err *e)
{
	struct cursor c = skip_blanks((struct cursor){v.p, v.p ? v.n : 0});
	*size = GAME_SIZE_MAX;
	if (!c.n)
		return 0;
	int shown = c.n < 20 ? (int)c.n : 20;
	const char *text = (const char *)c.p;
	if (!digit(*c.p))
		return err_set(e, ERR_FORMAT, "SZ[%.*s] is no board size", shown, text);
	int32_t columns = read_digits(&c), rows = columns;
	c = skip_blanks(c);
	if (c.n > 1 && *c.p == ':') {
		c = skip_blanks(skip(c, 1));
		rows = read_digits(&c);
	}
	if (rows != columns)
		return err_set(e, ERR_FORMAT, "SZ[%.*s]: the board is %d by %d, and only square ones can be played on", shown,
		               text, columns, rows);
	if (rows < GAME_SIZE_MIN || rows > GAME_SIZE_MAX)
		return err_set(e, ERR_FORMAT, "SZ[%.*s]: boards from %d to %d can be played on", shown, text, GAME_SIZE_MIN,
		               GAME_SIZE_MAX);
	*size = rows;
	return 0;
}

int sgf_parse_move(struct sgf_raw v, int size)
{
	uint8_t at[2];
	uint32_t n = 0;
	for (uint32_t i = 0; i < v.n; i++) {
		uint8_t c = v.p[i];
		if (c <= ' ' || c == '\\')
			continue;
		if (n == 2 || c < 'a' || c > 'z')
			return -1;
		at[n++] = (uint8_t)(c - 'a');
	}
	if (n == 0 || (n == 2 && at[0] >= GAME_SIZE_MAX && at[1] >= GAME_SIZE_MAX))
		return size * size;
	return n == 2 && at[0] < size && at[1] < size ? at[1] * size + at[0] : -1;
}
