#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says the lines of each case to `miai gtp --random --seed 1` and compares every byte of the answers.

A case is a file dialogue/NAME.gtp: lines that begin with "> " are said (backslash escapes are those of Python
bytes, so that control characters can be written), the lines between them are the answer, without the empty line
that ends it.  "{version}" stands for the program's version, a line that begins with "~ " for one that its rest, a
regular expression, matches.  A line that begins with ";" is a remark.  "; options: ..." are more options of miai gtp.

Each command of list_commands must have a case named after it.   usage: dialogue.py MIAI [--update]
"""
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent / "dialogue"
ENGINE = ["gtp", "--random", "--seed", "1"]


def said(line):
    return line[2:].encode("ascii").decode("unicode_escape").encode("latin-1")


def options(text):
    return [w for l in text.splitlines() if l.startswith("; options: ") for w in l[11:].split()]


def talk(miai, lines, more=()):
    data = b"".join(said(l) + b"\n" for l in lines)
    p = subprocess.run([miai, *ENGINE, *more], input=data, capture_output=True, timeout=60)
    if p.returncode != 0 or p.stderr:
        return f"exit code {p.returncode}, {p.stderr!r}\n"
    return p.stdout.decode("latin-1")


def expected(text, version):
    """The engine's whole output, as the case has it."""
    out, answer = "", []
    for line in [*text.splitlines(), "> "]:
        if line.startswith("> ") or line == ">":
            out += "\n".join(answer) + "\n\n" if answer else ""
            answer = []
        elif not line.startswith(";"):
            answer.append(line.replace("{version}", version))
    return out


def same(want, got):
    want, got = want.split("\n"), got.split("\n")
    return len(want) == len(got) and all(re.fullmatch(w[2:], g) if w.startswith("~ ") else w == g
                                         for w, g in zip(want, got))


def update(path, got, version):
    """Writes the engine's answers into the case; each line said is taken to have one answer."""
    answers = got.split("\n\n")
    out = []
    for line in path.read_text().splitlines():
        if line.startswith(";"):
            out.append(line)
        elif line.startswith("> "):
            out.append(line)
            words = bytes(b for b in said(line).split(b"#")[0] if b == 9 or b >= 32).split()
            if words:
                answer = answers.pop(0)
                out.append(answer.replace(version, "{version}") if words[-1] == b"version" else answer)
    path.write_text("\n".join(out) + "\n")


def undocumented(miai):
    """Commands, parameters and options without a word in the manual, or options without a test."""
    root = HERE.parents[2]
    manual = (root / "docs" / "gtp.md").read_text()
    tests = "".join(p.read_text() for p in (root / "tests").glob("*/*.py"))
    names = talk(miai, ["> list_commands"])[2:].split() + talk(miai, ["> kata-list-params"])[2:].split()
    options = re.findall(r"--[a-z-]+", subprocess.run([miai, "help", "gtp"], capture_output=True, text=True).stdout)
    missing = [n for n in names + options if not re.search(rf"(?<![\w-]){re.escape(n)}(?![\w-])", manual)]
    untested = [o for o in options if f'"{o}' not in tests and f" {o}" not in tests]
    for n in missing:
        print(f"docs/gtp.md says nothing of {n}")
    for o in untested:
        print(f"no test gives {o}")
    return len(missing) + len(untested)


def main():
    miai = sys.argv[1]
    version = subprocess.run([miai, "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
    failed = 0
    for path in sorted(HERE.glob("*.gtp")):
        text = path.read_text()
        got = talk(miai, [l for l in text.splitlines() if l.startswith("> ")], options(text))
        if sys.argv[2:] == ["--update"]:
            if "\n~ " not in text:
                update(path, got, version)
        elif not same(expected(text, version), got):
            failed += 1
            print(f"{path.name}: expected\n{expected(text, version)}\ngot\n{got}")
    for name in talk(miai, ["> list_commands"])[2:].split():
        if not (HERE / f"{name}.gtp").exists():
            failed += 1
            print(f"no case for the command {name}: write tests/gtp/dialogue/{name}.gtp")
    failed += undocumented(miai)
    print(f"{len(list(HERE.glob('*.gtp')))} cases, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
