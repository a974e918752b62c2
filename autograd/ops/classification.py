"""Losses of one class among several: how surprising is the right one?"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import DTypeError, IndexingError, RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.activation import log_softmax
from autograd.ops.comparison import where
from autograd.ops.indexing import getitem
from autograd.ops.loss import BAD_REDUCTION, plain, reduced
from autograd.ops.reduction import sum as total
from autograd.ops.shape import permute, reshape

_TARGETS = np.array([2, 0])
_BOUNDS = "out of bounds"

_LESSON = (
    "Each score gets its probability, and the right one's gets it minus one, divided by how many "
    "examples there are."
)


def _class_dim(shape: tuple[int, ...]) -> int:
    return 0 if len(shape) == 1 else 1


def _without_classes(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that class indices have: the scores' without its class dimension."""
    return () if len(shape) == 1 else (shape[0], *shape[2:])


def _rows(x: Any) -> Any:
    """One row of classes for each target: (N, C, d1, …) → (N·d1·…, C)."""
    shape = operand_shape(x)
    if len(shape) <= 2:
        return reshape(x, (1, *shape)) if len(shape) == 1 else x
    last = permute(x, (0, *range(2, len(shape)), 1))
    return reshape(last, (math.prod(_without_classes(shape)), shape[1]))


def _labels(name: str, input: Any, target: Any) -> Any:
    """The class indices as a plain array, checked against the scores' shape.

    Raises:
        ShapeError: shapes that do not fit together.
        DTypeError: class indices that are not integers.
    """
    shape, labels = operand_shape(input), plain(target)
    labels = labels if hasattr(labels, "dtype") else np.asarray(labels)
    if not shape:
        raise ShapeError(f"{name} takes scores of shape (C,) or (N, C, …), got ().")
    if labels.dtype.kind not in "iu":
        raise DTypeError(
            f"{name}: class indices are integers of shape {_without_classes(shape)}, got "
            f"{labels.dtype} of shape {tuple(labels.shape)}; convert them with .astype(int)."
        )
    if tuple(labels.shape) != _without_classes(shape):
        one_hot = name == "cross_entropy" and tuple(labels.shape) == shape
        hint = " One-hot targets count as probabilities: make them floats." if one_hot else ""
        raise ShapeError(
            f"{name}: scores of shape {shape} go with class indices of shape "
            f"{_without_classes(shape)}, got {tuple(labels.shape)}.{hint}"
        )
    return labels


def class_weights(weight: Any, input: Any) -> Any:
    """One constant per class in the dtype of the input, or None.

    Raises:
        ShapeError: not one weight for each class.
    """
    if weight is None:
        return None
    weights, shape = plain(weight), operand_shape(input)
    classes = shape[_class_dim(shape)]
    if tuple(weights.shape) != (classes,):
        raise ShapeError(
            f"weight tensor should be defined either for all {classes} classes or no classes "
            f"but got weight tensor of shape: {tuple(weights.shape)}."
        )
    return weights.astype(input.dtype)


def _counted(labels: Any, classes: int, ignore_index: int) -> tuple[Any, Any]:
    """Which targets count, None where all do, and a class for each.

    What does not count has class 0, and its loss is masked: shapes do not depend on values.

    Raises:
        IndexingError: a class that there is no score for.
    """
    flat: Any = np.reshape(labels, (-1,))
    kept = flat != ignore_index
    every = bool(kept.all())
    chosen = flat if every else np.where(kept, flat, 0)
    outside = chosen[(chosen < 0) | (chosen >= classes)]
    if outside.size:
        raise IndexingError(
            f"Target {int(outside[0])} is {_BOUNDS}: with {classes} scores the classes are "
            f"0 to {classes - 1}."
        )
    return None if every else kept, chosen


def _picked(rows: Any, chosen: Any) -> Any:
    """Minus one score of each row."""
    return -getitem(rows, (np.arange(len(chosen), like=chosen), chosen))


def weighted(x: Any, weights: Any) -> Any:
    """x times its weights, if there are any."""
    return x if weights is None else x * weights


def _gathered(losses: Any, shares: Any, kept: Any, shape: tuple[int, ...], reduction: str) -> Any:
    """The losses of the targets that count, reduced or back in the target's shape."""
    if kept is not None:
        losses = where(kept, losses, 0.0)
        shares = kept if shares is None else shares * kept
    if reduction == "mean" and shares is not None:
        return total(losses) / shares.sum()
    if reduction != "none":
        return reduced(losses, reduction)
    return losses if shape == (math.prod(shape),) else reshape(losses, shape)


