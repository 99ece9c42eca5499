# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/arithmetic-base.md again, in Python's integers: slow, exact, and written from the page."""

M64 = (1 << 64) - 1
M32 = (1 << 32) - 1
GOLDEN = 0x9E3779B97F4A7C15


def mix(x):
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & M64
    x = (x ^ x >> 27) * 0x94D049BB133111EB & M64
    return x ^ x >> 31


def key(seed, stream):
    return mix(mix((seed + GOLDEN) & M64) ^ (stream * 0xD1342543DE82EF95 & M64))


def at(k, index):
    return mix((mix((k + index * GOLDEN) & M64) + k) & M64)


def below(k, index, n):
    return (at(k, index) >> 32) * n >> 32


def round_bits(k, index):
    x = (index + k) & M32
    x = (x ^ x >> 16) * 0x7FEB352D & M32
    x = x ^ x >> 15 ^ k >> 32
    x = x * 0x846CA68B & M32
    return x ^ x >> 16


def permute(k, n, i):
    half = 1
    while 1 << 2 * half < n:
        half += 1
    mask = (1 << half) - 1
    while True:
        left, right = i >> half, i & mask
        for r in range(4):
            left, right = right, left ^ (at(k, (r << 32) + right) >> 32 & mask)
        i = left << half | right
        if i < n:
            return i


def rshift(x, s):
    return x + (1 << s - 1) >> s if s > 0 else x << -s


def muldiv(a, b, c):
    q = abs(a * b) // c
    return q if a * b >= 0 else -q


def pow2(y):
    """2^y in Q30 for y <= 0 in Q30."""
    if y < -30 << 30:
        return 0
    n, f = y >> 30, y & (1 << 30) - 1
    p = 233163
    for c in (1335829, 10391742, 59575655, 257944476, 744260959, 1073741824):
        p = c + rshift(p * f, 30)
    return rshift(p, -n)


def exp2(x):
    return pow2(x << 14)


def exp(x):
    return pow2(rshift(x * 1549082005, 16))


def log2_bits(x, bits):
    n = x.bit_length() - 1
    m = x >> n - 31 if n > 31 else x << 31 - n
    for _ in range(bits):
        m = m * m >> 31
        n = n << 1 | m >> 32
        m >>= m >> 32
    return n


def log2(x):
    return (log2_bits(x, 17) + 1 >> 1) - (32 << 16)


def softmax(logit, mask):
    top = max(x for x, m in zip(logit, mask) if m)
    e = [exp(x - top) if m else 0 for x, m in zip(logit, mask)]
    return [(x << 28) // sum(e) for x in e]


def sigmoid(x):
    e = exp(-abs(x))
    d = (1 << 30) + e
    small = ((e << 28) + d // 2) // d
    return (1 << 28) - small if x > 0 else small


def gumbel(bits):
    v = 2 * bits + 1
    w = (1 << 33) - v
    if w < 1 << 23:
        e = (w << 23) + (w * w >> 11) + ((w * w >> 20) * w >> 23) // 3
    else:
        e = ((33 << 30) - log2_bits(v, 30)) * 46516320
    return rshift(((56 << 24) - log2_bits(e, 24)) * 744261118, 38)


def normal(*bits):
    return rshift(sum(bits) + 6 - (6 << 32), 16)


def isqrt(x):
    """floor(sqrt(x)) by Newton's way from above; math.isqrt would do, but the model is to be read by anyone."""
    if x == 0:
        return 0
    r = 1 << (x.bit_length() + 1) // 2
    while True:
        s = (r + x // r) // 2
        if s >= r:
            return r
        r = s


def clamp(x, lo, hi):
    return lo if x < lo else hi if x > hi else x


def trunc(a, b):
    """a / b toward zero, b > 0."""
    return a // b if a >= 0 else -(-a // b)


def symmetry_map(size, s):
    """map[p] is where point p goes: bit 0 mirrors columns, bit 1 mirrors rows, bit 2 then swaps row and column."""
    out = []
    for row in range(size):
        for col in range(size):
            c = size - 1 - col if s & 1 else col
            r = size - 1 - row if s & 2 else row
            out.append(c * size + r if s & 4 else r * size + c)
    return out


# Streams (docs/arithmetic-base.md).
INIT, SELFPLAY, MATCH, SAMPLE, SYMMETRY, ROUND, GUMBEL, OPENING, EVAL, ZOBRIST, VISITS, RANDOM, KOMI, DECIDED, PLIES = range(1, 16)
TEST = 99
