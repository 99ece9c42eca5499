#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local page's server, request by request.   usage: test_play.py MIAI"""
import base64
import json
import random
import re
import socket
import sys
import threading
import time
import unittest

from play import ROOT, Play, scratch, tiny_net

sys.path.append(str(ROOT / 'tests' / 'gtp'))
import nets

MIAI = sys.argv.pop(1)
JSON = {'Content_Type': 'application/json'}


def setUpModule():
    global folder, net, play
    folder = scratch()
    net = tiny_net(MIAI, folder.name)
    play = Play(MIAI, '--net', net, '--size', '5', '--threads', '2')


def tearDownModule():
    code = play.stop()
    folder.cleanup()
    assert code == 0, code


def position(size=5, komi=0, **rest):
    return {'size': size, 'komi': komi, **rest}


def moves(size, text):
    """Moves by colours in turn, from "C3 B2 pass"."""
    points = [size * size if v == 'pass' else (size - int(v[1:])) * size + 'ABCDEFGHJKLMNOPQRST'.index(v[0]) for v in text.split()]
    return [['bw'[i % 2], p] for i, p in enumerate(points)]


class WhoMayAsk(unittest.TestCase):
    def test_host(self):
        for host, status in ((f'127.0.0.1:{play.port}', 200), (f'localhost:{play.port}', 200), (f'LocalHost:{play.port}', 200),
                             ('127.0.0.1', 421), (f'example.org:{play.port}', 421), (f'127.0.0.1:{play.port + 1}', 421),
                             (f'127.0.0.1:{play.port}.example.org', 421), ('', 421)):
            for path in ('/', '/api/info', '/main.js'):
                self.assertEqual(play.raw('GET', path, Host=host)[0], status, (host, path))

    def test_no_host(self):
        with socket.create_connection(('127.0.0.1', play.port)) as s:
            s.sendall(b'GET /api/info HTTP/1.0\r\n\r\n')
            self.assertIn(b' 421 ', s.makefile('rb').readline())

    def test_other_pages(self):
        ours = f'http://127.0.0.1:{play.port}'
        body = json.dumps(position())
        for headers, status in (({'Origin': ours}, 200), ({'Origin': f'http://localhost:{play.port}'}, 200),
                                ({'Origin': 'http://example.org'}, 403), ({'Origin': 'null'}, 403), ({'Origin': ''}, 403),
                                ({'Origin': f'https://127.0.0.1:{play.port}'}, 403), ({'Origin': ours + '.example.org'}, 403),
                                ({'Sec_Fetch_Site': 'same-origin'}, 200), ({'Sec_Fetch_Site': 'none'}, 200),
                                ({'Sec_Fetch_Site': 'cross-site'}, 403), ({'Sec_Fetch_Site': 'same-site'}, 403)):
            got = play.raw('POST', '/api/position', body, **JSON, **headers)[0]
            self.assertEqual(got, status, headers)
        # What a browser sends across origins without asking first; and the question itself.
        for kind in ('text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', ''):
            self.assertEqual(play.raw('POST', '/api/position', body, Content_Type=kind)[0], 415)
        status, headers, _ = play.raw('OPTIONS', '/api/position', Origin='http://example.org')
        self.assertEqual(status, 403)
        self.assertFalse([h for h in headers if h.lower().startswith('access-control')])

    def test_methods_and_addresses(self):
        for method, path, status in (('GET', '/nowhere', 404), ('GET', '/../etc/passwd', 404), ('GET', '/%2e%2e/meson.build', 404),
                                     ('GET', '/index.html/', 404), ('GET', '/api/', 404), ('POST', '/api/info', 405),
                                     ('GET', '/api/position', 405), ('DELETE', '/', 405), ('PUT', '/api/move', 405),
                                     ('OPTIONS', '/api/move', 405), ('HEAD', '/', 200)):
            self.assertEqual(play.raw(method, path)[0], status, (method, path))

    def test_size(self):
        for n, status in ((300 << 10, 413), (5 << 20, 413)):
            self.assertEqual(play.raw('POST', '/api/position', b' ' * n, **JSON)[0], status)
        self.assertEqual(play.raw('POST', '/api/position', b' ' * 1000, **JSON)[0], 400)

    def test_broken_requests(self):
        for data in (b'\x00' * 50, b'GET / HTTP/9.9\r\n\r\n', b'POST /api/move HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n',
                     b'GET /' + b'a' * 100000 + b' HTTP/1.1\r\n\r\n', b'POST /api/move HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n12'):
            with socket.create_connection(('127.0.0.1', play.port)) as s:
                try:
                    s.sendall(data)
                    s.shutdown(socket.SHUT_WR)
                    s.settimeout(10)
                    said = s.recv(100)
                except OSError:
                    said = b''
                self.assertNotIn(b' 200 ', said)
        self.assertEqual(play.raw('GET', '/')[0], 200)


