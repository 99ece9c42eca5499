#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets two GTP programs play each other, on a board of its own.

The referee knows the rules by itself: area scoring as the board stands after two passes, positional superko, no
suicide.  Each opening of random moves is played twice, with colours changed.  A program that makes an illegal move,
refuses a legal one, or runs out of time, loses that game and is counted.

    referee.py [options] 'miai gtp --net best.net' 'gnugo --mode gtp --level 10 --chinese-rules'

GNU Go should get --positional-superko --capture-all-dead --play-out-aftermath, since dead stones left on the
board count as alive here.
"""
import argparse
import pathlib
import random
import shlex
import subprocess
import sys
import threading
import time

COLUMNS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
BLACK, WHITE = "b", "w"


def other(color):
    return WHITE if color == BLACK else BLACK


class Board:
    """Stones as a dict point -> colour; slow and simple.  Points are (column, row), row 0 at the bottom."""

    def __init__(self, size):
        self.size = size
        self.stones = {}
        self.seen = {frozenset()}

    def near(self, p):
        x, y = p
        for q in ((x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)):
            if 0 <= q[0] < self.size and 0 <= q[1] < self.size:
                yield q

    def region(self, stones, p):
        """All points joined to p that have the same content, and the contents met at their border."""
        kind, todo, inside, border = stones.get(p), [p], {p}, set()
        while todo:
            for q in self.near(todo.pop()):
                if stones.get(q) != kind:
                    border.add(stones.get(q))
                elif q not in inside:
                    inside.add(q)
                    todo.append(q)
        return inside, border

    def after(self, color, p):
        """The stones after the move, or None where it is illegal."""
        if p in self.stones:
            return None
        stones = {**self.stones, p: color}
        for q in self.near(p):
            if stones.get(q) == other(color):
                group, border = self.region(stones, q)
                if None not in border:
                    for taken in group:
                        del stones[taken]
        if None not in self.region(stones, p)[1]:
            return None
        return None if frozenset(stones.items()) in self.seen else stones

    def play(self, color, p):
        stones = self.after(color, p)
        if stones is None:
            return False
        self.stones = stones
        self.seen.add(frozenset(stones.items()))
        return True

    def legal(self, color):
        points = ((x, y) for y in range(self.size) for x in range(self.size))
        return [p for p in points if self.after(color, p) is not None]

    def area(self):
        """Black's points less White's."""
        score, done = 0, set()
        for p in ((x, y) for y in range(self.size) for x in range(self.size)):
            if p in done:
                continue
            inside, border = self.region(self.stones, p)
            done |= inside
            owners = {self.stones[p]} if p in self.stones else border
            if len(owners) == 1:
                score += len(inside) if owners == {BLACK} else -len(inside) if owners == {WHITE} else 0
        return score


class Fault(Exception):
    """The program said something the protocol does not allow, or nothing."""


class Program:
    def __init__(self, command, timeout):
        self.command = command
        self.timeout = timeout
        self.process = subprocess.Popen(shlex.split(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, encoding="latin-1")

    def ask(self, line):
        """(success, text)"""
        watch = threading.Timer(self.timeout, self.process.kill)
        watch.start()
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
            reply = self.process.stdout.readline()
            while reply.strip() == "" and reply:
                reply = self.process.stdout.readline()
            text = reply
            while text and not text.endswith("\n\n"):
                more = self.process.stdout.readline()
                if not more:
                    raise Fault(f"{self.command}: ended in the reply to {line!r}")
                text += more
        except BrokenPipeError as e:
            raise Fault(f"{self.command}: ended before {line!r}") from e
        finally:
            watch.cancel()
        if not text or text[0] not in "=?":
            raise Fault(f"{self.command}: no reply to {line!r}, but {text!r}")
        return text[0] == "=", text[1:].strip()

    def must(self, line):
        ok, text = self.ask(line)
        if not ok:
            raise Fault(f"{self.command}: refuses {line!r}: {text}")
        return text

    def close(self):
        try:
            self.ask("quit")
        except Fault:
            pass
        self.process.wait(self.timeout)


def vertex(p):
    return "pass" if p is None else f"{COLUMNS[p[0]]}{p[1] + 1}"


def point(text, size):
    """The point of a vertex; None for a pass; ValueError."""
    if text.lower() == "pass":
        return None
    x, y = COLUMNS.index(text[:1].upper() or "?"), int(text[1:]) - 1
    if not (x < size and 0 <= y < size):
        raise ValueError(text)
    return x, y


def opening(size, plies, seed):
    rng, board, moves, color = random.Random(seed), Board(size), [], BLACK
    for _ in range(plies):
        legal = board.legal(color)
        if not legal:
            break
        moves.append(rng.choice(legal))
        board.play(color, moves[-1])
        color = other(color)
    return moves


class Clock:
    """One player's time.  spec: "absolute MAIN", "canadian MAIN PERIOD STONES", "byoyomi MAIN PERIOD PERIODS",
    "fischer MAIN INCREMENT", in seconds."""

    def __init__(self, spec):
        self.system, *numbers = spec.split()
        self.main, self.period, self.count = [float(x) for x in numbers + ["0"] * (3 - len(numbers))]
        self.left, self.over, self.left_count = self.main, False, 0
        if self.main == 0 and self.system in ("canadian", "byoyomi"):
            self.enter()

    def enter(self):
        self.over, self.left, self.left_count = True, self.period, int(self.count)

    def settings(self):
        numbers = " ".join(f"{x:g}" for x in (self.main, self.period, self.count)[:{"absolute": 1, "fischer": 2}.get(self.system, 3)])
        return f"{'kata' if self.system == 'fischer' else 'kgs'}-time_settings {self.system} {numbers}"

    def told(self):
        return f"{max(self.left, 0):.0f} {self.left_count}"

    def spend(self, t):
        """False: the flag has fallen."""
        self.left -= t
        if self.left < 0 and not self.over and self.system in ("canadian", "byoyomi"):
            late = -self.left
            self.enter()
            self.left -= late
        if self.system == "byoyomi" and self.over:
            while self.left < 0 and self.left_count > 0:
                self.left_count -= 1
                self.left += self.period
            alive, self.left = self.left_count > 0, self.period
            return alive
        if self.left < 0:
            return False
        if self.system == "canadian" and self.over:
            self.left_count -= 1
            if self.left_count == 0:
                self.enter()
        if self.system == "fischer":
            self.left += self.period
        return True


class Game:
    def __init__(self, args, start, player):
        self.args, self.player = args, player  # player: colour -> Program
        self.board = Board(args.size)
        self.moves, self.color, self.passes = [], BLACK, 0
        self.fault = None  # colour that broke the rules
        for p in player.values():
            p.must(f"boardsize {args.size}")
            p.must("clear_board")
            p.must(f"komi {args.komi:g}")
        self.clock = {color: Clock(args.clock) if args.clock else None for color in player}
        for color, p in player.items():
            if args.clock:
                p.must(self.clock[color].settings())
        for p in start:
            self.put(p)
            for program in player.values():
                program.must(f"play {other(self.color)} {vertex(p)}")

    def put(self, p):
        """Plays for the side to move; False where it is illegal."""
        if p is not None and not self.board.play(self.color, p):
            return False
        self.passes = self.passes + 1 if p is None else 0
        self.moves.append((self.color, p))
        self.color = other(self.color)
        return True

    def turn(self):
        """One move; the result as text once the game is over, else None."""
        mover = self.color
        clock = self.clock[mover]
        if clock:
            self.player[mover].must(f"time_left {mover} {clock.told()}")
        since = time.monotonic()
        text = self.player[mover].must(f"genmove {mover}")
        if clock and not clock.spend(time.monotonic() - since):
            print(f"out of time: {self.player[mover].command}, move {len(self.moves) + 1}", file=sys.stderr)
            self.fault = mover
            return f"{other(mover).upper()}+T"
        if text.lower() == "resign":
            return f"{other(mover).upper()}+R"
        try:
            legal = self.put(point(text, self.args.size))
        except ValueError:
            legal = False
        if not legal:
            print(f"illegal move {text} by {self.player[mover].command}", file=sys.stderr)
            self.fault = mover
            return f"{other(mover).upper()}+F"
        ok, why = self.player[other(mover)].ask(f"play {mover} {text}")
        if not ok:
            print(f"{self.player[other(mover)].command} refuses {mover} {text}: {why}", file=sys.stderr)
            self.fault = other(mover)
            return f"{mover.upper()}+F"
        if self.passes >= 2 or len(self.moves) >= self.args.max_moves:
            return self.count()
        return None

    def count(self):
        score = self.board.area() - self.args.komi
        return "0" if score == 0 else f"{'B' if score > 0 else 'W'}+{abs(score):g}"

    def play(self):
        result = None
        while result is None:
            result = self.turn()
        return result

    def sgf(self, result):
        def name(color):
            return self.player[color].command.replace("\\", "\\\\").replace("]", "\\]")

        text = (f"(;GM[1]FF[4]CA[UTF-8]AP[miai referee]SZ[{self.args.size}]KM[{self.args.komi:g}]RU[Chinese]"
                f"PB[{name(BLACK)}]PW[{name(WHITE)}]RE[{result}]\n")
        for color, p in self.moves:
            where = "" if p is None else chr(97 + p[0]) + chr(97 + self.args.size - 1 - p[1])
            text += f";{color.upper()}[{where}]"
        return text + ")\n"


def table(rows, names):
    """rows: (A's colour, A's points 0, 1, 2)"""
    print(f"A: {names[0]}\nB: {names[1]}")
    for what, colors in (("in all", "bw"), ("as Black", "b"), ("as White", "w")):
        p = [points for color, points in rows if color in colors]
        share = 50 * sum(p) / len(p) if p else 0
        print(f"  A {what:9} {p.count(2):5} won {p.count(1):5} drawn {p.count(0):5} lost  {share:5.1f}%")


def arguments():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("a", metavar="A")
    a.add_argument("b", metavar="B")
    a.add_argument("--size", type=int, default=9)
    a.add_argument("--komi", type=float, default=7.5)
    a.add_argument("--games", type=int, default=10)
    a.add_argument("--opening", type=int, default=4, help="random moves before each pair of games")
    a.add_argument("--seed", type=int, default=1)
    a.add_argument("--max-moves", type=int, default=0, help="0: 3 * size * size")
    a.add_argument("--clock", help='of each player: "absolute 60", "canadian 60 30 25", "byoyomi 60 10 5", "fischer 60 2"')
    a.add_argument("--sgf", type=pathlib.Path, help="folder for the games")
    a.add_argument("--timeout", type=float, default=300, help="seconds for one reply")
    args = a.parse_args()
    args.max_moves = args.max_moves or 3 * args.size * args.size
    return args


def main():
    args = arguments()
    rows, faults = [], 0
    a, b = Program(args.a, args.timeout), Program(args.b, args.timeout)
    if args.sgf:
        args.sgf.mkdir(parents=True, exist_ok=True)
    for i in range(args.games):
        color = WHITE if i % 2 else BLACK
        game = Game(args, opening(args.size, args.opening, f"{args.seed}/{i // 2}"), {color: a, other(color): b})
        result = game.play()
        faults += game.fault is not None
        rows.append((color, 1 if result == "0" else 2 if result[0].lower() == color else 0))
        print(f"game {i + 1}: A is {'Black' if color == BLACK else 'White'}, {result}, {len(game.moves)} moves", flush=True)
        if args.sgf:
            (args.sgf / f"{i + 1:04}.sgf").write_text(game.sgf(result), encoding="utf-8")
    a.close()
    b.close()
    table(rows, (args.a, args.b))
    if faults:
        print(f"{faults} games ended by a fault against the rules")
    return 1 if faults else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Fault as e:
        sys.exit(f"referee: {e}")
