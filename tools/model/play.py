# SPDX-License-Identifier: GPL-3.0-or-later
"""Games, their records and samples: docs/search.md from "A game" on, docs/formats/games.md, docs/formats/shard.md."""

import hashlib

from . import base
from .go import Go, Rules
from .net import u16, u32
from .search import Search
from .train import NO_REPLY

OPENING, CHEAP, FULL, DECIDED = range(4)


class Player:
    """evaluator None: one who draws evenly from the legal moves."""

    def __init__(self, evaluator, settings, cheap_visits=0, full_share=1000):
        self.evaluator, self.settings = evaluator, settings
        self.cheap_visits, self.full_share = cheap_visits, full_share
        self.decided_value, self.decided_moves, self.decided_visits, self.decided_checked = 0, 1, 1, 0


class Session:
    def __init__(self, size, komi_half, suicide, max_moves, seed, players, opening_plies, match, komi_spread_half=0, random_plies=0):
        self.rules = size, komi_half, suicide, max_moves
        self.seed, self.players, self.opening_plies, self.match = seed, players, opening_plies, match
        self.spread, self.random_plies = komi_spread_half // 2, random_plies


class Move:
    def __init__(self, action, kind, value=0, policy=None):
        self.action, self.kind, self.value, self.policy = action, kind, value, policy


class Game:
    """Game number i of a session."""

    def __init__(self, session, i):
        s = session
        self.s, self.i, self.k = s, i, base.key(s.seed, i)
        self.o = base.key(base.key(s.seed, i // 2) if s.match else self.k, base.OPENING)
        size, komi, suicide, most = s.rules
        if not s.match:
            komi += 2 * (base.below(base.key(self.k, base.KOMI), 0, 2 * s.spread + 1) - s.spread)
        self.rules = Rules(size, komi, suicide, most)
        self.go, self.moves = Go(self.rules), []
        self.even = 0 if s.match else base.below(base.key(self.k, base.PLIES), 0, s.random_plies + 1)
        plies = s.opening_plies if s.match else self.even + base.below(self.o, 0, s.opening_plies + 1)
        while len(self.moves) < plies and not self.go.over() and self.go.moves + 1 < most:
            action = self.opening(self.player())
            if action is None:
                break
            self.make(Move(action, OPENING))
        while not self.go.over():
            self.make(self.move(self.player()))
        self.score = self.go.score_half()

    def player(self):
        if not self.s.match:
            return self.s.players[0]
        return self.s.players[self.go.turn ^ self.i & 1]

    def make(self, move):
        self.go.play(move.action)
        self.moves.append(move)

    def stones(self):
        return self.go.legal()[:-1]

    def opening(self, player):
        t = self.go.moves
        if self.s.match or not player.evaluator or t < self.even:
            stones = self.stones()
            return stones[base.below(self.o, 1 + t, len(stones))] if stones else None
        shares = Search(player.evaluator, self.go, player.settings, 1, 0).policy()[:-1]
        if sum(shares) == 0:
            return None
        r = base.below(self.o, 1 + t, sum(shares))
        return next(a for a in range(len(shares)) if sum(shares[: a + 1]) > r)

    def decided(self, player):
        """Once this is true it stays so: decided moves are passed over."""
        p, searched = player, [m for m in self.moves if m.kind in (CHEAP, FULL)]
        if self.s.match or not p.decided_value:
            return False
        if base.below(base.key(self.k, base.DECIDED), 0, 1000) < p.decided_checked:
            return False
        if any(m.kind == DECIDED for m in self.moves):
            return True
        last = [m.value if t % 2 == 0 else -m.value for t, m in enumerate(self.moves) if m.kind in (CHEAP, FULL)]
        last = last[-p.decided_moves :]
        return len(searched) >= p.decided_moves and (min(last) >= p.decided_value or max(last) <= -p.decided_value)

    def move(self, player):
        t = self.go.moves
        if not player.evaluator:
            stones = self.stones()
            c = len(stones)
            return Move(stones[base.below(base.key(self.k, base.RANDOM), t, c)] if c else self.go.points, CHEAP)
        cheap = (not self.s.match and player.cheap_visits > 0
                 and base.below(base.key(self.k, base.VISITS), t, 1000) >= player.full_share)
        visits = player.cheap_visits if cheap else player.settings.visits
        kind = CHEAP if cheap else FULL
        if self.decided(player):
            visits, kind = player.decided_visits, DECIDED
        key = base.key(base.key(self.k, base.GUMBEL), t)
        search = Search(player.evaluator, self.go.copy(), player.settings, visits, key)
        policy = search.policy() if kind == FULL and not self.s.match else None
        return Move(search.action, kind, search.value(), policy)

    def payload(self):
        r = self.rules
        out = u32(self.i) + bytes([r.size, r.suicide]) + u16(r.komi_half & 65535) + u16(r.max_moves)
        out += u16(len(self.moves)) + u32(self.score & base.M32)
        for m in self.moves:
            out += u16(m.action) + bytes([m.kind])
            if m.kind != OPENING:
                out += u32(m.value & base.M32)
            if m.kind == FULL:
                entries = [(a, min(65535, p)) for a, p in enumerate(m.policy or []) if p]
                out += u16(len(entries)) + b"".join(u16(a) + u16(p) for a, p in entries)
        return out

    def hash(self):
        return hashlib.sha256(self.payload()).digest()

    def samples(self, search_value):
        """Packed samples of the moves of full searches."""
        out, go, owner = [], Go(self.rules), self.go.owner()
        for t, m in enumerate(self.moves):
            if m.kind == FULL:
                sign = 1 if go.turn == 0 else -1
                lead = sign * self.score
                win = ((1000 - search_value) * (32768 * (lead > 0)) + search_value * ((m.value + 65536) // 4)) // 1000
                draw = (1000 - search_value) * (32768 * (lead == 0)) // 1000
                reply = self.moves[t + 1].action if t + 1 < len(self.moves) else NO_REPLY
                out.append(pack(go.planes(), [min(65535, p) for p in m.policy], reply, [sign * o for o in owner],
                                [win, draw, 32768 - win - draw], lead))
            go.play(m.action)
        return out


def pack(planes, policy, reply, owner, wdl, score):
    n = len(planes)
    out = bytearray()
    for plane in zip(*planes):
        bits = bytearray((n + 7) // 8)
        for p in range(n):
            bits[p // 8] |= (plane[p] != 0) << p % 8
        out += bytes([max(plane)]) + bits
    out += b"".join(u16(p) for p in policy) + u16(reply)
    owners = bytearray((n + 3) // 4)
    for p in range(n):
        owners[p // 4] |= {0: 0, 1: 1, -1: 2}[owner[p]] << 2 * (p % 4)
    return bytes(out + owners) + b"".join(u16(x) for x in wdl) + u16(score & 65535)


def shard(samples, size, planes, generation, recipe):
    length = len(samples[0]) if samples else 0
    head = b"miaishrd" + u32(1) + u32(size) + u32(planes) + u32(length) + u32(generation) + u32(len(samples))
    return head + recipe + b"".join(samples)