class Files(unittest.TestCase):
    def test_each(self):
        for path in sorted((ROOT / 'web').iterdir()):
            address = '/' if path.name == 'index.html' else '/' + path.name
            status, headers, data = play.raw('GET', address)
            self.assertEqual((status, data), (200, path.read_bytes()), path.name)
            self.assertIn("script-src 'self'", headers['Content-Security-Policy'])
            self.assertNotIn('unsafe', headers['Content-Security-Policy'])
            self.assertEqual(headers['X-Content-Type-Options'], 'nosniff')
            self.assertEqual(play.raw('GET', address, If_None_Match=headers['ETag'])[0], 304)
            self.assertEqual(play.raw('GET', address, If_None_Match='"other"')[0], 200)

    def test_nothing_from_elsewhere(self):
        """No address of another host, no inline script or style, in any file of the page."""
        for path in (ROOT / 'web').iterdir():
            text = path.read_text().replace('http://www.w3.org/2000/svg', '')
            self.assertIsNone(re.search(r'https?://|//[a-z]+\.[a-z]', text), path.name)
            if path.suffix == '.html':
                self.assertIsNone(re.search(r'<script>|\son\w+=|style=|<style', text), path.name)

    def test_folder(self):
        other = Play(MIAI, '--random', '--web', str(ROOT / 'web'))
        try:
            status, headers, data = other.raw('GET', '/style.css')
            self.assertEqual((status, data), (200, (ROOT / 'web' / 'style.css').read_bytes()))
            self.assertEqual(headers['Cache-Control'], 'no-store')
            self.assertNotEqual(other.port, play.port)
        finally:
            self.assertEqual(other.stop(), 0)


class Positions(unittest.TestCase):
    def test_info(self):
        info = play.get('/api/info')
        self.assertEqual((info['size'], info['komi'], info['sizes']), (5, 7, [2, 19]))
        self.assertEqual((len(info['levels']), info['levels'][0]['visits']), (20, 1))
        self.assertRegex(info['net']['name'], '^[0-9a-f]{64}$')
        self.assertEqual([len(info['handicap'][str(n)]) for n in (5, 7, 8, 9, 19)], [0, 3, 3, 8, 8])

    def test_capture(self):
        p = play.post('/api/position', position(moves=moves(5, 'B3 A3 A2 E5 A4')))
        self.assertEqual(p['captures'], [1, 0])
        self.assertEqual(p['stones'][10:12], '.b')
        self.assertEqual((p['turn'], p['over'], p['legal'].count('1')), ('w', False, 20))

    def test_setup_and_passes(self):
        p = play.post('/api/position', position(3, 0.5, black=[4], turn='w', moves=[['w', 9], ['b', 9]]))
        self.assertEqual((p['stones'], p['over'], p['area'], p['passes']), ('....b....', True, 8.5, 2))
        self.assertEqual(p['legal'], '111101111')
        p = play.post('/api/position', position(3, 0, moves=[['b', 9], ['w', 9], ['w', 0]]))
        self.assertFalse(p['over'])

    def test_refused_by_the_rules(self):
        for p in (position(moves=[['b', 3], ['w', 3]]), position(black=[3, 3]), position(black=[3], white=[3]),
                  position(2, moves=[['b', 0], ['b', 3], ['w', 1]]), position(2, black=[0, 1, 2, 3])):
            self.assertIn('error', play.post('/api/position', p, 422))

    def test_refused_by_form(self):
        bad = [[], 5, 'x', {}, position(1), position(20), position(9.5), position(komi=0.25), position(komi=400), position(komi='7'),
               position(komi=1e300), position(extra=1), position(black='x'), position(black=[25]), position(black=[-1]),
               position(black=[1.5]), position(turn='x'), position(turn='bb'), position(turn=1), position(moves={}),
               position(moves=[['b']]), position(moves=[['b', 26]]), position(moves=[['x', 1]]), position(moves=[['b', 1, 2]]),
               position(moves=[['b', 2**40]]), position(moves=[['b', 25]] * 4097),
               position(black=[1] * 26), position(black=[2**32 + 1])]
        for p in bad:
            self.assertIn('error', play.post('/api/position', p, 400), p)
            for path in ('/api/analysis', '/api/move', '/api/score'):
                self.assertIn('error', play.post(path, {'position': p}, 400), (path, p))
        for text in ('', '{', '[' * 5000, '{"size":5,"size":5,"komi":0}', '\xff', 'nul', '{"size":1e999}'):
            self.assertEqual(play.raw('POST', '/api/position', text.encode('latin-1'), **JSON)[0], 400, text[:20])


