"""Losses, as compositions of operations; what they average over is PyTorch's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

import autograd as ag
from nn.module import Module, shape_of

_REDUCTIONS = {"mean": ag.mean, "sum": ag.sum, "none": lambda losses: losses}


class _Loss(Module):
    """A loss that is averaged, summed or handed out element by element."""

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in _REDUCTIONS:
            raise ag.RangeError(
                f"{reduction} is not a valid value for reduction: write 'mean', 'sum' or 'none'."
            )
        self.reduction = reduction

    def reduce(self, losses: Any) -> Any:
        """The mean, the sum, or the losses themselves."""
        return _REDUCTIONS[self.reduction](losses)


class MSELoss(_Loss):
    """The mean of the squared errors (x − y)² over all elements.

    Lecture A4 has half their sum, ½ Σ (x − y)², which is ``MSELoss(reduction="sum")(x, y) / 2``.

    Shapes: input and target the same; the result (), or theirs for ``"none"``.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        RangeError: another reduction.
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss; shapes that merely broadcast are warned of.

        Raises:
            ShapeError: shapes that do not even broadcast.
        """
        x, y = shape_of(input), shape_of(target)
        if x != y:
            warnings.warn(
                f"MSELoss compares an input of shape {x} with a target of shape {y}; they "
                "broadcast to something that is hardly meant. Give both the same shape.",
                UserWarning,
                stacklevel=3,
            )
        return self.reduce(ag.sub(input, target) ** 2)


class CrossEntropyLoss(_Loss):
    """The negative logarithm of the target's probability, −ln softmax(x)_y (lecture A3).

    For class indices y, with class weights w and label smoothing ε over C classes:
    l = (1 − ε)·w_y·(−ln p_y) + ε/C·Σ_c w_c·(−ln p_c), and the mean is Σ l / Σ w_y over the
    targets that are not ignored: NaN where all are. For class probabilities q:
    l = −Σ_c w_c·((1 − ε)·q_c + ε/C)·ln p_c, and the mean is Σ l / N.
    Label smoothing is from Szegedy et al. 2016.

    Shapes: input (C,), (N, C) or (N, C, d1, …), scores and not probabilities; target (),
    (N,) or (N, d1, …) of integers, or floats in the shape of the input; the result (),
    or the shape of the integer target for ``"none"``.

    Args:
        weight: one weight per class, shape (C,).
        ignore_index: an index that marks targets to leave out.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        label_smoothing: ε, from 0 to 1.

    Raises:
        RangeError: another reduction, or ε outside its range.

    >>> scores = ag.tensor([[3.2, 5.1, -1.7]])
    >>> round(CrossEntropyLoss()(scores, [0]).item(), 2)
    2.04
    """

    weight: ag.Tensor | None

    def __init__(
        self,
        weight: Any = None,
        *,
        ignore_index: int = -100,
        reduction: str = "mean",
        label_smoothing: float = 0.0,
    ) -> None:
        super().__init__(reduction)
        if not 0.0 <= label_smoothing <= 1.0:
            raise ag.RangeError(
                f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}"
            )
        self.ignore_index, self.label_smoothing = ignore_index, label_smoothing
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against class indices or class probabilities.

        Raises:
            ShapeError: shapes that do not fit together.
            DTypeError: class indices that are not integers.
            RangeError: an `ignore_index` together with probabilities.
            IndexingError: a class that there is no score for.
        """
        target = target if isinstance(target, ag.Tensor) else np.asarray(target)
        _check_scores(input, target)
        if target.dtype.kind == "f":
            return self._of_probabilities(input, target)
        return self._of_classes(input, target.data if isinstance(target, ag.Tensor) else target)

    def _of_classes(self, input: Any, target: Any) -> Any:
        labels = target.reshape(-1)
        kept = np.flatnonzero(labels != self.ignore_index)
        labels = labels[kept]
        _check_labels(labels, _classes(input))
        logs = _rows(ag.log_softmax(input, _class_dim(input)))
        weights = self._weights(input)
        shares = None if weights is None else weights[labels]
        losses = _weighted(-ag.getitem(logs, (kept, labels)), shares)
        if self.label_smoothing:
            losses = self._smoothed(losses, logs, kept, weights)
        return self._gathered(losses, shares, kept, target.shape)

    def _smoothed(self, losses: Any, logs: Any, kept: Any, weights: Any) -> Any:
        """(1 − ε)·l + ε/C · Σ_c w_c·(−ln p_c)."""
        rows = logs if len(kept) == len(logs) else ag.getitem(logs, kept)
        spread = ag.sum(_weighted(rows, weights), -1) * (-self.label_smoothing / logs.shape[-1])
        return (1 - self.label_smoothing) * losses + spread

    def _gathered(self, losses: Any, shares: Any, kept: Any, shape: tuple[int, ...]) -> Any:
        """The losses of the targets that count, reduced or back in the target's shape."""
        if self.reduction == "mean" and shares is not None:
            return ag.sum(losses) / shares.sum()
        if self.reduction != "none":
            return self.reduce(losses)
        count = int(np.prod(shape))
        if len(kept) < count:
            losses = ag.place(losses, kept, (count,))
        return losses if shape == (count,) else ag.reshape(losses, shape)

    def _of_probabilities(self, input: Any, target: Any) -> Any:
        if self.ignore_index >= 0:
            raise ag.RangeError("ignore_index is not supported for floating point target.")
        classes = _classes(input)
        if self.label_smoothing:
            target = target * (1 - self.label_smoothing) + self.label_smoothing / classes
        products = _rows(target) * _rows(ag.log_softmax(input, _class_dim(input)))
        losses = -ag.sum(_weighted(products, self._weights(input)), -1)
        if self.reduction != "none" or input.ndim == 2:
            return self.reduce(losses)
        return ag.reshape(losses, _without_classes(input))

    def _weights(self, input: Any) -> Any:
        """The class weights as an array of the input's dtype."""
        if self.weight is None:
            return None
        if self.weight.shape != (_classes(input),):
            raise ag.ShapeError(
                f"weight tensor should be defined either for all {_classes(input)} classes or "
                f"no classes but got weight tensor of shape: {self.weight.shape}"
            )
        return self.weight.data.astype(input.dtype, copy=False)

    def extra_repr(self) -> str:
        """The arguments that differ from the defaults."""
        shown = {
            "ignore_index": (self.ignore_index, -100),
            "reduction": (self.reduction, "mean"),
            "label_smoothing": (self.label_smoothing, 0.0),
        }
        return ", ".join(f"{name}={x!r}" for name, (x, usual) in shown.items() if x != usual)


