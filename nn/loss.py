"""Losses of measured values: how far is a prediction from the number that was observed?"""

from __future__ import annotations

import inspect
from typing import Any, ClassVar

import autograd as ag
from nn.module import Module
from nn.sizes import real


class Loss(Module):
    """A loss that is averaged, summed or handed out element by element.

    Args:
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.

    Raises:
        RangeError: another reduction.
    """

    reductions: ClassVar[tuple[str, ...]] = ("mean", "sum", "none")

    def __init__(self, reduction: str = "mean") -> None:
        if reduction not in self.reductions:
            *most, last = map(repr, self.reductions)
            raise ag.RangeError(
                f"{reduction} is not a valid value for reduction: write {', '.join(most)} or "
                f"{last}."
            )
        self.reduction = reduction

    def extra_repr(self) -> str:
        """The arguments that differ from their defaults."""
        arguments = inspect.signature(type(self).__init__).parameters.values()
        known = [(a.name, vars(self)[a.name], a.default) for a in arguments if a.name in vars(self)]
        plain = [(n, x, d) for n, x, d in known if not isinstance(x, ag.Tensor)]
        return ", ".join(f"{name}={_shown(x)}" for name, x, usual in plain if x != usual)


def _shown(value: Any) -> str:
    """A function by its name, anything else as Python writes it."""
    return str(getattr(value, "__name__", repr(value)))


def given(value: Any, input: Any = None) -> Any:
    """A tensor or array as it is; lists and numbers as an array, floats in the input's dtype."""
    if hasattr(value, "dtype"):
        return value
    array = ag.tensor(value).data
    weak = array.dtype.kind == "f" and hasattr(input, "dtype")
    return array.astype(input.dtype) if weak else array


def factor(weight: ag.Tensor | None, input: Any) -> Any:
    """A weight as an array in the dtype of the input, so that it never widens the loss."""
    return None if weight is None else weight.data.astype(input.dtype, copy=False)


class MSELoss(Loss):
    """The mean of the squared errors (x − y)² over all elements.

    Lecture A4 has half their sum, ½ Σ (x − y)², which is ``MSELoss(reduction="sum")(x, y) / 2``.
    Shapes: input and target the same; the result (), or theirs for ``"none"``.
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss; shapes that merely broadcast are warned of.

        Raises:
            ShapeError: shapes that do not even broadcast.
        """
        return ag.mse_loss(given(input), given(target, input), reduction=self.reduction)


class L1Loss(Loss):
    """The mean of the absolute errors |x − y|; the gradient at 0 is 0.

    Shapes: input and target the same; the result (), or theirs for ``"none"``.
    """

    def forward(self, input: Any, target: Any) -> Any:
        """The loss; shapes that merely broadcast are warned of.

        Raises:
            ShapeError: shapes that do not even broadcast.
        """
        return ag.l1_loss(given(input), given(target, input), reduction=self.reduction)


