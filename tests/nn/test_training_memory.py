"""A training of two thousand steps needs no more memory at its end than at its beginning."""

import gc
import sys

import numpy as np

import autograd as ag
import nn
import optim


class Reader(nn.Module):
    """A table, a recurrence, a norm, dropout and a readout."""

    def __init__(self):
        self.table = nn.Embedding(5, 3, rng=0)
        self.recurrence = nn.RNN(3, 4, batch_first=True, rng=1)
        self.norm, self.drop = nn.BatchNorm1d(4), nn.Dropout(0.2, rng=2)
        self.readout = nn.Linear(4, 2, rng=3)

    def forward(self, x):
        _, last = self.recurrence(self.table(x))
        return self.readout(self.drop(self.norm(last[0])))


def test_memory_does_not_grow_and_nothing_waits_for_the_cycle_collector():
    model, rng = Reader(), np.random.default_rng(0)
    optimizer = optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)
    schedule = optim.lr_scheduler.StepLR(optimizer, 100)

    def blocks_after(steps):
        for _ in range(steps):
            x, y = rng.integers(5, size=(4, 2)), rng.integers(2, size=4)
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(ag.tensor(x)), ag.tensor(y)).backward()
            optim.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        return gc.collect(), sys.getallocatedblocks()

    gc.disable()
    try:
        _, before = blocks_after(200)
        waiting, after = blocks_after(2000)
    finally:
        gc.enable()
    assert waiting == 0
    assert after - before < 1000  # one object that stays at each step would make it 2000
