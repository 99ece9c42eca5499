#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Games under clocks, with undo and drawn moves: `miai replay` makes them again from their transcripts.

usage: test_transcript.py MIAI"""
import pathlib
import subprocess
import sys
import tempfile
import unittest

import nets
import talk

MIAI = None


def gtp(net, transcript, lines, *options):
    """What the engine answers to lines."""
    args = ["--net", net] if net else ["--random"]
    p = subprocess.run([MIAI, "gtp", *args, *talk.LITTLE, "--transcript", transcript, *options], input="\n".join(lines) + "\n",
                       capture_output=True, text=True, timeout=100)
    assert p.returncode == 0
    return p.stdout


def replay(transcript, net, *options):
    args = ["--net", net] if net else []
    return subprocess.run([MIAI, "replay", transcript, *args, *talk.LITTLE, *options], capture_output=True, text=True, timeout=100)


class Transcripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.dir = pathlib.Path(folder.name)
        self.net = nets.random_net(str(self.dir / "r.net"))
        self.path = str(self.dir / "transcript")

    def check(self, net, moves):
        for options in (["--threads", "1"], ["--threads", "3", "--cpu-flags", "none"]):
            p = replay(self.path, net, *options)
            self.assertEqual((p.returncode, p.stderr), (0, ""))
            self.assertIn(f"replayed: {moves} moves", p.stdout)
            self.assertEqual(p.stdout.count("genmove"), moves)

    def test_clock(self):
        game = ["boardsize 5", "komi 0.5", "kgs-time_settings byoyomi 0.1 0.05 3"]
        game += ["genmove b", "time_left w 0.05 0", "genmove w", "undo", "genmove w", "play b D4", "play b C4", "genmove w",
                 "time_left b 0 1", "reg_genmove b", "genmove b", "kata-time_settings fischer 0.1 0.02", "genmove w"]
        out = gtp(self.net, self.path, game, "--threads", "2")
        self.assertNotIn("?", out)
        self.check(self.net, 7)

    def test_drawn(self):
        gtp(None, self.path, ["boardsize 5", "genmove b", "genmove w", "clear_board", "genmove b", "fixed_handicap 2"],
            "--seed", "5")
        self.check(None, 3)

    def test_strength(self):
        settings = self.dir / "settings"
        settings.write_text("strength 5\nearly_temperature 1000\nfriendly_pass 1\nresign 40\n")
        gtp(self.net, self.path, ["boardsize 4", *["genmove b", "genmove w"] * 4], "--settings", str(settings))
        self.check(self.net, 8)
        self.assertIn("set strength 5\n", pathlib.Path(self.path).read_text())

    def test_avoid(self):
        """Moves to avoid, by colours and depths: a line for each pair of depths."""
        gtp(self.net, self.path, ["boardsize 4", "kata-genmove_analyze b avoid b D4,PASS 3 avoid b A1 1 avoid w A1 2",
                                  "genmove w", "kata-genmove_analyze b allow b D4,C3 1"], "--visits", "200")
        self.check(self.net, 3)
        lines = [l.split() for l in pathlib.Path(self.path).read_text().splitlines() if l.startswith("avoid")]
        self.assertEqual([l[1:3] for l in lines], [["3", "0"], ["1", "2"], ["1", "0"]])
        self.assertEqual((set(lines[0][3:]), lines[1][3:], len(lines[2][3:])), ({"D4", "PASS"}, ["A1"], 15))

    def test_damage(self):
        gtp(self.net, self.path, ["boardsize 5", "genmove b", "genmove w"], "--visits", "60")
        whole = pathlib.Path(self.path).read_text()
        last = whole.splitlines()[-2]
        self.assertTrue(last.startswith("genmove w 60 "))

        def changed(old, new):
            pathlib.Path(self.path).write_text(whole.replace(old, new))
            return replay(self.path, self.net)

        self.assertEqual(changed(last, "genmove w 60 PASS").returncode, 1)
        p = changed(last, "genmove w 59 " + last.split()[3])
        self.assertIn(p.returncode, (0, 1))
        lines = whole.splitlines()
        for i in (0, 1, 2, 3, len(lines) - 4, len(lines) - 2):
            for new in (lines[i] + " x", lines[i].replace(" ", "  "), lines[i].split()[0]):
                pathlib.Path(self.path).write_text("\n".join(lines[:i] + [new] + lines[i + 1:]) + "\n")
                p = replay(self.path, self.net)
                self.assertEqual((p.returncode, p.stdout.count("replayed")), (3, 0), new)
                self.assertIn("line ", p.stderr)
        pathlib.Path(self.path).write_text(whole[:-3])
        p = replay(self.path, self.net)
        self.assertEqual(p.returncode, 0)
        self.assertIn("not whole", p.stdout)
        other = nets.random_net(str(self.dir / "other.net"), seed=2)
        self.assertEqual(replay(self.path, other).returncode, 1)
        self.assertEqual(replay(self.path, None).returncode, 2)


if __name__ == "__main__":
    MIAI = sys.argv.pop(1)
    unittest.main()
