"""A product of matrices or vectors, scaled and added to something: the ``add…`` family."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ShapeError
from autograd.core.primitive import call, refuses
from autograd.ops.arithmetic import add, mul
from autograd.ops.products import bmm, mm, mv, outer
from autograd.ops.recurrence import array_of
from autograd.ops.reduction import sum

_SUM = "The product gets the gradient times alpha, the summand gets it times beta."


def _scaled(x: Any, factor: float) -> Any:
    return x if factor == 1 else mul(x, factor)


def _add(summand: Any, product: Any, beta: float, alpha: float) -> Any:
    """beta·summand + alpha·product; with beta = 0 the summand does not count, NaN or not."""
    shape = tuple(product.shape)
    if not _broadcasts(np.shape(array_of(summand)), shape):
        raise ShapeError(
            f"The summand of shape {np.shape(array_of(summand))} does not broadcast to the "
            f"product, which has shape {shape}."
        )
    product = _scaled(product, alpha)
    return product if beta == 0 else add(_scaled(summand, beta), product)


def _broadcasts(shape: tuple[int, ...], to: tuple[int, ...]) -> bool:
    """Whether a shape can be stretched to another one."""
    sizes = zip(shape[::-1], to[::-1], strict=False)
    return len(shape) <= len(to) and all(size in (1, wanted) for size, wanted in sizes)


@composition(
    symbol="+ @",
    formula="x + mat1 @ mat2",
    lesson=_SUM,
    samples=lambda draw: [
        call(draw(2), draw(3, 2), draw(2, 2)),
        call(draw(2, 2), draw(2, 3), draw(3, 2), beta=0.5, alpha=2.0),
        refuses("must have 2", np.ones(2), np.ones(2), np.ones((2, 2))),
    ],
    methods=("addmm",),
)
def addmm(x: Any, mat1: Any, mat2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta·x + alpha·(mat1 @ mat2); x broadcasts.

    Raises:
        ShapeError: a factor is no matrix, or shapes do not fit.
    """
    return _add(x, mm(mat1, mat2), beta, alpha)


@composition(
    symbol="+ @",
    formula="x + batch1 @ batch2",
    lesson=_SUM,
    samples=lambda draw: [
        call(draw(2, 2), draw(2, 2, 3), draw(2, 3, 2)),
        call(draw(2), draw(1, 2, 3), draw(1, 3, 2), beta=0.5, alpha=2.0),
        refuses("must have 3", np.ones(2), np.ones((2, 2)), np.ones((2, 2))),
    ],
    methods=("baddbmm",),
)
def baddbmm(x: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta·x + alpha·(batch1 @ batch2), matrix by matrix; x broadcasts.

    Raises:
        ShapeError: a factor is no stack of matrices, or shapes do not fit.
    """
    return _add(x, bmm(batch1, batch2), beta, alpha)


@composition(
    symbol="+ Σ@",
    formula="x + sum(batch1 @ batch2)",
    lesson=_SUM,
    samples=lambda draw: [
        call(draw(2, 2), draw(2, 2, 3), draw(2, 3, 2)),
        call(draw(2), draw(2, 1, 3), draw(2, 3, 2), beta=0.5, alpha=2.0),
        refuses("must have 3", np.ones(2), np.ones((2, 2)), np.ones((2, 2))),
    ],
    methods=("addbmm",),
)
def addbmm(x: Any, batch1: Any, batch2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta·x + alpha·Σ(batch1 @ batch2), summed over the stack; x broadcasts.

    Raises:
        ShapeError: a factor is no stack of matrices, or shapes do not fit.
    """
    return _add(x, sum(bmm(batch1, batch2), 0), beta, alpha)


@composition(
    symbol="+ @",
    formula="x + mat @ vec",
    lesson=_SUM,
    samples=lambda draw: [
        call(draw(2), draw(2, 3), draw(3)),
        call(draw(), draw(2, 3), draw(3), beta=0.5, alpha=2.0),
        refuses("must have 1", np.ones(2), np.ones((2, 3)), np.ones((3, 1))),
    ],
    methods=("addmv",),
)
def addmv(x: Any, mat: Any, vec: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta·x + alpha·(mat @ vec); x broadcasts.

    Raises:
        ShapeError: the factors are no matrix and vector, or shapes do not fit.
    """
    return _add(x, mv(mat, vec), beta, alpha)


@composition(
    symbol="+ ⊗",
    formula="x + outer(vec1, vec2)",
    lesson=_SUM,
    samples=lambda draw: [
        call(draw(2, 3), draw(2), draw(3)),
        call(draw(3), draw(2), draw(3), beta=0.5, alpha=2.0),
        refuses("two vectors", np.ones((2, 2)), np.ones((2, 2)), np.ones(2)),
    ],
    methods=("addr",),
)
def addr(x: Any, vec1: Any, vec2: Any, *, beta: float = 1, alpha: float = 1) -> Any:
    """beta·x + alpha·(vec1 ⊗ vec2); x broadcasts.

    Raises:
        ShapeError: a factor is no vector, or shapes do not fit.
    """
    return _add(x, outer(vec1, vec2), beta, alpha)
