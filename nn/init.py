"""First values of parameters, written into a tensor in place; names and defaults are PyTorch's.

Every function returns the tensor, keeps its dtype, records nothing, and takes ``rng=``, a
generator or a seed; without it the generator of `autograd.manual_seed` is used.

>>> import autograd as ag
>>> import nn
>>> layer = nn.Linear(3, 2)
>>> nn.init.zeros_(layer.bias)
tensor([0., 0.], requires_grad=True, name='bias')
>>> nn.init.xavier_uniform_(layer.weight, rng=0).shape
(2, 3)
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import autograd as ag

_GAINS = {
    "linear": 1.0,
    "identity": 1.0,
    "sigmoid": 1.0,
    "tanh": 5 / 3,
    "relu": math.sqrt(2),
    "selu": 3 / 4,
    **{f"conv{t}{n}d": 1.0 for t in ("", "_transpose") for n in (1, 2, 3)},
}


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """By how much weights are enlarged to make up for what a nonlinearity takes away.

    1 for linear layers and the sigmoid, 5/3 for tanh, √2 for ReLU, √(2 / (1 + a²)) for leaky
    ReLU of slope a (0.01 by default), 3/4 for SELU.

    Raises:
        RangeError: a nonlinearity that has no known gain.
        ArgumentError: a slope that is no number.

    >>> calculate_gain("leaky_relu", 1.0)
    1.0
    """
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ag.ArgumentError(f"calculate_gain(): the slope is a number, got {slope!r}.")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity not in _GAINS:
        raise ag.RangeError(
            f"calculate_gain(): no gain is known for {nonlinearity!r}; write one of leaky_relu, "
            f"{', '.join(_GAINS)}."
        )
    return _GAINS[nonlinearity]


# --- constants --------------------------------------------------------------------------------


def constant_(tensor: ag.Tensor, val: float) -> ag.Tensor:
    """Fill with one number."""
    return _filled(tensor, val, "constant_")


def zeros_(tensor: ag.Tensor) -> ag.Tensor:
    """Fill with zeros."""
    return _filled(tensor, 0, "zeros_")


def ones_(tensor: ag.Tensor) -> ag.Tensor:
    """Fill with ones."""
    return _filled(tensor, 1, "ones_")


def eye_(tensor: ag.Tensor) -> ag.Tensor:
    """Make a matrix the identity, so that a linear layer hands its input on.

    Raises:
        ShapeError: no matrix.
    """
    rows, columns = _matrix(tensor, "eye_")
    return _filled(tensor, np.eye(rows, columns), "eye_")


def dirac_(tensor: ag.Tensor, groups: int = 1) -> ag.Tensor:
    """Make a convolution hand on as many channels as it can: 1 in the middle of each kernel.

    Shapes: (out, in / groups, k1[, k2[, k3]]).

    Raises:
        ShapeError: not 3 to 5 dimensions, or groups that do not divide the output channels.
    """
    shape = _tensor(tensor, "dirac_").shape
    if len(shape) not in (3, 4, 5):
        raise ag.ShapeError(
            f"dirac_() takes the weight of a convolution, 3 to 5 dimensions; got shape {shape}."
        )
    if groups < 1 or shape[0] % groups:
        raise ag.ShapeError(f"dirac_(): {groups} groups do not divide {shape[0]} output channels.")
    values, each = np.zeros(shape), shape[0] // groups
    centre: tuple[Any, ...] = (..., *(size // 2 for size in shape[2:]))
    values[centre] = np.tile(np.eye(each, shape[1]), (groups, 1))
    return _filled(tensor, values, "dirac_")


# --- draws ------------------------------------------------------------------------------------


def uniform_(tensor: ag.Tensor, a: float = 0.0, b: float = 1.0, *, rng: Any = None) -> ag.Tensor:
    """Draw from U(a, b).

    Raises:
        RangeError: `a` is above `b`.
    """
    _check(a <= b, f"uniform_(): a={a} is above b={b}.")
    shape = _tensor(tensor, "uniform_").shape
    return _filled(tensor, ag.generator(rng).uniform(a, b, shape), "uniform_")


def normal_(
    tensor: ag.Tensor, mean: float = 0.0, std: float = 1.0, *, rng: Any = None
) -> ag.Tensor:
    """Draw from N(mean, std²).

    Raises:
        RangeError: a negative standard deviation.
    """
    _check(std >= 0, f"normal_(): a standard deviation is not negative, got {std}.")
    shape = _tensor(tensor, "normal_").shape
    return _filled(tensor, ag.generator(rng).normal(mean, std, shape), "normal_")


def trunc_normal_(
    tensor: ag.Tensor,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    *,
    rng: Any = None,
) -> ag.Tensor:
    """Draw from N(mean, std²) as far as it lies in [a, b], by the inverse of its distribution.

    Args:
        tensor: what to fill.
        mean, std: of the normal distribution before it is cut.
        a, b: the bounds themselves, not in units of `std`.
        rng: a generator or a seed.

    Raises:
        RangeError: a standard deviation that is not positive, or `a` not below `b`.
        MissingPackageError: SciPy is not installed.
    """
    _check(std > 0, f"trunc_normal_(): a standard deviation is positive, got {std}.")
    _check(a < b, f"trunc_normal_(): a={a} is not below b={b}.")
    shares = ag.generator(rng).random(_tensor(tensor, "trunc_normal_").shape)
    normal = _normal_quantiles((a - mean) / std, (b - mean) / std, shares)
    return _filled(tensor, np.clip(mean + std * normal, a, b), "trunc_normal_")


def _normal_quantiles(low: float, high: float, shares: Any) -> Any:
    """Numbers between the bounds, below which lie these shares of the normal mass there."""
    special = ag.need_package("scipy.special", "SciPy", "scipy", "trunc_normal_()")
    if low > 0:  # the lower tail is the exact one
        return -_normal_quantiles(-high, -low, shares)
    below, above = special.ndtr([low, high])
    return special.ndtri(below + shares * (above - below))


def xavier_uniform_(tensor: ag.Tensor, gain: float = 1.0, *, rng: Any = None) -> ag.Tensor:
    """Draw from U(−a, a) with a = gain·√(6 / (fan_in + fan_out)) (Glorot & Bengio 2010).

    Raises:
        ShapeError: fewer than two dimensions, which have no fans.
    """
    bound = gain * math.sqrt(6 / _both_fans(tensor, "xavier_uniform_"))
    return uniform_(tensor, -bound, bound, rng=rng)


def xavier_normal_(tensor: ag.Tensor, gain: float = 1.0, *, rng: Any = None) -> ag.Tensor:
    """Draw from N(0, gain²·2 / (fan_in + fan_out)) (Glorot & Bengio 2010).

    Raises:
        ShapeError: fewer than two dimensions, which have no fans.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / _both_fans(tensor, "xavier_normal_")), rng=rng)


