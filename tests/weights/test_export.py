#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports: the ONNX graph gives miai's outputs, bit for bit, by an evaluator of its own (onnx_run.py); safetensors have the
net file's numbers; games become SGF that says what the record says.

usage: test_export.py MIAI NET_ANSWERS TINY.INI [FAULTY]   (FAULTY: miai with calls that fail, tests/run/faulty.c)"""
import hashlib
import json
import math
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

import onnx_run

FAULTY = sys.argv.pop(4) if len(sys.argv) > 4 else None
TINY = sys.argv.pop(3)
ANSWERS = sys.argv.pop(2)
MIAI = sys.argv.pop(1)


def miai(*args):
    return subprocess.run([MIAI, *map(str, args)], capture_output=True, timeout=100, text=True)


def answers(net, size):
    """Planes as ONNX wants them, and what miai says: points and globals by position."""
    out = subprocess.run([ANSWERS, str(size), str(net)], capture_output=True, text=True, check=True).stdout
    lines = [list(map(int, line.split())) for line in out.splitlines()]
    n = len(lines) // 3
    planes = len(lines[0]) // size**2
    turned = [lines[i][p * planes + c] for i in range(n) for c in range(planes) for p in range(size**2)]
    x = onnx_run.Tensor(onnx_run.UINT8, [n, planes, size, size], turned)
    return x, lines[n::2], lines[n + 1::2]


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.dir = pathlib.Path(cls.folder.name)
        subprocess.run([MIAI, "run", TINY, "--until", "1", "--dir", cls.dir / "run"], check=True, capture_output=True)
        cls.net = cls.dir / "run" / "nets" / "000001.net"
        cls.games = int(re.search(r"^games +(\d+)$", miai("info", cls.dir / "run/games/000001.games").stdout, re.M)[1])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def export(self, source, form, *more):
        to = self.dir / f"out.{form}"
        p = miai("export", source, "--format", form, "--out", to, *more)
        self.assertEqual((p.returncode, p.stdout, p.stderr), (0, "", ""))
        return to.read_bytes()

    def same(self, net, size):
        model = onnx_run.Model(self.export(net, "onnx"))
        x, points, globals_ = answers(net, size)
        got_points, got_globals = model.run(x)
        n, area = x.shape[0], size**2
        self.assertEqual((got_points.kind, got_points.shape), (onnx_run.INT32, [n, 3, size, size]))
        self.assertEqual((got_globals.kind, got_globals.shape), (onnx_run.INT32, [n, 6]))
        self.assertEqual(got_globals.data, sum(globals_, []))
        for i in range(n):
            for k in range(3):
                self.assertEqual(got_points.data[(i * 3 + k) * area:(i * 3 + k + 1) * area], points[i][k::3])
        return points, globals_

    def test_onnx_is_exact(self):
        self.same(self.net, 5)
        spread = set()
        for seed in range(4):  # exponents, weights and biases at their extremes: shifts both ways, saturation
            net = self.dir / f"{seed}.net"
            subprocess.run([ANSWERS, "make", str(seed), net], check=True)
            points, _ = self.same(net, 3 + seed % 2)
            spread |= set(sum(points, []))
        self.assertGreater(len(spread), 50)

    def test_origin(self):
        net = hashlib.sha256(self.net.read_bytes()).hexdigest()
        entry = re.search(r"^last entry +(\w+)", miai("info", self.dir / "run").stdout, re.M).group(1)
        recipe = re.search(r"^recipe +(\w+)", miai("info", self.net).stdout, re.M).group(1)
        facts = {"format": "miai net", "net": net, "recipe": recipe, "generation": "1", "numerics": "1", "ledger": entry,
                 "license": "CC0-1.0", "program": "miai " + miai("--version").stdout.split()[1]}
        self.assertEqual(onnx_run.Model(self.export(self.net, "onnx", "--ledger", self.dir / "run" / "ledger")).metadata, facts)
        tensors = self.export(self.net, "safetensors", "--ledger", self.dir / "run" / "ledger")
        n, = struct.unpack("<Q", tensors[:8])
        self.assertEqual(json.loads(tensors[8:8 + n])["__metadata__"] | facts, json.loads(tensors[8:8 + n])["__metadata__"])
        self.assertEqual(onnx_run.Model(self.export(self.net, "onnx")).metadata, facts | {"ledger": "unknown"})

    def test_safetensors(self):
        """Put together again, the tensors are the net file."""
        data = self.export(self.net, "safetensors")
        n, = struct.unpack("<Q", data[:8])
        self.assertEqual((8 + n) % 8, 0)
        head, body = json.loads(data[8:8 + n]), data[8 + n:]
        meta = head.pop("__metadata__")
        end = 0
        for t in sorted(head.values(), key=lambda t: t["data_offsets"]):  # no gap, no overlap
            begin, stop = t["data_offsets"]
            size = {"I8": 1, "U8": 1, "I32": 4}[t["dtype"]]
            self.assertEqual((begin, stop - begin, begin % size), (end, math.prod(t["shape"]) * size, 0))
            end = stop
        self.assertEqual(end, len(body))
        def get(name):
            return body[slice(*head[name]["data_offsets"])]
        layers = ["stem"] + [f"block.{b}.{p}" for b in range(int(meta["blocks"])) for p in ("conv1", "conv2", "pool")]
        layers += ["head", "points", "fc1", "fc2"]
        net = get("activation_exponents")
        for i, name in enumerate(layers):
            net += get("weight_exponents")[i:i + 1] + get(name + ".weight") + get(name + ".bias")
        self.assertEqual(net, self.net.read_bytes()[64:])

    def test_sgf(self):
        games = self.dir / "run" / "games" / "000001.games"
        text = self.export(games, "sgf").decode()
        self.assertEqual(text.count("(;GM[1]FF[4]"), self.games)
        self.assertEqual(text.count("\ngame "), self.games)
        one = self.export(games, "sgf", "--game", "1").decode()
        self.assertEqual(one.count("(;GM[1]"), 1)
        self.assertIn("game 1 of the self-play of generation 1", one)
        self.assertRegex(one, r"RE\[[BW]\+[\d.]+\]|RE\[0\]")
        moves = re.findall(r";([BW])\[(\w\w|)\]C\[([^]]*)\]", one)
        self.assertTrue(moves)
        self.assertEqual([m[0] for m in moves], ["BW"[i % 2] for i in range(len(moves))])
        self.assertTrue(all(re.fullmatch(r"opening, drawn|(full|cheap) search: \d+\.\d% for the mover", m[2]) for m in moves))

    def test_kinds_of_moves(self):
        """How each move was chosen, of a file by the page."""
        moves = struct.pack("<HB HBi HBiHHH HBi", 0, 0, 1, 1, 0, 2, 2, 65536, 1, 3, 65535, 3, 3, -32768)
        (self.dir / "kinds.games").write_bytes(self.file_of([struct.pack("<IBBhHHi", 0, 3, 0, 2, 27, 4, -2) + moves]))
        text = self.export(self.dir / "kinds.games", "sgf").decode()
        self.assertEqual(re.findall(r";[BW]\[..\]C\[([^]]*)\]", text),
                         ["opening, drawn", "cheap search: 50.0% for the mover", "full search: 100.0% for the mover",
                          "quick search, since the game was decided: 25.0% for the mover"])

    @staticmethod
    def file_of(payloads):
        frames = (struct.pack("<I", len(p)) + p + hashlib.sha256(p).digest()[:4] for p in payloads)
        return b"miaigame" + struct.pack("<III", 1, 1, 1) + bytes(32) + b"".join(frames)

    def test_damaged_games(self):
        """All or nothing of a file that is whole; of one that grows what is there, and how much that is."""
        whole = (self.dir / "run" / "games" / "000001.games").read_bytes()
        middle, out = len(whole) // 2, self.dir / "damaged.sgf"
        for name, data, code, words in (
                ("flipped.games", whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1:], 3, r"game \d+ at byte \d+: "),
                ("cut.games", whole[:middle], 3, r"game \d+ at byte \d+: the file ends inside it"),
                ("header.games", whole[:30], 3, "ends inside its header"), ("empty.games", b"", 3, "does not begin with"),
                ("header.games.part", whole[:30], 3, "ends within the header"),
                ("cut.games.part", whole[:middle], 0, r"cut.games.part: [1-9]\d* whole games; the last [1-9]\d* bytes are"),
                ("whole.games.part", whole, 0, None)):
            (self.dir / name).write_bytes(data)
            p = miai("export", self.dir / name, "--format", "sgf", "--out", out)
            self.assertEqual((p.returncode, p.stdout), (code, ""), name)
            self.assertRegex(p.stderr, words or "^$", name)
            self.assertEqual(out.exists(), code == 0, name)
            if code == 0:
                count = int(re.search(r"(\d+) whole|$", p.stderr)[1] or 0) or self.games
                self.assertEqual(out.read_text().count("(;GM[1]FF[4]"), count)
                out.unlink()

    @unittest.skipUnless(FAULTY, "no program that fails")
    def test_no_memory(self):
        """Each allocation fails once: that is told as such, or the file is the right one."""
        games, out, report = self.dir / "run/games/000001.games", self.dir / "short.sgf", self.dir / "report"
        want, failures, n = self.export(games, "sgf", "--game", "0"), 1, 0
        while failures:
            n += 1
            out.unlink(missing_ok=True)
            p = subprocess.run([FAULTY, "export", games, "--format", "sgf", "--out", out, "--game", "0"], capture_output=True,
                               env=os.environ | {"FAULTS": f"memory=@{n}", "FAULTS_REPORT": str(report)}, text=True, timeout=100)
            failures = int(re.search(r"^memory \d+ (\d+)$", report.read_text(), re.M)[1])
            self.assertIn(p.returncode, (0, 3) if failures else (0,), p.stderr)
            self.assertEqual(out.read_bytes() if out.exists() else b"", b"" if p.returncode else want)
            self.assertEqual(p.stderr != "", p.returncode != 0)
        self.assertGreater(n, 20)

    def test_refused(self):
        for args, code in (([], 2), ([self.net], 2), ([self.net, "--out", "x"], 2), ([self.net, "--format", "onnx"], 2),
                           ([self.net, "--format", "gif", "--out", "x"], 2),
                           ([self.net, "--format", "onnx", "--out", "x", "--game", "1"], 2),
                           ([self.net, "--format", "sgf", "--out", self.dir / "x"], 3),
                           ([TINY, "--format", "onnx", "--out", self.dir / "x"], 3),
                           ([self.dir / "run/games/000001.games", "--format", "sgf", "--out", self.dir / "x", "--game", "99999"], 2),
                           ([self.dir / "none", "--format", "onnx", "--out", self.dir / "x"], 3)):
            p = miai("export", *args)
            self.assertEqual((p.returncode, p.stdout), (code, ""), args)
            self.assertTrue(p.stderr.startswith("miai export: "), p.stderr)
        other = self.dir / "other.net"
        subprocess.run([ANSWERS, "make", "9", other], check=True)
        p = miai("export", other, "--format", "onnx", "--out", self.dir / "x", "--ledger", self.dir / "run" / "ledger")
        self.assertEqual(p.returncode, 1)
        self.assertIn("no entry names this net", p.stderr)
        self.assertFalse((self.dir / "x").exists())


unittest.main()
