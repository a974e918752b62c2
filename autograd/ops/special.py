"""The error function and its kin, the logarithm of Γ and its derivatives, and sinc."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import factorial, pi
from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import RangeError
from autograd.core.packages import need_package
from autograd.core.primitive import call, refuses

# Rational approximations of erf on [0, 0.46875], of exp(x²)·erfc on [0.46875, 4], and of
# exp(x²)·erfc·x as a function of 1/x² beyond: W. J. Cody, "Rational Chebyshev approximations
# for the error function", Mathematics of Computation 23 (1969), with his later coefficients.
_SMALL = 0.46875
_ERF = (
    (
        1.85777706184603153e-1,
        3.16112374387056560e0,
        1.13864154151050156e2,
        3.77485237685302021e2,
        3.20937758913846947e3,
    ),
    (
        1.0,
        2.36012909523441209e1,
        2.44024637934444173e2,
        1.28261652607737228e3,
        2.84423683343917062e3,
    ),
)
_ERFC = (
    (
        2.15311535474403846e-8,
        5.64188496988670089e-1,
        8.88314979438837594e0,
        6.61191906371416295e1,
        2.98635138197400131e2,
        8.81952221241769090e2,
        1.71204761263407058e3,
        2.05107837782607147e3,
        1.23033935479799725e3,
    ),
    (
        1.0,
        1.57449261107098347e1,
        1.17693950891312499e2,
        5.37181101862009858e2,
        1.62138957456669019e3,
        3.29079923573345963e3,
        4.36261909014324716e3,
        3.43936767414372164e3,
        1.23033935480374942e3,
    ),
)
_TAIL = (
    (
        1.63153871373020978e-2,
        3.05326634961232344e-1,
        3.60344899949804439e-1,
        1.25781726111229246e-1,
        1.60837851487422766e-2,
        6.58749161529837803e-4,
    ),
    (
        1.0,
        2.56852019228982242e0,
        1.87295284992346725e0,
        5.27905102951428412e-1,
        6.05183413124413191e-2,
        2.33520497626869185e-3,
    ),
)

# Φ(−x)·exp(x²/2) for x ≥ 0, to where exp(−x²/2) is 0, with a relative error of 5e-17 and of 6e-9;
# all terms are positive, so that nothing cancels. Fitted for this file: least squares in 60
# digits, weighted anew (Lawson) until the error has the same size everywhere.
_BELOW: dict[str, Any] = {
    "d": (
        39.0,
        (
            1.38628034184310188e-6,
            3.72673419344326648e-5,
            4.90563678308017365e-4,
            4.09033031372100286e-3,
            2.36272264814404094e-2,
            9.7715088887774775e-2,
            2.89367719588722349e-1,
            5.94095384410905505e-1,
            7.74907807939523585e-1,
            0.5,
        ),
        (
            3.47488950143932311e-6,
            9.34153730110623425e-5,
            1.23313567625402528e-3,
            1.03463529788070399e-2,
            6.04473853815440124e-2,
            2.55001499840386937e-1,
            7.82137652641157145e-1,
            1.71453601249689997e0,
            2.56138449319078151e0,
            2.3477001766819025e0,
            1.0,
        ),
    ),
    "f": (
        15.0,
        (4.1530814e-3, 4.08803786e-2, 1.839673023e-1, 4.392815582e-1, 0.5),
        (1.04101197e-2, 1.024780283e-1, 4.714037381e-1, 1.2055416286, 1.6764481222, 1.0),
    ),
}


def _polynomial(x: Any, coefficients: Sequence[float]) -> Any:
    """Horner's scheme, the highest power first."""
    total = coefficients[0]
    for coefficient in coefficients[1:]:
        total = total * x + coefficient
    return total


def _ratio(x: Any, pair: Sequence[Sequence[float]]) -> Any:
    return _polynomial(x, pair[0]) / _polynomial(x, pair[1])


def _either(condition: Any, a: Any, b: Any) -> Any:
    """a or b, both finite: much faster than ``np.where`` when the condition is irregular."""
    return a * condition + b * ~condition


