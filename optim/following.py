"""What a rule computes from options and counts, followed once and written as a function.

A rule reads its options and counts, computes numbers of them (β₂ᵗ, 1 − β₁ᵗ, …), decides by
some, and leaves the others in its operations on arrays. While it is read, a `Number` stands
for each option and count. It computes as its value does, and writes down how: a line for each
operation, a check for each decision. Later steps run these lines in place of the rule, with
the same numbers bit for bit; where a check fails, the rule is read once more.

A rule that does anything else with a number (``math.sqrt(lr)``, ``f"{lr}"``) is read at each
step. So is a rule from outside this package: it may look at anything, and do anything else.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import numpy as np

import autograd as ag
from optim.in_place import Plan, Program, read

MOST = 8
"""Ways through a rule that are kept; one that takes ever new ways is not followed."""


class Lines:
    """The text of a function of numbers, as far as it was followed."""

    def __init__(self) -> None:
        self.given: list[str] = []
        self.body: list[str] = []
        self.constants: dict[str, Any] = {}

    def argument(self, value: Any) -> Number:
        """A number that the function is given."""
        self.given.append(f"given{len(self.given)}")
        return Number(self, self.given[-1], value)

    def name(self, value: Any) -> str:
        """What stands for a value in the text."""
        if isinstance(value, Number):
            return value.name
        name = f"fixed{len(self.constants)}"
        self.constants[name] = value
        return name

    def result(self, text: str, value: Any) -> Number:
        """The number that an expression gives."""
        name = f"n{len(self.body)}"
        self.body.append(f"{name} = {text}")
        return Number(self, name, value)

    def decision(self, text: str, value: bool) -> bool:
        """What an expression decides, here and whenever these lines hold."""
        self.body.append(f"if {'not ' if value else ''}({text}): return None")
        return value

    def function(self, constants: list[Any], numbers: Mapping[str, Any]) -> Callable[..., Any]:
        """The function, which gives None where a decision would be another one."""
        listed = ", ".join(map(self.name, constants))
        named = ", ".join(f"{key!r}: {self.name(value)}" for key, value in numbers.items())
        body = [*self.body, f"return [{listed}], {{{named}}}"]
        lines = "".join(f"\n    {line}" for line in body)
        exec(f"def numbers({', '.join(self.given)}):{lines}", self.constants)
        made: Callable[..., Any] = self.constants["numbers"]
        return made


class Number:
    """Stands for an option or a count while a rule is read.

    Python's operators are all that it has: what else a rule may try is an error, and the rule
    is then read with plain numbers.
    """

    __slots__ = ("lines", "name", "value")

    def __init__(self, lines: Lines, name: str, value: Any) -> None:
        self.lines, self.name, self.value = lines, name, value

    def __bool__(self) -> bool:
        return self.lines.decision(self.name, bool(self.value))

    def __repr__(self) -> str:
        raise ag.ArgumentError("a number that is followed has no text")


def _plain(x: Any) -> Any:
    return x.value if x.__class__ is Number else x


def _binary(sign: str, function: Callable[..., Any], turned: bool, decides: bool) -> Any:
    """An operator's method; `turned` where the number stands to the right."""

    def method(self: Number, other: Any) -> Any:
        if other.__class__ not in (Number, float, int, bool):
            return NotImplemented
        pair = (other, self) if turned else (self, other)
        value = function(*map(_plain, pair))
        note = self.lines.decision if decides else self.lines.result
        return note(f"{self.lines.name(pair[0])} {sign} {self.lines.name(pair[1])}", value)

    return method


def _unary(text: str, function: Callable[..., Any]) -> Any:
    return lambda self: self.lines.result(text.format(self.name), function(self.value))


_ARITHMETIC = {
    "add": "+",
    "sub": "-",
    "mul": "*",
    "truediv": "/",
    "floordiv": "//",
    "mod": "%",
    "pow": "**",
}
_COMPARISONS = {"lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!="}

