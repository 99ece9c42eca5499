#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of `miai play` in a headless Chromium, by clicks, keys and taps.   usage: test_page.py MIAI [--shots DIR] [TEST...]

--shots keeps pictures of the first screen, a game under way, the review and a narrow window."""
import json
import os
import pathlib
import sys
import time
import unittest

from browser import ELEMENT, Browser
from play import Play, scratch, tiny_net

MIAI = sys.argv.pop(1)
SHOTS = None
if '--shots' in sys.argv:
    at = sys.argv.index('--shots')
    SHOTS = pathlib.Path(sys.argv.pop(at + 1))
    sys.argv.pop(at)
    SHOTS.mkdir(parents=True, exist_ok=True)


def setUpModule():
    global folder, net, play, browser
    folder = scratch()
    net = os.environ.get('MIAI_NET') or tiny_net(MIAI, folder.name)
    play = Play(MIAI, '--net', net, '--size', '7', '--threads', '1', '--seed', '1')
    browser = Browser()


def tearDownModule():
    browser.close()
    play.stop()
    folder.cleanup()


class Page(unittest.TestCase):
    """Each test has a page of its own, with nothing remembered."""
    settings = {'visits': 60, 'review': 16}
    browser = None

    def setUp(self):
        self.b = self.browser or browser
        self.load()  # to the end: the page keeps its game then
        self.b.js('localStorage.clear(); sessionStorage.clear(); localStorage.setItem("settings", arguments[0])',
                  json.dumps(self.settings))
        self.load()

    def tearDown(self):
        self.assertEqual(self.b.errors(), [])

    def load(self):
        self.b.go(play.address)
        self.b.wait('return document.body.dataset.ready')

    def new_game(self, side='both', size=5, **more):
        self.b.click('#new')
        self.b.click(f'[name=side][value={side}]')
        self.set('#new-size', size)
        for name, value in more.items():
            self.set('#new-' + name, value)
        self.b.click('#new-ok')
        self.b.wait('return document.querySelectorAll("#board [role=gridcell]").length === arguments[0] ** 2 && '
                    '!document.querySelector("dialog[open]")', size)

    def set(self, selector, value):
        self.b.js('const e = document.querySelector(arguments[0]); e.value = arguments[1]; e.dispatchEvent(new Event("input"))',
                  selector, value)

    def cell(self, name):
        return f'#board [aria-label^="{name},"]'

    def label(self, name):
        return self.b.js('return document.querySelector(arguments[0]).getAttribute("aria-label")', self.cell(name))

    def click(self, *names):
        for name in names:
            before = self.moves()
            self.b.click(self.cell(name))
            self.wait_moves(before + 1)

    def moves(self):
        return int(self.b.text('#number').split(' / ')[0])

    def wait_moves(self, n, more=''):
        self.b.wait('return Number(document.getElementById("number").textContent.split(" / ")[0]) >= arguments[0]' + more, n)

    def wait_text(self, selector, text):
        self.b.wait('return document.querySelector(arguments[0]).textContent.includes(arguments[1])', selector, text)

    def stones(self):
        return self.b.js('return [...document.querySelectorAll("#board [role=gridcell]")].map(e => '
                         '/black/.test(e.ariaLabel) ? "b" : /white/.test(e.ariaLabel) ? "w" : ".").join("")')

    def shot(self, name):
        if SHOTS:
            self.b.screenshot(str(SHOTS / f'{name}.png'))


class Playing(Page):
    def test_first_screen(self):
        self.assertEqual(self.b.text('#status'), 'Black to move.')
        self.assertEqual(len(self.stones()), 49)
        self.shot('first')

    def test_a_move_is_answered(self):
        self.b.click(self.cell('D4'))
        self.wait_moves(2, ' && document.getElementById("status").textContent === "Black to move."')
        self.assertEqual(self.label('D4'), 'D4, black stone')
        self.assertEqual((self.stones().count('b'), self.stones().count('w')), (1, 1))
        self.b.click('#undo')
        self.b.wait('return document.getElementById("number").textContent === "0 / 2"')
        self.assertEqual(self.stones(), '.' * 49)
        self.b.click('#redo')
        self.wait_moves(2)

    def test_playing_white_with_handicap(self):
        self.new_game('w', 7, strength=1)
        self.wait_moves(1, ' && /White to move/.test(document.getElementById("status").textContent)')
        self.new_game('b', 7, handicap=2)
        self.wait_moves(1, ' && /Black to move/.test(document.getElementById("status").textContent)')
        self.assertEqual((self.stones().count('b'), self.stones().count('w')), (2, 1))

    def test_illegal_moves_do_nothing(self):
        self.new_game()
        self.click('A2', 'E5', 'B1', 'E4')
        self.click('D5', 'D4', 'C5')
        self.assertIn('not allowed', self.label('A1'))
        for name in ('A1', 'A2'):
            self.b.click(self.cell(name))
        time.sleep(.2)
        self.assertEqual(self.moves(), 7)

    def test_variations(self):
        self.new_game()
        self.click('C3', 'D4', 'B2')
        self.b.click('#undo')
        self.b.wait('return document.getElementById("number").textContent === "2 / 3"')
        self.click('D2')
        self.b.click('#undo')
        self.b.wait('return document.querySelectorAll("#branches button").length === 2')
        self.b.click('#branches button')
        self.wait_moves(3)
        self.assertIn('black', self.label('B2'))

    def test_reload_loses_nothing(self):
        self.new_game()
        self.click('C3', 'D4', 'B2')
        self.b.click('#back')
        self.b.wait('return document.getElementById("number").textContent === "2 / 3"')
        before = self.stones()
        self.load()
        self.assertEqual((self.stones(), self.b.text('#number')), (before, '2 / 3'))

    def test_tabs_have_their_own_games(self):
        self.new_game()
        self.click('C3')
        first = self.b.call('GET', '/window')
        other = self.b.call('POST', '/window/new', {'type': 'tab'})['handle']
        self.b.call('POST', '/window', {'handle': other})
        self.load()
        self.new_game(size=4)
        self.click('B2', 'C3')
        self.b.call('DELETE', '/window')
        self.b.call('POST', '/window', {'handle': first})
        self.click('D4')
        self.load()
        self.assertEqual((len(self.stones()), self.moves()), (25, 2))

    def test_resign(self):
        self.new_game()
        self.b.click('#resign')
        self.b.click('#ask-ok')
        self.wait_text('#status', 'White wins by resignation.')
        self.b.click(self.cell('C3'))
        self.assertEqual(self.moves(), 0)
        # At the first position there is no move to take back, but the end is.
        self.b.click('#undo')
        self.wait_text('#status', 'Black to move.')
        self.click('C3')

    def long_thought(self):
        self.new_game('b', 19, strength=21, visits=1000000)
        self.b.click(self.cell('Q16'))

    def test_thinking_can_be_cut_off(self):
        """Thinking is told, and can be cut off; then it is still the same move's turn."""
        self.long_thought()
        self.wait_text('#status', 'visits')
        self.b.click('#undo')
        self.wait_text('#status', 'Black to move.')
        self.assertEqual(self.stones().count('b'), 0)

    def moves_now(self):
        self.assertEqual(self.b.text('#go'), 'Move now')
        self.b.click('#go')
        self.wait_moves(2, ' && document.getElementById("status").textContent === "Black to move."')
        self.assertEqual((self.stones().count('b'), self.stones().count('w')), (1, 1))

    def test_move_now(self):
        self.long_thought()
        self.wait_text('#status', 'visits')
        self.moves_now()

    def test_move_now_before_anything_is_known(self):
        """miai's answer is held back, so that the button is pressed before the first of it: the move comes with that."""
        self.b.js('const ask = fetch; fetch = async (path, ...rest) => '
                  '(path === "/api/move" && await new Promise(r => setTimeout(r, 1500)), ask(path, ...rest))')
        self.long_thought()
        self.wait_text('#status', 'miai thinks')
        self.moves_now()

    def test_an_unfinished_choice_is_not_played(self):
        """A question that was ended from outside is asked again."""
        self.b.js('const ask = fetch; window.moves = []; fetch = (path, how, ...rest) => '
                  '(path === "/api/move" && moves.push(JSON.parse(how.body).tab), ask(path, how, ...rest))')
        self.long_thought()
        self.wait_text('#status', 'visits')
        at = {'size': 7, 'komi': 7, 'moves': []}
        play.post('/api/analysis', {'position': at, 'visits': 1, 'tab': self.b.js('return moves[0]')})
        self.b.wait('return moves.length === 2')
        self.wait_text('#status', 'visits')
        self.assertEqual(self.moves(), 1)
        self.moves_now()

    def test_numbers_and_coordinates(self):
        self.new_game()
        self.click('C3', 'D4')
        self.b.click('#options')
        self.b.click('#set-numbers')
        self.b.click('#set-coordinates')
        self.b.click('#options-dialog .primary')
        self.b.wait('return [...document.querySelectorAll("#board .marks text")].map(e => e.textContent).join() === "1,2"')
        self.assertEqual(self.b.js('return document.querySelectorAll("#board .coord").length'), 0)


