"""The only global state: one context variable, so threads and tasks never share it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar
from pathlib import Path
from types import CodeType
from typing import Any, Literal, NamedTuple, Protocol
from weakref import ReferenceType, ref

import numpy as np

from autograd.core import turns
from autograd.core.errors import ArgumentError, DTypeError


class Scope(NamedTuple):
    """Where in a model an operation was written: a module or a time step, inside another.

    Attributes:
        name: the class of a module, or what a person called the block.
        step: the number of a time step.
        owner: a weak reference to the module; pictures ask it for paths and labels.
        parent: the scope around this one.
    """

    name: str
    step: int | None = None
    owner: ReferenceType[Any] | None = None
    parent: Scope | None = None

    def chain(self) -> list[Scope]:
        """This scope and those around it, outermost first."""
        found: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            found.append(scope)
            scope = scope.parent
        return found[::-1]


class Location(NamedTuple):
    """A source line given outright, for values that no Python line made (the command line)."""

    file: str
    text: str
    line: int = 1
    column: int = 0
    end_column: int = 0


class Recorder(Protocol):
    """What a tape is told of a training; see `autograd.stepper.tape`."""

    def backward(self, root: Any, start: Any, run: Callable[..., None]) -> None:
        """Let a backward pass run, and watch it."""

    def assigned(self, leaf: Any, before: Any) -> None:
        """``leaf.grad`` was assigned to; it was `before`."""

    def detached(self, source: Any, made: Any) -> None:
        """``source.detach()`` gave `made`."""

    def updating(self, optimizer: Any) -> AbstractContextManager[None]:
        """A block in which an optimizer changes parameters."""

    def planned(self, optimizer: Any, params: list[Any], options: Mapping[str, Any]) -> None:
        """What the rule of an optimizer is about to be given."""


class Mode:
    """What the engine does while it computes; never changed, only replaced.

    Attributes:
        recording: operations on tensors that require a gradient land in the graph.
        keep: record every operation and keep every value, whatever its size.
        source: remember the user's line (True), nothing (None), or this location or line.
        scope: the module and time step that operations are written in.
        anomaly: refuse the first NaN or infinity that comes of finite numbers.
        guard: also notice when saved arrays are written to behind the engine's back.
        outer: the mode around this one, which comes back at the end of the block.
        tape: what is told of gradients and updates, if anything is.
        special: whether operations must take the general way through `apply`.
    """

    __slots__ = (
        "anomaly",
        "guard",
        "keep",
        "outer",
        "recording",
        "scope",
        "source",
        "special",
        "tape",
    )

    def __init__(
        self,
        recording: bool = True,
        keep: bool = False,
        source: Literal[True] | Location | tuple[CodeType, int] | None = True,
        scope: Scope | None = None,
        anomaly: bool = False,
        guard: bool = False,
        outer: Mode | None = None,
        tape: Recorder | None = None,
    ) -> None:
        self.recording = recording
        self.keep = keep
        self.source = source
        self.scope = scope
        self.anomaly = anomaly
        self.guard = guard
        self.outer = outer
        self.tape = tape
        self.special = keep or anomaly or guard or not recording

    def inside(self, scope: Scope | None) -> Mode:
        """The mode of a block in this one, in another scope."""
        return Mode(
            self.recording,
            self.keep,
            self.source,
            scope,
            self.anomaly,
            self.guard,
            outer=self,
            tape=self.tape,
        )

    def but(self, **changes: Any) -> Mode:
        """The mode of a block in this one, with some attributes changed."""
        made = self.inside(self.scope)
        for name, value in changes.items():
            setattr(made, name, value)
        made.special = made.keep or made.anomaly or made.guard or not made.recording
        return made


_mode: ContextVar[Mode] = ContextVar("glassgrad.mode", default=Mode())  # noqa: B039 (it is never changed)
current: Callable[[], Mode] = _mode.get
resume: Callable[[Mode], object] = _mode.set


class switch(AbstractContextManager[Any]):
    """Replace fields of the current mode inside a ``with`` block or a decorated function.

    It holds no state of its own: blocks nest, restore on exceptions, and one object may
    serve several threads at once. A decorated generator or coroutine runs inside the mode
    at each of its turns, and whoever iterates or waits for it does not.
    """

    def __init__(self, **changes: Any) -> None:
        self.changes = changes

    def _anew(self) -> switch:
        """What each call (and each turn) of a decorated function enters."""
        return self

    def __call__(self, function: Any) -> Any:
        return turns.wrapper(function)(self._anew, function)

    def __enter__(self) -> Any:
        _mode.set(_mode.get().but(**self.changes))

    def __exit__(self, *exc: object) -> None:
        mode = _mode.get()
        _mode.set(mode.outer or mode)


def no_grad(function: Any = None) -> Any:
    """Compute without recording: results are leaves (a ``with`` block or a decorator)."""
    return _decorated(switch(recording=False), function)


def inference_mode(mode: Any = True) -> Any:
    """Compute without recording; here the same as `no_grad`, under PyTorch's other name."""
    return _decorated(switch(recording=not mode), mode)


def _decorated(made: switch, function: Any) -> Any:
    """The switch, or the function below a bare ``@no_grad`` decorated with it."""
    return made(function) if callable(function) else made


def detect_anomaly(enabled: bool = True) -> switch:
    """Raise at the first operation that makes a NaN or an infinity of finite numbers.

    Forward results and backward contributions are checked inside the ``with`` block; the
    error names the operation, the user's line and the values.
    """
    return switch(anomaly=enabled)


