# SPDX-License-Identifier: GPL-3.0-or-later
"""test_runs.py CASE MIAI RECIPE [FAULTS]: whole runs of a small recipe, made, killed, damaged, forged, checked.

MIAI is the program, FAULTS the library of faults.c.  Each case works in a folder of its own, with a run that it makes
first: a second in all, so that no case depends on another."""
import fcntl
import hashlib
import json
import os
import random
import re
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

CASE, MIAI, RECIPE = sys.argv[1], os.path.abspath(sys.argv[2]), os.path.abspath(sys.argv[3])
FAULTS = os.path.abspath(sys.argv[4]) if len(sys.argv) > 4 else None
HOLDS, MISMATCH, USAGE, UNREADABLE, STOPPED = 0, 1, 2, 3, 4
failures = 0


def check(good, *what):
    global failures
    if not good:
        failures += 1
        print('FAILED:', *what, flush=True)


def miai(*args, fault=None, **options):
    env = dict(os.environ)
    if fault:
        # Sanitizers want to be loaded first; here something else is.
        env.update(LD_PRELOAD=FAULTS, FAULTS=fault, ASAN_OPTIONS='verify_asan_link_order=0')
    return subprocess.run([MIAI, *map(str, args)], capture_output=True, text=True, env=env, timeout=120, **options)


def run(where, *args, recipe=RECIPE, **options):
    return miai('run', recipe, '--dir', where, *args, **options)


def verify(where, *args, **options):
    return miai('verify', where, *args, **options)


def made(where, *args, **options):
    """Makes or continues a run that has to succeed; the net's name."""
    r = run(where, *args, **options)
    check(r.returncode == HOLDS, 'run', where, *args, 'gives', r.returncode, r.stderr)
    last = r.stdout.splitlines()[-1:] or ['']
    check(re.fullmatch('net [0-9a-f]{64}', last[0]), 'last line of standard output:', last[0])
    return last[0]


def read(path):
    with open(path, 'rb') as f:
        return f.read()


def write(path, data):
    with open(path, 'wb') as f:
        f.write(data)


def files(where):
    """What a run consists of: name -> bytes."""
    found = {}
    for folder, _, names in os.walk(where):
        for n in names:
            path = os.path.join(folder, n)
            found[os.path.relpath(path, where)] = read(path)
    found.pop('lock', None)
    return found


def same(a, b, *what):
    check(a.keys() == b.keys(), *what, 'files differ:', sorted(a.keys() ^ b.keys()))
    for name in sorted(a.keys() & b.keys()):
        check(a[name] == b[name], *what, name, 'differs')


def setting(name):
    """A whole number of the recipe, named without its section."""
    with open(RECIPE) as f:
        return int(re.search(rf'(?m)^{name} = (\d+)$', f.read()).group(1))


def recipe_with(path, **settings):
    """A copy of the recipe with some settings changed, each named without its section."""
    with open(RECIPE) as f:
        text = f.read()
    for name, value in settings.items():
        text, n = re.subn(rf'(?m)^{name} = .*$', f'{name} = {value}', text)
        assert n == 1, name
    with open(path, 'w') as f:
        f.write(text)
    return path


# Cases


def same_everywhere():
    """One run whatever the number of threads and the instruction set."""
    made('want', '--threads', 1, '--cpu-flags', 'none')
    want = files('want')
    for threads in 1, 2, 7:
        for flags in 'none', 'all':
            where = f'{threads}-{flags}'
            made(where, '--threads', threads, '--cpu-flags', flags)
            same(files(where), want, where)
    r = verify('want', '--rebuild', '--threads', 3, '--cpu-flags', 'all')
    check(r.returncode == HOLDS and 'rebuilt: ' in r.stdout, 'rebuild', r.stdout, r.stderr)


def killed_at_random_moments():
    start = time.monotonic()
    made('want')
    whole = time.monotonic() - start
    want, kills, rounds = files('want'), 0, 0
    moment = random.Random(20)
    while kills < 20 and rounds < 100:
        rounds += 1
        p = subprocess.Popen([MIAI, 'run', RECIPE, '--dir', 'k', '--threads', '2'], stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)
        time.sleep(moment.uniform(0, whole))
        p.send_signal(signal.SIGKILL)
        if p.wait() == -signal.SIGKILL:
            kills += 1
            if rounds % 4:
                continue  # let the next process continue from here
        made('k')
        same(files('k'), want, 'killed', kills, 'times')
        shutil.rmtree('k')
    check(kills == 20, 'only', kills, 'kills in', rounds, 'runs')


