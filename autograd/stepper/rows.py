"""The table of all steps: a reader's hand-out, and the data that the page's script works on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from autograd.draw import wording
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper.figures import brief
from autograd.stepper.step import Step


def table_rows(trace: Trace, steps: Sequence[Step]) -> str:
    """One table row for each step, with what it touches as ``data-`` attributes."""
    files = {name: place for place, name in enumerate(trace.files)}
    return "\n".join(_row(trace, step, files) for step in steps)


def _row(trace: Trace, step: Step, files: dict[str, int]) -> str:
    facts = "".join(f' data-{name}="{fact}"' for name, fact in _facts(trace, step, files))
    notes = (("lesson", step.lesson), ("proof", step.proof and str(step.proof)))
    small = "".join(f'<small class="{n}">{escape(note)}</small>' for n, note in notes if note)
    return (
        f'<tr{facts}><th scope="row">{step.number}</th>'
        f'<td><b class="title">{escape(step.title)}</b>{_place(step)}</td>'
        f'<td class="eq">{step.equation.mathml}'
        f'<span class="text">{escape(step.equation.text)}</span></td>{_ledger(step)}'
        f'<td><span class="say">{escape(step.sentence)}</span>{small}</td></tr>'
    )


def _facts(trace: Trace, step: Step, files: dict[str, int]) -> Iterator[tuple[str, str | int]]:
    """Phase, value, operation and event; what it makes and uses; gradient text and line."""
    yield "phase", step.phase
    for name, place in (("value", step.value), ("op", step.op), ("event", step.event)):
        if place is not None:
            yield name, place
    if step.phase == "forward":
        yield from _forward_facts(trace, step)
    if step.op is not None and trace.ops[step.op].scope is not None:
        yield "groups", _ids(_around(trace, trace.ops[step.op].scope))
    if step.ledger is not None:
        yield "grad", f"grad {wording.gradient(step.ledger.now)}"
    if step.question is not None:
        asked = step.question
        numbers = (asked.local, asked.upstream, asked.before, asked.now)
        yield "ask", " ".join(f"{number:.10g}" for number in numbers)
    if step.line is not None:
        line = step.line
        where = f"{files[line.file]}:{line.line} {line.end_line}"
        yield "line", f"{where} {line.column} {line.end_column}"


def _forward_facts(trace: Trace, step: Step) -> Iterator[tuple[str, str]]:
    """The values that appear in a step, and those that it uses."""
    if step.op is None:
        yield "makes", _ids([value.id for value in trace.values if value.op is None])
        return
    op = trace.ops[step.op]
    yield "makes", _ids(op.outputs)
    yield "uses", _ids(list(dict.fromkeys(op.inputs)))


def _around(trace: Trace, group: int | None) -> list[int]:
    """A group and those around it, outermost first."""
    found: list[int] = []
    while group is not None:
        found.append(group)
        group = trace.groups[group].parent
    return found[::-1]


def _ids(places: list[int]) -> str:
    return " ".join(map(str, places))


def _place(step: Step) -> str:
    """The file's name and the line; the code pane has the whole path."""
    if step.line is None:
        return ""
    name = clean(step.line.file.replace("\\", "/").rpartition("/")[2])
    return f"<small>{escape(name)}, line {step.line.line}</small>"


def _ledger(step: Step) -> str:
    """Before, this path, now; empty where no gradient travels."""
    ledger = step.ledger
    if ledger is None:
        return '<td colspan="3"></td>'
    before = "0" if ledger.before is None else brief(ledger.before)
    return (
        f'<td class="before">{escape(before)}</td>'
        f'<td class="path">{escape(brief(ledger.path))}</td>'
        f'<td class="now">{escape(brief(ledger.now))}</td>'
    )