class SmoothL1Loss(Loss):
    """½ d²/β where |d| < β, else |d| − ½ β, of the errors d = x − y (Girshick 2015).

    It is `HuberLoss` divided by β; β = 0 gives `L1Loss`. Shapes are those of `MSELoss`.

    Raises:
        RangeError: a negative β, or another reduction.
    """

    def __init__(self, reduction: str = "mean", beta: float = 1.0) -> None:
        super().__init__(reduction)
        if real(beta, "beta") < 0:
            raise ag.RangeError(f"SmoothL1Loss: beta is not negative, got {beta}.")
        self.beta = beta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss; shapes that merely broadcast are warned of.

        Raises:
            ShapeError: shapes that do not even broadcast.
        """
        return ag.smooth_l1_loss(
            given(input), given(target, input), reduction=self.reduction, beta=self.beta
        )


class HuberLoss(Loss):
    """½ d² where |d| < δ, else δ(|d| − ½ δ), of the errors d = x − y (Huber 1964).

    Shapes are those of `MSELoss`.

    Raises:
        RangeError: a δ that is not positive, or another reduction.
    """

    def __init__(self, reduction: str = "mean", delta: float = 1.0) -> None:
        super().__init__(reduction)
        if real(delta, "delta") <= 0:
            raise ag.RangeError(f"HuberLoss: delta is greater than 0, got {delta}.")
        self.delta = delta

    def forward(self, input: Any, target: Any) -> Any:
        """The loss; shapes that merely broadcast are warned of.

        Raises:
            ShapeError: shapes that do not even broadcast.
        """
        return ag.huber_loss(
            given(input), given(target, input), reduction=self.reduction, delta=self.delta
        )


class KLDivLoss(Loss):
    """q·(ln q − x), of log-probabilities x and probabilities q; 0 where q = 0.

    ``"batchmean"``, the sum divided by the number of rows, is the divergence of Kullback and
    Leibler (1951); ``"mean"`` divides by the number of elements. Shapes are those of `MSELoss`.

    Args:
        reduction: ``"mean"``, ``"batchmean"``, ``"sum"`` or ``"none"``.
        log_target: the target holds logarithms too.

    >>> half = ag.log(ag.tensor([[0.5, 0.5]]))
    >>> round(KLDivLoss("batchmean")(half, [[0.25, 0.75]]).item(), 4)
    0.1308
    """

    reductions = ("mean", "batchmean", "sum", "none")

    def __init__(self, reduction: str = "mean", *, log_target: bool = False) -> None:
        super().__init__(reduction)
        self.log_target = log_target

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of log-probabilities against probabilities.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        options = {"reduction": self.reduction, "log_target": self.log_target}
        return ag.kl_div(given(input), given(target, input), **options)


class PoissonNLLLoss(Loss):
    """eˣ − y·x: how surprising the count y is under the logarithm x of a Poisson rate.

    Shapes are those of `MSELoss`.

    Args:
        log_input: False when x is the rate itself: x − y·ln(x + eps).
        full: add Stirling's approximation of ln y! where y > 1.
        eps: keeps the logarithm of a rate finite.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(
        self,
        log_input: bool = True,
        full: bool = False,
        *,
        eps: float = 1e-8,
        reduction: str = "mean",
    ) -> None:
        super().__init__(reduction)
        self.log_input, self.full, self.eps = log_input, full, eps

    def forward(self, input: Any, target: Any) -> Any:
        """The loss of rates against counts.

        Raises:
            ShapeError: shapes that do not broadcast.
        """
        options = {"eps": self.eps, "reduction": self.reduction}
        return ag.poisson_nll_loss(
            given(input), given(target, input), self.log_input, self.full, **options
        )


class GaussianNLLLoss(Loss):
    """½ (ln σ² + (x − y)²/σ²), with predicted means x and variances σ² (Nix & Weigend 1994).

    Shapes: input and target the same; the variances may have size 1 in some dimensions, or lack
    the last one, or be one number.

    Args:
        full: add ½ ln 2π.
        eps: variances below it count as it; their gradient passes all the same.
        reduction: ``"mean"``, ``"sum"`` or ``"none"``.
    """

    def __init__(self, *, full: bool = False, eps: float = 1e-6, reduction: str = "mean") -> None:
        super().__init__(reduction)
        if eps <= 0:
            raise ag.RangeError(f"GaussianNLLLoss: eps is greater than 0, got {eps}.")
        self.full, self.eps = full, eps

    def forward(self, input: Any, target: Any, var: Any) -> Any:
        """The loss of means and variances against what was observed.

        Raises:
            RangeError: a negative variance.
            ShapeError: variances that do not fit, or shapes that do not broadcast.
        """
        target, var = given(target, input), given(var, input)
        options = {"eps": self.eps, "reduction": self.reduction}
        return ag.gaussian_nll_loss(given(input), target, var, self.full, **options)
