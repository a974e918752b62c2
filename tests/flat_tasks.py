"""Small trainings, compiled with and without updates over one flat array."""

from __future__ import annotations

import numpy as np

import autograd as ag
import nn
import optim
from autograd.compiler.homes import Home
from autograd.compiler.passes import PASSES
from autograd.compiler.passes.flat import update_flat

CLIPS = {
    "value": lambda p: optim.clip_grad_value_(p, 0.05),
    "norm": lambda p: optim.clip_grad_norm_(p, 0.1),
}

RULES = {
    "momentum": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, weight_decay=1e-3),
    "nesterov": lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True),
    "adam": lambda p: optim.Adam(p, lr=1e-2),
    "amsgrad": lambda p: optim.Adam(p, lr=1e-2, amsgrad=True, weight_decay=1e-2),
    "adamw": lambda p: optim.AdamW(p, lr=1e-2),
    "adagrad": lambda p: optim.Adagrad(p, lr=1e-2),
    "rmsprop": lambda p: optim.RMSprop(p, lr=1e-3, momentum=0.5, centered=True),
    "lion": lambda p: optim.Lion(p, lr=1e-3),
}

UNFLAT = tuple(p for p in PASSES if p is not update_flat)


class Task:
    """A model, an optimizer, and a training step."""

    def __init__(self, rule="adam", clip=None, groups=None, passes=PASSES, dtypes=()):
        ag.manual_seed(0)
        self.model = nn.Sequential(nn.Linear(6, 8), nn.Tanh(), nn.Linear(8, 8), nn.Linear(8, 3))
        for layer, dtype in zip(
            (self.model[0], self.model[2], self.model[3]), dtypes, strict=False
        ):
            for p in layer.parameters():
                p.data = p.data.astype(dtype)
        params = list(self.model.parameters())
        self.optimizer = RULES[rule](groups(params) if groups else params)
        self.clip, self.entropy = clip, nn.CrossEntropyLoss()
        self.compiled = ag.compile(self.step)
        self.compiled.passes = passes
        self.rng = np.random.default_rng(1)

    def step(self, x, labels):
        self.optimizer.zero_grad()
        loss = self.entropy(self.model(x), labels)
        loss.backward()
        if self.clip is not None:
            self.clip(list(self.model.parameters()))
        self.optimizer.step()
        return loss

    def batch(self, rows=5):
        return ag.tensor(self.rng.standard_normal((rows, 6))), ag.tensor(
            self.rng.integers(0, 3, rows)
        )

    def run(self, count, step=None):
        return [(step or self.compiled)(*self.batch()).item() for _ in range(count)]

    def numbers(self):
        """Everything that a training changes."""
        params = list(self.model.parameters())
        found = {("value", i): p.data for i, p in enumerate(params)}
        found |= {("grad", i): p.grad.data for i, p in enumerate(params) if p.grad is not None}
        for i, p in enumerate(params):
            found |= {
                (name, i): np.asarray(x) for name, x in self.optimizer.state.get(p, {}).items()
            }
        return found


def same(one, two, **tolerance):
    """Whether two tasks are in the same state: bit for bit, if nothing else is said."""
    one, two = one.numbers(), two.numbers()
    assert one.keys() == two.keys()
    for name, array in one.items():
        if tolerance:
            np.testing.assert_allclose(array, two[name], err_msg=str(name), **tolerance)
        else:
            np.testing.assert_array_equal(array, two[name], err_msg=str(name))


def is_flat(task):
    """Whether the variant that ran last updates over flat arrays."""
    return bool(task.compiled.program.flats)


def homes(task):
    return [home for home in task.compiled.latest.flats if isinstance(home, Home)]