class TheEnd(Page):
    def test_dead_stones_and_score(self):
        self.new_game(komi='0.5')
        self.click('B1', 'D1', 'B2', 'D2', 'B3', 'D3', 'B4', 'D4', 'B5', 'D5', 'E3')
        for _ in range(2):
            n = self.moves()
            self.b.click('#pass')
            self.wait_moves(n + 1)
        self.b.wait('return !document.getElementById("score-card").hidden')
        dead = 'dead' in self.label('E3')
        before = self.b.text('#score-text')
        self.b.click(self.cell('E3'))
        self.b.wait('return document.getElementById("score-text").textContent !== arguments[0]', before)
        self.assertEqual('dead' in self.label('E3'), not dead)
        alive, gone = (self.b.text('#score-text'), before)[::1 if dead else -1]
        # Black 11 of 25 with B and A, or White's D and E too: with E3 dead, 10 to 10; alive, E is nobody's.
        self.assertEqual(gone, 'White wins by 0.5')
        self.assertEqual(alive, 'Black wins by 5.5')
        self.shot('score')
        text = self.b.text('#score-text')
        self.b.click('#score-accept')
        self.wait_text('#status', text)
        self.assertTrue(self.b.js('return document.getElementById("score-card").hidden'))

    def test_play_on(self):
        self.new_game()
        self.click('C3')
        for n in (2, 3):
            self.b.click('#pass')
            self.wait_moves(n)
        self.b.wait('return !document.getElementById("score-card").hidden')
        self.b.click('#score-on')
        self.b.wait('return document.getElementById("score-card").hidden')
        self.click('B2')


