#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs of games under every system of clocks, of a net of chance against itself: nobody runs out of time.

usage: test_clock.py MIAI PAIRS"""
import os
import pathlib
import subprocess
import sys
import tempfile

import nets

CLOCKS = ["absolute 1", "byoyomi 1 1 5", "canadian 1 3 5", "fischer 1 0.1"]
# A quick round says whether clocks are kept at all, also where a sanitized program shares the machine with others.
QUICK = ["absolute 4", "fischer 3 0.5"]
REFEREE = pathlib.Path(__file__).resolve().with_name("referee.py")


def main():
    miai, pairs = sys.argv[1], int(sys.argv[2])
    clocks = CLOCKS if pairs > 1 else QUICK
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        net = nets.random_net(os.path.join(folder, "r.net"))
        player = f"{miai} gtp --net {net}"
        for clock in clocks:
            p = subprocess.run([sys.executable, REFEREE, "--size", "5", "--komi", "0.5", "--games", str(2 * pairs), "--clock",
                                clock, "--max-moves", "40", player + " --threads 1", player + " --threads 2"],
                               capture_output=True, text=True)
            lost = p.stderr.count("out of time")
            print(f"{clock}: {p.stdout.count('game ')} games, {lost} lost on time")
            failed += p.returncode != 0
            if p.returncode:
                print(p.stdout, p.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
