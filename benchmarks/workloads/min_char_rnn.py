"""A recurrence of small products."""

from __future__ import annotations

from typing import Any

import numpy as np

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
        clip(params, 5.0)
        optimizer.step()
        return [loss, *params]

    return step


@min_char_rnn.on("glassgrad", "compiled")
def with_glassgrad(case: str, x: Any, targets: Any, params: Any) -> Run:
    """`autograd` and `optim`."""
    import autograd as ag
    import optim

    leaves = [ag.tensor(p, requires_grad=True) for p in params]
    start = ag.tensor(np.zeros((HIDDEN, 1)))
    optimizer = optim.Adagrad(leaves, lr=0.1)
    clip = optim.clip_grad_value_
    return _step(ag, leaves, optimizer, clip, ag.tensor(x), ag.tensor(targets), start)


@min_char_rnn.on("torch")
def with_torch(case: str, x: Any, targets: Any, params: Any) -> Run:
    """`torch`."""
    import torch

    leaves = [torch.tensor(p, requires_grad=True) for p in params]
    start = torch.zeros((HIDDEN, 1), dtype=torch.float64)
    optimizer = torch.optim.Adagrad(leaves, lr=0.1)
    clip = torch.nn.utils.clip_grad_value_
    return _step(torch, leaves, optimizer, clip, torch.tensor(x), torch.tensor(targets), start)
