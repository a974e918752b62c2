"""A rule carried out in place: its text is read once, and run over memory that is at hand.

On plain arrays an update rule makes a new array for each of its operations. Here it is
called with a `Symbol` for each array instead, and notes the operations that it meets. The
notes are then run with each result put where nothing is needed any more: into the state,
into the parameter, or into a few scratch arrays of bounded size. The operations and their
order are those of the rule, and so is every bit of the result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd as ag

Arrays = dict[str, Any]
Place = str | int
"""Where a value lies: in the array of this name, or in the scratch array of this number."""

PART = 1 << 18
"""Larger arrays are updated in parts of about this many elements, so that scratch is small."""


class Notes:
    """What was met while a rule was read.

    Values are numbered: first the arrays that the rule was given, then the result of each
    line. A line is an operation with the numbers of its inputs, None for a constant.
    """

    def __init__(self, given: tuple[str, ...]) -> None:
        self.given = given
        self.lines: list[tuple[Any, tuple[int | None, ...]]] = []
        self.constants: list[Any] = []

    def add(self, ufunc: Any, inputs: tuple[Any, ...]) -> Symbol:
        """Note one operation."""
        numbers = tuple(x.number if isinstance(x, Symbol) else None for x in inputs)
        self.constants += [x for x in inputs if not isinstance(x, Symbol)]
        self.lines.append((ufunc, numbers))
        return Symbol(self, len(self.given) + len(self.lines) - 1)


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """Stands for an array while a rule is read."""

    def __init__(self, notes: Notes, number: int) -> None:
        self.notes = notes
        self.number = number

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs or ufunc.nout != 1:
            return NotImplemented
        return self.notes.add(ufunc, inputs)

    def __bool__(self) -> bool:
        raise ag.ArgumentError(
            "An elementwise rule decides by options and counts alone; use where() for what "
            "depends on the elements, and say `elementwise = False`."
        )


class Program:
    """A rule that has been read, ready to be run.

    Attributes:
        plan: where everything lies.
        constants: the numbers of its lines, in order.
        numbers: the new state as far as it is no array.
    """

    __slots__ = ("_fixed", "constants", "numbers", "plan")

    def __init__(self, plan: Plan, constants: list[Any], numbers: dict[str, Any]) -> None:
        self.plan, self.constants, self.numbers = plan, constants, numbers
        self._fixed: dict[Any, list[Any]] = {}

    def run(self, arrays: Arrays) -> None:
        """Update the parameter and its state, both in `arrays`, in place."""
        for name in self.plan.names:
            if name not in arrays:
                arrays[name] = np.empty_like(arrays["param"])
        held, param = [arrays[name] for name in self.plan.names], arrays["param"]
        constants = self._constants_like(param)
        parts = [held] if param.size <= PART else ([a[p] for a in held] for p in parts_of(param))
        scratch: list[Any] = []
        for heads in parts:
            scratch = scratch or [np.empty_like(heads[0]) for _ in range(self.plan.scratch)]
            self.plan.run(*heads, *_fitted(scratch, heads[0]), *constants)

    def _constants_like(self, array: Any) -> list[Any]:
        """The constants as arrays of shape (): NumPy takes twice as long with Python's numbers."""
        if array.__class__ is not np.ndarray:
            return self.constants
        if array.dtype not in self._fixed:
            self._fixed[array.dtype] = [_fixed(x, array.dtype) for x in self.constants]
        return self._fixed[array.dtype]


def _fixed(constant: Any, dtype: Any) -> Any:
    return np.array(constant, dtype) if constant.__class__ in (float, int) else constant


