// SPDX-License-Identifier: GPL-3.0-or-later
// The page: what happens where, and when.
import {Gone, Refused, ask, newTab, stream, watch} from '/api.js';
import {Board} from '/board.js';
import {Game, Node, colorName, other, pointName, resultText, scoreResult} from '/game.js';
import {Graph} from '/graph.js';
import {knock} from '/sound.js';
import * as review from '/review.js';

const $ = id => document.getElementById(id);
const full = 21; // the strength beyond the levels: as many visits as asked for
const defaults = {theme: 'auto', coordinates: true, numbers: false, sound: false, keys: true, visits: 1600, review: 200,
	win: false, moves: false, area: false, graph: false};

let info = null, settings = {...defaults}, game = new Game(), board, graph;
let thinking = null; // {kind: "move", "analysis" or "hint", stop()}
let counting = null; // the end of a game: {dead: Set, area, score}
let parked = null;   // the button that had the focus before it was disabled
let waiting = false; // a move of miai's was cut off because the program went away
let remark = '';     // what the status line says of this position
let shown = 0;       // number of the latest call of show(): an older one's answer is too late

// --- Small things ---

function element(parent, tag, text, attributes = {}) {
	const e = document.createElement(tag);
	if (text !== undefined)
		e.textContent = text;
	for (const [k, v] of Object.entries(attributes))
		e.setAttribute(k, v);
	parent?.append(e);
	return e;
}

function say(text) {
	// The same text twice is said twice.
	$('live').textContent = $('live').textContent === text ? text + '\u00a0' : text;
}

function banner(text) {
	$('banner').textContent = text;
	$('banner').hidden = !text;
}

// Runs what the user asked for; says what went wrong.
function attempt(fn) {
	return async (...args) => {
		try {
			await fn(...args);
		} catch (e) {
			if (e instanceof Refused)
				banner(e.message[0].toUpperCase() + e.message.slice(1) + '.');
			else if (!(e instanceof Gone) && e.name !== 'AbortError')
				throw e;
		}
	};
}

function remember(name, value) {
	try {
		localStorage.setItem(name, value);
		if (name === 'game')
			sessionStorage.setItem(name, value);
	} catch {
		// Without room or leave the game is lost by a reload; playing goes on.
	}
}

function recall(name) {
	try {
		return (name === 'game' && sessionStorage.getItem(name)) || localStorage.getItem(name);
	} catch {
		return null;
	}
}

function agree(text, yes) {
	const d = $('ask-dialog');
	$('ask-text').textContent = text;
	$('ask-ok').textContent = yes;
	d.returnValue = '';
	d.showModal();
	return new Promise(done => d.addEventListener('close', () => done(d.returnValue === 'ok'), {once: true}));
}

export const percent = v => v.toFixed(v > 99.95 || v < .05 ? 0 : 1) + '\u202f%';

function lead(score) {
	const v = Math.abs(score).toFixed(1);
	return v === '0.0' ? 'even' : (score > 0 ? 'B+' : 'W+') + v;
}

function short(n) {
	return n < 1000 ? String(n) : n < 99950 ? (n / 1000).toFixed(n < 9950 ? 1 : 0) + 'k' : Math.round(n / 1000) + 'k';
}

function strengthText(level) {
	return level >= full ? 'full strength' : `level ${level}`;
}

// --- Showing the position ---

const turn = () => game.node.pos?.turn || 'b';
const ended = () => Boolean(game.node.pos?.over);
const mine = color => game.side === 'both' || game.side === color;
// The game ended here by what was done on the page; one that was opened can be gone on with everywhere.
const finished = () => Boolean(game.node.result);
const engineMoves = () => !mine(turn()) && !ended() && !finished();

async function position(node) {
	node.pos ||= await ask('/api/position', game.position(node));
	return node.pos;
}

// Shows the current node.  fresh: its move was just played.
async function show(fresh = false) {
	const number = ++shown, node = game.node;
	remark = '';
	await position(node);
	if (number !== shown)
		return;
	if (!ended())
		counting = null;
	board.resize(game.size, settings.coordinates);
	draw(fresh);
	panels();
	remember('game', game.save());
}

