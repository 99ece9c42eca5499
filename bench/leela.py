# SPDX-License-Identifier: GPL-3.0-or-later
"""leela-zero's side of bench/compare: weight files of random numbers, and evaluations a second of CPU time."""
import os
import random
import subprocess

PROGRAM = "/usr/games/leelaz"
POINTS = 361


def write_weights(path, blocks, channels):
    """Version 1: a row of text for each tensor; a convolution has weights, biases, means and variances."""
    rng = random.Random(1)

    def numbers(n, deviation):
        some = ["%.5f" % rng.gauss(0, deviation) for _ in range(min(n, 10007))]
        return " ".join((some * (n // len(some) + 1))[:n])

    def constant(n, text):
        return " ".join([text] * n)

    def convolution(co, ci, taps):
        return [numbers(co * ci * taps, (2 / (ci * taps)) ** 0.5), constant(co, "0"), constant(co, "0"), constant(co, "1")]

    rows = ["1"] + convolution(channels, 18, 9)
    for _ in range(2 * blocks):
        rows += convolution(channels, channels, 9)
    rows += convolution(2, channels, 1) + [numbers(362 * 2 * POINTS, 0.03), constant(362, "0")]
    rows += convolution(1, channels, 1) + [numbers(256 * POINTS, 0.05), constant(256, "0"), numbers(256, 0.06), "0"]
    with open(path, "w") as f:
        f.write("\n".join(rows) + "\n")


class Leela:
    """The same questions as to a side of side.h.  "netbench N" makes N evaluations, with no tree and no cache; the CPU time
    of all its threads before and after is the system's word."""

    def __init__(self, folder, env):
        self.folder, self.env, self.process = folder, env, None

    def open(self, blocks, channels):
        self.close()
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, "leela.txt")
        write_weights(path, blocks, channels)
        self.process = subprocess.Popen(
            [PROGRAM, "--cpu-only", "-t", "1", "--noponder", "-g", "-q", "-w", path], env=self.env, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.seconds = self.bench(2) / 2  # an evaluation; the first ones warm up
        os.remove(path)  # up to 200 MB

    def bench(self, n):
        before = self.cpu()
        self.process.stdin.write("netbench %d\n" % n)
        self.process.stdin.flush()
        while self.process.stdout.readline().strip() != "=":
            if self.process.poll() is not None:
                raise RuntimeError("leela-zero ended")
        self.process.stdout.readline()
        return self.cpu() - before

    def cpu(self):
        """Seconds, of all threads."""
        tasks = "/proc/%d/task" % self.process.pid
        return sum(int(open("%s/%s/schedstat" % (tasks, t)).read().split()[0]) for t in os.listdir(tasks)) * 1e-9

    def go(self, least):
        n = max(2, int(least / max(self.seconds, 1e-6)))
        seconds = self.bench(n)
        self.seconds = seconds / n
        return n / seconds

    def close(self):
        if self.process:
            self.process.stdin.close()
            self.process.wait()
            self.process = None
