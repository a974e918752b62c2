"""Losses of measured values: how far is a prediction from the number that was observed?"""

from __future__ import annotations

import math
import sys
import warnings
from types import FrameType
from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import RangeError, ShapeError
from autograd.core.mode import is_library
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.arithmetic import abs as absolute, mul, square, sub
from autograd.ops.comparison import where
from autograd.ops.logarithms import xlogy
from autograd.ops.reduction import mean, sum as total
from autograd.ops.shape import reshape
from autograd.ops.transcendental import exp, log

BAD_REDUCTION = "is not a valid value for reduction"


def reduced(losses: Any, reduction: str) -> Any:
    """The mean of the losses, their sum, or they themselves.

    Raises:
        RangeError: another word than ``mean``, ``sum`` or ``none``.
    """
    if reduction == "mean":
        return mean(losses)
    if reduction == "sum":
        return total(losses)
    if reduction != "none":
        raise RangeError(f"{reduction} {BAD_REDUCTION}: write 'mean', 'sum' or 'none'.")
    return losses


def weighted(losses: Any, weight: Any, reduction: str, shared: bool = True) -> Any:
    """The losses, each times its weight, reduced; `shared`: the mean divides by all weights.

    Raises:
        ShapeError: not one weight for each loss.
        RangeError: another reduction.
    """
    if weight is None:
        return reduced(losses, reduction)
    if operand_shape(weight) != operand_shape(losses):
        raise ShapeError(
            f"weight has shape {operand_shape(weight)}, and the losses {operand_shape(losses)}: "
            "give one weight for each."
        )
    by_weight = shared and reduction == "mean"
    found = reduced(mul(losses, weight), "sum" if by_weight else reduction)
    return found / total(weight) if by_weight else found


def plain(x: Any) -> Any:
    """The array of a tensor, or the array itself."""
    return x.value if isinstance(x, Handle) else x


def warn_of_shapes(name: str, input: Any, target: Any) -> None:
    """Warn of shapes that merely broadcast: the loss would compare each with each."""
    shapes = operand_shape(input), operand_shape(target)
    if shapes[0] != shapes[1] and _broadcast(*shapes):
        warnings.warn(
            f"{name} compares an input of shape {shapes[0]} with a target of shape {shapes[1]}; "
            "they broadcast to something that is hardly meant. Give both the same shape.",
            UserWarning,
            stacklevel=_to_the_user(),
        )


def _broadcast(*shapes: tuple[int, ...]) -> bool:
    """Whether these shapes meet at all; the operation says why where they do not."""
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return True


def _to_the_user() -> int:
    """How many frames above the caller the first line lies that is not the library's own."""
    frame: FrameType | None = sys._getframe(1)
    level = 1
    while frame is not None and is_library(frame.f_code):
        frame, level = frame.f_back, level + 1
    return level


def _pairs(draw: Draw) -> list[Call]:
    return [
        call(draw.apart(2, 3), np.full((2, 3), 0.05)),
        call(draw.apart(3), np.full(3, -0.05), reduction="sum"),
        call(draw.apart(3), np.full(3, 0.05), reduction="none"),
        *_BAD,
    ]


_BAD = (refuses(BAD_REDUCTION, np.ones(2), np.ones(2), reduction="max"),)


@composition(
    symbol="mse",
    formula="mean((input - target)**2)",
    lesson="Each prediction gets twice its error, divided by how many there are.",
    samples=_pairs,
)
def mse_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any | None = None) -> Any:
    """The mean of the squared errors (x − y)², weighted where there is a `weight` for each.

    Lecture A4 has half their sum. Shapes: equal → (), or theirs for ``reduction="none"``.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
        ShapeError: shapes that do not broadcast (others that differ are warned of).
    """
    warn_of_shapes("mse_loss", input, target)
    return weighted(square(sub(input, target)), weight, reduction)


