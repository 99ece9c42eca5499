#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""mutants.py ROOT [SCRATCH]: do the golden tables catch a changed rule?

Changes one rule at a time, in a copy of the C reference and in a copy of the Python model, and demands that some row
differs from tests/golden.  Each line of the output names the rule, and the first row that told.  Without SCRATCH only
looks whether each rule still stands where this list says."""

import os
import shutil
import subprocess
import sys

MODULES = "base games/go nn nn/ref record search selfplay train run".split()

# file, what stands there, what is put there instead
IN_C = [
    ("base/fixed.c", "(int32_t)(((e << 28) + div / 2) / div)", "(int32_t)((e << 28) / div)"),
    ("base/fixed.c", "(p * f + (1 << 29)) >> 30", "p * f >> 30"),
    ("base/fixed.c", "(w3 >> 23) / 3", "(w3 >> 23) / 2"),
    ("nn/ref/elementwise.c", "fx_rshift32(t[i], s), 0, 127)", "fx_asr32(t[i], s), 0, 127)"),
    ("nn/ref/elementwise.c", "fx_clamp64(sum, -32767, 32767)", "fx_clamp64(sum, -32768, 32767)"),
    ("nn/ref/elementwise.c", "first + (uint32_t)i) & mask", "first + (uint32_t)i) >> 1 & mask"),
    ("nn/ref/elementwise.c", "fx_asr32(g[i] + (int32_t)bits, s)", "fx_rshift32(g[i], s)"),
    ("nn/forward.c", "fx_rshift32(o.l->bias[c], 24 - o.scale)", "fx_asr32(o.l->bias[c], 24 - o.scale)"),
    ("nn/forward.c", "(1u << 18) / (uint32_t)w->points", "1 + (1u << 18) / (uint32_t)w->points"),
    ("train/quantise.c", "int64_t n = 2 * a + b,", "int64_t n = 2 * a,"),
    ("train/loss.c", "weigh((own - target) / points,", "weigh(fx_asr64(own - target, 4) * 16 / points,"),
    ("train/update.c", "int64_t d = (int64_t)value * decay / MILLION;", "int64_t d = fx_asr64((int64_t)value * decay, 20);"),
    ("train/update.c", "fx_rshift64((int64_t)v * s->c->momentum, 8)", "fx_asr64((int64_t)v * s->c->momentum, 8)"),
    ("train/update.c", "fx_rshift64((int64_t)v * s->lr,", "fx_asr64((int64_t)v * s->lr,"),
    ("train/backward.c", "int64_t share = (1 << 16) / s->w->points;", "int64_t share = (1 << 16) / s->w->points + 1;"),
    ("train/trainer.c", "256 * saturated > total", "256 * saturated >= total"),
    ("train/trainer.c", "1024 * high < total", "1024 * high <= total"),
    ("train/state.c", "t->step = 0;", "t->step += 0;"),
    ("run/gate.c", "(x + unit / 2) / unit", "x / unit"),
    ("search/root.c", "fx_asr64(sum, 16)", "fx_rshift64(sum, 16)"),
    ("search/tree.c", "fx_rshift32(prior[a], 12)", "fx_asr32(prior[a], 12)"),
    ("nn/ref/leela.c", "fx_rshift64(sum, NN_LEELA_SUM_SHIFT)", "fx_asr64(sum, NN_LEELA_SUM_SHIFT)"),
    ("nn/ref/leela.c", "*at * keep[i] + half;", "*at * keep[i];"),
    ("search/evaluator_leela.c", "fx_rshift32(fx_sigmoid_q28", "fx_asr32(fx_sigmoid_q28"),
    ("search/evaluator_leela.c", "!job->planes[GO_HISTORY_BLACK]", "job->planes[GO_HISTORY_BLACK]"),
    ("selfplay/check.c", "fx_asr32(value + 65536, 2)", "fx_rshift32(value + 65536, 2)"),
]

# table that is made, file, and the change
IN_MODEL = [
    ("base", "base.py", "return x + (1 << s - 1) >> s if", "return x + (1 << s - 1) - 1 >> s if"),
    ("base", "base.py", "[(x << 28) // sum(e) for x in e]", "[((x << 28) + sum(e) // 2) // sum(e) for x in e]"),
    ("net", "net.py", "(2**18 // n) + 2**15 >> 16", "(2**18 // n) + 2**15 - 1 >> 16"),
    ("net", "train.py", "return (2 * a + b) // (2 * b)", "return -((b - 2 * a) // (2 * b))"),
    ("search", "search.py", "(q + ONE) // 2", "(q + ONE + 1) // 2"),
    ("train", "train.py", "trunc(u24 * decay, 10**6)", "u24 * decay // 10**6"),
    ("train", "train.py", "base.round_bits(key, i + k)", "base.round_bits(key, i + k + 1)"),
    ("leela", "leela.py", "rshift(s * m, 28)", "s * m >> 28"),
    ("onward", "run.py", "state.step = 0", "state.step += 0"),
]


def call(*command, **options):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options)


def replace(path, old, new):
    with open(path, encoding="utf-8") as f:
        text = f.read()
    if text.count(old) < 1:
        sys.exit(f"{path}: nowhere {old!r}: this list is to be brought up to date")
    with open(path, "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))
    return text


class Reference:
    """A build of the C reference without meson, one object a file."""

    def __init__(self, root, scratch):
        self.src, self.tests, self.out = (os.path.join(scratch, x) for x in ("src", "golden", "objects"))
        self.tables = os.path.join(root, "tests", "golden")
        shutil.copytree(os.path.join(root, "src"), self.src)
        shutil.copytree(self.tables, self.tests)
        os.mkdir(self.out)
        files = [os.path.join(self.src, m, f) for m in MODULES for f in os.listdir(os.path.join(self.src, m))]
        files += [os.path.join(self.tests, f) for f in os.listdir(self.tests)]
        self.objects = [self.compile(f) for f in sorted(files) if f.endswith(".c")]

    def compile(self, path):
        name = os.path.relpath(path, os.path.dirname(self.src)).replace(os.sep, "-")[:-2] + ".o"
        out = os.path.join(self.out, name)
        made = call(os.environ.get("CC", "cc"), "-std=c11", "-O1", "-D_GNU_SOURCE", "-DNN_ONLY_C", "-I", self.src,
                    "-c", path, "-o", out)
        if made.returncode:
            sys.exit(made.stdout)
        return out

    def differs(self):
        """The first row that differs, or None."""
        program = os.path.join(self.out, "test_golden")
        made = call(os.environ.get("CC", "cc"), "-o", program, *self.objects, "-lpthread")
        if made.returncode:
            sys.exit(made.stdout)
        ran = call(program, self.tables, "base", "net", "train", "search", "play", "leela", "run", "onward", cwd=self.out)
        rows = [" ".join(x.split()[1:3]) for x in ran.stdout.splitlines() if x.startswith("  table:")]
        return None if ran.returncode == 0 else rows[0] if rows else ran.stdout[:80]


def mutate_c(root, scratch):
    caught, c = 0, Reference(root, scratch)
    if c.differs():
        sys.exit(f"unchanged, the C already differs: {c.differs()}")
    for name, old, new in IN_C:
        path = os.path.join(c.src, name)
        text = replace(path, old, new)
        c.compile(path)
        row = c.differs()
        caught += bool(row)
        print(f"C      {name}: {old}  ->  {new}\n       {'caught by ' + row if row else 'NOT CAUGHT'}", flush=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        c.compile(path)
    return caught


def mutate_model(root, scratch):
    caught = 0
    for folder in "tools/model", "tests/golden", "recipes", "docs/formats":
        shutil.copytree(os.path.join(root, folder), os.path.join(scratch, folder))
    shutil.copy(os.path.join(root, "tools", "golden"), os.path.join(scratch, "tools"))
    for table, name, old, new in IN_MODEL:
        path = os.path.join(scratch, "tools", "model", name)
        text = replace(path, old, new)
        ran = call(sys.executable, os.path.join(scratch, "tools", "golden"), table)
        rows = [x.split()[1] for x in ran.stdout.splitlines() if x.startswith("+ ")]
        caught += ran.returncode == 1 and bool(rows)
        print(f"model  {name}: {old}  ->  {new}\n       {'caught by ' + rows[0] if rows else 'NOT CAUGHT'}", flush=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
    return caught


def stale(root):
    """Rules that are no longer where they were, so that nothing would be changed."""
    places = [(f"src/{name}", old) for name, old, _ in IN_C] + [(f"tools/model/{name}", old) for _, name, old, _ in IN_MODEL]
    gone = 0
    for path, old in places:
        with open(os.path.join(root, path), encoding="utf-8") as f:
            if old not in f.read():
                print(f"{path}: nowhere {old!r}: this list is to be brought up to date")
                gone += 1
    print(f"{len(places) - gone} of {len(places)} rules in their place")
    return gone > 0


def main(root, scratch=None):
    if not scratch:
        return stale(root)
    shutil.rmtree(scratch, ignore_errors=True)
    os.makedirs(os.path.join(scratch, "c"))
    caught = mutate_c(root, os.path.join(scratch, "c")) + mutate_model(root, os.path.join(scratch, "model"))
    shutil.rmtree(scratch)
    print(f"{caught} of {len(IN_C) + len(IN_MODEL)} changed rules caught")
    return 0 if caught == len(IN_C) + len(IN_MODEL) else 1


if __name__ == "__main__":
    sys.exit(main(*map(os.path.abspath, sys.argv[1:3])))