function draw(fresh = false) {
	const {node} = game, p = node.pos, point = node.move ? node.move.point : -1;
	const legal = finished() || thinking?.kind === 'move' || ended() ? '' : p.legal;
	board.show({stones: p.stones, turn: p.turn, legal: legal || '0'.repeat(game.size ** 2), last: point, fresh: fresh ? point : -1,
		gone: counting?.dead, counting: Boolean(counting),
		next: node.children.map(n => n.move && [n.move.color, n.move.point]).filter(Boolean),
		numbers: settings.numbers ? moveNumbers() : null});
	look();
}

function moveNumbers() {
	const at = new Map();
	game.node.path.filter(n => n.move).forEach((n, i) => at.set(n.move.point, i + 1));
	return [...at].filter(([p]) => game.node.pos.stones[p] && game.node.pos.stones[p] !== '.');
}

function panels() {
	const {node} = game, p = node.pos, line = node.line, here = node.path.length - 1;
	for (const [i, c] of ['b', 'w'].entries()) {
		const plate = $('player-' + c);
		plate.querySelector('strong').textContent = game.name(c);
		plate.querySelector('small').textContent = plateNote(c, p.captures[i]);
		plate.classList.toggle('turn', p.turn === c && !p.over && !finished());
		plate.classList.toggle('thinking', thinking?.kind === 'move' && p.turn === c);
	}
	$('number').textContent = `${game.number()} / ${line.filter(n => n.move).length}`;
	$('first').disabled = $('back').disabled = !node.parent;
	$('undo').disabled = !node.parent && !finished();
	$('next').disabled = $('last').disabled = $('redo').disabled = !node.picked;
	$('pass').disabled = $('resign').disabled = finished() || p.over || thinking?.kind === 'move' || !mine(p.turn);
	$('go').disabled = p.over || finished();
	$('go').classList.toggle('primary', engineMoves());
	$('go').textContent = thinking?.kind === 'move' ? 'Move now' : 'miai plays';
	$('hint').disabled = !info?.net || p.over;
	$('comment').textContent = node.comment;
	$('comment').hidden = !node.comment;
	keepFocus();
	branches(node);
	scoreCard();
	graph.show(line, here);
	status();
}

// A button that is disabled for a while gets its focus back.
function keepFocus() {
	const now = document.activeElement;
	if (now?.disabled)
		parked = now;
	else if (now && now !== document.body)
		parked = null;
	if (parked && !parked.disabled)
		parked.focus();
}

function plateNote(c, captures) {
	const parts = [];
	if (game.name(c) === 'miai')
		parts.push(info?.net ? strengthText(game.strength) : 'random moves');
	if (captures)
		parts.push(`captured ${captures}`);
	if (c === 'w')
		parts.push(`komi ${game.komi}`);
	return parts.join(' · ');
}

function branches(node) {
	const all = node.children.length > 1 ? node.children : [];
	$('branches').replaceChildren();
	$('branches').hidden = !all.length;
	if (all.length)
		element($('branches'), 'span', 'Next:', {class: 'note'});
	for (const child of all) {
		const b = element($('branches'), 'button', child.move ? pointName(game.size, child.move.point) : 'setup',
			{'aria-label': `Variation ${child.move ? pointName(game.size, child.move.point) : 'setup'}`,
				'aria-pressed': child === node.picked});
		b.addEventListener('click', attempt(() => goto(child)));
	}
}

function statusText() {
	const p = game.node.pos;
	if (thinking?.kind === 'move')
		return `miai thinks${thinking.visits ? `: ${thinking.visits.toLocaleString('en')} visits` : ' …'}`;
	if (game.ending)
		return resultText(game.ending) + '.';
	if (p.over)
		return 'Both passed.';
	if (engineMoves())
		return `${colorName[p.turn]} is miai's: press “miai plays”, or go on from an earlier move.`;
	return `${colorName[p.turn]} to move${p.passes ? ', after a pass' : ''}.`;
}