def killed_at_every_call():
    """Killed before, or in the middle of, calls that change the disk: then continued."""
    made('want')
    want = files('want')
    r = run('c', '--threads', 1, fault='count')
    m = re.search(r'calls (\d+)', r.stderr)
    check(m, 'no count of calls:', r.stderr)
    same(files('c'), want, 'with faults.c')
    calls = int(m.group(1))
    step = max(1, calls // 40)
    for what, offset in ('kill', 0), ('tear', step // 2):
        for n in range(1 + offset, calls + 1, step):
            r = run('d', '--threads', 1, fault=f'{what}:{n}')
            check(r.returncode == -signal.SIGKILL, what, n, 'did not kill:', r.returncode, r.stderr)
            if (what == 'tear' or n % 3 == 0) and os.path.exists('d/ledger'):
                r = verify('d', '--segments', 0)
                check(r.returncode == HOLDS, 'verify after', what, n, r.stdout, r.stderr)
            made('d', fault='count')
            same(files('d'), want, what, n)
            shutil.rmtree('d')


def disk_full():
    made('want')
    want = files('want')
    calls = int(re.search(r'calls (\d+)', run('c', '--threads', 1, fault='count').stderr).group(1))
    for n in range(1, calls, max(1, calls // 40)):
        r = run('d', '--threads', 1, fault=f'full:{n}')
        check(r.returncode == UNREADABLE and 'No space left on device' in r.stderr and ': cannot ' in r.stderr,
              'full at', n, 'gives', r.returncode, r.stderr)
        check('can be continued' in r.stderr, 'how to go on is not said:', r.stderr)
        made('d', fault='count')
        same(files('d'), want, 'full at', n)
        shutil.rmtree('d')
    for name in 'recipe', 'games/000002.games', 'checkpoints/000000-000000.ckpt':
        limit = len(want[name]) - 1
        r = run('d', preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY)))
        check(r.returncode == UNREADABLE and 'File too large' in r.stderr, 'limit', limit, r.returncode, r.stderr)
        made('d')
        same(files('d'), want, 'limit', limit)
        shutil.rmtree('d')


def stopped_and_continued():
    made('want')
    want = files('want')
    last = setting('generations')
    for until in range(1, last + 1):
        net = made('u', '--until', until)
        entries = read('u/ledger').decode().split('\ngeneration ')
        check(len(entries) == until + 2, 'until', until, 'has', len(entries) - 1, 'entries')
        best = re.search(r'(?m)^best \d+ (\w+)$', entries[-1]).group(1)
        check(net == 'net ' + best, 'until', until, 'prints', net)
    same(files('u'), want, '--until')
    check(made('u') == net, 'a finished run names its net again')
    r = miai('run', '--dir', 'u')
    check(r.returncode == HOLDS and r.stdout.endswith(net + '\n'), 'without a recipe', r.stderr)
    long = recipe_with('long.ini', games=1000000)
    p = subprocess.Popen([MIAI, 'run', long], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    while not os.path.exists('long.run/games/000001.games.part'):
        time.sleep(0.01)
    time.sleep(0.3)
    start = time.monotonic()
    p.send_signal(signal.SIGINT)
    out, err = p.communicate(timeout=60)
    check(p.returncode == STOPPED and 'miai run --dir long.run' in err, 'SIGINT gives', p.returncode, err)
    check(time.monotonic() - start < 10, 'stopping took long')
    r = verify('long.run')
    check(r.returncode == HOLDS and f'not checked: generation 1 of {last}' in r.stdout, 'unfinished', r.stdout,
          r.stderr)


def wrong_use():
    made('r', '--until', 1)
    before = files('r')
    seed = setting('seed')
    other = recipe_with('other.ini', seed=seed + 1, games=setting('games') + 1)
    r = run('r', recipe=other)
    check(r.returncode == MISMATCH and f'run.seed: there {seed}, yours {seed + 1}' in r.stderr, 'other recipe',
          r.stderr)
    check(hashlib.sha256(before['recipe']).hexdigest() in r.stderr, 'the hash is not named', r.stderr)
    with open('r/lock', 'w') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        r = run('r')
        check(r.returncode == UNREADABLE and 'another process' in r.stderr, 'locked', r.returncode, r.stderr)
    same(files('r'), before, 'refused runs change nothing:')
    write('r/ledger', before['ledger'].replace(b'numerics ', b'numerics 9'))
    check(run('r').returncode == MISMATCH, 'a changed ledger')
    write('r/ledger', before['ledger'])
    os.remove('r/recipe')
    r = run('r')
    check(r.returncode == MISMATCH and 'r/recipe' in r.stderr, 'no recipe', r.stderr)
    r = run('s', recipe=recipe_with('short.ini', games=1, full_share=1))
    check(r.returncode == USAGE and 'raise selfplay.full_share' in r.stderr, 'no samples', r.returncode, r.stderr)
    for args, want in ((['run'], USAGE), (['run', 'nothing.ini'], UNREADABLE), (['run', '--dir', 'nothing'], USAGE),
                       (['run', RECIPE, '--until', '0'], USAGE), (['run', RECIPE, '--threads', 'x'], USAGE),
                       (['run', RECIPE, '--cpu-flags', 'x'], USAGE),
                       (['run', RECIPE, '--dir', '/dev/null/x'], UNREADABLE),
                       (['verify'], USAGE), (['verify', 'nothing'], UNREADABLE),
                       (['verify', 'r', '--segments', '-1'], USAGE), (['verify', 'r', '--seed', 'x'], USAGE)):
        r = miai(*args)
        check(r.returncode == want and r.stderr, args, 'gives', r.returncode, 'not', want, r.stderr)


def in_json():
    r = run('j', '--json')
    lines = [json.loads(x) for x in r.stdout.splitlines()]
    entries = setting('generations') + 1
    events = [x['event'] for x in lines if x['event'] != 'progress']
    check(events == ['start'] + entries * ['generation'] + ['done'], lines)
    check(r.stderr == '', 'standard error:', r.stderr)
    again = [json.loads(x) for x in run('j', '--json').stdout.splitlines()]
    check(again[-1] == lines[-1], 'done', again[-1])
    check([x['resumed'] for x in again if x['event'] == 'generation'] == entries * [True], again)


def logged():
    """What cannot be a log is refused at once, untouched, and the run goes on; a file that is there is continued."""
    want = made('want')
    os.mkdir('folder')
    os.mkfifo('pipe')
    os.symlink('/dev/zero', 'link')
    for where in '/dev/full', '/dev/zero', '/dev/null', 'pipe', 'link', 'folder':
        r = run('r', '--log', where)
        check(r.returncode == HOLDS and r.stdout.endswith(want + '\n'), where, r.returncode, r.stderr)
        check(f'--log {where}: not a regular file; name one' in r.stderr, where, 'is not refused:', r.stderr)
    check(run('s', '--log', 'none/log').stderr.count('--log none/log: No such file') == 1, 'no folder')
    made('r2', '--until', 1, '--log', 'log')
    first = read('log')
    made('r2', '--log', 'log')
    rows = [x.split('\t')[0] for x in read('log').decode().splitlines()]
    check(read('log').startswith(first) and rows == ['generation', *map(str, range(setting('generations') + 1))], rows)


def spot_checks():
    """As many segments as asked for, no more than there are, shared evenly by the kinds, chosen by the seed alone."""
    made('v')
    line = re.compile(r'(?m)^(spot-checked|rebuilt:) (\d+) of (\d+) segments '
                      r'\((\d+) of (\d+) games, (\d+) of (\d+) spans, (\d+) of (\d+) match pairs')
    said = set()
    for args, want in ((['--segments', 0], 0), (['--segments', 1], 1), (['--segments', 9, '--seed', 1], 9),
                       (['--segments', 9, '--seed', 2], 9), (['--segments', 9, '--seed', 1, '--cpu-flags', 'all'], 9),
                       (['--segments', 1000000], None), (['--rebuild'], None)):
        r = verify('v', *args)
        m = line.search(r.stdout)
        check(r.returncode == HOLDS and m, args, r.stdout, r.stderr)
        n, total, *parts = (int(x) for x in m.groups()[1:])
        parts, of = parts[::2], parts[1::2]
        check(sum(parts) == n == (total if want is None else want) and sum(of) == total, args, 'checks', m.group())
        fewer = [p for p, k in zip(parts, of) if p < k]
        check(not fewer or max(parts) <= min(fewer) + 1, args, 'does not share evenly', m.group())
        made_again = sum(int(x) for x in re.findall(r'(?m)^generation \d+: (\d+) .* made again, equal$', r.stdout))
        check(made_again == n, args, 'says', r.stdout)
        check((n == total) == ('not checked' not in r.stdout), args, 'says', r.stdout)
        check('intact: ' in r.stdout and 'consistent: ' in r.stdout, args, 'says', r.stdout)
        if '--seed' in args:
            said.add(r.stdout)
    check(len(said) == 2, 'two seeds give', said)


def damage(where):
    """(name, bytes) of damaged copies of each file."""
    place = random.Random(1)
    for name, data in sorted(files(where).items()):
        places = {0, len(data) - 1, *(place.randrange(len(data)) for _ in range(3))}
        for at in sorted(places):
            yield name, data, data[:at] + bytes([data[at] ^ 1 << place.randrange(8)]) + data[at + 1:]
        if name != 'ledger':
            yield name, data, data[:-1]
        yield name, data, data + b'\n'
        yield name, data, data + b'generation %d\n' % (setting('generations') + 1)
        yield name, data, b''


def altered(checkpoint, back, step):
    """A checkpoint whose i32 that ends `back` bytes before its hash is moved by step toward zero, hash made to fit."""
    body = checkpoint[:-32]
    v, = struct.unpack('<i', body[-back - 4:len(body) - back])
    body = body[:-back - 4] + struct.pack('<i', v + (step if v < 0 else -step)) + body[len(body) - back:]
    return body + sha(body)


def jump(checkpoint):
    """Moves a bias of the last layer, which has six, by 4: further than a few steps go."""
    return altered(checkpoint, 24, 1 << 26)


def damaged_files():
    """Whatever byte of whatever file is changed, verify names the file."""
    made('v')
    kinds = {name.split('/')[0] for name in files('v')}
    check(kinds == {'recipe', 'ledger', 'games', 'shards', 'checkpoints', 'nets', 'matches'}, 'kinds', kinds)
    for name, data, bad in damage('v'):
        write(f'v/{name}', bad)
        r = verify('v', '--segments', 0, '--threads', 1)
        check(r.returncode == MISMATCH and f'v/{name}' in r.stderr, name, 'damaged:', r.returncode, r.stdout, r.stderr)
        check(name in ('recipe', 'ledger') or 'not intact: v/' + name in r.stdout, 'not said', r.stdout)
        write(f'v/{name}', data)
    for name, data in files('v').items():
        os.remove(f'v/{name}')
        r = verify('v', '--segments', 0)
        want = UNREADABLE if name in ('recipe', 'ledger') else MISMATCH
        check(r.returncode == want and f'v/{name}' in r.stderr, name, 'missing:', r.returncode, r.stderr)
        write(f'v/{name}', data)
    ledger = read('v/ledger')
    entry = len(ledger) - ledger.rindex(b'generation ')
    for cut in 1, 70, 72, entry - 1:
        write('v/ledger', ledger[:-cut])
        r = verify('v', '--segments', 0)
        check(r.returncode == HOLDS and f'not checked: v/ledger: incomplete last entry of {entry - cut} bytes' in r.stdout,
              'ledger cut by', cut, r.stdout, r.stderr)
    write('v/ledger', ledger)
    write('v/nets/000009.net', b'x')
    r = verify('v', '--segments', 0)
    check(r.returncode == HOLDS and 'not in the ledger: v/nets/000009.net' in r.stdout, 'stranger', r.stdout)


def damaged_and_continued():
    """A file that run needs and that is not the ledger's is refused; what has no entry yet is made again."""
    made('want')
    want = files('want')
    made('r', '--until', 2)
    two = files('r')
    best = int(re.findall(rb'(?m)^best (\d+) ', two['ledger'])[-1])
    last = max(name for name in two if name.startswith('checkpoints/'))
    for name in f'nets/{best:06}.net', last, 'shards/000002.shard':
        write(f'r/{name}', two[name][:-1] + bytes([two[name][-1] ^ 1]))
        r = run('r')
        check(r.returncode == MISMATCH and f'r/{name}: damaged' in r.stderr, name, r.returncode, r.stderr)
        check(hashlib.sha256(two[name]).hexdigest() in r.stderr, 'its hash is not named', r.stderr)
        write(f'r/{name}', two[name])
    made('r')
    same(files('r'), want, 'restored')
    unfinished = two['ledger']
    for name in sorted(want.keys() - two.keys()):
        bads = [want[name][:-1], b'', want[name][:40], b'x' * 100]
        if name.endswith('.ckpt'):
            bads.append(jump(want[name]))
        if name.endswith('.games'):
            bads.append(other_komi(want[name]))
        for bad in bads:
            write('r/ledger', unfinished)
            write(f'r/{name}', bad)
            made('r')
            same(files('r'), want, name, 'made again')
            if name.endswith('.games'):
                write('r/ledger', unfinished)
                os.rename(f'r/{name}', f'r/{name}.part')
                write(f'r/{name}.part', bad)
                made('r')
                same(files('r'), want, name, '.part')
    for cut in 1, 70, 200, 1000:
        write('r/ledger', want['ledger'][:-cut])
        made('r')
        same(files('r'), want, 'ledger cut by', cut)


# Forgeries: bytes changed, and every hash that names them made to fit.


def sha(data):
    return hashlib.sha256(data).digest()


def merkle(leaves):
    if not leaves:
        return sha(b'')
    if len(leaves) == 1:
        return sha(b'\0' + leaves[0])
    k = 1
    while 2 * k < len(leaves):
        k *= 2
    return sha(b'\1' + merkle(leaves[:k]) + merkle(leaves[k:]))


def payloads(data):
    at, found = 52, []
    while at < len(data):
        n, = struct.unpack_from('<I', data, at)
        found.append(data[at + 4:at + 4 + n])
        at += n + 8
    return found


def frames(games):
    return b''.join(struct.pack('<I', len(g)) + g + sha(g)[:4] for g in games)


def other_komi(data):
    """A file of games whose game 1 was played at another komi, its checksum made to fit."""
    games = payloads(data)
    games[1] = games[1][:6] + bytes([games[1][6] ^ 4]) + games[1][7:]
    return data[:52] + frames(games)


def winner(payload):
    """1 where Black won a game, -1 where White did, 0 where it was drawn."""
    score, = struct.unpack_from('<i', payload, 12)
    return (score > 0) - (score < 0)


def count_two_more(path, generation):
    """Two more games in the match of a generation, one of them won."""
    entries = re.split('(?m)^(?=generation )', read(path).decode())
    line = re.search(r'(?m)^match (\d+) (\w+) (\d+) (\d+) (\d+)$', entries[1 + generation])
    games, root, won, drawn, lost = line.groups()
    new = f'match {int(games) + 2} {root} {int(won) + 1} {drawn} {int(lost) + 1}'
    entries[1 + generation] = entries[1 + generation].replace(line.group(), new)
    write(path, ''.join(entries).encode())


def entry_forged(where, generation, *edits):
    """A kept run's ledger up to a generation, whose entry was edited, (pattern, replacement) each."""
    head, *entries = re.split('(?m)^(?=generation )', read('kept/ledger').decode())
    entry = entries[generation]
    for old, new in edits:
        entry, n = re.subn('(?m)' + old, new, entry)
        assert n == 1, old
    os.makedirs(where)
    shutil.copy('kept/recipe', where)
    chained(where + '/ledger', ''.join([head, *entries[:generation], entry]))


def forge_value(payload, kind):
    """Changes the value of the first move chosen in this way by one; None where there is no such move."""
    moves, = struct.unpack_from('<H', payload, 10)
    at = 16
    for _ in range(moves):
        k = payload[at + 2]
        at += 3
        if k == kind:
            v, = struct.unpack_from('<i', payload, at)
            return payload[:at] + struct.pack('<i', v + (1 if v < 0 else -1)) + payload[at + 4:]
        if k:
            at += 4
        if k == 2:
            at += 2 + 4 * struct.unpack_from('<H', payload, at)[0]
    return None


def forge_games(path, kind):
    """Changes one game; (its number, the new Merkle root)."""
    data = read(path)
    games = payloads(data)
    for i in reversed(range(len(games))):
        forged = forge_value(games[i], kind)
        if forged:
            games[i] = forged
            write(path, data[:52] + frames(games))
            return i, merkle([sha(g) for g in games])
    raise AssertionError('no such move')


def chain(path, old, new):
    """Replaces a hash in the ledger and makes its chain whole again."""
    chained(path, read(path).decode().replace(old, new.hex()))


def chained(path, ledger):
    """Writes a ledger with its chain made whole."""
    previous, text, out = b'', '', ''
    for line in ledger.splitlines(keepends=True):
        if line.startswith(('ledger ', 'entry ')):
            previous = sha(previous + text.encode())
            out += text + line.split()[0] + ' ' + previous.hex() + '\n'
            text = ''
        else:
            text += line
    write(path, out.encode())


def forged(where, what):
    """The forgery is consistent; making all again finds it, and so does the spot check that hits it."""
    r = verify(where, '--segments', 0)
    check(r.returncode == HOLDS and 'consistent: ' in r.stdout, what, 'without making it again:', r.stdout, r.stderr)
    r = verify(where, '--rebuild', '--cpu-flags', 'all')
    check(r.returncode == MISMATCH and what in r.stderr, what, 'made again:', r.returncode, r.stdout, r.stderr)
    codes = [verify(where, '--segments', 15, '--seed', i).returncode for i in range(20)]
    check(set(codes) == {HOLDS, MISMATCH}, what, 'in spot checks:', codes)


def forgeries():
    made('want')
    root = {}
    for g, name in re.findall(rb'(?m)^generation (\d+)\ngames \d+ (\w+)', read('want/ledger')):
        root['games', int(g)] = name.decode()
    for g, name in enumerate(re.findall(rb'(?m)^match \d+ (\w+)', read('want/ledger'))):
        root['match', g] = name.decode()

    shutil.copytree('want', 'f1')
    i, new = forge_games('f1/games/000002.games', kind=1)  # a cheap move's value: nothing is learnt from it
    chain('f1/ledger', root['games', 2], new)
    forged('f1', f'generation 2, game {i}: ')

    shutil.copytree('want', 'f2')
    i, new = forge_games('f2/matches/000002.games', kind=2)
    chain('f2/ledger', root['match', 2], new)
    forged('f2', f'generation 2, match game {i}: ')

    shutil.copytree('want', 'f3')
    names = sorted(os.listdir('f3/checkpoints'))
    at = next(i for i, name in enumerate(names) if name.startswith('000002-'))
    start, end = (int(name[7:13]) for name in names[at - 1:at + 1])
    path = 'f3/checkpoints/' + names[at]
    data = read(path)
    write(path, altered(data, 0, 1))  # the last momentum
    chain('f3/ledger', sha(data).hex(), sha(read(path)))
    forged('f3', f'generation 2, training steps {start} to {end}: ')

    # What is not even consistent is found without making anything again.
    shutil.copytree('want', 'f8')
    path = 'f8/checkpoints/' + names[at]
    write(path, jump(data))
    chain('f8/ledger', sha(data).hex(), sha(read(path)))
    r = verify('f8', '--segments', 0)
    check(r.returncode == MISMATCH and f'generation 2: from step {start} to {end} a weight moved' in r.stderr, r.stderr)

    shutil.copytree('want', 'f4')
    data = read('f4/shards/000001.shard')
    write('f4/shards/000001.shard', data[:-1] + bytes([data[-1] ^ 1]))
    chain('f4/ledger', sha(data).hex(), sha(read('f4/shards/000001.shard')))
    r = verify('f4', '--segments', 0)
    check(r.returncode == MISMATCH and 'generation 1: the shard' in r.stderr, 'shard', r.stderr)
    check('intact: ' in r.stdout and 'consistent: ' not in r.stdout, 'words', r.stdout)

    shutil.copytree('want', 'f5')
    data = read('f5/nets/000002.net')
    write('f5/nets/000002.net', data[:-1] + bytes([data[-1] ^ 1]))
    chain('f5/ledger', sha(data).hex(), sha(read('f5/nets/000002.net')))
    r = verify('f5', '--segments', 0)
    check(r.returncode == MISMATCH and 'generation 2: the net' in r.stderr, 'net', r.stderr)

    shutil.copytree('want', 'f6')
    i, new = forge_games('f6/games/000001.games', kind=2)  # a full search's value: it is learnt from
    chain('f6/ledger', root['games', 1], new)
    r = verify('f6', '--segments', 0)
    check(r.returncode == MISMATCH and 'generation 1: the shard' in r.stderr, 'game and shard', r.stderr)

    shutil.copytree('want', 'f7')
    rejected = re.findall(r'(?m)^promoted (\d)$', read('f7/ledger').decode()).index('0')
    path = f'f7/matches/{rejected:06}.games'
    data = read(path)
    games = payloads(data)
    n = len(games)
    pair = next(i for i in range(0, n, 2) if winner(games[i]) == winner(games[i + 1]) != 0)  # one game each
    games += [struct.pack('<I', n + i) + games[pair + i][4:] for i in range(2)]  # good games, but the match was over
    write(path, data[:52] + frames(games))
    new = merkle([sha(g) for g in games])
    count_two_more('f7/ledger', rejected)
    chain('f7/ledger', root['match', rejected], new)
    r = verify('f7', '--segments', 0)
    check(r.returncode == MISMATCH and f'match game {n} was played after' in r.stderr, 'a longer match', r.stderr)


def kept():
    """A run without what can be made again: its start and the games of its net that is there are made again."""
    made('want')
    os.makedirs('kept/nets')
    for name in ('recipe', 'ledger'):
        shutil.copy('want/' + name, 'kept')
    bests = [int(g) for g in re.findall(rb'(?m)^best (\d+) ', read('kept/ledger'))]
    last = len(bests) - 1
    player = f'nets/{bests[last - 1]:06}.net'
    shutil.copy('want/' + player, 'kept/' + player)
    r = verify('kept', '--cpu-flags', 'all')
    check(r.returncode == HOLDS and f'games of generation {last}, the same bytes' in r.stdout and
          f'the whole of 1 of {last} generations' in r.stdout and 'intact: 3 files' in r.stdout, r.stdout, r.stderr)
    check('consistent' not in r.stdout and len(re.findall('not checked: ', r.stdout)) == 2, 'words', r.stdout)
    r = verify('kept', '--segments', 0)
    check(r.returncode == HOLDS and 'again:' not in r.stdout, 'no segment', r.stdout, r.stderr)
    r = verify('kept', '--rebuild', '--cpu-flags', 'all')
    check(r.returncode == HOLDS and f'rebuilt: all {last} generations' in r.stdout, r.stdout, r.stderr)

    root = re.findall(rb'(?m)^games \d+ (\w+)', read('kept/ledger'))
    for generation, want in ((last, 'played again, are not those'), (1, 'generation 1: made again, its entry')):
        shutil.copytree('kept', f'forged{generation}')
        chain(f'forged{generation}/ledger', root[generation].decode(), bytes(32))
        r = verify(f'forged{generation}', '--cpu-flags', 'all')
        check(r.returncode == MISMATCH and want in r.stderr, generation, r.stdout, r.stderr)
    data = read('kept/' + player)
    write('kept/' + player, data[:-1] + bytes([data[-1] ^ 1]))
    r = verify('kept', '--segments', 0)
    check(r.returncode == MISMATCH and 'damaged' in r.stderr, 'a damaged net', r.stderr)


def kept_forgeries():
    """A kept run's ledger that contradicts its recipe, or itself, is refused before anything is played."""
    made('want')
    os.makedirs('kept')
    for name in ('recipe', 'ledger'):
        shutil.copy('want/' + name, 'kept')
    promoted = re.findall(r'(?m)^promoted (\d)$', read('kept/ledger').decode())
    lost, won = promoted.index('0'), promoted.index('1', 2)
    games, nothing, match = setting('games'), hashlib.sha256(b'').hexdigest(), 'match .*'
    net = re.findall(r'(?m)^net (\w+)$', read('kept/ledger').decode())
    best = re.findall(r'(?m)^(best .*\nrating .*)$', read('kept/ledger').decode())
    rating = int(best[won].split()[-1])
    last = lost * setting('steps')
    other = '11' * 32
    cases = [
        (lost, [('games .*', f'games 0 {nothing}')], f'0 games, where the recipe has {games}'),
        (lost, [('games .*', f'games 4294967295 {other}')], f'4294967295 games, where the recipe has {games}'),
        (lost, [('samples .*', f'samples 0 {other}')], '0 samples'),
        (lost, [('samples .*', f'samples {games * 24 + 1} {other}')], f'{games * 24 + 1} samples'),
        (lost, [('window .*', 'window 0')], 'window from generation 0'),
        (lost, [(f'checkpoint {last} ', 'checkpoint 99999 ')], f'stands at step 99999, where the recipe has {last}'),
        (lost, [(f'checkpoint {last} .*\n', '')], f'{setting("steps") // setting("checkpoint_interval") - 1} checkpoints'),
        (lost, [(match, f'match 4 {other} 0 0 4'), ('promoted .*', 'promoted 1'), ('best .*', f'best {lost} {net[lost]}'),
                ('rating .*', 'rating 99999')], 'promotion does not follow'),
        (lost, [(match, f'match 0 {nothing} 0 0 0')], 'a match of 0 games'),
        (lost, [(match, f'match 2 {other} 0 1 1')], 'a match of 2 games, 0 won, 1 drawn, 1 lost, where the recipe\'s ends later'),
        (lost, [(match, f'match 5 {other} 0 0 5')], 'a match of 5 games'),
        (lost, [(match, f'match 8 {other} 0 0 8')], 'a match of 8 games, 0 won, 0 drawn, 8 lost, where the recipe\'s ends earlier'),
        (lost, [(match, f'match 4294967294 {other} 0 0 4294967294')], 'a match of 4294967294 games'),
        (won, [('rating .*', f'rating {rating + 1}')], f'rating {rating + 1}, where its matches give {rating}'),
        (won, [('promoted .*', 'promoted 0'), ('best .*\nrating .*', best[won - 1])], 'promotion does not follow'),
        (0, [('games 0 .*', f'games 0 {other}')], 'games, where nothing was played'),
        (0, [('samples 0 .*', f'samples 0 {other}')], 'samples, where nothing was played'),
        (0, [('match 0 .* 0 0 0', f'match 0 {other} 0 0 0')], 'match, where nothing was played'),
        (0, [('checkpoint 0 .*', f'checkpoint 0 {other}')], 'the initial state is not the recipe\'s'),
        (0, [('net .*', f'net {other}'), ('best 0 .*', f'best 0 {other}')], 'the net does not have'),
    ]
    for i, (generation, edits, want) in enumerate(cases):
        entry_forged(f'f{i}', generation, *edits)
        for args in ['--segments', 0], ['--rebuild'], []:
            r = verify(f'f{i}', *args)
            check(r.returncode == MISMATCH and f': generation {generation}: ' in r.stderr and want in r.stderr and
                  not re.search('playing|making', r.stdout), edits, args, r.returncode, r.stdout, r.stderr)
    entry_forged('zero', 0)
    check('no run.start' in verify('zero', '--segments', 0, '--start', 'want/recipe').stderr, 'a start for a recipe without')
    r = verify('zero', '--rebuild')
    check(r.returncode == HOLDS and 'rebuilt: all 0 generations and the initial state' in r.stdout, r.stdout, r.stderr)

    made('free', recipe=recipe_with('free.ini', pairs=0))
    shutil.copy('free/recipe', 'kept')
    shutil.copy('free/ledger', 'kept')
    for i, (edits, want) in enumerate((([(match, f'match 4 {other} 2 0 2')], 'a match of 4 games, where the recipe has none'),
                                       ([(match, f'match 0 {other} 0 0 0')], 'a match of 0 games, where the recipe has none'),
                                       ([('rating .*', 'rating 5')], 'rating 5, where its matches give 0'))):
        entry_forged(f'm{i}', 1, *edits)
        r = verify(f'm{i}', '--segments', 0)
        check(r.returncode == MISMATCH and ': generation 1: ' + want in r.stderr, edits, r.returncode, r.stdout, r.stderr)


def started():
    """A run that goes on from another's last checkpoint."""
    made('first')
    step = max(os.listdir('first/checkpoints'))
    last = 'first/checkpoints/' + step
    text = read(RECIPE).decode()
    more = re.sub(r'(?m)^seed.*', f'seed = 77\nstart = {hashlib.sha256(read(last)).hexdigest()}', text)
    write('more.ini', more.encode())
    other = 'first/checkpoints/' + min(os.listdir('first/checkpoints'))
    wide = re.sub(r'(?m)^channels.*', 'channels = 32', more)
    write('wide.ini', wide.encode())
    for args, recipe, code, want in (([], 'more.ini', USAGE, '--start'), (['--start', other], 'more.ini', USAGE, 'not the checkpoint'),
                                     (['--start', 'none'], 'more.ini', UNREADABLE, 'none'),
                                     (['--start', last], RECIPE, USAGE, 'no run.start'),
                                     (['--start', last], 'wide.ini', USAGE, 'not the recipe')):
        r = run('a', *args, recipe=recipe)
        check(r.returncode == code and want in r.stderr and not os.path.exists('a'), args, recipe, r.returncode, r.stderr)

    made('a', '--start', last, '--threads', 1, '--until', 1, recipe='more.ini')
    r = run('a', '--start', other, recipe='more.ini')
    check(r.returncode == USAGE, 'continued with another start', r.returncode, r.stderr)
    made('a', recipe='more.ini')  # it has the checkpoint now
    made('d', '--start', last, recipe='more.ini')
    same(files('a'), files('d'), 'a run that was interrupted:')
    check(read('a/checkpoints/start.ckpt') == read(last), 'the start is not that file')
    there, here = read(last), read('a/checkpoints/000000-000000.ckpt')
    check(there[:24] == here[:24] and there[32:-32] == here[32:-32] and here[24:32] == bytes(8), 'the initial state')
    r = verify('a', '--rebuild')
    check(r.returncode == HOLDS and 'rebuilt: ' in r.stdout and 'not in the ledger' not in r.stdout, r.stdout, r.stderr)
    check('not checked: how the checkpoint was made' in r.stdout, 'words', r.stdout)
    check(verify('a', '--start', last).returncode == USAGE, 'a start for what is not kept')
    write('same.ini', more.replace(hashlib.sha256(read(last)).hexdigest(), '1' * 64).encode())
    r = run('a', recipe='same.ini')
    check(r.returncode == MISMATCH and 'differ in run.start' in r.stderr, 'another start alone', r.stderr)
    data = read('d/checkpoints/start.ckpt')
    write('d/checkpoints/start.ckpt', data[:100] + bytes([data[100] ^ 1]) + data[101:])
    r = verify('d', '--segments', 0)
    check(r.returncode == MISMATCH and 'not intact: d/checkpoints/start.ckpt' in r.stdout, 'a damaged start', r.stdout, r.stderr)
    made('d', '--start', last, recipe='more.ini')
    same(files('a'), files('d'), 'a start that was mended:')
    os.remove('d/checkpoints/start.ckpt')
    check(verify('d', '--segments', 0).returncode == MISMATCH, 'a missing start')

    os.makedirs('kept/nets')
    for name in ('recipe', 'ledger', 'nets/000000.net'):
        shutil.copy('a/' + name, 'kept/' + name)
    r = verify('kept')
    check(r.returncode == HOLDS and 'not checked: generations 0 and 1' in r.stdout and 'the same bytes' in r.stdout,
          'kept', r.stdout, r.stderr)
    r = verify('kept', '--rebuild')
    check(r.returncode == USAGE and '--start' in r.stderr, 'kept, rebuilt without a start', r.stdout, r.stderr)
    r = verify('kept', '--start', other)
    check(r.returncode == USAGE and 'not the checkpoint' in r.stderr, 'kept, another start', r.stdout, r.stderr)
    r = verify('kept', '--segments', 0, '--start', other)
    check(r.returncode == USAGE and 'not the checkpoint' in r.stderr, 'kept, another start, no segment', r.stdout, r.stderr)
    r = verify('kept', '--segments', 0, '--start', last)
    check(r.returncode == HOLDS and 'the initial state and its net are the recipe' in r.stdout, 'kept, no segment', r.stdout, r.stderr)
    r = verify('kept', '--rebuild', '--start', last)
    check(r.returncode == HOLDS and 'rebuilt: all' in r.stdout, 'kept, rebuilt', r.stdout, r.stderr)


CASES = {f.__name__.replace('_', '-'): f for f in (
    same_everywhere, killed_at_random_moments, killed_at_every_call, disk_full, stopped_and_continued, wrong_use,
    in_json, logged, spot_checks, damaged_files, damaged_and_continued, forgeries, kept, kept_forgeries, started)}

if __name__ == '__main__':
    with tempfile.TemporaryDirectory() as scratch:
        os.chdir(scratch)
        CASES[CASE]()
    sys.exit(1 if failures else 0)