def kaiming_uniform_(
    tensor: ag.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Any = None,
) -> ag.Tensor:
    """Draw from U(−b, b) with b = gain·√(3 / fan) (He et al. 2015).

    Args:
        tensor: what to fill.
        a: the slope of a leaky ReLU, 0 for ReLU.
        mode: ``"fan_in"`` keeps the variance forward, ``"fan_out"`` backward.
        nonlinearity: what follows; its `calculate_gain` counts.
        rng: a generator or a seed.

    Raises:
        RangeError: another mode, or a nonlinearity that has no known gain.
        ShapeError: fewer than two dimensions, which have no fans.
    """
    bound = math.sqrt(3) * _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_uniform_")
    return uniform_(tensor, -bound, bound, rng=rng)


def kaiming_normal_(
    tensor: ag.Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    *,
    rng: Any = None,
) -> ag.Tensor:
    """Draw from N(0, gain² / fan) (He et al. 2015); arguments are those of `kaiming_uniform_`.

    Raises:
        RangeError, ShapeError: as `kaiming_uniform_`.
    """
    std = _kaiming_std(tensor, a, mode, nonlinearity, "kaiming_normal_")
    return normal_(tensor, 0.0, std, rng=rng)


def orthogonal_(tensor: ag.Tensor, gain: float = 1.0, *, rng: Any = None) -> ag.Tensor:
    """Make rows or columns, whichever are fewer, orthonormal times `gain` (Saxe et al. 2014).

    All dimensions but the first count as columns. The matrix is Q of the QR decomposition of a
    normal draw, with the signs of R's diagonal, which makes it uniform among all such matrices.

    Raises:
        ShapeError: fewer than two dimensions.
    """
    shape = _tensor(tensor, "orthogonal_").shape
    if len(shape) < 2:
        raise ag.ShapeError(f"orthogonal_() takes at least 2 dimensions, got shape {shape}.")
    rows, columns = shape[0], math.prod(shape[1:])
    drawn = ag.generator(rng).normal(size=(rows, columns))
    q, r = np.linalg.qr(drawn if rows >= columns else drawn.T)
    q = q * np.where(np.diagonal(r) < 0, -1.0, 1.0)
    return _filled(tensor, gain * (q if rows >= columns else q.T).reshape(shape), "orthogonal_")