// text: stays until another position is shown.
function status(text) {
	remark = text || remark;
	$('status').textContent = thinking?.kind === 'move' ? statusText() : remark || statusText();
}

// What a move, or its arrival, sounds like in words.
function spoken(node) {
	const {move} = node;
	if (!move)
		return 'The first position.';
	const where = pointName(game.size, move.point);
	const before = node.parent.pos, now = node.pos;
	const taken = before && now ? now.captures[move.color === 'b' ? 0 : 1] - before.captures[move.color === 'b' ? 0 : 1] : 0;
	return `${colorName[move.color]} ${where === 'pass' ? 'passes' : where}${taken > 0 ? `, takes ${taken}` : ''}.`;
}

// --- Looking: chance, moves, territory ---

const looking = () => settings.win || settings.moves || settings.area;

function look() {
	const {node} = game, l = node.look;
	$('evaluation').hidden = !settings.win;
	if (settings.win)
		evaluation(l);
	const list = settings.moves && l?.moves && !counting ? l.moves : [];
	candidates(list, l);
	const shownMoves = hintMark(node) || marks(list, l);
	board.showCandidates(shownMoves);
	board.showArea(counting ? counting.area.map(v => 100 * v) : settings.area && l?.ownership || null, shownMoves.map(m => m.point));
	$('look-note').textContent = lookNote(l);
}

function evaluation(l) {
	const e = $('evaluation');
	e.firstElementChild.style.width = `${l ? l.win : 50}%`;
	e.setAttribute('aria-label', l ? `Black wins with ${Math.round(l.win)} percent, leads by ${l.score.toFixed(1)}` : 'not yet known');
}

function lookNote(l) {
	if (!info?.net)
		return 'Without a net there is nothing to look with.';
	if (!looking())
		return '';
	if (!l)
		return 'Looking …';
	const parts = [];
	if (settings.win)
		parts.push(`Black’s chance ${percent(l.win)}, lead ${lead(l.score)}`);
	parts.push(`${l.visits.toLocaleString('en')} visits`);
	return parts.join(' · ') + (thinking?.kind === 'analysis' ? ' …' : '');
}

// Chances of the mover: what a player wants to know of a move.
const chance = (v, color) => color === 'w' ? 100 - v : v;

function marks(list, l) {
	const most = Math.max(1, ...list.map(m => m.visits));
	return list.slice(0, 9).filter((m, i) => i === 0 || m.visits > 1).map((m, i) => ({
		point: m.point, best: i === 0, weight: m.visits / most, label: Math.round(chance(m.win, l.turn)), sub: short(m.visits)}));
}

function candidates(list, l) {
	const body = $('candidates').tBodies[0], focus = body.contains(document.activeElement) && document.activeElement.dataset.point;
	$('candidates').hidden = !list.length;
	body.replaceChildren();
	for (const m of list.slice(0, 8)) {
		const tr = element(body, 'tr', undefined, {'data-point': m.point});
		const b = element(element(tr, 'td'), 'button', pointName(game.size, m.point), {type: 'button', 'data-point': m.point,
			'aria-label': `${pointName(game.size, m.point)}: play it`});
		element(tr, 'td', percent(chance(m.win, l.turn)));
		element(tr, 'td', lead(m.score));
		element(tr, 'td', short(m.visits));
		element(tr, 'td', percent(m.prior));
		tr.addEventListener('pointerenter', () => board.showLine(m.pv, l.turn));
		tr.addEventListener('pointerleave', () => board.showLine(null));
		b.addEventListener('focus', () => board.showLine(m.pv, l.turn));
		b.addEventListener('blur', () => board.showLine(null));
		tr.addEventListener('click', () => play(m.point));
		if (focus === String(m.point))
			b.focus();
	}
}

function hintMark(node) {
	return node.hint === undefined ? null : [{point: node.hint, best: true, weight: 1, label: 'Hint'}];
}

