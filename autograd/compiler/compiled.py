"""A function that is traced once for each kind of call, and then runs as NumPy."""

from __future__ import annotations

import functools
import sys
import threading
import warnings
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from itertools import chain, compress
from types import MethodType
from typing import Any, NoReturn

from autograd.compiler.capture import capture
from autograd.compiler.drawing import Depth, Ops, ProgramPicture
from autograd.compiler.explaining import explained
from autograd.compiler.failing import Caught
from autograd.compiler.idle import Idle
from autograd.compiler.meanwhile import Tracing, is_tracing, one_at_a_time, refuse_inside
from autograd.compiler.passes import PASSES, Pass, improve
from autograd.compiler.places import Key, Slot
from autograd.compiler.program import Program
from autograd.compiler.shared_buffers import Buffers
from autograd.compiler.signature import changed_arguments, kind_of_call
from autograd.compiler.states import alike, held_by, states_of
from autograd.compiler.variant import Variant, insides
from autograd.core.errors import ArgumentError, RangeError, StateError

LIMIT = 8
"""So many variants of one function are kept; a function that needs more is warned of."""

_ADVICE = (
    " Give arguments of few shapes, and keep what changes in tensors that are written into, as in "
    "state.copy_(new); or raise limit=."
)

MANY = 20
"""So many calls may run uncompiled before that is warned of."""