def guard(enabled: bool = True) -> switch:
    """Notice every write into a saved array, also through ``.numpy()`` and ``.data``.

    Inside the ``with`` block each saved array is sealed by a checksum, which the backward
    pass compares: slow, and meant for finding mistakes.
    """
    return switch(guard=enabled)


def enable_grad(function: Any = None) -> Any:
    """Record again inside a `no_grad` block (a ``with`` block or a decorator)."""
    return _decorated(switch(recording=True), function)


class set_grad_enabled(switch):
    """Record or do not record, by argument: at once, or in a ``with`` block or a decorator.

    A bare call holds from now on, until another one or the end of the block around it.
    """

    def __init__(self, mode: bool) -> None:
        super().__init__(recording=bool(mode))
        self._before = _mode.get()
        self._since = self._before.but(**self.changes)
        self._since.outer = self._before.outer
        _mode.set(self._since)

    def _anew(self) -> switch:
        return switch(**self.changes)

    def _take_back(self) -> None:
        """Undo the bare call, for it turned out to begin a block or a decoration."""
        if _mode.get() is self._since:
            _mode.set(self._before)

    def __call__(self, function: Any) -> Any:
        self._take_back()
        return super().__call__(function)

    def __enter__(self) -> None:
        self._take_back()
        super().__enter__()


def is_grad_enabled() -> bool:
    """True where operations on tensors that require a gradient are recorded."""
    return current().recording


def current_tape() -> Recorder | None:
    """The tape of the innermost `record` block around this moment, if there is one."""
    return current().tape


def capture_source(enabled: bool | Location = True) -> switch:
    """Remember the user's source line on each node (the default), or save that time."""
    return switch(source=enabled or None)


class scope(switch):
    """Group the operations of a ``with`` block under a name, as modules and time steps do.

    The scope lies inside the one that is current when the block is entered.

    Args:
        name: what pictures call the group.
        step: the number of a time step, for recurrences.
        owner: the module that computes; held weakly, and asked for names when drawn.
        one_line: whether all operations inside come from the user's line that led here, which
            is then looked for once: for code of a library that calls none of the user's.
    """

    find_line: Callable[[], Any] = staticmethod(lambda: None)
    """Set by `where`, which knows how."""

    def __init__(
        self, name: str, step: int | None = None, owner: Any = None, *, one_line: bool = False
    ) -> None:
        if not isinstance(name, str):
            raise ArgumentError(f"scope(name): the name is a string, got {type(name).__name__}.")
        super().__init__()
        self.name, self.step, self.one_line = name, step, one_line
        self.owner = None if owner is None else ref(owner)

    def __enter__(self) -> None:
        mode = _mode.get()
        inner = mode.inside(Scope(self.name, self.step, self.owner, mode.scope))
        if self.one_line and inner.source is True:
            inner.source = self.find_line()
        _mode.set(inner)


def current_scope() -> Scope | None:
    """The scope that operations are recorded under at this moment."""
    return current().scope


# --- the default float type: one for the process, as in PyTorch ------------------------

_dtype: np.dtype[Any] = np.dtype(np.float64)


def set_default_dtype(dtype: Any) -> None:
    """Choose the float type of Python numbers and of integer operands (float64 at first).

    Raises:
        DTypeError: no floating type.
    """
    global _dtype
    try:
        chosen = np.dtype(dtype)
    except TypeError as error:
        raise DTypeError(f"set_default_dtype(): {error}; write float32 or float64.") from error
    if chosen.kind != "f":
        raise DTypeError(
            f"set_default_dtype({chosen}): the default is a floating type; "
            "write float32 or float64."
        )
    _dtype = chosen


def get_default_dtype() -> np.dtype[Any]:
    """The float type that Python numbers and integer operands turn into."""
    return _dtype


# --- randomness: one generator for the process, unless a call brings its own ----------

_generator: np.random.Generator | None = None  # made when first asked for: its import is slow


def manual_seed(seed: int | None) -> np.random.Generator:
    """Seed the generator that is used where no ``rng=`` is given: same seed, same bits."""
    global _generator
    _generator = np.random.default_rng(seed)
    return _generator


def generator(rng: np.random.Generator | int | None = None) -> np.random.Generator:
    """The generator to draw from: `rng`, one made from a seed, or the one of `manual_seed`."""
    if rng is not None:
        return np.random.default_rng(rng)
    return manual_seed(None) if _generator is None else _generator


# --- whose line is it? -----------------------------------------------------------------

_ROOT = Path(__file__).resolve().parent.parent
_FOLDERS = ("core", "ops", "draw", "stepper", "compiler", "plot")
_FILES = ("functional.py", "transforms.py", "recomputing.py", "checking.py")
_library: tuple[str, ...] = (
    *(str(_ROOT / name) + os.sep for name in _FOLDERS),
    *(str(_ROOT / name) for name in _FILES),
)


users_files: set[str] = set()
"""Files that were asked for and are not the engine's."""


def is_library(code: CodeType) -> bool:
    """True for code of the engine itself, which is never the user's line."""
    file = code.co_filename
    if file in users_files:
        return False
    if file.startswith(_library):
        return True
    users_files.add(file)
    return False


def hide_source(folder: str | Path) -> None:
    """Count the code below `folder` as library, so that the line shown is its caller's."""
    global _library
    _library = (*_library, str(Path(folder).resolve()) + os.sep)
    users_files.clear()
