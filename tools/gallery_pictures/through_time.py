"""Recurrent networks: steps, gates, vanishing gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
import nn
from gallery_pictures.entering import leaf, picture

_VOCABULARY = "helo"


def hello(letters: bool = True) -> Any:
    """Lecture C1: the network that reads "hell" and shall say "ello"."""
    draw = np.random.default_rng(3)
    W_xh, W_hh = (
        leaf(draw.normal(size=(3, 4)), "W_xh"),
        leaf(0.7 * draw.normal(size=(3, 3)), "W_hh"),
    )
    W_hy = leaf(draw.normal(size=(4, 3)), "W_hy")
    h, losses = leaf(np.zeros(3), "h0", False), []
    for t, (read, wanted) in enumerate(zip("hell", "ello", strict=True), 1):
        with ag.scope("t", step=t):
            x = leaf(np.eye(4)[_VOCABULARY.index(read)], f"x = {read!r}" if letters else "x", False)
            h = ag.tanh(W_hh @ h + W_xh @ x)
            y = W_hy @ h
            said = _VOCABULARY[int(np.argmax(y.data))]
            with ag.scope(f"says {said!r}, target {wanted!r}" if letters else "cross-entropy"):
                losses.append(ag.cross_entropy(y, ag.tensor(_VOCABULARY.index(wanted))))
    loss = ag.stack(losses).sum()
    loss.backward()
    return loss


@picture('hello-RNN, unrolled: reads "hell", shall say "ello" (lecture C1)')
def hello_unrolled() -> Any:
    return hello().graph(depth=1)


@picture("hello-RNN, folded into one cell")
def hello_folded() -> Any:
    return hello(letters=False).graph(depth=1, time="folded")


@picture("An LSTM: forget, input, candidate and output; the state runs along the thick line")
def lstm() -> Any:
    ag.manual_seed(0)
    cell = nn.LSTMCell(2, 3, bias=False)
    h, c = leaf(np.zeros(3), "h0", False), leaf(np.zeros(3), "c0", False)
    for t in range(1, 4):
        with ag.scope("t", step=t):
            x = leaf([0.5 * t, -1.0], f"x{t}", False)
            h, c = cell(x, (h, c))
    loss = h.sum()
    loss.backward()
    return loss.graph()


@picture("An LSTM cell, folded")
def lstm_folded() -> Any:
    ag.manual_seed(0)
    layer = nn.LSTM(2, 3, bias=False)
    outputs, _state = layer(leaf(np.ones((20, 2)), "x", False))
    loss = outputs[-1].sum()
    loss.backward()
    return loss.graph(time="folded")


def through_time(steps: int, size: float) -> Any:
    """A recurrence with one output at the end, and a weight that shrinks or grows gradients."""
    w = leaf(size * np.eye(2), "W")
    h = leaf([0.2, -0.1], "h0", False)
    for t in range(1, steps + 1):
        with ag.scope("t", step=t):
            x = leaf([0.3, -0.2], f"x{t}", False)
            h = ag.tanh(w @ h + x)
    loss = h.sum()
    loss.backward()
    return loss


@picture("Backpropagation through 20 steps: the gradient vanishes (lecture E3)")
def vanishing() -> Any:
    return through_time(20, 0.5).graph()


@picture("The same: widths by powers of ten")
def vanishing_log() -> Any:
    return through_time(20, 0.5).graph(widths="log")


@picture("Truncated: the state is detached before the third step, and no gradient passes")
def truncated() -> Any:
    w, h = leaf(0.5 * np.eye(2), "W"), leaf([0.2, -0.1], "h0", False)
    states = []
    for t in range(1, 6):
        with ag.scope("t", step=t):
            h = ag.tanh(w @ (h.detach() if t == 3 else h))
            states.append(h)
    loss = ag.stack(states).sum()
    loss.backward()
    return loss.graph()


@picture("A bidirectional network: two rows, one state runs back")
def bidirectional() -> Any:
    ag.manual_seed(0)
    layer = nn.RNN(2, 3, bias=False, bidirectional=True)
    outputs, _state = layer(leaf(np.ones((4, 2)), "x", False))
    loss = outputs.sum()
    loss.backward()
    return loss.graph(ops="compact")


@picture("Two layers, one above the other")
def stacked() -> Any:
    ag.manual_seed(0)
    layer = nn.RNN(2, 3, 2, bias=False)
    outputs, _state = layer(leaf(np.ones((4, 2)), "x", False))
    loss = outputs[-1].sum()
    loss.backward()
    return loss.graph(ops="compact")
