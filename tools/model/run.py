# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run: docs/formats/recipe.md, run.md ("How a generation is made") and ledger.md.  A recipe becomes the lines of
a ledger."""

import copy
import hashlib
import os
import re

from . import base
from .net import Shape
from .play import Game, Player, Session, shard
from .search import Settings, net_evaluator
from .train import Config, State, mean, step

EMPTY_ROOT = hashlib.sha256(b"").hexdigest()


def sha(data):
    return hashlib.sha256(data).hexdigest()


def merkle(leaves):
    """RFC 6962, section 2.1, over hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1 << (len(leaves) - 1).bit_length() - 1
    return hashlib.sha256(b"\1" + merkle(leaves[:k]) + merkle(leaves[k:])).digest()


def later(page):
    """The lines of the settings that came later, with their defaults."""
    return re.search(r"```later\n(.*?)```", page, re.S).group(1).splitlines()


def canonical(ini, page):
    """The canonical text of an ini file's recipe.  page: docs/formats/recipe.md, whose example has every default."""
    defaults = re.search(r"```text\n(miai recipe 1\n.*?)```", page, re.S).group(1)
    section, values = "", {}
    for line in ini.splitlines():
        line = line.split("#")[0].strip()
        if line.startswith("["):
            section = line.strip("[]")
        elif line:
            name, value = (x.strip() for x in line.split("="))
            values[f"{section}.{name}"] = value
    out = []
    for line in defaults.splitlines():
        name = line.split(" = ")[0]
        out.append(f"{name} = {values.pop(name)}" if name in values else line)
    for line in later(page):
        name, default = line.split(" = ")
        value = values.pop(name, default)
        if value != default:
            out.append(f"{name} = {value}")
    if "run.start" in values:
        out.append(f"run.start = {values.pop('run.start')}")
    if values:
        raise ValueError(f"not settings: {sorted(values)}")
    return "\n".join(out) + "\n"


