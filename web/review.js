// SPDX-License-Identifier: GPL-3.0-or-later
// The review: every position of the line is looked at with the same visits; what a move cost is the difference.
import {colorName} from '/game.js';

const shown = 6;       // mistakes that are named
const costly = 4;      // percent of winning chance
let abort = null;

export const running = () => abort !== null;

export function stop() {
	abort?.abort();
}

export function clear() {
	stop();
	document.getElementById('mistakes').replaceChildren();
	document.getElementById('review').textContent = 'Review this game';
	document.getElementById('review-note').textContent =
		'miai looks at every move with the same number of visits, and names those that cost most.';
}

// Black's value as color's.
const side = (v, color, all) => color === 'w' ? all - v : v;

function mistakes(line) {
	const list = [];
	for (const [i, node] of line.entries()) {
		const before = node.parent?.look, after = node.look;
		node.mistake = false;
		if (!node.move || !before?.moves?.length || !after || before.moves[0].point === node.move.point)
			continue;
		const {color, point} = node.move;
		const loss = side(before.win, color, 100) - side(after.win, color, 100);
		const points = side(before.score, color, 0) - side(after.score, color, 0);
		if (loss >= costly)
			list.push({node, number: i, color, point, loss, points, better: before.moves[0].pv});
	}
	list.sort((a, b) => b.loss - a.loss);
	list.length = Math.min(list.length, shown);
	for (const m of list)
		m.node.mistake = true;
	return list.sort((a, b) => a.number - b.number);
}

// ctx: game, visits, position(node), keep(node, look), ask (stream of api.js), progress(done, all), found(list).
export async function run(ctx) {
	const line = ctx.game.node.line;
	abort = new AbortController();
	const {signal} = abort;
	try {
		for (const [i, node] of line.entries()) {
			ctx.progress(i, line.length);
			const pos = await ctx.position(node);
			const same = node.look?.moves && node.look.visits >= ctx.visits;
			if (pos.over || same)
				continue;
			const look = await ctx.ask('/api/analysis', {position: ctx.game.position(node), visits: ctx.visits, ownership: true}, () => {}, signal, 'r');
			ctx.keep(node, look);
		}
		// The end of a game that was passed out is worth what the position before was.
		for (const node of line)
			if (node.pos.over && !node.look && node.parent?.look)
				node.look = {...node.parent.look, moves: undefined};
		ctx.found(mistakes(line));
	} finally {
		abort = null;
		ctx.progress(line.length, line.length);
	}
}

export function summary(list, game) {
	if (!list.length)
		return `No move of this line cost ${costly} % or more of the chance to win, as far as miai can see.`;
	const worst = list.reduce((a, b) => a.loss > b.loss ? a : b);
	const who = c => game.name(c) === colorName[c] ? colorName[c] : `${colorName[c]} (${game.name(c)})`;
	const count = c => `${list.filter(m => m.color === c).length} by ${who(c)}`;
	return `${count('b')}, ${count('w')}; ` +
		`the largest: ${colorName[worst.color]}'s move ${worst.number}. Chances are as miai sees them.`;
}
