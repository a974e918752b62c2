"""A recurrence of small products."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.min_char_rnn import training
from benchmarks.rules import adagrad
from benchmarks.workload import Case, Inputs, Run, workload

HIDDEN, VOCABULARY, STEPS = 100, 65, 25


@workload(
    "A training step of a character RNN: hidden 100, 25 steps, batch 1, float64, gradients cut "
    "to ±5, Adagrad; step by step from primitives.",
    Case("step", at_most=0.75, compiled=0.13, memory=1.2, checked=3),
)
def min_char_rnn(rng: np.random.Generator) -> Inputs:
    """One-hot characters, the characters that follow, and the parameters to start from."""
    shapes = [(HIDDEN, VOCABULARY), (HIDDEN, HIDDEN), (VOCABULARY, HIDDEN)]
    weights = [rng.standard_normal(shape) * 0.01 for shape in shapes]
    return {
        "x": np.eye(VOCABULARY)[rng.integers(0, VOCABULARY, STEPS)][:, :, None],
        "targets": rng.integers(0, VOCABULARY, STEPS),
        "params": [*weights, np.zeros((HIDDEN, 1)), np.zeros((VOCABULARY, 1))],
    }


RATE, MOST = 0.1, 5.0


def _step(lib: Any, params: Any, optimizer: Any, clip: Any, x: Any, targets: Any, h0: Any) -> Run:
    """The same lines for both libraries."""
    input_weight, hidden_weight, output_weight, hidden_bias, output_bias = params

    def step() -> Any:
        optimizer.zero_grad()
        h, scores = h0, []
        for t in range(STEPS):
            h = lib.tanh(input_weight @ x[t] + hidden_weight @ h + hidden_bias)
            scores.append((output_weight @ h + output_bias)[:, 0])
        logs = lib.log_softmax(lib.stack(scores), 1)
        loss = -logs[range(STEPS), targets].sum()
        loss.backward()
        clip(params, MOST)
        optimizer.step()
        return [loss, *params]

    return step


min_char_rnn.lacks("it has single numbers only", "micrograd")


@min_char_rnn.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any, targets: Any, params: Any) -> Run:
    """`autograd` and `optim`."""
    import autograd as ag
    import optim

    leaves = [ag.tensor(p, requires_grad=True) for p in params]
    start = ag.tensor(np.zeros((HIDDEN, 1)))
    optimizer = optim.Adagrad(leaves, lr=RATE)
    clip = optim.clip_grad_value_
    return _step(ag, leaves, optimizer, clip, ag.tensor(x), ag.tensor(targets), start)


@min_char_rnn.on("torch")
def with_torch(case: str, x: Any, targets: Any, params: Any) -> Run:
    """`torch`."""
    import torch

    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    start = torch.zeros((HIDDEN, 1), dtype=torch.float64)
    optimizer = torch.optim.Adagrad(leaves, lr=RATE)
    clip = torch.nn.utils.clip_grad_value_
    return _step(torch, leaves, optimizer, clip, torch.tensor(x), torch.tensor(targets), start)


@min_char_rnn.on("torch_compile")
def with_torch_compile(case: str, x: Any, targets: Any, params: Any) -> Run:
    """Forward and backward as one compiled graph, the update as another."""
    import torch

    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    optimizer = torch.optim.Adagrad(leaves, lr=RATE)
    letters, wanted = torch.tensor(x), torch.tensor(targets)

    @torch.compile
    def loss_of(wx: Any, wh: Any, wy: Any, bh: Any, by: Any) -> Any:
        h, scores = torch.zeros((HIDDEN, 1), dtype=torch.float64), []
        for t in range(STEPS):
            h = torch.tanh(wx @ letters[t] + wh @ h + bh)
            scores.append((wy @ h + by)[:, 0])
        return torch.nn.functional.cross_entropy(torch.stack(scores), wanted, reduction="sum")

    @torch.compile
    def update() -> None:
        torch.nn.utils.clip_grad_value_(leaves, MOST)
        optimizer.step()

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of(*leaves)
        loss.backward()
        update()
        return [loss, *leaves]

    return step


@min_char_rnn.through("jax", "hips", "mygrad", "tinygrad")
def with_a_library(lib: Any, case: str, x: Any, targets: Any, params: Any) -> Run:
    """Gradients of a function of the parameters."""
    letters, wanted, start = (lib.array(a) for a in (x, targets, np.zeros((HIDDEN, 1))))

    def loss(params: Any) -> Any:
        wx, wh, wy, bh, by = params

        def cell(h: Any, letter: Any) -> Any:
            h = lib.tanh(wx @ letter + wh @ h + bh)
            return h, (wy @ h + by)[:, 0]

        return lib.entropy(lib.scan(cell, start, letters), wanted)

    return lib.train(loss, params, adagrad(RATE, lambda g: lib.clip(g, MOST)))


@min_char_rnn.on("numpy")
def by_hand(case: str, x: Any, targets: Any, params: Any) -> Run:
    """What a careful person writes."""
    return training(x, targets, params, RATE, MOST)
