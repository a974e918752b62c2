"""Products that sum over a shared dimension."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.blas import product, rows_of
from autograd.core.define import primitive
from autograd.core.errors import DTypeError
from autograd.core.node import Handle, Node, operand_shape
from autograd.core.primitive import call, refuses
from autograd.core.products import ProductSum
from autograd.ops.shape import transpose


def _turned(x: Any) -> Any:
    """Each matrix transposed; a plain array goes without the record that a tensor needs."""
    return x.mT if x.__class__ is np.ndarray else transpose(x, -1, -2)


def _to_left(g: Any, y: Any, x_edge: Any) -> Any:
    """g @ yᵀ"""
    if y.ndim == g.ndim == 2:
        rows = _turned(y)
        return ProductSum(g, rows) if _waits(x_edge, g, rows) else product(g, rows)
    if y.ndim == 1:
        columns = g.reshape((*g.shape, 1))
        if g.ndim == 1 and _waits(x_edge, columns, rows := y.reshape((1, -1))):
            return ProductSum(columns, rows)
        return columns * y
    if len(operand_shape(x_edge)) == 1:
        return (y @ g.reshape((*g.shape, 1))).reshape(y.shape[:-1])
    return product(g, _turned(y))


def _to_right(g: Any, x: Any, y_edge: Any) -> Any:
    """xᵀ @ g"""
    if x.ndim > 2 and len(operand_shape(y_edge)) == 2:  # one matrix met all of a stack
        x, g = rows_of(x), rows_of(g)
    if x.ndim > 1 and _is_turned(y_edge):  # so that the gradient lies in memory as the weight does
        return _turned(product(_turned(g), x))
    if x.ndim == g.ndim == 2:
        columns = _turned(x)
        return ProductSum(columns, g) if _waits(y_edge, columns, g) else product(columns, g)
    rank = len(operand_shape(y_edge))
    if x.ndim == 1 and rank > 1:
        columns, rows = x.reshape((-1, 1)), g.reshape((*g.shape[:-1], 1, *g.shape[-1:]))
        thin = rank == 2 and _waits(y_edge, columns, rows)
        return ProductSum(columns, rows) if thin else columns * rows
    if x.ndim == 1:
        return x * g
    if rank == 1:
        return g.reshape((-1,)) @ x.reshape((math.prod(g.shape), x.shape[-1]))
    return _turned(x) @ g


def _waits(edge: Any, x: Any, y: Any) -> bool:
    """Whether x @ y waits for its like: a leaf may meet many thin products."""
    return isinstance(edge, Handle) and ProductSum.pays(x, y)


def _is_turned(edge: Any) -> bool:
    """Whether a factor is a transposed matrix, such as the Wᵀ of a linear layer."""
    turned = isinstance(edge, Node) and edge.op.name in ("t", "transpose")
    return turned and len(operand_shape(edge)) > 1  # a vector can be transposed, too


def one_dtype(name: str, x: Any, y: Any) -> None:
    """Refuse two arrays of different dtypes, as PyTorch does in products.

    Raises:
        DTypeError: the dtypes differ.
    """
    if getattr(x, "dtype", None) != getattr(y, "dtype", None) and np.ndim(x) and np.ndim(y):
        raise DTypeError(
            f"{name} takes one dtype, got {x.dtype} and {y.dtype}; convert one with .to(dtype)."
        )


def _matmul_reason(x: Any, y: Any) -> str:
    shapes = np.shape(x), np.shape(y)
    if () in shapes:
        return "a matrix product takes vectors and matrices; multiply by a number with *."
    inner = shapes[0][-1], shapes[1][-2] if len(shapes[1]) > 1 else shapes[1][0]
    if inner[0] == inner[1]:
        return f"the leading dimensions of {shapes[0]} and {shapes[1]} do not broadcast."
    advice = ""
    if len(shapes[1]) > 1 and shapes[1][-1] == inner[0]:
        advice = " The second operand would fit transposed: x @ y.T."
    return (
        f"shapes {shapes[0]} @ {shapes[1]}: the last dimension of the first ({inner[0]}) must "
        f"equal the second-last of the second ({inner[1]}).{advice}"
    )


@primitive(
    symbol="@",
    formula="x @ y",
    vjp=(_to_left, _to_right),
    multilinear=True,
    lesson="Each factor gets the gradient multiplied by the other factor transposed.",
    samples=lambda draw: [
        call(draw(2, 3), draw(3, 4)),
        call(draw(3), draw(3)),
        call(draw(2, 3), draw(3)),
        call(draw(3), draw(3, 2)),
        call(draw(2, 2, 3), draw(3, 2)),
        call(draw(2, 1, 2, 3), draw(2, 3, 2)),
        call(draw(2, 2, 3), draw(3)),
        call(draw(3), draw(2, 3, 2)),
        refuses("must equal", np.ones((2, 3)), np.ones((2, 3))),
        refuses("x @ y.T", np.ones((2, 3)), np.ones((4, 3))),
        refuses("with *", np.ones((2, 3)), 2.0),
        refuses("one dtype", np.ones((2, 2), np.float32), np.ones((2, 2))),
    ],
    methods=("__matmul__", "__rmatmul__", "matmul"),
    numpy=(np.matmul,),
    explain=_matmul_reason,
)
def matmul(x: Any, y: Any) -> Any:
    """The matrix product x @ y, batched over leading dimensions.

    Shapes: (…, n, k) @ (…, k, m) → (…, n, m); a vector counts as a row on the left and
    as a column on the right. ∂: g·yᵀ and xᵀ·g.

    Raises:
        ShapeError: the inner sizes differ, or an operand has no dimension.
        DTypeError: the dtypes differ.
    """
    one_dtype("matmul", x, y)
    return product(x, y)