class Recipe:
    """r.board_size and so on; points are held in half points."""

    HALF = "board_komi", "board_komi_spread"

    def __init__(self, text, page):
        self.text, self.digest = text, hashlib.sha256(text.encode()).digest()
        settings, _, start = text.partition("run.start = ")
        self.start = start.strip()  # of the checkpoint's file; empty: random weights
        for line in later(page) + settings.splitlines()[1:]:
            name, value = line.split(" = ")
            name = name.replace(".", "_")
            if name in self.HALF:
                whole, _, half = value.partition(".")
                n = 2 * abs(int(whole)) + (half == "5")
                setattr(self, name, -n if value.startswith("-") else n)
            else:
                setattr(self, name, int(value))

    def max_moves(self):
        return self.board_max_moves or min(4096, 3 * self.board_size**2)

    def shape(self):
        return Shape(self.net_blocks, self.net_channels, self.net_head)

    def config(self):
        same = ("batch lr lr_end warmup momentum weight_decay max_step value_weight owner_weight score_weight "
                "reply_weight adapt_interval adapt_until").split()
        return Config(seed=self.run_seed, total_steps=self.run_generations * self.train_steps,
                      **{k: getattr(self, "train_" + k) for k in same})

    def search(self, visits, noise):
        return Settings(visits, self.selfplay_gumbel_actions, noise, self.selfplay_c_visit, self.selfplay_c_scale,
                        self.selfplay_cpuct, self.selfplay_fpu)

    def session(self, stream, generation, players, opening_plies, random_plies=0):
        match = stream == base.MATCH
        return Session(self.board_size, self.board_komi, self.board_suicide, self.max_moves(),
                       base.key(base.key(self.run_seed, stream), generation), players, opening_plies, match,
                       0 if match else self.board_komi_spread, random_plies)

    def visits(self, generation):
        """Of a full search in self-play."""
        first, last = self.selfplay_visits_start or self.selfplay_visits, self.selfplay_visits
        span = max(1, self.run_generations - 1)
        return first + (last - first) * (generation - 1) // span if generation < self.run_generations else last

    def selfplay(self, generation, net):
        p = Player(net_evaluator(net), self.search(self.visits(generation), 1), self.selfplay_cheap_visits,
                   self.selfplay_full_share)
        p.decided_value = (self.selfplay_decided_value * 65536 + 999) // 1000
        p.decided_moves, p.decided_visits = self.selfplay_decided_moves, self.selfplay_decided_visits
        p.decided_checked = self.selfplay_decided_checked
        return self.session(base.SELFPLAY, generation, [p], self.selfplay_opening_plies, self.selfplay_random_plies)

    def gate(self, generation, candidate, best):
        players = [Player(net_evaluator(net), self.search(self.gate_visits, 0)) for net in (candidate, best)]
        return self.session(base.MATCH, generation, players, self.gate_opening_plies)

    def window_first(self, generation):
        hold = max(self.train_window, -(-generation * self.train_window_growth // 1000))
        return max(1, generation - hold + 1)


class Match:
    """The gate: games in order until one side leads by the margin."""

    def __init__(self, recipe, generation, candidate, best):
        session, self.hashes, self.result = recipe.gate(generation, candidate, best), [], [0, 0, 0]
        lead, i = 0, 0
        while i < 2 * recipe.gate_pairs and abs(lead) < recipe.gate_margin:
            for _ in range(2):
                game = Game(session, i)
                score = game.score if i % 2 == 0 else -game.score
                lead += 2 * ((score > 0) - (score < 0))
                self.result[0 if score > 0 else 1 if score == 0 else 2] += 1
                self.hashes.append(game.hash())
                i += 1
        self.promoted = lead >= 0


def elo(wins, draws, games):
    everything = 4 * games
    won = min(max(2 * (2 * wins + draws), 1), everything - 1)
    d = base.log2(won) - base.log2(everything - won)
    x, unit = abs(d) * 12041200, 65536 * 100000
    rounded = (x + unit // 2) // unit
    return base.clamp(rounded if d >= 0 else -rounded, -1200, 1200)


class Run:
    """Calls entry(lines) for the header and for each generation.  start: the State that the recipe's run.start names."""

    def __init__(self, recipe, entry, start=None):
        self.r, self.tell, self.shards = recipe, entry, {}
        self.state, self.kept = self.initial(start), []
        head = ["miai ledger 1", f"recipe {recipe.digest.hex()}", "numerics 1"]
        self.last = hashlib.sha256("".join(x + "\n" for x in head).encode()).digest()
        entry(head + [f"ledger {self.last.hex()}"])
        self.net, name = self.made(0)
        self.best, self.rating = f"best 0 {name}", 0
        self.append(["generation 0", f"games 0 {EMPTY_ROOT}", f"samples 0 {'0' * 64}", "window 0",
                     f"checkpoint 0 {sha(self.state.write())}", f"net {name}", f"match 0 {EMPTY_ROOT} 0 0 0",
                     "promoted 1", self.best, "rating 0"])
        for g in range(1, recipe.run_generations + 1):
            self.append(self.generation(g))

    def initial(self, start):
        if not self.r.start:
            return State(self.r.shape(), self.r.run_seed)
        if sha(start.write()) != self.r.start:
            raise ValueError(f"run.start is {self.r.start}, the checkpoint's {sha(start.write())}")
        state = copy.deepcopy(start)
        state.step = 0
        return state

    def append(self, lines):
        self.last = hashlib.sha256(self.last + "".join(x + "\n" for x in lines).encode()).digest()
        self.tell(lines + [f"entry {self.last.hex()}"])

    def made(self, g):
        average = self.r.train_average
        state = mean(self.kept[-average:]) if average > 1 and g > 0 else self.state
        net = state.export()
        return net, sha(net.write(self.r.digest, g))

    def generation(self, g):
        r = self.r
        session = r.selfplay(g, self.net)
        games = [Game(session, i) for i in range(r.selfplay_games)]
        samples = [s for game in games for s in game.samples(r.train_search_value)]
        self.shards[g] = samples
        data = shard(samples, r.board_size, 16, g, r.digest)
        first = r.window_first(g)
        lines = [f"generation {g}", f"games {len(games)} {merkle([x.hash() for x in games]).hex()}",
                 f"samples {len(samples)} {sha(data)}", f"window {first}"]
        lines += self.train(g, first)
        net, name = self.made(g)
        lines.append(f"net {name}")
        promoted = self.match(g, net, lines)
        if promoted:
            self.net, self.best = net, f"best {g} {name}"
        return lines + [f"promoted {int(promoted)}", self.best, f"rating {self.rating}"]

    def train(self, g, first):
        r, lines = self.r, []
        window = [s for k in range(first, g + 1) for s in self.shards[k]]
        start = (g - 1) * r.train_steps
        for n in range(1, r.train_steps + 1):
            step(self.state, r.config(), window, r.board_size, g, start)
            if n % r.train_checkpoint_interval == 0 or n == r.train_steps:
                lines.append(f"checkpoint {start + n} {sha(self.state.write())}")
                if r.train_average > 1:
                    self.kept.append(copy.deepcopy(self.state))
        return lines

    def match(self, g, net, lines):
        if self.r.gate_pairs == 0:
            lines.append(f"match 0 {EMPTY_ROOT} 0 0 0")
            return True
        m = Match(self.r, g, net, self.net)
        lines.append(f"match {len(m.hashes)} {merkle(m.hashes).hex()} {' '.join(map(str, m.result))}")
        if m.promoted:
            self.rating += elo(m.result[0], m.result[1], len(m.hashes))
        return m.promoted


def load(root, name):
    """The recipe NAME.ini of a source tree."""
    read = lambda *path: open(os.path.join(root, *path), encoding="utf-8").read()
    page = read("docs", "formats", "recipe.md")
    return Recipe(canonical(read(name + ".ini"), page), page)