for _name, _sign in _ARITHMETIC.items():
    _function = getattr(operator, _name)
    setattr(Number, f"__{_name}__", _binary(_sign, _function, False, False))
    setattr(Number, f"__r{_name}__", _binary(_sign, _function, True, False))
for _name, _sign in _COMPARISONS.items():
    setattr(Number, f"__{_name}__", _binary(_sign, getattr(operator, _name), False, True))
for _name, _text in {"neg": "-{}", "pos": "+{}", "abs": "abs({})"}.items():
    setattr(Number, f"__{_name}__", _unary(_text, getattr(operator, _name)))
Number.__hash__ = None  # type: ignore[assignment]


# --- reading ----------------------------------------------------------------------------------


def program_of(
    rule: Callable[..., Any], options: Mapping[str, Any], state: Mapping[str, Any]
) -> Program:
    """The program of a rule, the same as from `read`, by ways that were followed before."""
    given: list[Any] = []
    forms = _forms(options.values(), given), _forms(state.values(), given)
    if None in forms:
        return read(rule, options, state)
    return _ways(rule, tuple(options), tuple(state), forms).program(options, state, given)


class _Ways:
    """The ways that a rule took so far, given options and state of one form."""

    def __init__(self, rule: Callable[..., Any]) -> None:
        self.rule = rule
        self.known: list[tuple[Plan, Callable[..., Any]]] = []
        self.follows = rule.__module__.partition(".")[0] == "optim"

    def program(
        self, options: Mapping[str, Any], state: Mapping[str, Any], given: list[Any]
    ) -> Program:
        """The program by the first way whose decisions hold; the rule is read if there is none."""
        for plan, numbers in self.known:
            found = _attempt(numbers, given)
            if found is not None:
                return Program(plan, *found)
        plain = read(self.rule, options, state)
        if self.follows:
            way = _attempt(self._followed, (options, state, given, plain))
            self.follows = way is not None and len(self.known) < MOST
            self.known = [way, *self.known] if self.follows else []
        return plain

    def _followed(
        self,
        options: Mapping[str, Any],
        state: Mapping[str, Any],
        given: list[Any],
        plain: Program,
    ) -> tuple[Plan, Callable[..., Any]] | None:
        """The rule read with a `Number` for each number, if that makes no difference."""
        lines = Lines()
        numbers = map(lines.argument, given)
        options = {name: _followed(item, numbers) for name, item in options.items()}
        state = {name: _followed(item, numbers) for name, item in state.items()}
        program = read(self.rule, options, state)
        function = lines.function(program.constants, program.numbers)
        same = program.plan is plain.plan and repr(function(*given)) == repr(
            (plain.constants, plain.numbers)
        )
        return (program.plan, function) if same else None


def _attempt(function: Callable[..., Any], arguments: Any) -> Any:
    """What a function returns, None if it fails: then the rule is read, and may say why."""
    try:
        return function(*arguments)
    except Exception:
        return None


@lru_cache(maxsize=256)
def _ways(rule: Any, options: Any, state: Any, forms: Any) -> _Ways:
    return _Ways(rule)


def _forms(items: Any, numbers: list[Any]) -> tuple[Any, ...] | None:
    """What items are but for the values of numbers, which are listed; None for other things."""
    forms: list[Any] = []
    for item in items:
        kind = item.__class__
        if kind is float or kind is int:
            numbers.append(item)
            forms.append(kind)
        elif kind is np.ndarray:
            forms.append(kind)
        elif kind is bool or item is None or kind is str:
            forms.append(item)
        elif kind is tuple and (parts := _forms(item, numbers)) is not None:
            forms.append(parts)
        else:
            return None
    return tuple(forms)


def _followed(item: Any, numbers: Iterator[Number]) -> Any:
    """An item with what stands for its numbers, taken in the order of `_forms`."""
    if item.__class__ is tuple:
        return tuple(_followed(part, numbers) for part in item)
    return next(numbers) if item.__class__ in (float, int) else item
