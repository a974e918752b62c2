"""How variables go together, and how far points lie apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import alike
from autograd.core.define import composition
from autograd.core.errors import RangeError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.ops.bounds import clamp
from autograd.ops.comparison import where
from autograd.ops.contraction import matmul
from autograd.ops.diagonals import diagonal
from autograd.ops.flattening import unsqueeze
from autograd.ops.indexing import getitem
from autograd.ops.norm import vector_norm
from autograd.ops.reduction import sum
from autograd.ops.shape import NO_SUCH_DIM, at_dim, reshape, to, transpose

_MATRIX = "variables as rows"


def _as_rows(x: Any, name: str) -> Any:
    rank = len(operand_shape(x))
    if rank > 2:
        raise ShapeError(
            f"{name}() takes a matrix with {_MATRIX}, or one variable; got {operand_shape(x)}."
        )
    return reshape(x, (1, -1)) if rank < 2 else x


def _weights(x: Any, fweights: Any, aweights: Any) -> Any:
    """How much each observation counts, in the dtype of x."""
    given = [to(weights, x.dtype) for weights in (fweights, aweights) if weights is not None]
    return given[0] if len(given) < 2 else given[0] * given[1]


@composition(
    symbol="cov",
    formula="cov(x)",
    lesson="Each deviation from the mean gets the deviations of the other variables.",
    samples=lambda draw: [
        call(draw(2, 4)),
        call(draw(5), correction=0),
        call(draw(2, 3), fweights=np.array([1, 2, 1])),
        call(draw(2, 3), aweights=np.array([0.5, 1.0, 2.0])),
        refuses(_MATRIX, np.ones((2, 2, 2))),
    ],
    methods=("cov",),
)
def cov(x: Any, correction: float = 1, fweights: Any = None, aweights: Any = None) -> Any:
    """The covariances of the rows: Σ (x − x̄)(y − ȳ) / (n − correction).

    Args:
        fweights: how often each observation counts.
        aweights: how much each observation weighs.

    Raises:
        ShapeError: neither a matrix nor a vector.
    """
    rows = _as_rows(x, "cov")
    size = operand_shape(rows)[1]
    freedom: Any
    if fweights is None and aweights is None:
        deviations = rows - sum(rows, 1, True) / size
        scaled, freedom = deviations, max(size - correction, 0)
    else:
        w = _weights(rows, fweights, aweights)
        total = sum(w)
        lost = correction * (1 if aweights is None else sum(w * to(aweights, rows.dtype)) / total)
        deviations = rows - sum(rows * w, 1, True) / total
        scaled, freedom = deviations * w, clamp(total - lost, min=0)
    found = matmul(scaled, transpose(deviations, 0, 1)) / freedom
    return found if len(operand_shape(x)) == 2 else reshape(found, ())


@composition(
    symbol="corr",
    formula="corrcoef(x)",
    lesson="What only stretches or shifts a variable gets no gradient.",
    samples=lambda draw: [
        call(draw(2, 4)),
        call(draw(3, 5)),
        refuses(_MATRIX, np.ones((2, 2, 2))),
    ],
    methods=("corrcoef",),
)
def corrcoef(x: Any) -> Any:
    """The correlations of the rows: cov(x, y) / √(var x · var y), between −1 and 1.

    Raises:
        ShapeError: neither a matrix nor a vector.
    """
    found = cov(x)
    if not operand_shape(found):
        return found / found
    spread = diagonal(found) ** 0.5
    return clamp(found / unsqueeze(spread, 1) / spread, -1, 1)


@composition(
    symbol="distances",
    formula="pdist(x)",
    lesson="Each point gets the directions away from all others.",
    samples=lambda draw: [
        call(draw(3, 2)),
        call(draw(3, 2), 1.0),
        call(draw(1, 2)),
        refuses("points as rows", np.ones(3)),
    ],
)
def pdist(input: Any, p: float = 2.0) -> Any:
    """‖x_i − x_j‖_p of each pair of rows i < j, row by row.

    Shapes: (N, D) → (N (N − 1) / 2,).

    Raises:
        ShapeError: not a matrix.
    """
    shape = operand_shape(input)
    if len(shape) != 2:
        raise ShapeError(f"pdist() takes a matrix with points as rows, got shape {shape}.")
    first, second = (alike(index, input) for index in np.triu_indices(shape[0], 1))
    return vector_norm(getitem(input, first) - getitem(input, second), p, -1)


@composition(
    symbol="renorm",
    formula="renorm(x)",
    lesson="Slices that are short enough hand their gradient on; those made shorter lose its part "
    "along themselves.",
    samples=lambda draw: [
        call(draw(3, 2), 2, 0, 1.0),
        call(draw(2, 3), 1, 1, 0.5),
        refuses(NO_SUCH_DIM, np.ones((2, 2)), 2, 2, 1.0),
        refuses("at least two dimensions", np.ones(2), 2, 0, 1.0),
        refuses("not negative", np.ones((2, 2)), 2, 0, -1.0),
    ],
    methods=("renorm",),
)
def renorm(x: Any, p: float, dim: int, maxnorm: float) -> Any:
    """Each slice along `dim` scaled down to a p-norm of `maxnorm`, if it is larger.

    Raises:
        ShapeError: fewer than two dimensions.
        IndexingError: the dimension does not exist.
        RangeError: a negative `maxnorm`.
    """
    rank = len(operand_shape(x))
    kept = at_dim(dim, rank)
    if rank < 2:
        raise ShapeError(f"renorm() takes at least two dimensions, got shape {operand_shape(x)}.")
    if maxnorm < 0:
        raise RangeError(f"renorm(): maxnorm is not negative, got {maxnorm}.")
    norms = vector_norm(x, p, tuple(d for d in range(rank) if d != kept), True)
    return x * where(norms > maxnorm, maxnorm / (norms + 1e-7), 1.0)
