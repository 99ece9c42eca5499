# SPDX-License-Identifier: GPL-3.0-or-later
"""Small nets for tests, written byte by byte from docs/formats/net.md."""
import random
import struct

PLANES, EXPONENT, CHANNELS, HEAD = 16, 4, 16, 16


def layer(rng, taps, ci, co, exponent, bias=None, spread=127):
    weights = bytes((rng.randint(-spread, spread)) & 255 for _ in range(co * taps * ci))
    return bytes([exponent]) + weights + struct.pack(f"<{co}i", *(bias or [rng.randint(-(1 << 21), 1 << 21) for _ in range(co)]))


def random_net(path, seed=1, blocks=1):
    """A net with weights by chance: strong opinions, none of them sensible."""
    rng = random.Random(seed)
    acts = 2 * blocks + 3
    out = b"miai-net" + struct.pack("<II", 1, 1) + bytes(32) + struct.pack("<I", 0)
    out += struct.pack("<BBHHHBBBB", PLANES, EXPONENT, blocks, CHANNELS, HEAD, 127, 127, 10, acts) + bytes([5] * acts)
    out += layer(rng, 9, PLANES, CHANNELS, 9)
    for _ in range(blocks):
        out += layer(rng, 9, CHANNELS, CHANNELS, 9) * 1 + layer(rng, 9, CHANNELS, CHANNELS, 9)
        out += layer(rng, 1, 2 * CHANNELS, CHANNELS, 8)
    out += layer(rng, 1, CHANNELS, HEAD, 8) + layer(rng, 1, HEAD, 3, 8)
    out += layer(rng, 1, 2 * HEAD, HEAD, 8) + layer(rng, 1, HEAD, 6, 8)
    with open(path, "wb") as f:
        f.write(out)
    return path


def sure_net(path, owner=8, value=0, seed=1):
    """Flat policy; every point is the mover's with e^owner to 1 (8: sure), who wins rather than loses with e^2value to 1."""
    rng = random.Random(seed)
    out = b"miai-net" + struct.pack("<II", 1, 1) + bytes(36)
    out += struct.pack("<BBHHHBBBB", PLANES, EXPONENT, 1, CHANNELS, HEAD, 127, 127, 10, 5) + bytes([5] * 5)
    zero = [0] * CHANNELS
    out += layer(rng, 9, PLANES, CHANNELS, 9, zero, 0)
    out += layer(rng, 9, CHANNELS, CHANNELS, 9, zero, 0) * 2 + layer(rng, 1, 2 * CHANNELS, CHANNELS, 8, zero, 0)
    out += layer(rng, 1, CHANNELS, HEAD, 8, zero, 0) + layer(rng, 1, HEAD, 3, 8, [0, 0, owner << 24], 0)
    out += layer(rng, 1, 2 * HEAD, HEAD, 8, zero, 0) + layer(rng, 1, HEAD, 6, 8, [value << 24, 0, -value << 24, 0, 0, 0], 0)
    with open(path, "wb") as f:
        f.write(out)
    return path
