"""Losses with a margin: right answers shall win by a distance, and then it is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import DTypeError, IndexingError, RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.activation import logsigmoid, relu
from autograd.ops.arithmetic import minimum, mul, sub
from autograd.ops.bounds import clamp_min
from autograd.ops.classification import class_weights
from autograd.ops.comparison import where
from autograd.ops.indexing import getitem
from autograd.ops.loss import BAD_REDUCTION, plain, reduced
from autograd.ops.reduction import sum as total
from autograd.ops.shape import reshape
from autograd.ops.similarity import pairwise_distance
from autograd.ops.transcendental import sqrt

_SIGNS = np.array([1, -1, 1])
_PAIR = (refuses(BAD_REDUCTION, np.ones(2), np.ones(2), reduction="max"),)


@composition(
    symbol="hinge",
    formula="mean(where(target == 1, input, maximum(0, margin - input)))",
    lesson="Distances of like pairs get pulled down, those of unlike pairs pushed up until they "
    "exceed the margin.",
    samples=lambda draw: [
        call(draw.apart(3), _SIGNS),
        call(draw.apart(3), _SIGNS, 0.55, reduction="none"),
        *_PAIR,
    ],
)
def hinge_embedding_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    """x where y = 1, max(0, margin − x) where y = −1.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    apart = where(target == 1, 0.0, clamp_min(margin - input, 0))
    alike = where(target == -1, 0.0, input)
    return reduced(apart + alike, reduction)


@composition(
    symbol="ranking",
    formula="mean(maximum(0, margin - target * (input1 - input2)))",
    lesson="Pairs in the wrong order, or too close, are pushed apart; all others get nothing.",
    samples=lambda draw: [
        call(draw.apart(3), draw.apart(3) + 0.05, _SIGNS),
        call(draw.apart(3), draw.apart(3) + 0.05, _SIGNS, 0.55, reduction="sum"),
        refuses(BAD_REDUCTION, np.ones(2), np.ones(2), np.ones(2), reduction="max"),
    ],
)
def margin_ranking_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """max(0, margin − y·(x₁ − x₂)): y = 1 wants the first one larger, −1 the second.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    return reduced(clamp_min(mul(sub(input2, input1), target) + margin, 0), reduction)


@composition(
    symbol="cos loss",
    formula="mean(where(target == 1, 1 - cos(input1, input2), maximum(0, cos(input1, input2) - "
    "margin)))",
    lesson="Vectors of like pairs are turned towards each other, those of unlike pairs away.",
    samples=lambda draw: [
        call(draw(3, 4), draw(3, 4), _SIGNS, -0.9),
        call(draw(4), draw(4), np.array(1), reduction="sum"),
        refuses("1 or 2 dimensions", np.ones((2, 2, 2)), np.ones((2, 2, 2)), _SIGNS),
    ],
)
def cosine_embedding_loss(
    input1: Any, input2: Any, target: Any, margin: float = 0.0, *, reduction: str = "mean"
) -> Any:
    """1 − cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) − margin) where y = −1.

    Shapes: (N, D), (N, D), (N,), or (D,), (D,), () → () or the target's.

    Raises:
        ShapeError: another number of dimensions.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    if len(operand_shape(input1)) not in (1, 2):
        raise ShapeError(
            f"cosine_embedding_loss: expected 1 or 2 dimensions, got shape {operand_shape(input1)}."
        )
    squares = (total(input1 * input1, -1) + 1e-12) * (total(input2 * input2, -1) + 1e-12)
    cosine = total(input1 * input2, -1) / sqrt(squares)
    alike = where(target == 1, 1 - cosine, 0.0)
    return reduced(alike + where(target == -1, clamp_min(cosine - margin, 0), 0.0), reduction)


def _triplets(draw: Draw) -> list[Call]:
    near = draw(2, 3)
    return [call(near, near + 0.3, near - draw.between(0.1, 0.2, 2, 3))]