class Thinking(unittest.TestCase):
    def test_analysis(self):
        lines = play.post('/api/analysis', {'position': position(moves=moves(5, 'C3 B2')), 'visits': 300, 'ownership': True})
        last = lines[-1]
        self.assertTrue(last['done'])
        self.assertGreaterEqual(last['visits'], 300)
        self.assertEqual((last['turn'], len(last['ownership'])), ('b', 25))
        self.assertTrue(0 <= last['win'] <= 100)
        self.assertTrue(last['moves'])
        for m in last['moves']:
            self.assertTrue(0 <= m['point'] <= 25 and m['visits'] <= last['visits'] and 0 <= m['win'] <= 100)
            self.assertEqual(m['pv'][0], m['point'])
        seen = [l['visits'] for l in lines]
        self.assertEqual(seen, sorted(seen))

    def test_bad_wishes(self):
        for rest in ({'visits': 0}, {'visits': 1000001}, {'visits': '5'}, {'visits': 1.5}, {'tab': 5}, {'tab': 'x' * 33},
                     {'tab': 'a\0b'}, {'frobnicate': 1}, {'strength': 21}, {'strength': -1}):
            self.assertIn('error', play.post('/api/move', {'position': position(), **rest}, 400), rest)
        self.assertIn('error', play.post('/api/analysis', {'position': position(2, black=[0, 1, 2, 3])}, 422))

    def test_game(self):
        """The program against itself, at two strengths; each move is legal."""
        played = []
        for n in range(12):
            at = position(4, 1, moves=played)
            before = play.post('/api/position', at)
            if before['over']:
                break
            last = play.post('/api/move', {'position': at, 'visits': 30, 'strength': n % 2 * 5, 'tab': 'game'})[-1]
            self.assertTrue(last['done'])
            if last['play'] < 0:
                break
            self.assertTrue(last['play'] == 16 or before['legal'][last['play']] == '1')
            played.append([before['turn'], last['play']])
        self.assertGreater(len(played), 1)

    def test_resigns_when_lost(self):
        lost = Play(MIAI, '--net', nets.sure_net(f'{folder.name}/lost.net', value=-8), '--size', '5')
        moves = [['bw'[n % 2], n] for n in range(6)]
        for n in range(7):
            last = lost.post('/api/move', {'position': position(moves=moves[:n]), 'visits': 1})[-1]
            self.assertEqual(last['play'] < 0, n >= 5, (n, last))
        self.assertEqual(lost.stop(), 0)

    def test_a_new_question_ends_the_older_one(self):
        first = []
        t = threading.Thread(target=lambda: first.extend(play.post('/api/analysis', {'position': position(19), 'visits': 1000000, 'tab': 't'})))
        t.start()
        time.sleep(.5)
        second = play.post('/api/analysis', {'position': position(19, moves=[['b', 60]]), 'visits': 2, 'tab': 't'})
        t.join(20)
        self.assertFalse(t.is_alive())
        self.assertFalse(first[-1]['done'])
        self.assertTrue(second[-1]['done'])

    def test_hanging_up_frees_the_engine(self):
        """More streams than engines, all cut off; then there is an answer."""
        for n in range(6):
            c = play.connect()
            c.request('POST', '/api/analysis', json.dumps({'position': position(19), 'visits': 1000000, 'tab': str(n)}),
                      {'Content-Type': 'application/json'})
            if n < 4:
                c.getresponse().readline()
            c.close()
        self.assertTrue(play.post('/api/analysis', {'position': position(), 'visits': 2})[-1]['done'])

    def test_many_tabs(self):
        answers = []

        def tab(n):
            for k in range(3):
                at = position(4 + n % 3, moves=[['b', k + n]])
                answers.append(play.post('/api/analysis', {'position': at, 'visits': 40, 'tab': f'tab{n}'})[-1]['done'])
                answers.append('score' in play.post('/api/score', {'position': at}))
        threads = [threading.Thread(target=tab, args=(n,)) for n in range(8)]
        for t in threads:
            t.start()
        for t in threads:
            t.join(60)
        self.assertEqual(answers, [True] * 48)

    def test_the_same_question_has_the_same_answer(self):
        def ask():
            last = play.post('/api/move', {'position': position(moves=moves(5, 'C3 B2')), 'visits': 64, 'tab': 's'})[-1]
            return {k: last[k] for k in ('play', 'visits', 'win', 'score', 'moves')}
        self.assertEqual(ask(), ask())

    def test_without_a_net(self):
        other = Play(MIAI, '--random', '--size', '9', '--komi', '5.5', '--seed', '3')
        try:
            info = other.get('/api/info')
            self.assertEqual((info['net'], info['size'], info['komi']), (None, 9, 5.5))
            last = other.post('/api/move', {'position': position(9)})[-1]
            self.assertTrue(0 <= last['play'] < 81 and last['done'])
            self.assertIn('error', other.post('/api/analysis', {'position': position(9)}, 422))
            self.assertEqual(other.post('/api/score', {'position': position(3, 0, black=[4])})['score'], 9)
        finally:
            self.assertEqual(other.stop(), 0)


