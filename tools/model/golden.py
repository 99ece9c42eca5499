# SPDX-License-Identifier: GPL-3.0-or-later
"""The golden tables, from the model.  tests/golden/golden.h says what a row is; tests/golden/rows_*.c make the same
rows from the C reference, table by table and in the same order."""

import hashlib
import os
import struct

from . import base, go, leela, play, run, search, train
from .net import Shape, act_names, Forward

SHOWN_MAX = 8
TAIL = 4096
ADAPT_SEED, ADAPT_STEPS = 26, 6


def test_key(number):
    return base.key(number, base.TEST)


def flat(x):
    if isinstance(x, (bytes, bytearray)):
        return list(x)
    if not isinstance(x, (list, tuple)):
        return [x]
    return [v for y in x for v in flat(y)]


class Table:
    def __init__(self):
        self.lines = []

    def row(self, name, kind, dims, values):
        values, width, count = flat(values), int(kind[1:]) // 8, 1
        for d in dims:
            count *= d
        if len(values) != count:
            raise ValueError(f"{name}: {len(values)} values for {dims}")
        data = b"".join(v.to_bytes(width, "little", signed=kind[0] == "i") for v in values)
        text = f"{name} {kind}[{','.join(map(str, dims))}] {hashlib.sha256(data).hexdigest()[:16]}"
        if count <= SHOWN_MAX:
            text += " =" + "".join(f" {v}" for v in values)
        self.lines.append(text)

    def text(self):
        return "".join(line + "\n" for line in self.lines)


def word(row, i):
    return base.at(test_key(row), i)


def number(row, i, bits):
    """The upper bits of a word as a two's complement number."""
    w = word(row, i) >> 64 - bits
    return w - (w >> bits - 1 << bits)


