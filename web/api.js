// SPDX-License-Identifier: GPL-3.0-or-later
// Requests to the program.  docs/play.md has them all.

// What the program refused, in its own words.
export class Refused extends Error {}
// The program does not answer.
export class Gone extends Error {}

// A name for this tab's game: a new question stops the game's own older one, and nobody else's; and moves that are drawn
// by chance are others in another game.
let tab = '';

export function newTab() {
	tab = Array.from(crypto.getRandomValues(new Uint8Array(8)), b => b.toString(16).padStart(2, '0')).join('');
}

newTab();

let onState = () => {};
let away = false;

// fn(true) when the program stops answering, fn(false) when it is back.
export function watch(fn) {
	onState = fn;
}

function setAway(now) {
	if (now === away)
		return;
	away = now;
	onState(now);
	if (now)
		setTimeout(knock, 1000);
}

async function knock() {
	try {
		const r = await fetch('/api/info', {cache: 'no-store'});
		if (r.ok) {
			setAway(false);
			return;
		}
	} catch {
		// still away
	}
	setTimeout(knock, 1500);
}

async function send(path, body, signal) {
	const init = body === undefined ? {} : {
		method: 'POST',
		headers: {'Content-Type': 'application/json'},
		body: JSON.stringify(body),
	};
	let reply;
	try {
		reply = await fetch(path, {...init, signal, cache: 'no-store'});
	} catch (e) {
		if (e.name === 'AbortError')
			throw e;
		setAway(true);
		throw new Gone('miai does not answer');
	}
	setAway(false);
	if (!reply.ok) {
		const said = await reply.json().catch(() => ({}));
		throw new Refused(said.error || `miai answered ${reply.status}`);
	}
	return reply;
}

export async function ask(path, body, signal) {
	return (await send(path, body, signal)).json();
}

// Calls line(object) for each line of the answer; returns the last, whose "done" is true.  beside: a letter for questions
// that are asked beside the tab's own, and neither end those nor are ended by them.
export async function stream(path, body, line, signal, beside = '') {
	const reply = await send(path, {...body, tab: tab + beside}, signal);
	const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
	let text = '', last = null;
	for (;;) {
		let part;
		try {
			part = await reader.read();
		} catch (e) {
			if (e.name !== 'AbortError')
				setAway(true);
			throw e.name === 'AbortError' ? e : new Gone('miai went away while it was thinking');
		}
		if (part.done)
			break;
		const lines = (text + part.value).split('\n');
		text = lines.pop();
		for (const l of lines.filter(l => l)) {
			last = JSON.parse(l);
			if (last.error)
				throw new Refused(last.error);
			line(last);
		}
	}
	// Who asks something else ends the question before it; one that ended unfinished by itself has no answer.
	if (!last?.done) {
		setAway(true);
		throw new Gone('miai went away while it was thinking');
	}
	return last;
}
