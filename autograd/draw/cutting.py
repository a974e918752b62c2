"""A part of a trace: what lies between some of its values and the result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from autograd.core.errors import RangeError
from autograd.draw.trace import Operation, Trace


def cut(trace: Trace, since: Sequence[int | None]) -> Trace:
    """The operations on the way from the values `since` to the roots, with all their operands.

    Raises:
        RangeError: a value that is not on the way to a root.
    """
    begin = {place for place in since if place is not None}
    ops = _between(trace, begin)
    used = {place for op in ops for place in (*op.inputs, *op.outputs)}
    if None in since or not begin <= used or not set(trace.roots) <= used:
        raise RangeError(
            "graph(since=…): the result does not depend on all of these tensors, so nothing "
            "lies between. Give tensors that the result was computed from."
        )
    return _renumbered(trace, ops, sorted(used))


def _between(trace: Trace, begin: set[int]) -> list[Operation]:
    reached, ops = set(begin), []
    for op in trace.ops:
        if reached.intersection(op.inputs) and not begin.intersection(op.outputs):
            ops.append(op)
            reached.update(op.outputs)
    return ops


def _renumbered(trace: Trace, ops: Sequence[Operation], used: Sequence[int]) -> Trace:
    at = {place: new for new, place in enumerate(used)}
    to = {op.id: new for new, op in enumerate(ops)}
    events = [event for event in trace.events if event.op in to]
    return Trace(
        values=[
            replace(v, id=at[v.id], op=None if v.op is None else to.get(v.op))
            for v in (trace.values[place] for place in used)
        ],
        ops=[
            replace(
                op,
                id=to[op.id],
                inputs=[at[i] for i in op.inputs],
                outputs=[at[i] for i in op.outputs],
            )
            for op in ops
        ],
        groups=trace.groups,
        events=[
            replace(e, id=new, op=to[e.op], source=at[e.source], target=at[e.target])
            for new, e in enumerate(events)
        ],
        roots=[at[root] for root in trace.roots],
        files=trace.files,
        changed=[at[place] for place in trace.changed if place in at],
        detached={
            at[leaf]: None if origin is None else at.get(origin)
            for leaf, origin in trace.detached.items()
            if leaf in at
        },
        lost=trace.lost,
    )
