# SPDX-License-Identifier: GPL-3.0-or-later
"""Go, from docs/go.md: flood fill, and every past position kept and compared."""

from . import base

BLACK, WHITE = 0, 1
EMPTY = -1
NO_MOVE = 65535


class Rules:
    def __init__(self, size, komi_half, suicide, max_moves):
        self.size, self.komi_half, self.suicide, self.max_moves = size, komi_half, suicide, max_moves


def around(size, p):
    row, col = divmod(p, size)
    return [q for ok, q in ((row > 0, p - size), (row < size - 1, p + size), (col > 0, p - 1), (col < size - 1, p + 1))
            if ok]


def group(size, board, p):
    """The connected points of one colour (or empty) with p, and what touches them."""
    seen, edge, todo = {p}, set(), [p]
    while todo:
        for q in around(size, todo.pop()):
            if board[q] != board[p]:
                edge.add(q)
            elif q not in seen:
                seen.add(q)
                todo.append(q)
    return seen, edge


class Go:
    def __init__(self, rules):
        self.rules, self.points = rules, rules.size**2
        self.board = (EMPTY,) * self.points
        self.history = [self.board]
        self.turn, self.moves, self.passes, self.last = BLACK, 0, 0, [NO_MOVE] * 5

    def copy(self):
        new = Go.__new__(Go)
        new.__dict__.update(self.__dict__)
        new.history, new.last = list(self.history), list(self.last)
        return new

    def liberties(self, board, p):
        return sum(board[q] == EMPTY for q in group(self.rules.size, board, p)[1])

    def after(self, p):
        """The board after a stone on the empty point p, and whether it was suicide."""
        size, board = self.rules.size, list(self.board)
        board[p] = self.turn
        for q in around(size, p):
            if board[q] == 1 - self.turn and self.liberties(board, q) == 0:
                for x in group(size, board, q)[0]:
                    board[x] = EMPTY
        if self.liberties(board, p):
            return tuple(board), False
        for x in group(size, board, p)[0]:
            board[x] = EMPTY
        return tuple(board), True

    def judge(self, p):
        """'' for a legal stone."""
        if self.board[p] != EMPTY:
            return "occupied"
        board, suicide = self.after(p)
        if suicide and not self.rules.suicide:
            return "suicide"
        return "superko" if board in self.history else ""

    def legal(self):
        return [p for p in range(self.points) if not self.judge(p)] + [self.points]

    def over(self):
        return self.passes == 2 or self.moves == self.rules.max_moves

    def play(self, action):
        if action == self.points:
            self.passes += 1
        else:
            self.board = self.after(action)[0]
            self.history.append(self.board)
            self.passes = 0
        self.turn = 1 - self.turn
        self.moves += 1
        self.last = [action] + self.last[:4]

    def owner(self):
        """1 Black's, -1 White's, 0 nobody's, a point each."""
        out = []
        for p in range(self.points):
            if self.board[p] == EMPTY:
                colours = {self.board[q] for q in group(self.rules.size, self.board, p)[1]}
                out.append({(BLACK,): 1, (WHITE,): -1}.get(tuple(colours), 0))
            else:
                out.append(1 if self.board[p] == BLACK else -1)
        return out

    def score_half(self):
        return 2 * sum(self.owner()) - self.rules.komi_half

    def planes(self):
        """[point][plane] for the player to move."""
        komi = self.rules.komi_half if self.turn == WHITE else -self.rules.komi_half
        out = []
        for p in range(self.points):
            x = [0] * 16
            x[0] = 16
            if self.board[p] == EMPTY:
                x[6] = 16 * (self.judge(p) == "superko")
            else:
                x[1 if self.board[p] == self.turn else 2] = 16
                liberties = self.liberties(self.board, p)
                if liberties <= 3:
                    x[2 + liberties] = 16
            for back in range(5):
                x[7 + back] = 16 * (self.last[back] == p)
            x[12] = 16 * (self.last[0] == self.points)
            x[13] = 16 * bool(self.rules.suicide)
            x[14], x[15] = max(0, min(127, komi)), max(0, min(127, -komi))
            out.append(x)
        return out

    def cell(self, p):
        row, col = divmod(p, self.rules.size)
        return (row + 1) * (self.rules.size + 1) + col + 1

    def hash(self):
        k, h = base.key(0, base.ZOBRIST), 0
        for p, colour in enumerate(self.board):
            if colour != EMPTY:
                h ^= base.at(k, 2 * self.cell(p) + colour)
        return h

    def key(self):
        k = base.key(self.hash(), self.turn + 2 * self.passes + 8 * bool(self.rules.suicide) + 256 * self.rules.size)
        k = base.key(k, self.rules.komi_half & base.M32)
        for action in self.last:
            k = base.key(k, action)
        for p in range(self.points):
            if self.judge(p) == "superko":
                k = base.key(k, self.cell(p))
        return k
