#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of bench/compare.  Each row asks its sides in turns; rates are medians, ratios the medians of those between
neighbours in time."""
import argparse
import math
import os
import re
import statistics
import subprocess
import sys
import time

from leela import Leela

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(os.path.dirname(HERE), "build")
PEERS = os.path.join(BUILD, "bench-peers")
SIZES, CHANNELS, BATCHES = (7, 9, 13, 19), (32, 64, 128, 256), (1, 8, 64)
SEARCH_BATCH = 16  # what self-play asks at a time


class Side:
    """A process that speaks the protocol of side.h."""

    def __init__(self, command, env=None):
        self.name = os.path.basename(command[-1])
        self.process = subprocess.Popen(command, env=env, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        self.said = line

    def hear(self):
        answer = self.process.stdout.readline().strip()
        if not answer or answer.startswith("error"):
            raise RuntimeError("%s: %s: %s" % (self.name, self.said, answer or "it ended"))
        return answer

    def ask(self, line):
        self.say(line)
        return self.hear()

    def open(self, *words):
        self.ask("open " + " ".join(str(w) for w in words))

    def go(self, seconds):
        return float(self.ask("go %g" % seconds))

    def close(self):
        self.process.stdin.close()
        self.process.wait()


class Pair:
    """Two sides that work at the same time as one: the rate is that of both together."""

    def __init__(self, one, other):
        self.sides, self.process = (one, other), one.process  # turns() pins sides of one thread only: never a pair

    def open(self, *words):
        for side in self.sides:
            side.open(*words)

    def go(self, seconds):
        for side in self.sides:
            side.say("go %g" % seconds)
        return sum(float(side.hear()) for side in self.sides)

    def close(self):
        for side in self.sides:
            side.close()


class Bench:
    def __init__(self, options):
        self.options, self.rows, self.quick = options, [], options.quick
        self.runs = 3 if options.quick else 7
        self.flags = "all" if options.all_isa else "avx2"
        self.ours = self.another()

    def another(self):
        """One more of miai's sides."""
        return Side([os.path.join(BUILD, "bench", "ours"), "--cpu-flags", self.flags])

    def env(self, threads=1):
        """Peers keep to the same instruction set and as many threads."""
        env = dict(os.environ, OMP_NUM_THREADS=str(threads), OPENBLAS_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads))
        if not self.options.all_isa:
            env.update(ONEDNN_MAX_CPU_ISA="AVX2", DNNL_MAX_CPU_ISA="AVX2", ATEN_CPU_CAPABILITY="avx2",
                       OPENBLAS_CORETYPE="Haswell", MKL_ENABLE_INSTRUCTIONS="AVX2")
        if threads > 1:
            env.update(OMP_WAIT_POLICY="active")  # faster for PyTorch, most of all where others use the machine
        return env

    def turns(self, sides, seconds, more=1, threads=1):
        """The median rate of each side, and of the first's ratio to each other in the same turn.  Many short turns are disturbed less by others on the machine than a few long ones,
        and sides of one thread all run on the same processor, so that its neighbours disturb all of them."""
        cpus = os.sched_getaffinity(0)
        for side in sides:
            for task in os.listdir("/proc/%d/task" % side.process.pid):
                os.sched_setaffinity(int(task), {max(cpus)} if threads == 1 else cpus)
        rates = [[side.go(seconds) for side in sides] for _ in range(self.runs * more)]
        return ([statistics.median(r) for r in zip(*rates)],
                [statistics.median(r[0] / r[i] for r in rates) for i in range(1, len(sides))])

    def row(self, what, peer, ours, theirs, ratio, mark, most=False, percent=False):
        self.rows.append(holds(ratio, mark, most) if mark else None)
        if mark is None:
            verdict = "no mark"
        elif self.rows[-1]:
            verdict = "holds"
        else:
            verdict = "missed by %.0f%%" % (100 * abs(1 - ratio / mark))
        text = "%.1f%%" % (100 * ratio) if percent else "%.2f" % ratio
        goal = "" if mark is None else ("<= " if most else ">= ") + ("%.0f%%" % (100 * mark) if percent else "%g" % mark)
        print(LINE % (what, peer, ours, theirs, text, goal, verdict), flush=True)


LINE = "%-33s %-15s %12s %12s %8s %8s  %s"


def holds(ratio, mark, most):
    return ratio <= mark if most else ratio >= mark


