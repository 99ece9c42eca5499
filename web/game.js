// SPDX-License-Identifier: GPL-3.0-or-later
// The game: a tree of moves, and what is known of its positions.  It lives in the browser's storage.

const columns = 'ABCDEFGHJKLMNOPQRST';

export function pointName(size, point) {
	return point >= size * size ? 'pass' : columns[point % size] + (size - Math.floor(point / size));
}

export const colorName = {b: 'Black', w: 'White'};

export function other(color) {
	return color === 'b' ? 'w' : 'b';
}

// "B+3.5", in words.
export function resultText(result) {
	const m = /^([BW])\+(.*)$/.exec(result || '');
	if (!m)
		return result === '0' || result === 'Draw' ? 'A draw' : result || '';
	const who = m[1] === 'B' ? 'Black' : 'White', by = {R: 'resignation', T: 'time', F: 'forfeit'}[m[2][0]] || m[2];
	return `${who} wins${by ? ` by ${by}` : ''}`;
}

export function scoreResult(score) {
	return score === 0 ? '0' : (score > 0 ? 'B+' : 'W+') + Math.abs(score);
}

// What is kept of a look: storage is small.
function brief(look) {
	return {...look, ownership: undefined, moves: look.moves?.slice(0, 5).map(m => ({...m, pv: m.pv.slice(0, 12)}))};
}

// A node has: move {color, point} or null; setup {black, white, turn} where the position is set up there and not played;
// comment; result, where the game was ended on the page; children; parent; pick, the child last looked at.  What the
// program said of its position: pos, look.
export class Node {
	constructor(parent, move, setup) {
		Object.assign(this, {parent, move, setup, comment: '', result: '', children: [], pick: 0, pos: null, look: null});
	}

	get picked() {
		return this.children[Math.min(this.pick, this.children.length - 1)] || null;
	}

	// From the first node to this one.
	get path() {
		const list = [];
		for (let n = this; n; n = n.parent)
			list.unshift(n);
		return list;
	}

	// On to the end, by the children last looked at.
	get line() {
		const list = this.path;
		for (let n = this.picked; n; n = n.picked)
			list.push(n);
		return list;
	}
}

// result: what a file of the game says; end: the node that an opened file says it of.
export class Game {
	constructor(settings) {
		Object.assign(this, {size: 9, komi: 7, side: 'b', strength: 10, visits: 800, handicap: 0, result: '', end: null, names: null}, settings);
		this.root = this.root || new Node(null, null, null);
		this.node = this.root;
	}

	// What a request calls a position.
	position(node = this.node) {
		const path = node.path;
		const from = path.findLastIndex(n => n.setup);
		const setup = from < 0 ? null : path[from].setup;
		const moves = path.slice(from + 1).filter(n => n.move).map(n => [n.move.color, n.move.point]);
		const p = {size: this.size, komi: this.komi, moves};
		return setup ? {...p, black: setup.black, white: setup.white, turn: setup.turn} : p;
	}

	// Moves up to a node.
	number(node = this.node) {
		return node.path.filter(n => n.move).length;
	}

	// How the game ended at this node, or nothing.
	get ending() {
		return this.node.result || (this.node === this.end ? this.result : '');
	}

	// Ends the game at this node; '' takes that back.  What an opened file says is of its own moves, and stays.
	finish(result) {
		this.node.result = result;
		if (!this.end)
			this.result = result;
	}

	// The child with this move; made where there is none.
	play(color, point) {
		const at = this.node.children.findIndex(n => n.move && n.move.color === color && n.move.point === point);
		if (at < 0)
			this.node.children.push(new Node(this.node, {color, point}, null));
		this.node.pick = at < 0 ? this.node.children.length - 1 : at;
		this.node = this.node.picked;
		return this.node;
	}

	// Goes to a node, and makes it what "on" leads to.
	go(node) {
		for (let n = node; n.parent; n = n.parent)
			n.parent.pick = n.parent.children.indexOf(n);
		this.node = node;
	}

	name(color) {
		if (this.names && this.names[color])
			return this.names[color];
		if (this.side === 'both')
			return colorName[color];
		return this.side === color ? 'You' : 'miai';
	}

	// The nodes in one list, parents first, as storage and the SGF writer take it: parent is an index, -1 for the first.
	// Going by a list and not by calls: a long game would be too deep.
	list() {
		const all = [this.root], index = new Map([[this.root, 0]]);
		const out = [];
		for (let i = 0; i < all.length; i++) {
			const n = all[i];
			const o = {parent: n.parent ? index.get(n.parent) : -1};
			if (n.move)
				o.move = [n.move.color, n.move.point];
			if (n.setup)
				o.setup = n.setup;
			if (n.comment)
				o.comment = n.comment;
			out.push(o);
			for (const c of n.children) {
				index.set(c, all.length);
				all.push(c);
			}
		}
		return {nodes: out, all, index};
	}

	static fromList(settings, nodes) {
		const all = [];
		for (const o of nodes) {
			const parent = o.parent >= 0 ? all[o.parent] : null;
			const n = new Node(parent, o.move ? {color: o.move[0], point: o.move[1]} : null, o.setup || null);
			n.comment = o.comment || '';
			n.result = o.result || '';
			n.look = o.look || null;
			n.pick = o.pick || 0;
			if (parent)
				parent.children.push(n);
			all.push(n);
		}
		const game = new Game({...settings, root: all[0]});
		game.node = all[settings.at] || all[0];
		game.end = all[settings.end] || null;
		return game;
	}

	save() {
		const {nodes, all, index} = this.list();
		nodes.forEach((o, i) => {
			o.pick = all[i].pick;
			o.look = all[i].look && brief(all[i].look);
			if (all[i].result)
				o.result = all[i].result;
		});
		const {size, komi, side, strength, visits, handicap, result, names} = this;
		return JSON.stringify({size, komi, side, strength, visits, handicap, result, names, at: index.get(this.node), end: index.get(this.end), nodes});
	}

	static load(text) {
		const {nodes, ...settings} = JSON.parse(text);
		return Game.fromList(settings, nodes);
	}
}
