"""Indexing and its adjoint: what `getitem` picks out, `place` puts back among zeros."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from autograd.core.arrays import plain_index, zeros
from autograd.core.define import composition, primitive
from autograd.core.errors import IndexingError, ShapeError
from autograd.core.node import operand_shape
from autograd.core.primitive import call, refuses
from autograd.core.rule import on_arrays
from autograd.ops.shape import NO_SUCH_DIM, Bound, at_dim, sizes_of

FEW = 256
"""Up to this many elements are placed one by one; more of them by counting."""


def index_of(index: Any) -> Any:
    """An index of plain values: tensors and lists as arrays, a single integer as a number."""
    if isinstance(index, (int, slice)) or (isinstance(index, tuple) and _is_simple(index)):
        return index
    return tuple(map(_part, index)) if isinstance(index, tuple) else _part(index)


def _part(part: Any) -> Any:
    if isinstance(part, (list, tuple)):
        return integers_of(part)
    part = plain_index(part)
    single = hasattr(part, "dtype") and part.dtype.kind in "iu" and part.ndim == 0
    return int(part) if single else part


def integers_of(index: Any) -> Any:
    """A list of integers (or booleans) as an array; arrays and tensors as they are.

    Raises:
        IndexingError: the list is not rectangular.
    """
    if hasattr(index, "dtype"):
        return index
    try:
        array = np.asarray(index)
    except ValueError as error:
        raise IndexingError(f"{index!r} is no index: its rows differ in length.") from error
    return array if array.size else array.astype(np.int64)


def _to_index(x: Any, index: Any) -> Bound:
    return (x,), {"index": index_of(index)}


_SIMPLE = frozenset({int, slice, type(None), type(Ellipsis)})


def _is_simple(parts: tuple[Any, ...]) -> bool:
    """Whether all parts are what `is_basic` asks for, and of no other class: seen at once."""
    return _SIMPLE.issuperset(map(type, parts))


def is_basic(index: Any) -> bool:
    """Whether an index is made of integers, slices, None and ... only (no element twice)."""
    parts = index if isinstance(index, tuple) else (index,)
    return _is_simple(parts) or all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice))
        for part in parts
    )


def _is_mask(part: Any) -> bool:
    return getattr(getattr(part, "dtype", None), "kind", "") == "b"


def _is_truth(part: Any) -> bool:
    return isinstance(part, (bool, np.bool_))


def picks_once(index: Any) -> bool:
    """Whether no element can be picked twice: a basic index, or one with a single mask."""
    parts = index if isinstance(index, tuple) else (index,)
    rest = [part for part in parts if not is_basic(part)]
    return not rest or (len(rest) == 1 and _is_mask(rest[0]))


def aim(array: Any, index: Any) -> tuple[Any, Any]:
    """The part of an array that the integers of an index choose, and the rest of the index.

    Like PyTorch, integers are read first: ``x[0, :, rows]`` is ``x[0][:, rows]``. (NumPy
    counts them among the arrays, and these lie apart then, so their dimensions move to the
    front.) An index that does not mix integers, arrays and others is left as it is.
    """
    if not isinstance(index, tuple) or is_basic(index) or any(map(_is_truth, index)):
        return array, index
    if not any(isinstance(part, (int, np.integer)) for part in index):
        return array, index
    first: list[Any] = []
    rest: list[Any] = []
    for part in index:
        if isinstance(part, (int, np.integer)):
            first.append(part)
        elif is_basic(part):
            first.append(part)
            rest.append(Ellipsis if part is Ellipsis else slice(None))
        else:
            first += [slice(None)] * _width(part)
            rest.append(part)
    return array[tuple(first)], tuple(rest)


def _lookup_reason(x: Any, index: Any, **_: Any) -> str | None:
    """Why an index is refused: too many parts, or one that is no index into its dimension."""
    return why_no_index(index, operand_shape(x))


def why_no_index(index: Any, shape: tuple[int, ...]) -> str | None:
    """What is wrong with an index into a shape, in words; None where nothing is found."""
    parts = [p for p in (index if isinstance(index, tuple) else (index,)) if p is not None]
    widths = [_width(part) for part in parts]
    spare = len(shape) - sum(widths)
    if spare < 0:
        return f"too many indices: shape {shape} has {len(shape)} dimension(s)."
    axis = 0
    for part, width in zip(parts, widths, strict=True):
        if part is Ellipsis:
            axis += spare
        elif not isinstance(part, slice) and (wrong := _why_no_part(part, axis, shape)):
            return wrong
        axis += width
    return None


def _width(part: Any) -> int:
    """How many dimensions a part of an index takes: as many as a mask has, else one."""
    if part is Ellipsis or isinstance(part, bool):
        return 0
    return part.ndim if _is_mask(part) else 1


def _why_no_part(part: Any, axis: int, shape: tuple[int, ...]) -> str | None:
    array = np.asarray(part) if isinstance(part, (bool, int)) else part
    kind = getattr(getattr(array, "dtype", None), "kind", "O")
    if kind == "b":
        covered = shape[axis : axis + array.ndim]
        fits = tuple(array.shape) == covered
        return None if fits else f"a mask of shape {array.shape} does not fit over {covered}."
    if kind not in "iu":
        given = f"dtype {array.dtype}" if kind != "O" else type(part).__name__
        return f"an index is made of integers, slices, None, ... and booleans; got {given}."
    return why_outside(array, axis, shape[axis])


def why_outside(index: Any, dim: int, size: int, lowest: int | None = None) -> str | None:
    """Which of these integers is no index into a dimension of `size`; None where all are.

    Args:
        lowest: the smallest integer allowed; ``-size``, counting from the end, by default.
    """
    lowest = -size if lowest is None else lowest
    if not index.size or (index.min() >= lowest and index.max() < size):
        return None
    wrong = int(index.max()) if int(index.max()) >= size else int(index.min())
    span = f": indices go from {lowest} to {size - 1}." if size else "."
    return f"index {wrong} is out of bounds for dimension {dim}, which has size {size}{span}"


@primitive(
    symbol="[ ]",
    formula="x[index]",
    vjp=("place(g, index, x_shape)",),
    linear=True,
    lesson="The elements that were picked get their gradients, those picked twice the sum, "
    "all others zero.",
    samples=lambda draw: [
        call(draw(3, 4), 1),
        call(draw(3, 4), (slice(None), slice(3, 0, -2))),
        call(draw(3, 4), (Ellipsis, None, 0)),
        call(draw(4), np.array([0, 0, 2])),
        call(draw(3, 4), np.arange(12).reshape(3, 4) % 2 == 0),
        call(draw(3, 4), (np.array([0, 2, 2]), np.array([1, 1, 1]))),
        call(draw(2, 2, 2), (np.array([0, 1, 0]), slice(None), np.array(1))),
        refuses("out of bounds", np.ones(3), 3),
        refuses("indices go from -3 to 2", np.ones((2, 3)), (0, np.array([1, -4]))),
        refuses("too many indices", np.ones(3), (0, 0)),
        refuses("does not fit over", np.ones(3), np.array([True, False])),
        refuses("made of integers", np.ones(3), 1.0),
    ],
    methods=("__getitem__",),
    signature=_to_index,
    view=True,
    explain=_lookup_reason,
)
def getitem(x: Any, *, index: Any) -> Any:
    """x[index]: integers, slices (with any step), None, ``...``, boolean and integer arrays.

    Raises:
        IndexingError: an index outside its dimension, too many indices, or no index at all.
    """
    mixed = index.__class__ is tuple and not _is_simple(index)
    part, rest = aim(x, index) if mixed else (x, index)
    picked = part[rest]
    single = picked.__class__ is not np.ndarray and picked.shape == ()
    return looked_at(part, rest) if single else picked


def looked_at(array: Any, index: Any) -> Any:
    """A single element as an array of shape () that shares memory, where NumPy copies it."""
    parts = index if isinstance(index, tuple) else (index,)
    return array[parts if any(part is Ellipsis for part in parts) else (*parts, ...)]


def _to_place(x: Any, index: Any, shape: Any) -> Bound:
    return (x,), {"index": index_of(index), "shape": tuple(shape)}


def _place_reason(x: Any, index: Any, shape: tuple[int, ...]) -> str | None:
    wrong = why_no_index(index, shape)
    return wrong or f"shape {np.shape(x)} is not that of the elements picked from {shape}."


@primitive(
    symbol="place",
    formula="place(x)",
    vjp=("getitem(g, index)",),
    linear=True,
    lesson="Each element's gradient is picked from the place that the element was put.",
    samples=lambda draw: [
        call(draw(4), 1, (3, 4)),
        call(draw(3), np.array([0, 0, 2]), (4,)),
        call(draw(3, 2), (slice(None), slice(3, 0, -2)), (3, 4)),
        call(draw(2), np.array([True, False, True]), (3,)),
        refuses("out of bounds", np.ones(1), 3, (2,)),
        refuses("elements picked", np.ones(3), slice(0, 2), (4,)),
    ],
    signature=_to_place,
    explain=_place_reason,
)
def place(x: Any, *, index: Any, shape: tuple[int, ...]) -> Any:
    """Zeros of `shape` with x added at ``index``: elements that meet add up.

    Raises:
        IndexingError: an index outside its dimension.
        ShapeError: x has another shape than what the index picks.
    """
    axis = _countable_axis(index, x, shape) if x.size > FEW else None
    if axis is not None:
        return _counted(x, axis, index[-1] if isinstance(index, tuple) else index, shape)
    out = zeros(shape, x)
    if is_basic(index):
        out[index] = x
        return out
    part, rest = aim(out, index)
    if picks_once(index):
        part[rest] = x
    else:
        np.add.at(part, rest, x)
    return out


def _placed(x: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """`place` in a rule on arrays: index and shape are what they are in the node."""
    simple = _is_simple(index if index.__class__ is tuple else (index,))
    if x.__class__ is not np.ndarray or not simple:
        return place(x, index, shape)
    out = np.zeros(shape, x.dtype)
    out[index] = x
    return out


on_arrays["place"] = _placed


def _countable_axis(index: Any, x: Any, shape: tuple[int, ...]) -> int | None:
    """The axis of an index that is one integer array among full slices, where counting pays."""
    *before, last = index if isinstance(index, tuple) else (index,)
    axis = len(before)
    whole = all(isinstance(part, slice) and part == slice(None) for part in before)
    if not whole or getattr(getattr(last, "dtype", None), "kind", "O") not in "iu":
        return None
    exact = tuple(x.shape) == (*shape[:axis], *last.shape, *shape[axis + 1 :])
    floats = x.dtype.kind == "f" and x.dtype.itemsize <= 8
    return axis if exact and floats and math.prod(shape) <= 4 * x.size else None


def _counted(x: Any, axis: int, index: Any, shape: tuple[int, ...]) -> Any:
    """`place` along one axis: the sum of the x at each position, by one weighted count.

    Sums run in float64, several times faster than element by element.
    """
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    rows = np.arange(shape[axis], like=index)[np.reshape(index, (-1,))]
    spot = np.arange(before, like=rows).reshape((-1, 1)) * shape[axis] + rows
    spot = spot.reshape((-1, 1)) * after + np.arange(after, like=rows)
    total = np.bincount(spot.reshape(-1), np.reshape(x, (-1,)), math.prod(shape))
    return total.astype(x.dtype).reshape(shape)


@composition(
    symbol="select",
    formula="select(x)",
    lesson="The slice that was picked gets its gradient, all others zero.",
    samples=lambda draw: [
        call(draw(2, 3), 1, -1),
        call(draw(3), 0, 1),
        refuses("out of bounds", np.ones((2, 3)), 1, 3),
        refuses(NO_SUCH_DIM, np.ones((2, 3)), 2, 0),
    ],
    methods=("select",),
)
def select(x: Any, dim: int, index: int) -> Any:
    """The slice at `index` along `dim`, without that dimension.

    Raises:
        IndexingError: the index or the dimension does not exist.
    """
    return getitem(x, (*(slice(None),) * at_dim(dim, len(operand_shape(x))), index))


@composition(
    symbol="narrow",
    formula="narrow(x)",
    lesson="The piece that was cut out gets its gradient, the rest zero.",
    samples=lambda draw: [
        call(draw(2, 4), 1, 1, 2),
        call(draw(4), 0, -2, 2),
        refuses("reaches beyond", np.ones((2, 3)), 1, 2, 2),
        refuses("negative", np.ones(3), 0, 1, -1),
        refuses(NO_SUCH_DIM, np.ones(3), 1, 0, 1),
    ],
    methods=("narrow",),
)
def narrow(x: Any, dim: int, start: int, length: int) -> Any:
    """`length` slices along `dim`, from `start` on.

    Raises:
        IndexingError: the dimension or the start does not exist.
        ShapeError: the piece reaches beyond the end.
    """
    shape = operand_shape(x)
    axis = at_dim(dim, len(shape))
    size = (*shape, 1)[axis]
    start, length = sizes_of((start, length))
    if not -size <= start <= size:
        raise IndexingError(f"narrow(): start {start} is out of bounds for a size of {size}.")
    begin = start + size if start < 0 else start
    if length < 0 or begin + length > size:
        why = "is negative" if length < 0 else f"from {begin} reaches beyond the size {size}"
        raise ShapeError(f"narrow(): a length of {length} {why}.")
    return getitem(x, (*(slice(None),) * axis, slice(begin, begin + length)))
