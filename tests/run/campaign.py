#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""campaign.py [--every [--of NAME]] [--seeds N] [--first S] [--jobs J] MIAI_FAULTY RECIPE...: calls fail; what does miai
do?

MIAI_FAULTY is the program with tests/run/faulty.c in it.  Each seed chooses what is done (a run from nothing, a run
continued, also over what an unfinished generation left damaged; a check of a good run, whole or kept without what can be
made again, or of a damaged one; a look at files, a game by GTP, a transcript made again, a match, JSON analysis, imports
and exports), which calls fail and how often.  Of several recipes it also chooses one, and whether its runs have --check;
one that goes on from a checkpoint stands behind that run's recipe.  Demanded:

- a process never dies of a signal or of a sanitizer's report, leaks nothing that a sanitizer sees, and leaves nothing in
  TMPDIR;
- it either succeeds, with the same bytes as always, or ends with code 3 and an error that says what could not be done;
- interrupted calls and short counts are no failures: with these alone it succeeds;
- a directory that it leaves is completed to the same bytes by the next process that is let alone;
- other files that it writes are whole or not there; a match's games and a transcript may end early;
- verify never calls a good run bad, and nothing intact that is not.

With --every there is no chance: each call of a run, of a check that makes it all again, of checks of a kept run, and of all
that only looks at files fails once; or of that of these that NAME names.  Prints the figures; ends with code 1 if anything
else was seen."""
import argparse
import collections
import concurrent.futures
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

KINDS = ['memory', 'thread', 'short', 'eintr', 'eio', 'enospc', 'open', 'rename', 'mkdir', 'stat', 'lock']
HARMLESS = ['short', 'eintr']
HOLDS, MISMATCH, USAGE, UNREADABLE = 0, 1, 2, 3
EVERY = ['run', 'rebuild', 'kept', 'kept-damaged', 'info', 'gtp', 'replay', 'analysis', 'match', 'import', 'onnx', 'sgf']
ONE_THREAD = ['info', 'gtp', 'import', 'onnx', 'sgf']  # or no such option
CLEAR = re.compile(r'^miai \w+: (\S.*: cannot [^:]+: \S|.*\bno memory\b|.*\bout of memory\b|(\S.*: )?cannot start (a thread|\d+ threads)|.*: the system gives no )',
                   re.M)
REPORT = re.compile(r'Sanitizer|runtime error:')
DIALOGUE = 'boardsize 4\nkomi 1\ngenmove b\nplay w b2\ngenmove b\nundo\ngenmove w\nfinal_score\nshowboard\n' \
           'boardsize 5\nfixed_handicap 2\ngenmove w\nfinal_status_list dead\nloadsgf {sgf} 4\ngenmove w\nprintsgf\nquit\n'
QUERIES = ''.join(json.dumps(dict(q, boardXSize=4, boardYSize=4, rules='tromp-taylor', maxVisits=9)) + '\n' for q in (
    {'id': 'a', 'moves': [['B', 'B2'], ['W', 'C3']], 'analyzeTurns': [0, 2], 'includeOwnership': True},
    {'id': 'b', 'moves': [], 'initialStones': [['B', 'A1']], 'includePolicy': True}))


def contents(where):
    """name -> bytes of all files."""
    found = {}
    for folder, _, names in os.walk(where):
        for name in names:
            path = os.path.join(folder, name)
            with open(path, 'rb') as f:
                found[os.path.relpath(path, where)] = f.read()
    return found


def files(where):
    """What a run consists of: name -> SHA-256."""
    return {name: hashlib.sha256(data).hexdigest() for name, data in contents(where).items() if name != 'lock'}


def flipped(path, chance):
    """Changes a bit of a file."""
    with open(path, 'rb') as f:
        data = bytearray(f.read())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    with open(path, 'wb') as f:
        f.write(data)


def leela(path):
    """A weights file of leela-zero's: one block of two filters, for boards of 3."""
    chance = random.Random(1)

    def conv(inputs, outputs, taps):
        return [(inputs * outputs * taps, -0.5, 0.5), (outputs, -0.5, 0.5), (outputs, -0.5, 0.5), (outputs, 0.5, 1.5)]

    lines = [*conv(18, 2, 9), *conv(2, 2, 9), *conv(2, 2, 9),
             *conv(2, 2, 1), (18 * 10, -0.5, 0.5), (10, -0.5, 0.5),
             *conv(2, 1, 1), (9 * 4, -0.5, 0.5), (4, -0.5, 0.5), (4, -0.5, 0.5), (1, -0.5, 0.5)]
    with open(path, 'w') as f:
        f.write('1\n')
        for n, least, most in lines:
            f.write(' '.join(f'{chance.uniform(least, most):.4f}' for _ in range(n)) + '\n')


