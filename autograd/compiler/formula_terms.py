"""How single NumPy calls are written in formulas: signs, powers, sums, transposes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from autograd.compiler.program import Instruction, Place, Value
from autograd.compiler.text import INFIX, Constant, index, is_transpose, term

_SUM, _PRODUCT, _MINUS, POWER, ATOM = 1, 2, 3, 4, 9
_COMPARING = 0


class Term(NamedTuple):
    """A piece of a formula, and how tightly it holds together."""

    text: str
    strength: int = ATOM

    def within(self, strength: int) -> str:
        """In brackets, unless it holds together more tightly than what is around it."""
        return self.text if self.strength >= strength else f"({self.text})"


_SIGNS: dict[str, tuple[str, int, int, int]] = {
    "+": ("+", _SUM, _SUM, _SUM),
    "-": ("−", _SUM, _SUM, _PRODUCT),
    "*": ("·", _PRODUCT, _PRODUCT, _PRODUCT),
    "/": ("/", _PRODUCT, _PRODUCT, _MINUS),
    "//": ("//", _PRODUCT, _PRODUCT, _MINUS),
    "%": ("mod", _PRODUCT, _PRODUCT, _MINUS),
    "@": ("@", _PRODUCT, _PRODUCT, _MINUS),
    "==": ("==", _COMPARING, _SUM, _SUM),
    "!=": ("≠", _COMPARING, _SUM, _SUM),
    "<=": ("≤", _COMPARING, _SUM, _SUM),
    ">=": ("≥", _COMPARING, _SUM, _SUM),
    "<": ("<", _COMPARING, _SUM, _SUM),
    ">": (">", _COMPARING, _SUM, _SUM),
    "&": ("and", _COMPARING, _SUM, _SUM),
    "|": ("or", _COMPARING, _SUM, _SUM),
}
"""Of an operator: how it is written, its strength, and what its left and right side must have."""

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

SAME = ("np.copy", "copy", "item", "astype", "np.asarray", "np.array")
"""Calls that give the same numbers."""

_FORMS = (
    "np.reshape",
    "reshape",
    "np.ravel",
    "ravel",
    "np.squeeze",
    "np.expand_dims",
    "np.broadcast_to",
)
"""Calls that give the same numbers in another form."""

_SWAPS = ("np.swapaxes", "swapaxes", "np.transpose", "transpose", "T")
_FUNCTIONS = {"np.absolute": "abs", "np.amax": "max", "np.amin": "min", "np.broadcast_to": "repeat"}
_FUNCTIONS |= {"np.ravel": "reshape", "ravel": "reshape", "np.squeeze": "reshape"}


class Terms:
    """Writes instructions as formulas; what stands for a value is up to a subclass.

    Args:
        constant: gives a constant array a name.
    """

    def __init__(self, constant: Constant) -> None:
        self.constant = constant

    def term(self, part: Any, depth: int) -> Term:
        """A value, or a number, as it stands in a formula."""
        raise NotImplementedError

    def _number(self, part: Any) -> Term:
        if isinstance(part, np.ndarray) and part.size and (part == part.reshape(-1)[0]).all():
            part = part.reshape(-1)[0]
        if isinstance(part, (np.generic, np.ndarray)) and part.shape == ():
            part = part.item()
        if isinstance(part, (int, float)) and not isinstance(part, bool):
            if part in (float("inf"), float("-inf")):
                return Term("∞" if part > 0 else "−∞")
            text = f"{part:g}".replace("-", "−")
            return Term(text, _MINUS if text.startswith("−") else ATOM)
        if isinstance(part, Place):
            return Term(part.name)
        return Term(term(part, self.constant))

    # --- instructions --------------------------------------------------------------------

    def _made(self, line: Instruction, depth: int) -> Term | None:
        """What an instruction computes; None where it is not for a formula."""
        args = line.args
        sign = line.name if line.kind == "operator" else INFIX.get(line.name)
        if line.name in _PRODUCTS and len(args) == 2:
            return self._product(args[0], args[1], depth)
        if sign and len(args) == 2:
            return self._operator(sign, args[0], args[1], depth)
        if line.kind == "operator" and len(args) == 1:
            return _negative(self, line, depth) if sign == "-" else None
        known = _WAYS.get(line.name) or _WAYS_OF_KINDS.get(line.kind)
        if known is not None:
            return known(self, line, depth)
        if line.name in SAME and args:
            return self.term(args[0], depth)
        if line.kind in ("call", "method") and line.outs:
            return self._call(line, depth)
        return None

    def _operator(self, sign: str, left: Any, right: Any, depth: int) -> Term:
        if sign == "**":
            return self._power(left, right, depth)
        written, strength, of_left, of_right = _SIGNS[sign]
        a, b = self.term(left, depth), self.term(right, depth)
        if sign == "*" and "1" in (a.text, b.text):
            return b if a.text == "1" else a
        negative = b.text.startswith("−") and strength > _COMPARING
        right = f"({b.text})" if negative else b.within(of_right)
        return Term(f"{a.within(of_left)} {written} {right}", strength)

    def _power(self, base: Any, exponent: Any, depth: int) -> Term:
        a, n = self.term(base, depth), self.term(exponent, depth)
        if n.text == "0.5":
            return Term(f"√{a.within(ATOM)}", POWER)
        if re.fullmatch(r"−?\d+", n.text):
            raised = n.text.replace("−", "-").translate(_SUPERSCRIPTS)
            return Term(f"{a.within(ATOM)}{raised}", POWER)
        return Term(f"{a.within(ATOM)}^{n.within(ATOM)}", POWER)

    def _product(self, left: Any, right: Any, depth: int) -> Term:
        """A matrix product; one with ones is a sum."""
        for ones, other, axis in ((left, right, 0), (right, left, -1)):
            if _is_ones(ones) and isinstance(other, Value):
                return self._reduced("Σ", other, axis, depth)
        return self._operator("@", left, right, depth)

    def _reduced(self, sign: str, value: Any, axis: Any, depth: int) -> Term:
        if isinstance(axis, tuple) and len(axis) == 1:
            (axis,) = axis
        along = "" if axis is None else f", dim {axis}".replace("-", "−")
        return Term(f"{sign}({self.term(value, depth).text}{along})")

    def _call(self, line: Instruction, depth: int) -> Term:
        """Any other function, of the values that it takes."""
        name = _FUNCTIONS.get(line.name) or line.name.rpartition(".")[2]
        taken = [
            part
            for part in line.args
            if isinstance(part, (Value, list, np.ndarray)) or _holds(part)
        ]
        inside = ", ".join(self._listed(part, depth) for part in taken)
        return Term(f"{name}({inside})")

    def _listed(self, part: Any, depth: int) -> str:
        if isinstance(part, (list, tuple)):
            shown = [self.term(item, depth).text for item in part]
            return ", ".join(shown if len(shown) <= 4 else [*shown[:2], "…", shown[-1]])
        return self.term(part, depth).text


def _holds(part: Any) -> bool:
    """Whether an argument is a tuple of values."""
    return isinstance(part, tuple) and any(isinstance(item, Value) for item in part)


def _is_ones(part: Any) -> bool:
    return isinstance(part, np.ndarray) and part.size > 0 and bool((part == 1).all())


def is_quiet(line: Instruction) -> bool:
    """Whether a value is nothing but another one in another form."""
    if line.name in _SWAPS:
        return len(line.outs[0].shape) <= 2
    return line.name == "item" or (
        line.note.phase != "forward" and (line.name in SAME or line.name in _FORMS)
    )


_PRODUCTS = ("np.matmul", "np.dot", "dot", "@")

_Way = Callable[[Terms, Instruction, int], Term | None]


def _negative(of: Terms, line: Instruction, depth: int) -> Term:
    return Term(f"−{of.term(line.args[0], depth).within(_MINUS)}", _MINUS)


def _square(of: Terms, line: Instruction, depth: int) -> Term:
    return of._power(line.args[0], 2, depth)


def _root(of: Terms, line: Instruction, depth: int) -> Term:
    return of._power(line.args[0], 0.5, depth)


def _swapped(of: Terms, line: Instruction, depth: int) -> Term:
    value = line.args[0]
    inside = of.term(value, depth)
    if isinstance(value, Value) and len(value.shape) <= 2:
        turned = is_transpose(line) or (line.name == "T" and len(value.shape) == 2)
        return Term(f"{inside.within(ATOM)}ᵀ") if turned else inside
    return Term(f"transpose({inside.text})")


def _sum(of: Terms, line: Instruction, depth: int) -> Term:
    axis = line.args[1] if len(line.args) > 1 else line.kwargs.get("axis")
    return of._reduced("Σ", line.args[0], axis, depth)


def _extreme(of: Terms, line: Instruction, depth: int) -> Term:
    sign = "max" if line.name in ("np.amax", "np.max", "max") else "min"
    axis = line.args[1] if len(line.args) > 1 else line.kwargs.get("axis")
    return of._reduced(sign, line.args[0], axis, depth)


def _bounded(of: Terms, line: Instruction, depth: int) -> Term:
    """``x.clip(0, inf)``, which is a ReLU."""
    inside, low, high = line.args
    text, least = of.term(inside, depth).text, of.term(low, depth).text
    if high == float("inf"):
        return Term(f"max({text}, {least})")
    return Term(f"min(max({text}, {least}), {of.term(high, depth).text})")


def _filled(of: Terms, line: Instruction, depth: int) -> Term:
    return Term("0" if "zeros" in line.name else "1")


def _item(of: Terms, line: Instruction, depth: int) -> Term:
    array = of.term(line.args[0], depth)
    return Term(f"{array.within(ATOM)}[{index(line.args[1], of.constant)}]")


def _joined(of: Terms, line: Instruction, depth: int) -> Term:
    return Term(f"cat({of._listed(line.args[0], depth)})")


def _drawn(of: Terms, line: Instruction, depth: int) -> Term:
    return Term(f"random numbers ({line.name})")


def _as_it_is(of: Terms, line: Instruction, depth: int) -> Term:
    return of.term(line.args[0], depth)


def _of_all(name: str) -> _Way:
    """A function of all that stands in its brackets, numbers too."""

    def write(of: Terms, line: Instruction, depth: int) -> Term:
        return Term(f"{name}({', '.join(of.term(part, depth).text for part in line.args)})")

    return write


def _chosen(of: Terms, line: Instruction, depth: int) -> Term:
    """``a if x > 0 else b`` on single numbers."""
    condition, a, b = (of.term(part, depth) for part in line.args)
    return Term(f"{a.within(_SUM)} if {condition.text} else {b.within(_SUM)}", _COMPARING)


_WAYS: dict[str, _Way] = {
    "np.negative": _negative,
    "np.square": _square,
    "np.sqrt": _root,
    "math.sqrt": _root,
    "np.sum": _sum,
    "sum": _sum,
    "np.amax": _extreme,
    "np.max": _extreme,
    "max": _extreme,
    "np.amin": _extreme,
    "clip": _bounded,
    "np.clip": _bounded,
    "np.zeros": _filled,
    "np.zeros_like": _filled,
    "np.ones": _filled,
    "np.ones_like": _filled,
    "np.concatenate": _joined,
    "if": _chosen,
    "np.where": _of_all("where"),
    "np.maximum": _of_all("max"),
    "np.minimum": _of_all("min"),
    **dict.fromkeys(_SWAPS, _swapped),
}
_WAYS_OF_KINDS: dict[str, _Way] = {"getitem": _item, "draw": _drawn, "same": _as_it_is}
