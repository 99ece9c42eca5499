#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command line as a user meets it: usage, exit codes, messages, files.   usage: test_cli.py MIAI"""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest

MIAI = sys.argv.pop(1)
OK, MISMATCH, USAGE, UNREADABLE, STOPPED = range(5)


def miai(*args, **kw):
    return subprocess.run([MIAI, *args], capture_output=True, timeout=100, text=True, **kw)


def commands():
    text = miai("--help").stdout
    return [m for m in re.findall(r"^  (\w+)  +\S", text, re.M) if m != "help"]


class Card(unittest.TestCase):
    def test_is_printed_where_it_names_the_net(self):
        with tempfile.TemporaryDirectory() as t:
            t = pathlib.Path(t)
            recipe = pathlib.Path(__file__).resolve().parents[2] / "recipes" / "tiny.ini"
            self.assertEqual(miai("run", str(recipe), "--dir", str(t / "r"), "--until", "1").returncode, OK)
            net = t / "r" / "nets" / "000001.net"
            name = re.search(r"name +(\w{64})", miai("info", str(net)).stdout).group(1)
            for card in (t / "r" / "CARD.md", t / "r" / "nets" / "CARD.md"):
                card.write_text(f"A net called {name}.\n")
                self.assertIn(f"\n\nA net called {name}.\n", miai("info", str(net)).stdout)
                other = miai("info", str(t / "r" / "nets" / "000000.net")).stdout
                self.assertNotIn("A net called", other)
                link = t / "default.net"
                link.symlink_to(net)
                self.assertIn("A net called", miai("info", str(link)).stdout)
                link.unlink()
                self.assertIn("of another net", other)
                card.unlink()


class Usage(unittest.TestCase):
    def test_overview(self):
        self.assertEqual(miai("--help").returncode, OK)
        self.assertEqual(miai("help").stdout, miai("--help").stdout)
        bare = miai()
        self.assertEqual((bare.returncode, bare.stdout), (USAGE, ""))
        for name in ("run", "verify", "gtp", "match", "info", "bench"):
            self.assertIn(name, commands())

    def test_version(self):
        self.assertRegex(miai("--version").stdout, r"^miai \d+\.\d+\.\d+ \(numerics \d+\)\n$")

    def test_unknown_command(self):
        for args in (["frobnicate"], ["help", "frobnicate"], ["--frobnicate"]):
            p = miai(*args)
            self.assertEqual((p.returncode, p.stdout), (USAGE, ""))
            self.assertIn(f'"{args[-1]}"', p.stderr)

    def test_help_of_each_command(self):
        for name in commands():
            p = miai(name, "--help")
            self.assertEqual((p.returncode, p.stderr), (OK, ""))
            self.assertTrue(p.stdout.startswith("Usage: miai " + name), p.stdout)
            self.assertEqual(p.stdout, miai("help", name).stdout)
            self.assertLess(len(p.stdout.splitlines()), 40)
            self.assertLess(max(map(len, p.stdout.splitlines())), 100)

    def test_unknown_option(self):
        for name in commands():
            for option in ("--frobnicate", "-z"):
                p = miai(name, option)
                self.assertEqual((p.returncode, p.stdout), (USAGE, ""), name)
                self.assertIn(option, p.stderr)
                self.assertIn(f"miai help {name}", p.stderr)

    def test_each_option_of_the_usage_is_known(self):
        for name in commands():
            for option in re.findall(r"^ +(--[\w-]+)", miai(name, "--help").stdout, re.M):
                p = miai(name, option, "--help", env={**os.environ, "MIAI_NET": "/no/net"})  # or play would play
                self.assertNotIn("unknown option", p.stderr, f"{name} {option}")

    def test_no_net_anywhere(self):
        with tempfile.TemporaryDirectory() as folder:
            alone = shutil.copy(MIAI, folder)
            env = {k: v for k, v in os.environ.items() if k != "MIAI_NET"}
            env.update(XDG_DATA_HOME=folder, XDG_DATA_DIRS=folder)
            for name in ("gtp", "play", "analysis"):
                p = subprocess.run([alone, name], capture_output=True, timeout=100, text=True, env=env)
                self.assertEqual((p.returncode, p.stdout), (USAGE, ""), name)
                self.assertIn("give --net FILE", p.stderr)

    def test_values(self):
        for args in (["match", "a", "b", "--size"], ["match", "a", "b", "--size", "x"], ["match", "a", "b", "--size=20"],
                     ["match", "a", "b", "--size", ""], ["match", "a", "b", "--size", "9x"],
                     ["match", "a", "b", "--size", "99999999999999999999999"], ["match", "a", "b", "--komi", "6.25"],
                     ["match", "a", "b", "--games", "3"], ["match", "a", "b", "--threads", "0"],
                     ["match", "a", "b", "--seed", "-1"], ["match", "a"], ["match", "a", "b", "c"], ["match"],
                     ["bench", "--quick=1"], ["bench", "--cpu-flags", "sse9"], ["bench", "now"], ["info"],
                     ["gtp", "--random", "--net", "x"], ["gtp", "--random", "--threads", "0"],
                     ["gtp", "--random", "--resign", "51"]):
            p = miai(*args)
            self.assertEqual((p.returncode, p.stdout), (USAGE, ""), args)
            self.assertTrue(p.stderr.startswith("miai"), args)

    def test_options_stand_anywhere(self):
        a = miai("match", "--games=2", "random", "--size", "3", "random")
        b = miai("match", "--size=3", "--games", "2", "--", "random", "random")
        self.assertEqual((a.returncode, a.stdout), (OK, b.stdout))


