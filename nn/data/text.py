"""Text as numbers: corpora that need no download, vocabularies, and windows for training."""

from __future__ import annotations

import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

import autograd as ag
from nn.data.dataset import as_array
from nn.data.toy import Examples


def text_file(path: str | Path, encoding: str = "utf-8") -> str:
    """The text of a file.

    Raises:
        ArgumentError: there is no such file.
        RangeError: the file is not text in that encoding.
    """
    try:
        return Path(path).read_text(encoding=encoding)
    except OSError as error:
        raise ag.ArgumentError(
            f"text_file: cannot read {str(path)!r}: {error.strerror}."
        ) from error
    except UnicodeDecodeError as error:
        raise ag.RangeError(
            f"text_file: {str(path)!r} is not {encoding} text (byte {error.start}). Name its "
            "encoding, such as encoding='latin-1'."
        ) from error


def python_topics() -> str:
    """English prose: the topics of Python's own ``help()``, some 450,000 characters.

    The text depends on the version of Python.

    Raises:
        MissingPackageError: this Python was installed without them.
    """
    try:
        topics = import_module("pydoc_data.topics").topics
    except ImportError as error:
        raise ag.MissingPackageError(
            "This Python was installed without pydoc_data; install its full standard library, "
            "or use python_source() or text_file(path)."
        ) from error
    return "\n".join(topics[name] for name in sorted(topics))


def python_source(characters: int = 1_000_000) -> str:
    """Code: modules of Python's standard library in alphabetical order.

    Args:
        characters: where the text is cut off.

    The text depends on the version of Python.
    """
    text: list[str] = []
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("[a-z]*.py")):
        text.append(path.read_text(encoding="utf-8"))
        if sum(map(len, text)) >= characters:
            break
    return "".join(text)[:characters]


class Vocabulary:
    """Symbols and their numbers, in sorted order.

    Args:
        symbols: a text, whose characters are the symbols, or any sequence of words.
        unknown: a symbol that stands for all others; without it others are refused.

    Attributes:
        symbols: the symbols; ``symbols[i]`` has the number i.

    >>> vocabulary = Vocabulary("hello")
    >>> vocabulary.symbols, vocabulary.encode("hole")
    (('e', 'h', 'l', 'o'), array([1, 3, 2, 0]))
    >>> vocabulary.decode([1, 3, 2, 0])
    'hole'
    """

    def __init__(self, symbols: Iterable[str], *, unknown: str | None = None) -> None:
        known = {*symbols, *(() if unknown is None else (unknown,))}
        if not known:
            raise ag.RangeError("Vocabulary: no symbols in an empty text.")
        self.symbols, self.unknown = tuple(sorted(known)), unknown
        self._numbers = {symbol: number for number, symbol in enumerate(self.symbols)}

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._numbers

    def encode(self, text: Iterable[str]) -> np.ndarray:
        """The numbers of the symbols of a text, int64.

        Raises:
            RangeError: a symbol that is not known, and there is none for the unknown.
        """
        default = None if self.unknown is None else self._numbers[self.unknown]
        numbers = [self._numbers.get(symbol, default) for symbol in text]
        if None in numbers:
            place = numbers.index(None)
            raise ag.RangeError(
                f"The vocabulary of {len(self)} symbols has no {list(text)[place]!r} (place "
                f"{place}). Build it from the whole text, or give it an unknown symbol."
            )
        return np.array(numbers, dtype=np.int64)

    def decode(self, numbers: Any, separator: str = "") -> str:
        """The text of a row of numbers; for words give a `separator`.

        Raises:
            IndexingError: a number that no symbol has.
        """
        flat = as_array(numbers).ravel().tolist()
        wrong = [n for n in flat if not 0 <= n < len(self)]
        if wrong:
            raise ag.IndexingError(f"There is no symbol {wrong[0]}: 0 to {len(self) - 1}.")
        return separator.join(self.symbols[int(n)] for n in flat)

    def __repr__(self) -> str:
        return f"Vocabulary({len(self)} symbols)"


