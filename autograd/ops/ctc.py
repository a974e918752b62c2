"""Connectionist temporal classification: a label sequence without its timing."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ArgumentError, IndexingError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.comparison import where
from autograd.ops.indexing import getitem
from autograd.ops.joining import cat, stack, unbind
from autograd.ops.loss import BAD_REDUCTION, plain, reduced
from autograd.ops.reduction import logsumexp
from autograd.ops.shape import reshape


def _samples(draw: Draw) -> list[Call]:
    return [
        call(draw(4, 2, 3), np.array([[1, 2], [2, 2]]), np.array([4, 4]), np.array([2, 2])),
        call(draw(3, 1, 3), np.array([1, 2]), [3], [2], reduction="none"),
        call(draw(3, 3), np.array([1]), np.array(3), np.array(1), reduction="sum"),
    ]


@composition(
    symbol="ctc",
    formula="-log(p(targets))",
    lesson="Every alignment of the labels with the time steps gets a share of the gradient, in "
    "proportion to its probability.",
    samples=lambda draw: [
        *_samples(draw),
        refuses("blank", np.ones((3, 1, 3)), np.array([[1]]), [3], [1], 3),
        refuses("input_lengths", np.ones((3, 1, 3)), np.array([[1]]), [4], [1]),
        refuses("out of bounds", np.ones((3, 1, 3)), np.array([[3]]), [3], [1]),
        refuses("is the blank", np.ones((3, 1, 3)), np.array([[0]]), [3], [1]),
        refuses(BAD_REDUCTION, np.ones((3, 1, 3)), np.array([[1]]), [3], [1], reduction="max"),
    ],
)
def ctc_loss(
    log_probs: Any,
    targets: Any,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    *,
    reduction: str = "mean",
    zero_infinity: bool = False,
) -> Any:
    """−ln of the probability of the labels, summed over all alignments (Graves et al. 2006).

    Between and before labels the network may say `blank`, and repeat a label while it lasts.
    The sum is the forward recursion over the labels with blanks between them, in logarithms.

    Shapes: log_probs (T, N, C) or (T, C); targets (N, S), or all labels one after the other;
    both lengths (N,) → (), or (N,) for ``reduction="none"``. The mean divides each loss by the
    number of its labels first.

    Args:
        zero_infinity: count labels that do not fit into the time steps as 0 instead of ∞.

    Raises:
        ShapeError: lengths that do not fit.
        IndexingError: a label that there is no probability for, or that is the blank.
        ArgumentError: a blank that is no class.
        RangeError: another reduction than ``mean``, ``sum`` or ``none``.
    """
    shape = operand_shape(log_probs)
    batch = reshape(log_probs, (shape[0], 1, shape[1])) if len(shape) == 2 else log_probs
    steps, count, classes = operand_shape(batch)
    times = _lengths("input_lengths", input_lengths, count, steps)
    sizes = _lengths("target_lengths", target_lengths, count, None)
    labels = _with_blanks(plain(targets), sizes, blank, classes)
    losses = -_log_likelihood(batch, labels, times, sizes, blank)
    possible = plain(losses) < -_impossible(plain(losses).dtype) / 2
    losses = where(possible, losses, 0.0 if zero_infinity else np.inf)
    if reduction == "mean":
        lengths = np.asarray([max(1, n) for n in sizes], dtype=losses.dtype, like=plain(losses))
        losses = losses / lengths
    losses = reduced(losses, reduction)
    return reshape(losses, ()) if len(shape) == 2 else losses


def _lengths(name: str, given: Any, count: int, most: int | None) -> list[int]:
    """One length for each example.

    Raises:
        ShapeError: another number of them, or one that is too large.
    """
    array = plain(given)
    values = array.tolist() if hasattr(array, "tolist") else array
    lengths = [int(n) for n in (values if isinstance(values, (list, tuple)) else [values])]
    if len(lengths) != count or any(n < 0 or (most is not None and n > most) for n in lengths):
        raise ShapeError(
            f"ctc_loss: {name} holds one length for each of the {count} examples"
            + (f", at most {most}" if most is not None else "")
            + f"; got {lengths}."
        )
    return lengths


def _with_blanks(targets: Any, sizes: list[int], blank: int, classes: int) -> Any:
    """The labels of each example with blanks before, between and after: (N, 2S + 1).

    Raises:
        ArgumentError: a blank that is no class.
        IndexingError: a label that there is no probability for, or that is the blank.
        ShapeError: fewer labels than the lengths say.
    """
    if not 0 <= blank < classes:
        raise ArgumentError(f"ctc_loss: blank must be one of the {classes} classes, got {blank}.")
    if (targets.ndim == 2 and targets.shape[1] < max(sizes, default=0)) or (
        targets.ndim == 1 and targets.shape[0] < sum(sizes)
    ):
        raise ShapeError(
            f"ctc_loss: targets of shape {tuple(targets.shape)} hold fewer labels than "
            f"target_lengths={sizes} say."
        )
    out: Any = np.full_like(targets, blank, shape=(len(sizes), 2 * max(sizes, default=0) + 1))
    start = 0
    for row, size in enumerate(sizes):
        labels = targets[row, :size] if targets.ndim == 2 else targets[start : start + size]
        if bool((labels == blank).any()):
            raise IndexingError(f"ctc_loss: class {blank} is the blank and cannot be a label.")
        out[row, 1 : 2 * size : 2] = labels
        start += size
    if out.size and not (out.min() >= 0 and out.max() < classes):
        raise IndexingError(
            f"ctc_loss: a label is out of bounds; with {classes} log-probabilities the classes "
            f"are 0 to {classes - 1}."
        )
    return out


def _impossible(dtype: Any) -> float:
    """The logarithm of next to nothing: finite, so that no gradient is NaN."""
    return float(np.finfo(dtype).min) / 8


def _log_likelihood(
    log_probs: Any, labels: Any, times: list[int], sizes: list[int], blank: int
) -> Any:
    """The forward recursion: ln α_t(s) from ln α_{t−1} at s, s − 1 and, over a blank, s − 2."""
    count, states = labels.shape
    nothing = _impossible(plain(log_probs).dtype)
    examples = np.arange(count, like=labels)
    spoken = unbind(getitem(log_probs, (slice(None), examples[:, None], labels)))
    place = np.arange(states, like=labels)
    skips = (labels != blank) & (place > 1) & (labels != np.roll(labels, 2, axis=1))
    alpha = where((place < 2)[None, :], spoken[0], nothing)
    reached = [alpha]
    for now in spoken[1:]:
        behind = _shifted(alpha, 1, nothing)
        jumped = where(skips, _shifted(alpha, 2, nothing), nothing)
        alpha = logsumexp(stack([alpha, behind, jumped]), 0) + now
        reached.append(alpha)
    return _at_the_end(stack(reached), times, sizes, nothing)


def _shifted(alpha: Any, by: int, nothing: float) -> Any:
    """What was `by` states earlier; nothing before the first state."""
    count, states = operand_shape(alpha)
    edge = np.full_like(plain(alpha), nothing, shape=(count, min(by, states)))
    return cat([edge, getitem(alpha, (slice(None), slice(0, max(0, states - by))))], 1)


def _at_the_end(alphas: Any, times: list[int], sizes: list[int], nothing: float) -> Any:
    """ln of the probability to end in the last label or in the blank after it."""
    ends = []
    for row, (time, size) in enumerate(zip(times, sizes, strict=True)):
        if time:
            states = slice(max(0, 2 * size - 1), 2 * size + 1)
            ends.append(logsumexp(getitem(alphas, (time - 1, row, states)), 0))
        else:
            ends.append(getitem(alphas, (0, row, 0)) * 0.0 + (nothing if size else 0.0))
    return stack(ends)
