# SPDX-License-Identifier: GPL-3.0-or-later
"""The worked examples of docs/arithmetic.md: lines such as "    activation(1000, 50331648, 8, 5, 5) = 100".
Each function here is what the page calls by that name, made of the model's own parts."""

import ast
import re

from . import base, train
from .base import clamp, rshift
from .net import Info, pool


def activation(acc, bias, e, i, o):
    return clamp(rshift(acc + rshift(bias, 24 - e - i), e + i - o), 0, 127)


def trunk(t, acc, bias, e, i, r):
    return clamp(t + rshift(acc + rshift(bias, 24 - e - i), e + i - 10) + r, -32767, 32767)


def layer(n, blocks=1):
    """Starting exponent and t of a layer with fan-in n."""
    l = train.LayerState(Info("", 1, n, 1, 0, second=True), blocks)
    return [l.e0, l.t]


def small_filter(m, gain):
    """A standardised filter of four weights by itself: mu, sd, factor, e and q."""
    l = train.LayerState(Info("", 1, len(m), 1, 0), 1)
    l.conv, l.m, l.gain = True, list(m), [gain]
    e, (q,) = l.quantise()
    return [*l.filter(0), e, q]


class OneRounding(train.Slice):
    def __init__(self, key):
        self.key, self.count = key, 0


def rounded(g, exponent, k):
    out, x = OneRounding(k).round([[list(g)]], exponent)
    return [out[0][0], x]


def parameter(u, v, g, k, decay):
    """One update of a value and its momentum with learning rate 0.06, momentum 230 / 256, max_step 0.02."""
    c = train.Config(batch=256, lr=60000, lr_end=60000, warmup=0, total_steps=1, momentum=230, max_step=335544)
    us, vs = [u], [v]
    train.Update(c, 0).apply(us, vs, [g], k, 2**28 - 1, decay)
    return us + vs


FUNCTIONS = {
    "activation": activation, "trunk": trunk, "pool": lambda *values: pool([[v] for v in values]), "layer": layer,
    "filter": small_filter, "rounded": rounded, "to": train.to, "w": train.weigh, "parameter": parameter,
    "learning_rate": lambda lr, end, warmup, total, step: train.learning_rate(
        train.Config(lr=lr, lr_end=end, warmup=warmup, total_steps=total), step),
}


def check(page):
    """The examples of a page that are wrong, and how many there are."""
    wrong, seen = [], set()
    lines = re.findall(r"^ {4}(\w+)\((.*)\) = ([^ ].*?)(?: {2,}.*)?$", page, re.MULTILINE)
    for name, arguments, want in lines:
        if name in FUNCTIONS:
            seen.add(name)
            values = [ast.literal_eval(x.replace("{", "[").replace("}", "]")) for x in (f"[{arguments}]", want)]
            got = FUNCTIONS[name](*values[0])
            if got != values[1]:
                wrong.append(f"{name}({arguments}) = {want}: it is {got}")
    return wrong + [f"no example of {name}" for name in set(FUNCTIONS) - seen], len(lines)