@composition(
    symbol="nll",
    formula="-mean(input[target])",
    lesson="The log-probability of the right class gets minus its share; all others get nothing.",
    samples=lambda draw: [
        call(draw(2, 3), _TARGETS),
        call(draw(2, 3), _TARGETS, weight=np.array([1.0, 2.0, 3.0]), ignore_index=0),
        call(draw(2, 3, 2), np.array([[0, 1], [2, 2]]), reduction="none"),
        call(draw(3), np.array(1), reduction="sum"),
        refuses(_BOUNDS, np.ones((2, 3)), np.array([3, 0])),
        refuses("are integers", np.ones((2, 3)), np.array([1.0, 0.0])),
        refuses("go with", np.ones((2, 3)), np.array([1])),
        refuses(BAD_REDUCTION, np.ones((2, 3)), _TARGETS, reduction="max"),
    ],
)
def nll_loss(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Any:
    """−w_y·x_y, of log-probabilities x and the right classes y.

    Shapes: (C,), (N, C) or (N, C, d1, …), and the same without C → (), or the target's shape
    for ``reduction="none"``. The mean divides by the sum of the weights that count.

    Args:
        weight: one constant per class.
        ignore_index: an index that marks targets to leave out.

    Raises:
        IndexingError: a class that there is no log-probability for.
        DTypeError: class indices that are not integers.
        ShapeError: shapes that do not fit together.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    labels = _labels("nll_loss", input, target)
    weights = class_weights(weight, input)
    rows = _rows(input)
    kept, chosen = _counted(labels, operand_shape(rows)[-1], ignore_index)
    shares = None if weights is None else weights[chosen]
    losses = weighted(_picked(rows, chosen), shares)
    return _gathered(losses, shares, kept, tuple(labels.shape), reduction)


@composition(
    symbol="cross entropy",
    formula="-mean(log_softmax(input)[target])",
    lesson=_LESSON,
    samples=lambda draw: [
        call(draw(2, 3), _TARGETS),
        call(draw(2, 3), _TARGETS, weight=np.array([1.0, 2.0, 3.0]), label_smoothing=0.1),
        call(draw(3, 2), np.array([0, -100, 1]), label_smoothing=0.2, reduction="none"),
        call(draw(1, 2, 3), np.array([[0, 1, 1]]), reduction="sum"),
        call(draw(2, 3), draw.between(0.1, 0.5, 2, 3), label_smoothing=0.1),
        call(draw(3), np.array(1)),
        refuses(_BOUNDS, np.ones((2, 3)), np.array([3, 0])),
        refuses("are integers", np.ones((2, 3)), np.array([1.0, 0.0])),
        refuses("between 0.0 and 1.0", np.ones((2, 3)), _TARGETS, label_smoothing=1.5),
        refuses("all 3 classes", np.ones((2, 3)), _TARGETS, np.ones(2)),
    ],
)
def cross_entropy(
    input: Any,
    target: Any,
    weight: Any = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Any:
    """−ln softmax(x)_y, of scores x and the right classes y (lecture A3).

    For class indices, with weights w and smoothing ε over C classes (Szegedy et al. 2016):
    l = (1 − ε)·w_y·(−ln p_y) + ε/C·Σ_c w_c·(−ln p_c), and the mean is Σ l / Σ w_y over the
    targets that count: NaN where none does. For class probabilities q:
    l = −Σ_c w_c·((1 − ε)·q_c + ε/C)·ln p_c, and the mean is Σ l / N.

    Shapes: those of `nll_loss`; probabilities have the shape of the scores.

    Raises:
        IndexingError: a class that there is no score for.
        DTypeError: class indices that are not integers.
        ShapeError: shapes that do not fit together.
        RangeError: another reduction, ε outside 0 to 1, or an `ignore_index` together with
            probabilities.
    """
    if not 0.0 <= label_smoothing <= 1.0:
        raise RangeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    shape, given = operand_shape(input), plain(target)
    kind = given.dtype.kind if hasattr(given, "dtype") else np.asarray(given).dtype.kind
    if kind == "f" and shape == operand_shape(target):
        return _of_probabilities(input, target, weight, ignore_index, reduction, label_smoothing)
    labels, weights = _labels("cross_entropy", input, target), class_weights(weight, input)
    rows = _rows(log_softmax(input, _class_dim(shape)))
    classes = operand_shape(rows)[-1]
    kept, chosen = _counted(labels, classes, ignore_index)
    shares = None if weights is None else weights[chosen]
    losses = weighted(_picked(rows, chosen), shares)
    if label_smoothing:
        spread = total(weighted(rows, weights), -1) * (-label_smoothing / classes)
        losses = losses * (1 - label_smoothing) + spread
    return _gathered(losses, shares, kept, tuple(labels.shape), reduction)


def _of_probabilities(
    input: Any, target: Any, weight: Any, ignore_index: int, reduction: str, smoothing: float
) -> Any:
    """`cross_entropy` with a probability for each class."""
    if ignore_index >= 0:
        raise RangeError("ignore_index is not supported for floating point target.")
    shape, weights = operand_shape(input), class_weights(weight, input)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / shape[_class_dim(shape)]
    products = _rows(target) * _rows(log_softmax(input, _class_dim(shape)))
    losses = -total(weighted(products, weights), -1)
    if reduction != "none" or len(shape) == 2:
        return reduced(losses, reduction)
    return reshape(losses, _without_classes(shape))
