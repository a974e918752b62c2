"""The table of all steps: a reader's hand-out, and the data that the page's script works on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from html import escape

from autograd.draw import wording
from autograd.draw.trace import Trace
from autograd.draw.wording import clean
from autograd.stepper.figures import brief
from autograd.stepper.heat import heat
from autograd.stepper.scenes import Scenes
from autograd.stepper.step import Step


def table_rows(scenes: Scenes, steps: Sequence[Step]) -> str:
    """One table row for each step, with what it touches as ``data-`` attributes."""
    files = {name: place for place, name in enumerate(scenes.files)}
    return "\n".join(_row(scenes, step, files) for step in steps)


def _row(scenes: Scenes, step: Step, files: dict[str, int]) -> str:
    facts = "".join(f' data-{name}="{fact}"' for name, fact in _facts(scenes, step, files))
    notes = (("lesson", step.lesson), ("proof", step.proof and str(step.proof)))
    small = heat(scenes.traces[step.scene], step)
    small += "".join(f'<small class="{n}">{escape(note)}</small>' for n, note in notes if note)
    return (
        f'<tr{facts}><th scope="row">{step.number}</th>'
        f'<td><b class="title">{escape(step.title)}</b>{_place(step)}</td>'
        f'<td class="eq">{step.equation.mathml}'
        f'<span class="text">{escape(step.equation.text)}</span></td>{_ledger(step)}'
        f'<td><span class="say">{escape(step.sentence)}</span>{small}</td></tr>'
    )


def _facts(scenes: Scenes, step: Step, files: dict[str, int]) -> Iterator[tuple[str, str | int]]:
    """Phase, value, operation and event; what it makes and uses; gradient text and line."""
    trace, base = scenes.traces[step.scene], scenes.bases[step.scene]
    yield "phase", step.phase
    if step.scene:
        yield "scene", step.scene
    for name, place in (("value", step.value), ("op", step.op), ("event", step.event)):
        if place is not None:
            yield name, place + base[name]
    for name, places in _touched(trace, step):
        yield name, _ids(places, base[_KINDS[name]])
    if step.writes:
        yield "writes", escape(_json(step, base["value"]))
    if step.ledger is not None and step.phase == "backward":
        yield "grad", f"grad {wording.gradient(step.ledger.now)}"
        if step.ledger.before is not None and step.ledger.place == 1:
            yield "before", f"grad {wording.gradient(step.ledger.before)}"
    if step.question is not None:
        asked = step.question
        numbers = (asked.local, asked.upstream, asked.before, asked.now)
        yield "ask", " ".join(f"{number:.10g}" for number in numbers)
    if step.line is not None:
        line = step.line
        where = f"{files[line.file]}:{line.line} {line.end_line}"
        yield "line", f"{where} {line.column} {line.end_column}"


_KINDS = {"makes": "value", "uses": "value", "known": "op", "groups": "group"}


def _touched(trace: Trace, step: Step) -> Iterator[tuple[str, list[int]]]:
    """The values that appear in a step, those that it uses, and the groups that it lies in."""
    op = None if step.op is None else trace.ops[step.op]
    if step.phase == "forward" and op is not None:
        yield "makes", op.outputs
        yield "uses", list(dict.fromkeys(op.inputs))
    elif step.begins:
        ran = {*step.known, None}
        yield "makes", [value.id for value in trace.values if value.op in ran]
    if step.known:
        yield "known", list(step.known)
    if op is not None and op.scope is not None:
        yield "groups", _around(trace, op.scope)


def _json(step: Step, base: int) -> str:
    writes = [(value + base, before, now) for value, before, now in step.writes]
    return json.dumps(writes, ensure_ascii=False, separators=(",", ":"))


def _around(trace: Trace, group: int | None) -> list[int]:
    """A group and those around it, outermost first."""
    found: list[int] = []
    while group is not None:
        found.append(group)
        group = trace.groups[group].parent
    return found[::-1]


def _ids(places: list[int], base: int) -> str:
    return " ".join(str(place + base) for place in places)


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
