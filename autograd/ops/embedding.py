"""Rows of a table by number: word vectors, one-hot vectors, and bags of either."""

from __future__ import annotations

from typing import Any

import numpy as np

from autograd.core.arrays import alike, plain_index
from autograd.core.define import composition, primitive
from autograd.core.errors import ArgumentError, DTypeError, IndexingError, RangeError, ShapeError
from autograd.core.node import Handle, operand_shape
from autograd.core.primitive import Call, Draw, call, refuses
from autograd.ops.comparison import where
from autograd.ops.indexing import getitem, place
from autograd.ops.shape import reshape


def _to_embedding(
    input: Any,
    weight: Any,
    padding_idx: int | None = None,
    *,  # max_norm stands here in PyTorch
    scale_grad_by_freq: bool = False,
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    rows = operand_shape(weight)[0] if operand_shape(weight) else 0
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise RangeError(f"padding_idx={padding_idx} must be within the {rows} embeddings.")
        padding_idx %= rows
    known = {"padding_idx": padding_idx, "scale_grad_by_freq": bool(scale_grad_by_freq)}
    return (input, weight), known


def _check_table(input: Any, weight: Any) -> None:
    """Refuse what is no table, or no index into it.

    Raises:
        ShapeError, DTypeError, IndexingError: with the reason.
    """
    if weight.ndim != 2:
        raise ShapeError(f"the weight of an embedding is a table (rows, size), got {weight.shape}.")
    if input.dtype.kind not in "iu":
        raise DTypeError(
            f"embedding: indices are integers, got {input.dtype}; convert them with .to(int)."
        )
    if input.size and not (input.min() >= 0 and input.max() < weight.shape[0]):
        wrong = int(input.max()) if int(input.max()) >= weight.shape[0] else int(input.min())
        raise IndexingError(
            f"index out of range in self: {wrong}. The table has {weight.shape[0]} rows, so "
            f"indices go from 0 to {weight.shape[0] - 1}."
        )


def _to_rows(
    g: Any, input: Any, weight_shape: Any, padding_idx: int | None, scale_grad_by_freq: bool
) -> Any:
    """g, added up at the rows that were looked up; the padding row gets zero"""
    rows: Any = np.reshape(plain_index(input), (-1,))
    gradients = reshape(g, (rows.size, weight_shape[1]))
    factors = np.ones_like(rows, dtype=g.dtype)
    if scale_grad_by_freq:
        factors = factors / np.bincount(rows, minlength=1)[rows]
    if padding_idx is not None:
        factors = factors * (rows != padding_idx)
    if scale_grad_by_freq or padding_idx is not None:
        gradients = gradients * factors.astype(g.dtype).reshape((-1, 1))
    return place(gradients, rows, weight_shape)


@primitive(
    symbol="embed",
    formula="weight[input]",
    vjp=(None, _to_rows),
    jvp=(None, "embedding(input, t)"),
    lesson="A row that was looked up gets the gradient, looked up twice the sum, and all others "
    "zero; so does the padding row.",
    samples=lambda draw: [
        call(np.array([[0, 2], [2, 1]]), draw(3, 2)),
        call(np.array([1, 1, 0]), draw(3, 2)),
        refuses("index out of range in self", np.array([3]), np.ones((3, 2))),
        refuses("index out of range in self", np.array([-1]), np.ones((3, 2))),
        refuses("indices are integers", np.array([1.0]), np.ones((3, 2))),
        refuses("a table", np.array([1]), np.ones(3)),
        refuses("within the 3", np.array([1]), np.ones((3, 2)), 3),
    ],
    signature=_to_embedding,
)
def embedding(
    input: Any, weight: Any, *, padding_idx: int | None = None, scale_grad_by_freq: bool = False
) -> Any:
    """The rows of a table by their numbers: weight[input].

    Shapes: any, (rows, size) → (…, size). ∂/∂weight adds up the gradients of each row.

    Args:
        padding_idx: a row whose gradient is zero, so that it never learns.
        scale_grad_by_freq: divide a row's gradient by how often it was looked up.

    Raises:
        IndexingError: a negative index, or one beyond the last row.
        DTypeError: the indices are not integers.
    """
    _check_table(input, weight)
    return np.take(weight, input, axis=0)


@primitive(
    symbol="one hot",
    formula="one_hot(tensor)",
    lesson="Class numbers are counted, not measured: no gradient passes.",
    samples=lambda draw: [
        call(np.array([0, 2, 1])),
        call(np.array([[1], [0]]), 3),
        refuses("non-negative", np.array([-1, 2])),
        refuses("smaller than num_classes", np.array([3]), 3),
        refuses("integers", np.array([0.5])),
        refuses("no values", np.zeros(0, int)),
    ],
)
def one_hot(tensor: Any, *, num_classes: int = -1) -> Any:
    """Vectors of zeros with a one at the class (int64, not differentiable).

    Shapes: (…) → (…, num_classes); as many classes as the largest number asks for by default.

    Raises:
        RangeError: a negative class, or one that is not smaller than `num_classes`.
        DTypeError: classes that are not integers.
    """
    if tensor.dtype.kind not in "iu":
        raise DTypeError(f"one_hot: classes are integers, got {tensor.dtype}; use .to(int).")
    if num_classes == -1 and not tensor.size:
        raise RangeError("one_hot: with no values there is no largest class; give num_classes.")
    if tensor.size and tensor.min() < 0:
        raise RangeError(f"one_hot: class values must be non-negative, got {int(tensor.min())}.")
    classes = int(tensor.max()) + 1 if num_classes == -1 else num_classes
    if tensor.size and tensor.max() >= classes:
        raise RangeError(
            f"one_hot: class values must be smaller than num_classes={classes}, got "
            f"{int(tensor.max())}."
        )
    return (tensor[..., None] == np.arange(classes, like=tensor)).astype(np.int64)


def _bags(draw: Draw) -> list[Call]:
    table = draw.apart(4, 2)
    return [
        call(np.array([[0, 2], [2, 3]]), table),
        call(np.array([0, 2, 1, 3]), table, np.array([0, 1]), mode="sum"),
        call(np.array([[0, 2], [2, 1]]), table, None, "max"),
    ]


@composition(
    symbol="bags",
    formula="mean(weight[input])",
    lesson="Every row of a bag gets the gradient of the bag, divided by its size for a mean.",
    samples=lambda draw: [
        *_bags(draw),
        refuses("'sum', 'mean' or 'max'", np.array([[1]]), np.ones((3, 2)), None, "min"),
        refuses("where each bag begins", np.array([1]), np.ones((3, 2))),
        refuses("begin with 0", np.array([1, 0]), np.ones((3, 2)), np.array([1])),
    ],
)
def embedding_bag(
    input: Any,
    weight: Any,
    offsets: Any = None,
    mode: str = "mean",
    per_sample_weights: Any = None,
    padding_idx: int | None = None,
) -> Any:
    """The sum, mean or maximum of the rows of each bag; an empty bag gives zeros.

    Shapes: (bags, n), (rows, size) → (bags, size); or (n,) with `offsets` (bags,) that say
    where each bag begins.

    Args:
        per_sample_weights: a factor for each row, with ``mode="sum"`` only.
        padding_idx: a row that no bag counts.

    Raises:
        ArgumentError: another mode, or offsets that are missing or too many.
        RangeError: offsets that do not begin with 0, or fall.
        IndexingError: an index outside the table.
    """
    if mode not in ("sum", "mean", "max"):
        raise ArgumentError(f"embedding_bag: mode={mode!r}; write 'sum', 'mean' or 'max'.")
    if per_sample_weights is not None and mode != "sum":
        raise ArgumentError("embedding_bag: per_sample_weights go with mode='sum' only.")
    indices, owners, bags = _bags_of(plain_index(input), offsets)
    kept = None
    if padding_idx is not None:
        kept = indices != padding_idx % operand_shape(weight)[0]
    rows = embedding(indices, weight)
    if per_sample_weights is not None:
        rows = rows * reshape(per_sample_weights, (-1, 1))
    owners = alike(owners, rows)
    if mode == "max" and len(owners):
        return _largest(rows, owners, kept, bags)
    return _added(rows, owners, kept, bags, mode == "mean")


def _bags_of(indices: Any, offsets: Any) -> tuple[Any, Any, int]:
    """All indices in one row, the bag of each of them, and how many bags there are."""
    indices = indices if hasattr(indices, "ndim") else np.asarray(indices)
    if (indices.ndim == 1) == (offsets is None):
        raise ArgumentError(
            "embedding_bag: an input of shape (bags, n) holds its bags itself; one of shape (n,) "
            "takes offsets that say where each bag begins."
        )
    if offsets is None:
        count, size = indices.shape
        return np.reshape(indices, (-1,)), np.repeat(np.arange(count), size), count
    starts, places = plain_index(offsets), np.arange(len(indices), like=indices)
    starts = starts if hasattr(starts, "ndim") else np.asarray(starts)
    _check_starts(starts, len(indices))
    return indices, np.searchsorted(starts, places, side="right") - 1, len(starts)


def _check_starts(starts: Any, count: int) -> None:
    """Refuse offsets that no rows of bags have.

    Raises:
        RangeError: saying what they have to be.
    """
    falls = np.any(starts[1:] < starts[:-1])
    if not len(starts) or bool((starts[0] != 0) | falls | (starts[-1] > count)):
        raise RangeError(
            f"embedding_bag: offsets say where each bag of {count} indices begins; they begin with "
            f"0, never fall, and do not go beyond {count}."
        )


def _added(rows: Any, owners: Any, kept: Any, bags: int, mean: bool) -> Any:
    """The sum of the rows of each bag, or their mean."""
    if kept is not None:
        rows = where(kept[:, None], rows, 0.0)
    sums = place(rows, owners, (bags, operand_shape(rows)[1]))
    if not mean:
        return sums
    counts = np.bincount(owners, None if kept is None else kept, bags)
    return sums / np.reshape(np.maximum(counts, 1), (-1, 1)).astype(sums.dtype)


def _largest(rows: Any, owners: Any, kept: Any, bags: int) -> Any:
    """The first of the largest numbers of each bag; zeros where it owns none."""
    values = rows.value if isinstance(rows, Handle) else rows
    if kept is not None:
        values = np.where(kept[:, None], values, -np.inf)
    count, size = values.shape
    most = np.full((bags, size), -np.inf, values.dtype, like=values)
    np.maximum.at(most, owners, values)
    best = (values == most[owners]) | np.isnan(values)
    best = best if kept is None else best & kept[:, None]
    first = np.full((bags, size), count, like=values)
    np.minimum.at(first, owners, np.where(best, np.arange(count, like=values)[:, None], count))
    index = np.minimum(first, count - 1), np.arange(size, like=values)
    return where(first < count, getitem(rows, index), 0.0)