class Bad(Exception):
    pass


def started_from(recipe, earlier):
    """--start and the file that the recipe's run.start names, among the runs made before; or nothing."""
    with open(recipe) as f:
        name = re.search(r'(?m)^start = (\w+)$', f.read())
    return ['--start', *(os.path.join(b.good, n) for b in earlier for n in b.want if b.want[n] == name[1])][:2] if name else []


Look = collections.namedtuple('Look', 'name args text', defaults=(None,))  # what changes no run


class Base:
    """What is the same for all seeds: the program, and what it does when nothing fails."""

    def __init__(self, miai, recipe, scratch, earlier):
        self.miai, self.recipe, self.start = miai, recipe, started_from(recipe, earlier)
        os.mkdir(scratch)
        for name in 'good', 'part', 'kept', 'damaged', 'weights', 'sgf', 'transcript':
            setattr(self, name, os.path.join(scratch, name))
        self.calls = {}
        self.run(self.good, 'run')
        self.want = files(self.good)
        self.run(self.part, 'part', '--until', '1')
        self.nets = sorted(n for n in self.want if n.startswith('nets/'))
        self.keep()
        leela(self.weights)
        self.whole('sgf', ['export', f'{self.good}/games/000001.games', '--format', 'sgf', '--game', '0', '--out', self.sgf])
        self.whole('gtp', ['gtp', *self.player(), '--transcript', self.transcript], DIALOGUE.format(sgf=self.sgf))
        self.clean = {}
        for x in self.looks(os.path.join(scratch, 'out')):
            self.look(x, os.path.join(scratch, 'out'))
        self.calls['damaged'] = self.calls['verify']

    def keep(self):
        """The run without what can be made again, and that with a net that is damaged."""
        with open(os.path.join(self.good, 'ledger')) as f:
            *_, (player, _), (_, self.best) = re.findall(r'(?m)^best (\d+) (\w+)$', f.read())
        net = f'nets/{int(player):06}.net'
        os.makedirs(os.path.join(self.kept, 'nets'))
        for name in 'recipe', 'ledger', net:
            shutil.copy(os.path.join(self.good, name), os.path.join(self.kept, name))
        shutil.copytree(self.kept, self.damaged)
        flipped(os.path.join(self.damaged, net), random.Random(1))
        code, _, _, counts = self.call(['verify', self.damaged, '--segments', '0', '--seed', '1'], {'seed': 0})
        if code != MISMATCH:
            raise SystemExit(f'a kept run with a damaged net: {code}')
        self.calls['kept-damaged'] = {k: calls for k, (calls, _) in counts.items()}

    def look(self, x, to):
        os.mkdir(to)
        out = self.whole(x.name, x.args, x.text, can_be_absent=x.name == 'analysis')
        if out is not None:
            self.clean[x.name] = (out, contents(to))
        shutil.rmtree(to)

    def player(self):
        return ['--net', os.path.join(self.good, self.nets[-1]), '--visits', '9', '--memory', '16']

    def whole(self, name, args, text=None, can_be_absent=False):
        code, out, err, counts = self.call(args, {'seed': 0}, text)
        if code == USAGE and can_be_absent and 'was built without' in err:
            return None
        if code != HOLDS:
            raise SystemExit(f'{name} without a failure: {code}\n{out}{err}')
        self.calls[name] = {k: calls for k, (calls, _) in counts.items()}
        return out

    def run(self, where, name, *args):
        self.whole(name, ['run', self.recipe, '--dir', where, '--threads', '1', *self.start, *args])

    def looks(self, to):
        """What changes no run, and writes into the folder `to` at most."""
        here = [os.path.join(self.good, n) for n in sorted(self.want)]
        a, b = (os.path.join(self.good, n) for n in self.nets[-2:])
        return [Look('verify', ['verify', self.good, '--segments', '4', '--seed', '1']),
                Look('rebuild', ['verify', self.good, '--rebuild']),
                Look('kept', ['verify', self.kept, '--segments', '1', '--seed', '1', *self.start]),
                Look('kept-rebuild', ['verify', self.kept, '--rebuild', *self.start]),
                Look('info', ['info', self.recipe, self.good, *here]),
                Look('gtp', ['gtp', *self.player(), '--transcript', f'{to}/transcript'], DIALOGUE.format(sgf=self.sgf)),
                Look('replay', ['replay', self.transcript, '--net', b, '--memory', '16']),
                Look('analysis', ['analysis', '--net', b, '--memory', '16'], QUERIES),
                Look('match', ['match', a, b, '--size', '4', '--games', '4', '--visits', '4', '--records', f'{to}/games']),
                Look('import', ['import', self.weights, '--positions', '2', '--out', f'{to}/net']),
                Look('onnx', ['export', b, '--format', 'onnx', '--ledger', f'{self.good}/ledger', '--out', f'{to}/onnx']),
                Look('sgf', ['export', f'{self.good}/games/000001.games', '--format', 'sgf', '--out', f'{to}/sgf'])]

    def call(self, args, faults, text=None):
        """(code, standard output, standard error, kind -> (calls, failures))"""
        with tempfile.NamedTemporaryFile(mode='r') as report, tempfile.TemporaryDirectory() as tmp:
            env = dict(os.environ, FAULTS=' '.join(f'{k}={v}' for k, v in faults.items()), FAULTS_REPORT=report.name, TMPDIR=tmp)
            # One that allocates memory in vain may say so with a null pointer, as the C library does.
            env['ASAN_OPTIONS'] = 'allocator_may_return_null=1:detect_leaks=1'
            ran = subprocess.run([self.miai, *map(str, args)], input=text, capture_output=True, text=True, env=env,
                                 timeout=600, errors='replace')
            counts = {k: (int(a), int(b)) for k, a, b in (line.split() for line in report)}
            left = os.listdir(tmp)
        if left and ran.returncode >= 0:
            raise Bad(f'left in TMPDIR: {left}')
        return ran.returncode, ran.stdout, ran.stderr, counts