// The pointer or the focus is on a point: its variation, where it is a candidate.
function cell(point) {
	const m = settings.moves && !counting && game.node.look?.moves?.find(m => m.point === point);
	board.showLine(m && m.pv.length > 1 ? m.pv : null, turn());
	for (const tr of $('candidates').tBodies[0].rows)
		tr.classList.toggle('lit', point !== null && tr.dataset.point === String(point));
}

// --- Thinking ---

function stopThinking() {
	thinking?.stop();
	thinking = null;
}

// The best move so far is the answer, or the first that becomes known.
function moveNow() {
	thinking.now = true;
	if (thinking.last)
		thinking.stop();
}

// Asks; note(line) for each line.  A question that was stopped throws AbortError.
async function think(kind, path, body, note) {
	stopThinking();
	const abort = new AbortController(), me = {kind, node: game.node, visits: 0, last: null, now: false, stop: () => abort.abort()};
	thinking = me;
	try {
		return await stream(path, {position: game.position(), ...body}, line => {
			me.visits = line.visits;
			me.last = line;
			if (me.now && !line.done)
				me.stop();
			if (thinking === me)
				note(line, me);
		}, abort.signal);
	} catch (e) {
		// Cut off and still wanted: it was moveNow().
		if (e.name === 'AbortError' && thinking === me)
			return {play: me.last.moves?.[0].point, ...me.last};
		throw e;
	} finally {
		if (thinking === me)
			thinking = null;
	}
}

// The look with more visits stays; ownership may come from either.
function keep(node, line) {
	if (line.visits && (!node.look || line.visits >= node.look.visits || !node.look.moves))
		node.look = {...line, ownership: line.ownership || node.look?.ownership};
}

const analyse = attempt(async function () {
	const {node} = game;
	if (!looking() || !info?.net || counting || node.pos?.over) {
		if (thinking?.kind === 'analysis')
			stopThinking();
		return;
	}
	const enough = node.look?.moves && node.look.visits >= settings.visits && (!settings.area || node.look.ownership);
	if (enough || thinking?.kind === 'move' || (thinking?.kind === 'analysis' && thinking.node === node))
		return;
	const done = await think('analysis', '/api/analysis', {visits: settings.visits, ownership: true}, line => {
		keep(node, line);
		look();
	});
	keep(node, done);
	if (game.node === node) {
		look();
		panels();
	}
});

const hint = attempt(async function () {
	const {node} = game;
	const done = await think('hint', '/api/analysis', {visits: 200}, () => {});
	keep(node, done);
	if (game.node !== node || !done.moves.length)
		return;
	node.hint = done.moves[0].point;
	const name = pointName(game.size, node.hint);
	look();
	status(`Hint: ${name}.`);
	say(`Hint: ${name}.`);
	analyse();
});

// miai plays for whose turn it is.
const engineMove = attempt(async function () {
	const {node} = game, level = game.strength >= full ? 0 : game.strength;
	const asked = think('move', '/api/move', {strength: level, visits: game.visits}, line => {
		keep(node, line);
		status();
		graph.show(node.line, node.path.length - 1);
	});
	draw();
	panels();
	let done = null;
	try {
		done = await asked;
	} catch (e) {
		waiting = e instanceof Gone;
		throw e;
	} finally {
		if (!done && game.node === node)
			await show();
	}
	if (game.node !== node)
		return;
	if (done.turn && level === 0)
		keep(node, done);
	if (done.play < 0)
		await finish((turn() === 'b' ? 'W' : 'B') + '+R', 'miai resigns. ');
	else
		await moved(done.play);
});

// --- What the user does ---

// A move of whose turn it is, by either side; then what follows from it.
async function moved(point) {
	stopThinking();
	banner('');
	const color = turn();
	const before = game.node, node = game.play(color, point);
	try {
		await position(node);
	} catch (e) {
		// Refused: it never was.
		if (!node.children.length)
			before.children.splice(before.children.indexOf(node), 1);
		game.node = before;
		before.pick = 0;
		throw e;
	}
	if (settings.sound && point < game.size ** 2)
		knock();
	await show(true);
	say(spoken(node) + (ended() ? ' Both passed: the game is over.' : ''));
	if (ended())
		await count();
	else if (engineMoves())
		engineMove();
	else
		analyse();
}

