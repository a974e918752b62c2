"""The forward pass as steps: the inputs, then one operation after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from autograd import notation
from autograd.core.primitive import REGISTRY, Primitive
from autograd.draw.trace import Operation, Trace, Value
from autograd.draw.wording import clean
from autograd.stepper import maths
from autograd.stepper.figures import brief, is_scalar
from autograd.stepper.maths import Equation, Line, Maths
from autograd.stepper.scene import listed, name_of, root_letter, source_text
from autograd.stepper.step import Step

_SHOWN = 8
_NEEDLESS = re.compile(r"(?<!\w)\((\d+(?:\.\d+)?)\)")


def steps(trace: Trace) -> Iterator[Step]:
    """The start and one step for each operation, in order of execution."""
    yield start(trace)
    for op in trace.ops:
        yield operation(trace, op)


def start(trace: Trace) -> Step:
    """What is given."""
    given = [v for v in trace.values if v.op is None and not _is_literal(v)] or trace.values[:1]
    lines = tuple(
        Line(maths.name(clean(v.name)), "=", maths.number(brief(v.numbers))) for v in given[:_SHOWN]
    )
    return Step(0, "forward", "The inputs", Equation(lines), _welcome(trace, given), begins=True)


def _welcome(trace: Trace, given: list[Value]) -> str:
    root, letter = trace.values[trace.roots[0]], root_letter(trace)
    names = listed([clean(value.name) for value in given[:_SHOWN]], len(given))
    if root.op is None:
        return f"{clean(root.name)} is given; no operation made it."
    one = len(given) == 1
    said = f"{names} {'is' if one else 'are'} given. The forward pass makes {letter} from "
    said += "it" if one else "them"
    if root.gradient is None:
        return f"{said}."
    moved = "it moves" if one else "one of them moves"
    return f"{said}; the backward pass then finds how much {letter} moves when {moved}."


def _is_literal(value: Value) -> bool:
    """Whether a value is a plain number in a formula, like the 2 in ``x ** 2``."""
    return value.role == "constant" and not value.named and value.numbers.shape == ()


def operation(trace: Trace, op: Operation) -> Step:
    """One operation, and what it makes."""
    made = trace.values[op.outputs[0]]
    names = listed([name_of(trace, output) for output in op.outputs])
    return Step(
        0,
        "forward",
        _result(op, made, f"{names} = {clean(op.text)}", clean(op.text)),
        _equation(trace, op),
        _sentence(trace, op),
        "" if made.requires_grad else "No gradient is asked for here.",
        op.line,
        source_text(trace, op.line),
        made.id,
        op.id,
    )


def _equation(trace: Trace, op: Operation) -> Equation:
    """``q = x + y = -2.0 + 5.0 = 3.0``; one line more for each further output."""
    first, *others = (trace.values[output] for output in op.outputs)
    formula = maths.formula(op)
    rows = [with_numbers] if (with_numbers := _substituted(trace, op)) else []
    rows.append(maths.number(brief(first.numbers)))
    named = maths.equation(maths.name(clean(first.name)), "=", formula, *rows)
    found = _result(op, first, named, maths.equation(formula, "=", *rows))
    more = (Line(maths.name(clean(v.name)), "=", maths.number(brief(v.numbers))) for v in others)
    return Equation((*found.lines, *more))


def _result(op: Operation, made: Value, named: Any, bare: Any) -> Any:
    """`named` for a result with a name of its own, `bare` where the formula is the name."""
    return bare if made.name == op.text else named


def _substituted(trace: Trace, op: Operation) -> Maths | None:
    """The formula with numbers in place of names, where all of them are single numbers."""
    record = REGISTRY.get(op.name)
    inputs = [trace.values[place].numbers for place in op.inputs]
    if not isinstance(record, Primitive) or not all(map(is_scalar, inputs)):
        return None
    written = [brief(numbers) for numbers in inputs]
    plain = _names(record, op, written)
    signed = _names(record, op, [number.replace("-", "−") for number in written])
    return Maths(
        _NEEDLESS.sub(r"\1", notation.text(record.formula, plain)).replace(" · ", " × "),
        notation.latex(record.formula, plain).replace(r"\mathrm", "").replace("cdot", "times"),
        maths.bare(notation.mathml(record.formula, signed)).replace("<mo>·</mo>", "<mo>×</mo>"),
    )


def _names(record: Primitive, op: Operation, written: list[str]) -> dict[str, str | float]:
    if record.variadic:
        return {**op.params, record.operands[0]: ", ".join(written)}
    return {**op.params, **dict(zip(record.operands, written, strict=False))}


def _sentence(trace: Trace, op: Operation) -> str:
    used = [trace.values[place] for place in dict.fromkeys(op.inputs)]
    given = [_told(value) for value in used if not _is_literal(value)]
    made = [_told(trace.values[place]) for place in op.outputs]
    return f"From {listed(given)} comes {listed(made)}." if given else f"Here is {listed(made)}."


def _told(value: Value) -> str:
    name, written = clean(value.name), brief(value.numbers)
    return f"{name} ({written})" if written.startswith("a ") else f"{name} = {written}"
