# SPDX-License-Identifier: GPL-3.0-or-later
"""miai's side of bench/compare answers, refuses what it does not know, and what the peers are given is in order.

    test_bench.py OURS"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import leela  # noqa: E402

OURS = sys.argv.pop(1)


def ours(text, *args):
    return subprocess.run([OURS, *args], input=text, text=True, capture_output=True, timeout=60)


class Side(unittest.TestCase):
    def test_kinds(self):
        """Every kind of work opens and has a rate."""
        for kind in ("conv 16 7 2", "eval 1 16 5 4", "scale 1 16 5 4 2", "train 1 16 5 32 2", "games 5", "games 5 1",
                     "selfplay 1 16 5 2 1", "mm_u8", "wgrad", "wino_mm"):
            p = ours("open %s\ngo 0.001\nquit\n" % kind, "--cpu-flags", "none")
            if kind in ("mm_u8", "wgrad", "wino_mm"):
                p = ours("open %s\ngo 0.001\nquit\n" % kind)
                if "error" in p.stdout:  # a processor whose registers nobody measured
                    continue
            answer = p.stdout.splitlines()
            self.assertEqual((p.returncode, len(answer), answer[0]), (0, 2, "ok"), kind)
            self.assertGreater(float(answer[1]), 0, kind)

    def test_refusals(self):
        p = ours("go 1\nopen nothing\nopen eval 1 17 5 4\nopen scale 1 16 5 4 1000\nwhat\n")
        self.assertEqual(p.returncode, 0)
        self.assertEqual([line.split(":")[0] for line in p.stdout.splitlines()], ["error"] * 5)
        self.assertEqual(ours("", "--cpu-flags", "sse9").returncode, 2)

    def test_memory(self):
        p = ours("", "--cpu-flags", "all", "memory", "1", "16", "5", "2", "4")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertGreater(int(p.stdout), 2 ** 20)

    def test_once(self):
        self.assertEqual(ours("", "--cpu-flags", "none", "once", "games", "5").returncode, 0)
        self.assertEqual(ours("", "--cpu-flags", "none", "once", "nothing").returncode, 2)


class Leela(unittest.TestCase):
    def test_weights(self):
        """Version, then a line for each tensor: as many numbers as the format wants."""
        with tempfile.NamedTemporaryFile("r") as f:
            leela.write_weights(f.name, 2, 8)
            lines = [len(line.split()) for line in f]
        conv = [8 * 8 * 9, 8, 8, 8]
        self.assertEqual(lines, [1, 8 * 18 * 9, 8, 8, 8] + 4 * conv + [16, 2, 2, 2, 722 * 362, 362, 8, 1, 1, 1, 361 * 256, 256, 256, 1])


class Table(unittest.TestCase):
    def test_list(self):
        p = subprocess.run([sys.executable, os.path.join(os.path.dirname(leela.__file__), "table.py"), "--list"],
                           text=True, capture_output=True)
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertEqual([line.split()[0] for line in p.stdout.splitlines()],
                         ["conv", "net", "train", "scale", "share", "board", "peak", "memory"])


if __name__ == "__main__":
    unittest.main()
