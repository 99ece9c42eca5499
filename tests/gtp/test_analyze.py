#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Analysis commands with a net: the grammar that clients read, stopping at any line, the same bits with any number of
threads; and what needs a net besides.

usage: test_analyze.py MIAI"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import nets

MIAI = None
VERTEX = r"(?:[A-HJ-T]\d+|PASS)"
INT, FLOAT = r"\d+", r"-?\d+\.\d+"
PV = rf"pv {VERTEX}(?: {VERTEX})*"
LZ = rf"info move {VERTEX} visits {INT} winrate {INT} prior {INT} lcb {INT} order {INT} {PV}"
KATA = (rf"info move {VERTEX} visits {INT} edgeVisits {INT} utility {FLOAT} winrate {FLOAT} scoreMean {FLOAT} "
        rf"scoreStdev {FLOAT} scoreLead {FLOAT} scoreSelfplay {FLOAT} prior {FLOAT} lcb {FLOAT} utilityLcb {FLOAT} "
        rf"weight {INT} order {INT} {PV}(?: pvVisits(?: {INT})+)?(?: movesOwnership(?: {FLOAT})+)?")
PLAIN = rf"info move {VERTEX} visits {INT} winrate {FLOAT} scoreLead {FLOAT} prior {FLOAT} lcb {FLOAT} order {INT} {PV}"
ROOT = rf" rootInfo visits {INT} utility {FLOAT} winrate {FLOAT} .*?rawLead {FLOAT}"
OWNER = rf" ownership(?: {FLOAT})+"