class Looking(Page):
    def test_analysis(self):
        self.new_game(size=7)
        self.click('D4', 'C3', 'E5', 'C5')
        for name in ('win', 'moves', 'area'):
            self.b.click('#show-' + name)
        self.b.wait('return document.querySelectorAll("#candidates tbody tr").length > 1 && '
                    '/^(?!.*…).*visits/.test(document.getElementById("look-note").textContent)')
        self.assertTrue(self.b.js('return document.querySelectorAll("#board .cand").length'))
        self.assertIn('Black wins with', self.b.js('return document.getElementById("evaluation").ariaLabel'))
        self.shot('analysis')
        self.b.hover('#candidates tbody td')
        self.b.wait('return document.querySelector("#board .pv")')
        self.b.hover('h1')
        self.b.wait('return !document.querySelector("#board .pv")')
        self.b.click('#candidates tbody tr')
        self.wait_moves(5)
        for name in ('win', 'moves', 'area'):
            self.b.click('#show-' + name)
        self.assertEqual(self.b.js('return document.querySelectorAll("#board .cand, #board .area rect").length'), 0)

    def test_hint(self):
        self.b.click('#hint')
        self.wait_text('#status', 'Hint: ')
        self.assertEqual(self.b.text('#board .cand text'), 'Hint')
        self.assertIn('Hint: ', self.b.text('#live'))

    def test_review_and_graph(self):
        self.new_game(size=7)
        self.click('D4', 'D5', 'A1', 'C4', 'G1', 'E4', 'A7', 'D3')
        self.b.click('#review-card summary')
        self.b.click('#review')
        self.wait_text('#review', 'Review again')
        self.assertTrue(self.b.text('#review-note'))
        self.assertEqual(self.b.js('return document.querySelectorAll("#graph path.win").length'), 1)
        if self.b.js('return document.querySelectorAll("#mistakes button").length'):
            self.b.click('#mistakes button')
            self.wait_text('#status', 'better')
            self.assertTrue(self.b.js('return document.querySelectorAll("#board .pv circle").length'))
        self.shot('review')
        # The graph is a slider: a click near its left end, and keys.
        self.b.js('document.getElementById("graph").scrollIntoView({block: "center"})')
        self.b.click('#graph')
        self.wait_text('#number', '4 / 8')
        self.b.keys('ArrowRight', 'ArrowRight')
        self.wait_text('#number', '6 / 8')
        self.assertEqual(self.b.js('return document.getElementById("graph").ariaValueNow'), '6')


