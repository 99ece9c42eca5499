#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the output of arithmetic_table twice: against the words of docs/arithmetic.md, done again here in
Python's integers, where equality is demanded; and against the real functions, where the page states a bound.
Then the page's own examples, lines such as "rng_mix(1) = 0x5692161d100b05e5".

usage: arithmetic_check.py TABLE_PROGRAM DOCS_FOLDER [-v]    (-v prints the measured errors)"""

import ast
import glob
import math
import os
import re
import subprocess
import sys

M64 = (1 << 64) - 1
M32 = (1 << 32) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def key(seed, stream):
    return mix(mix((seed + GOLDEN) & M64) ^ (stream * 0xD1342543DE82EF95 & M64))


def at(k, index):
    return mix((mix((k + index * GOLDEN) & M64) + k) & M64)


def below(k, index, n):
    return (at(k, index) >> 32) * n >> 32


def round_bits(k, index):
    x = (index + k) & M32
    x = (x ^ x >> 16) * 0x7FEB352D & M32
    x = x ^ x >> 15 ^ k >> 32
    x = x * 0x846CA68B & M32
    return x ^ x >> 16


def permute(k, n, i):
    half = 1
    while 1 << 2 * half < n:
        half += 1
    mask = (1 << half) - 1
    while True:
        left, right = i >> half, i & mask
        for r in range(4):
            left, right = right, left ^ (at(k, (r << 32) + right) >> 32 & mask)
        i = left << half | right
        if i < n:
            return i


def rshift(x, s):
    return x + (1 << s - 1) >> s if s > 0 else x << -s


def muldiv(a, b, c):
    q = abs(a * b) // c
    return q if a * b >= 0 else -q


def pow2(y):
    """2^y in Q30 for y <= 0 in Q30."""
    if y < -30 << 30:
        return 0
    n, f = y >> 30, y & (1 << 30) - 1
    p = 233163
    for c in (1335829, 10391742, 59575655, 257944476, 744260959, 1073741824):
        p = c + rshift(p * f, 30)
    return rshift(p, -n)


def exp2(x):
    return pow2(x << 14)


def exp(x):
    return pow2(rshift(x * 1549082005, 16))


def log2_bits(x, bits):
    n = x.bit_length() - 1
    m = x >> n - 31 if n > 31 else x << 31 - n
    for _ in range(bits):
        m = m * m >> 31
        n = n << 1 | m >> 32
        m >>= m >> 32
    return n


def log2(x):
    return (log2_bits(x, 17) + 1 >> 1) - (32 << 16)


def softmax(logit, mask):
    top = max(x for x, m in zip(logit, mask) if m)
    e = [exp(x - top) if m else 0 for x, m in zip(logit, mask)]
    return [(x << 28) // sum(e) for x in e]


def sigmoid(x):
    e = exp(-abs(x))
    d = (1 << 30) + e
    small = ((e << 28) + d // 2) // d
    return (1 << 28) - small if x > 0 else small


def gumbel(bits):
    v = 2 * bits + 1
    w = (1 << 33) - v
    if w < 1 << 23:
        e = (w << 23) + (w * w >> 11) + ((w * w >> 20) * w >> 23) // 3
    else:
        e = ((33 << 30) - log2_bits(v, 30)) * 46516320
    return rshift(((56 << 24) - log2_bits(e, 24)) * 744261118, 38)


def normal(*bits):
    return rshift(sum(bits) + 6 - (6 << 32), 16)


EXACT = {
    "mix": mix, "key": key, "at": at, "below": below, "round": round_bits, "permute": permute,
    "asr": lambda x, s: x >> s, "rshift": rshift, "muldiv": muldiv, "isqrt": math.isqrt,
    "exp2": exp2, "exp": exp, "log2": log2, "sigmoid": sigmoid, "gumbel": gumbel, "normal": normal,
}


def real_gumbel(bits):
    w = (2**33 - 2 * bits - 1) / 2**33  # 1 - u; log1p keeps a u near 1 precise
    return -math.log(-math.log1p(-w) if w < 0.5 else -math.log((2 * bits + 1) / 2**33)) * 65536


def exp_bound(real, below_bits):
    """2^-below_bits of the exact value, and half a unit from the last rounding; what is below one unit becomes 0."""
    return lambda x: 1 if real(x) < 1.001 else real(x) * 2.0**-below_bits + 0.5


def real_exp2(x):
    return 2.0 ** (x / 65536 + 30)


def real_exp(x):
    return math.exp(x / 65536) * 2**30


# name: (the real function in units of the result, the bound on the distance in the same units)
REAL = {
    "exp2": (real_exp2, exp_bound(real_exp2, 28)),
    "exp": (real_exp, exp_bound(real_exp, 26.9)),
    "log2": (lambda x: math.log2(x / 2**32) * 65536, lambda x: 0.501),
    "sigmoid": (lambda x: 2**28 / (1 + math.exp(-x / 65536)), lambda x: 1.2),
    "gumbel": (real_gumbel, lambda x: 0.65),
}

# What the page calls them.
DOCUMENTED = {
    "rng_mix": mix, "rng_key": key, "rng_at": at, "rng_below": below, "rng_round_bits": round_bits,
    "rng_permute": permute, "fx_asr64": lambda x, s: x >> s, "fx_rshift64": rshift, "fx_muldiv": muldiv,
    "fx_isqrt64": math.isqrt, "fx_exp2_q30": exp2, "fx_exp_q30": exp, "fx_log2_q16": log2,
    "fx_softmax": lambda logit: softmax(logit, [1] * len(logit)), "fx_sigmoid_q28": sigmoid,
    "fx_gumbel_q16": gumbel, "fx_normal_q16": lambda bits: normal(*bits),
}


class Check:
    def __init__(self):
        self.count, self.wrong, self.worst = {}, 0, {}

    def fail(self, text):
        self.wrong += 1
        if self.wrong <= 20:
            print(text, file=sys.stderr)

    def measure(self, name, error, bound, line):
        if error > self.worst.get(name, (-1, ""))[0]:
            self.worst[name] = error, line
        if error > bound:
            self.fail(f"{line[:80]}: error {error}, bound {bound}")

    def scalar(self, name, args, got, line):
        want = EXACT[name](*args)
        if got != want:
            self.fail(f"{line[:80]}: want {want}")
        if name in REAL:
            real, bound = REAL[name]
            self.measure(name, abs(got - real(*args)), bound(*args), line)

    def softmax(self, values, line):
        n = values[0]
        logit, mask, p = (values[1 + k * n : 1 + (k + 1) * n] for k in range(3))
        if p != softmax(logit, mask):
            self.fail(f"{line[:80]}: differs")
        top = max(x for x, m in zip(logit, mask) if m)
        e = [math.exp((x - top) / 65536) if m else 0.0 for x, m in zip(logit, mask)]
        for got, x in zip(p, e):
            self.measure("softmax", abs(got - x / sum(e) * 2**28), n / 4 + 3, line[:40])

    def line(self, line):
        name, *rest = line.split()
        values = [int(x) for x in rest]
        self.count[name] = self.count.get(name, 0) + 1
        if name == "softmax":
            self.softmax(values, line)
        else:
            self.scalar(name, values[:-1], values[-1], line)

    def examples(self, text):
        seen = set()
        for name, args, want in re.findall(r"^ +(\w+)\((.*)\) = ([^ ].*)$", text, re.MULTILINE):
            if name in DOCUMENTED:
                seen.add(name)
                got = DOCUMENTED[name](*parse(f"({args},)"))
                if got != parse(want):
                    self.fail(f"the page says {name}({args}) = {want}; it is {got}")
        if set(DOCUMENTED) - seen:
            self.fail(f"no example on the page: {sorted(set(DOCUMENTED) - seen)}")


def parse(text):
    """Integers, tuples of them and lists, which the page writes in braces as C does."""
    return ast.literal_eval(text.replace("{", "[").replace("}", "]"))


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def main():
    out = subprocess.run([sys.argv[1]], stdout=subprocess.PIPE, check=True).stdout.decode("ascii")
    check = Check()
    for line in out.splitlines():
        check.line(line)
    missing = (set(EXACT) | {"softmax"}) - set(check.count)
    if missing:
        check.fail(f"not in the table: {sorted(missing)}")
    check.examples("\n".join(read(p) for p in sorted(glob.glob(os.path.join(sys.argv[2], "arithmetic*.md")))))
    if "-v" in sys.argv:
        for name, (error, line) in sorted(check.worst.items()):
            print(f"{name:8} {error:.4g} units of the result, at: {line[:60]}")
    print(f"{sum(check.count.values())} lines, {check.wrong} wrong")
    return 1 if check.wrong else 0


sys.exit(main())