def _weighted(x: Any, weights: Any) -> Any:
    return x if weights is None else x * weights


def _class_dim(input: Any) -> int:
    return 0 if input.ndim == 1 else 1


def _classes(input: Any) -> int:
    return int(input.shape[_class_dim(input)])


def _without_classes(input: Any) -> tuple[int, ...]:
    """The shape that class indices have: the input's without its class dimension."""
    return () if input.ndim == 1 else (input.shape[0], *input.shape[2:])


def _rows(x: Any) -> Any:
    """One row of classes for each target: (N, C, d1, …) → (N·d1·…, C)."""
    if x.ndim == 1:
        return ag.reshape(x, (1, x.shape[0]))
    if x.ndim == 2:
        return x
    last = ag.permute(x, (0, *range(2, x.ndim), 1))
    return ag.reshape(last, (int(np.prod(last.shape[:-1])), last.shape[-1]))


def _check_scores(input: Any, target: Any) -> None:
    scores = shape_of(input)
    if not scores:
        raise ag.ShapeError("CrossEntropyLoss takes scores of shape (C,) or (N, C, …), got ().")
    if target.dtype.kind not in "iuf":
        raise ag.DTypeError(f"CrossEntropyLoss got {target.dtype} targets; indices are integers.")
    fitting = scores if target.dtype.kind == "f" else _without_classes(input)
    if shape_of(target) != fitting:
        _explain_target(scores, _without_classes(input), target)


def _explain_target(scores: tuple[int, ...], indices: tuple[int, ...], target: Any) -> None:
    """Say why a target of this shape and dtype does not go with the scores."""
    if target.dtype.kind == "f":
        raise ag.DTypeError(
            f"CrossEntropyLoss got {target.dtype} targets of shape {shape_of(target)} for scores "
            f"of shape {scores}. Class indices are integers of shape {indices}: convert them "
            f"with .astype(int). Class probabilities are floats of shape {scores}."
        )
    raise ag.ShapeError(
        f"CrossEntropyLoss: scores of shape {scores} go with class indices of shape {indices}, "
        f"got {shape_of(target)}. One-hot targets count as probabilities: make them floats."
    )


def _check_labels(labels: Any, classes: int) -> None:
    outside = labels[(labels < 0) | (labels >= classes)]
    if outside.size:
        raise ag.IndexingError(
            f"Target {int(outside[0])} is out of bounds: with {classes} scores the classes are "
            f"0 to {classes - 1}."
        )