class Score(unittest.TestCase):
    def test_dead(self):
        # Black owns the left of a wall, White the right; a white stone lies in Black's part.
        wall = position(5, 0, black=[1, 6, 11, 16, 21], white=[3, 8, 13, 18, 23, 10], turn='b')
        r = play.post('/api/score', {'position': wall, 'dead': []})
        self.assertEqual((r['score'], r['dead'], r['area'][10]), (-6, [], -1))
        r = play.post('/api/score', {'position': wall, 'dead': [10]})
        self.assertEqual((r['score'], r['dead'], r['area'][10]), (0, [10], 1))
        for dead in (5, [25], [-1], ['x'], {}):
            self.assertIn('error', play.post('/api/score', {'position': wall, 'dead': dead}, 400), dead)


class Sgf(unittest.TestCase):
    def read(self, text, status=200):
        data = text if isinstance(text, bytes) else text.encode()
        return play.post('/api/sgf/read', {'base64': base64.b64encode(data).decode()}, status)

    def test_read(self):
        r = self.read('(;GM[1]FF[4]SZ[9]KM[5.5]PB[Ada \\] B]PW[Bob]RE[W+R]AB[cc][gg]HA[2];W[ee]C[hello\nworld];B[cg](;W[])(;W[ef];B[fe]))')
        self.assertEqual((r['size'], r['komi'], r['handicap'], r['black'], r['white'], r['result'], r['repairs']),
                         (9, 5.5, 2, 'Ada ] B', 'Bob', 'W+R', []))
        self.assertEqual(r['nodes'][0], {'parent': -1, 'setup': {'black': [20, 60], 'white': [], 'turn': 'w'}})
        self.assertEqual([n.get('move') for n in r['nodes'][1:]], [['w', 40], ['b', 56], ['w', 81], ['w', 49], ['b', 41]])
        self.assertEqual([n['parent'] for n in r['nodes']], [-1, 0, 1, 2, 2, 4])
        self.assertEqual(r['nodes'][1]['comment'], 'hello\nworld')

    def test_later_setup_and_illegal_moves(self):
        r = self.read('(;SZ[5];B[aa];AW[bb]AE[aa];B[cc];W[cc];B[dd])')
        self.assertEqual(r['nodes'][2]['setup'], {'black': [], 'white': [6], 'turn': 'w'})
        self.assertIn('setup', r['nodes'][4])
        for node in range(len(r['nodes'])):
            self.check_position(r, node)

    def test_stones_that_no_first_node_puts(self):
        """In nodes before the first move, in one with a move of its own, and the fixed points of a handicap."""
        r = self.read('(;SZ[5]AB[aa];AW[bb];PL[W];W[cc];AB[dd]B[ee])')
        self.assertEqual([n.get('setup') for n in r['nodes']],
                         [{'black': [0], 'white': [], 'turn': 'b'}, {'black': [0], 'white': [6], 'turn': 'b'}, None, None,
                          {'black': [0, 18, 24], 'white': [6, 12], 'turn': 'w'}])
        r = self.read('(;SZ[9]HA[2];W[ee])')
        self.assertEqual(r['nodes'][0]['setup'], {'black': [24, 56], 'white': [], 'turn': 'w'})
        self.check_position(r, 1)

    def check_position(self, r, node):
        """The rules take the position that the page would ask for."""
        path = []
        while node >= 0:
            path.insert(0, r['nodes'][node])
            node = r['nodes'][node]['parent']
        last = max((i for i, n in enumerate(path) if 'setup' in n), default=-1)
        setup = path[last]['setup'] if last >= 0 else {}
        played = [n['move'] for n in path[last + 1:] if 'move' in n]
        play.post('/api/position', {'size': r['size'], 'komi': r['komi'], 'moves': played, **setup})

    def test_root_with_a_move(self):
        r = self.read('(;SZ[5]B[aa];W[bb])')
        self.assertEqual([n.get('move') for n in r['nodes']], [None, ['b', 0], ['w', 6]])

    def test_damaged(self):
        r = self.read(b'\xef\xbb\xbf garbage (;SZ[5]PB[M\xc3\xbcller];B[cc];W[bb')
        self.assertEqual((r['black'], len(r['nodes'])), ('Müller', 3))
        self.assertTrue(r['repairs'])
        for bad in ('', 'hello', '(;GM[2])', '(;SZ[37])', b'\xff\xfe(\0;\0'):
            self.assertIn('error', self.read(bad, 400), bad)
        for body in ({}, {'base64': 5}, {'base64': 'a*b'}, {'base64': 'AAAA', 'x': 1}):
            self.assertIn('error', play.post('/api/sgf/read', body, 400))

    def test_too_many_variations(self):
        self.assertIn('error', self.read('(;SZ[9]' + '(;B[aa])' * 60000 + ')', 400))
        r = self.read('(;SZ[9]' + ';B[aa]' * 5000 + ')', 400)
        self.assertIn('more than 4096 moves', r['error'])

    def test_too_much_in_its_nodes(self):
        """What a line has in its nodes counts each time that it is read, and so does each position that is set up."""
        for text in ('AB[aa]' * 200000 + '(;B[bb])' * 150, 'AB' + '[aa:ss]' * 50000 + '(;B[bb])' * 100,
                     ';B[aa' + ' ' * 500000 + '](;W[bb])' + '(;W[cc])' * 2000,
                     'AB[ab:ss]AE[ss]' + '(;AB[aa])' * 20000, 'AB[ab:ss]AE[ss]' + ';AB[aa]' * 40000):
            self.assertIn('than this page can take', self.read(f'(;SZ[19]{text})', 400)['error'], text[:40])
        r = self.read('(;SZ[19]AB[ab:ss]AE[ss]' + ';AB[aa]' * 400 + ')')
        self.assertEqual(len(r['nodes'][400]['setup']['black']), 360 - 18)

    def test_round_trip(self):
        """Random trees come back as they were written."""
        rng = random.Random(5)
        for _ in range(20):
            nodes = [{'parent': -1}]
            for i in range(1, rng.randrange(2, 40)):
                node = {'parent': max(0, i - rng.randrange(1, 4)), 'move': [rng.choice('bw'), rng.randrange(50)]}
                if rng.random() < .2:
                    node['comment'] = rng.choice(['a]b\\c', 'zwei\nZeilen', 'ж:;()[]'])
                nodes.append(node)
            tree = {'size': 7, 'komi': 3.5, 'handicap': 0, 'black': 'A]', 'white': 'B\\', 'result': 'B+1.5', 'nodes': nodes}
            text = play.post('/api/sgf/write', {**tree, 'date': '2026-01-01'})['sgf']
            back = self.read(text)
            again = play.post('/api/sgf/write', {k: v for k, v in back.items() if k != 'repairs'} | {'date': '2026-01-01'})['sgf']
            self.assertEqual({k: back[k] for k in tree if k != 'nodes'}, {k: tree[k] for k in tree if k != 'nodes'})
            self.assertEqual(self.shape(back['nodes']), self.shape(nodes))
            self.assertEqual(re.sub('A[BWE]\\[[^;]*?(?=;|$)', '', again)[:60], text[:60])

    @staticmethod
    def shape(nodes):
        """A tree as nested lists of (move, comment), whatever its nodes' order."""
        children = [[] for _ in nodes]
        for i, n in enumerate(nodes[1:], 1):
            children[n['parent']].append(i)

        def at(i):
            return nodes[i].get('move'), nodes[i].get('comment', ''), [at(c) for c in children[i]]
        return at(0)

    def test_write_refuses(self):
        good = {'size': 5, 'komi': 0, 'nodes': [{'parent': -1}]}
        play.post('/api/sgf/write', good)
        for bad in ({'nodes': []}, {'nodes': 5}, {'nodes': [{'parent': 0}]}, {'nodes': [{'parent': -1}, {'parent': 1}]},
                    {'nodes': [{'parent': -1}, {'parent': 0, 'move': ['b', 26]}]}, {'nodes': [{'parent': -1, 'move': ['b', 1]}]},
                    {'nodes': [{'parent': -1, 'setup': 5}]}, {'nodes': [{'parent': -1, 'setup': {'black': [99]}}]}, {'size': 99},
                    {'komi': None}, {'nodes': [{'parent': -1}, {'parent': 0, 'comment': 5}]}):
            self.assertIn('error', play.post('/api/sgf/write', {**good, **bad}, 400), bad)