def sparse_(tensor: ag.Tensor, sparsity: float, std: float = 0.01, *, rng: Any = None) -> ag.Tensor:
    """Draw from N(0, std²), with a share `sparsity` of each column zero (Martens 2010).

    Raises:
        ShapeError: no matrix.
        RangeError: a share outside 0 to 1, or a negative standard deviation.
    """
    rows, columns = _matrix(tensor, "sparse_")
    _check(0 <= sparsity <= 1, f"sparse_(): the sparsity lies between 0 and 1, got {sparsity}.")
    _check(std >= 0, f"sparse_(): a standard deviation is not negative, got {std}.")
    draw = ag.generator(rng)
    values = draw.normal(0.0, std, (rows, columns))
    zeros = np.arange(rows)[:, None] < math.ceil(sparsity * rows)
    return _filled(
        tensor,
        np.where(draw.permuted(np.broadcast_to(zeros, (rows, columns)), axis=0), 0, values),
        "sparse_",
    )


# --- fans -------------------------------------------------------------------------------------


def _fans(tensor: ag.Tensor, name: str) -> tuple[int, int]:
    """How many numbers one output adds up, and how many outputs one input reaches."""
    shape = _tensor(tensor, name).shape
    if len(shape) < 2:
        raise ag.ShapeError(
            f"{name}(): fan in and fan out of a tensor with fewer than 2 dimensions are unknown, "
            f"got shape {shape}. A bias starts at zeros_() or uniform_()."
        )
    field = math.prod(shape[2:])
    return shape[1] * field, shape[0] * field


def _both_fans(tensor: ag.Tensor, name: str) -> int:
    return max(1, sum(_fans(tensor, name)))


def _kaiming_std(tensor: ag.Tensor, a: float, mode: str, nonlinearity: str, name: str) -> float:
    _check(mode in ("fan_in", "fan_out"), f"{name}(): mode is 'fan_in' or 'fan_out', got {mode!r}.")
    fan = _fans(tensor, name)[mode == "fan_out"]
    return calculate_gain(nonlinearity, a) / math.sqrt(max(1, fan))


# --- writing ----------------------------------------------------------------------------------


def _filled(tensor: Any, values: Any, name: str) -> ag.Tensor:
    """The tensor with these values, in its own dtype and without a trace in any graph."""
    target = _tensor(tensor, name)
    array = np.asarray(np.asarray(values).astype(target.dtype), like=target.data)
    with ag.no_grad():
        return target.copy_(array)


def _tensor(tensor: Any, name: str) -> ag.Tensor:
    if not isinstance(tensor, ag.Tensor) or tensor.dtype.kind != "f":
        found = tensor.dtype if isinstance(tensor, ag.Tensor) else type(tensor).__name__
        raise ag.ArgumentError(
            f"{name}() fills a tensor of floating type in place, such as layer.weight; got {found}."
        )
    return tensor


def _matrix(tensor: Any, name: str) -> tuple[int, int]:
    shape = _tensor(tensor, name).shape
    if len(shape) != 2:
        raise ag.ShapeError(f"{name}() takes a matrix, got shape {shape}.")
    return shape[0], shape[1]


def _check(holds: bool, words: str) -> None:
    if not holds:
        raise ag.RangeError(words)
