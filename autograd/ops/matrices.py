"""Matrices as a whole: the exponential, and linear equations between tensors."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.creation import zeros_like
from autograd.ops.flattening import ravel
from autograd.ops.indexing import getitem
from autograd.ops.joining import cat
from autograd.ops.linalg import inv, regular, solve
from autograd.ops.shape import movedim, reshape, sizes_of, transpose

# The Padé approximation of degree 13 and the norm up to which it is exact in float64:
# N. J. Higham, "The scaling and squaring method for the matrix exponential revisited",
# SIAM Journal on Matrix Analysis and Applications 26 (2005).
_DEGREE, _REACH = 13, 5.37
_PADE = [
    float(
        math.factorial(2 * _DEGREE - k)
        * math.factorial(_DEGREE)
        // (math.factorial(k) * math.factorial(_DEGREE - k))
    )
    / math.factorial(_DEGREE)
    for k in range(_DEGREE + 1)
]


def _beside(x: Any, direction: Any) -> Any:
    """The exponential's derivative in a direction: a corner of exp [[x, direction], [0, x]]."""
    size = operand_shape(x)[-1]
    above = cat([x, direction], -1)
    below = cat([zeros_like(x), x], -1)
    corner = (..., slice(None, size), slice(size, None))
    return getitem(matrix_exp(cat([above, below], -2)), corner)


def _to_exponent(g: Any, x: Any) -> Any:
    """the derivative of exp xᵀ in the direction g"""
    return _beside(transpose(x, -1, -2), g)


def _of_exponent(t: Any, x: Any) -> Any:
    """the derivative of exp x in the direction t"""
    return _beside(x, t)


def _no_square(x: Any) -> str | None:
    if x.ndim > 1 and x.shape[-1] == x.shape[-2]:
        return None
    return f"the exponential is one of square matrices, got shape {tuple(x.shape)}."


@primitive(
    symbol="exp",
    formula="matrix_exp(x)",
    vjp=(_to_exponent,),
    jvp=(_of_exponent,),
    lesson="The gradient goes through the exponential of the transposed matrix, on all the ways "
    "between its factors.",
    samples=lambda draw: [
        call(draw(2, 2)),
        call(draw(2, 3, 3)),
        call(3 * draw(2, 2)),
        refuses("square matrices", np.ones((2, 3))),
        refuses("square matrices", np.ones(2)),
    ],
    methods=("matrix_exp",),
    floating=True,
    explain=_no_square,
)
def matrix_exp(x: Any) -> Any:
    """e^x = 1 + x + x²/2 + x³/6 + … of square matrices, by scaling and squaring.

    Raises:
        ShapeError: not square matrices.
    """
    if _no_square(x):
        raise ValueError
    wide = x.astype(np.promote_types(x.dtype, np.float32))
    squarings = _squarings(wide) if x.size else 0
    found = _approximate(wide / 2.0**squarings)
    for _ in range(squarings):
        found = found @ found
    return found.astype(x.dtype)


def _squarings(x: Any) -> int:
    """How often x is halved until the approximation is exact: not at all for an infinite one."""
    norm = np.max(np.sum(np.absolute(x), axis=-2, dtype=np.float64))
    halvings = 0
    while _REACH * 2.0**halvings < norm < np.inf:
        halvings += 1
    return halvings


def _approximate(x: Any) -> Any:
    """p(x) / p(−x) with the Padé polynomial p, its even and odd powers summed apart."""
    square = x @ x
    power = np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype, like=x), x.shape)
    even: Any = 0.0
    odd: Any = 0.0
    for k in range(0, _DEGREE + 1, 2):
        even = even + _PADE[k] / _PADE[0] * power
        odd = odd + _PADE[k + 1] / _PADE[0] * power
        power = power @ square
    odd = x @ odd
    return np.linalg.solve(even - odd, even + odd)


@composition(
    symbol="inverse",
    formula="tensorinv(x)",
    lesson="The inverse hands on the gradient as that of the matrix which the tensor is.",
    samples=lambda draw: [
        call(regular(draw, 4, 4).reshape(4, 2, 2), 1),
        call(regular(draw, 6, 6).reshape(2, 3, 3, 2)),
        refuses("as many elements", np.ones((2, 3, 4))),
        refuses("positive", np.ones((2, 2)), 0),
    ],
    numpy=((np.linalg.tensorinv, lambda a, ind=2: tensorinv(a, ind)),),
)
def tensorinv(x: Any, ind: int = 2) -> Any:
    """The inverse of x as a linear map from its last dimensions to its first `ind` ones.

    Raises:
        ShapeError: the two groups of dimensions do not have equally many elements.
    """
    shape, (split,) = operand_shape(x), sizes_of((ind,))
    if split < 1:
        raise ShapeError(f"tensorinv(): ind, a number of dimensions, is positive, got {ind}.")
    size = math.prod(shape[:split])
    if size != math.prod(shape[split:]):
        raise ShapeError(
            f"tensorinv(): the first {ind} dimensions of shape {shape} must hold as many elements "
            "as the others together."
        )
    return reshape(inv(reshape(x, (size, size))), shape[split:] + shape[:split])


@composition(
    symbol="solve",
    formula="tensorsolve(x, y)",
    lesson="The solution hands on the gradient as that of linear equations does.",
    samples=lambda draw: [
        call(regular(draw, 4, 4).reshape(2, 2, 4), draw(2, 2)),
        call(regular(draw, 4, 4).reshape(2, 2, 2, 2), draw(2, 2), (0,)),
        refuses("as many elements", np.ones((2, 3)), np.ones(2)),
    ],
    numpy=((np.linalg.tensorsolve, lambda a, b, axes=None: tensorsolve(a, b, axes)),),
)
def tensorsolve(x: Any, y: Any, dims: Any = None) -> Any:
    """The tensor z with ``tensordot(x, z, z.ndim) == y``.

    Args:
        dims: dimensions of x to move to its end first.

    Raises:
        ShapeError: x has not as many elements as y times z.
    """
    if dims is not None:
        moved = sizes_of((dims,))
        x = movedim(x, moved, tuple(range(-len(moved), 0)))
    shape, known = operand_shape(x), operand_shape(y)
    unknown, size = shape[len(known) :], math.prod(known)
    if math.prod(unknown) != size or math.prod(shape) != size * size:
        raise ShapeError(
            f"tensorsolve(): there must be as many elements to find as equations; x has shape "
            f"{shape} and y has shape {known}."
        )
    return reshape(solve(reshape(x, (size, size)), ravel(y)), unknown)