class Ending(unittest.TestCase):
    def test_while_it_thinks(self):
        other = Play(MIAI, '--net', net)
        c = other.connect()
        c.request('POST', '/api/analysis', json.dumps({'position': position(19), 'visits': 1000000}), {'Content-Type': 'application/json'})
        c.getresponse().readline()
        began = time.time()
        self.assertEqual(other.stop(), 0)
        self.assertLess(time.time() - began, 5)

    def test_taken_port(self):
        other = Play(MIAI, '--random', '--port', '0')
        try:
            self.assertNotEqual(other.port, play.port)
            with self.assertRaisesRegex(RuntimeError, 'cannot listen'):
                Play(MIAI, '--random', '--port', str(other.port)).stop()
        finally:
            other.stop()


class ZManual(unittest.TestCase):
    """Last by its name: every route has been asked, and has a line in the manual."""

    def test_routes(self):
        routes = re.findall(r'\{"(GET|POST)", "(/api/[^"]*)"', (ROOT / 'src' / 'net' / 'request.c').read_text())
        self.assertGreater(len(routes), 5)
        manual = (ROOT / 'docs' / 'play.md').read_text()
        for method, path in routes:
            self.assertIn(f'`{method} {path}`', manual)
            self.assertIn(path, play.asked)


if __name__ == '__main__':
    unittest.main()