def short(rate, unit):
    for scale, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if rate >= scale:
            return "%.3g %s%s" % (rate / scale, letter, unit)
    return "%.3g %s" % (rate, unit)


def geometric(values):
    return math.exp(sum(map(math.log, values)) / len(values))


# ---- rows ----

def conv_shapes(b):
    if b.quick:
        return [(64, 9, 1), (64, 9, 8), (32, 7, 8), (128, 19, 8), (256, 13, 1)]
    return [(c, s, n) for c in CHANNELS for s in SIZES for n in BATCHES]


def conv(b):
    """3x3 convolution layers against oneDNN's, 8 bits and fp32"""
    command = os.path.join(PEERS, "onednn")
    u8, f32 = Side([command], b.env()), Side([command], b.env())
    rates, ratios = [], []
    for shape in conv_shapes(b):
        b.ours.open("conv", *shape)
        u8.open("u8", *shape)
        f32.open("f32", *shape)
        (ours, i, f), ratio = b.turns((b.ours, u8, f32), 0.015, 3)
        rates.append((ours, i, f))
        ratios.append(ratio)
        if b.options.shapes:
            print("  %3d channels, %2dx%-2d batch %2d: %s, oneDNN u8s8 %s (%.2f x), fp32 %s (%.2f x)" % (
                shape[0], shape[1], shape[1], shape[2], short(ours, ""), short(i, ""), ratio[0], short(f, ""), ratio[1]), flush=True)
    u8.close()
    f32.close()
    mean = [geometric(r) for r in zip(*rates)]
    for i, (peer, mark) in enumerate((("oneDNN u8s8", 2.0), ("oneDNN fp32", 4.5)), 1):
        b.row("3x3 convolutions, %d shapes" % len(rates), peer, short(mean[0], "mac/s"), short(mean[i], "mac/s"),
              geometric([r[i - 1] for r in ratios]), mark)


def net(b):
    """whole nets at 19x19 against leela-zero's, evaluations a second of CPU time"""
    leela = Leela(PEERS, b.env())
    for blocks, channels in ((6, 64), (10, 128)) if b.quick else ((6, 64), (6, 96), (10, 128), (20, 256)):
        leela.open(blocks, channels)
        alone = b.another()
        alone.open("eval", blocks, channels, 19, 1)
        b.ours.open("eval", blocks, channels, 19, SEARCH_BATCH)
        # Leela first, so that the ratios are to it.
        (theirs, batch, single), ratios = b.turns((leela, b.ours, alone), 0.3)
        what = "net %dx%d at 19x19, batch " % (blocks, channels)
        b.row(what + str(SEARCH_BATCH), "leela-zero", short(batch, "/s"), short(theirs, "/s"), 1 / ratios[0], 5)
        b.row(what + "1", "leela-zero", short(single, "/s"), short(theirs, "/s"), 1 / ratios[1], None)
        alone.close()
    leela.close()


def train(b):
    """training steps against PyTorch's, the same layers in fp32"""
    batch = 64 if b.quick else 256
    for blocks, channels, size in ((6, 64, 9), (10, 128, 19)):
        for threads in (1, 2):
            shape = (blocks, channels, size, batch, threads)
            peer, layout = best_torch(b, shape)
            b.ours.open("train", *shape)
            (ours, theirs), (ratio,) = b.turns((b.ours, peer), 0.5, threads=threads)
            b.row("training %dx%d at %dx%d, %d thread%s" % (blocks, channels, size, size, threads, "s"[:threads - 1]),
                  "PyTorch " + layout, short(ours, "/s"), short(theirs, "/s"), ratio, 3)
            peer.close()


def best_torch(b, shape):
    """PyTorch in the layout that is its faster one for this shape, as a slice of a batch shows, opened."""
    peer = Side(["/usr/bin/python3", os.path.join(HERE, "torch_side.py")], b.env(shape[-1]))
    blocks, channels, size, batch, threads = shape
    rate = []
    for last in (0, 1):
        peer.open("train", blocks, channels, size, 32, threads, last)
        rate.append(max(peer.go(0.5) for _ in range(2)))
    last = int(rate[1] > rate[0])
    peer.open("train", *shape, last)
    return peer, ("NCHW", "NHWC")[last]


