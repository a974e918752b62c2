"""Dropout: random zeros in training, so that no unit can rely on a single other one."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.module import Module
from nn.sizes import real


class RandomZeros(Module):
    """What sets values to zero with a probability, in training."""

    def __init__(self, p: float = 0.5, inplace: bool = False, *, rng: Any = None) -> None:
        if not 0 <= real(p, "p") <= 1:
            raise ag.RangeError(
                f"{type(self).__name__}(p={p}): a probability lies between 0 and 1; it is the "
                "share of values that become zero."
            )
        self.p, self.inplace = p, inplace
        self.rng = None if rng is None else ag.generator(rng)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"p={self.p}, inplace={self.inplace}"

    def describe(self) -> str:
        """``Dropout(p=0.5)``."""
        return f"{type(self).__name__}(p={self.p})"


class Dropout(RandomZeros):
    """In training each value is zero with probability p, else divided by 1 − p.

    So the mean stays, and in evaluation nothing happens (Srivastava et al. 2014).

    Args:
        p: the share of values that become zero.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: a probability outside 0 to 1.

    >>> layer = Dropout(0.5, rng=0)
    >>> layer(ag.ones(6)).tolist()
    [2.0, 0.0, 0.0, 0.0, 2.0, 2.0]
    >>> layer.eval()(ag.ones(2)).tolist()
    [1.0, 1.0]
    """

    def forward(self, input: Any) -> Any:
        """x · mask / (1 − p) in training, x in evaluation."""
        return ag.dropout(input, self.p, self.training, rng=self.rng)


class Dropout1d(RandomZeros):
    """In training whole channels are zero with probability p (Tompson et al. 2015).

    Neighbours in a channel say much the same, so that dropping single values teaches little.
    Shapes: (N, C, L) or (C, L); arguments and errors are those of `Dropout`.
    """

    def forward(self, input: Any) -> Any:
        """Whole channels zero, the others divided by 1 − p, in training.

        Raises:
            ShapeError: another number of dimensions.
        """
        return ag.dropout1d(input, self.p, self.training, rng=self.rng)


class Dropout2d(RandomZeros):
    """In training whole channels of images are zero with probability p; see `Dropout1d`.

    Shapes: (N, C, H, W) or (C, H, W).
    """

    def forward(self, input: Any) -> Any:
        """Whole channels zero, the others divided by 1 − p, in training.

        Raises:
            ShapeError: another number of dimensions.
        """
        return ag.dropout2d(input, self.p, self.training, rng=self.rng)


class AlphaDropout(RandomZeros):
    """Dropout for networks with SELU: keeps mean 0 and variance 1 (Klambauer et al. 2017).

    What is dropped takes the value that SELU tends to far on the left. Arguments and errors
    are those of `Dropout`.
    """

    def forward(self, input: Any) -> Any:
        """a·(x or SELU's left end) + b in training, x in evaluation."""
        return ag.alpha_dropout(input, self.p, self.training, rng=self.rng)
