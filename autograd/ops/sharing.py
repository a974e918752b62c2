"""Memory that is there already: arrays as tensors without a copy, and tensors back from a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ArgumentError, DTypeError, GradientError
from autograd.core.node import Handle, array_of
from autograd.core.primitive import call, refuses
from autograd.core.promote import check_numeric, ordinary
from autograd.core.tensor import Tensor, tensor
from autograd.ops.creation import leaf, like
from autograd.ops.shape import to


def from_numpy(array: Any) -> Tensor:
    """A leaf around an array of NumPy's, without a copy: what changes one changes the other.

    A change of the array itself goes unnoticed, as one through `Tensor.numpy` does; `guard`
    finds it.

    Raises:
        ArgumentError: it is no NumPy array.
        DTypeError: it holds no real numbers, or in the order of bytes of other machines.

    >>> import numpy as np
    >>> array = np.zeros(2)
    >>> shared = from_numpy(array)
    >>> array[0] = 5.0
    >>> shared
    tensor([5., 0.])
    """
    if not _is_numpys(array):
        raise ArgumentError(
            f"from_numpy() takes an array of NumPy's, got {type(array).__name__}; tensor() copies "
            "whatever holds numbers."
        )
    check_numeric(array.dtype, "from_numpy(): the array")
    if not array.dtype.isnative:
        raise DTypeError(
            f"from_numpy(): the bytes of {array.dtype} lie in the other order than this machine's; "
            "tensor() copies and turns them."
        )
    return leaf(ordinary(array) if isinstance(array, np.ndarray) else array)


def _is_numpys(array: Any) -> bool:
    """Whether it is an array of NumPy's, or one that takes notes in its place (see `compile`)."""
    return isinstance(array, np.ndarray) or hasattr(array, "recorder")


def as_tensor(data: Any, dtype: Any = None) -> Tensor:
    """A tensor, with a copy only where one is needed.

    A tensor comes back as it is, with its history; an array of NumPy's shares its memory; all
    else, and another dtype, is copied.

    Raises:
        DTypeError: the data are no real numbers.
        ShapeError: nested lists of unequal lengths.

    >>> x = tensor([1.0], requires_grad=True)
    >>> as_tensor(x) is x
    True
    """
    if isinstance(data, Tensor):
        kept: Tensor = data if dtype is None or data.dtype == np.dtype(dtype) else to(data, dtype)
        return kept
    same = _is_numpys(data) and dtype in (None, data.dtype) and data.dtype.isnative
    return from_numpy(data) if same else tensor(data, dtype=dtype)


@composition(
    symbol="cpu",
    formula="x",
    lesson="What lies in the computer's own memory stays where it is: the operand comes back.",
    samples=lambda draw: [
        call(draw(2, 3)),
        refuses("a tensor or an array", [1.0]),
    ],
    methods=("cpu",),
)
def cpu(x: Any) -> Any:
    """x itself; where it lies on a GPU, its numbers as an array of NumPy's: ``x.detach().cpu()``.

    Raises:
        GradientError: it lies on a GPU and requires a gradient, which would be lost.
    """
    array = array_of(x)
    if not hasattr(array, "dtype"):
        raise ArgumentError(f"cpu() takes a tensor or an array, got {type(x).__name__}.")
    if not hasattr(array, "get"):  # as the arrays of CuPy have
        return x
    if isinstance(x, Handle) and x.needs_grad:
        raise GradientError(
            "cpu(): this tensor requires a gradient, and no gradient flows back to the GPU. Write "
            ".detach().cpu() if the numbers are all that you want."
        )
    return like(x, np.asarray(array.get()))