const play = attempt(async function (point) {
	if (counting)
		return toggleDead(point);
	if (thinking?.kind === 'move' || finished() || ended())
		return;
	if (point < game.size ** 2 && game.node.pos.legal[point] !== '1') {
		if (game.node.pos.stones[point] === '.')
			say(`${pointName(game.size, point)} is not allowed here.`);
		return;
	}
	await moved(point);
});

async function goto(node, quiet) {
	stopThinking();
	banner('');
	game.go(node);
	await show();
	if (!quiet)
		say(spoken(node));
	if (ended() && !game.ending)
		await count();
	analyse();
}

const walk = attempt(async function (steps) {
	let node = game.node;
	for (; steps < 0 && node.parent; steps++)
		node = node.parent;
	for (; steps > 0 && node.picked; steps--)
		node = node.picked;
	if (node !== game.node)
		await goto(node);
});

// Back to where the user last had the turn; nothing is lost, see redo.
const undo = attempt(async function () {
	let node = game.node.parent;
	if (finished())
		game.finish('');
	while (node?.parent && !mine((await position(node)).turn) && game.side !== 'none')
		node = node.parent;
	await goto(node || game.node);
});

const redo = attempt(async function () {
	let node = game.node.picked;
	while (node?.picked && !mine((await position(node)).turn) && game.side !== 'none')
		node = node.picked;
	if (node)
		await goto(node);
});

async function finish(result, before = '') {
	stopThinking();
	counting = null;
	game.finish(result);
	await show();
	say(before + resultText(result) + '.');
	$('review-card').open = Boolean(info?.net);
}

const resign = attempt(async function () {
	if (!await agree('Resign this game?', 'Resign'))
		return;
	await finish((turn() === 'b' ? 'W' : 'B') + '+R');
});

const newGame = attempt(async function (wanted) {
	stopThinking();
	banner('');
	counting = null;
	newTab();
	game = new Game(wanted);
	const stones = info?.handicap?.[game.size]?.[game.handicap - 2];
	if (stones)
		game.root.setup = {black: stones, white: [], turn: 'w'};
	review.clear();
	await show();
	say(`New game, ${game.size} by ${game.size}. ${statusText()}`);
	if (engineMoves())
		engineMove();
	else
		analyse();
});

// --- The end: which stones are dead ---

async function count(dead) {
	const {node} = game;
	const r = await ask('/api/score', {position: game.position(), ...(dead && {dead})});
	if (game.node !== node)
		return;
	counting = {dead: new Set(r.dead), area: r.area, score: r.score};
	draw();
	panels();
	if (!dead)
		say(`${resultText(scoreResult(r.score))}, with ${r.dead.length} dead stones.`);
}

// The stones joined to this one.
function group(point) {
	const n = game.size, {stones} = game.node.pos, found = new Set([point]);
	for (const p of found)
		for (const q of [p % n ? p - 1 : -1, p % n < n - 1 ? p + 1 : -1, p - n, p + n])
			if (q >= 0 && q < n * n && stones[q] === stones[point])
				found.add(q);
	return found;
}

async function toggleDead(point) {
	if (game.node.pos.stones[point] === '.')
		return;
	const dead = new Set(counting.dead), alive = dead.has(point);
	for (const p of group(point))
		alive ? dead.delete(p) : dead.add(p);
	await count([...dead]);
	say(`The stones at ${pointName(game.size, point)} are ${alive ? 'alive' : 'dead'}. ${resultText(scoreResult(counting.score))}.`);
}

function scoreCard() {
	$('score-card').hidden = !counting;
	if (!counting)
		return;
	$('score-text').textContent = resultText(scoreResult(counting.score));
	$('score-note').textContent = (info?.net ? 'miai judged which stones are dead, from the net\'s ownership. ' : '') +
		'Click a stone to change whether its group is alive. Area is counted: stones and the points they surround.';
}

// --- Files ---

