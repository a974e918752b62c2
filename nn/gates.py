"""Smooth activations as modules: a gate that opens gradually, or a rectifier without its corner."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.activation import Along, InPlace
from nn.module import Module


class Tanh(Module):
    """y = tanh(x), element by element (lecture A4)."""

    def forward(self, input: Any) -> Any:
        """tanh(x)."""
        return ag.tanh(input)


class Sigmoid(Module):
    """y = 1 / (1 + e⁻ˣ), element by element (lecture A5)."""

    def forward(self, input: Any) -> Any:
        """σ(x)."""
        return ag.sigmoid(input)


class LogSigmoid(Module):
    """y = ln σ(x), element by element."""

    def forward(self, input: Any) -> Any:
        """ln σ(x)."""
        return ag.logsigmoid(input)


class _Alpha(InPlace):
    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__(inplace)
        self.alpha = alpha

    def _options(self) -> dict[str, Any]:
        return {"alpha": self.alpha}


class ELU(_Alpha):
    """y = x where x > 0, α(eˣ − 1) elsewhere (Clevert et al. 2016).

    Args:
        alpha: α, how deep it goes on the left.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
    """

    def forward(self, input: Any) -> Any:
        """x or α(eˣ − 1)."""
        return ag.elu(input, alpha=self.alpha)


class CELU(_Alpha):
    """y = x where x > 0, α(exp(x/α) − 1) elsewhere, without a corner at 0 (Barron 2017).

    Args:
        alpha: α, how deep it goes on the left; not 0.
        inplace: accepted for PyTorch's sake; the result is a new tensor all the same.
    """

    def forward(self, input: Any) -> Any:
        """x or α(exp(x/α) − 1).

        Raises:
            RangeError: α is 0.
        """
        return ag.celu(input, self.alpha)


class SELU(InPlace):
    """y = λ·elu(x, α) with λ = 1.0507…, α = 1.6732…, which keep mean 0 and variance 1.

    Source: Klambauer et al. 2017; with LeCun's normal initialisation and `AlphaDropout`.
    """

    def forward(self, input: Any) -> Any:
        """λ·elu(x, α)."""
        return ag.selu(input)


class GELU(Module):
    """y = x·Φ(x) with the normal distribution function Φ (Hendrycks & Gimpel 2016).

    Args:
        approximate: ``'none'``, or ``'tanh'`` for the formula with a hyperbolic tangent.

    Raises:
        RangeError: another approximation.
    """

    def __init__(self, approximate: str = "none") -> None:
        if approximate not in ("none", "tanh"):
            raise ag.RangeError(f"GELU(approximate={approximate!r}): write 'none' or 'tanh'.")
        self.approximate = approximate

    def forward(self, input: Any) -> Any:
        """x·Φ(x)."""
        return ag.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"approximate={self.approximate!r}"


class SiLU(InPlace):
    """y = x·σ(x), also known as swish (Elfwing et al. 2018)."""

    def forward(self, input: Any) -> Any:
        """x·σ(x)."""
        return ag.silu(input)


class Mish(InPlace):
    """y = x·tanh(softplus(x)) (Misra 2019)."""

    def forward(self, input: Any) -> Any:
        """x·tanh(softplus(x))."""
        return ag.mish(input)


class Softplus(Module):
    """y = ln(1 + exp(βx))/β, a ReLU with its corner rounded off (Dugas et al. 2001).

    Args:
        beta: β, how sharp the corner is.
        threshold: where βx is above it, x itself comes out.
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Any) -> Any:
        """ln(1 + exp(βx))/β."""
        return ag.softplus(input, beta=self.beta, threshold=self.threshold)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Softsign(Module):
    """y = x/(1 + |x|), element by element (Turian et al. 2009)."""

    def forward(self, input: Any) -> Any:
        """x/(1 + |x|)."""
        return ag.softsign(input)


class GLU(Along):
    """y = a·σ(b), where a and b are the two halves of x along `dim` (Dauphin et al. 2017)."""

    def forward(self, input: Any) -> Any:
        """a·σ(b).

        Raises:
            ShapeError: the dimension has an odd size.
        """
        return ag.glu(input, self.dim)


# --- towards zero -------------------------------------------------------------------------


class Tanhshrink(Module):
    """y = x − tanh(x), element by element."""

    def forward(self, input: Any) -> Any:
        """x − tanh(x)."""
        return ag.tanhshrink(input)


class _Lambda(Module):
    def __init__(self, lambd: float = 0.5) -> None:
        self.lambd = lambd

    def extra_repr(self) -> str:
        """The argument that `repr` shows."""
        return str(self.lambd)


class Hardshrink(_Lambda):
    """y = x, and 0 where |x| ≤ λ.

    Args:
        lambd: λ.
    """

    def forward(self, input: Any) -> Any:
        """x or 0."""
        return ag.hardshrink(input, lambd=self.lambd)


class Softshrink(_Lambda):
    """y = x moved towards 0 by λ, at most to 0.

    Args:
        lambd: λ, not negative.

    Raises:
        RangeError: λ is negative.
    """

    def __init__(self, lambd: float = 0.5) -> None:
        if lambd < 0:
            raise ag.RangeError(f"Softshrink(lambd={lambd}): values shrink by 0 or more.")
        super().__init__(lambd)

    def forward(self, input: Any) -> Any:
        """x − λ, x + λ or 0."""
        return ag.softshrink(input, self.lambd)
