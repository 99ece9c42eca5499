# SPDX-License-Identifier: GPL-3.0-or-later
"""Imported nets in plain Python, written from docs/formats/leela-net.md and docs/arithmetic-leela.md alone."""

import struct

from .base import clamp, rshift, sigmoid


class Net:
    def __init__(self, data):
        assert data[:8] == b"miai-lzn"
        self.data, self.at = data, 8
        self.format, self.arithmetic = self.take("II")
        self.source = data[16:48]
        self.at = 48
        self.size, self.black_value, self.blocks, self.filters, self.hidden = self.take("BBHHH")
        p = self.size**2
        self.convs = [self.conv(18 if i == 0 else self.filters, i % 2 == 0) for i in range(1 + 2 * self.blocks)]
        self.dense = [self.layer(*s) for s in ((self.filters, 3), (2 * p, p + 1), (p, self.hidden), (self.hidden, 1))]
        assert self.at == len(data)

    def take(self, form):
        out = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return out

    def conv(self, ci, keeps):
        f = self.filters
        w = self.take(f"{f * 9 * ci}b")
        rows = [[w[(o * 9 + t) * ci:(o * 9 + t + 1) * ci] for t in range(9)] for o in range(f)]
        return rows, self.take(f"{f}i"), self.take(f"{f}i"), self.take(f"{f}i") if keeps else None

    def layer(self, n, out):
        w = self.take(f"{n * out}h")
        return [w[o * n:(o + 1) * n] for o in range(out)], self.take(f"{out}q"), self.take(f"{out}i")

    def sums(self, layer, board):
        """board: a list of inputs for each point; the sum with its bias for each point and output."""
        n, (rows, bias, *_) = self.size, layer
        out = []
        for p in range(n * n):
            seen = [(t, board[p + (t // 3 - 1) * n + t % 3 - 1]) for t in range(9)
                    if 0 <= p // n + t // 3 - 1 < n and 0 <= p % n + t % 3 - 1 < n]
            out.append([sum(sum(map(int.__mul__, row[t], x)) for t, x in seen) + b for row, b in zip(rows, bias)])
        return out

    def to_trunk(self, layer, board, trunk):
        _, _, mult, keep = layer
        return [[clamp(rshift(s * m + t * k, 24), 0, 32767) for s, m, t, k in zip(sums, mult, old, keep)]
                for sums, old in zip(self.sums(layer, board), trunk)]

    def outputs(self, layer, x, shift, low, high):
        rows, bias, mult = layer
        return [clamp(rshift(rshift(sum(map(int.__mul__, row, x)) + b, 11) * m, shift), low, high)
                for row, b, m in zip(rows, bias, mult)]

    def run(self, planes):
        """planes: 18 numbers for each point.  The policy's logits and the value's, Q16; keeps the last block's tensors."""
        points = self.size**2
        trunk = self.to_trunk(self.convs[0], planes, [[0] * self.filters] * points)
        for block in range(self.blocks):
            first, second = self.convs[1 + 2 * block:3 + 2 * block]
            a = [[clamp(rshift(v, 8), 0, 127) for v in x] for x in trunk]
            b = [[clamp(rshift(s * m, 28), 0, 127) for s, m in zip(sums, first[2])] for sums in self.sums(first, a)]
            trunk = self.to_trunk(second, b, trunk)
        self.a, self.b, self.trunk, self.black = a, b, trunk, planes[0][16]
        head, policy, value1, value2 = self.dense
        seen = [self.outputs(head, x, 24, 0, 32767) for x in trunk]
        logits = self.outputs(policy, [x[0] for x in seen] + [x[1] for x in seen], 20, -2**24, 2**24)
        hidden = self.outputs(value1, [x[2] for x in seen], 24, 0, 32767)
        return logits, self.outputs(value2, hidden, 20, -2**24, 2**24)[0]

    def win(self, value):
        """The chance, Q16, of the side that is to move in the position that run() saw last."""
        chance = rshift(sigmoid(2 * value), 12)
        return 2**16 - chance if self.black_value and not self.black else chance