class Engine:
    def __init__(self, net, *options):
        self.p = subprocess.Popen([MIAI, "gtp", "--net", net, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  text=True)

    def write(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()

    def line(self):
        return self.p.stdout.readline().rstrip("\n")

    def say(self, line):
        """The whole reply, without its end."""
        self.write(line)
        lines = [self.line()]
        while lines[-1]:
            lines.append(self.line())
        return "\n".join(lines[:-1])

    def quit(self):
        self.write("quit")
        self.p.stdin.close()
        self.p.stdout.read()
        self.p.stdout.close()
        return self.p.wait(timeout=60)


class Analysis(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.net = nets.random_net(str(cls.dir / "r.net"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def start(self, *options, net=None):
        e = Engine(net or self.net, *options)
        self.addCleanup(lambda: self.assertEqual(e.quit(), 0))
        self.assertEqual(e.say("boardsize 5"), "=")
        return e

    def test_grammar_and_stopping(self):
        e = self.start("--memory", "4")
        for command, info, tail in (("lz-analyze", LZ, ""), ("analyze", PLAIN, ""), ("kata-analyze", KATA, ROOT + OWNER)):
            options = " rootInfo true ownership true pvVisits true" if tail else ""
            e.write(f"5 {command} b 1{options}")
            self.assertEqual(e.line(), "=5")
            for _ in range(3):
                self.assertRegex(e.line(), rf"^{info}(?: {info})*{tail}$")
            e.write("6 name")
            while line := e.line():
                self.assertRegex(line, rf"^{info}(?: {info})*{tail}$")
            self.assertEqual((e.line(), e.line()), ("=6 miai", ""))
        # What was there stays: the same position is not searched anew.
        e.write("lz-analyze b 1")
        e.line()
        self.assertGreater(sum(int(v) for v in re.findall(r"visits (\d+)", e.line())), 50)
        e.write("")  # ends it too, and is not answered
        while e.line():
            pass

    def test_arguments(self):
        e = self.start()
        e.write("kata-analyze w interval 1 minmoves 26 maxmoves 4 movesOwnership true allow w A1,B1,PASS 1 avoid b C3 2")
        self.assertEqual(e.line(), "=")
        for _ in range(3):
            line = e.line()
        e.write("name")
        while e.line():
            pass
        e.line(), e.line()
        self.assertEqual({m for m in re.findall(r"info move (\S+)", line)} - {"A1", "B1", "PASS"}, set())
        self.assertEqual(len(re.search(r"movesOwnership((?: [-.\d]+)+)", line).group(1).split()), 25)

    def test_genmove(self):
        for command, info in (("lz-genmove_analyze", LZ), ("genmove_analyze", PLAIN), ("kata-genmove_analyze", KATA),
                              ("kata-search_analyze", KATA)):
            replies = set()
            for threads in ("1", "3"):
                e = self.start("--visits", "120", "--threads", threads)
                reply = e.say(f"{command} b 10000")
                self.assertRegex(reply, rf"^=\n{info}(?: {info})*\nplay {VERTEX}$")
                replies.add(reply + e.say("showboard"))
            self.assertEqual(len(replies), 1)
            self.assertEqual("White (O) to move" in replies.pop(), command != "kata-search_analyze")

    def test_search(self):
        e = self.start("--visits", "50")
        self.assertRegex(e.say("kata-search w"), rf"^= {VERTEX}$")
        self.assertRegex(e.say("miai-gfx"), rf"^= VAR(?: [bw] {VERTEX})+\nLABEL(?: {VERTEX} \d+)+\nTEXT 50 visits, .*$")
        self.assertEqual(e.say("clear_cache"), "=")

    def test_raw(self):
        e = self.start()
        e.say("play b A1")
        one = e.say("kata-raw-nn 3")
        self.assertRegex(one, r"^= symmetry 3\nwhiteWin \S+\nwhiteLoss \S+\nnoResult \S+\nwhiteLead \S+\npolicy\n"
                              r"(?:\S+(?: \S+){4}\n){5}policyPass \S+\nwhiteOwnership\n(?:\S+(?: \S+){4}\n?){5}$")
        self.assertEqual(one.count("NAN"), 1)
        everything = e.say("kata-raw-nn all")
        self.assertEqual(everything.count("symmetry"), 8)
        self.assertIn(one[2:], everything)
        policy = [float(x) for x in re.search(r"policy\n(.*)policyPass", one, re.S).group(1).split() if x != "NAN"]
        self.assertAlmostEqual(sum(policy) + float(re.search(r"policyPass (\S+)", one).group(1)), 1, places=3)
        self.assertEqual(len(e.say("miai-policy").split()), 26)
        self.assertEqual(len(e.say("miai-ownership").split()), 26)
        self.assertRegex(e.say("miai-value"), r"^= Black wins [\d.]+%, leads by -?[\d.]+$")

    def test_name(self):
        e = self.start("--name", "KataGo")
        self.assertEqual(e.say("name"), "= KataGo")

    def test_cleanup(self):
        # Every stone of the other is dead to this net, every point the mover's: a pass would be the friendly thing.
        sure = nets.sure_net(str(self.dir / "sure.net"))
        e = self.start("--visits", "1", "--friendly-pass", "--ponder", "--seed", "3", net=sure)
        e.say("play b C3")
        e.say("play w C4")
        self.assertEqual(e.say("genmove b"), "= PASS")
        self.assertNotIn("PASS", e.say("kgs-genmove_cleanup w"))
        e.say("undo")
        self.assertEqual(e.say("kata-get-param friendly_pass"), "= 1")
        self.assertEqual(e.say("kgs-rules tromp-taylor"), "=")
        self.assertNotIn("PASS", e.say("genmove w"))

    def test_resign(self):
        lost = nets.sure_net(str(self.dir / "lost.net"), value=-8)
        e = self.start("--visits", "1", "--resign", "10", net=lost)
        moves = [e.say(f"genmove {'bw'[i % 2]}") for i in range(6)]
        self.assertEqual(moves[-1], "= resign")
        self.assertNotIn("= resign", moves[:-1])

    def test_interrupt(self):
        e = self.start("--threads", "2", "--cpu-flags", "none")
        e.say("kata-set-param time_ms 60000")
        e.write("genmove b")
        e.write("# interrupt")
        self.assertRegex(e.line(), rf"^= {VERTEX}$")
        e.line()

    def test_sgf(self):
        e = self.start()
        path = self.dir / "a game.sgf"
        path.write_text("(;SZ[7]KM[6.5]AB[aa][gg]AW[ab];W[bb];B[cc](;W[dd])(;W[ee]))")
        self.assertEqual(e.say(f"loadsgf {path}"), "=")
        self.assertEqual(e.say("get_komi"), "= 6.5")
        self.assertIn("(O)", e.say("showboard"))
        self.assertEqual(e.say(f"loadsgf {path} 2"), "=")
        self.assertIn("Black (X) to move", e.say("showboard"))
        out = self.dir / "out.sgf"
        board = e.say("showboard")
        self.assertEqual(e.say(f"printsgf {out}"), "=")
        self.assertEqual(e.say("boardsize 9"), "=")
        self.assertEqual(e.say(f"loadsgf {out}"), "=")
        self.assertEqual(e.say("showboard"), board)
        path.write_text("a letter")
        self.assertRegex(e.say(f"loadsgf {path}"), r"^\? cannot load file: ")


if __name__ == "__main__":
    MIAI = sys.argv.pop(1)
    unittest.main()
