// SPDX-License-Identifier: GPL-3.0-or-later
// The course of the game: Black's chance to win as an area, the expected lead as a dashed line.  It is also a slider.
import {svg} from '/board.js';
import {pointName} from '/game.js';

const height = 100;

export class Graph {
	// on.go(node): the user wants to see that position.
	constructor(host, note, on) {
		Object.assign(this, {host, note, on, line: [], here: 0});
		host.tabIndex = 0;
		host.setAttribute('role', 'slider');
		host.setAttribute('aria-label', 'Move of the game');
		host.setAttribute('aria-valuemin', 0);
		const at = e => {
			const box = host.getBoundingClientRect(), last = this.line.length - 1;
			return Math.max(0, Math.min(last, Math.round((e.clientX - box.left) / box.width * Math.max(1, last))));
		};
		host.addEventListener('pointerdown', e => {
			host.setPointerCapture(e.pointerId);
			this.go(at(e));
		});
		host.addEventListener('pointermove', e => e.buttons ? this.go(at(e)) : this.tell(at(e)));
		host.addEventListener('pointerleave', () => this.tell(this.here));
		host.addEventListener('keydown', e => {
			const to = {ArrowLeft: this.here - 1, ArrowDown: this.here - 1, ArrowRight: this.here + 1, ArrowUp: this.here + 1,
				Home: 0, End: this.line.length - 1}[e.key];
			if (to === undefined)
				return;
			e.preventDefault();
			e.stopPropagation();
			this.go(Math.max(0, Math.min(this.line.length - 1, to)));
		});
	}

	go(i) {
		if (this.line[i] && i !== this.here)
			this.on.go(this.line[i]);
	}

	show(line, here) {
		Object.assign(this, {line, here});
		const last = line.length - 1, known = line.map((n, i) => [i, n.look]).filter(([, l]) => l);
		const most = Math.max(5, ...known.map(([, l]) => Math.abs(l.score)));
		this.host.replaceChildren();
		const s = svg(this.host, 'svg', {viewBox: `0 0 ${Math.max(1, last)} ${height}`, preserveAspectRatio: 'none', 'aria-hidden': 'true'});
		svg(s, 'rect', {class: 'back', width: Math.max(1, last), height, rx: 0});
		const win = known.map(([i, l]) => `${i} ${(height - l.win).toFixed(2)}`);
		if (win.length > 1)
			svg(s, 'path', {class: 'area', d: `M${known[0][0]} ${height}L${win.join('L')}L${known.at(-1)[0]} ${height}Z`});
		svg(s, 'path', {class: 'mid', d: `M0 ${height / 2}H${Math.max(1, last)}`});
		if (win.length > 1) {
			const score = known.map(([i, l]) => `${i} ${(height / 2 - l.score / most * height / 2 * .92).toFixed(2)}`);
			svg(s, 'path', {class: 'lead', d: `M${score.join('L')}`});
			svg(s, 'path', {class: 'win', d: `M${win.join('L')}`});
		}
		for (const [i] of line.entries())
			if (line[i].mistake)
				svg(s, 'rect', {class: 'bad', x: i - last / 260, y: height - 5, width: Math.max(last, 1) / 130, height: 5});
		svg(s, 'path', {class: 'here', d: `M${here} 0V${height}`});
		this.host.setAttribute('aria-valuemax', last);
		this.host.setAttribute('aria-valuenow', here);
		this.host.setAttribute('aria-valuetext', this.words(here));
		this.tell(here, most);
	}

	words(i) {
		const node = this.line[i], l = node?.look;
		const size = Math.sqrt(node?.pos?.stones.length || 0);
		const what = !node?.move ? 'Start' : `Move ${i}${size ? ` (${pointName(size, node.move.point)})` : ''}`;
		return l ? `${what}: Black ${l.win.toFixed(0)} %, ${l.score >= 0 ? 'B+' : 'W+'}${Math.abs(l.score).toFixed(1)}` : `${what}: not looked at`;
	}

	tell(i) {
		const any = this.line.some(n => n.look);
		this.note.textContent = any ? `${this.words(i)}. Line: Black's chance; dashed: the lead.`
			: 'Fills as miai looks at positions: turn on a look above, or review the game.';
	}
}
