// SPDX-License-Identifier: GPL-3.0-or-later
// The board: a drawing, and over it a grid of buttons that mouse, keyboard and screen reader use.
import {colorName, pointName} from '/game.js';

const space = 'http://www.w3.org/2000/svg';

export function svg(parent, tag, attributes = {}, text) {
	const e = document.createElementNS(space, tag);
	for (const [k, v] of Object.entries(attributes))
		e.setAttribute(k, v);
	if (text !== undefined)
		e.textContent = text;
	parent?.append(e);
	return e;
}

function starPoints(size) {
	if (size < 7)
		return size % 2 && size > 2 ? [[size >> 1, size >> 1]] : [];
	const edge = size < 13 ? 2 : 3, far = size - 1 - edge, mid = size >> 1;
	const stars = [[edge, edge], [edge, far], [far, edge], [far, far]];
	if (size % 2 && size >= 9)
		stars.push([mid, mid]);
	if (size % 2 && size >= 15)
		stars.push([mid, edge], [mid, far], [edge, mid], [far, mid]);
	return stars;
}

function gradient(defs, id, stops, at = {}) {
	const g = svg(defs, 'radialGradient', {id, cx: .36, cy: .3, r: .78, ...at});
	for (const [offset, color, opacity] of stops)
		svg(g, 'stop', {offset, 'stop-color': color, 'stop-opacity': opacity ?? 1});
}

function definitions(parent) {
	const defs = svg(parent, 'defs');
	gradient(defs, 'stone-b', [[0, '#85858b'], [.22, '#4b4b50'], [.6, '#222225'], [1, '#0b0b0c']]);
	gradient(defs, 'stone-w', [[0, '#ffffff'], [.5, '#f8f6f0'], [.85, '#e3ded2'], [1, '#c5beae']]);
	gradient(defs, 'shadow', [[.72, '#2a1b04', .42], [1, '#2a1b04', 0]], {cx: .5, cy: .5, r: .5});
}

function wood(host) {
	const s = svg(host, 'svg', {'aria-hidden': 'true', viewBox: '0 0 100 100', preserveAspectRatio: 'none'});
	const defs = svg(s, 'defs');
	const base = svg(defs, 'linearGradient', {id: 'wood', x1: 0, y1: 0, x2: .25, y2: 1});
	svg(base, 'stop', {offset: 0, 'stop-color': 'var(--wood-a)'});
	svg(base, 'stop', {offset: 1, 'stop-color': 'var(--wood-b)'});
	const grain = svg(defs, 'filter', {id: 'grain', x: 0, y: 0, width: 1, height: 1});
	svg(grain, 'feTurbulence', {type: 'fractalNoise', baseFrequency: '.11 .0035', numOctaves: 3, seed: 7});
	svg(grain, 'feColorMatrix', {values: '0 0 0 0 .33  0 0 0 0 .2  0 0 0 0 .04  .62 0 0 0 -.2'});
	svg(s, 'rect', {width: 100, height: 100, fill: 'url(#wood)'});
	svg(s, 'rect', {width: 100, height: 100, filter: 'url(#grain)', opacity: .5});
}

export class Board {
	// on: play(point), wheel(direction), cell(point or null) when the pointer or the focus moves.
	constructor(host, on) {
		Object.assign(this, {host, on, size: 0, view: null, focus: 0, ghost: null, pv: null, armed: null, coordinates: true});
		let turned = 0;
		host.addEventListener('wheel', e => {
			if (e.ctrlKey)
				return;
			e.preventDefault();
			turned += e.deltaY * (e.deltaMode ? 40 : 1);
			if (Math.abs(turned) < 40)
				return;
			on.wheel(Math.sign(turned));
			turned = 0;
		}, {passive: false});
	}

	resize(size, coordinates) {
		if (size === this.size && coordinates === this.coordinates)
			return;
		Object.assign(this, {size, coordinates, focus: (size >> 1) * size + (size >> 1)});
		this.host.replaceChildren();
		wood(this.host);
		const pad = coordinates ? .98 : .72, span = size - 1 + 2 * pad;
		this.svg = svg(this.host, 'svg', {viewBox: `${-pad} ${-pad} ${span} ${span}`, 'aria-hidden': 'true'});
		definitions(this.svg);
		this.drawLines();
		for (const layer of ['area', 'shadows', 'stones', 'marks', 'over', 'above'])
			this[layer] = svg(this.svg, 'g', {class: layer});
		this.drawn = Array(size * size).fill(null);
		this.makeGrid(pad, span);
	}

