# SPDX-License-Identifier: GPL-3.0-or-later
"""test_checkers.py TOOLS FLAG CC...: a checker that cannot fail checks nothing.

Each case is a small tree with one thing wrong (or nothing), and words that the checker must then say (or that it is
content).  FLAG forbids floating point to the compiler CC, or is "none"."""
import json
import os
import platform
import subprocess
import sys
import tempfile

TOOLS, FLAG, CC = sys.argv[1], sys.argv[2], sys.argv[3:]
SPDX = '/* SPDX-License-Identifier: GPL-3.0-or-later */\n'

LAW = '''# SPDX-License-Identifier: GPL-3.0-or-later
module 0 base | | base
module 1 left | base | left
module 1 right | base | right
module 2 top | base left | top
exact base left right
vector left/x86
ban call | * | strcpy
ban call | * but top | exit
ban word | exact | double long
ban header | * | time.h
libc memcpy
grant base | read
'''

GOOD = {
    'layers.txt': LAW,
    'LICENSES/GPL-3.0-or-later.txt': 'text\n',
    'ARCHITECTURE.md': '<!-- SPDX-License-Identifier: GPL-3.0-or-later -->\n## src/base\n- `base.{h,c}` what\n## src/left\n'
                       '- `left.h`, `left.c` what\n- `left_int.h` what\n## src/right\n- `right.c` what\n## src/top\n- `top.c` what\n',
    'src/base/base.h': SPDX + 'int base_one(void);\n',
    'src/base/base.c': SPDX + '#include "base/base.h"\nint base_one(void)\n{\n\treturn 1; /* not a double, "exit(" */\n}\n',
    'src/left/left.h': SPDX + 'int left_two(void);\n',
    'src/left/left_int.h': SPDX,
    'src/left/left.c': SPDX + '#include "base/base.h"\n#include "left/left.h"\n#include "left/left_int.h"\n'
                              'int left_two(void)\n{\n\treturn 2 * base_one();\n}\n',
    'src/right/right.c': SPDX + 'int right_three(void);\nint right_three(void)\n{\n\treturn 3;\n}\n',
    'src/top/top.c': SPDX + '#include "left/left.h"\nint top_four(void);\nint top_four(void)\n{\n\treturn left_two();\n}\n',
}

LONG_FUNCTION = 'int right_three(void)\n{\n' + '\t;\n' * 98 + '\treturn 3;\n}\n'

# What is wrong -> what check-layers must say.  '+' in front of a text appends it to the good file.
LAYERS_CASES = [
    ({}, '0 problems'),
    ({'src/left/left.c': '+#include "right/right.c"\n'}, 'left may not include right'),
    ({'src/base/base.c': '+#include "top/top.c"\n'}, 'base may not include top'),
    ({'src/top/top.c': '+#include "left/left_int.h"\n'}, 'left_int.h is private to left'),
    ({'src/top/top.c': '+#include "nowhere.h"\n'}, 'is not the path of a file below src/'),
    ({'src/base/base.c': '+#include <time.h>\n'}, '<time.h> is banned in base'),
    ({'src/left/left.c': '+#include <immintrin.h>\n'}, '<immintrin.h> belongs into left/x86'),
    ({'src/base/base.c': '+double base_x;\n'}, 'double is banned in base'),
    ({'src/base/base.c': '+long base_x;\n'}, 'long is banned in base'),
    ({'src/base/base.c': '+long long base_x;\n'}, '0 problems'),
    ({'src/top/top.c': '+double top_x;\n'}, '0 problems'),
    ({'src/top/top.c': '+void top_y(char *p) { strcpy(p, p); }\n'}, 'strcpy is banned in top'),
    ({'src/base/base.c': '+void base_y(void) { exit (1); }\n'}, 'exit is banned in base'),
    ({'src/right/right.c': SPDX + LONG_FUNCTION}, 'right_three() has 102 lines'),
    ({'src/right/right.c': '+' + '\n' * 1000}, 'lines; at most 1000'),
    ({'src/right/right.c': 'int right_three;\n'}, 'right.c: no SPDX'),
    ({'src/right/right.c': '/* SPDX-License-Identifier: MIT */\n'}, 'LICENSES/MIT.txt is missing'),
    ({'recipes/small.ini': '[run]\n'}, 'small.ini: no SPDX'),
    ({'src/right/more.c': SPDX}, 'has no line for src/right/more.c'),
    ({'ARCHITECTURE.md': '+- `gone.c` what\n'}, 'src/top/gone.c does not exist'),
    ({'src/new/new.c': SPDX}, 'module new is not in layers.txt'),
    ({'layers.txt': '+module 1 low | top | low\n'}, 'may not use top, which is not lower'),
    ({'layers.txt': '+modul 1 low\n'}, 'cannot be understood'),
]

