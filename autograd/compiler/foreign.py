"""Random numbers that nobody writes down: a trace would keep those of one call for ever."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from types import CodeType
from typing import Any

import numpy as np

from autograd.compiler import origin
from autograd.compiler.generators import bits_of
from autograd.compiler.outer import functions_of, is_standard
from autograd.compiler.reach import Reach
from autograd.compiler.refusals import refused
from autograd.core.errors import StateError
from autograd.core.mode import is_library

# --- generators that were there before ---------------------------------------------------------

_SHARED: tuple[Any, ...] = (np.random.get_state.__self__, random.getstate.__self__)  # type: ignore[attr-defined]
"""NumPy's global generator, and that of the module ``random``."""


class Foreign(AbstractContextManager["Foreign"]):
    """The generators that a run may not draw from, as they were before it.

    They are those that everybody shares, and those that lie where nothing can be put in their
    place, or that are not of NumPy's new kind. If the run fails, the latter are as they were.
    """

    def __init__(self, function: Any, reach: Reach) -> None:
        self.function, self.reach = function, reach
        traced = {id(bits_of(slot.get())) for slot in reach.generators}
        self.held = [
            (item, path, _state(item))
            for item, path in reach.loose
            if id(getattr(item, "bit_generator", item)) not in traced
        ]
        self.shared = [_state(item) for item in _SHARED]

    def __exit__(self, kind: object, *rest: object) -> None:
        for item, _, state in self.held if kind else ():
            _set_state(item, state)

    def check(self) -> None:
        """Refuse a run that has drawn from one of them.

        Raises:
            StateError: saying what to write.
        """
        for item, path, state in self.held:
            if _plain(_state(item)) != _plain(state):
                raise StateError(
                    f"A compiled function draws from {path or 'a generator'}, a "
                    f"{type(item).__name__} that cannot be followed. Later calls would meet the "
                    "numbers of the trace again. Draw from a generator "
                    "(np.random.default_rng(…)) that a variable, an attribute, a list or a dict "
                    "holds, with ag.rand or ag.randn, or pass the numbers as an argument."
                )
        if _plain([_state(item) for item in _SHARED]) != _plain(self.shared):
            self._check_shared()

    def _check_shared(self) -> None:
        """Unless another thread must have drawn, as nothing here says so."""
        held = [item for _, item in self.reach.slots]
        said = names_in(self.function, self.reach) & _DRAWS
        said |= {item.__name__ for item in held if _is_shared(item)}
        if said:
            raise StateError(
                "A compiled function draws from a generator that everybody shares (np.random, or "
                f"the module random; its code says {', '.join(sorted(said))}). Later calls would "
                "meet the numbers of the trace again. Draw with ag.rand, ag.randn or a generator "
                "(np.random.default_rng(…)) from outside, or pass the numbers as an argument."
            )


def _is_shared(item: Any) -> bool:
    """Whether it is a method of such a generator, as after ``from random import random``."""
    return any(getattr(item, "__self__", None) is shared for shared in _SHARED)


def _state(item: Any) -> Any:
    if isinstance(item, random.Random):
        return item.getstate()
    if isinstance(item, np.random.RandomState):
        return item.get_state(legacy=False)
    return getattr(item, "bit_generator", item).state


def _set_state(item: Any, state: Any) -> None:
    if isinstance(item, random.Random):
        item.setstate(state)
    elif isinstance(item, np.random.RandomState):
        item.set_state(state)
    else:
        getattr(item, "bit_generator", item).state = state


def _plain(state: Any) -> Any:
    """A state as what can be compared."""
    if isinstance(state, dict):
        state = list(state.values())
    if isinstance(state, (list, tuple)):
        return [_plain(part) for part in state]
    return state.tobytes() if isinstance(state, np.ndarray) else state


def names_in(function: Any, reach: Reach) -> set[str]:
    """All names in a person's code: of a function, and of what it reaches."""
    held = (item for _, item in reach.slots)
    functions = [function, *held, *map(type, reach.records)]
    codes = [part.__code__ for item in functions for part in functions_of(item)]
    return {name for code in codes if not is_library(code) for name in _names(code)}


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


# --- generators that are made meanwhile --------------------------------------------------------

_system: Any = vars(random).get("_urandom")
_seed = random.Random.seed


class Unseeded(AbstractContextManager[None]):
    """Refuses what asks the operating system for random numbers: generators without a seed.

    NumPy's, `secrets` and `random.SystemRandom` all ask by one function of the module `random`;
    `random.Random` seeds itself. Other threads may do as they like meanwhile.
    """

    def __enter__(self) -> None:
        thread = threading.get_ident()
        self._before = vars(random).get("_urandom"), random.Random.seed

        def asked(count: int) -> Any:
            _refuse(thread)
            return _system(count)

        def seeded(self: random.Random, a: Any = None, version: int = 2) -> None:
            if a is None:
                _refuse(thread)
            _seed(self, a, version)

        _put(asked, seeded)

    def __exit__(self, *exc: object) -> None:
        _put(*self._before)


def _put(system: Any, seed: Any) -> None:
    vars(random)["_urandom"] = system
    random.Random.seed = seed  # type: ignore[method-assign]


def _refuse(thread: int) -> None:
    """Refuse it to a person's code; the standard library's is about names of files and such."""
    if threading.get_ident() != thread:
        return
    where = origin.nearest_line()
    if where is None or is_standard(where[0].co_filename):
        return
    raise refused(
        "makes random numbers without a seed",
        "Later calls would meet the numbers of the trace again. Make the generator outside, as in "
        "rng = np.random.default_rng(), and draw from it inside. (With a seed it may be made "
        "inside, and gives the same numbers each time.)",
    )
