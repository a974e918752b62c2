"""Batches of sequences of different lengths: padded, and packed without the padding."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

import autograd as ag
from nn.module import shape_of, with_shape


class PackedSequence(NamedTuple):
    """Sequences of different lengths, step by step, with nothing in between.

    First come the first steps of all sequences, then the second steps of those that have one,
    and so on, the longest sequence always in front.

    Attributes:
        data: (total number of steps, …).
        batch_sizes: how many sequences have a first step, a second, …
        sorted_indices: where each sequence, the longest first, stood in the given order;
            None where they were sorted.
        unsorted_indices: the way back.
    """

    data: Any
    batch_sizes: ag.Tensor
    sorted_indices: ag.Tensor | None = None
    unsorted_indices: ag.Tensor | None = None


def pack_padded_sequence(
    input: Any, lengths: Any, batch_first: bool = False, enforce_sorted: bool = True
) -> PackedSequence:
    """A padded batch (T, N, …) without its padding.

    Args:
        input: the batch; (N, T, …) with `batch_first`.
        lengths: the number of steps of each sequence, at least one and at most T.
        batch_first: whether the batch is the first dimension.
        enforce_sorted: refuse sequences that are not sorted by falling length; else sort.

    Raises:
        ShapeError: not one length for each sequence, or fewer than two dimensions.
        RangeError: a length that is no number of steps, or sequences that are not sorted.

    >>> packed = pack_padded_sequence(ag.tensor([[1, 3], [2, 0]]), [2, 1])
    >>> packed.data.tolist(), packed.batch_sizes.tolist()
    ([1, 3, 2], [2, 1])
    """
    shape = shape_of(input)
    if len(shape) < 2:
        raise ag.ShapeError(f"pack_padded_sequence() takes a batch (T, N, …), got shape {shape}.")
    steps, batch = (shape[1], shape[0]) if batch_first else (shape[0], shape[1])
    count = _lengths(lengths, steps, batch)
    order = np.argsort(-count, kind="stable")
    if enforce_sorted and not (np.diff(count) <= 0).all():
        raise ag.RangeError(
            f"pack_padded_sequence(): the lengths {count.tolist()} do not fall; sort the "
            "sequences, or let it sort with enforce_sorted=False."
        )
    running = np.arange(steps)[:, None] < count[order]
    time, place = np.nonzero(running[: count.max()])
    who = order[place]
    data = input[(who, time) if batch_first else (time, who)]
    sizes = ag.tensor(running.sum(1)[: count.max()])
    if enforce_sorted:
        return PackedSequence(data, sizes)
    return PackedSequence(data, sizes, ag.tensor(order), ag.tensor(np.argsort(order)))


def _lengths(lengths: Any, steps: int, batch: int) -> Any:
    """One length for each sequence.

    Raises:
        ShapeError, RangeError: too few or many of them, or one that is no number of steps.
    """
    count = np.asarray(lengths.data if isinstance(lengths, ag.Tensor) else lengths)
    if count.shape != (batch,) or not batch:
        raise ag.ShapeError(
            f"A batch of {batch} sequences has one length for each, and at least one sequence; "
            f"got lengths of shape {count.shape}."
        )
    if count.dtype.kind not in "iu" or count.min() < 1 or count.max() > steps:
        raise ag.RangeError(
            f"Each length is a whole number between 1 and the {steps} steps of the batch, got "
            f"{count.tolist()}. A sequence of no steps has no state: leave it out."
        )
    return count.astype(np.int64)


def _lengths_of(packed: PackedSequence) -> Any:
    """The lengths of the sequences, in the order in which they lie in the data."""
    sizes = packed.batch_sizes.data
    return (np.arange(sizes[0]) < sizes[:, None]).sum(0)


def pad_packed_sequence(
    sequence: PackedSequence,
    batch_first: bool = False,
    padding_value: float = 0.0,
    total_length: int | None = None,
) -> tuple[Any, ag.Tensor]:
    """The padded batch (T, N, …), in the order that was given, and the lengths.

    Args:
        sequence: the packed sequences.
        batch_first: whether to give (N, T, …) instead.
        padding_value: what follows the end of a sequence.
        total_length: T; the length of the longest sequence otherwise.

    Raises:
        RangeError: a total length shorter than the longest sequence.
        ArgumentError: what is not packed.
    """
    if not isinstance(sequence, PackedSequence):
        raise ag.ArgumentError(
            "pad_packed_sequence() takes what pack_padded_sequence() gave, and not "
            f"{sequence!r:.60}"
        )
    sizes = sequence.batch_sizes.data
    steps = len(sizes) if total_length is None else total_length
    if steps < len(sizes):
        raise ag.RangeError(
            f"pad_packed_sequence(): total_length={steps}, and the longest sequence has "
            f"{len(sizes)} steps."
        )
    table = np.full((steps, sizes[0]), len(sequence.data))
    table[: len(sizes)][np.arange(sizes[0]) < sizes[:, None]] = np.arange(len(sequence.data))
    lengths = _lengths_of(sequence)
    if sequence.unsorted_indices is not None:
        order = sequence.unsorted_indices.data
        table, lengths = table[:, order], lengths[order]
    like = sequence.data.data
    padding = np.full_like(like, padding_value, shape=(1, *like.shape[1:]))
    rows = ag.cat([sequence.data, padding])
    return rows[table.T if batch_first else table], ag.tensor(lengths)


def pad_sequence(
    sequences: Sequence[Any],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> ag.Tensor:
    """Sequences (Tᵢ, …) as one batch (T, N, …), the shorter ones padded.

    Args:
        sequences: tensors that differ in their first dimension only.
        batch_first: whether to give (N, T, …) instead.
        padding_value: what the shorter ones are padded with.
        padding_side: ``"right"`` or ``"left"``.

    Raises:
        ShapeError: no sequences, or shapes that differ otherwise.
        RangeError: another side.

    >>> pad_sequence([ag.tensor([1, 2, 3]), ag.tensor([4])]).tolist()
    [[1, 4], [2, 0], [3, 0]]
    """
    if padding_side not in ("right", "left"):
        raise ag.RangeError(f"padding_side is 'right' or 'left', got {padding_side!r}.")
    sequences = [with_shape(s) for s in sequences]
    shapes = [shape_of(s) for s in sequences]
    if not shapes or any(shape[1:] != shapes[0][1:] or not shape for shape in shapes):
        raise ag.ShapeError(
            "pad_sequence() takes at least one tensor (T, …), all alike but for T; got shapes "
            f"{', '.join(map(str, shapes)) or 'of none'}."
        )
    longest = max(shape[0] for shape in shapes)
    padded = [_padded(s, longest, padding_value, padding_side) for s in sequences]
    return ag.stack(padded, 0 if batch_first else 1)


def _padded(x: Any, length: int, value: float, side: str) -> Any:
    missing = length - x.shape[0]
    if not missing:
        return x
    array = x.data if isinstance(x, ag.Tensor) else x
    padding = np.full_like(array, value, shape=(missing, *array.shape[1:]))
    return ag.cat([x, padding] if side == "right" else [padding, x])


def unpad_sequence(padded_sequences: Any, lengths: Any, batch_first: bool = False) -> list[Any]:
    """The sequences of a padded batch, each cut to its length: `pad_sequence` undone.

    Raises:
        ShapeError, RangeError: as `pack_padded_sequence`.
    """
    shape = shape_of(padded_sequences)
    steps, batch = (shape[1], shape[0]) if batch_first else (shape[0], shape[1])
    count = _lengths(lengths, steps, batch)
    rows = ag.unbind(padded_sequences, 0 if batch_first else 1)
    return [row[:length] for row, length in zip(rows, count.tolist(), strict=True)]


def pack_sequence(sequences: Sequence[Any], enforce_sorted: bool = True) -> PackedSequence:
    """Sequences (Tᵢ, …) packed, the longest first unless they shall be sorted here.

    Raises:
        ShapeError, RangeError: as `pad_sequence` and `pack_padded_sequence`.
    """
    lengths = [shape_of(s)[0] for s in sequences]
    return pack_padded_sequence(pad_sequence(sequences), lengths, enforce_sorted=enforce_sorted)


def unpack_sequence(packed_sequences: PackedSequence) -> list[Any]:
    """The sequences, in the order that was given: `pack_sequence` undone."""
    padded, lengths = pad_packed_sequence(packed_sequences, batch_first=True)
    return unpad_sequence(padded, lengths, batch_first=True)
