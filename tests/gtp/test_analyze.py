#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Analysis commands with a net: the grammar that clients read, stopping at any line, the same bits with any number of
threads; and what needs a net besides.

usage: test_analyze.py MIAI"""
import json
import re
import sys
import unittest

import nets
import talk

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


class Engine(talk.Program):
    def __init__(self, net, *options):
        super().__init__(MIAI, "gtp", "--net", net, *(options if "--memory" in options else (*talk.LITTLE, *options)))

    def say(self, line):
        """The whole reply, without its end."""
        self.write(line)
        lines = [self.line()]
        while lines[-1]:
            lines.append(self.line())
        return "\n".join(lines[:-1])


class Analysis(talk.WithNet):
    def start(self, *options, net=None):
        e = Engine(net or self.net, *options)
        self.addCleanup(lambda: e.p.returncode is None and self.assertEqual(e.end("quit")[::2], (0, "")))
        self.assertEqual(e.say("boardsize 5"), "=")
        return e

    def test_grammar_and_stopping(self):
        e = self.start("--memory", "4")
        for command, info, tail in (("lz-analyze", LZ, ""), ("analyze", PLAIN, ""), ("kata-analyze", KATA, ROOT + OWNER)):
            options = " rootInfo true ownership true pvVisits true" if tail else ""
            e.say("clear_cache")  # a tree that is full is reported once, and then no more
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

    def test_avoid(self):
        """What one colour avoids the other may play, each as deep as it was said."""
        e = self.start("--visits", "300")
        e.say("boardsize 3")
        black = "avoid b C3,PASS 3", "avoid b C2 1"
        reply = lambda *words: e.say(" ".join(("kata-search_analyze b 10000", *words)))
        said = reply(*black, "avoid w B2 9")
        self.assertEqual(said, reply("avoid w B2 9", *reversed(black)))
        moves = {m[1]: m[2].split() for m in re.finditer(r"info move (\S+) .*?pv ((?: ?[A-Z]\w+)+)", said)}
        self.assertIn("B2", moves)
        self.assertEqual({"C3", "C2", "PASS"} & set(moves), set())
        self.assertFalse(any("B2" == pv[i] for pv in moves.values() for i in range(1, min(len(pv), 9), 2)))
        self.assertFalse(any(pv[2] in ("C3", "PASS") for pv in moves.values() if len(pv) > 2))

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

    def test_cancelled(self):
        """Any line ends a search that may be cancelled, and then there is no move; without one there is."""
        e = self.start("--threads", "2")
        e.say("kata-set-param maxTime 600")
        e.write("7 kata-search_cancellable b", "8 name")
        self.assertEqual([e.line() for _ in range(4)], ["=7 cancelled", "", "=8 miai", ""])
        e.write("kata-search_analyze_cancellable w 1")
        self.assertEqual(e.line(), "=")
        self.assertRegex(e.line(), rf"^{KATA}(?: {KATA})*$")
        e.write("")
        while line := e.line():
            last = line
        self.assertEqual(last, "play cancelled")
        e.say("kata-set-param maxTime 0")
        e.say("kata-set-param maxVisits 30")
        move = e.say("kata-search b")
        self.assertEqual(e.say("kata-search_cancellable b"), move)
        self.assertEqual(e.say("kata-search_analyze_cancellable b 10000").splitlines()[-1], move.replace("=", "play"))

    def test_cgos(self):
        e = self.start("--visits", "60")
        begin, told, move = e.say("cgos-genmove_analyze b").splitlines()
        a = json.loads(told)
        self.assertEqual((begin, a["visits"], len(a["ownership"])), ("=", 60, 25))
        self.assertEqual(move, "play " + a["moves"][0]["move"])
        self.assertEqual(set(a["moves"][0]), {"move", "visits", "winrate", "score", "prior", "pv"})
        self.assertNotEqual(a["moves"][0]["pv"].split()[0], a["moves"][0]["move"])
        self.assertTrue(len(a["moves"]) <= 10 and all(0 <= m["winrate"] <= 1 for m in [a, *a["moves"]]))
        sure = self.start("--visits", "1", net=nets.sure_net(str(self.dir / "own.net")))
        self.assertEqual(json.loads(sure.say("cgos-genmove_analyze b 100").splitlines()[1])["ownership"], "+" * 25)

    def test_chat(self):
        """A line a move in the form that gtp2ogs looks for, after one that names KataGo; and what is said to people."""
        e = self.start("--visits", "20", "--chat")
        self.assertEqual(e.say("kgs-chat private bob hello").count("."), 3)
        moves = [e.say(f"{command} b").split()[-1] for command in ("genmove", "kata-genmove_analyze")]
        e.say("kata-search w")
        self.assertRegex(e.say("kgs-chat game bob how is it"), r"I gave myself [\d.]+% to win, with a lead of -?[\d.]+ points\.$")
        e.say("clear_board")
        self.assertEqual(e.say("kgs-chat game bob again?").count("."), 3)
        code, _, err = e.end("quit")
        first, *lines = err.splitlines()
        self.assertEqual((code, len(lines), "KataGo" in first), (0, 2, True))
        for line, move in zip(lines, moves):
            told = re.fullmatch(r"CHAT:Visits (\d+) Winrate (\d+\.\d\d)% ScoreLead (-?\d+\.\d) ScoreStdev (-?\d+\.\d) "
                                r"(\(PDA (-?\d+.\d\d)\) )?PV (([A-Z]\d+|pass)( [A-Z]\d+| pass)*)", line)
            self.assertEqual((told.group(1), told.group(7).split()[0].upper()), ("20", move))

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
        e.say("komi -2")  # the board as it stands is lost for White
        e.say("play b C3")
        e.say("play w C4")
        self.assertEqual(e.say("genmove b"), "= PASS")
        self.assertNotIn("PASS", e.say("kgs-genmove_cleanup w"))
        e.say("undo")
        self.assertEqual(e.say("kata-get-param friendly_pass"), "= 1")
        self.assertEqual(e.say("kgs-rules tromp-taylor"), "=")
        self.assertNotIn("PASS", e.say("genmove w"))

    def test_second_pass(self):
        """After a pass the worth of another is known: it is made where nothing found is better, by the loser too.
        (This net thinks that whoever moves wins with value 8: no move of its own is any good to it.)"""
        for value, won in ((0, True), (8, True), (-8, True), (0, False), (8, False), (-8, False)):
            e = self.start("--visits", "2", net=nets.sure_net(str(self.dir / "pass.net"), owner=0, value=value))
            e.say(f"komi {0.5 if won else 25.5}")
            e.say("play b C3")
            self.assertNotEqual(e.say("reg_genmove w"), "= PASS")
            e.say("play w pass")
            self.assertEqual(e.say("reg_genmove b") == "= PASS", won or value > 0, (value, won))
            self.assertNotIn("PASS", e.say("kata-search_analyze b avoid b PASS 1").split("\n")[-1])

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