def parts_of(array: Any) -> Iterator[Any]:
    """Indices that cut an array along its first dimension into parts of about `PART` elements."""
    rows = max(1, PART * len(array) // array.size)
    for start in range(0, len(array), rows):
        yield slice(start, start + rows)


def _fitted(scratch: list[Any], head: Any) -> list[Any]:
    """The scratch arrays; their beginnings for the last part, which may be shorter."""
    if not scratch or scratch[0].shape == head.shape:
        return scratch
    return [array[: len(head)] for array in scratch]


# --- reading ----------------------------------------------------------------------------------


def read(rule: Callable[..., Any], options: Mapping[str, Any], state: Mapping[str, Any]) -> Program:
    """The program of a rule, for all parameters whose state has these arrays and numbers.

    Args:
        rule: elementwise, ``(param, grad, state, **options) -> (param, state)``.
        options: numbers.
        state: of one of the parameters.
    """
    notes = Notes(("param", "grad", *(name for name, item in state.items() if is_array(item))))
    symbols = {name: Symbol(notes, number) for number, name in enumerate(notes.given)}
    seen = {name: symbols.get(name, item) for name, item in state.items()}
    value, new = rule(symbols["param"], symbols["grad"], seen, **options)
    wanted = {"param": value} | {n: item for n, item in new.items() if isinstance(item, Symbol)}
    numbers = {name: item for name, item in new.items() if name not in wanted}
    results = _with_copies(wanted, notes)
    return Program(plan(notes.given, tuple(notes.lines), results), notes.constants, numbers)


def is_array(item: Any) -> bool:
    """Whether a part of the state is an array, and not a count or another number."""
    return isinstance(getattr(item, "shape", None), tuple)


def _with_copies(wanted: dict[str, Symbol], notes: Notes) -> tuple[tuple[str, int], ...]:
    """The numbers of results; one under a second name, or one that was given, is copied first."""
    taken = dict(enumerate(notes.given))
    found = []
    for name, symbol in wanted.items():
        first = taken.setdefault(symbol.number, name)
        own = symbol if first == name else notes.add(np.positive, (symbol,))
        found.append((name, own.number))
    return tuple(found)


# --- planning ---------------------------------------------------------------------------------


class Plan(NamedTuple):
    """Which operation reads and writes where, in a list of arrays, scratch and constants.

    Attributes:
        names: the arrays at the head of the list.
        scratch: how many scratch arrays come next; the constants are at the end.
        lines: ``(operation, places of its inputs, place of its result)``.
        run: the lines as a function, called with the list.
    """

    names: tuple[str, ...]
    scratch: int
    lines: list[tuple[Any, list[int], int]]
    run: Callable[..., None]


@lru_cache(maxsize=512)
def plan(
    given: tuple[str, ...],
    lines: tuple[tuple[Any, tuple[int | None, ...]], ...],
    results: tuple[tuple[str, int], ...],
) -> Plan:
    """Find a place for every value of a program.

    Args:
        given: names of the arrays that it is given.
        lines: operations, as `Notes` has them.
        results: the values that end up in an array of a name.
    """
    places = _Places(given, lines, dict(results))
    made = places.of[len(given) :]
    written = [(ufunc, inputs, at) for (ufunc, inputs), at in zip(lines, made, strict=True)]
    written += [(np.positive, (n,), name) for name, n in results if places.of[n] != name]
    names = (*given, *(name for name, _ in results if name not in given))
    index_of = {place: at for at, place in enumerate([*names, *range(places.scratch)])}
    constants = count(len(index_of))

    def index(number: int | None) -> int:
        return next(constants) if number is None else index_of[places.of[number]]

    numbered = [(f, [index(n) for n in inputs], index_of[at]) for f, inputs, at in written]
    return Plan(names, places.scratch, numbered, _function(numbered, next(constants)))


def _function(lines: list[tuple[Any, list[int], int]], count: int) -> Callable[..., None]:
    """The lines as a function, ``multiply(at3, at7, out=at3)`` one below the other."""
    body = [
        f"op{row}({', '.join(f'at{place}' for place in inputs)}, out=at{at})"
        for row, (_, inputs, at) in enumerate(lines)
    ]
    text = "\n    ".join(
        [f"def run({', '.join(f'at{n}' for n in range(count))}):", *body, "return"]
    )
    scope: dict[str, Any] = {f"op{row}": line[0] for row, line in enumerate(lines)}
    exec(compile(text, str(Path(__file__).with_name("<rule in place>")), "exec"), scope)
    made: Callable[..., None] = scope["run"]
    return made


class _Places:
    """Where each value of a program lies, chosen line by line.

    A result goes home, to the array of its name, unless something that is still needed
    lies there. Any other value goes over an input that ends, or into scratch.
    """

    def __init__(self, given: tuple[str, ...], lines: Any, results: dict[str, int]) -> None:
        self.home = {number: name for name, number in results.items()}
        self.writable = results.keys()
        self.last = _last_uses(len(given), lines, self.home)
        self.of: list[Place] = list(given)
        self.holds = {name: number for number, name in enumerate(given)}
        self.free: list[int] = []
        self.scratch = 0
        for index, (_, inputs) in enumerate(lines):
            self._put(index, len(given) + index, {n for n in inputs if n is not None})

    def _put(self, index: int, number: int, inputs: set[int]) -> None:
        ended = [self.of[n] for n in sorted(inputs) if self.last[n] == index]
        released = [place for place in ended if isinstance(place, int)]
        place = self._home_of(number, index)
        if place is None and number not in self.home:
            over: list[Place] = [*released, *(p for p in ended if p in self.writable)]
            place = over[0] if over else None
        if place is None:
            place = self._scratch()
        self.free += [p for p in released if p != place]
        if isinstance(place, str):
            self.holds[place] = number
        self.of.append(place)

    def _home_of(self, number: int, index: int) -> Place | None:
        """The array that the value belongs in, if it may be overwritten now."""
        name = self.home.get(number)
        free = name not in self.holds or self.last[self.holds[name]] <= index
        return name if free else None

    def _scratch(self) -> int:
        if self.free:
            return self.free.pop()
        self.scratch += 1
        return self.scratch - 1


def _last_uses(given: int, lines: Any, home: dict[int, str]) -> list[int]:
    """The last line that reads each value; results are needed beyond the last one."""
    last = [-1] * given + list(range(len(lines)))
    for index, (_, inputs) in enumerate(lines):
        for number in inputs:
            if number is not None:
                last[number] = index
    return [len(lines) if number in home else index for number, index in enumerate(last)]
