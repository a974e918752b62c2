"""Losses of yes or no, for one question or for several at once."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.activation import logsigmoid
from autograd.ops.classification import weighted
from autograd.ops.loss import BAD_REDUCTION, plain, reduced
from autograd.ops.reduction import mean


def _chances(draw: Draw) -> list[Call]:
    return [
        call(draw.between(0.1, 0.9, 2, 3), draw.between(0.1, 0.9, 2, 3)),
        call(draw.between(0.1, 0.9, 3), np.array([0.0, 1.0, 1.0])),
    ]


_SMALL = float(np.float32(1e-12))
"""What PyTorch divides by at least, a float32 constant."""


@primitive(
    symbol="log loss",
    formula="-(target * log(input) + (1 - target) * log(1 - input))",
    d=(
        f"(input - target) / maximum(input * (1 - input), {_SMALL!r})",
        "log(1 - input) - log(input)",
    ),
    lesson="A probability gets its distance from the truth, divided by x(1 − x): the surer it "
    "was, the harder it is corrected.",
    samples=lambda draw: [
        *_chances(draw),
        refuses("between 0 and 1", np.array([1.5]), np.array([1.0])),
        refuses("do not broadcast", np.full(2, 0.5), np.full(3, 0.5)),
    ],
)
def log_loss(input: Any, target: Any) -> Any:
    """−(y·ln x + (1 − y)·ln(1 − x)), element by element, logarithms at least −100.

    ∂/∂x = (x − y) / x(1 − x), ∂/∂y = ln(1 − x) − ln x.

    Raises:
        RangeError: a probability outside 0 to 1.
        ShapeError: the shapes do not broadcast.
    """
    if not bool(np.all((input >= 0) & (input <= 1) | (input != input))):
        raise RangeError(
            "all elements of input should be between 0 and 1: they are probabilities. For scores "
            "use binary_cross_entropy_with_logits."
        )
    with np.errstate(divide="ignore"):
        yes, no = np.log(input), np.log1p(-input)
    return (target - 1) * np.maximum(no, -100) - target * np.maximum(yes, -100)


@composition(
    symbol="bce",
    formula="-mean(target * log(input) + (1 - target) * log(1 - input))",
    lesson="A probability gets its distance from the truth, divided by x(1 − x) and by how many "
    "there are.",
    samples=lambda draw: [
        _chances(draw)[0],
        call(draw.between(0.1, 0.9, 2), draw.between(0.1, 0.9, 2), np.array([1.0, 2.0])),
        refuses("between 0 and 1", np.array([1.5]), np.array([1.0])),
        refuses("target are between", np.array([0.5]), np.array([2.0])),
        refuses("same shape", np.full((2, 1), 0.5), np.ones(2)),
        refuses(BAD_REDUCTION, np.full(2, 0.5), np.ones(2), reduction="max"),
    ],
)
def binary_cross_entropy(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """−(y·ln x + (1 − y)·ln(1 − x)), of probabilities x and truths y between 0 and 1.

    Logarithms are at least −100, so that a sure mistake costs 100 and not ∞. Shapes: equal →
    (), or theirs for ``reduction="none"``.

    Raises:
        RangeError: a probability or a truth outside 0 to 1, or another reduction.
        ShapeError: different shapes.
    """
    if operand_shape(input) != operand_shape(target):
        raise ShapeError(
            "binary_cross_entropy: input and target must have the same shape, got "
            f"{operand_shape(input)} and {operand_shape(target)}."
        )
    if bool(((plain(target) < 0) | (plain(target) > 1)).any()):
        raise RangeError("binary_cross_entropy: all elements of target are between 0 and 1.")
    return reduced(weighted(log_loss(input, target), weight), reduction)


@composition(
    symbol="bce",
    formula="-mean(target * log(sigmoid(input)) + (1 - target) * log(1 - sigmoid(input)))",
    lesson="Each score gets its probability minus the truth, divided by how many there are.",
    samples=lambda draw: [
        call(draw(2, 3), draw.between(0.1, 0.9, 2, 3)),
        call(draw(2, 3), draw.between(0.1, 0.9, 2, 3), pos_weight=2.0),
        call(draw(3), np.array([0.0, 1.0, 1.0]), np.array([1.0, 2.0, 0.5]), reduction="none"),
        refuses("same shape", np.ones((2, 1)), np.ones(2)),
        refuses(BAD_REDUCTION, np.ones(2), np.ones(2), reduction="max"),
    ],
)
def binary_cross_entropy_with_logits(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    reduction: str = "mean",
    pos_weight: Any = None,
) -> Any:
    """`binary_cross_entropy` of σ(x), without overflow: (1 − y)·x − (1 + (p − 1)·y)·ln σ(x).

    Args:
        pos_weight: p, a factor of the positive term, per class.

    Raises:
        ShapeError: different shapes.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    if operand_shape(input) != operand_shape(target):
        raise ShapeError(
            "binary_cross_entropy_with_logits: input and target must have the same shape, got "
            f"{operand_shape(input)} and {operand_shape(target)}."
        )
    surprise = logsigmoid(input)
    if pos_weight is not None:
        surprise = surprise * ((pos_weight - 1) * target + 1)
    return reduced(weighted((1 - target) * input - surprise, weight), reduction)


@composition(
    symbol="multilabel",
    formula="-mean(target * log(sigmoid(input)) + (1 - target) * log(1 - sigmoid(input)))",
    lesson="Each score gets its probability minus the truth, divided by how many there are.",
    samples=lambda draw: [
        call(draw(2, 3), np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])),
        call(draw(2, 3), draw.between(0.1, 0.9, 2, 3), np.ones(3) * 2, reduction="none"),
        refuses(BAD_REDUCTION, np.ones((1, 2)), np.ones((1, 2)), reduction="max"),
    ],
)
def multilabel_soft_margin_loss(
    input: Any, target: Any, weight: Any = None, *, reduction: str = "mean"
) -> Any:
    """The mean over the classes of `binary_cross_entropy_with_logits`.

    Shapes: (…, C), (…, C) → (), or (…) for ``reduction="none"``.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    losses = target * logsigmoid(input) + (1 - target) * logsigmoid(-input)
    return reduced(mean(weighted(-losses, weight), -1), reduction)
