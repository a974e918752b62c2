"""`ag.compile`: a function that is traced once for each kind of call, and then runs as NumPy."""

from __future__ import annotations

import builtins
import functools
import gc
import threading
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import compress
from sys import getrefcount
from typing import Any

import numpy as np

from autograd.compiler.capture import Captured, Source, capture
from autograd.compiler.emit import Writer
from autograd.compiler.passes import PASSES, TEXTBOOK, Pass, improve
from autograd.compiler.passes.rewriting import uses
from autograd.compiler.program import Instruction, Program
from autograd.compiler.reach import Reach, Slot
from autograd.compiler.signature import Assumed, form, pattern, surroundings
from autograd.core.errors import ArgumentError, StateError
from autograd.core.node import Handle, changed

LIMIT = 8
"""So many variants of one function are kept; a function that needs more is warned of."""

MANY = 20
"""So many calls may run uncompiled before that is warned of."""


class Variant:
    """One traced run, compiled: for calls that are like the one it was traced from.

    Attributes:
        source: the Python source that it runs.
        program: what the source was written from.
    """

    def __init__(
        self, captured: Captured, args: Any, held: set[int], name: str, about: str
    ) -> None:
        self.held = held
        self.captured, self.program = captured, captured.program
        kept = _used(self.program)
        writer = Writer(self.program, name, about)
        self.source = writer.source()
        space: dict[str, Any] = {}
        exec(builtins.compile(self.source, f"<compiled {name}>", "exec"), space)
        self.run = space[name]
        uses_math = any(line.name.startswith("math.") for line in self.program.instructions)
        self.stop = (
            space.get("Changed", ArithmeticError),
            ValueError if uses_math else FloatingPointError,
        )
        own, self.leaves = _own(args)
        self.assumed = Assumed(captured.reach, own, captured.graded)
        self.sources = [self._source(source) for source in kept(captured.sources)]

        self.exposed = _exposed(self.program)
        self.spares = [captured.gradients[at] for at in self.program.spares.values()]
        self.bare = [
            (at, leaf.accumulated is None)
            for at, leaf in enumerate(self.leaves)
            if id(leaf) in captured.graded
        ]

    def takes(self, leaves: list[Any]) -> bool:
        """Whether what the function holds itself was given as an argument as before."""
        for at, bare in self.bare:
            if (leaves[at].accumulated is None) != bare:
                return False
        pairs = zip(self.leaves, leaves, strict=True)
        return all(
            was is now or not (id(was) in self.held or id(now) in self.held) for was, now in pairs
        )

    def _source(self, source: Source) -> Callable[[list[Any]], Any]:
        """How to fetch an input: from the call's own arguments, or from where it lies."""
        holder = source.holder
        for at, leaf in enumerate(self.leaves):
            if leaf is holder and source.is_gradient:
                return lambda leaves: leaves[at].accumulated.data
            if leaf is holder:
                return lambda leaves: leaves[at].data
            if isinstance(holder, Slot) and _is_entry(leaf, holder):
                return lambda leaves: leaves[at]
        return lambda leaves: source.get()

    def __call__(self, leaves: list[Any]) -> Any:
        """Run, and put results where the uncompiled function would.

        Raises:
            Changed: something that was decided while tracing does not hold any more.
        """
        inputs = [source(leaves) for source in self.sources]
        inputs += [_spare(self._mine(tensor, leaves)) for tensor in self.spares]
        outs = self._run_safely(inputs) if self.exposed else self.run(*inputs)
        result = self.captured.result(outs)
        for write in self.captured.writes:
            self._write(write.target, write.what, write.build(outs), leaves)
        for tensor in self.captured.touched:
            changed(self._mine(tensor, leaves))
        return result

    def _run_safely(self, inputs: list[Any]) -> Any:
        """Run, and take back what was changed before an assumption failed."""
        saved = [(inputs[at], _state(inputs[at])) for at in self.exposed]
        try:
            return self.run(*inputs)
        except BaseException:
            for holder, state in saved:
                _set_state(holder, state)
            raise

    def _mine(self, tensor: Any, leaves: list[Any]) -> Any:
        for was, now in zip(self.leaves, leaves, strict=True):
            if was is tensor:
                return now
        return tensor

    def _write(self, target: Any, what: str, item: Any, leaves: list[Any]) -> None:
        if isinstance(target, Handle):
            tensor = self._mine(target, leaves)
            setattr(tensor, "data" if what == "data" else "accumulated", item)
        elif what == "delete":
            target.holder.pop(target.key, None)
        else:
            target.set(item)


