"""Products over chosen dimensions and products of chains, in terms of others."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.define import composition
from autograd.core.errors import ShapeError
from autograd.core.primitive import call, refuses
from autograd.ops.arithmetic import mul
from autograd.ops.contraction import matmul
from autograd.ops.einstein import LETTERS, einsum
from autograd.ops.recurrence import array_of


def _axes(dims: Any, x_rank: int) -> tuple[list[int], list[int]]:
    """The dimensions of both operands that meet."""
    if isinstance(dims, int):
        return list(range(x_rank - dims, x_rank)), list(range(dims))
    first, second = ([axes] if isinstance(axes, int) else list(axes) for axes in dims)
    return first, second


def _np_tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    return tensordot(a, b, axes)


@composition(
    symbol="einsum",
    formula="tensordot(x, y)",
    lesson="Each factor gets the gradient times the other one over the dimensions it lacks.",
    samples=lambda draw: [
        call(draw(2, 3), draw(3, 2), 1),
        call(draw(2, 3), draw(2, 3)),
        call(draw(2, 3, 2), draw(2, 3), ([0, 1], [0, 1])),
        call(draw(2), draw(3), 0),
        refuses("has sizes", np.ones((2, 3)), np.ones((2, 3)), 1),
    ],
    numpy=((np.tensordot, _np_tensordot),),
)
def tensordot(x: Any, other: Any, dims: Any = 2) -> Any:
    """Σ of products over the last `dims` dimensions of x and the first ones of the other.

    Two lists in `dims` name the dimensions that meet.

    Raises:
        ShapeError: sizes that meet differ.
    """
    x_rank, y_rank = len(np.shape(array_of(x))), len(np.shape(array_of(other)))
    left, right = _axes(dims, x_rank)
    if len(left) != len(right) or max(x_rank, y_rank) < len(left):
        raise ShapeError(f"tensordot(): {len(left)} and {len(right)} dimensions cannot meet.")
    ours = list(LETTERS[:x_rank])
    theirs = list(LETTERS[x_rank : x_rank + y_rank])
    for a, b in zip(left, right, strict=True):
        theirs[b] = ours[a]
    met = {ours[a] for a in left}
    output = "".join(letter for letter in (*ours, *theirs) if letter not in met)
    return einsum(f"{''.join(ours)},{''.join(theirs)}->{output}", x, other)


@composition(
    symbol="·",
    formula="inner(x, y)",
    lesson="Each factor gets the gradient times the other one over the dimensions it lacks.",
    samples=lambda draw: [
        call(draw(3), draw(3)),
        call(draw(2, 3), draw(3)),
        call(draw(2, 3), draw(2, 3)),
        call(draw(2), draw()),
        refuses("has sizes", np.ones((2, 3)), np.ones((2, 2))),
    ],
    methods=("inner",),
    numpy=(np.inner,),
)
def inner(x: Any, other: Any) -> Any:
    """Σ of products over the last dimension of both operands; numbers multiply.

    Raises:
        ShapeError: the sizes of the last dimensions differ.
    """
    if not np.ndim(array_of(x)) or not np.ndim(array_of(other)):
        return mul(x, other)
    return tensordot(x, other, ([-1], [-1]))


def _best_splits(sizes: list[int]) -> dict[tuple[int, int], int]:
    """Where to split each run of a chain of matrices, so that the least is multiplied."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits: dict[tuple[int, int], int] = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            prices = {
                k: cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            }
            splits[i, j] = min(prices, key=prices.__getitem__)
            cost[i, j] = prices[splits[i, j]]
    return splits


def _chain_of(tensors: Any) -> list[Any]:
    found = list(tensors) if isinstance(tensors, (list, tuple)) else []
    ranks = [np.ndim(array_of(x)) for x in found]
    if len(found) < 2 or any(r != 2 for r in ranks[1:-1]) or {*ranks[:1], *ranks[-1:]} - {1, 2}:
        raise ShapeError(
            "multi_dot() takes a list of at least two matrices (the first and the last may be "
            f"vectors), got shapes {[np.shape(array_of(x)) for x in found]}."
        )
    return found


@composition(
    symbol="@",
    formula="multi_dot(xs)",
    lesson="Each factor gets the gradient multiplied by all that stands left and right of it.",
    samples=lambda draw: [
        call([draw(2, 3), draw(3, 2), draw(2, 4)]),
        call([draw(3), draw(3, 2), draw(2)]),
        call([draw(2, 3), draw(3, 2)]),
        refuses("at least two", [np.ones((2, 2))]),
        refuses("must equal", [np.ones((2, 2)), np.ones((3, 2)), np.ones((2, 2))]),
    ],
    numpy=((np.linalg.multi_dot, lambda arrays: multi_dot(arrays)),),
)
def multi_dot(tensors: Any) -> Any:
    """The product of a chain of matrices, in the order that takes the fewest multiplications.

    Raises:
        ShapeError: fewer than two factors, or sizes that do not fit.
    """
    factors = _chain_of(tensors)
    shapes = [np.shape(array_of(x)) for x in factors]
    rows = shapes[0][0] if len(shapes[0]) == 2 else 1
    sizes = [rows, *(s[0] for s in shapes[1:]), shapes[-1][1] if len(shapes[-1]) == 2 else 1]
    splits = _best_splits(sizes)
    made: dict[tuple[int, int], Any] = {(i, i): x for i, x in enumerate(factors)}
    for i, j in _inner_first((0, len(factors) - 1), splits):
        k = splits[i, j]
        made[i, j] = matmul(made[i, k], made[k + 1, j])
    return made[0, len(factors) - 1]


def _inner_first(
    whole: tuple[int, int], splits: dict[tuple[int, int], int]
) -> list[tuple[int, int]]:
    """The runs to multiply, each after the two that it is made of."""
    runs, waiting = [], [whole]
    while waiting:
        i, j = run = waiting.pop()
        if i < j:
            runs.append(run)
            waiting += [(i, splits[run]), (splits[run] + 1, j)]
    return runs[::-1]
