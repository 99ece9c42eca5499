#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""miai match and miai ladder, between nets and programs; programs that break the rules, or off."""
import fcntl
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree

MIAI = sys.argv.pop(1) if len(sys.argv) > 1 else "build/miai"
OK, MISMATCH, USAGE, UNREADABLE = 0, 1, 2, 3

# A program that knows a little GTP; what it does at its nth genmove comes from a table.
FAKE = """
import sys, time
made = 0
for line in sys.stdin:
    word = line.split()
    if word[0] == "genmove":
        made += 1
        if {quit} == made:
            sys.exit(0)
        if {silent} == made:
            time.sleep(60)
        print("= " + {moves!r}.get(made, "pass") + "\\n", flush=True)
    elif word[0] == {refuses!r}:
        print("? no\\n", flush=True)
    else:
        print("=\\r\\n\\n" if word[0] != "quit" else {bye!r}, flush=True)
"""


def miai(*args):
    return subprocess.run([MIAI, *map(str, args)], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def fake(self, name="fake.py", quit=0, silent=0, moves=None, refuses="", bye="=\n\n"):
        path = self.dir / name
        path.write_text(FAKE.format(quit=quit, silent=silent, moves=moves or {}, refuses=refuses, bye=bye))
        return f"gtp:{sys.executable} {path}"


class Programs(Folder):
    def match(self, *args, code=OK):
        p = miai("match", *args, "--size", 3, "--komi", 1)
        self.assertEqual(p.returncode, code, p.stderr)
        return p

    def score(self, p):
        return tuple(map(int, re.search(r"in all +(\d+) won +(\d+) drawn +(\d+) lost", p.stdout).groups()))

    def test_same_games_whoever_plays_them(self):
        """The random player as a program plays what it plays in the test's own process, at any number of tables."""
        gtp = f"gtp:{MIAI} gtp --random --seed 1"
        one = self.match(gtp, "random", "--games", 12, "--threads", 1, "--sgf", self.dir / "a")
        two = self.match(gtp, "random", "--games", 12, "--threads", 3, "--sgf", self.dir / "b")
        self.assertEqual(sum(self.score(one)), 12)
        self.assertEqual(sum(self.score(two)), 12)
        self.assertEqual(len(list((self.dir / "a").iterdir())), 12)
        openings = [re.findall(r";[BW]\[..\]", (self.dir / "a" / f"{i:06}.sgf").read_text())[:4] for i in range(12)]
        self.assertEqual(openings[0::2], openings[1::2])
        self.assertGreater(len({tuple(o) for o in openings}), 3)

    def test_first_moves(self):
        """Every game begins with them; the random ones come after."""
        self.match("random", "random", "--games", 4, "--moves", "b2, A1 pass", "--opening-plies", 1, "--sgf", self.dir / "m")
        games = [re.findall(r";([BW]\[.?.?\])", (self.dir / "m" / f"{i:06}.sgf").read_text()) for i in range(4)]
        size = int(re.search(r"SZ\[(\d+)\]", (self.dir / "m" / "000000.sgf").read_text()).group(1))
        bottom = "abcdefghi"[size - 1]
        for g in games:
            self.assertEqual(g[:3], [f"B[b{'abcdefghi'[size - 2]}]", f"W[a{bottom}]", "B[]"], g)
        self.assertEqual(games[0][3], games[1][3])
        self.match("random", "random", "--games", 2, "--moves", "B2 B2", code=USAGE)

    def test_result_by_the_board(self):
        """Both pass at once after two moves of opening: every game is counted, and White has komi."""
        p = self.match(self.fake(), self.fake("b.py"), "--games", 4, "--opening-plies", 2, "--sgf", self.dir / "s")
        self.assertEqual(self.score(p), (2, 0, 2))
        self.assertIn("RE[W+1]", (self.dir / "s" / "000000.sgf").read_text())

    def test_illegal_moves_lose(self):
        for move in ("A0", "D1", "J9", "i1", "", "A", "A1 A2", "99999999999999999999", "\x7f"):
            p = self.match(self.fake(moves={1: move}), self.fake("b.py", moves={1: "A1"}), "--games", 2,
                           "--opening-plies", 0, "--threads", 1)
            self.assertIn("A         slowest move", p.stdout)
            self.assertEqual(re.findall(r"(\d+) games lost by breaking", p.stdout), ["1", "0"], move)

    def test_occupied_point_and_refusal(self):
        p = self.match(self.fake(moves={1: "B2"}), self.fake("b.py", moves={1: "B2"}), "--games", 2, "--opening-plies", 0,
                       "--threads", 1)
        self.assertEqual(re.findall(r"(\d+) games lost by breaking", p.stdout), ["0", "1"])
        p = self.match(self.fake(moves={1: "B2"}), self.fake("c.py", refuses="play"), "--games", 2, "--opening-plies", 0,
                       "--threads", 1)
        self.assertEqual(re.findall(r"(\d+) games lost by breaking", p.stdout), ["0", "2"])

    def test_resignation(self):
        p = self.match(self.fake(moves=dict.fromkeys(range(1, 9), "resign")), self.fake("b.py"), "--games", 4, "--threads", 2)
        self.assertEqual(self.score(p)[2] >= 2, True)

    def test_programs_that_fail(self):
        good = self.fake()
        for bad, word in ((self.fake("q.py", quit=1), "ended"), ("gtp:/none", "ended"), ("gtp:while read x; do echo hello; echo; done", "GTP"),
                          ("gtp:yes", "bytes"), (self.fake("k.py", refuses="komi"), "refuses"),
                          (self.fake("s.py", silent=1), "no reply")):
            p = self.match(bad, good, "--games", 2, "--patience", 1 if "s.py" in bad else 60, code=UNREADABLE)
            self.assertIn(word, p.stderr, bad)

    def test_wrong_use(self):
        good = self.fake()
        for args in (("random", "random", "--sgf", self.dir), ("random", "random", "--seconds", 1),
                     (good, "random", "--records", "x"), (good, "random", "--seconds", "0"),
                     ("random", "random", "--sprt", "5"), ("random", "random", "--sprt", "5,1"),
                     ("random", "random", "--moves", "Z9"), ("random", "random", "--moves", "A1 " * 65),
                     ("random", "random", "--sprt", "0,x")):
            self.assertEqual(miai("match", *args).returncode, USAGE, args)


class Sprt(Folder):
    def test_stops_in_order(self):
        def play(threads):
            p = miai("match", "random", "random", "--size", 3, "--games", 4000, "--sprt", "100,200", "--threads", threads)
            self.assertEqual(p.returncode, OK, p.stderr)
            return p.stdout

        one = play(1)
        self.assertIn("the lower one is accepted", one)
        self.assertLess(int(re.search(r"A against B, (\d+) games", one).group(1)), 1000)
        self.assertEqual(one, play(3))


class Ladder(Folder):
    def ladder(self, *args, code=OK):
        p = miai("ladder", *args, "--size", 3, "--pairs", 4, "--visits", 2)
        self.assertEqual(p.returncode, code, p.stderr)
        return p

    def test_run(self):
        recipe = self.dir / "r.ini"
        recipe.write_text("[run]\ngenerations = 2\n[board]\nsize = 3\n[net]\nblocks = 1\nchannels = 16\nhead = 16\n"
                          "[selfplay]\ngames = 8\nvisits = 2\ngumbel_actions = 2\n[train]\nbatch = 32\nsteps = 4\nwarmup = 2\ncheckpoint_interval = 4\n")
        folder, log = self.dir / "run", self.dir / "log"
        for until in (1, 2):
            p = miai("run", recipe, "--dir", folder, "--log", log, "--until", until, "--threads", 1)
            self.assertEqual(p.returncode, OK, p.stderr)
        rows = [line.split("\t") for line in log.read_text().splitlines()]
        self.assertEqual([row[0] for row in rows], ["generation", "0", "1", "2"])
        times = [float(row[2]) for row in rows[1:]]
        self.assertEqual(times, sorted(times))
        self.assertEqual([row[3] for row in rows[1:]], ["0", "8", "16"])

        results, svg = self.dir / "results", self.dir / "plot.svg"
        first = self.ladder(folder, "random", "--results", results, "--svg", svg, "--log", log)
        self.assertEqual(first.stderr.count(" against "), 6)
        self.assertIn("generation 2", first.stdout)
        root = xml.etree.ElementTree.parse(svg).getroot()
        self.assertEqual(len(root.findall("{http://www.w3.org/2000/svg}circle")), 3)
        # All is there: nothing is played, the table is the same.
        again = self.ladder(folder, "random", "--results", results)
        self.assertEqual((again.stdout, again.stderr), (first.stdout, ""))
        # A torn line is played again, with the same result.
        whole = results.read_bytes()
        results.write_bytes(whole[:-9])
        mended = self.ladder(folder, "random", "--results", results)
        self.assertEqual((mended.stdout, mended.stderr.count(" against ")), (first.stdout, 1))
        self.assertEqual(results.read_bytes(), whole)
        # Two runs, one after another: the hours of the second come after those of the first.
        other = self.dir / "other.ini"
        other.write_text(recipe.read_text().replace("[run]", "[run]\nseed = 2"))
        p = miai("run", other, "--dir", self.dir / "run2", "--threads", 1)
        self.assertEqual(p.returncode, OK, p.stderr)
        log.write_text("generation\tseconds\tprocessor_seconds\n" + "".join(f"{g}\t{g}.0\t{3600 * g}.0\n" for g in range(3)))
        both = self.ladder(folder, self.dir / "run2", "--svg", svg, "--results", self.dir / "both", "--log", f"{log},{log}")
        self.assertIn("run 2, generation 2", both.stdout)
        circles = xml.etree.ElementTree.parse(svg).getroot().findall("{http://www.w3.org/2000/svg}circle")
        at = [float(c.get("cx")) for c in circles]
        self.assertEqual([round((x - at[0]) / (at[1] - at[0]), 1) for x in at], [0, 1, 2, 2, 3, 4])
        self.ladder(folder, "--log", f"{log},{log}", "--results", self.dir / "both", code=USAGE)
        # Other terms, and damage.
        p = miai("ladder", folder, "--size", 3, "--results", results)
        self.assertEqual(p.returncode, MISMATCH)
        self.assertIn("other terms", p.stderr)
        results.write_bytes(whole + b"nonsense\n")
        self.ladder(folder, "--results", results, code=UNREADABLE)

    def test_results_that_were_begun(self):
        """A ladder killed before its first line is whole leaves no file that is refused; one at a time writes it."""
        players, results = ("random", f"gtp:{MIAI} gtp --random --seed 7", "--threads", 1), self.dir / "results"
        self.ladder(*players, "--results", results)
        whole = results.read_bytes()
        head = whole.index(b"\n") + 1
        self.assertEqual(whole.count(b"\n"), 2)
        for n in (0, 1, 14, 20, head - 1, head):
            results.write_bytes(whole[:n])
            self.assertEqual(self.ladder(*players, "--results", results).stderr.count(" against "), 1, n)
            self.assertEqual(results.read_bytes(), whole, n)
        for other in (b"x", b"miai ladder 2 size", b"my notes"):
            results.write_bytes(other)
            self.assertIn("is no file of results", self.ladder(*players, "--results", results, code=UNREADABLE).stderr)
            self.assertEqual(results.read_bytes(), other)
        results.write_bytes(whole[:-5])
        with open(results) as f:
            fcntl.flock(f, fcntl.LOCK_EX)
            self.assertIn("another process", self.ladder(*players, "--results", results, code=UNREADABLE).stderr)
        self.assertEqual(results.read_bytes(), whole[:-5])

    def test_wrong_use(self):
        self.ladder("random", code=USAGE)
        self.ladder("random", "random", code=USAGE)
        self.ladder("/none", "random", code=UNREADABLE)
        self.ladder(self.dir, "random", code=UNREADABLE)

    def test_program(self):
        p = self.ladder("random", f"gtp:{MIAI} gtp --random --seed 7")
        self.assertIn("gtp:", p.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
