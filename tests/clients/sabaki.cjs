// SPDX-License-Identifier: GPL-3.0-or-later
// sabaki.cjs MIAI NET GNUGO: does what the board program Sabaki does, with its own library for engines (@sabaki/gtp, found
// through NODE_PATH): two engines on one board, kept in step by its state tracker, analysis line by line, stopped by the next
// command, undo, handicap, another size.  The last line is "sabaki: N checks, N failed".
'use strict'
const {Controller, ControllerStateTracker} = require('@sabaki/gtp')

const [miai, net, gnugo] = process.argv.slice(2)
let checks = 0, failed = 0

function check(good, what) {
	checks++
	if (good) return
	failed++
	console.log('FAILED: ' + what)
}

const other = color => (color === 'B' ? 'W' : 'B')

async function start(path, args) {
	const c = new Controller(path, args)
	c.on('stderr', ({content}) => content.trim() && console.log('  stderr: ' + content.trim()))
	c.start()
	return {c, t: new ControllerStateTracker(c)}
}

// A game in which each engine is synced to the history before its move, as Sabaki does.
async function game(engines, size, komi) {
	const history = []
	let color = 'B', passes = 0
	while (passes < 2 && history.length < 3 * size * size) {
		const e = engines[color]
		await e.t.sync({boardsize: [size, size], komi, history})
		const reply = await e.t.queueCommand({name: 'genmove', args: [color]})
		check(!reply.error, `genmove: ${reply.content}`)
		if (reply.error || /resign/i.test(reply.content)) break
		passes = /pass/i.test(reply.content) ? passes + 1 : 0
		history.push({name: 'play', args: [color, reply.content.trim().toUpperCase()]})
		color = other(color)
	}
	return history
}

// Streams analysis until `lines` came, then interrupts it with the next command, which has to be answered.
async function analysis(e, name, args, lines, shape) {
	const seen = []
	let enough
	const had = new Promise(resolve => (enough = resolve))
	const ended = e.c.sendCommand({name, args}, ({line}) => {
		if (!/^info /.test(line)) return
		seen.push(line)
		if (seen.length === lines) enough()
	})
	await Promise.race([had, new Promise(resolve => setTimeout(resolve, 20000))])
	const next = await e.c.sendCommand({name: 'name'})
	await ended
	check(next.content.trim() === 'miai', `${name}: the command after it is answered: ${next.content}`)
	check(seen.length >= lines, `${name}: ${seen.length} lines of analysis`)
	check(seen.every(line => shape.test(line)), `${name}: ${String(seen[0]).slice(0, 200)}`)
}

async function main() {
	const own = await start(miai, ['gtp', '--net', net, '--visits', '16', '--threads', '1'])
	const gnu = await start(gnugo, ['--mode', 'gtp', '--level', '1', '--chinese-rules'])
	for (const engines of [{B: own, W: gnu}, {B: gnu, W: own}]) {
		const history = await game(engines, 7, 6.5)
		check(history.length > 10, `a game of ${history.length} moves`)
		// Back three moves, as when the user clicks into the tree.
		await own.t.sync({boardsize: [7, 7], komi: 6.5, history: history.slice(0, -3)})
		const board = await own.c.sendCommand({name: 'showboard'})
		check(!board.error, 'showboard')
	}
	await own.t.sync({boardsize: [9, 9], komi: 0.5, history: [{name: 'set_free_handicap', args: ['C3', 'G7']}]})
	check(own.t.state.boardsize[0] === 9, 'another size, with handicap')
	const moves = '(info move [A-T]\\d+|info move pass) visits \\d+ winrate [\\d.]+'
	await analysis(own, 'lz-analyze', ['W', '10'], 3, new RegExp('^' + moves.replace('[\\d.]+', '\\d+ ')))
	await analysis(own, 'kata-analyze', ['W', '10', 'ownership', 'true'], 3, new RegExp('^(info move [A-T]\\d+|info move pass) visits \\d+ .*winrate [\\d.]+.* ownership( -?[\\d.]+){81}'))
	await analysis(own, 'analyze', ['W', '10'], 3, new RegExp('^' + moves))
	const lines = []
	await own.c.sendCommand({name: 'genmove_analyze', args: ['W', '10']}, ({line}) => lines.push(line))
	check(lines.some(line => /^play [A-T]\d+/.test(line)), `genmove_analyze says its move: ${lines.slice(-2)}`)
	for (const engine of [own, gnu]) await engine.c.stop()
	console.log(`sabaki: ${checks} checks, ${failed} failed`)
	process.exit(failed ? 1 : 0)
}

main().catch(e => {
	console.log(`sabaki: ${e.stack}`)
	process.exit(1)
})
