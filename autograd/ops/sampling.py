"""Random numbers. Every draw takes ``rng=``: a generator or a seed; else `manual_seed`'s.

The same seed gives the same bits. A draw is a constant for the gradient; what shall depend
on parameters is written as an operation, such as ``mean + std * randn_like(mean)``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, DTypeError, RangeError, ShapeError
from autograd.core.mode import generator
from autograd.core.node import Array, Handle, as_array, operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.core.tensor import Tensor
from autograd.ops.creation import creation, dtype_of, example, leaf, like, shape_of
from autograd.ops.searching import searchsorted

_DRAWN = "A random draw is a constant: no gradient goes back to what it was drawn from."


def _shapes(draw: Draw) -> list[Call]:
    return [
        call(2, 3, rng=0),
        call((2,), dtype=np.float32, rng=0),
        refuses("needs sizes"),
        refuses("not negative", 2, -1),
    ]


def _floating(dtype: Any, name: str, default: Any = None) -> np.dtype[Any]:
    """A floating dtype.

    Raises:
        DTypeError: an integer one.
    """
    chosen = dtype_of(dtype, default)
    if chosen.kind != "f":
        raise DTypeError(
            f"{name}() draws real numbers and {chosen} holds none; give dtype=float, or use "
            "randint()."
        )
    return chosen


def _uniform(rng: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Numbers in [0, 1), below 1 in every dtype; the same ones whatever the dtype."""
    below = np.nextafter(dtype.type(1), dtype.type(0))
    return np.minimum(generator(rng).random(shape).astype(dtype), below)


def _normal(rng: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Standard normal numbers, the same ones whatever the dtype."""
    return as_array(generator(rng).standard_normal(shape)).astype(dtype)


@creation(symbol="rand", formula="rand(size)", samples=_shapes, lesson=_DRAWN)
def rand(
    *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False, rng: Any = None
) -> Tensor:
    """Uniform numbers in [0, 1): ``rand(2, 3)``.

    Raises:
        DTypeError: an integer dtype.
        ShapeError: a negative size.
    """
    shape = shape_of(sizes, size, "rand")
    return leaf(_uniform(rng, shape, _floating(dtype, "rand")), requires_grad)


@creation(symbol="randn", formula="randn(size)", samples=_shapes, lesson=_DRAWN)
def randn(
    *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False, rng: Any = None
) -> Tensor:
    """Normal numbers of mean 0 and variance 1: ``randn(2, 3)``.

    Raises:
        DTypeError: an integer dtype.
        ShapeError: a negative size.
    """
    shape = shape_of(sizes, size, "randn")
    return leaf(_normal(rng, shape, _floating(dtype, "randn")), requires_grad)


def _of_type(x: Any, array: Array) -> Array:
    """A drawn array in the type of array that x holds."""
    return np.asarray(array, like=x.value if isinstance(x, Handle) else x)


@creation(
    symbol="rand",
    formula="rand_like(x)",
    samples=lambda draw: [
        call(draw(2, 3), rng=0),
        refuses("real numbers", np.arange(3)),
        refuses("as example", [1.0]),
    ],
    lesson=_DRAWN,
)
def rand_like(x: Any, *, dtype: Any = None, requires_grad: bool = False, rng: Any = None) -> Any:
    """Uniform numbers in [0, 1) of the shape and dtype of x.

    Raises:
        DTypeError: an integer dtype.
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "rand_like")
    drawn = _uniform(rng, tuple(model.shape), _floating(dtype, "rand_like", model.dtype))
    return like(x, _of_type(x, drawn), requires_grad)