class Seed:
    def __init__(self, bases, number, scratch):
        self.number, self.random = number, random.Random(number)
        self.base, self.check = bases[0], []
        if len(bases) > 1:
            self.base, self.check = self.random.choice(bases), self.random.choice([[], ['--check']])
        self.where = os.path.join(scratch, f's{number}')
        self.failures, self.ends = collections.Counter(), collections.Counter()
        self.failed, self.said, self.rubbish = set(), [], False
        self.threads, self.rounds = [1, 1, 2, 3], [1, 1, 2, 3]
        self.told = [[], [], ['--json'], ['--log', self.where + '.log']]

    def faults(self, name):
        """Kinds of failures and their rates: a few failures in all, or one now and then."""
        r = self.random
        calls = self.base.calls[name]
        some = [k for k in KINDS if calls.get(k)]
        often = some + 3 * [k for k in ('memory', 'eio', 'rename') if calls.get(k)]
        n = r.choice([1, 1, 1, 2, 3, len(some)])
        kinds = sorted({r.choice(often) for _ in range(n)}, key=KINDS.index)
        if r.random() < 0.1:
            kinds = [k for k in some if k in HARMLESS]
        f = {'seed': r.getrandbits(32)}
        for k in kinds:
            rate = r.choice([1, 2, 4, 8]) / calls[k] / len(kinds)
            f[k] = int(1e6 * (r.choice([0.02, 0.2, 0.5]) if k in HARMLESS else min(rate, 0.5)))
        return f

    def step(self, name, args, text=None):
        """One process whose calls fail.  Its end is judged as far as it can be without knowing more."""
        f = self.faults(name)
        code, out, err, counts = self.base.call([*args, '--threads', self.random.choice(self.threads)]
                                                if name not in ONE_THREAD else args, f, text)
        for k, (_, failures) in counts.items():
            self.failures[k] += failures
        self.failed = failed = {k for k, (_, n) in counts.items() if n}
        self.said = [f'{args[0]} {" ".join(self.check)} with {f}: exit {code}, failed {sorted(failed)}', out[-1500:], err[-3000:]]
        if code < 0 or REPORT.search(err) or not counts:
            raise Bad('crashed')
        if code == UNREADABLE and not CLEAR.search(err):
            raise Bad('no clear error')
        if code != HOLDS and failed <= set(HARMLESS) and 'damaged' not in name:
            raise Bad('stumbled over an interruption or a short count')
        if not failed:
            self.ends['undisturbed'] += 1
        else:
            self.ends['survived' if code == HOLDS else 'clear error'] += 1
        return code, out, err

    def same(self, what):
        have, want = files(self.where), self.base.want
        if self.rubbish and self.failures['rename']:  # what could not be removed, of a file that was there already
            have = {n: h for n, h in have.items() if not n.endswith('.tmp')}
        wrong = sorted(n for n in have.keys() | want.keys() if have.get(n) != want.get(n))
        if wrong:
            raise Bad(f'{what}: other bytes: {wrong}')

    def begun(self, recipe, err):
        """Did this process get as far as the directory, and could it tell?"""
        return (os.path.exists(os.path.join(self.where, 'lock')) and 'stat' not in self.failed
                and f'miai run: {recipe or self.where + "/recipe"}' not in err)

    def succeeded(self, told, out, err):
        """The run's bytes, and what is told of it."""
        self.same('success')
        last = out.splitlines()[-1]
        if told == ['--json']:
            events = [json.loads(line) for line in out.splitlines()]
            last = f'net {events[-1]["net"]}' if events[-1]['event'] == 'done' else last
        if last != f'net {self.base.best}':
            raise Bad(f'ends with {last}')
        if '--log' in told and '--log' not in err:
            with open(told[1]) as f:
                if any(line.count('\t') != 12 for line in f):
                    raise Bad('a log with half a line')

    def go_on(self, *start, recipe):
        """Processes that fail in one directory, one after another; then one that does not.  Without a recipe it is the
        directory's."""
        args = ['run', *([recipe] if recipe else []), '--dir', self.where, *start]
        for _ in range(self.random.choice(self.rounds)):
            told = self.random.choice(self.told)
            code, out, err = self.step('run', args + self.check + told)
            if code == HOLDS:
                self.succeeded(told, out, err)
            elif code != UNREADABLE:
                raise Bad(f'ends with {code}')
            elif self.begun(recipe, err) and 'can be continued' not in (out + err if told == ['--json'] else err):
                raise Bad('how to go on is not said')
        code, _, err, _ = self.base.call([*args, '--threads', '1'], {'seed': 0})
        if code != HOLDS:
            self.said += ['let alone:', err]
            raise Bad(f'cannot be continued: {code}')
        self.same('continued')

    def fresh(self):
        self.go_on(*self.base.start, recipe=self.base.recipe)

    def resumed(self):
        shutil.copytree(self.base.part, self.where)
        self.go_on(recipe=self.random.choice([None, self.base.recipe]))

    def leftovers(self):
        """A run that goes on where some of the next files are, whole or not, under one name or the other."""
        shutil.copytree(self.base.part, self.where)
        self.rubbish = True
        for name in sorted(self.base.want.keys() - files(self.base.part).keys()):
            path = os.path.join(self.where, name)
            if self.random.random() < 0.5:
                continue
            path += self.random.choice(['', '.part']) if name.endswith('.games') else ''
            shutil.copy(os.path.join(self.base.good, name), path)
            how = self.random.choice(['whole', 'flipped', 'cut'])
            if how == 'flipped':
                flipped(path, self.random)
            elif how == 'cut':
                os.truncate(path, self.random.randrange(os.path.getsize(path)))
        self.torn_entry()
        self.go_on(recipe=self.random.choice([None, self.base.recipe]))

    def torn_entry(self):
        """Perhaps the beginning of the ledger's next entry."""
        path = os.path.join(self.where, 'ledger')
        with open(os.path.join(self.base.good, 'ledger'), 'rb') as f, open(path, 'ab') as to:
            f.seek(os.path.getsize(path))
            entry = re.match(rb'(?s).*?^entry .*?\n', f.read(), re.M)[0]
            to.write(entry[:self.random.choice([0, self.random.randrange(len(entry))])])

    def gtp(self, out):
        """The replies are those of always, up to one that says what could not be done; from there on they may differ."""
        have, want = out.split('\n\n'), self.base.clean['gtp'][0].split('\n\n')
        refused = next((i for i, (a, b) in enumerate(zip(have, want)) if a != b and re.match(r'\? .*(memory|cannot)', a)), None)
        if have[:refused] != want[:refused]:
            raise Bad('gtp: other replies')
        return refused is None

    def analysis(self, out):
        """Each answer is that of always, or says why there is none."""
        have, want = out.splitlines(), self.base.clean['analysis'][0].splitlines()
        good = [x for x in have if x in want]
        if [x for x in have if x not in want and not re.match(r'{"error":"[^"]*(memory|cannot start)', x)]:
            raise Bad('analysis: other answers')
        if len(good) < len(want) and len(good) == len(have):
            raise Bad('analysis: an answer is missing')
        return True

    def written(self, name, whole):
        """Files beside the run are as always; if not all was done, less of a match's games and of a transcript, and of others
        nothing, or what could not be removed."""
        have, want = contents(self.where), self.base.clean[name][1]
        for n, data in have.items():
            rubbish = n.endswith('.tmp') and 'rename' in self.failed
            early = name == 'gtp' or (name == 'match' and want.get(n, b'').startswith(data))
            if data != want.get(n) and not rubbish and not early:
                raise Bad(f'{name}: another {n}')
        if whole and have != want:
            raise Bad(f'{name}: other files')

    def look(self, only=None):
        x = self.random.choice([x for x in self.base.looks(self.where) if x.name in self.base.clean and only in (None, x.name)])
        os.mkdir(self.where)
        code, out, _ = self.step(x.name, x.args, x.text)
        if code not in (HOLDS, UNREADABLE):
            raise Bad(f'ends with {code}')
        judge = {'gtp': self.gtp, 'analysis': self.analysis}.get(x.name)
        whole = code == HOLDS
        if whole and judge:
            whole = judge(out)
        elif whole and out != self.base.clean[x.name][0]:
            raise Bad(f'{x.name}: other output')
        self.written(x.name, whole)

    def damaged(self):
        source, kind = self.random.choice([(self.base.good, 'damaged'), (self.base.kept, 'kept-damaged')])
        shutil.copytree(source, self.where)
        name = self.random.choice(sorted(files(source)))
        flipped(os.path.join(self.where, name), self.random)
        self.refused(name, self.step(kind, ['verify', self.where, '--segments', self.random.choice([0, 4])]))

    def refused(self, name, told):
        code, out, _ = told
        if code not in (MISMATCH, UNREADABLE) or re.search('(?m)^intact: ', out):
            raise Bad(f'a damaged {name} passes: {code}')

    def choose(self):
        return self.random.choices([self.fresh, self.resumed, self.leftovers, self.look, self.damaged], [6, 2, 2, 8, 2])[0]

    def judge(self):
        what = self.choose()
        try:
            what()
            return None
        except (Bad, subprocess.TimeoutExpired) as e:
            return '\n'.join([f'FAILED: seed {self.number} ({what.__name__}, {os.path.basename(self.base.recipe)}): {e}', *self.said])
        finally:
            shutil.rmtree(self.where, ignore_errors=True)
            if os.path.exists(self.where + '.log'):
                os.remove(self.where + '.log')