class BesideReview(Page):
    """The review and the user's own questions at the same time: neither gets less than it asked for."""
    settings = {'visits': 1000000, 'review': 3000}

    def begin_review(self):
        self.b.js('document.activeElement.blur()')
        self.b.keys('r')
        self.b.wait('return document.getElementById("review-progress").value > 0')

    def looks(self):
        """Visits of each position that is known of, in the order of the tree."""
        return self.b.js('return JSON.parse(sessionStorage.getItem("game")).nodes.map(n => n.look?.visits)')

    def test_analysis(self):
        self.new_game(size=7)
        self.click('D4', 'D5', 'A1', 'C4', 'G1', 'E4', 'A7', 'D3')
        self.begin_review()
        self.assertEqual(self.b.text('#review'), 'Stop')
        self.b.click('#show-moves')
        self.wait_text('#review', 'Review again')
        looks = self.looks()
        self.assertEqual(len(looks), 9)
        self.assertEqual([v for v in looks if v is None or v < 3000], [])
        self.assertGreaterEqual(looks.count(3000), 8, looks)  # the one that the analysis looks at may have more

    def test_move(self):
        self.new_game(size=7, strength=21, visits=6000)
        self.click('D4', 'D5', 'A1', 'C4')
        self.begin_review()
        self.b.click('#go')
        self.wait_moves(5)
        self.wait_text('#review', 'Review again')
        self.assertEqual(self.looks()[:5], [3000] * 4 + [6000])

    def test_review_leaves_miai_thinking(self):
        self.new_game(size=7, strength=21, visits=20000)
        self.click('D4')
        self.b.click('#go')
        self.wait_text('#status', 'miai thinks')
        self.begin_review()
        self.wait_moves(2)
        self.assertEqual(self.looks()[1], 20000)