class Compiled:
    """A function that runs as the NumPy code that one would write by hand.

    Made by `autograd.compile`. Each kind of call (shapes, dtypes, plain arguments, recording,
    and whatever else the function holds, such as ``training``) is traced once, when it is
    first met; later calls run the code that was written then.

    Attributes:
        function: what was compiled.
        limit: how many kinds of calls are kept.
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
        self.function, self.limit = function, limit
        self.variants: list[tuple[Any, Variant]] = []
        self._latest: Variant | None = None
        self._lock = threading.RLock()
        self._warned = False
        self.fallbacks = 0
        functools.update_wrapper(self, function, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        given = [list(args), dict(kwargs)]
        leaves = _own(given)[1]
        key = (form(args), form(kwargs), pattern(leaves), surroundings())
        with self._lock:
            variant = self._variant(key, given, leaves)
            try:
                return variant(leaves)
            except (*variant.stop, ArithmeticError):
                self._note_fallback()
        return self.function(*args, **kwargs)

    def trace(self, *args: Any, **kwargs: Any) -> Variant:
        """The code for a kind of call, without calling it: nothing is changed."""
        given = [list(args), dict(kwargs)]
        leaves = _own(given)[1]
        key = (form(args), form(kwargs), pattern(leaves), surroundings())
        with self._lock:
            return self._variant(key, given, leaves)

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

    def _variant(self, key: Any, given: Any, leaves: list[Any]) -> Variant:
        why = []
        for known, variant in self.variants:
            if known == key and variant.takes(leaves):
                change = variant.assumed.change()
                if change is None:
                    self._latest = variant
                    return variant
                why.append(change)
        return self._trace(key, given, why)

    def _trace(self, key: Any, given: Any, why: list[str]) -> Variant:
        if len(self.variants) >= self.limit:
            self._warn(why)
            del self.variants[0]
        with _without_collection():
            return self._traced(key, given)

    def _traced(self, key: Any, given: Any) -> Variant:
        captured = capture(self.function, tuple(given[0]), given[1])
        held = {id(tensor) for tensor, _ in Reach(self.function).tensors}
        name = self.__name__ if self.__name__.isidentifier() else "step"
        about = f"{name}, written out as NumPy by glassgrad."
        captured = captured._replace(program=improve(captured.program, self.passes))
        variant = Variant(captured, given, held, name, about)
        self.variants.append((key, variant))
        self._latest = variant
        return variant

    def _warn(self, why: list[str]) -> None:
        if not self._warned:
            reason = f" The last time {why[-1]}." if why else ""
            warnings.warn(
                f"{self.__name__} was compiled for more than {self.limit} kinds of calls, and is "
                f"compiled anew for each further one.{reason} Give arguments of few shapes, and "
                "keep what changes in tensors; or raise limit=.",
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

    def explain(self) -> str:
        """What each pass did, and where values lie."""
        return "\n".join(self.latest.program.remarks)


class _without_collection(AbstractContextManager[None]):
    """No search for cycles meanwhile: a trace is one large structure without any."""

    def __enter__(self) -> None:
        self.enabled = gc.isenabled()
        gc.disable()

    def __exit__(self, *exc: object) -> None:
        if self.enabled:
            gc.enable()


def _spare(tensor: Any) -> Any:
    """The array of a gradient from the call before that nobody else holds, or None.

    Python knows: it counts who holds an object. The tensor gives it away.
    """
    gradient = tensor.accumulated
    if gradient is None or gradient.notes is not None or getrefcount(gradient) > 3:
        return None
    array = gradient.data
    plain = isinstance(array, np.ndarray) and array.base is None and array.flags.c_contiguous
    if not plain or getrefcount(array) > 3 or array.shape != tensor.data.shape:
        return None
    if array.dtype != tensor.data.dtype or not array.flags.writeable:
        return None
    tensor.accumulated = None
    return array


def _exposed(program: Program) -> list[int]:
    """The inputs that are changed before the last assumption: arrays, and generators."""
    checks = [i for i, line in enumerate(program.instructions) if _may_stop(line)]
    early = program.instructions[: checks[-1]] if checks else []
    blocks = {block for line in early for block in line.writes}
    drawn = {line.args[0].number for line in early if line.kind == "draw"}
    inputs = enumerate(program.inputs)
    return [i for i, value in inputs if value.memory in blocks or value.number in drawn]


def _may_stop(line: Instruction) -> bool:
    """Whether a run may end here: at an assumption, or where Python's floats refuse."""
    return line.kind in ("guard", "operator") or line.name.startswith("math.")