	drawLines() {
		const g = svg(this.svg, 'g'), end = this.size - 1;
		let d = '';
		for (let i = 1; i < end; i++)
			d += `M0 ${i}H${end}M${i} 0V${end}`;
		svg(g, 'path', {class: 'lines', d});
		svg(g, 'rect', {class: 'edge', x: 0, y: 0, width: end, height: end});
		for (const [x, y] of starPoints(this.size))
			svg(g, 'circle', {class: 'star', cx: x, cy: y, r: .1});
		for (let i = 0; this.coordinates && i < this.size; i++) {
			const letter = pointName(this.size, i)[0];
			svg(g, 'text', {class: 'coord', x: i, y: -.71}, letter);
			svg(g, 'text', {class: 'coord', x: i, y: end + .73}, letter);
			svg(g, 'text', {class: 'coord', x: -.72, y: i}, this.size - i);
			svg(g, 'text', {class: 'coord', x: end + .72, y: i}, this.size - i);
		}
	}

	makeGrid(pad, span) {
		const grid = document.createElement('div'), n = this.size;
		grid.className = 'grid';
		grid.setAttribute('role', 'grid');
		grid.setAttribute('aria-label', `Board, ${n} by ${n}. Arrow keys move, Enter plays.`);
		grid.style.inset = `${(pad - .5) / span * 100}%`;
		grid.style.gridTemplate = `repeat(${n}, 1fr) / repeat(${n}, 1fr)`;
		this.cells = [];
		for (let row = 0; row < n; row++) {
			const r = document.createElement('div');
			r.setAttribute('role', 'row');
			for (let col = 0; col < n; col++)
				r.append(this.makeCell(row * n + col));
			grid.append(r);
		}
		grid.addEventListener('keydown', e => this.arrow(e));
		grid.addEventListener('pointerleave', () => this.hover(null));
		this.host.append(grid);
	}

	makeCell(point) {
		const b = document.createElement('button');
		b.type = 'button';
		b.setAttribute('role', 'gridcell');
		b.tabIndex = point === this.focus ? 0 : -1;
		b.dataset.point = point;
		b.addEventListener('click', e => this.click(point, e));
		b.addEventListener('pointerenter', e => e.pointerType !== 'touch' && this.hover(point));
		b.addEventListener('focus', () => {
			this.setFocus(point);
			this.hover(b.matches(':focus-visible') ? point : null);
		});
		b.addEventListener('blur', () => this.hover(null));
		this.cells[point] = b;
		return b;
	}

	setFocus(point) {
		this.cells[this.focus].tabIndex = -1;
		this.cells[point].tabIndex = 0;
		this.focus = point;
	}