class Files(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.dir = pathlib.Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def write(self, name, data):
        path = self.dir / name
        path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return str(path)

    def test_recipe(self):
        path = self.write("r.ini", "# a remark\n[run]\nseed = 7 ; another\n\n[board]\nsize=7\nkomi = 6.5\n")
        p = miai("info", path)
        self.assertEqual((p.returncode, p.stderr), (OK, ""))
        self.assertIn("\nrun.seed = 7\n", p.stdout)
        self.assertIn("\nboard.komi = 6.5\n", p.stdout)
        # The canonical form is a recipe too, and the same one.
        canonical = self.write("canonical", "miai recipe 1\n" + p.stdout.split("miai recipe 1\n")[1])
        self.assertEqual(miai("info", canonical).stdout, p.stdout)
        name = subprocess.run(["sha256sum", canonical], capture_output=True, text=True, check=True).stdout.split()[0]
        self.assertIn(name, p.stdout)

    def test_bad_recipe(self):
        for line, text in ((2, "[run]\nseed = x\n"), (3, "[run]\nseed = 1\nseed = 2\n"), (2, "[run]\nsead = 1\n"),
                           (1, "seed = 1\n"), (3, "[board]\nsize = 9\nkomi = 6.25\n"), (2, "[run]\nseed\n"),
                           (2, "[board]\nsize = 20\n"), (3, "[run]\nseed = 1\n  2\n"), (2, "[run]\n# " + "x" * 300 + "\n"),
                           (2, "[run]\nseed = 1" + " " * 300 + "\n"), (2, "[run\nseed = 1\n"), (2, "[run]\n\0seed = 1\n")):
            path = self.write("r.ini", text)
            p = miai("info", path)
            self.assertEqual((p.returncode, p.stdout), (UNREADABLE, ""), text)
            want = 1 if text.startswith("[run\n") else line
            self.assertIn(f"{path}:{want}: ", p.stderr, text)

    def test_recipe_whose_settings_do_not_fit(self):
        p = miai("info", self.write("r.ini", "[train]\nbatch = 48\n"))
        self.assertEqual(p.returncode, UNREADABLE)
        self.assertIn("batch", p.stderr)

    def test_what_is_no_file_of_ours(self):
        for path in (self.write("a", b""), self.write("b", os.urandom(1000)), str(self.dir), str(self.dir / "none"),
                     self.write("c", b"miai-net"), self.write("d", b"miaichkp" + bytes(99)), self.write("e", b"miaigame"),
                     self.write("f", b"miaishrd" + b"\xff" * 99), self.write("g", b"miai ledger 1\n"),
                     self.write("h", b"miai recipe 1\n")):
            p = miai("info", path)
            self.assertEqual((p.returncode, p.stderr.startswith("miai info: ")), (UNREADABLE, True), path)

    def test_missing_net(self):
        for args in (["gtp", "--net", "/none"], ["match", "/none", "random"], ["match", "random", "/none"]):
            p = miai(*args)
            self.assertEqual((p.returncode, p.stdout), (UNREADABLE, ""))
            self.assertIn("/none", p.stderr)

    def test_match(self):
        def play(*more):
            records = self.dir / "games"
            p = miai("match", "random", "random", "--size", "4", "--komi", "1", "--games", "24", "--seed", "5",
                     "--records", str(records), *more)
            self.assertEqual((p.returncode, p.stderr), (OK, ""))
            said, games = p.stdout, records.read_bytes()
            records.replace(self.dir / "last")
            return said, games

        one = play("--threads", "1")
        self.assertEqual(one, play("--threads", "2"))
        self.assertEqual(one, play("--threads", "5"))
        self.assertNotEqual(one[1], play("--seed", "6")[1])
        last = self.dir / "last"
        p = miai("match", "random", "random", "--size", "4", "--games", "2", "--records", str(last))
        self.assertEqual(p.returncode, USAGE, "an existing file is written over")
        info = miai("info", str(last)).stdout
        for line in ("games        24", "board        4", "komi         1", "kind         match"):
            self.assertIn(line, info)
        won, drawn, lost = map(int, re.search(r"in all +(\d+) won +(\d+) drawn +(\d+) lost", one[0]).groups())
        self.assertEqual(won + drawn + lost, 24)
        # A torn file: the whole games before the tear.
        info = miai("info", self.write("torn", one[1][:-3]))
        self.assertIn("games        23", info.stdout)
        self.assertIn("tail", info.stdout)

    def test_records_that_cannot_be_written(self):
        p = miai("match", "random", "random", "--size", "3", "--games", "2", "--records", str(self.dir / "no" / "games"))
        self.assertEqual(p.returncode, UNREADABLE)


class System(unittest.TestCase):
    def test_full_disk(self):
        with open("/dev/full", "w") as full:
            for args in (["--help"], ["match", "random", "random", "--size", "2", "--games", "2"]):
                p = subprocess.run([MIAI, *args], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
                self.assertEqual(p.returncode, UNREADABLE)
                self.assertIn("cannot write standard output", p.stderr)

    def test_reader_that_went_away(self):
        r, w = os.pipe()
        os.close(r)
        p = subprocess.run([MIAI, "--help"], stdout=w, stderr=subprocess.PIPE, timeout=60)
        os.close(w)
        self.assertEqual((p.returncode, p.stderr), (UNREADABLE, b""))

    def test_engine_ends_with_its_input(self):
        for said in ("", "name\n", "name"):
            p = miai("gtp", "--random", input=said)
            self.assertEqual((p.returncode, p.stdout, p.stderr), (OK, "= miai\n\n" if said else "", ""))

    def test_input_that_breaks_off(self):
        with tempfile.TemporaryDirectory() as t:
            folder = os.open(t, os.O_RDONLY)  # opens, and cannot be read
            p = subprocess.run([MIAI, "gtp", "--random"], stdin=folder, capture_output=True, text=True, timeout=60)
            os.close(folder)
        self.assertEqual((p.returncode, p.stdout), (UNREADABLE, ""))
        self.assertRegex(p.stderr, r"^miai gtp: standard input: cannot read: \S.*\n$")

    def test_interrupt(self):
        for sig in (signal.SIGINT, signal.SIGTERM):
            p = subprocess.Popen([MIAI, "match", "random", "random", "--size", "19", "--games", "100000"],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            # The stop may come before the program listens for it: say it until it is heard.
            try:
                p.wait(0.5)
            except subprocess.TimeoutExpired:
                p.send_signal(sig)
            out, _ = p.communicate(timeout=60)
            self.assertEqual(p.returncode, STOPPED)
            self.assertIn("A against B", out)


class Bench(unittest.TestCase):
    def test_signature(self):
        """One signature at every thread count and set of instructions, and the one that is written down."""
        golden = (pathlib.Path(__file__).parent / "bench-quick.txt").read_text()
        for args in (["--threads", "1", "--cpu-flags", "none"], ["--threads", "2"], ["--threads", "3"],
                     ["--threads", "2", "--cpu-flags", "none"]):
            p = miai("bench", "--quick", *args)
            self.assertEqual(p.returncode, OK, p.stderr)
            self.assertRegex(p.stdout.splitlines()[-1], r"^signature [0-9a-f]{16}$")
            self.assertEqual(p.stdout, golden, args)

    def test_profile(self):
        """Both tables add up; a shape that plays and learns has something in every phase that takes time: at least in one
        of some tries, as a thread that had to wait for the processor may have spent nearly all its time there."""
        for _ in range(8):
            p = miai("bench", "--profile", "--quick")
            self.assertEqual(p.returncode, OK, p.stderr)
            if not re.search(r"convolution [12] +0\.0%", p.stdout):
                break
        tables = p.stdout.split("\ntraining: ")
        self.assertEqual(len(tables), 2)
        for table in tables:
            share = re.findall(r"^  \S.*?  +(\d+\.\d)%(?:   .*)?$", table, re.MULTILINE)
            self.assertGreater(len(share), 10)
            self.assertEqual(sum(round(10 * float(x)) for x in share), 1000, table)
        self.assertRegex(tables[0], r"(?m)^  inside nn \d+\.\d%$")
        self.assertNotRegex(p.stdout, r"convolution [12] +0\.0%")


if __name__ == "__main__":
    unittest.main()