@creation(
    symbol="randn",
    formula="randn_like(x)",
    samples=lambda draw: [
        call(draw(2, 3), rng=0),
        refuses("real numbers", np.arange(3)),
        refuses("as example", [1.0]),
    ],
    lesson=_DRAWN,
)
def randn_like(x: Any, *, dtype: Any = None, requires_grad: bool = False, rng: Any = None) -> Any:
    """Normal numbers of mean 0 and variance 1 of the shape and dtype of x.

    Raises:
        DTypeError: an integer dtype.
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "randn_like")
    drawn = _normal(rng, tuple(model.shape), _floating(dtype, "randn_like", model.dtype))
    return like(x, _of_type(x, drawn), requires_grad)


@creation(
    symbol="randint",
    formula="randint(low, high, size)",
    samples=lambda draw: [
        call(5, (2, 3), rng=0),
        call(-2, 2, (4,), rng=0),
        refuses("less than", 3, 3, (2,)),
        refuses("randint(low, high, size)", 3),
    ],
    lesson=_DRAWN,
)
def randint(
    low: int, high: Any = None, size: Any = None, *, dtype: Any = None, rng: Any = None
) -> Tensor:
    """Integers from `low` (0 where it is left out) up to `high`, which is left out (int64).

    ``randint(10, (2, 3))``, ``randint(-5, 5, (2, 3))``.

    Raises:
        RangeError: no integer lies in between.
    """
    if size is None and isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise ArgumentError("randint(low, high, size): the size is missing.")
    if not low < high:
        raise RangeError(f"randint(): low={low} must be less than high={high}.")
    drawn = generator(rng).integers(low, high, shape_of((size,), None, "randint"))
    return leaf(as_array(drawn).astype(dtype_of(dtype, np.int64)))


@creation(
    symbol="randint",
    formula="randint_like(x, low, high)",
    samples=lambda draw: [
        call(draw(2, 3), 5, rng=0),
        call(draw(4), -2, 2, rng=0),
        refuses("less than", np.ones(2), 3, 3),
        refuses("as example", [1.0], 3),
    ],
    lesson=_DRAWN,
)
def randint_like(x: Any, low: int, high: Any = None, *, dtype: Any = None, rng: Any = None) -> Any:
    """Integers from `low` (0 where it is left out) up to `high` of the shape and dtype of x.

    Raises:
        RangeError: no integer lies in between.
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "randint_like")
    span = (0, low) if high is None else (low, high)
    drawn = randint(*span, tuple(model.shape), dtype=dtype_of(dtype, model.dtype), rng=rng)
    return like(x, _of_type(x, drawn.data))


@creation(
    symbol="randperm",
    formula="randperm(n)",
    samples=lambda draw: [
        call(5, rng=0),
        refuses("not negative", -1),
    ],
    lesson=_DRAWN,
)
def randperm(n: int, *, dtype: Any = None, rng: Any = None) -> Tensor:
    """The numbers 0 to n − 1 in random order (int64).

    Raises:
        ShapeError: a negative number.
    """
    (count,) = shape_of((n,), None, "randperm")
    return leaf(generator(rng).permutation(count).astype(dtype_of(dtype, np.int64)))


def _plain(x: Any) -> Any:
    return x.value if isinstance(x, Handle) else x


@creation(
    symbol="normal",
    formula="normal(mean, std)",
    samples=lambda draw: [
        call(0.0, 2.0, (2, 3), rng=0),
        call(draw(3), 0.5, rng=0),
        refuses("not negative", 0.0, -1.0, (2,)),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
    lesson=_DRAWN,
)
def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    rng: Any = None,
) -> Any:
    """Normal numbers of this mean and standard deviation: numbers and a size, or tensors.

    A draw has no gradient; write ``mean + std * randn_like(mean)`` for one that has.

    Raises:
        RangeError: a negative standard deviation.
    """
    if np.any(_plain(std) < 0):
        raise RangeError("normal(): a standard deviation is not negative.")
    return _drawn_around(
        (mean, std), size, dtype, requires_grad, lambda shape, to: _normal(rng, shape, to), _scaled
    )


def _scaled(unit: Array, mean: Any, std: Any) -> Array:
    return mean + std * unit


def _between(unit: Array, low: Any, high: Any) -> Array:
    return low + (high - low) * unit


@creation(
    symbol="uniform",
    formula="uniform(low, high)",
    samples=lambda draw: [
        call(-1.0, 1.0, (2, 3), rng=0),
        call(0.0, draw.between(1, 2, 3), rng=0),
        refuses("is above", 1.0, 0.0, (2,)),
    ],
    lesson=_DRAWN,
)
def uniform(
    low: Any = 0.0,
    high: Any = 1.0,
    size: Any = None,
    *,
    dtype: Any = None,
    requires_grad: bool = False,
    rng: Any = None,
) -> Any:
    """Uniform numbers in [low, high): numbers and a size, or tensors.

    Raises:
        RangeError: `low` is above `high`.
    """
    if np.any(_plain(low) > _plain(high)):
        raise RangeError("uniform(): low is above high.")
    return _drawn_around(
        (low, high),
        size,
        dtype,
        requires_grad,
        lambda shape, to: _uniform(rng, shape, to),
        _between,
    )


