"""Products of vectors and matrices by their own names, most of them written with `matmul`."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition, primitive
from autograd.core.errors import ShapeError
from autograd.core.primitive import REGISTRY, call, refuses
from autograd.ops.arithmetic import mul
from autograd.ops.contraction import matmul
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import sum
from autograd.ops.shape import reshape

_PRODUCT = "Each factor gets the gradient multiplied by the other factor."
_KINDS = ("numbers", "vectors", "matrices", "stacks of matrices")


def check_ranks(name: str, *expected: tuple[str, Any, int]) -> None:
    """Check how many dimensions the operands have.

    Raises:
        ShapeError: one has more or fewer.
    """
    for operand, x, rank in expected:
        if np.ndim(array_of(x)) != rank:
            raise ShapeError(
                f"{name}(): {operand} must have {rank} dimension(s), and its shape is "
                f"{np.shape(array_of(x))}; {name} takes {_KINDS[rank]} there. "
                "matmul (x @ y) takes any of them."
            )


@composition(
    symbol="@",
    formula="x @ y",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(2, 3), draw(3, 4)),
        refuses("must have 2", np.ones(3), np.ones((3, 2))),
    ],
    methods=("mm",),
)
def mm(x: Any, mat2: Any) -> Any:
    """The product of two matrices: (n, k) and (k, m) give (n, m).

    Raises:
        ShapeError: an operand is no matrix, or the inner sizes differ.
    """
    check_ranks("mm", ("x", x, 2), ("mat2", mat2, 2))
    return matmul(x, mat2)


@composition(
    symbol="@",
    formula="x @ y",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(2, 2, 3), draw(2, 3, 2)),
        refuses("must have 3", np.ones((2, 2)), np.ones((2, 2, 2))),
        refuses("as many matrices", np.ones((1, 2, 2)), np.ones((2, 2, 2))),
    ],
    methods=("bmm",),
)
def bmm(x: Any, mat2: Any) -> Any:
    """The products of two stacks of matrices: (b, n, k) and (b, k, m) give (b, n, m).

    Raises:
        ShapeError: an operand is no stack of matrices, or the sizes differ.
    """
    check_ranks("bmm", ("x", x, 3), ("mat2", mat2, 3))
    if x.shape[0] != mat2.shape[0]:
        raise ShapeError(
            f"bmm(): both stacks must hold as many matrices, got {x.shape[0]} and "
            f"{mat2.shape[0]}; matmul (x @ y) broadcasts."
        )
    return matmul(x, mat2)


@composition(
    symbol="@",
    formula="x @ y",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(2, 3), draw(3)),
        refuses("must have 1", np.ones((2, 3)), np.ones((3, 1))),
    ],
    methods=("mv",),
)
def mv(x: Any, vec: Any) -> Any:
    """The product of a matrix and a vector: (n, k) and (k,) give (n,).

    Raises:
        ShapeError: an operand has another number of dimensions, or the sizes differ.
    """
    check_ranks("mv", ("x", x, 2), ("vec", vec, 1))
    return matmul(x, vec)


def _np_dot(x: Any, y: Any) -> Any:
    """``np.dot``: numbers multiply, else the last dimension meets the last but one."""
    if not np.ndim(array_of(x)) or not np.ndim(array_of(y)):
        return mul(x, y)
    return matmul(x, y) if np.ndim(array_of(y)) <= 2 else _refuse_dot(x, y)


def _refuse_dot(x: Any, y: Any) -> Any:
    raise ShapeError(
        f"np.dot of shapes {np.shape(array_of(x))} and {np.shape(array_of(y))} pairs every "
        "matrix with every other; write tensordot(x, y, ([-1], [-2])) for that, or x @ y."
    )


@composition(
    symbol="·",
    formula="x @ y",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(3), draw(3)),
        refuses("must have 1", np.ones((2, 2)), np.ones(2)),
    ],
    methods=("dot",),
    numpy=((np.dot, _np_dot),),
)
def dot(x: Any, tensor: Any) -> Any:
    """Σ x·y of two vectors.

    Raises:
        ShapeError: an operand is no vector, or the sizes differ.
    """
    check_ranks("dot", ("x", x, 1), ("tensor", tensor, 1))
    return matmul(x, tensor)


def _np_vdot(x: Any, y: Any) -> Any:
    return dot(reshape(x, (-1,)), reshape(y, (-1,)))


@composition(
    symbol="·",
    formula="x @ y",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(3), draw(3)),
        refuses("must have 1", np.ones((2, 2)), np.ones(2)),
    ],
    methods=("vdot",),
    numpy=((np.vdot, _np_vdot),),
)
def vdot(x: Any, other: Any) -> Any:
    """Σ x·y of two vectors (of real numbers it is `dot`).

    Raises:
        ShapeError: an operand is no vector, or the sizes differ.
    """
    check_ranks("vdot", ("x", x, 1), ("other", other, 1))
    return matmul(x, other)


@composition(
    symbol="·",
    formula="sum(x * y)",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(2, 3), draw(2, 3)),
        call(draw(3, 2), draw(3, 1), dim=0),
        refuses("do not broadcast", np.ones(2), np.ones(3)),
    ],
)
def vecdot(x: Any, y: Any, *, dim: int = -1) -> Any:
    """Σ x·y along one dimension; the others broadcast.

    Raises:
        ShapeError: the shapes do not broadcast, or the dimension does not exist.
    """
    return sum(mul(x, y), dim)


def _np_outer(a: Any, b: Any) -> Any:
    return outer(reshape(a, (-1,)), reshape(b, (-1,)))


def _outer_reason(x: Any, y: Any) -> str:
    return f"an outer product takes two vectors, got shapes {np.shape(x)} and {np.shape(y)}."


@primitive(
    symbol="⊗",
    formula="outer(x, y)",
    vjp=("g @ y", "x @ g"),
    multilinear=True,
    lesson="Each vector gets the matrix of gradients times the other vector.",
    samples=lambda draw: [
        call(draw(2), draw(3)),
        call(draw(1), draw(2)),
        refuses("two vectors", np.ones((2, 2)), np.ones(2)),
    ],
    methods=("outer", "ger"),
    aliases=("ger",),
    promote=True,
    numpy=((np.outer, _np_outer),),
    explain=_outer_reason,
)
def outer(x: Any, y: Any) -> Any:
    """xᵢ·yⱼ for all pairs: (n,) and (m,) give (n, m). ∂/∂x = g @ y, ∂/∂y = x @ g.

    Raises:
        ShapeError: an operand is no vector.
    """
    if np.ndim(x) != 1 or np.ndim(y) != 1:
        raise ValueError
    return np.multiply(np.reshape(x, (-1, 1)), y)


def _np_cross(a: Any, b: Any, *, axis: int = -1) -> Any:
    return cross(a, b, axis)


def _cross_reason(x: Any, y: Any, dim: int) -> str:
    return (
        f"a cross product takes vectors of 3 numbers along dim={dim}, and other dimensions that "
        f"broadcast, got shapes {np.shape(x)} and {np.shape(y)}."
    )


@primitive(
    symbol="×",
    formula="cross(x, y)",
    vjp=("cross(y, g, dim)", "cross(g, x, dim)"),
    multilinear=True,
    lesson="Each vector gets the cross product of the gradient with the other vector.",
    samples=lambda draw: [
        call(draw(3), draw(3)),
        call(draw(2, 3), draw(2, 3)),
        call(draw(3, 2), draw(3, 1), dim=0),
        refuses("3 numbers", np.ones(2), np.ones(2)),
        refuses("3 numbers", np.ones((2, 3)), np.ones((4, 3))),
    ],
    methods=("cross",),
    promote=True,
    numpy=((np.cross, _np_cross),),
    explain=_cross_reason,
)
def cross(x: Any, y: Any, *, dim: int = -1) -> Any:
    """The vector x × y, orthogonal to both, along `dim`; other dimensions broadcast.

    ∂/∂x = y × g, ∂/∂y = g × x.

    Raises:
        ShapeError: the size along `dim` is not 3, or the shapes do not broadcast.
    """
    if x.shape[dim] != 3 or y.shape[dim] != 3:
        raise ValueError
    return np.cross(x, y, axis=dim)


@composition(
    symbol="⊗",
    formula="kron(x, y)",
    lesson=_PRODUCT,
    samples=lambda draw: [
        call(draw(2, 2), draw(2, 3)),
        call(draw(2), draw(3)),
        call(draw(2, 2), draw(2)),
        call(draw(), draw(2)),
    ],
    methods=("kron",),
    numpy=(np.kron,),
)
def kron(x: Any, other: Any) -> Any:
    """The Kronecker product: each element of x times all of the other operand, as blocks."""
    ours, theirs = np.shape(array_of(x)), np.shape(array_of(other))
    rank = max(len(ours), len(theirs))
    ours, theirs = (1,) * (rank - len(ours)) + ours, (1,) * (rank - len(theirs)) + theirs
    left = reshape(x, [size for n in ours for size in (n, 1)])
    right = reshape(other, [size for n in theirs for size in (1, n)])
    return reshape(mul(left, right), [n * m for n, m in zip(ours, theirs, strict=True)])


def _on_diagonal(g: Any, x_shape: tuple[int, ...]) -> Any:
    """g on the diagonal, zero elsewhere"""
    rows, columns = x_shape
    return g * np.eye(rows, columns, dtype=g.dtype, like=array_of(g))


def _as_numpy_traces(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """``np.trace``: of any diagonal, along any two dimensions."""
    return sum(REGISTRY["diagonal"].function(a, offset, axis1, axis2), -1)


@primitive(
    symbol="tr",
    formula="trace(x)",
    vjp=(_on_diagonal,),
    linear=True,
    lesson="A trace hands its gradient on to the elements of the diagonal.",
    samples=lambda draw: [
        call(draw(3, 3)),
        call(draw(2, 3)),
        refuses("a matrix", np.ones(3)),
    ],
    methods=("trace",),
    numpy=((np.trace, _as_numpy_traces),),
    explain=lambda x: f"a trace is of a matrix (two dimensions), got shape {np.shape(x)}.",
)
def trace(x: Any) -> Any:
    """Σ xᵢᵢ of a matrix. ∂/∂x = 1 on the diagonal, 0 elsewhere.

    Raises:
        ShapeError: the operand is no matrix.
    """
    if x.ndim != 2:
        raise ValueError
    return np.trace(x)
