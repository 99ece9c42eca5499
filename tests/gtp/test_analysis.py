#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""`miai analysis` driven as KaTrain drives the engine that it was written for, and held to its errors' words.

usage: test_analysis.py MIAI [FAULTY]   (FAULTY: miai with calls that fail, tests/run/faulty.c)"""
import json
import os
import re
import subprocess
import sys
import unittest

import talk

FAULTY = sys.argv.pop(2) if len(sys.argv) > 2 else None
MIAI = sys.argv.pop(1)
BASE = {"rules": "chinese", "komi": 7.5, "boardXSize": 7, "boardYSize": 7, "moves": [], "maxVisits": 40}


class Engine(talk.Program):
    def __init__(self, net, *options):
        super().__init__(MIAI, "analysis", "-model", net, "-config", "none.cfg", *talk.LITTLE, *options)

    def send(self, *lines):
        self.write(*(line if isinstance(line, str) else json.dumps(line) for line in lines))

    def read(self, n=1):
        return [json.loads(self.line()) for _ in range(n)]

    def finish(self, *lines):
        """Everything it still says, after the last lines."""
        self.send(*lines)
        self.p.stdin.close()
        out = self.p.stdout.read()  # communicate() would lose what read() has buffered
        with self.p:
            err = self.p.stderr.read()
        assert self.p.returncode == 0, err
        assert "Started, ready to begin handling requests" in err
        return [json.loads(line) for line in out.splitlines()]


def query(id, **fields):
    return {"id": id, **BASE, **fields}


class Analysis(talk.WithNet):
    def ask(self, *lines, options=()):
        return Engine(self.net, *options).finish(*lines)

    def test_katrain(self):
        """A game with variations: each position once quickly and once more, everything included, as the client does."""
        moves = [["B", "D4"], ["W", "C3"], ["B", "pass"], ["W", "E5"]]
        lines = []
        for turn in range(len(moves) + 1):
            lines.append(query(f"QUERY:{turn}", moves=moves[:turn], analyzeTurns=[turn], includeOwnership=True,
                               includeMovesOwnership=True, includePolicy=True, initialStones=[["B", "A1"]],
                               initialPlayer="B", rules={"ko": "SIMPLE", "scoring": "AREA", "tax": "NONE", "suicide": False,
                                                         "hasButton": False, "whiteHandicapBonus": "0"},
                               overrideSettings={"maxTime": 100.0, "wideRootNoise": 0.04}, priority=turn))
        answers = {a["id"]: a for a in self.ask(*lines, options=["-override-config", "reportAnalysisWinratesAs=BLACK"])}
        self.assertEqual(len(answers), 5)
        for turn in range(5):
            a = answers[f"QUERY:{turn}"]
            self.assertEqual((a["turnNumber"], a["isDuringSearch"], "warning" in a), (turn, False, False))
            self.assertEqual(a["rootInfo"]["visits"], 40)
            self.assertEqual(a["rootInfo"]["currentPlayer"], "BW"[turn % 2])
            self.assertEqual((len(a["ownership"]), len(a["policy"])), (49, 50))
            self.assertEqual(a["policy"][42], -1)  # A1 has a stone
            self.assertAlmostEqual(sum(p for p in a["policy"] if p >= 0), 1, places=2)
            self.assertEqual([m["order"] for m in a["moveInfos"]], list(range(len(a["moveInfos"]))))
            self.assertEqual(sum(m["visits"] for m in a["moveInfos"]), 39)
            for m in a["moveInfos"]:
                self.assertEqual(m["pv"][0], m["move"])
                self.assertEqual(len(m["ownership"]), 49)
                for key in ("winrate", "lcb", "prior"):
                    self.assertTrue(0 <= m[key] <= 1)
                for key in ("scoreLead", "scoreMean", "scoreStdev", "scoreSelfplay", "utility", "utilityLcb", "weight"):
                    self.assertIsInstance(m[key], float)

    def test_threads_and_company(self):
        """Alone or among others, on one thread or three: the same bits."""
        q = query("q", moves=[["W", "D4"]], includeOwnership=True, includePVVisits=True, analysisPVLen=3, maxVisits=150)
        alone = self.ask(q, options=["--threads", "1"])
        crowd = self.ask(*[query(f"x{i}", komi=i, maxVisits=30) for i in range(4)], q, options=["--threads", "3"])
        self.assertEqual(len(crowd), 5)
        self.assertEqual([a for a in crowd if a["id"] == "q"], alone)
        self.assertTrue(all(len(m["pv"]) <= 3 and len(m["pv"]) == len(m["pvVisits"]) for m in alone[0]["moveInfos"]))

    def test_views(self):
        views = {v: self.ask(query("v", moves=[["B", "A1"]], includeOwnership=True,
                                   overrideSettings={"reportAnalysisWinratesAs": v}))[0]
                 for v in ("BLACK", "WHITE", "SIDETOMOVE")}
        self.assertEqual(views["WHITE"], views["SIDETOMOVE"])
        black, white = views["BLACK"], views["WHITE"]
        self.assertAlmostEqual(black["rootInfo"]["winrate"] + white["rootInfo"]["winrate"], 1, places=6)
        self.assertAlmostEqual(black["rootInfo"]["scoreLead"], -white["rootInfo"]["scoreLead"], places=6)
        self.assertEqual([-x for x in black["ownership"]], white["ownership"])

    def test_turns_and_priorities(self):
        moves = [["B", "A1"], ["W", "B1"], ["B", "C1"]]
        e = Engine(self.net)
        first = query("first", maxVisits=3000)
        e.send(first, query("slow", moves=moves, analyzeTurns=[0, 1, 3, 1], priority=-5),
               query("urgent", moves=moves, analyzeTurns=[2, 0], priorities=[1, 7]))
        answers = [(a["id"], a["turnNumber"]) for a in e.finish()]
        answers.remove(("first", 0))
        self.assertEqual(answers, [("urgent", 0), ("urgent", 2), ("slow", 0), ("slow", 1), ("slow", 3)])

    def test_reports_and_terminate(self):
        e = Engine(self.net)
        e.send(query("long", maxVisits=10 ** 9, reportDuringSearchEvery=0.01, firstReportDuringSearchAfter=0.001),
               query("never", moves=[["B", "A1"]], analyzeTurns=[0, 1], maxVisits=10 ** 9, reportDuringSearchEvery=1))
        for a in e.read(3):
            self.assertEqual((a["id"], a["isDuringSearch"]), ("long", True))
        e.send({"id": "t0", "action": "terminate", "terminateId": "never", "turnNumbers": [1]})
        seen = []
        while not seen or seen[-1].get("id") != "t0":
            seen += e.read()
        self.assertEqual([a["turnNumber"] for a in seen if a.get("noResults")], [1])
        e.send({"id": "t1", "action": "terminate_all"})
        rest = e.finish()
        self.assertEqual([a["turnNumber"] for a in rest if a.get("noResults")], [0])
        last = [a for a in rest if a["id"] == "long"][-1]
        self.assertFalse(last["isDuringSearch"])
        self.assertGreater(last["rootInfo"]["visits"], 0)
        self.assertIn({"id": "t1", "action": "terminate_all"}, rest)

    def test_pondering(self):
        """A search without an end does not hold up others, but for such as itself; and all answers are what they are alone."""
        endless = dict(maxVisits=10 ** 7, reportDuringSearchEvery=0.01, priority=9)
        lines = [query("ponder", **endless), query("next", moves=[["B", "A1"]], **endless),
                 query("a", komi=1, analyzeTurns=[0, 1], moves=[["B", "D4"]]), query("b", boardXSize=5, boardYSize=5, priority=1)]
        answers = [a for a in self.ask(*lines) if not a["isDuringSearch"]]
        self.assertEqual([(a["id"], a["turnNumber"]) for a in answers],
                         [("b", 0), ("a", 0), ("a", 1), ("ponder", 0), ("next", 1)])
        alone = [a for line in lines for a in self.ask(line) if not a["isDuringSearch"]]
        self.assertEqual(sorted(map(json.dumps, answers)), sorted(map(json.dumps, alone)))

    def test_ponder_and_terminate(self):
        """What is searched beside it is ended by its own name, and so is the search without an end."""
        e = Engine(self.net, "--memory", "64")
        e.send(query("ponder", maxVisits=10 ** 7, reportDuringSearchEvery=0.01),
               query("long", maxVisits=10 ** 6 - 1, reportDuringSearchEvery=0.01))
        while (a := e.read()[0])["id"] == "ponder":
            self.assertTrue(a["isDuringSearch"])
        self.assertTrue(a["isDuringSearch"])
        e.send({"id": "t", "action": "terminate", "terminateId": "long"})
        while (a := e.read()[0])["id"] != "long" or a["isDuringSearch"]:
            pass
        self.assertGreater(a["rootInfo"]["visits"], 0)
        rest = e.finish({"id": "t", "action": "terminate", "terminateId": "ponder"})
        self.assertEqual([a["id"] for a in rest if a.get("isDuringSearch") is False], ["ponder"])

    def test_quit_without_waiting(self):
        answers = self.ask(query("a", maxVisits=10 ** 9), query("b"), options=["-quit-without-waiting"])
        self.assertEqual(sorted(a["id"] for a in answers), ["a", "b"])

    def test_actions(self):
        got = self.ask({"id": "1", "action": "query_version"}, {"id": "2", "action": "query_models"},
                       {"id": "3", "action": "clear_cache"}, {"id": "4", "action": "make_tea"},
                       {"id": "5", "action": "terminate"}, {"id": "6", "action": "terminate_all", "turnNumbers": 3})
        self.assertEqual(set(got[0]), {"id", "action", "version", "git_hash"})
        self.assertEqual(got[1]["models"][0]["name"], self.net)
        self.assertEqual(got[2], {"id": "3", "action": "clear_cache"})
        self.assertIn("'action' field must be", got[3]["error"])
        self.assertEqual((got[4]["id"], got[4]["field"]), ("5", "terminateId"))
        self.assertEqual((got[5]["id"], got[5]["field"]), ("6", "turnNumbers"))

    def test_avoid(self):
        mask = [{"player": "B", "moves": ["A1", "B1", "pass"], "untilDepth": 1}]
        avoided = self.ask(query("a", avoidMoves=mask))[0]
        self.assertFalse({"A1", "B1", "pass"} & {m["move"] for m in avoided["moveInfos"]})
        allowed = self.ask(query("a", allowMoves=mask))[0]
        self.assertEqual({m["move"] for m in allowed["moveInfos"]}, {"A1", "B1", "pass"})

    def test_avoid_each(self):
        """Every entry counts for its own player, moves and depth, whatever comes after it."""
        one = {"player": "B", "moves": ["C3", "pass"], "untilDepth": 3}
        two = {"player": "B", "moves": ["C2"], "untilDepth": 1}
        white = {"player": "W", "moves": ["B2"], "untilDepth": 9}
        ask = lambda *avoid: self.ask(query("a", boardXSize=3, boardYSize=3, maxVisits=2000, avoidMoves=list(avoid)))
        a = ask(one, two, white)
        self.assertEqual(a, ask(white, two, one))
        self.assertNotEqual(a, ask(one, white))
        moves = {m["move"]: m["pv"] for m in a[0]["moveInfos"]}
        self.assertEqual({"C3", "C2", "pass"} & set(moves), set())
        self.assertIn("B2", moves)  # White's entry
        self.assertFalse(any("B2" == pv[i] for pv in moves.values() for i in range(1, min(len(pv), 9), 2)))
        self.assertFalse(any(pv[2] in ("C3", "pass") for pv in moves.values() if len(pv) > 2))

    def test_errors(self):
        good = query("e")
        without = lambda f: {k: v for k, v in good.items() if k != f}
        cases = [
            ("{", None, "Could not parse input line as json request"),
            ("[]", None, "Request line was valid json but was not an object"),
            ("\xff", None, "Could not parse input line as json request"),
            ({}, None, 'Request must have a string "id" field'),
            ({"id": 3}, None, 'Request must have a string "id" field'),
            (without("boardXSize"), "boardXSize", "Must provide an integer from 2 to 19"),
            ({**good, "boardYSize": 20}, "boardYSize", "Must provide an integer from 2 to 19"),
            ({**good, "boardYSize": 9}, "boardYSize", "Only square boards"),
            (without("moves"), "moves", "Must specify an array of [player,location] pairs"),
            ({**good, "moves": ["D4"]}, "moves", "Must be an array of pairs of the form"),
            ({**good, "moves": [["B", 3]]}, "moves", "Must be an array of pairs of the form"),
            ({**good, "moves": [["X", "D4"]]}, "moves", "Could not parse player: X"),
            ({**good, "moves": [["B", "H8"]]}, "moves", "Could not parse board location: H8"),
            ({**good, "moves": [["B", "D4"], ["W", "D4"]]}, "moves", "Illegal move 1: D4"),
            ({**good, "initialStones": [["B", "pass"]]}, "initialStones", "Could not parse board location: pass"),
            ({**good, "initialStones": [["B", "A1"], ["B", "A1"]]}, "initialStones", "Illegal stone 1"),
            ({**good, "initialPlayer": "red"}, "initialPlayer", 'Must be "b" or "w"'),
            (without("rules"), "rules", "Must specify rules string"),
            ({**good, "rules": "renju"}, "rules", "Could not parse rules: renju"),
            ({**good, "komi": 7.25}, "komi", "Must be a integer or half-integer from -150.0 to 150.0"),
            ({**good, "komi": "7"}, "komi", "Must be a integer or half-integer"),
            ({**good, "analyzeTurns": [1]}, "analyzeTurns", "Invalid turn number: 1"),
            ({**good, "analyzeTurns": ["1"]}, "analyzeTurns", "Must specify an array of integers"),
            ({**good, "priorities": [1]}, "priorities", "Can only specify when also specifying analyzeTurns"),
            ({**good, "priorities": [1, 2], "analyzeTurns": [0]}, "priorities", "Must be of matching length"),
            ({**good, "priorities": [1], "priority": 2}, "priorities", "Cannot specify both"),
            ({**good, "priority": 1 << 62}, "priority", "Must be a number between -2^62 and 2^62"),
            ({**good, "maxVisits": 0}, "maxVisits", "Must be an integer from 1 to 2^50"),
            ({**good, "analysisPVLen": 0}, "analysisPVLen", "Must be an integer from 1 to 1000"),
            ({**good, "includePolicy": 1}, "includePolicy", "Must be a boolean"),
            ({**good, "reportDuringSearchEvery": 0}, "reportDuringSearchEvery", "Must be number of seconds"),
            ({**good, "overrideSettings": []}, "overrideSettings", "Must be an object"),
            ({**good, "overrideSettings": {"maxVisits": "x"}}, "overrideSettings", "Could not set settings"),
            ({**good, "allowMoves": [], "avoidMoves": []}, "allowMoves", "Cannot specify both"),
            ({**good, "avoidMoves": [{}]}, "avoidMoves", "Must be a list of dicts"),
            ({**good, "avoidMoves": [{"player": "b", "moves": ["Z9"], "untilDepth": 1}]}, "moves",
             "Could not parse board location: Z9"),
        ]
        e = Engine(self.net)
        e.p.stdin.reconfigure(encoding="latin-1")
        answers = e.finish(*[line for line, _, _ in cases])
        self.assertEqual(len(answers), len(cases))
        for (line, field, words), answer in zip(cases, answers):
            self.assertEqual(answer.get("field"), field, line)
            self.assertIn(words, answer["error"])
            self.assertEqual(answer.get("id"), "e" if field else None)

    def test_warnings(self):
        got = self.ask(query("w", tea=1, rules="japanese", overrideSettings={"sugar": 2, "cpuct": 900}))
        warned = {(a["field"], a["warning"].split(":")[0]) for a in got if "warning" in a}
        self.assertEqual(warned, {("tea", "Unexpected or unused field"), ("overrideSettings", "Unknown config params"),
                                  ("rules", "Rules not supported, using area scoring with positional superko instead")})
        self.assertEqual(len([a for a in got if "moveInfos" in a]), 1)

    def test_rules(self):
        """Names as clients write them, and the other program's short form; what is not played is a warning."""
        played = ["New Zealand", "newzealand", "nz", "TrompTaylor", "tromp_taylor", " chinese_ogs", "french", "ing", "goe",
                  "koPOSITIONALscoreAREAtaxNONEsui0", "koSIMPLEscoringAREAtaxNONEsui1button0whbN-1fpok1",
                  "ko SPIGHT whbN sui0", {"score": "AREA"}]
        not_played = ["stone_scoring", "AncientArea", "aga button", "ko SIMPLE score TERRITORY tax SEKI sui0",
                      "koSIMPLEscoreAREAtaxALLsui0", "button1"]
        wrong = ["", "-", "koPOSITIONALscore", "koNEVER", "sui2", "whb", "koSIMPLEtea", "chinese koSIMPLE", "komi7"]
        got = {}
        for a in self.ask(*[query(json.dumps(r), rules=r, maxVisits=1) for r in played + not_played + wrong]):
            got.setdefault(json.loads(a["id"]) if a["id"][0] == '"' else "{}", []).append(a)
        kind = lambda r: [k for a in got["{}" if isinstance(r, dict) else r] for k in ("error", "warning", "rootInfo") if k in a]
        for rules, kinds in ((played, ["rootInfo"]), (not_played, ["warning", "rootInfo"]), (wrong, ["error"])):
            for r in rules:
                self.assertEqual(kind(r), kinds, r)
        self.assertEqual(got["button1"][0]["warning"].split(": ")[1], "no button is played with here")
        self.assertEqual(got["koNEVER"][0]["error"], "Could not parse rules: koNEVER")
        # A suicide of two, as each of the rules has it.
        legal = [r for r in played[:-1] for a in self.ask(query("s", rules=r, maxVisits=1, moves=[["B", "A1"]], initialStones=[
            ["B", "A2"], ["W", "A3"], ["W", "B2"], ["W", "B1"]])) if "rootInfo" in a]
        self.assertEqual(legal, ["New Zealand", "newzealand", "nz", "TrompTaylor", "tromp_taylor", "ing", "goe",
                                 "koSIMPLEscoringAREAtaxNONEsui1button0whbN-1fpok1"])

    def test_repeated_position(self):
        """A ko is retaken after passes: legal in Chinese rules, and not by positional superko.  All turns are answered."""
        stones = [["B", v] for v in ("C4", "D5", "D3")] + [["W", v] for v in ("E5", "E3", "F4", "D4")]
        moves = [["B", "E4"], ["W", "pass"], ["B", "pass"], ["W", "D4"]]
        q = query("k", initialStones=stones, moves=moves, analyzeTurns=[0, 1, 4], includePolicy=True)
        warning, *answers = self.ask(q)
        self.assertEqual((warning["id"], warning["field"]), ("k", "moves"))
        self.assertIn("Move 3 repeats a position", warning["warning"])
        self.assertEqual([a["turnNumber"] for a in answers], [0, 1, 4])
        # The turns before it are what they were; after it the stones are those of the beginning, and the ko is White's.
        self.assertEqual(self.ask({**q, "moves": moves[:3], "analyzeTurns": [0, 1]}), answers[:2])
        first, _, last = ([i for i, p in enumerate(a["policy"]) if p < 0] for a in answers)
        self.assertEqual(set(last) - set(first), {3 * 7 + 4})
        # On it goes, and what the rules forbid without a history they still forbid.
        more = moves + [["B", "A1"], ["W", "A2"], ["B", "E4"], ["W", "A3"], ["B", "B1"], ["W", "D4"]]
        self.assertEqual([k for a in self.ask({**q, "moves": more, "analyzeTurns": [10]}) for k in a if k in ("warning", "turnNumber")],
                         ["warning", "turnNumber"])
        for wrong in (["B", "D4"], ["W", "D4"]):
            self.assertEqual([a.get("error") for a in self.ask({**q, "moves": moves + [wrong]})], ["Illegal move 4: D4"])
        suicide = [["B", "A2"], ["B", "B1"]]
        self.assertEqual(self.ask(query("s", initialStones=suicide, moves=[["W", "A1"]]))[0]["error"], "Illegal move 0: A1")

    def test_max_time(self):
        """A great time is none, in any spelling; what is no time is none."""
        for value in (1e20, "1e20", 10 ** 9, "100", 0.5, "2.5e1"):
            got = self.ask(query("t", maxVisits=2, overrideSettings={"maxTime": value}))
            self.assertEqual([a.get("error") for a in got], [None], value)
            self.assertEqual(got[0]["rootInfo"]["visits"], 2)
        for value in (0, -1, -1e300, "x", "", "inf", "nan", "1e999", "5 s", None, True, [1]):
            self.assertIn("Could not set settings: maxTime",
                          self.ask(query("t", overrideSettings={"maxTime": value}))[0].get("error", ""), value)
        soon = self.ask(query("t", maxVisits=10 ** 8, overrideSettings={"maxTime": 1e-9}))[0]
        self.assertLess(soon["rootInfo"]["visits"], 1000)
        got = self.ask(query("t", maxVisits=2), options=["-override-config", "maxTime=1e20"])
        self.assertEqual(got[0]["rootInfo"]["visits"], 2)
        got = self.ask(query("t", maxVisits=10 ** 8), options=["-override-config", "maxTime=1e-9"])
        self.assertLess(got[0]["rootInfo"]["visits"], 10 ** 6)

    @unittest.skipUnless(FAULTY, "no program that fails")
    def test_no_memory(self):
        """Each allocation of the program fails once: every query has its answers, or there is an error or an exit code."""
        report = self.dir / "report"
        lines = "".join(json.dumps(query(id, boardXSize=3, boardYSize=3, maxVisits=2)) + "\n" for id in "ab")

        def run(n):
            p = subprocess.run([FAULTY, "analysis", "--net", self.net, "--threads", "1", "--memory", "1"], input=lines,
                               capture_output=True, text=True, timeout=100,
                               env=os.environ | {"FAULTS": f"memory=@{n}", "FAULTS_REPORT": str(report)})
            return p, set(p.stdout.splitlines()), int(re.search(r"^memory \d+ (\d+)$", report.read_text(), re.M)[1])

        p, right, failures = run(10 ** 9)
        self.assertEqual((p.returncode, len(right)), (0, 2))
        n = failures = 1
        while failures:
            p, said, failures = run(n)
            errors = {line for line in said - right if "error" in json.loads(line)}
            self.assertIn(p.returncode, (0, 3), (n, p.stderr))
            self.assertEqual(said - right, errors, n)
            self.assertTrue(p.returncode or errors or said == right, (n, p.stdout))
            n += 1
        self.assertGreater(n, 100)

    def test_options(self):
        run = lambda *o: subprocess.run([MIAI, "analysis", *o], input="", capture_output=True, text=True).returncode
        folder = os.open("/", os.O_RDONLY)  # opens, and cannot be read
        broken = subprocess.run([MIAI, "analysis", "--net", self.net], stdin=folder, capture_output=True, text=True)
        os.close(folder)
        self.assertEqual(broken.returncode, 3)
        self.assertIn("standard input: cannot read: ", broken.stderr)
        self.assertEqual(run("--net", "/none"), 3)
        self.assertEqual(run("-model", self.net, "-human-model", "/none", "-config", "/none", "--memory", "8"), 0)
        self.assertEqual(run("-model", self.net, "-human-model"), 2)
        self.assertEqual(run("--net", self.net, "--memory", "0"), 2)
        self.assertEqual(run("--net", self.net, "--override-config", "cpuct=x"), 2)
        self.assertEqual(run("--net", self.net, "--memory", "8", "--visits", "9", "--cpu-flags", "none",
                             "--analysis-threads", "4", "--override-config", "maxVisits=7,homeDataDir=/x"), 0)


if __name__ == "__main__":
    unittest.main()
