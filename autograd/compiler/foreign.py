"""Random numbers that no generator of ours gives: a trace would keep those of one call for ever."""

from __future__ import annotations

import random
from collections.abc import Iterator
from types import CodeType
from typing import Any

import numpy as np

from autograd.compiler.reach import Reach, functions_of
from autograd.core.errors import StateError


def states() -> tuple[Any, ...]:
    """The states of NumPy's global generator and of the module ``random``."""
    state: Any = np.random.get_state(legacy=True)
    _, numbers, place, *_ = state
    return place, numbers.tobytes(), random.getstate()


def check(before: tuple[Any, ...], function: Any, reach: Reach) -> None:
    """Refuse a run that has drawn such numbers, unless it must have been another thread.

    Raises:
        StateError: saying what to write.
    """
    if states() == before:
        return
    held = [function, *(item for _, item in reach.slots), *map(type, reach.records)]
    codes = [part.__code__ for item in held for part in functions_of(item)]
    said = sorted({name for code in codes for name in _names(code)} & _DRAWS)
    if said:
        raise StateError(
            "A compiled function draws from a generator that everybody shares (np.random, or the "
            f"module random; its code says {', '.join(said)}). Later calls would meet the numbers "
            "of the trace again. Draw with ag.rand, ag.randn or a generator "
            "(np.random.default_rng(…)) from outside, or pass the numbers as an argument."
        )


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for part in code.co_consts:
        if isinstance(part, CodeType):
            yield from _names(part)


_DRAWS = frozenset(
    (
        *("random", "rand", "randn", "randint", "choice", "choices", "shuffle", "permutation"),
        *("uniform", "normal", "sample", "seed", "gauss", "standard_normal", "binomial"),
        *("poisson", "exponential", "randrange", "getrandbits", "random_sample"),
    )
)
"""Names of what draws."""
