"""Tables of vectors that are looked up by number: words, characters, categories."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.module import Module
from nn.parameter import Parameter, checked
from nn.state import array_of


class _Table(Module):
    """What all tables have in common: rows, first values, the limit on their length."""

    num_embeddings: int
    embedding_dim: int
    padding_idx: int | None
    max_norm: float | None
    norm_type: float
    weight: ag.Tensor

    def _make(
        self,
        sizes: tuple[int, int],
        padding_idx: int | None,
        max_norm: float | None,
        norm_type: float,
    ) -> None:
        """All but the table itself."""
        self.num_embeddings, self.embedding_dim = sizes
        self.padding_idx = _row(padding_idx, sizes[0])
        self.max_norm, self.norm_type = max_norm, norm_type

    def _drawn(self, dtype: Any, rng: Any) -> ag.Tensor:
        """A table with values from N(0, 1), and zeros in the row of the padding."""
        shape = checked((self.num_embeddings, self.embedding_dim), "weight")
        values = ag.generator(rng).standard_normal(shape)
        if self.padding_idx is not None:
            values[self.padding_idx] = 0.0
        return Parameter(values, name="weight", dtype=dtype or ag.get_default_dtype())

    def _limit(self, input: Any) -> None:
        """Shorten the rows that are looked up to `max_norm`, in place, as PyTorch does."""
        if self.max_norm is None:
            return
        rows = np.unique(array_of(input))
        table = self.weight.data
        inside = rows[(rows >= 0) & (rows < self.num_embeddings)]
        lengths = np.sum(np.absolute(table[inside]) ** self.norm_type, axis=1, keepdims=True)
        lengths = lengths ** (1 / self.norm_type)
        factors = np.where(lengths > self.max_norm, self.max_norm / (lengths + 1e-7), 1.0)
        table[inside] *= factors.astype(table.dtype)
        ag.increment_version(self.weight)

    def extra_repr(self) -> str:
        """The arguments that `repr` shows: the sizes, and what differs from the defaults."""
        shown = self._options()
        parts = [f", {name}={value}" for name, value in shown.items() if value is not None]
        return f"{self.num_embeddings}, {self.embedding_dim}{''.join(parts)}"

    def _options(self) -> dict[str, Any]:
        """What `repr` shows after the sizes; None is left out."""
        norm_type = None if self.norm_type == 2 else self.norm_type
        return {"max_norm": self.max_norm, "norm_type": norm_type}

    def describe(self) -> str:
        """``Embedding(65×16)``."""
        return f"{type(self).__name__}({self.num_embeddings}×{self.embedding_dim})"


class Embedding(_Table):
    """The rows of a table by their numbers: a vector for each word.

    Shapes: integers of any shape → (…, embedding_dim). The table starts in N(0, 1).

    Args:
        num_embeddings: the number of rows.
        embedding_dim: the size of a row.
        padding_idx: a row that starts as zeros and never learns.
        max_norm: shorten rows that are looked up to this norm, in place.
        norm_type: which norm that is.
        scale_grad_by_freq: divide a row's gradient by how often the batch looked it up.
        sparse: not supported: gradients are whole arrays.
        dtype: of the table; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Attributes:
        weight: the table, shape (num_embeddings, embedding_dim).

    Raises:
        RangeError: a padding row outside the table, or sparse gradients.

    >>> Embedding(5, 3, padding_idx=0, rng=0)(ag.tensor([[0, 4], [2, 2]])).shape
    (2, 2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
        *,
        dtype: Any = None,
        rng: Any = None,
        _weight: ag.Tensor | None = None,
    ) -> None:
        _check_dense(sparse)
        self.scale_grad_by_freq = scale_grad_by_freq
        sizes = (num_embeddings, embedding_dim)
        self._make(sizes, padding_idx, max_norm, norm_type)
        self.weight = self._drawn(dtype, rng) if _weight is None else _weight

    @classmethod
    def from_pretrained(
        cls, embeddings: Any, freeze: bool = True, padding_idx: int | None = None, **options: Any
    ) -> Embedding:
        """A layer around a copy of a table that exists already.

        Args:
            embeddings: the table, shape (rows, size).
            freeze: whether it stays as it is in training.
            padding_idx, options: as for the class.

        Raises:
            ShapeError: not a table.
        """
        table = _table(embeddings, freeze)
        rows, size = table.shape
        return cls(rows, size, padding_idx, **options, _weight=table)

    def _options(self) -> dict[str, Any]:
        scaled = self.scale_grad_by_freq or None
        padding = {"padding_idx": self.padding_idx}
        return padding | super()._options() | {"scale_grad_by_freq": scaled}

    def forward(self, input: Any) -> Any:
        """weight[input].

        Raises:
            IndexingError: a number that is no row.
            DTypeError: numbers that are not whole.
        """
        self._limit(input)
        scaled = self.scale_grad_by_freq
        return ag.embedding(input, self.weight, self.padding_idx, scale_grad_by_freq=scaled)