	arrow(e) {
		const n = this.size, row = Math.floor(this.focus / n), col = this.focus % n;
		const step = {ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0]}[e.key];
		if (!step || e.ctrlKey || e.altKey || e.metaKey)
			return;
		e.preventDefault();
		e.stopPropagation();
		const r = Math.max(0, Math.min(n - 1, row + step[0])), c = Math.max(0, Math.min(n - 1, col + step[1]));
		this.cells[r * n + c].focus();
	}

	// On a small screen a finger covers several points: the first tap shows, the second plays.
	click(point, e) {
		const small = this.cells[point].getBoundingClientRect().width < 26;
		if (small && e.pointerType === 'touch' && this.view?.legal[point] === '1' && this.armed !== point) {
			this.armed = point;
			this.hover(point);
			this.on.armed(point);
			return;
		}
		this.armed = null;
		this.on.play(point);
	}

	hover(point) {
		this.ghost?.remove();
		this.ghost = null;
		if (point !== null && this.view?.legal[point] === '1' && !this.pv) {
			const [x, y] = this.xy(point);
			this.ghost = svg(this.marks, 'circle', {cx: x, cy: y, r: .46, fill: `url(#stone-${this.view.turn})`, opacity: .5});
		}
		this.on.cell(point);
	}

	xy(point) {
		return [point % this.size, Math.floor(point / this.size)];
	}

	// view: stones (text), turn, legal (text), last (point or -1), fresh (point just played or -1), gone (set of dead
	// points), next (list of [color, point]), numbers (map point -> number or null), counting (every stone can be clicked).
	show(view) {
		this.view = view;
		this.armed = null;
		for (let p = 0; p < this.drawn.length; p++)
			this.showStone(p, view.stones[p] === '.' ? null : view.stones[p], p === view.fresh, view.gone?.has(p));
		this.marks.replaceChildren();
		this.ghost = null;
		this.showMarks(view);
		this.label(view);
	}

	showStone(p, color, fresh, gone) {
		const was = this.drawn[p], [x, y] = this.xy(p);
		if (was && was.color !== color) {
			was.stone.remove();
			was.shadow.remove();
			this.drawn[p] = null;
		}
		if (color && !this.drawn[p]) {
			const shadow = svg(this.shadows, 'circle', {cx: x + .035, cy: y + .06, r: .53, fill: 'url(#shadow)'});
			const stone = svg(this.stones, 'circle', {cx: x, cy: y, r: .475, fill: `url(#stone-${color})`});
			stone.classList.toggle('drop', fresh);
			this.drawn[p] = {color, stone, shadow};
		}
		this.drawn[p]?.stone.classList.toggle('gone', Boolean(gone));
	}

	showMarks({last, stones, next, numbers}) {
		for (const [color, point] of next || []) {
			if (point >= this.drawn.length || stones[point] !== '.')
				continue;
			const [x, y] = this.xy(point);
			svg(this.marks, 'circle', {class: 'next', cx: x, cy: y, r: .4, stroke: color === 'b' ? '#000' : '#fff'});
		}
		for (const [point, n] of numbers || []) {
			const [x, y] = this.xy(point);
			svg(this.marks, 'text', {x, y, 'font-size': n > 99 ? .34 : .4, fill: stones[point] === 'b' ? '#fff' : '#111'}, n);
		}
		if (last >= 0 && last < this.drawn.length && stones[last] !== '.' && !numbers) {
			const [x, y] = this.xy(last);
			svg(this.marks, 'circle', {cx: x, cy: y, r: .21, fill: 'none', 'stroke-width': .075,
				stroke: stones[last] === 'b' ? '#f6f2e8' : '#1d1d1f'});
		}
	}

	label(view) {
		const what = {b: 'black stone', w: 'white stone', '.': 'empty'};
		this.cells.forEach((cell, p) => {
			const legal = view.legal[p] === '1';
			let text = `${pointName(this.size, p)}, ${what[view.stones[p]]}`;
			if (p === view.last)
				text += ', last move';
			if (view.gone?.has(p))
				text += ', dead';
			if (view.stones[p] === '.' && !legal && view.legal.includes('1'))
				text += ', not allowed';
			if (cell.getAttribute('aria-label') !== text)
				cell.setAttribute('aria-label', text);
			cell.classList.toggle('legal', legal || Boolean(view.counting && view.stones[p] !== '.'));
		});
	}

	// By point, -100 (White's) .. 100 (Black's), but for some points; null takes it away.
	showArea(owner, but = []) {
		this.area.replaceChildren();
		this.above.replaceChildren();
		owner?.forEach((v, p) => {
			const color = this.drawn[p]?.color, size = .44 * Math.min(1, Math.abs(v) / 100) ** .5;
			if (Math.abs(v) < 12 || color === (v > 0 ? 'b' : 'w') || but.includes(p))
				return;
			const [x, y] = this.xy(p);
			svg(color ? this.above : this.area, 'rect', {x: x - size / 2, y: y - size / 2, width: size, height: size, rx: .05,
				fill: v > 0 ? '#141416' : '#fdfbf5', opacity: .8, stroke: v > 0 ? '#fff' : '#000', 'stroke-width': color ? .03 : 0});
		});
	}

	// list: {point, label, sub, best, weight 0..1}, best first; the pass is not drawn.
	showCandidates(list) {
		this.over.replaceChildren();
		for (const c of [...list || []].reverse()) {
			if (c.point >= this.drawn.length)
				continue;
			const [x, y] = this.xy(c.point);
			const g = svg(this.over, 'g', {class: c.best ? 'cand best' : 'cand', transform: `translate(${x} ${y})`});
			svg(g, 'circle', {r: .465, fill: c.best ? '#14614c' : '#a8d8b9', opacity: c.best ? .95 : .35 + .55 * c.weight});
			svg(g, 'text', {y: c.sub ? -.1 : 0}, c.label);
			if (c.sub)
				svg(g, 'text', {class: 'few', y: .2}, c.sub);
		}
	}

	// The moves of a variation from here, turn first; null takes them away.
	showLine(points, turn) {
		const show = Boolean(points?.length);
		this.pvLayer?.remove();
		this.pv = show ? points : null;
		this.over.setAttribute('visibility', show ? 'hidden' : 'visible');
		if (!show)
			return;
		this.ghost?.remove();
		this.ghost = null;
		this.pvLayer = svg(this.svg, 'g', {class: 'pv'});
		const seen = new Set();
		points.slice(0, 12).forEach((p, i) => {
			if (p >= this.drawn.length || seen.has(p))
				return;
			seen.add(p);
			const color = (i % 2 === 0) === (turn === 'b') ? 'b' : 'w', [x, y] = this.xy(p);
			svg(this.pvLayer, 'circle', {cx: x, cy: y, r: .46, fill: `url(#stone-${color})`});
			svg(this.pvLayer, 'text', {x, y, 'font-size': .42, 'font-weight': 600, fill: color === 'b' ? '#fff' : '#111'}, i + 1);
		});
	}

	say(point) {
		return `${pointName(this.size, point)}: ${this.view.stones[point] === '.' ? 'empty' : colorName[this.view.stones[point]]}`;
	}
}
