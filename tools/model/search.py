# SPDX-License-Identifier: GPL-3.0-or-later
"""Evaluation and search, from docs/search.md."""

from . import base
from .base import clamp, isqrt, rshift
from .net import Forward, SCORE

ONE = 65536


class Settings:
    """The defaults are those of nobody; every search says what it wants."""

    def __init__(self, visits, gumbel_actions=0, gumbel_noise=0, c_visit=50, c_scale=1000, cpuct=1100, fpu=200,
                 draw_utility=0, symmetry=1):
        self.visits, self.gumbel_actions, self.gumbel_noise = visits, gumbel_actions, gumbel_noise
        self.c_visit, self.c_scale, self.cpuct, self.fpu = c_visit, c_scale, cpuct, fpu
        self.draw_utility, self.symmetry = draw_utility, symmetry


class Answer:
    def __init__(self, logit, wdl, score, owner):
        self.logit, self.wdl, self.score, self.owner = logit, wdl, score, owner
        self.value = wdl[0] - wdl[2]


def limit(logits):
    return [clamp(x, 1 - 2**30, 2**30 - 1) for x in logits]


def evaluate_net(net, planes, size, symmetry):
    where = base.symmetry_map(size, symmetry)
    turned = [None] * len(planes)
    for p, x in enumerate(planes):
        turned[where[p]] = x
    f = Forward(net, turned, size)
    out = [f.point_out[q] for q in where]
    wdl = [rshift(p, 12) for p in base.softmax(limit(f.global_out[:3]), [1] * 3)]
    owner = [clamp(rshift(2 * base.sigmoid(x) - 2**28, 13), -32767, 32767) for x in limit(o[2] for o in out)]
    return Answer([o[0] for o in out] + [f.global_out[3]], wdl, rshift(f.global_out[SCORE] * 16, 8), owner)


class Node:
    def __init__(self, search, game):
        self.game, self.n, self.w, self.child = game, 1, 0, {}
        sign = 1 if game.turn == search.root_turn else -1
        self.over = game.over()
        if self.over:
            lead = game.score_half() * (1 if game.turn == 0 else -1)
            self.value = ONE * ((lead > 0) - (lead < 0)) if lead else sign * (ONE * search.s.draw_utility // 1000)
        else:
            self.answer = search.evaluate(game)
            self.legal = game.legal()
            logits = [clamp(self.answer.logit[a], -2**29, 2**29) for a in self.legal]
            shares = base.softmax(logits, [1] * len(logits))
            self.prior = {a: min(65535, rshift(p, 12)) for a, p in zip(self.legal, shares)}
            v = self.answer.value + sign * (self.answer.wdl[1] * search.s.draw_utility // 1000)
            self.value = clamp(v, -ONE, ONE)
        self.w = self.value

    def q(self, a):
        """For the player who chooses a, which has a node."""
        return -self.child[a].w // self.child[a].n

    def visits(self, a):
        return self.child[a].n if a in self.child else 0


class Search:
    def __init__(self, evaluator, game, settings, visits, key):
        """evaluator(game, symmetry) gives an Answer."""
        self.s, self.evaluator, self.visits, self.root_turn = settings, evaluator, visits, game.turn
        self.root = r = Node(self, game)
        noise = base.key(key, base.GUMBEL)
        self.noise = {a: base.gumbel(base.at(noise, a) >> 32) if settings.gumbel_noise else 0 for a in r.legal}
        if visits == 1:
            self.action = min(r.legal, key=lambda a: (-r.answer.logit[a], a))
        elif settings.gumbel_actions:
            self.halving()
        else:
            for _ in range(visits - 1):
                self.simulate(self.puct(r))
            self.action = min(r.child, key=lambda a: (-r.visits(a), -r.q(a), a))

    def evaluate(self, game):
        symmetry = base.key(game.key(), base.EVAL) % 8 if self.s.symmetry else 0
        return self.evaluator(game, symmetry)

    def puct(self, node):
        seen = sum(node.prior[a] for a in node.child)
        first = node.w // node.n - self.s.fpu * isqrt(seen * ONE) // 1000
        root = isqrt(node.n * 2**32)

        def score(a):
            q = node.q(a) if a in node.child else first
            return q * ONE + self.s.cpuct * node.prior[a] * root // (1000 * (1 + node.visits(a)))

        return min(node.legal, key=lambda a: (-score(a), a))

    def simulate(self, action):
        """One visit through an edge of the root."""
        path, node = [self.root], self.root
        while True:
            if action not in node.child:
                game = node.game.copy()
                game.play(action)
                node.child[action] = leaf = Node(self, game)
                value = leaf.value
                break
            node = node.child[action]
            path.append(node)
            if node.over:
                node.n, node.w = node.n + 1, node.w + node.value
                value = node.value
                path.pop()
                break
            action = self.puct(node)
        for up in reversed(path):
            value = -value
            up.n, up.w = up.n + 1, up.w + value

    def sigma(self, q):
        most = max((c.n for c in self.root.child.values()), default=0)
        return (self.s.c_visit + most) * self.s.c_scale * ((q + ONE) // 2) // 1000

    def score(self, a):
        s = self.noise[a] + self.root.answer.logit[a]
        return s + self.sigma(self.root.q(a)) if a in self.root.child else s

    def halving(self):
        r, left = self.root, self.visits - 1
        n = left
        m = min(self.s.gumbel_actions, len(r.legal), n)
        best = lambda actions: sorted(actions, key=lambda a: (-self.score(a), a))
        candidates = best(r.legal)[:m]
        phases = (m - 1).bit_length()
        while left:
            rounds = max(1, n // (phases * len(candidates))) if m > 1 else 1
            for a in candidates * rounds:
                if left:
                    self.simulate(a)
                    left -= 1
            if left:
                candidates = best(candidates)[: max(2, len(candidates) // 2)]
        self.action = min(candidates, key=lambda a: (-r.visits(a), -self.score(a), a))

    def completed(self):
        r = self.root
        n = sum(c.n for c in r.child.values())
        mix = r.value
        if n:
            p = {a: max(1, r.prior[a]) for a in r.child}
            mix = (r.value + n * (sum(p[a] * r.q(a) for a in p) // sum(p.values()))) // (n + 1)
        return {a: r.q(a) if a in r.child else mix for a in r.legal}

    def plain(self):
        return self.s.gumbel_actions == 0 and self.visits > 1

    def policy(self):
        """Shares in Q16 over all actions; they sum to 65536."""
        r, out = self.root, [0] * (self.root.game.points + 1)
        if self.plain():
            n = sum(c.n for c in r.child.values())
            for a in r.child:
                out[a] = r.visits(a) * ONE // n
        else:
            x = {a: r.answer.logit[a] + self.sigma(q) for a, q in self.completed().items()}
            top = max(x.values())
            shares = base.softmax([max(v - top, -2**29) for v in x.values()], [1] * len(x))
            for a, p in zip(x, shares):
                out[a] = p >> 12
        out[out.index(max(out))] += ONE - sum(out)
        return out

    def value(self):
        if self.plain():
            return self.root.w // self.root.n
        q, policy = self.completed(), self.policy()
        return sum(policy[a] * q[a] for a in q) // ONE


def net_evaluator(net):
    return lambda game, symmetry: evaluate_net(net, game.planes(), game.rules.size, symmetry)


def uniform_evaluator(game, symmetry):
    return Answer([0] * (game.points + 1), [32768, 0, 32768], 0, [0] * game.points)
