"""Random generators that take notes: each draw becomes an instruction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from autograd.compiler.recorder import Recorder
from autograd.compiler.refusals import refuse_shuffle, refused


class TracedGenerator(np.random.Generator):
    """A generator whose draws are written down; it shares the state of the one it stands for.

    Attributes:
        recorder: who writes.
        plain: the generator that it stands for.
        slot: what the program calls it.
    """

    def __init__(self, recorder: Recorder, plain: np.random.Generator, slot: Any) -> None:
        super().__init__(bits_of(plain))
        self.recorder, self.plain, self.slot = recorder, plain, slot

    def __repr__(self) -> str:
        return "<traced generator>"

    __str__ = __repr__

    def shuffle(self, x: Any, axis: int = 0) -> NoReturn:
        """Refused: it returns nothing that could be written down."""
        refuse_shuffle()

    def spawn(self, n_children: int) -> NoReturn:
        """Refused."""
        raise refused("spawns generators", _OUTSIDE)

    @property
    def bit_generator(self) -> NoReturn:
        """Refused: numbers could be drawn from it that nobody writes down."""
        raise refused("reaches for .bit_generator", _OUTSIDE)


def bits_of(generator: np.random.Generator) -> Any:
    """What a generator draws from, a traced one in an outer trace too."""
    return getattr(generator, "plain", generator).bit_generator


_OUTSIDE = (
    "Later calls would meet the numbers of the trace again. Do it outside, before the call, and "
    "draw with the methods of the generators inside."
)

_DRAWS = sorted(
    name
    for name in vars(np.random.Generator)
    if not name.startswith("_") and name not in vars(TracedGenerator)
)
"""The methods that draw."""


def _draw(name: str) -> Callable[..., Any]:
    def draw(self: TracedGenerator, *args: Any, **kwargs: Any) -> Any:
        run: Callable[..., Any] = lambda _, *a, **k: getattr(self.plain, name)(*a, **k)
        return self.recorder.add("draw", name, run, (self, *args), kwargs)

    return draw


for _name in _DRAWS:
    setattr(TracedGenerator, _name, _draw(_name))