@composition(
    symbol="triplet",
    formula="mean(maximum(0, norm(anchor - positive) - norm(anchor - negative) + margin))",
    lesson="The positive is pulled towards the anchor and the negative pushed away, until it is "
    "farther by the margin.",
    samples=lambda draw: [
        *_triplets(draw),
        call(draw(3), draw(3), draw(3), 5.0, 1.0, swap=True, reduction="sum"),
        refuses("greater than 0", np.ones((1, 2)), np.ones((1, 2)), np.ones((1, 2)), -1.0),
        refuses("same number of dimensions", np.ones(2), np.ones((1, 2)), np.ones(2)),
    ],
)
def triplet_margin_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    margin: float = 1.0,
    p: float = 2,
    eps: float = 1e-6,
    swap: bool = False,
    *,
    reduction: str = "mean",
) -> Any:
    """max(0, d(a, p) − d(a, n) + margin), with `pairwise_distance` for d (Schroff et al. 2015).

    Args:
        swap: take d(p, n) where it is smaller than d(a, n).

    Raises:
        RangeError: a margin that is not positive, or another reduction.
        ShapeError: different numbers of dimensions, or shapes that do not broadcast.
    """
    if margin <= 0:
        raise RangeError(f"triplet_margin_loss: margin must be greater than 0, got {margin}.")

    def distance(x: Any, y: Any) -> Any:
        return pairwise_distance(x, y, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def _triplet(
    anchor: Any,
    positive: Any,
    negative: Any,
    distance: Callable[[Any, Any], Any],
    margin: float,
    swap: bool,
    reduction: str,
) -> Any:
    shapes = [operand_shape(x) for x in (anchor, positive, negative)]
    if len({len(shape) for shape in shapes}) > 1:
        raise ShapeError(
            "triplet: anchor, positive and negative have the same number of dimensions, got "
            f"shapes {shapes[0]}, {shapes[1]} and {shapes[2]}."
        )
    far = distance(anchor, negative)
    if swap:
        far = minimum(far, distance(positive, negative))
    return reduced(clamp_min(distance(anchor, positive) - far + margin, 0), reduction)


@composition(
    symbol="triplet",
    formula="mean(maximum(0, d(anchor, positive) - d(anchor, negative) + margin))",
    lesson="The positive is pulled towards the anchor and the negative pushed away, until it is "
    "farther by the margin.",
    samples=lambda draw: [
        *_triplets(draw),
        refuses("same number of dimensions", np.ones(2), np.ones((1, 2)), np.ones(2)),
        refuses("at least 0", np.ones(2), np.ones(2), np.ones(2), margin=-1.0),
    ],
)
def triplet_margin_with_distance_loss(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance_function: Callable[[Any, Any], Any] | None = None,
    margin: float = 1.0,
    swap: bool = False,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin_loss` with a distance of your own (`pairwise_distance` by default).

    Raises:
        RangeError: a negative margin, or another reduction.
        ShapeError: different numbers of dimensions.
    """
    if margin < 0:
        raise RangeError(f"triplet: the margin must be at least 0, got {margin}.")
    distance = distance_function or pairwise_distance
    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


@composition(
    symbol="soft margin",
    formula="mean(log(1 + exp(-target * input)))",
    lesson="Each score is pushed to its side, the less the farther it is there already.",
    samples=lambda draw: [
        call(draw(3), _SIGNS),
        call(draw(3), _SIGNS, reduction="none"),
        *_PAIR,
    ],
)
def soft_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """ln(1 + exp(−y·x)), of scores x and sides y = ±1, without overflow.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    return reduced(-logsigmoid(mul(input, target)), reduction)


# --- several classes --------------------------------------------------------------------------


def _rows(name: str, input: Any, target: Any) -> tuple[Any, Any]:
    """Scores of shape (N, C) and class indices of shape (N,), of one example too.

    Raises:
        ShapeError, DTypeError, IndexingError: with the reason.
    """
    shape, labels = operand_shape(input), plain(target)
    if len(shape) not in (1, 2) or not shape[-1] or tuple(labels.shape) != shape[:-1]:
        raise ShapeError(
            f"{name}: scores (N, C) go with class indices (N,), and (C,) with (); got shapes "
            f"{shape} and {tuple(labels.shape)}."
        )
    if labels.dtype.kind not in "iu":
        raise DTypeError(f"{name}: class indices are integers, got {labels.dtype}.")
    outside = labels[(labels < 0) | (labels >= shape[-1])]
    if outside.size:
        raise IndexingError(
            f"{name}: target {int(outside[0])} is out of bounds; with {shape[-1]} scores the "
            f"classes are 0 to {shape[-1] - 1}."
        )
    return reshape(input, (-1, shape[-1])), np.reshape(labels, (-1,))


def _hinges(name: str, input: Any, target: Any, margin: float) -> tuple[Any, Any]:
    """max(0, margin − x_y + x_j) for each class j, 0 for j = y itself; and the labels."""
    scores, labels = _rows(name, input, target)
    count, classes = operand_shape(scores)
    right = getitem(scores, (np.arange(count, like=labels), labels))
    others = np.reshape(labels, (-1, 1)) != np.arange(classes, like=labels)
    return where(others, relu(scores - reshape(right, (-1, 1)) + margin), 0.0), labels


_SCORES = "class indices"


def _many(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3), np.array([2, 0])),
        call(draw.apart(3), np.array(1), margin=0.55, reduction="sum"),
    ]


_WRONG = (
    refuses("out of bounds", np.ones((2, 3)), np.array([3, 0])),
    refuses(_SCORES, np.ones((2, 3)), np.array([0])),
    refuses(_SCORES, np.ones((2, 3)), np.array([0.0, 1.0])),
)


@composition(
    symbol="hinge",
    formula="mean(sum(maximum(0, margin + input - input[target])))",
    lesson="Every class that comes too close to the right one is pushed down, and the right one "
    "is pushed up as many times.",
    samples=lambda draw: [
        *_many(draw),
        *_WRONG,
    ],
)
def multiclass_hinge_loss(
    input: Any, target: Any, margin: float = 1.0, *, reduction: str = "mean"
) -> Any:
    """Σ_{j≠y} max(0, x_j − x_y + margin), of scores x and right classes y (lecture A2).

    It is `multi_margin_loss` without the division by the number of classes (Weston & Watkins
    1999). Shapes: (N, C), (N,), or (C,), () → () or the target's.

    Raises:
        IndexingError: a class that there is no score for.
        ShapeError, DTypeError: scores and classes that do not fit together.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    hinges, _ = _hinges("multiclass_hinge_loss", input, target, margin)
    return reduced(reshape(total(hinges, -1), operand_shape(target)), reduction)


@composition(
    symbol="multi margin",
    formula="mean(sum(maximum(0, margin + input - input[target])**p) / C)",
    lesson="Every class that comes too close to the right one is pushed down, and the right one "
    "is pushed up as many times.",
    samples=lambda draw: [
        *_many(draw),
        call(draw.apart(2, 3), np.array([0, 1]), 2, weight=np.array([1.0, 2.0, 3.0])),
        *_WRONG,
        refuses("1 or 2", np.ones((1, 2)), np.array([0]), 3),
        refuses("all 2 classes", np.ones((1, 2)), np.array([0]), weight=np.ones(3)),
    ],
)
def multi_margin_loss(
    input: Any,
    target: Any,
    p: int = 1,
    margin: float = 1.0,
    weight: Any = None,
    *,
    reduction: str = "mean",
) -> Any:
    """Σ_{j≠y} w_y·max(0, margin − x_y + x_j)^p / C, of scores x and right classes y.

    Shapes: (N, C), (N,), or (C,), () → () or the target's.

    Raises:
        IndexingError: a class that there is no score for.
        ShapeError, DTypeError: scores and classes that do not fit together.
        RangeError: a power other than 1 and 2, or another reduction.
    """
    if p not in (1, 2):
        raise RangeError(f"multi_margin_loss: p is 1 or 2, got {p}.")
    hinges, labels = _hinges("multi_margin_loss", input, target, margin)
    losses = total(hinges if p == 1 else hinges * hinges, -1) / operand_shape(input)[-1]
    if weight is not None:
        losses = losses * class_weights(weight, input)[labels]
    return reduced(reshape(losses, operand_shape(target)), reduction)


@composition(
    symbol="multilabel",
    formula="mean(sum(maximum(0, 1 + input - input[target])) / C)",
    lesson="Every class that is not named and comes too close to a named one is pushed down, and "
    "that one up.",
    samples=lambda draw: [
        call(draw.apart(2, 3), np.array([[2, 0, -1], [1, -1, 0]])),
        call(draw.apart(3), np.array([0, -1, -1]), reduction="sum"),
        refuses("the same shape", np.ones((2, 3)), np.array([0, 1])),
        refuses("out of bounds", np.ones((1, 2)), np.array([[2, -1]])),
        refuses("are integers", np.ones((1, 2)), np.array([[1.0, -1.0]])),
    ],
)
def multilabel_margin_loss(input: Any, target: Any, *, reduction: str = "mean") -> Any:
    """Σ_j∈named Σ_i∉named max(0, 1 − x_j + x_i) / C.

    Shapes: (N, C) or (C,), the target too: it names classes up to the first −1.

    Raises:
        ShapeError: different shapes.
        DTypeError: names that are no integers.
        IndexingError: a class that there is no score for.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    shape, names = operand_shape(input), plain(target)
    if names.dtype.kind not in "iu":
        raise DTypeError(f"multilabel_margin_loss: class indices are integers, got {names.dtype}.")
    if tuple(names.shape) != shape:
        raise ShapeError(
            "multilabel_margin_loss: the target has the same shape as the scores and names "
            f"classes up to the first -1, got shapes {shape} and {tuple(names.shape)}."
        )
    scores, times = reshape(input, (-1, shape[-1])), _times(np.reshape(names, (-1, shape[-1])))
    pairs = reshape(scores, (-1, 1, shape[-1])) - reshape(scores, (-1, shape[-1], 1)) + 1
    wanted = times[:, :, None] * (times == 0)[:, None, :]
    losses = total(relu(pairs) * wanted.astype(input.dtype), (1, 2)) / shape[-1]
    return reduced(reshape(losses, shape[:-1]), reduction)


def _times(names: Any) -> Any:
    """How often each row names each class before its first −1."""
    classes = names.shape[-1]
    valid = np.cumsum(names < 0, axis=-1) == 0
    if bool((valid & (names >= classes) | (names < -1)).any()):
        raise IndexingError(
            f"multilabel_margin_loss: a target is out of bounds; with {classes} scores the "
            f"classes are 0 to {classes - 1}, and -1 ends them."
        )
    hits = names[:, :, None] == np.arange(classes, like=names)
    return np.sum(hits & valid[:, :, None], axis=1)
