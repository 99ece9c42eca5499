#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual pages say what the program does: every command has a page, every option stands in it and no other, the
examples run, and shells complete what there is.

test_man.py SOURCE MIAI"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT, MIAI = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()


def miai(*args):
    return subprocess.run([MIAI, *args], capture_output=True, text=True, check=True, timeout=60).stdout


def commands():
    listed = miai("--help").split("Commands:\n")[1].split("\n\n")[0]
    return [c for c in re.findall(r"^  ([a-z]+)  ", listed, re.M) if c != "help"]


def page(command):
    return (ROOT / "man" / f"miai-{command}.1").read_text()


def examples():
    for path in sorted((ROOT / "man").glob("*.1")):
        text = path.read_text().split(".Sh EXAMPLES")
        if len(text) == 2:
            lines = re.findall(r"^\$ (.*)$", text[1], re.M)
            yield path.name, [line.replace("\\e", "\\") for line in lines]


class Pages(unittest.TestCase):
    def test_each_command_has_its_page(self):
        there = {p.stem.removeprefix("miai-") for p in (ROOT / "man").glob("miai-*.1")}
        self.assertEqual(there, set(commands()))
        overview = (ROOT / "man" / "miai.1").read_text()
        for c in commands():
            self.assertIn(f".It Cm {c}\n", overview)
            self.assertIn(f".Xr miai-{c} 1\n", overview)

    def test_options(self):
        for c in commands():
            told = re.findall(r"^ +--([a-z-]+)", miai("help", c), re.M)
            self.assertEqual(set(re.findall(r"^\.It Fl -([a-z-]+)", page(c), re.M)), set(told), c)

    def test_names(self):
        for c in commands():
            self.assertIn(f".Dt MIAI-{c.upper()} 1\n", page(c))
            self.assertIn(f".Nm miai-{c}\n", page(c))
            self.assertIn(".Sh EXAMPLES\n", page(c))

    @unittest.skipUnless(shutil.which("mandoc"), "no mandoc")
    def test_mandoc_has_nothing_to_say(self):
        for path in sorted((ROOT / "man").glob("*.1")):
            p = subprocess.run(["mandoc", "-Tlint", "-W", "warning", path], capture_output=True, text=True)
            self.assertEqual((p.returncode, p.stdout), (0, ""), path)


class Examples(unittest.TestCase):
    def test_examples_run(self):
        for name, lines in examples():
            with self.subTest(page=name), tempfile.TemporaryDirectory() as folder:
                self.assertTrue(lines, "a page whose examples cannot be run")
                os.mkdir(os.path.join(folder, "bin"))
                os.symlink(MIAI, os.path.join(folder, "bin", "miai"))
                os.symlink(ROOT / "recipes", os.path.join(folder, "recipes"))
                env = dict(os.environ, PATH=f"{folder}/bin:{os.environ['PATH']}", MIAI_NET="")
                for line in lines:
                    p = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, timeout=120,
                                       stdin=subprocess.DEVNULL)
                    self.assertEqual(p.returncode, 0, f"$ {line}\n{p.stdout}{p.stderr}")


class Shells(unittest.TestCase):
    def complete(self, *words):
        """What bash makes of the words, the last of which is to be completed."""
        script = (f"source {ROOT}/completions/miai.bash; COMP_WORDS=(\"$@\"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _miai;"
                  "printf '%s\\n' \"${COMPREPLY[@]}\"")
        p = subprocess.run(["bash", "-c", script, "bash", MIAI, *words], capture_output=True, text=True, cwd=ROOT)
        self.assertEqual(p.stderr, "")
        return set(p.stdout.split())

    @unittest.skipUnless(shutil.which("bash"), "no bash")
    def test_bash(self):
        self.assertEqual(self.complete("") - {"--help", "--version", "help"}, set(commands()))
        self.assertIn("verify", self.complete("ver"))
        self.assertEqual(self.complete("run", "--ch"), {"--check"})
        self.assertIn("--cpu-flags", self.complete("bench", "--"))
        self.assertIn("recipes", self.complete("run", "rec"))

    @unittest.skipUnless(shutil.which("zsh"), "no zsh")
    def test_zsh_reads_its_file(self):
        subprocess.run(["zsh", "-n", ROOT / "completions" / "_miai"], check=True)

    @unittest.skipUnless(shutil.which("fish"), "no fish")
    def test_fish_reads_its_file(self):
        subprocess.run(["fish", "-n", ROOT / "completions" / "miai.fish"], check=True)


class DefaultNet(unittest.TestCase):
    def gtp(self, program=MIAI, **env):
        return subprocess.run([program, "gtp", "--visits", "1"], input="boardsize 4\ngenmove b\nquit\n", capture_output=True,
                              text=True, timeout=60, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env})

    def test_where_a_net_is_looked_for(self):
        with tempfile.TemporaryDirectory() as folder:
            recipe = ROOT / "recipes" / "tiny.ini"
            subprocess.run([MIAI, "run", recipe, "--until", "1", "--dir", "r"], cwd=folder, check=True, capture_output=True)
            net = f"{folder}/r/nets/000001.net"
            os.makedirs(f"{folder}/usr/bin")
            program = shutil.copy(MIAI, f"{folder}/usr/bin/miai")  # installed elsewhere, so it has no net yet
            none = self.gtp(program, XDG_DATA_DIRS=f"{folder}/none")
            self.assertEqual(none.returncode, 2)
            self.assertIn(f"{folder}/usr/share/miai/default.net", none.stderr)
            for place in ("share/miai", "nets"):
                os.makedirs(f"{folder}/usr/{place}")
                there = shutil.copy(net, f"{folder}/usr/{place}/default.net")
                self.assertEqual(self.gtp(program, XDG_DATA_DIRS=f"{folder}/none").returncode, 0)
                os.unlink(there)
            os.makedirs(f"{folder}/b/miai")
            shutil.copy(net, f"{folder}/b/miai/default.net")
            for env in ({"MIAI_NET": net}, {"XDG_DATA_HOME": f"{folder}/b"}, {"XDG_DATA_DIRS": f"{folder}/none:{folder}/b"}):
                p = self.gtp(**env)
                self.assertEqual(p.returncode, 0, p.stderr)
            self.assertEqual(self.gtp(MIAI_NET=f"{folder}/none", XDG_DATA_DIRS=f"{folder}/b").returncode, 3)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
