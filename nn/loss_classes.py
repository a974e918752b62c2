"""Losses of decisions: how surprising is the right class, the right answer, the right text?"""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.loss import Loss, factor, given


class CrossEntropyLoss(Loss):
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
        return ag.cross_entropy(
            given(input),
            given(target, input),
            self.weight,
            ignore_index=self.ignore_index,
            reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )


class NLLLoss(Loss):
    """The negative log-likelihood −w_y·x_y, of log-probabilities x and right classes y.

    After `LogSoftmax` it is `CrossEntropyLoss`. Shapes: input (C,), (N, C) or (N, C, d1, …),
    target the same without C; the result (), or the target's shape for ``"none"``. The mean
    divides by the sum of the weights that count.

    Args:
        weight: one weight per class, shape (C,).
        ignore_index: an index that marks targets to leave out.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    weight: ag.Tensor | None

    def __init__(
        self, weight: Any = None, *, ignore_index: int = -100, reduction: str = "mean"
    ) -> None:
        super().__init__(reduction)
        self.ignore_index = ignore_index
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of log-probabilities against class indices.

        Raises:
            ShapeError: shapes that do not fit together.
            DTypeError: class indices that are not integers.
            IndexingError: a class that there is no log-probability for.
        """
        options = {"ignore_index": self.ignore_index, "reduction": self.reduction}
        return ag.nll_loss(given(input), given(target), self.weight, **options)


class BCELoss(Loss):
    """−w·(y·ln x + (1 − y)·ln(1 − x)), of probabilities x and truths y between 0 and 1.

    Logarithms are at least −100, so that a sure mistake costs 100 and not ∞. Shapes: input and
    target the same; the result (), or theirs for ``"none"``.

    Args:
        weight: a weight for each element, broadcast to the input.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    weight: ag.Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of probabilities against truths.

        Raises:
            RangeError: a probability outside 0 to 1.
            ShapeError: different shapes.
        """
        input = given(input)
        target, weight = given(target, input), factor(self.weight, input)
        return ag.binary_cross_entropy(input, target, weight, reduction=self.reduction)


class BCEWithLogitsLoss(Loss):
    """`BCELoss` of σ(x), without overflow: w·((1 − y)·x − (1 + (p − 1)·y)·ln σ(x)).

    Shapes: input and target the same; the result (), or theirs for ``"none"``.

    Args:
        weight: w, a weight for each element, broadcast to the input.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        pos_weight: p, a factor of the positive term, broadcast to the input; one per class
            makes up for classes that are rare.
    """

    weight: ag.Tensor | None
    pos_weight: ag.Tensor | None

    def __init__(
        self, weight: Any = None, *, reduction: str = "mean", pos_weight: Any = None
    ) -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against truths.

        Raises:
            ShapeError: different shapes.
        """
        input = given(input)
        return ag.binary_cross_entropy_with_logits(
            input,
            given(target, input),
            factor(self.weight, input),
            reduction=self.reduction,
            pos_weight=factor(self.pos_weight, input),
        )


class MultiLabelSoftMarginLoss(Loss):
    """The mean over C classes of `BCEWithLogitsLoss`: several answers may be right at once.

    Shapes: input and target (N, C) or (C,); the result (), or (N,) for ``"none"``.

    Args:
        weight: one weight per class, shape (C,).
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    weight: ag.Tensor | None

    def __init__(self, weight: Any = None, *, reduction: str = "mean") -> None:
        super().__init__(reduction)
        self.register_buffer("weight", weight)

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of scores against truths.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        input = given(input)
        target, weight = given(target, input), factor(self.weight, input)
        return ag.multilabel_soft_margin_loss(input, target, weight, reduction=self.reduction)


class CTCLoss(Loss):
    """−ln of the probability of a text, summed over all its alignments (Graves et al. 2006).

    Between and before labels the network may say `blank`, and repeat a label while it lasts.
    The mean divides each loss by the number of its labels first. The gradient is that by the
    log-probabilities; PyTorch returns the one by the scores under them, and with `LogSoftmax`
    before it both agree.

    Shapes: log_probs (T, N, C) or (T, C); targets (N, S), or all labels one after the other;
    both lengths (N,); the result (), or (N,) for ``"none"``.

    Args:
        blank: the class that says nothing.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
        zero_infinity: count labels that do not fit into the time steps as 0 instead of ∞.

    >>> sure = ag.log_softmax(ag.tensor([[0.0, 99.0], [99.0, 0.0], [0.0, 99.0]]), 1)
    >>> round(abs(CTCLoss()(sure, [1, 1], [3], [2]).item()), 6)  # "1", pause, "1"
    0.0
    """

    def __init__(
        self, blank: int = 0, reduction: str = "mean", zero_infinity: bool = False
    ) -> None:
        super().__init__(reduction)
        self.blank, self.zero_infinity = blank, zero_infinity

    def forward(self, log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any) -> Any:
        """The loss of log-probabilities in time against sequences of labels.

        Raises:
            ShapeError: lengths that do not fit.
            IndexingError: a label that there is no log-probability for.
            ArgumentError: a blank that is no class.
        """
        return ag.ctc_loss(
            given(log_probs),
            given(targets),
            given(input_lengths),
            given(target_lengths),
            self.blank,
            reduction=self.reduction,
            zero_infinity=self.zero_infinity,
        )
