# SPDX-License-Identifier: GPL-3.0-or-later
"""Learning: docs/arithmetic.md from "From master weights to weights" on, docs/formats/checkpoint.md and shard.md."""

import copy
import hashlib

from . import base
from .base import clamp, isqrt, rshift, trunc
from .net import Forward, Layer, Net, dot, i32s, layer_infos, patches, u16, u32

SLICE = 32
MASTER_MAX, GAIN_MAX, BIAS_MAX, MOMENTUM_MAX = 8355839, 2**27, 2**28 - 1, 2**30
ZERO_AT_START = ("pool", "points", "fc2")
NO_REPLY = 65535


def sat30(x):
    return clamp(x, -2**30, 2**30)


def nearest(a, b):
    """a / b half up, b > 0."""
    return (2 * a + b) // (2 * b)


class LayerState:
    """m and vm are flat, [co][tap][ci]; gain is empty where there is none."""

    def __init__(self, info, blocks):
        n = info.fan_in
        self.info, self.conv = info, info.taps == 9
        self.e0 = max(e for e in range(15) if 2 ** (2 * e) * 32 <= 127**2 * n)
        self.m_exp = self.e0 + 16
        self.t = isqrt(2**49 // (n * blocks if info.second else n))
        self.m, self.vm = [0] * (n * info.co), [0] * (n * info.co)
        self.bias, self.vbias = [0] * info.co, [0] * info.co
        self.gain, self.vgain = ([1 << 24] * info.co, [0] * info.co) if self.conv else ([], [])

    def row(self, o):
        n = self.info.fan_in
        return self.m[o * n : (o + 1) * n]

    def filter(self, o):
        """Mean, deviation and factor of a standardised filter."""
        row, n = self.row(o), self.info.fan_in
        mu = nearest(sum(row), n)
        sd = max(1, isqrt(sum((m - mu) ** 2 for m in row) // n))
        return mu, sd, rshift(self.gain[o] * self.t, 24)

    def arrays(self):
        """Name, array and largest magnitude, in the order of the checkpoint."""
        out = [("m", self.m, MASTER_MAX), ("vm", self.vm, MOMENTUM_MAX),
               ("bias", self.bias, BIAS_MAX), ("vbias", self.vbias, MOMENTUM_MAX)]
        return out + [("gain", self.gain, GAIN_MAX), ("vgain", self.vgain, MOMENTUM_MAX)] * self.conv

    def quantise(self):
        """The layer as it plays, but for its biases."""
        co = range(self.info.co)
        if not self.conv:
            return self.e0, [[rshift(m, 16) for m in self.row(o)] for o in co]
        filters = [self.filter(o) for o in co]
        top = max(max(1, abs(f)) for _, _, f in filters)
        e = max(e for e in range(15) if top << e + 2 <= 127 << 24)
        return e, [[clamp(nearest((m - mu) * factor, sd << 24 - e), -127, 127) for m in self.row(o)]
                   for o, (mu, sd, factor) in zip(co, filters)]


class State:
    def __init__(self, shape, seed):
        self.shape, self.step = shape, 0
        self.act_exp = [5] * shape.acts
        self.layer = [LayerState(info, shape.blocks) for info in layer_infos(shape)]
        for number, l in enumerate(self.layer):
            if not l.info.name.endswith(ZERO_AT_START):
                self.draw(l, base.key(base.key(seed, base.INIT), number))

    @staticmethod
    def draw(l, key):
        sd = isqrt(2**49 // l.info.fan_in)
        for i in range(len(l.m)):
            normal = base.normal(*(base.at(key, 12 * i + b) >> 32 for b in range(12)))
            l.m[i] = clamp(rshift(normal * sd, 16 + 24 - l.m_exp), -MASTER_MAX, MASTER_MAX)

    def export(self):
        layers = [Layer(l.info, *l.quantise(), list(l.bias)) for l in self.layer]
        return Net(self.shape, layers, list(self.act_exp))

    def write(self):
        s = self.shape
        out = b"miaichkp" + u32(1) + u32(1) + bytes([s.planes, s.plane_exp]) + u16(s.blocks) + u16(s.channels)
        out += u16(s.head) + self.step.to_bytes(8, "little") + bytes(self.act_exp)
        out += b"".join(i32s(v) for l in self.layer for _, v, _ in l.arrays())
        return out + hashlib.sha256(out).digest()


def mean(states):
    """The state whose master weights, gains and biases are the means; the rest is the last one's."""
    out = copy.deepcopy(states[-1])
    for number, l in enumerate(out.layer):
        for k, (_, v, _) in enumerate(l.arrays()):
            rows = [s.layer[number].arrays()[k][1] for s in states]
            v[:] = [(2 * sum(x) + len(states)) // (2 * len(states)) for x in zip(*rows)]
    return out


# Samples.


def sample_bytes(size, planes):
    n = size * size
    return planes * (1 + (n + 7) // 8) + 2 * (n + 1) + (n + 3) // 4 + 10


class Sample:
    """Reads any bytes, as docs/formats/shard.md has it, through a symmetry.  planes: [point][plane]."""

    def __init__(self, data, size, planes, sym=0):
        n, at = size * size, 0
        where = base.symmetry_map(size, sym)
        self.planes = [[0] * planes for _ in range(n)]
        for k in range(planes):
            bits = data[at + 1 : at + 1 + (n + 7) // 8]
            for p in range(n):
                if bits[p // 8] >> p % 8 & 1:
                    self.planes[where[p]][k] = data[at] & 127
            at += 1 + (n + 7) // 8
        words = [int.from_bytes(data[at + 2 * i : at + 2 * i + 2], "little") for i in range(n + 2)]
        at += 2 * (n + 2)
        owners = data[at : at + (n + 3) // 4]
        at += (n + 3) // 4
        last = [int.from_bytes(data[at + 2 * i : at + 2 * i + 2], "little") for i in range(4)]
        where = where + [n]
        self.policy, left = [0] * (n + 1), 65536
        for a in range(n + 1):
            self.policy[where[a]] = min(words[a], left)
            left -= self.policy[where[a]]
        self.reply = where[words[n + 1]] if words[n + 1] <= n else None
        self.owner = [0] * n
        for p in range(n):
            self.owner[where[p]] = (0, 1, -1, 0)[owners[p // 4] >> 2 * (p % 4) & 3]
        win = min(last[0], 32768)
        draw = min(last[1], 32768 - win)
        self.wdl = [win, draw, 32768 - win - draw]
        self.score = clamp(last[3] - 65536 if last[3] >= 32768 else last[3], -1444, 1444)


# One slice: loss and backward pass.


def weigh(g, k):
    return rshift(g * k, 16)


class Config:
    def __init__(self, **settings):
        self.__dict__.update(settings)


def loss_gradients(f, y, c):
    """Q20 gradients at the logits of one position: [point][3] and [6]."""
    n = len(f.point_out)
    point, glob = [[0] * 3 for _ in range(n)], [0] * 6

    def put(a, which, other, g):
        if a < n:
            point[a][which] = g
        else:
            glob[other] = g

    p = base.softmax([o[0] for o in f.point_out] + [f.global_out[3]], [1] * (n + 1))
    for a in range(n + 1):
        put(a, 0, 3, weigh(p[a] - y.policy[a] * 2**12, 256))
    if y.reply is not None:
        p = base.softmax([o[1] for o in f.point_out] + [f.global_out[4]], [1] * (n + 1))
        for a in range(n + 1):
            put(a, 1, 4, weigh(p[a] - (2**28 if a == y.reply else 0), c.reply_weight))
    p = base.softmax(f.global_out[:3], [1] * 3)
    for k in range(3):
        glob[k] = weigh(p[k] - y.wdl[k] * 2**13, c.value_weight)
    for q in range(n):
        g = trunc(base.sigmoid(f.point_out[q][2]) - (y.owner[q] + 1) * 2**27, n)
        point[q][2] = weigh(g, c.owner_weight)
    d = f.global_out[5] - trunc(y.score * 65536, 32)
    glob[5] = weigh(clamp(d, -65536, 65536) * 2**12, c.score_weight)
    return point, glob


def to(v, f, e):
    """v from exponent f to e."""
    return sat30(rshift(v, f - e))


def transposed(weight, taps, ci):
    """[ci][tap][co] for the way back: tap t reads the gradient where the opposite neighbour lies."""
    co = len(weight)
    return [[weight[o][(taps - 1 - t) * ci + j] for t in range(taps) for o in range(co)] for j in range(ci)]


class Slice:
    """32 positions through a net and back.  grads[l] = (weights [co][k] flat, biases), sums at exponent 34."""

    def __init__(self, net, samples, size, config, key):
        self.net, self.size, self.n, self.key, self.count = net, size, size * size, key, 0
        self.f = [Forward(net, y.planes, size) for y in samples]
        self.grads = [None] * len(net.layer)
        self.logit_grads = [loss_gradients(f, y, config) for f, y in zip(self.f, samples)]
        self.backward()

    def round(self, tensor, exp):
        """tensor: [sample][point][channel] to int8; returns it and its exponent."""
        top = max(abs(g) for pos in tensor for row in pos for g in row)
        s = 0
        while top >> s > 127:
            s += 1
        key = base.key(self.key, self.count)
        self.count += 1
        i, out = 0, []
        for pos in tensor:
            rows = []
            for row in pos:
                rows.append([clamp(g + (base.round_bits(key, i + k) & (1 << s) - 1) >> s, -127, 127)
                             for k, g in enumerate(row)])
                i += len(row)
            out.append(rows)
        return out, exp - s

    def weights(self, number, g, exp, x):
        """Weight gradients from g and from what the layer read, both [sample][row][channel]."""
        layer = self.net.layer[number]
        shift = exp + self.net.in_exp(layer.info) - 34
        gt = list(zip(*(row for pos in g for row in pos)))
        xt = list(zip(*(row for pos in x for row in pos)))
        big = lambda v, s: clamp(rshift(v, s), -2**50, 2**50)
        self.grads[number] = ([big(dot(a, b), shift) for a in gt for b in xt], [big(sum(a), exp - 34) for a in gt])

    def inputs(self, number, g, exp):
        """Input gradients, int32: [sample][row][ci], and their exponent."""
        l = self.net.layer[number]
        wt = transposed(l.weight, l.info.taps, l.info.ci)
        if l.info.taps == 9:
            g = [patches(pos, self.size, l.info.co) for pos in g]
        return [[[sat30(dot(row, w)) for w in wt] for row in pos] for pos in g], exp + l.exp

    def masked(self, g, act):
        return [[[v if 0 < q < 127 else 0 for v, q in zip(gr, qr)] for gr, qr in zip(gp, f.act[act])]
                for gp, f in zip(g, self.f)]

    def through_pool(self, g, exp, act, which, d, f):
        """Adds to g, at exponent exp, what came to the pooled form of an activation: d[sample][0][2c] of exponent f."""
        for pos, fw, (row,) in zip(g, self.f, d):
            c = len(row) // 2
            for ch in range(c):
                if fw.pooled[which][ch] != 127:
                    add = to(row[ch] * (2**16 // self.n), f + 16, exp)
                    for point in pos:
                        point[ch] = sat30(point[ch] + add)
                column = [q[ch] for q in fw.act[act]]
                first = column.index(max(column))
                pos[first][ch] = sat30(pos[first][ch] + to(row[c + ch], f + 2, exp))

    def to_trunk(self, t, g, exp):
        for tp, gp in zip(t, g):
            for tr, gr in zip(tp, gp):
                tr[:] = [sat30(a + rshift(b, exp - 26)) for a, b in zip(tr, gr)]

    def backward(self):
        s, size = self.net.shape, self.size
        act = lambda i: [f.act[i] for f in self.f]
        pooled = lambda i: [[f.pooled[i]] for f in self.f]
        see = lambda tensor, ci: [patches(pos, size, ci) for pos in tensor]
        head = 1 + 3 * s.blocks
        points, fc1, fc2 = head + 1, head + 2, head + 3
        ha, hh, hv = s.acts - 3, s.acts - 2, s.acts - 1

        g = [p for p, _ in self.logit_grads]
        self.weights(points, g, 20, act(hh))
        h, x = self.inputs(points, g, 20)

        g = [[q] for _, q in self.logit_grads]
        self.weights(fc2, g, 20, act(hv))
        g, f = self.inputs(fc2, g, 20)
        g, f = self.round(self.masked(g, hv), f)
        self.weights(fc1, g, f, pooled(s.blocks))
        d, f = self.inputs(fc1, g, f)

        self.through_pool(h, x, hh, s.blocks, d, f)
        g, x = self.round(self.masked(h, hh), x)
        self.weights(head, g, x, act(ha))
        g, x = self.inputs(head, g, x)
        t = [[[0] * s.channels for _ in range(self.n)] for _ in self.f]
        self.to_trunk(t, self.masked(g, ha), x)

        for b in reversed(range(s.blocks)):
            conv1, conv2, pool = 1 + 3 * b, 2 + 3 * b, 3 + 3 * b
            g, x = self.round(t, 26)
            self.weights(conv2, g, x, see(act(2 * b + 1), s.channels))
            d, f = self.round([[[sum(c) for c in zip(*pos)]] for pos in g], x)
            self.weights(pool, d, f, pooled(b))
            d, f = self.inputs(pool, d, f)
            g, x = self.inputs(conv2, g, x)
            self.through_pool(g, x, 2 * b + 1, b, d, f)
            g, x = self.round(self.masked(g, 2 * b + 1), x)
            self.weights(conv1, g, x, see(act(2 * b), s.channels))
            g, x = self.inputs(conv1, g, x)
            self.to_trunk(t, self.masked(g, 2 * b), x)
        g, x = self.round(t, 26)
        self.weights(0, g, x, see([f.planes for f in self.f], s.planes))
        self.trunk_grad = t


# The step.


def learning_rate(c, step):
    if step < c.warmup:
        rate = c.lr * (step + 1) // c.warmup
    else:
        rate = c.lr - (c.lr - c.lr_end) * (step - c.warmup) // (c.total_steps - c.warmup)
    return (rate << 20) // 10**6


class Update:
    def __init__(self, config, step):
        self.c, self.lr = config, learning_rate(config, step)
        self.batch_bits = config.batch.bit_length() - 1

    def mean(self, sums):
        return [clamp(rshift(x, 10 + self.batch_bits), -2**26, 2**26) for x in sums]

    def layer(self, l, grads):
        gw, gb = self.mean(grads[0]), self.mean(grads[1])
        if l.conv:
            gw, gg = self.standardised(l, gw)
        self.apply(l.m, l.vm, gw, l.m_exp, MASTER_MAX, self.c.weight_decay)
        self.apply(l.bias, l.vbias, gb, 24, BIAS_MAX, 0)
        if l.conv:
            self.apply(l.gain, l.vgain, gg, 24, GAIN_MAX, 0)

    @staticmethod
    def standardised(l, grads):
        """From gradients of the played weights to those of master weights and gains."""
        n, out, gains = l.info.fan_in, [], []
        for o in range(l.info.co):
            mu, sd, factor = l.filter(o)
            g, d = grads[o * n : (o + 1) * n], [m - mu for m in l.row(o)]
            s1 = sum(g)
            big = clamp(trunc(dot(g, d), sd), -2**38, 2**38)
            r = [clamp(a - trunc(s1, n) - trunc(b * big, n * sd), -2**30, 2**30) for a, b in zip(g, d)]
            out += [sat30(trunc(rshift(x * factor, 24 - l.m_exp), sd)) for x in r]
            gains.append(sat30(rshift(big * l.t, 24)))
        return out, gains

    def apply(self, u, v, g, k, limit, decay):
        most = self.c.max_step * 2**k // 2**24
        for i in range(len(u)):
            u24 = rshift(u[i], k - 24)
            v[i] = sat30(rshift(v[i] * self.c.momentum, 8) + g[i] + trunc(u24 * decay, 10**6))
            u[i] = clamp(u[i] - clamp(rshift(v[i] * self.lr, 44 - k), -most, most), -limit, limit)


def adapt(state, slices):
    """Moves the activation exponents by what the batch's forward passes saturated; returns (a, h, c) a tensor."""
    counts = []
    for i in range(len(state.act_exp)):
        values = [q for s in slices for f in s.f for row in f.act[i] for q in row]
        a, h, c = sum(q == 127 for q in values), sum(q >= 64 for q in values), len(values)
        counts.append((a, h, c))
        if 256 * a > c:
            state.act_exp[i] = max(2, state.act_exp[i] - 1)
        elif 1024 * h < c:
            state.act_exp[i] = min(8, state.act_exp[i] + 1)
    return counts


def batch_samples(c, step, count, generation, first_step):
    """Sample number and symmetry of each place in the batch of a step."""
    j0, out = first_step * c.batch, []
    for j in range(step * c.batch, (step + 1) * c.batch):
        k = base.key(base.key(base.key(c.seed, base.SAMPLE), generation), (j - j0) // count)
        out.append((base.permute(k, count, (j - j0) % count), base.below(base.key(c.seed, base.SYMMETRY), j, 8)))
    return out


def step(state, c, samples, size, generation, first_step):
    """One step on packed samples.  Returns the net, the slices and the summed gradients, for those who look closer."""
    net, n, slices = state.export(), state.step, []
    order = batch_samples(c, n, len(samples), generation, first_step)
    for k in range(c.batch // SLICE):
        y = [Sample(samples[i], size, state.shape.planes, sym) for i, sym in order[SLICE * k : SLICE * (k + 1)]]
        key = base.key(base.key(base.key(c.seed, base.ROUND), n), k)
        slices.append(Slice(net, y, size, c, key))
    grads = [tuple([sum(v) for v in zip(*arrays)] for arrays in zip(*(s.grads[i] for s in slices)))
             for i in range(len(net.layer))]
    update = Update(c, n)
    for l, g in zip(state.layer, grads):
        update.layer(l, g)
    if (n + 1) % c.adapt_interval == 0 and n < c.adapt_until:
        adapt(state, slices)
    state.step += 1
    return net, slices, grads
