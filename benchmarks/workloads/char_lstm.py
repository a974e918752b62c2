"""A step of training a recurrent network."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.by_hand.lstm import training
from benchmarks.rules import adam
from benchmarks.workload import Case, Inputs, Run, workload

VOCABULARY, EMBEDDING, HIDDEN, STEPS, BATCH, NORM = 65, 64, 256, 50, 32, 5.0
SHAPES = {
    "table": (VOCABULARY, EMBEDDING),
    "input": (4 * HIDDEN, EMBEDDING),
    "hidden": (4 * HIDDEN, HIDDEN),
    "input bias": (4 * HIDDEN,),
    "hidden bias": (4 * HIDDEN,),
    "output": (VOCABULARY, HIDDEN),
    "output bias": (VOCABULARY,),
}


@workload(
    "A training step of a character LSTM, float32: vocabulary 65, embedding 64, hidden 256, 50 "
    "steps, batch 32, random text, gradients cut to a norm of 5, Adam. PyTorch eager has its "
    "fused nn.LSTM, and is measured step by step from primitives, too.",
    Case("step", at_most=1.7, compiled=1.25, first_call=3.0, memory=1.2, checked=3),
    rtol=1e-3,
    atol=1e-4,
)
def char_lstm(rng: np.random.Generator) -> Inputs:
    """Characters, the characters that follow, and the parameters to start from."""
    text = rng.integers(0, VOCABULARY, (STEPS + 1, BATCH))
    return {
        "tokens": text[:-1],
        "targets": text[1:].ravel(),
        "params": [rng.uniform(-0.0625, 0.0625, s).astype(np.float32) for s in SHAPES.values()],
    }


char_lstm.limit("step", "glassgrad", at_most=0.85, to="primitives")
char_lstm.limit("step", "compiled", at_most=0.6, to="primitives")


def _model(nn: Any, params: list[Any], put: Any) -> tuple[Any, Any]:
    """The same three layers of both libraries, and the scores (T·N, vocabulary)."""
    table, lstm = nn.Embedding(VOCABULARY, EMBEDDING), nn.LSTM(EMBEDDING, HIDDEN)
    head = nn.Linear(HIDDEN, VOCABULARY)
    leaves = [p for layer in (table, lstm, head) for p in layer.parameters()]
    for leaf, value in zip(leaves, params, strict=True):
        put(leaf, value)
    return leaves, lambda tokens: head(lstm(table(tokens))[0].reshape(-1, HIDDEN))


def _step(loss_of: Any, leaves: Any, optimizer: Any, clip: Any) -> Run:
    """The same lines for both libraries."""

    def step() -> Any:
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        clip(leaves, NORM)
        optimizer.step()
        return [loss, *leaves]

    return step


char_lstm.lacks("it has single numbers only", "micrograd")


@char_lstm.on("glassgrad", "compiled")
def with_glassgrad(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """With the layers of `nn` and the optimiser of `optim`."""
    import autograd as ag
    import nn
    import optim

    ag.set_default_dtype(np.float32)
    leaves, scores = _model(nn, params, lambda leaf, value: leaf.data.__setitem__(..., value))
    entropy, text, wanted = nn.CrossEntropyLoss(), ag.tensor(tokens), ag.tensor(targets)
    loss_of = lambda: entropy(scores(text), wanted)
    return _step(loss_of, leaves, optim.Adam(leaves), optim.clip_grad_norm_)


@char_lstm.on("torch")
def with_torch(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """With `torch.nn.LSTM`, whose steps are one operation."""
    import torch

    put = lambda leaf, value: setattr(leaf, "data", torch.tensor(value))
    leaves, scores = _model(torch.nn, params, put)
    entropy, text, wanted = torch.nn.CrossEntropyLoss(), *map(torch.tensor, (tokens, targets))
    loss_of = lambda: entropy(scores(text), wanted)
    clip = torch.nn.utils.clip_grad_norm_
    return _step(loss_of, leaves, torch.optim.Adam(leaves), clip)


def _from_primitives(tokens: Any, targets: Any, params: list[Any], wrap: Any) -> Run:
    import torch

    text, wanted = torch.tensor(tokens), torch.tensor(targets)
    leaves = [torch.tensor(p, requires_grad=True) for p in params]

    def scan(cell: Any, state: Any, xs: Any) -> Any:
        outs = []
        for x in xs:
            state, out = cell(state, x)
            outs.append(out)
        return torch.stack(outs)

    def loss_of() -> Any:
        zeros = torch.zeros((BATCH, HIDDEN))
        scores = _scores(torch.sigmoid, torch.tanh, scan, zeros, text, leaves)
        return torch.nn.functional.cross_entropy(scores, wanted)

    clip = wrap(torch.nn.utils.clip_grad_norm_)
    return _step(wrap(loss_of), leaves, torch.optim.Adam(leaves), clip)


def _scores(sigmoid: Any, tanh: Any, scan: Any, zeros: Any, text: Any, params: Any) -> Any:
    """The same recurrence for libraries of arrays: one projection of all inputs, then steps."""
    table, wi, wh, bi, bh, wo, bo = params

    def cell(state: Any, projected: Any) -> Any:
        h, c = state
        z = projected + h @ wh.T
        i, f, g, o = (z[:, k * HIDDEN : (k + 1) * HIDDEN] for k in range(4))
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h = sigmoid(o) * tanh(c)
        return (h, c), h

    outs = scan(cell, (zeros, zeros), table[text] @ wi.T + (bi + bh))
    return outs.reshape((STEPS * BATCH, HIDDEN)) @ wo.T + bo


@char_lstm.on("primitives")
def step_by_step(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """PyTorch without its fused layer."""
    return _from_primitives(tokens, targets, params, lambda function: function)


@char_lstm.on("torch_compile")
def with_torch_compile(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """The same lines, compiled."""
    import torch

    return _from_primitives(tokens, targets, params, torch.compile)


@char_lstm.on("tinygrad")
def left_out(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """It has the lines below, but no loop: all steps become kernels of their own."""
    raise TimeoutError("TinyJit had not captured the 50 steps after 300 s; left out since")


@char_lstm.through("jax", "hips", "mygrad")
def with_a_library(lib: Any, case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """Gradients of a function of the parameters."""
    text, wanted = lib.array(tokens), lib.array(targets)
    zeros = lib.array(np.zeros((BATCH, HIDDEN), np.float32))

    def loss(params: Any) -> Any:
        scores = _scores(lib.sigmoid, lib.tanh, lib.scan, zeros, text, params)
        return lib.entropy(scores, wanted) / len(targets)

    return lib.train(loss, params, adam(norm=NORM))


@char_lstm.on("numpy")
def by_hand(case: str, tokens: Any, targets: Any, params: list[Any]) -> Run:
    """What a careful person writes."""
    return training(tokens, targets, params, NORM)