SYMBOL_CASES = [
    ({}, '0 problems'),
    ({'src/base/base.c': '+int wrong_name(void) { return 1; }\n'}, 'external symbol wrong_name'),
    ({'src/base/base.c': '+int base_count;\n'}, 'base_count is data that can change'),
    ({'src/base/base.c': '+static int n = 5;\nint base_next(void) { return n++; }\n'}, 'n is data that can change'),
    ({'src/base/base.c': '+extern const char *const base_t[];\nconst char *const base_t[] = { "a", "b" };\n'}, '0 problems'),
    ({'src/top/top.c': '+int top_count;\n'}, '0 problems'),
    ({'src/left/left.c': '+int right_three(void);\nint left_x(void) { return right_three(); }\n'}, 'left may not use right'),
    ({'src/left/left.c': '+int read(void);\nint left_x(void) { return read(); }\n'}, 'read is not granted to left'),
    ({'src/base/base.c': '+int read(void);\nint base_x(void) { return read(); }\n'}, '0 problems'),
    ({'src/top/top.c': '+char *strcpy(char *, const char *);\nchar *top_x(char *p, const char *q) { return strcpy(p, q); }\n'},
     'strcpy is banned in top'),
]

FLOAT = '+float left_f(float a, float b) { return a * b + 1; }\n'
VECTOR = {'src/left/x86/v.c': SPDX + 'typedef int v4 __attribute__((vector_size(16)));\nv4 left_v(v4 a, v4 b);\n'
                                     'v4 left_v(v4 a, v4 b)\n{\n\treturn a + b;\n}\n'}
FLOAT_CASES = [
    ({}, '0 problems'),
    (VECTOR, '0 problems'),
    ({'src/left/x86/v.c': SPDX + FLOAT[1:]}, 'in left_f()'),
    ({'src/left/x86/v.c': SPDX + 'int left_i(double x) { return (int)x; }\n'}, 'in left_i()'),
    ({'src/left/x86/v.c': SPDX + 'long double left_l(long double x) { return x + 1; }\n'}, 'in left_l()'),
    ({'src/left/nofloat_missing.c': SPDX}, 'nofloat_missing.c: was not compiled with'),
    ({'src/top/top.c': '+float top_f(float a, float b) { return a * b; }\n'}, '0 problems'),
]


def make_tree(root, changes):
    tree = dict(GOOD)
    for path, text in changes.items():
        tree[path] = tree.get(path, '') + text[1:] if text.startswith('+') else text
    for path, text in tree.items():
        path = os.path.join(root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w', encoding='utf-8') as f:
            f.write(text)
    return sorted(p for p in tree if p.endswith('.c'))


def compile_tree(root, sources):
    commands = []
    for source in sources:
        exact = source.split('/')[1] != 'top' and '/x86/' not in source and 'nofloat_missing' not in source
        flags = ['-O1', '-Isrc', '-fPIE'] + ([FLAG] if exact and FLAG != 'none' else [])
        output = source.replace('/', '_') + '.o'
        command = CC + flags + ['-c', source, '-o', output]
        subprocess.run(command, cwd=root, check=True, capture_output=True)
        commands.append({'directory': root, 'file': source, 'output': output, 'command': ' '.join(command)})
    with open(os.path.join(root, 'compile_commands.json'), 'w', encoding='utf-8') as f:
        json.dump(commands, f)


def case(tool, changes, want):
    with tempfile.TemporaryDirectory() as root:
        sources = make_tree(root, changes)
        args = [root]
        if tool != 'check-layers':
            compile_tree(root, sources)
            args.append(root)
        if tool == 'check-floats':
            args.append(FLAG)
        ran = subprocess.run([sys.executable, os.path.join(TOOLS, tool)] + args, capture_output=True, text=True)
        said = ran.stdout + ran.stderr
        fine = want in said and (ran.returncode == 0) == (want == '0 problems') and 'Traceback' not in said
        if not fine:
            print(f'{tool}: {changes}: want "{want}", exit {ran.returncode}:\n{said}')
        return fine


def main():
    cases = [('check-layers', *c) for c in LAYERS_CASES] + [('check-symbols', *c) for c in SYMBOL_CASES]
    if FLAG != 'none' and platform.machine() == 'x86_64':
        cases += [('check-floats', *c) for c in FLOAT_CASES]
    failed = sum(not case(*c) for c in cases)
    print(f'{len(cases)} cases, {failed} failed')
    sys.exit(1 if failed else 0)


main()
