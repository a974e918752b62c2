"""New tensors: constants, ranges and grids. No operand flows in, so nothing flows back.

A creation makes a leaf. Numbers take the default float type unless ``dtype=`` says
otherwise, integers int64. What is made after the example of an array (``zeros_like``) is an
array, after a tensor a tensor.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from autograd.core.errors import (
    ArgumentError,
    GlassError,
    GradientError,
    RangeError,
    ShapeError,
)
from autograd.core.mode import get_default_dtype
from autograd.core.node import Array, Handle, as_array, wrap
from autograd.core.primitive import Call, Draw, Operation, Samples, call, refuses, register
from autograd.core.promote import check_numeric
from autograd.core.tensor import Tensor
from autograd.ops.shape import sizes_of

LEAF = "A new tensor is a leaf: nothing flows into it, so no gradient goes further back."


class Creation(Operation):
    """An operation without operands to differentiate: its result is a leaf."""

    differentiable = False


def creation(
    *,
    formula: str,
    samples: Samples,
    lesson: str = LEAF,
    symbol: str = "new",
    methods: tuple[str, ...] = (),
    aliases: tuple[str, ...] = (),
    numpy: tuple[Any, ...] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a function that makes a new tensor; the arguments are those of `Operation`."""

    def define(function: Callable[..., Any]) -> Callable[..., Any]:
        op = Creation(function.__name__, symbol, formula, lesson, samples, methods, aliases, numpy)

        @functools.wraps(function)
        def made(*args: Any, **kwargs: Any) -> Any:
            try:
                return function(*args, **kwargs)
            except GlassError:
                raise
            except TypeError as error:
                raise ArgumentError(f"{op.name}(): {error}.") from error
            except (ValueError, OverflowError) as error:
                raise RangeError(f"{op.name}(): {error}.") from error

        op.function = made
        register(op)
        return made

    return define


def shape_of(args: tuple[Any, ...], size: Any, name: str) -> tuple[int, ...]:
    """The sizes of a new tensor: ``(2, 3)`` as numbers, a tuple or a keyword.

    Raises:
        ArgumentError: none were given, or they are not integers.
        ShapeError: one is negative.
    """
    if not args and size is None:
        raise ArgumentError(f"{name}() needs sizes, such as {name}(2, 3); {name}(()) is a number.")
    found = sizes_of(args, size)
    if min(found, default=0) < 0:
        raise ShapeError(f"{name}(): a size is not negative, got {found}.")
    return found


def dtype_of(dtype: Any, default: Any = None) -> np.dtype[Any]:
    """The dtype that was asked for, else a default (the default float type).

    Raises:
        DTypeError: no dtype of real numbers.
    """
    wanted = np.dtype(get_default_dtype() if default is None else default)
    wanted = wanted if dtype is None else np.dtype(dtype)
    check_numeric(wanted, "the dtype")
    return wanted


def leaf(array: Array, requires_grad: bool = False) -> Tensor:
    """A new leaf around an array that nobody else holds.

    Raises:
        DTypeError: integers that shall have a gradient.
    """
    made: Tensor = wrap(Tensor, as_array(array))
    return made.requires_grad_() if requires_grad else made


def like(x: Any, array: Array, requires_grad: bool = False) -> Any:
    """An array after the example of x: a tensor where x is one, or where a gradient is wanted."""
    return leaf(array, requires_grad) if requires_grad or isinstance(x, Handle) else array


def example(x: Any, name: str) -> Array:
    """The array of an example.

    Raises:
        ArgumentError: it is neither a tensor nor an array.
    """
    array = x.value if isinstance(x, Handle) else x
    if not hasattr(array, "dtype"):
        raise ArgumentError(
            f"{name}() takes a tensor or an array as example, got {type(x).__name__}."
        )
    return array


_SIZES = (
    refuses("needs sizes"),
    refuses("not negative", 2, -1),
    refuses("are integers", 2.5),
)


def _shapes(draw: Draw) -> list[Call]:
    return [call(2, 3), call((2,), dtype=np.float32), call(size=(1, 2)), call(())]


