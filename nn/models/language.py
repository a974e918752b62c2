"""A language model that reads symbols one by one and says what comes next."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.data.text import Vocabulary
from nn.embedding import Embedding
from nn.evaluating import evaluating, tensor_of
from nn.linear import Linear
from nn.models.recurrent import check_temperature, detached, draw_symbols, recurrent
from nn.module import Module


class LanguageModel(Module):
    """p(next symbol | symbols so far) by a recurrent network (lectures A–E, C1; Graves 2013).

    x_t is a one-hot vector or the row of a table, h_t = cell(x_t, h_{t−1}), and the scores are
    W·h_t + b. Characters or words: whatever the vocabulary numbers.

    Shapes: integers (N, T), with `batch_first=False` (T, N), or (T,) → scores (…, symbols) and
    the state, as the recurrent layer gives it.

    Args:
        vocabulary: an `nn.data.Vocabulary`, or the number of symbols.
        hidden_size: of the recurrent layers.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        num_layers: how many recurrent layers.
        embedding_size: the size of the table's rows; None reads one-hot vectors.
        dropout: the share that is dropped between layers and before the scores, in training.
        batch_first: whether the batch is the first dimension.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: an unknown cell, or fewer than one symbol.

    >>> from nn.data import Vocabulary
    >>> model = LanguageModel(Vocabulary("helo"), hidden_size=8, rng=0)
    >>> scores, state = model(ag.tensor([[0, 1, 2]]))
    >>> scores.shape, len(model.sample(5, prime="h", rng=1))
    ((1, 3, 4), 6)
    """

    def __init__(
        self,
        vocabulary: Vocabulary | int,
        hidden_size: int = 256,
        cell: str = "lstm",
        num_layers: int = 1,
        embedding_size: int | None = None,
        dropout: float = 0.0,
        batch_first: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.vocabulary = vocabulary if isinstance(vocabulary, Vocabulary) else None
        self.symbols = vocabulary if isinstance(vocabulary, int) else len(vocabulary)
        if self.symbols < 1:
            raise ag.RangeError(f"LanguageModel({vocabulary!r}): at least one symbol is needed.")
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.embedding = embedding_size and Embedding(self.symbols, embedding_size, **draw)
        self.recurrent = recurrent(
            cell,
            embedding_size or self.symbols,
            hidden_size,
            num_layers=num_layers,
            batch_first=batch_first,
            dropout=dropout if num_layers > 1 else 0.0,
            **draw,
        )
        self.dropout, self.rng = dropout, draw["rng"]
        self.output = Linear(hidden_size, self.symbols, **draw)

    def forward(self, input: Any, state: Any = None) -> tuple[Any, Any]:
        """The scores of the next symbol at every place, and the state after the last one.

        Args:
            input: the numbers of the symbols.
            state: the state before the first symbol; None starts with zeros.

        Raises:
            DTypeError, IndexingError, RangeError: input that is no numbers of symbols.
            ShapeError: a state of another batch, or no symbols.
        """
        outputs, state = self.recurrent(self._read(tensor_of(input)), state)
        outputs = ag.dropout(outputs, self.dropout, self.training, rng=self.rng)
        return self.output(outputs), state

    def _read(self, numbers: ag.Tensor) -> Any:
        if self.embedding:
            return self.embedding(numbers)
        return ag.one_hot(numbers, num_classes=self.symbols).to(self.output.weight.dtype)

    def sample(
        self,
        length: int,
        prime: Any = "",
        temperature: float = 1.0,
        *,
        state: Any = None,
        rng: Any = None,
    ) -> Any:
        """Let the model write: draw a symbol, read it, and so on.

        p_i ∝ exp(score_i / temperature): at 0 always the likeliest symbol, at 1 as learned.

        Args:
            length: how many symbols to draw.
            prime: what the model reads first, a text or numbers, and what the result begins
                with; where it is empty, one symbol drawn evenly is read instead.
            temperature: how daring the model is.
            state: the state before the prime; None starts with zeros.
            rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

        Returns:
            Prime and symbols: a text, or an array where the model knows no vocabulary.

        Raises:
            RangeError: a negative temperature or length, or a prime that cannot be read.
        """
        check_temperature(temperature)
        if length < 0:
            raise ag.RangeError(f"sample({length}): a length is not negative.")
        draw = ag.generator(rng)
        with evaluating(self):
            numbers = self._written(length, self._primed(prime, draw), temperature, state, draw)
        return numbers if self.vocabulary is None else self.vocabulary.decode(numbers)

    def _primed(self, prime: Any, draw: np.random.Generator) -> np.ndarray:
        if not len(prime):
            return draw.integers(self.symbols, size=1)
        if not isinstance(prime, str):
            return np.asarray(prime, dtype=np.int64)
        if self.vocabulary is None:
            raise ag.RangeError(
                "sample(prime=…): a model that was made with a number of symbols takes numbers; "
                "to read text it needs a Vocabulary: LanguageModel(Vocabulary(text))."
            )
        return self.vocabulary.encode(prime)

    def _written(
        self, length: int, prime: np.ndarray, temperature: float, state: Any, draw: Any
    ) -> np.ndarray:
        written = list(prime)
        unread = prime
        for _ in range(length):
            scores, state = self(ag.tensor(unread), state)
            unread = draw_symbols(scores.data[-1:], temperature, draw)
            written.append(unread[0])
        return np.array(written, dtype=np.int64)

    def describe(self) -> str:
        """``LanguageModel(65 symbols, LSTM(65→256))``."""
        return f"LanguageModel({self.symbols} symbols, {self.recurrent.describe()})"


class CarriedState:
    """The state of a `LanguageModel` handed from one batch to the next, its history cut off.

    Truncated backpropagation through time (Williams & Peng 1990) over batches that go on where
    the ones before ended, as those of `nn.data.SequenceBatches`. It is what `optim.fit` takes
    as ``forward``; the state starts anew when training and evaluation take turns, or when
    `reset` is called, which ``callbacks`` can do after each epoch.

    >>> import nn
    >>> model, carried = LanguageModel(3, 4, rng=0), CarriedState()
    >>> batches = nn.data.SequenceBatches([0, 1, 2] * 5, batch_size=2, length=3)
    >>> [carried(model, batch)[0].shape for batch in batches]
    [(6, 3), (6, 3)]
    """

    def __init__(self) -> None:
        self.state: Any = None
        self._training: bool | None = None

    def reset(self, *_: Any) -> None:
        """Start the next batch with zeros; arguments are ignored."""
        self.state = None

    def __call__(self, model: LanguageModel, batch: Any) -> tuple[Any, Any]:
        """The scores of a batch (inputs, targets) and its targets, both in one row.

        Raises:
            ShapeError: another number of parallel rows than the batch before.
        """
        inputs, targets = batch
        if model.training is not self._training:
            self.reset()
        self._training = model.training
        scores, state = model(inputs, self.state)
        self.state = detached(state)
        return ag.reshape(scores, (-1, model.symbols)), ag.reshape(targets, (-1,))
