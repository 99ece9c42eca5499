#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""SGF to and from GNU Go: its games are loaded by miai, written by miai, and loaded by GNU Go, which then must see the stones
that it saw before; and so with miai's own.   usage: gnugo.py MIAI GNUGO"""
import pathlib
import subprocess
import sys
import tempfile

MIAI, GNUGO = sys.argv[1:]
MINE = [MIAI, "gtp", "--random", "--seed", "3"]
GNU = [GNUGO, "--mode", "gtp", "--level", "1", "--chinese-rules"]


def talk(engine, *lines):
    """The replies, all of which must be good."""
    p = subprocess.run(engine, input="\n".join(lines + ("quit", "")), capture_output=True, text=True, timeout=100, check=True)
    replies = p.stdout.strip("\n").split("\n\n")
    assert len(replies) == len(lines) + 1 and all(r.startswith("=") for r in replies), (lines, replies)
    return [r[1:].strip() for r in replies[:-1]]


def stones(setup):
    return [sorted(r.split()) for r in talk(GNU, *setup, "list_stones black", "list_stones white")[-2:]]


def compare(what, before, after):
    print(what, "the same" if before == after else f"DIFFERENT: {before} and {after}")
    return before == after and bool(before[0]) and bool(before[1])


def main():
    good = True
    with tempfile.TemporaryDirectory() as folder:
        one, two = pathlib.Path(folder, "one.sgf"), pathlib.Path(folder, "two.sgf")
        for size, komi, setup, moves in ((9, 5.5, [], 40), (9, 0.5, ["fixed_handicap 3"], 30), (13, 7.5, [], 30),
                                         (19, 0, ["set_free_handicap D4 Q16 K10"], 20), (5, -2.5, [], 24)):
            colors = ("w", "b") if setup else ("b", "w")
            play = [f"boardsize {size}", f"komi {komi}", *setup, *(f"genmove {colors[i % 2]}" for i in range(moves))]
            for name, player in (("GNU Go's", GNU), ("miai's", MINE)):
                talk(player, *play, f"printsgf {one}")
                talk(MINE, f"loadsgf {one}", f"printsgf {two}")
                good &= compare(f"{name} game on {size}:", stones([f"loadsgf {one}"]), stones([f"loadsgf {two}"]))
                if player is MINE and f"KM[{komi:g}]" not in two.read_text():  # GNU Go's has captures in it
                    print("komi is lost:", two.read_text())
                    good = False
                good &= compare(f"{name} game on {size} at move 10:", stones([f"loadsgf {one} 10"]), stones([f"loadsgf {two} 10"]))
    return 0 if good else 1


sys.exit(main())
