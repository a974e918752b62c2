"""Convolution, pooling, embedding, dropout and batch norm as functions, in float32."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from facts.reference import plain

import autograd as ag


def on(function: Callable[..., Any], *operands: Any) -> Callable[[], Any]:
    """The value on float32 operands."""
    return lambda: plain(function(*(ag.tensor(x, dtype=np.float32) for x in operands)))


def shape(function: Callable[..., Any], *shapes: tuple[int, ...]) -> Callable[[], Any]:
    """The shape of the result on ones of these shapes."""
    return lambda: function(*(ag.tensor(np.ones(s)) for s in shapes)).shape


def lookup(indices: list[int], **options: Any) -> Callable[[], Any]:
    """The gradient of a (3, 2) table of embeddings."""

    def found() -> Any:
        table = ag.tensor(np.ones((3, 2)), requires_grad=True)
        ag.embedding(np.array(indices), table, **options).sum().backward()
        return plain(table.grad)

    return found


def dropped():
    """The values that dropout makes of ones, and whether its gradient has the same mask."""
    x = ag.tensor(np.ones(1000, np.float32), requires_grad=True)
    y = ag.dropout(x, 0.25, rng=0)
    y.sum().backward()
    return sorted(set(y.tolist())), plain(x.grad) == plain(y)


def running():
    mean, var = np.zeros(1, np.float32), np.ones(1, np.float32)
    ag.batch_norm(ag.tensor([[1.0], [2.0], [4.0]]), mean, var, training=True)
    biased = np.var([1.0, 2.0, 4.0])
    unbiased = float(biased * 3 / 2)
    words = ("unbiased var", unbiased, "biased", float(biased), "exp .9+.1*unb")
    return (float(mean[0]), float(var[0]), *words, 0.9 + 0.1 * unbiased, 1)


LAYERS = {
    "BN running mean/var after 1": running,
    "BN batch 1 train": on(lambda x: ag.batch_norm(x, None, None, training=True), [[1.0]]),
    "dropout scale & mask==grad": dropped,
    "dropout p=1": on(lambda x: ag.dropout(x, 1.0), [1, 2, 3]),
    "dropout p=1.5": on(lambda x: ag.dropout(x, 1.5), [1, 2, 3]),
    "conv same stride 2": on(
        lambda x, w: ag.conv1d(x, w, padding="same", stride=2), [[[1, 2, 3]]], [[[1, 1]]]
    ),
    "conv same even k pads (right extra)": on(
        lambda x, w: ag.conv1d(x, w, padding="same"), [[[1, 2, 3]]], [[[1, 1]]]
    ),
    "conv kernel>input": shape(ag.conv1d, (1, 1, 2), (1, 1, 3)),
    "conv groups mismatch": shape(lambda x, w: ag.conv1d(x, w, groups=2), (1, 3, 4), (4, 1, 1)),
    "conv empty batch": shape(ag.conv1d, (0, 1, 3), (2, 1, 2)),
    "conv unbatched": shape(ag.conv2d, (1, 3, 3), (2, 1, 2, 2)),
    "maxpool pad>k/2": shape(lambda x: ag.max_pool1d(x, 2, padding=2), (1, 1, 4)),
    "maxpool ceil drop": lambda: [
        ag.max_pool1d(ag.tensor(np.ones((1, 1, n))), 2, ceil_mode=True).shape[2] for n in (3, 4, 5)
    ],
    "maxpool ceil+pad last window must start inside": shape(
        lambda x: ag.max_pool1d(x, 2, padding=1, ceil_mode=True), (1, 1, 1)
    ),
    "avgpool count_include_pad T/F": lambda: tuple(
        plain(ag.avg_pool1d(np.ones((1, 1, 2)), 2, padding=1, count_include_pad=counted))
        for counted in (True, False)
    ),
    "avgpool ceil divisor": on(lambda x: ag.avg_pool1d(x, 2, ceil_mode=True), [[[1, 1, 1]]]),
    "avgpool ceil+pad incl": on(
        lambda x: ag.avg_pool1d(x, 3, 2, padding=1, ceil_mode=True), [[[1, 1, 1, 1]]]
    ),
    "maxpool nan": on(lambda x: ag.max_pool1d(x, 2), [[[float("nan"), 1, 2, 3]]]),
    "adaptive avg 5->3": on(lambda x: ag.adaptive_avg_pool1d(x, 3), [[[0, 1, 2, 3, 4]]]),
    "convT output_padding>=stride": shape(
        lambda x, w: ag.conv_transpose1d(x, w, output_padding=1), (1, 1, 3), (1, 1, 2)
    ),
    "embedding padding_idx grad": lookup([0, 1, 1], padding_idx=0),
    "embedding oob": lookup([3]),
    "embedding neg": lookup([-1]),
}