class Files(Page):
    SGF = '(;GM[1]FF[4]SZ[5]KM[0.5]PB[Anna]PW[Ben]RE[B+R];B[cc]C[the middle];W[bb](;B[dd];W[bd])(;B[db]))'

    def test_open_and_save(self):
        path = pathlib.Path(self.b.downloads) / 'game.sgf'
        path.write_text(self.SGF)
        self.b.type('#file', str(path))
        self.b.wait('return document.getElementById("number").textContent === "0 / 4"')
        self.assertEqual(self.b.text('#player-b strong'), 'Anna')
        self.b.click('#next')
        self.wait_moves(1)
        self.assertEqual(self.b.text('#comment'), 'the middle')
        text = self.saved()
        for part in ('SZ[5]', 'KM[0.5]', 'PB[Anna]', 'RE[B+R]', ';B[cc]C[the middle]', '(;B[dd];W[bd])', '(;B[db])'):
            self.assertIn(part, text)

    def saved(self):
        self.b.click('#save')
        folder, end = pathlib.Path(self.b.downloads), time.time() + 10
        while time.time() < end and not list(folder.glob('miai-*.sgf')):
            time.sleep(.1)
        file = next(folder.glob('miai-*.sgf'))
        text = file.read_text().replace('\n', '')
        file.unlink()
        return text

    def drop(self, name, text):
        self.b.js('''const d = new DataTransfer();
            d.items.add(new File([arguments[1]], arguments[0]));
            for (const type of ["dragover", "drop"])
                document.body.dispatchEvent(new DragEvent(type, {dataTransfer: d, bubbles: true, cancelable: true}));''', name, text)

    def test_drop(self):
        self.drop('x.sgf', self.SGF)
        self.b.wait('return document.getElementById("number").textContent === "0 / 4"')

    def open(self, text, moves):
        self.drop('x.sgf', text)
        self.wait_text('#number', f'0 / {moves}')
        self.assertEqual(self.b.text('#status'), 'Black to move.')

    def test_a_game_with_a_result_goes_on(self):
        """From its first position and from its last; the result is told at its end only, and saved."""
        self.open(self.SGF, 4)
        self.click('A1')
        self.wait_text('#status', 'White to move.')
        self.b.click('#undo')
        self.wait_text('#number', '0 / ')
        self.b.click('#branches button')
        self.wait_moves(1)
        self.b.click('#last')
        self.wait_text('#status', 'Black wins by resignation.')
        self.load()
        self.assertEqual(self.b.text('#status'), 'Black wins by resignation.')
        self.click('E1', 'A5')
        self.wait_text('#status', 'Black to move.')
        self.b.click('#resign')
        self.b.click('#ask-ok')
        self.wait_text('#status', 'White wins by resignation.')
        self.assertEqual(self.b.js('return document.querySelectorAll("#board .legal").length'), 0)
        self.b.click('#back')
        self.wait_text('#status', 'White to move.')
        self.click('B5')
        text = self.saved()
        for part in ('RE[B+R]', ';B[ae]', ';B[ee]', ';W[aa]', ';W[ba]'):
            self.assertIn(part, text)

    def test_an_unknown_result_is_none(self):
        self.open('(;GM[1]SZ[9]RE[?];B[cc];W[dd])', 2)
        self.b.click('#last')
        self.wait_moves(2)
        self.assertEqual(self.b.text('#status'), 'Black to move.')
        self.assertIn('RE[?]', self.saved())
        self.click('E5')
        self.b.click('#resign')
        self.b.click('#ask-ok')
        self.wait_text('#status', 'Black wins by resignation.')
        self.assertIn('RE[B+R]', self.saved())

    def test_damaged(self):
        self.drop('x.sgf', '(;SZ[5];B[cc];W[bb')
        self.b.wait('return document.getElementById("number").textContent === "0 / 2"')
        self.wait_text('#banner', 'damaged')
        self.drop('y.sgf', 'no game')
        self.b.wait('return !document.getElementById("banner").hidden && !/damaged/.test(document.getElementById("banner").textContent)')
        self.b.errors()  # the refusal is in the browser's log, as it has to be


class Keyboard(Page):
    def focused(self):
        return self.b.js('return document.activeElement.getAttribute("aria-label") || document.activeElement.id')

    def test_a_game_without_a_mouse(self):
        self.b.keys('n')
        self.b.wait('return document.querySelector("dialog[open]")')
        self.b.keys('ArrowRight', 'ArrowRight')  # You play: both
        self.b.keys('Enter')
        self.b.wait('return !document.querySelector("dialog[open]")')
        self.assertEqual(self.b.text('#player-w strong'), 'White')
        for _ in range(20):
            if 'D4' in self.focused():
                break
            self.b.keys('Tab')
        self.assertEqual(self.focused(), 'D4, empty')
        self.b.keys('Enter')
        self.wait_moves(1)
        self.assertEqual(self.focused(), 'D4, black stone, last move')
        self.wait_text('#live', 'Black D4.')
        self.b.keys('ArrowLeft', 'ArrowUp', 'Enter')
        self.wait_moves(2)
        self.wait_text('#live', 'White C5.')
        self.b.keys('b')
        self.wait_text('#live', 'Black to move')
        self.b.keys('z')
        self.b.wait('return document.getElementById("number").textContent === "1 / 2"')
        self.b.keys('Home')
        self.b.wait('return document.getElementById("number").textContent === "0 / 2"')
        self.b.keys('End')
        self.wait_moves(2)
        self.b.keys('p')
        self.wait_moves(3)
        self.wait_text('#live', 'passes')
        self.b.keys('a')
        self.b.wait('return document.querySelectorAll("#candidates tbody tr").length')
        self.b.keys('?')
        self.b.wait('return document.getElementById("help-dialog").open')
        self.b.keys('Escape')
        self.b.wait('return !document.querySelector("dialog[open]")')

    def test_every_shortcut_is_listed(self):
        listed = self.b.js('return [...document.querySelectorAll(".keys kbd")].map(e => e.textContent)')
        for key in self.b.js('return [...document.querySelectorAll("[data-key]")].map(e => e.dataset.key)'):
            self.assertIn(key, listed + ['?'])

    def test_letters_can_be_turned_off(self):
        self.b.click('#options')
        self.b.click('#set-keys')
        self.b.click('#options-dialog .primary')
        self.b.js('document.activeElement.blur()')
        self.b.keys('n')
        time.sleep(.2)
        self.assertFalse(self.b.js('return document.querySelector("dialog[open]") !== null'))