class Single(Seed):
    """One call, and no other, fails."""

    def __init__(self, base, number, scratch, name, kind, call):
        super().__init__([base], number, scratch)
        self.name, self.one = name, {kind: f'@{call}'}
        self.threads = self.rounds = [1]
        self.told = [[]]

    def faults(self, name):
        return self.one

    def only(self):
        self.look(self.name)

    def kept_damaged(self):
        self.refused('net', self.step(self.name, ['verify', self.base.damaged, '--segments', '0', '--seed', '1']))

    def choose(self):
        return {'run': self.fresh, 'kept-damaged': self.kept_damaged}.get(self.name, self.only)


def every(bases, names, scratch):
    where = ((base, name, kind, call) for base in bases for name in names if name in base.calls for kind in KINDS
             for call in range(1, base.calls[name][kind] + 1))
    return [Single(base, i, scratch, *x) for i, (base, *x) in enumerate(where)]


def main():
    p = argparse.ArgumentParser()
    p.add_argument('--seeds', type=int, help='how many seeds, or calls (60; with --every all)')
    p.add_argument('--every', action='store_true')
    p.add_argument('--of', choices=EVERY, help='with --every: of this alone')
    p.add_argument('--first', type=int, default=1)
    p.add_argument('--jobs', type=int, default=os.cpu_count())
    p.add_argument('miai')
    p.add_argument('recipe', nargs='+')
    a = p.parse_args()
    a.seeds = a.seeds or (1 << 30 if a.every else 60)
    failures, ends, bad = collections.Counter(), collections.Counter(), 0
    with tempfile.TemporaryDirectory() as scratch, concurrent.futures.ThreadPoolExecutor(a.jobs) as pool:
        bases = []
        for i, recipe in enumerate(a.recipe):
            bases.append(Base(os.path.abspath(a.miai), os.path.abspath(recipe), os.path.join(scratch, f'base{i}'), bases))
        numbers = range(a.first, a.first + a.seeds)
        seeds = every(bases, [a.of] if a.of else EVERY, scratch)[a.first - 1:][:a.seeds] if a.every else [Seed(bases, n, scratch) for n in numbers]
        for s, wrong in zip(seeds, pool.map(Seed.judge, seeds)):
            failures += s.failures
            ends += s.ends
            if wrong:
                bad += 1
                print(wrong, flush=True)
    print(f'{len(seeds)} {"calls" if a.every else "seeds"}, {sum(ends.values())} processes, {sum(failures.values())} failures injected: '
          + ', '.join(f'{k} {failures[k]}' for k in KINDS))
    print(f'of the processes that met a failure {ends["clear error"]} ended with a clear error and {ends["survived"]} '
          f'survived it; {ends["undisturbed"]} met none')
    print(f'{bad} failed')
    sys.exit(1 if bad else 0)


if __name__ == '__main__':
    main()