@composition(
    symbol="L1",
    formula="mean(abs(input - target))",
    lesson="Each prediction gets the sign of its error, divided by how many there are: large "
    "errors pull no harder than small ones.",
    samples=_pairs,
)
def l1_loss(input: Any, target: Any, *, reduction: str = "mean", weight: Any | None = None) -> Any:
    """The mean of the absolute errors |x − y|; the gradient at 0 is 0.

    Shapes, weights and errors are those of `mse_loss`.
    """
    warn_of_shapes("l1_loss", input, target)
    return weighted(absolute(sub(input, target)), weight, reduction)


def _bent(difference: Any, delta: float) -> Any:
    """½ d² where |d| < δ, else δ(|d| − ½ δ)."""
    size = absolute(difference)
    return where(size < delta, square(difference) * 0.5, (size - 0.5 * delta) * delta)


@composition(
    symbol="smooth L1",
    formula="mean(where(abs(input - target) < beta, (input - target)**2 / (2 * beta), "
    "abs(input - target) - beta / 2))",
    lesson="A small error passes on in proportion, a large one only its sign.",
    samples=lambda draw: [
        *_pairs(draw),
        call(draw.apart(4), np.full(4, 0.05), beta=0.5),
        refuses("negative", np.ones(2), np.ones(2), beta=-1.0),
    ],
)
def smooth_l1_loss(input: Any, target: Any, *, reduction: str = "mean", beta: float = 1.0) -> Any:
    """½ d²/β where |d| < β, else |d| − ½ β, of the errors d = x − y (Girshick 2015).

    It is `huber_loss` divided by β; β = 0 gives `l1_loss`. Shapes are those of `mse_loss`.

    Raises:
        RangeError: a negative β, or another reduction.
    """
    if beta < 0:
        raise RangeError(f"smooth_l1_loss does not support negative values for beta, got {beta}.")
    if beta == 0:
        return l1_loss(input, target, reduction=reduction)
    warn_of_shapes("smooth_l1_loss", input, target)
    return reduced(_bent(sub(input, target), beta) / beta, reduction)


@composition(
    symbol="Huber",
    formula="mean(where(abs(input - target) < delta, (input - target)**2 / 2, "
    "delta * (abs(input - target) - delta / 2)))",
    lesson="A small error passes on in proportion, a large one as δ times its sign.",
    samples=lambda draw: [
        *_pairs(draw),
        call(draw.apart(4), np.full(4, 0.05), delta=0.5),
        refuses("greater than 0", np.ones(2), np.ones(2), delta=0.0),
    ],
)
def huber_loss(
    input: Any,
    target: Any,
    *,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Any | None = None,
) -> Any:
    """½ d² where |d| < δ, else δ(|d| − ½ δ), of the errors d = x − y (Huber 1964).

    Shapes are those of `mse_loss`. The mean of weighted losses divides by their number, as
    in PyTorch, which divides those of `mse_loss` by the sum of the weights.

    Raises:
        RangeError: a δ that is not positive, or another reduction.
    """
    if delta <= 0:
        raise RangeError(
            f"huber_loss does not support values of delta not greater than 0: {delta}."
        )
    warn_of_shapes("huber_loss", input, target)
    return weighted(_bent(sub(input, target), delta), weight, reduction, shared=False)


@composition(
    symbol="KL",
    formula="mean(target * (log(target) - input))",
    lesson="Each log-probability gets minus the target's probability.",
    samples=lambda draw: [
        call(draw(2, 3), draw.between(0.1, 0.9, 2, 3)),
        call(draw(2, 3), draw(2, 3), reduction="batchmean", log_target=True),
        call(draw(3), draw.between(0.1, 0.9, 3), reduction="none"),
        *_BAD,
    ],
)
def kl_div(input: Any, target: Any, *, reduction: str = "mean", log_target: bool = False) -> Any:
    """q·(ln q − x), of log-probabilities x and probabilities q; 0 where q = 0.

    ``batchmean``, the sum divided by the number of rows, is the Kullback-Leibler divergence;
    ``mean`` divides by the number of elements.

    Args:
        log_target: the target holds logarithms too.

    Raises:
        RangeError: another reduction than ``mean``, ``batchmean``, ``sum`` or ``none``.
    """
    losses = (
        exp(target) * sub(target, input)
        if log_target
        else xlogy(target, target) - mul(target, input)
    )
    if reduction == "batchmean":
        return total(losses) / (*operand_shape(input), 1)[0]
    return reduced(losses, reduction)