function today() {
	const d = new Date();
	return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, '0')}-${String(d.getDate()).padStart(2, '0')}`;
}

const save = attempt(async function () {
	const {size, komi, handicap, result} = game;
	const {sgf} = await ask('/api/sgf/write', {size, komi, handicap, result, date: today(), black: game.name('b'), white: game.name('w'),
		nodes: game.list().nodes});
	const a = element(null, 'a', '', {download: `miai-${today()}-${game.number()}.sgf`});
	a.href = URL.createObjectURL(new Blob([sgf], {type: 'application/x-go-sgf'}));
	a.click();
	setTimeout(() => URL.revokeObjectURL(a.href), 10000);
	say('Saved.');
});

const openFile = attempt(async function (file) {
	if (!file)
		return;
	if (file.size > info.sgf_max)
		throw new Refused(`${file.name} is too large for a game`);
	const bytes = new Uint8Array(await file.arrayBuffer());
	let text = '';
	for (let i = 0; i < bytes.length; i += 4096)
		text += String.fromCharCode(...bytes.subarray(i, i + 4096));
	const r = await ask('/api/sgf/read', {base64: btoa(text)});
	stopThinking();
	counting = null;
	const {nodes, ...rest} = r;
	game = Game.fromList({...rest, at: 0, side: 'both', strength: game.strength, visits: game.visits,
		names: {b: r.black || 'Black', w: r.white || 'White'}}, nodes);
	review.clear();
	if (game.result && game.result !== '?')
		game.end = game.root.line.at(-1);
	await show();
	banner(r.repairs.length ? `${file.name} was damaged. Repaired: ${r.repairs.slice(0, 3).join('; ')}${r.repairs.length > 3 ? ' …' : ''}` : '');
	say(`Opened ${file.name}: ${game.root.line.length - 1} moves.`);
	analyse();
});

// --- Review ---

const runReview = attempt(async function () {
	if (review.running()) {
		review.stop();
		return;
	}
	$('review-card').open = true;
	$('graph-card').open = true;
	await review.run({game, visits: settings.review, position, keep, ask: stream,
		progress: (done, all) => {
			$('review-progress').hidden = done === all;
			$('review-progress').value = done / all;
			$('review').textContent = done === all ? 'Review again' : 'Stop';
			graph.show(game.node.line, game.node.path.length - 1);
		},
		found: list => {
			showMistakes(list);
			graph.show(game.node.line, game.node.path.length - 1);
		}});
	remember('game', game.save());
	analyse();
});

function showMistakes(list) {
	$('mistakes').replaceChildren();
	$('review-note').textContent = review.summary(list, game);
	for (const m of list) {
		const b = element(element($('mistakes'), 'li'), 'button', undefined, {type: 'button'});
		const line = element(b, 'span', `Move ${m.number}, ${colorName[m.color]} ${pointName(game.size, m.point)}: `);
		element(line, 'span', `−${m.loss.toFixed(0)}\u202f%`, {class: 'cost'});
		if (m.points >= .5)
			element(line, 'span', `, ${m.points.toFixed(1)} points`);
		element(b, 'small', `better ${m.better.map(p => pointName(game.size, p)).slice(0, 5).join(' ')}`);
		b.addEventListener('click', attempt(async () => {
			await goto(m.node.parent, true);
			board.showLine(m.better, m.color);
			status(`Move ${m.number}: better ${pointName(game.size, m.better[0])} than ${pointName(game.size, m.point)}.`);
			say($('status').textContent);
		}));
	}
}

// --- Settings, dialogs, keys ---

function applySettings() {
	const dark = settings.theme === 'dark' || (settings.theme === 'auto' && matchMedia('(prefers-color-scheme: dark)').matches);
	document.documentElement.dataset.theme = dark ? 'dark' : 'light';
	for (const name of ['win', 'moves', 'area'])
		$('show-' + name).setAttribute('aria-pressed', settings[name]);
	$('graph-card').open = settings.graph;
	remember('settings', JSON.stringify(settings));
}

function toggle(name) {
	settings[name] = !settings[name];
	applySettings();
	look();
	analyse();
}

function showOptions() {
	for (const r of document.querySelectorAll('[name=theme]'))
		r.checked = r.value === settings.theme;
	for (const name of ['coordinates', 'numbers', 'sound', 'keys'])
		$('set-' + name).checked = settings[name];
	$('set-visits').value = settings.visits;
	$('set-review').value = settings.review;
	const n = info?.net;
	$('about').textContent = `miai ${info?.version}. ` + (n ? `Net ${n.name.slice(0, 16)}…, generation ${n.generation}, ` +
		`${n.blocks} blocks of ${n.channels} channels.` : 'No net: moves are drawn by chance.');
	$('options-dialog').showModal();
}

const takeOptions = attempt(async function () {
	settings.theme = document.querySelector('[name=theme]:checked')?.value || 'auto';
	for (const name of ['coordinates', 'numbers', 'sound', 'keys'])
		settings[name] = $('set-' + name).checked;
	for (const [name, id] of [['visits', 'set-visits'], ['review', 'set-review']])
		if ($(id).checkValidity())
			settings[name] = Number($(id).value);
	applySettings();
	await show();
	analyse();
});

function fillHandicap() {
	const lists = info?.handicap?.[$('new-size').value] || [], was = $('new-handicap').value;
	$('new-handicap').replaceChildren();
	element($('new-handicap'), 'option', 'none', {value: 0});
	lists.forEach((l, i) => element($('new-handicap'), 'option', `${i + 2} stones`, {value: i + 2}));
	$('new-handicap').value = Number(was) <= lists.length + 1 ? was || 0 : 0;
}

function strengthNote() {
	const level = Number($('new-strength').value), l = info?.levels?.[level - 1];
	$('visits-row').hidden = level < full || !info?.net;
	$('new-strength').setAttribute('aria-valuetext', strengthText(level));
	$('strength-note').textContent = !info?.net ? 'Without a net, moves are drawn by chance.'
		: level >= full ? 'Full strength: the best move of a search.'
			: `Level ${level} of 20: ${l.visits === 1 ? 'no search' : `${l.visits} visits a move`}, ` +
				(l.temperature ? `moves drawn at temperature ${l.temperature.toFixed(2)}` : 'always the best') +
				'. A setting, not a rank: what it means depends on the net.';
}

function showNew() {
	for (const r of document.querySelectorAll('[name=side]'))
		r.checked = r.value === game.side;
	$('new-size').value = game.size;
	$('new-komi').value = game.komi;
	$('new-strength').value = game.strength;
	$('new-visits').value = game.visits;
	fillHandicap();
	$('new-handicap').value = game.handicap;
	strengthNote();
	$('new-dialog').returnValue = '';
	$('new-dialog').showModal();
}

function takeNew() {
	if ($('new-dialog').returnValue !== 'ok')
		return;
	newGame({side: document.querySelector('[name=side]:checked').value, size: Number($('new-size').value),
		komi: Number($('new-komi').value), handicap: Number($('new-handicap').value),
		strength: Number($('new-strength').value), visits: Number($('new-visits').value)});
}

function sayPosition() {
	const p = game.node.pos, {move} = game.node, l = game.node.look;
	let text = `Move ${game.number()}. ${move ? `Last: ${colorName[move.color]} ${pointName(game.size, move.point)}. ` : ''}` +
		`${statusText()} Black captured ${p.captures[0]}, White ${p.captures[1]}.`;
	if (settings.win && l)
		text += ` Black wins with ${Math.round(l.win)} percent.`;
	if (settings.moves && l?.moves)
		text += ` Candidates: ${l.moves.slice(0, 3).map(m => pointName(game.size, m.point)).join(', ')}.`;
	say(text);
}

const goButton = () => {
	if (thinking?.kind === 'move')
		moveNow();
	else if (!ended() && !finished())
		engineMove();
};

const letters = {n: showNew, o: () => $('file').click(), s: save, p: () => press('pass'), z: () => press('undo'),
	y: () => press('redo'), h: () => press('hint'), g: goButton, w: () => toggle('win'), a: () => toggle('moves'),
	t: () => toggle('area'), r: runReview, b: sayPosition, '?': () => $('help-dialog').showModal()};
const walks = {PageUp: -1, PageDown: 1, Home: -1e6, End: 1e6, ArrowLeft: -1, ArrowRight: 1};

function press(id) {
	if (!$(id).disabled)
		$(id).click();
}

function key(e) {
	if (e.ctrlKey || e.altKey || e.metaKey || document.querySelector('dialog[open]') || /INPUT|SELECT/.test(e.target.tagName))
		return;
	const act = settings.keys && letters[e.key.toLowerCase()];
	if (walks[e.key])
		walk(walks[e.key]);
	else if (act)
		act();
	else
		return;
	e.preventDefault();
}

function wireButtons() {
	const on = (id, fn, type = 'click') => $(id).addEventListener(type, fn);
	on('new', showNew);
	on('open', () => $('file').click());
	on('file', () => openFile($('file').files[0]).then(() => ($('file').value = '')), 'change');
	on('save', save);
	on('options', showOptions);
	on('help', () => $('help-dialog').showModal());
	on('pass', () => play(game.size ** 2));
	on('undo', undo);
	on('redo', redo);
	on('hint', hint);
	on('resign', resign);
	on('go', goButton);
	for (const [id, n] of [['first', -1e6], ['back', -1], ['next', 1], ['last', 1e6]])
		on(id, () => walk(n));
	for (const name of ['win', 'moves', 'area'])
		on('show-' + name, () => toggle(name));
	on('score-accept', attempt(() => finish(scoreResult(counting.score))));
	on('score-on', attempt(async () => {
		await goto(game.node.parent, true);
	}));
	on('review', runReview);
	on('graph-card', () => {
		settings.graph = $('graph-card').open;
		remember('settings', JSON.stringify(settings));
	}, 'toggle');
	on('options-dialog', takeOptions, 'close');
	on('new-dialog', takeNew, 'close');
	on('new-cancel', () => $('new-dialog').close(''));
	on('new-size', fillHandicap, 'input');
	on('new-strength', strengthNote, 'input');
	for (const b of document.querySelectorAll('[data-key]'))
		b.title = `Key ${b.dataset.key}`;
	document.addEventListener('keydown', key);
}

function wireDrop() {
	const files = e => e.dataTransfer?.types.includes('Files');
	document.addEventListener('dragover', e => {
		if (files(e)) {
			e.preventDefault();
			$('drop').hidden = false;
		}
	});
	document.addEventListener('dragleave', e => e.relatedTarget || ($('drop').hidden = true));
	document.addEventListener('drop', e => {
		$('drop').hidden = true;
		if (files(e)) {
			e.preventDefault();
			openFile(e.dataTransfer.files[0]);
		}
	});
}

async function start() {
	try {
		settings = {...defaults, ...JSON.parse(recall('settings') || '{}')};
	} catch {
		settings = {...defaults};
	}
	applySettings();
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', applySettings);
	board = new Board($('board'), {play, cell, wheel: walk,
		armed: p => status(`${pointName(game.size, p)}: tap again to play there.`)});
	graph = new Graph($('graph'), $('graph-note'), {go: attempt(goto)});
	wireButtons();
	wireDrop();
	watch(away => {
		banner(away ? 'miai does not answer. Is it still running? Start it again on the same port; this page goes on by itself.' : '');
		if (!away)
			begin();
	});
	await begin();
}

const begin = attempt(async function () {
	const first = !info;
	info = await ask('/api/info');
	$('review').disabled = !info.net;
	for (const name of ['win', 'moves', 'area'])
		$('show-' + name).disabled = !info.net;
	if (first)
		await recover();
	await show();
	if (ended() && !game.ending)
		await count();
	document.body.dataset.ready = 'yes';
	if (waiting && engineMoves())
		engineMove();
	else
		analyse();
	waiting = false;
});

// The tab's game, or else the last one played; or a new one.
async function recover() {
	const fresh = {size: info.size, komi: info.komi, strength: 10};
	try {
		game = Game.load(recall('game'));
		await position(game.node);
	} catch {
		game = new Game(fresh);
	}
}

start();
