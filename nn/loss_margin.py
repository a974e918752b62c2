"""Losses with a margin: right answers shall win by a distance, and then it is enough."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd as ag
from nn.loss import Loss, given


class MulticlassHingeLoss(Loss):
    """Σ_{j≠y} max(0, x_j − x_y + margin), of scores x and right classes y (lecture A2).

    It is `MultiMarginLoss` without the division by the number of classes (Weston & Watkins
    1999). Shapes: input (N, C) or (C,), target (N,) or () of integers; the result (), or the
    target's shape for ``"none"``.

    >>> scores = ag.tensor([[3.2, 5.1, -1.7], [1.3, 4.9, 2.0], [2.2, 2.5, -3.1]])
    >>> MulticlassHingeLoss(reduction="none")(scores, [0, 1, 2])
    tensor([ 2.9,  0. , 12.9])
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against class indices.

        Raises:
            IndexingError: a class that there is no score for.
            ShapeError, DTypeError: scores and classes that do not fit together.
        """
        return ag.multiclass_hinge_loss(
            given(input), given(target), self.margin, reduction=self.reduction
        )


class MultiMarginLoss(Loss):
    """Σ_{j≠y} w_y·max(0, margin − x_y + x_j)^p / C, of scores x and right classes y.

    Shapes are those of `MulticlassHingeLoss` (Crammer & Singer 2001 take the largest term only).

    Args:
        p: the power, 1 or 2.
        margin: by how much the right class shall win.
        weight: one weight per class, shape (C,).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        RangeError: another power or reduction.
        ShapeError: weights that are no vector.
    """

    weight: ag.Tensor | None

    def __init__(
        self, p: int = 1, margin: float = 1.0, weight: Any = None, *, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        if p not in (1, 2):
            raise ag.RangeError(f"MultiMarginLoss: p is 1 or 2, got {p}.")
        self.p, self.margin = p, margin
        self.register_buffer("weight", weight)
        if self.weight is not None and self.weight.ndim != 1:
            raise ag.ShapeError(
                f"MultiMarginLoss: the weight has shape (C,), got {self.weight.shape}."
            )

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against class indices.

        Raises:
            IndexingError: a class that there is no score for.
            ShapeError, DTypeError: scores, classes and weights that do not fit together.
        """
        return ag.multi_margin_loss(
            given(input), given(target), self.p, self.margin, self.weight, reduction=self.reduction
        )


class MultiLabelMarginLoss(Loss):
    """Σ_{j named} Σ_{i not named} max(0, 1 − x_j + x_i) / C: several classes are right.

    Shapes: input and target (N, C) or (C,); the target names classes up to the first −1. The
    result is (), or (N,) for ``"none"``.
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against the classes that are named.

        Raises:
            ShapeError: different shapes.
            DTypeError: class indices that are not integers.
            IndexingError: a class that there is no score for.
        """
        return ag.multilabel_margin_loss(given(input), given(target), reduction=self.reduction)


class SoftMarginLoss(Loss):
    """ln(1 + exp(−y·x)), of scores x and sides y = ±1, without overflow.

    Shapes: input and target the same; the result (), or theirs for ``"none"``.
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against sides.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        return ag.soft_margin_loss(given(input), given(target, input), reduction=self.reduction)


class HingeEmbeddingLoss(Loss):
    """x where y = 1, max(0, margin − x) where y = −1, of distances x (Hadsell et al. 2006).

    Shapes: input and target the same; the result (), or theirs for ``"none"``.
    """

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of distances: like pairs shall be near, unlike ones far apart.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        return ag.hinge_embedding_loss(
            given(input), given(target, input), self.margin, reduction=self.reduction
        )


class MarginRankingLoss(Loss):
    """max(0, margin − y·(x₁ − x₂)): y = 1 wants the first one larger, −1 the second.

    Shapes: both inputs and the target the same; the result (), or theirs for ``"none"``.
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of two scores against their order.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        second, target = given(input2, input1), given(target, input1)
        return ag.margin_ranking_loss(
            given(input1), second, target, self.margin, reduction=self.reduction
        )


