# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests that talk to miai share: a program at the other end of pipes, and a net for it."""
import pathlib
import subprocess
import tempfile
import unittest

import nets


# A tree of little memory: meson has every malloc filled with junk, which takes as long as all else for the usual 512 MiB.
LITTLE = ("--memory", "16")


class Program:
    def __init__(self, *command):
        self.p = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def write(self, *lines):
        self.p.stdin.write("".join(line + "\n" for line in lines))
        self.p.stdin.flush()

    def line(self):
        return self.p.stdout.readline().rstrip("\n")

    def end(self, *lines):
        """Says the last lines; its exit code, and what it still says on both streams."""
        self.write(*lines)
        out, err = self.p.communicate(timeout=100)
        return self.p.returncode, out, err


class WithNet(unittest.TestCase):
    """Has a folder, `dir`, and in it a net of chance, `net`."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        cls.net = nets.random_net(str(cls.dir / "r.net"))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()