class SequenceBatches:
    """One long sequence in `batch_size` parallel rows, window by window, for truncated
    backpropagation through time (Williams and Peng 1990).

    Row b of a batch goes on where row b of the batch before ended, so that a recurrent
    state can be carried from one batch to the next (detached). The targets are the inputs
    one step later. What does not fill the last window of every row is left out.

    Args:
        sequence: numbers of symbols (`Vocabulary.encode`), or values, time first.
        batch_size: rows that are read side by side.
        length: time steps in a window.
        batch_first: batches of shape (batch_size, length, …); (length, batch_size, …) with
            False, as recurrent layers take them by default.

    Raises:
        RangeError: the sequence is too short for one window of each row.

    >>> batches = SequenceBatches(np.arange(9), batch_size=2, length=2)
    >>> [(x.tolist(), y.tolist()) for x, y in batches]
    [([[0, 1], [4, 5]], [[1, 2], [5, 6]]), ([[2, 3], [6, 7]], [[3, 4], [7, 8]])]
    """

    def __init__(
        self, sequence: Any, batch_size: int = 32, length: int = 50, *, batch_first: bool = True
    ) -> None:
        self.sequence, self.length, self.batch_first = as_array(sequence), length, batch_first
        self.batch_size = batch_size
        if min(batch_size, length) < 1 or len(self) < 1:
            raise ag.RangeError(
                f"SequenceBatches: {batch_size} rows of windows of {length} need "
                f"{batch_size * length + 1} steps, and the sequence has {len(self.sequence)}."
            )

    def __len__(self) -> int:
        return (len(self.sequence) - 1) // self.batch_size // self.length

    def __iter__(self) -> Iterator[tuple[ag.Tensor, ag.Tensor]]:
        across = (len(self.sequence) - 1) // self.batch_size
        starts = np.arange(self.batch_size)[:, None] * across
        for window in range(len(self)):
            places = starts + window * self.length + np.arange(self.length)
            yield self._rows(places), self._rows(places + 1)

    def _rows(self, places: np.ndarray) -> ag.Tensor:
        return ag.Tensor(self.sequence[places if self.batch_first else places.T])


def sliding_windows(sequence: Any, length: int, step: int = 1) -> Examples:
    """Every window of a sequence, with the same window one step later as the target.

    Args:
        sequence: an array, time first.
        length: time steps in a window.
        step: how far apart the windows begin.

    Returns:
        Inputs and targets of shape (windows, length, …), for a shuffling loader.

    Raises:
        RangeError: the sequence is no longer than a window.

    >>> sliding_windows(np.arange(5), 2, step=2).targets.tolist()
    [[1, 2], [3, 4]]
    """
    array = as_array(sequence)
    if not 1 <= length < len(array) or step < 1:
        raise ag.RangeError(
            f"sliding_windows: windows of {length}, {step} apart, need a sequence that is longer "
            f"than one of them; it has {len(array)} steps."
        )
    places = np.arange(0, len(array) - length, step)[:, None] + np.arange(length)
    return Examples(array[places], array[places + 1])


def split_text(text: Sequence[Any], *fractions: float) -> tuple[Any, ...]:
    """Consecutive parts of a text, such as nine tenths to train on and one held out.

    Raises:
        RangeError: fractions that do not sum to 1.

    >>> split_text("abcdefghij", 0.9, 0.1)
    ('abcdefghi', 'j')
    """
    if abs(sum(fractions) - 1) > 1e-9 or min(fractions, default=0) < 0:
        raise ag.RangeError(f"split_text: the fractions {fractions} do not sum to 1.")
    ends = [round(sum(fractions[:i]) * len(text)) for i in range(len(fractions) + 1)]
    return tuple(text[a:b] for a, b in pairwise(ends))