class CosineEmbeddingLoss(Loss):
    """1 − cos(x₁, x₂) where y = 1, max(0, cos(x₁, x₂) − margin) where y = −1.

    Shapes: inputs (N, D) or (D,), target (N,) or (); the result (), or the target's shape for
    ``"none"``.
    """

    def __init__(self, margin: float = 0.0, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.margin = margin

    def forward(self, input1: Any, input2: Any, target: Any) -> Any:
        """The loss of the angle between two vectors.

        Raises:
            ShapeError: shapes that do not fit together.
        """
        second, target = given(input2, input1), given(target, input1)
        return ag.cosine_embedding_loss(
            given(input1), second, target, self.margin, reduction=self.reduction
        )


class TripletMarginWithDistanceLoss(Loss):
    """max(0, d(a, p) − d(a, n) + margin), of anchors, positives and negatives.

    Shapes: as the distance takes them; the result (), or the distances' shape for ``"none"``.

    Args:
        distance_function: d, a function of two tensors; `autograd.pairwise_distance` by default.
        margin: by how much the negative shall be farther.
        swap: take d(p, n) where it is smaller than d(a, n) (Balntas et al. 2016).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        RangeError: a negative margin, or another reduction.
    """

    def __init__(
        self,
        *,
        distance_function: Callable[[Any, Any], Any] | None = None,
        margin: float = 1.0,
        swap: bool = False,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        if margin < 0:
            raise ag.RangeError(f"{type(self).__name__}: margin is not negative, got {margin}.")
        self.distance_function = distance_function
        self.margin, self.swap = margin, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss of triplets.

        Raises:
            ShapeError: different numbers of dimensions, or shapes that do not broadcast.
        """
        return ag.triplet_margin_with_distance_loss(
            given(anchor),
            given(positive, anchor),
            given(negative, anchor),
            distance_function=self.distance_function,
            margin=self.margin,
            swap=self.swap,
            reduction=self.reduction,
        )


class SquaredTripletLoss(TripletMarginWithDistanceLoss):
    """(‖a − p‖² − ‖a − n‖² + margin)₊, as the lecture has it (Schroff et al. 2015).

    Shapes: (N, D) or (D,), all the same; the result (), or (N,) for ``"none"``.

    >>> loss = SquaredTripletLoss(margin=0.5)
    >>> loss(ag.tensor([0.0, 0.0]), [1.0, 0.0], [0.0, 1.0])
    tensor(0.5)
    """

    def __init__(self, margin: float = 0.2, *, swap: bool = False, reduction: str = "mean") -> None:
        distance = squared_distance
        super().__init__(distance_function=distance, margin=margin, swap=swap, reduction=reduction)


def squared_distance(x: Any, y: Any) -> Any:
    """‖x − y‖² over the last dimension: smooth everywhere, at 0 too."""
    return ag.sum(ag.square(ag.sub(x, y)), -1)


class TripletMarginLoss(Loss):
    """max(0, d(a, p) − d(a, n) + margin) with d(x, y) = ‖x − y + eps‖_p (Balntas et al. 2016).

    Shapes: (N, D) or (D,), all the same; the result (), or (N,) for ``"none"``. The lecture's
    form with squared distances is `SquaredTripletLoss`.

    Args:
        margin: by how much the negative shall be farther.
        p: the norm's power.
        eps: keeps the gradient finite where two vectors are equal.
        swap: take d(p, n) where it is smaller than d(a, n).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        RangeError: a margin that is not positive, or another reduction.
    """

    def __init__(
        self,
        margin: float = 1.0,
        p: float = 2.0,
        eps: float = 1e-6,
        swap: bool = False,
        *,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        if margin <= 0:
            raise ag.RangeError(f"TripletMarginLoss: margin is greater than 0, got {margin}.")
        self.margin, self.p, self.eps, self.swap = margin, p, eps, swap

    def forward(self, anchor: Any, positive: Any, negative: Any) -> Any:
        """The loss of triplets.

        Raises:
            ShapeError: different numbers of dimensions, or shapes that do not broadcast.
        """
        options = (self.margin, self.p, self.eps, self.swap)
        return ag.triplet_margin_loss(
            given(anchor),
            given(positive, anchor),
            given(negative, anchor),
            *options,
            reduction=self.reduction,
        )
