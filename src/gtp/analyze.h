/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What clients ask of an analysis, and how they want it told. */
#ifndef MIAI_GTP_ANALYZE_H
#define MIAI_GTP_ANALYZE_H

#include "gtp/gtp_int.h"

enum analyze_dialect {
	ANALYZE_LZ,    /* winrate 0..10000 */
	ANALYZE_KATA,  /* winrate 0..1, scores, and more where asked for */
	ANALYZE_PLAIN, /* winrate 0..1, always with a decimal point */
	ANALYZE_CGOS,  /* a JSON object */
};

struct analyze_request {
	enum analyze_dialect dialect;
	int player;
	int least, most; /* moves told */
	bool pv_visits, root_info;
	struct engine_limits limits; /* interval, owners; avoid points to that below */
	uint16_t avoid[2][GAME_ACTIONS_MAX];
};

/* [COLOUR] [CENTISECONDS] {KEY VALUE}: from the call's arguments.  False: text says what is wrong. */
bool analyze_parse(struct gtp *g, struct gtp_call *c, enum analyze_dialect dialect, struct analyze_request *out);

/* One line, with its newline, from the root player's view. */
void analyze_print(struct buf *b, const struct engine_analysis *a, const struct analyze_request *r, int size);

#endif
