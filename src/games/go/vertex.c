/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Points by the names that people give them. */
#include "games/go/go.h"

#include <stdio.h>
#include <string.h>

static const char columns[GAME_SIZE_MAX + 1] = "ABCDEFGHJKLMNOPQRST";

static char upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static bool is_pass(const char *text)
{
	const char *word = "PASS";
	while (*word && upper(*text) == *word)
		text++, word++;
	return !*text && !*word;
}

bool go_vertex_read(const char *text, int size, int *action)
{
	const char *column = memchr(columns, upper(*text), (size_t)size);
	int row = 0;
	if (is_pass(text)) {
		*action = size * size;
		return true;
	}
	if (!column || !text[1])
		return false;
	for (text++; *text >= '0' && *text <= '9' && row <= GAME_SIZE_MAX; text++)
		row = row * 10 + (*text - '0'); /* <= 199 */
	if (*text || row < 1 || row > size)
		return false;
	*action = (size - row) * size + (int)(column - columns);
	return true;
}

void go_vertex_write(char out[GO_VERTEX_TEXT], int size, int action)
{
	if (action >= size * size)
		snprintf(out, GO_VERTEX_TEXT, "PASS");
	else
		snprintf(out, GO_VERTEX_TEXT, "%c%u", columns[action % size], (unsigned)(size - action / size) % 100);
}