@composition(
    symbol="Poisson",
    formula="mean(exp(input) - target * input)",
    lesson="The logarithm of a rate gets the rate minus the count.",
    samples=lambda draw: [
        call(draw(2, 3), draw.between(2, 5, 2, 3)),
        call(draw.between(0.5, 2, 3), draw.between(2, 5, 3), log_input=False, full=True),
        call(draw(3), draw.between(0.1, 0.9, 3), full=True, reduction="none"),
        *_BAD,
    ],
)
def poisson_nll_loss(
    input: Any,
    target: Any,
    log_input: bool = True,
    full: bool = False,
    *,
    eps: float = 1e-8,
    reduction: str = "mean",
) -> Any:
    """eˣ − y·x: how surprising the count y is under the logarithm x of a rate.

    Args:
        log_input: False when x is the rate itself: x − y·ln(x + eps).
        full: add Stirling's approximation of ln y! where y > 1.

    Raises:
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    logarithm = input if log_input else log(input + eps)
    losses = (exp(input) if log_input else input) - mul(target, logarithm)
    if full:
        safe = where(target > 1, target, 1.0)
        stirling = safe * log(safe) - safe + 0.5 * log(safe * (2 * math.pi))
        losses = losses + where(target > 1, stirling, 0.0)
    return reduced(losses, reduction)


@composition(
    symbol="Gauss",
    formula="mean((log(var) + (input - target)**2 / var) / 2)",
    lesson="The mean gets its error divided by the variance; the variance grows where errors are "
    "larger than it expects, and shrinks where they are smaller.",
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3), draw.between(0.5, 2, 2, 3)),
        call(draw(2, 3), draw(2, 3), draw.between(0.5, 2, 2, 1), full=True),
        call(draw(2, 3), draw(2, 3), draw.between(0.5, 2, 2), reduction="sum"),
        *(refuses(BAD_REDUCTION, np.ones(2), np.ones(2), np.ones(2), reduction="max"),),
        refuses("negative", np.ones(2), np.ones(2), -np.ones(2)),
        refuses("var is of shape", np.ones((2, 3)), np.ones((2, 3)), np.ones(3)),
    ],
)
def gaussian_nll_loss(
    input: Any,
    target: Any,
    var: Any,
    full: bool = False,
    *,
    eps: float = 1e-6,
    reduction: str = "mean",
) -> Any:
    """½ (ln σ² + (x − y)²/σ²), with predicted means x and variances σ² (Nix & Weigend 1994).

    Shapes: equal; the variances may have size 1 in some dimensions, or lack the last one, or
    be one number.

    Args:
        full: add ½ ln 2π.
        eps: variances below it count as it; their gradient passes all the same.

    Raises:
        RangeError: a negative variance, or another reduction.
        ShapeError: variances that do not fit.
    """
    if isinstance(var, (int, float)):
        var = np.asarray(var, input.dtype, like=plain(input))
    variance = _fitting(var, operand_shape(input))
    lowest = plain(variance)
    if (lowest < 0).any():
        raise RangeError("gaussian_nll_loss: var has negative entries, and a variance has none.")
    if (lowest < eps).any():
        variance = variance + np.where(lowest < eps, eps - lowest, 0).astype(lowest.dtype)
    losses = (log(variance) + square(sub(input, target)) / variance) * 0.5
    return reduced(losses + 0.5 * math.log(2 * math.pi) if full else losses, reduction)


def _fitting(var: Any, shape: tuple[int, ...]) -> Any:
    """The variances, shaped to meet an input of this shape."""
    given = operand_shape(var)
    narrower = len(given) == len(shape) and all(
        n in (1, size) for n, size in zip(given, shape, strict=True)
    )
    if narrower or not given:
        return var
    if given == shape[:-1]:
        return reshape(var, (*given, 1))
    raise ShapeError(
        f"gaussian_nll_loss: var is of shape {given}, and an input of shape {shape} takes "
        f"{shape}, {(*shape[:-1], 1)} or {shape[:-1]}."
    )
