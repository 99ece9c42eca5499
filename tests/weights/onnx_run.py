# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader and evaluator of ONNX models made of integer operations, in plain Python, written from ONNX's own
specification of the protocol buffers and operators: for the tests, which must not trust the writer."""
import math
import struct

UINT8, INT8, INT32, INT64 = 2, 3, 6, 7
RANGE = {UINT8: (0, 255), INT8: (-128, 127), INT32: (-2**31, 2**31 - 1), INT64: (-2**63, 2**63 - 1)}


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def fields(data):
    """tag -> values, in order; varints as signed 64-bit integers, the rest as bytes."""
    at, out = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
            value = value - 2**64 if value >= 2**63 else value
        elif key & 7 == 2:
            n, at = varint(data, at)
            value = data[at:at + n]
            assert len(value) == n
            at += n
        else:
            raise ValueError(f"wire type {key & 7}")
        out.setdefault(key >> 3, []).append(value)
    return out


class Tensor:
    def __init__(self, kind, shape, data):
        self.kind, self.shape, self.data = kind, list(shape), data
        assert len(data) == math.prod(shape)
        low, high = RANGE[kind]
        assert not data or (min(data) >= low and max(data) <= high), "a value its type does not hold"


def tensor(data):
    f = fields(data)
    kind, shape, raw = f[2][0], f.get(1, []), f.get(9, [b""])[0]
    code = {INT8: "b", UINT8: "B", INT32: "i", INT64: "q"}[kind]
    return f[8][0].decode(), Tensor(kind, shape, list(struct.unpack(f"<{math.prod(shape)}{code}", raw)))


def attributes(node):
    out = {}
    for a in node.get(5, []):
        f = fields(a)
        out[f[1][0].decode()] = f[3][0] if f[20][0] == 2 else f[8]
    return out


def broadcast(a, b, fn):
    assert a.kind == b.kind, "operands of two types"
    n = max(len(a.shape), len(b.shape))
    sa, sb = [1] * (n - len(a.shape)) + a.shape, [1] * (n - len(b.shape)) + b.shape
    shape = [max(x, y) for x, y in zip(sa, sb)]
    assert all(x in (1, s) and y in (1, s) for x, y, s in zip(sa, sb, shape))
    index_a, index_b = [0], [0]
    for x, y, s in zip(sa, sb, shape):
        index_a = [i * x + (k if x > 1 else 0) for i in index_a for k in range(s)]
        index_b = [i * y + (k if y > 1 else 0) for i in index_b for k in range(s)]
    return Tensor(a.kind, shape, [fn(a.data[i], b.data[j]) for i, j in zip(index_a, index_b)])


def truncated(x, y):
    return abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)


def conv_integer(x, w, at):
    assert x.kind == UINT8 and w.kind == INT8
    (n, ci, rows, cols), (co, ci2, kh, kw) = x.shape, w.shape
    assert ci == ci2 and at["kernel_shape"] == [kh, kw] and at["pads"] == [kh // 2, kw // 2] * 2
    out = []
    for i in range(n):
        columns = []  # for each point, what the kernel sees
        for r in range(rows):
            for c in range(cols):
                columns.append([x.data[((i * ci + ch) * rows + r + y) * cols + c + z]
                                if 0 <= r + y < rows and 0 <= c + z < cols else 0
                                for ch in range(ci) for y in range(-(kh // 2), kh // 2 + 1)
                                for z in range(-(kw // 2), kw // 2 + 1)])
        size = ci * kh * kw
        for o in range(co):
            filter_ = w.data[o * size:(o + 1) * size]
            out += [sum(map(int.__mul__, filter_, seen)) for seen in columns]
    return Tensor(INT32, [n, co, rows, cols], out)


def reduce_board(x, fn):
    n, c, rows, cols = x.shape
    size = rows * cols
    return Tensor(x.kind, [n, c, 1, 1], [fn(x.data[i * size:(i + 1) * size]) for i in range(n * c)])


def concat(a, b, axis):
    assert axis == 1 and a.kind == b.kind and a.shape[0] == b.shape[0] and a.shape[2:] == b.shape[2:]
    sa, sb = (len(t.data) // t.shape[0] for t in (a, b))
    data = []
    for i in range(a.shape[0]):
        data += a.data[i * sa:(i + 1) * sa] + b.data[i * sb:(i + 1) * sb]
    return Tensor(a.kind, [a.shape[0], a.shape[1] + b.shape[1]] + a.shape[2:], data)


def cast(x, kind):
    low, high = RANGE[kind]
    assert all(low <= v <= high for v in x.data), "a cast that would wrap"
    return Tensor(kind, x.shape, x.data)


def clip(x, low, high):
    return Tensor(x.kind, x.shape, [min(max(v, low.data[0]), high.data[0]) for v in x.data])


def reshape(x, shape):
    assert shape.data[0] == -1
    return Tensor(x.kind, [len(x.data) // math.prod(shape.data[1:])] + shape.data[1:], x.data)


def gather(x, i):
    assert not i.shape
    return Tensor(x.kind, [], [x.data[i.data[0]]])


def run_node(op, x, at):
    simple = {"Add": int.__add__, "Sub": int.__sub__, "Mul": int.__mul__, "Div": truncated}
    if op in simple:
        return broadcast(*x, simple[op])
    if op == "ReduceSum":
        assert x[1].data == [2, 3] and at == {"keepdims": 1}
        return reduce_board(x[0], sum)
    if op == "ReduceMax":
        assert at == {"keepdims": 1, "axes": [2, 3]}
        return reduce_board(x[0], max)
    return {"ConvInteger": lambda: conv_integer(*x, at), "Cast": lambda: cast(x[0], at["to"]), "Clip": lambda: clip(*x),
            "Shape": lambda: Tensor(INT64, [len(x[0].shape)], list(x[0].shape)), "Gather": lambda: gather(*x),
            "Concat": lambda: concat(*x, at["axis"]), "Reshape": lambda: reshape(*x)}[op]()


class Model:
    def __init__(self, data):
        model = fields(data)
        self.graph = fields(model[7][0])
        self.opset = [fields(o)[2][0] for o in model[8]]
        self.metadata = {fields(p)[1][0].decode(): fields(p)[2][0].decode() for p in model[14]}
        self.constants = dict(tensor(t) for t in self.graph[5])

    def run(self, planes):
        values = {**self.constants, "planes": planes}
        for data in self.graph[1]:
            node = fields(data)
            name = node[2][0].decode()
            assert name not in values, "a value made twice"
            values[name] = run_node(node[4][0].decode(), [values[i.decode()] for i in node.get(1, [])], attributes(node))
        return values["points"], values["globals"]
