/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How an analysis is told. */
#include "gtp/analyze.h"

static double unit(int32_t q16)
{
	return q16 / 65536.0;
}

static double points(int32_t q8)
{
	return q8 / 256.0;
}

/* Hundredths of a per cent. */
static int ten_thousandths(int32_t q16)
{
	return (int)(((int64_t)q16 * 10000 + 32768) / 65536);
}

static void say_owner(struct buf *b, const char *what, const int16_t *owner, int size)
{
	buf_printf(b, " %s", what);
	for (int p = 0; p < size * size; p++)
		gtp_printf(b, " %.4f", owner[p] / 32767.0);
}

static void say_pv(struct buf *b, const struct engine_info *m, const struct analyze_request *r, int size)
{
	char vertex[GO_VERTEX_TEXT];
	gtp_vertex_text(vertex, size, m->action);
	buf_printf(b, " pv %s", vertex);
	for (int i = 1; i < m->pv_len; i++) {
		gtp_vertex_text(vertex, size, m->pv[i]);
		buf_printf(b, " %s", vertex);
	}
	if (!r->pv_visits)
		return;
	buf_printf(b, " pvVisits %d", m->visits);
	for (int i = 1; i < m->pv_len; i++)
		buf_printf(b, " %d", (int)m->pv_visits[i]);
}

static void say_move(struct buf *b, const struct engine_analysis *a, const struct engine_info *m,
                     const struct analyze_request *r, int size)
{
	char vertex[GO_VERTEX_TEXT];
	/* Of a move that was not visited the root's numbers are the best guess. */
	int32_t winrate = m->visits ? m->winrate : a->winrate, lcb = m->visits ? m->lcb : 0;
	int32_t score = m->visits ? m->score : a->score, stdev = m->visits ? m->score_stdev : a->score_stdev;
	int32_t utility = m->visits ? m->utility : a->utility;
	gtp_vertex_text(vertex, size, m->action);
	buf_printf(b, "info move %s visits %d", vertex, m->visits);
	switch (r->dialect) {
	case ANALYZE_LZ:
		buf_printf(b, " winrate %d prior %d lcb %d", ten_thousandths(winrate), ten_thousandths(m->prior),
			   ten_thousandths(lcb));
		break;
	case ANALYZE_KATA:
		gtp_printf(b, " edgeVisits %d utility %.6f winrate %.6f scoreMean %.4f scoreStdev %.4f scoreLead %.4f"
			   " scoreSelfplay %.4f prior %.6f lcb %.6f utilityLcb %.6f weight %d",
			   m->visits, unit(utility), unit(winrate), points(score), points(stdev), points(score),
			   points(score), unit(m->prior), unit(lcb), 2 * unit(lcb) - 1, m->visits);
		break;
	case ANALYZE_CGOS:
		break; /* told elsewhere */
	case ANALYZE_PLAIN:
		gtp_printf(b, " winrate %.6f scoreLead %.4f prior %.6f lcb %.6f", unit(winrate), points(score),
			   unit(m->prior), unit(lcb));
		break;
	}
	buf_printf(b, " order %d", m->order);
	say_pv(b, m, r, size);
	if (r->dialect != ANALYZE_LZ && m->owner)
		say_owner(b, "movesOwnership", m->owner, size);
}

static void say_root(struct buf *b, const struct engine_analysis *a)
{
	gtp_printf(b, " rootInfo visits %d utility %.6f winrate %.6f scoreMean %.4f scoreStdev %.4f scoreLead %.4f"
		   " scoreSelfplay %.4f weight %d rawWinrate %.6f rawLead %.4f",
		   a->visits, unit(a->utility), unit(a->winrate), points(a->score), points(a->score_stdev),
		   points(a->score), points(a->score), a->visits, unit(a->raw_winrate), points(a->raw_score));
}

/* --- The JSON object that CGOS keeps with a move --- */

static void say_cgos_vertex(struct buf *b, int size, int action)
{
	char vertex[GO_VERTEX_TEXT];
	gtp_vertex_small(vertex, size, action);
	buf_printf(b, "%s", vertex);
}

static void say_cgos_move(struct buf *b, const struct engine_info *m, int size)
{
	buf_printf(b, "{\"move\":\"");
	say_cgos_vertex(b, size, m->action);
	gtp_printf(b, "\",\"visits\":%d,\"winrate\":%.4f,\"score\":%.2f,\"prior\":%.4f,\"pv\":\"", m->visits, unit(m->winrate),
		   points(m->score), unit(m->prior));
	for (int i = 1; i < m->pv_len; i++) {
		buf_printf(b, "%s", i > 1 ? " " : "");
		say_cgos_vertex(b, size, m->pv[i]);
	}
	buf_printf(b, "\"}");
}

/* Ownership is a letter a point, 0 (the opponent's) to 62 as base64 counts them. */
static void say_cgos(struct buf *b, const struct engine_analysis *a, int size)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	enum { MOVES = 10 };
	gtp_printf(b, "{\"winrate\":%.4f,\"score\":%.2f,\"visits\":%d,\"moves\":[", unit(a->winrate), points(a->score), a->visits);
	for (int i = 0; i < a->moves && i < MOVES && a->move[i].visits; i++) {
		buf_printf(b, "%s", i ? "," : "");
		say_cgos_move(b, &a->move[i], size);
	}
	buf_printf(b, "]");
	if (a->owner)
		buf_printf(b, ",\"ownership\":\"");
	for (int p = 0; a->owner && p < size * size; p++)
		buf_u8(b, (uint8_t)letters[((a->owner[p] + 32767) * 62 + 32767) / 65534]); /* -32767..32767 */
	buf_printf(b, "%s}\n", a->owner ? "\"" : "");
}

void analyze_print(struct buf *b, const struct engine_analysis *a, const struct analyze_request *r, int size)
{
	int told = 0;
	if (r->dialect == ANALYZE_CGOS) {
		say_cgos(b, a, size);
		return;
	}
	for (int i = 0; i < a->moves && told < r->most; i++) {
		const struct engine_info *m = &a->move[i];
		bool avoided = r->avoid[a->to_move][m->action] > 0;
		if ((!m->visits && told >= r->least) || avoided)
			continue;
		buf_printf(b, "%s", told++ ? " " : "");
		say_move(b, a, m, r, size);
	}
	if (told && r->dialect != ANALYZE_LZ && r->root_info)
		say_root(b, a);
	if (told && r->dialect != ANALYZE_LZ && a->owner && r->limits.owner)
		say_owner(b, "ownership", a->owner, size);
	buf_printf(b, "%s", told ? "\n" : "");
}
