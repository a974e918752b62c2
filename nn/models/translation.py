"""From one sequence to another: an encoder, a decoder, and attention between them."""

from __future__ import annotations

from typing import Any

import numpy as np

import autograd as ag
from nn.embedding import Embedding
from nn.evaluating import evaluating, tensor_of
from nn.linear import Linear
from nn.models.recurrent import check_temperature, draw_symbols, recurrent
from nn.module import Module


class EncoderDecoder(Module):
    """One network reads a sequence, another writes one (Sutskever et al. 2014; lectures A, C, E).

    The state in which the encoder ends is the one in which the decoder begins. In training
    the decoder reads the target one step late, beginning with the symbol `start`; when it
    writes by itself (`generate`), it reads its own symbols.

    With attention (Luong et al. 2015) each step t of the decoder looks back at the encoder's
    outputs e_s: a = softmax_s(h_tᵀ·W_a·e_s), and h_t is replaced by tanh(W_c·[Σ_s a_s·e_s; h_t]).

    Shapes: source (N, S), target (N, T), integers → scores (N, T, target_symbols); with
    `batch_first=False` (S, N), (T, N) → (T, N, target_symbols).

    Args:
        source_symbols, target_symbols: how many symbols there are on either side.
        embedding_size: the size of the rows that stand for the symbols.
        hidden_size: of encoder and decoder.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        num_layers: how many recurrent layers on either side.
        attention: whether the decoder looks back at the source.
        dropout: the share that is dropped between layers, in training.
        start: the target symbol that the decoder reads first.
        stop: the target symbol that ends a sequence, or None.
        batch_first: whether the batch is the first dimension.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: an unknown cell, or a start or stop that is no target symbol.

    >>> model = EncoderDecoder(5, 6, rng=0)
    >>> source = ag.tensor([[1, 4, 2], [3, 1, 0]])
    >>> model(source, ag.tensor([[1, 2], [5, 3]])).shape, model.generate(source, 4).shape
    ((2, 2, 6), (2, 4))
    """

    def __init__(
        self,
        source_symbols: int,
        target_symbols: int,
        embedding_size: int = 32,
        hidden_size: int = 64,
        cell: str = "lstm",
        num_layers: int = 1,
        attention: bool = False,
        dropout: float = 0.0,
        start: int = 0,
        stop: int | None = None,
        batch_first: bool = True,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        self.start, self.stop, self.batch_first = start, stop, batch_first
        self.target_symbols = target_symbols
        self._check_symbols()
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        layers = {"num_layers": num_layers, "batch_first": True, "dropout": dropout, **draw}
        self.source_embedding = Embedding(source_symbols, embedding_size, **draw)
        self.encoder = recurrent(cell, embedding_size, hidden_size, **layers)
        self.target_embedding = Embedding(target_symbols, embedding_size, **draw)
        self.decoder = recurrent(cell, embedding_size, hidden_size, **layers)
        self.attention = DotAttention(hidden_size, **draw) if attention else None
        self.output = Linear(hidden_size, target_symbols, **draw)

    def forward(self, source: Any, target: Any, lengths: Any = None) -> Any:
        """The scores of every target symbol, given the source and the target before it.

        Args:
            source: the numbers of the symbols that the encoder reads.
            target: those that the decoder shall write.
            lengths: how many steps each source of a padded batch has.

        Raises:
            DTypeError, IndexingError: no numbers of symbols.
            ShapeError: no batch, or batches of different sizes.
        """
        source, target = self._turned(source), self._turned(target)
        if source.shape[0] != target.shape[0]:
            raise ag.ShapeError(
                f"EncoderDecoder: {source.shape[0]} sources and {target.shape[0]} targets; "
                "each source needs one."
            )
        encoded, state = self.encode(source, lengths)
        start = ag.full((target.shape[0], 1), self.start)
        scores, _ = self.decode(ag.cat([start, target[:, :-1]], 1), encoded, state, lengths)
        return scores if self.batch_first else ag.transpose(scores, 0, 1)

    def encode(self, source: Any, lengths: Any = None) -> tuple[Any, Any]:
        """The encoder's outputs (N, S, hidden) and its last state, a vector for each sentence."""
        encoded, state = self.encoder(self.source_embedding(source), lengths=lengths)
        return encoded, state

    def decode(self, read: Any, encoded: Any, state: Any, lengths: Any = None) -> tuple[Any, Any]:
        """The scores (N, T, symbols) after each symbol that the decoder reads, and its state."""
        outputs, state = self.decoder(self.target_embedding(read), state)
        if self.attention is not None:
            outputs = self.attention(outputs, encoded, lengths)
        return self.output(outputs), state

    def generate(
        self,
        source: Any,
        length: int,
        temperature: float = 0.0,
        *,
        lengths: Any = None,
        rng: Any = None,
    ) -> np.ndarray:
        """What the model writes for each source, symbol by symbol, in evaluation mode.

        Args:
            source: the numbers of the symbols that the encoder reads.
            length: how many symbols to write at most; after `stop` only `stop` follows.
            temperature: 0 writes the likeliest symbol each time, 1 draws as learned.
            lengths: how many steps each source of a padded batch has.
            rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

        Returns:
            Integers of shape (N, length), or with `batch_first=False` (length, N).

        Raises:
            RangeError: a negative temperature, or a length below 1.
        """
        check_temperature(temperature)
        if length < 1:
            raise ag.RangeError(f"generate(length={length}): at least one symbol.")
        with evaluating(self):
            written = self._written(self._turned(source), length, temperature, lengths, rng)
        return written if self.batch_first else written.T

    def _written(
        self, source: Any, length: int, temperature: float, lengths: Any, rng: Any
    ) -> np.ndarray:
        draw = ag.generator(rng)
        encoded, state = self.encode(source, lengths)
        symbol = np.full(source.shape[0], self.start)
        ended = np.zeros(len(symbol), dtype=bool)
        written = []
        for _ in range(length):
            scores, state = self.decode(ag.tensor(symbol[:, None]), encoded, state, lengths)
            symbol = draw_symbols(scores.data[:, -1], temperature, draw)
            if self.stop is not None:
                symbol = np.where(ended, self.stop, symbol)
                ended |= symbol == self.stop
            written.append(symbol)
        return np.stack(written, axis=1)

    def _turned(self, numbers: Any) -> ag.Tensor:
        """A batch of sequences, batch first."""
        tensor: ag.Tensor = tensor_of(numbers)
        if tensor.ndim != 2:
            raise ag.ShapeError(
                "EncoderDecoder takes batches of sequences, two dimensions, got shape "
                f"{tensor.shape}; a single one is a batch of one: x[None]."
            )
        return tensor if self.batch_first else ag.t(tensor)

    def _check_symbols(self) -> None:
        for name, symbol in (("start", self.start), ("stop", self.stop)):
            if symbol is not None and not 0 <= symbol < self.target_symbols:
                raise ag.RangeError(
                    f"EncoderDecoder({name}={symbol}): one of the {self.target_symbols} target "
                    f"symbols, 0 to {self.target_symbols - 1}."
                )


class DotAttention(Module):
    """Steps that look back at a sequence: tanh(W_c·[Σ_s a_s·e_s; h]) (Luong et al. 2015).

    a = softmax_s(hᵀ·W_a·e_s), the paper's score "general".

    Shapes: h (N, T, size), e (N, S, size) → (N, T, size).

    Args:
        size: of the steps on either side.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.
    """

    def __init__(self, size: int, *, dtype: Any = None, rng: Any = None) -> None:
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.score = Linear(size, size, bias=False, **draw)
        self.combine = Linear(2 * size, size, bias=False, **draw)

    def forward(self, steps: Any, memory: Any, lengths: Any = None) -> Any:
        """The steps, each with what it saw; places from `lengths` on are not seen."""
        seen = self.weights(steps, memory, lengths) @ memory
        return ag.tanh(self.combine(ag.cat([seen, steps], -1)))

    def weights(self, steps: Any, memory: Any, lengths: Any = None) -> Any:
        """a, shape (N, T, S): where each step looks."""
        scores = steps @ ag.transpose(self.score(memory), 1, 2)
        if lengths is not None:
            ends = np.asarray(tensor_of(lengths).data)
            beyond = np.arange(memory.shape[1]) >= ends[:, None, None]
            scores = ag.masked_fill(scores, beyond, -np.inf)
        return ag.softmax(scores, -1)
