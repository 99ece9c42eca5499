# SPDX-License-Identifier: GPL-3.0-or-later
"""PyTorch's side of bench/compare: training steps of the net that docs/arithmetic.md defines, in fp32.

    open train BLOCKS CHANNELS SIZE BATCH THREADS CHANNELS_LAST

Unit: samples.  The protocol is that of side.h."""
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

PLANES, HEAD, POINT_OUT, GLOBAL_OUT = 16, 32, 3, 6


class StandardConv(nn.Conv2d):
    """3x3, the weights of each filter standardised, with a gain."""

    def __init__(self, ci, co):
        super().__init__(ci, co, 3, padding=1)
        self.gain = nn.Parameter(torch.ones(co, 1, 1, 1))
        self.scale = (2 / (9 * ci)) ** 0.5

    def forward(self, x):
        var, mean = torch.var_mean(self.weight, (1, 2, 3), unbiased=False, keepdim=True)
        return F.conv2d(x, (self.weight - mean) * (self.gain * self.scale * torch.rsqrt(var + 1e-6)), self.bias, padding=1)


def pooled(x):
    return torch.cat((x.mean((2, 3)), x.amax((2, 3))), 1)


class Block(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.conv2, self.pool = StandardConv(c, c), StandardConv(c, c), nn.Linear(2 * c, c)

    def forward(self, x):
        b = F.relu(self.conv1(F.relu(x)))
        return x + self.conv2(b) + self.pool(pooled(b))[:, :, None, None]


class Net(nn.Module):
    def __init__(self, blocks, c):
        super().__init__()
        self.stem = StandardConv(PLANES, c)
        self.blocks = nn.Sequential(*[Block(c) for _ in range(blocks)])
        self.head, self.points = nn.Conv2d(c, HEAD, 1), nn.Conv2d(HEAD, POINT_OUT, 1)
        self.fc1, self.fc2 = nn.Linear(2 * HEAD, HEAD), nn.Linear(HEAD, GLOBAL_OUT)

    def forward(self, x):
        h = F.relu(self.head(F.relu(self.blocks(self.stem(x)))))
        return self.points(h).flatten(2), self.fc2(F.relu(self.fc1(pooled(h))))


def loss_of(net, batch):
    planes, policy, reply, owner, wdl, score = batch
    points, whole = net(planes)
    move = torch.cat((points[:, 0], whole[:, 3:4]), 1)
    answer = torch.cat((points[:, 1], whole[:, 4:5]), 1)
    return (F.cross_entropy(move, policy) + F.cross_entropy(whole[:, :3], wdl) + 0.15 * F.cross_entropy(answer, reply)
            + F.binary_cross_entropy_with_logits(points[:, 2], owner) + 0.25 * F.smooth_l1_loss(whole[:, 5], score))


class Training:
    def __init__(self, blocks, channels, size, batch, threads, channels_last):
        torch.manual_seed(1)
        torch.set_num_threads(threads)
        torch.set_flush_denormal(True)
        self.amount, self.wall, points = batch, threads > 1, size * size
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.net = Net(blocks, channels).to(memory_format=layout)
        self.sgd = torch.optim.SGD(self.net.parameters(), lr=0.001, momentum=0.9, weight_decay=1e-4)
        planes = (torch.rand(batch, PLANES, size, size) < 0.25).float().contiguous(memory_format=layout)
        self.batch = (planes, torch.full((batch, points + 1), 1 / (points + 1)), torch.randint(0, points, (batch,)),
                      torch.rand(batch, points), torch.tensor([[0.5, 0, 0.5]]).repeat(batch, 1), torch.rand(batch))

    def once(self):
        self.sgd.zero_grad(set_to_none=True)
        loss_of(self.net, self.batch).backward()
        self.sgd.step()


def rate(work, least):
    wall, cpu, n = time.monotonic(), time.process_time(), 0
    while n == 0 or time.monotonic() - wall < least:
        work.once()
        n += 1
    return n * work.amount / (time.monotonic() - wall if work.wall else time.process_time() - cpu)


def main():
    work = None
    for line in sys.stdin:
        word = line.split()
        if word[0] == "open" and word[1] == "train":
            work = None
            work = Training(*map(int, word[2:8]))
            work.once()
            print("ok", flush=True)
        elif word[0] == "go" and work:
            print(rate(work, float(word[1])), flush=True)
        elif word[0] == "quit":
            break
        else:
            print("error: open train and go SECONDS are understood", flush=True)


main()
