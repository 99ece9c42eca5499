#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the output of arithmetic_table twice: against the words of docs/arithmetic-base.md, done again in
tools/model/base.py in Python's integers, where equality is demanded; and against the real functions, where the page states a bound.
Then the page's own examples, lines such as "rng_mix(1) = 0x5692161d100b05e5".

usage: arithmetic_check.py TABLE_PROGRAM DOCS_FOLDER [-v]    (-v prints the measured errors)"""

import ast
import glob
import math
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from model.base import (at, below, exp, exp2, gumbel, isqrt, key, log2, mix, muldiv, normal, permute, round_bits,
                        rshift, sigmoid, softmax, symmetry_map)  # noqa: E402


EXACT = {
    "mix": mix, "key": key, "at": at, "below": below, "round": round_bits, "permute": permute,
    "asr": lambda x, s: x >> s, "rshift": rshift, "muldiv": muldiv, "isqrt": isqrt,
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
    "fx_isqrt64": isqrt, "fx_exp2_q30": exp2, "fx_exp_q30": exp, "fx_log2_q16": log2,
    "fx_softmax": lambda logit: softmax(logit, [1] * len(logit)), "fx_sigmoid_q28": sigmoid,
    "fx_gumbel_q16": gumbel, "fx_normal_q16": lambda bits: normal(*bits), "symmetry_map": symmetry_map,
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