class Accessible(Page):
    def tree(self):
        return [n for n in self.b.devtools('Accessibility.getFullAXTree')['nodes'] if not n.get('ignored')]

    def test_tree(self):
        """What a screen reader is given: a named grid of rows and cells, and a name for everything that can be used."""
        self.new_game()
        self.click('C3')
        nodes = self.tree()
        roles = {}
        for n in nodes:
            roles.setdefault(n['role']['value'], []).append(n.get('name', {}).get('value', ''))
        self.assertEqual(len(roles['grid']), 1)
        self.assertTrue(roles['grid'][0].startswith('Board, 5 by 5'))
        self.assertEqual((len(roles['row']), len(roles['gridcell'])), (5, 25))
        self.assertIn('C3, black stone, last move', roles['gridcell'])
        self.assertEqual(roles['gridcell'][0], 'A5, empty')
        for role in ('button', 'slider', 'progressbar', 'checkbox', 'radio', 'spinbutton', 'combobox', 'gridcell', 'heading', 'main'):
            for name in roles.get(role, []):
                self.assertTrue(name or role == 'main', role)
        self.assertEqual(len(roles['main']), 1)
        self.assertIn('status', roles)

    def test_one_stop_for_the_board(self):
        self.assertEqual(self.b.js('return document.querySelectorAll("#board [tabindex=\\"0\\"]").length'), 1)

    def test_dark_and_still(self):
        for scheme in ('dark', 'light'):
            self.b.devtools('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme},
                                                                    {'name': 'prefers-reduced-motion', 'value': 'reduce'}])
            self.b.wait('return document.documentElement.dataset.theme === arguments[0]', scheme)
            if scheme == 'dark':
                self.shot('dark')
        self.new_game()
        self.click('C3')
        self.assertEqual(self.b.js('return getComputedStyle(document.querySelector("#board .drop")).animationName'), 'none')
        self.assertEqual(self.contrasts(), [])
        self.b.devtools('Emulation.setEmulatedMedia', features=[])

    def contrasts(self):
        """Texts whose colour is too near to that of what lies behind them (WCAG: 4.5 to 1)."""
        return self.b.js('''
            const light = c => { const v = c.match(/[\\d.]+/g).slice(0, 3).map(x => x / 255).map(x => x <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
                return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
            const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return "rgb(255,255,255)"; };
            return [...document.querySelectorAll("button, p, small, strong, h1, h2, output, label, td, th")]
                .filter(e => e.textContent.trim() && e.checkVisibility() && !e.disabled && !e.closest("#board"))
                .filter(e => { const a = light(getComputedStyle(e).color), b = light(behind(e));
                    return (Math.max(a, b) + .05) / (Math.min(a, b) + .05) < 4.5; })
                .map(e => e.textContent);''')