def _widened(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The function in float32 where the operand is float16, too narrow for the coefficients."""

    def call(x: Any) -> Any:
        if getattr(x, "dtype", None) == np.float16:
            return function(x.astype(np.float32)).astype(np.float16)
        return function(x)

    return call


@_widened
def _erf(x: Any) -> Any:
    size = np.absolute(x)
    inner = np.minimum(size, _SMALL)
    outer = np.minimum(np.maximum(size, _SMALL), 6)  # beyond 6, erf is 1 in float64
    near = inner * _ratio(inner * inner, _ERF)
    far = 1 - np.exp(-outer * outer) * _ratio(outer, _ERFC)
    return np.copysign(_either(size <= _SMALL, near, far), x)


@_widened
def _erfc(x: Any) -> Any:
    size = np.absolute(x)
    inner = np.minimum(np.maximum(x, -_SMALL), _SMALL)
    outer = np.minimum(np.maximum(size, _SMALL), 28)  # beyond 28, erfc is 0 in float64
    square = 1 / np.square(np.maximum(outer, 4))
    tail = (1 / pi**0.5 - square * _ratio(square, _TAIL)) / outer
    scaled = _either(outer <= 4, _ratio(np.minimum(outer, 4), _ERFC), tail)
    grid = np.trunc(outer * 16) / 16  # its square is exact: exp(-x²) keeps all its digits
    far = np.exp(-grid * grid) * np.exp((grid - outer) * (grid + outer)) * scaled
    far = _either(x < 0, 2 - far, far)
    return _either(size <= _SMALL, 1 - inner * _ratio(inner * inner, _ERF), far)


@primitive(
    symbol="erf",
    formula="erf(x)",
    d=("2 / π**0.5 * exp(-(x**2))",),
    lesson="The error function hands on the gradient times a bell curve.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("erf",),
    floating=True,
)
def erf(x: Any) -> Any:
    """2/√π ∫₀ˣ exp(−t²) dt. ∂/∂x = 2/√π·exp(−x²) (Cody 1969)."""
    return _erf(x)


@primitive(
    symbol="erfc",
    formula="1 - erf(x)",
    d=("-2 / π**0.5 * exp(-(x**2))",),
    lesson="The complement falls as the error function rises: minus the bell curve.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("erfc",),
    floating=True,
)
def erfc(x: Any) -> Any:
    """1 − erf(x), accurate where that is tiny. ∂/∂x = −2/√π·exp(−x²) (Cody 1969)."""
    return _erfc(x)


@_widened
def _ndtr(x: Any) -> Any:
    top, *pair = _BELOW["f" if x.dtype == np.float32 else "d"]
    size = np.minimum(np.absolute(x), top)
    below = np.exp(-np.square(size) / 2) * _ratio(size, pair)
    return below + (x > 0) * (1 - 2 * below)


@primitive(
    symbol="Φ",
    formula="(1 + erf(x / 2**0.5)) / 2",
    d=("exp(-(x**2) / 2) / (2 * π) ** 0.5",),
    lesson="The share of a normal variable that lies below grows with the density: a bell curve.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    floating=True,
)
def ndtr(x: Any) -> Any:
    """Φ(x) of the normal distribution, accurate where it is tiny. ∂/∂x = exp(−x²/2)/√(2π)."""
    return _ndtr(x)


def _scipy(name: str, *operands: Any) -> Any:
    """A function of ``scipy.special``, loaded when it is first used.

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    result = getattr(need_package("scipy.special", "SciPy", "scipy", name), name)(*operands)
    dtype = getattr(operands[-1], "dtype", result.dtype)
    return result if result.dtype == dtype or dtype.kind != "f" else result.astype(dtype)


@primitive(
    symbol="erf⁻¹",
    formula="erfinv(x)",
    d=("π**0.5 / 2 * exp(out**2)",),
    lesson="The inverse is steep where the error function is flat: it divides by the bell curve.",
    samples=lambda draw: [call(draw.between(-0.8, 0.8, 2, 3)), call(draw.between(-0.8, 0.8))],
    methods=("erfinv",),
    floating=True,
)
def erfinv(x: Any) -> Any:
    """The number whose error function is x; ±∞ at ±1, NaN beyond. ∂/∂x = √π/2·exp(out²).

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    return _scipy("erfinv", x)


@primitive(
    symbol="ln Γ",
    formula="lgamma(x)",
    d=("digamma(x)",),
    lesson="The logarithm of the gamma function hands on the gradient times the digamma function.",
    samples=lambda draw: [call(draw.between(0.5, 4, 2, 3)), call(draw.between(0.5, 4))],
    methods=("lgamma",),
    floating=True,
)
def lgamma(x: Any) -> Any:
    """ln |Γ(x)|; Γ(n) = (n − 1)! for whole numbers. ∂/∂x = ψ(x).

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    found = _scipy("gammaln", x)
    return np.where(np.equal(x, -np.inf), np.inf, found)  # as in C; SciPy says −∞


@primitive(
    symbol="ψ",
    formula="digamma(x)",
    d=("polygamma(1, x)",),
    lesson="The digamma function hands on the gradient times its own slope, the trigamma function.",
    samples=lambda draw: [call(draw.between(0.5, 4, 2, 3)), call(draw.between(0.5, 4))],
    methods=("digamma",),
    floating=True,
)
def digamma(x: Any) -> Any:
    """ψ(x), the slope of ln Γ. ∂/∂x = ψ′(x).

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    return _scipy("digamma", x)


def _order_first(n: Any, x: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """``polygamma(n, x)``, and ``x.polygamma(n)``."""
    if not isinstance(n, (int, np.integer)):
        n, x = x, n
    if not isinstance(n, (int, np.integer)) or n < 0:
        raise RangeError(f"polygamma(n, x): the order n is 0, 1, 2, …, got {n!r}.")
    return (x,), {"n": int(n)}


@primitive(
    symbol="ψ⁽ⁿ⁾",
    formula="polygamma(n, x)",
    d=("polygamma(n + 1, x)",),
    lesson="Each polygamma function hands on the gradient times the next one.",
    samples=lambda draw: [
        call(0, draw.between(0.5, 4, 2)),
        call(2, draw.between(0.5, 4, 2, 3)),
        refuses("the order n", -1, np.ones(2)),
    ],
    methods=("polygamma",),
    signature=_order_first,
    floating=True,
)
def polygamma(x: Any, *, n: int) -> Any:
    """The n-th derivative of the digamma function ψ. ∂/∂x = ψ⁽ⁿ⁺¹⁾(x).

    Raises:
        RangeError: a negative order.
        MissingPackageError: SciPy is not installed.
    """
    if n == 0:
        return _scipy("digamma", x)
    return (-1) ** (n + 1) * factorial(n) * _scipy("zeta", n + 1, x)


@primitive(
    symbol="I₀",
    formula="i0(x)",
    d=("i1(x)",),
    lesson="The Bessel function I₀ hands on the gradient times I₁.",
    samples=lambda draw: [call(draw(2, 3)), call(draw())],
    methods=("i0",),
    numpy=(np.i0,),
    floating=True,
)
def i0(x: Any) -> Any:
    """The modified Bessel function of the first kind, of order 0. ∂/∂x = I₁(x).

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    return _scipy("i0", x)


@primitive(
    symbol="I₁",
    formula="i1(x)",
    d=("where(x == 0, 1 / 2, i0(x) - out / where(x == 0, 1, x))",),
    lesson="The Bessel function I₁ hands on the gradient times I₀ − I₁/x.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart())],
    floating=True,
)
def i1(x: Any) -> Any:
    """The modified Bessel function of the first kind, of order 1. ∂/∂x = I₀(x) − I₁(x)/x.

    Raises:
        MissingPackageError: SciPy is not installed.
    """
    return _scipy("i1", x)


@primitive(
    symbol="sinc",
    formula="sin(π * x) / (π * x)",
    d=("where(x == 0, -(π**2) / 3 * x, (cos(π * x) - out) / where(x == 0, 1, x))",),
    lesson="The gradient passes times the slope of the damped wave, which is flat at 0.",
    samples=lambda draw: [call(draw.apart(2, 3)), call(draw.apart())],
    methods=("sinc",),
    numpy=(np.sinc,),
    floating=True,
)
def sinc(x: Any) -> Any:
    """sin(πx)/(πx), and 1 at 0. ∂/∂x = (cos(πx) − out)/x, near 0 −π²x/3."""
    angle = pi * np.where(x == 0, 1, x)
    return np.where(x == 0, 1, np.sin(angle) / angle)