def _state(holder: Any) -> Any:
    return holder.copy() if isinstance(holder, np.ndarray) else holder.bit_generator.state


def _set_state(holder: Any, state: Any) -> None:
    if isinstance(holder, np.ndarray):
        np.copyto(holder, state)
    else:
        holder.bit_generator.state = state


def _used(program: Program) -> Callable[[list[Any]], list[Any]]:
    """Leave out the inputs that are not used; what goes with them can be sifted alike."""
    numbers = uses(program)
    mask = [numbers[value.number] > 0 for value in program.inputs]
    program.inputs = list(compress(program.inputs, mask))
    return lambda items: list(compress(items, mask))


def _own(item: Any) -> tuple[set[int], list[Any]]:
    """The identities of holders and leaves of arguments, and the leaves in order."""
    seen: set[int] = set()
    leaves: list[Any] = []
    todo = [item]
    while todo:
        part = todo.pop()
        if isinstance(part, (Handle, np.ndarray)):
            seen.add(id(part))
            leaves.append(part)
        elif isinstance(part, (list, tuple)):
            seen.add(id(part))
            todo += reversed(part)
        elif isinstance(part, dict):
            seen.add(id(part))
            todo += reversed(list(part.values()))
    return seen, leaves


def _is_entry(leaf: Any, slot: Slot) -> bool:
    return isinstance(leaf, np.ndarray) and slot.get() is leaf


def compile(function: Any = None, *, limit: int = LIMIT) -> Any:
    """A function as the NumPy code that one would write by hand (`autograd.compile`).

    One run is traced for each kind of call: forward, backward and update become one flat
    program, which passes simplify and which is then written out as Python.

    Args:
        function: takes and returns tensors, arrays and plain values, nested at will; may call
            ``backward()``, `grad`, ``optimizer.step()`` and layers of all kinds.
        limit: how many kinds of calls are kept.

    Raises:
        ArgumentError: what is given is no function.
        StateError: when called: the function decides by a value of a tensor.

    >>> import autograd as ag
    >>> double = ag.compile(lambda x: x + x)
    >>> double(ag.tensor([1.0, 2.0]))
    tensor([2., 4.])
    """
    if function is None:
        return functools.partial(compile, limit=limit)
    return Compiled(function, limit)


def derive(function: Callable[..., Any], *args: Any, **kwargs: Any) -> str:
    """The source of a function as a textbook has it: every formula, backward too, none simplified.

    The function is called once with the arguments, and left as if it had not been.

    Args:
        function: computes something, and may call ``backward()`` or `grad`.
        args, kwargs: what it is called with.

    Raises:
        ArgumentError, StateError: as for `compile`.

    >>> import autograd as ag
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> print(derive(lambda: (x * x).sum().backward()).split("# backward")[0].splitlines()[-2])
        sum = np.sum(mul, axis=None, keepdims=False)  # sum(x), line 1
    """
    compiled = Compiled(function, passes=TEXTBOOK)
    return compiled.trace(*args, **kwargs).source