def _drawn_around(
    given: tuple[Any, Any], size: Any, dtype: Any, requires_grad: bool, unit: Any, formula: Any
) -> Any:
    """Unit numbers, brought between or around what was given, in its shape or in a size."""
    models = [x for x in given if isinstance(x, Handle) or operand_shape(x)]
    try:
        common = np.broadcast_shapes(*map(operand_shape, given))
    except ValueError as error:
        shapes = " and ".join(str(operand_shape(x)) for x in given)
        raise ShapeError(f"Shapes {shapes} do not broadcast.") from error
    shape = common if size is None else shape_of((size,), None, "size")
    floats = [d for x in models if (d := _plain(x).dtype).kind == "f"]
    to = _floating(dtype, "this draw", floats[0] if floats else None)
    drawn = unit(shape, to)
    if not models:
        return leaf(formula(drawn, *given).astype(to), requires_grad)
    found = formula(_of_type(models[0], drawn), *map(_plain, given)).astype(to)
    return like(models[0], found, requires_grad)


def _why_no_probability(p: Any) -> None:
    if not np.all((p >= 0) & (p <= 1)):
        raise RangeError("bernoulli(): a probability lies between 0 and 1.")


@creation(
    symbol="bernoulli",
    formula="bernoulli(p)",
    samples=lambda draw: [
        call(draw.between(0, 1, 2, 3), rng=0),
        call(draw(2), 0.5, rng=0),
        refuses("between 0 and 1", np.array([1.5])),
        refuses("real numbers", np.array([1])),
    ],
    lesson=_DRAWN,
    methods=("bernoulli",),
)
def bernoulli(x: Any, p: float | None = None, *, rng: Any = None) -> Any:
    """1 with the probability that x states for each element, or with probability `p`; else 0.

    Raises:
        RangeError: no probability.
        DTypeError: x holds integers.
    """
    model = example(x, "bernoulli")
    chance = model if p is None else p
    _why_no_probability(chance)
    _floating(None, "bernoulli", model.dtype)
    drawn = _of_type(x, generator(rng).random(tuple(model.shape)))
    return like(x, (drawn < chance).astype(model.dtype))


@creation(
    symbol="multinomial",
    formula="multinomial(weights)",
    samples=lambda draw: [
        call(draw.between(0, 1, 4), 2, rng=0),
        call(draw.between(0, 1, 2, 3), 5, True, rng=0),
        refuses("not negative", np.array([1.0, -1.0]), 1),
        refuses("without replacement", np.ones(2), 3),
        refuses("vector or a matrix", np.ones((1, 1, 2)), 1),
        refuses("all zero", np.zeros(2), 1),
    ],
    lesson=_DRAWN,
    methods=("multinomial",),
)
def multinomial(x: Any, num_samples: int, replacement: bool = False, *, rng: Any = None) -> Any:
    """Places drawn in proportion to the weights in each row of x (int64).

    Without `replacement` each place at most once, those of weight 0 last.

    Raises:
        RangeError: weights that are negative, infinite or all zero, or too many samples.
        ShapeError: neither a vector nor a matrix.
    """
    weights = example(x, "multinomial")
    if weights.ndim not in (1, 2) or not weights.size:
        raise ShapeError("multinomial() takes a vector or a matrix of weights, one row a draw.")
    if not np.all(np.isfinite(weights) & (weights >= 0)):
        raise RangeError("multinomial(): weights are finite and not negative.")
    if not np.all(weights.sum(axis=-1) > 0):
        raise RangeError("multinomial(): the weights of a row are all zero.")
    if not replacement and num_samples > weights.shape[-1]:
        raise RangeError(
            f"multinomial(): {num_samples} of {weights.shape[-1]} places without replacement."
        )
    draw = _with_replacement if replacement else _without_replacement
    return like(x, draw(weights, num_samples, generator(rng)))


def _with_replacement(weights: Array, count: int, rng: np.random.Generator) -> Array:
    """The first place at which the cumulated weights exceed a uniform share of their sum."""
    ends = np.cumsum(weights, axis=-1)
    share = np.asarray(rng.random((*weights.shape[:-1], count)), like=weights) * ends[..., -1:]
    share = np.minimum(share, np.nextafter(ends[..., -1:], 0))
    return searchsorted(ends, share, right=True)


def _without_replacement(weights: Array, count: int, rng: np.random.Generator) -> Array:
    """The places whose exponential waiting times, at rates equal to the weights, end first."""
    waits = np.asarray(rng.exponential(size=weights.shape), like=weights)
    with np.errstate(divide="ignore"):
        return np.argsort(waits / weights, axis=-1)[..., :count]
