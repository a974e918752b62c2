"""A tagger: a label for every symbol, read from both sides."""

from __future__ import annotations

from typing import Any

import autograd as ag
from nn.embedding import Embedding
from nn.evaluating import tensor_of
from nn.linear import Linear
from nn.models.recurrent import recurrent
from nn.module import Module


class Tagger(Module):
    """A label for each step from a bidirectional network (Schuster & Paliwal 1997; lectures D, E).

    What the recurrence forward knows of the past and the one backward of the future lie side
    by side: scores_t = W·[→h_t; ←h_t] + b.

    Shapes: integers (N, T), with `batch_first=False` (T, N), or (T,) → (…, tags).

    Args:
        symbols: how many symbols there are.
        tags: how many labels there are.
        embedding_size: the size of the rows that stand for the symbols.
        hidden_size: of each direction.
        cell: ``"rnn"``, ``"lstm"`` or ``"gru"``.
        num_layers: how many recurrent layers.
        dropout: the share that is dropped between layers, in training.
        batch_first: whether the batch is the first dimension.
        padding_idx: the symbol that fills up short sequences; its row stays zero.
        dtype: of the parameters; the default float type otherwise.
        rng: a generator or a seed; the generator of `autograd.manual_seed` otherwise.

    Raises:
        RangeError: an unknown cell, or a number that makes no sense.

    >>> Tagger(5, 3, rng=0)(ag.tensor([[0, 4, 2, 1], [3, 1, 0, 0]]), lengths=[4, 2]).shape
    (2, 4, 3)
    """

    def __init__(
        self,
        symbols: int,
        tags: int,
        embedding_size: int = 32,
        hidden_size: int = 64,
        cell: str = "lstm",
        num_layers: int = 1,
        dropout: float = 0.0,
        batch_first: bool = True,
        padding_idx: int | None = None,
        *,
        dtype: Any = None,
        rng: Any = None,
    ) -> None:
        draw = {"dtype": dtype, "rng": ag.generator(rng)}
        self.embedding = Embedding(symbols, embedding_size, padding_idx, **draw)
        self.recurrent = recurrent(
            cell,
            embedding_size,
            hidden_size,
            num_layers=num_layers,
            batch_first=batch_first,
            dropout=dropout,
            bidirectional=True,
            **draw,
        )
        self.output = Linear(2 * hidden_size, tags, **draw)

    def forward(self, input: Any, lengths: Any = None) -> Any:
        """The scores of all labels at every step.

        Args:
            input: the numbers of the symbols.
            lengths: how many steps each sequence of a padded batch has; what lies behind them
                does not count, and gets the scores b.

        Raises:
            DTypeError, IndexingError: input that is no numbers of symbols.
            ShapeError: lengths that do not fit, or no steps.
        """
        outputs, _ = self.recurrent(self.embedding(tensor_of(input)), lengths=lengths)
        return self.output(outputs)