@creation(
    formula="zeros(size)",
    samples=lambda draw: [
        *_shapes(draw),
        *_SIZES,
    ],
)
def zeros(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of zeros: ``zeros(2, 3)``, ``zeros((2, 3), dtype=int)``.

    Raises:
        ArgumentError: no sizes.
        ShapeError: a negative one.
    """
    return leaf(np.zeros(shape_of(sizes, size, "zeros"), dtype_of(dtype)), requires_grad)


@creation(
    formula="ones(size)",
    samples=lambda draw: [
        *_shapes(draw),
        *_SIZES,
    ],
)
def ones(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of ones: ``ones(2, 3)``.

    Raises:
        ArgumentError: no sizes.
        ShapeError: a negative one.
    """
    return leaf(np.ones(shape_of(sizes, size, "ones"), dtype_of(dtype)), requires_grad)


@creation(
    formula="empty(size)",
    samples=lambda draw: [
        call(0, 3),
        call((2, 0)),
        *_SIZES,
    ],
)
def empty(*sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor whose elements are still to be written: anything may stand there.

    Raises:
        ArgumentError: no sizes.
        ShapeError: a negative one.
    """
    return leaf(np.empty(shape_of(sizes, size, "empty"), dtype_of(dtype)), requires_grad)


def number_of(value: Any) -> Any:
    """A plain number from a number or a tensor of one element.

    Raises:
        GradientError: its gradient would be lost.
    """
    if isinstance(value, Handle) and value.needs_grad:
        raise GradientError(
            "full() copies a number and would lose the history of this tensor silently; write "
            "value.expand(size) to keep it."
        )
    return value.item() if hasattr(value, "item") else value


def _kind_of(value: Any) -> Any:
    """The dtype of a number: bool, int64 or the default float type."""
    if isinstance(value, bool):
        return np.bool_
    return np.int64 if isinstance(value, int) else None


@creation(
    formula="full(size, value)",
    samples=lambda draw: [
        call((2, 3), 1.5),
        call(2, 7),
        call((), True),
        call((2,), 1, dtype=float),
        refuses("not negative", (-1,), 1.0),
        refuses("not a number", (2,), "a"),
    ],
)
def full(size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor of one number: ``full((2, 3), 0.5)``; integers give int64, truths bool.

    Raises:
        ShapeError: a negative size.
        ArgumentError: the value is no number.
    """
    value = number_of(fill_value)
    if not isinstance(value, (bool, int, float)):
        raise ArgumentError(f"full(): {fill_value!r} is not a number.")
    chosen = dtype_of(dtype, _kind_of(value))
    return leaf(np.full(shape_of((size,), None, "full"), value, chosen), requires_grad)


@creation(
    formula="zeros_like(x)",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2), dtype=np.int64),
        refuses("as example", [1.0]),
    ],
    numpy=((np.zeros_like, lambda a, dtype=None: zeros_like(a, dtype=dtype)),),
)
def zeros_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Zeros of the shape and dtype of x.

    Raises:
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "zeros_like")
    return like(x, np.zeros_like(model, dtype=dtype_of(dtype, model.dtype)), requires_grad)


@creation(
    formula="ones_like(x)",
    samples=lambda draw: [
        call(draw(2, 3)),
        call(draw(2), dtype=np.int64),
        refuses("as example", [1.0]),
    ],
    numpy=((np.ones_like, lambda a, dtype=None: ones_like(a, dtype=dtype)),),
)
def ones_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """Ones of the shape and dtype of x.

    Raises:
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "ones_like")
    return like(x, np.ones_like(model, dtype=dtype_of(dtype, model.dtype)), requires_grad)


@creation(
    formula="empty_like(x)",
    samples=lambda draw: [
        call(draw(0, 3)),
        refuses("as example", [1.0]),
    ],
    numpy=((np.empty_like, lambda prototype, dtype=None: empty_like(prototype, dtype=dtype)),),
)
def empty_like(x: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """A tensor of the shape and dtype of x whose elements are still to be written.

    Raises:
        ArgumentError: x is neither a tensor nor an array.
    """
    model = example(x, "empty_like")
    return like(x, np.empty_like(model, dtype=dtype_of(dtype, model.dtype)), requires_grad)


def _as_numpy_fills(a: Any, fill_value: Any, dtype: Any = None) -> Any:
    return full_like(a, fill_value, dtype=dtype)


@creation(
    formula="full_like(x, value)",
    samples=lambda draw: [
        call(draw(2, 3), 1.5),
        call(draw(2), 7, dtype=np.int64),
        refuses("as example", [1.0], 2.0),
    ],
    numpy=((np.full_like, _as_numpy_fills),),
)
def full_like(x: Any, fill_value: Any, *, dtype: Any = None, requires_grad: bool = False) -> Any:
    """One number in the shape and dtype of x.

    Raises:
        ArgumentError: x is neither a tensor nor an array.
    """
    model, value = example(x, "full_like"), number_of(fill_value)
    return like(x, np.full_like(model, value, dtype=dtype_of(dtype, model.dtype)), requires_grad)


def _sized(draw: Draw) -> list[Call]:
    return [
        call(draw(2, 3), 4),
        call(draw(2), (2, 1), dtype=np.int64),
        refuses("needs sizes", np.ones(2)),
        refuses("as example", [1.0], 2),
    ]


@creation(
    formula="new_zeros(x, size)",
    samples=_sized,
    methods=("new_zeros",),
)
def new_zeros(
    x: Any, *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False
) -> Any:
    """Zeros of these sizes, in the dtype of x and where it lies: ``x.new_zeros(2, 3)``.

    Raises:
        ShapeError: a negative size.
    """
    return new_full(x, shape_of(sizes, size, "new_zeros"), 0, dtype, requires_grad)


@creation(
    formula="new_ones(x, size)",
    samples=_sized,
    methods=("new_ones",),
)
def new_ones(
    x: Any, *sizes: Any, size: Any = None, dtype: Any = None, requires_grad: bool = False
) -> Any:
    """Ones of these sizes, in the dtype of x and where it lies: ``x.new_ones(2, 3)``.

    Raises:
        ShapeError: a negative size.
    """
    return new_full(x, shape_of(sizes, size, "new_ones"), 1, dtype, requires_grad)


@creation(
    formula="new_full(x, size, value)",
    samples=lambda draw: [
        call(draw(2, 3), (2,), 1.5),
        call(draw(2), (2, 1), 7, dtype=np.int64),
        refuses("not negative", np.ones(2), (-1,), 2.0),
        refuses("as example", [1.0], (2,), 2.0),
    ],
    methods=("new_full",),
)
def new_full(
    x: Any, size: Any, fill_value: Any, dtype: Any = None, requires_grad: bool = False
) -> Any:
    """One number in these sizes, in the dtype of x and where it lies.

    Raises:
        ShapeError: a negative size.
    """
    model, value = example(x, "new_full"), number_of(fill_value)
    shape, chosen = shape_of((size,), None, "new_full"), dtype_of(dtype, model.dtype)
    return like(x, np.full_like(model, value, dtype=chosen, shape=shape), requires_grad)
