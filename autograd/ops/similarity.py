"""Length and likeness of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.primitive import call, refuses
from autograd.ops.arithmetic import mul, sub
from autograd.ops.bounds import clamp_min
from autograd.ops.norm import vector_norm
from autograd.ops.reduction import sum as total

_DIM = "out of bounds"


@composition(
    symbol="normalize",
    formula="input / maximum(norm(input), eps)",
    lesson="Only the direction passes on: the gradient loses its share along the vector and is "
    "divided by the length.",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw.apart(3, 2), 1.0, 0),
        call(draw(4), dim=0),
        refuses(_DIM, np.ones(3)),
    ],
)
def normalize(input: Any, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Any:
    """x / max(‖x‖_p, eps): vectors along `dim` of length 1; zeros stay zeros.

    Raises:
        ShapeError: the dimension does not exist.
    """
    return input / clamp_min(vector_norm(input, p, dim, True), eps)


@composition(
    symbol="cos ∠",
    formula="x1 @ x2 / (norm(x1) * norm(x2))",
    lesson="Each vector is turned towards the other one or away from it; its length gets no "
    "gradient.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(3, 2), draw(3, 1), 0),
        call(draw(3), draw(3), dim=0),
        refuses(_DIM, np.ones(3), np.ones(3)),
    ],
)
def cosine_similarity(x1: Any, x2: Any, dim: int = 1, eps: float = 1e-8) -> Any:
    """The cosine of the angle between vectors along `dim`; lengths count as `eps` at least.

    Shapes broadcast → without `dim`.

    Raises:
        ShapeError: the dimension does not exist, or shapes that do not broadcast.
    """
    return total(mul(normalize(x1, 2.0, dim, eps), normalize(x2, 2.0, dim, eps)), dim)


@composition(
    symbol="distance",
    formula="norm(x1 - x2 + eps)",
    lesson="Each vector gets the direction away from the other one.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3), draw(3), 1.0, keepdim=True),
        call(draw(3), draw(3), 3.0),
        refuses("do not broadcast", np.ones(3), np.ones(2)),
    ],
)
def pairwise_distance(
    x1: Any, x2: Any, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Any:
    """‖x − y + eps‖_p over the last dimension; `eps` keeps the gradient finite at 0.

    Shapes: (…, D) broadcast → (…).

    Raises:
        ShapeError: shapes that do not broadcast.
    """
    return vector_norm(sub(x1, x2) + eps, p, -1, keepdim)