def scale(b):
    """inference on two threads against one; and against two processes that share nothing, which is what the machine can do"""
    other = b.another()
    pair = Pair(other, b.another())
    for side, threads in ((b.ours, 2), (pair, 1)):
        side.open("scale", 6, 64, 9, SEARCH_BATCH, threads)
    (two, one, apart), ratios = b.turns((b.ours, other, pair), 0.3, 3, threads=2)
    b.row("6x64 9x9, 1 to 2 threads", "itself", short(two, "/s"), short(one, "/s"), ratios[0], 1.9)
    b.row("6x64 9x9, 2 threads", "two processes", short(two, "/s"), short(apart, "/s"), ratios[1], None)
    pair.close()


def board(b):
    """random legal games on the fast board against the plain one of the tests"""
    plain = b.another()
    for size in (9, 19):
        b.ours.open("games", size, 0)
        plain.open("games", size, 1)
        (ours, theirs), (ratio,) = b.turns((b.ours, plain), 0.1)
        b.row("random games at %dx%d" % (size, size), "plain board", short(ours, "/s"), short(theirs, "/s"), ratio, 10)
    plain.close()


def share(b):
    """the part of self-play's time that is spent inside nn"""
    out = subprocess.run([os.path.join(BUILD, "miai"), "bench", "--profile", "--cpu-flags", b.flags], check=True, text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    nn = float(re.search(r"inside nn (\S+)%", out).group(1)) / 100
    rate = float(re.search(r"(\S+) evaluations/s", out).group(1))
    b.row("6x64 at 9x9, 32 visits, in nn", "-", short(rate, "/s"), "", nn, 0.85, percent=True)


def peak(b):
    """products against what a loop in registers reaches"""
    loop = b.another()
    loop.open("peak")
    rates = {}
    for kernel in ("mm_u8", "wino_mm", "wgrad"):
        b.ours.open(kernel)
        rates[kernel] = b.turns((b.ours, loop), 0.015, 5)
    best = max(rates, key=lambda k: rates[k][1])
    for kernel, ((ours, most), (ratio,)) in rates.items():
        b.row("product " + kernel, "registers", short(ours, "mac/s"), short(most, "mac/s"), ratio,
              0.6 if kernel == best else None, percent=True)
    loop.close()


def memory(b):
    """a whole self-play process with 128 games under way, at its largest"""
    out = subprocess.run([os.path.join(BUILD, "bench", "ours"), "--cpu-flags", b.flags, "memory", "6", "64", "9", "32", "128"],
                         check=True, text=True, stdout=subprocess.PIPE).stdout
    mib = int(out) / 2 ** 20
    b.row("MiB of self-play 6x64, 128 games", "-", "%.0f MiB" % mib, "", mib, 256, most=True)


ROWS = (conv, net, train, scale, share, board, peak, memory)


def parse():
    p = argparse.ArgumentParser(prog="bench/compare", description="Speeds beside those of oneDNN, PyTorch and leela-zero, "
                                "measured in turns; exits 1 where a mark is missed.")
    p.add_argument("row", nargs="*", help="only these rows: " + ", ".join(r.__name__ for r in ROWS))
    p.add_argument("--quick", action="store_true", help="fewer shapes and runs: to see where one is, not for the record")
    p.add_argument("--all-isa", action="store_true", help="all instruction sets that the machine has, on both sides (AVX2)")
    p.add_argument("--shapes", action="store_true", help="a line for each shape of a mean, too")
    p.add_argument("--list", action="store_true", help="what rows there are")
    options = p.parse_args()
    unknown = set(options.row) - {r.__name__ for r in ROWS}
    if unknown:
        p.error("there is no row %s" % ", ".join(sorted(unknown)))
    return options


def main():
    options = parse()
    if options.list:
        for r in ROWS:
            print("%-8s %s" % (r.__name__, r.__doc__))
        return 0
    if os.geteuid() == 0:
        os.setpriority(os.PRIO_PROCESS, 0, -20)
    b, start = Bench(options), time.monotonic()
    print("\n%s; medians of at least %d runs in turns" % ("all instruction sets" if options.all_isa else "AVX2", b.runs))
    print(LINE % ("what", "peer", "miai", "peer", "ratio", "mark", ""))
    try:
        for r in ROWS:
            if not options.row or r.__name__ in options.row:
                r(b)
    except (RuntimeError, OSError, subprocess.CalledProcessError) as e:
        print("bench/compare: %s" % e, file=sys.stderr)
        return 2
    marks = [held for held in b.rows if held is not None]
    print("\n%.0f s" % (time.monotonic() - start))
    print("%d of %d marks hold" % (sum(marks), len(marks)))
    return 0 if all(marks) else 1


sys.exit(main())