class Compiled:
    """A function that runs as the NumPy code that one would write by hand.

    Made by `autograd.compile`. Each kind of call (shapes, dtypes, plain arguments, recording,
    and whatever else the function holds, such as ``training``) is traced once, when it is
    first met; later calls run the code that was written then.

    Attributes:
        function: what was compiled.
        limit: how many kinds of calls are kept; further ones mostly run uncompiled.
        passes: what simplifies the program, in order.
        fallbacks: how many calls ran uncompiled, because a value decided otherwise.
    """

    __name__: str

    def __init__(
        self,
        function: Callable[..., Any],
        limit: int = LIMIT,
        passes: tuple[Pass, ...] = PASSES,
    ) -> None:
        self.passes = passes
        if not callable(function):
            raise ArgumentError(f"compile() takes a function, got {type(function).__name__}.")
        if type(limit) is not int or limit < 1:
            raise RangeError(f"compile() keeps limit=1 or more kinds of calls, got {limit!r}.")
        self.function, self.limit = function, limit
        self.variants: list[tuple[Any, Variant]] = []
        self._latest: Variant | None = None
        self._buffers = Buffers()
        self._lock = threading.RLock()
        self._warned = False
        self.fallbacks = 0
        self._misses: Counter[Any] = Counter()
        self._caught: Counter[Any] = Counter()
        self._moved: dict[Key, Slot] = {}
        self._idle = Idle()
        self._beyond = 0
        self.__name__ = type(function).__name__
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if is_tracing():  # inside another compiled function
            return self.function(*args, **kwargs)
        if one_at_a_time.taken:  # by another thread: it stands in for what tensors hold
            one_at_a_time.wait()
        given = [list(args), dict(kwargs)]
        with self._lock:
            leaves, key = kind_of_call(given)
            tried, latest = False, self._as_before(key, given, leaves)
            others = self._suitable(key, given, leaves, latest)
            for variant in others if latest is None else chain((latest,), others):
                tried = True
                try:
                    result = variant(leaves, given)
                except variant.changed:
                    continue
                except variant.stop:
                    break
                self._latest = variant
                return result
            if tried:
                self._note_fallback()
            return self.function(*args, **kwargs)

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        """A method, where a class has a compiled function."""
        return self if instance is None else MethodType(self, instance)

    def __getattr__(self, name: str) -> NoReturn:
        inner = hasattr(vars(self).get("function"), name) and not name.startswith("_")
        advice = f"; ask what was compiled: step.function.{name}" if inner else ""
        raise AttributeError(f"A compiled function has no attribute {name!r}{advice}.")

    def __reduce__(self) -> Any:
        """By its name where it is found under it, as functions are; copies are traced anew."""
        module = sys.modules.get(self.__module__)
        name = getattr(self.function, "__qualname__", "")
        found: Any = functools.reduce(
            lambda at, part: getattr(at, part, None), name.split("."), module
        )
        return name if found is self else (type(self), (self.function, self.limit, self.passes))

    def trace(self, *args: Any, **kwargs: Any) -> Variant:
        """The code for a kind of call, without calling it: nothing is changed.

        Raises:
            StateError: inside of another compiled function.
        """
        refuse_inside()
        given = [list(args), dict(kwargs)]
        with self._lock:
            leaves, key = kind_of_call(given)
            for variant in self._known(key, given, leaves, []):
                return variant
            return self._trace(key, given, [])

    def _note_fallback(self) -> None:
        """Count the calls that had to run uncompiled, and say so when there are many."""
        self.fallbacks += 1
        if self.fallbacks == MANY:
            warnings.warn(
                f"{self.__name__} ran uncompiled {MANY} times, because something that was decided "
                "by values when it was traced came out otherwise (see the lines with 'assumed' in "
                ".source).",
                RuntimeWarning,
                stacklevel=3,
            )

    def _as_before(self, key: Any, given: Any, leaves: list[Any]) -> Variant | None:
        """The variant that ran last, if it is for such a call: that is asked without a detour."""
        if not self.variants:
            return None
        known, variant = self.variants[-1]
        fits = known == key and variant.takes(leaves, given) and variant.assumed.change() is None
        return variant if fits else None

    def _suitable(
        self, key: Any, given: Any, leaves: list[Any], tried: Variant | None
    ) -> Iterator[Variant]:
        """The other variants for a call, one after the other, until one goes through.

        If what the engine decides by values comes out otherwise than in all that there are, the
        function is traced once more: at the first such call, the second, the fourth, the eighth.
        """
        why: list[str] = []
        known = tried is not None
        for variant in self._known(key, given, leaves, why):
            if variant is not tried:
                known = True
                yield variant
        if not known:
            if not self._worth_it(key):
                return
            try:
                made = self._trace(key, given, why)
            except Caught:
                self._caught[key] += 1
                self._note_fallback()
                return
            yield made
        self._misses[key] += 1
        if self._misses[key] not in (1, 2, 4, 8):
            return
        try:
            made = self._trace(key, given, ["a decision by values came out otherwise"])
        except StateError:
            return
        except Exception:  # the uncompiled run raises it, too, and leaves what it leaves
            self._misses[key] -= 1
            return
        yield made
        self.variants = [pair for pair in self.variants if pair[1] is not made]
        self._latest = self.variants[-1][1] if self.variants else made

    def _worth_it(self, key: Any) -> bool:
        """Whether a further kind of call is traced: above the limit ever more seldom.

        The same holds for calls in which an error was caught.
        """
        if self._caught[key].bit_count() > 1:
            self._caught[key] += 1
            self._note_fallback()
            return False
        self._beyond += len(self.variants) >= self.limit
        return self._beyond.bit_count() <= 1

    def _known(self, key: Any, given: Any, leaves: list[Any], why: list[str]) -> Iterator[Variant]:
        """The variants for a call; those that ran last come last, and are asked first.

        Says `why` the others do not fit, though they are for such arguments.
        """
        known = False
        for variant in self._like(key, given, leaves, why):
            known = True
            yield variant
        if not known:
            with one_at_a_time:  # another thread's trace may have stood in for something
                again = [*self._like(key, given, leaves, why)]
            yield from again

    def _like(self, key: Any, given: Any, leaves: list[Any], why: list[str]) -> Iterator[Variant]:
        for pair in self.variants[::-1]:
            if pair[0] == key and pair[1].takes(leaves, given):
                change = pair[1].assumed.change()
                if change is None:
                    if pair is not self.variants[-1]:
                        self.variants.remove(pair)
                        self.variants.append(pair)
                    yield pair[1]
                else:
                    why.append(change)
                    self._note_changes(pair)

    def _note_changes(self, pair: tuple[Any, Variant]) -> None:
        """A variant that took a place for constant which is filled anew is of no use any more."""
        changed = pair[1].assumed.changed()
        moved = [slot for slot, was in changed if alike(slot.get(), was)]
        self._moved.update((slot.where, slot) for slot in moved)
        self._idle.note(slot for slot, was in changed if not alike(slot.get(), was))
        self._idle.note(pair[1].assumed.grown())
        if moved:
            self.variants.remove(pair)

    def _trace(self, key: Any, given: Any, why: list[str]) -> Variant:
        if len(self.variants) >= self.limit:
            self._warn(why or changed_arguments(self.function, self.variants[-1][0], key))
            del self.variants[0]
        with one_at_a_time, Tracing():
            return self._traced(key, given)

    def _traced(self, key: Any, given: Any) -> Variant:
        captured = capture(self.function, tuple(given[0]), given[1], self._idle)
        self._forget(key, {slot.where for slot in captured.inputs.reach.idle})
        inside, moved = insides(given), list(self._moved)
        states = states_of(
            self.function, captured.inputs.reach, captured.outcome.writes, moved, inside
        )
        name = self.__name__ if self.__name__.isidentifier() else "step"
        about = f"{name}, written out as NumPy by glassgrad."
        captured = captured._replace(program=improve(captured.program, self.passes))
        held = held_by(self.function, states)
        variant = Variant(captured, given, held, states, (name, about), self._buffers)
        self.variants.append((key, variant))
        self._latest = variant
        return variant

    def _forget(self, key: Any, idle: set[Key]) -> None:
        """Variants that rest on what is of no account are followed by one that does not."""
        kept = (pair[0] != key or not pair[1].assumed.rests_on(idle) for pair in self.variants)
        self.variants = list(compress(self.variants, kept))

    def _warn(self, why: list[str]) -> None:
        if not self._warned:
            reason = f" The last time {why[0]}." if why else ""
            advice = "" if why and ": " in why[0] else _ADVICE
            warnings.warn(
                f"{self.__name__} was compiled for more than {self.limit} kinds of calls; further "
                f"ones mostly run uncompiled.{reason}{advice}",
                RuntimeWarning,
                stacklevel=5,
            )
            self._warned = True

    # --- what was written --------------------------------------------------------------

    @property
    def latest(self) -> Variant:
        """The variant that ran last.

        Raises:
            StateError: the function has not been called yet.
        """
        refuse_inside()
        if self._latest is None:
            raise StateError(
                f"{self.__name__} has not been called, so that shapes are unknown; call it once."
            )
        return self._latest

    @property
    def source(self) -> str:
        """The Python source of the kind of call that ran last; it needs NumPy alone."""
        return self.latest.source

    @property
    def program(self) -> Program:
        """The program of the kind of call that ran last."""
        return self.latest.program

    def graph(
        self,
        *,
        depth: Depth = "auto",
        direction: str = "TB",
        theme: str = "auto",
        title: str | None = None,
        expand: Collection[str] = (),
        ops: Ops = "auto",
        shapes: bool = True,
    ) -> ProgramPicture:
        """Draw the program of the kind of call that ran last, with the names of `source`.

        Sections are cards, and modules within them; blue arrows carry values, orange dashed
        ones gradients. An array that is written over is drawn again behind the call that does
        it. `trace` gives the picture of another kind of call: ``step.trace(x).graph()``.

        Args:
            depth: how many levels are open: 1 sections, 2 modules, None all, ``"auto"`` as
                many as can be read.
            direction: ``"TB"``, downward as the source is read, or ``"LR"``.
            theme, title, ops, shapes: as for `autograd.Tensor.graph`.
            expand: sections and paths of modules that are open whatever the depth is.

        Raises:
            StateError: the function has not been called yet.
            RangeError: an unknown option, or more than 20,000 instructions.

        >>> import autograd as ag
        >>> double = ag.compile(lambda x: x + x)
        >>> _ = double(ag.tensor([1.0, 2.0]))
        >>> print(double.graph())
        forward
          x: f64[2]  (input)
          add: f64[2] = x + x
        """
        return self.latest.graph(
            depth=depth,
            direction=direction,
            theme=theme,
            title=self.__name__ if title is None else title,
            expand=expand,
            ops=ops,
            shapes=shapes,
        )

    def explain(self) -> str:
        """What each pass did, and which results lie in which memory, by the names of `source`.

        Raises:
            StateError: the function has not been called yet.
        """
        return explained(self.latest.program)
