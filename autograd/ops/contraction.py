"""Products that sum over a shared dimension."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import primitive
from autograd.core.errors import DTypeError
from autograd.core.node import Handle, Node
from autograd.core.primitive import call, refuses
from autograd.core.products import ProductSum
from autograd.ops.shape import transpose


def _turned(x: Any) -> Any:
    """Each matrix transposed; a plain array goes without the record that a tensor needs."""
    return x.mT if x.__class__ is np.ndarray else transpose(x, -1, -2)


def _to_left(
    g: Any, y: Any, x_shape: tuple[int, ...], y_shape: tuple[int, ...], x_edge: Any
) -> Any:
    """g @ yᵀ"""
    if len(x_shape) == 2 and isinstance(x_edge, Handle) and len(y_shape) < 3:
        rows = y.reshape((1, -1)) if len(y_shape) == 1 else _turned(y)
        columns = g.reshape((-1, 1)) if len(y_shape) == 1 else g
        if ProductSum.pays(columns, rows):
            return ProductSum(columns, rows)
    if len(y_shape) == 1:
        return g.reshape((*g.shape, 1)) * y
    if len(x_shape) == 1:
        return (y @ g.reshape((*g.shape, 1))).reshape((*y_shape[:-2], y_shape[-2]))
    return g @ _turned(y)


def _to_right(
    g: Any, x: Any, x_shape: tuple[int, ...], y_shape: tuple[int, ...], y_edge: Any
) -> Any:
    """xᵀ @ g"""
    if len(y_shape) == 2 and isinstance(y_edge, Handle) and len(x_shape) < 3:
        columns = x.reshape((-1, 1)) if len(x_shape) == 1 else _turned(x)
        rows = g.reshape((1, -1)) if len(x_shape) == 1 else g
        if ProductSum.pays(columns, rows):
            return ProductSum(columns, rows)
    if len(x_shape) == 1:
        return (
            x.reshape((-1, 1)) * g.reshape((*g.shape[:-1], 1, *g.shape[-1:]))
            if len(y_shape) > 1
            else x * g
        )
    if len(y_shape) == 1:
        rows = x.reshape((-1, x_shape[-1]))
        return g.reshape((-1,)) @ rows
    if _is_turned(y_edge):  # so that the gradient lies in memory as the weight does
        return _turned(_turned(g) @ x)
    return _turned(x) @ g


def _is_turned(edge: Any) -> bool:
    """Whether a factor is a transposed matrix, such as the Wᵀ of a linear layer."""
    return isinstance(edge, Node) and edge.op.name in ("t", "transpose")


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
    return np.matmul(x, y)
