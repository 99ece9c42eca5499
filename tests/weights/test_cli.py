#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""miai import as a user meets it: packed and plain files, info, a game by GTP, errors; and the net it makes
beside a model that knows only the pages.   usage: test_cli.py MIAI MAKER ANSWERS"""
import gzip
import hashlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools"))
from model import leela  # noqa: E402

ANSWERS = sys.argv.pop(3)
MAKER = sys.argv.pop(2)
MIAI = sys.argv.pop(1)


def miai(*args, **kw):
    return subprocess.run([MIAI, *map(str, args)], capture_output=True, timeout=100, text=True, **kw)


class Import(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.text = subprocess.run([MAKER, "write"], capture_output=True, check=True).stdout
        (cls.dir / "plain.txt").write_bytes(cls.text)
        (cls.dir / "packed.gz").write_bytes(gzip.compress(cls.text))
        half = len(cls.text) // 2
        (cls.dir / "members.gz").write_bytes(gzip.compress(cls.text[:half]) + gzip.compress(cls.text[half:]))
        cls.said = miai("import", cls.dir / "plain.txt", "--out", cls.dir / "plain.net")

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_said(self):
        self.assertEqual((self.said.returncode, self.said.stderr), (0, ""))
        self.assertIn(hashlib.sha256((self.dir / "plain.net").read_bytes()).hexdigest(), self.said.stdout)
        self.assertIn(hashlib.sha256(self.text).hexdigest(), self.said.stdout)
        self.assertRegex(self.said.stdout, r"best move is the same in \d+; KL divergence 0\.\d+ on average")
        self.assertRegex(self.said.stdout, r"the chance to win differs by 0\.\d+ on average, 0\.\d+ at most")

    def test_packed(self):
        for name in "packed", "members":
            p = miai("import", self.dir / f"{name}.gz", "--out", self.dir / f"{name}.net", "--cpu-flags", "none")
            if "built without zlib" in p.stderr:
                self.skipTest("no zlib")
            self.assertEqual((p.returncode, p.stderr, p.stdout), (0, "", self.said.stdout))
            self.assertEqual((self.dir / f"{name}.net").read_bytes(), (self.dir / "plain.net").read_bytes())

    def test_info(self):
        p = miai("info", self.dir / "plain.net")
        self.assertEqual((p.returncode, p.stderr), (0, ""))
        self.assertIn("leela-zero's, 2 blocks of 16 filters, 32 hidden units, for boards of 7", p.stdout)
        self.assertIn("unknown: no recipe, no ledger", p.stdout)

    def test_plays(self):
        game = "boardsize 7\ngenmove b\ngenmove w\nplay b pass\nundo\nfinal_score\nboardsize 9\nquit\n"
        for flags in "all", "none":
            p = miai("gtp", "--net", self.dir / "plain.net", "--visits", "20", "--memory", "16", "--cpu-flags", flags, input=game)
            self.assertEqual(p.returncode, 0)
            replies = p.stdout.split("\n\n")
            self.assertRegex(replies[1], r"^= [A-H][1-7]$")
            self.assertRegex(replies[2], r"^= ([A-H][1-7]|PASS|pass)$")
            self.assertTrue(replies[6].startswith("? unacceptable size"), replies[6])
            first = p.stdout if flags == "all" else first
            self.assertEqual(p.stdout, first)

    def test_model(self):
        """The integers are those of docs/arithmetic-leela.md."""
        net = leela.Net((self.dir / "plain.net").read_bytes())
        self.assertEqual(net.source, hashlib.sha256(self.text).digest())
        out = subprocess.run([ANSWERS, "imported", self.dir / "plain.net"], capture_output=True, text=True, check=True).stdout
        lines = [list(map(int, line.split())) for line in out.splitlines()]
        n = len(lines) // 3
        for i in range(n):
            policy, value = net.run([lines[i][p:p + 18] for p in range(0, len(lines[i]), 18)])
            self.assertEqual((policy, [value]), (lines[n + 2 * i], lines[n + 2 * i + 1]))
            self.assertGreater(len(set(policy)), 10)

    def test_matches(self):
        """Against another player it plays by GTP, the same games at any number of tables; in a ladder too."""
        play = ("match", self.dir / "plain.net", "random", "--visits", "4", "--opening-plies", "2")
        first = set()
        for tables in "1", "2":
            folder = self.dir / f"tables{tables}"
            p = miai(*play, "--size", "7", "--games", "2", "--threads", tables, "--sgf", folder)
            self.assertEqual((p.returncode, p.stderr), (0, ""))
            self.assertIn("0 games lost by breaking the rules", p.stdout)
            first.add((folder / "000000.sgf").read_text())
        self.assertEqual(len(first), 1)
        self.assertIn(f"PB[{self.dir / 'plain.net'}]PW[random]", first.pop())
        p = miai(*play)
        self.assertEqual(p.returncode, 2)
        self.assertIn("boards of 7 alone; give --size 7", p.stderr)
        p = miai(*play, "--size", "7", "--records", self.dir / "records")
        self.assertEqual(p.returncode, 2)
        self.assertIn("an imported net, or --moves go to --sgf DIR", p.stderr)
        p = miai("ladder", self.dir / "plain.net", "random", "--size", "7", "--pairs", "1", "--visits", "4")
        self.assertEqual(p.returncode, 0, p.stderr)
        self.assertIn("plain.net", p.stdout)

    def test_refused(self):
        for data, words in ((b"", "line 1"), (b"\x1f\x8b", "gzip"), (self.text[:1000], "lines"),
                            (gzip.compress(self.text)[:-20], "gzip"), (self.text.replace(b"\n", b"\nnan ", 1), '"nan"')):
            (self.dir / "bad").write_bytes(data)
            p = miai("import", self.dir / "bad", "--out", self.dir / "bad.net")
            self.assertIn(p.returncode, (2, 3))
            self.assertEqual(p.stdout, "")
            self.assertIn(words, p.stderr)
            self.assertIn(str(self.dir / "bad"), p.stderr)
            self.assertFalse((self.dir / "bad.net").exists())
        for args in ([], ["x"], ["x", "--out", "y", "--positions", "1"], ["x", "y", "--out", "z"]):
            self.assertEqual(miai("import", *args).returncode, 2)


unittest.main()
