# SPDX-License-Identifier: GPL-3.0-or-later
"""The net as it is played: docs/arithmetic.md up to "Forward", and docs/formats/net.md.

A tensor of a position is a list of points, each a list of channels; a vector is a list.  Nothing here is fast."""

from operator import mul

from .base import clamp, rshift

TRUNK_MAX = 32767
LOGIT_MAX = 1 << 24
POLICY, REPLY, OWNER = range(3)
WIN, DRAW, LOSS, PASS, REPLY_PASS, SCORE = range(6)


class Shape:
    def __init__(self, blocks, channels, head, planes=16, plane_exp=4):
        self.planes, self.plane_exp = planes, plane_exp
        self.blocks, self.channels, self.head = blocks, channels, head
        self.acts = 2 * blocks + 3  # block 0's a, b, ..., the head's a, h, v


class Info:
    """What a layer is.  act: the activation tensor it reads, -1 for the planes; pooled: it reads that one's pool."""

    def __init__(self, name, taps, ci, co, act, pooled=False, second=False):
        self.name, self.taps, self.ci, self.co, self.act = name, taps, ci, co, act
        self.pooled, self.second = pooled, second
        self.fan_in = taps * ci


def layer_infos(s):
    c, h, a = s.channels, s.head, 2 * s.blocks
    out = [Info("stem", 9, s.planes, c, -1)]
    for b in range(s.blocks):
        out += [Info(f"block{b}.conv1", 9, c, c, 2 * b),
                Info(f"block{b}.conv2", 9, c, c, 2 * b + 1, second=True),
                Info(f"block{b}.pool", 1, 2 * c, c, 2 * b + 1, pooled=True)]
    return out + [Info("head", 1, c, h, a), Info("points", 1, h, 3, a + 1),
                  Info("fc1", 1, 2 * h, h, a + 1, pooled=True), Info("fc2", 1, h, 6, a + 2)]


def act_names(s):
    return [f"block{b}.{t}" for b in range(s.blocks) for t in "ab"] + ["head.a", "head.h", "head.v"]


class Layer:
    """weight[o] is the flat row [tap][ci] of output o."""

    def __init__(self, info, exp, weight, bias):
        self.info, self.exp, self.weight, self.bias = info, exp, weight, bias


class Net:
    def __init__(self, shape, layers, act_exp):
        self.shape, self.layer, self.act_exp = shape, layers, act_exp

    def in_exp(self, info):
        """The exponent of what a layer reads."""
        if info.act < 0:
            return self.shape.plane_exp
        return self.act_exp[info.act] + (2 if info.pooled else 0)

    def write(self, recipe=bytes(32), generation=0):
        s = self.shape
        out = b"miai-net" + u32(1) + u32(1) + recipe + u32(generation)
        out += bytes([s.planes, s.plane_exp]) + u16(s.blocks) + u16(s.channels) + u16(s.head)
        out += bytes([127, 127, 10, s.acts]) + bytes(self.act_exp)
        for l in self.layer:
            out += bytes([l.exp]) + i8s(q for row in l.weight for q in row) + i32s(l.bias)
        return out


def u16(x):
    return x.to_bytes(2, "little")


def u32(x):
    return x.to_bytes(4, "little")


def i8s(values):
    return bytes(x & 255 for x in values)


def i32s(values):
    return b"".join(x.to_bytes(4, "little", signed=True) for x in values)


def dot(a, b):
    return sum(map(mul, a, b))


_near = {}


def neighbours(size):
    """For each point its nine taps, row by row from the top left; None outside the board."""
    if size not in _near:
        _near[size] = [[(r + dr) * size + c + dc if 0 <= r + dr < size and 0 <= c + dc < size else None
                        for dr in (-1, 0, 1) for dc in (-1, 0, 1)] for r in range(size) for c in range(size)]
    return _near[size]


def patches(x, size, ci):
    """What a 3x3 filter sees at each point, zeros outside the board."""
    zero = [0] * ci
    return [[v for q in near for v in (zero if q is None else x[q])] for near in neighbours(size)]


def products(layer, rows):
    return [[dot(row, w) for w in layer.weight] for row in rows]


def pool(x):
    n = len(x)
    mean = [min(127, sum(c) * (2**18 // n) + 2**15 >> 16) for c in zip(*x)]
    return mean + [max(c) for c in zip(*x)]


class Forward:
    """One position through a net; keeps every tensor.  planes: a list of points, each a list of planes."""

    def __init__(self, net, planes, size):
        self.net, self.size, self.planes = net, size, planes
        s, n = net.shape, size * size
        self.act, self.pooled = [], []
        trunk = [[0] * s.channels for _ in range(n)]
        layers = iter(net.layer)
        self.to_trunk(next(layers), planes, trunk, [0] * s.channels)
        for _ in range(s.blocks):
            conv1, conv2, pooling = next(layers), next(layers), next(layers)
            a = self.relu_trunk(trunk)
            b = self.relu(conv1, patches(a, size, s.channels))
            self.pooled.append(pool(b))
            self.to_trunk(conv2, b, trunk, self.branch(pooling, self.pooled[-1]))
        self.trunk = trunk
        head, points, fc1, fc2 = layers
        h = self.relu(head, self.relu_trunk(trunk))
        self.pooled.append(pool(h))
        v = self.relu(fc1, [self.pooled[-1]])
        self.point_out = self.logits(points, h)
        self.global_out = self.logits(fc2, v)[0]

    def sums(self, layer, rows):
        """The sums with the bias, and their scale S."""
        scale = layer.exp + self.net.in_exp(layer.info)
        bias = [rshift(b, 24 - scale) for b in layer.bias]
        return [[x + b for x, b in zip(row, bias)] for row in products(layer, rows)], scale

    def relu_trunk(self, trunk):
        shift = 10 - self.net.act_exp[len(self.act)]
        self.act.append([[clamp(rshift(t, shift), 0, 127) for t in row] for row in trunk])
        return self.act[-1]

    def relu(self, layer, rows):
        sums, scale = self.sums(layer, rows)
        shift = scale - self.net.act_exp[len(self.act)]
        self.act.append([[clamp(rshift(x, shift), 0, 127) for x in row] for row in sums])
        return self.act[-1]

    def to_trunk(self, layer, x, trunk, extra):
        sums, scale = self.sums(layer, patches(x, self.size, layer.info.ci))
        for row, add in zip(trunk, sums):
            row[:] = [clamp(t + rshift(a, scale - 10) + r, -TRUNK_MAX, TRUNK_MAX)
                      for t, a, r in zip(row, add, extra)]

    def branch(self, layer, pooled):
        sums, scale = self.sums(layer, [pooled])
        return [clamp(rshift(x, scale - 10), -2**17, 2**17) for x in sums[0]]

    def logits(self, layer, rows):
        sums, scale = self.sums(layer, rows)
        return [[clamp(rshift(x, scale - 16), -LOGIT_MAX, LOGIT_MAX) for x in row] for row in sums]
