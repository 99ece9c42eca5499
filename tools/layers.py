# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads layers.txt, and what the tools that enforce it share."""
import json
import os
import shlex
import sys
from collections import namedtuple

Module = namedtuple('Module', 'level name uses symbols')
Ban = namedtuple('Ban', 'what modules names')
Compiled = namedtuple('Compiled', 'module source object flags')


class Layers:
    def __init__(self, root):
        self.root = root
        self.path = os.path.join(root, 'layers.txt')
        self.modules, self.exact, self.vector, self.bans, self.libc, self.grants = {}, [], [], [], set(), {}
        with open(self.path, encoding='utf-8') as f:
            for number, line in enumerate(f, 1):
                line = line.split('#')[0].strip()
                if line:
                    try:
                        self._read(*line.split(None, 1))
                    except (AttributeError, KeyError, TypeError, ValueError):
                        sys.exit(f'{self.path}:{number}: cannot be understood: {line}')

    def _read(self, word, rest):
        part = [p.split() for p in rest.split('|')]
        if word == 'module':
            (level, name), uses, symbols = part
            for u in uses:
                if self.modules[u].level >= int(level):
                    sys.exit(f'{self.path}: {name} (level {level}) may not use {u}, which is not lower')
            self.modules[name] = Module(int(level), name, set(uses), symbols)
        elif word == 'ban':
            what, modules, names = part
            self.bans.append(Ban(' '.join(what), self._select(modules), names))
        elif word == 'grant':
            modules, names = part
            for m in modules:
                self.grants.setdefault(self.modules[m].name, set()).update(names)
        elif word == 'libc':
            self.libc.update(part[0])
        elif word == 'exact':
            self.exact += [self.modules[m].name for m in part[0]]
        elif word == 'vector':
            self.vector += part[0]
        else:
            raise ValueError(word)

    def _select(self, words):
        if words == ['exact']:
            return set(self.exact)
        if words[0] == '*':
            return set(self.modules) - set(words[2:])
        return {self.modules[w].name for w in words}

    def banned(self, module, what):
        return [n for b in self.bans if b.what == what and module in b.modules for n in b.names]

    def is_vector(self, path):
        """path: of a source file below src/"""
        return any(path.startswith(folder + '/') for folder in self.vector)

    def compiled(self, build):
        """The object files of src/, from the build folder's compile_commands.json."""
        src = os.path.join(os.path.realpath(self.root), 'src')
        with open(os.path.join(build, 'compile_commands.json'), encoding='utf-8') as f:
            commands = json.load(f)
        for c in commands:
            source = os.path.relpath(os.path.realpath(os.path.join(c['directory'], c['file'])), src)
            if not source.startswith('..'):
                yield Compiled(source.split('/')[0], source, os.path.join(c['directory'], c['output']),
                               shlex.split(c['command']))


class Report:
    """Collects complaints; done() prints them and ends the program."""

    def __init__(self, name):
        self.name, self.bad = name, []

    def __call__(self, where, what):
        self.bad.append(f'{where}: {what}')

    def done(self, summary):
        for line in self.bad:
            print(line)
        print(f'{self.name}: {summary}; {len(self.bad)} problems')
        sys.exit(1 if self.bad else 0)