class Narrow(Page):
    @classmethod
    def setUpClass(cls):
        cls.browser = Browser(360, 740, touch=True)

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def fits(self):
        self.assertEqual(self.b.js('return document.documentElement.scrollWidth'), 360)
        board = self.b.js('const r = document.getElementById("board").getBoundingClientRect(); return [r.left, r.right, r.width, r.height]')
        self.assertTrue(0 <= board[0] and board[1] <= 360 and abs(board[2] - board[3]) < 1 and board[2] > 330, board)

    def test_fits(self):
        self.fits()
        self.new_game(size=9)
        self.click('E5', 'C3')
        self.b.click('#show-moves')
        self.b.wait('return document.querySelectorAll("#candidates tbody tr").length')
        self.fits()
        self.b.js('scrollTo(0, 0)')
        self.shot('narrow')
        for dialog in ('#new', '#options', '#help'):
            self.b.click(dialog)
            box = self.b.js('const r = document.querySelector("dialog[open]").getBoundingClientRect(); return [r.left, r.right]')
            self.assertTrue(box[0] >= 0 and box[1] <= 360, (dialog, box))
            self.b.keys('Escape')

    def tap(self, selector):
        self.b.call('POST', '/actions', {'actions': [{'type': 'pointer', 'id': 'finger', 'parameters': {'pointerType': 'touch'}, 'actions': [
            {'type': 'pointerMove', 'x': 0, 'y': 0, 'origin': {ELEMENT: self.b.find(selector)}}, {'type': 'pointerDown', 'button': 0},
            {'type': 'pause', 'duration': 60}, {'type': 'pointerUp', 'button': 0}]}]})

    def test_small_points_are_tapped_twice(self):
        self.new_game(size=19)
        self.fits()
        self.tap(self.cell('D4'))
        self.wait_text('#status', 'tap again')
        self.assertEqual(self.moves(), 0)
        self.tap(self.cell('D4'))
        self.wait_moves(1)


class Low(Page):
    """A low window, as by zooming or on a phone held sideways: the board stays large enough, and the page scrolls."""
    sizes = ((1366, 650), (683, 325), (640, 360), (390, 844))

    def tearDown(self):
        self.b.devtools('Emulation.clearDeviceMetricsOverride')
        super().tearDown()

    def test_board_is_large_enough(self):
        self.b.click('#show-win')
        for width, height in self.sizes:
            self.b.devtools('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=False)
            with self.subTest(width=width, height=height):
                self.b.wait('return innerWidth === arguments[0] && innerHeight === arguments[1]', width, height)
                self.assertGreaterEqual(self.b.js('return document.getElementById("board").offsetWidth'), min(352, width - 12))
                self.assertEqual(self.b.js('return document.documentElement.scrollWidth'), width)
                self.assertEqual(self.overlaps(), [])
                self.shot(f'low-{width}x{height}')

    def overlaps(self):
        """Pairs of the page's parts that lie on each other."""
        return self.b.js('''
            const parts = [...document.querySelectorAll(".top, .players, #evaluation, #board, #status, aside > *")]
                .filter(e => e.checkVisibility()).map(e => [e.id || e.className, e.getBoundingClientRect()]);
            return parts.flatMap(([a, r], i) => parts.slice(i + 1).filter(([, s]) =>
                r.left < s.right - .5 && s.left < r.right - .5 && r.top < s.bottom - .5 && s.top < r.bottom - .5).map(([b]) => [a, b]));''')


class Server(Page):
    def test_gone_and_back(self):
        global play
        self.new_game()
        self.click('C3')
        play.stop()
        self.b.click(self.cell('D4'))
        self.wait_text('#banner', 'does not answer')
        self.assertEqual(self.moves(), 1)
        play = Play(MIAI, '--net', net, '--size', '7', '--threads', '1', '--port', str(play.port))
        self.b.wait('return document.getElementById("banner").hidden')
        self.click('D4')
        self.b.errors()  # requests that found nobody are in the browser's log

    def test_another_name_for_this_machine(self):
        """DNS rebinding: a page that reaches the port under another name gets nothing."""
        other = Browser(arguments=[f'--host-resolver-rules=MAP rebound.test 127.0.0.1:{play.port}'])
        try:
            other.go('http://rebound.test/')
            self.assertIn('answers to 127.0.0.1', other.js('return document.body.textContent'))
            said = other.call('POST', '/execute/async', {'args': [play.port], 'script':
                'const done = arguments[1], port = arguments[0]; const tries = ["/api/info", `http://127.0.0.1:${port}/api/info`];'
                'Promise.all(tries.map(t => fetch(t).then(r => r.status, e => "refused"))).then(done)'})
            self.assertIn(said[0], (421, 'refused'))
            self.assertIn(said[1], (403, 'refused'))
        finally:
            other.close()


if __name__ == '__main__':
    unittest.main()
