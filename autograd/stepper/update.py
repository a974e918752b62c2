"""The rule of an update as an equation, with names and then with numbers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from autograd import notation
from autograd.core.node import Handle, Node, Output
from autograd.draw.trace import numbers
from autograd.draw.wording import clean
from autograd.stepper import maths
from autograd.stepper.figures import brief, figure, is_scalar
from autograd.stepper.maths import Equation, Line, Maths
from autograd.stepper.rehearsal import Rehearsal, Sample, rehearsed

_LONGEST = 60
"""An expression of more parts than this is told, not written."""


_G = "g"
"""The gradient, in a rule of several lines that has no other g."""


class _TooLong(Exception):
    """A formula that nobody could read."""


def equation(sample: Sample, name: str, letter: str) -> Equation | None:
    """The lines of a rule: what it remembers, then the parameter; None where it cannot tell.

    Args:
        sample: what the rule was given.
        name: the parameter.
        letter: the result that was differentiated.
    """
    place = "" if not sample.index else f"[{', '.join(map(str, sample.index))}]"
    gradient = maths.partial(letter, name + place)
    run = rehearsed(sample, name + place, gradient.text)
    if run is None:
        return None
    where: tuple[Line, ...] = ()
    slope = run.given[1][0]
    if run.made and _G not in {called for _, called in (*run.given, *run.made)}:
        run.given[1] = (slope, _G)
        where = (
            Line(maths.name(_G), "=", gradient),
            Line(None, "=", maths.number(brief(numbers(slope.value)))),
        )
    writer = _Writer(gradient, run)
    lines = [line for x, called in run.made for line in writer.lines(x, called)]
    return Equation((*lines, *writer.lines(run.param, name + place)), where)


class _Writer:
    """Writes what tensors were computed from, as far as the next that has a name."""

    def __init__(self, gradient: Maths, run: Rehearsal) -> None:
        self.gradient = gradient
        named = [*run.given, *run.made]
        self.at = {_place(x): f"n{at}" for at, (x, _) in enumerate(named)}
        self.names = {f"n{at}": clean(called) for at, (_, called) in enumerate(named)}
        shown = {f"n{at}": numbers(x.value) for at, (x, _) in enumerate(named)}
        self.options = {f"n{at}" for at in range(2, len(run.given))}
        self.single = {n: brief(x) for n, x in shown.items() if is_scalar(x)}

    def lines(self, tensor: Handle, called: str) -> Iterator[Line]:
        """``w ← w − lr · g``, the same with numbers, and the result."""
        left, result = maths.name(clean(called)), maths.number(brief(numbers(tensor.value)))
        place = _place(tensor)
        try:
            tree = _tree(place, self.at, [_LONGEST], top=True)
        except _TooLong:
            yield Line(left, "←", maths.words(f"many operations on {self._operands(place)}"))
            yield Line(None, "=", result)
            return
        formula = ast.unparse(tree)
        yield Line(left, "←", maths.short(self._written(formula, self.names)))
        with_numbers = self._numbers(tree, formula)
        if with_numbers and with_numbers.text != result.text:
            yield Line(None, "=", with_numbers)
        yield Line(None, "=", result)

    def _operands(self, place: Any) -> str:
        """What a value was computed from; options go without saying."""
        used = dict.fromkeys(_uses(place, self.at))
        return ", ".join(self.names[n] for n in used if n not in self.options) or "options"

    def _written(self, formula: str, names: Mapping[str, str]) -> Maths:
        g = maths.name(self.gradient.text)
        return Maths(
            notation.text(formula, names),
            notation.latex(formula, names).replace(g.latex, self.gradient.latex),
            maths.bare(notation.mathml(formula, names)).replace(g.mathml, self.gradient.mathml),
        )

    def _numbers(self, tree: ast.expr, formula: str) -> Maths | None:
        """The formula with numbers, where all of them are single ones."""
        if isinstance(tree, ast.Name):
            return None
        used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        if not used & self.names.keys() <= self.single.keys():
            return None
        signed = {n: number.replace("-", "−") for n, number in self.single.items()}
        return maths.short(
            Maths(
                notation.text(formula, self.single).replace(" · ", " × "),
                notation.latex(formula, self.single)
                .replace(r"\mathrm", "")
                .replace("cdot", "times"),
                maths.bare(notation.mathml(formula, signed)).replace("<mo>·</mo>", "<mo>×</mo>"),
            )
        )


def _place(tensor: Handle) -> Any:
    """What stands for a tensor among the operands of a node."""
    return tensor.edge if tensor.edge is not None else tensor


def _tree(place: Any, at: Mapping[Any, str], left: list[int], top: bool = False) -> ast.expr:
    """The formulas of nodes put into one another, down to what has a name.

    Raises:
        _TooLong: more parts than are left, or an operation that only words describe.
    """
    left[0] -= 1
    if left[0] < 0:
        raise _TooLong
    if not isinstance(place, (Node, Output, Handle)):
        return _constant(place)
    if place in at and not top:
        return ast.Name(at[place])
    if not isinstance(place, Node):
        raise _TooLong
    op = place.op
    try:
        formula = ast.parse(op.formula, mode="eval").body
    except SyntaxError:
        raise _TooLong from None
    if op.variadic:
        raise _TooLong
    parts: dict[str, ast.expr] = {n: _constant(value) for n, value in place.params.items()}
    for name, operand in zip(op.operands, place.operands, strict=False):
        parts[name] = _tree(operand, at, left)
    return _Filled(parts).visit(formula)  # type: ignore[no-any-return]


def _constant(value: Any) -> ast.expr:
    """A number as it is rounded for display; anything else by its text."""
    if isinstance(value, bool) or value is None:
        return ast.Constant(value)
    if isinstance(value, (int, float)) or getattr(value, "shape", None) == ():
        number = value if isinstance(value, int) else float(figure(float(value)))
        return ast.Constant(int(number) if number == number // 1 else number)
    return ast.Name(clean(value, 40))


class _Filled(ast.NodeTransformer):
    """Puts expressions in place of names; what is called stays."""

    def __init__(self, parts: Mapping[str, ast.expr]) -> None:
        self.parts = parts

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.parts.get(node.id, node)

    def visit_Call(self, node: ast.Call) -> ast.expr:
        return ast.Call(node.func, [self.visit(argument) for argument in node.args], node.keywords)


def _uses(place: Any, at: Mapping[Any, str]) -> list[str]:
    """The names that a value was computed from, in order."""
    found, stack, seen = [], list(getattr(place, "operands", ())), set()
    while stack:
        operand = stack.pop(0)
        if isinstance(operand, (Node, Output, Handle)) and operand not in seen:
            seen.add(operand)
            if operand in at:
                found.append(at[operand])
            else:
                stack += operand.node.operands if not isinstance(operand, Handle) else ()
    return found