class EmbeddingBag(_Table):
    """The sum, mean or maximum of the rows of each bag of numbers, such as a bag of words.

    Shapes: (bags, n) → (bags, embedding_dim); or (n,) with offsets (bags,). An empty bag gives
    zeros.

    Args:
        num_embeddings, embedding_dim, max_norm, norm_type: as in `Embedding`.
        scale_grad_by_freq, sparse: not supported.
        mode: ``'sum'``, ``'mean'`` or ``'max'``.
        include_last_offset: the offsets end with the number of all numbers.
        padding_idx: a row that no bag counts.
        dtype, rng: as in `Embedding`.

    Attributes:
        weight: the table, shape (num_embeddings, embedding_dim).

    Raises:
        RangeError: another mode, or an option that is not supported.

    >>> EmbeddingBag(5, 3, rng=0)(ag.tensor([0, 4, 2]), offsets=ag.tensor([0, 2])).shape
    (2, 3)
    """

    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        mode: str = "mean",
        sparse: bool = False,
        include_last_offset: bool = False,
        padding_idx: int | None = None,
        *,
        dtype: Any = None,
        rng: Any = None,
        _weight: ag.Tensor | None = None,
    ) -> None:
        _check_dense(sparse)
        if scale_grad_by_freq:
            raise ag.RangeError("EmbeddingBag has no scale_grad_by_freq; use nn.Embedding.")
        if mode not in ("sum", "mean", "max"):
            raise ag.RangeError(f"EmbeddingBag(mode={mode!r}): write 'sum', 'mean' or 'max'.")
        self.mode, self.include_last_offset = mode, include_last_offset
        sizes = (num_embeddings, embedding_dim)
        self._make(sizes, padding_idx, max_norm, norm_type)
        self.weight = self._drawn(dtype, rng) if _weight is None else _weight

    @classmethod
    def from_pretrained(cls, embeddings: Any, freeze: bool = True, **options: Any) -> EmbeddingBag:
        """A layer around a copy of a table that exists already; see `Embedding.from_pretrained`."""
        table = _table(embeddings, freeze)
        rows, size = table.shape
        return cls(rows, size, **options, _weight=table)

    def forward(self, input: Any, offsets: Any = None, per_sample_weights: Any = None) -> Any:
        """One vector for each bag.

        Args:
            offsets: where each bag begins, for an input of shape (n,).
            per_sample_weights: a factor for each number, of the input's shape, for sums.

        Raises:
            IndexingError: a number that is no row.
            ArgumentError, RangeError: offsets that are missing, not needed or not in order.
        """
        self._limit(input)
        starts = None if offsets is None else self._starts(array_of(offsets), array_of(input))
        known = (self.mode, per_sample_weights, self.padding_idx)
        return ag.embedding_bag(input, self.weight, starts, *known)

    def _starts(self, offsets: Any, input: Any) -> Any:
        """Where each bag begins."""
        ends = np.append(offsets, input.size)
        if ends[0] != 0 or (np.diff(ends) < 0).any():
            raise ag.RangeError(
                f"EmbeddingBag: offsets say where each bag of {input.size} numbers begins; they "
                f"begin with 0, never fall, and do not go beyond {input.size}."
            )
        return offsets[:-1] if self.include_last_offset else offsets

    def _options(self) -> dict[str, Any]:
        return super()._options() | {"mode": repr(self.mode), "padding_idx": self.padding_idx}


def _check_dense(sparse: bool) -> None:
    if sparse:
        raise ag.RangeError("sparse=True: gradients are whole arrays here; leave it away.")


def _row(padding_idx: int | None, rows: int) -> int | None:
    if padding_idx is None:
        return None
    if not -rows <= padding_idx < rows:
        raise ag.RangeError(f"padding_idx={padding_idx} must be within the {rows} embeddings.")
    return padding_idx % rows


def _table(embeddings: Any, freeze: bool) -> ag.Tensor:
    table = Parameter(embeddings, not freeze, name="weight")
    if table.ndim != 2:
        raise ag.ShapeError(f"from_pretrained: a table has shape (rows, size), got {table.shape}.")
    return table