def base_table():
    t, n = Table(), 256
    rows = [
        ("rng_mix", lambda w, i: base.mix(w)), ("rng_key", base.key), ("rng_at", base.at),
        ("rng_below", lambda w, i: base.below(w, i, 1 + (w >> 40))),
        ("rng_round_bits", lambda w, i: base.round_bits(w, w & base.M32)),
        ("rng_permute/256", lambda w, i: base.permute(test_key(5), n, i)),
        ("rng_permute/77777", lambda w, i: base.permute(test_key(6), 77777, i)),
        ("rng_permute/small", lambda w, i: i % 8 if i % 8 >= 1 + i // 16 else base.permute(w, 1 + i // 16, i % 8)),
        ("fx_rshift64", lambda w, i: base.rshift(number(8, i, 40), i % 50 - 20)),
        ("fx_rshift32", lambda w, i: base.rshift(number(9, i, 40) >> 20, i % 25 - 8)),
        ("fx_muldiv", lambda w, i: base.muldiv(number(10, i, 60), number(10, i, 40) >> 8,
                                               1 + 2**40 + number(10, i, 40))),
        ("fx_isqrt64", lambda w, i: base.isqrt(w >> i % 64)),
        ("fx_exp2_q30", lambda w, i: base.exp2(-(w >> 43))), ("fx_exp_q30", lambda w, i: base.exp(-(w >> 43))),
        ("fx_log2_q16", lambda w, i: base.log2(1 | w >> 32 + i % 32)),
        ("fx_sigmoid_q28", lambda w, i: base.sigmoid(number(15, i, 22))),
        ("fx_gumbel_q16", lambda w, i: base.gumbel(w >> 32)),
        ("fx_normal_q16", lambda w, i: base.normal(*(word(17, 12 * i + b) >> 32 for b in range(12)))),
    ]
    for k, (name, fn) in enumerate(rows):
        t.row("base/" + name, "u64" if k < 8 else "i64", [n], [fn(word(k, i), i) for i in range(n)])
    tail = [base.gumbel(2**32 - 1 - (word(19, i) >> 42)) for i in range(TAIL)]
    t.row("base/fx_gumbel_q16/tail", "i32", [TAIL], tail)
    for spread in range(12, 25, 4):
        x = [number(18, i, spread) for i in range(20)]
        p = base.softmax(x, [spread != 16 or i % 5 != 0 for i in range(20)])
        t.row(f"base/fx_softmax/{spread}", "i32", [20], p)
    for s in range(8):
        t.row(f"base/symmetry/{s}", "u16", [9], base.symmetry_map(3, s))
    return t


def stir(state, key, shift):
    arrays = [a for l in state.layer for a in l.arrays()]
    for q, (_, v, limit) in enumerate(arrays):
        k = base.key(key, q)
        r = limit >> shift + 6 * (limit == train.MOMENTUM_MAX)
        for i in range(len(v)):
            d = base.below(k, i, 2 * r + 1) - r
            v[i] = base.clamp(v[i] + d, -limit, limit) if shift else -limit if d < 0 else limit
    state.act_exp = [4 + i % 3 if shift else 8 if base.below(key, i, 2) else 2 for i in range(len(state.act_exp))]


class Case:
    def __init__(self, number, name, size, shape, shift, step, max_step, positions=32):
        self.number, self.name, self.size, self.shape, self.positions = number, name, size, shape, positions
        self.shift, self.step, self.max_step = shift, step, max_step

    def state(self):
        s = train.State(self.shape, self.number)
        stir(s, test_key(100 + self.number), self.shift)
        s.step = self.step
        return s

    def samples(self, turned):
        data = samples(self.size, self.shape.planes, self.positions, 200 + self.number)
        return [train.Sample(d, self.size, self.shape.planes, i % 8 if turned else 0) for i, d in enumerate(data)]


CASES = [
    Case(0, "2x2", 2, Shape(1, 16, 16), 3, 0, 335544),
    Case(1, "3x3", 3, Shape(1, 16, 32), 4, 4, 100),
    Case(2, "4x4-wide", 4, Shape(1, 32, 16, 32, 6), 5, 5, 335544),
    Case(3, "5x5", 5, Shape(2, 16, 16), 4, 9, 335544),
    Case(4, "3x3-limits", 3, Shape(1, 16, 16, 16, 0), 0, 2, 16777216),
    Case(5, "19x19", 19, Shape(1, 16, 16), 4, 0, 335544, positions=3),
]


def config(**changes):
    c = dict(seed=77, batch=32, total_steps=10, lr=60000, lr_end=6000, warmup=4, momentum=230, weight_decay=5000,
             value_weight=256, owner_weight=384, score_weight=64, reply_weight=38, adapt_interval=2, adapt_until=3)
    return train.Config(**{**c, **changes})


def samples(size, planes, count, seed):
    n = train.sample_bytes(size, planes)
    return [bytes(base.at(test_key(seed), j) & 255 for j in range(k * n, k * n + n)) for k in range(count)]


def weight_rows(t, prefix, net):
    for l in net.layer:
        t.row(f"{prefix}/exponent/{l.info.name}", "i32", [1], l.exp)
        t.row(f"{prefix}/weight/{l.info.name}", "i8", [l.info.co, l.info.taps, l.info.ci], l.weight)


def net_table():
    t = Table()
    for c in CASES:
        state, s, n, at, many = c.state(), c.shape, c.size**2, f"net/{c.name}", c.positions
        net = state.export()
        for l in state.layer:
            if l.conv:
                filters = [l.filter(o) for o in range(l.info.co)]
                t.row(f"{at}/mean-deviation-factor/{l.info.name}", "i32", [l.info.co, 3], filters)
        weight_rows(t, at, net)
        for name, data in ("checkpoint", state.write()), ("file", net.write()):
            t.row(f"{at}/{name}", "u8", [len(data)], data)
        f = [Forward(net, y.planes, c.size) for y in c.samples(False)]
        for a, name in enumerate(act_names(s)):
            dims = [many, s.head] if a == s.acts - 1 else [many, n, s.head if a == s.acts - 2 else s.channels]
            t.row(f"{at}/act/{name}", "u8", dims, [x.act[a] for x in f])
        for b in range(s.blocks + 1):
            name, width = (f"block{b}", s.channels) if b < s.blocks else ("head", s.head)
            t.row(f"{at}/pool/{name}", "u8", [many, 2 * width], [x.pooled[b] for x in f])
        t.row(f"{at}/trunk", "i16", [many, n, s.channels], [x.trunk for x in f])
        t.row(f"{at}/points", "i32", [many, n, 3], [x.point_out for x in f])
        t.row(f"{at}/globals", "i32", [many, 6], [x.global_out for x in f])
    return t


def state_rows(t, prefix, state):
    for l in state.layer:
        at, whole = f"{prefix}/{l.info.name}", [l.info.co, l.info.taps, l.info.ci]
        names = ["master", "master-momentum", "bias", "bias-momentum", "gain", "gain-momentum"]
        for name, (_, v, _) in zip(names, l.arrays()):
            t.row(f"{at}/{name}", "i32", whole if name.startswith("master") else [l.info.co], v)


def case_rows(t, c):
    state, s, n, at = c.state(), c.shape, c.size**2, f"train/{c.name}"
    conf = config(max_step=c.max_step)
    key = base.key(base.key(base.key(conf.seed, base.ROUND), c.step), 0)
    one = train.Slice(state.export(), c.samples(True), c.size, conf, key)
    t.row(f"{at}/loss/points", "i32", [32, n, 3], [p for p, _ in one.logit_grads])
    t.row(f"{at}/loss/globals", "i32", [32, 6], [g for _, g in one.logit_grads])
    for l, (w, b) in zip(state.layer, one.grads):
        t.row(f"{at}/gradient/{l.info.name}/weight", "i64", [l.info.co, l.info.taps, l.info.ci], w)
        t.row(f"{at}/gradient/{l.info.name}/bias", "i64", [l.info.co], b)
    t.row(f"{at}/gradient/trunk", "i32", [32, n, s.channels], one.trunk_grad)
    update = train.Update(conf, c.step)
    for l, g in zip(state.layer, one.grads):
        update.layer(l, g)
    state_rows(t, f"{at}/update", state)


def train_table():
    t = Table()
    for c in CASES:
        if c.positions == 32:
            case_rows(t, c)
    state, data, conf = train.State(Shape(1, 16, 16), 7), samples(4, 16, 80, 300), config(batch=64, max_step=335544)
    for n in range(3):
        train.step(state, conf, data[: 80 if n < 2 else 50], 4, 1 if n < 2 else 2, 0 if n < 2 else 2)
        at, file = f"train/span/step{n}", state.write()
        state_rows(t, at, state)
        t.row(f"{at}/activations", "u8", [len(state.act_exp)], state.act_exp)
        t.row(f"{at}/checkpoint", "u8", [len(file)], file)
    adapt_rows(t)
    return t


def adapt_rows(t):
    state, data = train.State(Shape(1, 16, 16), ADAPT_SEED), samples(2, 16, 40, 301)
    for n in range(ADAPT_STEPS):
        train.step(state, config(batch=64, max_step=335544, adapt_interval=1, adapt_until=100), data, 2, 1, 0)
        t.row(f"train/adapt/step{n}/activations", "u8", [len(state.act_exp)], state.act_exp)


def player(number):
    s = train.State(Shape(1, 16, 16), 400 + number)
    stir(s, test_key(400 + number), 6)
    return s.export()


RULES = [go.Rules(2, 3, 0, 40), go.Rules(3, 0, 1, 40), go.Rules(4, -15, 0, 24)]
KINDS = [
    ("puct-uniform", True, 30, search.Settings(30, symmetry=0)),
    ("puct-net", False, 20, search.Settings(40, cpuct=2500, fpu=500, draw_utility=300)),
    ("gumbel-net", False, 16, search.Settings(16, 4, 1)),
    ("gumbel-wide", False, 33, search.Settings(33, 16, 0, 20, 300, draw_utility=-200, symmetry=0)),
    ("gumbel-uniform", True, 24, search.Settings(24, 7, 1, 30, 500, symmetry=0)),
    ("policy", False, 1, search.Settings(1, 4, 1)),
]


def position_rows(t, at, g):
    n, legal = g.points, g.legal()
    t.row(f"{at}/planes", "u8", [n, 16], g.planes())
    t.row(f"{at}/legal", "u8", [n + 1], [int(a in legal) for a in range(n + 1)])
    t.row(f"{at}/hash-and-key", "u64", [2], [g.hash(), g.key()])
    t.row(f"{at}/owner", "i8", [n], g.owner())
    t.row(f"{at}/score", "i32", [1], g.score_half())


def answer_rows(t, at, g, net):
    for sym in range(0, 8, 3):
        a = search.evaluate_net(net, g.planes(), g.rules.size, sym)
        t.row(f"{at}/answer{sym}/logits", "i32", [g.points + 1], a.logit)
        t.row(f"{at}/answer{sym}/win-draw-loss-value-score", "i32", [5], a.wdl + [a.value, a.score])
        t.row(f"{at}/answer{sym}/owner", "i16", [g.points], a.owner)


def search_rows(t, at, g, key, net):
    n = g.points
    for name, uniform, visits, settings in KINDS:
        evaluator = search.uniform_evaluator if uniform else search.net_evaluator(net)
        s = search.Search(evaluator, g, settings, visits, key)
        r = s.root
        t.row(f"{at}/{name}/action-value-raw-score-visits", "i32", [5],
              [s.action, s.value(), r.answer.value, r.answer.score, r.n])
        t.row(f"{at}/{name}/visits", "i32", [n + 1], [r.visits(a) for a in range(n + 1)])
        t.row(f"{at}/{name}/values", "i32", [n + 1], [r.q(a) if a in r.child else 0 for a in range(n + 1)])
        t.row(f"{at}/{name}/policy", "u32", [n + 1], s.policy())


def search_table():
    t, net = Table(), player(0)
    weight_rows(t, "search/net", net)
    for number, rules in enumerate(RULES):
        g, ply = go.Go(rules), 0
        while ply < 30 and not g.over():
            at = f"search/{rules.size}x{rules.size}/ply{ply}"
            position_rows(t, at, g)
            if ply % 5 == 0 and ply <= 10:
                answer_rows(t, at, g, net)
                search_rows(t, at, g.copy(), test_key(420 + ply), net)
            stones = g.legal()[:-1]
            g.play(stones[base.below(test_key(410 + number), ply, len(stones))] if stones else g.points)
            ply += 1
    return t


def game_rows(t, name, session, games, search_value=None):
    for i in range(games):
        g = play.Game(session, i)
        made, record = g.samples(search_value) if search_value is not None else [], g.payload()
        at = f"play/{name}/game{i}"
        t.row(f"{at}/komi-moves-score-samples", "i32", [4], [g.rules.komi_half, len(g.moves), g.score, len(made)])
        t.row(f"{at}/moves", "u16", [len(g.moves)], [m.action for m in g.moves])
        t.row(f"{at}/record", "u8", [len(record)], record)
        if made:
            t.row(f"{at}/samples", "u8", [len(made), len(made[0])], made)


def play_table():
    t = Table()
    net, other = (search.net_evaluator(player(k)) for k in range(2))
    settings = lambda gumbel, noise: search.Settings(10, gumbel, noise)
    one = [play.Player(net, settings(4, 1), 5, 600)]
    game_rows(t, "gumbel", play.Session(4, 1, 0, 20, test_key(500), one, 4, False, 4), 4, 250)
    one[0].decided_value, one[0].decided_moves, one[0].decided_visits, one[0].decided_checked = 1500, 3, 2, 300
    game_rows(t, "decided", play.Session(4, 1, 0, 20, test_key(500), one, 4, False, 4), 6, 250)
    one = [play.Player(net, settings(0, 1))]
    game_rows(t, "puct", play.Session(3, 0, 1, 27, test_key(500), one, 4, False, 4), 2, 0)
    one = [play.Player(None, settings(0, 1))]
    game_rows(t, "random", play.Session(3, 0, 1, 27, test_key(500), one, 4, False, 4), 3, 0)
    two = [play.Player(net, settings(4, 0)), play.Player(other, settings(4, 0))]
    game_rows(t, "match", play.Session(4, 2, 0, 24, test_key(501), two, 2, True), 2)
    two[1] = play.Player(None, settings(4, 0))
    game_rows(t, "match-random", play.Session(4, 2, 0, 24, test_key(501), two, 2, True), 2)
    return t


class Draws:
    """The numbers of an imported net in the order of its file; number j comes from word j of the key."""

    def __init__(self, number, limits):
        self.key, self.j, self.limits = test_key(number), -1, limits

    def take(self, n, usual, limit):
        out = []
        for _ in range(n):
            self.j += 1
            if self.limits:
                out.append(limit[base.below(self.key, self.j, 2)])
            else:
                out.append(usual[0] + base.below(self.key, self.j, usual[1] - usual[0] + 1))
        return out


def leela_file(d, size, blocks, filters, hidden, black):
    mult = (0, 2**30 - 1)
    out = b"miai-lzn" + struct.pack("<II32xBBHHH", 1, 1, size, black, blocks, filters, hidden)
    for i in range(1 + 2 * blocks):
        ci, usual = (filters, (0, 2**21) if i % 2 else (0, 2**24)) if i else (18, mult)
        out += struct.pack(f"<{9 * ci * filters}b", *d.take(9 * ci * filters, (-127, 127), (-127, 127)))
        out += struct.pack(f"<{filters}i", *d.take(filters, (-4000, 4000), (-2**24, 2**24)))
        out += struct.pack(f"<{filters}i", *d.take(filters, usual, mult))
        if i % 2 == 0:
            out += struct.pack(f"<{filters}i", *(d.take(filters, (0, 2**25), mult) if i else [0] * filters))
    p = size**2
    for n, many in (filters, 3), (2 * p, p + 1), (p, hidden), (hidden, 1):
        out += struct.pack(f"<{n * many}h", *d.take(n * many, (-32767, 32767), (-32767, 32767)))
        out += struct.pack(f"<{many}q", *d.take(many, (-2**30, 2**30), (-2**38, 2**38)))
        out += struct.pack(f"<{many}i", *d.take(many, (0, 2**21), mult))
    return out


LEELA_CASES = [("3x3", (3, 2, 5, 4, 1), 3, False), ("7x7-wide", (7, 1, 32, 20, 0), 2, False),
               ("2x2-limits", (2, 1, 256, 1024, 0), 2, True), ("19x19", (19, 1, 3, 8, 1), 1, False)]


def leela_table():
    t = Table()
    for number, (name, shape, many, limits) in enumerate(LEELA_CASES):
        data, at, n = leela_file(Draws(600 + number, limits), *shape), f"leela/{name}", shape[0]**2
        t.row(f"{at}/file", "u8", [len(data)], data)
        nets, answers = [], []
        for i in range(many):
            bits = [base.below(test_key(620 + number), 18 * n * i + j, 2) for j in range(18 * n)]
            nets.append(leela.Net(data))
            answers.append(nets[-1].run([bits[18 * p:18 * p + 18] for p in range(n)]))
        for tensor, kind in ("a", "u8"), ("b", "u8"), ("trunk", "i16"):
            t.row(f"{at}/{tensor}", kind, [many, n, shape[2]], [getattr(x, tensor) for x in nets])
        t.row(f"{at}/policy", "i32", [many, n + 1], [a[0] for a in answers])
        t.row(f"{at}/value", "i32", [many], [a[1] for a in answers])
        t.row(f"{at}/win", "i32", [many], [x.win(a[1]) for x, a in zip(nets, answers)])
    return t


def run_table(root, path):
    t = Table()
    before = STARTS.get(path)
    start = run.Run(run.load(root, before), lambda lines: None).state if before else None

    def entry(lines):
        where = lines[0].removeprefix("generation ") if lines[0].startswith("generation ") else "header"
        t.lines += [f"run/{os.path.basename(path)}/{where} {line}" for line in lines]

    run.Run(run.load(root, path), entry, start)
    return t


# The recipes of whole runs, without ".ini".
RUNS = {"run": "recipes/tiny", "methods": "tests/golden/methods", "onward": "tests/golden/onward"}
# The run from whose last checkpoint a run goes on.
STARTS = {"tests/golden/onward": "tests/golden/methods"}
TABLES = {"base": base_table, "net": net_table, "train": train_table, "search": search_table, "play": play_table,
          "leela": leela_table}


def make(name, root):
    return (run_table(root, RUNS[name]) if name in RUNS else TABLES[name]()).text()
